"""Extreme EXOS (Summit, X400 series): identity, stack, fans, supplies, temperature. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import ntp
from collectors.plugins.text import check, fields, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    """`Switch : 800323-00-06 0914G-00434 Rev 6.0 BootROM: 1.0.5.5 IMG: 12.5.3.9`; in a stack `Slot-1 : ...`."""
    parts: list[Part] = []
    version = None
    for line in lines(text):
        row = re.match(
            r"(Switch|Slot-\d{1,2}|PSU(?:CTRL)?-\d{1,2}|.{3,20}?) {0,20}: {0,20}"
            r"(\d{6}-\d\d-\d\d) (\w{4,6}-\w{5,6}) Rev (\S{1,10})",
            line,
        )
        image = re.search(r"\bIMG: {1,4}(\d[\w.-]{2,30})", line)
        version = version or (image[1] if image else None)
        if row:
            kind = {"Sw": "chassis", "Sl": "stack_member", "PS": "power_supply"}.get(row[1][:2], "module")
            parts.append(part(kind, row[1].strip().lower(), row[2], row[3], place=row[1].strip()))
    if version is None:
        found = re.search(r"ExtremeXOS version (\S{3,30})", text)
        version = found[1] if found else None
    if version is None:
        raise Unparsed("no image version in it")
    own = next((p for p in parts if p.part in ("chassis", "stack_member")), None)
    return Findings(
        identity=identity(vendor="Extreme", serial=own.serial if own else None, version=version), parts=tuple(parts)
    )


def show_switch(text: str) -> Findings:
    said = fields(text)
    if "system type" not in said and "sysname" not in said:
        raise Unparsed("neither system type nor name in it")
    return Findings(
        identity=identity(
            name=said.get("sysname"),
            model=said.get("system type"),
            uptime_seconds=span_seconds(said.get("system uptime")),
        )
    )


def show_fans(text: str) -> Findings:
    checks: list[Check] = []
    tray = ""
    for line in lines(text):
        if heading := re.match(r"\s*(Slot-\d{1,2} |Power Supply )?(FanTray[\w-]{0,6}).{0,20}information", line):
            tray = f"{heading[1] or ''}{heading[2]} ".lower()
        elif row := re.match(r"\s*(Fan-\d{1,2}): +(\w{2,20})", line):
            checks.append(check("fan", f"{tray}{row[1].lower()}", row[2]))
    if not checks:
        raise Unparsed("no fan in it")
    return Findings(checks=tuple(checks))


def show_power(text: str) -> Findings:
    checks: list[Check] = []
    name = ""
    for line in lines(text):
        if heading := re.match(r"\s*(?:Slot-\d{1,2} )?(PowerSupply \d{1,2}) information", line):
            name = heading[1].lower()
        elif name and (row := re.match(r"\s*State {0,20}: {0,4}(.{2,40})$", line)):
            state = row[1].strip()
            low = state.lower()
            level = Level.UNKNOWN if "empty" in low else Level.OK if low == "powered on" else Level.CRITICAL
            checks.append(check("power_supply", name, state, level))
            name = ""
    if not checks:
        raise Unparsed("no power supply in it")
    return Findings(checks=tuple(checks))


def show_temperature(text: str) -> Findings:
    """`Switch : X450G2-48p-10G4  34.00  Normal  -10  0-59  64`."""
    found: list[Sensor] = []
    for line in lines(text):
        row = re.match(r"\s*(\S.{1,40}?) {1,20}(-?\d{1,3}\.\d{1,2}) +(Normal|Warning|Error|Critical)\b", line)
        if row:
            name = " ".join(row[1].replace(":", " ").split())
            levels = {"Normal": Level.OK, "Warning": Level.WARNING}
            found.append(
                sensor("temperature", name, float(row[2]), "celsius", levels.get(row[3], Level.CRITICAL), index=name)
            )
    if not found:
        raise Unparsed("no temperature in it")
    return Findings(sensors=tuple(found))


def show_sntp_client(text: str) -> Findings:
    """`SNTP client is enabled`, `SNTP time is valid`; a switch without it may have NTP, which says no such thing."""
    if re.search(r"^SNTP client is disabled", text, re.M):
        return Findings()
    valid = re.search(r"^SNTP time is (not valid|invalid|valid)", text, re.M)
    if not valid:
        raise Unparsed("no state of SNTP in it")
    return Findings(checks=(ntp(valid[1] == "valid"),))


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show switch", Cadence.HEALTH, show_switch),
    Command("show fans", Cadence.HEALTH, show_fans),
    Command("show power", Cadence.HEALTH, show_power),
    Command("show temperature", Cadence.HEALTH, show_temperature),
    Command("show sntp-client", Cadence.HEALTH, show_sntp_client),
)
