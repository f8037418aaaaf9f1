"""Storage (NetApp ONTAP, NETWORK-APPLIANCE-MIB) and load balancers (F5 BIG-IP, F5-BIGIP-SYSTEM-MIB and -LOCAL-MIB)."""

from __future__ import annotations

from collections.abc import Callable

from agent.demo.device import Device
from agent.demo.families import base, iftable
from agent.demo.families.base import Model
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, count64, gauge, text, ticks, whole

NETAPP = "1.3.6.1.4.1.789.1"
F5 = "1.3.6.1.4.1.3375.2"


def named(words: str) -> tuple[int, ...]:
    """A text as an index: its length, then its octets."""
    return (len(words), *words.encode())


def netapp_serial(device: Device) -> str:
    return device.letters(12, "serial", alphabet="0123456789")


def build_netapp(tree: Tree, device: Device, model: Model) -> None:
    own = netapp_serial(device)
    base.system(
        tree, device, model.sys_object_id, f"NetApp Release {model.version}: Fri Sep 15 05:07:44 UTC 2023", services=72
    )
    week = base.week_of(device)
    ports = [
        Port(f"{node}:e0{c}", f"{node}:e0{c}", mbps=10_000, load=(1.4e7, 2.1e7), week=week, mtu=9000)
        for node in _nodes(device)
        for c in "cd"
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    tree.scalars(
        f"{NETAPP}.1",
        {
            1: whole(2),
            2: text(f"NetApp Release {model.version}"),
            3: text(own),
            5: text(model.data["pid"]),
            6: text("12.6"),
            9: text(own),
        },
    )
    busy = base.busy(device, 12, 47, "cpu")
    tree.scalars(
        f"{NETAPP}.2.1",
        {1: ticks(device.ticks), 3: whole(base.rounded(busy)), 5: whole(lambda t: 100 - round(busy(t))), 6: whole(8)},
    )

    def failed(t: float) -> bool:
        return device.failed_psu is not None

    def node_row(n: int, node: str) -> None:
        index = named(node)
        tree.row(
            f"{NETAPP}.25.2.1",
            index,
            {
                1: text(node),
                2: text("ICT"),
                3: text(device.kit.site_title),
                4: text(model.data["pid"]),
                5: text(f"{own[:-1]}{n}"),
                7: ticks(device.ticks),
                9: text(f"05{device.letters(8, 'node', n, alphabet='0123456789')}"),
                10: text("NetApp"),
                11: whole(1),
                12: whole(1),
                13: whole(0),
                17: whole(1),
                18: whole(lambda t: 2 if device.hotter > 8 else 1),
                19: whole(0),
                20: text("There are no failed fans."),
                21: whole(lambda t: int(failed(t) and n == 0)),
                22: text(
                    lambda t: (
                        "Power supply 1 failed." if failed(t) and n == 0 else "There are no failed power supplies."
                    )
                ),
                23: text(model.version),
                24: text("12.6"),
            },
        )
        tree.row(
            f"{NETAPP}.21.2.1",
            index,
            {
                1: text(node),
                3: whole(2),
                4: whole(2),
                5: whole(1),
                6: whole(2),
                8: text(_nodes(device)[1 - n]),
                10: whole(4),
            },
        )

    for n, node in enumerate(_nodes(device)):
        node_row(n, node)
    volumes = (
        ("/vol/vol0/", 145_000_000, 0.09, 0.0),
        ("/vol/vm_ds01/", 8_600_000_000, 0.52, 0.05),
        ("/vol/vm_ds02/", 8_600_000_000, 0.47, 0.06),
        ("/vol/shares/", 5_400_000_000, 0.55, 0.07),
        ("/vol/backup/", 12_800_000_000, 0.6, 0.04),
    )

    def volume(index: int, path: str, kib: int, start: float, growth: float) -> None:
        share = base.grown(start, growth, device.kit.bought_on)
        used = _part(kib, share)
        tree.row(
            f"{NETAPP}.5.4.1",
            index,
            {
                1: whole(index),
                2: text(path),
                3: whole(min(kib, 2**31 - 1)),
                4: whole(lambda t: min(used(t), 2**31 - 1)),
                6: whole(base.rounded(share, 100)),
                7: whole(412_000),
                10: text(path),
                20: whole(2),
                23: whole(2),
                29: count64(kib),
                30: count64(used),
                31: count64(lambda t: kib - used(t)),
                34: text("svm01"),
            },
        )

    for index, (path, kib, start, growth) in enumerate(volumes, 1):
        volume(index, path, kib, start, growth)
    tree.scalars(
        f"{NETAPP}.6.4",
        {
            1: whole(24),
            2: whole(22),
            3: whole(0),
            4: whole(0),
            7: whole(0),
            8: whole(2),
            10: text("There are no failed disks."),
        },
    )
    for d in range(1, 23):
        tree.row(
            f"{NETAPP}.6.2.1",
            (1, 1, d),
            {
                1: whole(d),
                2: text(f"1.0.{d}"),
                3: whole(1),
                9: whole(915_715),
                20: whole(d),
                26: text(device.letters(12, "disk", d)),
                27: text("NETAPP"),
                28: text("X357_S164A3T8ATE"),
                29: text("NA55"),
            },
        )


def _part(size: int, share: Callable[[float], float]) -> Callable[[float], int]:
    return lambda t: int(size * share(t))


def _nodes(device: Device) -> tuple[str, str]:
    return f"{device.kit.name}-01", f"{device.kit.name}-02"


def build_f5(tree: Tree, device: Device, model: Model) -> None:
    base.system(
        tree,
        device,
        model.sys_object_id,
        f"BIG-IP {model.data['pid']} : Linux 3.10.0-862.14.4.el7.ve.x86_64",
        services=76,
    )
    week = base.week_of(device)
    ports = [
        Port(f"1.{i}", f"1.{i}", mbps=10_000, up=i < 3, load=(6e6, 9e6) if i < 3 else (0.0, 0.0), week=week)
        for i in range(1, 5)
    ] + [Port("mgmt", "mgmt", load=(900, 2100))]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    clustered = device.kit.ha_members > 1 or device.kit.peer is not None

    def work(t: float) -> float:
        return 1.0 if not clustered or device.active else 0.02

    halves = [device.letters(4, "serial", half, alphabet="abcdefghjkmnpqrstuvwxyz") for half in (1, 2)]
    serial = f"f5-{halves[0]}-{halves[1]}"
    tree.scalars(f"{F5}.1.3.3", {1: text("C117"), 2: text("200-0396-02"), 3: text(serial)})
    tree.scalars(f"{F5}.1.3.5", {1: text(model.data["platform"]), 2: text(model.data["pid"])})
    tree.scalars(
        f"{F5}.1.4",
        {
            1: text("BIG-IP"),
            2: text(model.version),
            3: text("0.0.5"),
            4: text("Point Release 3"),
            5: text("Wed Jul 12 2023"),
        },
    )
    tree.scalars(
        f"{F5}.1.6",
        {
            1: text("Linux"),
            2: text(device.kit.name),
            5: text("x86_64"),
            6: ticks(device.ticks),
            7: gauge(lambda t: int(device.uptime(t))),
        },
    )
    memory, total = base.varying(device, 0.36, 0.41, "memory"), 16_777_216
    tree.scalars(
        f"{F5}.1.7.1",
        {
            1: count64(total * 1024),
            2: count64(lambda t: int(total * 1024 * memory(t))),
            3: gauge(total),
            4: gauge(lambda t: int(total * memory(t))),
        },
    )

    def core_row(core: int) -> None:
        load = base.busy(device, 3, 36, "core", core)

        def value(t: float) -> int:
            return round(load(t) * (0.2 + 0.8 * work(t)))

        tree.row(
            f"{F5}.1.7.5.2.1",
            (*named("0"), core),
            {
                1: text("0"),
                2: whole(core),
                3: gauge(core),
                11: gauge(value),
                19: gauge(value),
                27: gauge(value),
                35: gauge(value),
            },
        )

    for core in range(4):
        core_row(core)
    for f in (1, 2, 3):
        tree.row(
            f"{F5}.1.3.2.1.2.1",
            f,
            {1: whole(f), 2: whole(1), 3: gauge(base.rounded(base.varying(device, 7900, 8600, "fan", f)))},
        )

    def supply(s: int) -> None:
        tree.row(f"{F5}.1.3.2.2.2.1", s, {1: whole(s), 2: whole(lambda t: 0 if device.failed_psu == s else 1)})

    for s in (1, 2):
        supply(s)
    for p, (low, high) in enumerate(((24, 28), (33, 39), (41, 50)), 1):
        tree.row(
            f"{F5}.1.3.2.3.2.1",
            p,
            {1: whole(p), 2: whole(base.rounded(base.temperature(device, low, high, "temp", p)))},
        )
    people = base.busy(device, 300, 4100, "connections")
    octets = device.flow(week, 4.4e6, "client")
    made = device.flow(week, 140, "made")
    tree.scalars(
        f"{F5}.1.1.2.1",
        {
            2: count64(lambda t: int(octets.total(t) / 800)),
            3: count64(_total(octets.total)),
            4: count64(lambda t: int(octets.total(t) / 500)),
            5: count64(lambda t: int(octets.total(t) * 3)),
            6: count64(5200),
            7: count64(_total(made.total)),
            8: gauge(lambda t: round(people(t) * work(t))),
            15: gauge(lambda t: round(people(t) * work(t) * 0.8)),
        },
    )
    tree.scalars(
        f"{F5}.1.14.1",
        {
            1: whole(lambda t: (5 if device.peer_missing else 3) if clustered else 6),
            2: text(
                lambda t: (
                    "In Sync"
                    if clustered and not device.peer_missing
                    else "Disconnected"
                    if clustered
                    else "Standalone"
                )
            ),
        },
    )
    tree.scalars(
        f"{F5}.1.14.3",
        {
            1: whole(lambda t: 4 if not clustered or device.active else 3),
            2: text(lambda t: "ACTIVE" if not clustered or device.active else "STANDBY"),
        },
    )
    for name in ("/Common/vs_intranet", "/Common/vs_mail", "/Common/vs_planning"):
        tree.row(
            f"{F5}.2.10.13.2.1",
            named(name),
            {1: text(name), 2: whole(1), 3: whole(1), 5: text("The virtual server is available")},
        )
        pool = name.replace("vs_", "pool_")
        tree.row(
            f"{F5}.2.5.5.2.1", named(pool), {1: text(pool), 2: whole(1), 3: whole(1), 5: text("The pool is available")}
        )
        tree.row(f"{F5}.2.5.1.2.1", named(pool), {1: text(pool), 8: whole(2), 23: gauge(2)})


def _total(total: Callable[[float], float]) -> Callable[[float], int]:
    return lambda t: int(total(t))


MODELS = (
    Model(
        "netapp-fas2750",
        "NetApp FAS2750",
        "NetApp",
        "storage",
        "1.3.6.1.4.1.789.2.5",
        "9.12.1P7",
        build_netapp,
        None,
        {"pid": "FAS2750"},
    ),
    Model(
        "f5-i2600",
        "F5 BIG-IP i2600",
        "F5",
        "load_balancer",
        "1.3.6.1.4.1.3375.2.1.3.4.112",
        "15.1.9",
        build_f5,
        None,
        {"pid": "i2600", "platform": "C117"},
    ),
)
