"""FortiOS: identity, high availability. Pure.

Own parsers rather than templates: FortiOS adds lines with every release, and the templates refuse a text with one line
they do not know.
"""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import day, failover_reason, licence_part
from collectors.plugins.templates import bounded
from collectors.plugins.text import check, fields, identity, lines, number, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Usage


def get_system_status(text: str) -> Findings:
    said = fields(text)
    version = re.match(r"(\S{1,60}) (v\d[\w.]{1,20}),build(\d{1,6})", said.get("version", ""))
    if not version:
        raise Unparsed("no version in it")
    model = version[1]
    return Findings(
        identity=identity(
            vendor="Fortinet", name=said.get("hostname"), model=model, serial=said.get("serial-number"),
            version=version[2].lstrip("v"),
        ),
        parts=(part("chassis", "chassis", model, said.get("serial-number"), place="1"),),
    )  # fmt: skip


def get_system_ha_status(text: str) -> Findings:
    """The cluster: health, who is in it, whether the configurations are in step. `Master/Slave` before 7.0."""
    said = fields(text)
    mode = said.get("mode")
    if mode is None:
        raise Unparsed("no HA mode in it")
    if mode.lower().startswith("standalone"):
        return Findings(checks=(check("redundancy", "mode", mode, Level.OK),))
    found: list[Check] = [check("redundancy", "mode", mode, Level.OK)]
    complaints = re.findall(r"^\s{1,8}(?:WARNING|ERROR|CRITICAL):? (.{1,200})$", bounded(text), re.M)
    health = said.get("ha health status", "") or ("WARNING" if complaints else "unknown")
    found.append(check("ha_health", "cluster", health, Level.OK if health.upper() == "OK" else Level.WARNING))
    why = re.search(r"^\s{0,8}<\S{8,10} \S{8}> \S{5,30} is selected as the \w{6,10} because (.{5,150})$", text, re.M)
    if why:  # the newest is the first; the peer's serial number is no reason
        reason = re.sub(r"^(?:it has|it's|its) (?:the )?|(?: than)? peer member \S+", "", why[1])
        found.extend(failover_reason(reason, "cluster"))
    parts: list[Part] = []
    names: dict[str, str] = {}
    for line in lines(text):
        unit = re.match(
            r"(Master|Slave|Primary|Secondary) {0,12}: {0,4}([^,]{1,60}?) {0,40}, {0,4}(\w{5,30}), "
            r"(?:HA )?(?:cluster|operating) index = (\d{1,3})",
            line,
        )
        if unit and unit[3] not in names:
            names[unit[3]] = unit[2].strip()
            found.append(check("ha_state", unit[2].strip(), unit[1], Level.OK))
            parts.append(part("ha_member", unit[2].strip(), said.get("model"), unit[3], place=unit[3]))
    in_configuration = False
    for line in lines(text):
        in_configuration = line.startswith("Configuration Status") or (in_configuration and line.startswith(" "))
        sync = re.match(r"\s{1,8}(\w{5,30})\(updated .{0,40}\): ([\w-]{1,30})$", line) if in_configuration else None
        if sync:
            who = names.get(sync[1], sync[1])
            found.append(check("ha_sync", who, sync[2], Level.OK if sync[2] == "in-sync" else Level.CRITICAL))
    return Findings(checks=tuple(found), parts=tuple(parts))


def get_system_performance_status(text: str) -> Findings:
    """CPU, memory and the time since boot (`get system status` has no uptime of its own)."""
    said = fields(text)
    up = span_seconds(said.get("uptime"))
    idle = re.search(r"(\d{1,3})% ?idle", said.get("cpu states", ""))
    memory = re.search(r"(\d{3,12})k total, (\d{1,12})k used", said.get("memory", ""))
    if up is None and not idle:
        raise Unparsed("neither CPU states nor uptime in it")
    used, size = (float(memory[2]) * 1024, float(memory[1]) * 1024) if memory else (None, None)
    if memory is None and (share := re.search(r"([\d.]{1,6})%", said.get("memory states", ""))):
        ratio = number(share[1])
        kept: tuple[Usage, ...] = (Usage("memory", None if ratio is None else ratio / 100),)
    else:
        kept = (Usage("memory", used / size, used, size),) if used is not None and size else ()
    return Findings(
        identity=identity(uptime_seconds=up),
        processors=(Usage("cpu", (100 - min(int(idle[1]), 100)) / 100),) if idle else (),
        memory=kept,
    )


def get_system_fortiguard_service_status(text: str) -> Findings:
    """`AV Engine  2.002  2006-01-26 19:45:00  manual  2006-06-12 08:00:00`: until when each service is paid for."""
    if not re.search(r"^NAME +VERSION\b.{0,80}\bEXPIRE", text, re.M):
        raise Unparsed("no services in it")
    found: list[Part] = []
    for line in lines(text):
        row = re.match(r"(\S.{1,60}?) +\d{1,6}\.\d{1,8} +\d{4}-.{10,80} (\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d$", line)
        ends = day(row[2]) if row else None
        if row and ends and ends.year > 2001:  # without a contract it says the first day of an era
            found.extend(licence_part(row[1], ends))
    return Findings(parts=tuple(found))


COMMANDS = (
    Command("get system status", Cadence.INVENTORY, get_system_status, needed=True),
    Command("get system ha status", Cadence.HEALTH, get_system_ha_status),
    Command("get system performance status", Cadence.HEALTH, get_system_performance_status),
    Command("get system fortiguard-service status", Cadence.INVENTORY, get_system_fortiguard_service_status),
)
