"""Whole days on a virtual clock: the real schedule, pipeline, self-check and ledger over a network that is scripted."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.accounting.outages import Period, outages_of
from agent.latest import Latest
from agent.ledger import HEARTBEAT_SECONDS, Ledger
from agent.pipeline import Pipeline
from agent.schedule import Intervals, Schedule
from agent.selfcheck import Reference, SelfCheck
from collectors.readings import Answered, Cadence, Visit
from collectors.target import Target
from tests.agent_core.making import UP, availability, topology
from tests.agent_core.survival.story import outbox_of
from tests.agent_core.virtual import Clock, clock

__all__ = ["clock"]
Open = Callable[..., Ledger]
HOUR = 3600.0
DAY = 24 * HOUR
ANSWERS_AFTER = 0.02  # seconds


@pytest.fixture(autouse=True)
def fewer_wake_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """The turns are the same; 240 jobs a minute for some devices would be most of what a simulated day costs."""
    monkeypatch.setattr("agent.schedule.phases.MOST_SHARDS", 10)


class Network:
    """Devices by name; `up(device, seconds since the start)` says who is well. Each question may be lost on its way."""

    def __init__(
        self, clock: Clock, devices: int, up: Callable[[str, float], bool] = lambda *_: True, *,
        takes_its_time: bool = True,
    ) -> None:  # fmt: skip
        self.clock, self.up = clock, up
        self.devices = [f"sw-{n}" for n in range(devices)]
        self.loss = 0.0
        self.tries = 1 + Target("any", "192.0.2.1").retries
        self.draw = random.Random(4)
        self.cut_off: Callable[[float], bool] = lambda _: False
        self.looks: dict[str, list[tuple[datetime, bool]]] = {name: [] for name in self.devices}
        self.keep_looks = False
        self.takes_its_time = takes_its_time
        self.silent = 0
        self.began = clock.wall()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.wall(), UTC)

    def seconds(self) -> float:
        return self.clock.wall() - self.began

    def question(self) -> bool:
        """Sent up to `tries` times; each time question and answer may be lost."""
        heard = 1.0 - self.loss
        return any(self.draw.random() < heard and self.draw.random() < heard for _ in range(self.tries))

    async def look(self, device: str, cadence: Cadence) -> Visit:
        started_at = self.now()
        if self.takes_its_time:
            await asyncio.sleep(ANSWERS_AFTER)
        up = not self.cut_off(self.seconds()) and self.up(device, self.seconds()) and self.question()
        self.silent += not up
        if self.keep_looks:
            self.looks[device].append((started_at, up))
        return Visit(device, cadence, started_at, ANSWERS_AFTER, reached=up, answered=Answered(snmp=up))

    async def ask(self, reference: Reference) -> bool:
        await asyncio.sleep(ANSWERS_AFTER)
        return not self.cut_off(self.seconds())


def live(network: Network, ledger: Ledger, seconds: float) -> tuple[Pipeline, Schedule]:
    """An agent as agent.app wires it, for so long."""

    async def story() -> tuple[Pipeline, Schedule]:
        loop = asyncio.get_running_loop()
        check = SelfCheck([Reference("192.0.2.1")], network.ask, monotonic=loop.time)
        pipeline = Pipeline(
            network.look, check.cut_off, ledger, Latest(), topology(network.devices), channels=("desk",),
            clock=network.now,
        )  # fmt: skip
        schedule = Schedule(pipeline.visit, wall=network.clock.wall)
        schedule.every("heartbeat", HEARTBEAT_SECONDS, pipeline.beat)
        pipeline.beat()
        schedule.start(dict.fromkeys(network.devices, Intervals()))
        await asyncio.sleep(seconds)
        await schedule.drain(10)
        pipeline.beat()
        return pipeline, schedule

    made = network.clock.run(story())
    assert ledger.settle(60.0)
    return made


# ---------------------------------------------------------------- packets are lost
async def turn_by_turn(network: Network, pipeline: Pipeline, minutes: int) -> int:
    """Looks once a minute at every device, and again as soon as the pipeline asks for it, by the virtual clock.

    What the schedule does, without its tasks and timers: those would be two thirds of the cost of a simulated day.
    """
    clock, again, looks = network.clock, [(float("inf"), "")], 0

    async def look(device: str, at: float) -> None:
        nonlocal looks
        looks += 1
        clock.loop.now = at
        outcome = await pipeline.visit(device, Cadence.PULSE)
        if outcome.look_again_in is not None:
            heapq.heappush(again, (at + outcome.look_again_in, device))

    begins, step = clock.loop.now, 60.0 / len(network.devices)
    for minute in range(minutes):
        for number, device in enumerate(network.devices):
            turn = begins + minute * 60.0 + number * step
            while again[0][0] <= turn:
                at, other = heapq.heappop(again)
                await look(other, at)
            await look(device, turn)
    return looks


async def not_cut_off() -> bool:
    return False


def test_a_day_of_one_percent_loss_over_five_hundred_devices_is_no_outage(
    clock: Clock, tmp_path: Path, opened: Open
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    network = Network(clock, 500, takes_its_time=False)
    network.loss = 0.01
    pipeline = Pipeline(
        network.look, not_cut_off, ledger, Latest(), topology(network.devices), channels=("desk",), clock=network.now
    )
    looks = asyncio.run(turn_by_turn(network, pipeline, 1440))
    assert network.silent > 0, "no look was lost in spite of all tries, so nothing was tested"
    assert looks == 500 * 1440 + network.silent, "every failed look was soon followed by another"
    assert pipeline.stats.crashes_total == 0
    assert ledger.settle(60.0)
    assert_nothing_happened(ledger, 500)


def test_two_hours_of_ten_times_the_loss_with_the_real_schedule_are_no_outage_either(
    clock: Clock, tmp_path: Path, opened: Open
) -> None:
    """So much that whole looks fail every minute: the extra looks that the schedule arranges are what tells."""
    ledger = opened(tmp_path / "ledger.db")
    network = Network(clock, 100)
    network.loss = 0.11  # a question is lost in one of a hundred looks, in spite of its tries
    _, schedule = live(network, ledger, 2 * HOUR)
    assert network.silent > 60
    extra = sum(schedule.stats.started.values()) - 100 * 121
    assert extra > network.silent / 2
    assert_nothing_happened(ledger, 100)


def assert_nothing_happened(ledger: Ledger, devices: int) -> None:
    flips = ledger.flips()
    assert Counter(f.after for f in flips) == {UP: devices}
    assert outages_of(flips) == []
    assert list(outbox_of(ledger)) == []


@pytest.mark.parametrize(("patience", "tries", "least"), [(1, 1, 300), (1, 3, 1), (3, 1, 1)])
def test_without_tries_or_without_patience_there_would_be_outages(
    clock: Clock, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, patience: int, tries: int, least: int
) -> None:
    """What the tests above rest on: take away either, and lost packets are outages."""
    monkeypatch.setattr("agent.health.devices.LOOKS_TO_TELL", patience)
    ledger = opened(tmp_path / "ledger.db")
    network = Network(clock, 500, takes_its_time=False)
    network.loss, network.tries = 0.01 if (patience, tries) == (1, 1) else 0.03, tries
    pipeline = Pipeline(
        network.look, not_cut_off, ledger, Latest(), topology(network.devices), channels=("desk",), clock=network.now
    )
    asyncio.run(turn_by_turn(network, pipeline, 60))
    assert ledger.settle(60.0)
    assert len(outages_of(ledger.flips())) >= least
    assert len(list(outbox_of(ledger))) >= least


# ---------------------------------------------------------------- we are cut off
CUT_FROM, CUT_UNTIL = 2 * HOUR, 3 * HOUR
STORY = {  # seconds in which a device is really down
    "sw-0": (1.0 * HOUR, 4.0 * HOUR),  # before, throughout and after
    "sw-1": (1.5 * HOUR, 2.5 * HOUR),  # from before until into it
    "sw-2": (2.2 * HOUR, 2.8 * HOUR),  # within: nobody could see it
    "sw-3": (2.5 * HOUR, 3.5 * HOUR),  # from within until after
    "sw-4": (3.5 * HOUR, 3.75 * HOUR),  # after
    "sw-5": (CUT_FROM - 15.0, 3.4 * HOUR),  # so late before that it was not confirmed
}


def test_an_hour_in_which_we_are_cut_off_is_blind_accuses_nobody_and_tells_nobody(
    clock: Clock, tmp_path: Path, opened: Open
) -> None:
    def up(device: str, seconds: float) -> bool:
        began, ended = STORY.get(device, (0.0, 0.0))
        return not began <= seconds < ended

    ledger = opened(tmp_path / "ledger.db")
    network = Network(clock, 40, up)
    network.keep_looks = True
    network.cut_off = lambda seconds: CUT_FROM <= seconds < CUT_UNTIL
    begins = network.now()
    pipeline, _ = live(network, ledger, 5 * HOUR)
    assert pipeline.stats.visits[Cadence.PULSE, "blind"] + pipeline.stats.visits[Cadence.HEALTH, "blind"] > 40 * 50
    assert not pipeline.stats.blind, "and it is over"

    flips, watches, ended = ledger.flips(), ledger.watches(), network.now()
    outages = {name: [o for o in outages_of(flips) if o.subject == f"device:{name}"] for name in network.devices}
    cut, whole = (begins + timedelta(seconds=s) for s in (CUT_FROM, CUT_UNTIL))

    def first(device: str, after: float, *, good: bool) -> datetime:
        since = begins + timedelta(seconds=after)
        return next(at for at, answered in network.looks[device] if at >= since and answered is good)

    # Who was really down before, during and after is so in the record, and nobody else is.
    def told(device: str, *spans: tuple[datetime, datetime]) -> None:
        assert [(o.began_at, o.ended_at) for o in outages[device]] == list(spans), device

    told("sw-0", (first("sw-0", 1.0 * HOUR, good=False), first("sw-0", 4.0 * HOUR, good=True)))
    told("sw-1", (first("sw-1", 1.5 * HOUR, good=False), first("sw-1", CUT_UNTIL, good=True)))
    told("sw-2")
    told("sw-3", (first("sw-3", CUT_UNTIL, good=False), first("sw-3", 3.5 * HOUR, good=True)))
    told("sw-4", (first("sw-4", 3.5 * HOUR, good=False), first("sw-4", 3.75 * HOUR, good=True)))
    told("sw-5", (first("sw-5", CUT_UNTIL, good=False), first("sw-5", 3.4 * HOUR, good=True)))
    assert {name for name, own in outages.items() if own} == set(STORY) - {"sw-2"}

    # The figures: the hour is blind for everybody, to the look; what was down before and after is counted.
    hour, all_of_it = Period(cut + timedelta(seconds=61), whole), Period(begins, ended)
    for device in network.devices:
        own = [f for f in flips if f.subject == f"device:{device}"]
        within = availability(own, watches, hour, ended)
        assert (within.up, within.down, within.blind) == (timedelta(), timedelta(), hour.length), device
        figures = availability(own, watches, all_of_it, ended)
        assert figures.up + figures.down + figures.blind == all_of_it.length
        if device not in STORY:
            blind = first(device, CUT_UNTIL, good=True) - first(device, CUT_FROM, good=False)
            assert figures.blind == blind + (first(device, 0, good=True) - begins), device
            assert figures.down == timedelta()
    figures = availability([f for f in flips if f.subject == "device:sw-0"], watches, all_of_it, ended)
    before = first("sw-0", CUT_FROM, good=False) - first("sw-0", HOUR, good=False)
    after = first("sw-0", 4 * HOUR, good=True) - first("sw-0", CUT_UNTIL, good=False)
    assert figures.down == before + after

    # Nobody is told anything while it lasts, and of each outage once when it began and once when it ended.
    messages = list(outbox_of(ledger))
    expected = [(o.subject, "critical", o.began_at) for own in outages.values() for o in own]
    expected += [(o.subject, "recovered", o.ended_at) for own in outages.values() for o in own if o.ended_at]
    assert sorted(messages) == sorted(expected)
    assert not [m for m in messages if cut <= m[2] < whole]
