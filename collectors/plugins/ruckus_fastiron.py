"""Ruckus and Brocade FastIron (ICX, FCX, FastIron): identity, stack, fans, supplies, temperature. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, reload_reason
from collectors.plugins.text import check, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    """Software of each unit, then its modules: the first, with the serial number, is the unit itself."""
    version = re.search(r"^\s{1,20}SW: Version (\S{3,30})", text, re.M)
    if not version:
        raise Unparsed("no software version in it")
    hardware = re.search(r"^\s{0,8}HW: {0,4}(?:Stackable )?(\S.{1,40})$", text, re.M)
    up = re.search(r"^(?:STACKID \d{1,2} {1,4}|The )?system uptime is (.{4,60})$", text, re.M | re.I)
    why = re.search(r"^\s{0,4}The system ?: started=(\w[\w ]{2,30})", text, re.M)
    parts: list[Part] = []
    unit = model = ""
    units = len(set(re.findall(r"^UNIT (\d{1,2}): SL \d", text, re.M)))
    for line in lines(text):
        if heading := re.match(r"\s*UNIT (\d{1,2}): SL (\d{1,2}): (\S{2,40})", line):
            unit, model = (heading[1], heading[3]) if heading[2] == "1" else ("", "")
        elif unit and (row := re.match(r"\s*Serial  ?#: {0,4}(\w{6,20})", line)):
            kind, name = ("stack_member", f"unit {unit}") if units > 1 else ("chassis", "chassis")
            parts.append(part(kind, name, model, row[1], place=unit))
    return Findings(
        identity=identity(
            vendor="Ruckus" if "Ruckus" in text or "RUCKUS" in text else "Brocade",
            model=(parts[0].model if parts else None) or (hardware[1] if hardware else None),
            serial=parts[0].serial if parts else None,
            version=version[1],
            uptime_seconds=span_seconds(up[1]) if up else None,
        ),
        parts=tuple(parts),
        checks=reload_reason(why[1] if why else None),
    )


def show_chassis(text: str) -> Findings:
    """`Power supply 1 (AC - PoE) present, status ok`, `Fan 1 ok, speed (auto): ...`, sensors by letter."""
    checks: list[Check] = []
    sensors: list[Sensor] = []
    unit = letter = ""
    for line in lines(text):
        if heading := re.match(r"\s*The stack unit (\d{1,2}) chassis info", line):
            unit, letter = f"unit {heading[1]} ", ""
        elif row := re.match(
            r"\s*Power supply (\d{1,2})\b(?! Fan)[^\n]{0,60}? (not present|present|failed|status \w{2,12})", line
        ):
            state = re.search(r"status (\w{2,12})", line)
            absent = row[2] == "not present"
            word = "not present" if absent else state[1] if state else row[2]
            checks.append(
                check("power_supply", f"{unit}power supply {row[1]}", word, Level.UNKNOWN if absent else None)
            )
        elif row := re.match(r"\s*Fan (\d{1,2})(?: \(.{1,30}?\))? (not present|\w{2,12})(?:,|$)", line):
            checks.append(check("fan", f"{unit}fan {row[1]}", row[2]))
        elif heading := re.match(r"\s*Sensor (\w{1,3}) Temperature Readings", line):
            letter = heading[1]
        elif letter and (row := re.match(r"\s*Current temperature ?: {0,4}(-?\d{1,3}(?:\.\d)?) deg-C", line)):
            name = f"{unit}sensor {letter}"
            sensors.append(sensor("temperature", name, float(row[1]), "celsius", index=name))
            letter = ""
    if not checks and not sensors:
        raise Unparsed("no fan, supply or sensor in it")
    return Findings(checks=tuple(checks), sensors=tuple(sensors))


def show_stack(text: str) -> Findings:
    """`1  S ICX6450-48P  active  748e.f8b0.0280 128 local  Ready`; a switch alone is a stack of one."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2}) +(?:[ADS] )? *(\S{3,40}) +(active|standby|member|alone)\b "
            r"+((?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|none) +\d{1,3} "
            r"+(local|remote|reserve|none)\b(?: +(\S.{0,40}))?",
            line,
            re.I,
        )
        if row:
            comment = (row[6] or "").strip()
            gone = row[5].lower() == "reserve"
            good = comment.lower() in ("ready", "") and not gone
            state = row[3] if good else comment or row[5]
            found.append(check("stack_member", f"unit {row[1]}", state, Level.OK if good else Level.CRITICAL))
    if topology := re.search(r"^\s{0,4}Current stack (?:topology|.{0,20}) is (ring|linear)", text, re.M | re.I):
        found.append(check("stack", "topology", topology[1], Level.OK))
    if not found:
        raise Unparsed("no unit in it")
    return Findings(checks=tuple(found))


def show_ntp_status(text: str) -> Findings:
    return clock(
        text,
        r"Clock is synchronized",
        r"Clock is unsynchronized",
        r"NTP is not (?:enabled|configured)|NTP .{0,20}disabled",
    )


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show chassis", Cadence.HEALTH, show_chassis),
    Command("show stack", Cadence.HEALTH, show_stack),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
)
