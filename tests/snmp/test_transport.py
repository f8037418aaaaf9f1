"""The shared sockets and their clock: nobody is called dead because we were busy, and nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from collectors.errors import NoAnswer, Refused
from collectors.session import Cells, SnmpSession
from collectors.snmp import Engine, transport
from collectors.snmp.message import HIGHEST_ID, LOWEST_ID
from collectors.target import SnmpAccess
from tests.snmp.hostile import Asked, Later, Mib, num, read_request, saying
from tests.snmp.snmpd_users import COMMUNITY

OID = "1.3.6.1.4.1.99999.1.0"
MIB = Mib({OID: num(5)})
ACCESS = SnmpAccess("2c", COMMUNITY)
CELLS = Cells([OID])


@contextmanager
def agent_in_a_thread() -> Iterator[int]:
    """An agent that answers while our own event loop is busy: its port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            data, peer = sock.recvfrom(65535)
            if data == b"stop":
                return
            sock.sendto(MIB(read_request(data, 0)), peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = sock.getsockname()[1]
    try:
        yield port
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"stop", ("127.0.0.1", port))
        thread.join(5)
        sock.close()


async def test_a_busy_event_loop_does_not_make_devices_dead() -> None:
    with agent_in_a_thread() as port:
        async with Engine() as engine:
            session = engine.session("127.0.0.1", port, ACCESS, timeout_seconds=0.1, retries=0, limits={})
            asking = asyncio.ensure_future(session.get(CELLS, time.monotonic() + 5))
            await asyncio.sleep(0.01)  # the request is out
            time.sleep(0.4)  # noqa: ASYNC251 - the stall that is the test
            answers = await asking
    assert (answers.values, answers.problem) == ([5], None)


async def test_more_devices_than_the_receive_buffer_holds_take_turns() -> None:
    together = most = 0

    def behave(asked: Asked) -> Later:
        nonlocal together, most
        together += 1
        most = max(most, together)
        asyncio.get_running_loop().call_later(0.019, leave)
        return Later(0.02, MIB(asked))

    def leave() -> None:
        nonlocal together
        together -= 1

    async with saying(behave) as agent, Engine(sockets=1) as engine:
        session = engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=2, retries=0, limits={})
        await session.get(CELLS, time.monotonic() + 5)
        port = engine._transport.port_for(socket.AF_INET, "127.0.0.1")
        port.free = 4
        sessions = [
            engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=2, retries=0, limits={}) for _ in range(40)
        ]
        answers = await asyncio.gather(*(s.get(CELLS, time.monotonic() + 5) for s in sessions))
        assert port.free == 4
    assert [a.values for a in answers] == [[5]] * 40
    assert most == 4


async def test_a_cancelled_turn_is_given_to_the_next() -> None:
    async with saying(lambda asked: None) as agent, Engine(sockets=1) as engine:
        port = engine._transport.port_for(socket.AF_INET, "127.0.0.1")
        port.free = 1

        def ask() -> asyncio.Task[object]:
            session = engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=0.1, retries=0, limits={})
            return asyncio.ensure_future(session.get(CELLS, time.monotonic() + 5))

        first, second, third = ask(), ask(), ask()
        await asyncio.sleep(0.02)
        second.cancel()
        answers = await asyncio.gather(first, third)
        assert all(isinstance(a.problem, NoAnswer) for a in answers)  # type: ignore[attr-defined]
        assert port.free == 1
        assert len(agent.requests) == 2


async def test_an_exchange_that_is_over_leaves_nothing_behind() -> None:
    async with saying(lambda asked: MIB(asked) if asked.count % 2 else None) as agent, Engine() as engine:
        for _ in range(3):
            session = engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=0.06, retries=1, limits={})
            await session.get(CELLS, time.monotonic() + 5)
        assert engine._transport._pending == {}
        await asyncio.sleep(0.3)
        assert engine._transport._wheel == {}
        assert engine._transport._tick is None, "the clock runs although nobody waits"
        assert engine.counts.sent == 6
        assert engine.counts.time_outs == 3


async def test_closing_ends_those_who_wait() -> None:
    async with saying(lambda asked: None) as agent:
        engine = Engine()
        session = engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=5, retries=0, limits={})
        asking = asyncio.ensure_future(session.get(CELLS, time.monotonic() + 9))
        await asyncio.sleep(0.02)
        await engine.close()
        with pytest.raises(asyncio.CancelledError):
            await asking
        with pytest.raises(RuntimeError, match="closed"):
            await engine.session("127.0.0.1", 161, ACCESS, timeout_seconds=1, retries=0, limits={}).get(
                CELLS, time.monotonic() + 1
            )


async def test_a_small_receive_buffer_is_said_and_kept_within(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transport, "RECEIVE_BUFFER_OCTETS", 1 << 40 - 10)  # more than any kernel grants
    async with Engine(sockets=2) as engine:
        with caplog.at_level(logging.WARNING):
            port = engine._transport.port_for(socket.AF_INET, "127.0.0.1")
        granted = port.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert port.free == max(16, granted // transport.OCTETS_PER_REPLY)
    assert "net.core.rmem_max" in caplog.text


async def test_the_kernel_is_asked_for_what_it_dropped() -> None:
    async with Engine(sockets=1) as engine:
        port = engine._transport.port_for(socket.AF_INET, "127.0.0.1")
        before = engine.kernel_drops()
        if before is None:
            pytest.skip("this kernel does not say what it dropped")
        assert before == 0
        port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        place = ("127.0.0.1", port.socket.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            for _ in range(50):
                flood.sendto(bytes(1400), place)
        dropped = engine.kernel_drops()
        assert dropped is not None
        assert 0 < dropped < 50


def test_ids_are_random_and_of_four_octets() -> None:
    drawn = [transport.Transport().fresh_id() for _ in range(50)]
    one = transport.Transport()
    drawn += [one.fresh_id() for _ in range(5000)]
    assert len(set(drawn)) > 5040
    assert min(drawn) >= LOWEST_ID
    assert max(drawn) <= HIGHEST_ID
    assert max(drawn) > HIGHEST_ID * 0.95


async def test_a_flood_of_strays_is_counted_and_does_no_harm() -> None:
    async with saying(MIB) as agent, Engine(sockets=1) as engine:
        session = engine.session("127.0.0.1", agent.port, ACCESS, timeout_seconds=1, retries=0, limits={})
        await session.get(CELLS, time.monotonic() + 5)
        place = ("127.0.0.1", engine._transport.port_for(socket.AF_INET, "127.0.0.1").socket.getsockname()[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            for n in range(500):
                flood.sendto(bytes([0x30, n % 256]) * 20, place)
        assert (await session.get(CELLS, time.monotonic() + 5)).values == [5]
        await asyncio.sleep(0.05)
        assert engine.counts.strays > 400


def closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells an unconnected socket")
async def test_a_closed_port_is_known_at_once_and_costs_no_other_device() -> None:
    async with saying(MIB) as agent, Engine(sockets=1) as engine:

        def session(port: int) -> SnmpSession:
            return engine.session("127.0.0.1", port, ACCESS, timeout_seconds=3, retries=1, limits={})

        started = time.monotonic()
        ports = [closed_port() if n % 2 else agent.port for n in range(300)]
        answers = await asyncio.gather(*(session(port).get(CELLS, time.monotonic() + 9) for port in ports))
        assert time.monotonic() - started < 2
        for port, answer in zip(ports, answers, strict=True):
            if port == agent.port:
                assert (answer.values, answer.problem) == ([5], None)
            else:
                assert answer.values == [None]
                assert isinstance(answer.problem, Refused)
        assert engine.counts.send_failures == 0
        before = time.process_time()
        await asyncio.sleep(0.3)
        assert time.process_time() - before < 0.1, "errors left unread keep the loop awake"
