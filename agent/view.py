"""What the readers may see at one moment: inventory, last visits, how everything stands, the ledger's last word.

Made by the composition root and given to pages and papers, so that no reader asks a database by itself or writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.accounting.availability import Book, Figures
from agent.accounting.running import Running
from agent.facts import Message, Note, Outage
from agent.hardware.register import Piece
from agent.health import Held
from agent.inventory import Estate, InForce
from agent.latest import Latest
from agent.maintenance import Plan
from agent.topology import Topology
from agent.vitals import Vitals
from agent.watched import Watched
from collectors.readings import Cadence


@dataclass(frozen=True, slots=True)
class AgentState:
    """How the agent itself is."""

    version: str
    started_at: datetime
    blind: bool = False
    inventory_file: str = ""
    inventory_loaded_at: datetime | None = None
    inventory_problems: tuple[str, ...] = ()  # of settings and inventory on disk, while older ones are in force
    waiting: tuple[str, ...] = ()  # settings that differ on disk and are taken on by a restart only
    ledger: str = ""
    ledger_problem: str = ""
    vitals: Vitals | None = None


@dataclass(frozen=True, slots=True)
class View:
    """All of it. Frozen, but for `latest`, which lives."""

    now: datetime
    estate: Estate
    watched: Mapping[str, Watched]
    latest: Latest
    board: Mapping[str, Held]
    agent: AgentState
    outages: Sequence[Outage] = ()  # the last 90 days, open ones first
    pieces: Sequence[Piece] = ()
    topology: Topology = field(default_factory=Topology)
    book: Book = field(default_factory=lambda: Book.of((), ()))  # what was recorded, held in memory
    every_outage: Sequence[Outage] = ()  # those of more than 90 days ago too
    notes: Sequence[Note] = ()  # in the order in which they were said
    running: Sequence[Running] = ()  # open outages that are a cause, with their fix clocks
    plan: Plan = field(default_factory=lambda: Plan.of(()))
    told: Mapping[str, Sequence[tuple[datetime, Message]]] = field(default_factory=dict)  # of 90 days, by subject
    quarter: Sequence[Figures] = ()  # of services, sites and links, up to now or a little before
    closed: Mapping[str, datetime] = field(default_factory=dict)  # "2026-Q2" > when it was closed


def watched_of(estate: Estate, intervals: Mapping[Cadence, timedelta]) -> dict[str, Watched]:
    """The devices of an inventory as readers know them. `intervals`: the agent's own, where the inventory is silent."""
    found = {}
    every = InForce(estate, intervals)
    for name, device in estate.devices.items():
        settings = every.of(device)
        found[name] = Watched(
            name=name,
            role=device.class_,
            site=device.site,
            zone=settings.zone or "",
            council=estate.sites[device.site].owner,
            title=device.title or "",
            address=device.address,
            behind=tuple(device.behind),
            intervals=settings.every,
        )
    return found
