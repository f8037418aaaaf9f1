"""Alcatel-Lucent OmniSwitch (AOS 6 and 8): identity, chassis, fans, supplies, temperature, what is saved. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, configuration, day
from collectors.plugins.text import check, fields, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_system(text: str) -> Findings:
    """`Description:  Alcatel-Lucent Enterprise OS6360-PH24 8.9.94.R02 GA, August 02, 2023.,`."""
    said = {name: value.rstrip(",").strip() for name, value in fields(text).items()}
    described = re.match(
        r"(?:Alcatel-Lucent(?: Enterprise)? )?(?:OmniSwitch )?(\S.{0,60}?) (\d{1,2}(?:\.\d{1,4}){2,3}\.\w{1,6})\b",
        said.get("description", ""),
    )
    if not described and "up time" not in said:
        raise Unparsed("neither description nor uptime in it")
    return Findings(
        identity=identity(
            vendor="Alcatel-Lucent",
            name=said.get("name"),
            model=described[1] if described else None,
            version=described[2] if described else None,
            uptime_seconds=span_seconds(said.get("up time")),
        )
    )


def show_chassis(text: str) -> Findings:
    """A block for each chassis of the stack: model, serial number, day of manufacture, state."""
    parts: list[Part] = []
    checks: list[Check] = []
    blocks = re.split(
        r"^(?:Local |Remote )?Chassis(?: ID)? {0,2}(\d{1,2})?(?: \([A-Za-z]{3,10}\))?:?\s*$", text, flags=re.M
    )
    several = len(blocks) > 3
    for number, block in zip(blocks[1::2], blocks[2::2], strict=False):
        said = {name: value.rstrip(",").strip() for name, value in fields(block).items()}
        if "serial number" not in said and "model name" not in said:
            continue
        where = number or "1"
        name = f"chassis {where}"
        kind = "stack_member" if several else "chassis"
        piece = part(kind, name, said.get("model name"), said.get("serial number"), place=where)
        made = day(said.get("manufacture date"))
        parts.append(replace(piece, manufactured=made))
        if state := said.get("operational status"):
            checks.append(check("chassis", name, state, Level.OK if state.lower() == "up" else Level.CRITICAL))
    if not parts:
        raise Unparsed("no chassis in it")
    facts: dict[str, str | float | date] = dict(identity(model=parts[0].model, serial=parts[0].serial))
    if parts[0].manufactured:
        facts["manufactured"] = parts[0].manufactured
    return Findings(identity=facts, parts=tuple(parts), checks=tuple(checks))


def show_fan(text: str) -> Findings:
    """`1/--  1  YES  8000` (AOS 8: functional), `1  1  Running` (AOS 6)."""
    checks: list[Check] = []
    sensors: list[Sensor] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2})(?:/\S{1,4})? +(\d{1,2}) +(YES|NO|Running|Not Running|Not present)\b(?: +(\d{3,6}))?",
            line,
            re.I,
        )
        if not row:
            continue
        name = f"chassis {row[1]} fan {row[2]}"
        levels = {"yes": Level.OK, "running": Level.OK, "not present": Level.UNKNOWN}
        state = {"yes": "running", "no": "not running"}.get(row[3].lower(), row[3])
        checks.append(check("fan", name, state, levels.get(row[3].lower(), Level.CRITICAL)))
        if row[4]:
            sensors.append(sensor("fanspeed", name, float(row[4]), "rpm", index=name))
    if not checks:
        raise Unparsed("no fan in it")
    return Findings(checks=tuple(checks), sensors=tuple(sensors))


def show_powersupply(text: str) -> Findings:
    """`1/1  90W  AC  UP  Internal`."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2}/\d{1,2}) +(?:\d{1,5}W?|-{1,3}) +(\S{2,10}|-{1,3}) +(UP|DOWN|UNPLUGGED|UNPOWERED|\w{4,12})\b",
            line,
            re.I,
        )
        if row:
            level = {"up": Level.OK, "unplugged": Level.UNKNOWN}.get(row[3].lower(), Level.CRITICAL)
            found.append(check("power_supply", f"power supply {row[1]}", row[3], level))
    if not found:
        raise Unparsed("no power supply in it")
    return Findings(checks=tuple(found))


def show_temperature(text: str) -> Findings:
    """`1/CMMA  42  15 to 85  95  90  UNDER THRESHOLD`."""
    found: list[Sensor] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2}/\S{1,12}) +(-?\d{1,3}) +-?\d{1,3} to \d{1,3} +\d{1,3} +\d{1,3} +(\w[\w ]{3,30})$", line
        )
        if row:
            level = {"under threshold": Level.OK, "over threshold": Level.WARNING}.get(
                row[3].strip().lower(), Level.CRITICAL
            )
            found.append(sensor("temperature", row[1], float(row[2]), "celsius", level, index=row[1]))
    if not found:
        raise Unparsed("no temperature in it")
    return Findings(sensors=tuple(found))


def show_running_directory(text: str) -> Findings:
    """`Running Configuration : SYNCHRONIZED` (saved), `Certify/Restore Status : CERTIFY NEEDED` (not yet for good)."""
    _, mark, status = text.partition("SYNCHRONIZATION STATUS")
    state = re.search(r"^ {0,8}Running Configuration {0,20}: {0,4}(\w[\w ]{3,30}?),?$", status, re.M | re.I)
    certified = re.search(r"^ {0,8}Certify/Restore Status {0,20}: {0,4}(\w[\w ]{3,30}?),?$", text, re.M | re.I)
    if not mark or not (state or certified):
        raise Unparsed("no state of the configuration in it")
    if state and "not" in state[1].lower():
        return Findings(checks=(configuration(saved=False),))
    needed = bool(certified and "need" in certified[1].lower())
    return Findings(checks=(configuration(not needed, "uncertified"),))


def show_ntp_status(text: str) -> Findings:
    """AOS 8: `Clock status: synchronized`; AOS 6 says no such thing."""
    return clock(
        text, r"^\s{0,4}Clock status:? {1,60}synchronized", r"^\s{0,4}Clock status:? {1,60}unsynchronized",
        r"Client mode:? {1,20}disabled|NTP client:? {1,20}disabled|Current time:",
    )  # fmt: skip


COMMANDS = (
    Command("show system", Cadence.HEALTH, show_system, needed=True),
    Command("show chassis", Cadence.INVENTORY, show_chassis),
    Command("show fan", Cadence.HEALTH, show_fan),
    Command("show powersupply", Cadence.HEALTH, show_powersupply),
    Command("show temperature", Cadence.HEALTH, show_temperature),
    Command("show running-directory", Cadence.HEALTH, show_running_directory),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
)
