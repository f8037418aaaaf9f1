"""The answers of one device, as decoding reads them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collectors.session import Value


@dataclass(slots=True)
class Book:
    """Scalars by OID, and columns by OID with their rows by suffix. What is missing was not answered."""

    cells: dict[str, Value] = field(default_factory=dict)
    columns: dict[str, dict[str, Value]] = field(default_factory=dict)

    def cell(self, oid: str) -> Value:
        """A scalar instance, or a single cell of a table if the column was walked."""
        value = self.cells.get(oid)
        if value is None:
            column, _, row = oid.rpartition(".")
            rows = self.columns.get(column)
            if rows:
                return rows.get(row)
        return value

    def column(self, oid: str) -> dict[str, Value]:
        return self.columns.get(oid, {})

    def suffixes(self, oids: Iterable[str]) -> Iterator[str]:
        """Rows that have a value in any of the columns, in the device's order."""
        seen: dict[str, None] = {}
        for oid in oids:
            seen |= dict.fromkeys(suffix for suffix, value in self.column(oid).items() if value is not None)
        return iter(seen)


def absolute(entry: str | None, ref: int | str) -> str:
    """A column reference as an OID: a number is a column of the rule's own entry."""
    return f"{entry}.{ref}" if isinstance(ref, int) else ref
