"""Rows of a file of purchase records as records, each fault and warning with its line and column. Pure.

records_of(table, councils, today) -> Reading       or FileRefused, where the header is not understood
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from agent.hostile import plain
from agent.purchases.cells import (
    BLANK,
    CLEARED,
    day_in,
    pence_in,
    serial_in,
    share_text,
    shares_across,
    shares_in,
    text_in,
)
from agent.purchases.columns import Column, Columns, columns_of
from agent.purchases.faults import CellRefused, Fault, FileRefused
from agent.purchases.table import Table

Facts = Mapping[str, object]  # by the names of facts.Purchase; None: it is said that it is not known
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """What one row says of the hardware with a serial number. What it leaves blank is not in `facts`."""

    line: int
    serial: str
    facts: Facts
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was read. Rows with a fault are no records; `serials`: what stood in the serial column, by line."""

    file: str
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    serials: Mapping[int, str] = field(default_factory=dict)


def records_of(table: Table, councils: Mapping[str, str], today: date) -> Reading:
    """Read every row. `councils`: name > title, as the inventory has them."""
    columns = columns_of(table.header, councils)
    if columns.refused:
        raise FileRefused(
            [Fault(table.file, table.header_line, plain(title, 60), *why) for title, *why in columns.refused]
        )
    warnings = [
        Fault(table.file, table.header_line, plain(title, 60), "the column is not known and is left alone")
        for title in columns.ignored
    ]
    faults: list[Fault] = []
    records = []
    serials: dict[int, str] = {}
    for line, cells in table.rows:
        row = _Row(table, columns, line, cells, councils, today)
        record = row.read()
        serials[line] = plain(row.cell("serial"), 60)
        faults += row.faults
        if record is not None:
            records.append(record)
    return Reading(table.file, tuple(records), tuple(faults), tuple(warnings), serials)


class _Row:
    """One row while it is read: all its faults are found, not only the first."""

    def __init__(
        self, table: Table, columns: Columns, line: int, cells: Sequence[str], councils: Mapping[str, str], today: date
    ) -> None:
        self._table, self._columns, self._line, self._cells = table, columns, line, cells
        self._councils, self._today = councils, today
        self.faults: list[Fault] = []
        self._facts: dict[str, object] = {}

    def cell(self, column: Column) -> str:
        return self._at(self._columns.of.get(column))

    def read(self) -> Record | None:
        if any(self._cells[len(self._table.header) :]):
            self._fault("", "the row has more cells than the header", "a comma inside of a cell needs quotation marks")
        serial = self._read("serial", serial_in)
        today = self._today
        self._fact("vendor", text_in)
        self._fact("model", text_in)
        self._fact("purchased", lambda text: day_in(text, today).isoformat())
        self._fact("installed", lambda text: day_in(text, today).isoformat())
        self._fact("support_until", lambda text: day_in(text, today, ahead=True).isoformat())
        self._fact("price", pence_in, "price_pence")
        self._fact("supplier", text_in)
        self._shares()
        if not self.faults and not self._facts.keys() - {"vendor", "model"}:
            self._fault("", "it says nothing of a purchase: no date, price, supplier or share")
        if self.faults or serial is None:
            return None
        return Record(self._line, serial, self._facts, self._odd())

    def _at(self, place: int | None) -> str:
        return self._cells[place] if place is not None and place < len(self._cells) else ""

    def _title(self, column: Column) -> str:
        return plain(self._table.header[self._columns.of[column]], 60)

    def _fault(self, column: str, message: str, suggestion: str = "") -> None:
        self.faults.append(Fault(self._table.file, self._line, column, message, suggestion))

    def _read(self, column: Column, read: Callable[[str], T]) -> T | None:
        try:
            return read(self.cell(column))
        except CellRefused as problem:
            self._fault(self._title(column), problem.message, problem.suggestion)
            return None

    def _fact(self, column: Column, read: Callable[[str], object], name: str = "") -> None:
        cell = self.cell(column).casefold()
        if cell == CLEARED:
            self._facts[name or column] = None
        elif cell not in BLANK and (found := self._read(column, read)) is not None:
            self._facts[name or column] = found

    def _shares(self) -> None:
        def as_kept(text: str) -> object:
            return tuple((council, share_text(share)) for council, share in shares_in(text, self._councils))

        self._fact("share", as_kept, "shares")
        given = [(place, self._at(place)) for place in self._columns.shares]
        said = [(place, cell) for place, cell in given if cell.casefold() not in BLANK]
        if said and all(cell.casefold() == CLEARED for _, cell in said):
            self._facts["shares"] = None
        elif said:
            try:
                across = shares_across([(self._columns.shares[place], cell) for place, cell in said], self._councils)
                self._facts["shares"] = tuple((council, share_text(share)) for council, share in across)
            except CellRefused as problem:
                titles = ", ".join(plain(self._table.header[place], 60) for place, _ in said)
                self._fault(titles, problem.message, problem.suggestion)

    def _odd(self) -> tuple[str, ...]:
        """What is not impossible and yet worth a look."""
        bought, installed, until = (self._facts.get(name) for name in ("purchased", "installed", "support_until"))
        odd = []
        if isinstance(bought, str) and isinstance(installed, str) and installed < bought:
            odd.append(f"installed on {installed}, before it was bought on {bought}")
        if isinstance(until, str) and isinstance(bought, str) and until < bought:
            odd.append(f"support ended on {until}, before it was bought on {bought}")
        return tuple(odd)
