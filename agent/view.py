"""What the readers may see at one moment: inventory, last visits, how everything stands, the ledger's last word.

Made by the composition root and given to pages and papers, so that no reader asks a database by itself or writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agent.facts import Asset, Outage
from agent.health import Held
from agent.inventory.model import Estate
from agent.latest import Latest
from agent.watched import Watched


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
