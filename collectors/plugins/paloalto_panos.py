"""PAN-OS: identity, high availability, environment. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import configuration, day, failover_reason, licence, licence_part, ntp
from collectors.plugins.text import check, columns, fields, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_system_info(text: str) -> Findings:
    said = fields(text)
    if "sw-version" not in said:
        raise Unparsed("no sw-version in it")
    model, serial = said.get("model"), said.get("serial")
    return Findings(
        identity=identity(
            vendor="Palo Alto Networks", name=said.get("hostname"), model=model, serial=serial,
            version=said["sw-version"], uptime_seconds=span_seconds(said.get("uptime")),
        ),
        parts=(part("chassis", "chassis", model, serial, place="1"),),
    )  # fmt: skip


_STATE = {
    "active": Level.OK, "passive": Level.OK, "active-primary": Level.OK, "active-secondary": Level.OK,
    "initial": Level.WARNING, "tentative": Level.WARNING, "non-functional": Level.CRITICAL,
    "suspended": Level.CRITICAL, "unknown": Level.CRITICAL,
}  # fmt: skip


def show_high_availability(text: str) -> Findings:
    """Both units' states, the links between them, whether software and configuration match."""
    if re.search(r"^\s*(?:HA|High-Availability) not (?:enabled|configured)", text, re.I | re.M):
        return Findings(checks=(check("redundancy", "mode", "disabled", Level.OK),))
    local, mark, peer = text.partition("Peer Information:")
    here, there = _block(local), _block(peer)
    if "state" not in here or "mode" not in here:
        raise Unparsed("no state of this unit in it")
    found = [check("redundancy", "mode", here["mode"], Level.OK)]
    for who, said in (("local", here), ("peer", there)):
        if who == "local" or mark:
            state = said.get("state", "unknown").split(" ")[0]
            found.append(check("ha_state", who, state, _STATE.get(state.lower(), Level.WARNING)))
    if "connection status" in there:
        up = there["connection status"].lower() == "up"
        found.append(check("ha_link", "peer", there["connection status"], Level.OK if up else Level.CRITICAL))
    for name in ("HA1", "HA2"):
        link = re.search(
            rf"{name} (?:Control|Data) Link Information:(?:\n.{{0,200}}){{1,5}}?\n +Link State: (\w{{1,20}})", local
        )
        if link:
            level = Level.OK if link[1].lower() == "up" else Level.CRITICAL
            found.append(check("ha_link", name.lower(), link[1], level))
    found += _matches(here)
    for kind in ("non-functional", "suspended"):
        found += failover_reason(here.get(f"last {kind} state reason"), f"local {kind}")
    sync = re.search(r"^ *Running Configuration: (\S.{0,40})$", text, re.M)
    if sync:
        good = sync[1].lower() in ("synchronized", "complete")
        found.append(check("ha_sync", "configuration", sync[1], Level.OK if good else Level.WARNING))
    if "state synchronization" in here:
        state = here["state synchronization"].split(";")[0]
        found.append(check("ha_sync", "sessions", state, Level.OK if state.lower() == "complete" else Level.WARNING))
    return Findings(checks=tuple(found))


def _matches(said: dict[str, str]) -> list[Check]:
    found = []
    for name in ("software version", "application content compatibility", "threat content compatibility"):
        if name in said:
            level = Level.OK if said[name].lower() == "match" else Level.WARNING
            found.append(check("ha_version", name.removesuffix(" compatibility"), said[name], level))
    return found


def _block(text: str) -> dict[str, str]:
    return fields("\n".join(line.strip() for line in lines(text)))


def show_system_environmentals(text: str) -> Findings:
    """Sections Thermal, Fans, Power and Power Supplies; `Alarm` is True or False in all of them."""
    sensors: list[Sensor] = []
    checks: list[Check] = []
    section = ""
    for line in lines(text):
        if heading := re.match(r"-{2,8}([A-Za-z ]{3,30})-{2,8}", line):
            section = heading[1].strip().lower()
            continue
        cells = columns(line)
        at = next((n for n, cell in enumerate(cells) if cell in ("True", "False")), None)
        if at is None or at < 2:
            continue
        name = f"{cells[0]} {' '.join(cells[1:at])}"
        level = Level.CRITICAL if cells[at] == "True" else Level.OK
        value = cells[at + 1] if len(cells) > at + 1 else ""
        kind = {"thermal": ("temperature", "celsius"), "fans": ("fanspeed", "rpm"), "power": ("voltage", "volts")}
        if section in kind and re.fullmatch(r"-?\d{1,6}(?:\.\d{1,6})?", value):
            sensors.append(sensor(kind[section][0], name, float(value), kind[section][1], level, index=name))
        elif section == "power supplies":
            inserted = value.lower() in ("true", "yes", "")
            state = "alarm" if level is Level.CRITICAL else "ok" if inserted else "absent"
            checks.append(check("power_supply", name, state, level if inserted else Level.UNKNOWN))
        if section == "fans":
            checks.append(check("fan", name, "alarm" if level is Level.CRITICAL else "ok", level))
    if not sensors and not checks:
        raise Unparsed("no row in it")
    return Findings(sensors=tuple(sensors), checks=tuple(checks))


def request_license_info(text: str) -> Findings:
    """`Feature: Threat Prevention`, `Expires: January 13, 2023`, `Expired?: no`, one block each. No key is printed."""
    checks: list[Check] = []
    parts: list[Part] = []
    for block in re.split(r"^License entry:\s{0,4}$", "\n".join(lines(text)), flags=re.M)[1:]:
        said = fields(block)
        name = said.get("feature")
        if not name:
            continue
        expired = said.get("expired?", "unknown").lower()
        state, level = {"no": ("valid", Level.OK), "yes": ("expired", Level.CRITICAL)}.get(
            expired, ("unknown", Level.UNKNOWN)
        )
        checks.append(licence(name, state, level))
        parts.extend(licence_part(name, day(said.get("expires"))))
    if not checks and not re.search(r"^Current .{1,6} ?Date", text, re.M):
        raise Unparsed("no licence in it")
    return Findings(checks=tuple(checks), parts=tuple(parts))


def show_ntp(text: str) -> Findings:
    """`NTP synched to 10.0.0.1`, or `NTP not synched, using local clock`; without a server the clock is its own."""
    if re.search(r"^\s{0,8}NTP synched to (?!LOCAL)", text, re.M):
        return Findings(checks=(ntp(True),))
    if re.search(r"^\s{0,8}NTP (?:not synched|synched to LOCAL)", text, re.M):
        return Findings(checks=(ntp(False),) if re.search(r"NTP server", text) else ())
    raise Unparsed("no state of NTP in it")


def check_pending_changes(text: str) -> Findings:
    """`yes` where something was changed that is not committed, `no` where not."""
    answer = text.strip().lower()
    if answer not in ("yes", "no"):
        raise Unparsed("neither yes nor no")
    return Findings(checks=(configuration(answer == "no", "uncommitted"),))


COMMANDS = (
    Command("show system info", Cadence.HEALTH, show_system_info, needed=True),
    Command("show high-availability all", Cadence.HEALTH, show_high_availability),
    Command("show system environmentals", Cadence.HEALTH, show_system_environmentals),
    Command("show ntp", Cadence.HEALTH, show_ntp),
    Command("check pending-changes", Cadence.HEALTH, check_pending_changes),
    Command("request license info", Cadence.INVENTORY, request_license_info),
)
