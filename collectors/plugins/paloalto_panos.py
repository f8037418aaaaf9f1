"""PAN-OS: identity, high availability, environment. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.text import check, columns, fields, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Sensor


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


COMMANDS = (
    Command("show system info", Cadence.HEALTH, show_system_info, needed=True),
    Command("show high-availability all", Cadence.HEALTH, show_high_availability),
    Command("show system environmentals", Cadence.HEALTH, show_system_environmentals),
)
