"""How long an outage took to fix, on both clocks, with its pauses; and when its target will run out. Pure.

    clock_of(outage, notes, planned, terms, now) -> FixClock
    clock.elapsed, clock.service_hours       how long it ran, on either clock
    clock.used, clock.within                 share of the target on the clock that counts; None while it is open
    clock.runs_out_at(0.75)                  when three quarters of the target will be reached, if nothing changes

The rules (docs/accounting.md section 7):

- A clock runs from the beginning of the outage to its end, or to now. It stands still in planned maintenance and while
  it is paused. Time in which nobody looked does not stop it, nor do the breaks of an outage that flaps: fixed is when
  it stays up. So `elapsed + planned + paused` is the time from the beginning to the end, exactly.
- A pause lasts from `from_at` of its note (without one: from when it was written) until the first "resume" after it,
  or its own `until_at`; without either until now, or the end of the outage. A "resume" ends every pause that runs; one
  for the instant a pause began at, not written before it, takes it back. Pauses that overlap count once, by the
  reason of the one that began first; what lies in planned maintenance counts as planned.
- What is asked of the future goes on as it is now: a pause without an end never ends, planned maintenance does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from agent.accounting.periods import (
    FOR_EVER,
    TICK,
    Period,
    Stretch,
    instant,
    joined,
    shared,
    span_of,
    stretches,
    ticks,
    without,
)
from agent.calendar_uk import ALWAYS, DESK, ServiceHours, service_spans
from agent.facts import Note, Outage

ClockName = Literal["elapsed", "service_hours"]
MARKS = (0.5, 0.75, 1.0)  # shares of the target at which people are told
_AHEAD = timedelta(days=50 * 365) // TICK  # beyond it a target is never reached


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed for a subject: how much of the time it is to be up, when, and how soon it is to be fixed."""

    target: float | None = None
    hours: ServiceHours = DESK
    fix_target: timedelta = timedelta(hours=4)
    fix_clock: ClockName = "elapsed"

    def __post_init__(self) -> None:
        if self.fix_target <= timedelta(0):
            raise ValueError("a fix target is longer than nothing")


@dataclass(frozen=True, slots=True)
class FixClock:
    """Where the clock of one outage stands."""

    state: Literal["running", "paused", "stopped"]
    elapsed: timedelta
    service_hours: timedelta
    planned: timedelta  # in which it stood still
    paused: tuple[tuple[str, timedelta], ...]  # by reason, in the order they came up
    terms: Terms
    running: tuple[Stretch, ...]  # when it runs, in ticks: past the present too while it is open

    @property
    def target(self) -> timedelta:
        return self.terms.fix_target

    @property
    def counted(self) -> timedelta:
        """On the clock that counts for the subject."""
        return self.elapsed if self.terms.fix_clock == "elapsed" else self.service_hours

    @property
    def used(self) -> float:
        """Share of the target; above 1 where it was missed."""
        return self.counted / self.target

    @property
    def within(self) -> bool | None:
        """Whether the target was met; None while that is open."""
        if self.counted > self.target:
            return False
        return True if self.state == "stopped" else None

    def runs_out_at(self, share: float = 1.0) -> datetime | None:
        """When so much of the target was or will be reached; None if never: it is paused, or was fixed before."""
        left = round(self.target / TICK * share)
        hours = ALWAYS if self.terms.fix_clock == "elapsed" else self.terms.hours
        for began, ended in self.running:
            for a, b in open_between(hours, began, min(ended, began + _AHEAD)):
                if b - a >= left:
                    return instant(a + left)
                left -= b - a
        return None


def clock_of(outage: Outage, notes: Iterable[Note], planned: Iterable[Period], terms: Terms, now: datetime) -> FixClock:
    """`planned`: times of maintenance that excuse this outage, merged; further ones ahead are made use of."""
    began, present = ticks(outage.began_at), ticks(now)
    stops = FOR_EVER if outage.ended_at is None else ticks(outage.ended_at)
    whole = [(began, max(began, min(stops, present)))]
    maintenance = joined(stretches(planned))
    own = outage.ids
    pauses = pauses_of(note for note in notes if note.outage in own)
    excused = shared(maintenance, joined(whole))
    by_reason: dict[str, int] = {}
    covered = excused
    for pause in pauses:
        fresh = without(shared([(pause.began, pause.ended)], joined(whole)), covered)
        if fresh:
            by_reason[pause.reason] = by_reason.get(pause.reason, 0) + length(fresh)
            covered = joined([*covered, *fresh])
    ran = without(joined(whole), covered)
    still = joined([*maintenance, *((pause.began, pause.ended) for pause in pauses)])
    stopped = stops <= present
    return FixClock(
        state="stopped" if stopped else "paused" if any(a <= present < b for a, b in still) else "running",
        elapsed=span_of(length(ran)),
        service_hours=span_of(sum(length(open_between(terms.hours, a, b)) for a, b in ran)),
        planned=span_of(length(excused)),
        paused=tuple((reason, span_of(ticked)) for reason, ticked in by_reason.items()),
        terms=terms,
        running=tuple(without([(began, stops)], still)),
    )


# ---------------------------------------------------------------- pauses
class Pause(NamedTuple):
    """From when until when, in ticks; FOR_EVER if nobody said until when."""

    began: int
    ended: int
    reason: str


def pauses_of(notes: Iterable[Note]) -> list[Pause]:
    """The pauses that the notes of one outage say, by when they began; they may overlap."""
    asked: list[Note] = []
    resumed: list[tuple[int, int]] = []
    for note in notes:
        if note.kind == "pause":
            asked.append(note)
        elif note.kind == "resume":
            resumed.append((_from(note), ticks(note.at)))
    pauses = []
    for note in asked:
        began, written = _from(note), ticks(note.at)
        ends = [at for at, by in resumed if at > began or (at == began and by >= written)]
        if note.until_at is not None:
            ends.append(ticks(note.until_at))
        ended = min(ends, default=FOR_EVER)
        if began < ended:
            pauses.append(Pause(began, ended, note.text))
    return sorted(pauses)


def notes_by_outage(notes: Iterable[Note]) -> dict[UUID, list[Note]]:
    """The pauses and resumes of every outage that has some."""
    found: dict[UUID, list[Note]] = {}
    for note in notes:
        if note.kind in ("pause", "resume") and note.outage is not None:
            found.setdefault(note.outage, []).append(note)
    return found


def _from(note: Note) -> int:
    return ticks(note.at if note.from_at is None else note.from_at)


# ---------------------------------------------------------------- lengths
def length(pairs: Iterable[Stretch]) -> int:
    return sum(ended - began for began, ended in pairs)


def open_between(hours: ServiceHours, began: int, ended: int) -> Iterator[Stretch]:
    """The service hours between two ticks, in order."""
    if hours == ALWAYS:
        if began < ended:
            yield began, ended
        return
    for a, b in service_spans(instant(began), instant(ended), hours):
        yield ticks(a), ticks(b)
