"""How simulated values move: everything is a function of (seed, time), so the same seed gives the same values. Pure.

Traffic follows a weekly curve. A counter is the integral of that curve over a gently bent time axis: bending time by
`w(t)` with |w'| < 1 multiplies the rate by 1 + w'(t), which looks like noise, has a closed form and never runs
backwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

DAY = 86_400.0
WEEK = 7 * DAY
MONDAY = 4 * DAY  # 1970-01-05, so that a week starts on a Monday
TAU = 2 * math.pi


def unit(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts only."""
    digest = blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def pick(low: float, high: float, *parts: object) -> float:
    """A number in [low, high) that depends on the parts only."""
    return low + (high - low) * unit(*parts)


@dataclass(frozen=True, slots=True)
class Clock:
    """Maps real time to the time of day that patterns follow.

    `speed` 60 makes a demo day pass in 24 minutes; counters stay counters of real seconds, so rates stay believable.
    `offset_seconds` is local time minus UTC, fixed for a run: a shift inside a run would make counters jump.
    """

    started_at: float
    speed: float = 1.0
    offset_seconds: float = 0.0

    def pattern(self, t: float) -> float:
        """The moment of the weekly pattern that belongs to Unix time `t`, in local seconds."""
        if t <= self.started_at:
            return t + self.offset_seconds
        return self.started_at + (t - self.started_at) * self.speed + self.offset_seconds


class Week:
    """A curve over one week, linear between quarter hours, with its exact integral."""

    STEP = 900.0

    def __init__(self, level: Callable[[float, float], float]) -> None:
        """`level(day, hour)`: day 0 is Monday; hours are local."""
        steps = int(WEEK / self.STEP)
        self.levels = [max(0.01, level(i * self.STEP // DAY, i * self.STEP % DAY / 3600)) for i in range(steps)]
        self._sums = [0.0]
        for i in range(steps):
            self._sums.append(self._sums[-1] + (self.levels[i] + self.levels[(i + 1) % steps]) / 2 * self.STEP)

    def at(self, moment: float) -> float:
        i, part = divmod((moment - MONDAY) % WEEK, self.STEP)
        here, there = self.levels[int(i)], self.levels[(int(i) + 1) % len(self.levels)]
        return here + (there - here) * part / self.STEP

    def integral(self, moment: float) -> float:
        """Of the curve from the first Monday of 1970 to `moment`."""
        weeks, rest = divmod(moment - MONDAY, WEEK)
        i, part = divmod(rest, self.STEP)
        here, there = self.levels[int(i)], self.levels[(int(i) + 1) % len(self.levels)]
        inside = here * part + (there - here) * part * part / (2 * self.STEP)
        return weeks * self._sums[-1] + self._sums[int(i)] + inside


def _bell(hour: float, middle: float, width: float) -> float:
    return math.exp(-(((hour - middle) / width) ** 2))


def _office(day: float, hour: float) -> float:
    if day >= 5:
        return 0.04 + 0.03 * _bell(hour, 12, 4)
    return 0.04 + 0.80 * _bell(hour, 10.5, 2.2) + 0.70 * _bell(hour, 15, 2.0)


def _servers(day: float, hour: float) -> float:
    backup = 0.75 * (_bell(hour, 1.5, 1.6) + _bell(hour, 25.5, 1.6))
    return 0.15 + backup + (0.45 if day < 5 else 0.1) * _bell(hour, 13, 4)


def _evenings(day: float, hour: float) -> float:
    return 0.06 + 0.25 * _bell(hour, 13, 4) + (0.9 if day >= 3 else 0.35) * _bell(hour, 20, 2.2)


OFFICE = Week(_office)  # desks, Wi-Fi clients, internet use: two humps with lunch between, quiet weekends
SERVERS = Week(_servers)  # data centre: always busy, backups at night
EVENINGS = Week(_evenings)  # theatre and leisure: evenings, mostly Thursday to Sunday
STEADY = Week(lambda day, hour: 0.5 + 0.02 * _bell(hour, 13, 5))  # control traffic, voice keep-alives


class Flow:
    """Something that accumulates: octets, calls, joules. `factor` is what a fault makes of it (0 stops it)."""

    __slots__ = (
        "_at_start",
        "_bend",
        "_carried",
        "_clock",
        "_phase",
        "_since",
        "_since_sum",
        "_week",
        "factor",
        "rate",
    )

    def __init__(self, clock: Clock, week: Week, rate: float, since: float, *parts: object) -> None:
        """`rate` per second where the curve is 1; counted from `since` (the device's start)."""
        self._clock, self._week, self.rate = clock, week, rate
        self._phase = (TAU * unit(*parts, "fast"), TAU * unit(*parts, "slow"))
        self._bend = (pick(300, 700, *parts, "fast period"), pick(3000, 6500, *parts, "slow period"))
        self.factor = 1.0
        self._carried = 0.0
        self._at_start = week.integral(clock.started_at + clock.offset_seconds)
        self._since = since
        self._since_sum = self._sum(since)

    def _bent(self, t: float) -> float:
        (fast, slow), (a, b) = self._bend, self._phase
        return t + 0.28 * fast / TAU * math.sin(TAU * t / fast + a) + 0.22 * slow / TAU * math.sin(TAU * t / slow + b)

    def _sum(self, t: float) -> float:
        bent, clock = self._bent(t), self._clock
        if bent <= clock.started_at:
            return self._week.integral(bent + clock.offset_seconds)
        return self._at_start + (self._week.integral(clock.pattern(bent)) - self._at_start) / clock.speed

    def total(self, t: float) -> float:
        """Accumulated since the device's start; never less than before."""
        if self.factor == 0 or t <= self._since:
            return self._carried
        return self._carried + self.factor * self.rate * (self._sum(t) - self._since_sum)

    def level(self, t: float) -> float:
        """The rate just now, per second."""
        return self.factor * self.rate * self._week.at(self._clock.pattern(self._bent(t)))

    def scale(self, factor: float, t: float) -> None:
        """From `t` on the flow is `factor` of what it would be; what was counted stays counted."""
        self._carried = self.total(t)
        self._since, self._since_sum = t, self._sum(t)
        self.factor = factor

    def restart(self, t: float) -> None:
        """Count from zero again at `t`: the device restarted."""
        self._carried = 0.0
        self._since, self._since_sum = t, self._sum(t)


def breathe(t: float, *parts: object, low: float, high: float) -> float:
    """A value that drifts between `low` and `high` over minutes and hours, the same for the same parts and time."""
    fast, slow = pick(400, 1100, *parts, "p"), pick(5000, 11000, *parts, "q")
    swing = 0.3 * math.sin(TAU * (t / fast + unit(*parts, "f"))) + 0.7 * math.sin(TAU * (t / slow + unit(*parts, "s")))
    return low + (high - low) * (swing + 1) / 2
