"""A small estate whose faults are known beforehand, and what an agent that nothing disturbs would record of it.

    story = Story(seed=1, ticks=2000)
    await story.watch(pipeline, from_tick=0)      look at every device once per tick, in order
    await story.expected()                        what has to be recorded, in order, each with the tick that showed it

The world waits while an agent is dead: the next one begins `LOOKS_TO_TELL - 1` ticks before the first thing that the
ledger does not have, so that it sees again what the dead one had counted and not told. Therefore the truth can be told
exactly: at any moment the ledger holds the first so many of `expected()` and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from agent.facts import Asset, Change, Facts, Flip, Message, Sighting
from agent.health import LOOKS_TO_TELL
from agent.inventory.needs import AllOf, AnyOf, Subject
from agent.latest import Latest
from agent.ledger import Ledger, Written
from agent.pipeline import Pipeline
from agent.topology import Topology
from collectors.readings import Cadence, Visit
from tests.agent_core.making import DOWN, UP, at, topology, visit

TICK = 10.0  # seconds from look to look
Event = tuple[str, str, str, datetime, str, str | None]  # subject, before, after, at, reason, cause


def event_of(what: Change | Flip) -> Event:
    return what.subject, what.before.value, what.after.value, what.at, what.reason, what.cause


Telling = tuple[str, str, datetime]  # subject, level, at


@dataclass(frozen=True, slots=True)
class Expected:
    """What one tick has to record, in order, and the messages that go with it."""

    tick: int
    event: Event


class Story:
    """Devices that fail and come back by a seed; some faults are too short to be an outage."""

    def __init__(self, seed: int, ticks: int, devices: int = 20) -> None:
        self.ticks, self.seed = ticks, seed
        self.devices = [f"sw-{n}" for n in range(devices)]
        self.faults: dict[str, list[tuple[int, int]]] = {}  # device > (first failing tick, first good tick)
        for device in self.devices:
            draw = random.Random(f"{seed} {device}")
            faults, tick = [], draw.randrange(1, 20)
            while tick < ticks:
                lasts = draw.choice((1, 2, 3, 4, 5, 8, 13))
                faults.append((tick, tick + lasts))
                tick += lasts + draw.randrange(LOOKS_TO_TELL, 20)
            self.faults[device] = faults
        self._failing = {name: {t for a, b in faults for t in range(a, b)} for name, faults in self.faults.items()}
        self._expected: list[Expected] | None = None
        self._messages: list[Telling] = []

    @property
    def topology(self) -> Topology:
        parts = [Subject(name, "device") for name in self.devices]
        return topology(
            self.devices,
            needs={
                "service:telephony": AnyOf(tuple(parts[:2])),
                "service:payroll": AllOf(tuple(parts[2:5])),
                "service:everything": AllOf((Subject("telephony", "service"), Subject("payroll", "service"))),
            },
        )

    def up(self, device: str, tick: int) -> bool:
        return tick not in self._failing[device]

    # ------------------------------------------------------------ an agent that looks at it
    def pipeline(self, ledger: Ledger) -> tuple[Pipeline, Callable[[int], None]]:
        """A pipeline over this world, and what sets its time."""
        now = 0

        def set_tick(tick: int) -> None:
            nonlocal now
            now = tick

        async def look(device: str, cadence: Cadence) -> Visit:
            return visit(device, now * TICK, up=self.up(device, now))

        async def cut_off() -> bool:
            return False

        made = Pipeline(
            look, cut_off, ledger, Latest(), self.topology, channels=("desk",), clock=lambda: at(now * TICK)
        )
        return made, set_tick

    async def tell(self, ledger: Ledger, ticks: Iterable[int] | None = None) -> None:
        """Watch it with this ledger: the given ticks, or from where the ledger ends until the end."""
        pipeline, set_tick = self.pipeline(ledger)
        for tick in range(await self.resume_at(len(ledger.flips())), self.ticks) if ticks is None else ticks:
            set_tick(tick)
            pipeline.beat()
            for device in self.devices:
                await pipeline.visit(device, Cadence.PULSE)
            await self.after_each_tick(ledger)

    async def after_each_tick(self, ledger: Ledger) -> None:
        """For those who watch the watcher."""

    # ------------------------------------------------------------ what has to be
    async def expected(self) -> list[Expected]:
        """What an agent that nothing disturbs records; its outages of devices are checked against the faults."""
        if self._expected is None:
            book = _Book()
            pipeline, set_tick = self.pipeline(book)
            found: list[Expected] = []
            for tick in range(self.ticks):
                set_tick(tick)
                for device in self.devices:
                    await pipeline.visit(device, Cadence.PULSE)
                found += [Expected(tick, event_of(change)) for change in book.take()]
            self._messages = [(m.subject, m.level, m.at) for m in book.messages]
            self._check(found)
            self._expected = found
        return self._expected

    async def messages(self) -> list[Telling]:
        await self.expected()
        return self._messages

    def _check(self, found: list[Expected]) -> None:
        """The oracle itself is held against the truth: so many looks in a row are an outage, fewer are none."""
        for device in self.devices:
            own = [(e.event[2], e.event[3]) for e in found if e.event[0] == f"device:{device}"]
            truth: list[tuple[str, datetime]] = [] if 0 in self._failing[device] else [(UP.value, at(0))]
            for began, ended in self.faults[device]:
                if min(ended, self.ticks) - began >= LOOKS_TO_TELL:
                    truth.append((DOWN.value, at(began * TICK)))
                    if ended < self.ticks:
                        truth.append((UP.value, at(ended * TICK)))
            assert own == truth, device

    async def resume_at(self, recorded: int) -> int:
        """Where an agent goes on that finds so many flips in its ledger."""
        expected = await self.expected()
        if recorded >= len(expected):
            return self.ticks
        return max(0, expected[recorded].tick - (LOOKS_TO_TELL - 1))


class _Book(Ledger):
    """Stands in for a ledger: keeps what is handed over."""

    def __init__(self) -> None:
        self.source = "agent-1"
        self._changes: list[Change] = []
        self.messages: list[Message] = []

    def last_sightings(self) -> list[tuple[str, Sighting]]:
        return []

    def standings(self) -> list[Flip]:
        return []

    def flips(self, *_: object, **__: object) -> list[Flip]:
        return []

    def believed(self) -> dict[str, Literal["critical", "warning"]]:
        return {}

    def heard(self) -> set[tuple[str, str]]:
        return set()

    def assets(self) -> list[Asset]:
        return []

    def record(self, facts: Facts) -> Future[Written]:
        self._changes += facts.changes
        self.messages += facts.messages
        return Future()

    def take(self) -> list[Change]:
        taken, self._changes = self._changes, []
        return taken


def outbox_of(ledger: Ledger) -> Iterator[Telling]:
    """Every message that waits in the outbox. They are claimed by that, so ask once."""
    while True:
        claimed = ledger.outbox.claim("desk", datetime.now(UTC), most=500)
        if not claimed:
            return
        for pending in claimed:
            yield pending.message.subject, pending.message.level, pending.message.at
