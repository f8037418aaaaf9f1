"""SNMP messages of version 1 and 2c, and the PDU inside every version (RFC 1157, 1901, 3416). Pure.

Only three kinds of PDU can be written, and all of them read: `Request` has no other members, and `request_tail` and
the envelopes take nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from collectors.errors import Malformed
from collectors.snmp import ber
from collectors.snmp.ber import Bind


class Request(IntEnum):
    """The PDUs we send, by tag."""

    GET = 0xA0
    GET_NEXT = 0xA1
    GET_BULK = 0xA5


RESPONSE: Final = 0xA2
REPORT: Final = 0xA8

V1: Final = 0
V2C: Final = 1
V3: Final = 3

NO_ERROR: Final = 0
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
GEN_ERR: Final = 5

ERROR_NAMES: Final = (
    "noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength",
    "wrongEncoding", "wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed",
    "undoFailed", "authorizationError", "notWritable", "inconsistentName",
)  # fmt: skip

REQUEST_ID_OCTETS: Final = b"\x02\x04"  # ids always take four octets, so that a prepared request only changes there
_NO_ERROR: Final = b"\x02\x01\x00\x02\x01\x00\x30"  # error status, error index, and the bindings begin
LOWEST_ID: Final = 1 << 24
HIGHEST_ID: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Pdu:
    """A PDU as received. For a Response `index` counts from 1, 0 for none."""

    tag: int
    request_id: int
    status: int
    index: int
    binds: list[Bind]

    @property
    def error(self) -> str:
        return ERROR_NAMES[self.status] if 0 <= self.status < len(ERROR_NAMES) else f"error-status {self.status}"


_binds: dict[str, bytes] = {}
_BINDS_KEPT: Final = 1 << 16  # some 10 MB at most


def bind_list(oids: Iterable[str]) -> bytes:
    """A VarBindList asking for `oids`: each with a NULL value.

    Encoded names are kept, up to a bound: the walks of an estate ask for mostly the same ones.
    """
    return ber.tlv(ber.SEQUENCE, b"".join([_binds.get(oid) or _bind(oid) for oid in oids]))


def _bind(oid: str) -> bytes:
    written = ber.tlv(ber.SEQUENCE, ber.oid_tlv(oid) + b"\x05\x00")
    if len(written) <= ber.LONGEST_KEPT:
        if len(_binds) >= _BINDS_KEPT:
            _binds.clear()
        _binds[oid] = written
    return written


def request_tail(oids: Iterable[str], repetitions: int = 0) -> bytes:
    """What follows the request id in a PDU. For GETBULK: no non-repeaters, `repetitions` each; else two zeros."""
    return b"\x02\x01\x00" + ber.integer(repetitions) + bind_list(oids)


def pdu_head(request: Request, tail_octets: int) -> bytes:
    """What goes before the request id's four octets in a PDU whose tail has `tail_octets`."""
    kind = Request(request)  # whatever else a caller may pass is refused here
    return bytes((kind,)) + ber.length(len(REQUEST_ID_OCTETS) + 4 + tail_octets) + REQUEST_ID_OCTETS


class CommunityEnvelope:
    """The wrapping of version 1 and 2c: version and community around the PDU."""

    __slots__ = ("_heads", "_prefix", "version")

    def __init__(self, version: int, community: str) -> None:
        self.version = version
        self._prefix = ber.integer(version) + ber.tlv(ber.OCTET_STRING, community.encode())
        self._heads: dict[tuple[int, int], bytes] = {}

    def wrap(self, request: Request, request_id: int, tail: bytes) -> bytes:
        """The datagram. Of requests of one kind and length only the id and the tail differ, so the rest is kept."""
        key = (request, len(tail))
        head = self._heads.get(key)
        if head is None:
            pdu = pdu_head(request, len(tail))
            inside = len(self._prefix) + len(pdu) + 4 + len(tail)
            head = bytes((ber.SEQUENCE,)) + ber.length(inside) + self._prefix + pdu
            if len(self._heads) > 256:
                self._heads.clear()
            self._heads[key] = head
        return head + request_id.to_bytes(4, "big") + tail

    def open(self, data: bytes, request_id: int) -> tuple[bytes, int, int]:
        """The octets the PDU is in, where it starts and what it ends before; `Malformed` if not of our wrapping.

        `request_id` is in the PDU, and compared there.
        """
        start, end = ber.expect_tlv(data, 0, len(data), ber.SEQUENCE)
        if not data.startswith(self._prefix, start):
            raise Malformed("the answer carries another version or community")
        return data, start + len(self._prefix), end

    def settle(self) -> None:
        """An exchange is over: nothing is learnt here."""


def read_pdu_head(data: bytes, at: int, end: int) -> tuple[int, int, int, int, int, int]:
    """The PDU at `at` up to its bindings: tag, request id, error status, error index, start and stop of those.

    The shape nearly every answer has (an id of four octets, no error, nothing after the bindings) is read in place.
    """
    try:
        tag, start, stop = ber.read_tlv(data, at, end)
        if tag == RESPONSE and stop == end and data.startswith(_NO_ERROR, start + 6) and data[start + 1] == 4:
            _, bindings, last = ber.read_tlv(data, start + 12, end)
            if last == end and data[start] == ber.INTEGER:
                return RESPONSE, int.from_bytes(data[start + 2 : start + 6], "big", signed=True), 0, 0, bindings, end
    except IndexError:
        pass
    tag, at, stop = ber.read_tlv(data, at, end)
    if tag not in (RESPONSE, REPORT):
        raise Malformed(f"a PDU of type 0x{tag:02x} is no answer")
    request_id, at = ber.read_integer(data, at, stop)
    status, at = ber.read_integer(data, at, stop)
    index, at = ber.read_integer(data, at, stop)
    start, last = ber.expect_tlv(data, at, stop, ber.SEQUENCE)
    return tag, request_id, status, index, start, last


def read_pdu(data: bytes, at: int, end: int) -> Pdu:
    """The whole PDU at `at`."""
    tag, request_id, status, index, start, stop = read_pdu_head(data, at, end)
    return Pdu(tag, request_id, status, index, ber.read_binds(data, start, stop))


def peek_id(data: bytes) -> int | None:
    """The id an answer can be matched by: msgID in version 3, the request id before it. None when it has none.

    Looks at no more than it must and checks no outer length: a datagram that was cut on the way still finds whoever
    waits for it, who then knows that an answer came and was spoilt.
    """
    try:
        if data[0] != ber.SEQUENCE:
            return None
        at = _after_length(data, 1)
        if data[at] != ber.INTEGER or data[at + 1] != 1:
            return None
        version = data[at + 2]
        at += 3
        if version != V3:
            if data[at] != ber.OCTET_STRING:
                return None
            size, start = data[at + 1], _after_length(data, at + 1)
            if size & 0x80:
                size = int.from_bytes(data[at + 2 : start], "big")
            at = start + size
        at = _after_length(data, at + 1)  # into the PDU, or into version 3's header
        size = data[at + 1]
        if data[at] != ber.INTEGER or not 0 < size <= 5 or at + 2 + size > len(data):
            return None
        return int.from_bytes(data[at + 2 : at + 2 + size], "big", signed=True)
    except IndexError:
        return None


def _after_length(data: bytes, at: int) -> int:
    """Where the content starts whose length is at `at`."""
    size = data[at]
    return at + 1 if size < 0x80 else at + 1 + (size & 0x7F)
