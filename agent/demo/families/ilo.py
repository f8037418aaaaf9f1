"""HPE service processors: iLO 5 (CPQHLTH-MIB, CPQSINFO-MIB, CPQIDA-MIB, CPQSM2-MIB)."""

from __future__ import annotations

from collections.abc import Callable

from agent.demo.device import Device
from agent.demo.families import base, iftable
from agent.demo.families.base import Model, Reading
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, count, text, whole

CPQ = "1.3.6.1.4.1.232"
FINE, DEGRADED, FAILED = 2, 3, 4  # condition
DISKS = 6


def hpe_serial(device: Device) -> str:
    """CCSYWWSSSS: plant, year digit, week, sequence."""
    year, week, _ = base.made_before(device).isocalendar()
    return f"CZJ{year % 10}{week:02d}{device.letters(4, 'serial')}"


def _supply_bad(device: Device, number: int) -> Callable[[float], bool]:
    return lambda t: device.failed_psu == number


def build_ilo(tree: Tree, device: Device, model: Model) -> None:
    own, pid = hpe_serial(device), model.data["pid"]
    base.system(tree, device, model.sys_object_id, f"Integrated Lights-Out 5 {model.version} Jul 13 2023", services=72)
    iftable.interfaces(
        tree,
        device,
        list(
            enumerate(
                [
                    Port("eth0", "eth0", load=(500, 900)),
                    Port("lo", "lo", kind=iftable.LOOPBACK, mbps=10, physical=False),
                ],
                1,
            )
        ),
    )

    def broken(t: float) -> bool:
        return device.failed_psu is not None

    inlet = base.temperature(device, 20, 24, "inlet")

    def overall(t: float) -> int:
        return DEGRADED if broken(t) or inlet(t) > 40 else FINE

    tree.scalars(f"{CPQ}.2.2.2", {1: text(own), 3: text(""), 6: text("867959-B21")})
    tree.scalars(f"{CPQ}.2.2.4", {2: text(pid)})
    tree.scalars(f"{CPQ}.1.2.6", {1: text("U30 v2.68 (07/14/2022)")})
    tree.scalars(f"{CPQ}.6.1", {3: whole(overall)})
    tree.scalars(
        f"{CPQ}.6.2.6",
        {1: whole(lambda t: DEGRADED if inlet(t) > 40 else FINE), 3: whole(FINE), 4: whole(FINE), 5: whole(FINE)},
    )
    tree.scalars(f"{CPQ}.6.2.9", {1: whole(lambda t: DEGRADED if broken(t) else FINE)})
    tree.scalars(f"{CPQ}.6.2.14", {4: whole(FINE)})
    watts = base.busy(device, 170, 350, "watts")
    tree.scalars(f"{CPQ}.6.2.15", {1: whole(2), 2: whole(2), 3: whole(base.rounded(watts))})
    tree.scalars(f"{CPQ}.3.1", {3: whole(FINE)})
    tree.scalars(
        f"{CPQ}.9.2.2",
        {
            1: text("07/13/2023"),
            2: text(model.version),
            12: text(model.version),
            15: text(device.letters(10, "ilo")),
            21: text("iLO Advanced"),
        },
    )
    tree.scalars(f"{CPQ}.11.2.10", {1: text(b"\x02\x00\x00\x00")})
    for c in (0, 1):
        tree.row(
            f"{CPQ}.1.2.2.1.1",
            c,
            {
                1: whole(c),
                2: whole(0),
                3: text("Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz"),
                4: whole(2300),
                6: whole(FINE),
                9: whole(c + 1),
                15: whole(16),
            },
        )
    for f in range(1, 7):
        speed = base.busy(device, 22, 48, "fan", f)
        tree.row(
            f"{CPQ}.6.2.6.7.1",
            (0, f),
            {
                1: whole(0),
                2: whole(f),
                3: whole(3),
                4: whole(3),
                5: whole(2),
                6: whole(2),
                7: whole(3),
                9: whole(FINE),
                10: whole(3),
                11: text(""),
                12: whole(base.rounded(speed)),
            },
        )
    spots = (
        (11, inlet, 42),
        (6, base.temperature(device, 40, 48, "cpu1"), 70),
        (6, base.temperature(device, 40, 48, "cpu2"), 70),
        (7, base.temperature(device, 30, 37, "dimm"), 89),
        (10, base.temperature(device, 32, 39, "psu"), 0),
    )

    def spot_row(i: int, place: int, value: Reading, limit: int) -> None:
        tree.row(
            f"{CPQ}.6.2.6.8.1",
            (0, i),
            {
                1: whole(0),
                2: whole(i),
                3: whole(place),
                4: whole(base.rounded(value)),
                5: whole(limit),
                6: whole(lambda t: DEGRADED if limit and value(t) > limit - 2 else FINE),
                7: whole(9),
            },
        )

    for i, (place, value, limit) in enumerate(spots, 1):
        spot_row(i, place, value, limit)

    def supply(s: int) -> None:
        bad = _supply_bad(device, s)
        tree.row(
            f"{CPQ}.6.2.9.3.1",
            (0, s),
            {
                1: whole(0),
                2: whole(s),
                3: whole(3),
                4: whole(lambda t: FAILED if bad(t) else FINE),
                5: whole(lambda t: 2 if bad(t) else 1),
                6: whole(lambda t: 0 if bad(t) else 236),
                7: whole(lambda t: 0 if bad(t) else round(watts(t) / 2)),
                8: whole(800),
                9: whole(lambda t: 2 if broken(t) else 3),
                10: text("865414-B21"),
                11: text(f"5WBXK0{device.letters(8, 'supply', s)}"),
                14: text("1.00"),
                18: whole(lambda t: 6 if bad(t) else 1),
            },
        )

    for s in (1, 2):
        supply(s)
    tree.row(
        f"{CPQ}.3.2.2.1.1",
        0,
        {
            1: whole(0),
            2: whole(1),
            3: text("5.32"),
            5: whole(0),
            6: whole(FINE),
            10: whole(FINE),
            12: whole(FINE),
            15: text(f"PEYHC0{device.letters(8, 'array')}"),
        },
    )
    for d in range(DISKS):
        tree.row(
            f"{CPQ}.3.2.5.1.1",
            (0, d),
            {
                1: whole(0),
                2: whole(d),
                3: text("EG001200JWJNQ"),
                4: text("HPD5"),
                5: whole(d + 1),
                6: whole(FINE),
                9: count(lambda t: int(device.uptime(t) / 3600)),
                37: whole(FINE),
                45: whole(1_144_609),
                51: text(device.letters(12, "disk", d)),
            },
        )


MODELS = (
    Model(
        "ilo5",
        "HPE ProLiant DL380 Gen10 (iLO 5)",
        "HPE",
        "bmc",
        "1.3.6.1.4.1.232.9.4.11",
        "2.78",
        build_ilo,
        None,
        {"pid": "ProLiant DL380 Gen10"},
    ),
)
