"""The codec against pyasn1 and pysnmp as oracles, and against damage: a wrong value is worse than none."""

from __future__ import annotations

import ast
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.proto.api import v1, v2c

from collectors.errors import Malformed
from collectors.session import Cells
from collectors.snmp import ber
from collectors.snmp.chunks import Chunk, chunks_of, read_cells
from collectors.snmp.message import (
    HIGHEST_ID,
    LOWEST_ID,
    V1,
    V2C,
    CommunityEnvelope,
    Pdu,
    Request,
    pdu_head,
    peek_id,
    read_pdu,
    request_tail,
)
from collectors.snmp.reference import _bind
from tests.snmp import hostile

ids = st.integers(LOWEST_ID, HIGHEST_ID)
sub_identifiers = st.integers(0, 2**32 - 1)
oids = st.builds(
    lambda head, rest: ".".join(map(str, (*head, *rest))),
    st.one_of(st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 2**32 - 81))),
    st.lists(sub_identifiers, max_size=40),
)
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(v2c.Integer32),
    st.binary(max_size=400).map(v2c.OctetString),
    oids.map(v2c.ObjectIdentifier),
    st.binary(min_size=4, max_size=4).map(v2c.IpAddress),
    st.integers(0, 2**32 - 1).map(v2c.Counter32),
    st.integers(0, 2**32 - 1).map(v2c.Gauge32),
    st.integers(0, 2**32 - 1).map(v2c.TimeTicks),
    st.binary(max_size=100).map(v2c.Opaque),
    st.integers(0, 2**64 - 1).map(v2c.Counter64),
    st.sampled_from([v2c.NoSuchObject(""), v2c.NoSuchInstance(""), v2c.EndOfMibView(""), v2c.Null("")]),
)
bindings = st.lists(st.tuples(oids, values), max_size=30)


def written_by_pysnmp(binds: list[tuple[str, Any]], request_id: int, status: int = 0, index: int = 0) -> bytes:
    pdu = v2c.ResponsePDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    v2c.apiPDU.set_error_status(pdu, status)
    v2c.apiPDU.set_error_index(pdu, index)
    v2c.apiPDU.set_varbinds(pdu, [(v2c.ObjectIdentifier(name), value) for name, value in binds])
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, b"hart")
    v2c.apiMessage.set_pdu(message, pdu)
    written: bytes = encoder.encode(message)
    return written


def read_by_pysnmp(data: bytes) -> list[tuple[str, int, Any]] | None:
    """What pysnmp makes of a Response, or None where it makes nothing of it."""
    try:
        message, _ = decoder.decode(data, asn1Spec=v2c.Message())
        pdu = v2c.apiMessage.get_pdu(message)
        return [_bind(name, value) for name, value in v2c.apiPDU.get_varbinds(pdu)]
    except (PyAsn1Error, IndexError, ValueError, TypeError, AttributeError, KeyError, OverflowError, Malformed):
        return None


ENVELOPE = CommunityEnvelope(V2C, "hart")


# ---------------------------------------------------------------- the same octets as others
@given(oids)
def test_object_identifiers_are_written_and_read_as_pyasn1_does(oid: str) -> None:
    written = encoder.encode(univ.ObjectIdentifier(oid))
    assert ber.oid_tlv(oid) == written
    assert ber.oid_text(ber.oid_content(oid)) == oid


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_are_written_as_pyasn1_does(number: int) -> None:
    assert ber.integer(number) == encoder.encode(univ.Integer(number))
    assert ber.read_integer(ber.integer(number), 0, len(ber.integer(number)))[0] == number


@given(st.integers(0, 2**31))
@example(127)
@example(128)
@example(65535)
def test_lengths_are_read_as_written(octets: int) -> None:
    written = ber.length(octets)
    assert len(written) <= 5
    if octets < 2**16:
        data = b"\x04" + written + bytes(octets)
        assert ber.read_tlv(data, 0, len(data)) == (4, 1 + len(written), len(data))


@pytest.mark.parametrize("text", ["", "1.", ".1.3", "1.3.x", "3.1", "1.40", "1.-3", "1." * 200 + "1"])
def test_what_is_no_object_identifier_is_our_mistake(text: str) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        ber.oid_content(text)


@given(bindings, ids, st.integers(0, 18), st.integers(0, 30))
def test_answers_are_read_as_pysnmp_wrote_them(binds: list[Any], request_id: int, status: int, index: int) -> None:
    data = written_by_pysnmp(binds, request_id, status, index)
    plain, at, end = ENVELOPE.open(data, request_id)
    pdu = read_pdu(plain, at, end)
    assert (pdu.request_id, pdu.status, pdu.index) == (request_id, status, index)
    assert peek_id(data) == request_id
    wanted = [_bind(v2c.ObjectIdentifier(name), value) for name, value in binds]
    assert [repr(bind) for bind in pdu.binds] == [repr(bind) for bind in wanted]  # nan is not nan


@given(
    st.lists(oids, max_size=60), ids, st.integers(0, 100), st.sampled_from(list(Request)), st.sampled_from([V1, V2C])
)
def test_requests_are_read_by_pysnmp_as_we_meant_them(
    names: list[str], request_id: int, repetitions: int, request: Request, version: int
) -> None:
    if version == V1 and request is Request.GET_BULK:
        request = Request.GET_NEXT
    repetitions = repetitions if request is Request.GET_BULK else 0
    data = CommunityEnvelope(version, "hart-read").wrap(request, request_id, request_tail(names, repetitions))
    module = v1 if version == V1 else v2c
    message, rest = decoder.decode(data, asn1Spec=module.Message())
    assert rest == b""
    assert (int(module.apiMessage.get_version(message)), bytes(module.apiMessage.get_community(message))) == (
        version,
        b"hart-read",
    )
    pdu = module.apiMessage.get_pdu(message)
    assert int(module.apiPDU.get_request_id(pdu)) == request_id
    assert [str(name) for name, _ in module.apiPDU.get_varbinds(pdu)] == names
    assert data[data.index(b"hart-read") + 9] == int(request)
    if request is Request.GET_BULK:
        assert int(v2c.apiBulkPDU.get_non_repeaters(pdu)) == 0
        assert int(v2c.apiBulkPDU.get_max_repetitions(pdu)) == repetitions
    assert encoder.encode(message) == data or version == V1 or len(names) == 0


# ---------------------------------------------------------------- reading only
def test_no_request_but_the_reading_ones_can_be_written() -> None:
    assert {int(request) for request in Request} == {0xA0, 0xA1, 0xA5}
    for tag in set(range(256)) - {0xA0, 0xA1, 0xA5}:
        with pytest.raises(ValueError, match="not a valid Request"):
            pdu_head(tag, 20)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="not a valid Request"):
            CommunityEnvelope(V2C, "hart").wrap(tag, LOWEST_ID, request_tail(["1.3.6.1"]))  # type: ignore[arg-type]


def test_the_tag_of_a_set_is_nowhere_in_the_code() -> None:
    folder = Path(ber.__file__).parent
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        numbers = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is int}
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom | ast.Import) for alias in n.names}
        assert 0xA3 not in numbers, path.name
        assert not {name for name in names if "set_cmd" in name.lower() or "setrequest" in name.lower()}, path.name
        assert "SetCommandGenerator" not in names, path.name


# ---------------------------------------------------------------- damage
COLUMN = "1.3.6.1.2.1.31.1.1.1.6"
CHUNK = Chunk(range(8), [f"{COLUMN}.{row}" for row in range(1, 9)])
HELD = [
    v2c.Counter64(2**63 - 1),
    v2c.Counter32(2**31),
    v2c.Integer32(-5),
    v2c.OctetString(b"caf\xe9"),
    v2c.TimeTicks(99),
    v2c.NoSuchInstance(""),
    v2c.Gauge32(7),
    v2c.Opaque(b"\x9f\x78\x04" + struct.pack(">f", 1.5)),
]
REQUEST_ID = 0x12345678
SOUND = written_by_pysnmp(list(zip(CHUNK.oids, HELD, strict=True)), REQUEST_ID)
PLAIN = written_by_pysnmp(list(zip(CHUNK.oids, HELD[:7], strict=False)), REQUEST_ID)
damage = st.lists(
    st.one_of(
        st.tuples(st.just("octet"), st.integers(0, len(SOUND) - 1), st.integers(0, 255)),
        st.tuples(st.just("cut"), st.integers(0, len(SOUND) - 1), st.just(0)),
        st.tuples(st.just("insert"), st.integers(0, len(SOUND) - 1), st.integers(0, 255)),
        st.tuples(st.just("drop"), st.integers(0, len(SOUND) - 1), st.just(0)),
    ),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, steps: list[tuple[str, int, int]]) -> bytes:
    spoilt = bytearray(data)
    for kind, at, octet in steps:
        if kind == "octet" and at < len(spoilt):
            spoilt[at] = octet
        elif kind == "cut":
            del spoilt[at:]
        elif kind == "insert":
            spoilt.insert(at, octet)
        elif kind == "drop" and at < len(spoilt):
            del spoilt[at]
    return bytes(spoilt)


def read_whole(chunk: Chunk, data: bytes) -> list[Any] | Pdu | None:
    """As a session reads it; None where it is refused."""
    peek_id(data)
    try:
        plain, at, end = ENVELOPE.open(data, REQUEST_ID)
        return read_cells(chunk, plain, at, end, REQUEST_ID)
    except Malformed:
        return None


def test_the_quick_reading_and_the_careful_one_agree() -> None:
    chunk = Chunk(range(7), CHUNK.oids[:7])
    assert read_whole(chunk, PLAIN) == [2**63 - 1, 2**31, -5, b"caf\xe9", 99, None, 7]
    careful = read_whole(CHUNK, SOUND)
    assert isinstance(careful, Pdu)
    assert [value for _, _, value in careful.binds] == [2**63 - 1, 2**31, -5, b"caf\xe9", 99, None, 7, 1.5]


@given(damage)
def test_a_damaged_answer_is_refused_or_read_as_another_reader_does(
    steps: list[tuple[str, int, int]],
) -> None:
    for chunk, whole in ((CHUNK, SOUND), (Chunk(range(7), CHUNK.oids[:7]), PLAIN)):
        data = damaged(whole, steps)
        got = read_whole(chunk, data)
        if got is None:
            continue
        other = read_by_pysnmp(data)
        if isinstance(got, list):
            _, at, end = ENVELOPE.open(data, REQUEST_ID)
            careful = read_pdu(data, at, end)
            assert [name for name, _, _ in careful.binds] == list(chunk.oids)
            assert [value for _, _, value in careful.binds] == got
            if other is not None:
                assert [unsigned(bind) for bind in other] == [unsigned(bind) for bind in careful.binds]
        elif other is not None and got.status == 0:
            assert [unsigned(bind) for bind in other] == [unsigned(bind) for bind in got.binds]


def unsigned(bind: tuple[str, int, Any]) -> tuple[str, int, Any]:
    """pysnmp has two numbers for a counter without its leading zero, and refuses one of them; the rest is compared."""
    name, tag, value = bind
    if tag not in ber.KNOWN:
        return name, tag, None
    return name, tag, repr(value)


@given(st.binary(max_size=300))
def test_noise_is_refused(data: bytes) -> None:
    assert read_whole(CHUNK, data) is None
    for read in (
        lambda: ber.read_binds(data, 0, len(data)),
        lambda: ber.oid_text(data),
        lambda: [ber.value_of(tag, data) for tag in range(256)],
        lambda: read_pdu(data, 0, len(data)),
    ):
        try:
            read()
        except Malformed:
            continue


def test_depth_costs_nothing() -> None:
    """Elements nested a thousand deep are one element to us: nothing here recurses."""
    data = b"\x05\x00"
    for _ in range(1000):
        data = hostile.tlv(0x30, data)
    assert read_whole(CHUNK, data) is None
    nested = hostile.response(REQUEST_ID, [((1, 3, 6, 1), data)])
    assert read_pdu(nested, 0, len(nested)).binds == [("1.3.6.1", 0x30, None)]


# ---------------------------------------------------------------- cutting into requests
@given(st.integers(1, 400), st.integers(1, 80))
def test_every_cell_is_in_one_chunk_in_order(cells: int, most: int) -> None:
    wanted = Cells([f"1.3.6.1.2.1.2.2.1.{n % 22 + 1}.{n}" for n in range(cells)])
    chunks = chunks_of(wanted, most)
    assert [place for chunk in chunks for place in chunk.places] == list(range(cells))
    assert [oid for chunk in chunks for oid in chunk.oids] == list(wanted.oids)
    assert max(map(len, chunks)) <= most
    assert chunks_of(wanted, most) is chunks
