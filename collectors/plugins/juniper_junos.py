"""Junos: EX, QFX and MX, SRX clusters, Virtual Chassis. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, day, licence, licence_part, reload_reason
from collectors.plugins.templates import Row, bounded, many, rows
from collectors.plugins.templates import said as known
from collectors.plugins.text import check, identity, lines, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    """`Junos: 19.4R3-S1.3` since 13.x; older say it with the boot package. A cluster says it for each node."""
    head = bounded(text)
    model = re.search(r"^Model: (\S{1,60})", head, re.M)
    version = re.search(r"^Junos: (\S{1,60})", head, re.M) or re.search(
        r"^JUNOS (?:Base OS boot|Software Release|EX  Software Suite|.{3,60}) \[([^\]\n]{3,60})\]", head, re.M
    )
    if not version:
        raise Unparsed("no version in it")
    name = re.search(r"^Hostname: (\S{1,255})", head, re.M)
    return Findings(
        identity=identity(
            vendor="Juniper", name=name[1] if name else None, model=model[1] if model else None, version=version[1]
        )
    )


_ITEM_KINDS = (
    (re.compile(r"Power Supply|PEM|PSM|PS "), "power_supply"),
    (re.compile(r"Fan"), "fan"),
    (re.compile(r"Routing Engine|FPC|PIC|MIC|CB|FEB|SCB|SFM|Midplane"), "line_card"),
)


def show_chassis_hardware(text: str) -> Findings:
    """The chassis with its serial number, and what has one of its own; optics are not registered.

    Cells stand below their headings: names, and versions that are missing, make any other reading a guess.
    """
    parts: list[Part] = []
    first: Part | None = None
    node, at = "", (0, 0, 0)
    for line in lines(text):
        if heading := re.match(r"(node\d|fpc\d{1,2}):$", line.strip()):
            node = f"{heading[1]} "
        elif line.startswith("Item ") and "Serial number" in line:
            at = (line.index("Version"), line.index("Part number"), line.index("Serial number"))
        elif at[2] and line.strip() and not line.strip().startswith("Xcvr"):
            name, rest = line[: at[0]].strip(), line[at[2] :]
            serial, _, what = rest.partition(" ") if rest[:1].strip() else ("", "", rest)
            if name == "Chassis":
                chassis = part("chassis", f"{node}chassis", what, serial, place=f"{node}chassis")
                first = first or chassis
                parts.append(chassis)
            elif name and serial and serial not in ("BUILTIN", "BUILTIN)"):
                kind = next((kind for pattern, kind in _ITEM_KINDS if pattern.search(name)), "module")
                number = line[at[1] : at[2]].strip()
                parts.append(part(kind, f"{node}{name}", what.strip() or number, serial, place=f"{node}{name}"))
    if first is None:
        raise Unparsed("no chassis in it")
    return Findings(identity=identity(serial=first.serial), parts=tuple(parts))


def show_system_uptime(text: str) -> Findings:
    booted = re.search(r"^System booted: .{1,60}\((.{1,40}) ago\)", text, re.M)
    seconds = span_seconds(booted[1]) if booted else None
    if seconds is None:
        raise Unparsed("no time of boot in it")
    return Findings(identity=identity(uptime_seconds=seconds))


_NODE = {
    "primary": Level.OK, "secondary": Level.OK, "secondary-hold": Level.WARNING, "hold": Level.WARNING,
    "ineligible": Level.CRITICAL, "disabled": Level.CRITICAL, "lost": Level.CRITICAL,
}  # fmt: skip


def show_chassis_cluster_status(text: str) -> Findings:
    """Redundancy groups of an SRX cluster, node by node; monitor failures name what is broken (IF, CS, FL ...)."""
    found: list[Check] = []
    for row in rows("juniper_junos_show_chassis_cluster_status", text):
        found += _group(row)
    return Findings(checks=tuple(found))


def _group(row: Row) -> list[Check]:
    found = []
    failures = many(row, "monitor_failures")
    for at, (node, status) in enumerate(zip(many(row, "node"), many(row, "status"), strict=False)):
        subject = f"group {row['redundancy_group_id']} {node}"
        found.append(check("ha_state", subject, status, _NODE.get(status.lower(), Level.WARNING)))
        failure = known(failures[at]) if at < len(failures) else None
        if failure:
            found.append(check("ha_monitor", subject, failure, Level.WARNING))
    return found


def show_virtual_chassis(text: str) -> Findings:
    """`0 (FPC 0)  Prsnt  BM0208105168  ex4200-48t  128  Master*`; a switch alone is a member too."""
    found: list[Check] = []
    parts: list[Part] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2}) \(FPC \d{1,2}\) +(Prsnt|NotPrsnt|Inactive|Unprovisioned|Prvsnd)\b"
            r"(?: +(\S{6,20}) +([a-z]{2,4}\d\S{1,30}))?(?: +\d{1,3} +([A-Z]\w{3,12}))?",
            line,
        )
        if not row:
            continue
        name = f"member {row[1]}"
        found.append(check("stack_member", name, row[2], Level.OK if row[2] == "Prsnt" else Level.CRITICAL))
        if row[3]:
            parts.append(part("stack_member", name, row[4], row[3], place=row[1]))
    if not found:
        raise Unparsed("no member in it")
    return Findings(checks=tuple(found), parts=tuple(parts))


def show_chassis_environment(text: str) -> Findings:
    """`Temp  Routing Engine  OK  37 degrees C / 98 degrees F`, `Fans  Fan 1  OK  Spinning at normal speed`."""
    sensors: list[Sensor] = []
    checks: list[Check] = []
    section = ""
    for line in lines(text):
        row = re.match(
            r"(Temp|Fans|Power|    |Routing Engines)? {0,6}(\S.{1,60}?) {2,50}"
            r"(OK|Check|Failed|Absent|Testing|Ok)\b {0,40}(.{0,80})$",
            line,
        )
        if not row:
            continue
        section = (row[1] or "").strip() or section
        degrees = re.match(r"(-?\d{1,3}) degrees C", row[4])
        level = {"ok": Level.OK, "absent": Level.UNKNOWN, "testing": Level.WARNING}.get(row[3].lower(), Level.CRITICAL)
        if degrees:
            sensors.append(sensor("temperature", row[2], float(degrees[1]), "celsius", level, index=row[2]))
        elif section == "Fans" or "fan" in row[2].lower():
            checks.append(check("fan", row[2], row[3], level))
        elif section == "Power" or re.search(r"Power Supply|PEM|PSM", row[2]):
            checks.append(check("power_supply", row[2], row[3], level))
    if not sensors and not checks:
        raise Unparsed("no row in it")
    return Findings(sensors=tuple(sensors), checks=tuple(checks))


def show_chassis_alarms(text: str) -> Findings:
    """`No alarms currently active`, or time, class (Major, Minor) and text of each."""
    if re.search(r"^No alarms currently active", text, re.M):
        return Findings(checks=(check("alarm", "chassis", "none", Level.OK),))
    found: list[Check] = []
    for line in lines(text):
        row = re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S{2,6} +(Major|Minor) +(.{3,150})$", line)
        if row:
            found.append(check("alarm", row[2], row[1], Level.CRITICAL if row[1] == "Major" else Level.WARNING))
    if not found:
        raise Unparsed("neither alarms nor their absence in it")
    return Findings(checks=tuple(found))


def show_ntp_status(text: str) -> Findings:
    """`status=0664 leap_none, sync_ntp, 6 events`: sync_unspec and leap_alarm say that no server is followed."""
    return clock(
        text, r"\bsync_(?:ntp|other|pps|\w{3,8}_(?:clock|time))\b", r"\bsync_unspec\b|leap_alarm", "not running"
    )


def show_chassis_routing_engine(text: str) -> Findings:
    """`Last reboot reason  0x1:power cycle/failure`, one engine after the other (slots, nodes, members)."""
    if not re.search(r"^\s{0,4}(?:Routing Engine status|Slot \d|node\d)", text, re.M):
        raise Unparsed("no routing engine in it")
    found: list[Check] = []
    where = slot = ""
    for line in lines(text):
        if place := re.match(r"(node\d|fpc\d{1,2}):$", line.strip()):
            where, slot = f"{place[1]} ", ""
        elif place := re.match(r"\s*Slot (\d{1,2}):$", line):
            slot = f" {place[1]}"
        elif row := re.match(r"\s*Last reboot reason\s{1,20}(?:0x[0-9a-f]{1,8}: ?)?(\S.{1,80})$", line, re.I):
            found.extend(reload_reason(row[1], f"{where}routing engine{slot}"))
    return Findings(checks=tuple(found))


_LICENCE = re.compile(
    r" {1,4}(\S.{1,60}?) +\d{1,9} +(\d{1,9}) +(\d{1,9}) +(permanent|invalid|expired|-|\d{4}-.{5,40})$"
)


def show_system_license(text: str) -> Findings:
    """`idp-sig  0  1  0  2025-08-01 00:00:00 UTC`: used, installed, needed, until when."""
    if not re.search(r"^License usage", text, re.M):
        raise Unparsed("no licence usage in it")
    checks: list[Check] = []
    parts: list[Part] = []
    for line in lines(text):
        row = _LICENCE.match(line)
        if not row:
            continue
        state, level = ("needed", Level.WARNING) if int(row[3]) else ("installed", Level.OK)
        if row[4] in ("expired", "invalid"):
            state, level = row[4], Level.CRITICAL
        if int(row[2]) or int(row[3]) or level is Level.CRITICAL:
            checks.append(licence(row[1], state, level))
            parts.extend(licence_part(row[1], day(row[4])))
    return Findings(checks=tuple(checks), parts=tuple(parts))


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show chassis hardware", Cadence.INVENTORY, show_chassis_hardware),
    Command("show system uptime", Cadence.HEALTH, show_system_uptime),
    Command("show chassis environment", Cadence.HEALTH, show_chassis_environment),
    Command("show chassis alarms", Cadence.HEALTH, show_chassis_alarms),
    Command("show chassis cluster status", Cadence.HEALTH, show_chassis_cluster_status),
    Command("show virtual-chassis", Cadence.HEALTH, show_virtual_chassis),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
    Command("show chassis routing-engine", Cadence.INVENTORY, show_chassis_routing_engine),
    Command("show system license", Cadence.INVENTORY, show_system_license),
)
