"""Outages and availability: what is read from flips and heartbeats adds up, in any order, across restarts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.availability import Figures
from agent.accounting.outages import Period, merge, outages_of, spans_of, total
from agent.facts import LEFT_THE_INVENTORY, Change, Flip, Note, Outage, Standing, Watch
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, availability, flips_of

HOUR = 3600
ALWAYS = [Watch("test", at(-1000 * HOUR), at(1000 * HOUR))]
DAY = Period(at(0), at(24 * HOUR))


def story(*steps: tuple[float, Standing], subject: str = "device:sw", cause: str | None = None) -> list[Flip]:
    changes, before = [], BLIND
    for seconds, after in steps:
        changes.append(Change(subject, before, after, at(seconds), f"became {after}", cause))
        before = after
    return flips_of(changes)


def hours(found: Figures) -> tuple[float, float, float]:
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


# ---------------------------------------------------------------- flapping
MINUTE = 60


def ups_and_downs(*minutes: float) -> list[Flip]:
    """Down at the first, up at the second, and so on."""
    return story((-HOUR, UP), *((m * MINUTE, (DOWN, UP)[n % 2]) for n, m in enumerate(minutes)))


def times(outages: Iterable[Outage]) -> list[tuple[float, float | None]]:
    def minute(when: datetime) -> float:
        return (when - T0) / timedelta(minutes=1)

    return [(minute(o.began_at), None if o.ended_at is None else minute(o.ended_at)) for o in outages]


def test_three_downs_in_short_order_are_one_flapping_outage() -> None:
    flips = ups_and_downs(0, 5, 10, 12, 22, 30)
    (outage,) = outages_of(flips)
    assert times([outage]) == [(0, 30)]
    assert outage.id == flips[1].id
    assert outage.parts == (flips[3].id, flips[5].id)
    assert outage.breaks == ((at(5 * MINUTE), at(10 * MINUTE)), (at(12 * MINUTE), at(22 * MINUTE)))
    assert outage.flaps == 2


def test_two_downs_in_short_order_stay_two() -> None:
    assert times(outages_of(ups_and_downs(0, 5, 10, 12))) == [(0, 5), (10, 12)]


def test_a_gap_of_more_than_ten_minutes_ends_a_chain() -> None:
    assert times(outages_of(ups_and_downs(0, 5, 15, 20, 30, 35, 46, 47))) == [(0, 35), (46, 47)]
    assert times(outages_of(ups_and_downs(0, 5, 15 + 1 / 60, 20, 30, 35))) == [(0, 5), (15 + 1 / 60, 20), (30, 35)]


def test_a_flapping_outage_that_is_down_now_is_open() -> None:
    (outage,) = outages_of(ups_and_downs(0, 5, 10, 12, 14))
    assert (times([outage]), outage.flaps) == ([(0, None)], 2)


def test_only_downs_of_one_subject_make_a_chain() -> None:
    others = flips_of([replace_subject(f) for f in ups_and_downs(8, 9)], first=90)
    assert len(outages_of([*ups_and_downs(0, 5, 12, 13), *others])) == 3


def replace_subject(flip: Flip) -> Change:
    return Change("device:other", flip.before, flip.after, flip.at, flip.reason)


def test_the_breaks_of_a_flapping_outage_are_up() -> None:
    found = availability(ups_and_downs(0, 5, 10, 12, 22, 30), ALWAYS, DAY, at(48 * HOUR))
    assert (found.down, found.outages) == (timedelta(minutes=15), 1)


# ---------------------------------------------------------------- corrections
def note(
    flip: Flip, kind: Literal["correction", "void"], began: float | None = None, ended: float | None = None,
    written: float = 5000,
) -> Note:  # fmt: skip
    """Times in minutes."""
    from_at, until_at = (None if m is None else at(m * MINUTE) for m in (began, ended))
    return Note(flip.subject, at(written * MINUTE), "A. Person", kind, "the log says so", flip.id, from_at, until_at)


def down(flips: Iterable[Flip], notes: Iterable[Note], watches: Iterable[Watch] = ALWAYS) -> list[tuple[float, float]]:
    """From which minute until which it was down."""
    spans = spans_of(flips, watches, Period(at(-5 * HOUR), at(99 * HOUR)), notes)
    found = merge(Period(s.began_at, s.ended_at) for s in spans if s.standing is DOWN)
    return [((p.began_at - T0) / timedelta(minutes=1), (p.ended_at - T0) / timedelta(minutes=1)) for p in found]


TWO = ups_and_downs(60, 90, 120, 150)


@pytest.mark.parametrize(
    ("began", "ended", "expected", "listed"),
    [
        pytest.param(70, 80, [(70, 80), (120, 150)], (70, 80), id="shorter"),
        pytest.param(50, 95, [(50, 95), (120, 150)], (50, 95), id="longer"),
        pytest.param(None, 80, [(60, 80), (120, 150)], (60, 80), id="beginning as recorded"),
        pytest.param(50, None, [(50, 90), (120, 150)], (50, 90), id="end as recorded"),
        pytest.param(10, 20, [(10, 20), (120, 150)], (10, 20), id="elsewhere"),
        pytest.param(60, 130, [(60, 150)], (60, 130), id="into its neighbour"),
        pytest.param(60, 170, [(60, 170)], (60, 170), id="over its neighbour"),
        pytest.param(125, 140, [(120, 150)], (125, 140), id="inside its neighbour"),
        pytest.param(None, None, [(60, 90), (120, 150)], (60, 90), id="as recorded"),
    ],
)
def test_a_corrected_outage_was_down_as_was_said_and_its_neighbour_as_was_recorded(
    began: float | None, ended: float | None, expected: list[tuple[float, float]], listed: tuple[float, float]
) -> None:
    told = note(TWO[1], "correction", began, ended)
    assert down(TWO, [told]) == expected
    by_id = {outage.id: outage for outage in outages_of(TWO, notes=[told])}
    assert times([by_id[TWO[1].id]]) == [listed]
    assert times([by_id[TWO[3].id]]) == [(120, 150)]
    assert by_id[TWO[1].id].corrected is (began is not None or ended is not None)
    assert not by_id[TWO[3].id].corrected


def test_a_void_outage_was_up_and_is_not_listed() -> None:
    void = note(TWO[1], "void")
    assert down(TWO, [void]) == [(120, 150)]
    assert times(outages_of(TWO, notes=[void])) == [(120, 150)]


def test_to_void_an_outage_takes_nothing_from_a_neighbour_that_was_corrected_to_reach_over_it() -> None:
    assert down(TWO, [note(TWO[1], "correction", None, 130), note(TWO[3], "void")]) == [(60, 130)]


def test_the_last_correction_holds_and_one_without_times_takes_the_others_back() -> None:
    first = note(TWO[1], "correction", 70, 80, written=1000)
    second = note(TWO[1], "void", written=2000)
    third = note(TWO[1], "correction", written=3000)
    assert down(TWO, [second, first]) == [(120, 150)]
    assert down(TWO, [third, second, first]) == [(60, 90), (120, 150)]
    assert not outages_of(TWO, notes=[third, second, first])[0].corrected


def test_a_correction_that_leaves_nothing_is_as_a_void() -> None:
    assert times(outages_of(TWO, notes=[note(TWO[1], "correction", 100)])) == [(120, 150)]
    assert down(TWO, [note(TWO[1], "correction", 100)]) == [(120, 150)]


def test_an_open_outage_can_be_ended_and_given_another_beginning() -> None:
    flips = ups_and_downs(60)
    assert times(outages_of(flips, notes=[note(flips[1], "correction", 50)])) == [(50, None)]
    assert down(flips, [note(flips[1], "correction", 50)])[0][0] == 50
    assert times(outages_of(flips, notes=[note(flips[1], "correction", None, 70)])) == [(60, 70)]
    assert down(flips, [note(flips[1], "correction", None, 70)]) == [(60, 70)]


def test_blind_time_outside_of_the_corrected_stretch_stays_and_inside_it_is_down() -> None:
    flips = story((-HOUR, UP), (60 * MINUTE, DOWN), (70 * MINUTE, BLIND), (90 * MINUTE, UP))
    window = Period(at(0), at(120 * MINUTE))
    spans = spans_of(flips, ALWAYS, window, [note(flips[1], "correction", None, 80)])
    assert [(s.standing, s.length / timedelta(minutes=1)) for s in spans] == [
        (UP, 60), (DOWN, 20), (BLIND, 10), (UP, 30)
    ]  # fmt: skip
    spans = spans_of(flips, ALWAYS, window, [note(flips[1], "void")])
    assert [(s.standing, s.length / timedelta(minutes=1)) for s in spans] == [(UP, 70), (BLIND, 20), (UP, 30)]


def test_a_corrected_stretch_is_down_where_nobody_was_watching() -> None:
    assert down(TWO, [note(TWO[1], "correction", 50)], [Watch("t", at(60 * MINUTE), at(99 * HOUR))]) == [
        (50, 90), (120, 150)
    ]  # fmt: skip


FLAPPED = ups_and_downs(60, 62, 65, 67, 70, 300)


def test_a_flapping_outage_is_corrected_as_a_whole() -> None:
    told = [note(FLAPPED[1], "correction", None, 200)]
    (outage,) = outages_of(FLAPPED, notes=told)
    assert (times([outage]), outage.breaks, outage.id) == ([(60, 200)], (), FLAPPED[1].id)
    assert down(FLAPPED, told) == [(60, 200)]
    assert outages_of(FLAPPED, notes=[note(FLAPPED[1], "void")]) == []


def test_to_void_the_first_short_down_does_not_void_what_came_after_it_was_written() -> None:
    told = [note(FLAPPED[1], "void", written=63)]
    (outage,) = outages_of(FLAPPED, notes=told)
    assert (times([outage]), outage.id, outage.flaps) == ([(65, 300)], FLAPPED[1].id, 1)
    assert down(FLAPPED, told) == [(65, 67), (70, 300)]


def test_what_was_said_of_a_part_before_it_was_seen_to_flap_holds_for_that_part() -> None:
    told = [note(FLAPPED[3], "correction", 64, 66, written=68)]
    (outage,) = outages_of(FLAPPED, notes=told)
    assert (times([outage]), outage.flaps, outage.corrected) == ([(60, 300)], 2, True)
    assert down(FLAPPED, told) == [(60, 62), (64, 66), (70, 300)]


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
