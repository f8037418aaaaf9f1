"""Check Point Gaia (clish): identity, ClusterXL. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.text import check, fields, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level


def show_version_all(text: str) -> Findings:
    found = re.search(r"^Product version Check Point (?:Gaia )?(R\d\S{0,20})", text, re.M)
    if not found:
        raise Unparsed("no product version in it")
    return Findings(identity=identity(vendor="Check Point", version=found[1]))


def show_asset_all(text: str) -> Findings:
    said = fields(text)
    model, serial = said.get("model"), said.get("serial number")
    if not model and "platform" not in said:
        raise Unparsed("neither model nor platform in it")
    if serial and not serial.strip("0"):
        serial = None  # boards without a number say zeros
    checks = []
    for name, status in said.items():
        supply = re.fullmatch(r"(power supply \d{1,2}) status", name)
        if supply:
            absent = status.lower() in ("dummy", "absent", "not present")
            checks.append(check("power_supply", supply[1], status, Level.UNKNOWN if absent else None))
    return Findings(
        identity=identity(model=model, serial=serial),
        parts=(part("chassis", "chassis", model or said["platform"], serial, place="1"),),
        checks=tuple(checks),
    )


def show_uptime(text: str) -> Findings:
    """`14:08:12 up 12 days,  3:02,  1 user, ...`: the clock time before `up` is not part of the span."""
    found = re.search(r"\bup +(.{1,40}?),? +\d{1,4} users?", text)
    seconds = span_seconds(found[1]) if found else None
    if seconds is None:
        raise Unparsed("no uptime in it")
    return Findings(identity=identity(uptime_seconds=seconds))


_MEMBER = {"active": Level.OK, "standby": Level.OK, "backup": Level.OK, "ready": Level.WARNING}


def show_cluster_state(text: str) -> Findings:
    """`1 (local)  10.0.0.1  100%  ACTIVE  fw1`; `ACTIVE(!)` and `ACTIVE ATTENTION` mean that it is ill."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,2}) *(\(local\))? +(?:\d{1,3}\.){3}\d{1,3} +\d{1,3}% +"
            r"([A-Za-z]{4,20}(?:\(!\w?\)| Attention)?)(?: +(\S{1,60}))?",
            line,
            re.I,
        )
        if row:
            level = _MEMBER.get(row[3].lower(), Level.CRITICAL)
            if "!" in row[3] or "attention" in row[3].lower():
                level = Level.WARNING
            state = row[3].replace("(!)", " attention")
            found.append(check("ha_state", row[4] or f"member {row[1]}", state, level))
    if not found:
        raise Unparsed("no member in it")
    return Findings(checks=tuple(found))


COMMANDS = (
    Command("show version all", Cadence.INVENTORY, show_version_all, needed=True),
    Command("show asset all", Cadence.INVENTORY, show_asset_all),
    Command("show uptime", Cadence.HEALTH, show_uptime),
    Command("show cluster state", Cadence.HEALTH, show_cluster_state),
)
