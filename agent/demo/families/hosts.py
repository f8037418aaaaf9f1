"""Servers and hypervisors: net-snmp on Linux (UCD-SNMP-MIB, HOST-RESOURCES-MIB), Windows, VMware ESXi."""

from __future__ import annotations

from collections.abc import Callable

from agent.demo.device import Device
from agent.demo.families import base, iftable
from agent.demo.families.base import Area, Model, Reading
from agent.demo.families.iftable import Port
from agent.demo.tree import Cell, Tree, count, gauge, opaque_float, text, whole

UCD = "1.3.6.1.4.1.2021"
VMW = "1.3.6.1.4.1.6876"
CORES = 4


def build_linux(tree: Tree, device: Device, model: Model) -> None:
    base.system(
        tree,
        device,
        model.sys_object_id,
        f"Linux {device.kit.name} {model.data['kernel']} #1 SMP Debian x86_64",
        services=72,
    )
    week = base.week_of(device)
    ports = [
        Port("lo", "lo", kind=iftable.LOOPBACK, mbps=10, load=(9e4, 9e4), week=week, mtu=65_536, physical=False),
        Port("ens192", "ens192", "", mbps=10_000, load=(1.2e6, 2.8e6), week=week),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    total, swap = 16_384_000, 2_097_148
    share, cached = base.varying(device, 0.36, 0.47, "memory"), base.varying(device, 0.24, 0.31, "cached")

    def used(t: float) -> float:
        return share(t)

    disk, logs = base.grown(0.28, 0.055, device.kit.bought_on), base.grown(0.2, 0.11, device.kit.bought_on)
    areas = [
        (1, Area("Physical memory", 2, 1024, total, lambda t: used(t) + cached(t) + 0.02)),
        (3, Area("Virtual memory", 3, 1024, total + swap, lambda t: (used(t) + cached(t)) * 0.88)),
        (6, Area("Memory buffers", 1, 1024, total, lambda t: 0.02)),
        (7, Area("Cached memory", 1, 1024, total, cached)),
        (10, Area("Swap space", 3, 1024, swap, lambda t: 0.01)),
        (36, Area("/", 4, 4096, 12_900_000, disk)),
        (61, Area("/var/log", 4, 4096, 5_200_000, logs)),
    ]
    loads = [base.busy(device, 3, 46, "core", c) for c in range(CORES)]
    base.host_resources(
        tree, device, areas, loads, processor="GenuineIntel: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", users=2
    )

    def idle(t: float) -> float:
        return 100 - sum(load(t) for load in loads) / CORES

    tree.scalars(
        f"{UCD}.4",
        {
            1: whole(0),
            2: text("swap"),
            3: whole(swap),
            4: whole(int(swap * 0.99)),
            5: whole(total),
            6: whole(lambda t: int(total * (0.98 - used(t) - cached(t)))),
            11: whole(lambda t: int(total * (0.98 - used(t) - cached(t))) + int(swap * 0.99)),
            12: whole(16_000),
            13: whole(91_200),
            14: whole(int(total * 0.02)),
            15: whole(lambda t: int(total * cached(t))),
            100: whole(0),
        },
    )

    def average(t: float) -> float:
        return (100 - idle(t)) / 100 * CORES

    def load_row(i: int, name: str, factor: float) -> None:
        tree.row(
            f"{UCD}.10.1",
            i,
            {
                1: whole(i),
                2: text(name),
                3: text(_load(average, factor)),
                4: text("12.00"),
                5: whole(base.rounded(average, 100 * factor)),
                6: opaque_float(lambda t: average(t) * factor),
                100: whole(0),
                101: text(""),
            },
        )

    for i, (name, factor) in enumerate((("Load-1", 1.0), ("Load-5", 0.96), ("Load-15", 0.9)), 1):
        load_row(i, name, factor)
    ticks_spent = {50: 0.11, 52: 0.05, 53: 0.8, 54: 0.01, 55: 0.03, 56: 0.0, 61: 0.005, 64: 0.002}
    raw: dict[int, Cell] = {}
    for column, part in ticks_spent.items():
        raw[column] = count(_spent(device, column, part))
    io = {57: 4100.0, 58: 2300.0, 59: 900.0, 60: 2600.0}
    for column, rate in io.items():
        flow = device.flow(week, rate, "io", column)
        raw[column] = count(_total(flow.total))
    tree.scalars(
        f"{UCD}.11",
        {
            9: whole(lambda t: round((100 - idle(t)) * 0.7)),
            10: whole(lambda t: round((100 - idle(t)) * 0.3)),
            11: whole(base.rounded(idle)),
            67: whole(CORES),
            **raw,
        },
    )

    def disk_row(i: int, path: str, kib: int, filled: Reading) -> None:
        tree.row(
            f"{UCD}.9.1",
            i,
            {
                1: whole(i),
                2: text(path),
                3: text(f"/dev/sda{i}"),
                4: whole(-1),
                5: whole(10),
                6: whole(kib),
                7: whole(lambda t: int(kib * (1 - filled(t)))),
                8: whole(lambda t: int(kib * filled(t))),
                9: whole(lambda t: round(100 * filled(t))),
                10: whole(4),
                100: whole(lambda t: int(filled(t) > 0.9)),
                101: text(""),
            },
        )

    for i, (path, kib, filled) in enumerate((("/", 51_600_000, disk), ("/var/log", 20_800_000, logs)), 1):
        disk_row(i, path, kib, filled)


def _load(average: Callable[[float], float], factor: float) -> Callable[[float], str]:
    return lambda t: f"{average(t) * factor:.2f}"


def _total(total: Callable[[float], float]) -> Callable[[float], int]:
    return lambda t: int(total(t))


def _spent(device: Device, column: int, part: float) -> Callable[[float], int]:
    """Clock ticks (hundredths of a second) of all cores since the start; work follows the week, idling the clock."""
    if column == 53:
        return lambda t: int(device.uptime(t) * 100 * CORES * part)
    flow = device.flow(base.week_of(device), part * 100 * CORES, "ticks", column)
    return lambda t: int(flow.total(t))


def build_windows(tree: Tree, device: Device, model: Model) -> None:
    base.system(
        tree,
        device,
        model.sys_object_id,
        "Hardware: Intel64 Family 6 Model 85 Stepping 7 AT/AT COMPATIBLE - "
        "Software: Windows Version 6.3 (Build 17763 Multiprocessor Free)",
        services=76,
    )
    week = base.week_of(device)
    ports = [
        Port("loopback_0", "Software Loopback Interface 1", kind=iftable.LOOPBACK, mbps=1073, physical=False),
        Port("ethernet_32769", "vmxnet3 Ethernet Adapter", "Ethernet0", mbps=10_000, load=(9e5, 3.1e6), week=week),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    areas = [
        (
            1,
            Area(
                "C:\\ Label:  Serial Number 5c2e9f1a", 4, 4096, 20_800_000, base.grown(0.44, 0.05, device.kit.bought_on)
            ),
        ),
        (
            2,
            Area(
                "D:\\ Label:Data  Serial Number 8811c0de",
                4,
                4096,
                130_000_000,
                base.grown(0.37, 0.09, device.kit.bought_on),
            ),
        ),
        (3, Area("Virtual Memory", 3, 65_536, 300_000, base.varying(device, 0.4, 0.5, "virtual"))),
        (4, Area("Physical Memory", 2, 65_536, 262_144, base.varying(device, 0.52, 0.64, "memory"))),
    ]
    base.host_resources(
        tree,
        device,
        areas,
        [base.busy(device, 4, 52, "core", c) for c in range(CORES)],
        processor="Intel",
        first=2,
        users=1,
    )


def build_esxi(tree: Tree, device: Device, model: Model) -> None:
    base.system(
        tree,
        device,
        model.sys_object_id,
        f"VMware ESXi {model.version} build-{model.data['build']} VMware, Inc. x86_64",
        services=72,
    )
    week = base.week_of(device)
    ports = [
        Port(
            f"vmnic{i}",
            f"Device vmnic{i} at 0000:18:00.{i} i40en",
            mbps=10_000,
            up=i < 2,
            load=(1.1e7, 1.5e7) if i < 2 else (0.0, 0.0),
            week=week,
            mtu=9000,
        )
        for i in range(4)
    ]
    ports += [
        Port("vmk0", "Virtual interface: vmk0 on vswitch vSwitch0", load=(2e5, 3e5), week=week, physical=False),
        Port(
            "vmk1",
            "Virtual interface: vmk1 on vswitch vSwitch1 (vMotion)",
            mbps=10_000,
            load=(8e5, 8e5),
            physical=False,
        ),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    tree.scalars(
        f"{VMW}.1",
        {1: text("VMware ESXi"), 2: text(model.version), 4: text(model.data["build"]), 5: text("3"), 6: text("125")},
    )
    size = 402_100_000
    memory = base.varying(device, 0.57, 0.69, "memory")
    tree.scalars(f"{VMW}.3.1", {1: gauge(64)})
    tree.scalars(f"{VMW}.3.2", {1: gauge(size), 2: gauge(0), 3: gauge(lambda t: int(size * (1 - memory(t))))})
    guests = [
        f"{kind}-{device.kit.site[:2]}-{n:02d}"
        for n, kind in enumerate(
            ("dc", "file", "sql", "rev", "gis", "print", "uniform", "intranet", "mail", "backup", "edrms", "tel"), 1
        )
    ]
    for i, guest in enumerate(guests, 1):
        tree.row(
            f"{VMW}.2.1.1",
            i,
            {
                1: whole(i),
                2: text(guest),
                3: text(f"/vmfs/volumes/ds01/{guest}/{guest}.vmx"),
                4: text("windows2019srv_64Guest" if i % 3 else "debian11_64Guest"),
                5: whole(8192 if i % 4 else 32_768),
                6: text("powered on" if i != 10 else "powered off"),
                7: whole(i),
                8: text("running" if i != 10 else "notRunning"),
                9: whole(4),
            },
        )
    areas = [
        (1, Area("/vmfs/volumes/ds01", 4, 1_048_576, 10_240_000 // 4, base.grown(0.41, 0.06, device.kit.bought_on))),
        (2, Area("/vmfs/volumes/ds02", 4, 1_048_576, 10_240_000 // 4, base.grown(0.36, 0.08, device.kit.bought_on))),
        (10, Area("Real Memory", 2, 1024, size, memory)),
    ]
    base.host_resources(
        tree,
        device,
        areas,
        [base.busy(device, 12, 44, "core", c) for c in range(8)],
        processor="CPU Pkg/ID/Node: Intel Xeon Silver 4216 CPU @ 2.10GHz",
        first=1,
    )
    reads = device.flow(week, 350, "reads")
    tree.row(
        f"{VMW}.3.3.1",
        1,
        {
            1: whole(1),
            2: text("vmhba0"),
            3: whole(0),
            5: count(_total(reads.total)),
            6: count(lambda t: int(reads.total(t) * 14)),
        },
    )


MODELS = (
    Model(
        "linux",
        "Debian GNU/Linux server",
        "net-snmp",
        "server",
        "1.3.6.1.4.1.8072.3.2.10",
        "12",
        build_linux,
        "linux",
        {"kernel": "6.1.0-18-amd64"},
    ),
    Model(
        "windows",
        "Windows Server 2019",
        "Microsoft",
        "server",
        "1.3.6.1.4.1.311.1.1.3.1.2",
        "10.0.17763",
        build_windows,
        None,
        {},
    ),
    Model(
        "esxi7", "VMware ESXi 7", "VMware", "hypervisor", f"{VMW}.4.1", "7.0.3", build_esxi, None, {"build": "23794027"}
    ),
)
