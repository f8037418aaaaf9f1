"""Cisco IOS XR (ASR 9000, NCS, 8000): identity, parts, nodes, redundancy, fans and supplies. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock
from collectors.plugins.text import check, identity, inventory_parts, lines, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Sensor


def show_version(text: str) -> Findings:
    version = re.search(r"^Cisco IOS XR Software, Version (\S{3,30})", text, re.M)
    if not version:
        raise Unparsed("no IOS XR version in it")
    model = re.search(r"^[Cc]isco (\S.{1,60}?) \(.{0,60}?\) processor", text, re.M) or re.search(
        r"^[Cc]isco (\S{2,30}(?: Series)?) ", text.partition("Copyright")[2], re.M
    )
    up = re.search(r"^(?:System|\S{1,60}) uptime is (.{4,80})$", text, re.M)
    return Findings(
        identity=identity(
            vendor="Cisco",
            model=model[1] if model else None,
            version=version[1].rstrip("[,"),
            uptime_seconds=span_seconds(up[1]) if up else None,
        )
    )


_NAMED = re.compile(r'\s{0,4}NAME: {1,4}"?([^"\n]{1,60}?)"?,? {1,40}DESCR: {1,4}"?([^"\n]{0,160}?)"?\s*$', re.I)
_NUMBERED = re.compile(
    r"\s{0,4}PID: {0,4}(\S{0,40}?) {0,30},? {1,40}VID: {0,4}(\S{0,12}?) {0,30},? {1,40}SN: {0,4}(\S{0,40})\s*$"
)


def show_inventory(text: str) -> Findings:
    """Two lines a piece, with quotes and commas, or from the admin plane without. The rack is the chassis."""
    found: list[dict[str, str | list[str]]] = []
    name = description = ""
    for line in lines(text):
        if row := _NAMED.match(line):
            name, description = row[1].strip(), row[2].strip()
        elif name and (row := _NUMBERED.match(line)):
            known = re.sub(r"^(0/(?:RP|RSP|FC|SC|FB)\d.*|\d{1,3}/\d{1,3}.*)$", r"module \1", name)
            known = re.sub(r"^(0/FT\d.*)$", r"fan \1", re.sub(r"^(0/(?:PM|PT)\d.*)$", r"power supply \1", known))
            known = re.sub(r"^(Rack \d{1,3})$", r"chassis \1", known)
            found.append({"name": known, "descr": description, "pid": row[1], "sn": row[3]})
            name = ""
    if not found:
        raise Unparsed("no PID in it")
    # Optics carry the name of their port, and are told by their description only.
    kept = [
        r
        for r in found
        if not re.search(r"(?i)pluggable|XFP|\bSFP|GigE\d", f"{r['name']} {r['descr']}") or "module 0" in str(r["name"])
    ]
    parts = inventory_parts(kept)
    own = next((p for p in parts if p.part == "chassis"), None)
    return Findings(identity=identity(model=own.model, serial=own.serial) if own else {}, parts=parts)


_RUN = {"ios xr run": Level.OK, "ready": Level.OK, "ok": Level.OK, "operational": Level.OK, "disabled": Level.WARNING,
        "powered_on": Level.OK, "unpowered": Level.WARNING, "not present": Level.UNKNOWN}  # fmt: skip
_NODE = re.compile(
    r"(\d{1,3}/[\w/]{1,20}) +(\S{2,40}(?:\((?:Active|Standby)\))?) +(?:N/A +)?(\S.{1,20}?)(?: {2,}(\S{2,40}))?\s*$",
    re.I,
)


def show_platform(text: str) -> Findings:
    """`0/RSP0/CPU0  A9K-RSP440-TR(Active)  IOS XR RUN  PWR,NSHUT,MON`: every card and whether it runs."""
    found: list[Check] = []
    for line in lines(text):
        if row := _NODE.match(line):
            state = row[3].strip()
            found.append(
                check("module", f"{row[1]} {row[2].split('(')[0]}", state, _RUN.get(state.lower(), Level.CRITICAL))
            )
    if not found:
        raise Unparsed("no node in it")
    return Findings(checks=tuple(found))


def show_redundancy_summary(text: str) -> Findings:
    """`0/RSP0/CPU0(A)  0/RSP1/CPU0(S) (Node Ready, NSR: Ready)`: the two processors and what they share."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,3}/\S{2,20}\((\w)\)) +(\d{1,3}/\S{2,20}\(\w\)|N/A) *"
            r"(?:\(([^,)]{2,40}?)(?:, NSR: ?([^)]{2,30}))?\))?",
            line,
        )
        if not row:
            continue
        subject = row[1]
        state = row[4] or "missing"
        level = Level.OK if "ready" in state.lower() and "not" not in state.lower() else Level.WARNING
        if row[3] == "N/A":
            level = Level.OK  # a router with one processor: `expect` says what there should be
            state = "alone"
        found.append(check("ha_state", subject, state, level))
        if row[5]:
            nsr = row[5].lower()
            found.append(
                check(
                    "ha_sync",
                    f"{subject} nsr",
                    row[5],
                    Level.OK if nsr in ("ready", "not configured") else Level.WARNING,
                )
            )
    if not found:
        raise Unparsed("no processor in it")
    return Findings(checks=tuple(found))


def admin_show_environment_power(text: str) -> Findings:
    """`0/PM0  3kW-DC  54.0/54.0  3.3/ 3.5  12.1  27.0  Failed`."""
    found: list[Check] = []
    for line in lines(text):
        row = re.match(
            r"\s*(\d{1,3}/P[MT]\d{1,2}\S{0,8}) +(\S{2,30}) .{0,80}? (Not Present|\S{2,14})\s*$",
            line,
        )
        if row:
            found.append(check("power_supply", row[1], row[3]))
    if not found:
        raise Unparsed("no power supply in it")
    return Findings(checks=tuple(found))


def admin_show_environment_fan(text: str) -> Findings:
    """`0/FT0  NC55-5516-FAN  6192 3870 ...`, continued on the next line where there are more than six."""
    found: list[Sensor] = []
    place, count = "", 0
    for line in lines(text):
        row = re.match(r"\s*(\d{1,3}/\w{2,10}) +\S{2,40} +((?:\d{2,6}\s*|-\s*){1,14})$", line)
        more = re.match(r"\s{10,60}((?:\d{3,6}\s*|-\s*){1,14})$", line)
        if row:
            place, count, speeds = row[1], 0, row[2].split()
        elif more and place:
            speeds = more[1].split()
        else:
            continue
        for speed in speeds:
            if speed != "-":
                name = f"{place} fan {count}"
                found.append(sensor("fanspeed", name, float(speed), "rpm", index=name))
            count += 1
    if not found:
        raise Unparsed("no fan in it")
    return Findings(sensors=tuple(found))


def show_ntp_status(text: str) -> Findings:
    return clock(text, r"Clock is synchronized", r"Clock is unsynchronized")


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show inventory", Cadence.INVENTORY, show_inventory),
    Command("admin show inventory", Cadence.INVENTORY, show_inventory),
    Command("show platform", Cadence.HEALTH, show_platform),
    Command("show redundancy summary", Cadence.HEALTH, show_redundancy_summary),
    Command("admin show environment power", Cadence.HEALTH, admin_show_environment_power),
    Command("admin show environment fan", Cadence.HEALTH, admin_show_environment_fan),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
)
