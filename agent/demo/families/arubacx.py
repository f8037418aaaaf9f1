"""ArubaOS-CX switches: 6300M and 6200F stacks (ARUBAWIRED-* MIBs, VSF)."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import base, entity, iftable
from agent.demo.families.base import Model
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, gauge, text, ticks, whole

CX = "1.3.6.1.4.1.47196.4.1.1.3"
CHASSIS = CX + ".11"
SUPPLY, FAN_TRAY = "JL086A", "JL669A"


def serial(device: Device, member: int) -> str:
    """Two letters of the country, a digit of the year, the month: HPE's ten characters."""
    return f"SG{base.hp_month(base.made_before(device, 'member', member))}K{device.letters(5, 'serial', member)}"


def supply_serial(device: Device, member: int, supply: int) -> str:
    return f"CN{serial(device, member)[2:4]}{device.letters(6, 'supply', member, supply)}"


def members(device: Device) -> int:
    return max(1, device.kit.stack_members)


def ports(device: Device, model: Model) -> list[tuple[int, Port]]:
    rows: list[tuple[int, Port]] = []
    copper = model.data["copper"]
    for m in range(1, members(device) + 1):
        names = [(f"{m}/1/{p}", f"{m}/1/{p}") for p in range(1, copper + 1)]
        core = model.data["speed"] > 1000
        label, mean = ("Distribution", 2.5e6) if core else ("Desk", 9e4)
        edge = iftable.edge_ports(device, names, mbps=model.data["speed"], mean=mean, label=label)
        rows += [((m - 1) * 64 + p, port) for p, port in enumerate(edge, 1)]
        for p in range(copper + 1, copper + 5):
            lit = p == copper + 1 or (m == 1 and p == copper + 2)
            rows.append(
                (
                    (m - 1) * 64 + p,
                    Port(
                        f"{m}/1/{p}",
                        f"{m}/1/{p}",
                        "UPLINK" if lit else "",
                        mbps=model.data["uplink"],
                        up=lit,
                        load=(1.6e6, 5e6) if lit else (0.0, 0.0),
                        week=base.week_of(device),
                    ),
                )
            )
    rows.append(
        (
            769,
            Port(
                "lag1",
                "lag1",
                "UPLINK bundle",
                kind=iftable.LAG,
                mbps=2 * model.data["uplink"],
                load=(3e6, 9e6),
                week=base.week_of(device),
                physical=False,
            ),
        )
    )
    rows.append(
        (16_777_226, Port("vlan10", "vlan10", "Management", kind=iftable.L3_VLAN, load=(800, 1200), physical=False))
    )
    named = iftable.demanded(device, [port for _, port in rows])
    indexes = [index for index, _ in rows] + list(range(900, 900 + len(named) - len(rows)))
    return sorted(zip(indexes, named, strict=True), key=lambda row: row[0])


def build(tree: Tree, device: Device, model: Model) -> None:
    base.system(
        tree,
        device,
        model.sys_object_id,
        f"Aruba {model.data['pid']} {model.data['name']} {model.version}",
        services=74,
    )
    iftable.interfaces(tree, device, ports(device, model))
    parts: list[Part] = []
    for m in range(1, members(device) + 1):
        parts += _member(tree, device, model, m)
    entity.physical(tree, parts)


def _member(tree: Tree, device: Device, model: Model, m: int) -> list[Part]:
    pid, name = model.data["pid"], model.data["name"]
    own, chassis = serial(device, m), 100_000 * m + 1
    load, memory = base.busy(device, 5, 33, "cpu", m), base.varying(device, 24, 31, "memory", m)
    parts = [
        Part(
            chassis,
            f"{pid} {name}",
            entity.CHASSIS,
            f"Chassis {m}",
            0,
            m,
            model=f"{pid} {name}",
            serial=own,
            hardware="1",
            firmware=model.data["rom"],
            software=model.version,
            maker="Aruba",
            replaceable=True,
        )
    ]
    tree.row(
        f"{CX}.10.0.3.1",
        m,
        {
            2: text("Conductor" if m == 1 else "Standby" if m == 2 else "Member"),
            3: text("Ready"),
            4: text(pid),
            5: text(device.mac("member", m)),
            6: text(name),
            7: text(own),
            8: text(model.version),
            9: whole(base.rounded(load)),
            10: whole(base.rounded(memory)),
            11: ticks(device.ticks),
            12: text(model.data["rom"]),
            13: whole(7_945_000),
            14: whole(base.rounded(memory, 79_450)),
        },
    )
    # arubaWiredSystemInfoEntry is indexed by two texts: kind of module and its name, each with its length.
    index = (len("management_module"), *b"management_module", len(f"{m}/1"), *f"{m}/1".encode())
    tree.row(
        f"{CX}.22.1.0.1.1",
        index,
        {
            3: gauge(base.rounded(load)),
            4: gauge(base.rounded(memory)),
            5: gauge(21),
            6: gauge(9),
            10: gauge(base.rounded(load)),
            11: gauge(base.rounded(load)),
        },
    )
    count = (
        model.data["supplies"]
        if device.kit.power_supplies is None
        else max(1, -(-device.kit.power_supplies // members(device)))
    )

    def supply(s: int) -> None:
        number = (m - 1) * count + s

        def failed(t: float) -> bool:
            return device.failed_psu == number

        supply = supply_serial(device, m, s)
        tree.row(
            f"{CHASSIS}.2.1.1",
            (m, s),
            {
                2: whole(s),
                3: text(f"{m}/{s}"),
                4: text(lambda t: "fault_input" if failed(t) else "ok"),
                5: text(SUPPLY),
                6: text(supply),
                7: whole(lambda t: 0 if failed(t) else round(140 + load(t) * 4)),
                8: whole(680),
                9: whole(lambda t: int(failed(t))),
                10: text("f2b"),
                11: whole(lambda t: 3 if failed(t) else 1),
            },
        )
        parts.append(
            Part(
                chassis + 10 + s,
                f"Power supply {m}/{s}",
                entity.POWER,
                f"Power supply {m}/{s}",
                chassis,
                s,
                model=SUPPLY,
                serial=supply,
                maker="Aruba",
                replaceable=True,
            )
        )

    for s in range(1, count + 1):
        supply(s)

    def spot_row(s: int, spot: str, low: float, high: float, limit: int) -> None:
        warm = base.temperature(device, low, high, spot, m)
        tree.row(
            f"{CHASSIS}.3.1.1",
            (m, 4, 1, s),
            {
                2: whole(4),
                3: whole(1),
                4: whole(s),
                5: text(f"{m}/1-{spot}"),
                6: text(lambda t: "normal" if warm(t) < limit - 10 else "max" if warm(t) < limit else "critical"),
                7: whole(base.rounded(warm, 1000)),
                8: whole(round(low * 1000) - 3000),
                9: whole(round(high * 1000) + 4000),
            },
        )
        parts.append(Part(chassis + 30 + s, f"{m}/1-{spot}", entity.SENSOR, f"{m}/1-{spot}", chassis, s))
        entity.sensor(tree, chassis + 30 + s, entity.CELSIUS, warm, places=1)

    for s, (spot, low, high, limit) in enumerate(
        (("Inlet-Air", 23, 28, 65), ("Switch-CPU", 45, 57, 110), ("MainBoard", 33, 40, 85)), 1
    ):
        spot_row(s, spot, low, high, limit)
    tree.row(
        f"{CHASSIS}.4.1.1",
        (m, 1),
        {2: whole(1), 3: text(f"{m}/1"), 4: text("ready"), 5: text(FAN_TRAY), 6: text(""), 7: whole(2), 8: whole(4)},
    )
    for f in (1, 2):
        speed = base.varying(device, 8200, 9400, "fan", m, f)
        tree.row(
            f"{CHASSIS}.5.1.1",
            (m, 1, f),
            {
                2: whole(1),
                3: whole(f),
                4: text(f"{m}/1/{f}"),
                5: text("ok"),
                6: text("N/A"),
                7: text("N/A"),
                8: whole(base.rounded(speed)),
                9: text("f2b"),
                10: whole(4),
            },
        )
    return parts


def _model(key: str, oid: int, pid: str, name: str, version: str, ports: tuple[int, int, int], supplies: int) -> Model:
    """`ports`: how many, their Mbit/s, and the Mbit/s of the four uplinks behind them."""
    data = {
        "pid": pid,
        "name": name,
        "copper": ports[0],
        "speed": ports[1],
        "uplink": ports[2],
        "supplies": supplies,
        "rom": version[:2] + ".01.0009",
    }
    sys_object_id = f"1.3.6.1.4.1.47196.4.1.1.1.{oid}"
    return Model(key, f"Aruba {name}", "Aruba", "switch", sys_object_id, version, build, "aruba_aoscx", data)


MODELS = (
    _model("aruba-6300m", 100, "JL658A", "6300M 24SFP+ 4SFP56 Swch", "FL.10.10.1100", (24, 10_000, 50_000), 2),
    _model("aruba-6200f", 303, "JL727A", "6200F 48G CL4 4SFP+370W Swch", "ML.10.10.1100", (48, 1000, 10_000), 1),
)
