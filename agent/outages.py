"""Outages and availability, read from flips and heartbeats. Pure: the same ledger gives the same figures.

    spans_of(flips, watches, window) -> list[Span]      how one subject stood, without gaps or overlaps
    outages_of(flips, window, now) -> list[Outage]      every outage that touches the window, of all subjects
    availability(flips, watches, window, now)           Availability of one subject
    merge(periods) -> list[Period]                      overlapping and touching periods become one

The method (docs/accounting.md):

- What is known later holds: a flip that says how things stood from an earlier moment on replaces what was said before.
- Time outside every Watch, before the first flip, and while BLIND is blind: neither up nor down. An outage goes on
  through it, but its blind part is not counted as down.
- DEGRADED serves: it counts as up, and is given beside it.
- An open outage counts up to `now`, and in a closed window up to its end. Overlaps are merged before they are counted.
- Durations are timedeltas: up + down + blind is the window, exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.facts import LEFT_THE_INVENTORY, Flip, Outage, Standing, Watch

NONE = timedelta(0)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `began_at`, up to and without `ended_at`."""

    began_at: datetime
    ended_at: datetime

    def __post_init__(self) -> None:
        if self.ended_at < self.began_at:
            raise ValueError(f"a period ends after it begins: {self.began_at} to {self.ended_at}")

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.began_at

    def within(self, other: Period) -> Period | None:
        """The part inside another, None if there is none."""
        began, ended = max(self.began_at, other.began_at), min(self.ended_at, other.ended_at)
        return Period(began, ended) if began < ended else None


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a subject stood one way."""

    standing: Standing
    began_at: datetime
    ended_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.began_at


@dataclass(frozen=True, slots=True)
class Availability:
    """What a window amounts to for one subject. Times add up to the window; ratios are 0 to 1, None without data."""

    window: Period
    up: timedelta
    down: timedelta
    blind: timedelta
    degraded: timedelta  # of `up`
    outages: int

    @property
    def achieved(self) -> float | None:
        """up / (up + down); None if the subject was never seen."""
        seen = self.up + self.down
        return self.up / seen if seen else None

    @property
    def lower(self) -> float | None:
        """If it was down whenever we were blind."""
        return self.up / self.window.length if self.window.length else None

    @property
    def upper(self) -> float | None:
        """If it was up whenever we were blind."""
        return (self.up + self.blind) / self.window.length if self.window.length else None

    @property
    def watched_throughout(self) -> bool:
        return not self.blind


# ---------------------------------------------------------------- periods
def merge(periods: Iterable[Period]) -> list[Period]:
    """Overlapping and touching periods become one; empty ones vanish; in order."""
    merged: list[Period] = []
    for period in sorted(periods):
        if period.began_at == period.ended_at:
            continue
        if merged and period.began_at <= merged[-1].ended_at:
            if period.ended_at > merged[-1].ended_at:
                merged[-1] = Period(merged[-1].began_at, period.ended_at)
        else:
            merged.append(period)
    return merged


def total(periods: Iterable[Period]) -> timedelta:
    """How long, with what overlaps counted once."""
    return sum((period.length for period in merge(periods)), NONE)


# ---------------------------------------------------------------- timelines
def in_order(flips: Iterable[Flip]) -> list[Flip]:
    """As they were recorded. Within one source the number decides, so that a clock set back confuses nothing."""
    by_source: dict[str, list[Flip]] = defaultdict(list)
    for flip in flips:
        by_source[flip.source].append(flip)
    placed: list[tuple[datetime, str, int, Flip]] = []
    for source, own in by_source.items():
        own.sort(key=lambda flip: flip.sequence)
        latest = own[0].recorded_at
        for flip in own:
            latest = max(latest, flip.recorded_at)
            placed.append((latest, source, flip.sequence, flip))
    placed.sort(key=lambda row: row[:3])
    return [flip for *_, flip in placed]


def timeline(flips: Iterable[Flip]) -> list[Flip]:
    """The flips of one subject that still hold, by when they became true.

    Each takes effect from its `at` on and replaces what earlier ones said of the time after that. An outage that is
    only given another cause, or an earlier beginning, keeps its id, by which people have written notes on it.
    """
    holding: list[Flip] = []
    for flip in in_order(flips):
        known_as = flip.id
        while holding and holding[-1].at >= flip.at:
            replaced = holding.pop()
            if flip.before is flip.after is replaced.after is Standing.DOWN:
                known_as = replaced.id
        holding.append(flip if known_as == flip.id else replace(flip, id=known_as))
    return holding


def spans_of(flips: Iterable[Flip], watches: Iterable[Watch], window: Period) -> list[Span]:
    """How one subject stood throughout a window; where nobody watched, and before anything was known, BLIND."""
    edges: list[tuple[datetime, Standing]] = [(window.began_at, Standing.BLIND)]
    for flip in timeline(flips):
        if flip.at <= window.began_at:
            edges[0] = (window.began_at, flip.after)
        elif flip.at < window.ended_at:
            edges.append((flip.at, flip.after))
    ends = [at for at, _ in edges[1:]] + [window.ended_at]
    watched = merge(Period(w.began_at, w.until_at) for w in watches if w.began_at < w.until_at)
    spans: list[Span] = []
    for (began, standing), ended in zip(edges, ends, strict=True):
        at = began
        for period in watched if standing is not Standing.BLIND else ():
            seen = period.within(Period(at, ended))
            if seen is None:
                continue
            _add(spans, Standing.BLIND, at, seen.began_at)
            _add(spans, standing, seen.began_at, seen.ended_at)
            at = seen.ended_at
        _add(spans, Standing.BLIND, at, ended)
    return spans


def _add(spans: list[Span], standing: Standing, began: datetime, ended: datetime) -> None:
    if began >= ended:
        return
    if spans and spans[-1].standing is standing:
        spans[-1] = Span(standing, spans[-1].began_at, ended)
    else:
        spans.append(Span(standing, began, ended))


# ---------------------------------------------------------------- outages
def outages_of(flips: Iterable[Flip], window: Period | None = None, now: datetime | None = None) -> list[Outage]:
    """Outages of every subject, oldest first; with a window those that touch it, with their true start and end.

    An outage begins with DOWN, goes on while we are BLIND in the midst of it, and ends with the first look that was
    answered. `now` ends nothing; with it, what would only begin later is left out. Redundancy groups have losses
    (agent.redundancy) and no outages: those of their legs and of what stands on them are told.
    """
    by_subject: dict[str, list[Flip]] = defaultdict(list)
    for flip in flips:
        if not flip.subject.startswith("redundancy:"):
            by_subject[flip.subject].append(flip)
    found: list[Outage] = []
    carried: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for subject, own in by_subject.items():
        holding = timeline(own)
        found.extend(_of_subject(subject, holding))
        for flip in holding:
            if flip.cause is not None:
                carried[flip.cause].append((flip.at, subject))
    found = [_with_carried(outage, carried) for outage in found if now is None or outage.began_at <= now]
    if window is not None:
        found = [o for o in found if o.began_at < window.ended_at and (o.ended_at or window.ended_at) > window.began_at]
    return sorted(found, key=lambda outage: (outage.began_at, outage.subject))


def _of_subject(subject: str, holding: Sequence[Flip]) -> list[Outage]:
    outages: list[Outage] = []
    open_: Flip | None = None
    last: Flip | None = None
    for flip in holding:
        if flip.after is Standing.DOWN:
            open_, last = open_ or flip, flip
        elif open_ is not None and last is not None and (flip.after is not Standing.BLIND or _is_the_end(flip)):
            outages.append(Outage(open_.id, subject, open_.at, flip.at, last.reason, last.cause))
            open_ = None
    if open_ is not None and last is not None:
        outages.append(Outage(open_.id, subject, open_.at, None, last.reason, last.cause))
    return outages


def _is_the_end(flip: Flip) -> bool:
    """BLIND for good: nobody will look again, so the outage is closed where we stopped looking."""
    return flip.reason == LEFT_THE_INVENTORY


def _with_carried(outage: Outage, carried: Mapping[str, list[tuple[datetime, str]]]) -> Outage:
    """Name the subjects that the outage took down: they name it as their cause while it lasts."""
    names = {
        subject
        for at, subject in carried.get(outage.subject, ())
        # What stands behind may have been looked at a little before its cause was.
        if at >= outage.began_at - timedelta(minutes=5) and (outage.ended_at is None or at <= outage.ended_at)
    }
    if not names:
        return outage
    return Outage(
        outage.id, outage.subject, outage.began_at, outage.ended_at, outage.reason, outage.cause, tuple(sorted(names))
    )


# ---------------------------------------------------------------- availability
def availability(flips: Iterable[Flip], watches: Iterable[Watch], window: Period, now: datetime) -> Availability:
    """Of one subject in a window; a window that is not over yet counts up to `now`."""
    if now < window.ended_at:
        window = Period(window.began_at, max(now, window.began_at))
    own = list(flips)
    spent: dict[Standing, timedelta] = defaultdict(lambda: NONE)
    for span in spans_of(own, watches, window):
        spent[span.standing] += span.length
    return Availability(
        window=window,
        up=spent[Standing.UP] + spent[Standing.DEGRADED],
        down=spent[Standing.DOWN],
        blind=spent[Standing.BLIND],
        degraded=spent[Standing.DEGRADED],
        outages=len(outages_of(own, window)),
    )
