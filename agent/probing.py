"""Looks on demand: `/probe` asks for a device of the inventory to be looked at now.

A probe is a visit like any other: it has its turn in the schedule, goes through the pipeline, and what it finds is put
into latest, judged and written down (docs/decisions/0019-a-probe-is-a-visit.md). What keeps those who ask from doing
harm is here: only what the inventory names is looked at; whoever asks for the same at the same time, or within
AGAIN_SECONDS after, gets the same look; and only so many are made at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from agent.inventory.values import canonical_address
from agent.watched import Watched
from collectors.readings import Cadence, Labels

AT_ONCE = 32
AGAIN_SECONDS = 10.0  # as soon as the schedule itself looks again at what did not answer, and no sooner
OUTCOMES = ("reached", "silent", "late", "refused")


class Outcome(Protocol):
    """What came of a look."""

    @property
    def reached(self) -> bool: ...


LookNow = Callable[[str, Cadence], Awaitable[Outcome | None]]


class UnknownTarget(Exception):
    """The inventory has no such device."""


class AmbiguousTarget(Exception):
    """Several devices of the inventory have this address. `str()` names some of them."""


class TooMany(Exception):
    """As many looks on demand are going on as may."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of it: whether the device answered in time, and how long the asker waited (seconds)."""

    device: str
    success: bool
    seconds: float


@dataclass(slots=True)
class _Look:
    cadence: Cadence
    task: asyncio.Task[Outcome | None]
    ended_at: float | None = None


class Probes:
    """See the module's docstring. `watched` is the inventory in force."""

    def __init__(
        self, look_now: LookNow, watched: Callable[[], Mapping[str, Watched]], *, at_once: int = AT_ONCE,
        again_seconds: float = AGAIN_SECONDS, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._look_now, self._watched, self._clock = look_now, watched, clock
        self._at_once, self._again = at_once, again_seconds
        self._looks: dict[str, list[_Look]] = {}  # by device: those that go on, and those that ended a moment ago
        self._going_on = 0
        self._addresses: tuple[Mapping[str, Watched] | None, dict[str, list[str]]] = (None, {})
        self.counted: Counter[str] = Counter()  # by OUTCOMES

    def device(self, target: str) -> str:
        """The device of the inventory with this name or address. UnknownTarget, AmbiguousTarget."""
        watched = self._watched()
        if target in watched:
            return target
        if self._addresses[0] is not watched:
            by_address: dict[str, list[str]] = {}
            for name, device in watched.items():
                by_address.setdefault(canonical_address(device.address), []).append(name)
            self._addresses = watched, by_address
        names = self._addresses[1].get(canonical_address(target), ())
        if not names:
            raise UnknownTarget
        if len(names) > 1:
            raise AmbiguousTarget(", ".join(names[:3]) + (" and others" if len(names) > 3 else ""))
        return names[0]

    async def probe(self, device: str, cadence: Cadence, patience: float) -> Probed:
        """Look at a device now, and wait for it at most so many seconds; TooMany where no more looks may be made.

        A look that lasts longer goes on, and whoever asks next gets it.
        """
        began = self._clock()
        look = self._shared(device, cadence) or self._begin(device, cadence)
        await asyncio.wait({look.task}, timeout=max(0.0, patience))
        late = not look.task.done()
        outcome = None if late or look.task.cancelled() else look.task.result()
        success = outcome is not None and outcome.reached
        self.counted["late" if late else "reached" if success else "silent"] += 1
        return Probed(device, success, self._clock() - began)

    def _shared(self, device: str, cadence: Cadence) -> _Look | None:
        """A look that asks as much, and goes on or ended a moment ago."""
        now = self._clock()
        looks = [
            look for look in self._looks.get(device, ()) if look.ended_at is None or now - look.ended_at < self._again
        ]
        if looks:
            self._looks[device] = looks
        else:
            self._looks.pop(device, None)
        return next((look for look in reversed(looks) if cadence in look.cadence.includes), None)

    def _begin(self, device: str, cadence: Cadence) -> _Look:
        if self._going_on >= self._at_once:
            self.counted["refused"] += 1
            raise TooMany
        self._going_on += 1
        look = _Look(cadence, asyncio.ensure_future(self._look_now(device, cadence)))
        self._looks.setdefault(device, []).append(look)

        def ended(_: asyncio.Task[Outcome | None]) -> None:
            self._going_on -= 1
            look.ended_at = self._clock()

        look.task.add_done_callback(ended)
        return look

    def figures(self) -> Iterator[tuple[str, Labels, float]]:
        """Samples of the catalogue's metrics."""
        for outcome in OUTCOMES:
            yield "hartwatch_probes_total", (("outcome", outcome),), self.counted[outcome]
