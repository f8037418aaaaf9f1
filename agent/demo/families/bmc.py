"""Service processors: Dell iDRAC (IDRAC-MIB-SMIv2) and HPE iLO (CPQHLTH, CPQSINFO, CPQIDA, CPQSM2 MIBs)."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import base
from agent.demo.families.base import Model, Port
from agent.demo.tree import Tree, count, text, whole

DELL = "1.3.6.1.4.1.674.10892.5"
CPQ = "1.3.6.1.4.1.232"
OK, NON_CRITICAL, CRITICAL = 3, 4, 5  # ObjectStatusEnum of Dell
FINE, DEGRADED, FAILED = 2, 3, 4  # condition of Compaq
DISKS = 6


def service_tag(device: Device) -> str:
    """Seven letters and digits with no date in them."""
    return device.letters(7, "service tag", alphabet="123456789BCDFGHJKLMNPQRSTVWXYZ")


def hpe_serial(device: Device) -> str:
    """CCSYWWSSSS: plant, year digit, week, sequence."""
    year, week, _ = base.made_before(device).isocalendar()
    return f"CZJ{year % 10}{week:02d}{device.letters(4, 'serial')}"


def _supply_bad(device: Device, number: int):  # type: ignore[no-untyped-def]
    return lambda t: device.failed_psu == number


def build_idrac(tree: Tree, device: Device, model: Model) -> None:
    tag, pid = service_tag(device), model.data["pid"]
    base.system(tree, device, model.sys_object_id, "", services=72)
    base.interfaces(
        tree,
        device,
        list(
            enumerate(
                [Port("eth0", "eth0", load=(500, 900)), Port("lo", "lo", kind=base.LOOPBACK, mbps=10, physical=False)],
                1,
            )
        ),
    )
    inlet = base.temperature(device, 21, 25, "inlet")
    hot = lambda t: inlet(t) > 32  # noqa: E731
    broken = lambda t: device.failed_psu is not None  # noqa: E731
    overall = lambda t: CRITICAL if broken(t) else NON_CRITICAL if hot(t) else OK  # noqa: E731
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
    for s in (1, 2):
        bad = _supply_bad(device, s)
        tree.row(
            f"{DELL}.4.600.12.1",
            (1, s),
            {
                1: whole(1),
                2: whole(s),
                4: whole(lambda t, bad=bad: 4 if bad(t) else 1),
                5: whole(lambda t, bad=bad: CRITICAL if bad(t) else OK),
                6: whole(11_000),
                7: whole(9),
                8: text(f"PS{s} Status"),
                9: whole(240),
                11: whole(lambda t, bad=bad: 8 if bad(t) else 1),
                14: whole(12_600),
                15: text(f"PSU.Slot.{s}"),
                16: whole(lambda t, bad=bad: 0 if bad(t) else 236),
            },
        )
        tree.row(
            f"{DELL}.4.600.20.1",
            (1, s),
            {
                1: whole(1),
                2: whole(s),
                5: whole(lambda t, bad=bad: 8 if bad(t) else OK),
                6: whole(lambda t, bad=bad: 0 if bad(t) else 236_000),
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
                6: whole(lambda t, bad=bad: 0 if bad(t) else round(watts(t) / 236 / 2 * 10)),
                7: whole(23),
                8: text(f"PS{s} Current {s}"),
            },
        )
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
    for i, (spot, low, high, warn, most) in enumerate(spots, 1):
        value = inlet if "Inlet" in spot else base.temperature(device, low, high, spot)
        tree.row(
            f"{DELL}.4.700.20.1",
            (1, i),
            {
                1: whole(1),
                2: whole(i),
                5: whole(lambda t, v=value, warn=warn, most=most: OK if v(t) < warn else 4 if v(t) < most else 5),
                6: whole(base.rounded(value, 10)),
                7: whole(3),
                8: text(spot),
                10: whole(most * 10),
                11: whole(warn * 10),
                12: whole(30),
                13: whole(-70),
            },
        )
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
                31: whole(1),
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


def build_ilo(tree: Tree, device: Device, model: Model) -> None:
    own, pid = hpe_serial(device), model.data["pid"]
    base.system(tree, device, model.sys_object_id, f"Integrated Lights-Out 5 {model.version} Jul 13 2023", services=72)
    base.interfaces(
        tree,
        device,
        list(
            enumerate(
                [Port("eth0", "eth0", load=(500, 900)), Port("lo", "lo", kind=base.LOOPBACK, mbps=10, physical=False)],
                1,
            )
        ),
    )
    broken = lambda t: device.failed_psu is not None  # noqa: E731
    inlet = base.temperature(device, 20, 24, "inlet")
    overall = lambda t: DEGRADED if broken(t) or inlet(t) > 40 else FINE  # noqa: E731
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
    for i, (place, value, limit) in enumerate(spots, 1):
        tree.row(
            f"{CPQ}.6.2.6.8.1",
            (0, i),
            {
                1: whole(0),
                2: whole(i),
                3: whole(place),
                4: whole(base.rounded(value)),
                5: whole(limit),
                6: whole(lambda t, v=value, limit=limit: DEGRADED if limit and v(t) > limit - 2 else FINE),
                7: whole(9),
            },
        )
    for s in (1, 2):
        bad = _supply_bad(device, s)
        tree.row(
            f"{CPQ}.6.2.9.3.1",
            (0, s),
            {
                1: whole(0),
                2: whole(s),
                3: whole(3),
                4: whole(lambda t, bad=bad: FAILED if bad(t) else FINE),
                5: whole(lambda t, bad=bad: 2 if bad(t) else 1),
                6: whole(lambda t, bad=bad: 0 if bad(t) else 236),
                7: whole(lambda t, bad=bad: 0 if bad(t) else round(watts(t) / 2)),
                8: whole(800),
                9: whole(lambda t: 2 if broken(t) else 3),
                10: text("865414-B21"),
                11: text(f"5WBXK0{device.letters(8, 'supply', s)}"),
                14: text("1.00"),
                18: whole(lambda t, bad=bad: 6 if bad(t) else 1),
            },
        )
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
    Model("idrac9", "Dell PowerEdge R740 (iDRAC9)", "Dell", "bmc", "1.3.6.1.4.1.674.10892.5", "6.10.80.00", build_idrac, None, {"pid": "PowerEdge R740"}),
    Model("idrac9-r640", "Dell PowerEdge R640 (iDRAC9)", "Dell", "bmc", "1.3.6.1.4.1.674.10892.5", "6.10.80.00", build_idrac, None, {"pid": "PowerEdge R640"}),
    Model("ilo5", "HPE ProLiant DL380 Gen10 (iLO 5)", "HPE", "bmc", "1.3.6.1.4.1.232.9.4.11", "2.78", build_ilo, None, {"pid": "ProLiant DL380 Gen10"}),
)  # fmt: skip
