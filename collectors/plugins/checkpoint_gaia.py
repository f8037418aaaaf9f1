"""Check Point Gaia (clish): identity, ClusterXL. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import configuration, day, failover_reason, licence, licence_part
from collectors.plugins.text import check, fields, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part


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
    # Since R80.20, below the members: "Last cluster failover event:", and on the lines below it "Reason: ...".
    event = re.search(
        r"^Last cluster failover event:(?:\n.{0,160}){0,3}?\n\s{0,8}Reason: {0,40}(.{2,120})$", text, re.M
    )
    if event:
        found.extend(failover_reason(event[1], "cluster"))
    return Findings(checks=tuple(found))


def show_config_state(text: str) -> Findings:
    state = re.search(r"^\s{0,8}(saved|unsaved)\b", text[:2_000], re.M | re.I)
    if not state:
        raise Unparsed("neither saved nor unsaved")
    return Findings(checks=(configuration(saved=state[1].lower() == "saved"),))


def cplic_print(text: str) -> Findings:
    """`192.0.2.11  24Mar2026  CPSB-FW CPSB-VPN CK-...`: address, last day or never, features."""
    checks: list[Check] = []
    parts: list[Part] = []
    for line in lines(text):
        row = re.match(r"(?:[\d.]{7,15}|\w[\w.-]{0,60}) +(never|\d{1,2}[A-Z][a-z]{2}\d{4}) +(\S{2,60})", line, re.I)
        if row:
            checks.append(licence(row[2], "permanent" if row[1].lower() == "never" else "dated", Level.OK))
            parts.extend(licence_part(row[2], day(row[1])))
    if not checks and not re.search(r"^Host +Expiration", text, re.M):
        raise Unparsed("no licence in it")
    return Findings(checks=tuple(checks), parts=tuple(parts))


COMMANDS = (
    Command("show version all", Cadence.INVENTORY, show_version_all, needed=True),
    Command("show asset all", Cadence.INVENTORY, show_asset_all),
    Command("show uptime", Cadence.HEALTH, show_uptime),
    Command("show cluster state", Cadence.HEALTH, show_cluster_state),
    Command("show config-state", Cadence.HEALTH, show_config_state),
    Command("cplic print", Cadence.INVENTORY, cplic_print),
)
