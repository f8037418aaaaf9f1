"""Cisco Catalyst switches and stacks (the MIBs of `cisco`, and CISCO-STACKWISE-MIB)."""

from __future__ import annotations

from agent.demo.curves import STEADY
from agent.demo.device import Device
from agent.demo.families import base, cisco, entity, iftable, lldp
from agent.demo.families.base import Model
from agent.demo.families.cisco import Switch
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, gauge, text, whole

FAN_TRAY = "1.3.6.1.4.1.9.9.117.1.4.1.1"
STACKWISE = "1.3.6.1.4.1.9.9.500.1"


def switch_ports(device: Device, switch: Switch) -> list[tuple[int, Port]]:
    """ifIndex > port: copper and uplinks of each member, management, VLANs, a port-channel."""
    rows: list[tuple[int, Port]] = []
    core = "core" in device.kit.name or switch.copper_mbps > 1000
    for m in range(1, cisco.members(device) + 1):
        names = [(f"{switch.prefix}{m}/0/{p}", f"{switch.long_prefix}{m}/0/{p}") for p in range(1, switch.copper + 1)]
        ports = iftable.edge_ports(
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
            Port(
                "Vl10", "Vlan10", "Management", kind=iftable.PROP_VIRTUAL, load=(900, 1400), week=STEADY, physical=False
            ),
        )
    )
    rows.append(
        (
            5_181,
            Port(
                "Vl20",
                "Vlan20",
                "Staff" if not device.kit.restricted else "Restricted",
                kind=iftable.PROP_VIRTUAL,
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
                kind=iftable.LAG,
                mbps=20_000 if switch.xe else 2000,
                load=(2.8e6, 8.4e6),
                week=base.week_of(device),
                physical=False,
            ),
        )
    )
    named = iftable.demanded(device, [port for _, port in rows])
    indexes = [index for index, _ in rows] + list(range(6_001, 6_001 + len(named) - len(rows)))
    return sorted(zip(indexes, named, strict=True), key=lambda row: row[0])


def build_switch(tree: Tree, device: Device, model: Model) -> None:
    """A Catalyst switch or stack."""
    switch: Switch = model.data["switch"]
    base.system(tree, device, model.sys_object_id, cisco.descr(model), services=6)
    rows = switch_ports(device, switch)
    iftable.interfaces(tree, device, rows)
    lldp.neighbours(tree, device, rows)
    parts: list[Part] = []
    count = cisco.members(device)
    if count > 1:
        parts.append(
            Part(
                1,
                "c9xxx Stack" if switch.xe else "Switch Stack",
                entity.STACK,
                "c93xx Stack" if switch.xe else "Stack",
                model=switch.pid,
                serial=cisco.member_serial(device, 1),
                maker="Cisco",
                vendor_type="1.3.6.1.4.1.9.12.3.1.3.1745",
            )
        )
    for m in range(1, count + 1):
        parts += _member(tree, device, model, switch, m)
    entity.physical(tree, parts)
    cisco.processors(tree, device, switch)
    _stackwise(tree, device, switch)
    tree.scalars("1.3.6.1.4.1.9.3.6", {3: text(cisco.member_serial(device, 1))})
    tree.scalars("1.3.6.1.4.1.9.2.1", {56: whole(base.rounded(base.busy(device, 6, 34, "cpu5s")))})


def _member(tree: Tree, device: Device, model: Model, switch: Switch, m: int) -> list[Part]:
    at = 1000 * m
    parts = [
        Part(
            at,
            f"{switch.pid} - Fixed Module" if switch.xe else switch.pid,
            entity.CHASSIS,
            f"Switch {m}" if switch.xe else str(m),
            1 if cisco.members(device) > 1 else 0,
            m,
            model=switch.pid,
            serial=cisco.member_serial(device, m),
            hardware="V05",
            firmware=switch.boot,
            software=model.version,
            maker="Cisco Systems, Inc",
            replaceable=True,
            vendor_type="1.3.6.1.4.1.9.12.3.1.3.2494",
        ),
        Part(at + 5, f"Switch {m} - FAN container", entity.CONTAINER, f"Switch {m} - FAN container", at, 1),
    ]
    numbers = range(1, cisco.supplies(device, switch) + 1)
    parts.extend(_supply(tree, device, switch, m, s, at + 10 + s, at) for s in numbers)
    for f in range(1, switch.fans + 1):
        index = at + 20 + f
        parts.append(Part(index, f"Switch {m} - FAN {f}", entity.FAN, f"Switch {m} - FAN {f}", at + 5, f))
        tree.row(FAN_TRAY, index, {1: whole(2), 2: whole(2)})
        tree.row(
            f"{cisco.ENVMON}.4.1",
            index,
            {2: text(f"Switch {m} - FAN {f}, Normal" if not switch.xe else f"Switch {m} - FAN {f}"), 3: whole(1)},
        )
        cisco.sensor(
            tree,
            device,
            parts,
            at + 60 + f,
            index,
            f"Switch {m} - FAN - {f}, Speed",
            entity.RPM,
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
        cisco.sensor(tree, device, parts, at + 50 + i, at, name, entity.CELSIUS, value)
        tree.row(
            f"{cisco.ENVMON}.3.1",
            at + 50 + i,
            {
                2: text(name),
                3: gauge(base.rounded(value)),
                4: whole(limit),
                5: whole(0),
                6: whole(cisco.state(value, limit)),
            },
        )
    return parts


def _supply(tree: Tree, device: Device, switch: Switch, m: int, s: int, index: int, parent: int) -> Part:
    letter = "AB"[s - 1] if s <= 2 else str(s)
    name = f"Switch {m} - Power Supply {letter}" if switch.xe else f"Switch {m} - Power Supply {s - 1}"

    def failed(t: float) -> bool:
        return cisco.supply_failed(device, switch, m, s)

    tree.row(
        cisco.FRU_POWER,
        index,
        {
            1: whole(1),
            2: whole(lambda t: cisco.SUPPLY_FAILED if failed(t) else cisco.SUPPLY_ON),
            3: whole(lambda t: 0 if failed(t) else 610),
        },
    )
    tree.row(
        f"{cisco.ENVMON}.5.1",
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
        entity.POWER,
        name,
        parent,
        s,
        model=pid,
        serial=cisco.supply_serial(device, m, s) if pid else "",
        hardware="V02" if pid else "",
        maker="Cisco Systems, Inc" if pid else "",
        replaceable=bool(pid),
    )


def _stackwise(tree: Tree, device: Device, switch: Switch) -> None:
    count = cisco.members(device)
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


def _switch(key: str, title: str, oid: str, version: str, switch: Switch) -> Model:
    return Model(
        key, title, "Cisco", "switch", f"1.3.6.1.4.1.9.1.{oid}", version, build_switch, "cisco_ios", {"switch": switch}
    )


MODELS = (
    _switch("c9300", "Cisco Catalyst 9300-48P", "2494", "17.9.4", Switch("C9300-48P", "Gi", "GigabitEthernet")),
    _switch(
        "c9300-core",
        "Cisco Catalyst 9300-48UXM",
        "2494",
        "17.9.4",
        Switch("C9300-48UXM", "Te", "TenGigabitEthernet", copper=48, copper_mbps=10_000, supply_pid="PWR-C1-1100WAC-P"),
    ),
    _switch(
        "c9200",
        "Cisco Catalyst 9200L-48P-4G",
        "2694",
        "17.6.5",
        Switch(
            "C9200L-48P-4G",
            "Gi",
            "GigabitEthernet",
            uplinks=4,
            supplies=1,
            supply_pid="PWR-C5-1KWAC",
            fans=2,
            image="CAT9K_LITE_IOSXE",
            train="Bengaluru",
            memory_mib=760,
            boot="17.6.1r",
        ),
    ),
    _switch(
        "c3850",
        "Cisco Catalyst 3850-48P",
        "1745",
        "16.12.9",
        Switch(
            "WS-C3850-48P",
            "Gi",
            "GigabitEthernet",
            uplinks=4,
            supply_pid="PWR-C1-715WAC",
            image="CAT3K_CAA-UNIVERSALK9-M",
            train="Gibraltar",
            memory_mib=870,
            boot="0.1",
        ),
    ),
    _switch(
        "c2960x",
        "Cisco Catalyst 2960X-48FPS-L",
        "1208",
        "15.2(7)E7",
        Switch(
            "WS-C2960X-48FPS-L",
            "Gi",
            "GigabitEthernet",
            uplinks=4,
            supplies=1,
            supply_pid="",
            fans=1,
            xe=False,
            image="C2960X-UNIVERSALK9-M",
            memory_mib=390,
            boot="15.2(3r)E1",
        ),
    ),
)
