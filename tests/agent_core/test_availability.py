"""Figures of a window: planned work taken out, outages where they count; and a count minute by minute agrees."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.availability import Book, Figures, Terms, terms_of
from agent.accounting.fix_clock import clock_of
from agent.accounting.outages import outages_of, timeline
from agent.accounting.periods import Period, merge
from agent.calendar_uk import ALWAYS, LONDON, ServiceHours, london_midnight, named_period, service_spans
from agent.facts import Change, Flip, Note, NoteKind, Outage, Standing, Watch
from agent.inventory.model import Council, Estate, Service
from agent.inventory.needs import Subject
from tests.agent_core import plain
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, flips_of

HOUR, MINUTE = 3600, 60
SW, CORE = "device:sw", "device:core"
ALWAYS_WATCHED = [Watch("test", at(-1000 * HOUR), at(1000 * HOUR))]
DAY = Period(at(0), at(24 * HOUR))
LATER = at(900 * HOUR)


def story(*steps: tuple[float, Standing], subject: str = SW, cause: str | None = None, first: int = 1) -> list[Flip]:
    """Steps in hours."""
    changes, before = [], BLIND
    for hours, after in steps:
        given_cause = cause if after in (DOWN, BLIND) else None
        changes.append(Change(subject, before, after, at(hours * HOUR), f"became {after}", given_cause))
        before = after
    return flips_of(changes, first=first)


def maintenance(**windows: Sequence[tuple[float, float]]) -> Callable[[str, Period], list[Period]]:
    """Hours of device:NAME."""

    def planned(subject: str, period: Period) -> list[Period]:
        found = [Period(at(a * HOUR), at(b * HOUR)) for a, b in windows.get(subject.partition(":")[2], ())]
        return merge(part for p in found if (part := p.within(period)) is not None)

    return planned


def figures(
    flips: Iterable[Flip], window: Period = DAY, *, notes: Iterable[Note] = (),
    watches: Iterable[Watch] = ALWAYS_WATCHED, terms: Terms | None = None, now: datetime | None = LATER,
    **windows: Sequence[tuple[float, float]],
) -> Figures:  # fmt: skip
    book = Book.of(flips, watches, notes, maintenance(**windows) if windows else None)
    return book.figures(SW, window, terms or Terms(), now)


def hours(found: Figures) -> tuple[float, float, float, float]:
    times = (found.up, found.down, found.planned, found.blind)
    return tuple(part / timedelta(hours=1) for part in times)  # type: ignore[return-value]


def service(found: Figures) -> tuple[float, float, float, float]:
    times = found.service_hours
    parts = (times.up, times.down, times.planned, times.blind)
    return tuple(part / timedelta(hours=1) for part in parts)  # type: ignore[return-value]


THREE_TO_FOUR = story((-1, UP), (3, DOWN), (4, UP))  # 12:00 to 13:00 on a Monday; the day is 09:00 to 09:00


# ---------------------------------------------------------------- outages and windows
def test_an_hour_down_on_a_monday_counts_in_all_hours_and_in_service_hours() -> None:
    found = figures(THREE_TO_FOUR)
    assert hours(found) == (23, 1, 0, 0)
    assert service(found) == (9, 1, 0, 0)  # 09:00 to 18:00, and 08:00 to 09:00 on Tuesday
    assert found.achieved == pytest.approx(23 / 24)
    assert found.service_hours.achieved == pytest.approx(0.9)
    assert (found.outages, found.began, found.fixed, found.within_target) == (1, 1, 1, 1)
    assert found.mean_fix == found.median_fix == timedelta(hours=1)
    assert found.between_failures == timedelta(hours=23)


def test_an_open_outage_counts_to_now_and_is_not_fixed() -> None:
    found = figures(story((-1, UP), (3, DOWN)), now=at(5 * HOUR))
    assert hours(found) == (3, 2, 0, 0)
    assert found.window == Period(at(0), at(5 * HOUR))
    assert (found.outages, found.began, found.fixed, found.mean_fix, found.share_within) == (1, 1, 0, None, None)


def test_an_open_outage_counts_to_the_end_of_a_window_that_is_over() -> None:
    assert hours(figures(story((-1, UP), (3, DOWN)))) == (3, 21, 0, 0)


def test_a_window_that_has_not_begun_is_empty() -> None:
    found = figures(THREE_TO_FOUR, now=at(-5 * HOUR))
    assert hours(found) == (0, 0, 0, 0)
    assert (found.outages, found.achieved, found.lower, found.upper, found.between_failures) == (
        0,
        None,
        None,
        None,
        None,
    )


def test_an_outage_over_the_end_of_a_quarter_is_counted_in_both_begun_in_one_and_fixed_in_the_other() -> None:
    before, after = named_period("2026-Q3"), named_period("2026-Q4")
    midnight = datetime(2027, 1, 1, tzinfo=UTC)
    steps = ((-9, UP), (-2, DOWN), (3, UP))
    changes = [Change(SW, UP, to, midnight + timedelta(hours=h), "x") for h, to in steps]
    book = Book.of(flips_of(changes), [Watch("t", midnight - timedelta(days=200), midnight + timedelta(days=200))])
    first = book.figures(SW, before.window, now=midnight + timedelta(days=100))
    second = book.figures(SW, after.window, now=midnight + timedelta(days=100))
    assert (first.down, first.outages, first.began, first.fixed) == (timedelta(hours=2), 1, 1, 0)
    assert (second.down, second.outages, second.began, second.fixed) == (timedelta(hours=3), 1, 0, 1)
    assert second.mean_fix == timedelta(hours=5)
    assert second.within_target == 0
    assert second.between_failures is None


def test_outages_that_are_fixed_in_four_hours_exactly_are_within_the_target() -> None:
    found = figures(story((-1, UP), (1, DOWN), (5, UP), (6, DOWN), (10 + 1 / 3600, UP), (12, DOWN), (13, UP)))
    assert (found.fixed, found.within_target, found.share_within) == (3, 2, pytest.approx(2 / 3))
    assert found.median_fix == timedelta(hours=4)


def test_the_median_of_two_fix_times_is_half_way() -> None:
    found = figures(story((-1, UP), (1, DOWN), (2, UP), (6, DOWN), (9, UP)))
    assert (found.mean_fix, found.median_fix) == (timedelta(hours=2), timedelta(hours=2))


def test_fix_times_are_measured_on_the_clock_that_was_agreed() -> None:
    flips = story((-1, UP), (8, DOWN), (23.5, UP))  # 17:00 to 08:30: an hour and a half of service
    assert figures(flips).mean_fix == timedelta(hours=15.5)
    found = figures(flips, terms=Terms(fix_clock="service_hours"))
    assert (found.mean_fix, found.within_target) == (timedelta(hours=1.5), 1)


def test_an_outage_from_before_the_window_has_its_service_hours_counted_from_its_beginning() -> None:
    flips = story((-50, UP), (-20, DOWN), (1, UP))  # from Sunday 13:00 to Monday 10:00
    assert figures(flips, terms=Terms(fix_clock="service_hours")).mean_fix == timedelta(hours=2)


def test_degraded_is_up_and_given_beside_it() -> None:
    found = figures(story((-1, UP), (4, DEGRADED), (6, UP)))
    assert hours(found) == (24, 0, 0, 0)
    assert (found.degraded, found.service_hours.degraded) == (timedelta(hours=2), timedelta(hours=2))


# ---------------------------------------------------------------- blind time
def test_time_the_agent_was_off_is_neither_up_nor_down_in_the_midst_of_an_outage_too() -> None:
    watches = [Watch("t", at(-HOUR), at(3.5 * HOUR)), Watch("t", at(4.5 * HOUR), at(99 * HOUR))]
    found = figures(story((-1, UP), (3, DOWN), (5, UP)), watches=watches)
    assert hours(found) == (22, 1, 0, 1)
    assert found.mean_fix == timedelta(hours=2)
    assert not found.watched_throughout
    assert found.lower == pytest.approx(22 / 24)
    assert found.upper == pytest.approx(23 / 24)


@pytest.mark.parametrize(
    ("target", "decided"), [(None, None), (0.9, True), (22 / 24, True), (0.93, False), (23 / 24, False), (0.97, True)]
)
def test_the_figure_decides_when_both_bounds_are_on_one_side(target: float | None, decided: bool | None) -> None:
    watches = [Watch("t", at(-HOUR), at(3.5 * HOUR)), Watch("t", at(4.5 * HOUR), at(99 * HOUR))]
    assert figures(story((-1, UP), (3, DOWN), (5, UP)), watches=watches, terms=Terms(target)).decided is decided


def test_what_was_never_seen_is_blind_and_decides_nothing() -> None:
    found = figures([], terms=Terms(0.99))
    assert hours(found) == (0, 0, 0, 24)
    assert (found.achieved, found.lower, found.upper, found.decided) == (None, 0, 1, False)


# ---------------------------------------------------------------- planned maintenance
@pytest.mark.parametrize(
    ("window", "expected", "counted"),
    [
        pytest.param((10, 12), (21, 1, 2, 0), 1, id="while it is up"),
        pytest.param((2, 3.5), (22, 0.5, 1.5, 0), 1, id="running over its end"),
        pytest.param((3.5, 6), (21, 0.5, 2.5, 0), 1, id="beginning in the midst"),
        pytest.param((3.25, 3.5), (23, 0.75, 0.25, 0), 1, id="inside the outage"),
        pytest.param((3, 4), (23, 0, 1, 0), 0, id="the very hour"),
        pytest.param((2, 6), (20, 0, 4, 0), 0, id="all round it"),
        pytest.param((-5, 99), (0, 0, 24, 0), 0, id="for the whole day"),
    ],
)
def test_planned_time_leaves_both_sides(
    window: tuple[float, float], expected: tuple[float, float, float, float], counted: int
) -> None:
    found = figures(THREE_TO_FOUR, sw=[window])
    assert hours(found) == expected
    assert (found.outages, found.began, found.fixed) == (counted, counted, counted)
    assert found.mean_fix == (timedelta(hours=expected[1]) if counted else None)


def test_planned_time_is_planned_where_nobody_looked_too() -> None:
    found = figures(story((-1, UP), (5, BLIND), (7, UP)), watches=[Watch("t", at(0), at(10 * HOUR))], sw=[(6, 12)])
    assert hours(found) == (5, 0, 6, 13)


def test_planned_work_that_took_a_service_down_excuses_it_while_it_lasts() -> None:
    flips = story((-1, UP), (3, DOWN), (6, UP), cause=CORE)
    assert hours(figures(flips, core=[(2, 5)])) == (21, 1, 2, 0)
    assert figures(flips, core=[(2, 5)]).mean_fix == timedelta(hours=1)
    assert hours(figures(flips, core=[(2, 5)], sw=[(4, 5.5)])) == (21, 0.5, 2.5, 0)
    assert hours(figures(story((-1, UP), (3, BLIND), (6, UP), cause=CORE), core=[(2, 5)])) == (21, 0, 2, 1)


def test_planned_work_on_something_else_excuses_nothing_that_is_up_or_failed_by_itself() -> None:
    assert hours(figures(THREE_TO_FOUR, core=[(2, 5)])) == (23, 1, 0, 0)


def test_an_outage_that_ran_over_planned_work_and_midnight_begins_where_it_counts() -> None:
    flips = story((-9, UP), (-2, DOWN), (3, UP))
    night_before = Period(at(-24 * HOUR), at(0))
    assert figures(flips, night_before, sw=[(-3, 1)]).began == 0
    found = figures(flips, sw=[(-3, 1)])
    assert (found.down, found.outages, found.began, found.fixed) == (timedelta(hours=2), 1, 1, 1)
    assert found.mean_fix == timedelta(hours=2)


def test_an_outage_whose_last_part_was_planned_is_fixed_in_the_window_it_ended_in() -> None:
    found = figures(story((-9, UP), (-2, DOWN), (3, UP)), sw=[(-1, 5)])
    assert (found.outages, found.began, found.fixed, found.mean_fix) == (0, 0, 1, timedelta(hours=1))


def test_planned_outages_are_listed_with_what_was_planned_of_them() -> None:
    book = Book.of(THREE_TO_FOUR, ALWAYS_WATCHED, planned=maintenance(sw=[(2, 3.5)]))
    (outage,) = book.outages(DAY, LATER)
    assert outage.planned == ((at(3 * HOUR), at(3.5 * HOUR)),)
    assert Book.of(THREE_TO_FOUR, ALWAYS_WATCHED).outages() == outages_of(THREE_TO_FOUR)


# ---------------------------------------------------------------- the clock changes
@pytest.mark.parametrize(("day", "length"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_the_clocks_change_has_its_true_length(day: date, length: int) -> None:
    window = Period(london_midnight(day), london_midnight(day + timedelta(days=1)))
    began = datetime(day.year, day.month, day.day, 0, 30, tzinfo=LONDON).astimezone(UTC)
    ended = datetime(day.year, day.month, day.day, 3, 30, tzinfo=LONDON).astimezone(UTC)
    changes = [
        Change(SW, BLIND, UP, window.began_at, "x"),
        Change(SW, UP, DOWN, began, "x"),
        Change(SW, DOWN, UP, ended, "x"),
    ]
    book = Book.of(flips_of(changes), [Watch("t", window.began_at, window.ended_at)])
    found = book.figures(SW, window, Terms(hours=ServiceHours.parse("Sun 00:00-24:00")))
    assert found.all_hours == found.service_hours
    assert found.down == timedelta(hours=3 + length - 24)
    assert found.all_hours.whole == timedelta(hours=length)


# ---------------------------------------------------------------- flaps, corrections, pauses
FLAPPING = story((-1, UP), (1, DOWN), (1.1, UP), (1.2, DOWN), (1.3, UP), (1.4, DOWN), (2, UP))


def test_a_flapping_outage_is_one_and_its_breaks_are_up_but_its_clock_runs_until_it_stays_up() -> None:
    found = figures(FLAPPING)
    assert (found.outages, found.began, found.flaps, found.fixed) == (1, 1, 2, 1)
    assert found.down == timedelta(hours=0.8)
    assert found.mean_fix == timedelta(hours=1)


def test_only_the_flaps_inside_a_window_are_counted_there() -> None:
    assert figures(FLAPPING, Period(at(1.25 * HOUR), at(24 * HOUR))).flaps == 1
    assert figures(FLAPPING, Period(at(0), at(1.25 * HOUR))).flaps == 1


def said(flip: Flip, kind: NoteKind, begins: float | None = None, ends: float | None = None) -> Note:
    from_at, until_at = (None if hour is None else at(hour * HOUR) for hour in (begins, ends))
    return Note(flip.subject, LATER, "A. Person", kind, "waiting for the customer", flip.id, from_at, until_at)


def test_a_pause_is_not_counted_as_fix_time_and_is_down_time() -> None:
    flips = story((-1, UP), (3, DOWN), (9, UP))
    found = figures(flips, notes=[said(flips[1], "pause", 4), said(flips[1], "resume", 7)])
    assert (found.down, found.mean_fix, found.within_target) == (timedelta(hours=6), timedelta(hours=3), 1)
    assert figures(
        flips, notes=[said(flips[1], "pause", 4)], terms=Terms(fix_clock="service_hours")
    ).mean_fix == timedelta(hours=1)


def test_a_corrected_outage_is_counted_as_it_was_said_to_be() -> None:
    assert hours(figures(THREE_TO_FOUR, notes=[said(THREE_TO_FOUR[1], "correction", 2, 3.5)])) == (22.5, 1.5, 0, 0)
    found = figures(THREE_TO_FOUR, notes=[said(THREE_TO_FOUR[1], "void")])
    assert hours(found) == (24, 0, 0, 0)
    assert (found.outages, found.began, found.fixed) == (0, 0, 0)


def test_a_correction_says_it_was_down_where_nobody_looked() -> None:
    watches = [Watch("t", at(3 * HOUR), at(99 * HOUR))]
    found = figures(THREE_TO_FOUR, watches=watches, notes=[said(THREE_TO_FOUR[1], "correction", 1)])
    assert hours(found) == (20, 3, 0, 1)


def test_a_correction_is_excused_by_the_maintenance_of_its_cause() -> None:
    flips = story((-1, UP), (3, DOWN), (4, UP), cause=CORE)
    assert hours(figures(flips, notes=[said(flips[1], "correction", 2)], core=[(2.5, 3.5)])) == (22, 1, 1, 0)


def test_subjects_are_those_something_was_recorded_of() -> None:
    book = Book.of([*THREE_TO_FOUR, *story((0, UP), subject=CORE, first=9)], ALWAYS_WATCHED)
    assert book.subjects() == [CORE, SW]
    assert hours(book.figures("device:unheard-of", DAY)) == (0, 0, 0, 24)


# ---------------------------------------------------------------- what was agreed
def test_terms_are_those_of_the_service_and_defaults_for_everything_else() -> None:
    service_ = Service(
        title="Telephony", owner="both", needs=Subject("device", "sw"), fix_target="2h",  # type: ignore[arg-type]
        fix_clock="service_hours", service_hours="always", availability_target=0.995,
    )  # fmt: skip
    estate = Estate(councils={"a": Council(title="A", share="1")}, services={"telephony": service_})  # type: ignore[arg-type]
    assert terms_of(estate, "service:telephony") == Terms(0.995, ALWAYS, timedelta(hours=2), "service_hours")
    assert terms_of(estate, "device:telephony") == terms_of(estate, "service:no-such") == Terms()


def test_a_fix_target_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        Terms(fix_target=timedelta(0))


# ---------------------------------------------------------------- minute by minute
SPAN = 600  # minutes that are looked at, from T0 on
MINUTES = st.integers(-60, SPAN + 60)
STANDINGS = st.sampled_from([UP, UP, DEGRADED, DOWN, DOWN, DOWN, BLIND])
CAUSES = st.sampled_from([None, None, CORE, SW])
STEPS = st.lists(st.tuples(MINUTES, STANDINGS, CAUSES), max_size=24)
STRETCHES = st.lists(st.tuples(MINUTES, st.integers(0, 200)).map(lambda s: (s[0], s[0] + s[1])), max_size=5)
WINDOWS = st.tuples(MINUTES, MINUTES).map(lambda w: (min(w), max(w)))
SAYINGS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from(["correction", "void", "pause", "resume"]),
        st.none() | MINUTES, st.none() | MINUTES,
    ),
    max_size=4,
)  # fmt: skip
HOURS = ServiceHours.parse("Mon 09:40-13:00")
TERMS = st.sampled_from([Terms(0.9, HOURS), Terms(0.9, HOURS, timedelta(minutes=40), "service_hours")])


def minute(n: int) -> datetime:
    return at(n * MINUTE)


def periods_of(stretches: Iterable[tuple[int, int]], inside: Period | None = None) -> list[Period]:
    found = merge(Period(minute(a), minute(b)) for a, b in stretches)
    return found if inside is None else [part for p in found if (part := p.within(inside)) is not None]


@dataclass(frozen=True)
class Case:
    """A made-up record, and the same counted minute by minute, with sets and no cleverness."""

    flips: list[Flip]
    watches: list[Watch]
    notes: list[Note]
    planned: Mapping[str, list[tuple[int, int]]]
    terms: Terms

    def book(self) -> Book:
        return Book.of(
            self.flips, self.watches, self.notes, lambda subject, p: periods_of(self.planned.get(subject, ()), p)
        )

    def count(self, began: int, ended: int) -> dict[str, object]:
        every = range(-400, SPAN + 400)
        standing = dict.fromkeys(every, "blind")
        cause: dict[int, str | None] = dict.fromkeys(every)
        for flip in timeline(self.flips):
            for m in range(_minute(flip.at), every.stop):
                standing[m], cause[m] = flip.after.value, flip.cause
        outages: list[tuple[int, int, set[UUID]]] = []
        holding = {n.outage: n for n in self.notes if n.kind in ("correction", "void")}
        stretches = []
        for outage in outages_of(self.flips):
            b, e = _minute(outage.began_at), every.stop if outage.ended_at is None else _minute(outage.ended_at)
            note = holding.get(outage.id)
            if note is None or (note.kind == "correction" and note.from_at is note.until_at is None):
                outages.append((b, e, set(outage.ids)))
                continue
            for m in range(b, e):
                if standing[m] == "down":
                    standing[m], cause[m] = "up", None
            if note.kind == "correction":
                b = b if note.from_at is None else _minute(note.from_at)
                e = e if note.until_at is None else _minute(note.until_at)
                if b < e:
                    outages.append((b, e, set(outage.ids)))
                    stretches.append((b, e, outage.cause))
        watched = {m for w in self.watches for m in range(_minute(w.began_at), _minute(w.until_at))}
        for b, e, why in sorted(stretches, key=lambda s: (s[0], s[1], s[2] or "")):
            for m in range(b, e):
                standing[m], cause[m] = "said", why
        maintenance = {subject: {m for a, b in own for m in range(a, b)} for subject, own in self.planned.items()}
        planned = set(maintenance.get(SW, ()))
        planned |= {
            m for m in every
            if standing[m] in ("down", "blind", "said") and cause[m] not in (None, SW)
            and m in maintenance.get(cause[m] or "", ())
        }  # fmt: skip
        down = {m for m in every if standing[m] == "said" or (standing[m] == "down" and m in watched)} - planned
        up = {m for m in every if standing[m] in ("up", "degraded") and m in watched} - planned
        degraded = {m for m in up if standing[m] == "degraded"}
        open_ = {
            m for a, b in service_spans(minute(every.start), minute(every.stop), self.terms.hours)
            for m in range(_minute(a), _minute(b))
        }  # fmt: skip
        inside = set(range(began, ended))
        touching = [o for o in outages if down & inside & set(range(o[0], o[1]))]
        fixes = []
        for b, e, ids in outages:
            if began < e <= ended and b < ended and down & set(range(b, e)) and e < every.stop:
                ran = set(range(b, e)) - planned - self.paused(ids, every.stop)
                fixes.append(len(ran if self.terms.fix_clock == "elapsed" else ran & open_))
        target = self.terms.fix_target / timedelta(minutes=1)
        sets = (up, down, planned, set(every) - up - down - planned, degraded)
        return {
            "all hours": tuple(len(s & inside) for s in sets),
            "service hours": tuple(len(s & inside & open_) for s in sets),
            "outages": len(touching),
            "began": sum(min(down & set(range(b, e))) in inside for b, e, _ in touching),
            "fixes": (len(fixes), sum(fixes), sum(f <= target for f in fixes)),
        }

    def paused(self, ids: set[UUID], end: int) -> set[int]:
        own = [n for n in self.notes if n.outage in ids]
        found: set[int] = set()
        for note in own:
            if note.kind == "pause":
                from_ = _minute(note.from_at or note.at)
                ends = [_minute(n.from_at or n.at) for n in own if n.kind == "resume"]
                ends = [m for m in ends if m > from_]
                ends += [_minute(note.until_at)] if note.until_at else []
                found |= set(range(from_, min(ends, default=end)))
        return found


def _minute(when: datetime) -> int:
    return int((when - T0).total_seconds()) // MINUTE


def made(
    steps: Sequence[tuple[int, Standing, str | None]], watched: Sequence[tuple[int, int]],
    sayings: Sequence[tuple[int, str, int | None, int | None]], planned: Mapping[str, list[tuple[int, int]]],
    terms: Terms,
) -> Case:  # fmt: skip
    flips = flips_of(Change(SW, UP, after, minute(m), "x", cause) for m, after, cause in steps)
    outages = outages_of(flips)
    notes = []
    for n, (which, kind, from_, until) in enumerate(sayings):
        if outages and not (kind == "resume" and from_ is None):
            id_ = outages[which % len(outages)].id
            from_at, until_at = (None if m is None else minute(m) for m in (from_, until))
            written = minute(SPAN + 100 + n)  # after everything
            notes.append(Note(SW, written, "x", kind, "y", id_, from_at, until_at))  # type: ignore[arg-type]
    return Case(flips, [Watch("t", minute(a), minute(b)) for a, b in watched], notes, planned, terms)


CASES = st.builds(
    made, STEPS, STRETCHES | st.just([(-100, SPAN + 100)]), SAYINGS,
    st.fixed_dictionaries({SW: STRETCHES, CORE: STRETCHES}), TERMS,
)  # fmt: skip
PLAIN = st.builds(made, STEPS, STRETCHES, st.just(()), st.just({}), TERMS)


def counted(found: Figures) -> dict[str, object]:
    def minutes(*times: timedelta) -> tuple[float, ...]:
        return tuple(t / timedelta(minutes=1) for t in times)

    whole, open_ = found.all_hours, found.service_hours
    return {
        "all hours": minutes(whole.up, whole.down, whole.planned, whole.blind, whole.degraded),
        "service hours": minutes(open_.up, open_.down, open_.planned, open_.blind, open_.degraded),
        "outages": found.outages,
        "began": found.began,
        "fixes": (
            found.fixed,
            round((found.mean_fix or timedelta()) / timedelta(minutes=1) * found.fixed),
            found.within_target,
        ),
    }


@given(CASES, WINDOWS)
def test_figures_are_those_of_a_count_minute_by_minute(case: Case, window: tuple[int, int]) -> None:
    found = case.book().figures(SW, Period(minute(window[0]), minute(window[1])), case.terms)
    assert counted(found) == case.count(*window)


@given(CASES, WINDOWS, MINUTES)
def test_up_down_planned_and_blind_are_the_window_exactly(case: Case, window: tuple[int, int], now: int) -> None:
    whole = Period(minute(window[0]), minute(window[1]))
    found = case.book().figures(SW, whole, case.terms, minute(now))
    assert found.all_hours.whole == found.window.length
    spans = service_spans(found.window.began_at, found.window.ended_at, case.terms.hours)
    assert found.service_hours.whole == sum((b - a for a, b in spans), timedelta())
    for times in (found.all_hours, found.service_hours):
        assert timedelta(0) <= min(times.up, times.down, times.planned, times.blind, times.degraded)
        assert times.degraded <= times.up
        if times.achieved is not None:
            assert (times.lower or 0) - 1e-12 <= times.achieved <= (times.upper or 0) + 1e-12


@given(CASES, WINDOWS, MINUTES)
def test_two_halves_of_a_window_add_up_to_the_whole(case: Case, window: tuple[int, int], cut: int) -> None:
    middle = max(window[0], min(cut, window[1]))
    book = case.book()
    edges = (window, (window[0], middle), (middle, window[1]))
    whole, first, second = (book.figures(SW, Period(minute(a), minute(b)), case.terms) for a, b in edges)
    for name in ("up", "down", "planned", "blind", "degraded"):
        for kind in ("all_hours", "service_hours"):
            parts = [getattr(getattr(half, kind), name) for half in (first, second)]
            assert sum(parts, timedelta()) == getattr(getattr(whole, kind), name), (kind, name)
    assert (whole.began, whole.fixed) == (first.began + second.began, first.fixed + second.fixed)
    assert max(first.outages, second.outages) <= whole.outages <= first.outages + second.outages


@given(CASES, WINDOWS, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_read_does_not_matter(
    case: Case, window: tuple[int, int], chance: random.Random
) -> None:
    rows = replace(case, flips=case.flips.copy(), watches=case.watches.copy(), notes=case.notes.copy())
    for own in (rows.flips, rows.watches, rows.notes):
        chance.shuffle(own)  # type: ignore[arg-type]
    period = Period(minute(window[0]), minute(window[1]))
    a, b = case.book(), rows.book()
    assert a.figures(SW, period, case.terms) == b.figures(SW, period, case.terms)
    assert a.spans(SW, period) == b.spans(SW, period)
    assert a.outages(period) == b.outages(period)


@given(CASES, WINDOWS, STRETCHES)
def test_adding_maintenance_never_changes_the_total(
    case: Case, window: tuple[int, int], more: list[tuple[int, int]]
) -> None:
    period = Period(minute(window[0]), minute(window[1]))
    wider = replace(case, planned={**case.planned, SW: [*case.planned[SW], *more]})
    before, after = (c.book().figures(SW, period, case.terms) for c in (case, wider))
    assert after.all_hours.whole == before.all_hours.whole
    assert after.service_hours.whole == before.service_hours.whole
    assert after.planned >= before.planned
    assert (after.up, after.down, after.blind) <= (before.up, before.down, before.blind)


@given(CASES, WINDOWS, st.integers(0, 9))
def test_voiding_an_outage_never_adds_down_time(case: Case, window: tuple[int, int], which: int) -> None:
    period = Period(minute(window[0]), minute(window[1]))
    for outage in outages_of(case.flips)[which : which + 1]:
        void = Note(SW, minute(SPAN + 300), "x", "void", "it was a test", outage.id)
        voided = replace(case, notes=[*case.notes, void]).book()
        assert voided.figures(SW, period).down <= case.book().figures(SW, period).down
        assert outage.id not in {o.id for o in voided.outages()}


@given(PLAIN, WINDOWS, MINUTES)
def test_with_nothing_planned_figures_are_those_of_spans(case: Case, window: tuple[int, int], now: int) -> None:
    period = Period(minute(window[0]), minute(window[1]))
    found = case.book().figures(SW, period, case.terms, minute(now))
    simple = plain.availability(case.flips, case.watches, period, minute(now))
    assert (found.up, found.down, found.blind, found.degraded) == (
        simple.up,
        simple.down,
        simple.blind,
        simple.degraded,
    )
    assert (found.achieved, found.lower, found.upper) == (simple.achieved, simple.lower, simple.upper)
    assert found.window == simple.window


@given(CASES, WINDOWS)
def test_fix_times_are_those_of_the_clock_of_each_outage(case: Case, window: tuple[int, int]) -> None:
    period, later, book = Period(minute(window[0]), minute(window[1])), minute(SPAN + 900), case.book()
    found = book.figures(SW, period, case.terms)
    clocks = {
        outage.id: clock_of(outage, case.notes, [Period(*part) for part in outage.planned], case.terms, later)
        for outage in book.outages(now=later)
        if outage.ended_at is not None and period.began_at < outage.ended_at <= period.ended_at
    }
    # One that has no down time that counts was never to be fixed.
    whole = {o.id: Period(o.began_at, o.ended_at) for o in book.outages() if o.ended_at is not None}
    times = [clock.counted for id_, clock in clocks.items() if book.figures(SW, whole[id_]).down]
    assert found.fixed == len(times)
    assert found.within_target == sum(t <= case.terms.fix_target for t in times)
    if times:
        assert found.mean_fix == sum(times, timedelta()) / len(times)
        assert found.median_fix == statistics.median(times)


@given(CASES)
def test_an_outage_that_nobody_corrected_is_listed_as_it_was_recorded(case: Case) -> None:
    def plain(outage: Outage) -> Outage:
        return replace(outage, planned=())

    told = {n.outage for n in case.notes if n.kind in ("correction", "void")}
    recorded = {o.id: o for o in outages_of(case.flips) if not o.ids & told}
    found = {o.id: plain(o) for o in case.book().outages()}
    assert recorded.items() <= found.items()
