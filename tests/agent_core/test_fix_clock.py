"""The clock of an outage: what it counts, what lets it stand still, and when its target will run out."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.fix_clock import MARKS, FixClock, Terms, clock_of
from agent.accounting.periods import Period, merge
from agent.calendar_uk import service_spans
from agent.facts import Note, NoteKind, Outage
from tests.agent_core.making import at

HOUR = 3600
ACCESS, PART = "waiting for access to the building", "waiting for a replacement part"
ELAPSED, SERVICE = Terms(), Terms(fix_clock="service_hours")


def h(hours: float) -> timedelta:
    return timedelta(hours=hours)


def outage(began: float, ended: float | None = None, parts: tuple[UUID, ...] = ()) -> Outage:
    """In hours from 09:00 on a Monday."""
    end = None if ended is None else at(ended * HOUR)
    return Outage(UUID(int=1), "device:sw", at(began * HOUR), end, "no answer", parts=parts)


def note(kind: NoteKind, hour: float, text: str = ACCESS, *, until: float | None = None, written: float = 90) -> Note:
    until_at = None if until is None else at(until * HOUR)
    return Note("device:sw", at(written * HOUR), "x", kind, text, UUID(int=1), at(hour * HOUR), until_at)


def clock(
    what: Outage, notes: Iterable[Note] = (), planned: Iterable[tuple[float, float]] = (), terms: Terms = ELAPSED,
    now: float = 200,
) -> FixClock:  # fmt: skip
    periods = merge(Period(at(a * HOUR), at(b * HOUR)) for a, b in planned)
    return clock_of(what, notes, periods, terms, at(now * HOUR))


def test_both_clocks_are_kept() -> None:
    found = clock(outage(8, 23.5))  # Monday 17:00 to Tuesday 08:30
    assert (found.state, found.elapsed, found.service_hours) == ("stopped", h(15.5), h(1.5))
    assert (found.used, found.within) == (15.5 / 4, False)
    found = clock(outage(8, 23.5), terms=SERVICE)
    assert (found.used, found.within) == (1.5 / 4, True)


def test_an_open_outage_has_kept_its_target_neither_way_until_it_is_over() -> None:
    assert (clock(outage(0), now=3).state, clock(outage(0), now=3).within) == ("running", None)
    assert clock(outage(0), now=4.01).within is False
    assert clock(outage(0, 4), now=9).within is True


def test_it_tells_beforehand_when_its_target_runs_out() -> None:
    found = clock(outage(0), now=1)
    assert [found.runs_out_at(share) for share in MARKS] == [at(2 * HOUR), at(3 * HOUR), at(4 * HOUR)]


def test_on_the_clock_of_service_hours_the_target_runs_out_over_night_and_weekend() -> None:
    found = clock(outage(8), terms=SERVICE, now=8)
    assert found.runs_out_at(0.25) == at(9 * HOUR)  # one hour is left on Monday: 18:00 is the hour itself
    assert found.runs_out_at() == at(26 * HOUR)  # and three on Tuesday from 08:00
    friday = 4 * 24
    found = clock(outage(friday + 8), terms=SERVICE, now=friday + 8)
    assert found.runs_out_at() == at((friday + 3 * 24 + 2) * HOUR)


def test_what_was_reached_is_told_when_it_was_and_what_was_fixed_before_is_never_reached() -> None:
    found = clock(outage(0, 3))
    assert [found.runs_out_at(share) for share in MARKS] == [at(2 * HOUR), at(3 * HOUR), None]


def test_a_pause_counts_for_its_reason_and_moves_the_end_of_the_target() -> None:
    found = clock(outage(0), [note("pause", 1), note("resume", 2.5)], now=3)
    assert (found.elapsed, found.paused, found.state) == (h(1.5), ((ACCESS, h(1.5)),), "running")
    assert found.runs_out_at() == at(5.5 * HOUR)


def test_while_it_is_paused_nobody_knows_when_it_runs_out_but_what_was_reached_before_stays() -> None:
    found = clock(outage(0), [note("pause", 3)], now=5)
    assert (found.state, found.elapsed, found.paused) == ("paused", h(3), ((ACCESS, h(2)),))
    assert [found.runs_out_at(share) for share in MARKS] == [at(2 * HOUR), at(3 * HOUR), None]


def test_overlapping_pauses_count_once_for_the_one_that_began_first() -> None:
    notes = [note("pause", 1, ACCESS), note("pause", 2, PART), note("resume", 4), note("pause", 5, PART, until=6)]
    found = clock(outage(0, 8), notes)
    assert found.paused == ((ACCESS, h(3)), (PART, h(1)))
    assert found.elapsed == h(4)


def test_a_pause_without_an_end_lasts_until_the_outage_ends() -> None:
    found = clock(outage(0, 6), [note("pause", 2)])
    assert (found.state, found.elapsed, found.paused) == ("stopped", h(2), ((ACCESS, h(4)),))


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param([note("pause", -5), note("resume", -2)], id="before"),
        pytest.param([note("pause", 7)], id="after"),
        pytest.param([note("resume", 3)], id="a resume of nothing"),
        pytest.param([note("pause", 2, written=3), note("resume", 2, written=4)], id="taken back"),
        pytest.param([note("pause", 3, until=2)], id="ends before it begins"),
        pytest.param([note("note", 2), note("correction", 2)], id="other notes"),
    ],
)
def test_pauses_outside_of_the_outage_and_other_notes_count_nothing(notes: list[Note]) -> None:
    found = clock(outage(0, 6), notes)
    assert (found.elapsed, found.paused) == (h(6), ())


def test_a_pause_of_another_outage_counts_nothing_and_one_of_a_part_does() -> None:
    other = Note("device:sw", at(0), "x", "pause", ACCESS, UUID(int=7), at(HOUR), at(2 * HOUR))
    assert clock(outage(0, 6), [other]).elapsed == h(6)
    assert clock(outage(0, 6, parts=(UUID(int=7),)), [other]).elapsed == h(5)


def test_a_pause_without_a_beginning_begins_when_it_was_written() -> None:
    said = Note("device:sw", at(HOUR), "x", "pause", ACCESS, UUID(int=1))
    assert clock(outage(0, 6), [said]).elapsed == h(1)


def test_planned_time_stands_still_and_is_no_pause() -> None:
    found = clock(outage(0, 6), [note("pause", 1), note("resume", 4)], [(2, 3), (5, 9)])
    assert (found.elapsed, found.planned, found.paused) == (h(2), h(2), ((ACCESS, h(2)),))


def test_the_end_of_planned_work_is_known_beforehand() -> None:
    found = clock(outage(0), planned=[(1, 3)], now=2)
    assert (found.state, found.elapsed) == ("paused", h(1))
    assert found.runs_out_at() == at(6 * HOUR)


def test_the_breaks_of_a_flapping_outage_do_not_stop_its_clock() -> None:
    flapping = Outage(UUID(int=1), "device:sw", at(0), at(HOUR), "x", breaks=((at(600), at(900)), (at(1200), at(1500))))
    assert clock(flapping).elapsed == h(1)


def test_an_outage_that_is_still_to_begin_has_used_nothing() -> None:
    found = clock(outage(5), now=2)
    assert (found.elapsed, found.used, found.within) == (h(0), 0, None)


NOTES = st.lists(
    st.builds(
        note, st.sampled_from(["pause", "resume"]), st.integers(-5, 60), st.sampled_from([ACCESS, PART]),
        until=st.none() | st.integers(0, 70), written=st.integers(0, 90),
    ),
    max_size=6,
)  # fmt: skip
PLANNED = st.lists(st.tuples(st.integers(-5, 60), st.integers(1, 9)).map(lambda p: (p[0], p[0] + p[1])), max_size=4)


@given(st.integers(0, 40), st.none() | st.integers(1, 20), NOTES, PLANNED, st.integers(0, 80))
def test_what_ran_what_was_planned_and_what_was_paused_are_the_whole(
    began: int, length: int | None, notes: list[Note], planned: list[tuple[int, int]], now: int
) -> None:
    what = outage(began, None if length is None else began + length)
    found = clock(what, notes, planned, now=now)
    ends = min(now, began + length) if length is not None else now
    assert found.elapsed + found.planned + sum((p for _, p in found.paused), h(0)) == h(max(0, ends - began))
    assert h(0) <= found.service_hours <= found.elapsed


@given(st.integers(0, 40), NOTES, PLANNED, st.integers(0, 80), st.randoms(use_true_random=False))
def test_the_order_of_notes_does_not_matter(
    began: int, notes: list[Note], planned: list[tuple[int, int]], now: int, chance: random.Random
) -> None:
    shuffled = notes.copy()
    chance.shuffle(shuffled)
    assert clock(outage(began), shuffled, planned, now=now) == clock(outage(began), notes, planned, now=now)


@given(st.integers(0, 40), NOTES, PLANNED, st.sampled_from(MARKS), st.sampled_from([ELAPSED, SERVICE]))
def test_at_the_moment_it_tells_of_just_so_much_is_used(
    began: int, notes: list[Note], planned: list[tuple[int, int]], share: float, terms: Terms
) -> None:
    due: datetime | None = clock(outage(began), notes, planned, terms, now=began).runs_out_at(share)
    if due is None:
        assert clock(outage(began), notes, planned, terms, now=5000).used < share
    else:
        later = (due - at(0)) / h(1)
        assert clock(outage(began), notes, planned, terms, now=later).used == pytest.approx(share)
        assert clock(outage(began), notes, planned, terms, now=later - 0.01).used < share


def test_service_hours_of_a_clock_are_those_of_the_calendar() -> None:
    spans = service_spans(at(0), at(100 * HOUR))
    assert clock(outage(0, 100)).service_hours == sum((b - a for a, b in spans), h(0))
