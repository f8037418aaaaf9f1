"""APC (PowerNet-MIB): Smart-UPS, rack PDUs, NetBotz sensors, in-row cooling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from agent.demo.device import BATTERY_MINUTES, Device
from agent.demo.families import base, iftable
from agent.demo.families.base import Model
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, gauge, text, ticks, whole

APC = "1.3.6.1.4.1.318"
UPS = f"{APC}.1.1.1"
FLAGS = 64


def serial(device: Device) -> str:
    """AS, year, week, day, number: APC prints it on the box; the manufacture-date object says it again."""
    year, week, day = base.made_before(device).isocalendar()
    return f"AS{year % 100:02d}{week:02d}{day}{device.letters(6, 'serial', alphabet='0123456789')}"


def card(tree: Tree, device: Device, model: Model, app: str) -> None:
    """The network management card that answers for the device."""
    made = base.made_before(device, "card")
    number = device.letters(5, "card", alphabet="0123456789")
    file = f"{model.version.replace('.', '')}.bin"
    words = (
        f"APC Web/SNMP Management Card (MB:v4.1.0 PF:v{model.version} PN:apc_hw05_aos_{file} AF1:v{model.version} "
        f"AN1:apc_hw05_{app}_{file} MN:AP9641 HR:08 "
        f"SN: 5A{made.year % 100:02d}{made.isocalendar()[1]:02d}T{number} MD:{made:%m/%d/%Y})"
    )
    base.system(tree, device, model.sys_object_id, words, services=72)
    ports = [
        Port("eth0", "eth0", mbps=100, load=(300, 420)),
        Port("lo0", "lo0", kind=iftable.LOOPBACK, mbps=0, physical=False),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)), high=False)


def battery_bought(device: Device) -> str:
    """The date the battery was last replaced: with the purchase, or once since, as batteries are."""
    bought = device.kit.bought_on
    age = device.clock.started_at / 86_400 - (bought - _EPOCH).days
    changed = bought + timedelta(days=int(4.1 * 365)) if age > 4.6 * 365 else bought
    return changed.strftime("%m/%d/%Y")


_EPOCH = date(1970, 1, 1)


def battery_due(device: Device) -> str:
    month, day, year = battery_bought(device).split("/")
    return f"{month}/{day}/{int(year) + 5}"


def load_percent(device: Device, model: Model) -> Callable[[float], float]:
    return base.busy(device, model.data.get("low", 28), model.data.get("high", 46), "load")


def build_ups(tree: Tree, device: Device, model: Model) -> None:
    card(tree, device, model, "su")
    load = load_percent(device, model)
    watts: int = model.data["watts"]
    mains, battery = base.varying(device, 233, 243, "mains"), device.battery

    def on_battery(t: float) -> bool:
        return battery.on_battery_since is not None

    def volts_in(t: float) -> float:
        return 0.0 if on_battery(t) else mains(t)

    def runtime(t: float) -> float:
        return battery.charge(t) / 100 * BATTERY_MINUTES * 60

    def since(t: float) -> float:
        return 0.0 if battery.on_battery_since is None else max(0.0, t - battery.on_battery_since)

    warm = base.temperature(device, 23, 28, "battery")
    tree.scalars(f"{UPS}.1.1", {1: text(model.data["pid"]), 2: text(device.kit.name)})
    tree.scalars(
        f"{UPS}.1.2",
        {
            1: text(model.data["firmware"]),
            2: text(base.made_before(device).strftime("%m/%d/%y")),
            3: text(serial(device)),
            5: text(model.data["sku"]),
        },
    )
    tree.scalars(
        f"{UPS}.2.1",
        {
            1: whole(lambda t: 3 if battery.charge(t) < 20 else 2),
            2: ticks(lambda t: int(since(t) * 100)),
            3: text(battery_bought(device)),
        },
    )
    tree.scalars(
        f"{UPS}.2.2",
        {
            1: gauge(base.rounded(battery.charge)),
            2: gauge(base.rounded(warm)),
            3: ticks(lambda t: int(runtime(t) * 100)),
            4: whole(1),
            5: whole(1),
            6: whole(0),
            7: whole(48),
            8: whole(lambda t: round(48 + 0.065 * battery.charge(t))),
            17: whole(lambda t: 7 if on_battery(t) else 4),
            19: text("APCRBC140"),
            21: text(battery_due(device)),
        },
    )
    tree.scalars(
        f"{UPS}.2.3",
        {
            1: gauge(base.rounded(battery.charge, 10)),
            2: gauge(base.rounded(warm, 10)),
            3: whole(480),
            4: whole(lambda t: round(480 + 0.65 * battery.charge(t))),
        },
    )
    tree.scalars(
        f"{UPS}.3.2",
        {
            1: gauge(base.rounded(volts_in)),
            2: gauge(244),
            3: gauge(231),
            4: gauge(lambda t: 0 if on_battery(t) else 50),
            5: whole(lambda t: 4 if on_battery(t) else 1),
        },
    )
    tree.scalars(f"{UPS}.3.3", {1: gauge(base.rounded(volts_in, 10)), 4: gauge(lambda t: 0 if on_battery(t) else 500)})
    tree.scalars(f"{UPS}.4.1", {1: whole(lambda t: 3 if on_battery(t) else 2), 2: whole(1)})

    def amperes(t: float) -> float:
        return watts * load(t) / 100 / 230

    tree.scalars(
        f"{UPS}.4.2",
        {
            1: gauge(230),
            2: gauge(50),
            3: gauge(base.rounded(load)),
            4: gauge(base.rounded(amperes)),
            8: whole(lambda t: round(watts * load(t) / 100)),
            9: whole(lambda t: round(watts * load(t) / 92)),
            12: gauge(lambda t: int(device.uptime(t) / 3600 * watts * 0.36 / 1000)),
        },
    )
    tree.scalars(
        f"{UPS}.4.3",
        {
            1: gauge(lambda t: 2300),
            2: gauge(500),
            3: gauge(base.rounded(load, 10)),
            4: gauge(base.rounded(amperes, 10)),
            6: gauge(lambda t: int(device.uptime(t) / 36 * watts * 0.36 / 1000)),
        },
    )
    tree.scalars(f"{UPS}.7.2", {1: whole(3), 3: whole(1), 4: text(lambda t: "01/14/2025")})
    tree.put(f"{UPS}.8.1.0", whole(1))
    tree.scalars(f"{UPS}.11.1", {1: text(lambda t: _flags(device, t)), 2: whole(lambda t: 3 if on_battery(t) else 1)})


def _flags(device: Device, t: float) -> str:
    """upsBasicStateOutputState: 64 flags; 2 on battery, 3 low battery, 4 on line, 6 serial communication, 19 on."""
    on_battery = device.battery.on_battery_since is not None
    flags = {6: True, 19: True, 2: on_battery, 3: device.battery.charge(t) < 20, 4: not on_battery}
    return "".join("1" if flags.get(i, False) else "0" for i in range(1, FLAGS + 1))


def build_pdu(tree: Tree, device: Device, model: Model) -> None:
    """Rack PDU, second generation (rPDU2)."""
    card(tree, device, model, "rpdu2g")
    rpdu = f"{APC}.1.1.26"
    amperes, made = base.busy(device, 4.2, 11.5, "amps"), base.made_before(device)
    volts = base.varying(device, 232, 241, "volts")

    def watts(t: float) -> float:
        return amperes(t) * volts(t) * 0.96

    energy = device.flow(base.week_of(device), 2.0e-4, "energy")  # tenths of kWh per second at full load
    tree.row(
        f"{rpdu}.2.1",
        1,
        {
            1: whole(1),
            2: whole(1),
            3: text(device.kit.name),
            4: text(device.kit.site_title),
            5: text("2"),
            6: text(f"v{model.version}"),
            7: text(made.strftime("%m/%d/%Y")),
            8: text(model.data["pid"]),
            9: text(f"5A{serial(device)[2:]}"),
        },
    )
    tree.row(
        f"{rpdu}.4.3.1",
        1,
        {
            1: whole(1),
            2: whole(1),
            3: text(device.kit.name),
            4: whole(lambda t: 3 if amperes(t) > 26 else 2),
            5: whole(lambda t: round(watts(t) / 10)),
            6: whole(310),
            9: whole(lambda t: int(energy.total(t))),
            12: whole(lambda t: 2 if device.failed_psu else 1),
            13: whole(lambda t: 2 if device.failed_psu == 1 else 1),
            14: whole(lambda t: 2 if device.failed_psu == 2 else 1),
            16: whole(lambda t: round(watts(t) / 9.6)),
            17: whole(96),
        },
    )
    tree.row(
        f"{rpdu}.6.3.1",
        1,
        {
            1: whole(1),
            2: whole(1),
            3: whole(1),
            4: whole(2),
            5: whole(base.rounded(amperes, 10)),
            6: whole(base.rounded(volts)),
            7: whole(lambda t: round(watts(t) / 10)),
            8: whole(lambda t: round(watts(t) / 9.6)),
            9: whole(96),
        },
    )
    for bank in (1, 2):
        tree.row(
            f"{rpdu}.8.3.1",
            bank,
            {
                1: whole(bank),
                2: whole(1),
                3: whole(bank),
                4: whole(2),
                5: whole(base.rounded(amperes, 5.0 if bank == 1 else 4.6)),
                6: whole(88),
            },
        )
    air, damp = base.temperature(device, 21, 25, "probe"), base.varying(device, 38, 46, "damp")
    tree.row(
        f"{rpdu}.10.2.2.1",
        1,
        {
            1: whole(1),
            2: whole(1),
            3: text("Rack inlet"),
            4: whole(1),
            5: whole(2),
            6: whole(2),
            7: whole(lambda t: round((air(t) * 1.8 + 32) * 10)),
            8: whole(base.rounded(air, 10)),
            9: whole(_over(air, 30, 35)),
            10: whole(base.rounded(damp)),
            11: whole(4),
        },
    )


def _over(value: Callable[[float], float], high: float, most: float) -> Callable[[float], int]:
    return lambda t: 4 if value(t) < high else 5 if value(t) < most else 6


def build_netbotz(tree: Tree, device: Device, model: Model) -> None:
    """A card with temperature and humidity probes (universal inputs)."""
    card(tree, device, model, "nb200")
    probes = ("Cold aisle front", "Cold aisle rear", "Hot aisle", "Comms rack", "Battery room", "Door side")
    tree.put(f"{APC}.1.1.25.1.1.0", whole(len(probes)))

    def probe(index: int, name: str) -> None:
        low = 31.0 if name == "Hot aisle" else 20.5
        air, damp = base.temperature(device, low, low + 3.5, name), base.varying(device, 36, 49, name, "damp")
        limit = 42 if name == "Hot aisle" else 30
        tree.row(
            f"{APC}.1.1.25.1.2.1",
            (index, 1),
            {
                1: whole(index),
                2: whole(1),
                3: text(name),
                4: text(device.kit.site_title),
                5: whole(lambda t: round(air(t) * 1.8 + 32)),
                6: whole(base.rounded(air)),
                7: whole(base.rounded(damp)),
                8: whole(0),
                9: whole(lambda t: 1 if air(t) < limit else 2 if air(t) < limit + 5 else 3),
                10: whole(2),
            },
        )

    for index, name in enumerate(probes, 1):
        probe(index, name)


def build_inrow(tree: Tree, device: Device, model: Model) -> None:
    """An in-row cooler (RC series)."""
    card(tree, device, model, "acrc")
    unit = f"{APC}.1.1.13.3.2.2"
    supply, back = base.temperature(device, 17, 19.5, "supply"), base.temperature(device, 29, 33, "return")
    rack, output = base.temperature(device, 20, 23, "rack"), base.busy(device, 8, 17, "output")
    fan = base.busy(device, 42, 71, "fan")
    tree.scalars(
        f"{unit}.1",
        {
            1: whole(1),
            2: text(device.kit.name),
            3: text(device.kit.site_title),
            4: text(model.data["pid"]),
            5: text(serial(device)),
            6: text(model.version),
            7: text("2"),
            8: text(base.made_before(device).strftime("%m/%d/%Y")),
        },
    )
    tree.scalars(
        f"{unit}.2",
        {
            1: whole(2),
            2: whole(base.rounded(output, 10)),
            3: whole(base.rounded(output, 10)),
            7: whole(base.rounded(rack, 10)),
            9: whole(base.rounded(supply, 10)),
            11: whole(base.rounded(back, 10)),
            16: whole(base.rounded(fan)),
            19: whole(lambda t: 2 if device.failed_psu == 1 else 1),
            20: whole(base.rounded(fan)),
        },
    )


MODELS = (
    Model(
        "smart-ups-3000",
        "APC Smart-UPS X 3000",
        "APC",
        "ups",
        f"{APC}.1.3.2.8",
        "2.4.2.1",
        build_ups,
        None,
        {"pid": "Smart-UPS X 3000", "sku": "SMX3000RMHV2U", "firmware": "UPS 04.1 (ID20)", "watts": 2700},
    ),
    Model(
        "smart-ups-srt-10k",
        "APC Smart-UPS SRT 10000",
        "APC",
        "ups",
        f"{APC}.1.3.2.11",
        "2.4.2.1",
        build_ups,
        None,
        {
            "pid": "Smart-UPS SRT 10000",
            "sku": "SRT10KRMXLI",
            "firmware": "UPS 10.0 (ID1014)",
            "watts": 10_000,
            "low": 44,
            "high": 62,
        },
    ),
    Model(
        "apc-ap8959",
        "APC Rack PDU AP8959EU3",
        "APC",
        "pdu",
        f"{APC}.1.3.4.6",
        "7.0.8",
        build_pdu,
        None,
        {"pid": "AP8959EU3"},
    ),
    Model(
        "netbotz-200",
        "APC NetBotz Rack Monitor 200",
        "APC",
        "environment",
        f"{APC}.1.3.8.6",
        "6.9.6",
        build_netbotz,
        None,
        {"pid": "NBRK0200"},
    ),
    Model(
        "inrow-rc",
        "APC InRow RC",
        "APC",
        "environment",
        f"{APC}.1.3.14.6",
        "6.9.6",
        build_inrow,
        None,
        {"pid": "ACRC301S"},
    ),
)
