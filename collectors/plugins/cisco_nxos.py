"""Cisco NX-OS: Nexus switches and their vPC pairs. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import day, licence, licence_part, ntp_peers, reload_reason
from collectors.plugins.templates import one, rows
from collectors.plugins.text import check, fields, identity, inventory_parts, lines, number, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor


def show_version(text: str) -> Findings:
    row = rows("cisco_nxos_show_version", text)[0]
    why = re.search(r"^Last reset.{0,80}\n(?:.{0,80}\n){0,2}? {1,4}Reason: {0,4}(.{2,80})$", text, re.M)
    return Findings(
        checks=reload_reason(why[1] if why else None),
        identity=identity(
            vendor="Cisco",
            name=one(row, "hostname"),
            model=one(row, "platform"),
            serial=one(row, "serial"),
            version=one(row, "os"),
            uptime_seconds=span_seconds(one(row, "uptime")),
        ),
    )


def show_inventory(text: str) -> Findings:
    return Findings(parts=inventory_parts(rows("cisco_nxos_show_inventory", text)))


def show_environment(text: str) -> Findings:
    checks, sensors = [], []
    for row in rows("cisco_nxos_show_environment", text):
        if supply := one(row, "power_supply"):
            checks.append(check("power_supply", f"power supply {supply}", one(row, "power_supply_status")))
        elif fan := one(row, "fan"):
            checks.append(check("fan", fan, one(row, "fan_status")))
        elif one(row, "temperature_sensor"):
            sensors.append(
                _temperature(
                    one(row, "temperature_module"), one(row, "temperature_sensor"), one(row, "temperature_current"),
                    one(row, "temperature_major_thresh"), one(row, "temperature_minor_thresh"),
                )
            )  # fmt: skip
    return Findings(checks=tuple(checks), sensors=tuple(sensors))


def show_environment_temperature(text: str) -> Findings:
    found = []
    for row in rows("cisco_nxos_show_environment_temperature", text):
        names = ("module", "sensor", "current_value", "major_threshold", "minor_threshold")
        found.append(_temperature(*(one(row, name) for name in names)))
    return Findings(sensors=tuple(found))


def _temperature(
    module: str | None, name: str | None, value: str | None, major: str | None, minor: str | None
) -> Sensor:
    celsius = number(value)
    level = Level.UNKNOWN
    if celsius is not None:
        level = Level.OK
        for threshold, worse in ((minor, Level.WARNING), (major, Level.CRITICAL)):
            limit = number(threshold)
            if limit is not None and celsius >= limit:
                level = worse
    return sensor("temperature", f"module {module} {name}", celsius, "celsius", level, index=f"{module}.{name}")


def show_vpc(text: str) -> Findings:
    """The pair and its port channels. A switch without vPC says `% Invalid command` and is passed over."""
    said = fields(text)
    if "vpc domain id" not in said:
        raise Unparsed("no vPC domain in it")
    peer, alive = said.get("peer status", ""), said.get("vpc keep-alive status", "")
    consistency = said.get("configuration consistency status", "")
    found = [
        check("ha_state", "vpc peer", peer, Level.OK if "formed ok" in peer else Level.CRITICAL),
        check("ha_link", "vpc keep-alive", alive, Level.OK if "alive" in alive else Level.CRITICAL),
        check("ha_sync", "vpc consistency", consistency, Level.OK if consistency == "success" else Level.CRITICAL),
    ]
    for row in rows("cisco_nxos_show_vpc", text):
        status = one(row, "status") or "unknown"
        good = status.startswith("up")
        found.append(check("vpc", f"{row['port']} id {row['id']}", status, Level.OK if good else Level.WARNING))
    return Findings(checks=tuple(found))


_LICENCE = re.compile(r"(\S{2,60}) +(Yes|No) +(\d{1,6}|-) +(Unused|In use|Not Applicable)\b {0,4}(.{0,80})$", re.I)


def show_license_usage(text: str) -> Findings:
    """`LAN_ENTERPRISE_SERVICES_PKG  Yes  -  In use Never  -`; one in use that is not installed lives on grace.

    Since 10.1 it is smart licensing: `(LAN_ENTERPRISE_SERVICES_PKG):` and below it `Status: IN USE`.
    """
    checks: list[Check] = []
    parts: list[Part] = []
    name = ""
    for line in lines(text):
        if row := _LICENCE.match(line.strip()):
            used, grace = row[4].lower() == "in use", re.search(r"Grace {1,3}\S", row[5])
            if row[2] == "Yes" or used:
                state = "grace" if used and grace and row[2] == "No" else row[4]
                checks.append(licence(row[1], state))
                parts.extend(licence_part(row[1], day(row[5])))
        elif heading := re.match(r" {0,4}\((\w{3,60})\):$", line):
            name = heading[1]
        elif name and (row := re.match(r" {1,8}Status: {0,4}(\S.{1,40})$", line)):
            checks.append(licence(name, row[1]))
            name = ""
    if not checks and not re.search(r"^Feature +Ins|^License Authorization", text, re.M):
        raise Unparsed("no licence in it")
    return Findings(checks=tuple(checks), parts=tuple(parts))


def show_ntp_peer_status(text: str) -> Findings:
    return ntp_peers(text, r"Total peers|selected for sync")


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show environment", Cadence.HEALTH, show_environment),
    Command("show environment temperature", Cadence.HEALTH, show_environment_temperature),
    Command("show vpc", Cadence.HEALTH, show_vpc),
    Command("show ntp peer-status", Cadence.HEALTH, show_ntp_peer_status),
    Command("show license usage", Cadence.INVENTORY, show_license_usage),
)
