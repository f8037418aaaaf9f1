"""How facts become rows: the only INSERTs of facts there are, inside one transaction of the writer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, get_args
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import (
    Absence,
    Asset,
    Audit,
    Change,
    Closing,
    Facts,
    Flip,
    Message,
    Milestone,
    Note,
    Purchase,
    Sighting,
    Window,
    WindowEnd,
)
from agent.ledger import read
from agent.ledger.chain import genesis, link, plain
from agent.ledger.ids import uuid7
from agent.ledger.tables import (
    APPENDED,
    absence,
    asset,
    audit,
    closing,
    flip,
    heartbeat,
    maintenance,
    maintenance_end,
    milestone,
    note,
    purchase,
    sighting,
    source,
    told,
    watch,
)
from agent.lifecycle.roll import Kept, Roll, State

HEARTBEAT_SECONDS = 10.0
SAME_SPAN = timedelta(seconds=2.5 * HEARTBEAT_SECONDS)  # heartbeats further apart than this leave a gap
REGISTER_LOCK = 0x5265_6769_7374_6572  # "Register": an advisory lock in PostgreSQL
KEYS_AT_ONCE = 1000  # looked up by one statement; databases take some tens of thousands


SEALED_EVERY = timedelta(hours=1)  # what an agent watched becomes an entry of the chain this often, and at a restart


@dataclass(frozen=True, slots=True)
class Span:
    """The heartbeat row that grows."""

    id: UUID
    began_at: datetime
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
    chain = _Chain(connection, name, now)
    written: list[Written] = []
    messages: list[dict[str, Any]] = []
    register = Register(
        connection, [s for facts in batch for s in facts.sightings], [a for facts in batch for a in facts.absences]
    )
    for facts in batch:
        first = chain.sequence
        own = tuple(_flip(name, first + i, change, now) for i, change in enumerate(facts.changes))
        for one in own:
            chain.append(flip, _flip_row(one))
        for seen in facts.sightings:
            chain.append(sighting, _sighting_row(seen))
            register.sight(seen)
        for gone in facts.absences:
            chain.append(absence, _absence_row(gone))
            register.miss(gone)
        for bought in facts.purchases:
            chain.append(purchase, _purchase_row(bought) | {"recorded_at": now})
        for reached in facts.milestones:
            chain.append(milestone, _milestone_row(reached) | {"recorded_at": now})
        for said in facts.notes:
            chain.append(note, _note_row(said) | {"recorded_at": now})
        for window in facts.windows:
            chain.append(maintenance, _window_row(window) | {"recorded_at": now})
        for end in facts.window_ends:
            chain.append(maintenance_end, _window_end_row(end) | {"recorded_at": now})
        for closed in facts.closings:
            chain.append(closing, _closing_row(closed) | {"recorded_at": now})
        for began_at, until_at in facts.watched:
            chain.append(watch, {"recorded_at": now, "began_at": began_at, "until_at": until_at})
        for done in facts.audits:
            chain.append(audit, _audit_row(done) | {"recorded_at": now})
        messages += [_message_row(m) | {"id": uuid7(), "recorded_at": now, "due_at": now} for m in facts.messages]
        written.append(Written(own, first if chain.sequence > first else None))
        if facts.seen:
            register.seen(facts.seen)
        if facts.heartbeat_at is not None:
            span = _beat(connection, chain, facts.heartbeat_at, span)
    chain.write()
    if messages:
        connection.execute(_once(connection), messages)
    register.write()
    return written, span


class _Chain:
    """The entries of one transaction: they take numbers and digests in order, and are sent table by table."""

    def __init__(self, connection: Connection, name: str, now: datetime) -> None:
        self._connection, self.name, self._now = connection, name, now
        found = connection.execute(_head(), {"name": name}).one_or_none()
        if found is None:
            connection.execute(sa.insert(source), {"name": name, "next_sequence": 1})
        self.sequence: int = found.next_sequence if found else 1
        self._digest: bytes = (found.digest if found else None) or genesis(name)
        self._begun_at = self.sequence
        self._rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in APPENDED}

    def append(self, table: sa.Table, row: dict[str, Any]) -> None:
        """Number a row and chain it; it gets an id unless it has one, as flips and windows do, which others name."""
        row["id"] = row.get("id") or uuid7()
        row["source"], row["sequence"] = self.name, self.sequence
        row["digest"] = self._digest = link(self._digest, table.name, row)
        self._rows[table.name].append(row)
        self.sequence += 1

    def seal(self, span: Span) -> None:
        self.append(watch, {"recorded_at": self._now, "began_at": span.began_at, "until_at": span.until_at})

    def write(self) -> None:
        for table in APPENDED:
            if rows := self._rows[table.name]:
                self._connection.execute(sa.insert(table), rows)
        if self.sequence != self._begun_at:
            head = {"next_sequence": self.sequence, "digest": self._digest}
            self._connection.execute(sa.update(source).where(source.c.name == self.name), head)


def _columns_of(kind: type) -> Callable[[Any], dict[str, Any]]:
    """A function from a fact to its row. `asdict` copies every value deeply, which costs more than writing it."""
    names = tuple(field.name for field in fields(kind))
    values = attrgetter(*names)
    return lambda fact: dict(zip(names, values(fact), strict=True))


_flip_columns, _sighting_row, _note_row, _message_row = map(_columns_of, (Flip, Sighting, Note, Message))
_absence_row, _purchase_columns, _milestone_row = map(_columns_of, (Absence, Purchase, Milestone))
_audit_row = _columns_of(Audit)


def _purchase_row(bought: Purchase) -> dict[str, Any]:
    row = _purchase_columns(bought)
    row["shares"] = json.dumps(dict(bought.shares)) if bought.shares else None
    return row


def _flip_row(one: Flip) -> dict[str, Any]:
    row = _flip_columns(one)
    row["looks"] = json.dumps([plain(at) for at in one.looks]) if one.looks else None
    return row


def _window_row(window: Window) -> dict[str, Any]:
    return {
        "id": window.id, "subjects": json.dumps(window.subjects), "covers": json.dumps(window.covers),
        "begins_at": window.begins_at, "ends_at": window.ends_at, "owner": window.owner, "reason": window.reason,
        "repeat": window.repeat, "name": window.name, "after_the_fact": window.after_the_fact,
    }  # fmt: skip


def _window_end_row(end: WindowEnd) -> dict[str, Any]:
    return {"maintenance": end.window, "at": end.at, "author": end.author, "reason": end.reason}


def _closing_row(closed: Closing) -> dict[str, Any]:
    return {
        "period": closed.period, "at": closed.at, "author": closed.author, "head": json.dumps(dict(closed.head)),
        "figures": closed.figures,
    }  # fmt: skip


def _head() -> sa.Select[tuple[int, bytes | None]]:
    query = sa.select(source.c.next_sequence, source.c.digest)
    return query.where(source.c.name == sa.bindparam("name")).with_for_update()


def _once(connection: Connection) -> sa.Insert:
    """Insert messages, but for those whose channel has one of the same key already."""
    if connection.dialect.name == "postgresql":  # fetched when used: readers of the ledger never use either
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert(told).on_conflict_do_nothing(index_elements=[told.c.channel, told.c.key])


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
        change.looks,
    )


def _beat(connection: Connection, chain: _Chain, at: datetime, span: Span | None) -> Span:
    """Let the span grow. After a gap, a restart, a clock that stepped back, and every hour it becomes an entry of the
    chain, as it is, and another begins."""
    if span is None:
        own = sa.select(heartbeat.c.id, heartbeat.c.began_at, heartbeat.c.until_at)
        for row in connection.execute(own.where(heartbeat.c.source == chain.name)).all():
            chain.seal(Span(*row))
        connection.execute(sa.delete(heartbeat).where(heartbeat.c.source == chain.name))
        span = Span(uuid7(), at, at)
        connection.execute(sa.insert(heartbeat), {"id": span.id, "source": chain.name, "began_at": at, "until_at": at})
        return span
    began_at = span.began_at
    if not timedelta(0) <= at - span.until_at <= SAME_SPAN:
        chain.seal(span)
        began_at = at
    elif at - began_at >= SEALED_EVERY:
        chain.seal(Span(span.id, began_at, at))
        began_at = at
    connection.execute(sa.update(heartbeat).where(heartbeat.c.id == span.id), {"began_at": began_at, "until_at": at})
    return Span(span.id, began_at, at)


# ---------------------------------------------------------------- the register
class Register:
    """The register's rows that some entries concern: looked up together, changed by the roll, written together."""

    def __init__(self, connection: Connection, sightings: Sequence[Sighting], absences: Sequence[Absence]) -> None:
        self._connection = connection
        rows: dict[UUID, Kept] = {}
        if sightings or absences:
            alone(connection)
            devices = {seen.device for seen in sightings} | {gone.device for gone in absences}
            serials = {seen.serial for seen in sightings if seen.serial}
            for fits in (
                *_among(asset.c.device, devices),
                *_among(asset.c.serial, serials),
                asset.c.also_at.is_not(None),
            ):
                for row in connection.execute(sa.select(*_KEPT).where(fits)):
                    if row[0] not in rows:
                        rows[row[0]] = _kept(row)
        self._keys = {id: one.key for id, one in rows.items()}  # as the database has them
        self._roll = Roll(rows.values(), uuid7)
        self.sight, self.miss = self._roll.sight, self._roll.miss

    def seen(self, seen: Sequence[tuple[str, datetime]]) -> None:
        """When pieces were last seen: asset key, time."""
        self.write()  # what is said to have been seen may be in this very batch
        for key, at in seen:
            if (one := self._roll.pieces.get(key)) is not None:
                one.last_seen_at = max(one.last_seen_at, at)
        self._connection.execute(_last_seen(), [{"of": key, "seen": at} for key, at in seen])

    def write(self) -> None:
        """Bring the register up to date with what was seen so far."""
        touched, self._roll.touched = self._roll.touched, []
        by: dict[str, list[Kept]] = {state: [] for state in get_args(State)}
        for one in touched:
            by[one.state].append(one)
        of = asset.c.id == sa.bindparam("of")
        if by["dropped"]:
            self._connection.execute(sa.delete(asset).where(of), [{"of": one.id} for one in by["dropped"]])
        renamed = [one for one in by["changed"] if one.key != self._keys[one.id]]
        if renamed:  # out of each other's way first: one may have the key that another had
            away = [{"of": one.id, "key": f"on its way:{one.id}"} for one in renamed]
            self._connection.execute(sa.update(asset).where(of), away)
        if by["changed"]:
            self._connection.execute(
                sa.update(asset).where(of), [_row_of(one) | {"of": one.id} for one in by["changed"]]
            )
        if by["new"]:
            self._connection.execute(sa.insert(asset), [_row_of(one) for one in by["new"]])
        for one in (*by["changed"], *by["new"]):
            self._keys[one.id] = one.key
            one.state = "as loaded"


_KEPT = [asset.c[f.name] for f in fields(Asset)]
_kept_columns = _columns_of(Asset)


def _kept(row: Any) -> Kept:
    values = list(row)
    values[-1] = tuple(json.loads(row[-1])) if row[-1] else ()
    return Kept(*values)


def _row_of(one: Kept) -> dict[str, Any]:
    row = _kept_columns(one)
    row["also_at"] = json.dumps(one.also_at) if one.also_at else None
    return row


def _among(column: sa.Column[Any], values: Iterable[str]) -> list[sa.ColumnElement[bool]]:
    these = sorted(values)
    return [column.in_(these[first : first + KEYS_AT_ONCE]) for first in range(0, len(these), KEYS_AT_ONCE)]


def _last_seen() -> sa.Update:
    later = sa.and_(asset.c.key == sa.bindparam("of"), asset.c.last_seen_at < sa.bindparam("seen"))
    return sa.update(asset).where(later).values(last_seen_at=sa.bindparam("seen"))


def alone(connection: Connection) -> None:
    """Only one at a time changes the register, until the transaction ends. Two agents that see the same piece for the
    first time would each make a row of it, and neither would know what the other had decided."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:which)"), {"which": REGISTER_LOCK})


def replayed(connection: Connection) -> dict[str, Kept]:
    """The register as sightings and absences alone make it: asset key > piece. Writes nothing."""
    roll = Roll(new_id=uuid7)
    roll.call(read.hardware(connection))
    return roll.pieces


def remake(connection: Connection, others: Iterable[Mapping[str, Any]] = ()) -> None:
    """Make the register anew from the chain; a piece keeps its id, and when it was last seen if that is later.

    `others`: rows of another register that is taken over, which know that too.
    """
    alone(connection)
    own = [dict(row) for row in connection.execute(sa.select(asset.c.key, asset.c.id, asset.c.last_seen_at)).mappings()]
    pieces = replayed(connection)
    for row in (*others, *own):
        if (one := pieces.get(row["key"])) is not None:
            one.id, one.last_seen_at = row["id"], max(one.last_seen_at, row["last_seen_at"])
    connection.execute(sa.delete(asset))
    rows = [_row_of(one) for one in pieces.values()]
    for first in range(0, len(rows), KEYS_AT_ONCE):
        connection.execute(sa.insert(asset), rows[first : first + KEYS_AT_ONCE])
