"""Edgecore and SMC switches (ES, ECS): identity, power. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.text import check, fields, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part


def show_system(text: str) -> Findings:
    said = fields(text)
    described = said.get("system description")
    if not described or "system up time" not in said:
        raise Unparsed("no description or uptime in it")
    model = re.search(r"\b(E[A-Z]{1,3}\d\S{2,20})\s*$", described)
    return Findings(
        identity=identity(
            vendor="Edgecore",
            name=said.get("system name"),
            model=model[1] if model else described,
            uptime_seconds=span_seconds(re.sub(r"(\d)\.\d{1,3} seconds", r"\1 seconds", said["system up time"])),
        )
    )


def show_version(text: str) -> Findings:
    """`Unit 1`, its serial number and supplies; the agent's `Operation Code Version` is the software."""
    version = re.search(r"^\s{0,4}Operation Code Version {0,4}: {0,40}(\d\S{2,20})", text, re.M)
    if not version:
        raise Unparsed("no operation code version in it")
    parts: list[Part] = []
    checks: list[Check] = []
    unit = "1"
    for line in lines(text):
        if heading := re.match(r"\s{0,4}Unit (\d{1,2})\s*$", line):
            unit = heading[1]
        elif row := re.match(r"\s{0,4}Serial Number {0,4}: {1,40}(\S{4,24})$", line):
            parts.append(part("chassis", f"unit {unit}", serial=row[1], place=unit))
        elif row := re.match(r"\s{0,4}(Main|Redundant) Power Status {0,4}: {1,40}(\S.{1,20})$", line):
            levels = {"up": Level.OK, "not present": Level.UNKNOWN}
            name = f"unit {unit} {row[1].lower()} power"
            checks.append(check("power_supply", name, row[2], levels.get(row[2].lower(), Level.CRITICAL)))
    return Findings(
        identity=identity(serial=parts[0].serial if parts else None, version=version[1]),
        parts=tuple(parts),
        checks=tuple(checks),
    )


COMMANDS = (
    Command("show system", Cadence.HEALTH, show_system),
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
)
