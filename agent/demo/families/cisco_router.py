"""Cisco ISR routers and voice gateways (the MIBs of `cisco`, and CISCO-VOICE-DIAL-CONTROL-MIB)."""

from __future__ import annotations

from agent.demo.curves import STEADY
from agent.demo.device import Device
from agent.demo.families import base, cisco, entity, iftable
from agent.demo.families.base import Model
from agent.demo.families.cisco import Switch
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, gauge, text, whole


def router_ports(device: Device, model: Model) -> list[tuple[int, Port]]:
    voice = bool(model.data.get("voice"))
    ports = [
        Port("Gi0/0/0", "GigabitEthernet0/0/0", "LAN", load=(1.5e6, 4e6), week=base.week_of(device)),
        Port("Gi0/0/1", "GigabitEthernet0/0/1", "WAN", load=(4e6, 1.5e6), week=base.week_of(device)),
        Port("Gi0/0/2", "GigabitEthernet0/0/2", up=False, admin=False),
        Port("Gi0", "GigabitEthernet0", "Management", load=(900, 1800), week=STEADY),
        Port("Lo0", "Loopback0", kind=iftable.LOOPBACK, mbps=8000, physical=False),
    ]
    if voice:
        ports += [
            Port(
                f"Se0/1/{i}:15",
                f"Serial0/1/{i}:15",
                f"ISDN30 {i + 1}",
                kind=iftable.DS1,
                mbps=2,
                load=(3000, 3000),
                physical=False,
            )
            for i in (0, 1)
        ]
    return list(enumerate(iftable.demanded(device, ports), 1))


def build_router(tree: Tree, device: Device, model: Model) -> None:
    """An ISR; with `voice` it is a gateway with two primary rates and SIP trunks."""
    switch: Switch = model.data["switch"]
    base.system(tree, device, model.sys_object_id, cisco.descr(model), services=78)
    iftable.interfaces(tree, device, router_ports(device, model))
    serial = cisco.member_serial(device, 1)
    parts = [
        Part(
            1,
            f"Cisco {switch.pid.split('/')[0]} Chassis",
            entity.CHASSIS,
            "Chassis",
            model=switch.pid,
            serial=serial,
            hardware="V04",
            maker="Cisco Systems Inc",
            replaceable=True,
            vendor_type="1.3.6.1.4.1.9.12.3.1.3.1600",
        ),
        Part(
            3,
            "250W AC Power Supply for Cisco ISR 4330",
            entity.POWER,
            "Power Supply Module 0",
            1,
            0,
            model="PWR-4330-AC",
            serial=cisco.supply_serial(device, 1, 1),
            hardware="V03",
            maker="Cisco Systems Inc",
            replaceable=True,
        ),
        Part(
            7000,
            f"Cisco {switch.pid.split('/')[0]} Route Processor",
            entity.MODULE,
            "module R0",
            1,
            6,
            model=switch.pid,
            serial=serial,
            hardware="V04",
            firmware=switch.boot,
            software=model.version,
            maker="Cisco Systems Inc",
            replaceable=True,
        ),
    ]
    for i, (spot, low, high, limit) in enumerate((("Temp: Inlet 1", 25, 31, 60), ("Temp: CPU", 44, 55, 95)), 1):
        value = base.temperature(device, low, high, spot)
        cisco.sensor(tree, device, parts, 7010 + i, 7000, spot, entity.CELSIUS, value)
        tree.row(
            f"{cisco.ENVMON}.3.1",
            7010 + i,
            {
                2: text(spot),
                3: gauge(base.rounded(value)),
                4: whole(limit),
                5: whole(0),
                6: whole(cisco.state(value, limit)),
            },
        )
    for name, index, volts in (("V: 12v", 7021, 12.0), ("V: 3.3v", 7022, 3.3)):
        cisco.sensor(
            tree,
            device,
            parts,
            index,
            7000,
            name,
            entity.VOLTS_DC,
            base.varying(device, volts * 0.99, volts * 1.01, name),
            scale=entity.MILLI,
        )

    def failed(t: float) -> bool:
        return device.failed_psu == 1

    tree.row(
        cisco.FRU_POWER,
        3,
        {1: whole(1), 2: whole(lambda t: cisco.SUPPLY_FAILED if failed(t) else cisco.SUPPLY_ON), 3: whole(0)},
    )
    tree.row(
        f"{cisco.ENVMON}.5.1",
        3,
        {2: text("Power Supply Module 0"), 3: whole(lambda t: 3 if failed(t) else 1), 4: whole(2)},
    )
    tree.row(f"{cisco.ENVMON}.4.1", 14, {2: text("Fan Tray 0"), 3: whole(1)})
    entity.physical(tree, parts)
    cisco.processors(tree, device, switch)
    tree.scalars("1.3.6.1.4.1.9.3.6", {3: text(serial)})
    if model.data.get("voice"):
        calls = base.busy(device, 0, 38, "calls")
        # cvCallVolConnActiveConnection by connection type: 1 H.323, 2 SIP, 3 MGCP, 4 SCCP, 5 multicast
        for kind, share in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 0.0), (5, 0.0)):
            tree.row("1.3.6.1.4.1.9.9.63.1.3.8.1.1", kind, {2: gauge(base.rounded(calls, share))})
        tree.put("1.3.6.1.4.1.9.9.63.1.3.8.4.0", gauge(base.rounded(calls, 2)))


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
    Model(
        "isr4331",
        "Cisco ISR 4331",
        "Cisco",
        "router",
        "1.3.6.1.4.1.9.1.2068",
        "16.12.8",
        build_router,
        "cisco_ios",
        {"switch": _ISR},
    ),
    Model(
        "isr4331-voice",
        "Cisco ISR 4331 voice gateway",
        "Cisco",
        "voice",
        "1.3.6.1.4.1.9.1.2068",
        "16.12.8",
        build_router,
        "cisco_ios",
        {"switch": _ISR, "voice": True},
    ),
)
