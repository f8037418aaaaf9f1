"""The simulated estate as a whole: every device alive, who stands behind whom, and which faults are on.

Whether a device answers follows from the faults and from the way to it: something behind two links is silent when both
are down. All times are Unix seconds given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.demo import usm
from agent.demo.curves import Clock
from agent.demo.device import Device
from agent.demo.families import MODELS, build
from agent.demo.kit import Plan
from agent.demo.responder import Agent


@dataclass(slots=True)
class Circumstances:
    """What faults have done to the world as a whole."""

    cut_off: bool = False  # the agent's own network is gone
    links_down: set[str] = field(default_factory=set)
    devices_down: set[str] = field(default_factory=set)


class World:
    """All devices of a plan, by name and by address."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan, self.clock = plan, clock
        self.now = Circumstances()
        self.devices: dict[str, Device] = {kit.name: Device(kit, clock, plan.seed, build) for kit in plan.kits}
        self.by_address = {device.kit.address: device for device in self.devices.values()}
        self.circuits = {circuit.name: circuit for circuit in plan.circuits}
        users = {u.name: usm.User(u.name, u.auth, u.auth_secret, u.priv, u.priv_secret) for u in plan.access.users}
        self._users = users
        self._communities = frozenset(plan.access.communities)
        self._agents: dict[str, Agent] = {}
        self._silent_by_fault: set[str] = set()

    # ---------------------------------------------------------------- answering
    def agent(self, device: Device) -> Agent:
        """The SNMP agent of a device; made, with its objects, at the first question."""
        agent = self._agents.get(device.kit.name)
        if agent is None:
            agent = Agent(device.tree, device.engine_id, self._communities, self._users)
            self._agents[device.kit.name] = agent
        return agent

    def answer(self, address: str, datagram: bytes, t: float) -> tuple[bytes, float] | None:
        """What the device at `address` answers at time `t`, and after how many seconds; None for silence."""
        device = self.by_address.get(address)
        if device is None or not self.reachable(device, t):
            return None
        octets = self.agent(device).answer(datagram, t, device.agent_boots, int(device.uptime(t)))
        return None if octets is None else (octets, device.delay_seconds)

    def reachable(self, device: Device, t: float) -> bool:
        """Does a question from the agent's place reach the device and come back?"""
        return not (self.now.cut_off or device.silent(t) or device.kit.name in self._silent_by_fault)

    @property
    def sets_refused(self) -> int:
        """SNMP SET requests refused so far, by all devices: a monitoring agent that is read-only makes none."""
        return sum(agent.counters.sets_refused for agent in self._agents.values())

    # ---------------------------------------------------------------- the way to a device
    def settle(self) -> None:
        """Work out anew who is silent; call after any change of `now`."""
        down = self.now.devices_down
        for name, device in self.devices.items():
            device.down = name in down
        reached: dict[str, bool] = {}

        def leads_to(name: str, seen: frozenset[str]) -> bool:
            """Can anything behind `name` be reached through it?"""
            if name in seen:
                return True  # a loop in the inventory must not silence everything in it
            if name not in reached:
                reached[name] = self._passes(name) and self._any(self._before(name), seen | {name}, leads_to)
            return reached[name]

        self._silent_by_fault = {
            name
            for name, device in self.devices.items()
            if not self._any(device.kit.behind, frozenset({name}), leads_to)
        }

    def _passes(self, name: str) -> bool:
        return name not in self.now.devices_down and name not in self.now.links_down

    def _before(self, name: str) -> tuple[str, ...]:
        device = self.devices.get(name)
        return device.kit.behind if device is not None else ()

    @staticmethod
    def _any(names: tuple[str, ...], seen: frozenset[str], leads_to) -> bool:  # type: ignore[no-untyped-def]
        return not names or any(leads_to(name, seen) for name in names)

    def behind(self, name: str) -> list[str]:
        """The devices that have `name` on their way, at any depth."""

        def has(device: Device, seen: frozenset[str]) -> bool:
            for before in device.kit.behind:
                if before == name:
                    return True
                if before not in seen and before in self.devices and has(self.devices[before], seen | {before}):
                    return True
            return False

        return sorted(d.kit.name for d in self.devices.values() if has(d, frozenset({d.kit.name})))

    def of_class(self, *classes: str) -> list[Device]:
        """Devices of these classes, in the plan's order."""
        return [d for d in self.devices.values() if MODELS[d.kit.model].device_class in classes]

    def at(self, site: str) -> Iterable[Device]:
        return (d for d in self.devices.values() if d.kit.site == site)
