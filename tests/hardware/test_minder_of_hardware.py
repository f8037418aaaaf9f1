"""Telling of the hardware register, through a real ledger, restarts and trouble."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.alerts import Mind, due
from agent.answers import LedgerAnswers
from agent.facts import Facts, Message, Milestone, Sighting
from agent.hardware.minder import PATIENCE, HardwareMinder
from agent.hardware.register import Piece
from agent.inventory import load
from agent.ledger import Ledger, LedgerFull
from agent.lifecycle import Reason
from agent.lifecycle.milestones import identity
from tests.hardware.making import life, noon, piece, replace_by, review, support

Open = Callable[..., Ledger]
BEGIN = date(2026, 11, 2)
SETTLE = 600.0
SUBJECTS = (
    "hardware:register", "hardware:stage/unsupported", "hardware:stage/overdue", "hardware:stage/refresh_due",
    "hardware:stage/review_due",
)  # fmt: skip


def days(number: int) -> date:
    return BEGIN + timedelta(days=number)


class World:
    """A register that is set, a ledger, and two clocks."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.seconds, self.today = ledger, 0.0, BEGIN
        self.estate: dict[str, list[Reason]] = {}
        self.answers: Any = SimpleNamespace(pieces=[], register_revision=None, register_day=None)
        self.revisions = 0
        self.start()

    def start(self, ledger: Ledger | None = None) -> None:
        """As at the beginning of the agent, and again as after a restart."""
        self.ledger = ledger or self.ledger
        self.minder = HardwareMinder(
            self.answers, self.ledger, ("log",), timedelta(seconds=SETTLE), self.clock, lambda: self.seconds
        )

    def clock(self) -> datetime:
        return noon(self.today)

    def read(self) -> None:
        """As `LedgerAnswers` reads the register."""
        self.revisions += 1
        self.answers.pieces = [self.piece(name) for name in self.estate]
        self.answers.register_day, self.answers.register_revision = self.today, (self.today, self.revisions)

    def piece(self, name: str) -> Piece:
        role = "firewall" if name.startswith("fw") else "switch"
        return piece(name, life(self.estate[name], self.today), role=role)

    async def settled(self) -> None:
        await self.minder.mind()
        self.seconds += SETTLE
        await self.minder.mind()
        assert self.ledger.settle()

    async def on(self, number: int) -> None:
        self.today = days(number)
        self.read()
        await self.settled()

    def told(self, subjects: Iterable[str] = SUBJECTS) -> list[str]:
        rows = [row for subject in subjects for row in self.ledger.told(subject)]
        return [message.title for _, message in sorted(rows, key=lambda row: row[0])]


@pytest.fixture
def world(ledger: Ledger) -> World:
    return World(ledger)


async def test_everything_is_told_once_in_its_time_through_a_restart_every_day(world: World) -> None:
    world.estate = {
        "fw-1": [review(days(-30)), support(days(6), soon=3)],
        "sw-1": [replace_by(days(4), soon=2)],
        "sw-2": [replace_by(days(4), soon=2)],
    }
    titles = []
    for number in range(9):
        before = len(world.told())
        world.start()
        await world.on(number)
        titles += [(number, title) for title in world.told()[before:]]
    assert titles == [
        (0, "1 firewall is due for review"),
        (2, "2 switches are due for replacement"),
        (3, "1 firewall is due for replacement"),
        (4, "2 switches are overdue for replacement"),
        (6, "1 firewall is no longer supported"),
    ]
    assert [message.level for _, message in world.ledger.told("hardware:stage/unsupported")] == ["critical"]
    recorded = [identity(milestone) for milestone in world.ledger.milestones()]
    assert len(recorded) == len(set(recorded)) == 7


async def test_the_first_polling_of_an_estate_is_told_as_one_thing_when_it_has_settled(world: World) -> None:
    for number in range(8):
        world.estate[f"sw-{number}"] = [replace_by(days(-1))]
        world.estate[f"fw-{number}"] = [support(days(-1))]
        world.read()
        await world.minder.mind()
        world.seconds += SETTLE / 2
        assert world.told() == []
    world.seconds += SETTLE / 2
    await world.settled()
    assert world.told() == [
        "Hardware register: 8 firewalls are no longer supported; 8 switches are overdue for replacement"
    ]


async def test_a_register_that_never_settles_is_judged_all_the_same(world: World) -> None:
    world.estate = {"sw-1": [replace_by(days(-1))]}
    for _ in range(2 * PATIENCE):
        world.read()
        await world.minder.mind()
        assert world.told() == []
        world.seconds += SETTLE / 2
    world.read()
    await world.minder.mind()
    assert world.ledger.settle()
    assert world.told() == ["1 switch is overdue for replacement"]


async def test_a_register_that_is_what_it_was_costs_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.estate = {"sw-1": [replace_by(days(-1))]}
    asked: list[int] = []
    milestones = world.ledger.milestones

    def counting() -> list[Milestone]:
        asked.append(1)
        return milestones()

    monkeypatch.setattr(world.ledger, "milestones", counting)
    await world.minder.mind()
    assert asked == [], "the register was not read yet"
    await world.on(0)
    for _ in range(20):
        await world.settled()
    assert len(asked) == 1
    await world.on(1)
    assert len(asked) == 2
    assert len(world.told()) == 1


async def test_a_ledger_that_is_full_is_tried_again_and_nothing_is_told_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.estate = {"sw-1": [replace_by(days(-1))]}

    def full(facts: Facts) -> object:
        raise LedgerFull("the buffer is full")

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger, "record", full)
        for _ in range(50):
            await world.on(0)
        warned = [record for record in caplog.records if "told later" in record.getMessage()]
        assert 0 < len(warned) <= 50
    assert world.told() == []
    await world.settled()
    await world.settled()
    assert world.told() == ["1 switch is overdue for replacement"]


@contextlib.contextmanager
def locked(path: Path) -> Any:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.ledger.store.BUSY_SECONDS", 0.1)
    monkeypatch.setattr("agent.ledger.writer.RETRY_SECONDS", (0.02, 0.1))


@pytest.mark.usefixtures("impatient")
async def test_while_the_ledger_is_locked_it_waits_once_and_what_was_not_written_is_told_after_a_restart(
    tmp_path: Path, opened: Open
) -> None:
    path = tmp_path / "ledger.db"
    world = World(opened(path))
    world.estate = {"sw-1": [replace_by(days(-1))]}
    world.read()
    await world.minder.mind()
    world.seconds += SETTLE
    with locked(path):
        await world.minder.mind()
        until(lambda: world.ledger.stats.errors_total > 2)
        for _ in range(5):  # the day changes, too; what waits, waits once
            world.today = days(1)
            world.read()
            await world.minder.mind()
            world.seconds += SETTLE
        assert world.ledger.stats.buffered <= 1
        assert world.ledger.close(0.0) <= 1  # the agent is stopped by force: nothing of it was written
    world.start(opened(path))
    assert world.told() == []
    await world.settled()
    assert world.told() == ["1 switch is overdue for replacement"]


async def test_what_the_ledger_refused_is_judged_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.estate = {"sw-1": [replace_by(days(-1))]}
    record = world.ledger.record

    def spoilt(facts: Facts) -> object:
        return record(replace(facts, messages=tuple(replace(m, title=None) for m in facts.messages)))  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger, "record", spoilt)
        await world.on(0)
    assert (world.told(), world.ledger.milestones()) == ([], []), "all of it or nothing"
    for _ in range(2):
        await world.settled()
    assert world.told() == ["1 switch is overdue for replacement"]


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "both before either has written"])
async def test_two_agents_of_one_ledger_tell_once(
    place: str, opened: Open, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = World(opened(place)), World(opened(place, "agent-2", watch=False))
    for world in (first, second):
        world.estate = {"sw-1": [replace_by(days(-1))], "sw-2": [replace_by(days(-1))]}
    if at_once:
        monkeypatch.setattr(second.ledger, "milestones", list)
    await first.on(0)
    await second.on(0)
    assert first.told() == second.told() == ["2 switches are overdue for replacement"]
    assert len({identity(milestone) for milestone in first.ledger.milestones()}) == 4
    first.start()
    await first.on(1)
    assert len(first.told()) == 1


async def test_nobody_believes_hardware_down_and_nobody_hears_that_it_is_well_again(world: World) -> None:
    world.estate = {"fw-1": [support(days(0), soon=1)]}
    await world.on(0)
    world.ledger.record(
        Facts(messages=(Message("log", "device:fw-1", "critical", "down", "", noon(BEGIN)),))
    ).result(10)  # fmt: skip
    assert world.told() == ["1 firewall is no longer supported"]
    assert world.ledger.believed() == {"device:fw-1": "critical"}
    mind = Mind(believed={"device:fw-1": "critical"} | world.ledger.believed())
    told = due({}, (), mind, (), noon(BEGIN), timedelta(hours=1))
    assert {message.subject for message in told} == {"device:fw-1"}


async def test_milestones_and_their_message_are_one_hand_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_over: list[Facts] = []
    record = world.ledger.record

    def kept(facts: Facts) -> object:
        handed_over.append(facts)
        return record(facts)

    monkeypatch.setattr(world.ledger, "record", kept)
    world.estate = {"sw-1": [replace_by(days(-1))]}
    await world.on(0)
    await asyncio.sleep(0)
    (facts,) = handed_over
    assert len(facts.milestones) == 2
    assert len(facts.messages) == 1


# ---------------------------------------------------------------- with the register as the agent reads it
INVENTORY = """
councils: {a: {title: A, share: "1"}}
zones: {general: {title: General}}
sites: {hq: {title: HQ, kind: office, owner: a}}
exceptions:
  until-the-move: {devices: [sw-2], until: 2026-12-01, owner: Jo, reason: the move}
devices:
  - {name: fw-1, address: 192.0.2.1, class: firewall, site: hq, zone: general,
     owned: {purchased: 2024-01-10, support_until: 2026-11-20}}
  - {name: sw-1, address: 192.0.2.2, class: switch, site: hq, zone: general, owned: {purchased: 2019-11-10}}
  - {name: sw-2, address: 192.0.2.3, class: switch, site: hq, zone: general, owned: {purchased: 2019-11-10}}
"""


async def test_the_register_of_an_estate_is_told_in_its_time(place: str, opened: Open, tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    ledger, today, seconds = opened(place), BEGIN, 0.0
    estates: Any = SimpleNamespace(estate=load(tmp_path / "inventory.yaml"), loaded_at=noon(BEGIN))

    def clock() -> datetime:
        return noon(today)

    def steady() -> float:
        return seconds

    subjects = (
        "stage/review_due", "stage/refresh_due", "stage/overdue", "stage/unsupported",
        "exception_expired/until-the-move", "register",
    )  # fmt: skip
    told: list[tuple[str, str, str]] = []
    for number in (0, 1, 7, 8, 9, 18, 19, 20, 28, 29, 30):
        today = days(number)
        if number == 1:  # the first visit shows serial numbers: until then each was a device of the inventory
            seen = [
                Sighting(name, "chassis", name, "1", "Cisco", "X", f"S-{name}", None, clock())
                for name in ("fw-1", "sw-1", "sw-2")
            ]
            ledger.record(Facts(sightings=tuple(seen))).result(10)
        # As after a restart each day: nothing is known but what the ledger and the inventory say.
        answers = LedgerAnswers(ledger, estates, clock)
        answers._read_register()
        minder = HardwareMinder(answers, ledger, ("log",), timedelta(seconds=SETTLE), clock, steady)
        before = {subject: len(ledger.told(f"hardware:{subject}")) for subject in subjects}
        await minder.mind()
        seconds += SETTLE
        await minder.mind()
        assert ledger.settle()
        told += [
            (today.isoformat(), message.level, message.title)
            for subject in subjects
            for _, message in ledger.told(f"hardware:{subject}")[before[subject] :]
        ]
    assert told == [
        (
            "2026-11-02", "warning",
            "Hardware register: 2 switches are due for replacement; 1 firewall is due for review",
        ),
        ("2026-11-10", "warning", "1 switch is overdue for replacement"),
        ("2026-11-21", "critical", "1 firewall is no longer supported"),
        ("2026-12-01", "warning", "1 switch is overdue for replacement"),
        ("2026-12-01", "warning", "1 switch is kept no longer: the exception until-the-move has expired"),
    ]  # fmt: skip
