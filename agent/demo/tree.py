"""What a simulated device answers: object identifiers in order, each with a constant or a function of time. Pure.

A family puts cells into a `Tree`; the responder reads it. A cell whose function gives None is not there at that moment:
that is how an access point leaves its controller's table.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping

from agent.demo import ber

Constant = int | bytes | ber.Oid
Live = Callable[[float], int | bytes | None]
Cell = tuple[int, Constant | Live]
"""BER tag and value; a callable takes the time (Unix seconds) and may answer None for "no such instance now"."""


def whole(value: int | Live) -> Cell:
    """INTEGER, signed 32 bit."""
    return ber.INTEGER, value


def gauge(value: int | Live) -> Cell:
    """Gauge32 or Unsigned32."""
    return ber.GAUGE32, value


def count(value: int | Live) -> Cell:
    """Counter32: wraps at 2^32."""
    return ber.COUNTER32, value


def count64(value: int | Live) -> Cell:
    """Counter64."""
    return ber.COUNTER64, value


def ticks(value: int | Live) -> Cell:
    """TimeTicks, hundredths of a second: wraps at 2^32, after 497 days."""
    return ber.TIMETICKS, value


def text(value: str | bytes | Callable[[float], str | None]) -> Cell:
    """OCTET STRING."""
    if isinstance(value, bytes):
        return ber.OCTETS, value
    if isinstance(value, str):
        return ber.OCTETS, value.encode()
    said = value

    def encoded(t: float) -> bytes | None:
        words = said(t)
        return None if words is None else words.encode()

    return ber.OCTETS, encoded


def pointer(dotted: str) -> Cell:
    """OBJECT IDENTIFIER."""
    return ber.OBJECT_ID, ber.oid(dotted)


def address(quad: str) -> Cell:
    """IpAddress."""
    return ber.IP_ADDRESS, bytes(map(int, quad.split(".")))


def opaque_float(value: Callable[[float], float]) -> Cell:
    """A float the net-snmp way: Opaque around 9F 78 04 and IEEE 754 single precision."""
    return ber.OPAQUE, lambda t: b"\x9f\x78\x04" + struct.pack(">f", value(t))


def encode(tag: int, value: Constant) -> bytes:
    """The value with its tag, folded into the range of its type."""
    if isinstance(value, bytes):
        return ber.tlv(tag, value)
    if isinstance(value, tuple):
        return ber.object_id(value)
    if tag == ber.COUNTER64:
        value &= 0xFFFF_FFFF_FFFF_FFFF
    elif tag in (ber.COUNTER32, ber.TIMETICKS):
        value &= 0xFFFF_FFFF
    elif tag == ber.GAUGE32:
        value = max(0, min(value, 0xFFFF_FFFF))  # RFC 2578 7.1.7: a gauge latches at its ends
    return ber.integer(value, tag)


Index = int | tuple[int, ...]


def index_of(index: Index) -> tuple[int, ...]:
    return (index,) if isinstance(index, int) else index


class Tree:
    """A device's objects. Put cells in any order; the first question sorts them."""

    def __init__(self) -> None:
        self._cells: dict[ber.Oid, Cell] = {}
        self._oids: list[ber.Oid] = []
        self._names: list[bytes] = []
        self._values: list[bytes | tuple[int, Live]] = []
        self._stems: dict[str, ber.Oid] = {}

    def _stem(self, dotted: str) -> ber.Oid:
        found = self._stems.get(dotted)
        if found is None:
            found = self._stems[dotted] = ber.oid(dotted)
        return found

    def put(self, dotted: str, cell: Cell) -> None:
        """One instance; scalars end in `.0`."""
        self._cells[self._stem(dotted)] = cell
        self._oids = []

    def scalars(self, group: str, cells: Mapping[int, Cell]) -> None:
        """Scalar objects of one group: number of the object > cell (instance `.0` is added)."""
        stem = self._stem(group)
        for number, cell in cells.items():
            self._cells[(*stem, number, 0)] = cell
        self._oids = []

    def row(self, entry: str, index: Index, columns: Mapping[int, Cell]) -> None:
        """One row of the table whose entry this is: column number > cell."""
        stem, suffix = self._stem(entry), index_of(index)
        for column, cell in columns.items():
            self._cells[(*stem, column, *suffix)] = cell
        self._oids = []

    def rows(self, entry: str, rows: Iterable[tuple[Index, Mapping[int, Cell]]]) -> None:
        for index, columns in rows:
            self.row(entry, index, columns)

    def settle(self) -> None:
        """Sort and encode what never changes. Called by the first question; costs a few microseconds per cell."""
        if self._oids or not self._cells:
            return
        self._oids = sorted(self._cells)
        self._names = [b""] * len(self._oids)
        self._values = []
        for oid in self._oids:
            tag, value = self._cells[oid]
            self._values.append((tag, value) if callable(value) else encode(tag, value))

    def __len__(self) -> int:
        return len(self._cells)

    def find(self, oid: ber.Oid) -> int | None:
        """Position of exactly this instance."""
        self.settle()
        at = bisect_left(self._oids, oid)
        return at if at < len(self._oids) and self._oids[at] == oid else None

    def after(self, oid: ber.Oid) -> int:
        """Position of the first instance behind `oid`; `len(self)` when there is none."""
        self.settle()
        return bisect_right(self._oids, oid)

    def holds(self, oid: ber.Oid) -> bool:
        """Is there any instance of the object that `oid` is an instance of? Tells noSuchInstance from noSuchObject."""
        self.settle()
        stem = oid[:-1]
        at = bisect_left(self._oids, stem)
        return at < len(self._oids) and self._oids[at][: len(stem)] == stem

    def oid(self, at: int) -> ber.Oid:
        return self._oids[at]

    def name(self, at: int) -> bytes:
        """The instance's identifier, encoded (kept once it has been needed)."""
        name = self._names[at]
        if not name:
            name = self._names[at] = ber.object_id(self._oids[at])
        return name

    def tag(self, at: int) -> int:
        value = self._values[at]
        return value[0]

    def value(self, at: int, t: float) -> bytes | None:
        """The encoded value at time `t`, None where there is no such instance now."""
        held = self._values[at]
        if isinstance(held, bytes):
            return held
        tag, live = held
        now = live(t)
        return None if now is None else encode(tag, now)

    def read(self, dotted: str, t: float) -> Constant | None:
        """One instance's plain value at time `t` (for the shell outputs and tests), None where there is none."""
        cell = self._cells.get(ber.oid(dotted))
        if cell is None:
            return None
        return cell[1](t) if callable(cell[1]) else cell[1]

    def number(self, dotted: str, t: float) -> int:
        """As `read`, for an instance that is a number; 0 where there is none."""
        value = self.read(dotted, t)
        return value if isinstance(value, int) else 0

    def words(self, dotted: str, t: float) -> str:
        """As `read`, for an instance that is text; empty where there is none."""
        value = self.read(dotted, t)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""

    def items(self, t: float) -> list[tuple[ber.Oid, int, Constant]]:
        """Every instance there is at time `t`, in order: identifier, tag, plain value."""
        found: list[tuple[ber.Oid, int, Constant]] = []
        for oid in sorted(self._cells):
            tag, value = self._cells[oid]
            now = value(t) if callable(value) else value
            if now is not None:
                found.append((oid, tag, now))
        return found
