"""Values move by the clock alone, and what is counted never runs backwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.demo.curves import EVENINGS, OFFICE, SERVERS, STEADY, WEEK, Clock, Flow, breathe, unit
from agent.demo.device import Battery

MOMENTS = st.floats(min_value=1.6e9, max_value=2.0e9)
WEEKS = st.sampled_from([OFFICE, SERVERS, EVENINGS, STEADY])


@given(WEEKS, MOMENTS, st.floats(min_value=0, max_value=3 * WEEK))
def test_the_integral_of_a_week_is_the_area_under_it(week, start, length):
    steps = 400
    area = sum(week.at(start + (i + 0.5) * length / steps) for i in range(steps)) * length / steps
    exact = week.integral(start + length) - week.integral(start)
    assert abs(exact - area) <= 0.02 * max(1.0, area)


@given(WEEKS, st.lists(MOMENTS, min_size=2, max_size=20), st.sampled_from([0.5, 1.0, 60.0, 1000.0]))
def test_a_flow_never_runs_backwards_whatever_the_speed(week, moments, speed):
    flow = Flow(Clock(1.8e9, speed, 3600.0), week, 1e8, 1.6e9, "device", "port")
    totals = [flow.total(t) for t in sorted(moments)]
    assert totals == sorted(totals)
    assert totals[0] >= 0


@given(WEEKS, MOMENTS)
def test_a_flow_grows_by_its_level(week, moment):
    flow = Flow(Clock(moment - 1e6), week, 1000.0, 1.6e9 - 1, "device", "port")
    grown = flow.total(moment + 1) - flow.total(moment)
    assert 0.4 * flow.level(moment) <= grown <= 1.7 * flow.level(moment)


@given(st.lists(st.tuples(st.floats(1, 1e6), st.sampled_from([0.0, 0.4, 1.0])), min_size=1, max_size=12))
def test_what_a_fault_does_to_a_flow_takes_nothing_back(changes):
    flow, t, seen = Flow(Clock(1.7e9), SERVERS, 1e6, 1.6e9, "device"), 1.7e9, 0.0
    for wait, factor in changes:
        t += wait
        flow.scale(factor, t)
        assert flow.total(t) >= seen
        seen = flow.total(t)
        if factor == 0:
            assert flow.total(t + 1e5) == seen


def test_a_restart_counts_from_zero():
    flow = Flow(Clock(1.7e9), SERVERS, 1e6, 1.6e9, "device")
    assert flow.total(1.7e9) > 1e12
    flow.restart(1.7e9)
    assert flow.total(1.7e9) == 0
    assert flow.total(1.7e9 - 5) == 0
    assert 0 < flow.total(1.7e9 + 60) < 1e9


@given(st.text(), MOMENTS)
def test_a_value_stays_between_its_bounds_and_is_the_same_every_time(name, moment):
    value = breathe(moment, name, low=20.0, high=25.0)
    assert 20.0 <= value <= 25.0
    assert value == breathe(moment, name, low=20.0, high=25.0)
    assert 0.0 <= unit(name) < 1.0


def test_offices_are_busy_by_day_and_quiet_on_sundays():
    monday = 1_763_942_400.0  # 2025-11-24 00:00 UTC
    assert OFFICE.at(monday + 10.5 * 3600) > 5 * OFFICE.at(monday + 3 * 3600)
    assert OFFICE.at(monday + 10.5 * 3600) > 5 * OFFICE.at(monday - 86_400 + 10.5 * 3600)


def test_a_battery_drains_while_mains_is_away_and_recovers_slowly():
    battery = Battery()
    assert battery.charge(1000.0) == 100.0
    battery.mains(False, 1000.0)
    assert battery.on_battery_since == 1000.0
    assert 45 < battery.charge(1000.0 + 21 * 60) < 55
    assert battery.charge(1e6) == 0.0
    battery.mains(True, 1000.0 + 21 * 60)
    assert battery.on_battery_since is None
    low = battery.charge(1000.0 + 22 * 60)
    assert low < battery.charge(1000.0 + 60 * 60) <= 100.0
