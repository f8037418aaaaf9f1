"""How facts become rows: the only INSERTs of facts there are, inside one transaction of the writer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import Change, Facts, Flip, Sighting
from agent.ledger.ids import uuid7
from agent.ledger.tables import asset, flip, heartbeat, note, sighting, source, told

HEARTBEAT_SECONDS = 10.0
SAME_SPAN = timedelta(seconds=2.5 * HEARTBEAT_SECONDS)  # heartbeats further apart than this leave a gap


@dataclass(frozen=True, slots=True)
class Span:
    """The heartbeat row that grows."""

    id: UUID
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one hand-over. `first_sequence` is None where nothing in it takes a number."""

    flips: tuple[Flip, ...] = ()
    first_sequence: int | None = None


def write(
    connection: Connection, name: str, batch: Iterable[Facts], now: datetime, span: Span | None
) -> tuple[list[Written], Span | None]:
    """Write a batch of hand-overs in order, inside the caller's transaction; numbers come without gaps.

    Whatever fails, fails the whole transaction: a number that was given is given back with it.
    """
    begun_at = connection.execute(_next_sequence(), {"name": name}).scalar_one_or_none()
    if begun_at is None:
        connection.execute(sa.insert(source), {"name": name, "next_sequence": 1})
        begun_at = 1
    sequence = begun_at
    written: list[Written] = []
    for facts in batch:
        first = sequence
        flips = tuple(_flip(name, sequence + i, change, now) for i, change in enumerate(facts.changes))
        sequence += len(flips)
        if flips:
            connection.execute(sa.insert(flip), [asdict(row) for row in flips])
        for seen in facts.sightings:
            _sight(connection, name, sequence, seen)
            sequence += 1
        for said in facts.notes:
            row = asdict(said) | {"id": uuid7(), "source": name, "sequence": sequence, "recorded_at": now}
            connection.execute(sa.insert(note), row)
            sequence += 1
        if facts.messages:
            connection.execute(
                sa.insert(told),
                [asdict(m) | {"id": uuid7(), "recorded_at": now, "due_at": now} for m in facts.messages],
            )
        if facts.seen:
            connection.execute(_last_seen(), [{"of": key, "seen": at} for key, at in facts.seen])
        for began_at, until_at in facts.watched:
            row = {"id": uuid7(), "source": name, "began_at": began_at, "until_at": until_at}
            connection.execute(sa.insert(heartbeat), row)
        if facts.heartbeat_at is not None:
            span = _beat(connection, name, facts.heartbeat_at, span)
        written.append(Written(flips, first if sequence > first else None))
    if sequence != begun_at:
        connection.execute(sa.update(source).where(source.c.name == name), {"next_sequence": sequence})
    return written, span


def _next_sequence() -> sa.Select[int]:
    return sa.select(source.c.next_sequence).where(source.c.name == sa.bindparam("name")).with_for_update()


def _flip(name: str, sequence: int, change: Change, now: datetime) -> Flip:
    return Flip(
        uuid7(),
        name,
        sequence,
        change.subject,
        change.before,
        change.after,
        change.at,
        now,
        change.reason,
        change.cause,
    )


def _beat(connection: Connection, name: str, at: datetime, span: Span | None) -> Span:
    """Let the span grow, or begin another after a gap, a restart, or a clock that stepped back."""
    if span is not None and timedelta(0) <= at - span.until_at <= SAME_SPAN:
        connection.execute(sa.update(heartbeat).where(heartbeat.c.id == span.id), {"until_at": at})
        return Span(span.id, at)
    fresh = Span(uuid7(), at)
    connection.execute(sa.insert(heartbeat), {"id": fresh.id, "source": name, "began_at": at, "until_at": at})
    return fresh


# ---------------------------------------------------------------- the register
def asset_key(seen: Sighting) -> str:
    """`serial:...` or, without one, `place:...`. Vendors use the same numbers, so the vendor goes with it."""
    if seen.serial:
        return f"serial:{(seen.vendor or '').casefold()}/{seen.serial}"
    return _place_key(seen)


def _place_key(seen: Sighting) -> str:
    return f"place:{seen.device}/{seen.part}/{seen.place or seen.name}"


def _sight(connection: Connection, name: str, sequence: int, seen: Sighting) -> None:
    """Append the sighting and bring the register up to date."""
    row: dict[str, Any] = asdict(seen)
    connection.execute(sa.insert(sighting), row | {"id": uuid7(), "source": name, "sequence": sequence})
    at = row.pop("seen_at")
    first = at
    if seen.serial:
        # Hardware that showed no serial number before is the same piece: it keeps the day it was first seen.
        nameless = sa.select(asset.c.first_seen_at).where(asset.c.key == _place_key(seen))
        earlier = connection.execute(nameless).scalar_one_or_none()
        if earlier is not None:
            first = min(first, earlier)
            connection.execute(sa.delete(asset).where(asset.c.key == _place_key(seen)))
    key = asset_key(seen)
    known = connection.execute(sa.select(asset.c.id).where(asset.c.key == key)).scalar_one_or_none()
    if known is None:
        fresh = row | {"id": uuid7(), "key": key, "first_seen_at": first, "last_seen_at": at}
        connection.execute(sa.insert(asset), fresh)
    else:
        connection.execute(sa.update(asset).where(asset.c.id == known), row | {"last_seen_at": at})


def _last_seen() -> sa.Update:
    return sa.update(asset).where(asset.c.key == sa.bindparam("of")).values(last_seen_at=sa.bindparam("seen"))
