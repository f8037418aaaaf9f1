"""Dell service processors: iDRAC 9 (IDRAC-MIB-SMIv2)."""

from __future__ import annotations

from collections.abc import Callable

from agent.demo.device import Device
from agent.demo.families import base, iftable
from agent.demo.families.base import Model
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, text, whole

DELL = "1.3.6.1.4.1.674.10892.5"
OK, NON_CRITICAL, CRITICAL = 3, 4, 5  # ObjectStatusEnum
DISKS = 6


def service_tag(device: Device) -> str:
    """Seven letters and digits with no date in them."""
    return device.letters(7, "service tag", alphabet="123456789BCDFGHJKLMNPQRSTVWXYZ")


def _supply_bad(device: Device, number: int) -> Callable[[float], bool]:
    return lambda t: device.failed_psu == number


def build_idrac(tree: Tree, device: Device, model: Model) -> None:
    tag, pid = service_tag(device), model.data["pid"]
    base.system(tree, device, model.sys_object_id, "", services=72)
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
    inlet = base.temperature(device, 21, 25, "inlet")

    def hot(t: float) -> bool:
        return inlet(t) > 32

    def broken(t: float) -> bool:
        return device.failed_psu is not None

    def overall(t: float) -> int:
        return CRITICAL if broken(t) else NON_CRITICAL if hot(t) else OK

    tree.scalars(
        f"{DELL}.1.1",
        {
            1: text("Integrated Dell Remote Access Controller 9"),
            2: text("iDRAC9"),
            4: text("Dell Inc."),
            5: text(model.version),
            7: whole(48),
            8: text(model.version),
        },
    )
    tree.scalars(f"{DELL}.1.2", {1: text(tag), 2: text("")})
    tree.scalars(
        f"{DELL}.1.3",
        {
            1: text(f"{device.kit.name}.example.gov.uk"),
            2: text(tag),
            3: text(str(int(tag, 36))),
            4: text(""),
            6: text("VMware ESXi"),
            7: whole(4),
            12: text(pid),
            14: text("7.0.3"),
        },
    )
    tree.scalars(
        f"{DELL}.2",
        {1: whole(overall), 2: whole(overall), 3: whole(OK), 4: whole(4), 5: whole(lambda t: int(device.uptime(t)))},
    )
    combined = {c: whole(OK) for c in (12, 15, 21, 27, 30, 50, 52)}
    tree.row(
        f"{DELL}.4.200.10.1",
        1,
        {
            1: whole(1),
            2: whole(overall),
            4: whole(OK),
            6: whole(lambda t: 5 if broken(t) else 3),
            9: whole(lambda t: CRITICAL if broken(t) else OK),
            18: whole(3),
            24: whole(lambda t: NON_CRITICAL if hot(t) else OK),
            42: whole(lambda t: CRITICAL if broken(t) else OK),
            44: whole(OK),
            **combined,
        },
    )
    tree.row(
        f"{DELL}.4.300.10.1",
        1,
        {
            1: whole(1),
            4: whole(overall),
            6: whole(25),
            7: text("Main System Chassis"),
            8: text("Dell Inc."),
            9: text(pid),
            10: text(""),
            11: text(tag),
            15: text(device.kit.name),
        },
    )
    tree.row(
        f"{DELL}.4.300.50.1",
        (1, 1),
        {
            1: whole(1),
            2: whole(1),
            5: whole(OK),
            7: text("20230911000000.000000+000"),
            8: text("2.19.1"),
            11: text("Dell Inc."),
        },
    )
    watts = base.busy(device, 210, 420, "watts")

    def supply(s: int) -> None:
        bad = _supply_bad(device, s)
        tree.row(
            f"{DELL}.4.600.12.1",
            (1, s),
            {
                1: whole(1),
                2: whole(s),
                4: whole(lambda t: 4 if bad(t) else 1),
                5: whole(lambda t: CRITICAL if bad(t) else OK),
                6: whole(11_000),
                7: whole(9),
                8: text(f"PS{s} Status"),
                9: whole(240),
                11: whole(lambda t: 8 if bad(t) else 1),
                14: whole(12_600),
                15: text(f"PSU.Slot.{s}"),
                16: whole(lambda t: 0 if bad(t) else 236),
            },
        )
        tree.row(
            f"{DELL}.4.600.20.1",
            (1, s),
            {
                1: whole(1),
                2: whole(s),
                5: whole(lambda t: 8 if bad(t) else OK),
                6: whole(lambda t: 0 if bad(t) else 236000),
                7: whole(19),
                8: text(f"PS{s} Voltage {s}"),
            },
        )
        tree.row(
            f"{DELL}.4.600.30.1",
            (1, s),
            {
                1: whole(1),
                2: whole(s),
                5: whole(OK),
                6: whole(lambda t: 0 if bad(t) else round(watts(t) / 236 / 2 * 10)),
                7: whole(23),
                8: text(f"PS{s} Current {s}"),
            },
        )

    for s in (1, 2):
        supply(s)
    tree.row(
        f"{DELL}.4.600.30.1",
        (1, 3),
        {
            1: whole(1),
            2: whole(3),
            5: whole(OK),
            6: whole(base.rounded(watts)),
            7: whole(26),
            8: text("System Board Pwr Consumption"),
            10: whole(980),
            11: whole(896),
        },
    )
    for f in range(1, 7):
        tree.row(
            f"{DELL}.4.700.12.1",
            (1, f),
            {
                1: whole(1),
                2: whole(f),
                5: whole(OK),
                6: whole(base.rounded(base.busy(device, 5200, 8100, "fan", f))),
                7: whole(3),
                8: text(f"System Board Fan{f}"),
                12: whole(600),
                13: whole(360),
                16: whole(3),
                19: text(f"Fan.Embedded.{f}"),
            },
        )
    spots = (
        ("CPU1 Temp", 48, 61, 83, 88),
        ("CPU2 Temp", 47, 60, 83, 88),
        ("System Board Inlet Temp", 21, 25, 38, 42),
        ("System Board Exhaust Temp", 31, 38, 70, 75),
    )

    def spot_row(i: int, spot: str, low: float, high: float, warn: int, most: int) -> None:
        value = inlet if "Inlet" in spot else base.temperature(device, low, high, spot)
        tree.row(
            f"{DELL}.4.700.20.1",
            (1, i),
            {
                1: whole(1),
                2: whole(i),
                5: whole(lambda t: OK if value(t) < warn else 4 if value(t) < most else 5),
                6: whole(base.rounded(value, 10)),
                7: whole(3),
                8: text(spot),
                10: whole(most * 10),
                11: whole(warn * 10),
                12: whole(30),
                13: whole(-70),
            },
        )

    for i, (spot, low, high, warn, most) in enumerate(spots, 1):
        spot_row(i, spot, low, high, warn, most)
    for c in (1, 2):
        tree.row(
            f"{DELL}.4.1100.30.1",
            (1, c),
            {
                1: whole(1),
                2: whole(c),
                5: whole(OK),
                7: whole(3),
                8: text("Intel"),
                9: whole(3),
                11: whole(4000),
                12: whole(2400),
                17: whole(16),
                18: whole(16),
                19: whole(32),
                23: text("Intel(R) Xeon(R) Silver 4216 CPU @ 2.10GHz"),
                26: text(f"CPU.Socket.{c}"),
            },
        )
    for d in range(1, 13):
        tree.row(
            f"{DELL}.4.1100.50.1",
            (1, d),
            {
                1: whole(1),
                2: whole(d),
                5: whole(OK),
                7: whole(26),
                8: text(f"DIMM.Socket.A{d}"),
                14: whole(33_554_432),
                15: whole(2933),
                21: text("Hynix Semiconductor"),
                22: text("HMA84GR7CJR4N-WM"),
                23: text(device.letters(8, "dimm", d)),
                26: text(f"DIMM.Socket.A{d}"),
            },
        )
    storage = f"{DELL}.5.1.20"
    tree.row(
        f"{storage}.130.1.1",
        1,
        {
            1: whole(1),
            2: text("PERC H740P Mini"),
            8: text("51.16.0-4296"),
            9: whole(8192),
            37: whole(OK),
            38: whole(OK),
        },
    )
    for d in range(1, DISKS + 1):
        made = base.made_before(device, "disk", d)
        tree.row(
            f"{storage}.130.4.1",
            d,
            {
                1: whole(d),
                2: text(f"Physical Disk 0:1:{d - 1}"),
                3: text("TOSHIBA"),
                4: whole(3),
                6: text("AL15SEB120NY"),
                7: text(device.letters(12, "disk", d)),
                8: text("EF06"),
                11: whole(1_144_064),
                21: whole(3),
                22: whole(1 if d < DISKS else 3),
                24: whole(OK),
                31: whole(0),
                33: text(f"{made.isocalendar()[1]:02d}"),
                34: text(str(made.year)),
                35: whole(2),
                54: text(f"Disk.Bay.{d - 1}:Enclosure.Internal.0-1:RAID.Integrated.1-1"),
                55: text(f"Physical Disk 0:1:{d - 1}"),
            },
        )
    tree.row(
        f"{storage}.140.1.1",
        1,
        {
            1: whole(1),
            2: text("Virtual Disk 0"),
            4: whole(2),
            6: whole(4_576_256),
            13: whole(5),
            20: whole(OK),
            23: whole(1),
        },
    )


MODELS = (
    Model(
        "idrac9",
        "Dell PowerEdge R740 (iDRAC9)",
        "Dell",
        "bmc",
        "1.3.6.1.4.1.674.10892.5",
        "6.10.80.00",
        build_idrac,
        None,
        {"pid": "PowerEdge R740"},
    ),
    Model(
        "idrac9-r640",
        "Dell PowerEdge R640 (iDRAC9)",
        "Dell",
        "bmc",
        "1.3.6.1.4.1.674.10892.5",
        "6.10.80.00",
        build_idrac,
        None,
        {"pid": "PowerEdge R640"},
    ),
)
