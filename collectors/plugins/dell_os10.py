"""Dell SmartFabric OS10: identity, parts with service tags, temperatures. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.text import fields, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Findings, Part, Sensor


def show_version(text: str) -> Findings:
    said = fields(text)
    if "os version" not in said:
        raise Unparsed("no OS version in it")
    return Findings(
        identity=identity(
            vendor="Dell", model=said.get("system type"), version=said["os version"],
            uptime_seconds=span_seconds(said.get("up time")),
        )
    )  # fmt: skip


def show_inventory(text: str) -> Findings:
    """`* 1  S4148F-ON  09H9MN  X01  CN-09H9MN-28298-714-0026  X01  ABC1234  ...`: the piece part id is the serial."""
    if not re.search(r"^Unit Type +Part Number", text, re.M):
        raise Unparsed("no table of units in it")
    parts: list[Part] = []
    for line in lines(text):
        row = re.match(
            r"\s{0,2}(\*)? {0,4}(\d{1,2}) +([A-Z]\S{3,40}) +(\w{5,8}) +\w{2,4} "
            r"+(\S{10,40})(?: +\w{2,4})?(?: +(\w{7}))?\b",
            line,
        )
        if row:
            kind = next((k for mark, k in (("-PWR", "power_supply"), ("-FAN", "fan")) if mark in row[3]), "")
            own = not kind
            serial = row[6] if own and row[6] else row[5]
            name = "chassis" if own else f"unit {row[2]} {row[3].partition('-ON-')[2].lower() or row[3]}"
            parts.append(part(kind or "chassis", name, row[3], serial, place=name))
    own_part = next((p for p in parts if p.part == "chassis"), None)
    return Findings(identity=identity(serial=own_part.serial) if own_part else {}, parts=tuple(parts))


def show_environment(text: str) -> Findings:
    """`1  1  CPU On-Board temp sensor  32` below `Thermal sensors`."""
    _, mark, table = text.partition("Thermal sensors")
    if not mark:
        raise Unparsed("no thermal sensors in it")
    found: list[Sensor] = []
    for line in lines(table):
        row = re.match(r"\s*(\d{1,2}) +(\d{1,2}) +(\S.{2,60}?) {2,}(-?\d{1,3})\s*$", line)
        if row:
            index = f"{row[1]}.{row[2]}"
            found.append(sensor("temperature", row[3], float(row[4]), "celsius", index=index))
    return Findings(sensors=tuple(found))


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show environment", Cadence.HEALTH, show_environment),
)
