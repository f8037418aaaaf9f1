"""HP ProCurve and Aruba 2930F switches (HP-ICF-CHASSIS, STATISTICS-MIB, HP-ICF-FAN, HP-ICF-POWER-SUPPLY)."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import base, entity, iftable
from agent.demo.families.base import Model
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, count, pointer, text, whole

HP = "1.3.6.1.4.1.11.2"
FAN_SENSOR, POWER_SENSOR, HEAT_SENSOR = "11.2.3.7.8.3.2", "11.2.3.7.8.3.1", "11.2.3.7.8.3.3"
BAD, GOOD = 2, 4


def serial(device: Device) -> str:
    """CN, a digit of the year, the month, six more: HP's ten characters."""
    return f"CN{base.hp_month(base.made_before(device))}FP{device.letters(4, 'serial')}"


def ports(device: Device, model: Model) -> list[tuple[int, Port]]:
    copper = model.data["copper"]
    rows = iftable.edge_ports(device, [(str(p), str(p)) for p in range(1, copper + 1)])
    for p in range(copper + 1, copper + 5):
        lit = p <= copper + 2
        rows.append(
            Port(
                str(p),
                str(p),
                "UPLINK" if lit else "",
                up=lit,
                load=(1.1e6, 3e6) if lit else (0.0, 0.0),
                week=base.week_of(device),
            )
        )
    named = iftable.demanded(device, rows)
    numbered = list(enumerate(named, 1))
    numbered.append(
        (
            290,
            Port(
                "Trk1",
                "Trk1",
                kind=iftable.LAG,
                mbps=2000,
                load=(2.2e6, 6e6),
                week=base.week_of(device),
                physical=False,
            ),
        )
    )
    numbered.append(
        (634, Port("DEFAULT_VLAN", "DEFAULT_VLAN", kind=iftable.PROP_VIRTUAL, mbps=0, load=(600, 900), physical=False))
    )
    return numbered


def build(tree: Tree, device: Device, model: Model) -> None:
    pid, own = model.data["pid"], serial(device)
    base.system(
        tree,
        device,
        model.sys_object_id,
        f"{model.data['descr']}, revision {model.version}, ROM {model.data['rom']} "
        "(/ws/swbuildm/rel_venice/code/build/lvm)",
        services=74,
    )
    iftable.interfaces(tree, device, ports(device, model))
    entity.physical(
        tree,
        [
            Part(
                1,
                model.data["descr"],
                entity.CHASSIS,
                "Chassis",
                model=pid,
                serial=own,
                hardware="0",
                firmware=model.data["rom"],
                software=model.version,
                maker="HPE",
                replaceable=False,
            ),
            Part(2, "Power Supply Container", entity.CONTAINER, "Power Supply Container", 1, 1),
            Part(3, "Switch Internal Power Supply", entity.POWER, "Switch Internal Power Supply", 2, 1, maker="HPE"),
        ],
    )

    def failed(t: float) -> bool:
        return device.failed_psu == 1

    inside = base.temperature(device, 34, 42, "inside")
    sensors = (
        (1, FAN_SENSOR, "Fan Sensor", lambda t: GOOD),
        (2, POWER_SENSOR, "Power Supply Sensor", lambda t: BAD if failed(t) else GOOD),
        (4, HEAT_SENSOR, "Over-temperature Sensor", lambda t: BAD if inside(t) > 55 else GOOD),
    )
    for index, kind, descr, status in sensors:
        tree.row(
            f"{HP}.14.11.1.2.6.1",
            index,
            {
                2: pointer(f"1.3.6.1.4.1.{kind}"),
                3: whole(1),
                4: whole(status),
                5: count(0),
                6: count(0),
                7: text(descr),
            },
        )
    tree.put(f"{HP}.14.11.5.1.9.6.1.0", whole(base.rounded(base.busy(device, 6, 31, "cpu"))))
    total = 68_939_776
    share = base.varying(device, 0.31, 0.36, "memory")
    tree.row(
        f"{HP}.14.11.5.1.1.2.1.1.1",
        1,
        {
            2: count(5200),
            3: count(900),
            4: count(4300),
            5: whole(total),
            6: whole(lambda t: total - int(total * share(t))),
            7: whole(lambda t: int(total * share(t))),
        },
    )
    tree.row(
        f"{HP}.14.11.5.1.54.2.1.1", 1, {2: whole(0), 3: whole(1), 4: whole(5), 5: whole(0), 6: count(0), 7: whole(1)}
    )
    tree.row(
        f"{HP}.14.11.5.1.55.1.1.1",
        1,
        {
            2: whole(lambda t: 4 if failed(t) else 3),
            3: count(lambda t: int(failed(t))),
            4: whole(base.rounded(inside)),
            5: text("AC 120V/240V"),
            6: whole(lambda t: 0 if failed(t) else 96),
            7: whole(437),
        },
    )
    tree.scalars(
        f"{HP}.36.1.1.2",
        {
            2: text("HP"),
            3: whole(3),
            4: text("HPE"),
            5: text(model.data["descr"]),
            6: text(model.version),
            7: text("0"),
            8: text(model.data["rom"]),
            9: text(own),
        },
    )


MODELS = (
    Model(
        "procurve-2920",
        "HP 2920-48G",
        "HP",
        "switch",
        "1.3.6.1.4.1.11.2.3.7.11.152",
        "WB.16.10.0020",
        build,
        "hp_procurve",
        {"pid": "J9728A", "descr": "HP J9728A 2920-48G Switch", "rom": "WB.16.03", "copper": 44},
    ),
    Model(
        "aruba-2930f",
        "Aruba 2930F-48G-PoE+-4SFP",
        "HP",
        "switch",
        "1.3.6.1.4.1.11.2.3.7.11.181.4",
        "WC.16.11.0012",
        build,
        "hp_procurve",
        {"pid": "JL262A", "descr": "Aruba JL262A 2930F-48G-PoE+-4SFP Switch", "rom": "WC.16.01.0008", "copper": 48},
    ),
)
