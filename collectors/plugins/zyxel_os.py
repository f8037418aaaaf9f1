"""Zyxel gateways (VMG and DX series): identity. Pure."""

from __future__ import annotations

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.text import fields, identity, part
from collectors.readings import Cadence, Findings


def sys_atsh(text: str) -> Findings:
    said = fields(text)
    version, model, serial = (said.get(k) for k in ("firmware version", "product model", "serial number"))
    if not version:
        raise Unparsed("no firmware version in it")
    return Findings(
        identity=identity(vendor="Zyxel", model=model, serial=serial, version=version),
        parts=(part("chassis", "chassis", model, serial, place="1"),) if serial else (),
    )


COMMANDS = (Command("sys atsh", Cadence.HEALTH, sys_atsh, needed=True),)
