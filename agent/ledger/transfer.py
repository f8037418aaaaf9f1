"""The ledger as JSON Lines, and back: for other programs, for another database, and to feed a central ledger.

    export_lines(connection, file) -> int         one object a line: the form, sources, entries, register, watching now
    take_lines(connection, lines) -> Taken        all or nothing; LinesInvalid names the line and what is wrong

Entries come with number and digest, and the chain is checked as they are taken in. What is there already is skipped if
it is the same, so that the same file can be taken in twice and a longer one adds only what is new; where it differs,
the file is refused. The outbox is not in it: what people were to be told is nobody's record of what happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.ledger import read
from agent.ledger.chain import genesis, link, plain
from agent.ledger.tables import APPENDED, Id, Utc, absence, asset, heartbeat, sighting, source
from agent.ledger.write import remake

FORM = "hartwatch ledger 1"
ROWS_AT_ONCE = 1000
_CHAINED = {table.name: table for table in APPENDED}
_DERIVED = {table.name: table for table in (asset, heartbeat)}


class LinesInvalid(Exception):
    """A file of lines cannot be taken in; `str()` names the line."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: entries that were added, and that were there already."""

    added: int
    known: int


# ---------------------------------------------------------------- out
def export_lines(connection: Connection, out: TextIO) -> int:
    """Everything of every source, in the order of its numbers. The caller's transaction is to be a snapshot."""
    lines = 0

    def tell(table: str, row: dict[str, Any]) -> None:
        nonlocal lines
        told = {"table": table} | {name: value for name, value in row.items() if value is not None}
        out.write(json.dumps(told, default=plain, ensure_ascii=False, separators=(",", ":")) + "\n")
        lines += 1

    tell("form", {"form": FORM})
    sources = [dict(r) for r in connection.execute(sa.select(source).order_by(source.c.name)).mappings()]
    for one in sources:
        tell("source", one)
    for one in sources:
        for table, row in read.entries(connection, one["name"]):
            tell(table.name, row)
    for table in _DERIVED.values():
        for derived in connection.execute(sa.select(table).order_by(table.c.id)).mappings():
            tell(table.name, dict(derived))
    return lines


# ---------------------------------------------------------------- in
@dataclass(slots=True)
class _Chain:
    """One source while its entries are gone through: as the file has it, and as it is here."""

    last: int  # number of the last entry, as the file says
    head: bytes
    known: int  # number of the last entry that is here
    sequence: int = 0
    digest: bytes = b""
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def take_lines(connection: Connection, lines: Iterable[str]) -> Taken:
    """Take in a file. In the caller's transaction, which LinesInvalid is to end without a trace."""
    chains: dict[str, _Chain] = {}
    derived: dict[str, list[dict[str, Any]]] = {name: [] for name in _DERIVED}
    known = number = 0
    for number, line in enumerate(lines, 1):
        try:
            known += _take(connection, _row(line), chains, derived, first=number == 1)
        except LinesInvalid as problem:
            raise LinesInvalid(f"line {number}: {problem}") from None
    if not number:
        raise LinesInvalid("the file is empty")
    for name, chain in chains.items():
        if chain.sequence != chain.last or chain.digest != chain.head:
            raise LinesInvalid(f"line {number}: the end is missing: entry {chain.sequence + 1} of {name} was to follow")
    added = 0
    new = {name for name, chain in chains.items() if chain.sequence > chain.known}
    for name in new:
        if not chains[name].known:
            connection.execute(sa.insert(source), {"name": name, "next_sequence": 1})
    for table in APPENDED:
        for name in new:
            added += _insert(connection, table, chains[name].rows.get(table.name, []))
    for name in new:
        values = {"next_sequence": chains[name].last + 1, "digest": chains[name].head}
        connection.execute(sa.update(source).where(source.c.name == name), values)
    if any(chains[name].rows.get(table.name) for name in new for table in (sighting, absence)):
        remake(connection, derived["asset"])  # what was seen elsewhere may be what is known here
    for row in derived["heartbeat"]:
        if row["source"] in new:  # a time that was still going on
            connection.execute(sa.delete(heartbeat).where(heartbeat.c.source == row["source"]))
            connection.execute(sa.insert(heartbeat), row)
    return Taken(added, known)


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as problem:
        raise LinesInvalid(f"this is no JSON: {problem}") from None
    if not isinstance(row, dict):
        raise LinesInvalid("an object is wanted")
    return row


def _take(
    connection: Connection, row: dict[str, Any], chains: dict[str, _Chain], derived: dict[str, list[dict[str, Any]]],
    *, first: bool,
) -> int:  # fmt: skip
    """One line; answers 1 for an entry that is here already."""
    name = row.pop("table", None)
    if first:
        if name != "form" or row.get("form") != FORM:
            raise LinesInvalid(f"this is no ledger that `hartwatch ledger export` wrote: {FORM!r} is wanted first")
    elif name == "source":
        values = _values(source, row)
        have = connection.execute(sa.select(source.c.next_sequence).where(source.c.name == values["name"])).scalar()
        chains[values["name"]] = _Chain(
            last=values["next_sequence"] - 1,
            head=values["digest"] or genesis(values["name"]),
            known=(have or 1) - 1,
            digest=genesis(values["name"]),
        )
    elif name in _CHAINED:
        return _take_entry(connection, _CHAINED[name], _values(_CHAINED[name], row), chains)
    elif name in _DERIVED:
        derived[name].append(_values(_DERIVED[name], row))
    else:
        raise LinesInvalid(f"there is no table {name!r}")
    return 0


def _take_entry(connection: Connection, table: sa.Table, values: dict[str, Any], chains: dict[str, _Chain]) -> int:
    name = values["source"]
    chain = chains.get(name)
    if chain is None:
        raise LinesInvalid(f"the source {name!r} is not among the sources at the beginning")
    if values["sequence"] != chain.sequence + 1:
        raise LinesInvalid(f"entry {chain.sequence + 1} of {name} was to follow, not {values['sequence']}")
    digest = link(chain.digest, table.name, values)
    if digest != values["digest"]:
        raise LinesInvalid(f"entry {values['sequence']} of {name} is not as it was written: its digest does not fit")
    chain.sequence, chain.digest = values["sequence"], digest
    if values["sequence"] > chain.known:
        chain.rows.setdefault(table.name, []).append(values)
        return 0
    which = sa.and_(table.c.source == name, table.c.sequence == values["sequence"])
    if connection.execute(sa.select(table.c.digest).where(which)).scalar() != digest:
        raise LinesInvalid(f"entry {values['sequence']} of {name} is here already, and says something else")
    return 1


def _values(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """A line's values as the table's columns have them; what is not there is None."""
    unknown = sorted(set(row) - set(table.c.keys()))
    if unknown:
        raise LinesInvalid(f"a {table.name} has no {', '.join(unknown)}")
    values: dict[str, Any] = {}
    for column in table.c:
        value = row.get(column.name)
        if value is None and not column.nullable:
            raise LinesInvalid(f"a {table.name} without {column.name}")
        try:
            values[column.name] = None if value is None else _value(column, value)
        except (TypeError, ValueError):
            raise LinesInvalid(f"{column.name} of a {table.name} cannot be {value!r}") from None
    return values


def _value(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(column.type, Utc):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("a time without a zone")
        return at
    if isinstance(column.type, Id):
        return UUID(value)
    if isinstance(column.type, sa.LargeBinary):
        return bytes.fromhex(value)
    wanted: type = bool if isinstance(column.type, sa.Boolean) else int if isinstance(column.type, sa.Integer) else str
    if type(value) is not wanted:
        raise TypeError(value)
    return value


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> int:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(sa.insert(table), rows[first : first + ROWS_AT_ONCE])
    return len(rows)
