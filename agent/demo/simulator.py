"""The simulated estate on the network: SNMP over UDP, and a control socket for its faults.

In one's own event loop (tests, benchmarks):

    async with Simulator(plan) as simulator:
        ...  # devices answer on kit.address, simulator.snmp_port
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from zoneinfo import ZoneInfo

from agent.demo.curves import Clock
from agent.demo.faults import Faults
from agent.demo.kit import Plan
from agent.demo.udp import Responder
from agent.demo.world import World

LONDON = ZoneInfo("Europe/London")


def local_offset(t: float) -> float:
    """Seconds by which Europe/London is ahead of UTC at Unix time `t`."""
    shift = datetime.fromtimestamp(t, UTC).astimezone(LONDON).utcoffset()
    return shift.total_seconds() if shift is not None else 0.0


class Simulator:
    """All devices of a plan, answering on loopback until closed."""

    def __init__(self, plan: Plan, *, now: Callable[[], float] = time.time) -> None:
        self.plan = plan
        self._now = now
        started = now()
        self.world = World(plan, Clock(started, plan.speed, local_offset(started)))
        self.faults = Faults(self.world)
        self._udp = Responder(self._answer)
        self.snmp_port = 0

    async def __aenter__(self) -> Simulator:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Bind everything. OSError where a port is taken."""
        self._udp.open(self.plan.snmp_port)
        self.snmp_port = self._udp.port

    async def close(self) -> None:
        self._udp.close()

    def _answer(self, address: str, datagram: bytes) -> tuple[bytes, float] | None:
        t = self._now()
        self.faults.expire(t)
        return self.world.answer(address, datagram, t)
