"""BER as SNMP uses it (RFC 3417 section 8, X.690): octets in, values out, and back. Pure.

What a device sends is hostile input: every length is checked against what encloses it, nothing recurses, and whatever
does not fit raises `Malformed`. Where real agents are known to be sloppy in ways that leave no doubt about the value
(lengths in long form, counters sent without the leading zero octet, integers of no octets meaning 0), we read on.
"""

from __future__ import annotations

import struct

from collectors.errors import Malformed
from collectors.session import Ip, Oid, Value

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
IP_ADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIME_TICKS = 0x43
OPAQUE = 0x44
NSAP_ADDRESS = 0x45
COUNTER64 = 0x46
UINTEGER32 = 0x47
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

UNSIGNED = frozenset((COUNTER32, GAUGE32, TIME_TICKS, COUNTER64, UINTEGER32))
ABSENT = frozenset((NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))
KNOWN = UNSIGNED | ABSENT | {INTEGER, OCTET_STRING, OBJECT_IDENTIFIER, IP_ADDRESS, OPAQUE, NSAP_ADDRESS}

MAX_SUB_IDENTIFIERS = 128  # RFC 2578 section 3.5
_MAX_SUB_IDENTIFIER = (
    1 << 64
) - 1  # 32 bits by RFC 2578; agents that sign-extend 64 bits exist, and must not end a walk
_MAX_INTEGER_OCTETS = 9  # Counter64 with its leading zero
_TEXTS_KEPT = 1 << 16  # object identifiers kept as text: some 15 MB at most
LONGEST_KEPT = 64  # octets of an identifier worth keeping: a device that invents long ones must not fill our memory

Bind = tuple[str, int, Value]
"""One variable binding: dotted OID, BER tag of the value, value."""


# ---------------------------------------------------------------- writing
def length(octets: int) -> bytes:
    """A definite length in its shortest form."""
    if octets < 0x80:
        return bytes((octets,))
    body = octets.to_bytes((octets.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + length(len(content)) + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A signed INTEGER in its shortest form; also right for unsigned types, which then get their leading zero."""
    return tlv(tag, value.to_bytes(max(1, (value.bit_length() + 8) // 8), "big", signed=True))


def oid_content(oid: str) -> bytes:
    """The content octets of a dotted object identifier. `ValueError` when it is not one: that is our own mistake."""
    try:
        parts = [int(part) for part in oid.split(".")]
    except ValueError:
        raise ValueError(f"not an object identifier: {oid!r}") from None
    if len(parts) == 1:
        parts.append(0)  # "1" is written as 1.0, as net-snmp does: the start of a walk of everything
    if min(parts) < 0 or parts[0] > 2 or (parts[0] < 2 and parts[1] > 39) or len(parts) > MAX_SUB_IDENTIFIERS:
        raise ValueError(f"not an object identifier: {oid!r}")
    out = bytearray()
    for part in (parts[0] * 40 + parts[1], *parts[2:]):
        if part < 0x80:
            out.append(part)
        else:
            shift = (part.bit_length() - 1) // 7 * 7
            while shift:
                out.append(0x80 | (part >> shift & 0x7F))
                shift -= 7
            out.append(part & 0x7F)
    return bytes(out)


def oid_tlv(oid: str) -> bytes:
    return tlv(OBJECT_IDENTIFIER, oid_content(oid))


# ---------------------------------------------------------------- reading
def read_tlv(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """The element at `at`: tag, where its content starts and where it stops; all of it lies before `end`."""
    if at + 2 > end:
        raise Malformed("an element is cut short")
    tag, size = data[at], data[at + 1]
    start = at + 2
    if size & 0x80:
        octets = size & 0x7F
        if not 0 < octets <= 4 or start + octets > end:
            raise Malformed("a length is not one that SNMP uses")
        size = int.from_bytes(data[start : start + octets], "big")
        start += octets
    if start + size > end:
        raise Malformed("an element is longer than what encloses it")
    return tag, start, start + size


def expect_tlv(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """As `read_tlv`, of a given tag: start and stop of its content."""
    found, start, stop = read_tlv(data, at, end)
    if found != tag:
        raise Malformed(f"expected an element of type 0x{tag:02x}, found 0x{found:02x}")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The INTEGER at `at`, and where the next element starts."""
    start, stop = expect_tlv(data, at, end, INTEGER)
    if stop - start > _MAX_INTEGER_OCTETS:
        raise Malformed("an integer of more than 64 bits")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


_texts: dict[bytes, str] = {}


def oid_text(content: bytes) -> str:
    """The dotted form of an object identifier's content octets.

    Kept for the next time, up to a bound: an estate's devices answer mostly the same identifiers.
    """
    text = _texts.get(content)
    if text is None:
        text = _decode_oid(content)
        if len(content) <= LONGEST_KEPT:
            if len(_texts) >= _TEXTS_KEPT:
                _texts.clear()
            _texts[content] = text
    return text


def _decode_oid(content: bytes) -> str:
    if not content:
        return "0.0"  # what net-snmp makes of it; agents use it for "no identifier"
    if content[-1] & 0x80:
        raise Malformed("an object identifier is cut short")
    parts: list[int] = []
    part = 0
    fresh = True
    for octet in content:
        if fresh and octet == 0x80:
            raise Malformed("an object identifier is padded")
        part = part << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            if part > _MAX_SUB_IDENTIFIER:
                raise Malformed("an object identifier's number is too large")
            parts.append(part)
            part = 0
    if len(parts) >= MAX_SUB_IDENTIFIERS:
        raise Malformed("an object identifier is too long")
    first = min(parts[0] // 40, 2)
    return ".".join(map(str, (first, parts[0] - first * 40, *parts[1:])))


def value_of(tag: int, content: bytes) -> Value:
    """The value of one element. None for absence, and for types SNMP does not have (see `KNOWN`)."""
    if tag in (OCTET_STRING, NSAP_ADDRESS):
        return content
    if tag == INTEGER or tag in UNSIGNED:
        if len(content) > _MAX_INTEGER_OCTETS:
            raise Malformed("an integer of more than 64 bits")
        # Counters are unsigned whatever their first bit says: agents that leave out the leading zero octet are common.
        number = int.from_bytes(content, "big", signed=tag == INTEGER)
        if number.bit_length() > 64:
            raise Malformed("an integer of more than 64 bits")
        return number
    if tag == OBJECT_IDENTIFIER:
        return Oid(oid_text(content))
    if tag == IP_ADDRESS:
        return Ip(".".join(map(str, content))) if len(content) == 4 else None
    if tag == OPAQUE:
        return _opaque(content)
    return None


def _opaque(content: bytes) -> Value:
    """Opaque holding net-snmp's wrapped types (draft-perkins-opaque-01): float, double and 64-bit integers."""
    if len(content) < 3 or content[0] != 0x9F or content[2] != len(content) - 3:
        return content
    kind, body = content[1], content[3:]
    if kind == 0x78 and len(body) == 4:
        return float(struct.unpack(">f", body)[0])
    if kind == 0x79 and len(body) == 8:
        return float(struct.unpack(">d", body)[0])
    if kind == 0x7A and 0 < len(body) <= 8:
        return int.from_bytes(body, "big", signed=True)
    if kind in (0x76, 0x7B) and 0 < len(body) <= 9:
        return int.from_bytes(body, "big")
    return content


def read_binds(data: bytes, at: int, end: int) -> list[Bind]:
    """The variable bindings between `at` and `end` (the content of a VarBindList).

    The lengths of one octet, nearly all there are, are read in place: this loop and the one of `cells` are where a
    poll spends its time.
    """
    binds: list[Bind] = []
    put, texts, number, unsigned = binds.append, _texts.get, int.from_bytes, UNSIGNED
    try:
        while at < end:
            if data[at] != 0x30:
                raise Malformed("a variable binding is not a sequence")
            size = data[at + 1]
            if size < 0x80:
                name = at + 2
                stop = name + size
            else:
                _, name, stop = read_tlv(data, at, end)
            if data[name] != 0x06:
                raise Malformed("a variable binding does not start with an object identifier")
            size = data[name + 1]
            if size < 0x80:
                start = name + 2
                at = start + size
            else:
                _, start, at = read_tlv(data, name, stop)
            content = data[start:at]
            oid = texts(content) or oid_text(content)
            tag, size = data[at], data[at + 1]
            if size < 0x80:
                start = at + 2
                at = start + size
            else:
                _, start, at = read_tlv(data, at, stop)
            if at != stop:
                raise Malformed("a variable binding and its value differ in length")
            if tag in unsigned and stop - start <= 8:
                put((oid, tag, number(data[start:stop])))
            elif tag == 0x02 and stop - start <= 8:
                put((oid, tag, number(data[start:stop], "big", signed=True)))
            elif tag == 0x04:
                put((oid, tag, data[start:stop]))
            else:
                put((oid, tag, value_of(tag, data[start:stop])))
    except IndexError:
        raise Malformed("the list of variable bindings is cut short") from None
    if at != end:
        raise Malformed("the variable bindings are longer than their list")
    return binds
