"""Outages and availability: what is read from flips and heartbeats adds up, in any order, across restarts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.facts import LEFT_THE_INVENTORY, Change, Flip, Standing, Watch
from agent.outages import Availability, Period, availability, merge, outages_of, spans_of, total
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, flips_of

HOUR = 3600
ALWAYS = [Watch("test", at(-1000 * HOUR), at(1000 * HOUR))]
DAY = Period(at(0), at(24 * HOUR))


def story(*steps: tuple[float, Standing], subject: str = "device:sw", cause: str | None = None) -> list[Flip]:
    changes, before = [], BLIND
    for seconds, after in steps:
        changes.append(Change(subject, before, after, at(seconds), f"became {after}", cause))
        before = after
    return flips_of(changes)


def hours(found: Availability) -> tuple[float, float, float]:
    return tuple(part / timedelta(hours=1) for part in (found.up, found.down, found.blind))  # type: ignore[return-value]


def test_an_hour_down_in_a_day_is_an_hour_down() -> None:
    found = availability(story((-HOUR, UP), (3 * HOUR, DOWN), (4 * HOUR, UP)), ALWAYS, DAY, at(48 * HOUR))
    assert hours(found) == (23, 1, 0)
    assert found.achieved == pytest.approx(23 / 24)
    assert (found.lower, found.upper, found.outages) == (found.achieved, found.achieved, 1)


def test_an_outage_that_straddles_the_window_on_both_sides_counts_only_inside() -> None:
    flips = story((-50 * HOUR, UP), (-HOUR, DOWN), (25 * HOUR, UP))
    found = availability(flips, ALWAYS, DAY, at(48 * HOUR))
    assert hours(found) == (0, 24, 0)
    (outage,) = outages_of(flips, DAY)
    assert (outage.began_at, outage.ended_at) == (at(-HOUR), at(25 * HOUR))


def test_an_open_outage_counts_up_to_now() -> None:
    found = availability(story((0, UP), (6 * HOUR, DOWN)), ALWAYS, DAY, at(9 * HOUR))
    assert hours(found) == (6, 3, 0)
    assert found.window.ended_at == at(9 * HOUR)


def test_an_open_outage_counts_to_the_end_of_a_window_that_is_over() -> None:
    assert hours(availability(story((0, UP), (6 * HOUR, DOWN)), ALWAYS, DAY, at(90 * HOUR))) == (6, 18, 0)


def test_a_subject_that_was_never_seen_has_no_availability_and_not_a_hundred_per_cent() -> None:
    found = availability([], ALWAYS, DAY, at(48 * HOUR))
    assert (found.achieved, found.lower, found.upper) == (None, 0, 1)
    assert not found.watched_throughout


def test_time_before_the_first_flip_is_blind() -> None:
    assert hours(availability(story((18 * HOUR, UP)), ALWAYS, DAY, at(48 * HOUR))) == (6, 0, 18)


def test_time_without_heartbeats_is_blind_in_the_middle_of_an_outage_too() -> None:
    watches = [Watch("test", at(-HOUR), at(6 * HOUR)), Watch("test", at(10 * HOUR), at(30 * HOUR))]
    flips = story((-HOUR, UP), (5 * HOUR, DOWN), (11 * HOUR, UP))
    assert hours(availability(flips, watches, DAY, at(48 * HOUR))) == (18, 2, 4)
    (outage,) = outages_of(flips)
    assert (outage.began_at, outage.ended_at) == (at(5 * HOUR), at(11 * HOUR))


def test_degraded_serves_and_is_given_beside_up() -> None:
    found = availability(story((0, UP), (4 * HOUR, DEGRADED), (6 * HOUR, UP)), ALWAYS, DAY, at(48 * HOUR))
    assert hours(found) == (24, 0, 0)
    assert found.degraded == timedelta(hours=2)


def test_blindness_in_the_midst_of_an_outage_does_not_make_it_two() -> None:
    flips = story((0, UP), (HOUR, DOWN), (2 * HOUR, BLIND), (3 * HOUR, DOWN), (4 * HOUR, BLIND), (5 * HOUR, UP))
    (outage,) = outages_of(flips)
    assert (outage.began_at, outage.ended_at, outage.id) == (at(HOUR), at(5 * HOUR), flips[1].id)
    assert hours(availability(flips, ALWAYS, DAY, at(48 * HOUR))) == (20, 2, 2)


def test_an_outage_of_what_left_the_inventory_is_closed() -> None:
    flips = story((0, UP), (HOUR, DOWN), (2 * HOUR, BLIND))
    flips[-1] = replace(flips[-1], reason=LEFT_THE_INVENTORY)
    (outage,) = outages_of(flips)
    assert outage.ended_at == at(2 * HOUR)


def test_an_accusation_that_was_attributed_anew_leaves_no_outage() -> None:
    changes = [
        Change("device:sw", BLIND, UP, at(0), "answers"),
        Change("device:sw", UP, DOWN, at(HOUR), "no answer"),
        Change("device:sw", DOWN, BLIND, at(HOUR), "cannot be reached", "device:core"),
        Change("device:sw", BLIND, UP, at(2 * HOUR), "answers"),
    ]
    assert outages_of(flips_of(changes)) == []
    assert hours(availability(flips_of(changes), ALWAYS, DAY, at(48 * HOUR))) == (23, 0, 1)


def test_an_outage_that_is_given_another_cause_keeps_its_id() -> None:
    changes = [
        Change("site:s", BLIND, UP, at(0), "stands"),
        Change("site:s", UP, DOWN, at(HOUR), "sw is down", "device:sw"),
        Change("site:s", DOWN, DOWN, at(HOUR), "core is down", "device:core"),
    ]
    flips = flips_of(changes)
    (outage,) = outages_of(flips)
    assert (outage.id, outage.cause, outage.began_at) == (flips[1].id, "device:core", at(HOUR))


def test_a_cause_names_what_it_carried_down() -> None:
    core = [
        Change("device:core", BLIND, UP, at(0), "answers"),
        Change("device:core", UP, DOWN, at(HOUR), "no answer"),
        Change("device:core", DOWN, UP, at(2 * HOUR), "answers"),
    ]
    others = [Change(f"device:{n}", UP, BLIND, at(HOUR + n), "cannot be reached", "device:core") for n in (1, 2)]
    late = [Change("device:9", UP, BLIND, at(9 * HOUR), "cannot be reached", "device:core")]
    (outage,) = outages_of(flips_of([*core, *others, *late]))
    assert outage.carried == ("device:1", "device:2")


# ---------------------------------------------------------------- laws
STANDINGS = st.sampled_from(list(Standing))
STEPS = st.lists(st.tuples(st.integers(-10 * HOUR, 40 * HOUR), STANDINGS), max_size=30)
SPANS = st.lists(st.tuples(st.integers(-10 * HOUR, 40 * HOUR), st.integers(0, 10 * HOUR)), max_size=12)
WINDOWS = st.tuples(st.integers(-5 * HOUR, 30 * HOUR), st.integers(0, 20 * HOUR)).map(
    lambda w: Period(at(w[0]), at(w[0] + w[1]))
)


def watches_of(spans: Iterable[tuple[int, int]]) -> list[Watch]:
    return [Watch("test", at(began), at(began + length)) for began, length in spans]


def raw_flips(steps: Iterable[tuple[int, Standing]]) -> list[Flip]:
    """In any order of time: the late knowledge of a judgement, recorded by a clock that is set back now and then."""
    flips = flips_of(Change("device:sw", BLIND, after, at(seconds), "x") for seconds, after in steps)
    return [replace(flip, recorded_at=at((flip.sequence * 7919) % 101)) for flip in flips]


@given(STEPS, SPANS, WINDOWS, st.integers(-10 * HOUR, 60 * HOUR))
def test_up_and_down_and_blind_are_the_window_exactly(
    steps: list[tuple[int, Standing]], spans: list[tuple[int, int]], window: Period, now: int
) -> None:
    found = availability(raw_flips(steps), watches_of(spans), window, at(now))
    assert found.up + found.down + found.blind == found.window.length
    assert found.degraded <= found.up
    if found.achieved is not None and found.window.length:
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower - 1e-12 <= found.achieved <= found.upper + 1e-12


@given(STEPS, SPANS, WINDOWS, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_does_not_matter(
    steps: list[tuple[int, Standing]], spans: list[tuple[int, int]], window: Period, chance: random.Random
) -> None:
    flips, watches = raw_flips(steps), watches_of(spans)
    shuffled, other = flips.copy(), watches.copy()
    chance.shuffle(shuffled)
    chance.shuffle(other)
    assert spans_of(shuffled, other, window) == spans_of(flips, watches, window)
    assert outages_of(shuffled, window) == outages_of(flips, window)


@given(STEPS, SPANS, WINDOWS)
def test_spans_follow_each_other_without_gap_or_repetition(
    steps: list[tuple[int, Standing]], spans: list[tuple[int, int]], window: Period
) -> None:
    found = spans_of(raw_flips(steps), watches_of(spans), window)
    edges = [window.began_at, *(edge for span in found for edge in (span.began_at, span.ended_at)), window.ended_at]
    assert edges[0::2] == edges[1::2]
    assert all(a.standing is not b.standing for a, b in itertools.pairwise(found))


@given(STEPS, SPANS, WINDOWS, st.integers(0, 20 * HOUR))
def test_two_halves_of_a_window_add_up_to_the_whole(
    steps: list[tuple[int, Standing]], spans: list[tuple[int, int]], window: Period, cut: int
) -> None:
    middle = min(window.began_at + timedelta(seconds=cut), window.ended_at)
    flips, watches, now = raw_flips(steps), watches_of(spans), at(100 * HOUR)
    whole = availability(flips, watches, window, now)
    halves = [
        availability(flips, watches, Period(*ends), now)
        for ends in ((window.began_at, middle), (middle, window.ended_at))
    ]
    assert (whole.up, whole.down, whole.blind) == tuple(
        sum((getattr(half, name) for half in halves), timedelta()) for name in ("up", "down", "blind")
    )


@given(STEPS, st.integers(0, 30), st.integers(1, 5 * HOUR), WINDOWS)
def test_a_restart_turns_its_own_time_blind_and_nothing_else(
    steps: list[tuple[int, Standing]], began: int, length: int, window: Period
) -> None:
    """The same flips with a gap in the heartbeats: what was not in the gap stays as it was."""
    flips = raw_flips(steps)
    gap = Period(at(began * HOUR), at(began * HOUR + length))
    whole = spans_of(flips, ALWAYS, window)
    broken = spans_of(
        flips, [Watch("t", ALWAYS[0].began_at, gap.began_at), Watch("t", gap.ended_at, at(999 * HOUR))], window
    )
    expected = timedelta()
    for span in whole:
        inside = Period(span.began_at, span.ended_at).within(gap)
        expected += inside.length if inside and span.standing is not BLIND else timedelta()
    blind = {id(s): sum((x.length for x in s if x.standing is BLIND), timedelta()) for s in (whole, broken)}
    assert blind[id(broken)] == blind[id(whole)] + expected


PERIODS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 200)).map(lambda p: Period(at(p[0]), at(p[0] + p[1]))), max_size=20
)


@given(PERIODS)
def test_merged_periods_cover_the_same_seconds_once(periods: list[Period]) -> None:
    merged = merge(periods)
    covered = {
        s
        for p in periods
        for s in range(int((p.began_at - T0).total_seconds()), int((p.ended_at - T0).total_seconds()))
    }
    assert total(periods) == timedelta(seconds=len(covered))
    assert all(a.ended_at < b.began_at for a, b in itertools.pairwise(merged))
    assert merge(merged) == merged


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Period(at(1), at(0))
