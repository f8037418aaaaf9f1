"""The facts the agent records: frozen values, written once, never edited. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Standing(StrEnum):
    """How a subject stands. BLIND is no data: neither up nor down (docs/design.md section 4)."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class Flip:
    """One change of standing of one subject. Appended, never edited; outages are read from flips.

    `at` is when it became true (the first failed or first good look), `recorded_at` when we knew. `source` and
    `sequence` say which agent wrote it and as its how-many-th event, so that a central ledger can find gaps.
    """

    id: UUID  # time-ordered (RFC 9562 version 7), so that it sorts as it happened
    source: str
    sequence: int
    subject: str  # "device:sw-wf-1", "link:wallfields-a", "site:wallfields", "service:telephony"
    before: Standing
    after: Standing
    at: datetime
    recorded_at: datetime
    reason: str  # one line, plain words
    cause: str | None = None  # the subject this one is carried down by


@dataclass(frozen=True, slots=True)
class Sighting:
    """One piece of hardware seen in one place at one time; the register is read from sightings."""

    device: str
    part: str
    name: str
    place: str
    vendor: str | None
    model: str | None
    serial: str | None
    version: str | None
    seen_at: datetime
    manufactured: str | None = None  # ISO date
    installed: str | None = None
    replace_by: str | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A time a subject was DOWN, read from flips. `ended_at` None: still open. `carried`: subjects it took down."""

    id: UUID  # of the flip that began it
    subject: str
    began_at: datetime
    ended_at: datetime | None
    reason: str
    cause: str | None = None
    carried: tuple[str, ...] = field(default=())
