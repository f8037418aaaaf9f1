"""Virtual Services Platform (Avaya and Extreme VOSS): release, chassis, supplies, fans. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.text import check, fields, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part


def show_software(text: str) -> Findings:
    """`VOSS8K.6.0.1.2.GA (Primary Release)`: what is in force."""
    found = re.search(r"^\s{0,4}(\S{3,40}) \(Primary Release\)", text, re.M)
    if not found:
        raise Unparsed("no primary release in it")
    return Findings(identity=identity(vendor="Extreme", version=_release(found[1])))


def _release(name: str) -> str:
    """`VOSS8K.6.0.1.2.GA` as SNMP says it: 6.0.1.2."""
    numbers = re.search(r"\d+(?:\.\d+){2,4}", name)
    return numbers[0] if numbers else name


def show_sys_info(text: str) -> Findings:
    said = fields(text)
    described = re.match(r"(\S{3,30}) \((\d[\w.]{3,20})\)", said.get("sysdescr", ""))
    if not described:
        raise Unparsed("no description of the system in it")
    serial, model = said.get("serial#"), said.get("modelname") or described[1]
    parts: list[Part] = [part("chassis", "chassis", model, serial, place="1")] if serial else []
    checks: list[Check] = []
    for line in lines(text):
        if row := re.match(r"\s*Ps#(\d{1,2}) Status {0,20}: {0,4}(\w[\w -]{1,20})$", line, re.I):
            low = row[2].strip().lower()
            level = {"up": Level.OK, "empty": Level.UNKNOWN, "not present": Level.UNKNOWN}.get(low, Level.CRITICAL)
            checks.append(check("power_supply", f"power supply {row[1]}", low, level))
        elif row := re.match(r"\s*Ps#(\d{1,2}) Serial ?Number {0,20}: {0,4}(\w{6,24})$", line, re.I):
            parts.append(part("power_supply", f"power supply {row[1]}", serial=row[2], place=f"ps {row[1]}"))
        elif row := re.match(r"\s*((?:Fan|Tray)[ #\w]{1,20}?) Status {0,20}: {0,4}(\w{2,12})$", line, re.I):
            checks.append(check("fan", row[1].lower().replace("#", " "), row[2]))
    return Findings(
        identity=identity(
            name=said.get("sysname"), model=model, serial=serial, version=described[2],
            uptime_seconds=span_seconds(said.get("sysuptime")),
        ),
        parts=tuple(parts),
        checks=tuple(checks),
    )  # fmt: skip


COMMANDS = (
    Command("show sys-info", Cadence.HEALTH, show_sys_info),
    Command("show software", Cadence.INVENTORY, show_software, needed=True),
)
