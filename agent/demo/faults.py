"""The faults a demo can have, what each does to the world, and how it is undone. Time is given by the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.demo.device import Device
from agent.demo.kit import short_name
from agent.demo.world import World

Undo = Callable[[float], None]
SLOW_SECONDS = 1.2  # below the usual timeout: the device answers, and a visit still takes for ever
HOTTER_DEGREES = 13.0


class NoSuchFault(ValueError):
    """The request names a fault or a target that there is not; the text says what there is."""


@dataclass(slots=True)
class Fault:
    """One fault that is on. `until` None: until somebody clears it."""

    name: str
    target: str
    words: str
    since: float
    until: float | None
    undo: Undo = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: what it is called, what it needs, how long it lasts if nobody says."""

    name: str
    words: str
    target: str  # what a target is, for the help
    seconds: float | None
    start: Callable[[World, str | None, float], tuple[str, str, Undo]]


# ---------------------------------------------------------------- what each fault does
def _device(world: World, target: str | None, candidates: list[Device], what: str) -> Device:
    if target is None:
        if not candidates:
            raise NoSuchFault(f"the estate has no {what}")
        return candidates[0]
    found = world.devices.get(target)
    if found is None:
        names = ", ".join(d.kit.name for d in candidates[:8])
        raise NoSuchFault(f"there is no device {target!r} in the demo estate; try one of: {names}")
    return found


NOTHING: frozenset[str] = frozenset()


def _take_down(world: World, *, devices: frozenset[str] = NOTHING, links: frozenset[str] = NOTHING, t: float) -> Undo:
    """Silence devices and cut links; the ports at the ends of the links go down too."""
    fresh_devices, fresh_links = devices - world.now.devices_down, links - world.now.links_down
    world.now.devices_down |= fresh_devices
    world.now.links_down |= fresh_links
    _ports(world, t)
    world.settle()

    def undo(at: float) -> None:
        world.now.devices_down -= fresh_devices
        world.now.links_down -= fresh_links
        _ports(world, at)
        world.settle()

    return undo


def _ports(world: World, t: float) -> None:
    """Every interface that ends a cut link is down, all others are as they were."""
    down: dict[str, set[str]] = {}
    for name in world.now.links_down:
        circuit = world.circuits.get(name)
        for end, interface in circuit.ends if circuit else ():
            down.setdefault(end, set()).add(short_name(interface))
    for device in world.devices.values():
        names = frozenset(down.get(device.kit.name, ()))
        if names != device.ports_down:
            device.set_ports_down(names, t)


def core_switch(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    switches = sorted(world.of_class("switch", "router"), key=lambda d: -len(world.alone_behind(d.kit.name)))
    device = _device(world, target, switches, "switch")
    silenced = len(world.alone_behind(device.kit.name))
    undo = _take_down(world, devices=frozenset({device.kit.name}), t=t)
    return device.kit.name, f"{device.kit.name} is dead; {silenced} devices have no other way and are silent", undo


def _links(world: World, target: str | None, supplier: str | None) -> frozenset[str]:
    chosen = [
        c
        for c in world.circuits.values()
        if (target is None or target in (c.name, c.site)) and (supplier is None or supplier in c.supplier.lower())
    ]
    if not chosen:
        known = ", ".join(sorted(world.circuits)) or "none"
        raise NoSuchFault(f"no link fits {target or supplier or 'that'}; links: {known}")
    if target is None:  # one fault at one place: a building that hangs on its circuits, before a data centre
        ways = [way for device in world.devices.values() for way in device.kit.behind]
        chosen.sort(key=lambda c: -ways.count(c.name))
        chosen.sort(key=lambda c: any(d.kit.device_class == "storage" for d in world.at(c.site)))
        chosen = [c for c in chosen if c.site == chosen[0].site]
    return frozenset(c.name for c in chosen)


def wan_bt(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    links = _links(world, target, "bt")
    words = f"supplier circuit lost: {', '.join(sorted(links))}; the other link carries the site"
    return "+".join(sorted(links)), words, _take_down(world, links=links, t=t)


def wan_link(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    links = _links(world, target, None)
    one = sorted(links)[0]
    return (
        one,
        f"circuit {one} of {world.circuits[one].supplier} is lost",
        _take_down(world, links=frozenset({one}), t=t),
    )


def wan_both(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    some = _links(world, target, None)
    site = world.circuits[sorted(some)[0]].site
    links = frozenset(c.name for c in world.circuits.values() if c.site == site)
    return site, f"both links of {site} are lost; the site is cut off", _take_down(world, links=links, t=t)


def ups_battery(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    device = _device(world, target, world.of_class("ups"), "UPS")
    site = device.kit.site
    affected = [device] if target is not None else [d for d in world.of_class("ups") if d.kit.site == site]
    for ups in affected:
        ups.battery.mains(False, t)

    def undo(at: float) -> None:
        for ups in affected:
            ups.battery.mains(True, at)

    return device.kit.name, f"mains lost at {site}: {', '.join(d.kit.name for d in affected)} on battery", undo


def ha_failover(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    pairs = [d for d in world.devices.values() if (d.kit.peer or d.kit.ha_members > 1) and d.kit.leads]
    pairs.sort(key=lambda d: d.kit.device_class != "firewall")
    device = _device(world, target, pairs, "redundant pair")
    if not device.kit.peer and device.kit.ha_members < 2:
        raise NoSuchFault(f"{device.kit.name} is not one of a redundant pair")
    members = [device, *([world.devices[device.kit.peer]] if device.kit.peer in world.devices else [])]
    _swap(members, t, missing=len(members) == 1)
    if len(members) == 2:  # the failed unit restarts and comes back as the second one
        leader = next(d for d in members if d.kit.leads)
        leader.restart(t)

    def undo(at: float) -> None:
        _swap(members, at, missing=False)

    words = f"{device.kit.name} failed; " + (
        f"{members[1].kit.name} took over" if len(members) == 2 else "the second unit took over"
    )
    return device.kit.name, words, undo


def _swap(members: list[Device], t: float, *, missing: bool) -> None:
    for member in members:
        member.swapped_roles = not member.swapped_roles
        member.peer_missing = missing
        member.roles_changed_at = t


def ap_loss(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    controllers = world.of_class("wifi_controller")
    device = _device(world, target, controllers, "Wi-Fi controller")
    count = device.kit.access_points or 24
    lost = frozenset(range(1, max(2, count // 6) + 1))
    before = device.lost_access_points
    device.lost_access_points = before | lost

    def undo(at: float) -> None:
        device.lost_access_points = before

    return device.kit.name, f"{len(lost)} access points of {device.kit.name} are gone", undo


def agent_cut_off(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    world.now.cut_off = True

    def undo(at: float) -> None:
        world.now.cut_off = False

    return "agent", "the agent's own network is gone: nothing answers, its self-check fails", undo


def psu(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    stacks = world.of_class("switch", "bmc", "firewall")
    stacks.sort(key=lambda d: (d.kit.device_class != "switch", -d.kit.stack_members))
    device = _device(world, target, stacks, "device with power supplies")
    before = device.failed_psu
    device.failed_psu = 1

    def undo(at: float) -> None:
        device.failed_psu = before

    return device.kit.name, f"a power supply of {device.kit.name} failed", undo


def hot_room(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    sites = [d.kit.site for d in world.of_class("environment")] or [d.kit.site for d in world.devices.values()]
    if target in world.devices:
        target = world.devices[str(target)].kit.site
    site = target or sites[0]
    affected = list(world.at(site))
    if not affected:
        raise NoSuchFault(f"no device stands at {site!r}; sites: {', '.join(sorted(set(sites)))}")
    for device in affected:
        device.hotter += HOTTER_DEGREES

    def undo(at: float) -> None:
        for device in affected:
            device.hotter -= HOTTER_DEGREES

    return site, f"cooling lost at {site}: everything there is {HOTTER_DEGREES:.0f} degrees hotter", undo


def slow_device(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    device = _device(world, target, world.of_class("switch"), "switch")
    before = device.delay_seconds
    device.delay_seconds = SLOW_SECONDS

    def undo(at: float) -> None:
        device.delay_seconds = before

    return device.kit.name, f"{device.kit.name} takes {SLOW_SECONDS} seconds for every answer", undo


def reboot(world: World, target: str | None, t: float) -> tuple[str, str, Undo]:
    device = _device(world, target, world.of_class("switch"), "switch")
    device.restart(t)

    def undo(at: float) -> None:
        device.restarting_until = min(device.restarting_until, at)

    return device.kit.name, f"{device.kit.name} restarts; counters begin at zero", undo


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("core-switch", "a core switch dies with everything behind it", "a switch", None, core_switch),
        Kind("wan-bt", "a site loses its BT circuit; the other one carries it", "a site or link", None, wan_bt),
        Kind("wan-link", "one circuit is lost, whoever supplies it", "a link", None, wan_link),
        Kind("wan-both", "a site loses both circuits", "a site or link", None, wan_both),
        Kind("ups-battery", "mains is lost, the UPS drains", "a UPS", None, ups_battery),
        Kind(
            "ha-failover",
            "the active unit of a pair fails, the other takes over",
            "a firewall or controller",
            None,
            ha_failover,
        ),
        Kind("ap-loss", "access points leave their controller", "a Wi-Fi controller", None, ap_loss),
        Kind("agent-cut-off", "the agent's own network is lost", "nothing", None, agent_cut_off),
        Kind("psu", "a power supply fails", "a device", None, psu),
        Kind("hot-room", "cooling is lost at a site", "a site", None, hot_room),
        Kind("slow-device", "a device answers very slowly", "a device", None, slow_device),
        Kind("reboot", "a device restarts", "a device", 90.0, reboot),
    )
}


class Faults:
    """The faults that are on, by name and target."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._on: list[Fault] = []

    def start(self, name: str, t: float, target: str | None = None, seconds: float | None = None) -> Fault:
        """Begin a fault. NoSuchFault names what there is instead; a fault that is on already is given back as it is."""
        kind = KINDS.get(name)
        if kind is None:
            raise NoSuchFault(f"there is no fault {name!r}; there are: {', '.join(KINDS)}")
        self.expire(t)
        already = next((f for f in self._on if f.name == name and target in (None, f.target)), None)
        if already is not None:
            return already
        found, words, undo = kind.start(self._world, target, t)
        lasts = seconds if seconds is not None else kind.seconds
        fault = Fault(name, found, words, t, None if lasts is None else t + lasts, undo)
        self._on.append(fault)
        return fault

    def clear(self, t: float, name: str | None = None, target: str | None = None) -> list[Fault]:
        """End the faults of this name and target (all where None), latest first."""
        ended = [f for f in reversed(self._on) if name in (None, f.name) and target in (None, f.target)]
        for fault in ended:
            fault.undo(t)
            self._on.remove(fault)
        return ended

    def expire(self, t: float) -> list[Fault]:
        """End those whose time is over."""
        over = [f for f in self._on if f.until is not None and f.until <= t]
        for fault in over:
            fault.undo(t)
            self._on.remove(fault)
        return over

    @property
    def on(self) -> tuple[Fault, ...]:
        return tuple(self._on)
