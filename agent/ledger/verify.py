"""Is the ledger as it was written? The chain of every source is gone through, and the register is made anew.

    problems = verify(connection)       lines for people; empty: nothing is missing, changed or added

What this finds: an entry whose content was changed, one that was taken out (numbers have no gaps), one that was put in,
and a tail that was cut off (the head of each chain is kept with its source). Somebody who may change every table can
write a chain anew; a head that was noted elsewhere (`hartwatch ledger verify` prints them, closings and backups hold
them) shows that too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import Asset
from agent.ledger import read
from agent.ledger.chain import genesis, link
from agent.ledger.tables import source
from agent.ledger.write import replayed

MOST_PROBLEMS = 20
_as_seen = attrgetter(*(f.name for f in fields(Asset) if f.name not in ("id", "last_seen_at")))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `heads`: source > number and digest (hexadecimal) of its last entry."""

    problems: tuple[str, ...]
    entries: int
    heads: dict[str, tuple[int, str]]


def verify(connection: Connection) -> Verdict:
    """Go through everything once; at most MOST_PROBLEMS lines of each kind."""
    problems: list[str] = []
    entries = 0
    query = sa.select(source.c.name, source.c.next_sequence, source.c.digest).order_by(source.c.name)
    for name, following, digest in connection.execute(query).all():
        found = _chain(connection, name, following, digest)
        problems += found.problems[:MOST_PROBLEMS]
        entries += found.entries
    problems += _register(connection)[:MOST_PROBLEMS]
    return Verdict(tuple(problems), entries, read.heads(connection))


@dataclass(slots=True)
class _Found:
    problems: list[str]
    entries: int = 0


def _chain(connection: Connection, name: str, following: int, digest: bytes | None) -> _Found:
    found = _Found([])
    before, expected = genesis(name), 1
    for table, row in read.entries(connection, name):
        found.entries += 1
        number = row["sequence"]
        if number < expected:
            found.problems.append(f"{name}: number {number} was given twice, the second time to a {table.name}")
            continue
        if number > expected:
            gone = f"{expected}" if number == expected + 1 else f"{expected} to {number - 1}"
            found.problems.append(f"{name}: entry {gone} is missing before {_named(table, row)}")
        elif row["digest"] != link(before, table.name, row):
            found.problems.append(f"{name}: {_named(table, row)} is not as it was written")
        # Go on from what the entry itself says, so that one that was changed is told once and not with all after it.
        before, expected = row["digest"] or b"", number + 1
    if expected != following:
        found.problems.append(
            f"{name}: the last entries are missing: {following - 1} were written, {expected - 1} end it"
        )
    elif before != (digest or genesis(name)):
        found.problems.append(f"{name}: the last entry is not the one that was written last")
    return found


def _named(table: sa.Table, row: Any) -> str:
    of = f" of {row['subject']}" if "subject" in row else f" of {row['device']}" if "device" in row else ""
    return f"{table.name} {row['sequence']}{of} ({row['id']})"


def _register(connection: Connection) -> list[str]:
    """The register against the sightings and absences it was made of: what was last seen when is no part of the
    chain."""
    wanted = replayed(connection)
    problems = []
    for found in read.assets(connection):
        one = wanted.pop(found.key, None)
        if one is None:
            problems.append(f"the register has {found.key}, which was never seen")
        elif _as_seen(one) != _as_seen(found):
            problems.append(f"the register has {found.key} otherwise than it was seen")
    return problems + [f"the register does not have {key}, which was seen" for key in wanted]
