"""The quick way: known cells, asked by GET and put straight into blocks. Pure.

Most visits ask a device the same few hundred cells in the same order. Their requests, their labels and the way from
answer to page are made once when the rows are learnt, so that such a visit costs one list and one permutation.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from sys import intern
from typing import Any
from weakref import WeakValueDictionary

from collectors.decode import blocks
from collectors.decode.book import Book, absolute
from collectors.decode.interfaces import IF_ENTRY, IFX_ENTRY
from collectors.decode.values import number, raw_number
from collectors.plan import Plan
from collectors.profiles.model import Profile, Table, TableMetric
from collectors.readings import WORTH_PACKING, Block, Cadence, Group, Layout
from collectors.session import Cells, Value

_PLAIN = (int, float)
Pick = Callable[[Sequence[Value]], tuple[Value, ...]]
_shared: WeakValueDictionary[tuple[str, ...], _SharedCells] = WeakValueDictionary()


class _SharedCells(Cells):
    """Cells that may be shared between devices (and forgotten when the last of them is)."""

    __slots__ = ("__weakref__",)


def shared(oids: Sequence[str]) -> Cells:
    """The one Cells object for these OIDs: equal devices share their encoded requests."""
    key = tuple(oids)
    cells = _shared.get(key)
    if cells is None:
        cells = _shared[key] = _SharedCells(key)
    return cells


@dataclass(slots=True)
class Quick:
    """How one device's pulse is asked and read."""

    cells: Cells
    lead: int  # how many scalars come before the table cells
    layout: Layout | None
    pick: Pick | None  # answers -> values in the layout's order
    rules: tuple[tuple[int, TableMetric], ...]  # positions whose raw value needs arithmetic


def tables_of(profile: Profile, cadence: Cadence = Cadence.PULSE) -> list[Table]:
    """Tables that are asked the quick way."""
    return [t for t in profile.tables if t.every is cadence and not t.moving]


def learn(profile: Profile, book: Book, scalars: Sequence[str]) -> Quick:
    """From a full walk: the cells that have a value, row by row, and where each value goes."""
    groups: list[Group] = []
    wanted: list[str] = []
    rules: list[tuple[int, TableMetric]] = []
    rows: dict[str, list[str]] = {}
    for table in tables_of(profile):
        for metric, found, labels in blocks.by_metric(table, book):
            groups.append(Group(metric, labels))
            rule = next(m for m in table.metrics if m.metric == metric.name)
            column = absolute(table.entry, rule.column)
            arithmetic = not _is_plain(rule)
            for row in found:
                oid = intern(f"{column}.{row.suffix}")  # thousands of devices have the same few thousand
                if arithmetic:
                    rules.append((len(wanted), rule))
                wanted.append(oid)
                rows.setdefault(row.suffix, []).append(oid)
    # Row by row on the wire: agents look up neighbouring columns of a row quicker than far-apart rows of a column.
    asked = [*scalars, *dict.fromkeys(oid for row in rows.values() for oid in row)]
    cells = shared(asked)
    places = {oid: at for at, oid in enumerate(asked)}
    positions = tuple(places[oid] for oid in wanted)
    # Kept with the cells: of a few hundred positions there is one tuple for all devices that are asked the same.
    key = ("pick", positions)
    if positions and key not in cells.prepared:
        cells.prepared[key] = _picker(positions)
    return Quick(
        cells=cells,
        lead=len(scalars),
        layout=Layout.of(Cadence.PULSE, tuple(groups)) if groups else None,
        pick=cells.prepared[key] if positions else None,
        rules=tuple(rules),
    )


def _picker(positions: Sequence[int]) -> Pick:
    if len(positions) == 1:
        at = positions[0]
        return lambda values: (values[at],)
    return itemgetter(*positions)


@dataclass(frozen=True, slots=True)
class Filling:
    """Where the answers to known cells go in a book: scalars, and columns with the suffixes of their rows."""

    made: Plan
    scalars: tuple[tuple[str, int], ...]
    columns: tuple[tuple[str, tuple[str, ...], Pick], ...]

    @classmethod
    def of(cls, cells: Cells, made: Plan) -> Filling:
        """Worked out once for all devices with these cells, and kept with them."""
        key = ("filling", id(made))
        kept: Filling | None = cells.prepared.get(key)
        if kept is None or kept.made is not made:
            rows: dict[str, dict[str, int]] = {}
            scalars = []
            for at, oid in enumerate(cells.oids):
                column = column_of(oid, made.live)
                if column is not None:
                    rows.setdefault(column, {})[oid[len(column) + 1 :]] = at
                # A cell may be both: one row's size that others are held against.
                if column is None or oid in made.scalars:
                    scalars.append((oid, at))
            kept = cells.prepared[key] = cls(
                made,
                tuple(scalars),
                tuple((column, tuple(found), _picker(tuple(found.values()))) for column, found in rows.items()),
            )
        return kept

    def fill(self, book: Book, values: Sequence[Value]) -> None:
        """Put answers into the book. Columns are replaced, not changed."""
        for oid, at in self.scalars:
            book.cells[oid] = values[at]
        for column, suffixes, pick in self.columns:
            book.columns[column] = dict(zip(suffixes, pick(values), strict=True))


def column_of(oid: str, columns: Container[str]) -> str | None:
    """The column a cell belongs to: row suffixes may have several parts, so the longest known prefix counts."""
    at = oid.rfind(".")
    while at > 0:
        if oid[:at] in columns:
            return oid[:at]
        at = oid.rfind(".", 0, at)
    return None


def _is_plain(rule: TableMetric) -> bool:
    return (
        rule.scale == 1
        and rule.offset == 0
        and not (rule.extract or rule.map or rule.unavailable)
        and rule.minimum is None
        and rule.maximum is None
    )


def block(quick: Quick, values: Sequence[Value]) -> Block | None:
    """The answers as a block; what is no number becomes None."""
    if quick.layout is None or quick.pick is None:
        return None
    picked: Sequence[Any] = quick.pick(values)
    if quick.rules:
        picked = list(picked)
        for at, rule in quick.rules:
            picked[at] = number(rule, picked[at])
    elif len(picked) >= WORTH_PACKING:
        try:
            return Block(quick.layout, array("Q", picked))  # plain counters and states: nearly all there is
        except (TypeError, OverflowError):
            pass
    if not all(issubclass(kind, _PLAIN) for kind in set(map(type, picked))):
        picked = [raw_number(v) for v in picked]
    return Block(quick.layout, tuple(picked))


def missing(quick: Quick, values: Sequence[Value]) -> bool:
    """True where a known cell gave nothing: rows have gone or moved, and are learnt anew before anything is told."""
    return None in values[quick.lead :]


@dataclass(frozen=True, slots=True)
class Seen:
    """The interfaces that links watch: their names, and which answers of a pulse are theirs."""

    names: dict[str, dict[str, Value]]  # columns, of these rows alone
    cells: tuple[tuple[str, str, int], ...]  # column, row, position in the answers

    @classmethod
    def of(cls, quick: Quick, static: Mapping[str, dict[str, Value]], wanted: Container[str]) -> Seen:
        rows = {
            row
            for column in (f"{IFX_ENTRY}.1", f"{IF_ENTRY}.2")
            for row, value in static.get(column, {}).items()
            if isinstance(value, bytes) and value.decode("utf-8", "replace").strip() in wanted
        }
        places = ((oid.rpartition("."), at) for at, oid in enumerate(quick.cells.oids) if at >= quick.lead)
        return cls(
            {c: found for c, column in static.items() if (found := {r: v for r, v in column.items() if r in rows})},
            tuple((column, row, at) for (column, _, row), at in places if row in rows),
        )

    def book(self, values: Sequence[Value]) -> Book:
        """These interfaces with the states of this pulse, as a book for `decode.interfaces`."""
        book = Book(columns={column: dict(rows) for column, rows in self.names.items()})
        for column, row, at in self.cells:
            book.columns.setdefault(column, {})[row] = values[at]
        return book
