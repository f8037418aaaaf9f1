"""One message in, one message out: SNMP as good equipment speaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo import ber, usm
from agent.demo.responder import ROOM, Agent
from agent.demo.tree import Tree, count, count64, gauge, text, whole

T = 1_763_942_400.0
ARCS = st.lists(st.integers(0, 2**32 - 1), min_size=0, max_size=12)


def agent(tree: Tree, *users: usm.User) -> Agent:
    return Agent(tree, bytes.fromhex("80001f88030248570a0b0c"), frozenset({"public"}), {u.name: u for u in users})


def small() -> Tree:
    tree = Tree()
    tree.put("1.3.6.1.2.1.1.5.0", text("sw-1"))
    for index in range(1, 41):
        tree.row(
            "1.3.6.1.2.1.2.2.1",
            index,
            {1: whole(index), 2: text(f"port {index}"), 10: count(2**32 + index), 11: count64(2**40 + index)},
        )
    return tree


def message(version: int, kind: int, first: int, second: int, *oids: str, community: bytes = b"public") -> bytes:
    bound = b"".join(ber.tlv(ber.SEQUENCE, ber.object_id(ber.oid(o)) + b"\x05\x00") for o in oids)
    pdu = ber.tlv(kind, ber.integer(77) + ber.integer(first) + ber.integer(second) + ber.tlv(ber.SEQUENCE, bound))
    return ber.tlv(ber.SEQUENCE, ber.integer(version) + ber.tlv(ber.OCTETS, community) + pdu)


def answered(data: bytes | None) -> tuple[int, int, list[tuple[str, int, bytes]]]:
    """(error-status, error-index, [(oid, tag, content)]) of a v1 or v2c response to request 77."""
    assert data is not None
    body, _ = ber.content(data, 0, ber.SEQUENCE)
    _, at = ber.number(body, 0)
    _, at = ber.content(body, at, ber.OCTETS)
    pdu, _ = ber.content(body, at, ber.RESPONSE)
    request, at = ber.number(pdu, 0)
    assert request == 77
    status, at = ber.number(pdu, at)
    index, at = ber.number(pdu, at)
    listed, _ = ber.content(pdu, at, ber.SEQUENCE)
    bindings, at = [], 0
    while at < len(listed):
        bound, at = ber.content(listed, at, ber.SEQUENCE)
        name, value_at = ber.content(bound, 0, ber.OBJECT_ID)
        tag, start, end = ber.read(bound, value_at)
        bindings.append((".".join(map(str, ber.parse_oid(name))), tag, bound[start:end]))
    return status, index, bindings


@given(ARCS)
def test_an_object_identifier_survives_the_wire(arcs):
    oid = (1, 3, *arcs)
    encoded = ber.object_id(oid)
    assert ber.parse_oid(ber.content(encoded, 0, ber.OBJECT_ID)[0]) == oid


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_is_shortest_and_survives_the_wire(value):
    encoded = ber.integer(value)
    octets, _ = ber.content(encoded, 0, ber.INTEGER)
    assert int.from_bytes(octets, "big", signed=True) == value
    assert len(octets) == 1 or not (octets[0] in (0, 0xFF) and octets[0] >> 7 == octets[1] >> 7)


@given(st.binary(max_size=200))
def test_rubbish_is_met_with_silence(data):
    assert agent(small()).answer(data, T, 1, 100) is None


@given(st.binary(min_size=1, max_size=3), st.integers(0, 60))
def test_a_damaged_request_never_breaks_the_agent(junk, at):
    good = message(1, ber.GET_BULK, 0, 10, "1.3.6.1.2.1.2.2.1.2")
    agent(small()).answer(good[:at] + junk + good[at + len(junk) :], T, 1, 100)


def test_a_get_gives_values_and_says_what_there_is_not():
    asked = ("1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.2.2.1.2.99", "1.3.6.1.4.1.9.9.9.0")
    status, _, bindings = answered(agent(small()).answer(message(1, ber.GET, 0, 0, *asked), T, 1, 100))
    assert status == 0
    assert [(o, t) for o, t, _ in bindings] == [
        (asked[0], ber.OCTETS),
        (asked[1], ber.NO_SUCH_INSTANCE),
        (asked[2], ber.NO_SUCH_OBJECT),
    ]


def test_version_1_has_an_error_for_what_is_missing_and_no_64_bit_counters():
    one = agent(small())
    status, index, _ = answered(one.answer(message(0, ber.GET, 0, 0, "1.3.6.1.2.1.1.5.0", "1.3.6.1.9.9.0"), T, 1, 100))
    assert (status, index) == (2, 2)
    status, _, _ = answered(one.answer(message(0, ber.GET, 0, 0, "1.3.6.1.2.1.2.2.1.11.1"), T, 1, 100))
    assert status == 2
    status, index, _ = answered(one.answer(message(0, ber.GET_NEXT, 0, 0, "1.3.6.1.2.1.2.2.1.10.40"), T, 1, 100))
    assert (status, index) == (2, 1)  # behind it is only Counter64, which version 1 cannot carry


def test_a_counter_wraps_at_its_width():
    _, _, bindings = answered(agent(small()).answer(message(1, ber.GET, 0, 0, "1.3.6.1.2.1.2.2.1.10.7"), T, 1, 100))
    assert int.from_bytes(bindings[0][2], "big") == 7


def test_getbulk_walks_columns_side_by_side_in_order_and_stops_where_the_frame_is_full():
    asked = message(1, ber.GET_BULK, 0, 40, "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.2.2.1.10")
    answer = agent(small()).answer(asked, T, 1, 100)
    assert len(answer) <= ROOM
    _, _, bindings = answered(answer)
    assert len(bindings) < 80
    assert [o for o, _, _ in bindings[0::2]] == [f"1.3.6.1.2.1.2.2.1.2.{i}" for i in range(1, len(bindings[0::2]) + 1)]
    assert [o for o, _, _ in bindings[1::2]] == [f"1.3.6.1.2.1.2.2.1.10.{i}" for i in range(1, len(bindings[1::2]) + 1)]


def test_getbulk_ends_once_when_the_view_is_over():
    _, _, bindings = answered(
        agent(small()).answer(message(1, ber.GET_BULK, 0, 10, "1.3.6.1.2.1.2.2.1.11.38"), T, 1, 100)
    )
    assert [t for _, t, _ in bindings] == [ber.COUNTER64, ber.COUNTER64, ber.END_OF_MIB_VIEW]


def test_a_get_that_does_not_fit_one_frame_is_too_big():
    asked = [f"1.3.6.1.2.1.2.2.1.2.{i}" for i in range(1, 41)] * 3
    status, _, bindings = answered(agent(small()).answer(message(1, ber.GET, 0, 0, *asked), T, 1, 100))
    assert (status, bindings) == (1, [])


def test_a_row_that_is_gone_is_stepped_over():
    tree = Tree()
    for index in (1, 2, 3):
        tree.row("1.3.6.1.9.1", index, {1: whole(lambda t, index=index: None if index == 2 else index)})
    one = agent(tree)
    _, _, bindings = answered(one.answer(message(1, ber.GET_NEXT, 0, 0, "1.3.6.1.9.1.1.1"), T, 1, 100))
    assert bindings[0][0] == "1.3.6.1.9.1.1.3"
    _, _, bindings = answered(one.answer(message(1, ber.GET, 0, 0, "1.3.6.1.9.1.1.2"), T, 1, 100))
    assert bindings[0][1] == ber.NO_SUCH_INSTANCE


def test_a_set_is_refused_and_counted():
    one = agent(small())
    status, index, _ = answered(one.answer(message(1, ber.SET, 0, 0, "1.3.6.1.2.1.1.5.0"), T, 1, 100))
    assert (status, index) == (17, 1)
    assert one.counters.sets_refused == 1


def test_a_wrong_community_is_met_with_silence():
    one = agent(small())
    assert one.answer(message(1, ber.GET, 0, 0, "1.3.6.1.2.1.1.5.0", community=b"guess"), T, 1, 100) is None
    assert one.counters.bad_communities == 1


@pytest.mark.parametrize("value", [-5, 2**33])
def test_a_gauge_latches_at_its_ends(value):
    tree = Tree()
    tree.put("1.3.6.1.9.0", gauge(value))
    _, _, bindings = answered(agent(tree).answer(message(1, ber.GET, 0, 0, "1.3.6.1.9.0"), T, 1, 100))
    assert int.from_bytes(bindings[0][2], "big") == (0 if value < 0 else 2**32 - 1)
