"""ArubaOS: mobility controllers and conductors, their access points. Pure."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import date

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import ntp_peers, reload_reason
from collectors.plugins.templates import bounded
from collectors.plugins.text import check, columns, fields, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part


def show_version(text: str) -> Findings:
    """Controllers and access points say `ArubaOS (MODEL: Aruba7210), Version 8.6.0.4`."""
    found = re.search(r"^ArubaOS \(MODEL: ([^)\n]{1,60})\), Version (\S{1,60})(?: ([A-Z]{2,5}))?", bounded(text), re.M)
    if not found:
        raise Unparsed("no ArubaOS version in it")
    up = re.search(r"^(?:Switch|AP|Controller) uptime is (.{1,120})$", text, re.M)
    why = re.search(r"^(?:Reboot|Restart|Last reboot) [Cc]ause: {0,4}([^(\n]{2,80})", text, re.M)
    return Findings(
        checks=reload_reason(why[1] if why else None),
        identity=identity(
            vendor="Aruba",
            model=found[1],
            version=f"{found[2]} {found[3]}" if found[3] else found[2],
            uptime_seconds=span_seconds(up[1]) if up else None,
        ),
    )


def show_inventory(text: str) -> Findings:
    """Serial number, with the day the system was made: `System Serial# : CT0001234 (Date:05/09/18)`."""
    said = fields(text)
    serial = re.match(r"(\w{4,20})(?: +\(Date: ?(\d\d)/(\d\d)/(\d\d)\))?", said.get("system serial#", ""))
    if not serial:
        raise Unparsed("no system serial number in it")
    model = said.get("sc model#")
    made = None
    if serial[2]:
        with contextlib.suppress(ValueError):
            made = date(2000 + int(serial[4]), int(serial[2]), int(serial[3]))
    chassis = replace(part("chassis", "chassis", model, serial[1], place="1"), manufactured=made)
    facts: dict[str, str | float | date] = dict(identity(model=model, serial=serial[1]))
    if made:
        facts["manufactured"] = made
    checks = _supplies(text)
    return Findings(identity=facts, parts=(chassis,), checks=tuple(checks))


def _supplies(text: str) -> list[Check]:
    """`Power Supply 0 : Present`, and on the lines below it what is not well: `12V OK : No`."""
    found: list[Check] = []
    name = state = ""

    def end() -> None:
        if name:
            low = state.lower()
            bad = re.search(r"\b(?:no|fail\w*|bad|not ok)\b", low.removeprefix("not present"))
            absent = low.startswith(("absent", "not present"))
            level = Level.UNKNOWN if absent else Level.CRITICAL if bad else Level.OK
            found.append(check("power_supply", name, "faulty" if level is Level.CRITICAL else low.split("/")[0], level))

    for line in lines(text):
        if row := re.match(r"(Power Supply ?\d{0,2}) {0,20}: {0,20}(.{2,60})$", line):
            end()
            name, state = row[1].lower(), row[2].strip()
        elif name and re.match(r"\s{4,40}: ", line):
            state += "/" + line.strip()
        else:
            end()
            name = ""
    end()
    return found


_ADDRESS = re.compile(r"^(?:\d{1,3}\.){3}\d{1,3}$")


def _aps(text: str) -> list[dict[str, str]]:
    """Rows of `show ap database [long]`, found from the IP address, since names may be longer than columns."""
    found = []
    for line in lines(text):
        words = line.split()
        at = next((n for n, word in enumerate(words[:8]) if _ADDRESS.match(word)), None)
        if at is None or at < 3 or len(words) <= at + 1:
            continue
        state = words[at + 1]
        age = words[at + 2] if state.lower() == "up" and len(words) > at + 2 else ""
        row = {"name": words[0], "group": " ".join(words[1 : at - 1]), "model": words[at - 1], "address": words[at]}
        row |= {"status": f"{state} {age}".strip(), "state": state}
        mac = next((n for n, w in enumerate(words) if re.fullmatch(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", w)), None)
        if mac is not None and len(words) > mac + 1:
            row |= {"mac": words[mac].lower(), "serial": words[mac + 1]}
        found.append(row)
    if not found and "AP Database" not in text:
        raise Unparsed("not an access point database")
    return found


def show_ap_database(text: str) -> Findings:
    """State of each access point. The database remembers those that are gone: Down, with how long."""
    checks: list[Check] = []
    up = 0
    for row in _aps(text):
        alive = row["state"].lower() == "up"
        up += alive
        checks.append(check("access_point", row["name"], row["state"], Level.OK if alive else Level.CRITICAL))
    return Findings(checks=tuple(checks), wireless={"access_points": float(len(checks)), "access_points_up": float(up)})


def show_ap_database_long(text: str) -> Findings:
    """Model and serial number of each access point."""
    parts: list[Part] = []
    for row in _aps(text):
        place = row.get("mac") or row["name"]
        parts.append(part("access_point", row["name"], row["model"], row.get("serial"), place=place))
    return Findings(parts=tuple(parts))


def show_switches(text: str) -> Findings:
    """Controllers a conductor knows: IP, (IPv6), name, location, type, model, version, status, configuration state."""
    found: list[Check] = []
    for line in lines(text):
        cells = columns(line)
        if len(cells) < 7 or not _ADDRESS.match(cells[0]):
            continue
        at = next((n for n, cell in enumerate(cells) if cell.lower() in ("up", "down")), None)
        if at is None:
            continue
        name = next((cell for cell in cells[1:at] if cell != "None" and ":" not in cell), cells[0])
        found.append(check("controller", name, cells[at]))
        if len(cells) > at + 1:
            state = cells[at + 1]
            good = state.upper() in ("UPDATE SUCCESSFUL", "N/A")
            found.append(check("ha_sync", name, state, Level.OK if good else Level.WARNING))
    if not found:
        raise Unparsed("no controller in it")
    return Findings(checks=tuple(found))


def show_ntp_servers(text: str) -> Findings:
    return ntp_peers(text, r"NTP Server Table|Selected for synchronization")


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show ap database", Cadence.HEALTH, show_ap_database),
    Command("show ap database long", Cadence.INVENTORY, show_ap_database_long),
    Command("show switches", Cadence.HEALTH, show_switches),
    Command("show ntp servers", Cadence.HEALTH, show_ntp_servers),
)
