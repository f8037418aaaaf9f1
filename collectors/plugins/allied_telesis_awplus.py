"""Allied Telesis AlliedWare Plus: identity, stack, environment, licences, why it restarted. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, day, licence, licence_part, reload_reason
from collectors.plugins.text import check, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor, Usage

_BOARD = re.compile(
    r"(\w[\w ]{1,12}?) {1,8}(\d{1,4}) +(?:([A-Z][\w ]{1,8}?) {2,10})?(\S.{1,40}?) {2,40}(\S{1,6}) +(\w{6,24}|N/A)\s*$"
)


def show_system(text: str) -> Findings:
    """One block, or in a stack one for each member: boards with serial numbers, memory, environment, uptime."""
    version = re.search(r"^Software version {1,4}: {0,4}(\S{1,30})$", text, re.M) or re.search(
        r"^Current software {1,4}: {0,4}(\S{1,60})$", text, re.M
    )
    if not version:
        raise Unparsed("no software version in it")
    name = re.search(r"^System Name\n {1,4}(\S{1,64})", text, re.M)
    up = re.search(r"^Uptime {1,20}: {0,4}(.{4,40})$", text, re.M)
    parts: list[Part] = []
    checks: list[Check] = []
    memory: list[Usage] = []
    member = ""
    for line in lines(text):
        if heading := re.match(r"Stack member (\d{1,2})\s*$", line):
            member = heading[1]
        elif row := _BOARD.match(line):
            where = f"member {member} " if member else ""
            own = row[1].lower() == "base"
            kind = ("stack_member" if member else "chassis") if own else _kind(row[1])
            label = where.strip() or "chassis" if own else f"{where}{(row[3] or row[1]).lower()}"
            parts.append(part(kind, label, row[4], row[6], place=label))
        elif row := re.match(r"RAM: {1,4}Total: (\d{1,12}) kB Free: (\d{1,12}) kB", line):
            size, free = int(row[1]) * 1024.0, int(row[2]) * 1024.0
            if size and free <= size:
                what = f"memory {member}".strip()
                memory.append(Usage(what, (size - free) / size, size - free, size, index=member))
        elif row := re.match(r"Environment Status {1,4}: {0,4}(\w.{1,30})$", line):
            level = Level.OK if row[1].lower() == "normal" else Level.CRITICAL
            checks.append(check("environment", f"member {member}" if member else "system", row[1], level))
    first = next((p for p in parts if p.part in ("chassis", "stack_member")), None)
    return Findings(
        identity=identity(
            vendor="Allied Telesis",
            name=name[1] if name else None,
            model=first.model if first else None,
            serial=first.serial if first else None,
            version=version[1],
            uptime_seconds=span_seconds(up[1]) if up else None,
        ),
        parts=tuple(parts),
        checks=tuple(checks),
        memory=tuple(memory),
    )


def _kind(board: str) -> str:
    low = board.lower()
    return "power_supply" if "psu" in low or "pwr" in low else "fan" if "fan" in low else "line_card"


_READING = re.compile(
    r"\s*\d{1,3} +(Fan|Voltage|Temp|Power|PSU)[^:]{0,20}: ?(\S.{0,40}?)"
    r"(?: \(([A-Za-z ]{1,20})\))? {2,60}(\S{1,12})\b.{0,60}? "
    r"(Ok|FAULT|Fault|\*{0,2}Alarm|Low|High)\b",
    re.I,
)
_UNIT = {
    "rpm": ("fanspeed", "rpm"), "volts": ("voltage", "volts"), "degrees c": ("temperature", "celsius"),
    "watts": ("power", "watts"), "amps": ("current", "amperes"),
}  # fmt: skip


def show_system_environment(text: str) -> Findings:
    """`1  Fan: Fan 1 (Rpm)  4344  3000  -  Ok`, resource after resource (chassis, supplies), member after member."""
    if "Environment Monitoring Status" not in text:
        raise Unparsed("not the state of the environment")
    sensors: list[Sensor] = []
    checks: list[Check] = []
    member = resource = ""
    for line in lines(text):
        if heading := re.match(r"\s*Stack member (\d{1,2})", line):
            member = f"member {heading[1]} "
        elif heading := re.match(r"\s*Resource ID: {0,4}(\d{1,3}) {1,4}Name: {0,4}(\S.{0,40})$", line):
            resource = f"{heading[2].split('(')[0].strip()} "
        elif row := re.match(r"\s*\d{1,3} +PSU Power Output {2,60}(?:Yes|No)\b.{0,60} (Ok|FAULT)\s*$", line, re.I):
            checks.append(check("power_supply", f"{member}{resource}".strip(), row[1]))
        elif row := _READING.match(line):
            name = f"{member}{resource}{row[2].strip()}"
            level = Level.OK if row[5].lower() == "ok" else Level.CRITICAL
            kind = _UNIT.get((row[3] or "").lower())
            if kind and re.fullmatch(r"-?\d{1,6}(?:\.\d{1,4})?", row[4]):
                sensors.append(sensor(kind[0], name, float(row[4]), kind[1], level, index=name))
    return Findings(sensors=tuple(sensors), checks=tuple(checks))


def show_stack(text: str) -> Findings:
    """`1  -  0000.cd28.0801  128  Ready  Active Master`."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2}) +(?:-|\d{1,2}) +(?:-|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}) +\d{1,3} "
            r"+(\w[\w-]{2,20})(?: +(\w.{2,30}|-))?$",
            line,
            re.I,
        )
        if row:
            level = Level.OK if row[2].lower() == "ready" else Level.CRITICAL
            state = row[3] if level is Level.OK and row[3] and row[3] != "-" else row[2]
            found.append(check("stack_member", f"member {row[1]}", state, level))
    if not found and "tack" not in text[:400]:
        raise Unparsed("no member in it")
    return Findings(checks=tuple(found))


def show_ntp_status(text: str) -> Findings:
    return clock(text, r"Clock is synchroni[sz]ed", r"Clock is unsynchroni[sz]ed")


def show_reboot_history(text: str) -> Findings:
    """`2025-08-11 21:40:04 Expected   User Request`, newest first, member after member."""
    if not re.search(r"^<?date>? +<?time>?", text, re.M | re.I):
        raise Unparsed("not the history of reboots")
    found: list[Check] = []
    subject, told = "system", False
    for line in lines(text):
        if heading := re.match(r"\s*Stack member (\d{1,2})", line):
            subject, told = f"member {heading[1]}", False
        elif not told and (row := re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {1,3}(\w{4,12}) +(\S.{2,80})$", line)):
            found.extend(reload_reason(f"{row[1]} {row[2]}", subject))
            told = True
    return Findings(checks=tuple(found))


def show_license(text: str) -> Findings:
    """Blocks of `License name : ...`, `Type of license : Full`, `License expiry date : N/A`."""
    checks: list[Check] = []
    parts: list[Part] = []
    for block in re.split(r"^License name {1,40}:", text, flags=re.M)[1:]:
        name = block.split("\n")[0].strip()
        kind = re.search(r"^Type of license {1,40}: {0,4}(\w.{0,30})$", block, re.M)
        ends = re.search(r"^License expiry date {1,40}: {0,4}(\S.{0,20})$", block, re.M)
        if name and kind:
            state = kind[1].strip()
            level = Level.OK if state.lower() in ("full", "subscription") else None
            checks.append(licence(name, state, level))
            parts.extend(licence_part(name, day(ends[1]) if ends else None))
    if not checks:
        raise Unparsed("no licence in it")
    return Findings(checks=tuple(checks), parts=tuple(parts))


COMMANDS = (
    Command("show system", Cadence.HEALTH, show_system, needed=True),
    Command("show system environment", Cadence.HEALTH, show_system_environment),
    Command("show stack", Cadence.HEALTH, show_stack),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
    Command("show reboot history", Cadence.INVENTORY, show_reboot_history),
    Command("show license", Cadence.INVENTORY, show_license),
)
