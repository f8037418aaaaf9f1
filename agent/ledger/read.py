"""What is read from the ledger: rows to facts, nothing worked out. Every function takes an open connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from heapq import merge
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import (
    Absence,
    Asset,
    Audit,
    Closing,
    Flip,
    Message,
    Milestone,
    Note,
    Purchase,
    Sighting,
    Standing,
    Telling,
    Watch,
    Window,
    has_standing,
)
from agent.ledger.chain import genesis
from agent.ledger.tables import (
    APPENDED,
    absence,
    asset,
    audit,
    closing,
    flip,
    heartbeat,
    id_of,
    maintenance,
    maintenance_end,
    milestone,
    note,
    purchase,
    sighting,
    source,
    time_of,
    told,
    watch,
)
from agent.lifecycle.roll import place_from, place_of

# By place, not by name: of a hundred thousand rows the dictionaries in between would take most of the time.
_FLIP = [flip.c[f.name] for f in fields(Flip)]
_ASSET_FIELDS = tuple(f.name for f in fields(Asset))
_ASSET = [asset.c[name] for name in _ASSET_FIELDS]
_ASSET_ORDER = itemgetter(*map(_ASSET_FIELDS.index, ("device", "part", "place", "name", "key")))
_STANDINGS = {standing.value: standing for standing in Standing}


def _flip(row: Any) -> Flip:
    id, source, sequence, subject, before, after, at, recorded_at, reason, cause, looks = row
    looked = tuple(map(datetime.fromisoformat, json.loads(looks))) if looks else ()
    before, after = _STANDINGS[before], _STANDINGS[after]
    return Flip(id, source, sequence, subject, before, after, at, recorded_at, reason, cause, looked)


def standings(connection: Connection) -> list[Flip]:
    """The last flip of every subject: the one recorded last, because what is known later holds."""
    newest = (
        sa.select(flip.c.source, flip.c.subject, sa.func.max(flip.c.sequence).label("sequence"))
        .group_by(flip.c.source, flip.c.subject)
        .subquery()
    )
    same = sa.and_(newest.c.source == flip.c.source, newest.c.sequence == flip.c.sequence)
    last: dict[str, Flip] = {}
    for row in connection.execute(sa.select(*_FLIP).join(newest, same).order_by(flip.c.subject)):
        found = _flip(row)
        if found.subject not in last or last[found.subject].recorded_at < found.recorded_at:
            last[found.subject] = found
    return list(last.values())


def flips(
    connection: Connection,
    subject: str | None = None,
    until: datetime | None = None,
    after: Mapping[str, int] | None = None,
    since: datetime | None = None,
    head: Mapping[str, int] | None = None,
) -> list[Flip]:
    """Flips, each source's in the order it recorded them; of one subject; true from before `until`; recorded `since`.

    By number, not by time: a clock that was set back must not put later knowledge before earlier. `after`: of a source
    that is named in it only those with a higher number, which is what a reader that has the others does not have yet.
    `head`: only what was known when these were the numbers of the last entries.
    """
    query = sa.select(*_FLIP).order_by(flip.c.source, flip.c.sequence)
    if subject is not None:
        query = query.where(flip.c.subject == subject)
    if until is not None:
        query = query.where(flip.c.at < until)
    if since is not None:
        query = query.where(flip.c.recorded_at >= since)
    if after is None:
        flips = [_flip(row) for row in connection.execute(query)]
        return flips if head is None else [f for f in flips if f.sequence <= head.get(f.source, 0)]
    found: list[Flip] = []
    # One source after the other: a condition over all of them would not be looked up in the index.
    for name in connection.execute(sa.select(source.c.name).order_by(source.c.name)).scalars().all():
        newer = query.where(flip.c.source == name, flip.c.sequence > after.get(name, 0))
        found += [_flip(row) for row in connection.execute(newer)]
    return found


def watches(connection: Connection, source: str | None = None) -> list[Watch]:
    """What is sealed and what goes on, oldest first; times of one source that touch are several."""
    found = []
    for table in (watch, heartbeat):
        query = sa.select(table.c.source, table.c.began_at, table.c.until_at)
        if source is not None:
            query = query.where(table.c.source == source)
        found += [Watch(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one.began_at, one.until_at))


def assets(connection: Connection) -> list[Asset]:
    """By device, part, place, name and key; ordered here, as no two databases agree about capitals and accents."""
    query = sa.select(*_ASSET)
    if connection.dialect.name == "sqlite":
        # As the driver has them: of tens of thousands of rows what SQLAlchemy puts in between is half of the time.
        cursor = connection.exec_driver_sql(str(query.compile(dialect=connection.dialect))).cursor
        return [
            _asset_of_text(row) for row in sorted(cursor.fetchall() if cursor is not None else (), key=_ASSET_ORDER)
        ]
    return [_asset(row) for row in sorted(connection.execute(query), key=_ASSET_ORDER)]


def _asset(row: Any) -> Asset:
    values = list(row)
    values[-1] = tuple(json.loads(row[-1])) if row[-1] else ()
    return Asset(*values)


def _asset_of_text(row: tuple[Any, ...]) -> Asset:
    (
        id, key, device, part, name, place, vendor, model, serial, version, manufactured, installed, replace_by,
        first_seen_at, last_seen_at, family, version_seen_at, gone_at, also_at,
    ) = row  # fmt: skip
    return Asset(
        id_of(id), key, device, part, name, place, vendor, model, serial, version, manufactured, installed, replace_by,
        time_of(first_seen_at), time_of(last_seen_at), family,
        None if version_seen_at is None else time_of(version_seen_at), None if gone_at is None else time_of(gone_at),
        tuple(json.loads(also_at)) if also_at else (),
    )  # fmt: skip


def sightings(connection: Connection, device: str | None = None) -> list[Sighting]:
    columns = [sighting.c[f.name] for f in fields(Sighting)]
    query = sa.select(*columns).order_by(sighting.c.source, sighting.c.sequence)
    if device is not None:
        query = query.where(sighting.c.device == device)
    return [Sighting(*row) for row in connection.execute(query)]


def absences(connection: Connection) -> list[Absence]:
    columns = [absence.c[f.name] for f in fields(Absence)]
    query = sa.select(*columns).order_by(absence.c.source, absence.c.sequence)
    return [Absence(*row) for row in connection.execute(query)]


def hardware(
    connection: Connection, sighted: sa.ColumnElement[bool] | None = None, missed: sa.ColumnElement[bool] | None = None
) -> list[Sighting | Absence]:
    """Sightings and absences, those that fit, in the order they were recorded: what the register is made of.

    Of one source by number. Sources are merged by the time their entries were made, which is in the ids; a clock that
    was set back does not put a source's later entries before its earlier ones.
    """
    found: list[tuple[str, int, int, Sighting | Absence]] = []
    kinds: tuple[tuple[sa.Table, type[Sighting] | type[Absence], sa.ColumnElement[bool] | None], ...] = (
        (sighting, Sighting, sighted), (absence, Absence, missed)
    )  # fmt: skip
    for table, kind, fits in kinds:
        query = sa.select(table.c.source, table.c.sequence, table.c.id, *(table.c[f.name] for f in fields(kind)))
        rows = connection.execute(query if fits is None else query.where(fits))
        found += [(row[0], row[1], row[2].int, kind(*row[3:])) for row in rows]
    found.sort(key=itemgetter(0, 1))
    if len({source for source, *_ in found}) > 1:
        newest: dict[str, int] = {}
        merged = []
        for source, sequence, made, entry in found:
            newest[source] = max(made, newest.get(source, 0))
            merged.append((newest[source], source, sequence, entry))
        merged.sort(key=itemgetter(0, 1, 2))
        return [entry for *_, entry in merged]
    return [entry for *_, entry in found]


def hardware_of(connection: Connection, what: str) -> list[Sighting | Absence]:
    """The entries that concern one piece, by the key of its asset or its serial number, in the order they were
    recorded: those of its serial number, and those of all places in which it ever was."""
    serials, places = {what}, set()
    upper = sa.func.upper(asset.c.serial) == what.upper()
    query = sa.select(*_ASSET).where(sa.or_(asset.c.key == what, asset.c.serial == what, upper))
    for row in connection.execute(query):
        one = _asset(row)
        places |= {place_of(one), *map(place_from, one.also_at)}
        serials |= {one.serial} if one.serial else set()
    of_number = sighting.c.serial.in_(serials)
    places |= {place_of(seen) for seen in hardware(connection, of_number, sa.false())}
    sighted: list[sa.ColumnElement[bool]] = [of_number]
    missed: list[sa.ColumnElement[bool]] = [sa.false()]
    for table, fits in ((sighting, sighted), (absence, missed)):
        for device, part, place in places:
            there = sa.and_(table.c.device == device, table.c.part == part, table.c.place.in_((place, "")))
            fits.append(there)
    found = hardware(connection, sa.or_(*sighted), sa.or_(*missed))
    return [entry for entry in found if place_of(entry) in places]


def last_sightings(connection: Connection) -> list[tuple[str, Sighting]]:
    """What was last seen in every place, and the source that wrote it."""
    of = sighting.c
    same = (of.device, of.part, of.place, sa.case((of.place == "", of.name), else_=""))
    newest = sa.select(of.source, sa.func.max(of.sequence).label("sequence")).group_by(of.source, *same).subquery()
    query = sa.select(of.id, of.source, *(of[f.name] for f in fields(Sighting))).join(
        newest, sa.and_(newest.c.source == of.source, newest.c.sequence == of.sequence)
    )
    found = sorted(connection.execute(query), key=lambda row: row[0].int)
    return list(
        {place_of(seen): (name, seen) for name, seen in ((row[1], Sighting(*row[2:])) for row in found)}.values()
    )


def purchases(connection: Connection) -> list[Purchase]:
    """In the order they were recorded: the last of a serial number holds."""
    columns = [purchase.c[f.name] for f in fields(Purchase)]
    query = sa.select(*columns).order_by(purchase.c.recorded_at, purchase.c.source, purchase.c.sequence)
    found = []
    for row in connection.execute(query):
        values = list(row)
        values[-1] = tuple(json.loads(row[-1]).items()) if row[-1] else ()
        found.append(Purchase(*values))
    return found


def milestones(connection: Connection) -> list[Milestone]:
    columns = [milestone.c[f.name] for f in fields(Milestone)]
    query = sa.select(*columns).order_by(milestone.c.at, milestone.c.source, milestone.c.sequence)
    return [Milestone(*row) for row in connection.execute(query)]


def notes(connection: Connection, subject: str | None = None, head: Mapping[str, int] | None = None) -> list[Note]:
    """In the order they were said. `head`: of each source that is named only up to this number, of others none."""
    columns = [note.c[f.name] for f in fields(Note)]
    query = sa.select(note.c.source, note.c.sequence, *columns).order_by(note.c.at, note.c.source, note.c.sequence)
    if subject is not None:
        query = query.where(note.c.subject == subject)
    return [Note(*row[2:]) for row in connection.execute(query) if _known(row, head)]


def windows(connection: Connection, head: Mapping[str, int] | None = None) -> list[Window]:
    """Planned maintenance, in the order it was recorded, with the end of what was ended."""
    ends: dict[Any, tuple[Any, str]] = {}
    of_end = maintenance_end.c
    for row in connection.execute(
        sa.select(of_end.source, of_end.sequence, of_end.maintenance, of_end.at, of_end.author).order_by(of_end.at)
    ):
        if _known(row, head):
            ends.setdefault(row.maintenance, (row.at, row.author))
    found = []
    for row in connection.execute(sa.select(maintenance).order_by(maintenance.c.recorded_at, maintenance.c.id)):
        if not _known((row.source, row.sequence), head):
            continue
        ended_at, ended_by = ends.get(row.id, (None, ""))
        found.append(
            Window(
                row.id, tuple(json.loads(row.subjects)), tuple(json.loads(row.covers)), row.begins_at, row.ends_at,
                row.owner, row.reason, row.repeat, row.name, row.after_the_fact, row.recorded_at, ended_at, ended_by,
                row.source,
            )
        )  # fmt: skip
    return found


def closings(connection: Connection) -> list[Closing]:
    query = sa.select(closing).order_by(closing.c.at, closing.c.id)
    return [
        Closing(row.period, row.at, row.author, tuple(sorted(json.loads(row.head).items())), row.figures)
        for row in connection.execute(query)
    ]


def audits(
    connection: Connection, since: datetime | None = None, who: str | None = None, most: int | None = None
) -> list[Audit]:
    """Who did what, the oldest first; of `most` the newest ones."""
    columns = [audit.c[f.name] for f in fields(Audit)]
    query = sa.select(*columns).order_by(audit.c.at.desc(), audit.c.source.desc(), audit.c.sequence.desc())
    if since is not None:
        query = query.where(audit.c.at >= since)
    if who is not None:
        query = query.where(audit.c.who == who)
    if most is not None:
        query = query.limit(most)
    return [Audit(*row) for row in reversed(connection.execute(query).all())]


def closed(connection: Connection) -> dict[str, datetime]:
    """Period > when its figures were frozen; the figures themselves, which may be megabytes, are left alone."""
    query = sa.select(closing.c.period, closing.c.at).order_by(closing.c.at, closing.c.id)
    return {row.period: row.at for row in connection.execute(query)}


def head(connection: Connection) -> dict[str, int]:
    """Source > number of its last entry: what is known just now."""
    query = sa.select(source.c.name, source.c.next_sequence).order_by(source.c.name)
    return {name: following - 1 for name, following in connection.execute(query)}


def messages(connection: Connection, subject: str) -> list[tuple[datetime, Message]]:
    """What people were told of a subject, with when it was handed over to be told, in order."""
    columns = [told.c[f.name] for f in fields(Message)]
    query = sa.select(told.c.recorded_at, *columns).where(told.c.subject == subject).order_by(told.c.id)
    return [(row[0], Message(*row[1:])) for row in connection.execute(query)]


def tellings(connection: Connection, subjects: Iterable[str]) -> list[Telling]:
    """What people were told of some subjects, in order, with what became of each message."""
    columns = [told.c[f.name] for f in fields(Message)]
    wanted = sorted(set(subjects))
    found = []
    for first in range(0, len(wanted), 500):  # SQLite takes a bounded number of values
        query = sa.select(told.c.id, told.c.recorded_at, told.c.sent_at, told.c.given_up_at, *columns)
        rows = connection.execute(query.where(told.c.subject.in_(wanted[first : first + 500])))
        found += [(row[0], Telling(row[1], Message(*row[4:]), row[2], row[3])) for row in rows]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def messages_after(
    connection: Connection, after: UUID | None, since: datetime, channel: str | None = None
) -> tuple[list[tuple[datetime, Message]], UUID | None]:
    """What people were told of anything, handed over after the message `after` and since a time; and the last's id."""
    columns = [told.c[f.name] for f in fields(Message)]
    query = sa.select(told.c.id, told.c.recorded_at, *columns).where(told.c.recorded_at >= since).order_by(told.c.id)
    if after is not None:
        query = query.where(told.c.id > after)
    if channel is not None:
        query = query.where(told.c.channel == channel)
    rows = connection.execute(query).all()
    return [(row[1], Message(*row[2:])) for row in rows], rows[-1][0] if rows else after


def heads(connection: Connection) -> dict[str, tuple[int, str]]:
    """Source > number and digest (hexadecimal) of its last entry."""
    query = sa.select(source.c.name, source.c.next_sequence, source.c.digest).order_by(source.c.name)
    return {
        row.name: (row.next_sequence - 1, (row.digest or genesis(row.name)).hex()) for row in connection.execute(query)
    }


def told_keys(connection: Connection) -> set[str]:
    """Keys of all messages that were ever handed over, to whatever channel."""
    return set(connection.execute(sa.select(told.c.key).where(told.c.key.is_not(None)).distinct()).scalars())


def believed(connection: Connection) -> dict[str, Any]:
    """Subject > "critical" or "warning": the gravest of what people were told since it was last well."""
    found: dict[str, Any] = {}
    for subject, level in connection.execute(sa.select(told.c.subject, told.c.level).order_by(told.c.id)):
        if not has_standing(subject):
            continue
        if level == "recovered":
            found.pop(subject, None)
        elif level == "critical":
            found[subject] = level
        else:
            found.setdefault(subject, level)
    return found


def heard(connection: Connection) -> set[tuple[str, str]]:
    """(channel, subject) of what was told over a channel not to be well, and not yet to be well again."""
    found: set[tuple[str, str]] = set()
    for channel, subject, level in connection.execute(
        sa.select(told.c.channel, told.c.subject, told.c.level).order_by(told.c.id)
    ):
        if level == "recovered":
            found.discard((channel, subject))
        elif has_standing(subject):
            found.add((channel, subject))
    return found


def entries(connection: Connection, name: str) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
    """Every entry of one source in the order of its numbers, from all tables that are chained."""

    def of(table: sa.Table) -> Iterator[tuple[int, int, dict[str, Any]]]:
        query = sa.select(table).where(table.c.source == name).order_by(table.c.sequence)
        place = APPENDED.index(table)
        for row in connection.execution_options(yield_per=1000).execute(query).mappings():
            yield int(row["sequence"]), place, dict(row)

    for _, place, row in merge(*(of(table) for table in APPENDED), key=lambda entry: entry[:2]):
        yield APPENDED[place], row


def _known(row: Any, head: Mapping[str, int] | None) -> bool:
    return head is None or row[1] <= head.get(row[0], 0)
