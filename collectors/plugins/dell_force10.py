"""Dell OS 9 (Force10 S, Z and M series): identity, units, environment. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock
from collectors.plugins.text import check, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    version = re.search(r"^Dell (?:Force10 )?(?:Application|Networking) Software Version: {1,4}(\S{3,20})", text, re.M)
    if not version:
        raise Unparsed("no software version in it")
    model = re.search(r"^System Type: {0,4}(\S.{1,40})$", text, re.M)
    up = re.search(r"^(?:Dell|Force10) .{0,40}uptime is (.{4,80})$", text, re.M)
    return Findings(
        identity=identity(
            vendor="Dell",
            model=model[1] if model else None,
            version=version[1],
            uptime_seconds=span_seconds(up[1]) if up else None,
        )
    )


def show_inventory(text: str) -> Findings:
    """`* 0  S4820T  HADL134J20193  0GY2H3 A00 ...  ABC1234`: units, their supplies and fans below without a star."""
    if not re.search(r"^\s{0,4}Unit Type\b", text, re.M):
        raise Unparsed("no table of units in it")
    parts: list[Part] = []
    counts: dict[str, int] = {}
    for line in lines(text):
        row = re.match(r"\s{0,4}(\*)? {0,4}(\d{1,2}) +([A-Z]\S{3,30}) +(?=\S{0,20}\d)([A-Z0-9]{8,24}|N/A) ", line)
        if not row:
            continue
        kind = next((k for mark, k in (("PWR", "power_supply"), ("FAN", "fan")) if mark in row[3]), "stack_member")
        label = f"unit {row[2]}" if kind == "stack_member" else f"unit {row[2]} {kind.replace('_', ' ')}"
        counts[label] = counts.get(label, 0) + 1
        name = label if kind == "stack_member" else f"{label} {counts[label]}"
        parts.append(part(kind, name, row[3], row[4], place=name))
    own = next((p for p in parts if p.part == "stack_member"), None)
    return Findings(identity=identity(serial=own.serial) if own else {}, parts=tuple(parts))


_UP = {"up": Level.OK, "absent": Level.UNKNOWN, "ok": Level.OK, "online": Level.OK}


def show_environment(text: str) -> Findings:
    """Sections `-- Fan Status --`, `-- Power Supplies --`, `-- Unit Environment Status --`."""
    checks: list[Check] = []
    sensors: list[Sensor] = []
    section = ""
    for line in lines(text):
        if heading := re.match(r"\s*-{2,4} {0,2}(\w[\w ]{3,40}?) {0,2}-{2,4}\s*$", line):
            section = heading[1].lower()
            continue
        row = re.match(r"\s*\*? {0,4}(\d{1,2}) +(\S{1,12}) +(\S{1,12})((?: +\S{1,24}){0,12})\s*$", line)
        if not row:
            continue
        state = row[3].lower()
        if "fan" in section and row[2].isdigit():
            checks.append(check("fan", f"unit {row[1]} tray {row[2]}", state, _UP.get(state, Level.CRITICAL)))
        elif "power" in section and row[2].isdigit():
            name = f"unit {row[1]} power supply {row[2]}"
            checks.append(check("power_supply", name, state, _UP.get(state, Level.CRITICAL)))
        elif "unit" in section and (heat := re.fullmatch(r"(-?\d{1,3})C", row[3])):
            sensors.append(sensor("temperature", f"unit {row[1]}", float(heat[1]), "celsius", index=row[1]))
    if not checks and not sensors:
        raise Unparsed("no row in it")
    return Findings(checks=tuple(checks), sensors=tuple(sensors))


def show_ntp_status(text: str) -> Findings:
    return clock(text, r"Clock is synchronized", r"Clock is unsynchronized")


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show environment", Cadence.HEALTH, show_environment),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
)
