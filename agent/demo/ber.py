"""The little BER that an SNMP agent needs (RFC 1157, RFC 3416, X.690). Pure.

Written apart from the poller's codec on purpose: a simulator that shared the poller's code would share its mistakes,
and the two would agree happily on something that no other equipment understands.
"""

from __future__ import annotations

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIMETICKS, OPAQUE, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82
GET, GET_NEXT, RESPONSE, SET, TRAP_V1, GET_BULK, INFORM, TRAP_V2, REPORT = range(0xA0, 0xA9)

Oid = tuple[int, ...]


class Garbled(ValueError):
    """Octets that are not the BER of an SNMP message."""


def tlv(tag: int, content: bytes) -> bytes:
    """Tag, length (definite, shortest form), content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    if size < 0x100:
        return bytes((tag, 0x81, size)) + content
    return bytes((tag, 0x82, size >> 8, size & 0xFF)) + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A signed INTEGER; also right for unsigned types, which get a leading zero octet where the top bit is set."""
    length = (value.bit_length() // 8 + 1) if value >= 0 else ((value + 1).bit_length() // 8 + 1)
    return tlv(tag, value.to_bytes(length, "big", signed=True))


def object_id(oid: Oid) -> bytes:
    """An OBJECT IDENTIFIER with its tag."""
    if len(oid) < 2:
        oid = (*oid, 0, 0)[:2]
    out = bytearray()
    for arc in (oid[0] * 40 + oid[1], *oid[2:]):
        if arc < 0x80:
            out.append(arc)
            continue
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        out.extend(reversed(septets))
    return tlv(OBJECT_ID, bytes(out))


def read(data: bytes, at: int) -> tuple[int, int, int]:
    """The element at `at`: its tag, where its content starts and where it ends."""
    try:
        tag, length = data[at], data[at + 1]
    except IndexError:
        raise Garbled("cut off inside a header") from None
    start = at + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 0 < octets <= 4 or start + octets > len(data):
            raise Garbled("unusable length")
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + length > len(data):
        raise Garbled("content is shorter than its length says")
    return tag, start, start + length


def content(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """The content of an element that must have this tag, and where the next one starts."""
    found, start, end = read(data, at)
    if found != tag:
        raise Garbled(f"tag {found:#04x} where {tag:#04x} belongs")
    return data[start:end], end


def number(data: bytes, at: int) -> tuple[int, int]:
    """An INTEGER and where the next element starts."""
    octets, end = content(data, at, INTEGER)
    if not 0 < len(octets) <= 9:
        raise Garbled("an INTEGER of no usable size")
    return int.from_bytes(octets, "big", signed=True), end


def parse_oid(octets: bytes) -> Oid:
    """The content of an OBJECT IDENTIFIER as numbers."""
    arcs: list[int] = []
    arc = 0
    for octet in octets:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs or octets[-1] & 0x80:
        raise Garbled("an OBJECT IDENTIFIER that does not end")
    first = min(arcs[0] // 40, 2)
    return (first, arcs[0] - 40 * first, *arcs[1:])


def oid(dotted: str) -> Oid:
    """'1.3.6.1' to numbers."""
    return tuple(map(int, dotted.split(".")))
