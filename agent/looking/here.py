"""Looks made by this process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol

from collectors import Cadence, Memory, Profiles, Sessions, Target, Visit, collect


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the SNMP sockets have seen since the start; counters only grow."""

    sent: int = 0
    received: int = 0
    strays: int = 0  # datagrams nobody waited for: late, doubled, or forged
    strangers: int = 0  # right id, wrong source
    send_failures: int = 0
    time_outs: int = 0
    kernel_drops: int = 0  # thrown away by the kernel because a receive buffer was full

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class Looks(Protocol):
    """Makes one visit to one device."""

    async def look(self, target: Target, cadence: Cadence) -> Visit:
        """Visit it. A device's fault is in the Visit; an exception is a fault of ours."""
        ...

    def forget(self, devices: Iterable[str]) -> None:
        """What was learnt about these devices is void: they have left, or are reached in another way."""
        ...

    def traffic(self) -> Traffic:
        """For the metrics."""
        ...


class Here:
    """Visits made in this process's event loop, with what they have learnt kept from one to the next."""

    def __init__(self, sessions: Sessions, profiles: Profiles) -> None:
        self._sessions, self._profiles = sessions, profiles
        self._memories: dict[str, Memory] = {}

    async def look(self, target: Target, cadence: Cadence) -> Visit:
        memory = self._memories.get(target.name)
        if memory is None:
            memory = self._memories[target.name] = Memory()
        return await collect(target, cadence, self._sessions, memory, self._profiles)

    def forget(self, devices: Iterable[str]) -> None:
        for device in devices:
            self._memories.pop(device, None)

    def traffic(self) -> Traffic:
        counts = self._sessions.snmp_counts
        if counts is None:
            return Traffic()
        return Traffic(**asdict(counts), kernel_drops=self._sessions.snmp_kernel_drops() or 0)
