"""HPE Comware (5130, 5900, H3C): identity with days of manufacture, IRF members, fans and supplies. Pure."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import date

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, reload_reason
from collectors.plugins.templates import said
from collectors.plugins.text import check, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part


def display_version(text: str) -> Findings:
    version = re.search(
        r"Comware (?:Platform )?Software, Version (\S{1,40}),? (?:Release|Feature|ESS|Alpha) (\S{1,30})", text
    )
    if not version:
        raise Unparsed("no Comware version in it")
    up = re.search(r"^(?:HPE?|H3C|Aruba) (.{2,80}?) [Uu]ptime is (.{3,80})$", text, re.M)
    why = re.search(r"^\s{0,4}Last reboot reason {0,10}: {0,4}(.{2,60})$", text, re.M)
    return Findings(
        checks=reload_reason(why[1] if why else None),
        identity=identity(
            vendor="HPE",
            model=up[1] if up else None,
            version=f"{version[1].rstrip(',')} {version[2]}",
            uptime_seconds=span_seconds(up[2]) if up else None,
        ),
    )


_HEADING = re.compile(
    r"\s*(?:Chassis (\d{1,2}):?)?\s*(Slot|Subslot|Fan|Power|Chassis self|Chassis)?\s*([\w/]{0,12})(?: CPU \d)?:?\s*$"
)
_FIELD = re.compile(
    r"\s*(DEVICE_NAME|DEVICE_SERIAL_NUMBER|MANU SERIAL NUMBER|MANUFACTURING_DATE|VENDOR_NAME|MAC_ADDRESS)\s{0,12}: ?"
    r"(.{0,120})$"
)


def display_device_manuinfo(text: str) -> Findings:
    """One block for each slot, fan and power supply, with serial number and day of manufacture."""
    parts: list[Part] = []
    chassis, kind, place, block = "", "", "", dict[str, str]()

    def end() -> None:
        if said(block.get("DEVICE_NAME")) or said(block.get("DEVICE_SERIAL_NUMBER")):
            parts.append(_made(kind, chassis, place, block))
        block.clear()

    for line in lines(text):
        if field := _FIELD.match(line):
            if field[1] == "DEVICE_NAME":
                end()
            block[field[1].replace("MANU SERIAL", "DEVICE SERIAL").replace(" ", "_")] = field[2].strip()
        elif (heading := _HEADING.match(line)) and line.strip():
            end()
            chassis = heading[1] or chassis
            kind, place = (heading[2] or kind or "Chassis").lower(), heading[3] or place
    end()
    if not parts:
        raise Unparsed("no device in it")
    own = next((p for p in parts if p.part in ("chassis", "stack_member")), parts[0])
    facts: dict[str, str | float | date] = dict(identity(model=own.model, serial=own.serial))
    if own.manufactured:
        facts["manufactured"] = own.manufactured
    return Findings(identity=facts, parts=tuple(parts))


_KIND = {"slot": "stack_member", "subslot": "line_card", "fan": "fan", "power": "power_supply"}


def _made(kind: str, chassis: str, place: str, block: dict[str, str]) -> Part:
    which = _KIND.get(kind, "chassis")
    if which == "stack_member" and chassis:
        which = "line_card"  # a slot of a chassis; without chassis numbers a slot is a box of the stack
    where = f"{chassis}/{place}" if chassis and place else place or chassis or "1"
    made = None
    day = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", block.get("MANUFACTURING_DATE", ""))
    if day:
        with contextlib.suppress(ValueError):
            made = date(int(day[1]), int(day[2]), int(day[3]))
    name = f"{kind or 'chassis'} {where}"
    found = part(which, name, block.get("DEVICE_NAME"), block.get("DEVICE_SERIAL_NUMBER"), place=name)
    return replace(found, manufactured=made)


def display_states(kind: str, text: str) -> tuple[Check, ...]:
    """`display fan` and `display power`: "Fan 1: Normal", or "Fan 1:" with "State : Normal" below, slot by slot."""
    found: list[Check] = []
    slot = name = ""
    for line in lines(text):
        if heading := re.match(r"\s*Slot (\d{1,2})(?: CPU \d)?:?\s*$", line):
            slot = f"slot {heading[1]} "
        elif row := re.match(
            rf"\s*{kind} {{0,4}}(\d{{1,2}})(?: State)? {{0,4}}:(?: {{0,4}}(\w[\w ]{{1,20}}))?\s*$", line, re.I
        ):
            name = f"{slot}{kind.lower()} {row[1]}"
            if row[2]:
                found.append(_state(kind, name, row[2]))
        elif name and (state := re.match(r"\s*State {0,12}: {0,4}(\w[\w ]{1,20})$", line)):
            found.append(_state(kind, name, state[1]))
        elif row := re.match(r"\s*(\d{1,2}) +(Normal|Absent|Fault|Faulty|Error)\b", line):
            found.append(_state(kind, f"{slot}{kind.lower()} {row[1]}", row[2]))
    if not found:
        raise Unparsed("no row in it")
    return tuple(found)


def _state(kind: str, name: str, state: str) -> Check:
    return check("fan" if kind == "Fan" else "power_supply", name, state)


def display_fan(text: str) -> Findings:
    return Findings(checks=display_states("Fan", text))


def display_power(text: str) -> Findings:
    return Findings(checks=display_states("Power", text))


def display_irf(text: str) -> Findings:
    """`*+1  1  Master  5  5477-8a4a-c1a8  ---`: members of the IRF fabric."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(r"\s*[*+]{0,2}(\d{1,2}) +(?:\d{1,2} +)?(Master|Standby|Loading|Slave)\b", line)
        if row:
            level = Level.WARNING if row[2] == "Loading" else Level.OK
            found.append(check("stack_member", f"member {row[1]}", row[2], level))
    if not found:
        raise Unparsed("no member in it")
    return Findings(checks=tuple(found))


def display_ntp_status(text: str) -> Findings:
    return clock(text, r"Clock status: {0,4}synchronized", r"Clock status: {0,4}unsynchronized")


COMMANDS = (
    Command("display version", Cadence.INVENTORY, display_version, needed=True),
    Command("display device manuinfo", Cadence.INVENTORY, display_device_manuinfo),
    Command("display fan", Cadence.HEALTH, display_fan),
    Command("display power", Cadence.HEALTH, display_power),
    Command("display irf", Cadence.HEALTH, display_irf),
    Command("display ntp-service status", Cadence.HEALTH, display_ntp_status),
)
