"""A month of made-up faults of which the truth is known: the figures of the ledger are the truth, to the second.

The truth is painted and counted second by second (tests.agent_core.painted) and shares nothing with what is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from random import Random
from statistics import median

import pytest

from agent.accounting.availability import Book, Figures, Terms, Times
from agent.accounting.fix_clock import ClockName, clock_of
from agent.accounting.outages import Period
from agent.calendar_uk import ServiceHours
from agent.facts import Outage, Standing
from agent.ledger import Ledger
from agent.maintenance import Plan
from tests.agent_core.faults import Month
from tests.agent_core.looking_on import BEGAN, LASTS, Days
from tests.agent_core.painted import (
    BLIND,
    DEGRADED,
    DOWN,
    UNWATCHED,
    UP,
    Calendar,
    Second,
    TrueFigures,
    TrueOutage,
    Truth,
)

STANDINGS = {UP: Standing.UP, DEGRADED: Standing.DEGRADED, DOWN: Standing.DOWN, BLIND: Standing.BLIND}


@dataclass(frozen=True)
class Agreed:
    """Service hours as the inventory writes them, and the same told to the painter."""

    text: str
    days: tuple[int, ...]
    opens: time
    closes: time | None
    holidays: bool
    fix_clock: ClockName
    fix_target: timedelta

    @property
    def terms(self) -> Terms:
        return Terms(0.999, ServiceHours.parse(self.text), self.fix_target, self.fix_clock)

    def mask(self, calendar: Calendar) -> bytes:
        return bytes(calendar.open_hours(self.days, self.opens, self.closes, holidays=self.holidays))


WEEK = tuple(range(7))
AGREED = (
    Agreed("Mon-Fri 08:00-18:00", WEEK[:5], time(8), time(18), False, "elapsed", timedelta(hours=4)),
    Agreed("Mon-Fri 08:00-18:00", WEEK[:5], time(8), time(18), False, "service_hours", timedelta(hours=4)),
    Agreed("always", WEEK, time(0), None, True, "service_hours", timedelta(hours=1)),
    Agreed("Mon-Sun 00:30-01:30, bank holidays too", WEEK, time(0, 30), time(1, 30), True, "service_hours",
           timedelta(minutes=10)),
    Agreed("Fri-Mon 01:15-24:00", (0, 4, 5, 6), time(1, 15), None, False, "elapsed", timedelta(minutes=15)),
)  # fmt: skip


class Differences:
    """All that differs, so that a failure shows whether one figure is wrong or a hundred are."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.compared = 0

    def same(self, subject: str, what: str, wanted: object, got: object) -> None:
        self.compared += 1
        if wanted != got:
            self.found.append(f"{subject}: {what}: wanted {wanted}, got {got}")

    def none(self) -> None:
        shown = "\n".join(self.found[:20])
        assert not self.found, f"{len(self.found)} of {self.compared} figures differ from the truth:\n{shown}"


def seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


def compare_times(differ: Differences, subject: str, what: str, wanted: dict[str, int], got: Times) -> None:
    for word, count in wanted.items():
        differ.same(subject, f"{what} {word}", seconds(count), getattr(got, word))
    whole = sum(count for word, count in wanted.items() if word != "degraded")
    differ.same(
        subject, f"{what} up + down + planned + blind", seconds(whole), got.up + got.down + got.planned + got.blind
    )


def compare_figures(differ: Differences, subject: str, what: str, wanted: TrueFigures, got: Figures) -> None:
    compare_times(differ, subject, f"{what} all hours", wanted.times, got.all_hours)
    compare_times(differ, subject, f"{what} service hours", wanted.in_hours, got.service_hours)
    up, down, blind = (wanted.times[word] for word in ("up", "down", "blind"))
    fixes = wanted.fixes
    for name, count in (
        ("outages", wanted.outages), ("began", wanted.began), ("flaps", wanted.flaps), ("fixed", len(fixes)),
        ("within_target", wanted.within),
        ("mean_fix", seconds(sum(fixes)) / len(fixes) if fixes else None),
        ("median_fix", median(map(seconds, fixes)) if fixes else None),
        ("achieved", up / (up + down) if up + down else None),
        ("lower", up / (up + down + blind) if up + down + blind else None),
        ("upper", (up + blind) / (up + down + blind) if up + down + blind else None),
        ("between_failures", seconds(up) / wanted.began if wanted.began else None),
    ):  # fmt: skip
        differ.same(subject, f"{what} {name}", count, getattr(got, name))


def windows_of(month: Month, random: Random) -> dict[str, tuple[Second, Second]]:
    a, b = month.began, month.ended
    half = random.randrange(a, b)
    some = sorted(random.randrange(a, b) for _ in range(2))
    day = a + random.randrange(25) * 86_400
    return {"1st part": (a, half), "2nd part": (half, b), "some": (some[0], some[1] + 1), "a day": (day, day + 86_400)}


@pytest.mark.parametrize(("seed", "year", "number", "subjects"), [(1, 2026, 10, 67), (2, 2027, 3, 9), (3, 2026, 12, 9)])
def test_the_figures_of_a_month_of_faults_are_the_truth_to_the_second(
    seed: int, year: int, number: int, subjects: int, tmp_path: Path
) -> None:
    month = Month(seed, year, number, subjects)
    calendar, random = month.calendar, Random(seed)
    month.record(tmp_path / "ledger.db")
    ledger = Ledger.open(str(tmp_path / "ledger.db"), "reader", watch=False)
    try:
        plan = Plan.of(ledger.windows())
        notes = ledger.notes()
        book = Book.of(ledger.flips(), ledger.watches(), notes, plan.planned)
    finally:
        ledger.close()
    whole = Period(calendar.at(month.began), calendar.at(month.ended))
    listed: dict[str, list[Outage]] = {}
    for outage in book.outages(whole):
        listed.setdefault(outage.subject, []).append(outage)
    masks = [agreed.mask(calendar) for agreed in AGREED]
    watched = bytes(month.watched_mask())
    differ, outages = Differences(), 0
    for n, truth in month.truths.items():
        subject = truth.subject
        truth.settle(watched, month.own_planned, n)
        which = n % len(AGREED)
        agreed, mask = AGREED[which], masks[which]
        target = int(agreed.fix_target.total_seconds())
        windows = {"month": (month.began, month.ended)} | (windows_of(month, random) if n % 8 == 1 else {})
        for what, (a, b) in windows.items():
            wanted = truth.figures(a, b, mask, agreed.fix_clock, target)
            assert sum(count for word, count in wanted.times.items() if word != "degraded") == b - a
            got = book.figures(subject, Period(calendar.at(a), calendar.at(b)), agreed.terms)
            compare_figures(differ, subject, what, wanted, got)
            if what == "some":  # the same, asked in the midst of a month that is not over
                got = book.figures(subject, Period(calendar.at(a), whole.ended_at), agreed.terms, calendar.at(b))
                compare_figures(differ, subject, "up to now", wanted, got)
        outages += compare_outages(differ, truth, calendar, (month.began, month.ended), listed.get(subject, []))
        if n % 4 == 0:
            spans = [
                (STANDINGS[how], calendar.at(a), calendar.at(b)) for how, a, b in truth.spans(month.began, month.ended)
            ]
            differ.same(
                subject, "spans", spans, [(s.standing, s.began_at, s.ended_at) for s in book.spans(subject, whole)]
            )
            own = [note for note in notes if note.subject == subject]
            for found, true in zip(listed.get(subject, ()), touching(truth, month.began, month.ended), strict=False):
                if true.open:
                    continue
                planned = [Period(*stretch) for stretch in found.planned]
                clock = clock_of(found, own, planned, agreed.terms, calendar.at(calendar.size))
                what = f"clock of the outage of {found.began_at}"
                differ.same(subject, f"{what}, elapsed", seconds(truth.fix_time(true)), clock.elapsed)
                differ.same(subject, f"{what}, service hours", seconds(truth.fix_time(true, mask)), clock.service_hours)
                still = sum((length for _, length in clock.paused), clock.planned)
                differ.same(subject, f"{what}, all", seconds(true.ended - true.began), clock.elapsed + still)
        truth.wipe()
    differ.none()
    assert outages >= (10_000 if subjects > 60 else 1_200), outages


def touching(truth: Truth, a: Second, b: Second) -> list[TrueOutage]:
    found = [o for o in truth.outages if o.began < b and (o.open or o.ended > a)]
    return sorted(found, key=lambda outage: (outage.began, outage.ended))


def compare_outages(
    differ: Differences, truth: Truth, calendar: Calendar, within: tuple[Second, Second], got: list[Outage]
) -> int:
    """Each by itself: from when until when, its breaks, what was planned of it; answers how many there are."""
    wanted = touching(truth, *within)
    differ.same(truth.subject, "how many outages touch the month", len(wanted), len(got))
    for true, found in zip(wanted, sorted(got, key=lambda o: (o.began_at, o.ended_at or calendar.ended)), strict=False):
        what = f"outage of {calendar.at(true.began)}"
        differ.same(truth.subject, f"{what}, beginning", calendar.at(true.began), found.began_at)
        differ.same(truth.subject, f"{what}, end", None if true.open else calendar.at(true.ended), found.ended_at)
        breaks = tuple(
            (calendar.at(x[1]), calendar.at(y[0])) for x, y in zip(true.pieces, true.pieces[1:], strict=False)
        )
        differ.same(truth.subject, f"{what}, breaks", breaks, found.breaks)
        differ.same(truth.subject, f"{what}, corrected", true.corrected, found.corrected)
        if not true.open:
            planned = tuple((calendar.at(x), calendar.at(y)) for x, y in truth.planned_of(true))
            differ.same(truth.subject, f"{what}, planned", planned, found.planned)
    return len(wanted)


# ---------------------------------------------------------------- from looks
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_an_agent_judged_and_recorded_is_what_its_looks_say_to_the_second(seed: int, tmp_path: Path) -> None:
    calendar = Calendar(BEGAN, BEGAN + timedelta(seconds=LASTS))
    days = Days(seed)
    days.watch(tmp_path / "ledger.db", calendar)
    ledger = Ledger.open(str(tmp_path / "ledger.db"), "reader", watch=False)
    try:
        book = Book.of(ledger.flips(), ledger.watches(), (), days.planned(calendar))
    finally:
        ledger.close()
    window = Period(calendar.began, calendar.ended)
    listed: dict[str, list[Outage]] = {}
    for outage in book.outages(window):
        listed.setdefault(outage.subject, []).append(outage)
    unwatched = bytearray((UNWATCHED,)) * calendar.size
    for a, b in days.ran:
        unwatched[a:b] = bytes(b - a)
    agreed = AGREED[3]
    mask = agreed.mask(calendar)
    own = days.own_planned(calendar)
    differ, found = Differences(), dict.fromkeys(("device:core", "device:sw", "device:lone", "service"), 0)
    for number, truth in days.truths(calendar):
        truth.settle(bytes(unwatched), own, number)
        wanted = truth.figures(0, calendar.size, mask, agreed.fix_clock, int(agreed.fix_target.total_seconds()))
        compare_figures(differ, truth.subject, "days", wanted, book.figures(truth.subject, window, agreed.terms))
        spans = [(STANDINGS[how], calendar.at(a), calendar.at(b)) for how, a, b in truth.spans(0, calendar.size)]
        differ.same(
            truth.subject,
            "spans",
            spans,
            [(s.standing, s.began_at, s.ended_at) for s in book.spans(truth.subject, window)],
        )
        outages = compare_outages(differ, truth, calendar, (0, calendar.size), listed.get(truth.subject, []))
        kind = next(kind for kind in found if truth.subject.startswith(kind))
        found[kind] += outages
    differ.none()
    assert all(found.values()), found
