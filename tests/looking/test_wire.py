"""Visits between a worker and the agent: what is told is what is heard, and nothing is held longer than it lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.looking.wire import HEAD, Hearing, Message, Telling, frame, message_of
from collectors.readings import (
    Answered,
    Block,
    Cadence,
    Check,
    Failure,
    Group,
    Identity,
    Interface,
    Layout,
    Level,
    Metric,
    Part,
    Sensor,
    Usage,
    Visit,
)

NOON = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)
OCTETS = Metric("ifHCInOctets", "Octets received.", "counter")
LOSS = Metric("widget_loss", "Loss.")


def over(message: Message) -> Message:
    """The message as the other end has it."""
    octets = frame(message)
    assert int.from_bytes(octets[:HEAD], "big") == len(octets) - HEAD
    return message_of(octets[HEAD:])


def layout(cadence: Cadence, metric: Metric, rows: int) -> Layout:
    return Layout.of(cadence, (Group(metric, tuple((("ifIndex", str(n)),) for n in range(rows))),))


def visit(*blocks: Block, device: str = "sw-1", cadence: Cadence = Cadence.PULSE, **changes: Any) -> Visit:
    return replace(Visit(device, cadence, NOON, 0.25, True, blocks=blocks), **changes)


def heard(telling: Telling, hearing: Hearing, told: Visit) -> tuple[Visit, list[str]]:
    """The visit at the other end, and the kinds of messages it took."""
    kinds, got = [], None
    for message in telling.visit(7, told):
        kind, *rest = over(message)
        kinds.append(kind)
        if kind == "layout":
            hearing.layout(*rest)
        elif kind == "gone":
            hearing.gone(*rest)
        else:
            ticket, short = rest
            assert ticket == 7
            got = hearing.visit(short)
    assert got is not None
    return got, kinds


def plain(of: Visit) -> Visit:
    """With the values as tuples and the layouts by what they say, to be compared."""
    return replace(of, blocks=tuple((b.layout.cadence, b.layout.groups, tuple(b.values)) for b in of.blocks))  # type: ignore[misc]


def test_a_visit_arrives_with_everything_in_it() -> None:
    told = visit(
        Block(layout(Cadence.PULSE, OCTETS, 3), (1, 2**63, 3)),
        Block(layout(Cadence.HEALTH, LOSS, 2), (0.5, None)),
        cadence=Cadence.INVENTORY,
        answered=Answered(snmp=True, icmp=False),
        profile="generic",
        device_class="switch",
        requests=9,
        retries=1,
        identity=Identity(vendor="Widget", serial="W1", uptime_seconds=12.5),
        interfaces=(Interface(1, "Gi1", oper="up", in_octets=2**63),),
        sensors=(Sensor("temperature", "Inlet", 31.0, "celsius", "1.3.6.1", level=Level.OK),),
        processors=(Usage("CPU", 0.5),),
        wireless={"clients": 3.0},
        parts=(Part("chassis", "Chassis", serial="W1"),),
        checks=(Check("fan", "1", "ok", Level.OK),),
        failures=(Failure("snmp", "no_answer", "1.3", "no answer"),),
    )
    got, _ = heard(Telling(), Hearing(), told)
    assert plain(got) == plain(told)


def test_labels_are_told_once_and_the_layout_stays_the_same_object() -> None:
    telling, hearing = Telling(), Hearing()
    known = layout(Cadence.PULSE, OCTETS, 30)
    first, kinds = heard(telling, hearing, visit(Block(known, tuple(range(30)))))
    assert kinds == ["layout", "visit"]
    second, kinds = heard(telling, hearing, visit(Block(known, tuple(range(30, 60)))))
    assert kinds == ["visit"]
    assert first.blocks[0].layout is second.blocks[0].layout
    assert list(second.blocks[0].values) == list(range(30, 60))


def test_a_layout_that_no_visit_needs_any_more_is_let_go_on_both_sides() -> None:
    telling, hearing = Telling(), Hearing()
    for rows in range(1, 40):
        heard(telling, hearing, visit(Block(layout(Cadence.PULSE, OCTETS, rows), tuple(range(rows)))))
        assert len(telling._numbers) == len(hearing._layouts) == 1
    for message in telling.forget("sw-1"):
        hearing.gone(*over(message)[1:])
    assert (len(telling._numbers), len(hearing._layouts), len(telling._told)) == (0, 0, 0)


def test_two_devices_with_the_same_rows_share_a_layout_until_the_last_of_them_goes() -> None:
    telling, hearing = Telling(), Hearing()
    same = layout(Cadence.PULSE, OCTETS, 3)
    heard(telling, hearing, visit(Block(same, (1, 2, 3)), device="a"))
    _, kinds = heard(telling, hearing, visit(Block(same, (1, 2, 3)), device="b"))
    assert kinds == ["visit"]
    assert list(telling.forget("a")) == []
    got, _ = heard(telling, hearing, visit(Block(same, (4, 5, 6)), device="b"))
    assert list(got.blocks[0].values) == [4, 5, 6]


def test_a_pulse_keeps_the_layouts_that_only_health_visits_use() -> None:
    telling, hearing = Telling(), Hearing()
    pulse, health = layout(Cadence.PULSE, OCTETS, 2), layout(Cadence.HEALTH, LOSS, 2)
    heard(telling, hearing, visit(Block(pulse, (1, 2)), Block(health, (0.1, 0.2)), cadence=Cadence.HEALTH))
    heard(telling, hearing, visit(Block(pulse, (3, 4))))
    _, kinds = heard(telling, hearing, visit(Block(pulse, (1, 2)), Block(health, (0.3, 0.4)), cadence=Cadence.HEALTH))
    assert kinds == ["visit"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.sampled_from(list(Cadence)),
            st.lists(st.tuples(st.sampled_from(list(Cadence)), st.integers(1, 4)), max_size=3),
        ),
        max_size=25,
    )
)  # fmt: skip
def test_whatever_the_order_of_visits_each_arrives_and_both_ends_hold_the_same(
    course: list[tuple[str, Cadence, list[tuple[Cadence, int]]]],
) -> None:
    telling, hearing = Telling(), Hearing()
    for device, cadence, blocks in course:
        made = [Block(layout(c, OCTETS, rows), tuple(range(rows))) for c, rows in blocks]
        told = visit(*made, device=device, cadence=cadence)
        got, _ = heard(telling, hearing, told)
        assert plain(got) == plain(told)
        assert set(telling._numbers.values()) == set(hearing._layouts)
        assert set(telling._told) == set(hearing._layouts)
    for device in "abc":
        for message in telling.forget(device):
            hearing.gone(*over(message)[1:])
    assert not telling._numbers
    assert not hearing._layouts
