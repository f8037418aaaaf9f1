"""The agent's own reachability: cut off only when nothing at all answers, asked once for many."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.selfcheck import Reference, SelfCheck, connect, default_gateway

A, B = Reference("192.0.2.1"), Reference("192.0.2.2")


class Answers:
    def __init__(self, *up: Reference) -> None:
        self.up = set(up)
        self.asked: list[Reference] = []
        self.hold: asyncio.Event | None = None

    async def __call__(self, reference: Reference) -> bool:
        self.asked.append(reference)
        if self.hold is not None:
            await self.hold.wait()
        return reference in self.up


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("up", "cut_off"), [((), True), ((A,), False), ((B,), False), ((A, B), False)])
async def test_cut_off_is_when_nothing_answers(up: tuple[Reference, ...], cut_off: bool) -> None:
    assert await SelfCheck([A, B], Answers(*up)).cut_off() is cut_off


async def test_without_anything_to_ask_we_cannot_know_and_say_no() -> None:
    assert await SelfCheck([], Answers()).cut_off() is False
    assert SelfCheck([A]).references == ()


async def test_an_answer_holds_for_some_seconds_and_is_then_asked_for_again() -> None:
    clock, answers = Clock(), Answers()
    check = SelfCheck([A], answers, monotonic=clock)
    assert [await check.cut_off() for _ in range(3)] == [True, True, True]
    assert len(answers.asked) == 1
    answers.up.add(A)
    clock.now += 5.1
    assert await check.cut_off() is False
    assert check.checks_total == 2


async def test_five_hundred_devices_that_fail_at_once_cause_one_check() -> None:
    answers = Answers()
    answers.hold = asyncio.Event()
    check = SelfCheck([A, B], answers)
    waiting = [asyncio.create_task(check.cut_off()) for _ in range(500)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # one visit that runs out of time does not take the check from the others
    answers.hold.set()
    assert set(await asyncio.gather(*waiting[1:])) == {True}
    assert len(answers.asked) == 2


async def test_one_good_answer_is_enough_and_the_silent_ones_are_not_waited_for() -> None:
    async def ask(reference: Reference) -> bool:
        if reference is A:
            await asyncio.sleep(3600)
        return True

    assert await asyncio.wait_for(SelfCheck([A, B], ask).cut_off(), 5) is False


async def test_a_tcp_reference_answers_when_it_accepts_or_refuses(free_port: object) -> None:
    port = free_port()  # type: ignore[operator]
    assert await connect(Reference("127.0.0.1", "tcp", port)) is True  # refused: somebody is there

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        assert await connect(Reference("127.0.0.1", "tcp", server.sockets[0].getsockname()[1])) is True
    assert await connect(Reference("no-such-name.invalid", "tcp", 1)) is False


ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
"""


@pytest.mark.parametrize(
    ("text", "gateway"),
    [
        (ROUTES, "192.168.2.1"),
        (ROUTES.replace("\t0003\t", "\t0001\t"), None),
        ("Iface\tDestination\n", None),
        ("", None),
    ],
)
def test_the_default_gateway_is_read_from_the_kernels_table(tmp_path: Path, text: str, gateway: str | None) -> None:
    (tmp_path / "route").write_text(text)
    assert default_gateway(tmp_path / "route") == gateway
    assert default_gateway(tmp_path / "missing") is None
