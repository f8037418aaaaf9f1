"""What old hardware does: outages of devices past their replacement age, beside those of all others. Pure.

tolls_of(items, outages, now) -> Tolls

Counted are outages that the device caused itself, open now and of the last 12 months: what something in front of it
took down says nothing of its age. Down time is of those 12 months, without the times in between while it flapped and
without planned maintenance; overlaps are counted once. A device belongs to the old ones as soon as one piece of it is
past its age; access points are no part of their controller here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from agent.accounting.periods import Period, merge, subtract, total
from agent.calendar_uk import LONDON
from agent.facts import Outage
from agent.programme.items import Items

TWELVE_MONTHS = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Toll:
    """Of one group of devices: how many pieces it has, and what was down."""

    devices: int = 0
    pieces: int = 0
    open_now: int = 0
    outages: int = 0  # of the last 12 months, those that are open among them
    down: timedelta = timedelta(0)

    @property
    def per_hundred(self) -> float | None:
        """Outages of 12 months for each hundred pieces."""
        return 100 * self.outages / self.pieces if self.pieces else None

    @property
    def down_each(self) -> timedelta | None:
        """Down time of 12 months for each piece."""
        return self.down / self.pieces if self.pieces else None


@dataclass(frozen=True, slots=True)
class Tolls:
    past: Toll
    rest: Toll  # not past its age, or its age is not known


def tolls_of(items: Items, outages: Iterable[Outage], now: datetime) -> Tolls:
    today = now.astimezone(LONDON).date()
    numbers: dict[str, int] = defaultdict(int)
    old: set[str] = set()
    rows = chain(((due.piece, due.past_age_on) for due in items.dated), ((one.piece, None) for one in items.undated))
    for piece, past_age_on in rows:
        asset = piece.asset
        if not piece.unit or asset.part == "access_point":
            continue
        numbers[piece.title] += 1
        if past_age_on is not None and past_age_on <= today:
            old.add(piece.title)
    since = now - TWELVE_MONTHS
    window = Period(since, now)
    opened: dict[bool, int] = defaultdict(int)
    counted: dict[bool, int] = defaultdict(int)
    down: dict[str, list[Period]] = defaultdict(list)
    for outage in outages:
        kind, _, device = outage.subject.partition(":")
        if kind != "device" or device not in numbers or outage.cause is not None or outage.began_at > now:
            continue
        whole = Period(outage.began_at, max(outage.began_at, outage.ended_at or now)).within(window)
        if whole is None and outage.ended_at is not None:
            continue
        counted[device in old] += 1
        opened[device in old] += outage.ended_at is None
        if whole is not None:
            away = merge(Period(began, ended) for began, ended in (*outage.breaks, *outage.planned))
            down[device].extend(subtract([whole], away))

    def toll(which: bool) -> Toll:
        devices = [name for name in numbers if (name in old) == which]
        return Toll(
            len(devices), sum(numbers[name] for name in devices), opened[which], counted[which],
            sum((total(down[name]) for name in devices if name in down), timedelta(0)),
        )  # fmt: skip

    return Tolls(toll(True), toll(False))
