"""What is read from the ledger: rows to facts, nothing worked out. Every function takes an open connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import Asset, Flip, Note, Sighting, Standing, Watch
from agent.ledger.tables import asset, flip, heartbeat, note, sighting, source

# By place, not by name: of a hundred thousand rows the dictionaries in between would take most of the time.
_FLIP = [flip.c[f.name] for f in fields(Flip)]
_ASSET = [asset.c[f.name] for f in fields(Asset)]
_BEFORE, _AFTER = (next(at for at, f in enumerate(fields(Flip)) if f.name == name) for name in ("before", "after"))
_STANDINGS = {standing.value: standing for standing in Standing}


def _flip(row: Any) -> Flip:
    values = list(row)
    values[_BEFORE], values[_AFTER] = _STANDINGS[values[_BEFORE]], _STANDINGS[values[_AFTER]]
    return Flip(*values)


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
) -> list[Flip]:
    """Flips, each source's in the order it recorded them; of one subject; true from before `until`; recorded `since`.

    By number, not by time: a clock that was set back must not put later knowledge before earlier. `after`: of a source
    that is named in it only those with a higher number, which is what a reader that has the others does not have yet.
    """
    query = sa.select(*_FLIP).order_by(flip.c.source, flip.c.sequence)
    if subject is not None:
        query = query.where(flip.c.subject == subject)
    if until is not None:
        query = query.where(flip.c.at < until)
    if since is not None:
        query = query.where(flip.c.recorded_at >= since)
    if after is None:
        return [_flip(row) for row in connection.execute(query)]
    found: list[Flip] = []
    # One source after the other: a condition over all of them would not be looked up in the index.
    for name in connection.execute(sa.select(source.c.name).order_by(source.c.name)).scalars().all():
        newer = query.where(flip.c.source == name, flip.c.sequence > after.get(name, 0))
        found += [_flip(row) for row in connection.execute(newer)]
    return found


def watches(connection: Connection, source: str | None = None) -> list[Watch]:
    query = sa.select(heartbeat.c.source, heartbeat.c.began_at, heartbeat.c.until_at).order_by(heartbeat.c.began_at)
    if source is not None:
        query = query.where(heartbeat.c.source == source)
    return [Watch(*row) for row in connection.execute(query)]


def assets(connection: Connection) -> list[Asset]:
    query = sa.select(*_ASSET).order_by(asset.c.device, asset.c.part, asset.c.place, asset.c.name, asset.c.key)
    return [Asset(*row) for row in connection.execute(query)]


def sightings(connection: Connection, device: str | None = None) -> list[Sighting]:
    columns = [c for c in sighting.c if c.name not in ("id", "source", "sequence")]
    query = sa.select(*columns).order_by(sighting.c.source, sighting.c.sequence)
    if device is not None:
        query = query.where(sighting.c.device == device)
    return [Sighting(**row._asdict()) for row in connection.execute(query)]


def notes(connection: Connection, subject: str | None = None) -> list[Note]:
    columns = [note.c.subject, note.c.at, note.c.author, note.c.kind, note.c.text, note.c.outage]
    query = sa.select(*columns).order_by(note.c.source, note.c.sequence)
    if subject is not None:
        query = query.where(note.c.subject == subject)
    return [Note(**row._asdict()) for row in connection.execute(query)]
