"""How facts become rows: the only INSERTs of facts there are, inside one transaction of the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import Change, Facts, Flip, Message, Note, Sighting
from agent.ledger.ids import uuid7
from agent.ledger.tables import asset, flip, heartbeat, note, sighting, source, told

HEARTBEAT_SECONDS = 10.0
SAME_SPAN = timedelta(seconds=2.5 * HEARTBEAT_SECONDS)  # heartbeats further apart than this leave a gap
KEYS_AT_ONCE = 1000  # looked up by one statement; databases take some tens of thousands


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
    connection: Connection, name: str, batch: Sequence[Facts], now: datetime, span: Span | None
) -> tuple[list[Written], Span | None]:
    """Write a batch of hand-overs in order, inside the caller's transaction; numbers come without gaps.

    Whatever fails, fails the whole transaction: a number that was given is given back with it. Rows of one table are
    sent together, because a statement for each costs several times what the row does: eleven thousand devices that are
    seen for the first time show a hundred thousand pieces of hardware.
    """
    begun_at = connection.execute(_next_sequence(), {"name": name}).scalar_one_or_none()
    if begun_at is None:
        connection.execute(sa.insert(source), {"name": name, "next_sequence": 1})
        begun_at = 1
    sequence = begun_at
    written: list[Written] = []
    flips: list[dict[str, Any]] = []
    sightings: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    register = _Register(connection, [seen for facts in batch for seen in facts.sightings])
    for facts in batch:
        first = sequence
        own = tuple(_flip(name, sequence + i, change, now) for i, change in enumerate(facts.changes))
        sequence += len(own)
        flips += map(_flip_row, own)
        for seen in facts.sightings:
            sightings.append(_sighting_row(seen) | {"id": uuid7(), "source": name, "sequence": sequence})
            register.sight(seen)
            sequence += 1
        for said in facts.notes:
            notes.append(_note_row(said) | {"id": uuid7(), "source": name, "sequence": sequence, "recorded_at": now})
            sequence += 1
        messages += [_message_row(m) | {"id": uuid7(), "recorded_at": now, "due_at": now} for m in facts.messages]
        if facts.seen:
            register.write()  # what is said to have been seen may be in this very batch
            connection.execute(_last_seen(), [{"of": key, "seen": at} for key, at in facts.seen])
        for began_at, until_at in facts.watched:
            row = {"id": uuid7(), "source": name, "began_at": began_at, "until_at": until_at}
            connection.execute(sa.insert(heartbeat), row)
        if facts.heartbeat_at is not None:
            span = _beat(connection, name, facts.heartbeat_at, span)
        written.append(Written(own, first if sequence > first else None))
    for table, rows in ((flip, flips), (sighting, sightings), (note, notes), (told, messages)):  # notes name flips
        if rows:
            connection.execute(sa.insert(table), rows)
    register.write()
    if sequence != begun_at:
        connection.execute(sa.update(source).where(source.c.name == name), {"next_sequence": sequence})
    return written, span


def _columns_of(kind: type) -> Callable[[Any], dict[str, Any]]:
    """A function from a fact to its row. `asdict` copies every value deeply, which costs more than writing it."""
    names = tuple(field.name for field in fields(kind))
    values = attrgetter(*names)
    return lambda fact: dict(zip(names, values(fact), strict=True))


_flip_row, _sighting_row, _note_row, _message_row = map(_columns_of, (Flip, Sighting, Note, Message))


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


class _Register:
    """The register's rows that some sightings concern: looked up together, changed here, written together."""

    def __init__(self, connection: Connection, sightings: Iterable[Sighting]) -> None:
        self._connection = connection
        self._known: dict[str, tuple[UUID, datetime]] = {}  # key > id, first seen
        self._new: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._gone: list[dict[str, UUID]] = []
        keys = list({key for seen in sightings for key in (asset_key(seen), _place_key(seen))})
        for first in range(0, len(keys), KEYS_AT_ONCE):
            some = asset.c.key.in_(keys[first : first + KEYS_AT_ONCE])
            for key, *known in connection.execute(
                sa.select(asset.c.key, asset.c.id, asset.c.first_seen_at).where(some)
            ):
                self._known[key] = known[0], known[1]

    def sight(self, seen: Sighting) -> None:
        row = _sighting_row(seen)
        at = first = row.pop("seen_at")
        if seen.serial and (nameless := self._known.pop(_place_key(seen), None)) is not None:
            # Hardware that showed no serial number before is the same piece: it keeps the day it was first seen.
            first = min(first, nameless[1])
            self._changed.pop(_place_key(seen), None)
            if self._new.pop(_place_key(seen), None) is None:
                self._gone.append({"of": nameless[0]})
        key = asset_key(seen)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = uuid7(), first
            self._new[key] = row | {"id": known[0], "key": key, "first_seen_at": first, "last_seen_at": at}
        elif key in self._new:
            self._new[key] |= row | {"last_seen_at": at}
        else:
            self._changed[key] = row | {"of": known[0], "last_seen_at": at}

    def write(self) -> None:
        """Bring the register up to date with what was seen so far."""
        of = asset.c.id == sa.bindparam("of")
        if self._gone:
            self._connection.execute(sa.delete(asset).where(of), self._gone)
        if self._new:
            self._connection.execute(sa.insert(asset), list(self._new.values()))
        if self._changed:
            self._connection.execute(sa.update(asset).where(of), list(self._changed.values()))
        self._gone, self._new, self._changed = [], {}, {}


def _last_seen() -> sa.Update:
    return sa.update(asset).where(asset.c.key == sa.bindparam("of")).values(last_seen_at=sa.bindparam("seen"))
