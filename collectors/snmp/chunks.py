"""Sets of cells cut into requests, prepared once and shared by every device that has the same set. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from collectors.errors import DeviceFault, Malformed
from collectors.session import Cells, Value
from collectors.snmp import ber
from collectors.snmp.message import NO_ERROR, RESPONSE, Pdu, read_pdu, read_pdu_head, request_tail

REPLY_OCTETS = 1300  # of bindings: with the wrapping of version 3 it still fits an Ethernet frame
_VALUE_OCTETS = 8  # what a counter takes in a reply with its tag and length, about


_Heads = dict[bytes, tuple[int, int]]
"""What a binding of one name may begin with (sequence, name, the value's tag and length), as far as met: the value's
octets and its kind. One look-up so tells what else takes eight comparisons for each of the agent's cells."""

_UNSIGNED, _SIGNED, _OCTETS, _ABSENT = 1, 2, 3, 4
_KINDS = {0x46: _UNSIGNED, 0x41: _UNSIGNED, 0x42: _UNSIGNED, 0x43: _UNSIGNED, 0x02: _SIGNED, 0x04: _OCTETS}
_KINDS |= dict.fromkeys(ber.ABSENT, _ABSENT)
_HEADS_KEPT = 24  # numbers have up to nine lengths; whoever sends texts of every length is read the long way


@lru_cache(maxsize=1 << 16)  # some 40 MB at most; devices of an estate are asked for mostly the same names
def _name(oid: str) -> tuple[bytes, int, _Heads]:
    name = ber.oid_tlv(oid)
    return name, len(name) + 4, {}


class Chunk:
    """Cells for one request: where in the set they are, their names, and the encoded forms, made when first needed."""

    __slots__ = ("_expected", "_tail", "oids", "places")

    def __init__(self, places: Sequence[int], oids: Sequence[str]) -> None:
        self.places = tuple(places)
        self.oids = tuple(oids)
        self._tail: bytes | None = None
        self._expected: tuple[tuple[bytes, int, _Heads], ...] | None = None

    def __len__(self) -> int:
        return len(self.oids)

    @property
    def tail(self) -> bytes:
        """The request PDU after its id."""
        if self._tail is None:
            self._tail = request_tail(self.oids)
        return self._tail

    @property
    def expected(self) -> tuple[tuple[bytes, int, _Heads], ...]:
        """Of each cell the encoded name, how many octets come before its value, and the beginnings met so far."""
        if self._expected is None:
            self._expected = tuple(map(_name, self.oids))
        return self._expected

    def part(self, indexes: Sequence[int]) -> Chunk:
        return Chunk([self.places[i] for i in indexes], [self.oids[i] for i in indexes])

    def halves(self) -> tuple[Chunk, Chunk]:
        middle = (len(self) + 1) // 2
        return self.part(range(middle)), self.part(range(middle, len(self)))


def chunks_of(cells: Cells, most: int) -> list[Chunk]:
    """The set cut into requests of at most `most` cells and about `REPLY_OCTETS` of answer. Kept with the set."""
    key = ("chunks", most)
    chunks: list[Chunk] | None = cells.prepared.get(key)
    if chunks is None:
        chunks = []
        first = octets = 0
        for place, oid in enumerate(cells.oids):
            size = len(ber.oid_tlv(oid)) + 2 + _VALUE_OCTETS
            if place > first and (place - first >= most or octets + size > REPLY_OCTETS):
                chunks.append(Chunk(range(first, place), cells.oids[first:place]))
                first, octets = place, 0
            octets += size
        if first < len(cells.oids):
            chunks.append(Chunk(range(first, len(cells.oids)), cells.oids[first:]))
        cells.prepared[key] = chunks
    return chunks


def read_cells(chunk: Chunk, data: bytes, at: int, end: int, request_id: int) -> list[Value] | Pdu:
    """The answer to a GET of `chunk`: its values when everything is as expected, else the PDU for a closer look.

    The loop is the agent's hottest: 672 values for a 48-port switch, each minute. It takes the common shape only
    (asked names in the asked order, short lengths, everyday types) and leaves the rest to `read_pdu`.
    """
    tag, answered, status, _, start, stop = read_pdu_head(data, at, end)
    if answered != request_id:
        raise Malformed("the answer carries another request id")
    if tag == RESPONSE and status == NO_ERROR:
        values = _expected_values(chunk.expected, data, start, stop)
        if values is not None:
            return values
    return read_pdu(data, at, end)


def _expected_values(
    expected: tuple[tuple[bytes, int, _Heads], ...], data: bytes, at: int, stop: int
) -> list[Value] | None:
    values: list[Value] = []
    put, number = values.append, int.from_bytes
    for name, octets, heads in expected:
        start = at + octets
        try:
            size, kind = heads[data[at:start]]
        except KeyError:
            met = _meet(name, heads, data[at:start])
            if met is None:
                return None
            size, kind = met
        at = start + size
        if at > stop:
            return None
        if kind == _UNSIGNED:
            put(number(data[start:at]))
        elif kind == _SIGNED:
            put(data[start] if size == 1 and data[start] < 0x80 else number(data[start:at], "big", signed=True))
        elif kind == _OCTETS:
            put(data[start:at])
        else:
            put(None)
    return values if at == stop else None


def _meet(name: bytes, heads: _Heads, head: bytes) -> tuple[int, int] | None:
    """What a binding that begins so has for a value; None where it is not as expected, or not of an everyday shape."""
    if len(head) != len(name) + 4 or head[0] != ber.SEQUENCE or not head.startswith(name, 2):
        return None
    whole, tag, size = head[1], head[-2], head[-1]
    kind = _KINDS.get(tag)
    if whole > 0x7F or size != whole - len(name) - 2 or kind is None:  # also where a length takes more than one octet
        return None
    if kind in (_UNSIGNED, _SIGNED) and size > 8:
        return None
    if len(heads) < _HEADS_KEPT:
        heads[head] = size, kind
    return size, kind


def values_by_name(chunk: Chunk, pdu: Pdu) -> tuple[list[Value], list[int], DeviceFault | None]:
    """A successful answer that is not as expected: values by name, the cells that are missing from it, what is wrong.

    A value belongs to the name it came with, never to its place in the answer: agents that drop or swap bindings exist.
    """
    found: dict[str, Value] = {}
    doubtful: set[str] = set()
    fault: DeviceFault | None = None
    for oid, tag, value in pdu.binds:
        if oid in found and found[oid] != value:
            doubtful.add(oid)
            fault = Malformed(f"two values for {oid} in one answer")
        if tag not in ber.KNOWN:
            fault = Malformed(f"{oid} has a value of unknown type 0x{tag:02x}")
        found[oid] = value
    values = [None if oid in doubtful else found.get(oid) for oid in chunk.oids]
    return values, [i for i, oid in enumerate(chunk.oids) if oid not in found], fault
