"""What the readers may see at one moment: inventory, last visits, how everything stands, the ledger's last word.

Made by the composition root and given to pages and papers, so that no reader asks a database by itself or writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agent.accounting.availability import Book, Figures
from agent.accounting.running import Running
from agent.facts import Asset, Message, Note, Outage
from agent.health import Held
from agent.inventory import Estate, effective
from agent.latest import Latest
from agent.lifecycle import BATTERY, Owning, Policy, stage
from agent.maintenance import Plan
from agent.topology import Topology
from agent.watched import Watched
from collectors.readings import Cadence


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of hardware of the register, with what follows from it."""

    asset: Asset
    age: timedelta | None = None
    evidence: str = "none"  # purchased, installed, reported, serial, first_seen
    confidence: str = ""
    stage: str = "unknown"  # in_life, review_due, refresh_due, overdue, unsupported, unknown
    reason: str = ""
    review_on: date | None = None
    replace_by: date | None = None


@dataclass(frozen=True, slots=True)
class AgentState:
    """How the agent itself is."""

    version: str
    started_at: datetime
    blind: bool = False
    inventory_file: str = ""
    inventory_loaded_at: datetime | None = None
    inventory_problems: tuple[str, ...] = ()  # of the file on disk, while an older one is in force
    ledger: str = ""
    ledger_problem: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)  # title > value


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


def watched_of(estate: Estate, intervals: Mapping[Cadence, timedelta]) -> dict[str, Watched]:
    """The devices of an inventory as readers know them. `intervals`: the agent's own, where the inventory is silent."""
    found = {}
    for name, device in estate.devices.items():
        settings = effective(estate, device, intervals)
        found[name] = Watched(
            name=name,
            role=device.class_,
            site=device.site,
            zone=settings.zone or "",
            title=device.title or "",
            address=device.address,
            behind=tuple(device.behind),
            intervals=settings.every,
        )
    return found


def pieces_of(assets: Iterable[Asset], estate: Estate, today: date) -> list[Piece]:
    """The register with ages and stages. Purchase facts of a device are those of its chassis, not of what is in it."""
    found = []
    policies: dict[str, Policy] = {}  # a device's settings are worked out once for all its parts
    for asset in assets:
        device = estate.devices.get(asset.device)
        owned, policy = None, Policy()
        if device is not None:
            if device.name not in policies:
                settings = effective(estate, device)
                policies[device.name] = Policy(settings.review_years, settings.replace_years)
            policy = policies[device.name]
            if asset.part == "chassis":
                owned = Owning(device.owned.purchased, device.owned.installed, device.owned.support_until)
        life = stage(asset, owned, BATTERY if asset.part == "battery" else policy, today)
        found.append(
            Piece(
                asset=asset,
                age=timedelta(days=life.age_days) if life.age_days is not None else None,
                evidence=life.evidence.kind,
                confidence=life.evidence.confidence,
                stage=life.stage,
                reason=life.reason,
                review_on=life.review_on,
                replace_by=life.replace_on,
            )
        )
    return found
