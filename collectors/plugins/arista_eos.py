"""Arista EOS: identity, environment, MLAG. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.templates import one, rows
from collectors.plugins.text import check, fields, identity, number, part, sensor, span_seconds
from collectors.readings import Cadence, Findings, Level


def show_version(text: str) -> Findings:
    row = rows("arista_eos_show_version", text)[0]
    model, serial = one(row, "model"), one(row, "serial_number")
    return Findings(
        identity=identity(
            vendor="Arista", model=model, serial=serial, version=one(row, "image"),
            uptime_seconds=span_seconds(one(row, "uptime")),
        ),
        parts=(part("chassis", "chassis", model, serial, place="1"),) if model or serial else (),
    )  # fmt: skip


def show_environment_power(text: str) -> Findings:
    checks, parts, sensors = [], [], []
    for row in rows("arista_eos_show_environment_power", text):
        place = one(row, "power_supply_location")
        if not place:
            continue
        name = f"power supply {place}"
        checks.append(check("power_supply", name, one(row, "power_supply_status")))
        parts.append(part("power_supply", name, one(row, "power_supply_pid"), place=place))
        watts = number(one(row, "power_supply_watts_using"))
        if watts is not None:
            sensors.append(sensor("power", name, watts, "watts", index=place))
    return Findings(checks=tuple(checks), parts=tuple(parts), sensors=tuple(sensors))


def show_environment_cooling(text: str) -> Findings:
    found = rows("arista_eos_show_environment_cooling", text)
    fans = [(name, row) for row in found if re.search(r"\d$", name := one(row, "fan") or "")]
    checks = [check("fan", f"fan {name}", one(row, "status")) for name, row in fans]
    ambient = number(one(found[0], "ambient_temp"))
    if not checks and ambient is None:
        raise Unparsed("neither fans nor ambient temperature in it")
    return Findings(
        checks=tuple(checks),
        sensors=() if ambient is None else (sensor("temperature", "ambient", ambient, "celsius"),),
    )


def show_mlag(text: str) -> Findings:
    """The pair. `Disabled` means that there is none, and is no fault; `Inactive` is one."""
    said = fields(text)
    state = said.get("state")
    if state is None:
        raise Unparsed("no state in it")
    levels = {"active": Level.OK, "disabled": Level.OK}
    found = [check("ha_state", "mlag", state, levels.get(state.lower(), Level.CRITICAL))]
    if state.lower() != "disabled":
        link = said.get("peer-link status", "unknown")
        found.append(check("ha_link", "mlag peer-link", link, Level.OK if link.lower() == "up" else Level.CRITICAL))
        if "negotiation status" in said:
            met = said["negotiation status"]
            found.append(check("ha_sync", "mlag", met, Level.OK if met.lower() == "connected" else Level.CRITICAL))
    return Findings(checks=tuple(found))


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show environment power", Cadence.HEALTH, show_environment_power),
    Command("show environment cooling", Cadence.HEALTH, show_environment_cooling),
    Command("show mlag", Cadence.HEALTH, show_mlag),
)
