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
        for name, device in self.devices.items():
            device.down = name in self.now.devices_down
        self._silent_by_fault = self._cut_off(self.now.devices_down | self.now.links_down)

    def alone_behind(self, name: str) -> set[str]:
        """The devices that have no way but through `name`: those that fall silent with it."""
        return self._cut_off({name}) - self._cut_off(set())

    def _cut_off(self, down: set[str]) -> set[str]:
        """The devices that nothing leads to any more when these devices and links are down."""
        passes: dict[str, bool] = {}

        def leads_on(name: str, seen: frozenset[str]) -> bool:
            """Does what is asked through `name` get there?"""
            if name in seen:
                return True  # a loop in the inventory must not silence everything in it
            if name not in passes:
                device = self.devices.get(name)
                before = device.kit.behind if device is not None else ()
                passes[name] = name not in down and reached(before, seen | {name})
            return passes[name]

        def reached(ways: tuple[str, ...], seen: frozenset[str]) -> bool:
            return not ways or any(leads_on(way, seen) for way in ways)

        return {name for name, device in self.devices.items() if not reached(device.kit.behind, frozenset({name}))}

    def of_class(self, *classes: str) -> list[Device]:
        """Devices of these classes, in the plan's order."""
        return [d for d in self.devices.values() if MODELS[d.kit.model].device_class in classes]

    def at(self, site: str) -> Iterable[Device]:
        return (d for d in self.devices.values() if d.kit.site == site)
