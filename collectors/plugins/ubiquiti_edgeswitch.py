"""FASTPATH command lines: Ubiquiti EdgeSwitch, Broadcom ICOS: identity, environment. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.templates import bounded
from collectors.plugins.text import check, identity, lines, part, sensor
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor

_DOTTED = re.compile(r"^ {0,8}([^.\n]{2,60}?)\.{3,60} ?(.{0,200})$", re.M)


def show_version(text: str) -> Findings:
    """A block for each switch of the stack. The machine model of some boxes is their chip: the type then says more."""
    blocks = re.split(r"^Switch: (\d{1,2})\s*$", bounded(text), flags=re.M)
    pairs = list(zip(blocks[1::2], blocks[2::2], strict=False)) or [("1", blocks[0])]
    parts: list[Part] = []
    version = None
    for number, block in pairs:
        said: dict[str, str] = {}
        for name, value in _DOTTED.findall(block):
            said.setdefault(name.strip().lower(), value.strip())
        if "software version" not in said:
            continue
        version = version or said["software version"]
        model, kind = said.get("machine model"), "stack_member" if len(pairs) > 1 else "chassis"
        if not model or model.upper().startswith("BCM"):
            model = said.get("machine type")
        parts.append(part(kind, f"switch {number}", model, said.get("serial number"), place=number))
    if version is None:
        raise Unparsed("no software version in it")
    vendor = "Ubiquiti" if "EdgeSwitch" in text else None
    first = parts[0]
    return Findings(
        identity=identity(vendor=vendor, model=first.model, serial=first.serial, version=version), parts=tuple(parts)
    )


_GOOD = {"operational": Level.OK, "normal": Level.OK, "ok": Level.OK, "not present": Level.UNKNOWN}


def show_environment(text: str) -> Findings:
    """Tables under `Temperature Sensors:`, `Fans:` and `Power Modules:`; the state is the last word that is one."""
    sensors: list[Sensor] = []
    checks: list[Check] = []
    section, seen = "", False
    for line in lines(text):
        if heading := re.match(r"\s*(Temperature Sensors|Fans|Power Modules)\s*:?\s*$", line):
            section, seen = heading[1].lower(), True
            continue
        row = re.match(r"\s*(\d{1,2}) +(\d{1,2}) +(\S.{0,40}?) {2,}(\S.{0,100})$", line)
        if not row or not section:
            continue
        state = re.search(
            r"\b(Operational|Normal|Not present|Failed?|Failure|Powering|Warning|Critical|Shutdown|OK|No Power)\b",
            row[4],
            re.I,
        )
        word = state[1].lower() if state else ""
        level = _GOOD.get(word, Level.CRITICAL if word else Level.UNKNOWN)
        index = f"{row[1]}.{row[2]}"
        if section.startswith("temperature"):
            if heat := re.match(r"(-?\d{1,3})\b", row[4]):
                name = f"unit {row[1]} {row[3]}"
                sensors.append(sensor("temperature", name, float(heat[1]), "celsius", level, index=index))
        elif word:
            kind, what = ("fan", "fan") if section == "fans" else ("power_supply", "power supply")
            checks.append(check(kind, f"unit {row[1]} {what} {row[2]}", word, level))
    if not seen:
        raise Unparsed("no table in it")
    return Findings(sensors=tuple(sensors), checks=tuple(checks))


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show environment", Cadence.HEALTH, show_environment),
)
