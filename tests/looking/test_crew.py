"""Worker processes: they share the looks out, and the death of one costs no device its visit."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from agent.looking import Crew, Here, WorkersGone
from agent.looking import crew as crew_module
from agent.looking.crew import LookFailed
from agent.looking.wire import Hearing
from collectors import Cadence, Sessions, SnmpAccess, Target, Visit, load_profiles
from tests.snmp.hostile import Asked, Mib, num, saying, text

OBJECTS = {
    "1.3.6.1.2.1.1.1.0": text(b"Widget Switch, Version 1.2.3"),
    "1.3.6.1.2.1.1.2.0": b"\x06\x08\x2b\x06\x01\x04\x01\x86\x8d\x1f",
    "1.3.6.1.2.1.1.3.0": num(100_000, 0x43),
    "1.3.6.1.2.1.1.5.0": text(b"sw-example-1"),
    "1.3.6.1.2.1.2.1.0": num(2),
} | {
    f"1.3.6.1.2.1.{column}.{row}": value
    for row in (1, 2)
    for column, value in {
        "2.2.1.2": text(b"Port %d" % row),
        "2.2.1.8": num(1),
        "2.2.1.14": num(row, 0x41),
        "31.1.1.1.6": num(10**12 + row, 0x46),
    }.items()
}
HONEST = Mib(OBJECTS)


def answers(asked: Asked) -> bytes | None:
    """A switch; whoever comes with the community `silent` is not answered."""
    return None if asked.community == b"silent" else HONEST(asked)


@asynccontextmanager
async def crew(workers: int = 2) -> AsyncIterator[Crew]:
    made = Crew(workers)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


def targets(port: int, count: int, community: str = "public", **changes: Any) -> list[Target]:
    access = SnmpAccess("2c", community)
    made = [Target(f"sw-{n}", "127.0.0.1", port, snmp=access, timeout_seconds=1.0, retries=1) for n in range(count)]
    return [replace(target, **changes) for target in made]


async def all_ready(of: Crew, seconds: float = 20.0) -> None:
    await until(lambda: of.stats.alive == of.stats.workers, seconds)


async def until(check: Callable[[], bool], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110 - the other end is a process: there is no event to wait for
            await asyncio.sleep(0.02)


async def looks(of: Crew, devices: list[Target], cadence: Cadence = Cadence.PULSE) -> list[Visit]:
    return list(await asyncio.gather(*(of.look(device, cadence) for device in devices)))


def pids(of: Crew) -> list[int | None]:
    return [member.process.pid if member.process else None for member in of._members]


def said(visit: Visit) -> dict[str, Any]:
    """What a visit tells of its device, without when and how long."""
    values = [
        (group.metric.name, labels) for block in visit.blocks for group in block.layout.groups for labels in group.rows
    ]
    numbers = [value for block in visit.blocks for value in block.values]
    return {
        "readings": dict(zip(values, numbers, strict=True)), "identity": visit.identity, "sensors": visit.sensors,
        "interfaces": visit.interfaces, "checks": visit.checks, "parts": visit.parts, "cadence": visit.cadence,
        "reached": visit.reached, "failures": visit.failures, "class": visit.device_class, "requests": visit.requests,
    }  # fmt: skip


async def test_a_look_by_a_worker_tells_what_a_look_made_here_tells() -> None:
    async with saying(answers) as agent, crew(1) as workers, Sessions() as sessions:
        here = Here(sessions, load_profiles())
        (target,) = targets(agent.port, 1)
        for cadence in (Cadence.PULSE, Cadence.PULSE, Cadence.HEALTH, Cadence.INVENTORY):
            assert said(await workers.look(target, cadence)) == said(await here.look(target, cadence))
        await until(lambda: workers.traffic().sent == here.traffic().sent)  # told once a second


async def test_devices_are_shared_out_and_stay_where_they_are() -> None:
    async with saying(answers) as agent, crew(3) as workers:
        await all_ready(workers)
        devices = targets(agent.port, 30)
        first = await looks(workers, devices)
        assert [visit.cadence for visit in first] == [Cadence.INVENTORY] * 30  # each is learnt by its first look
        at = dict(workers._at)
        assert set(at.values()) == {0, 1, 2}
        again = await looks(workers, devices)
        assert [visit.cadence for visit in again] == [Cadence.PULSE] * 30  # and known where it is asked for again
        assert workers._at == at
        assert workers.stats.moved_total == 0


async def test_a_killed_worker_costs_no_device_its_look_and_is_started_again() -> None:
    async with saying(answers) as agent, crew(2) as workers:
        await all_ready(workers)
        devices = targets(agent.port, 20)
        await looks(workers, devices)
        before = pids(workers)
        going_on = asyncio.create_task(looks(workers, devices, Cadence.INVENTORY))
        await asyncio.sleep(0)
        os.kill(before[0] or 0, signal.SIGKILL)
        assert all(visit.reached for visit in await going_on)
        assert all(visit.reached for visit in await looks(workers, devices))
        await all_ready(workers)
        assert workers.stats.restarts_total == 1
        assert pids(workers)[0] not in (None, before[0])
        await until_home(workers, devices)
        assert all(visit.reached for visit in await looks(workers, devices))


async def until_home(workers: Crew, devices: list[Target]) -> None:
    """Look until every device is with its own worker again."""
    async with asyncio.timeout(20):
        while len(set(workers._at.values())) < 2:
            await looks(workers, devices)
            await asyncio.sleep(0.05)


async def test_what_a_dead_worker_had_counted_stays_counted() -> None:
    async with saying(answers) as agent, crew(1) as workers:
        await looks(workers, targets(agent.port, 3))
        await until(lambda: workers.traffic().received > 0)
        before = workers.traffic().received
        os.kill(pids(workers)[0] or 0, signal.SIGKILL)
        await until(lambda: workers.stats.restarts_total == 1 and workers.stats.alive == 1)
        assert workers.traffic().received >= before


async def test_a_worker_that_hangs_is_ended_and_its_devices_are_anothers_within_ten_seconds() -> None:
    async with saying(answers) as agent, crew(2) as workers:
        await all_ready(workers)
        devices = targets(agent.port, 10)
        await looks(workers, devices)
        hanging = pids(workers)[0] or 0
        os.kill(hanging, signal.SIGSTOP)
        began = asyncio.get_running_loop().time()
        visits = await looks(workers, devices)
        assert all(visit.reached for visit in visits)
        assert asyncio.get_running_loop().time() - began < 10
        assert pids(workers)[0] != hanging


async def test_a_look_that_no_worker_outlives_is_our_fault_and_not_the_devices() -> None:
    """It is asked a second time, because the worker may have died for another reason; and not a third time."""
    async with saying(answers) as agent, crew(2) as workers:
        await all_ready(workers)
        (deadly,) = targets(agent.port, 1, community="silent", timeout_seconds=20.0, deadline_seconds=60.0)
        look = asyncio.create_task(workers.look(deadly, Cadence.PULSE))
        for _ in range(2):
            await until(lambda: any(member.asked for member in workers._members if member.ready))
            holder = next(member for member in workers._members if member.asked)
            assert holder.process is not None
            holder.process.kill()
            await until(lambda was=holder: not was.asked)  # type: ignore[misc]
        with pytest.raises(WorkersGone, match="sw-0"):
            await look
        other = replace(targets(agent.port, 2)[1])
        assert (await workers.look(other, Cadence.PULSE)).reached


async def test_a_device_that_stays_silent_is_told_as_a_visit() -> None:
    async with saying(answers) as agent, crew(1) as workers:
        (silent,) = targets(agent.port, 1, community="silent", timeout_seconds=0.2, retries=0)
        visit = await workers.look(silent, Cadence.PULSE)
        assert not visit.reached
        assert visit.failures[0].kind == "no_answer"


async def test_a_mistake_of_the_program_in_a_worker_is_raised_with_its_traceback() -> None:
    async with saying(answers) as agent, crew(1) as workers:
        (broken,) = targets(agent.port, 1, timeout_seconds="soon")  # what the inventory would never let through
        with pytest.raises(LookFailed, match="TypeError"):
            await workers.look(broken, Cadence.PULSE)
        assert (await workers.look(targets(agent.port, 2)[1], Cadence.PULSE)).reached


async def test_a_message_that_is_not_understood_ends_the_worker_and_the_look_is_made_elsewhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt = iter([True])
    real = crew_module.message_of

    def message_of(body: bytes) -> Any:
        message = real(body)
        return ("nonsense",) if message[0] == "visit" and next(spoilt, False) else message

    def hear(of: Crew, member: Any, message: Any) -> None:
        if message == ("nonsense",):
            raise ValueError("who would say that")
        heard(of, member, message)

    heard = Crew._hear
    monkeypatch.setattr(crew_module, "message_of", message_of)
    monkeypatch.setattr(Crew, "_hear", hear)
    async with saying(answers) as agent, crew() as of:
        await all_ready(of)
        (target,) = targets(agent.port, 1)
        before = {member.process.pid for member in of._members if member.process}
        visit = await of.look(target, Cadence.INVENTORY)
        assert visit.reached
        await all_ready(of)
        after = {member.process.pid for member in of._members if member.process}
        assert len(before & after) == 1, "one worker was ended, and another started in its place"
        assert of.stats.restarts_total == 1
    assert "says what is not understood" in caplog.text


async def test_a_visit_that_cannot_be_made_whole_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = iter([True])
    real = Hearing.visit

    def visit(of: Hearing, short: Any) -> Visit:
        if next(spoilt, False):
            raise KeyError(7)
        return real(of, short)

    monkeypatch.setattr(Hearing, "visit", visit)
    async with saying(answers) as agent, crew() as of:
        await all_ready(of)
        (target,) = targets(agent.port, 1)
        with pytest.raises(LookFailed, match="KeyError: 7"):
            await of.look(target, Cadence.INVENTORY)
        assert (await of.look(target, Cadence.PULSE)).reached
        assert of.stats.restarts_total == 0


async def test_another_address_is_learnt_anew_and_a_forgotten_device_too() -> None:
    async with saying(answers) as one, saying(answers) as other, crew(1) as workers:
        (target,) = targets(one.port, 1)
        await workers.look(target, Cadence.PULSE)
        moved = replace(target, port=other.port)
        assert (await workers.look(moved, Cadence.PULSE)).cadence is Cadence.INVENTORY
        assert other.requests
        workers.forget(["sw-0"])
        assert (await workers.look(moved, Cadence.PULSE)).cadence is Cadence.INVENTORY


async def test_the_end_leaves_no_process_behind() -> None:
    async with saying(answers) as agent, crew(2) as workers:
        await all_ready(workers)
        await looks(workers, targets(agent.port, 4))
        were = [pid for pid in pids(workers) if pid]
    assert len(were) == 2
    for pid in were:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_workers_leave_signals_to_the_agent_and_end_when_it_is_gone() -> None:
    async with saying(answers) as agent, crew(1) as workers:
        (pid,) = (pid for pid in pids(workers) if pid)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
        assert (await workers.look(targets(agent.port, 1)[0], Cadence.PULSE)).reached
        assert pids(workers) == [pid]
        process = workers._members[0].process
        assert process is not None
        workers._closing = True  # as if the agent had died: nobody starts it again
        assert process.stdin is not None
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_where_no_worker_comes_up_the_start_fails_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.looking.crew.START_SECONDS", 1.0)
    monkeypatch.setattr("agent.looking.crew.sys.executable", "/nowhere/python")
    made = Crew(2)
    with pytest.raises(WorkersGone, match="no worker process came up"):
        await made.start()
