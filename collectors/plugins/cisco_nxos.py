"""Cisco NX-OS: Nexus switches and their vPC pairs. Pure."""

from __future__ import annotations

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.templates import one, rows
from collectors.plugins.text import check, fields, identity, inventory_parts, number, sensor, span_seconds
from collectors.readings import Cadence, Findings, Level, Sensor


def show_version(text: str) -> Findings:
    row = rows("cisco_nxos_show_version", text)[0]
    return Findings(
        identity=identity(
            vendor="Cisco",
            name=one(row, "hostname"),
            model=one(row, "platform"),
            serial=one(row, "serial"),
            version=one(row, "os"),
            uptime_seconds=span_seconds(one(row, "uptime")),
        )
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


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show environment", Cadence.HEALTH, show_environment),
    Command("show environment temperature", Cadence.HEALTH, show_environment_temperature),
    Command("show vpc", Cadence.HEALTH, show_vpc),
)
