"""The quick way: known cells, asked by GET and put straight into blocks. Pure.

Most visits ask a device the same few hundred cells in the same order. Their requests, their labels and the way from
answer to page are made once when the rows are learnt, so that such a visit costs one list and one permutation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from weakref import WeakValueDictionary

from collectors.decode import blocks
from collectors.decode.book import Book, absolute
from collectors.decode.interfaces import IF_ENTRY, IFX_ENTRY
from collectors.decode.values import number, raw_number
from collectors.profiles.model import Profile, Table, TableMetric
from collectors.readings import Block, Cadence, Group, Layout
from collectors.session import Cells, Value

_PLAIN = (int, float)
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
    pick: Callable[[Sequence[Value]], tuple[Value, ...]] | None  # answers -> values in the layout's order
    rules: tuple[tuple[int, TableMetric], ...]  # positions whose raw value needs arithmetic
    places: dict[str, int]  # cell OID -> position in the answers


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
        for metric, found in blocks.by_metric(table, book):
            groups.append(Group(metric, tuple(labels for _, labels in found)))
            rule = next(m for m in table.metrics if m.metric == metric.name)
            column = absolute(table.entry, rule.column)
            arithmetic = not _is_plain(rule)
            for row, _ in found:
                oid = f"{column}.{row.suffix}"
                if arithmetic:
                    rules.append((len(wanted), rule))
                wanted.append(oid)
                rows.setdefault(row.suffix, []).append(oid)
    # Row by row on the wire: agents look up neighbouring columns of a row quicker than far-apart rows of a column.
    asked = [*scalars, *dict.fromkeys(oid for row in rows.values() for oid in row)]
    places = {oid: at for at, oid in enumerate(asked)}
    positions = [places[oid] for oid in wanted]
    return Quick(
        cells=shared(asked),
        lead=len(scalars),
        layout=Layout.of(Cadence.PULSE, tuple(groups)) if groups else None,
        pick=_picker(positions) if positions else None,
        rules=tuple(rules),
        places=places,
    )


def _picker(positions: list[int]) -> Callable[[Sequence[Value]], tuple[Value, ...]]:
    if len(positions) == 1:
        at = positions[0]
        return lambda values: (values[at],)
    return itemgetter(*positions)


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
    if not all(issubclass(kind, _PLAIN) for kind in set(map(type, picked))):
        picked = [raw_number(v) for v in picked]
    return Block(quick.layout, tuple(picked))


def missing(quick: Quick, values: Sequence[Value]) -> bool:
    """True where a known cell gave nothing: rows have gone or moved, and are learnt anew before anything is told."""
    return None in values[quick.lead :]


def watched(quick: Quick, values: Sequence[Value], static: Book, names: Iterable[str]) -> Book:
    """The interfaces called `names` with the states of this pulse, as a book for `decode.interfaces`."""
    wanted = set(names)
    rows = {
        row
        for column in (f"{IFX_ENTRY}.1", f"{IF_ENTRY}.2")
        for row, value in static.column(column).items()
        if isinstance(value, bytes) and value.decode("utf-8", "replace").strip() in wanted
    }
    book = Book(columns={c: {r: v for r, v in column.items() if r in rows} for c, column in static.columns.items()})
    for oid, at in quick.places.items():
        column, _, row = oid.rpartition(".")
        if row in rows and at >= quick.lead:
            book.columns.setdefault(column, {})[row] = values[at]
    return book
