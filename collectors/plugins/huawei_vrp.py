"""Huawei VRP: S, CE and AR series, NetEngine: identity, stack, boards, fans, supplies, temperature, licences. Pure."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import date

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, day, licence, licence_level, licence_part
from collectors.plugins.templates import said
from collectors.plugins.text import check, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def display_version(text: str) -> Findings:
    """`VRP (R) software, Version 5.170 (S5720 V200R019C10SPC500)`; newer ones are YunShan OS, in the same words."""
    version = re.search(
        r"^(?:VRP \(R\) software|.{0,40}YunShan OS), {0,4}Version (\d[\w.]{0,20} {0,2}\([^)\n]{1,60}\))", text, re.M
    )
    if not version:
        raise Unparsed("no VRP version in it")
    up = re.search(
        r"^(?:HUAWEI|Huawei) (\S.{1,60}?)(?: Router| Routing Switch| Switch)? uptime is (.{3,80})$", text, re.M
    )
    return Findings(
        identity=identity(
            vendor="Huawei",
            model=up[1] if up else None,
            version=version[1],
            uptime_seconds=span_seconds(up[2]) if up else None,
        )
    )


_ONLINE = re.compile(
    r"\s*(?:(\d{1,3}|[A-Z]{3}\d{1,2})(?:/(\d{1,2}))? +)(?:(-|\d{1,2}|[A-Z]{3}\d{1,2}) +)?"
    r"(\S.{1,40}?) +(Present|Absent) +"
    r"(\S{2,8}|-) +(Registered|Unregistered|-) +(\w{2,12}|-)(?: +(Master|Slave|Standby|NA|-))?\s*$"
)


def display_device(text: str) -> Findings:
    """Boards, fans and supplies in one table; what is present but not registered or in alarm is ill."""
    found: list[Check] = []
    slot = ""
    for line in lines(text):
        row = _ONLINE.match(line)
        if not row:
            continue
        card = row[2] or row[3] or "-"
        place = row[1] if card == "-" else f"{row[1]}/{card}"
        if row[1].isdigit():
            slot = row[1]
        elif line.startswith("   ") and slot:
            place = f"{slot}/{place}"  # the supply of the box above: its slot is told once
        kind, subject = "module", f"{place} {row[4]}"
        if which := re.fullmatch(r"(?:(\d{1,3})/)?(PWR|FAN)(\d{1,2})", place):
            # As `display power` and `display fan` name them, so that each is one check.
            what = {"PWR": "power supply", "FAN": "fan"}[which[2]]
            kind, subject = (
                what.replace(" ", "_"),
                f"slot {which[1]} {what} {which[3]}" if which[1] else f"{what} {which[3]}",
            )
        if row[5] == "Absent":
            state, level = "absent", Level.UNKNOWN
        elif row[6] == "Off" or row[7] == "Unregistered":
            state, level = ("power off" if row[6] == "Off" else "unregistered"), Level.CRITICAL
        else:
            state = "normal" if row[8] == "-" else row[8]
            level = Level.OK if state.lower() == "normal" else Level.CRITICAL
        found.append(check(kind, subject, state, level))
    if not found:
        raise Unparsed("no device in it")
    return Findings(checks=tuple(found))


def display_manufacture_info(text: str) -> Findings:
    """`0  -  2102350000D0J4000024  2018-04-10`: serial number and day of manufacture of each slot."""
    parts: list[Part] = []
    slot = "0"
    for line in lines(text):
        row = re.match(r"\s*(?:(\d{1,2}) +)?(-|\d{1,2}|[A-Z]{3}\d{1,2}) +(\w{8,30})(?: +(\d{4}-\d\d-\d\d))?\s*$", line)
        if row and said(row[3]):
            slot = row[1] or slot  # told once, for the box and for what is in it
            place = slot if row[2] == "-" else f"{slot}/{row[2]}"
            kinds = {"PWR": "power_supply", "FAN": "fan"}
            kind = "stack_member" if row[2] == "-" else kinds.get(row[2][:3], "line_card")
            made = day(row[4])
            parts.append(replace(part(kind, f"slot {place}", serial=row[3], place=place), manufactured=made))
    if not parts:
        raise Unparsed("no slot in it")
    facts: dict[str, str | float | date] = dict(identity(serial=parts[0].serial))
    if parts[0].manufactured:
        facts["manufactured"] = parts[0].manufactured
    return Findings(identity=facts, parts=tuple(parts))


def display_sn_license(text: str) -> Findings:
    found = re.search(
        r"^\s{0,8}ESN (?:of (?:device|slot \w{1,4}|master) ?|is|of \S{1,20}) ?:? {0,4}(\w{8,30})", text, re.M | re.I
    )
    if not found:
        raise Unparsed("no ESN in it")
    return Findings(identity=identity(serial=found[1]))


def display_fan(text: str) -> Findings:
    """`0  1  Present  Normal  50%  Auto  Side-to-Back`."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(r"\s*(\d{1,2}) +(?:FAN)?(\d{1,2}) +(Present|Absent) +(\S{1,16})", line, re.I)
        if row:
            absent = row[3].lower() == "absent"
            state = "absent" if absent else row[4]
            found.append(check("fan", f"slot {row[1]} fan {row[2]}", state, Level.UNKNOWN if absent else None))
    if not found:
        raise Unparsed("no fan in it")
    return Findings(checks=tuple(found))


_SUPPLY = {"supply": Level.OK, "normal": Level.OK, "notsupply": Level.CRITICAL, "not-supply": Level.CRITICAL}


def display_power(text: str) -> Findings:
    """`0  PWR1  Present  AC  Supply  600.00`."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(r"\s*(\d{1,2}) +(?:PWR|PWR ?)?(\d{1,2}) +(Present|Absent) +(\S{1,6}) +(\S{1,14})", line, re.I)
        if row:
            absent = row[3].lower() == "absent"
            level = Level.UNKNOWN if absent else _SUPPLY.get(row[5].lower(), Level.WARNING)
            state = "absent" if absent else row[5]
            found.append(check("power_supply", f"slot {row[1]} power supply {row[2]}", state, level))
    if not found:
        raise Unparsed("no power supply in it")
    return Findings(checks=tuple(found))


_HEAT = {"normal": Level.OK, "minor": Level.WARNING, "abnormal": Level.CRITICAL}


def display_temperature(text: str) -> Findings:
    """Of NE and CX `LPUF41A 0 1 0 NORMAL 63 71 78 50 60 36` (the last is it), of S `0 NA NA Normal 38 0 4 ...`."""
    found: list[Sensor] = []
    slot, count = "", 0
    for line in lines(text):
        if heading := re.match(r"\s*(SlotID ?\d{1,3}) ?:", line):
            slot, count = heading[1], 0
            continue
        chassis = re.match(r"\s*(\S{2,20}) +\d{1,3} +\d{1,3} +\d{1,3} +([A-Z]{4,10})((?: +-?\d{1,3}){4,8})\s*$", line)
        box = re.match(
            r"\s*(\d{1,2}) +(NA|-|\S{1,10}) +(NA|-|\S{1,20}) +(Normal|Abnormal|Minor|Major|Fatal) +(-?\d{1,3}) ",
            line,
            re.I,
        )
        if chassis:
            count += 1
            value, name, state, index = chassis[3].split()[-1], f"{slot} {chassis[1]}", chassis[2], f"{slot}.{count}"
            name = f"{name} {count}"
        elif box:
            value, state, index = box[5], box[4], f"{box[1]}.{box[2]}.{box[3]}"
            name = " ".join(["slot", box[1], *(w for w in (box[2], box[3]) if w not in ("NA", "-"))])
        else:
            continue
        level = _HEAT.get(state.lower(), Level.CRITICAL)
        found.append(sensor("temperature", name.strip(), float(value), "celsius", level, index=index))
    if not found:
        raise Unparsed("no temperature in it")
    return Findings(sensors=tuple(found))


def display_stack(text: str) -> Findings:
    """`0  Master  0018-82d2-2e85  100  S5720-28X-LI-AC`: members of the stack."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*[*+]?(\d{1,2}) +(Master|Standby|Slave|Backup) +[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}\b", line, re.I
        )
        if row:
            found.append(check("stack_member", f"member {row[1]}", row[2], Level.OK))
    if not found:
        raise Unparsed("no member in it")
    return Findings(checks=tuple(found))


def display_ntp_status(text: str) -> Findings:
    return clock(text, r"clock status: {0,4}synchronized", r"clock status: {0,4}unsynchronized")


def display_license_verbose(text: str) -> Findings:
    """The licence file as a whole, and each item with its state and its last day."""
    whole = re.search(r"^ {0,4}License state {0,10}: {0,4}(\w.{1,40})$", text, re.M)
    if not whole:
        raise Unparsed("no state of the licence in it")
    checks = [licence("license file", whole[1])]
    parts: list[Part] = []
    names: dict[str, int] = {}
    for block in re.split(r"^ {0,4}Sale name {0,10}:", text, flags=re.M)[1:]:
        told = dict(re.findall(r"^ {0,4}(Item [a-z ]{4,14}?|Description) {0,10}: {0,4}(\S.{0,80})$", block, re.M))
        name = told.get("Description") or told.get("Item name")
        if not name or "Item state" not in told:
            continue
        names[name] = names.get(name, 0) + 1
        name = f"{name} {names[name]}" if names[name] > 1 else name
        checks.append(licence(name, told["Item state"], licence_level(told["Item state"])))
        with contextlib.suppress(KeyError):
            parts.extend(licence_part(name, day(told["Item expired date"])))
    return Findings(checks=tuple(checks), parts=tuple(parts))


COMMANDS = (
    Command("display version", Cadence.INVENTORY, display_version, needed=True),
    Command("display device manufacture-info", Cadence.INVENTORY, display_manufacture_info),
    Command("display sn license", Cadence.INVENTORY, display_sn_license),
    Command("display fan", Cadence.HEALTH, display_fan),
    Command("display power", Cadence.HEALTH, display_power),
    Command("display device", Cadence.HEALTH, display_device),
    Command("display stack", Cadence.HEALTH, display_stack),
    Command("display temperature", Cadence.HEALTH, display_temperature),
    Command("display temperature all", Cadence.HEALTH, display_temperature),
    Command("display ntp-service status", Cadence.HEALTH, display_ntp_status),
    Command("display license verbose", Cadence.INVENTORY, display_license_verbose),
)
