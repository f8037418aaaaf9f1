"""What the list of outages and the page of one outage say, worked out from a view. Pure.

outages_page(view)        all of the last 90 days
find(view, id)            one of all there ever were, for one_of(view, outage)
timing_of(clock, ...)     a fix clock as it is shown
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from agent.accounting.fix_clock import FixClock, clock_of, pauses_of
from agent.accounting.outages import outages_of
from agent.accounting.periods import Period, merge, ticks
from agent.accounting.running import strictest
from agent.facts import Flip, Note, Outage, Telling
from agent.saying import SHORT, Said, said_of, short_id
from agent.story import Entry, Notes, timeline_of
from agent.view import View
from agent.web.names import Named, name_of, names_of, outage_url, reason_of

MOST_OPEN, MOST_ENDED = 1000, 500
MOST_OF_ONE = 10  # outages on the page of a device or site


# ---------------------------------------------------------------- the fix clock
@dataclass(frozen=True, slots=True)
class Timing:
    """A fix clock as it is shown. `left`: of the target, negative when it has passed; `deadline` None: not known."""

    state: Literal["running", "paused", "stopped"]
    used: float
    target: timedelta
    left: timedelta
    deadline: datetime | None
    why_paused: str
    counts: str  # "all hours" or "service hours"
    elapsed: timedelta
    service_hours: timedelta
    planned: timedelta
    paused: tuple[tuple[str, timedelta], ...]
    within: bool | None

    @property
    def level(self) -> str:
        return "critical" if self.used >= 0.75 else "warning" if self.used >= 0.5 else "ok"


def timing_of(clock: FixClock, outage: Outage, notes: Sequence[Note], view: View) -> Timing:
    why = ""
    if clock.state == "paused":
        at = ticks(view.now)
        reasons = [pause.reason for pause in pauses_of(notes) if pause.began <= at < pause.ended]
        planned = view.plan.covering(outage.subject, view.now) is not None  # what lies in it counts as planned
        why = "planned maintenance" if planned or not reasons else reasons[0]
    return Timing(
        state=clock.state,
        used=clock.used,
        target=clock.target,
        left=clock.target - clock.counted,
        deadline=clock.runs_out_at() if clock.state != "stopped" or clock.within is False else None,
        why_paused=why,
        counts="all hours" if clock.terms.fix_clock == "elapsed" else "service hours",
        elapsed=clock.elapsed,
        service_hours=clock.service_hours,
        planned=clock.planned,
        paused=clock.paused,
        within=clock.within,
    )


def clock_for(view: View, outage: Outage, notes: Sequence[Note]) -> FixClock:
    """The clock of any outage: as the view has it, or worked out in the same way."""
    for running in view.running:
        if running.outage.id == outage.id:
            return running.clock
    planned = [Period(a, b) for a, b in outage.planned]
    if outage.ended_at is None and outage.began_at <= view.now:
        ahead = view.plan.planned(outage.subject, Period(outage.began_at, view.now + timedelta(days=7)))
        planned = merge([*planned, *ahead])
    return clock_of(outage, notes, planned, strictest(outage, view.estate), view.now)


# ---------------------------------------------------------------- lists
@dataclass(frozen=True, slots=True)
class Listed:
    """One outage in a list. `timing`: of an open one that is a cause."""

    outage: Outage
    url: str
    named: Named
    lasted: timedelta
    by: Named | None
    carried: tuple[Named, ...]
    said: Said
    timing: Timing | None
    planned: timedelta


def listed_of(view: View, outages: Iterable[Outage], notes: Notes | None = None) -> list[Listed]:
    notes = Notes(view.notes) if notes is None else notes
    running = {running.outage.id: running for running in view.running}
    found = []
    for outage in outages:
        own = notes.of(outage)
        runs = running.get(outage.id)
        found.append(
            Listed(
                outage=outage,
                url=outage_url(outage),
                named=name_of(outage.subject, view.estate),
                lasted=max(timedelta(0), (outage.ended_at or view.now) - outage.began_at),
                by=name_of(outage.cause, view.estate) if outage.cause else None,
                carried=names_of(outage.carried, view.estate),
                said=said_of(outage, own, view.now),
                timing=timing_of(runs.clock, outage, own, view) if runs else None,
                planned=sum((b - a for a, b in outage.planned), timedelta(0)),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Outages:
    """The page of all outages: causes before what they took down, ended ones the newest first."""

    open: Sequence[Listed]
    ended: Sequence[Listed]
    more_open: int  # that are not shown
    more: int  # ended ones


def running_and_ended(view: View) -> tuple[list[Outage], list[Outage]]:
    """Of the last 90 days: open ones, causes before what they took down, and ended ones, the newest first."""
    running = [outage for outage in view.outages if outage.ended_at is None]
    ended = [outage for outage in view.outages if outage.ended_at is not None]
    running.sort(key=lambda o: (o.cause is not None, o.began_at, o.subject))
    ended.sort(key=lambda o: (o.began_at, o.subject), reverse=True)
    return running, ended


def outages_page(view: View) -> Outages:
    notes = Notes(view.notes)
    running, ended = running_and_ended(view)
    return Outages(
        open=listed_of(view, running[:MOST_OPEN], notes),
        ended=listed_of(view, ended[:MOST_ENDED], notes),
        more_open=max(0, len(running) - MOST_OPEN),
        more=max(0, len(ended) - MOST_ENDED),
    )


def outages_of_subjects(view: View, subjects: Iterable[str]) -> list[Listed]:
    """The last outages of some subjects, those that are open first."""
    wanted = set(subjects)
    own = [outage for outage in view.outages if outage.subject in wanted]
    own.sort(key=lambda o: (o.ended_at is None, o.began_at), reverse=True)
    return listed_of(view, own[:MOST_OF_ONE])


# ---------------------------------------------------------------- one
@dataclass(frozen=True, slots=True)
class One:
    """Everything on the page of one outage. `recorded`: as it was before it was corrected."""

    row: Listed
    short: str
    timing: Timing
    timeline: Sequence[Entry]
    recorded: Outage | None


def find(view: View, text: str) -> Outage | None:
    """By its whole id, one of its parts', or the end of it as messages and commands show it."""
    wanted = text.strip().lower().replace("-", "")
    if not re.fullmatch(r"[0-9a-f]{8}|[0-9a-f]{32}", wanted):
        return None
    number = int(wanted, 16)
    bits = (1 << 4 * SHORT) - 1 if len(wanted) == SHORT else (1 << 128) - 1
    found = [o for o in view.every_outage if o.id.int & bits == number or any(p.int & bits == number for p in o.parts)]
    return found[0] if len(found) == 1 else None


def void_of(view: View, text: str) -> Note | None:
    """Of an outage that is none any more, the note that says so."""
    try:
        return Notes(view.notes).void(UUID(text))
    except ValueError:
        return None


def one_of(view: View, outage: Outage) -> One:
    notes = Notes(view.notes)
    own = notes.of(outage)
    flips = view.book.flips(outage.subject)
    recorded = None
    if outage.corrected:
        recorded = next((o for o in outages_of(flips, now=view.now) if o.ids & outage.ids), None)
    (row,) = listed_of(view, [outage], notes)
    return One(
        row=row,
        short=short_id(outage),
        timing=timing_of(clock_for(view, outage, own), outage, own, view),
        timeline=_timeline(view, outage, recorded, flips, own),
        recorded=recorded,
    )


def _timeline(
    view: View, outage: Outage, recorded: Outage | None, flips: Sequence[Flip], notes: Sequence[Note]
) -> list[Entry]:
    told = [Telling(at, message) for at, message in view.told.get(outage.subject, ())]
    return timeline_of(
        outage, flips, notes, told, view.plan, view.now,
        lambda subject: name_of(subject, view.estate).title, lambda reason: reason_of(reason, view.estate), recorded,
    )  # fmt: skip
