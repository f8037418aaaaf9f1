"""Cisco IOS and IOS-XE: Catalyst stacks and access switches, ISR routers and voice gateways.

CISCO-PROCESS-MIB, CISCO-MEMORY-POOL-MIB, CISCO-ENHANCED-MEMPOOL-MIB, CISCO-ENVMON-MIB, CISCO-STACKWISE-MIB,
CISCO-ENTITY-SENSOR-MIB, CISCO-ENTITY-FRU-CONTROL-MIB, OLD-CISCO-CHASSIS-MIB, CISCO-VOICE-DIAL-CONTROL-MIB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from agent.demo.curves import STEADY
from agent.demo.device import Device
from agent.demo.families import base
from agent.demo.families.base import Model, Part, Port
from agent.demo.tree import Tree, count64, gauge, pointer, text, ticks, whole

ENVMON = "1.3.6.1.4.1.9.9.13.1"
FRU_POWER = "1.3.6.1.4.1.9.9.117.1.1.2.1"
FAN_TRAY = "1.3.6.1.4.1.9.9.117.1.4.1.1"
STACKWISE = "1.3.6.1.4.1.9.9.500.1"
CISCO_SENSOR = "1.3.6.1.4.1.9.9.91.1.1.1.1"
SUPPLY_ON, SUPPLY_FAILED = 2, 8  # cefcFRUPowerOperStatus
MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class Switch:
    """What differs between Catalyst models."""

    pid: str
    prefix: str  # of interface names
    long_prefix: str
    copper: int = 48
    uplinks: int = 8
    supplies: int = 2
    supply_pid: str = "PWR-C1-715WAC-P"
    fans: int = 3
    xe: bool = True
    image: str = "CAT9K_IOSXE"
    train: str = "Cupertino"
    memory_mib: int = 7600
    copper_mbps: int = 1000
    boot: str = "17.9.1r"


def descr(model: Model) -> str:
    """sysDescr as IOS prints it, by the software train."""
    switch = model.data["switch"]
    if not switch.xe:
        return (
            f"Cisco IOS Software, {switch.image.split('-')[0]} Software ({switch.image}), Version {model.version}, "
            "RELEASE SOFTWARE (fc2)\r\nTechnical Support: http://www.cisco.com/techsupport\r\n"
            "Copyright (c) 1986-2022 by Cisco Systems, Inc.\r\nCompiled Thu 25-Aug-22 16:07 by mcpre"
        )
    kind = "Catalyst L3 Switch Software" if "CAT" in switch.image else "ISR Software"
    return (
        f"Cisco IOS Software [{switch.train}], {kind} ({switch.image}), Version {model.version}, RELEASE SOFTWARE (fc3)\r\n"
        "Technical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2023 by Cisco Systems, Inc.\r\n"
        "Compiled Wed 19-Jul-23 09:12 by mcpre"
    )


def members(device: Device) -> int:
    return max(1, device.kit.stack_members)


def member_serial(device: Device, member: int) -> str:
    return base.cisco_serial(device, "member", member, plant=("FCW", "FOC", "FDO")[member % 3])


def supply_serial(device: Device, member: int, supply: int) -> str:
    return base.cisco_serial(device, "supply", member, supply, plant="LIT")


def supplies(device: Device, switch: Switch) -> int:
    """Power supplies in each member."""
    asked = device.kit.power_supplies
    return switch.supplies if asked is None else max(1, -(-asked // members(device)))


def supply_failed(device: Device, switch: Switch, member: int, supply: int) -> bool:
    number = (member - 1) * supplies(device, switch) + supply
    return device.failed_psu == number


def switch_ports(device: Device, switch: Switch) -> list[tuple[int, Port]]:
    """ifIndex > port: copper and uplinks of each member, management, VLANs, a port-channel."""
    rows: list[tuple[int, Port]] = []
    core = "core" in device.kit.name or switch.copper_mbps > 1000
    for m in range(1, members(device) + 1):
        names = [(f"{switch.prefix}{m}/0/{p}", f"{switch.long_prefix}{m}/0/{p}") for p in range(1, switch.copper + 1)]
        ports = base.edge_ports(
            device,
            names,
            mbps=switch.copper_mbps,
            used=0.75 if core else 0.66,
            mean=2.5e6 if core else 9e4,
            label="Distribution" if core else "Desk",
        )
        first = 10_001 + 100 * m if not switch.xe else 8 + (m - 1) * (switch.copper + switch.uplinks + 6)
        rows += [(first + i, port) for i, port in enumerate(ports)]
        fast = 10_000 if switch.uplinks > 2 or switch.xe else 1000
        short, long = ("Te", "TenGigabitEthernet") if fast == 10_000 else ("Gi", "GigabitEthernet")
        slot = 1 if switch.xe else 0
        for p in range(1, switch.uplinks + 1):
            number = p if switch.xe else switch.copper + p
            lit = p == 1 or (p == 2 and (m == 1 or core)) or (core and p <= 4)
            rows.append(
                (
                    first + switch.copper + p,
                    Port(
                        name=f"{short}{m}/{slot}/{number}",
                        descr=f"{long}{m}/{slot}/{number}",
                        alias=f"UPLINK {p}" if lit else "",
                        mbps=fast,
                        up=lit,
                        load=(9e6, 2.8e7) if lit and core else (1.4e6, 4.2e6) if lit else (0.0, 0.0),
                        week=base.week_of(device),
                        mtu=9198 if core else 1500,
                    ),
                )
            )
    rows.append(
        (
            5_180,
            Port("Vl10", "Vlan10", "Management", kind=base.PROP_VIRTUAL, load=(900, 1400), week=STEADY, physical=False),
        )
    )
    rows.append(
        (
            5_181,
            Port(
                "Vl20",
                "Vlan20",
                "Staff" if not device.kit.restricted else "Restricted",
                kind=base.PROP_VIRTUAL,
                load=(2e4, 3e4),
                physical=False,
            ),
        )
    )
    rows.append(
        (
            5_001,
            Port(
                "Po1",
                "Port-channel1",
                "UPLINK bundle",
                kind=base.LAG,
                mbps=20_000 if switch.xe else 2000,
                load=(2.8e6, 8.4e6),
                week=base.week_of(device),
                physical=False,
            ),
        )
    )
    named = base.demanded(device, [port for _, port in rows])
    indexes = [index for index, _ in rows] + list(range(6_001, 6_001 + len(named) - len(rows)))
    return sorted(zip(indexes, named, strict=True), key=lambda row: row[0])


def build_switch(tree: Tree, device: Device, model: Model) -> None:
    """A Catalyst switch or stack."""
    switch: Switch = model.data["switch"]
    base.system(tree, device, model.sys_object_id, descr(model), services=6)
    base.interfaces(tree, device, switch_ports(device, switch))
    parts: list[Part] = []
    count = members(device)
    if count > 1:
        parts.append(
            Part(
                1,
                "c9xxx Stack" if switch.xe else "Switch Stack",
                base.STACK,
                "c93xx Stack" if switch.xe else "Stack",
                model=switch.pid,
                serial=member_serial(device, 1),
                maker="Cisco",
                vendor_type="1.3.6.1.4.1.9.12.3.1.3.1745",
            )
        )
    for m in range(1, count + 1):
        parts += _member(tree, device, model, switch, m)
    base.entity(tree, parts)
    _processors(tree, device, switch)
    _stackwise(tree, device, switch)
    tree.scalars("1.3.6.1.4.1.9.3.6", {3: text(member_serial(device, 1))})
    tree.scalars("1.3.6.1.4.1.9.2.1", {56: whole(base.rounded(base.busy(device, 6, 34, "cpu5s")))})


def _member(tree: Tree, device: Device, model: Model, switch: Switch, m: int) -> list[Part]:
    at = 1000 * m
    made = base.made_before(device, "member", m)
    parts = [
        Part(at, f"{switch.pid} - Fixed Module" if switch.xe else switch.pid, base.CHASSIS, f"Switch {m}" if switch.xe else str(m), 1 if members(device) > 1 else 0, m,
             model=switch.pid, serial=member_serial(device, m), hardware="V05", firmware=switch.boot, software=model.version,
             maker="Cisco Systems, Inc", replaceable=True, vendor_type="1.3.6.1.4.1.9.12.3.1.3.2494", made_on=None),
        Part(at + 5, f"Switch {m} - FAN container", base.CONTAINER, f"Switch {m} - FAN container", at, 1),
    ]  # fmt: skip
    del made
    for s in range(1, supplies(device, switch) + 1):
        parts.append(_supply(tree, device, switch, m, s, at + 10 + s, at))
    for f in range(1, switch.fans + 1):
        index = at + 20 + f
        parts.append(Part(index, f"Switch {m} - FAN {f}", base.FAN, f"Switch {m} - FAN {f}", at + 5, f))
        tree.row(FAN_TRAY, index, {1: whole(2), 2: whole(2)})
        tree.row(
            f"{ENVMON}.4.1",
            index,
            {2: text(f"Switch {m} - FAN {f}, Normal" if not switch.xe else f"Switch {m} - FAN {f}"), 3: whole(1)},
        )
        _sensor(
            tree,
            device,
            parts,
            at + 60 + f,
            index,
            f"Switch {m} - FAN - {f}, Speed",
            base.RPM,
            base.varying(device, 4800, 5900, "fan", m, f),
        )
    spots = (
        ("Inlet Temp Sensor", 24, 29, 46),
        ("Outlet Temp Sensor", 31, 38, 56),
        ("HotSpot Temp Sensor", 42, 55, 105),
    )
    for i, (spot, low, high, limit) in enumerate(spots if switch.xe else spots[2:], 1):
        value = base.temperature(device, low, high, spot, m)
        name = f"Switch {m} - {spot}"
        _sensor(tree, device, parts, at + 50 + i, at, name, base.CELSIUS, value)
        tree.row(
            f"{ENVMON}.3.1",
            at + 50 + i,
            {
                2: text(name),
                3: gauge(base.rounded(value)),
                4: whole(limit),
                5: whole(0),
                6: whole(_state(value, limit)),
            },
        )
    return parts


def _state(value: Callable[[float], float], limit: int) -> Callable[[float], int]:
    return lambda t: 1 if value(t) < limit - 10 else 2 if value(t) < limit else 3


def _supply(tree: Tree, device: Device, switch: Switch, m: int, s: int, index: int, parent: int) -> Part:
    letter = "AB"[s - 1] if s <= 2 else str(s)
    name = f"Switch {m} - Power Supply {letter}" if switch.xe else f"Switch {m} - Power Supply {s - 1}"
    failed = lambda t: supply_failed(device, switch, m, s)  # noqa: E731
    tree.row(
        FRU_POWER,
        index,
        {
            1: whole(1),
            2: whole(lambda t: SUPPLY_FAILED if failed(t) else SUPPLY_ON),
            3: whole(lambda t: 0 if failed(t) else 610),
        },
    )
    tree.row(
        f"{ENVMON}.5.1",
        index,
        {
            2: text(lambda t: f"{name}, {'Failed' if failed(t) else 'Normal'}"),
            3: whole(lambda t: 6 if failed(t) else 1),
            4: whole(2),
        },
    )
    pid = switch.supply_pid
    return Part(
        index,
        name,
        base.POWER,
        name,
        parent,
        s,
        model=pid,
        serial=supply_serial(device, m, s) if pid else "",
        hardware="V02" if pid else "",
        maker="Cisco Systems, Inc" if pid else "",
        replaceable=bool(pid),
    )


def _sensor(
    tree: Tree,
    device: Device,
    parts: list[Part],
    index: int,
    parent: int,
    name: str,
    kind: int,
    value: Callable[[float], float],
    *,
    scale: int = base.UNITS,
    places: int = 0,
) -> None:
    """A sensor in both sensor MIBs: Cisco's own and RFC 3433."""
    parts.append(Part(index, name, base.SENSOR, name, parent, index % 100))
    factor = 10.0**places * (1000.0 if scale == base.MILLI else 1.0)
    tree.row(
        CISCO_SENSOR,
        index,
        {
            1: whole(kind),
            2: whole(scale),
            3: whole(places),
            4: whole(lambda t: round(value(t) * factor)),
            5: whole(1),
            6: ticks(0),
            7: whole(10),
            8: whole(parent),
        },
    )
    base.sensor(tree, index, kind, value, scale=scale, places=places)


def _processors(tree: Tree, device: Device, switch: Switch) -> None:
    total = switch.memory_mib * MIB
    share = base.varying(device, 0.38, 0.46, "memory")
    used = lambda t: int(total * share(t))  # noqa: E731
    for m in range(1, members(device) + 1):
        load = base.busy(device, 6, 34, "cpu", m)
        tree.row(
            "1.3.6.1.4.1.9.9.109.1.1.1.1",
            m if switch.xe else 1,
            {
                2: whole(1000 * m),
                3: gauge(base.rounded(load)),
                4: gauge(base.rounded(load)),
                5: gauge(base.rounded(load)),
                6: gauge(base.rounded(load)),
                7: gauge(base.rounded(load)),
                8: gauge(base.rounded(base.busy(device, 6, 30, "cpu5", m))),
                12: gauge(lambda t: used(t) // 1024),
                13: gauge(lambda t: (total - used(t)) // 1024),
            },
        )
    pools = (
        ("Processor", 1, used, total),
        ("lsmpi_io" if switch.xe else "I/O", 2, lambda t: 6_295_128, 6_316_032 if switch.xe else 33_554_432),
    )
    for name, pool, taken, size in pools:
        tree.row(
            "1.3.6.1.4.1.9.9.48.1.1.1",
            pool if pool == 1 else 14 if switch.xe else 2,
            {
                2: text(name),
                3: whole(0),
                4: whole(1),
                5: gauge(taken),
                6: gauge(_rest(size, taken)),
                7: gauge(_rest(size, taken)),
            },
        )
        tree.row(
            "1.3.6.1.4.1.9.9.221.1.1.1.1",
            (1000, pool),
            {
                2: whole(2 if pool == 1 else 3),
                3: text(name),
                4: pointer("0.0"),
                5: whole(0),
                6: whole(1),
                7: gauge(taken),
                8: gauge(_rest(size, taken)),
                18: count64(taken),
                20: count64(_rest(size, taken)),
            },
        )


def _rest(size: int, taken: Callable[[float], int]) -> Callable[[float], int]:
    return lambda t: size - taken(t)


def _stackwise(tree: Tree, device: Device, switch: Switch) -> None:
    count = members(device)
    if count < 2:
        return
    tree.scalars(f"{STACKWISE}.1", {1: whole(8), 3: whole(1)})
    for m in range(1, count + 1):
        role = 1 if m == 1 else 4 if m == 2 and switch.xe else 2
        tree.row(
            f"{STACKWISE}.2.1.1",
            1000 * m,
            {
                1: gauge(m),
                2: gauge(m),
                3: whole(role),
                4: gauge(15 if m == 1 else 14 if m == 2 else 1),
                5: gauge(0),
                6: whole(4),
                7: text(device.mac("switch", m, oui="02:1c:73")),
                8: text("CAT9K_IOSXE" if switch.xe else switch.image),
            },
        )
        for p in (1, 2):
            tree.row(f"{STACKWISE}.2.2.1", 5_100 + 2 * m + p, {1: whole(1), 2: whole(1000 * (m % count + 1))})


# ---------------------------------------------------------------- routers and voice gateways
def router_ports(device: Device, model: Model) -> list[tuple[int, Port]]:
    voice = bool(model.data.get("voice"))
    ports = [
        Port("Gi0/0/0", "GigabitEthernet0/0/0", "LAN", load=(1.5e6, 4e6), week=base.week_of(device)),
        Port("Gi0/0/1", "GigabitEthernet0/0/1", "WAN", load=(4e6, 1.5e6), week=base.week_of(device)),
        Port("Gi0/0/2", "GigabitEthernet0/0/2", up=False, admin=False),
        Port("Gi0", "GigabitEthernet0", "Management", load=(900, 1800), week=STEADY),
        Port("Lo0", "Loopback0", kind=base.LOOPBACK, mbps=8000, physical=False),
    ]
    if voice:
        ports += [
            Port(
                f"Se0/1/{i}:15",
                f"Serial0/1/{i}:15",
                f"ISDN30 {i + 1}",
                kind=base.DS1,
                mbps=2,
                load=(3000, 3000),
                physical=False,
            )
            for i in (0, 1)
        ]
    return list(enumerate(base.demanded(device, ports), 1))


def build_router(tree: Tree, device: Device, model: Model) -> None:
    """An ISR; with `voice` it is a gateway with two primary rates and SIP trunks."""
    switch: Switch = model.data["switch"]
    base.system(tree, device, model.sys_object_id, descr(model), services=78)
    base.interfaces(tree, device, router_ports(device, model))
    serial = base.cisco_serial(device, "member", 1, plant="FDO")
    parts = [
        Part(1, f"Cisco {switch.pid.split('/')[0]} Chassis", base.CHASSIS, "Chassis", model=switch.pid, serial=serial, hardware="V04", maker="Cisco Systems Inc", replaceable=True, vendor_type="1.3.6.1.4.1.9.12.3.1.3.1600"),
        Part(3, "250W AC Power Supply for Cisco ISR 4330", base.POWER, "Power Supply Module 0", 1, 0, model="PWR-4330-AC", serial=supply_serial(device, 1, 1), hardware="V03", maker="Cisco Systems Inc", replaceable=True),
        Part(7000, f"Cisco {switch.pid.split('/')[0]} Route Processor", base.MODULE, "module R0", 1, 6, model=switch.pid, serial=serial, hardware="V04", firmware=switch.boot, software=model.version, maker="Cisco Systems Inc", replaceable=True),
    ]  # fmt: skip
    for i, (spot, low, high, limit) in enumerate((("Temp: Inlet 1", 25, 31, 60), ("Temp: CPU", 44, 55, 95)), 1):
        value = base.temperature(device, low, high, spot)
        _sensor(tree, device, parts, 7010 + i, 7000, spot, base.CELSIUS, value)
        tree.row(
            f"{ENVMON}.3.1",
            7010 + i,
            {
                2: text(spot),
                3: gauge(base.rounded(value)),
                4: whole(limit),
                5: whole(0),
                6: whole(_state(value, limit)),
            },
        )
    for name, index, volts in (("V: 12v", 7021, 12.0), ("V: 3.3v", 7022, 3.3)):
        _sensor(
            tree,
            device,
            parts,
            index,
            7000,
            name,
            base.VOLTS_DC,
            base.varying(device, volts * 0.99, volts * 1.01, name),
            scale=base.MILLI,
        )
    failed = lambda t: device.failed_psu == 1  # noqa: E731
    tree.row(FRU_POWER, 3, {1: whole(1), 2: whole(lambda t: SUPPLY_FAILED if failed(t) else SUPPLY_ON), 3: whole(0)})
    tree.row(
        f"{ENVMON}.5.1", 3, {2: text("Power Supply Module 0"), 3: whole(lambda t: 3 if failed(t) else 1), 4: whole(2)}
    )
    tree.row(f"{ENVMON}.4.1", 14, {2: text("Fan Tray 0"), 3: whole(1)})
    base.entity(tree, parts)
    _processors(tree, device, switch)
    tree.scalars("1.3.6.1.4.1.9.3.6", {3: text(serial)})
    if model.data.get("voice"):
        calls = base.busy(device, 0, 38, "calls")
        # cvCallVolConnActiveConnection by connection type: 1 H.323, 2 SIP, 3 MGCP, 4 SCCP, 5 multicast
        for kind, share in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 0.0), (5, 0.0)):
            tree.row("1.3.6.1.4.1.9.9.63.1.3.8.1.1", kind, {2: gauge(base.rounded(calls, share))})
        tree.put("1.3.6.1.4.1.9.9.63.1.3.8.4.0", gauge(base.rounded(calls, 2)))


def _switch(key: str, title: str, oid: str, version: str, switch: Switch) -> Model:
    return Model(
        key, title, "Cisco", "switch", f"1.3.6.1.4.1.9.1.{oid}", version, build_switch, "cisco_ios", {"switch": switch}
    )


_ISR = Switch(
    "ISR4331/K9",
    "Gi",
    "GigabitEthernet",
    supplies=1,
    image="X86_64_LINUX_IOSD-UNIVERSALK9-M",
    memory_mib=1750,
    boot="16.12(2r)",
)

MODELS = (
    _switch("c9300", "Cisco Catalyst 9300-48P", "2494", "17.9.4", Switch("C9300-48P", "Gi", "GigabitEthernet")),
    _switch("c9300-core", "Cisco Catalyst 9300-48UXM", "2494", "17.9.4", Switch("C9300-48UXM", "Te", "TenGigabitEthernet", copper=48, copper_mbps=10_000, supply_pid="PWR-C1-1100WAC-P")),
    _switch("c9200", "Cisco Catalyst 9200L-48P-4G", "2694", "17.6.5", Switch("C9200L-48P-4G", "Gi", "GigabitEthernet", uplinks=4, supplies=1, supply_pid="PWR-C5-1KWAC", fans=2, image="CAT9K_LITE_IOSXE", train="Bengaluru", memory_mib=1900, boot="17.6.1r")),
    _switch("c3850", "Cisco Catalyst 3850-48P", "1745", "16.12.9", Switch("WS-C3850-48P", "Gi", "GigabitEthernet", uplinks=4, supply_pid="PWR-C1-715WAC", image="CAT3K_CAA-UNIVERSALK9-M", train="Gibraltar", memory_mib=3900, boot="0.1")),
    _switch("c2960x", "Cisco Catalyst 2960X-48FPS-L", "1208", "15.2(7)E7", Switch("WS-C2960X-48FPS-L", "Gi", "GigabitEthernet", uplinks=4, supplies=1, supply_pid="", fans=1, xe=False, image="C2960X-UNIVERSALK9-M", memory_mib=390, boot="15.2(3r)E1")),
    Model("isr4331", "Cisco ISR 4331", "Cisco", "router", "1.3.6.1.4.1.9.1.2068", "16.12.8", build_router, "cisco_ios", {"switch": _ISR}),
    Model("isr4331-voice", "Cisco ISR 4331 voice gateway", "Cisco", "voice", "1.3.6.1.4.1.9.1.2068", "16.12.8", build_router, "cisco_ios", {"switch": _ISR, "voice": True}),
)  # fmt: skip


def bought(device: Device) -> date:
    return device.kit.bought_on
