"""Asks addresses, one after the other in its own time: a ping where that is allowed, then SNMP by each credential.

Nothing is written to a device and nobody logs in. A device that knows SNMPv3 answers an unknown user with a report, so
silence to one SNMPv3 credential means that no other need be tried.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from agent.discovery.heard import Heard
from collectors import Profiles, Sessions, SnmpAccess, Target, banner, identify
from collectors.target import Probe

SSH_PORT, HTTPS_PORT = 22, 443
PING_SECONDS = 1.0
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Ask:
    """How to ask. `rate`: asks a second, where an ask is one ping or one credential tried at one address."""

    credentials: tuple[tuple[str, SnmpAccess], ...]  # by name, in the order in which they are tried
    port: int = 161
    rate: float = 50.0
    at_once: int = AT_ONCE
    timeout: float = 1.0
    retries: int = 1
    deadline: float = 30.0  # for one device that answers
    ping: bool = True
    hints: bool = False  # whether ports 22 and 443 are open, and what SSH calls itself; nobody logs in


class Pacer:
    """Lets one through at a time, so many a second, however many wait."""

    def __init__(self, rate: float) -> None:
        self._gap = 1.0 / rate
        self._next = 0.0

    async def turn(self) -> None:
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


class Sweep:
    """One going-through of addresses. `may_ping` is None until it is known whether this process may."""

    def __init__(self, ask: Ask, profiles: Profiles, sessions: Sessions) -> None:
        self._ask, self._profiles, self._sessions = ask, profiles, sessions
        self._pacer = Pacer(ask.rate)
        self.may_ping: bool | None = None if ask.ping else False

    async def run(self, addresses: Iterable[str], heard: Callable[[Heard], None]) -> None:
        """Ask every address, a bounded number side by side; `heard` is called for each as it is done."""
        left = iter(addresses)

        async def worker() -> None:
            for address in left:
                heard(await self._one(address))

        async with asyncio.TaskGroup() as group:
            for _ in range(self._ask.at_once):
                group.create_task(worker())

    async def _one(self, address: str) -> Heard:
        answers = await self._pinged(address)
        if answers is False:
            return Heard(address, "silent", asks=1)
        found = await self._identified(address)
        if found.outcome == "found" or not self._ask.hints:
            if found.outcome == "silent" and answers:
                return replace(found, outcome="alive")
            return found
        ports, said = await self._hinted(address)
        alive = answers or ports
        outcome = "alive" if found.outcome == "silent" and alive else found.outcome
        return replace(found, outcome=outcome, open_ports=ports, ssh=said)

    async def _pinged(self, address: str) -> bool | None:
        """Whether it answers a ping; None where that is not known, and SNMP has to tell."""
        if self.may_ping is False:
            return None
        await self._pacer.turn()
        until = time.monotonic() + PING_SECONDS + 0.5
        probe = Probe("icmp", "icmp", (("count", 1), ("timeout", PING_SECONDS)))
        stage = await self._sessions.probe(Target(address, address), probe, until)
        if self.may_ping is None:
            self.may_ping = stage.answered is not None
        return stage.answered

    async def _identified(self, address: str) -> Heard:
        asks, refused, deaf = 0, False, False
        for name, access in self._ask.credentials:
            if access.version == "3" and deaf:
                continue
            await self._pacer.turn()
            target = Target(
                address,
                address,
                port=self._ask.port,
                timeout_seconds=self._ask.timeout,
                retries=self._ask.retries,
                deadline_seconds=self._ask.deadline,
            )
            got = await identify(target, access, self._sessions, self._profiles)
            asks += got.requests
            kinds = {failure.kind for failure in got.failures}
            if got.answered:
                who = got.identity
                return Heard(
                    address,
                    "found",
                    name,
                    name=who.name,
                    vendor=who.vendor,
                    model=who.model,
                    serial=who.serial,
                    version=who.version,
                    location=who.sys_location,
                    descr=who.sys_descr,
                    object_id=who.sys_object_id,
                    engine_id=got.engine_id,
                    booted=time.time() - who.uptime_seconds if who.uptime_seconds is not None else None,
                    profile=got.profile,
                    device_class=got.device_class,
                    asks=asks,
                    problems=tuple(sorted({f"{one.asked}: {one.kind}" for one in got.failures})),
                )
            refused = refused or "wrong_credentials" in kinds
            deaf = deaf or (access.version == "3" and "wrong_credentials" not in kinds)
            if kinds & {"refused", "unroutable"}:  # the port is closed, or there is no way: no other name will open it
                break
        return Heard(address, "refused" if refused else "silent", asks=asks)

    async def _hinted(self, address: str) -> tuple[tuple[int, ...], str]:
        await self._pacer.turn()
        said = await banner(address, SSH_PORT, self._ask.timeout)
        # A web server waits for us to speak: only whether it is there.
        probe = Probe("tcp", "tcp", (("port", HTTPS_PORT), ("timeout", self._ask.timeout)))
        stage = await self._sessions.probe(Target(address, address), probe, time.monotonic() + self._ask.timeout)
        ports = (*([SSH_PORT] if said is not None else []), *([HTTPS_PORT] if stage.answered else []))
        return ports, said or ""


def in_order(credentials: Sequence[tuple[str, SnmpAccess]]) -> tuple[tuple[str, SnmpAccess], ...]:
    """SNMPv3 before the versions that say their community to everybody; else as they were named."""
    return tuple(sorted(credentials, key=lambda one: {"3": 0, "2c": 1, "1": 2}[one[1].version]))
