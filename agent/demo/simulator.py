"""The simulated estate on the network: SNMP over UDP, SSH, the self-check's gateway, faults.

In one's own event loop (tests, benchmarks):

    async with Simulator(plan) as simulator:
        ...  # devices answer on kit.address, simulator.snmp_port; SSH on simulator.ssh_port
        simulator.fault("core-switch")

`agent.demo.process` runs it as a process of its own that dies with its parent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from zoneinfo import ZoneInfo

from agent.demo.curves import Clock
from agent.demo.faults import Fault, Faults
from agent.demo.gateway import Gateway
from agent.demo.kit import Plan
from agent.demo.udp import Responder
from agent.demo.world import World

LONDON = ZoneInfo("Europe/London")


def local_offset(t: float) -> float:
    """Seconds by which Europe/London is ahead of UTC at Unix time `t`."""
    shift = datetime.fromtimestamp(t, UTC).astimezone(LONDON).utcoffset()
    return shift.total_seconds() if shift is not None else 0.0


class Simulator:
    """All devices of a plan, answering on loopback until closed. `ssh` False leaves the SSH servers out."""

    def __init__(self, plan: Plan, *, now: Callable[[], float] = time.time, ssh: bool = True) -> None:
        self.plan = plan
        self._now = now
        started = now()
        self.world = World(plan, Clock(started, plan.speed, local_offset(started)))
        self._faults = Faults(self.world)
        self._udp = Responder(self._answer)
        self._gateway = Gateway(plan.gateway)
        self._ssh = None
        if ssh:
            from agent.demo.ssh import SshServers  # a heavy import that a simulator without SSH does not need

            self._ssh = SshServers(self.world, plan.access, plan.seed, now)

    async def __aenter__(self) -> Simulator:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Bind everything. OSError where a port is taken; then nothing stays bound."""
        try:
            self._udp.open(self.plan.snmp_port)
            self._gateway.open()
            if self._ssh is not None:
                await self._ssh.open(self.plan.ssh_port)
        except OSError:
            await self.close()
            raise

    async def close(self) -> None:
        self._udp.close()
        self._gateway.close()
        if self._ssh is not None:
            await self._ssh.close()

    @property
    def snmp_port(self) -> int:
        return self._udp.port

    @property
    def ssh_port(self) -> int:
        return self._ssh.port if self._ssh is not None else 0

    @property
    def gateway(self) -> str:
        """host:port of what answers unless the agent is cut off."""
        return f"{self.plan.gateway}:{self._gateway.port}"

    # ---------------------------------------------------------------- faults
    def fault(self, name: str, target: str | None = None, seconds: float | None = None) -> Fault:
        """Begin a fault (`agent.demo.faults.KINDS`); NoSuchFault where there is no such fault or target."""
        fault = self._faults.start(name, self._now(), target, seconds)
        self._heed()
        return fault

    def clear(self, name: str | None = None, target: str | None = None) -> list[Fault]:
        """End faults by name and target, all of them where both are None."""
        ended = self._faults.clear(self._now(), name, target)
        self._heed()
        return ended

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Those that are on now."""
        self.expire()
        return self._faults.on

    def expire(self) -> list[Fault]:
        """End the faults whose time is over; called for every datagram, and by the process once a second."""
        over = self._faults.expire(self._now())
        if over:
            self._heed()
        return over

    def _heed(self) -> None:
        self._gateway.silence(self.world.now.cut_off)

    def _answer(self, address: str, datagram: bytes) -> tuple[bytes, float] | None:
        self.expire()
        return self.world.answer(address, datagram, self._now())
