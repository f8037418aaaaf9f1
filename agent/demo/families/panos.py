"""Palo Alto Networks firewalls (PAN-COMMON-MIB, ENTITY-MIB, HOST-RESOURCES-MIB): an active and a passive one."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import base, entity, iftable
from agent.demo.families.base import Area, Model
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, count64, gauge, text, whole

PAN = "1.3.6.1.4.1.25461.2.1.2"


def serial(device: Device) -> str:
    """Twelve to fifteen digits with no date in them."""
    return "0136" + device.letters(8, "serial", alphabet="0123456789")


def ports(device: Device) -> list[tuple[int, Port]]:
    week = base.week_of(device)
    faces = {1: ("Outside", (1.3e7, 4e6)), 2: ("Inside", (4e6, 1.3e7)), 3: ("PSN", (4e5, 5e5)), 4: ("DMZ", (6e5, 2e6))}
    rows = [Port("management", "management", "Management", load=(1500, 4500))]
    for i in range(1, 17):
        alias, load = faces.get(i, ("", (0.0, 0.0)))
        mbps = 1000 if i <= 12 else 10_000
        rows.append(Port(f"ethernet1/{i}", f"ethernet1/{i}", alias, mbps=mbps, up=bool(alias), load=load, week=week))
    rows += [
        Port("ha1-a", "ha1-a", load=(9000, 9000)),
        Port("hsci", "hsci", mbps=10_000, load=(2e5, 2e5)),
        Port("tunnel.1", "tunnel.1", kind=iftable.TUNNEL, mbps=0, load=(8e4, 8e4), week=week, physical=False),
        Port("loopback.1", "loopback.1", kind=iftable.LOOPBACK, mbps=0, physical=False),
    ]
    return list(enumerate(iftable.demanded(device, rows), 1))


def build(tree: Tree, device: Device, model: Model) -> None:
    clustered = device.kit.ha_members > 1 or device.kit.peer is not None
    own = serial(device)
    base.system(
        tree, device, model.sys_object_id, f"Palo Alto Networks {model.data['pid']} series firewall", services=127
    )
    iftable.interfaces(tree, device, ports(device))

    def state(t: float) -> str:
        return "active" if device.active else "passive"

    def other(t: float) -> str:
        return "unknown" if device.peer_missing else "passive" if device.active else "active"

    tree.scalars(
        f"{PAN}.1",
        {
            1: text(model.version),
            2: text("1.0"),
            3: text(own),
            4: whole(0),
            5: whole(2),
            6: text("0.0.0"),
            7: text("8822-9210"),
            8: text("4752-5270"),
            9: text("8822-9210"),
            10: text("20250301.20212"),
            11: text(state if clustered else "disabled"),
            12: text(other if clustered else "unknown"),
            13: text("active-passive" if clustered else "disabled"),
            15: text("6.2.4"),
            17: text("857421-861045"),
        },
    )
    tree.scalars(f"{PAN}.2", {1: text(model.data["pid"])})

    def work(t: float) -> float:
        return 1.0 if not clustered or device.active else 0.01

    sessions = base.busy(device, 2_500, 96_000, "sessions")
    most = 1_000_000

    def active(t: float) -> int:
        return round(sessions(t) * work(t))

    tree.scalars(
        f"{PAN}.3",
        {
            1: whole(lambda t: round(100 * active(t) / most)),
            2: whole(most),
            3: whole(active),
            4: whole(lambda t: round(active(t) * 0.78)),
            5: whole(lambda t: round(active(t) * 0.21)),
            6: whole(lambda t: round(active(t) * 0.01)),
            7: whole(0),
            8: whole(0),
        },
    )
    tree.row(
        f"{PAN}.3.9.1",
        1,
        {
            1: whole(1),
            2: text("vsys1"),
            3: whole(lambda t: round(100 * active(t) / most)),
            4: whole(active),
            5: whole(most),
            6: whole(lambda t: active(t) // 90),
            7: whole(lambda t: active(t) // 300),
            8: whole(0),
        },
    )
    users = base.busy(device, 2, 120, "globalprotect")
    tree.scalars(
        f"{PAN}.5.1",
        {
            1: whole(lambda t: round(users(t) * work(t) / 10)),
            2: whole(1024),
            3: whole(lambda t: round(users(t) * work(t))),
        },
    )
    denied = device.flow(base.week_of(device), 22, "denied")
    tree.put(f"{PAN}.1.19.8.10.0", count64(lambda t: int(denied.total(t))))
    tree.scalars(f"{PAN}.7.1", {1: gauge(lambda t: active(t) // 80), 2: gauge(lambda t: active(t) // 80)})
    base.host_resources(
        tree,
        device,
        [
            (
                1020,
                Area(
                    "Slot-1 Management Plane Memory", 2, 1024, 8_120_000, base.varying(device, 0.55, 0.64, "mp memory")
                ),
            ),
            (
                1040,
                Area("Slot-1 Data Processor Memory", 2, 1024, 5_300_000, base.varying(device, 0.34, 0.37, "dp memory")),
            ),
            (1030, Area("Disk /opt/panlogs", 4, 4096, 14_500_000, base.grown(0.31, 0.07, device.kit.bought_on))),
        ],
        [base.busy(device, 9, 38, "mp cpu"), lambda t: base.busy(device, 2, 44, "dp cpu")(t) * max(0.1, work(t))],
        processor="Management Plane / Data Plane",
        first=1,
    )
    _entity(tree, device, model, own)


def _entity(tree: Tree, device: Device, model: Model, own: str) -> None:
    pid = model.data["pid"]
    parts = [
        Part(
            1,
            f"{pid} Chassis",
            entity.CHASSIS,
            f"{pid} Chassis",
            model=pid,
            serial=own,
            hardware="1.0",
            software=model.version,
            maker="Palo Alto Networks",
            replaceable=True,
        ),
        Part(
            30,
            "Power Supply #1 (left)",
            entity.POWER,
            "Power Supply #1 (left)",
            1,
            1,
            model=f"{pid}-PWR-AC",
            replaceable=True,
        ),
        Part(
            31,
            "Power Supply #2 (right)",
            entity.POWER,
            "Power Supply #2 (right)",
            1,
            2,
            model=f"{pid}-PWR-AC",
            replaceable=True,
        ),
    ]
    spots = (("Temperature: MP CPU", 42, 52), ("Temperature: DP CPU", 47, 58), ("Temperature: Inlet", 23, 28))
    for i, (spot, low, high) in enumerate(spots):
        parts.append(Part(2 + i, spot, entity.SENSOR, spot, 1, i))
        entity.sensor(tree, 2 + i, entity.CELSIUS, base.temperature(device, low, high, spot))
    for i in range(1, 4):
        name = f"Fan #{i} RPM"
        parts.append(Part(9 + i, name, entity.SENSOR, name, 1, 10 + i))
        entity.sensor(tree, 9 + i, entity.RPM, base.varying(device, 7200, 8100, name))

    def supply(i: int) -> None:
        name = f"Power Supply #{i} output 12V"
        parts.append(Part(19 + i, name, entity.SENSOR, name, 29 + i, i))
        volts = base.varying(device, 11.95, 12.1, name)
        entity.sensor(
            tree,
            19 + i,
            entity.VOLTS_DC,
            lambda t: 0.0 if device.failed_psu == i else volts(t),
            places=2,
            ok=lambda t: device.failed_psu != i,
        )

    for i in (1, 2):
        supply(i)
    entity.physical(tree, parts)


MODELS = (
    Model(
        "pa-3220",
        "Palo Alto Networks PA-3220",
        "Palo Alto Networks",
        "firewall",
        "1.3.6.1.4.1.25461.2.3.41",
        "10.1.12",
        build,
        "paloalto_panos",
        {"pid": "PA-3220"},
    ),
    Model(
        "pa-850",
        "Palo Alto Networks PA-850",
        "Palo Alto Networks",
        "firewall",
        "1.3.6.1.4.1.25461.2.3.38",
        "10.1.12",
        build,
        "paloalto_panos",
        {"pid": "PA-850"},
    ),
)
