"""MikroTik RouterOS: identity, load. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import ntp
from collectors.plugins.text import fields, identity, number, part, span_seconds
from collectors.readings import Cadence, Findings, Usage

_SIZES = {"kib": 1024.0, "mib": 1024.0**2, "gib": 1024.0**3, "b": 1.0}


def system_resource(text: str) -> Findings:
    said = fields(text)
    if "version" not in said or "board-name" not in said:
        raise Unparsed("no version or board name in it")
    load = number(said.get("cpu-load"))
    return Findings(
        identity=identity(
            vendor=said.get("platform") or "MikroTik",
            model=said["board-name"],
            version=said["version"].split(" ")[0],
            uptime_seconds=span_seconds(said.get("uptime")),
        ),
        processors=() if load is None else (Usage("cpu", load / 100),),
        memory=_usage("memory", said.get("total-memory"), said.get("free-memory")),
        storage=_usage("hdd", said.get("total-hdd-space"), said.get("free-hdd-space")),
    )


def _usage(name: str, total: str | None, free: str | None) -> tuple[Usage, ...]:
    size, rest = _octets(total), _octets(free)
    if not size or rest is None or rest > size:
        return ()
    return (Usage(name, (size - rest) / size, size - rest, size),)


def _octets(text: str | None) -> float | None:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?) ?([KMG]?i?B)", text or "")
    return float(found[1]) * _SIZES[found[2].lower()] if found and found[2].lower() in _SIZES else None


def system_routerboard(text: str) -> Findings:
    said = fields(text)
    if said.get("routerboard") == "no":
        return Findings()  # x86 or a virtual router: no board, no number
    serial, model = said.get("serial-number"), said.get("model")
    if not serial and not model:
        raise Unparsed("neither serial number nor model in it")
    return Findings(
        identity=identity(serial=serial),
        parts=(part("chassis", "chassis", model, serial, said.get("current-firmware"), place="1"),),
    )


def system_identity(text: str) -> Findings:
    name = fields(text).get("name")
    if not name:
        raise Unparsed("no name in it")
    return Findings(identity=identity(name=name))


def system_ntp_client(text: str) -> Findings:
    """`enabled: yes` and, since version 7, `status: synchronized`; version 6 says no state."""
    said = fields(text)
    if "enabled" not in said:
        raise Unparsed("not the state of the NTP client")
    if said["enabled"] != "yes" or "status" not in said:
        return Findings()
    return Findings(checks=(ntp(said["status"].lower() == "synchronized"),))


COMMANDS = (
    Command("system resource print", Cadence.HEALTH, system_resource, needed=True),
    Command("system routerboard print", Cadence.INVENTORY, system_routerboard),
    Command("system identity print", Cadence.INVENTORY, system_identity),
    Command("system ntp client print", Cadence.HEALTH, system_ntp_client),
)
