"""What is kept of visits: each cadence's own part, in little room, and nothing of it wrong."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.latest import WORTH_PACKING, Latest, packed
from collectors.readings import (
    Block,
    Cadence,
    Check,
    Group,
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
ROWS = 20


def block(cadence: Cadence, first: int = 0) -> Block:
    layout = Layout.of(cadence, (Group(Metric(f"widget_{cadence.value}", "."), tuple((("n", str(n)),) for n in range(ROWS))),))  # fmt: skip  # noqa: E501
    return Block(layout, tuple(range(first, first + ROWS)))


def visit(cadence: Cadence, first: int = 0, at: datetime = NOON) -> Visit:
    bare = Visit("sw-1", cadence, at, 0.5, True, blocks=tuple(block(c, first) for c in cadence.includes))
    if cadence is Cadence.PULSE:
        return bare
    full = replace(
        bare,
        interfaces=(Interface(1, "Gi1", "Port 1", "desk", "up", "up", 10**9, 2**63, 5, 0, None, 0, 0),),
        sensors=(Sensor("temperature", "Inlet", 31.0, "celsius", "1.3"),),
        processors=(Usage("CPU", 0.5),),
        checks=(Check("fan", "1", "ok", Level.OK),),
    )
    return replace(full, parts=(Part("chassis", "C", serial="W1"),)) if cadence is Cadence.INVENTORY else full


def fresh(latest: Latest, cadence: Cadence) -> Visit:
    found = latest.fresh("sw-1", cadence, timedelta(hours=1), NOON)
    assert found is not None
    return found


def test_each_cadence_keeps_what_it_alone_is_asked_for() -> None:
    latest = Latest()
    latest.put(visit(Cadence.INVENTORY))
    latest.put(visit(Cadence.HEALTH, 100))
    latest.put(visit(Cadence.PULSE, 200))
    for cadence, first in ((Cadence.PULSE, 200), (Cadence.HEALTH, 100), (Cadence.INVENTORY, 0)):
        (kept,) = fresh(latest, cadence).blocks
        assert kept.layout is block(cadence).layout
        assert list(kept.values) == list(range(first, first + ROWS))
    assert fresh(latest, Cadence.HEALTH).sensors == visit(Cadence.HEALTH).sensors
    assert fresh(latest, Cadence.INVENTORY).parts == visit(Cadence.INVENTORY).parts
    assert fresh(latest, Cadence.INVENTORY).sensors == ()  # the health visit's are newer


def test_interfaces_are_those_of_the_last_health_visit_and_as_they_were() -> None:
    latest = Latest()
    assert latest.of("sw-1") is None
    latest.put(visit(Cadence.PULSE))
    recent = latest.of("sw-1")
    assert recent is not None
    assert recent.interfaces == ()
    latest.put(visit(Cadence.INVENTORY))
    latest.put(visit(Cadence.PULSE))
    assert recent.interfaces == visit(Cadence.INVENTORY).interfaces


def test_what_only_inventory_visits_ask_still_completes_health_visits() -> None:
    latest = Latest()
    rare = Check("self_test", "ups", "passed", Level.OK)
    first = visit(Cadence.INVENTORY)
    latest.put(replace(first, checks=(*first.checks, rare), wireless={"access_points_licensed": 50.0}))
    latest.put(visit(Cadence.HEALTH))
    intervals = dict.fromkeys(Cadence, timedelta(hours=1))
    condition = latest.condition("sw-1", intervals, NOON)
    assert condition is not None
    assert rare in condition.checks
    assert condition.wireless == {"access_points_licensed": 50.0}


def test_the_ends_of_licences_that_inventory_visits_learn_complete_health_visits() -> None:
    latest = Latest()
    ends = Sensor("licence", "Support", 1806364800.0, "timestamp_seconds", "1.3.6.1.4.1.5.9.0")
    first = visit(Cadence.INVENTORY)
    latest.put(replace(first, sensors=(*first.sensors, ends)))
    latest.put(visit(Cadence.HEALTH))
    condition = latest.condition("sw-1", dict.fromkeys(Cadence, timedelta(hours=1)), NOON)
    assert condition is not None
    assert [s for s in condition.sensors if s.kind == "licence"] == [ends]


def test_a_visit_that_reached_nothing_leaves_the_last_readings_to_age() -> None:
    latest = Latest()
    latest.put(visit(Cadence.PULSE, 7))
    latest.put(replace(visit(Cadence.PULSE, 9), reached=False, blocks=()))
    assert fresh(latest, Cadence.PULSE).blocks[0].values[0] == 7
    recent = latest.of("sw-1")
    assert recent is not None
    assert recent.failures_in_a_row == 1


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False)), max_size=40))
def test_packing_changes_no_value(values: list[int | float | None]) -> None:
    was = Block(block(Cadence.PULSE).layout, tuple(values))
    kept = packed(was)
    assert list(kept.values) == values
    assert [type(v) for v in kept.values] == [type(v) for v in values]


@pytest.mark.parametrize(("value", "code"), [(2**64 - 1, "Q"), (0.5, "d")])
def test_numbers_of_one_kind_are_packed(value: float, code: str) -> None:
    kept = packed(Block(block(Cadence.PULSE).layout, (value,) * WORTH_PACKING)).values
    assert isinstance(kept, array)
    assert kept.typecode == code
