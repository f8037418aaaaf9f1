"""Cisco SD-WAN (Viptela vEdge): identity, control connections, load, why it restarted. Pure."""

from __future__ import annotations

import re
from collections import Counter

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import reload_reason
from collectors.plugins.text import check, fields, identity, lines, part, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Usage


def show_system_status(text: str) -> Findings:
    said = fields(text)
    if "version" not in said or "system state" not in said:
        raise Unparsed("no version or state in it")
    state = said["system state"]
    word = state.split(".")[0]
    level = {"green": Level.OK, "yellow": Level.WARNING, "red": Level.CRITICAL}.get(word.lower(), Level.UNKNOWN)
    idle = re.search(r"(\d{1,3}(?:\.\d{1,2})?)% idle", said.get("cpu states", ""))
    kept = re.search(r"(\d{3,12})K total, {1,4}(\d{1,12})K used", said.get("memory usage", ""))
    used, size = (int(kept[2]) * 1024.0, int(kept[1]) * 1024.0) if kept else (0.0, 0.0)
    return Findings(
        identity=identity(
            vendor="Cisco", model=said.get("model name"), version=said["version"],
            uptime_seconds=span_seconds(said.get("system uptime")),
        ),
        checks=(check("system", "state", word, level), *reload_reason(said.get("last reboot"))),
        processors=(Usage("cpu", max(100 - float(idle[1]), 0.0) / 100),) if idle else (),
        memory=(Usage("memory", used / size, used, size),) if size and used <= size else (),
    )  # fmt: skip


_TYPES = "vedge|vsmart|vmanage|vbond|cedge"


def show_control_connections(text: str) -> Findings:
    """Connections to the controllers (and of a controller to its routers), one over each colour."""
    found: list[Check] = []
    seen: Counter[str] = Counter()
    for line in lines(text):
        if row := re.match(rf"\s*\d{{1,4}} +({_TYPES}) +d?tls +(\S{{3,40}}) +\d", line):
            cells = line.split()
            state = next((w for w in cells[9:] if w.lower() in _STATES), None)
            if state is None:
                continue
            colour = cells[cells.index(state) - 1]
            colour = cells[cells.index(state) - 2] if colour.lower() in ("yes", "no") else colour
            subject = f"{row[1]} {row[2]} {colour}"
            seen[subject] += 1
            name = subject if seen[subject] == 1 else f"{subject} {seen[subject]}"
            found.append(
                check("control_connection", name, state, Level.OK if state.lower() == "up" else Level.CRITICAL)
            )
    if not found and not re.search(r"^INDEX +TYPE", text, re.M):
        raise Unparsed("no connection in it")
    return Findings(checks=tuple(found))


_STATES = frozenset({"up", "down", "connect", "trying", "handshake", "challenge", "challenge_resp", "tear_down"})


def show_hardware_inventory(text: str) -> Findings:
    """`Chassis  0  3.1  vEdge-100-B-AC-K9  1780A0123456  vEdge-100 ...`."""
    parts: list[Part] = []
    for line in lines(text):
        row = re.match(
            r"\s{0,4}(Chassis|CPU|DRAM|PEM|Transceiver|FanTray|PIM|NIM) +(\d{1,2}) +(\S{1,8}) +(\S{3,30}) +(\w{6,24}) ",
            line,
        )
        if row and row[1] in ("Chassis", "PEM", "FanTray", "PIM", "NIM"):
            kind = {"Chassis": "chassis", "PEM": "power_supply", "FanTray": "fan"}.get(row[1], "line_card")
            name = f"{row[1].lower()} {row[2]}"
            parts.append(part(kind, name, row[4], row[5], place=name))
    if not parts and not re.search(r"\bSERIAL\b", text):
        raise Unparsed("no piece in it")
    own = next((p for p in parts if p.part == "chassis"), None)
    return Findings(identity=identity(serial=own.serial) if own else {}, parts=tuple(parts))


COMMANDS = (
    Command("show system status", Cadence.HEALTH, show_system_status, needed=True),
    Command("show control connections", Cadence.HEALTH, show_control_connections),
    Command("show hardware inventory", Cadence.INVENTORY, show_hardware_inventory),
)
