"""Availability the plain way, from spans alone: what the book has to give where nothing is planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.accounting.outages import outages_of, spans_of
from agent.accounting.periods import NONE, Period
from agent.facts import Flip, Standing, Watch


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
