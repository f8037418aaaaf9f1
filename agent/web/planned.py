"""What the pages say of planned maintenance, worked out from a view. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from agent.accounting.periods import Period
from agent.facts import Window
from agent.maintenance import times_of, upcoming
from agent.view import View
from agent.web.names import Named, names_of

AHEAD_DAYS = 14
MOMENT_DAYS = 1 / 86400
MOST = 300  # lines of a table
NEXT_TIMES = 3


@dataclass(frozen=True, slots=True)
class Planned:
    """One time of one window. `ended_early`: a person ended the window before its time."""

    period: Period
    window: Window
    subjects: tuple[Named, ...]
    ended_early: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Work that comes again and again, or once but later than the page looks; `problem`: it cannot be read."""

    window: Window
    subjects: tuple[Named, ...]
    times: tuple[Period, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Everything on the page."""

    running: Sequence[Planned]
    coming: Sequence[Planned]
    rules: Sequence[Rule]
    over: Sequence[Planned]
    more_coming: int
    more_over: int


def running_now(view: View) -> list[Planned]:
    """What is going on, the one that ends first at the top."""
    times = view.plan.next_times(view.now, MOMENT_DAYS)
    found = [_planned(view, time, window) for time, window in times if time.began_at <= view.now < time.ended_at]
    return sorted(found, key=lambda planned: (planned.period.ended_at, str(planned.window.id)))


class Under:
    """What is in maintenance now: worked out once for a page, then asked for each subject."""

    def __init__(self, view: View) -> None:
        self.running = running_now(view)
        self._view, self._by_window = view, {planned.window.id: planned for planned in self.running}

    def of(self, subject: str) -> Planned | None:
        """The work that a subject is in."""
        if not self.running:
            return None
        window = self._view.plan.covering(subject, self._view.now)
        return self._by_window.get(window.id) if window is not None else None


def maintenance_page(view: View, most: int | None = MOST) -> Maintenance:
    """`most`: lines of each table; None: all of them."""
    running = running_now(view)
    ahead = [
        _planned(view, time, window)
        for time, window in view.plan.next_times(view.now, AHEAD_DAYS)
        if time.began_at > view.now
    ]
    horizon = view.now + timedelta(days=AHEAD_DAYS)
    rules = []
    for window in view.plan.windows:
        if window.ended_at is not None and window.ended_at <= view.now:
            continue
        if window.repeat or window.begins_at > horizon:
            times = upcoming(window, view.now, NEXT_TIMES)
            if times:
                rules.append(Rule(window, names_of(window.subjects, view.estate), tuple(times)))
    rules.sort(key=lambda rule: (rule.times[0], str(rule.window.id)))
    rules[:0] = [
        Rule(window, names_of(window.subjects, view.estate), problem=problem)
        for window, problem in view.plan.unreadable
        if window.ended_at is None or window.ended_at > view.now
    ]
    over = sorted(_over(view), key=lambda planned: (planned.period.ended_at, str(planned.window.id)), reverse=True)
    return Maintenance(
        running, ahead[:most], rules[:most], over[:most], len(ahead) - len(ahead[:most]), len(over) - len(over[:most])
    )


def _over(view: View) -> Iterable[Planned]:
    since = view.now - timedelta(days=AHEAD_DAYS)
    longer_ago = Period(since - timedelta(days=AHEAD_DAYS), view.now)  # so that when it began is shown whole
    for window in view.plan.windows:
        for time in times_of(window, longer_ago):
            if since < time.ended_at < view.now:
                yield _planned(view, time, window)


def _planned(view: View, period: Period, window: Window) -> Planned:
    early = window.ended_at is not None and window.ended_at == period.ended_at
    return Planned(period, window, names_of(window.subjects, view.estate), early)
