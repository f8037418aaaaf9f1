"""Whole days on a virtual clock: the real schedule, pipeline, self-check and ledger over a network that is scripted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import health
from agent.facts import Outage, Watch
from agent.health import LOOKS_TO_TELL
from agent.latest import Latest
from agent.ledger import HEARTBEAT_SECONDS, Ledger
from agent.outages import Period, availability, outages_of
from agent.pipeline import Outcome, Pipeline
from agent.schedule import Intervals, Schedule
from agent.selfcheck import Reference, SelfCheck
from collectors.readings import Answered, Cadence, Visit
from collectors.target import Target
from tests.agent_core.making import BLIND, DOWN, UP, topology
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

    def __init__(self, clock: Clock, devices: int, up: Callable[[str, float], bool] = lambda *_: True) -> None:
        self.clock, self.up = clock, up
        self.devices = [f"sw-{n}" for n in range(devices)]
        self.loss = 0.0
        self.tries = 1 + Target("any", "192.0.2.1").retries
        self.draw = random.Random(4)
        self.cut_off = lambda seconds: False
        self.looks: dict[str, list[tuple[datetime, bool]]] = {name: [] for name in self.devices}
        self.keep_looks = False
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
def test_a_day_of_one_percent_loss_over_five_hundred_devices_is_no_outage(
    clock: Clock, tmp_path: Path, opened: Open
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    network = Network(clock, 500)
    network.loss = 0.01
    pipeline, schedule = live(network, ledger, DAY)
    assert sum(schedule.stats.started.values()) >= 500 * 1440
    assert network.silent > 0, "some looks were lost in spite of all tries, or nothing was tested"
    flips = ledger.flips()
    assert Counter(f.after for f in flips) == {UP: 500}
    assert outages_of(flips) == []
    assert list(outbox_of(ledger)) == []
    assert pipeline.stats.crashes_total == 0


def test_the_same_day_without_retries_and_patience_would_be_full_of_outages(
    clock: Clock, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the test above rests on: tries and looks are what keeps lost packets from being outages."""
    monkeypatch.setattr(health, "LOOKS_TO_TELL", 1)
    ledger = opened(tmp_path / "ledger.db")
    network = Network(clock, 100)
    network.loss, network.tries = 0.01, 1
    live(network, ledger, 2 * HOUR)
    assert len(outages_of(ledger.flips())) > 100
