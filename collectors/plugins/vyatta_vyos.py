"""VyOS, Vyatta and Ubiquiti EdgeRouter: identity, clock. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.checkpoint_gaia import show_uptime
from collectors.plugins.states import ntp_peers
from collectors.plugins.text import fields, identity, part
from collectors.readings import Cadence, Findings


def show_version(text: str) -> Findings:
    """`Version: VyOS 1.4.0`, `Hardware S/N: ...`; EdgeOS `Version: v2.0.9-hotfix.7`, `HW model: EdgeRouter 4`."""
    said = fields(text)
    version = re.match(r"(?:VyOS |Vyatta |VC)?v?(\d\S{1,40})", said.get("version", ""))
    if not version:
        raise Unparsed("no version in it")
    edge = "hw model" in said or "EdgeRouter" in text
    vendor = "Ubiquiti" if edge else said.get("hardware vendor") or "VyOS"
    model = said.get("hw model") or said.get("hardware model")
    serial = said.get("hw s/n") or said.get("hardware s/n")
    up = show_uptime(text).identity if re.search(r"\bup +.{1,60}users?", text) else {}
    return Findings(
        identity={**identity(vendor=vendor, model=model, serial=serial, version=version[1]), **up},
        parts=(part("chassis", "chassis", model, serial, place="1"),) if serial else (),
    )


def show_ntp(text: str) -> Findings:
    """The table of ntpq or chronyc: a star marks the server that the clock follows (chronyc writes `^*`)."""
    return ntp_peers(re.sub(r"(?m)^\^", "", text), r"remote +refid|Name/IP address")


COMMANDS = (
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show ntp", Cadence.HEALTH, show_ntp),
)
