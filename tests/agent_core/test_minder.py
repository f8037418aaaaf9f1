"""Minding what time brings, with pipeline, ledger and inventory as the agent has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.answers import LedgerAnswers
from agent.facts import Facts, Message, Note, Window
from agent.inventory import Estate, load
from agent.latest import Latest
from agent.ledger import Ledger
from agent.ledger.ids import uuid7
from agent.minder import Minder
from agent.pipeline import Pipeline
from agent.topology import Topology
from collectors.readings import Cadence, Visit
from tests.agent_core.making import T0, at, visit

INVENTORY = """
councils: {a: {title: A, share: "1"}}
zones: {general: {title: General}}
sites: {hq: {title: HQ, kind: office, owner: a}}
devices:
  - {name: core, address: 192.0.2.1, class: switch, site: hq, zone: general}
services:
  phone: {title: Telephony, owner: a, needs: device:core, fix_target: 2h}
"""
# 10:00 to 11:00 in London, which is UTC in November; T0 is 09:00.
WINDOW = """
maintenance:
  patching: {subjects: [core], begins: "2026-11-02 10:00", lasts: 1h, owner: Jo, reason: patching}
"""


class World:
    """One switch, looked at when it is asked for, and a clock that is set."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder, self.ledger, self.now = folder, ledger, at(0)
        self.up = True
        self.estates: Any = SimpleNamespace(estate=Estate(), loaded_at=T0)
        self.take(INVENTORY)
        self.start()

    def take(self, text: str) -> None:
        (self.folder / "inventory.yaml").write_text(text)
        self.estates.estate = load(self.folder / "inventory.yaml")

    def start(self) -> None:
        """As at the beginning of the agent, and again as after a restart."""
        topology = Topology.of(self.estates.estate)
        self.answers = LedgerAnswers(self.ledger, self.estates, self.clock)
        self.pipeline = Pipeline(
            self.look, self.cut_off, self.ledger, Latest(), topology, clock=self.clock, planned=self.answers.planned
        )
        self.minder = Minder(
            self.answers, self.pipeline, self.ledger, self.estates, timedelta(hours=1), "agent-1", self.clock
        )
        self.adopt()

    def adopt(self) -> None:
        self.minder.adopt()
        assert self.ledger.settle()
        self.answers.read_outages()

    def clock(self) -> datetime:
        return self.now

    async def look(self, device: str, cadence: Cadence) -> Visit:
        return visit(device, (self.now - T0).total_seconds(), up=self.up)

    async def cut_off(self) -> bool:
        return False

    async def until(self, minute: float) -> None:
        """Look every minute and mind every time, up to then."""
        while self.now < at(60 * minute):
            self.now += timedelta(minutes=1)
            await self.pipeline.visit("core", Cadence.PULSE)
            assert self.ledger.settle()
            self.answers._outages_at = 0.0  # what is held for seconds would be held for all of this
            await self.minder.mind()
            assert self.ledger.settle()

    def told(self) -> list[Message]:
        return [message for _, message in self.ledger.told("device:core")]

    def titles(self) -> list[str]:
        return [message.title for message in self.told()]


@pytest.fixture
def world(tmp_path: Path, opened: Callable[..., Ledger]) -> World:
    return World(tmp_path, opened(tmp_path / "ledger.db", clock=lambda: T0))


async def test_the_inventorys_windows_are_written_down_once_and_ended_when_they_leave_it(world: World) -> None:
    world.take(INVENTORY + WINDOW)
    world.adopt()
    world.adopt()
    world.start()
    (window,) = world.ledger.windows()
    assert (window.name, window.covers, window.ended_at) == ("patching", ("device:core",), None)
    assert (window.begins_at, window.ends_at) == (at(3600), at(7200))
    world.take(INVENTORY)
    world.adopt()
    (window,) = world.ledger.windows()
    assert (window.ended_at, window.ended_by) == (at(0), "agent-1")


async def test_the_pages_know_what_was_told_reminders_too_and_each_once(world: World) -> None:
    await world.until(2)
    world.up = False
    await world.until(130)
    world.answers.read_outages()
    world.answers.read_outages()
    assert len(world.titles()) > 1
    assert [message.title for _, message in world.answers.told["device:core"]] == world.titles()


async def test_what_falls_in_a_window_is_told_when_the_window_ends_and_it_is_still_down(world: World) -> None:
    world.take(INVENTORY + WINDOW)
    world.adopt()
    await world.until(65)
    world.up = False
    await world.until(119)
    assert world.titles() == []
    assert world.answers.planned("device:core", world.now)
    await world.until(121)
    assert world.titles() == ["device core is down"]
    assert "Down since 10:06:00" in world.told()[0].text
    world.up = True
    await world.until(125)
    assert world.titles() == ["device core is down", "device core is up again"]


async def test_what_falls_and_rises_within_a_window_is_told_to_nobody_and_kept_on_record(world: World) -> None:
    world.take(INVENTORY + WINDOW)
    world.adopt()
    await world.until(65)
    world.up = False
    await world.until(90)
    world.up = True
    await world.until(150)
    assert world.titles() == []
    (outage,) = [o for o in world.answers.outages if o.subject == "device:core"]
    assert (outage.began_at, outage.ended_at) == (at(66 * 60), at(91 * 60))
    assert outage.planned == ((at(66 * 60), at(91 * 60)),)


async def test_a_window_that_a_command_adds_holds_from_the_next_minding_on(world: World) -> None:
    await world.until(5)
    window = Window(uuid7(), ("device:core",), ("device:core",), at(600), at(6000), "jo", "a new power supply")
    world.ledger.record(Facts(windows=(window,))).result(10)
    await world.until(11)
    world.up = False
    await world.until(90)
    assert world.titles() == []


async def test_the_marks_of_the_shortest_target_are_told_once_through_restarts_and_reminders_rest_when_quieted(
    world: World,
) -> None:
    await world.until(1)
    world.up = False
    await world.until(30)
    (outage,) = [o for o in world.answers.outages if o.subject == "device:core"]
    assert outage.carried == ("service:phone", "site:hq")
    world.ledger.record(Facts(notes=(Note("device:core", world.now, "jo", "acknowledgement", "", outage.id),))).result(
        10
    )
    for minute in range(40, 260, 10):
        world.start()
        await world.until(minute)
    assert world.titles() == [
        "device core is down",
        "device core: 50% of the time to fix it is used",
        "device core: 75% of the time to fix it is used",
        "device core: all of the time to fix it is used",
    ]
    assert world.ledger.told("service:phone") == []


async def test_a_restart_tells_nothing_again_and_the_end_of_what_was_told_before_it(world: World) -> None:
    await world.until(1)
    world.up = False
    await world.until(10)
    world.start()
    await world.until(12)
    assert world.titles() == ["device core is down"]
    world.up = True
    world.start()
    await world.until(14)
    assert world.titles() == ["device core is down", "device core is up again"]


async def test_an_agent_that_finds_a_ledger_full_tells_when_it_can_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.ledger import LedgerFull

    await world.until(1)
    world.up = False

    record = world.ledger.record

    def full(facts: Facts) -> object:
        if facts:
            raise LedgerFull("the buffer is full")
        return record(facts)

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger, "record", full)
        await world.until(10)
    assert world.titles() == []
    await world.until(12)
    assert world.titles() == ["device core is down"]


async def test_clocks_of_many_outages_are_worked_out_now_and_then_and_at_once_when_something_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counting(*arguments: object) -> list[object]:
        asked.append(arguments)
        return []

    monkeypatch.setattr("agent.answers.running_of", counting)
    answers = world.answers
    for seconds in (0, 1, 4, 5, 6, 11):
        answers.running(at(seconds))
    assert len(asked) == 3, "at 0, 5 and 11 seconds"
    answers.outages_revision += 1
    answers.running(at(12))
    answers.running(at(12))
    assert len(asked) == 4
    answers._running_rests = timedelta(seconds=60)  # they took seven seconds
    answers.outages_revision += 1
    answers.running(at(60))
    assert len(asked) == 4
    answers.running(at(72))
    assert len(asked) == 5
    answers.running(at(0))  # the clock was set back
    assert len(asked) == 6
