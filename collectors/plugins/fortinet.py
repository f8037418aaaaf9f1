"""FortiOS: identity, high availability. Pure.

Own parsers rather than templates: FortiOS adds lines with every release, and the templates refuse a text with one line
they do not know.
"""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
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


COMMANDS = (
    Command("get system status", Cadence.INVENTORY, get_system_status, needed=True),
    Command("get system ha status", Cadence.HEALTH, get_system_ha_status),
    Command("get system performance status", Cadence.HEALTH, get_system_performance_status),
)
