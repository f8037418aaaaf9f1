"""Cisco IOS and IOS-XE: Catalyst switches and stacks, routers, Catalyst 9800 wireless controllers. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.templates import Row, many, one, rows
from collectors.plugins.text import check, identity, inventory_parts, lines, number, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    row = rows("cisco_ios_show_version", text)[0]
    version = one(row, "version")
    if not version:
        raise Unparsed("no version in it")
    return Findings(
        identity=identity(
            vendor="Cisco",
            name=one(row, "hostname"),
            model=one(row, "hardware"),
            serial=one(row, "serial"),
            version=version,
            uptime_seconds=span_seconds(one(row, "uptime")),
        )
    )


def show_inventory(text: str) -> Findings:
    return Findings(parts=inventory_parts(rows("cisco_ios_show_inventory", text)))


_STANDBY = {"standby_hot": Level.OK, "standby_cold": Level.WARNING, "standby_cold_bulk": Level.WARNING}


def show_redundancy(text: str) -> Findings:
    """The peer supervisor or stack member. A box alone (Simplex) is no fault: `expect` says what there should be."""
    row = rows("cisco_ios_show_redundancy", text)[0]
    mode = one(row, "hardware_mode")
    if not mode:
        raise Unparsed("no hardware mode in it")
    found = [check("redundancy", "mode", mode, Level.OK)]
    if mode.lower() == "duplex":
        state = one(row, "standby_software_state") or one(row, "standby_status")
        level = Level.CRITICAL if not state else _STANDBY.get("_".join(state.lower().split()[:3]))
        found.append(check("ha_state", "standby", state or "missing", level or Level.WARNING))
        link = one(row, "communication_status") or "unknown"
        found.append(check("ha_link", "communications", link, Level.OK if link.lower() == "up" else Level.CRITICAL))
    return Findings(checks=tuple(found))


_MEMBER = {"ready": Level.OK, "removed": Level.CRITICAL, "provisioned": Level.CRITICAL, "v-mismatch": Level.CRITICAL}
_PORT = {"ok": Level.OK, "down": Level.CRITICAL, "absent": Level.UNKNOWN}


_MEMBER_ROW = re.compile(
    r"\s*\*?\s*(\d{1,2}) +(\w{4,10}) +((?:[0-9a-f]{4}\.){2}[0-9a-f]{4}) +(\d{1,2}) +(?:(V\d\S{0,6}|\d{1,2}) +)?"
    r"([A-Z][\w-]{2,20}(?: [A-Z][\w-]{2,20})?)\s*$"
)
_PORT_ROW = re.compile(r"\s*(\d{1,2}) +(OK|Down|Absent)\b +(OK|Down|Absent)\b", re.I)


def show_switch_detail(text: str) -> Findings:
    """Members of a StackWise stack and their ring; a stack of one has no ring to break."""
    members = [row for line in lines(text) if (row := _MEMBER_ROW.match(line))]
    if not members:
        raise Unparsed("no member in it")
    found: list[Check] = []
    for row in members:
        level = _MEMBER.get(row[6].lower(), Level.WARNING)
        found.append(check("stack_member", f"switch {row[1]}", row[6], level))
    for line in lines(text) if len(members) > 1 else ():
        if ports := _PORT_ROW.match(line):
            for port in (1, 2):
                status = ports[port + 1]
                level = _PORT.get(status.lower(), Level.WARNING)
                found.append(check("stack_port", f"switch {ports[1]} port {port}", status, level))
    return Findings(checks=tuple(found))


def show_environment_power(text: str) -> Findings:
    found: list[Check] = []
    parts: list[Part] = []
    for row in rows("cisco_ios_show_environment_power_all", text):
        place = one(row, "ps_module") or ""
        name = f"power supply {place}"
        absent = (one(row, "pid") or "").lower() == "not present"
        status = "not present" if absent else one(row, "status") or "unknown"
        level = Level.UNKNOWN if absent else Level.OK if status.lower() in ("ok", "good") else Level.CRITICAL
        found.append(check("power_supply", name, status, level))
        if not absent:
            parts.append(part("power_supply", name, one(row, "pid"), one(row, "serial"), place=place))
    return Findings(checks=tuple(found), parts=tuple(parts))


_LIGHT = {"green": Level.OK, "yellow": Level.WARNING, "red": Level.CRITICAL}


def show_environment_temperature(text: str) -> Findings:
    found: list[Sensor] = []
    for row in rows("cisco_ios_show_environment_temperature", text):
        for place in ("inlet", "hotspot"):
            value = number(one(row, f"{place}_temperature_value"))
            if value is not None:
                level = _LIGHT.get((one(row, f"{place}_temperature_state") or "").lower(), Level.UNKNOWN)
                name = f"switch {row['switch']} {place}"
                found.append(sensor("temperature", name, value, "celsius", level, index=f"{row['switch']}.{place}"))
    return Findings(sensors=tuple(found))


def show_env_fan(text: str) -> Findings:
    """`FAN 1 is OK` (2960), `Switch 1 FAN 1 is OK` (3750, 3850) or a table of switch, fan, speed, state (9300)."""
    found: list[Check] = []
    for line in lines(text):
        words = re.match(r"(?:Switch (\d{1,2}) )?(FAN(?:(?: in)? [\w-]{1,12})?) is ([\w -]{1,20})$", line.strip(), re.I)
        row = re.match(r"\s*(\d{1,2}) +(\d{1,2}) +(\d{1,6}) +([A-Za-z][\w-]{0,19})\b", line)
        if words:
            subject = f"switch {words[1]} {words[2].lower()}" if words[1] else words[2].lower()
            found.append(check("fan", subject, words[3]))
        elif row:
            found.append(check("fan", f"switch {row[1]} fan {row[2]}", row[4]))
    if not found:
        raise Unparsed("no fan in it")
    return Findings(checks=tuple(found))


def show_ap_summary(text: str) -> Findings:
    """Access points of a Catalyst 9800. One that is lost leaves the list: `expect.access_points` is the judge."""
    return access_points(rows("cisco_ios_show_ap_summary", text))


def access_points(found: list[Row]) -> Findings:
    checks, parts = [], []
    for row in found:
        name, state = one(row, "ap_name") or "unnamed", one(row, "state")
        if state:
            good = state.lower() == "registered"
            checks.append(check("access_point", name, state, Level.OK if good else Level.CRITICAL))
        place = one(row, "mac_address") or name
        parts.append(part("access_point", name, one(row, "ap_model"), place=place))
    counts = {"access_points": float(len(parts))}
    clients = [number(value) for row in found for value in many(row, "clients") if value]
    if clients:
        counts["clients"] = float(sum(count or 0.0 for count in clients))
    return Findings(checks=tuple(checks), parts=tuple(parts), wireless=counts)


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show redundancy", Cadence.HEALTH, show_redundancy),
    Command("show switch detail", Cadence.HEALTH, show_switch_detail),
    Command("show environment power all", Cadence.HEALTH, show_environment_power),
    Command("show environment temperature", Cadence.HEALTH, show_environment_temperature),
    Command("show env fan", Cadence.HEALTH, show_env_fan),
    Command("show ap summary", Cadence.HEALTH, show_ap_summary),
)
