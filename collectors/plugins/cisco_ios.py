"""Cisco IOS and IOS-XE: Catalyst switches and stacks, routers, Catalyst 9800 wireless controllers. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import (
    clock,
    configuration,
    failover_reason,
    licence,
    licence_part,
    reload_reason,
)
from collectors.plugins.states import day as day_of
from collectors.plugins.templates import Row, bounded, many, one, rows
from collectors.plugins.text import (
    check,
    columns,
    fields,
    identity,
    inventory_parts,
    lines,
    number,
    part,
    sensor,
    span_seconds,
)
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    row = rows("cisco_ios_show_version", text)[0]
    version = one(row, "version")
    if not version:
        raise Unparsed("no version in it")
    # IOS-XE says both, and only "Last reload reason" for what happened after the ROM monitor had it.
    why = re.search(r"^Last reload reason: {0,4}(.{2,200})$", text, re.M) or re.search(
        r"^System returned to ROM by (.{2,200})$", text, re.M
    )
    return Findings(
        checks=reload_reason(why[1] if why else None),
        identity=identity(
            vendor="Cisco",
            name=one(row, "hostname"),
            model=one(row, "hardware"),
            serial=one(row, "serial"),
            version=version,
            uptime_seconds=span_seconds(one(row, "uptime")),
        ),
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
    if why := re.search(r"^ {0,20}Last switchover reason = {0,4}(.{2,80})$", bounded(text), re.M):
        found.extend(failover_reason(why[1], "switchover"))
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


_JOIN = re.compile(r"\s*(?:[0-9a-f]{4}\.){2}[0-9a-f]{4} +((?:[0-9a-f]{4}\.){2}[0-9a-f]{4}) +(\S.{0,200})$", re.I)


def show_ap_join_summary(text: str) -> Findings:
    """Catalyst 9800: every access point that tried to join since the controller started, and what became of it."""
    if not re.search(r"^Number of APs", text, re.M):
        raise Unparsed("no number of access points in it")
    found: list[Check] = []
    for line in lines(text):
        row = _JOIN.match(line)
        state = re.search(r"(?<= )(Joined|Not Joined)(?= |$)", row[2]) if row else None
        if row and state:
            name = columns(row[2])[0].split(" ")[0]
            joined = state[1] == "Joined"
            subject = row[1] if name in ("NA", "N/A") else name
            found.append(check("access_point_join", subject, state[1], Level.OK if joined else Level.WARNING))
    return Findings(checks=tuple(found))


def show_ntp_status(text: str) -> Findings:
    return clock(text, r"Clock is synchronized", r"Clock is unsynchronized")


_CHANGED = re.compile(
    r"^! (Last configuration change|NVRAM config last updated) at (\d\d):(\d\d):(\d\d) (.{8,60})$", re.M
)


def show_configuration_times(text: str) -> Findings:
    """The two comments at the head of the configuration, and nothing else of it: when changed, when saved.

    A device that has not been changed since it started has no first line: what it runs is what it has read.
    """
    told = {kind: (day_of(rest), hour, minute, second) for kind, hour, minute, second, rest in _CHANGED.findall(text)}
    changed, saved = told.get("Last configuration change"), told.get("NVRAM config last updated")
    if changed is None and (saved or "No configuration change since last restart" in text):
        return Findings(checks=(configuration(saved=True),))
    if changed is None:
        if text.strip():
            raise Unparsed("neither the time of a change nor that of saving in it")
        return Findings()
    if changed[0] is None or (saved and saved[0] is None):
        raise Unparsed("no day in it")
    return Findings(checks=(configuration(saved=saved is not None and saved >= changed),))


def show_license(text: str) -> Findings:
    """`Index 1 Feature: securityk9` and below it period left, type and state (ISR, Catalyst 3560 and 3850)."""
    if "Smart Licensing" in text:
        return Findings()  # told by `show license status`
    found: list[Check] = []
    for row in rows("cisco_ios_show_license", text):
        name, state, left = one(row, "feature"), one(row, "license_state"), one(row, "period_left")
        if not name or not state:
            continue
        used = "in use" in state.lower() and "not in use" not in state.lower()
        kind = one(row, "license_type") or ""
        trial, level = "eval" in kind.lower(), None
        if not used:
            level = Level.OK
        elif trial:
            seconds = span_seconds(left)
            level = Level.CRITICAL if seconds == 0.0 else Level.WARNING
        word = "expired" if level is Level.CRITICAL else "evaluation" if used and trial else state
        found.append(licence(name, word, level))
    if not found:
        raise Unparsed("no licence in it")
    return Findings(checks=tuple(found))


def show_license_status(text: str) -> Findings:
    """Smart licensing: is the box registered and authorised, and until when; by policy since 17.3: is it on at all."""
    return smart_licensing(text)


_SECTION = re.compile(r"^([A-Z][\w ]{3,40}):\s*$")


def smart_licensing(text: str) -> Findings:
    """`Registration:` and `License Authorization:`, each with its `Status:`; the same on IOS and ASA."""
    states: dict[str, str] = {}
    section = ""
    for line in lines(text):
        if heading := _SECTION.match(line):
            section = heading[1].lower()
        elif row := re.match(r" {1,4}Status: {0,4}(\S.{0,60})$", line):
            states.setdefault(section, re.sub(r" on .*| - .*", "", row[1]))
    whole = states.get("smart licensing using policy") or ("enabled" if "Smart Licensing is ENABLED" in text else "")
    found: list[Check] = []
    for section, subject in (("registration", "registration"), ("license authorization", "authorization")):
        if section in states:
            found.append(licence(f"smart {subject}", states[section]))
    if whole and not found:
        found.append(licence("smart licensing", whole))
    if not found and not re.search(r"Smart Licensing is DISABLED", text):
        raise Unparsed("no state of smart licensing in it")
    ends = fields(text).get("registration expires")
    return Findings(checks=tuple(found), parts=licence_part("smart registration", day_of(ends)))


_USED = re.compile(
    r"\s{0,4}(\S.{1,60}?) +\(.{2,60}?\) +\d{1,6} +"
    r"(IN USE|NOT IN USE|AUTHORIZED|OUT OF COMPLIANCE|EVAL(?:UATION)? ?\w{0,10})"
)


def show_license_summary(text: str) -> Findings:
    """`network-advantage  (C9300-24 Network Advan...)  1  IN USE`; registration, where older versions tell it here."""
    if not re.search(r"^(?:License Usage|License Reservation|Smart Licensing)\b", text, re.M):
        raise Unparsed("no licence usage in it")
    return Findings(checks=tuple(licence(r[1], r[2]) for line in lines(text) if (r := _USED.match(line))))


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show redundancy", Cadence.HEALTH, show_redundancy),
    Command("show switch detail", Cadence.HEALTH, show_switch_detail),
    Command("show environment power all", Cadence.HEALTH, show_environment_power),
    Command("show environment temperature", Cadence.HEALTH, show_environment_temperature),
    Command("show env fan", Cadence.HEALTH, show_env_fan),
    Command("show ap summary", Cadence.HEALTH, show_ap_summary),
    Command("show wireless stats ap join summary", Cadence.HEALTH, show_ap_join_summary),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
    Command("show running-config | include ^! (Last configuration|NVRAM config)", Cadence.INVENTORY,
            show_configuration_times),
    Command("show license", Cadence.INVENTORY, show_license),
    Command("show license status", Cadence.INVENTORY, show_license_status),
    Command("show license summary", Cadence.INVENTORY, show_license_summary),
)  # fmt: skip
