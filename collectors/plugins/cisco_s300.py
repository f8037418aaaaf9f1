"""Cisco Small Business switches (300, 350, 500, 250 and CBS): identity, fans, temperature. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock
from collectors.plugins.templates import rows
from collectors.plugins.text import check, fields, identity, inventory_parts, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Sensor


def show_version(text: str) -> Findings:
    """`SW version  1.3.7.18 ( date ...`; since 2.x `Active-image: ...` with `Version: 2.5.0.83` on the next line."""
    found = re.search(r"^SW version {1,20}(\d[\w.]{2,20})", text, re.M) or re.search(
        r"^Active-image: .{0,100}\n\s{1,8}Version: {0,4}(\d[\w.]{2,20})", text, re.M
    )
    if not found:
        raise Unparsed("no software version in it")
    return Findings(identity=identity(vendor="Cisco", version=found[1]))


def show_system(text: str) -> Findings:
    """Name and uptime (`70,03:16:47`: days, then the clock), fans and, where there is a sensor, the temperature."""
    said = fields(text)
    if "system description" not in said:
        raise Unparsed("no system description in it")
    up = next((value for key, value in fields(text, "  ").items() if key.startswith("system up time")), "")
    span = re.search(r"(\d{1,5}),(\d{1,2}:\d\d:\d\d)", up)
    checks: list[Check] = []
    if state := said.get("fans status"):
        checks.append(check("fan", "fans", state))
    sensors: list[Sensor] = []
    heat = False
    for line in lines(text):
        if re.match(r"\s*Unit +Temperature", line, re.I):
            heat = True
        elif heat and (row := re.match(r"\s*(\d{1,2}) +(-?\d{1,3}) +(\w{2,20})", line)):
            level = Level.OK if row[3].lower() == "ok" else Level.CRITICAL
            sensors.append(sensor("temperature", f"unit {row[1]}", float(row[2]), "celsius", level, index=row[1]))
    return Findings(
        identity=identity(
            name=said.get("system name"), uptime_seconds=span_seconds(f"{span[1]} days {span[2]}") if span else None
        ),
        checks=tuple(checks),
        sensors=tuple(sensors),
    )


def show_system_id(text: str) -> Findings:
    """`Serial number : DNI1234ABCD`, or a table of units and their numbers in a stack."""
    alone = re.search(r"^\s{0,4}Serial number ?: {0,4}(\w{6,20})$", text, re.M | re.I)
    if alone:
        return Findings(
            identity=identity(serial=alone[1]), parts=(part("chassis", "chassis", serial=alone[1], place="1"),)
        )
    found = [
        part("stack_member", f"unit {row[1]}", serial=row[2], place=row[1])
        for line in lines(text)
        if (row := re.match(r"\s*(\d{1,2}) +(?=\w{0,20}\d)([A-Z0-9]{8,20})\b", line))
    ]
    if not found:
        raise Unparsed("no serial number in it")
    return Findings(identity=identity(serial=found[0].serial), parts=tuple(found))


def show_inventory(text: str) -> Findings:
    """350 series and later: Cisco's usual two lines a piece; the first piece is the switch."""
    found = inventory_parts(rows("cisco_ios_show_inventory", text))
    own = next((p for p in found if p.part in ("chassis", "stack_member")), None)
    facts = identity(model=own.model, serial=own.serial) if own else {}
    return Findings(identity=facts, parts=found)


def show_sntp_status(text: str) -> Findings:
    return clock(text, r"Clock is synchronized", r"Clock is (?:un|not )synchronized", r"SNTP is (?:disabled|not)")


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show system", Cadence.HEALTH, show_system),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show system id", Cadence.INVENTORY, show_system_id),
    Command("show sntp status", Cadence.HEALTH, show_sntp_status),
)
