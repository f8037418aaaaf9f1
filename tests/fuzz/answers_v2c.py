"""Any octets as the answer to a GET over version 2c: read as a second reader reads them, or refused as it refuses them.

An input is one octet that chooses what was asked and how, and then the datagram as it is, or a script by which one is
written: sound but for the forms of its lengths, which octets altered by chance hardly ever keep in step.
"""

from __future__ import annotations

import itertools
import struct
import sys
from collections.abc import Iterator

from collectors.errors import Malformed
from collectors.session import Value
from collectors.snmp.chunks import Chunk, read_cells, values_by_name
from collectors.snmp.message import NO_ERROR, RESPONSE, V2C, CommunityEnvelope, Pdu, peek_id, read_pdu
from tests.fuzz import second_reader
from tests.fuzz.campaign import lead
from tests.fuzz.script import Script
from tests.fuzz.second_reader import Answer, Refused, same
from tests.snmp import hostile
from tests.snmp.hostile import dotted

COMMUNITY = b"hart"
ENVELOPE = CommunityEnvelope(V2C, COMMUNITY.decode())
REQUEST_ID = 0x1234_5678
COLUMN = "1.3.6.1.2.1.31.1.1.1.6"
LONG = "1.3.6.1.4.1." + ".".join(["4294967295"] * 23)  # too long for a short length with any value

ASKED = (
    Chunk(range(8), [f"{COLUMN}.{row}" for row in range(1, 9)]),
    Chunk(range(1), ["1.3.6.1.2.1.1.3.0"]),
    Chunk(range(2), ["1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.5.0"]),
    Chunk(range(2), [LONG, "1.3.6.1.2.1.1.1.0"]),
)
VALUES = [
    hostile.num(2**63 - 1, 0x46),
    hostile.num(2**31, 0x41),
    hostile.num(-5),
    hostile.text(b"caf\xe9"),
    hostile.num(99, 0x43),
    hostile.NO_SUCH_INSTANCE,
    hostile.num(7, 0x42),
    hostile.tlv(0x44, b"\x9f\x78\x04" + struct.pack(">f", 1.5)),
    hostile.tlv(0x40, bytes([192, 0, 2, 1])),
    hostile.oid((1, 3, 6, 1, 4, 1, 9, 1, 516)),
    hostile.text(b"x" * 150),
    hostile.tlv(0x46, b"\xff" * 8),  # without its leading zero
    hostile.tlv(0x41, b"\x00" + b"\xff" * 8),
    hostile.tlv(0x47, b"\x01" + b"\xff" * 8),  # beyond 64 bits
    hostile.tlv(2, b""),
    hostile.tlv(6, b""),
    hostile.oid((1, 3, *range(126))),
    hostile.oid((1, 3, *range(127))),  # an arc too many
    hostile.tlv(0x45, b"\x49\x00\x51"),
    hostile.tlv(0x44, b"\x9f\x79\x08" + struct.pack(">d", float("nan"))),
    hostile.tlv(0x44, b"\x9f\x7a\x02\xff\x00"),
    hostile.tlv(0x44, b"\x9f\x76\x09\x00" + b"\xff" * 8),
    hostile.tlv(0x44, b"\x9f\x78\x05" + b"\xff" * 4),
    hostile.tlv(0x24, b"of a type that SNMP has not"),
]


WRITTEN = 4
RIGHT, LONG_FORM, ONE_OCTET, ONE_MORE = range(4)  # forms of a length


def check(data: bytes) -> None:
    first = data[0] if data else 0
    chunk = ASKED[first % len(ASKED)]
    datagram = _written(Script(data[1:]), chunk) if first & WRITTEN else data[1:]
    try:
        expected = second_reader.community_answer(datagram, COMMUNITY)
    except Refused:
        expected = None
    found = peek_id(datagram)
    try:
        plain, at, end = ENVELOPE.open(datagram, REQUEST_ID)
        got: list[Value] | Pdu | Malformed = read_cells(chunk, plain, at, end, REQUEST_ID)
    except Malformed as refusal:
        got = refusal
    if isinstance(got, Malformed):
        assert expected is None or expected.request_id != REQUEST_ID, f"a sound answer is refused: {got}"
        return
    agree(chunk, REQUEST_ID, got, expected, carefully(plain, at, end))
    # An id in an odd form may find nobody; an answer must never find somebody else.
    assert found in (None, REQUEST_ID), "the answer finds another waiter"
    assert found or (expected and expected.written_id != hostile.num(REQUEST_ID)), "the answer finds no waiter"


def carefully(data: bytes, at: int, end: int) -> Pdu:
    """What the careful reading makes of octets that the quick one has taken."""
    try:
        return read_pdu(data, at, end)
    except Malformed as refusal:
        raise AssertionError(f"the quick reading takes what the careful one refuses: {refusal}") from refusal


def agree(chunk: Chunk, request_id: int, got: list[Value] | Pdu, expected: Answer | None, careful: Pdu) -> None:
    """The quick reading, the careful one and the second reader say the same of one answer to `chunk`."""
    assert expected is not None, "an answer is read that a second reader refuses"
    assert expected.request_id == request_id, "the answer to another request is taken"
    assert same(_parts(careful), (expected.tag, expected.request_id, expected.status, expected.index, expected.binds))
    values, missing, fault = values_by_name(chunk, careful)
    if isinstance(got, list):
        assert (careful.tag, careful.status) == (RESPONSE, NO_ERROR), "the values of an answer that has none"
        assert [name for name, _, _ in careful.binds] == list(chunk.oids), "values under other names"
        assert same(got, values), "the quick reading gives other values"
        assert (missing, fault) == ([], None)
        return
    assert same(_parts(got), _parts(careful))
    told: dict[str, list[Value]] = {}
    for name, _, value in expected.binds:
        told.setdefault(name, []).append(value)
    for place, (name, value) in enumerate(zip(chunk.oids, values, strict=True)):
        said = told.get(name, [])
        assert value is None or any(same(value, other) for other in said), f"a value that was not told for {name}"
        assert (place in missing) == (not said)
        assert fault or not said or same(value, said[-1]), f"the value of {name} is lost without a word"


def _written(script: Script, chunk: Chunk) -> bytes:
    """A datagram whose names are those asked for, as far as the script does not say otherwise."""
    outer, listed = script.octet(), b""
    for place in range(script.below(len(chunk) + 2)):
        forms, name, which = script.octet(), script.octet(), script.below(len(VALUES) + 1)
        named = _element(hostile.oid(dotted(chunk.oids[(place + name) % len(chunk)])), forms >> 2)
        value = VALUES[which] if which < len(VALUES) else hostile.tlv(script.octet(), script.piece())
        listed += _element(hostile.tlv(0x30, named + _element(value, forms >> 4)), forms)
    body = hostile.num(REQUEST_ID) + hostile.num(0) * 2 + _element(hostile.tlv(0x30, listed), outer)
    inside = hostile.num(1) + hostile.text(COMMUNITY) + _element(hostile.tlv(RESPONSE, body), outer >> 2)
    return _element(hostile.tlv(0x30, inside), outer >> 4)


def _element(sound: bytes, form: int) -> bytes:
    """An element with its length in another form."""
    tag, content, _ = hostile.take(sound)
    form, size = form % 4, len(content)
    if form == LONG_FORM:
        return bytes([tag, 0x84]) + size.to_bytes(4, "big") + content
    if form == ONE_OCTET and size < 256:  # also where that is too few
        return bytes([tag, size]) + content
    return hostile.tlv(tag, content + b"\x00")[:-1] if form == ONE_MORE else sound


def _parts(pdu: Pdu) -> tuple[object, ...]:
    return pdu.tag, pdu.request_id, pdu.status, pdu.index, pdu.binds


def message(bindings: list[tuple[str, bytes]], status: int = 0, index: int = 0, tag: int = RESPONSE) -> bytes:
    """A genuine answer."""
    pdu = hostile.response(REQUEST_ID, [(dotted(name), value) for name, value in bindings], status, index, tag)
    return hostile.tlv(0x30, hostile.num(1) + hostile.text(COMMUNITY) + pdu)


def corpus() -> Iterator[bytes]:
    for which, chunk in enumerate(ASKED):
        for first in range(len(VALUES)):
            values = (VALUES[first:] + VALUES)[: len(chunk)]
            told = list(zip(chunk.oids, values, strict=True))
            yield bytes([which]) + message(told)
            yield bytes([which]) + message(told[::-1])
        yield bytes([which]) + message(told + told)
        yield bytes([which]) + message(told[1:])
        yield bytes([which]) + message([(name, b"\x05\x00") for name in chunk.oids], 5, 1)
        yield bytes([which]) + message(told, tag=hostile.REPORT)
        for form, where in itertools.product(range(4), (0, 2, 4)):
            for value in range(len(VALUES)):
                yield bytes([which | WRITTEN, 0, 1, form << where, 0, value])
                yield bytes([which | WRITTEN, form << where, 1, 0, 0, value])
        # Lengths of 128 and more in one octet, throughout: what the quick reading once took for lengths all the same.
        one_octet = ONE_OCTET | ONE_OCTET << 2 | ONE_OCTET << 4
        for value in range(len(VALUES)):
            yield bytes([which | WRITTEN, 0, len(chunk)]) + bytes([one_octet, 0, value]) * len(chunk)


def main() -> int:
    return lead("answers_v2c", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
