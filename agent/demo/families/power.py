"""UPSs that speak the standard UPS-MIB (RFC 1628), and AKCP room sensors (SPAGENT-MIB)."""

from __future__ import annotations

from agent.demo.device import BATTERY_MINUTES, Device
from agent.demo.families import base, iftable
from agent.demo.families.base import Model
from agent.demo.families.iftable import Port
from agent.demo.tree import Cell, Tree, count, gauge, pointer, text, ticks, whole

UPS = "1.3.6.1.2.1.33.1"
AKCP = "1.3.6.1.4.1.3854.1"


def build_ups(tree: Tree, device: Device, model: Model) -> None:
    """RFC 1628: three phases in and out."""
    base.system(tree, device, model.sys_object_id, f"{model.data['maker']} {model.data['pid']} NetMan 204", services=72)
    iftable.interfaces(
        tree,
        device,
        list(
            enumerate(
                [
                    Port("eth0", "eth0", mbps=100, load=(280, 400)),
                    Port("lo", "lo", kind=iftable.LOOPBACK, mbps=10, physical=False),
                ],
                1,
            )
        ),
    )
    battery, load = device.battery, base.busy(device, 24, 41, "load")
    rating: int = model.data["watts"]

    def on_battery(t: float) -> bool:
        return battery.on_battery_since is not None

    def since(t: float) -> int:
        return 0 if battery.on_battery_since is None else max(1, int(t - battery.on_battery_since))

    tree.scalars(
        f"{UPS}.1",
        {
            1: text(model.data["maker"]),
            2: text(model.data["pid"]),
            3: text(model.data["firmware"]),
            4: text(model.version),
            5: text(device.kit.name),
            6: text(""),
        },
    )
    tree.scalars(
        f"{UPS}.2",
        {
            1: whole(lambda t: 4 if battery.charge(t) <= 2 else 3 if battery.charge(t) < 20 else 2),
            2: whole(since),
            3: whole(lambda t: round(battery.charge(t) / 100 * BATTERY_MINUTES)),
            4: whole(base.rounded(battery.charge)),
            5: whole(lambda t: round(2700 + 1.4 * battery.charge(t))),
            6: whole(lambda t: -round(rating * load(t) / 100 / 27) if on_battery(t) else 0),
            7: whole(base.rounded(base.temperature(device, 22, 26, "battery"))),
        },
    )
    tree.scalars(f"{UPS}.3", {1: count(lambda t: int(4 * device.draw("bads")) + on_battery(t)), 2: whole(3)})
    tree.scalars(f"{UPS}.4", {1: whole(lambda t: 5 if on_battery(t) else 3), 2: whole(500), 3: whole(3)})
    tree.scalars(f"{UPS}.5", {1: whole(500), 2: whole(3)})

    def phase_row(line: int) -> None:
        mains = base.varying(device, 232, 241, "mains", line)

        def volts(t: float) -> int:
            return 0 if on_battery(t) else round(mains(t))

        share = base.varying(device, 0.9, 1.1, "share", line)

        def phase(t: float) -> float:
            return min(99.0, load(t) * share(t))

        def watts(t: float) -> int:
            return round(rating / 3 * phase(t) / 100)

        tree.row(
            f"{UPS}.3.3.1",
            line,
            {
                2: whole(lambda t: 0 if on_battery(t) else 500),
                3: whole(volts),
                4: whole(lambda t: 0 if on_battery(t) else round(watts(t) / 21)),
                5: whole(lambda t: 0 if on_battery(t) else round(watts(t) * 1.06)),
            },
        )
        tree.row(
            f"{UPS}.4.4.1",
            line,
            {
                2: whole(230),
                3: whole(lambda t: round(watts(t) / 23)),
                4: whole(watts),
                5: whole(lambda t: round(phase(t))),
            },
        )
        tree.row(f"{UPS}.5.3.1", line, {2: whole(volts), 3: whole(0), 4: whole(0)})

    for line in (1, 2, 3):
        phase_row(line)
    tree.put(f"{UPS}.6.1.0", gauge(lambda t: int(on_battery(t)) + int(battery.charge(t) < 20)))
    alarm: dict[int, Cell] = {
        2: pointer(f"{UPS}.6.3.2"),
        3: ticks(lambda t: max(0, int((battery.on_battery_since or t) - device.boot_at)) * 100),
    }
    tree.row(f"{UPS}.6.2.1", 1, base.present(lambda t: bool(on_battery(t)), {3: alarm[3]}))
    tree.scalars(
        f"{UPS}.7",
        {1: pointer("1.3.6.1.2.1.33.1.7.7.1"), 3: whole(1), 4: text("Battery test passed"), 5: ticks(0), 6: whole(0)},
    )
    tree.scalars(
        f"{UPS}.9",
        {
            1: whole(230),
            2: whole(500),
            3: whole(230),
            4: whole(500),
            5: whole(rating + rating // 9),
            6: whole(rating),
            7: whole(5),
            8: whole(2),
        },
    )


def build_akcp(tree: Tree, device: Device, model: Model) -> None:
    """A room sensor unit with two temperature and humidity probes and a water sensor."""
    base.system(
        tree, device, model.sys_object_id, f"{model.data['pid']} v {model.version} - {device.kit.name}", services=72
    )
    iftable.interfaces(tree, device, list(enumerate([Port("eth0", "eth0", mbps=100, load=(200, 300))], 1)), high=False)

    def probe(index: int, place: str) -> None:
        air, damp = base.temperature(device, 20.5, 24.5, place), base.varying(device, 37, 47, place, "damp")
        tree.row(
            f"{AKCP}.2.2.1.16.1",
            index,
            {
                1: text(f"{place} temperature"),
                2: text(place),
                3: whole(base.rounded(air)),
                4: whole(lambda t: 2 if air(t) < 28 else 3 if air(t) < 32 else 4),
                5: whole(1),
                7: whole(28),
                8: whole(32),
                9: whole(12),
                10: whole(8),
                12: whole(1),
                13: whole(0),
                14: whole(base.rounded(air, 10)),
            },
        )
        tree.row(
            f"{AKCP}.2.2.1.17.1",
            index,
            {
                1: text(f"{place} humidity"),
                2: text(place),
                3: whole(base.rounded(damp)),
                4: whole(2),
                5: whole(1),
                7: whole(65),
                8: whole(75),
                9: whole(25),
                10: whole(20),
            },
        )

    for index, place in enumerate(("Rack row A", "Rack row B")):
        probe(index, place)


MODELS = (
    Model(
        "riello-mst",
        "Riello Multi Sentry 40",
        "Riello",
        "ups",
        "1.3.6.1.4.1.5491.6",
        "02.09",
        build_ups,
        None,
        {"maker": "RIELLO UPS", "pid": "MST 40", "firmware": "SWM037-02-09", "watts": 36_000},
    ),
    Model(
        "eaton-93pm",
        "Eaton 93PM 50",
        "Eaton",
        "ups",
        "1.3.6.1.4.1.534.1",
        "2.1.5",
        build_ups,
        None,
        {"maker": "EATON", "pid": "93PM 50", "firmware": "INV: 1.53", "watts": 45_000},
    ),
    Model(
        "akcp-sp2plus",
        "AKCP sensorProbe2+",
        "AKCP",
        "environment",
        "1.3.6.1.4.1.3854.1",
        "SP2E 5.0.1442",
        build_akcp,
        None,
        {"pid": "sensorProbe2+"},
    ),
)
