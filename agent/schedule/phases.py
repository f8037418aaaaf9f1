"""When a device's turn is, and what is asked then: spread by its name, the same after every restart. Pure.

    rhythm = Rhythm.of("sw-wf-1", Intervals())
    rhythm.tick(now)         the number of the turn nearest to `now` (seconds on any steady clock)
    rhythm.due(tick)         when that turn is
    rhythm.cadence(tick)     what it asks: the coarsest cadence whose turn it is

A device has one turn per grid interval, which is its shortest interval; a coarser cadence is every so-many-th turn.
So an inventory visit takes the place of the pulse, and two cadences of one device can never meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from collectors.readings import Cadence

SHARD_SECONDS = 0.25  # a wake-up costs as much as some looks: so many of them a second, however many devices there are
MOST_SHARDS = 240  # for one grid interval
ORDER = tuple(Cadence)


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often a device is looked at, in seconds."""

    pulse: float = 60.0
    health: float = 300.0
    inventory: float = 21_600.0

    @property
    def grid(self) -> float:
        return min(self.pulse, self.health, self.inventory)

    def turns(self, cadence: Cadence) -> int:
        """Every how-many-th turn asks this much: intervals are rounded to whole turns."""
        seconds: Mapping[Cadence, float] = {
            Cadence.PULSE: self.pulse,
            Cadence.HEALTH: self.health,
            Cadence.INVENTORY: self.inventory,
        }
        return max(1, round(seconds[cadence] / self.grid))


def coarser(one: Cadence, other: Cadence | None) -> Cadence:
    """The cadence that includes the other."""
    return one if other is None or ORDER.index(one) >= ORDER.index(other) else other


def fraction(name: str, salt: str) -> float:
    """0 <= x < 1, even over many names and the same in every process (`hash()` is not)."""
    digest = blake2b(name.encode(), digest_size=8, salt=salt.encode()[:16]).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The turns of one device: at `offset + tick * grid` seconds."""

    grid: float
    offset: float
    health_turns: int
    inventory_turns: int
    health_shift: int
    inventory_shift: int

    @classmethod
    def of(cls, device: str, intervals: Intervals) -> Rhythm:
        health, inventory = intervals.turns(Cadence.HEALTH), intervals.turns(Cadence.INVENTORY)
        health_shift = int(fraction(device, "health") * health)
        inventory_shift = int(fraction(device, "inventory") * inventory)
        if inventory % health == 0:  # then let inventory visits take the place of health visits, not come beside them
            inventory_shift += (health_shift - inventory_shift) % health
        return cls(
            grid=intervals.grid,
            offset=fraction(device, "turn") * intervals.grid,
            health_turns=health,
            inventory_turns=inventory,
            health_shift=health_shift,
            inventory_shift=inventory_shift,
        )

    @property
    def shard(self) -> int:
        """Which of the `shards(grid)` slots of the grid interval its turn falls into."""
        return min(int(self.offset / self.grid * shards(self.grid)), shards(self.grid) - 1)

    def tick(self, now: float) -> int:
        return round((now - self.offset) / self.grid)

    def due(self, tick: int) -> float:
        return self.offset + tick * self.grid

    def cadence(self, tick: int) -> Cadence:
        if (tick + self.inventory_shift) % self.inventory_turns == 0:
            return Cadence.INVENTORY
        return Cadence.HEALTH if (tick + self.health_shift) % self.health_turns == 0 else Cadence.PULSE


def shards(grid: float) -> int:
    """Into how many slots a grid interval is divided."""
    return max(1, min(MOST_SHARDS, round(grid / SHARD_SECONDS)))


def slot_seconds(grid: float) -> float:
    """How long a slot is."""
    return grid / shards(grid)


def ramp(
    devices: int, grid: float, *, per_second: float = 60.0, shortest: float = 8.0, longest: float = 300.0
) -> float:
    """Over how many seconds first looks are spread: a few for a small estate, at most `per_second` for a large one.

    First looks learn a device's tables and cost many times what later ones do.
    """
    return min(max(min(shortest, grid), devices / per_second), longest)
