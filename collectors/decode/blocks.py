"""Scalars and tables of a profile as blocks of values under their metric names. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from collectors.decode.book import Book, absolute
from collectors.decode.rows import Row, rows
from collectors.decode.values import number
from collectors.profiles.model import Cell, Profile, Table
from collectors.readings import Block, Cadence, Group, Labels, Layout, Metric


def scalar_value(book: Book, cells: Iterable[Cell]) -> int | float | None:
    """The first of the cells that says something."""
    for cell in cells:
        value = number(cell, book.cell(cell.oid))
        if value is not None:
            return value
    return None


def scalars(profile: Profile, book: Book, cadences: Iterable[Cadence]) -> Iterator[Block]:
    """One block per cadence with the scalars that gave a value."""
    for cadence in cadences:
        found: dict[str, tuple[Metric, int | float]] = {}
        for scalar in profile.scalars:
            if scalar.every is cadence and scalar.metric not in found:
                value = scalar_value(book, scalar.cells)
                if value is not None:
                    found[scalar.metric] = scalar.family, value
        if found:
            families, values = zip(*found.values(), strict=True)
            yield Block(_of_scalars(cadence, families), values)


@lru_cache(maxsize=4096)
def _of_scalars(cadence: Cadence, families: tuple[Metric, ...]) -> Layout:
    return Layout.of(cadence, tuple(Group(family, ((),)) for family in families))


def tables(profile: Profile, book: Book, cadences: Iterable[Cadence], skip: Iterable[Table] = ()) -> Iterator[Block]:
    """One block per table; rows in the device's order. `skip`: tables whose values come by the quick way."""
    wanted, left_out = set(cadences), [id(t) for t in skip]
    for table in profile.tables:
        if table.every in wanted and id(table) not in left_out:
            groups, values = [], []
            for metric, found, labels in by_metric(table, book):
                groups.append(Group(metric, labels))
                rule = next(m for m in table.metrics if m.metric == metric.name)
                values += [number(rule, row.raw(rule.column)) for row in found]
            if groups:
                yield Block(Layout.of(table.every, tuple(groups)), tuple(values))


def by_metric(table: Table, book: Book) -> Iterator[tuple[Metric, tuple[Row, ...], tuple[Labels, ...]]]:
    """For each metric of a table, the rows that have a value, with labels that no two rows share.

    Metrics with the same rows get the very same labels: what is made of them is then made once.
    """
    every = list(rows(book, table, [m.column for m in table.metrics]))
    labelled = dict(zip((r.suffix for r in every), distinct(every), strict=True))
    shared: dict[tuple[str, ...], tuple[tuple[Row, ...], tuple[Labels, ...]]] = {}
    for metric in table.metrics:
        column = book.column(absolute(table.entry, metric.column))
        other = book.column(absolute(table.entry, metric.unless)) if metric.unless is not None else {}
        present = tuple(r.suffix for r in every if column.get(r.suffix) is not None and other.get(r.suffix) is None)
        if not present:
            continue
        if present not in shared:
            wanted = set(present)
            found = tuple(r for r in every if r.suffix in wanted)
            shared[present] = found, tuple(labelled[r.suffix] for r in found)
        yield Metric(metric.metric, metric.help, metric.type), *shared[present]


def distinct(every: list[Row]) -> list[Labels]:
    """Labels of the rows; where two rows would share theirs, both carry their index too.

    Prometheus drops a whole scrape that holds one series twice.
    """
    labels = [row.labels() for row in every]
    count = Counter(labels)
    if len(count) == len(labels):
        return labels
    return [
        ls if count[ls] == 1 or "index" in dict(ls) else (*ls, ("index", r.suffix))
        for r, ls in zip(every, labels, strict=True)
    ]
