"""A second reader of SNMP answers: slow, with one way only, and written apart from the codec, to share no mistake.

It takes the liberties that `collectors.snmp.ber` says it takes (long lengths, counters without their leading zero,
numbers of no octets, octets after a sequence) and refuses all else. What both read must be the same; what one refuses
the other must refuse.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache

from collectors.session import Ip, Oid, Value

NUMBER, TEXT, NAME, LIST = 0x02, 0x04, 0x06, 0x30
RESPONSE, REPORT = 0xA2, 0xA8
_COUNTERS = {0x41, 0x42, 0x43, 0x46, 0x47}
_LAST = (1 << 31) - 1


class Refused(Exception):
    """These octets are no answer."""


class Reader:
    """Elements between two places, one after the other."""

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self.data = data
        self.start = start
        self.end = len(data) if end is None else end

    @property
    def octets(self) -> bytes:
        return self.data[self.start : self.end]

    def element(self) -> tuple[int, Reader]:
        """The next element's tag and content."""
        tag, size = self._octet(), self._octet()
        if size > 127:
            if size not in (0x81, 0x82, 0x83, 0x84):
                raise Refused("a length in a form that SNMP has not")
            count, size = size - 0x80, 0
            for _ in range(count):
                size = size * 256 + self._octet()
        content = Reader(self.data, self.start, self.start + size)
        if content.end > self.end:
            raise Refused("an element ends after what it is in")
        self.start = content.end
        return tag, content

    def only(self, wanted: int) -> Reader:
        tag, content = self.element()
        if tag != wanted:
            raise Refused(f"0x{tag:02x} in the place of 0x{wanted:02x}")
        return content

    def number(self) -> int:
        return number(self.only(NUMBER).octets, signed=True)

    def _octet(self) -> int:
        if self.start >= self.end:
            raise Refused("the octets end in the middle of an element")
        self.start += 1
        return self.data[self.start - 1]


# ---------------------------------------------------------------- values
def number(content: bytes, *, signed: bool) -> int:
    if len(content) > 9:
        raise Refused("a number of more than 64 bits")
    total = 0
    for octet in content:
        total = total * 256 + octet
    if signed and content and content[0] > 127:
        total -= 256 ** len(content)
    return total


@lru_cache(maxsize=4096)  # the names of a run are mostly the same few
def identifier(content: bytes) -> str:
    arcs: list[int] = []
    pending: list[int] = []
    for octet in content:
        if octet == 0x80 and not pending:
            raise Refused("an arc with a leading zero")
        pending.append(octet & 0x7F)
        if octet < 0x80:
            arcs.append(sum(digit << 7 * place for place, digit in enumerate(reversed(pending))))
            pending.clear()
    if pending:
        raise Refused("an arc without an end")
    if not arcs:
        return "0.0"
    if len(arcs) > 127 or max(arcs) >> 64:
        raise Refused("an identifier beyond all bounds")
    head = (0, arcs[0]) if arcs[0] < 40 else (1, arcs[0] - 40) if arcs[0] < 80 else (2, arcs[0] - 80)
    return ".".join(str(arc) for arc in (*head, *arcs[1:]))


def value(tag: int, content: bytes) -> Value:
    if tag in (TEXT, 0x45):
        return content
    if tag == NUMBER or tag in _COUNTERS:
        found = number(content, signed=tag == NUMBER)
        if abs(found) >> 64:
            raise Refused("a number of more than 64 bits")
        return found
    if tag == NAME:
        return Oid(identifier(content))
    if tag == 0x40:
        return Ip("{}.{}.{}.{}".format(*content)) if len(content) == 4 else None
    if tag == 0x44:
        return _wrapped(content)
    return None  # absent, or of a type that SNMP has not


def _wrapped(content: bytes) -> Value:
    kind, body = content[:2], content[3:]
    if len(content) < 3 or content[2] != len(body):
        return content
    if kind == b"\x9f\x78" and len(body) == 4:
        (real,) = struct.unpack("!f", body)
        return float(real)
    if kind == b"\x9f\x79" and len(body) == 8:
        (real,) = struct.unpack("!d", body)
        return float(real)
    if kind == b"\x9f\x7a" and 1 <= len(body) <= 8:
        return number(body, signed=True)
    if kind in (b"\x9f\x76", b"\x9f\x7b") and 1 <= len(body) <= 9:
        return number(body, signed=False)
    return content


def same(one: object, other: object) -> bool:
    """Equal in type too, and a float that is no number equals itself."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and one == other


# ---------------------------------------------------------------- messages
@dataclass(frozen=True)
class Answer:
    """A Response or a Report. `written_id` is the request id as it was sent."""

    tag: int
    request_id: int
    written_id: bytes
    status: int
    index: int
    binds: list[tuple[str, int, Value]]


def answer(part: Reader) -> Answer:
    tag, body = part.element()
    if tag not in (RESPONSE, REPORT):
        raise Refused("neither a Response nor a Report")
    start, request_id = body.start, body.number()
    written_id = body.data[start : body.start]
    status, index = body.number(), body.number()
    listed = body.only(LIST)
    binds = []
    while listed.start < listed.end:
        bind = listed.only(LIST)
        name = identifier(bind.only(NAME).octets)
        kind, content = bind.element()
        if bind.start != bind.end:
            raise Refused("something after a value")
        binds.append((name, kind, value(kind, content.octets)))
    return Answer(tag, request_id, written_id, status, index, binds)


def community_answer(data: bytes, community: bytes) -> Answer:
    """A version 2c message. Version and community are compared as octets: agents send back what they were sent."""
    inside = Reader(data).only(LIST)
    prefix = b"\x02\x01\x01\x04" + bytes([len(community)]) + community
    if not inside.octets.startswith(prefix):
        raise Refused("another version or community")
    inside.start += len(prefix)
    return answer(inside)


@dataclass(frozen=True)
class Secured:
    """A version 3 message, nothing of it believed yet. `signed` is what its code was made of."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    seconds: int
    user: bytes
    code: bytes
    salt: bytes
    scoped: Reader
    signed: bytes

    @property
    def level(self) -> int:
        """0 neither, 1 authentic, 3 private too (and 2, which is none)."""
        return self.flags & 3


def secured(data: bytes) -> Secured:
    message = Reader(data).only(LIST)
    if message.number() != 3:
        raise Refused("another version")
    header = message.only(LIST)
    message_id, _ = header.number(), header.number()
    flags = header.only(TEXT).octets
    if len(flags) != 1 or header.number() != 3:
        raise Refused("another security model")
    parameters = message.only(TEXT).only(LIST)
    engine_id = parameters.only(TEXT).octets
    boots, seconds = parameters.number(), parameters.number()
    if min(boots, seconds) < 0 or max(boots, seconds) > _LAST:
        raise Refused("a clock beyond its range")
    user = parameters.only(TEXT).octets
    code = parameters.only(TEXT)
    salt = parameters.only(TEXT).octets
    signed = data[: code.start] + bytes(code.end - code.start) + data[code.end : message.end]
    return Secured(message_id, flags[0], engine_id, boots, seconds, user, code.octets, salt, message, signed)


def pdu_in(scoped: Reader) -> Reader:
    """Past the context of a scoped PDU."""
    inside = scoped.only(LIST)
    inside.only(TEXT)
    inside.only(TEXT)
    if inside.start == inside.end:
        raise Refused("a scoped PDU without a PDU")
    return inside
