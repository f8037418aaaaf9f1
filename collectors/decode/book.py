"""The answers of one device, as decoding reads them. Pure."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from collectors.session import Value


@dataclass(slots=True)
class Book:
    """Scalars by OID, and columns by OID with their rows by suffix. What is missing was not answered."""

    cells: dict[str, Value] = field(default_factory=dict)
    columns: dict[str, dict[str, Value]] = field(default_factory=dict)
    day: date | None = None  # UTC, of the look: what "30 days left" counts from

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
            rows = self.columns.get(oid)
            if not rows:
                continue
            here = (
                dict.fromkeys(rows)
                if None not in rows.values()
                else {r: None for r, v in rows.items() if v is not None}
            )
            if not seen:
                seen = here
            elif here.keys() != seen.keys():
                seen |= here
        return iter(seen)


class Pressed:
    """Columns at rest: what is walked once and read every few minutes, at a tenth of its size.

    Of a 48-port switch the names, aliases and the whole of ENTITY-MIB are some 1,500 cells: 200 KB as dictionaries,
    6 KB pressed, for 0.2 ms whenever they are read. Of eleven thousand devices that decides whether they fit.
    """

    __slots__ = ("_octets",)

    def __init__(self, columns: dict[str, dict[str, Value]]) -> None:
        self._octets = zlib.compress(pickle.dumps(columns, pickle.HIGHEST_PROTOCOL), 1)

    @property
    def columns(self) -> dict[str, dict[str, Value]]:
        """The columns, made anew: whoever asks may change them."""
        found: dict[str, dict[str, Value]] = pickle.loads(zlib.decompress(self._octets))  # noqa: S301 - our own, above
        return found


def absolute(entry: str | None, ref: int | str) -> str:
    """A column reference as an OID: a number is a column of the rule's own entry."""
    return f"{entry}.{ref}" if isinstance(ref, int) else ref
