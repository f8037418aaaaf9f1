"""The pipeline: five hand-overs, one catch, and a real ledger beneath."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import health
from agent.facts import Facts
from agent.inventory.needs import Subject
from agent.latest import Latest
from agent.ledger import Ledger, LedgerFull
from agent.pipeline import Outcome, Pipeline
from agent.topology import Topology
from collectors.readings import Cadence, Check, Failure, Identity, Level, Part, Visit
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, topology, visit

Open = Callable[..., Ledger]


class World:
    """Devices that answer as told, and a self-check that says what it is told."""

    def __init__(self) -> None:
        self.now = T0
        self.next: dict[str, Visit | Exception] = {}
        self.we_are_cut_off = False
        self.checks = 0

    async def look(self, device: str, cadence: Cadence) -> Visit:
        answer = self.next[device]
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, cadence=cadence)

    async def cut_off(self) -> bool:
        self.checks += 1
        return self.we_are_cut_off

    def clock(self) -> datetime:
        return self.now


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def book(tmp_path: Path, opened: Open) -> Ledger:
    return opened(tmp_path / "ledger.db")


@pytest.fixture
def make(world: World, book: Ledger) -> Callable[..., Pipeline]:
    def make_(of: Topology | None = None, ledger: Ledger = book) -> Pipeline:
        return Pipeline(
            world.look,
            world.cut_off,
            ledger,
            Latest(),
            of or topology(["sw", "fw"]),
            channels=("desk",),
            clock=world.clock,
        )

    return make_


async def fail_three_times(pipeline: Pipeline, world: World, device: str, since: float) -> Outcome:
    outcome = Outcome(reached=False)
    for n in range(3):
        world.next[device] = visit(device, since + 10 * n, up=False)
        outcome = await pipeline.visit(device, Cadence.PULSE)
    return outcome


async def test_a_good_visit_is_kept_judged_and_recorded(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make()
    world.next["sw"] = visit("sw", 5)
    assert await pipeline.visit("sw", Cadence.PULSE) == Outcome(reached=True)
    assert pipeline.latest.of("sw") is not None
    assert book.settle()
    assert [(f.subject, f.after, f.at) for f in book.flips()] == [("device:sw", UP, at(5))]
    assert pipeline.stats.visits == {(Cadence.PULSE, "reached"): 1}


async def test_a_visit_that_changes_nothing_writes_nothing(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make()
    for n in range(10):
        world.next["sw"] = visit("sw", 60 * n)
        await pipeline.visit("sw", Cadence.PULSE)
    assert book.settle()
    assert book.stats.written_total == 1


async def test_an_outage_is_written_with_its_message_in_one_transaction(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make()
    world.next["sw"] = visit("sw", 0)
    await pipeline.visit("sw", Cadence.PULSE)
    outcome = await fail_three_times(pipeline, world, "sw", 60)
    assert outcome == Outcome(reached=False, look_again_in=None)
    assert book.settle()
    assert book.stats.written_total == 2
    assert [(f.before, f.after, f.at) for f in book.flips()][1:] == [(UP, DOWN, at(60))]
    (pending,) = book.outbox.claim("desk", pipeline_time())
    assert (pending.message.title, pending.message.level, pending.message.at) == (
        "device sw is down",
        "critical",
        at(60),
    )


def pipeline_time() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


async def test_when_we_are_cut_off_nobody_is_accused_and_everybody_is_blind(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make()
    for name in ("sw", "fw"):
        world.next[name] = visit(name, 0)
        await pipeline.visit(name, Cadence.PULSE)
    world.we_are_cut_off = True
    for n in range(60):
        for name in ("sw", "fw"):
            world.next[name] = visit(name, 60 + 60 * n, up=False)
            assert (await pipeline.visit(name, Cadence.PULSE)).look_again_in is None
    assert pipeline.stats.blind
    world.we_are_cut_off = False
    for name in ("sw", "fw"):
        world.next[name] = visit(name, 3700)
        await pipeline.visit(name, Cadence.PULSE)
    assert not pipeline.stats.blind
    assert book.settle()
    assert [f.after for f in book.flips() if f.subject == "device:fw"] == [UP, BLIND, UP]
    assert not [f for f in book.flips() if f.after is DOWN]
    assert book.outbox.waiting() == 0
    assert pipeline.stats.visits[Cadence.PULSE, "blind"] == 120


async def test_the_self_check_is_asked_only_when_nothing_answered(world: World, make: Callable[..., Pipeline]) -> None:
    pipeline = make()
    world.next["sw"] = visit("sw", 0, snmp=False, icmp=True)
    await pipeline.visit("sw", Cadence.PULSE)
    assert world.checks == 0
    world.next["sw"] = visit("sw", 10, up=False)
    await pipeline.visit("sw", Cadence.PULSE)
    assert world.checks == 1


async def test_a_mistake_of_the_program_is_logged_with_its_traceback_and_harms_no_other_device(
    world: World, make: Callable[..., Pipeline], caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = make()
    world.next["sw"] = ZeroDivisionError("a mistake in a parser")
    world.next["fw"] = visit("fw", 0)
    assert await pipeline.visit("sw", Cadence.PULSE) == Outcome(reached=False)
    assert await pipeline.visit("fw", Cadence.PULSE) == Outcome(reached=True)
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert "sw" in record.message
    assert pipeline.stats.crashes_total == 1
    assert "device:sw" not in pipeline.board


async def test_a_device_whose_visits_keep_failing_by_our_mistake_is_blind_and_not_as_well_as_it_was(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make(topology(["sw"], needs={"service:s": Subject("sw", "device")}))
    world.next["sw"] = visit("sw", 0)
    await pipeline.visit("sw", Cadence.PULSE)
    good = world.next["sw"]
    for n, broken in enumerate([True, True, False, True, True, True, True], 1):
        world.now = at(60 * n)
        world.next["sw"] = RuntimeError("a mistake") if broken else good
        await pipeline.visit("sw", Cadence.PULSE)
    world.next["sw"] = visit("sw", 600)
    await pipeline.visit("sw", Cadence.PULSE)
    assert book.settle()
    told = [(f.subject, f.after, f.at) for f in book.flips()][2:]
    assert told == [
        ("device:sw", BLIND, at(240)), ("service:s", BLIND, at(240)),
        ("device:sw", UP, at(600)), ("service:s", UP, at(600)),
    ]  # fmt: skip


async def test_a_restart_flips_nothing_and_tells_nobody(
    world: World, make: Callable[..., Pipeline], tmp_path: Path, opened: Open, book: Ledger
) -> None:
    service = topology(["sw", "fw"], needs={"service:network": Subject("sw", "device")})
    pipeline = make(service)
    for name in ("sw", "fw"):
        world.next[name] = visit(name, 0)
        await pipeline.visit(name, Cadence.PULSE)
    await fail_three_times(pipeline, world, "fw", 60)
    book.close()
    again = opened(tmp_path / "ledger.db")
    restarted = make(service, again)
    assert {s: h.standing for s, h in restarted.board.items()} == {s: h.standing for s, h in pipeline.board.items()}
    world.next["sw"] = visit("sw", 900)
    await restarted.visit("sw", Cadence.PULSE)
    await fail_three_times(restarted, world, "fw", 900)
    assert again.settle()
    assert again.stats.written_total == 0


async def test_what_the_full_buffer_refuses_is_found_again_by_the_next_look(
    world: World, make: Callable[..., Pipeline], book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = make()

    def full(facts: Facts) -> None:
        raise LedgerFull("50000 records wait")

    world.next["sw"] = visit("sw", 0)
    with monkeypatch.context() as patched:
        patched.setattr(book, "record", full)
        assert (await pipeline.visit("sw", Cadence.PULSE)).reached
        assert pipeline.stats.unrecorded_total == 1
        assert "device:sw" not in pipeline.board
    world.next["sw"] = visit("sw", 60)
    await pipeline.visit("sw", Cadence.PULSE)
    assert book.settle()
    assert [f.at for f in book.flips()] == [at(60)]


async def test_failures_and_requests_are_counted(world: World, make: Callable[..., Pipeline]) -> None:
    pipeline = make()
    failure = Failure("snmp", "looped", "1.3.6", "went backwards")
    world.next["sw"] = replace(visit("sw"), requests=7, retries=2, failures=(failure, failure))
    await pipeline.visit("sw", Cadence.HEALTH)
    stats = pipeline.stats
    assert (stats.requests_total, stats.retries_total, stats.failures["snmp", "looped"]) == (7, 2, 2)


# ---------------------------------------------------------------- hardware
def with_parts(seconds: float, *parts: Part, version: str = "17.9") -> Visit:
    identity = Identity(vendor="Cisco", model="C9300-48P", serial="FCW2140L0AB", version=version)
    return replace(visit("sw", seconds), identity=identity, parts=parts)


async def test_hardware_is_written_when_it_is_new_or_changed_and_last_seen_now_and_then(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make()
    supply = Part("power_supply", "PSU A", "PWR-C1", "DCB1", place="1")
    for seconds, parts in ((0, (supply,)), (60, (supply,)), (120, (replace(supply, serial="DCB2"),))):
        world.next["sw"] = with_parts(seconds, *parts)
        await pipeline.visit("sw", Cadence.INVENTORY)
    pipeline.note_seen()
    assert book.settle()
    assert [s.serial for s in book.sightings()] == ["FCW2140L0AB", "DCB1", "DCB2"]
    seen = {a.serial: a.last_seen_at for a in book.assets()}
    assert seen == {"FCW2140L0AB": at(120), "DCB1": at(60), "DCB2": at(120)}


async def test_a_restart_writes_no_hardware_again(
    world: World, make: Callable[..., Pipeline], tmp_path: Path, opened: Open, book: Ledger
) -> None:
    world.next["sw"] = with_parts(0, Part("fan", "Fan 1", "FAN-T1", place="1"))
    await make().visit("sw", Cadence.INVENTORY)
    book.close()
    again = opened(tmp_path / "ledger.db")
    await make(ledger=again).visit("sw", Cadence.INVENTORY)
    assert again.settle()
    assert again.stats.written_total == 0
    assert len(again.assets()) == 2


# ---------------------------------------------------------------- now and then
async def test_a_beat_is_a_heartbeat_in_the_ledger(world: World, make: Callable[..., Pipeline], book: Ledger) -> None:
    pipeline = make()
    pipeline.beat()
    world.now = at(10)
    pipeline.beat()
    assert book.settle()
    (watch,) = book.watches()
    assert (watch.began_at, watch.until_at) == (T0, at(10))


async def test_a_reload_closes_what_left_and_judges_what_changed(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make(topology(["sw", "fw"]))
    world.next["fw"] = visit("fw", 0)
    await pipeline.visit("fw", Cadence.PULSE)
    await fail_three_times(pipeline, world, "sw", 0)
    world.now = at(500)
    pipeline.adopt(topology(["fw"], needs={"service:network": Subject("fw", "device")}))
    assert book.settle()
    last = [(f.subject, f.before, f.after, f.at) for f in book.flips()][-2:]
    assert last == [("device:sw", DOWN, BLIND, at(500)), ("service:network", BLIND, UP, at(500))]
    assert set(pipeline.board) == {"device:fw", "service:network"}
    assert pipeline.latest.of("sw") is None
    pipeline.adopt(pipeline.topology)
    assert book.settle()
    assert len(book.flips()) == 4


# ---------------------------------------------------------------- flapping and redundancy
async def test_what_is_flapping_is_still_flapping_after_a_restart(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    pipeline = make(topology(["sw"]))
    for n in range(3):
        world.next["sw"] = visit("sw", 200 * n)
        await pipeline.visit("sw", Cadence.PULSE)
        await fail_three_times(pipeline, world, "sw", 200 * n + 60)
    assert book.settle()
    assert pipeline.board["device:sw"].flapping_at(at(700))
    world.now = datetime.now(UTC)  # the ledger goes by the real clock
    assert make(topology(["sw"])).board["device:sw"].flapping_at(at(700))
    world.now += health.RECENT * 2  # long after: the flips are not read, nothing is flapping
    assert make(topology(["sw"])).board["device:sw"].downs == 1


async def test_a_power_supply_is_confirmed_by_looks_that_ask_for_checks_and_forgotten_with_its_expectation(
    world: World, make: Callable[..., Pipeline], book: Ledger
) -> None:
    name = "redundancy:device/sw/power_supplies"
    pipeline = make(topology(["sw"], expected={"sw": ("power_supplies",)}))
    for seconds, level in ((0, Level.OK), (300, Level.WARNING), (310, Level.WARNING), (320, Level.WARNING)):
        check = Check("power_supplies_expected", "", "", level)
        world.next["sw"] = replace(visit("sw", seconds), checks=(check,))
        outcome = await pipeline.visit("sw", Cadence.HEALTH)
        waits = seconds in (300, 310)
        assert (outcome.look_again_in, outcome.look_again) == ((10, Cadence.HEALTH) if waits else (None, Cadence.PULSE))
    world.now = at(500)
    pipeline.adopt(topology(["sw"]))
    assert book.settle()
    assert [(f.after, f.at) for f in book.flips(name)] == [(UP, at(0)), (DEGRADED, at(300)), (BLIND, at(500))]
    assert set(pipeline.board) == {"device:sw"}
