"""OneAccess (Ekinops) OneOS 5 and 6: identity, why it restarted, load, temperature. Pure."""

from __future__ import annotations

import re
from datetime import date

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import reload_reason
from collectors.plugins.text import check, fields, identity, lines, number, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Sensor, Usage


def show_system_status(text: str) -> Findings:
    own = re.search(r"^System Information for device (\S{2,40}) S/N (\w{6,24})", text, re.M)
    said = fields(text)
    if not own or "software version" not in said:
        raise Unparsed("no device or software version in it")
    checks: list[Check] = list(reload_reason(said.get("start caused by")))
    if psu := said.get("psu"):
        checks.append(check("power_supply", "psu", psu, Level.OK if psu.lower() == "normal" else Level.CRITICAL))
    sensors: list[Sensor] = []
    processors: list[Usage] = []
    for line in lines(text):
        heat = re.match(r"\s{1,30}(\w[\w ]{1,30}?) {2,}(\w{3,12}) {1,6}(-?\d{1,3}\.\d{1,2}) C\b", line)
        core = re.match(r"\s{0,4}(\d{1,3}) {1,4}(control|forwarding) {1,10}[\d.]{1,6} % {1,10}([\d.]{1,6}) %", line)
        if heat:
            level = Level.OK if heat[2].lower() == "normal" else Level.CRITICAL
            sensors.append(sensor("temperature", heat[1], float(heat[3]), "celsius", level, index=heat[1]))
        elif core and (load := number(core[3])) is not None:
            processors.append(Usage(f"core {core[1]} {core[2]}", load / 100, index=core[1]))
    if not processors and (load := number(said.get("current cpu load"))) is not None:
        processors.append(Usage("cpu", load / 100))
    return Findings(
        identity=identity(
            vendor="OneAccess", model=own[1], serial=own[2], version=said["software version"],
            uptime_seconds=span_seconds(said.get("sys up time")),
        ),
        checks=tuple(checks),
        sensors=tuple(sensors),
        processors=tuple(processors),
    )  # fmt: skip


def show_product_info_area(text: str) -> Findings:
    """`| Serial Number | T2121008554075089 |`; the day of manufacture is a week: `2021-W21`, its Monday."""
    said = {row[1].strip().lower(): row[2].strip() for line in lines(text)
            if (row := re.match(r"\| {0,4}(\w[^|]{1,60})\| {0,4}([^|]{0,80})\|", line))}  # fmt: skip
    if "serial number" not in said:
        raise Unparsed("no serial number in it")
    model, serial = said.get("commercial name") or said.get("product name"), said["serial number"]
    facts: dict[str, str | float | date] = dict(identity(serial=serial, model=said.get("product name")))
    week = re.fullmatch(r"(\d{4})-W(\d{2})", said.get("manufacturing date", ""))
    if week and 1 <= int(week[2]) <= 52 and int(week[1]) > 1990:
        facts["manufactured"] = date.fromisocalendar(int(week[1]), int(week[2]), 1)
    return Findings(identity=facts, parts=(part("chassis", "chassis", model, serial, place="1"),))


def show_system_hardware(text: str) -> Findings:
    """The product's own name; what else is in it does not change."""
    found = re.search(r"^ {0,8}Device {1,8}: {0,4}(\S{2,40})", text, re.M)
    if not found:
        raise Unparsed("no device in it")
    return Findings(identity=identity(model=found[1]))


COMMANDS = (
    Command("show system status", Cadence.HEALTH, show_system_status, needed=True),
    Command("show product-info-area", Cadence.INVENTORY, show_product_info_area),
    Command("show system hardware", Cadence.INVENTORY, show_system_hardware),
)
