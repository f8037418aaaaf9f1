"""Arista EOS: identity, environment, MLAG. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock, reload_reason
from collectors.plugins.templates import one, rows
from collectors.plugins.text import check, fields, identity, lines, number, part, sensor, span_seconds
from collectors.readings import Cadence, Findings, Level, Part


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


def show_ntp_status(text: str) -> Findings:
    return clock(text, r"^synchronised to", r"^unsynchronised", r"NTP is disabled|NTP is not")


def show_reload_cause(text: str) -> Findings:
    """`Reload Cause 1:`, a line of dashes, and the cause in words."""
    why = re.search(r"^Reload Cause(?: 1)?:\s{0,4}\n-{3,80}\s{0,4}\n(.{3,200})$", text, re.M)
    if not why:
        raise Unparsed("no cause in it")
    reason = re.sub(r"^The system (?:re)?(?:booted|loaded) (?:due to|because of) (?:an? )?", "", why[1].strip())
    return Findings(checks=reload_reason(reason))


def show_inventory(text: str) -> Findings:
    """Supplies, fan modules and cards with their serial numbers, each kind under a heading; optics are not kept."""
    if "System information" not in text:
        raise Unparsed("no system information in it")
    found: list[Part] = []
    kind = ""
    for line in lines(text):
        if heading := re.match(r"\s*System has \d{1,4} ([a-z ]{3,40})$", line):
            what = heading[1]
            kind = next((k for w, k in _FITTED.items() if w in what), "")
        elif kind and (
            row := re.match(
                r"\s*(\w{1,20}) +(?:\d{1,2} +)?([A-Z](?=\S{0,40}\d)\S{3,40}) +(\S{4,30}|N/A)(?: .{0,40})?$", line
            )
        ):
            name = f"{kind.replace('_', ' ')} {row[1]}"
            found.append(part(kind, name, row[2], row[3], place=row[1] if kind == "power_supply" else name))
    return Findings(parts=tuple(found))


_FITTED = {"power suppl": "power_supply", "fan module": "fan", "card": "line_card"}

COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show environment power", Cadence.HEALTH, show_environment_power),
    Command("show environment cooling", Cadence.HEALTH, show_environment_cooling),
    Command("show mlag", Cadence.HEALTH, show_mlag),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show reload cause", Cadence.INVENTORY, show_reload_cause),
)
