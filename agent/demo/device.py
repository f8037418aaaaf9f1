"""One simulated device while it lives: when it started, what is wrong with it, and what it would answer.

Everything here is a function of time and of the conditions that faults have set; there is no thread and no timer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from agent.demo.curves import DAY, Clock, Flow, Week, pick, unit
from agent.demo.kit import Kit
from agent.demo.tree import Tree

BATTERY_MINUTES = 42.0  # full to empty at the simulated load
RECHARGE_MINUTES = 180.0
RESTART_SECONDS = 90.0
HA_SETTLES_SECONDS = 60.0
ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Battery:
    """A UPS battery: drains while mains is away, recovers slowly afterwards."""

    def __init__(self) -> None:
        self.on_battery_since: float | None = None
        self._charge = 100.0
        self._since = 0.0

    def charge(self, t: float) -> float:
        """Percent at time `t`."""
        minutes = (t - self._since) / 60
        if self.on_battery_since is not None:
            return max(0.0, self._charge - 100 * minutes / BATTERY_MINUTES)
        return min(100.0, self._charge + 100 * minutes / RECHARGE_MINUTES)

    def mains(self, present: bool, t: float) -> None:
        """Mains goes away or comes back at time `t`."""
        if present == (self.on_battery_since is None):
            return
        self._charge, self._since = self.charge(t), t
        self.on_battery_since = None if present else t


class Device:
    """State of one device. Families build its objects from it; faults change it; shells print it."""

    def __init__(self, kit: Kit, clock: Clock, seed: int, build: Callable[[Device], Tree]) -> None:
        self.kit, self.clock, self.seed = kit, clock, seed
        self._build = build
        self._tree: Tree | None = None
        # Up for between three weeks and fourteen months, as estates are.
        self.boot_at = clock.started_at - pick(21 * DAY, 420 * DAY, seed, kit.name, "boot")
        self.agent_boots = 3 + int(12 * unit(seed, kit.name, "boots"))
        self.flows: list[Flow] = []
        self.port_flows: dict[str, list[Flow]] = {}  # by interface name: what stops when the port goes down
        self.battery = Battery()
        # ---- conditions, set by faults
        self.down = False
        self.delay_seconds = 0.0
        self.hotter = 0.0  # degrees added to every temperature
        self.failed_psu: int | None = None  # 1, 2 ...
        self.ports_down: frozenset[str] = frozenset()
        self.ports_changed_at: dict[str, float] = {}
        self.lost_access_points: frozenset[int] = frozenset()
        self.swapped_roles = False  # the other half of the pair is active
        self.peer_missing = False
        self.roles_changed_at = 0.0
        self.restarting_until = 0.0

    # ---------------------------------------------------------------- identity
    @property
    def tree(self) -> Tree:
        """The device's objects, built at the first question, so that a demo starts at once."""
        if self._tree is None:
            self._tree = self._build(self)
        return self._tree

    def draw(self, *parts: object) -> float:
        """A number in [0, 1) of this device's own."""
        return unit(self.seed, self.kit.name, *parts)

    def between(self, low: float, high: float, *parts: object) -> float:
        return low + (high - low) * self.draw(*parts)

    def letters(self, length: int, *parts: object, alphabet: str = ALPHABET) -> str:
        """Characters of this device's own, for serial numbers."""
        return "".join(alphabet[int(len(alphabet) * self.draw(*parts, i))] for i in range(length))

    def mac(self, *parts: object, oui: str = "02:48:57") -> bytes:
        """A MAC address of this device's own (a locally administered prefix unless one is given)."""
        return bytes(int(x, 16) for x in oui.split(":")) + bytes(
            int(256 * self.draw("mac", *parts, i)) for i in range(3)
        )

    @property
    def engine_id(self) -> bytes:
        """SnmpEngineID: net-snmp's enterprise number, format 3 (MAC)."""
        return bytes.fromhex("80001f8803") + self.mac("engine")

    def made_on(self, *parts: object) -> timedelta:
        """How long before the purchase this part was made: four to fourteen weeks."""
        return timedelta(days=int(self.between(28, 98, "made", *parts)))

    # ---------------------------------------------------------------- time
    def uptime(self, t: float) -> float:
        """Seconds since the device started."""
        return max(0.0, t - self.boot_at)

    def ticks(self, t: float) -> int:
        return int(self.uptime(t) * 100)

    def restart(self, t: float, seconds: float = RESTART_SECONDS) -> None:
        """Power-cycle: silent for a while, then everything that counts starts from zero."""
        self.restarting_until = t + seconds
        self.boot_at = t + seconds * 0.6  # the clock of a device starts before its network does
        self.agent_boots += 1
        for flow in self.flows:
            flow.restart(self.boot_at)
        self.ports_changed_at.clear()

    def silent(self, t: float) -> bool:
        return self.down or t < self.restarting_until

    # ---------------------------------------------------------------- things that accumulate
    def flow(self, week: Week, rate: float, *parts: object, port: str | None = None) -> Flow:
        """Something that counts up while the device runs; with `port`, only while that port is up."""
        flow = Flow(self.clock, week, rate, self.boot_at, self.seed, self.kit.name, *parts)
        self.flows.append(flow)
        if port is not None:
            self.port_flows.setdefault(port, []).append(flow)
            if port in self.ports_down:
                flow.scale(0.0, self.ports_changed_at.get(port, self.boot_at))
        return flow

    def set_ports_down(self, names: frozenset[str], t: float) -> None:
        """From `t` on exactly these interfaces are forced down; their counters stand still."""
        for name in names ^ self.ports_down:
            self.ports_changed_at[name] = t
            for flow in self.port_flows.get(name, []):
                flow.scale(0.0 if name in names else 1.0, t)
        self.ports_down = names

    def ha_settling(self, t: float) -> bool:
        """Within a minute of a change of roles the members are still copying their configuration."""
        return t - self.roles_changed_at < HA_SETTLES_SECONDS

    @property
    def active(self) -> bool:
        """Of a redundant pair: is this one carrying the load?"""
        return self.kit.leads != self.swapped_roles
