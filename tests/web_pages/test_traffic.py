"""What went through interfaces: rates from counters that wrap, are reset, stop and are numbered anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.latest import Latest
from agent.traffic import BUSIEST, CHOOSE_EVERY, LONGEST, OPENED, SLOT, SLOTS, Traffic, key_of
from collectors.readings import Cadence, Identity, Interface, Visit

BEGAN = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)
MBIT = 1_000_000
GBIT = 1_000 * MBIT


def port(number: int, octets: int | None, out: int | None = 0, **said: object) -> Interface:
    given_: dict[str, object] = {"name": f"Gi1/0/{number}", "descr": f"GigabitEthernet1/0/{number}", **said}
    return Interface(number, speed_bps=said.pop("speed", GBIT), in_octets=octets, out_octets=out,  # type: ignore[arg-type]
                     **{k: v for k, v in given_.items() if k != "speed"})  # type: ignore[arg-type]  # fmt: skip


def look(
    traffic: Traffic, after: float, *rows: Interface, uptime: float | None = 1e6, cadence: Cadence = Cadence.HEALTH
) -> None:
    traffic.take(
        Visit(
            "sw", cadence, BEGAN + timedelta(seconds=after), 0.1, True, interfaces=rows,
            identity=Identity(uptime_seconds=uptime),
        )
    )  # fmt: skip


def linked(*names: str) -> Traffic:
    return Traffic(lambda device: names)


def now(traffic: Traffic, after: float, key: str = "Gi1/0/1") -> tuple[float | None, float | None]:
    found = traffic.of("sw", BEGAN.timestamp() + after)[key]
    return found.now_in, found.now_out


def of_one(*looks: tuple[float, int | None], speed: int = GBIT) -> Traffic:
    traffic = linked("Gi1/0/1")
    for after, octets in looks:
        look(traffic, after, port(1, octets, octets, speed=speed))
    return traffic


def test_a_rate_is_what_came_between_two_visits_over_the_time_between_them() -> None:
    traffic = linked("Gi1/0/1")
    look(traffic, 0, port(1, 1_000, 0))
    assert now(traffic, 0) == (None, None)  # one look says nothing
    look(traffic, 60, port(1, 1_000 + 7_500_000, 750_000))
    assert now(traffic, 60) == (MBIT, 0.1 * MBIT)


def test_a_chart_has_averages_by_five_minutes_and_gaps_where_nothing_is_known() -> None:
    traffic = linked("Gi1/0/1")
    for minute in range(16):
        if minute not in (6, 7, 8, 9):
            look(traffic, 60 * minute, port(1, 7_500_000 * minute))
    # The silence of five minutes is bridged: the counter says how much came, and it is put evenly.
    received = traffic.of("sw", BEGAN.timestamp() + 900)["Gi1/0/1"].received
    assert len(received) == SLOTS
    assert received[-4:] == pytest.approx([MBIT, MBIT, MBIT, None], nan_ok=True)
    assert received[:-4] == [None] * (SLOTS - 4)


def test_a_silence_that_is_too_long_is_a_gap_and_not_an_average() -> None:
    traffic = of_one((0, 0), (300, 300 * 125_000), (300 + LONGEST + 1, 10**9), (900 + LONGEST, 10**9 + 599 * 125_000))
    received = traffic.of("sw", BEGAN.timestamp() + 900 + LONGEST)["Gi1/0/1"].received
    known = [value for value in received if value is not None]
    assert known == pytest.approx([MBIT] * 3, rel=0.01)
    assert len(received) - received.index(known[0]) > 3


def test_what_is_older_than_three_hours_is_forgotten() -> None:
    traffic = of_one(*[(300.0 * n, 300 * 125_000 * n * (10 if n < 10 else 1)) for n in range(SLOTS + 20)])
    received = traffic.of("sw", BEGAN.timestamp() + 300 * (SLOTS + 19))["Gi1/0/1"].received
    assert received[:-1] == pytest.approx([MBIT] * (SLOTS - 1))
    assert traffic.of("sw", BEGAN.timestamp() + 300 * (2 * SLOTS + 20))["Gi1/0/1"].known is False


def test_the_last_rate_is_not_told_for_longer_than_it_is_true() -> None:
    traffic = of_one((0, 0), (60, 7_500_000))
    assert now(traffic, 60 + LONGEST) == (MBIT, MBIT)
    assert now(traffic, 61 + LONGEST) == (None, None)


# ---------------------------------------------------------------- counters that go back
def test_a_32_bit_counter_that_wraps_once_is_counted_on() -> None:
    traffic = of_one((0, 2**32 - 1_000_000), (60, 6_500_000), speed=100 * MBIT)
    assert now(traffic, 60) == (MBIT, MBIT)


def test_a_counter_that_goes_back_by_more_than_its_speed_allows_was_reset() -> None:
    assert now(of_one((0, 10_000_000), (60, 5), speed=100 * MBIT), 60) == (None, None)


def test_a_32_bit_counter_of_a_fast_interface_tells_nothing_once_it_is_known_for_one() -> None:
    # At 1 Gbit/s it wraps every 34 seconds: how often, nobody can say, also where it happens to be higher than before.
    traffic = of_one((0, 4 * 10**9), (60, 10**9), (120, 9 * 10**8), (180, 2 * 10**9))
    assert now(traffic, 180) == (None, None)
    look(traffic, 240, port(1, 2**33, 2**33))
    look(traffic, 300, port(1, 2**33 + 7_500_000, 2**33))  # no 32-bit counter has ever said that
    assert now(traffic, 300) == (MBIT, 0)


def test_a_counter_that_was_reset_by_hand_is_not_taken_for_one_of_32_bits() -> None:
    traffic = of_one((0, 4 * 10**9), (60, 10), (120, 10 + 7_500_000))
    assert now(traffic, 120) == (MBIT, MBIT)


def test_a_64_bit_counter_that_goes_back_was_reset_and_is_counted_from_there() -> None:
    traffic = of_one((0, 10**15), (60, 1_000), (120, 1_000 + 7_500_000))
    assert now(of_one((0, 10**15), (60, 1_000)), 60) == (None, None)
    assert now(traffic, 120) == (MBIT, MBIT)


def test_a_64_bit_counter_may_wrap() -> None:
    assert now(of_one((0, 2**64 - 1_000_000), (60, 6_500_000)), 60) == (MBIT, MBIT)


def test_a_device_that_restarted_between_two_visits_is_not_taken_for_one_that_carried_much() -> None:
    traffic = linked("Gi1/0/1")
    look(traffic, 0, port(1, 1_000))
    look(traffic, 300, port(1, 900_000_000), uptime=100.0)
    assert now(traffic, 300) == (None, None)
    look(traffic, 360, port(1, 907_500_000), uptime=160.0)
    assert now(traffic, 360) == (MBIT, 0)


def test_a_counter_that_jumps_beyond_all_speed_is_another_counter() -> None:
    assert now(of_one((0, 10**9), (60, 10**14)), 60) == (None, None)


def test_a_counter_that_a_visit_did_not_get_is_a_gap() -> None:
    traffic = of_one((0, 0), (60, None), (120, 15_000_000))
    assert now(traffic, 120) == (None, None)


def test_a_clock_that_is_set_back_makes_no_negative_time() -> None:
    traffic = of_one((600, 0), (0, 7_500_000), (60, 15_000_000))
    assert now(traffic, 60) == (MBIT, MBIT)


# ---------------------------------------------------------------- which interface is which
def test_an_interface_keeps_its_history_under_another_index_and_counts_anew() -> None:
    traffic = linked("Gi1/0/1")
    look(traffic, 0, port(1, 0))
    look(traffic, 300, port(1, 300 * 125_000))
    moved = Interface(501, "Gi1/0/1", speed_bps=GBIT, in_octets=10**9, out_octets=0)
    look(traffic, 600, moved)
    assert now(traffic, 600) == (None, None)
    assert traffic.of("sw", BEGAN.timestamp() + 599)["Gi1/0/1"].received[-2] == pytest.approx(MBIT)


def test_another_interface_under_the_same_index_does_not_take_over_the_history() -> None:
    traffic = linked("Gi1/0/1")
    look(traffic, 0, port(1, 0), port(2, 10**9))
    look(traffic, 60, Interface(1, "Gi1/0/2", speed_bps=GBIT, in_octets=10**9 + 1, out_octets=0))
    assert now(traffic, 60) == (None, None)


def test_of_two_interfaces_with_one_name_the_first_is_followed_and_they_are_not_mixed() -> None:
    traffic = linked("eth")
    for n in range(3):
        first = Interface(1, "eth", speed_bps=GBIT, in_octets=7_500_000 * n, out_octets=0)
        look(traffic, 60 * n, first, Interface(2, "eth", speed_bps=GBIT, in_octets=10**9, out_octets=0))
    assert now(traffic, 120, "eth") == (MBIT, 0)


def test_an_interface_without_a_name_is_known_by_its_description_or_number() -> None:
    assert [key_of(Interface(7, name, descr)) for name, descr in (("a", "b"), (None, "b"), ("", None))] == [
        "a", "b", "7",
    ]  # fmt: skip


# ---------------------------------------------------------------- which are followed
def switch(traffic: Traffic, after: float, carries: Sequence[int]) -> None:
    look(traffic, after, *(port(n, int(after) * octets) for n, octets in enumerate(carries, 1)))


def test_links_are_followed_and_the_two_interfaces_that_carry_most_and_no_others() -> None:
    traffic = Traffic(lambda device: ("GigabitEthernet1/0/9",))
    for after in (0, 300, 600):
        switch(traffic, after, [5, 500, 4, 3, 900, 0, 0, 0, 1, 0])
    assert set(traffic.of("sw", BEGAN.timestamp() + 600)) == {"Gi1/0/2", "Gi1/0/5", "Gi1/0/9"}
    assert len(traffic) == BUSIEST + 1


def test_which_interfaces_carry_most_is_looked_at_again_after_six_hours() -> None:
    traffic = Traffic()
    for after in (0, 300):
        switch(traffic, after, [9, 8, 0, 0])
    assert set(traffic.of("sw", 0)) == {"Gi1/0/1", "Gi1/0/2"}
    for after in (300 + CHOOSE_EVERY, 600 + CHOOSE_EVERY):
        switch(traffic, after, [0, 0, 8, 9])
    assert set(traffic.of("sw", 0)) == {"Gi1/0/3", "Gi1/0/4"}


def test_interfaces_that_carry_nothing_are_not_followed() -> None:
    traffic = Traffic()
    for after in (0, 300):
        switch(traffic, after, [0] * 48)
    assert len(traffic) == 0


def test_a_device_that_is_looked_at_has_all_its_interfaces_followed_and_not_for_ever() -> None:
    traffic = Traffic()
    switch(traffic, 0, [1] * 48)
    traffic.open("sw")
    switch(traffic, 300, [1] * 48)
    assert len(traffic) == 48
    for other in range(OPENED):
        traffic.open(f"other-{other}")
    for after in (600, 900):
        switch(traffic, after, [1] * 48)
    assert len(traffic) == BUSIEST


def test_a_device_that_is_forgotten_takes_its_traffic_with_it() -> None:
    latest = Latest()
    latest.traffic.open("sw")
    for after in (0, 300):
        latest.put(Visit("sw", Cadence.HEALTH, BEGAN + timedelta(seconds=after), 0.1, True, interfaces=(port(1, 5),)))
    assert len(latest.traffic) == 1
    latest.forget("sw")
    assert latest.traffic.of("sw", 0) == {}


def test_pulses_count_on_between_health_visits() -> None:
    traffic = linked("Gi1/0/1")
    look(traffic, 0, port(1, 0), port(2, 0))
    look(traffic, 60, port(1, 7_500_000), cadence=Cadence.PULSE)
    assert now(traffic, 60) == (MBIT, 0)


# ---------------------------------------------------------------- whatever happens
@given(st.lists(st.tuples(st.integers(-400, 2000), st.integers(0, 2**64 - 1), st.integers(1, 3)), max_size=60))
def test_whatever_counters_say_a_rate_is_never_negative_nor_beyond_belief(looks: list[tuple[int, int, int]]) -> None:
    traffic = linked("Gi1/0/1")
    at = 0.0
    for ahead, octets, index in looks:
        at += ahead
        look(traffic, at, Interface(index, "Gi1/0/1", speed_bps=GBIT, in_octets=octets, out_octets=octets % 2**32))
        found = traffic.of("sw", BEGAN.timestamp() + at)["Gi1/0/1"]
        for value in (*found.received, *found.sent, found.now_in, found.now_out):
            assert value is None or 0 <= value <= 20e9 * 1.001


@given(st.lists(st.tuples(st.integers(1, 290), st.integers(0, 10**9)), min_size=1, max_size=60))
def test_what_came_is_what_the_chart_amounts_to(looks: list[tuple[int, int]]) -> None:
    """In the slots that are known from end to end: nothing is lost and nothing is counted twice."""
    traffic, octets, at = linked("Gi1/0/1"), 0, 0
    counted = [(0, 0)]
    look(traffic, 0, port(1, 0))
    for ahead, more in looks:
        at, octets = at + ahead, octets + min(more, ahead * 125_000_000)
        counted.append((at, octets))
        look(traffic, at, port(1, octets))
    received = traffic.of("sw", BEGAN.timestamp() + at)["Gi1/0/1"].received
    for back in range(1, min(SLOTS, at // SLOT)):
        slot = at // SLOT - back
        assert received[-1 - back] == pytest.approx(
            8 * (_by(counted, (slot + 1) * SLOT) - _by(counted, slot * SLOT)) / SLOT, rel=1e-3, abs=1
        )


def _by(counted: list[tuple[int, int]], at: int) -> float:
    """The counter at a moment, if it grew evenly between two visits."""
    for (before, low), (after, high) in pairwise(counted):
        if before <= at <= after:
            return low + (high - low) * (at - before) / (after - before)
    raise AssertionError(at)
