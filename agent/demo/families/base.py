"""What every simulated device has: the system group, interfaces, the entity tables, host resources. From the MIBs.

SNMPv2-MIB, IF-MIB (RFC 2863), ENTITY-MIB (RFC 6933), ENTITY-SENSOR-MIB (RFC 3433), HOST-RESOURCES-MIB (RFC 2790),
SNMP-FRAMEWORK-MIB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from agent.demo.curves import EVENINGS, OFFICE, SERVERS, STEADY, Week, breathe
from agent.demo.device import Device
from agent.demo.kit import WatchedPort, short_name
from agent.demo.tree import (
    Cell,
    Index,
    Tree,
    count,
    count64,
    gauge,
    pointer,
    text,
    ticks,
    whole,
)

SYSTEM = "1.3.6.1.2.1.1"
IF_ENTRY = "1.3.6.1.2.1.2.2.1"
IFX_ENTRY = "1.3.6.1.2.1.31.1.1.1"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
ENTITY_SENSOR = "1.3.6.1.2.1.99.1.1.1"
ETHERNET, LOOPBACK, TUNNEL, PROP_VIRTUAL, LAG, L3_VLAN, DS1 = 6, 24, 131, 53, 161, 136, 18


@dataclass(frozen=True, slots=True)
class Model:
    """A product that can be simulated. `data` is whatever its family's builder reads."""

    key: str
    title: str
    vendor: str
    device_class: str
    sys_object_id: str
    version: str
    build: Callable[[Tree, Device, Model], None]
    ssh_platform: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- system group
def system(tree: Tree, device: Device, sys_object_id: str, descr: str, services: int = 2) -> None:
    """The system group, the agent's own traffic counters and its engine."""
    kit = device.kit
    tree.scalars(
        SYSTEM,
        {
            1: text(descr),
            2: pointer(sys_object_id),
            3: ticks(device.ticks),
            4: text("ICT Service Desk"),
            5: text(kit.name),
            6: text(kit.site_title),
            7: whole(services),
            8: ticks(4),
        },
    )
    orders = (("1.3.6.1.6.3.1", "SNMPv2-MIB"), ("1.3.6.1.2.1.31", "IF-MIB"), ("1.3.6.1.6.3.16.2.2.1", "VACM"))
    for index, (module, words) in enumerate(orders, 1):
        tree.row(f"{SYSTEM}.9.1", index, {2: pointer(module), 3: text(words), 4: ticks(4)})
    polls = device.flow(STEADY, 18.0, "snmp in")
    packets = lambda t: int(polls.total(t))  # noqa: E731 - one expression, used twice
    tree.scalars(
        "1.3.6.1.2.1.11",
        {1: count(packets), 3: count(0), 4: count(0), 5: count(0), 6: count(0), 30: whole(2)},
    )
    tree.scalars(
        "1.3.6.1.6.3.10.2.1",
        {
            1: text(device.engine_id),
            2: whole(lambda t: device.agent_boots),
            3: whole(lambda t: int(device.uptime(t))),
            4: whole(1472),
        },
    )


# ---------------------------------------------------------------- interfaces
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


def week_of(device: Device) -> Week:
    """The weekly pattern of the place a device stands in."""
    words = f"{device.kit.site} {device.kit.site_title}".lower()
    if "theatre" in words or "leisure" in words:
        return EVENINGS
    return SERVERS if "data centre" in words else OFFICE


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
    in_packets = lambda t: int(into(t) / size_in)  # noqa: E731
    out_packets = lambda t: int(out(t) / size_out)  # noqa: E731
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


# ---------------------------------------------------------------- entity tables
OTHER, UNKNOWN, CHASSIS, BACKPLANE, CONTAINER, POWER, FAN, SENSOR, MODULE, PORT, STACK = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One row of entPhysicalTable."""

    index: int
    descr: str
    kind: int
    name: str
    parent: int = 0
    position: int = -1
    model: str = ""
    serial: str = ""
    hardware: str = ""
    firmware: str = ""
    software: str = ""
    maker: str = ""
    replaceable: bool = False
    vendor_type: str = "0.0"
    made_on: date | None = None
    there: Callable[[float], bool] | None = None


def entity(tree: Tree, parts: Iterable[Part]) -> None:
    """entPhysicalTable."""
    for part in parts:
        cells: dict[int, Cell] = {
            2: text(part.descr),
            3: pointer(part.vendor_type),
            4: whole(part.parent),
            5: whole(part.kind),
            6: whole(part.position),
            7: text(part.name),
            8: text(part.hardware),
            9: text(part.firmware),
            10: text(part.software),
            11: text(part.serial),
            12: text(part.maker),
            13: text(part.model),
            14: text(""),
            15: text(""),
            16: whole(1 if part.replaceable else 2),
        }
        if part.made_on is not None:
            made = part.made_on
            cells[17] = text(made.year.to_bytes(2, "big") + bytes((made.month, made.day, 0, 0, 0, 0)))
        if part.there is not None:
            cells = {column: _while(part.there, cell) for column, cell in cells.items()}
        tree.row(ENTITY, part.index, cells)
    tree.put("1.3.6.1.2.1.47.1.4.1.0", ticks(1500))


def _while(there: Callable[[float], bool], cell: Cell) -> Cell:
    tag, value = cell
    if callable(value):
        live = value
        return tag, lambda t: live(t) if there(t) else None
    constant: Any = value
    if isinstance(constant, tuple):  # an object identifier cannot be a function's answer
        return cell
    return tag, lambda t: constant if there(t) else None


def present(there: Callable[[float], bool], columns: Mapping[int, Cell]) -> dict[int, Cell]:
    """The columns of a row that exists only while `there` says so."""
    return {column: _while(there, cell) for column, cell in columns.items()}


# EntitySensorDataType and EntitySensorDataScale
VOLTS_AC, VOLTS_DC, AMPERES, WATTS, HERTZ, CELSIUS, HUMIDITY, RPM, CMM, TRUTH = 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
MILLI, UNITS = 8, 9


def sensor(tree: Tree, index: int, kind: int, value: Callable[[float], float], *, scale: int = UNITS, places: int = 0,
           ok: Callable[[float], bool] | None = None) -> None:  # fmt: skip
    """One row of entPhySensorTable. `value` is in the units of `kind`; `scale` and `places` say how it is sent."""
    factor = 10.0**places * (1000.0 if scale == MILLI else 1.0)
    tree.row(
        ENTITY_SENSOR,
        index,
        {
            1: whole(kind),
            2: whole(scale),
            3: whole(places),
            4: whole(lambda t: round(value(t) * factor)),
            5: whole(1 if ok is None else lambda t: 1 if ok(t) else 3),
            6: text({CELSIUS: "celsius", RPM: "rpm", WATTS: "watts", VOLTS_DC: "volts"}.get(kind, "")),
            7: ticks(0),
            8: gauge(0),
        },
    )


def temperature(device: Device, low: float, high: float, *parts: object) -> Callable[[float], float]:
    """A temperature that breathes between two bounds and rises when the room is hot."""
    return lambda t: breathe(t, device.seed, device.kit.name, *parts, low=low, high=high) + device.hotter


def varying(device: Device, low: float, high: float, *parts: object) -> Callable[[float], float]:
    """A value that breathes between two bounds."""
    return lambda t: breathe(t, device.seed, device.kit.name, *parts, low=low, high=high)


def busy(device: Device, low: float, high: float, *parts: object) -> Callable[[float], float]:
    """A value that follows the working week of the device's place, with some unrest on top."""
    week, clock = week_of(device), device.clock

    def level(t: float) -> float:
        unrest = breathe(t, device.seed, device.kit.name, *parts, low=-0.12, high=0.12)
        return low + (high - low) * min(1.0, max(0.0, week.at(clock.pattern(t)) + unrest))

    return level


def rounded(value: Callable[[float], float], factor: float = 1.0) -> Callable[[float], int]:
    return lambda t: round(value(t) * factor)


# ---------------------------------------------------------------- host resources
@dataclass(frozen=True, slots=True)
class Area:
    """A row of hrStorageTable; `kind` is the number below hrStorageTypes (2 RAM, 3 virtual memory, 4 fixed disk)."""

    descr: str
    kind: int
    unit: int
    size: int  # units
    used: Callable[[float], float]  # 0 to 1


def host_resources(
    tree: Tree, device: Device, areas: Sequence[tuple[Index, Area]], loads: Sequence[Callable[[float], float]], *,
    processor: str = "", first: int = 196_608, users: int = 1,
) -> None:  # fmt: skip
    """hrSystem, hrStorageTable and one hrProcessor row per load (percent)."""
    tree.scalars(
        "1.3.6.1.2.1.25.1",
        {1: ticks(device.ticks), 5: gauge(users), 6: gauge(rounded(varying(device, 140, 190, "procs"))), 7: whole(0)},
    )
    for index, area in areas:
        tree.row(
            "1.3.6.1.2.1.25.2.3.1",
            index,
            {
                1: whole(index if isinstance(index, int) else index[-1]),
                2: pointer(f"1.3.6.1.2.1.25.2.1.{area.kind}"),
                3: text(area.descr),
                4: whole(area.unit),
                5: whole(area.size),
                6: whole(_used(area)),
                7: count(0),
            },
        )
    for i, load in enumerate(loads):
        at = first + i
        tree.row(
            "1.3.6.1.2.1.25.3.2.1",
            at,
            {
                1: whole(at),
                2: pointer("1.3.6.1.2.1.25.3.1.3"),
                3: text(processor),
                4: pointer("0.0"),
                5: whole(2),
                6: count(0),
            },
        )
        tree.row("1.3.6.1.2.1.25.3.3.1", at, {1: pointer("0.0"), 2: whole(rounded(load))})


def _used(area: Area) -> Callable[[float], int]:
    return lambda t: int(area.size * area.used(t))


# ---------------------------------------------------------------- serial numbers
def cisco_serial(device: Device, *parts: object, bought_on: date | None = None, plant: str = "FCW") -> str:
    """LLLYYWWSSSS: where, year (since 1996), week, number. Made some weeks before it was bought."""
    made = (bought_on or device.kit.bought_on) - device.made_on(*parts)
    year, week, _ = made.isocalendar()
    return f"{plant}{year - 1996:02d}{week:02d}{device.letters(4, 'serial', *parts)}"


def made_before(device: Device, *parts: object) -> date:
    """The date of manufacture that fits the purchase date."""
    made: date = device.kit.bought_on - device.made_on(*parts)
    return made


def grown(start: float, per_year: float, since: date) -> Callable[[float], float]:
    """A share (0 to 1) that grows by `per_year`, ever more slowly towards 0.82: people tidy up when it gets tight."""
    origin = (since - date(1970, 1, 1)) / timedelta(seconds=1)
    room = 0.82 - start
    return lambda t: start + room * (1 - math.exp(-per_year / room * max(0.0, t - origin) / (365.25 * 86_400)))
