"""Interfaces of simulated devices: ifTable and ifXTable (IF-MIB, RFC 2863)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.demo.curves import OFFICE, Week
from agent.demo.device import Device
from agent.demo.families.base import week_of
from agent.demo.kit import WatchedPort, short_name
from agent.demo.tree import Cell, Tree, count, count64, gauge, text, ticks, whole

IF_ENTRY = "1.3.6.1.2.1.2.2.1"
IFX_ENTRY = "1.3.6.1.2.1.31.1.1.1"
ETHERNET, LOOPBACK, TUNNEL, PROP_VIRTUAL, LAG, L3_VLAN, DS1 = 6, 24, 131, 53, 161, 136, 18


@dataclass(frozen=True, slots=True)
class Port:
    """One interface. `load` is the octets per second it carries when its curve is at 1 (in, out)."""

    name: str
    descr: str
    alias: str = ""
    kind: int = ETHERNET
    mbps: int = 1000
    up: bool = True
    admin: bool = True
    load: tuple[float, float] = (0.0, 0.0)
    week: Week = OFFICE
    mtu: int = 1500
    physical: bool = True
    faulty: float = 0.0  # share of received packets that are damaged


def edge_ports(
    device: Device,
    names: Sequence[tuple[str, str]],
    *,
    used: float = 0.68,
    mbps: int = 1000,
    mean: float = 90_000.0,
    label: str = "Desk",
) -> list[Port]:
    """Ports people's equipment is plugged into: two thirds connected, some shut, one with a bad cable."""
    week = week_of(device)
    bad = int(device.draw("bad cable") * len(names))
    ports: list[Port] = []
    for i, (name, descr) in enumerate(names):
        connected = device.draw("connected", name) < used
        shut = not connected and device.draw("shut", name) < 0.25
        busy = mean * 4 ** (2 * device.draw("busy", name) - 1)
        floor, desk = 1 + i // 48, 1 + i % 48
        ports.append(
            Port(
                name=name,
                descr=descr,
                alias=f"{label} {floor}.{desk:02d}" if connected else "",
                mbps=100 if mbps == 1000 and device.draw("slow nic", name) < 0.06 else mbps,
                up=connected,
                admin=not shut,
                load=(busy, busy * (2.5 + 4 * device.draw("ratio", name))) if connected else (0.0, 0.0),
                week=week,
                faulty=2e-5 if connected and i == bad else 0.0,
            )
        )
    return ports


def demanded(device: Device, ports: list[Port], *, mbps: int = 1000) -> list[Port]:
    """The ports with those the inventory names: existing ones brought up, missing ones added."""
    links = {watched.name: watched for watched in device.kit.links}
    wanted = dict.fromkeys((*links, *device.kit.ports))
    out: list[Port] = []
    for port in ports:
        named = next((name for name in wanted if name in (port.name, port.descr)), None)
        if named is None:
            out.append(port)
            continue
        del wanted[named]
        out.append(_demand(device, port, links.get(named)))
    for name in wanted:
        if not name.endswith("*"):
            port = Port(name=short_name(name), descr=name, mbps=mbps, up=True, load=(9e5, 2.4e6), week=week_of(device))
            out.append(_demand(device, port, links.get(name)))
    return out


SPEEDS = (100, 1000, 10_000, 25_000, 50_000, 100_000)  # Mbit/s that ports come in


def _demand(device: Device, port: Port, link: WatchedPort | None) -> Port:
    if link is None:
        load = port.load if port.load[0] > 1e5 else (1.2e6, 3.1e6)
        return replace(port, up=True, admin=True, alias=port.alias or "UPLINK", load=load, faulty=0.0)
    share = 0.3 * link.mbps * 125_000
    return replace(
        port,
        up=True,
        admin=True,
        mbps=max(port.mbps, next((speed for speed in SPEEDS if speed >= link.mbps), link.mbps)),
        alias=f"WAN {link.supplier} {link.link}",
        load=(share, share * 0.4),
        week=week_of(device),
        faulty=0.0,
    )


def interfaces(tree: Tree, device: Device, ports: Iterable[tuple[int, Port]], *, high: bool = True) -> None:
    """ifTable and, unless `high` is False, ifXTable with 64-bit counters."""
    rows = list(ports)
    tree.put("1.3.6.1.2.1.2.1.0", whole(len(rows)))
    for index, port in rows:
        _interface(tree, device, index, port, high)
    if high:
        tree.put("1.3.6.1.2.1.31.1.5.0", ticks(1200))


def _interface(tree: Tree, device: Device, index: int, port: Port, high: bool) -> None:
    inward = device.flow(port.week, port.load[0], "in", port.name, port=port.name)
    outward = device.flow(port.week, port.load[1], "out", port.name, port=port.name)
    into, out = inward.total, outward.total
    size_in, size_out = device.between(420, 900, "size", port.name), device.between(500, 1100, "size out", port.name)
    crowd_in, crowd_out = device.between(0.004, 0.02, "mc", port.name), device.between(0.02, 0.06, "mc out", port.name)
    carried = port.load != (0.0, 0.0)
    discards = device.between(0, 4e-6, "discards", port.name) if port.mbps <= 1000 else 0.0
    name, admin_up, up = port.name, port.admin, port.up
    last = int(device.draw("last change", name) ** 3 * 100 * 86_400 * 60)

    def oper(t: float) -> int:
        return 1 if up and admin_up and name not in device.ports_down else 2

    def changed(t: float) -> int:
        at = device.ports_changed_at.get(name)
        if at is not None:
            return max(0, int((at - device.boot_at) * 100))
        return min(last, device.ticks(t)) if up else 0

    speed = port.mbps * 1_000_000 if up or port.kind != ETHERNET else 0
    mac = device.mac("port", name) if port.physical else b""

    def in_packets(t: float) -> int:
        return int(into(t) / size_in)

    def out_packets(t: float) -> int:
        return int(out(t) / size_out)

    errors = (lambda t: int(into(t) / size_in * port.faulty)) if port.faulty else 0
    drops = (lambda t: int(out(t) / size_out * discards)) if carried and discards else 0
    low: dict[int, Cell] = {
        1: whole(index),
        2: text(port.descr),
        3: whole(port.kind),
        4: whole(port.mtu),
        5: gauge(min(speed, 0xFFFF_FFFF)),
        6: text(mac),
        7: whole(1 if admin_up else 2),
        8: whole(oper),
        9: ticks(changed),
        10: count((lambda t: int(into(t))) if carried else 0),
        11: count(in_packets if carried else 0),
        13: count(0),
        14: count(errors),
        15: count(0),
        16: count((lambda t: int(out(t))) if carried else 0),
        17: count(out_packets if carried else 0),
        19: count(drops),
        20: count(0),
    }
    tree.row(IF_ENTRY, index, low)
    if not high:
        return
    many_in = (lambda t: int(into(t) / size_in * crowd_in)) if carried else 0
    many_out = (lambda t: int(out(t) / size_out * crowd_out)) if carried else 0
    some_in = (lambda t: int(into(t) / size_in * crowd_in / 3)) if carried else 0
    some_out = (lambda t: int(out(t) / size_out * crowd_out / 2)) if carried else 0
    tree.row(
        IFX_ENTRY,
        index,
        {
            1: text(name),
            2: count(many_in),
            3: count(some_in),
            4: count(many_out),
            5: count(some_out),
            6: count64((lambda t: int(into(t))) if carried else 0),
            7: count64(in_packets if carried else 0),
            8: count64(many_in),
            9: count64(some_in),
            10: count64((lambda t: int(out(t))) if carried else 0),
            11: count64(out_packets if carried else 0),
            12: count64(many_out),
            13: count64(some_out),
            14: whole(1 if port.physical else 2),
            15: gauge(port.mbps if speed else 0),
            16: whole(2),
            17: whole(1 if port.physical else 2),
            18: text(port.alias),
            19: ticks(0),
        },
    )
