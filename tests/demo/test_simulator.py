"""The simulator on the network: silence that is silence, delays, and a gateway for the agent's self-check."""

from __future__ import annotations

import asyncio
import time

import pytest

from agent.demo.simulator import Simulator, local_offset
from agent.selfcheck import Reference, SelfCheck
from tests.demo.estate_for_tests import COMMUNITY, building
from tests.demo.test_responder import answered, message


@pytest.fixture
async def simulator():
    async with Simulator(building(), ssh=False) as running:
        yield running


class _Once(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answer: asyncio.Future[tuple[bytes, tuple[str, int]]] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if not self.answer.done():
            self.answer.set_result((data, source))


async def ask(simulator: Simulator, name: str, seconds: float = 2.0) -> tuple[bytes, str]:
    """sysName of a device, and the address that answered; TimeoutError for silence."""
    address = simulator.world.devices[name].kit.address
    transport, once = await asyncio.get_running_loop().create_datagram_endpoint(
        _Once, remote_addr=(address, simulator.snmp_port)
    )
    try:
        transport.sendto(message(1, 0xA0, 0, 0, "1.3.6.1.2.1.1.5.0", community=COMMUNITY.encode()))
        data, source = await asyncio.wait_for(once.answer, seconds)
    finally:
        transport.close()
    return answered(data)[2][0][2], source[0]


async def test_each_device_answers_from_the_address_that_was_asked(simulator):
    for name, device in simulator.world.devices.items():
        assert await ask(simulator, name) == (name.encode(), device.kit.address)


async def test_a_fault_is_heard_on_the_wire_and_its_end_too(simulator):
    simulator.fault("core-switch", "dist")
    with pytest.raises(TimeoutError):
        await ask(simulator, "srv-1", 0.2)
    assert (await ask(simulator, "core-1"))[0] == b"core-1"
    simulator.clear()
    assert (await ask(simulator, "srv-1"))[0] == b"srv-1"


async def test_a_slow_device_answers_late_and_delays_nobody_else(simulator):
    simulator.fault("slow-device", "dist")
    begun = time.monotonic()
    late = asyncio.create_task(ask(simulator, "dist", 5))
    await ask(simulator, "srv-1")
    assert not late.done()
    assert (await late)[0] == b"dist"
    assert time.monotonic() - begun >= 1.2


async def test_the_agents_self_check_fails_only_while_it_is_cut_off(simulator):
    host, _, port = simulator.gateway.rpartition(":")

    async def cut_off() -> bool:
        return await SelfCheck([Reference(host, "tcp", int(port))]).cut_off()

    assert not await cut_off()
    simulator.fault("agent-cut-off")
    assert await cut_off()
    with pytest.raises(TimeoutError):
        await ask(simulator, "core-1", 0.2)
    simulator.clear("agent-cut-off")
    assert not await cut_off()
    for _ in range(5):
        assert not await cut_off()


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(simulator):
    from dataclasses import replace

    second = Simulator(replace(building(), snmp_port=simulator.snmp_port), ssh=False)
    with pytest.raises(OSError, match="in use"):
        await second.open()
    assert (await ask(simulator, "core-1"))[0] == b"core-1"


async def test_sixty_devices_polled_at_once_all_answer(simulator):
    names = list(simulator.world.devices)
    said = await asyncio.gather(*(ask(simulator, names[i % len(names)], 5) for i in range(120)))
    assert [name.decode() for name, _ in said] == [names[i % len(names)] for i in range(120)]


def test_patterns_follow_british_clocks():
    assert local_offset(1_763_942_400.0) == 0  # November 2025
    assert local_offset(1_751_328_000.0) == 3600  # July 2025
