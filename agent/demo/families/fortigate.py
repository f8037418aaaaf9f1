"""Fortinet FortiGate (FORTINET-CORE-MIB, FORTINET-FORTIGATE-MIB): a cluster of two, sensors, sessions, tunnels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from agent.demo.curves import unit
from agent.demo.device import Device
from agent.demo.families import base, entity, iftable
from agent.demo.families.base import Model, Reading
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Cell, Tree, address, count, count64, gauge, pointer, text, whole

FG = "1.3.6.1.4.1.12356.101"
PRIMARY, SECONDARY, STANDALONE = 1, 2, 3
TUNNELS = ("azure-uks", "n3-hscn", "psn-gateway", "remote-depot")


def serial(device: Device, *, peer: bool = False) -> str:
    """FG6H0FTB + year and number: product code, generation, plant, year, sequence."""
    model: str = device.kit.model
    prefix = "FG6H0FTB" if model == "fortigate-600f" else "FG6H0ETB"
    owner = device.kit.peer if peer and device.kit.peer else device.kit.name
    return (
        f"{prefix}{device.kit.bought_on.year % 100:02d}{_number(device.seed, owner, peer and not device.kit.peer):06d}"
    )


def _number(seed: int, owner: str, other: bool) -> int:
    return 900_000 + int(unit(seed, owner, "fortigate serial", other) * 99_999)


def host_names(device: Device) -> tuple[str, str]:
    """This unit's name and its peer's."""
    return device.kit.name, device.kit.peer or f"{device.kit.name}-b"


def ports(device: Device) -> list[tuple[int, Port]]:
    week = base.week_of(device)
    rows = [
        Port("mgmt", "mgmt", "Management", load=(2000, 5000)),
        Port("ha", "ha", "HA heartbeat", load=(60_000, 60_000)),
        *(Port(f"port{i}", f"port{i}", alias, up=bool(alias), load=load, week=week) for i, alias, load in _FACES),
        *(
            Port(
                f"x{i}",
                f"x{i}",
                "Core" if i < 3 else "",
                mbps=10_000,
                up=i < 3,
                load=(2.4e7, 1.1e7) if i < 3 else (0.0, 0.0),
                week=week,
            )
            for i in range(1, 5)
        ),
        Port(
            "ssl.root",
            "ssl.root",
            "SSL VPN interface",
            kind=iftable.TUNNEL,
            mbps=0,
            load=(2e5, 8e5),
            week=week,
            physical=False,
        ),
    ]
    rows += [
        Port(name, name, kind=iftable.TUNNEL, mbps=0, load=(1e5, 1e5), week=week, physical=False)
        for name in tunnel_names(device)
    ]
    return list(enumerate(iftable.demanded(device, rows), 1))


_FACES: tuple[tuple[int, str, tuple[float, float]], ...] = (
    (1, "Internet A", (2.9e7, 6e6)),
    (2, "Internet B", (1.2e7, 3e6)),
    (3, "DMZ", (1.1e6, 5e6)),
    (4, "Partners", (3e5, 4e5)),
    *((i, "", (0.0, 0.0)) for i in range(5, 17)),
)


def tunnel_names(device: Device) -> tuple[str, ...]:
    named = tuple(name for name in device.kit.vpn_tunnels if not name.endswith("*"))
    return tuple(dict.fromkeys((*named, *TUNNELS)))


def build(tree: Tree, device: Device, model: Model) -> None:
    base.system(
        tree,
        device,
        model.sys_object_id,
        "Perimeter firewall" if device.kit.leads else "Perimeter firewall (second unit)",
        services=78,
    )
    iftable.interfaces(tree, device, ports(device))
    clustered = device.kit.ha_members > 1 or device.kit.peer is not None
    own = serial(device)
    entity.physical(
        tree,
        [
            Part(
                1,
                f"Fortinet {model.data['pid']}, HW Serial#: {own}",
                entity.CHASSIS,
                device.kit.name,
                serial=own,
                software=f"{model.data['pid']} v{model.version},build{model.data['build']}",
                maker="Fortinet",
                model=model.data["pid"],
                replaceable=True,
            )
        ],
    )
    cpu, memory = base.busy(device, 4, 46, "cpu"), base.varying(device, 41, 48, "memory")
    sessions = base.busy(device, 9_000, 210_000, "sessions")

    def work(t: float) -> float:
        return 1.0 if not clustered or device.active else 0.04

    tree.put("1.3.6.1.4.1.12356.100.1.1.1.0", text(own))
    tree.scalars(
        f"{FG}.4.1",
        {
            1: text(f"v{model.version},build{model.data['build']},240515 (GA.M)"),
            2: whole(1),
            3: gauge(lambda t: round(cpu(t) * (0.25 + 0.75 * work(t)))),
            4: gauge(base.rounded(memory)),
            5: gauge(16_334_512),
            6: gauge(41_200),
            7: gauge(240_000),
            8: gauge(lambda t: round(sessions(t) * work(t))),
            11: gauge(lambda t: round(sessions(t) * work(t) / 90)),
            12: gauge(lambda t: round(sessions(t) * work(t) / 92)),
            13: gauge(lambda t: round(sessions(t) * work(t) / 95)),
            14: gauge(lambda t: round(sessions(t) * work(t) / 97)),
            20: count64(device.ticks),
            23: text("power cycle"),
        },
    )
    tree.scalars(f"{FG}.4.2", {1: text("91.04512(2025-03-02 04:27)"), 2: text("27.00713(2025-03-01 01:12)")})
    _licences(tree, device)
    _sensors(tree, device)
    _processors(tree, device, work)
    _vdom(tree, device, clustered)
    _cluster(tree, device, clustered, cpu, memory, sessions)
    _tunnels(tree, device, work)


CONTRACTS = ("FortiCare support", "Advanced malware protection", "Web and DNS filtering")


def _licences(tree: Tree, device: Device) -> None:
    """Contracts of a year that are always renewed; each ends in another month."""
    bought = device.kit.bought_on

    def ends(number: int) -> Callable[[float], str]:
        month, day = (bought.month + 4 * number) % 12 + 1, min(bought.day, 28)

        def said(t: float) -> str:
            today = datetime.fromtimestamp(t, UTC).date()
            year = today.year + (today >= date(today.year, month, day))
            return date(year, month, day).strftime("%a %b %d 00:00:00 %Y")

        return said

    for number, name in enumerate(CONTRACTS, 1):
        tree.row(f"{FG}.4.6.3.1.2.1", number, {1: text(name), 2: text(ends(number))})


def _sensors(tree: Tree, device: Device) -> None:
    rows: list[tuple[str, float, float, str]] = [
        ("CPU Core 0", 44, 55, "t"),
        ("CPU Core 1", 44, 56, "t"),
        ("MAIN_BRD_TEMP", 33, 41, "t"),
        ("FAN_TMP_1", 29, 36, "t"),
        ("FAN1", 5200, 6100, "n"),
        ("FAN2", 5200, 6100, "n"),
        ("FAN3", 5200, 6100, "n"),
        ("+12V", 12.0, 12.2, "n"),
        ("+3.3V", 3.28, 3.33, "n"),
        ("VCC 1.1V", 1.09, 1.11, "n"),
        ("PS1 Status", 0, 0, "p"),
        ("PS2 Status", 0, 0, "p"),
    ]
    tree.put(f"{FG}.4.3.1.0", whole(len(rows)))

    def sensor(index: int, name: str, low: float, high: float, kind: str) -> None:
        alarm: Cell = whole(0)
        if kind == "p":
            number = int(name[2])
            value = text(lambda t: "1" if device.failed_psu == number else "0")
            alarm = whole(lambda t: int(device.failed_psu == number))
        elif kind == "t":
            warm = base.temperature(device, low, high, name)
            value = text(lambda t: f"{warm(t):.0f}")
            alarm = whole(lambda t: int(warm(t) > high + 20))
        else:
            level = base.varying(device, low, high, name)
            value = text(lambda t: f"{level(t):.0f}" if low > 100 else f"{level(t):.4f}")
        tree.row(f"{FG}.4.3.2.1", index, {1: whole(index), 2: text(name), 3: value, 4: alarm})

    for index, (name, low, high, kind) in enumerate(rows, 1):
        sensor(index, name, low, high, kind)


def _processors(tree: Tree, device: Device, work: Reading) -> None:
    tree.put(f"{FG}.4.4.1.0", whole(8))

    def processor(core: int) -> None:
        load = base.busy(device, 3, 52, "core", core)

        def value(t: float) -> int:
            return round(load(t) * (0.25 + 0.75 * work(t)))

        tree.row(
            f"{FG}.4.4.2.1",
            core,
            {1: whole(core), 2: gauge(value), 3: gauge(value), 4: pointer(f"{FG}.100.4.1.1"), 5: whole(1)},
        )

    for core in range(1, 9):
        processor(core)


def _vdom(tree: Tree, device: Device, clustered: bool) -> None:
    tree.scalars(f"{FG}.3.1", {1: whole(1), 2: whole(10), 3: whole(1)})

    def state(t: float) -> int:
        return STANDALONE if not clustered else PRIMARY if device.active else SECONDARY

    tree.row(f"{FG}.3.2.1.1", 1, {1: whole(1), 2: text("root"), 3: whole(1), 4: whole(state)})


def _cluster(tree: Tree, device: Device, clustered: bool, cpu: Reading, memory: Reading, sessions: Reading) -> None:
    tree.scalars(
        f"{FG}.13.1",
        {
            1: whole(3 if clustered else 1),
            2: whole(17),
            3: whole(200 if device.kit.leads else 100),
            4: whole(1),
            5: whole(2),
            7: text("perimeter"),
        },
    )
    if not clustered:
        return
    names, serials = host_names(device), (serial(device), serial(device, peer=True))

    def member(index: int) -> None:
        mine = index == 1
        there = (lambda t: True) if mine else (lambda t: not device.peer_missing)

        def leads(t: float) -> bool:
            return device.active == mine

        packets = device.flow(base.week_of(device), 30_000, "ha packets", index)
        row: dict[int, Cell] = {
            1: whole(index),
            2: text(serials[index - 1]),
            3: gauge(lambda t: round(cpu(t) if leads(t) else 3)),
            4: gauge(base.rounded(memory)),
            5: gauge(lambda t: round(sessions(t) * 3 if leads(t) else 40)),
            6: gauge(lambda t: round(sessions(t) if leads(t) else sessions(t) * 0.04)),
            7: count(lambda t: int(packets.total(t))),
            8: count(lambda t: int(packets.total(t) * 700)),
            9: count(0),
            10: count(0),
            11: text(names[index - 1]),
            12: whole(lambda t: 0 if device.ha_settling(t) else 1),
            15: text("7f5c1c6a0d9e4b7788a1c1f0e2d3b4a5"),
            16: text(lambda t: serials[0] if device.active else serials[1]),
        }
        tree.row(f"{FG}.13.2.1.1", index, base.present(there, row))

    for index in (1, 2):
        member(index)


def _tunnels(tree: Tree, device: Device, work: Reading) -> None:
    names = tunnel_names(device)
    expected = set(device.kit.vpn_tunnels)

    def state(t: float, name: str) -> int:
        return 2 if name in expected or name != "remote-depot" else 1

    tree.put(f"{FG}.12.1.1.0", whole(lambda t: sum(state(t, name) == 2 for name in names)))

    def tunnel(index: int, name: str) -> None:
        flow = device.flow(base.week_of(device), 180_000, "vpn", name)
        tree.row(
            f"{FG}.12.2.2.1",
            (index, 1),
            {
                1: whole(index),
                2: text(name),
                3: text(name),
                4: address(f"203.0.113.{20 + index}"),
                5: gauge(500),
                6: address("198.51.100.2"),
                7: gauge(500),
                15: gauge(43_200),
                17: gauge(lambda t: 43_200 - int(t) % 43_200),
                18: count64(lambda t: int(flow.total(t))),
                19: count64(lambda t: int(flow.total(t) * 0.7)),
                20: whole(lambda t: state(t, name)),
                21: whole(1),
                22: whole(1),
            },
        )

    for index, name in enumerate(names, 1):
        tunnel(index, name)
    users = base.busy(device, 4, 190, "vpn users")
    tree.row(
        f"{FG}.12.2.3.1",
        1,
        {
            1: whole(2),
            2: gauge(lambda t: round(users(t) * work(t))),
            4: gauge(0),
            6: gauge(lambda t: round(users(t) * work(t))),
        },
    )


MODELS = (
    Model(
        "fortigate-600f",
        "Fortinet FortiGate 600F",
        "Fortinet",
        "firewall",
        f"{FG}.1.6007",
        "7.2.8",
        build,
        "fortinet",
        {"pid": "FGT_600F", "build": "1639"},
    ),
    Model(
        "fortigate-600e",
        "Fortinet FortiGate 600E",
        "Fortinet",
        "firewall",
        f"{FG}.1.6005",
        "7.0.15",
        build,
        "fortinet",
        {"pid": "FGT_600E", "build": "0632"},
    ),
)
