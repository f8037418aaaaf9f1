"""Cisco ASA: identity, failover. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.cisco_ios import smart_licensing
from collectors.plugins.states import clock, failover_reason, licence
from collectors.plugins.templates import one, rows
from collectors.plugins.text import check, columns, identity, inventory_parts, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part


def show_version(text: str) -> Findings:
    row = rows("cisco_asa_show_version", text)[0]
    return Findings(
        identity=identity(
            vendor="Cisco",
            name=one(row, "hostname"),
            model=one(row, "model") or (one(row, "hardware") or "").split(",")[0],
            serial=one(row, "serial"),
            version=one(row, "version"),
            uptime_seconds=span_seconds(one(row, "uptime")),
        )
    )


def show_inventory(text: str) -> Findings:
    return Findings(parts=inventory_parts(rows("cisco_asa_show_inventory", text)))


_STATE = {"active": Level.OK, "standby ready": Level.OK, "failed": Level.CRITICAL, "not detected": Level.CRITICAL}
_HOST = re.compile(r"\s*(This|Other) [Hh]ost: {1,20}(Primary|Secondary)(?: - (.{1,40}?))?(?: *\(.*\))?$")
_GROUP = re.compile(r"\s*Group (\d{1,2}) +State: +(.{1,40})$")


def show_failover(text: str) -> Findings:
    """State of both units, of the failover link, of monitored interfaces; the mate's serial number (9.8 and later).

    In active/active pairs the units have a state for each failover group instead of one for the unit.
    """
    on = re.search(r"^Failover (On|Off)\b", text, re.M)
    if not on:
        raise Unparsed("not the state of a failover pair")
    if on[1] == "Off":
        return Findings(checks=(check("redundancy", "mode", "off", Level.OK),))
    found = [check("redundancy", "mode", "on", Level.OK)]
    link = re.search(r"^Failover LAN Interface: (\S{1,60}) (\S{1,60}) \((\w{1,20})\)", text, re.M)
    if link:
        found.append(check("ha_link", link[1], link[3], Level.OK if link[3] == "up" else Level.CRITICAL))
    found += _hosts(lines(text))
    found += _versions(text)
    serials = re.search(r"^Serial Number: Ours (\w{5,20}), Mate (\w{5,20})", text, re.M)
    parts: tuple[Part, ...] = ()
    if serials and serials[2] != "Unknown":
        parts = (part("ha_member", "mate", serial=serials[2], place="mate"),)
    return Findings(checks=tuple(found), parts=parts)


def _hosts(text: list[str]) -> list[Check]:
    found: list[Check] = []
    who, groups = "", 0
    for line in text:
        if host := _HOST.match(line):
            who = f"{host[1].lower()} host ({host[2].lower()})"
            if host[3]:
                found.append(check("ha_state", who, host[3], _STATE.get(host[3].strip().lower(), Level.WARNING)))
        elif who and (group := _GROUP.match(line)):
            groups += 1
            state = group[2].strip()
            found.append(check("ha_state", f"{who} group {group[1]}", state, _STATE.get(state.lower(), Level.WARNING)))
        elif who and (port := re.match(r"\s*Interface (\S{1,60}) \(.{0,60}?\): (.{1,60})$", line) or _bare(line)):
            state = port[2].split("(")[0].strip()
            level = Level.OK if state.lower() == "normal" else Level.WARNING
            if "(Not-Monitored)" not in port[2]:
                found.append(check("ha_interface", f"{who} {port[1]}", state, level))
        elif line.startswith("Stateful Failover"):
            break
    return found


def _bare(line: str) -> re.Match[str] | None:
    return re.match(r"\s*(?:\S{1,60} )?Interface (\S{1,60}): (.{1,60})$", line)


def _versions(text: str) -> list[Check]:
    found = re.search(r"^Version: Ours (\S{1,40}), Mate (\S{1,40})", text, re.M)
    if not found or found[2] == "Unknown":
        return []
    same = found[1] == found[2]
    return [check("ha_version", "pair", "same" if same else "different", Level.OK if same else Level.WARNING)]


def show_failover_state(text: str) -> Findings:
    """Why each unit last failed: `Standby Ready  Comm Failure  13:40:18 UTC Dec 9 2004` below `Other host - Secondary`.

    Units and states are those of `show failover`, which tells more of them.
    """
    found: list[Check] = []
    who, seen = "", False
    for line in lines(text):
        host = re.match(r"(This|Other) host {1,4}- {1,8}(Primary|Secondary)", line, re.I)
        if host:
            who, seen = f"{host[1].lower()} host", True
        elif who and line.startswith(" ") and len(cells := columns(line)) >= 2:
            reason = "" if cells[1].lower() == "none" else cells[1]
            found.extend(failover_reason(reason, who))
            who = ""
    if not seen:
        raise Unparsed("no unit in it")
    return Findings(checks=tuple(found))


def show_ntp_status(text: str) -> Findings:
    return clock(text, r"Clock is synchronized", r"Clock is unsynchronized")


def show_license_all(text: str) -> Findings:
    """Smart licensing (ASAv, FPR): registration, authorisation, and each licence with its own state."""
    found = smart_licensing(text)
    _, _, usage = text.partition("License Usage\n")
    each: list[Check] = []
    name = ""
    for line in lines(usage.partition("Product Information")[0]):
        if heading := re.match(r"(\S.{1,80}?) \(\S{2,60}\):$", line):
            name = heading[1]
        elif name and (row := re.match(r" {1,4}Status: {0,4}(\S.{1,60})$", line)):
            each.append(licence(name, row[1]))
            name = ""
    return Findings(checks=(*found.checks, *each), parts=found.parts)


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("show failover", Cadence.HEALTH, show_failover),
    Command("show failover state", Cadence.INVENTORY, show_failover_state),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
    Command("show license all", Cadence.INVENTORY, show_license_all),
)
