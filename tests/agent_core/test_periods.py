"""Periods: what lies in both of two lists, what only in the first, and that counting in ticks is exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.periods import Period, instant, intersect, merge, subtract, ticks, total
from tests.agent_core.making import T0, at

PERIODS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 60)).map(lambda p: Period(at(p[0]), at(p[0] + p[1]))), max_size=12
).map(merge)


def seconds(periods: list[Period]) -> set[int]:
    return {
        second
        for p in periods
        for second in range(int((p.began_at - T0).total_seconds()), int((p.ended_at - T0).total_seconds()))
    }


@given(PERIODS, PERIODS)
def test_what_is_shared_and_what_is_taken_away_are_those_of_the_seconds(a: list[Period], b: list[Period]) -> None:
    assert seconds(intersect(a, b)) == seconds(a) & seconds(b)
    assert seconds(subtract(a, b)) == seconds(a) - seconds(b)
    assert intersect(a, b) == merge(intersect(a, b)) == intersect(b, a)
    assert subtract(a, b) == merge(subtract(a, b))
    assert total(intersect(a, b)) + total(subtract(a, b)) == total(a)


def test_periods_that_only_touch_share_nothing_and_lose_nothing() -> None:
    first, second = [Period(at(0), at(10))], [Period(at(10), at(20))]
    assert intersect(first, second) == []
    assert subtract(first, second) == first
    assert merge(first + second) == [Period(at(0), at(20))]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_is_the_same_after_it_was_counted_in_ticks(when: datetime) -> None:
    assert instant(ticks(when)) == when
    assert ticks(when.astimezone(timezone(timedelta(hours=-7)))) == ticks(when)
