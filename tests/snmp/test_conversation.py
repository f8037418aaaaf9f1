"""GETs of one set follow each other without waking the task, and lose nothing by it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from collectors.errors import NoAnswer
from collectors.session import Answers, Cells
from collectors.snmp import Engine, fast, transport
from collectors.target import SnmpAccess
from tests.snmp.hostile import Asked, Later, Mib, num, saying
from tests.snmp.snmpd_users import COMMUNITY

OIDS = [f"1.3.6.1.4.1.99999.1.{n}" for n in range(1, 171)]
MIB = Mib({oid: num(n * n * n) for n, oid in enumerate(OIDS)})
VALUES = [n * n * n for n in range(len(OIDS))]
ACCESS = SnmpAccess("2c", COMMUNITY)
CELLS = Cells(OIDS)


async def ask(
    agent: Any, engine: Engine, *, timeout_seconds: float = 1.0, retries: int = 0, seconds: float = 9.0
) -> tuple[Answers, Any]:
    session = engine.session(
        "127.0.0.1", agent.port, ACCESS, timeout_seconds=timeout_seconds, retries=retries, limits={}
    )
    return await session.get(CELLS, time.monotonic() + seconds), session


async def test_requests_that_are_answered_as_expected_wake_the_task_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    waiting = transport.Transport.attempt
    monkeypatch.setattr(transport.Transport, "attempt", lambda *asked: waits.append(asked) or waiting(*asked))
    async with saying(MIB) as agent, Engine() as engine:
        answers, session = await ask(agent, engine)
    assert (answers.values, answers.problem) == (VALUES, None)
    assert len(agent.requests) == session.requests == engine.counts.sent == 4
    assert len(waits) == 1


async def test_every_request_has_a_time_and_retries_of_its_own() -> None:
    """Each is lost once, or takes nearly as long as one may: together longer than any one could."""
    heard: dict[tuple[int, ...], int] = {}

    def behave(asked: Asked) -> Later | None:
        first = asked.names[0]
        heard[first] = heard.get(first, 0) + 1
        return Later(0.12, MIB(asked)) if heard[first] == 2 else None

    async with saying(behave) as agent, Engine() as engine:
        answers, session = await ask(agent, engine, timeout_seconds=0.3, retries=1)
    assert (answers.values, answers.problem) == (VALUES, None)
    assert (session.requests, session.retries) == (8, 4)


async def test_slow_answers_do_not_add_up_to_a_time_out() -> None:
    async with saying(lambda asked: Later(0.2, MIB(asked))) as agent, Engine() as engine:
        answers, _ = await ask(agent, engine, timeout_seconds=0.3)
    assert (answers.values, answers.problem) == (VALUES, None)
    assert engine.counts.time_outs == 0


async def test_silence_in_the_midst_is_noticed_and_what_came_is_kept() -> None:
    def behave(asked: Asked) -> bytes | None:
        return MIB(asked) if asked.names[0][-1] < 100 else None

    async with saying(behave) as agent, Engine() as engine:
        began = time.monotonic()
        answers, _ = await ask(agent, engine, timeout_seconds=0.1)
        assert time.monotonic() - began < 2
    assert isinstance(answers.problem, NoAnswer)
    came = [value for value in answers.values if value is not None]
    assert came == VALUES[: len(came)]
    assert len(came) >= 50


async def test_the_deadline_holds_between_requests() -> None:
    async with saying(lambda asked: Later(0.1, MIB(asked))) as agent, Engine() as engine:
        began = time.monotonic()
        answers, _ = await ask(agent, engine, timeout_seconds=5, seconds=0.25)
        assert time.monotonic() - began < 1
    assert answers.problem is not None
    assert None in answers.values


async def test_a_second_answer_to_the_last_request_is_not_taken_for_the_next() -> None:
    async with saying(lambda asked: [MIB(asked), MIB(asked)]) as agent, Engine() as engine:
        answers, _ = await ask(agent, engine)
        await ask(agent, engine)
    assert (answers.values, answers.problem) == (VALUES, None)
    assert engine.counts.strays >= 4


@pytest.mark.parametrize("full_for", [1, 3])
async def test_a_full_send_buffer_is_waited_for(full_for: int) -> None:
    class Full:
        """The socket, whose second send finds no room so many times."""

        def __init__(self, real: Any) -> None:
            self.real, self.sends = real, 0

        def sendto(self, data: bytes, place: Any) -> int:
            self.sends += 1
            if 2 <= self.sends < 2 + full_for:
                raise BlockingIOError
            return int(self.real.sendto(data, place))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    async with saying(MIB) as agent, Engine(sockets=1) as engine:
        await ask(agent, engine)
        (port,) = engine._transport._all_ports()
        port.socket = Full(port.socket)  # type: ignore[assignment]
        sent = engine.counts.sent
        answers, session = await ask(agent, engine)
        assert engine.counts.sent - sent == 4
    assert (answers.values, answers.problem) == (VALUES, None)
    assert (session.requests, session.retries) == (4, 0)


async def test_a_mistake_in_reading_is_its_own_visits_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = fast.read_cells
    spoilt = iter([True])

    def read(*asked: Any) -> Any:
        if next(spoilt, False):
            raise ZeroDivisionError("a mistake of ours")
        return real(*asked)

    monkeypatch.setattr(fast, "read_cells", read)
    async with saying(MIB) as agent, Engine() as engine:
        with pytest.raises(ZeroDivisionError):
            await ask(agent, engine)
        answers, _ = await ask(agent, engine)
        assert engine._transport._pending == {}
        assert all(port.free > 16 for port in engine._transport._all_ports())
    assert (answers.values, answers.problem) == (VALUES, None)


async def test_answers_that_come_together_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a crowd that answers within a moment the loop is woken once; a single device waits for nobody."""
    wakes = []
    monkeypatch.setattr(transport, "GATHER_SECONDS", 4.0)
    reading = transport.Inbox._read
    monkeypatch.setattr(transport.Inbox, "_read", lambda inbox: wakes.append(inbox) or reading(inbox))
    one = Cells(OIDS[:1])
    async with saying(lambda asked: Later(0.001 * (asked.count % 20), MIB(asked))) as agent, Engine() as engine:
        sessions = [
            engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=1, retries=0, limits={}) for _ in range(40)
        ]
        began = time.monotonic()
        await sessions[0].get(one, began + 5)
        assert time.monotonic() - began < 3.5
        monkeypatch.setattr(transport, "GATHER_SECONDS", 0.05)
        await asyncio.sleep(0.1)
        wakes.clear()
        answers = await asyncio.gather(*(session.get(one, time.monotonic() + 5) for session in sessions))
    assert [a.values for a in answers] == [[0]] * 40
    assert len(wakes) <= 4


async def test_a_wait_whose_time_is_over_already_ends() -> None:
    """As where a forged answer is read only after the time-out, because the loop was busy."""
    async with saying(MIB) as agent, Engine(sockets=1) as engine:
        port = engine._transport.port_for(socket.AF_INET, "127.0.0.1")
        waiter = transport.Waiter(port, ("127.0.0.1", agent.port), lambda *_: None)
        waiter.ends_at = time.monotonic() - 1
        assert await asyncio.wait_for(engine._transport.wait_on(waiter), 1) is None
        await asyncio.sleep(0.15)
        assert engine._transport._wheel == {}
