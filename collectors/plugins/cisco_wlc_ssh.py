"""Cisco AireOS wireless LAN controllers: identity, HA SSO (no object id tells it dependably), access points. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.cisco_ios import access_points
from collectors.plugins.states import ntp, reload_reason
from collectors.plugins.templates import bounded, rows
from collectors.plugins.text import check, identity, lines, number, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Sensor

_DOTTED = re.compile(r"^ {0,40}([^.\n]{2,60}?)\.{3,60} ?(.{0,200})$", re.M)


def _dotted(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _DOTTED.findall(bounded(text)):
        found.setdefault(name.strip().lower(), value.strip())
    return found


def show_sysinfo(text: str) -> Findings:
    said = _dotted(text)
    if "product version" not in said:
        raise Unparsed("no product version in it")
    sensors: list[Sensor] = []
    inside = number(said.get("internal temperature"))
    if inside is not None:
        limits = re.findall(r"-?\d{1,3}", said.get("internal temp alarm limits", ""))
        bad = len(limits) == 2 and not int(limits[0]) <= inside <= int(limits[1])
        sensors.append(sensor("temperature", "internal", inside, "celsius", Level.CRITICAL if bad else Level.OK))
    fan = said.get("fan status", "")
    checks: list[Check] = []
    if fan.endswith("rpm"):
        sensors.append(sensor("fanspeed", "fan", number(fan), "rpm"))
    elif fan:
        checks.append(check("fan", "fan", fan))
    checks.extend(_supply(name, said[name]) for name in ("power supply 1", "power supply 2") if name in said)
    checks.extend(reload_reason(said.get("last reset")))
    clients = number(said.get("number of active clients"))
    return Findings(
        identity=identity(
            vendor="Cisco",
            name=said.get("system name"),
            version=said["product version"],
            uptime_seconds=span_seconds(said.get("system up time")),
        ),
        sensors=tuple(sensors),
        checks=tuple(checks),
        wireless={} if clients is None else {"clients": clients},
    )


def _supply(name: str, state: str) -> Check:
    if state.lower().startswith("absent"):
        return check("power_supply", name, "absent", Level.UNKNOWN)
    good = state.lower() == "present, ok"
    return check("power_supply", name, state, Level.OK if good else Level.CRITICAL)


_PID = re.compile(r"PID: {1,20}(\S{0,40}?) {0,20}, {0,20}VID: {0,20}(\S{0,20}?) {0,20}, {0,20}SN: {0,20}(\S{1,40})")
_NAME = re.compile(r'NAME: {0,9}"([^"\n]{1,80})" {0,40}, {0,9}DESCR: {0,9}"([^"\n]{0,200})"')


def show_inventory(text: str) -> Findings:
    found = _PID.search(text)
    if not found:
        raise Unparsed("no PID in it")
    model, serial = found[1], found[3]
    said = _dotted(text)
    supplies = [_supply(name, said[name]) for name in ("power supply 1", "power supply 2") if name in said]
    return Findings(
        identity=identity(model=model, serial=serial),
        parts=(part("chassis", "chassis", model, serial, place="1"),),
        checks=tuple(supplies),
    )


_REDUNDANCY = {"active": Level.OK, "standby hot": Level.OK, "disabled": Level.OK}


def show_redundancy_summary(text: str) -> Findings:
    """HA SSO of a pair: this unit, its peer, the redundancy port, the synchronisation."""
    said = {k.strip().lower(): v.strip() for k, v in re.findall(r"^([^=\n]{3,60})=(.{0,80})$", bounded(text), re.M)}
    mode = said.get("redundancy mode")
    if mode is None:
        raise Unparsed("no redundancy mode in it")
    found = [check("redundancy", "mode", mode, Level.OK)]
    if "sso" not in mode.lower() or "disabled" in mode.lower():
        return Findings(checks=tuple(found))
    for subject in ("local", "peer"):
        state = said.get(f"{subject} state", "unknown")
        word = state.split("-")[0].strip().lower()  # "UNKNOWN - Communication Down"
        found.append(check("ha_state", subject, state, _REDUNDANCY.get(word, Level.CRITICAL)))
    if "redundancy port" in said:
        port = said["redundancy port"]
        found.append(check("ha_link", "redundancy port", port, Level.OK if port.lower() == "up" else Level.CRITICAL))
    if "bulksync status" in said:
        sync = said["bulksync status"]
        found.append(check("ha_sync", "bulk", sync, Level.OK if sync.lower() == "complete" else Level.WARNING))
    return Findings(checks=tuple(found))


def show_ap_summary(text: str) -> Findings:
    if re.search(r"^Number of APs\.{2,60} ?0\s*$", text, re.M):
        return Findings(wireless={"access_points": 0.0})
    found = access_points(rows("cisco_wlc_ssh_show_ap_summary", text))
    return Findings(wireless=found.wireless, parts=found.parts)


def show_ap_inventory(text: str) -> Findings:
    """`show ap inventory all`: serial number of each access point."""
    parts = []
    name = ""
    for line in lines(text):
        if heading := re.match(r"Inventory for (\S{1,60})", line):
            name = heading[1]
        elif name and (found := _PID.search(line)):
            parts.append(part("access_point", name, found[1], found[3], place=name))
            name = ""  # what follows are its radios and power modules
    if not parts:
        raise Unparsed("no access point in it")
    return Findings(parts=tuple(parts))


_MAC = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
_JOIN = re.compile(
    rf"\s*({_MAC}) +(?:{_MAC}|N[ /]?A) +(\S.{{0,80}}?) +(?:[\d.]{{7,15}}|[0-9a-f:]{{3,39}}|N[ /]?A) +(\S.{{2,20}})$",
    re.I,
)


def show_ap_join_stats(text: str) -> Findings:
    """Every access point that tried to join since the controller started: one that never did is in no other list."""
    if not re.search(r"^Number of APs\.{2,60}", text, re.M):
        raise Unparsed("no number of access points in it")
    found: list[Check] = []
    for line in lines(text):
        if row := _JOIN.match(line):
            joined = row[3].lower() == "joined"
            name = row[1] if row[2] in ("N A", "NA", "N/A") else row[2]
            found.append(check("access_point_join", name, row[3], Level.OK if joined else Level.WARNING))
    return Findings(checks=tuple(found))


def show_time(text: str) -> Findings:
    """`1  0  10.0.0.1  In Sync  AUTH DISABLED` below `NTP Servers`; older versions have no status there."""
    if "time" not in _dotted(text):
        raise Unparsed("no time in it")
    _, _, servers = text.partition("NTP Servers")
    states = re.findall(r"^ {1,12}\d{1,2} +\d{1,5} +\S{3,60} +(In Sync|Not \S{2,20}|\w{3,12} Failed)\b", servers, re.M)
    return Findings(checks=(ntp(any(state.lower() == "in sync" for state in states)),) if states else ())


COMMANDS = (
    Command("show sysinfo", Cadence.HEALTH, show_sysinfo, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory, needed=True),
    Command("show redundancy summary", Cadence.HEALTH, show_redundancy_summary),
    Command("show ap summary", Cadence.HEALTH, show_ap_summary),
    Command("show ap join stats summary all", Cadence.HEALTH, show_ap_join_stats),
    Command("show time", Cadence.HEALTH, show_time),
    Command("show ap inventory all", Cadence.INVENTORY, show_ap_inventory),
)
