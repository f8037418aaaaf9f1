"""Ethernet Routing Switch (Nortel, Avaya, Extreme ERS): identity, why it restarted, power. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import reload_reason
from collectors.plugins.text import check, fields, identity, part, span_seconds
from collectors.readings import Cadence, Findings, Level


def show_sys_info(text: str) -> Findings:
    said = fields(text)
    software = re.search(
        r"\bSW: ?(v\S{3,20})", said.get("operational software", "") or said.get("sysdescr", "") or text
    )
    described = re.match(r"(?:Ethernet Routing Switch |ERS-?)?(\S{3,30})", said.get("sysdescr", ""))
    serial = said.get("serial #")
    if not software or not (described or serial):
        raise Unparsed("no software version in it")
    model = described[1] if described else None
    power = said.get("power status")
    return Findings(
        identity=identity(
            vendor="Avaya", name=said.get("sysname"), model=model, serial=serial, version=software[1],
            uptime_seconds=span_seconds(said.get("sysuptime")),
        ),
        parts=(part("chassis", "chassis", model, serial, place="1"),) if serial else (),
        checks=(
            *reload_reason(said.get("last reset type")),
            *((check("power", "system", power, _power(power)),) if power else ()),
        ),
    )  # fmt: skip


def _power(state: str) -> Level:
    """Redundant power that has taken over is a warning: the own supply is gone."""
    low = state.lower()
    return Level.OK if low.startswith("primary") else Level.WARNING


COMMANDS = (Command("show sys-info", Cadence.HEALTH, show_sys_info, needed=True),)
