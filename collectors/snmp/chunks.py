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


@lru_cache(maxsize=1 << 16)  # some 10 MB at most; devices of an estate are asked for mostly the same names
def _name(oid: str) -> tuple[bytes, int]:
    name = ber.oid_tlv(oid)
    return name, len(name)


class Chunk:
    """Cells for one request: where in the set they are, their names, and the encoded forms, made when first needed."""

    __slots__ = ("_expected", "_tail", "oids", "places")

    def __init__(self, places: Sequence[int], oids: Sequence[str]) -> None:
        self.places = tuple(places)
        self.oids = tuple(oids)
        self._tail: bytes | None = None
        self._expected: tuple[tuple[bytes, int], ...] | None = None

    def __len__(self) -> int:
        return len(self.oids)

    @property
    def tail(self) -> bytes:
        """The request PDU after its id."""
        if self._tail is None:
            self._tail = request_tail(self.oids)
        return self._tail

    @property
    def expected(self) -> tuple[tuple[bytes, int], ...]:
        """The encoded name of each cell and how long it is, to be met again in the answer."""
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


def _expected_values(expected: tuple[tuple[bytes, int], ...], data: bytes, at: int, stop: int) -> list[Value] | None:
    values: list[Value] = []
    put = values.append
    number, matches = int.from_bytes, data.startswith
    try:
        for name, octets in expected:
            name_at = at + 2
            size = data[at + 1]
            if data[at] != 0x30 or size > 0x7F or not matches(name, name_at):
                return None
            following = name_at + size
            tag_at = name_at + octets
            at = tag_at + 2
            if at + data[tag_at + 1] != following:  # also where a length takes more than one octet
                return None
            tag = data[tag_at]
            if tag == 0x46 or tag == 0x41 or tag == 0x42 or tag == 0x43:
                if following - at > 8:
                    return None
                put(number(data[at:following]))
            elif tag == 0x02:
                if following - at > 8:
                    return None
                put(number(data[at:following], "big", signed=True))
            elif tag == 0x04:
                put(data[at:following])
            elif tag in ber.ABSENT:
                put(None)
            else:
                return None
            at = following
    except IndexError:
        return None
    return values if at == stop else None


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
