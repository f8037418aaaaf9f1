"""Availability, outages and fix times of any subject in any period, planned maintenance taken out. Pure.

    book = Book.of(flips, watches, notes, planned)          everything that was recorded, put in order once
    book.figures(subject, window, terms, now) -> Figures    what a period amounts to
    book.spans(subject, window) -> list[Span]               how it stood, as it was recorded and corrected
    book.outages(window, now) -> list[Outage]               the outages of every subject, with what was planned of them
    terms_of(estate, subject) -> Terms                      what was agreed for a subject

`planned(subject, period)` gives the times inside a period in which a subject is under maintenance of its own, merged.

The rules (docs/accounting.md; those of agent.accounting.outages come first):

- up + down + planned + blind is the window, exactly; and for service hours the service hours of the window.
- Planned is all time inside the subject's own maintenance, however it stood. Time in which it is DOWN or BLIND by the
  record and the flip names another subject as its cause is planned while that one is inside maintenance of its own. A
  stretch that a correction says takes the cause of its outage.
- So an outage that straddles maintenance counts only outside of it. A window that is not over counts up to `now`.
- An outage counts in a window if some of its down time that is not planned lies in it; it `began` in the window in
  which the first of that time lies, and was `fixed` in the window it ended in: after its beginning, up to and with its
  end. Fix times are those of `fix_clock`, from the true beginning. So halves of a window add up in all of these.
- `flaps` are the times that a flapping outage went down again in the window. Mean time between failures is the up time
  over the outages that began.
- The bounds take all blind time as down, and as up; `decided` is whether both are on one side of the target.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import itemgetter

from agent.accounting.fix_clock import ClockName, Terms, length, notes_by_outage, open_between, pauses_of
from agent.accounting.outages import (
    BLIND,
    DEGRADED,
    DOWN,
    SAID_DOWN,
    UP,
    Carried,
    Down,
    Record,
    Span,
    carried_by,
    corrections_of,
    listed,
    paint,
    record_of,
    spans_in,
    watched_of,
)
from agent.accounting.periods import (
    NEVER,
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
from agent.calendar_uk import ServiceHours
from agent.facts import Flip, Note, Outage, Watch
from agent.inventory.model import Estate

__all__ = ["Book", "ClockName", "Figures", "Planned", "Terms", "Times", "terms_of"]

Planned = Callable[[str, Period], Sequence[Period]]
PLANNED = SAID_DOWN + 1  # one more way to stand, beside those of agent.accounting.outages
_KEPT = 64  # windows whose service hours are held; pages that are looked at now make a new one every time
DEFAULT = Terms()


# ---------------------------------------------------------------- what comes out
@dataclass(frozen=True, slots=True)
class Times:
    """What a window amounts to. The first four add up to it; ratios are 0 to 1, None without data."""

    up: timedelta
    down: timedelta
    planned: timedelta
    blind: timedelta
    degraded: timedelta  # of `up`

    @property
    def whole(self) -> timedelta:
        return self.up + self.down + self.planned + self.blind

    @property
    def achieved(self) -> float | None:
        """up / (up + down); None if it was never seen."""
        seen = self.up + self.down
        return self.up / seen if seen else None

    @property
    def lower(self) -> float | None:
        """If it was down whenever we were blind."""
        counted = self.up + self.down + self.blind
        return self.up / counted if counted else None

    @property
    def upper(self) -> float | None:
        """If it was up whenever we were blind."""
        counted = self.up + self.down + self.blind
        return (self.up + self.blind) / counted if counted else None

    def decides(self, target: float | None) -> bool | None:
        """Whether both bounds are on one side of a target; None without a target, or without a figure."""
        if target is None or self.lower is None or self.upper is None:
            return None
        return self.lower >= target or self.upper < target

    def verdict(self, target: float | None) -> str:
        """met, missed, or "cannot be said" where the bounds straddle the target."""
        if target is None:
            return "none agreed"
        if self.achieved is None or self.lower is None or self.upper is None:
            return "all planned" if self.planned and not self.blind else "not watched"
        if self.lower >= target:
            return "met"
        return "missed" if self.upper < target else "cannot be said"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a window amounts to for one subject; times without a word beside them are of all hours."""

    subject: str
    window: Period  # as far as it is over
    terms: Terms
    all_hours: Times
    service_hours: Times
    outages: int
    began: int
    fixed: int
    within_target: int  # of those fixed
    mean_fix: timedelta | None
    median_fix: timedelta | None
    flaps: int

    @property
    def up(self) -> timedelta:
        return self.all_hours.up

    @property
    def down(self) -> timedelta:
        return self.all_hours.down

    @property
    def planned(self) -> timedelta:
        return self.all_hours.planned

    @property
    def blind(self) -> timedelta:
        return self.all_hours.blind

    @property
    def degraded(self) -> timedelta:
        return self.all_hours.degraded

    @property
    def achieved(self) -> float | None:
        return self.all_hours.achieved

    @property
    def lower(self) -> float | None:
        return self.all_hours.lower

    @property
    def upper(self) -> float | None:
        return self.all_hours.upper

    @property
    def share_within(self) -> float | None:
        """Of the outages that were fixed, the share within the target; None if none was."""
        return self.within_target / self.fixed if self.fixed else None

    @property
    def between_failures(self) -> timedelta | None:
        """Mean time between failures: up time over the outages that began; None if none did."""
        return self.up / self.began if self.began else None

    @property
    def watched_throughout(self) -> bool:
        return not self.blind

    @property
    def decided(self) -> bool | None:
        """Whether blind time leaves no doubt if the target was met, in all hours; None without a target."""
        return self.all_hours.decides(self.terms.target)


# ---------------------------------------------------------------- the book
class Book:
    """Everything that was recorded, asked for one subject and period after another."""

    def __init__(
        self, flips: dict[str, list[Flip]], watched: Sequence[Stretch], notes: Sequence[Note],
        planned: Planned | None,
    ) -> None:  # fmt: skip
        self._flips = flips
        self._watched = watched
        self._corrections = corrections_of(notes)
        self._pauses = notes_by_outage(notes)
        self._planned = planned
        # Worked out when they are first asked for, and kept: the book never changes.
        self._records: dict[str, Record] = {}
        self._grids: dict[tuple[ServiceHours, int, int], _Grid] = {}
        self._maintenance: dict[tuple[str, int, int], list[Stretch]] = {}
        self._carried: Carried | None = None

    @classmethod
    def of(
        cls, flips: Iterable[Flip], watches: Iterable[Watch], notes: Iterable[Note] = (), planned: Planned | None = None
    ) -> Book:
        """In any order."""
        by_subject: dict[str, list[Flip]] = {}
        for flip in flips:
            own = by_subject.get(flip.subject)
            if own is None:
                by_subject[flip.subject] = [flip]
            else:
                own.append(flip)
        return cls(by_subject, watched_of(watches), tuple(notes), planned)

    def grown(
        self, flips: Iterable[Flip], watches: Iterable[Watch], notes: Iterable[Note], planned: Planned | None
    ) -> Book:
        """A book of this one's flips and further ones. What did not change of a subject is not worked out anew."""
        fresh = Book.of(flips, watches, notes, planned)
        for subject, own in self._flips.items():
            fresh._flips[subject] = [*own, *fresh._flips.get(subject, ())] if subject in fresh._flips else own
        if fresh._corrections == self._corrections:
            fresh._records = {s: record for s, record in self._records.items() if fresh._flips[s] is self._flips[s]}
        return fresh

    def as_watched(self, watches: Iterable[Watch]) -> Book:
        """The same record, watched in other times. What was worked out of the record is shared and not made anew."""
        fresh = Book(self._flips, watched_of(watches), (), self._planned)
        fresh._corrections, fresh._pauses = self._corrections, self._pauses
        fresh._records, fresh._carried = self._records, self._carried
        return fresh

    def subjects(self) -> list[str]:
        """Every subject something was recorded of, by name."""
        return sorted(self._flips)

    def flips(self, subject: str) -> Sequence[Flip]:
        """All that was recorded of one subject, as it was recorded."""
        return self._flips.get(subject, ())

    def watched(self, window: Period) -> timedelta:
        """How much of a window somebody looked at all."""
        return span_of(length(shared(self._watched, stretches([window]))))

    def spans(self, subject: str, window: Period) -> list[Span]:
        """How it stood throughout a window, as recorded and corrected; what was planned of it is not marked."""
        return spans_in(self._record(subject), self._watched, window)

    def outages(self, window: Period | None = None, now: datetime | None = None) -> list[Outage]:
        """The outages of every subject that touch a window, oldest first, with their true beginning and end.

        Each bears the parts of it that are planned; of an open one up to now, or up to the end of the window.
        """
        records = [self._record(subject) for subject in self._flips]
        if self._carried is None:
            self._carried = carried_by(records)
        found = listed(records, window, now, self._carried)
        if self._planned is None:
            return found
        until = now if now is not None else window.ended_at if window is not None else None
        return [self._with_planned(outage, until) for outage in found]

    def figures(self, subject: str, window: Period, terms: Terms = DEFAULT, now: datetime | None = None) -> Figures:
        """What a window amounts to; without `now` it is over."""
        began, ended = ticks(window.began_at), ticks(window.ended_at)
        if now is not None and (present := ticks(now)) < ended:
            ended = max(began, present)
            window = Period(window.began_at, max(window.began_at, now))
        record, grid = self._record(subject), self._grid(terms.hours, began, ended)
        sweep = self._sweep(record, grid)
        whole, hours = ended - began, grid.hours
        count = _Count()
        for down in record.touching(began, ended):
            self._count(count, record, down, sweep, terms)
        fixes = sorted(count.fixes)
        target = terms.fix_target // TICK
        return Figures(
            subject=subject,
            window=window,
            terms=terms,
            all_hours=_times(sweep.all_hours, whole),
            service_hours=_times(sweep.service_hours, hours),
            outages=count.outages,
            began=count.began,
            fixed=len(fixes),
            within_target=bisect_right(fixes, target),
            mean_fix=span_of(sum(fixes)) / len(fixes) if fixes else None,
            median_fix=span_of(fixes[(len(fixes) - 1) // 2] + fixes[len(fixes) // 2]) / 2 if fixes else None,
            flaps=count.flaps,
        )

    # ------------------------------------------------------------ one outage
    def _count(self, count: _Count, record: Record, down: Down, sweep: _Sweep, terms: Terms) -> None:
        grid = sweep.grid
        inside = sweep.down_until(min(down.ended, grid.ended)) - sweep.down_until(max(down.began, grid.began))
        before = down.began < grid.began and self._counts(record, down.began, grid.began)
        if inside:
            count.outages += 1
            count.began += not before
            if down.breaks:
                count.flaps += sum(grid.began <= again < grid.ended for _, again in down.breaks)
        if down.ended <= grid.ended and (inside or before):
            count.fixes.append(self._fix_time(record, down, sweep, terms))

    def _fix_time(self, record: Record, down: Down, sweep: _Sweep, terms: Terms) -> int:
        grid, planned = sweep.grid, sweep.planned
        first = bisect_right(planned, down.began, key=itemgetter(1))
        still = planned[first : bisect_left(planned, down.ended, lo=first, key=itemgetter(0))] if planned else []
        if down.began < grid.began:
            still = self._excused(record, down.began, grid.began) + still
        if self._pauses:
            notes = [note for id_ in (down.id, *down.parts) for note in self._pauses.get(id_, ())]
            still = joined([*still, *((pause.began, pause.ended) for pause in pauses_of(notes))]) if notes else still
        pairs = without([(down.began, down.ended)], still) if still else [(down.began, down.ended)]
        if terms.fix_clock == "elapsed":
            return length(pairs)
        return sum(
            grid.hours_until(b) - grid.hours_until(a) if a >= grid.began else length(open_between(terms.hours, a, b))
            for a, b in pairs
        )

    def _with_planned(self, outage: Outage, until: datetime | None) -> Outage:
        record = self._record(outage.subject)
        ended = outage.ended_at or until or (instant(record.edges[-1]) if record.holding else outage.began_at)
        parts = self._excused(record, ticks(outage.began_at), ticks(ended))
        return replace(outage, planned=tuple((instant(a), instant(b)) for a, b in parts)) if parts else outage

    def _counts(self, record: Record, began: int, ended: int) -> bool:
        """Whether any down time that is not planned lies in a time."""
        edges, standings, _ = self._painted(record, began, ended)
        for n, standing in enumerate(standings):
            a, b = edges[n], edges[n + 1]
            if standing == SAID_DOWN:
                return True
            if standing == DOWN:
                k = bisect_right(self._watched, a, key=itemgetter(1))  # the first that ends after it
                if k < len(self._watched) and self._watched[k][0] < b:
                    return True
        return False

    # ------------------------------------------------------------ worked out once
    def _record(self, subject: str) -> Record:
        record = self._records.get(subject)
        if record is None:
            record = self._records[subject] = record_of(subject, self._flips.get(subject, ()), self._corrections)
        return record

    def _grid(self, hours: ServiceHours, began: int, ended: int) -> _Grid:
        key = (hours, began, ended)
        grid = self._grids.get(key)
        if grid is None:
            if len(self._grids) >= _KEPT:
                self._grids.clear()
                self._maintenance.clear()  # it is asked for in the same windows
            grid = self._grids[key] = _Grid(hours, self._watched, began, ended)
        return grid

    def _own_maintenance(self, subject: str, began: int, ended: int) -> list[Stretch]:
        key = (subject, began, ended)
        found = self._maintenance.get(key)
        if found is None:
            told = self._planned(subject, Period(instant(began), instant(ended))) if self._planned else ()
            found = self._maintenance[key] = shared(joined(stretches(told)), [(began, ended)])
        return found

    def _excused(self, record: Record, began: int, ended: int) -> list[Stretch]:
        """The planned time of a subject: its own, and that of what took it down."""
        if self._planned is None or began >= ended:
            return []
        found = self._own_maintenance(record.subject, began, ended)
        edges, standings, causes = record.cut(began, ended)
        if not any(causes):
            return found
        carried: list[Stretch] = []
        edges.append(ended)
        for n, cause in enumerate(causes):
            if cause is not None and cause != record.subject and standings[n] in (DOWN, BLIND, SAID_DOWN):
                carried.extend(shared(self._own_maintenance(cause, began, ended), [(edges[n], edges[n + 1])]))
        return joined([*found, *carried]) if carried else found

    def _painted(self, record: Record, began: int, ended: int) -> tuple[list[int], list[int], list[Stretch]]:
        """Edges, the end included, how it stood between them, PLANNED where it was; and what was planned."""
        edges, standings, causes = record.cut(began, ended)
        planned = self._excused(record, began, ended)
        for a, b in planned:
            paint(edges, standings, causes, a, b, PLANNED)
        if edges and edges[-1] == ended:  # painted up to the end: nothing comes after it
            edges.pop()
            standings.pop()
        edges.append(ended)
        return edges, standings, planned

    def _sweep(self, record: Record, grid: _Grid) -> _Sweep:
        """Once through what was recorded in a window: the inner loop of every figure."""
        edges, standings, planned = self._painted(record, grid.began, grid.ended)
        xs, seen_base, seen_rate, both_base, both_rate = (
            grid.edges, grid.seen_base, grid.seen_rate, grid.both_base, grid.both_rate,
        )  # fmt: skip
        up = down = planned_ = degraded = up_h = down_h = planned_h = degraded_h = seen = both = 0
        downs = [0]
        for n, standing in enumerate(standings, 1):
            at = edges[n]
            k = bisect_right(xs, at)
            seen_now, both_now = seen_base[k] + seen_rate[k] * at, both_base[k] + both_rate[k] * at
            if standing == UP:
                up += seen_now - seen
                up_h += both_now - both
            elif standing == DOWN:
                down += seen_now - seen
                down_h += both_now - both
            elif standing == DEGRADED:
                degraded += seen_now - seen
                degraded_h += both_now - both
            elif standing == PLANNED:
                planned_ += at - edges[n - 1]
                planned_h += grid.hours_until(at) - grid.hours_until(edges[n - 1])
            elif standing == SAID_DOWN:
                down += at - edges[n - 1]
                down_h += grid.hours_until(at) - grid.hours_until(edges[n - 1])
            seen, both = seen_now, both_now
            downs.append(down)
        return _Sweep(
            grid, edges, downs, planned,
            (up + degraded, down, planned_, degraded), (up_h + degraded_h, down_h, planned_h, degraded_h),
        )  # fmt: skip


@dataclass(slots=True)
class _Count:
    outages: int = 0
    began: int = 0
    flaps: int = 0
    fixes: list[int] = field(default_factory=list)


class _Grid:
    """How much of a window was watched, and in service hours, from its beginning up to any instant in it.

    Between two `edges` each of these sums grows by nothing or by the time that passes, so one look into a sorted list
    gives all of them: base + rate * instant. That is what makes the figures of a thousand subjects cheap.
    """

    __slots__ = (
        "began", "both_base", "both_rate", "edges", "ended", "hours", "hours_base", "hours_rate", "seen_base",
        "seen_rate",
    )  # fmt: skip

    def __init__(self, hours: ServiceHours, watched: Sequence[Stretch], began: int, ended: int) -> None:
        window = [(began, ended)] if began < ended else []
        seen = shared(watched, window)
        open_ = joined(open_between(hours, began, ended))
        both = shared(seen, open_)
        self.began, self.ended, self.hours = began, ended, length(open_)
        self.edges = sorted({edge for pairs in (seen, open_) for pair in pairs for edge in pair})
        self.seen_base, self.seen_rate = _running(self.edges, seen)
        self.hours_base, self.hours_rate = _running(self.edges, open_)
        self.both_base, self.both_rate = _running(self.edges, both)

    def hours_until(self, at: int) -> int:
        k = bisect_right(self.edges, at)
        return self.hours_base[k] + self.hours_rate[k] * at


def _running(edges: Sequence[int], pairs: Sequence[Stretch]) -> tuple[list[int], list[int]]:
    """For each place between edges how the sum of the pairs grows there: its base and its rate, 0 or 1."""
    turns = {began: 1 for began, _ in pairs} | {ended: 0 for _, ended in pairs}
    base, rate, gone = [0], [0], 0
    inside, since = 0, NEVER
    for edge in edges:
        turn = turns.get(edge)
        if turn is not None:
            if inside:
                gone += edge - since
            inside, since = turn, edge
        base.append(gone - since if inside else gone)
        rate.append(inside)
    return base, rate


@dataclass(frozen=True, slots=True)
class _Sweep:
    grid: _Grid
    edges: list[int]
    downs: list[int]  # down time up to each edge
    planned: list[Stretch]
    all_hours: tuple[int, int, int, int]  # up, down, planned, degraded
    service_hours: tuple[int, int, int, int]

    def down_until(self, at: int) -> int:
        """Outages begin and end at edges, so none is cut in two."""
        return self.downs[bisect_left(self.edges, at)]


def _times(sums: tuple[int, int, int, int], whole: int) -> Times:
    up, down, planned, degraded = sums
    return Times(span_of(up), span_of(down), span_of(planned), span_of(whole - up - down - planned), span_of(degraded))


# ---------------------------------------------------------------- what was agreed
def terms_of(estate: Estate, subject: str) -> Terms:
    """A service's own; everything else has the defaults, and no target."""
    kind, _, name = subject.partition(":")
    service = estate.services.get(name) if kind == "service" else None
    if service is None:
        return DEFAULT
    return Terms(
        target=service.availability_target,
        hours=ServiceHours.parse(service.service_hours),
        fix_target=service.fix_target,
        fix_clock=service.fix_clock,
    )
