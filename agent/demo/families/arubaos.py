"""ArubaOS controllers and Instant access points (WLSX-SYSTEMEXT-MIB, WLSX-WLAN-MIB, Aruba Instant's MIB)."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import base, entity, iftable, wireless
from agent.demo.families.base import Model
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, address, count, gauge, pointer, text, ticks, whole

WLSX = "1.3.6.1.4.1.14823.2.2.1"
SYS, WLAN = f"{WLSX}.2.1", f"{WLSX}.5.2.1"
INSTANT = "1.3.6.1.4.1.14823.2.3.3.1"


def ap_serial(device: Device, number: int) -> str:
    made = wireless.bought_on(device, number) - device.made_on("ap", number)
    year, week, _ = made.isocalendar()
    return f"CN{year % 10}{week:02d}K{device.letters(4, 'ap', number)}"


def build_controller(tree: Tree, device: Device, model: Model) -> None:
    own = f"CRP{device.letters(7, 'serial', alphabet='0123456789')}"
    base.system(
        tree,
        device,
        model.sys_object_id,
        f"ArubaOS (MODEL: {model.data['pid']}), Version {model.version} (82112)",
        services=6,
    )
    week = base.week_of(device)
    ports = [
        Port(f"GE0/0/{i}", f"GE0/0/{i}", "", up=i < 2, load=(5e6, 1.6e7) if i < 2 else (0.0, 0.0), week=week)
        for i in range(6)
    ]
    ports += [
        Port("vlan 1", "802.1Q VLAN", kind=iftable.L3_VLAN, load=(2e4, 2e4), physical=False),
        Port("loopback", "Loopback", kind=iftable.LOOPBACK, mbps=0, physical=False),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    memory = base.varying(device, 0.44, 0.5, "memory")
    total = 3_900_000
    load = base.busy(device, 3, 29, "cpu")
    clustered = device.kit.ha_members > 1 or device.kit.peer is not None
    tree.scalars(
        f"{WLSX}.1.1",
        {1: text(device.kit.name), 2: text(model.data["pid"]), 4: whole(1 if device.kit.leads else 3), 12: text(own)},
    )
    tree.scalars(
        SYS,
        {
            2: text(device.kit.name),
            3: text(model.data["pid"]),
            4: whole(lambda t: (1 if device.active else 3) if clustered else 4),
            7: text(device.mac("base")),
            10: text(lambda t: f"{base.temperature(device, 33, 40, 'inside')(t):.1f} degrees Celsius"),
            11: text(own),
            12: whole(3),
            25: text("Reboot Cause: Power Cycle (Intent:cause:register 0:c:c)"),
            27: text("8.0 (rev B2)"),
            28: text(f"ArubaOS Version {model.version}"),
            29: text(own),
            30: gauge(base.rounded(load)),
            31: gauge(base.rounded(memory, 100)),
        },
    )
    for processor in (1, 2):
        tree.row(
            f"{SYS}.13.1",
            processor,
            {
                1: whole(processor),
                2: text(f"Control path CPU {processor}"),
                3: whole(base.rounded(base.busy(device, 3, 31, "cpu", processor))),
            },
        )
    tree.row(f"{SYS}.14.1", 1, {1: whole(1), 2: whole(2), 3: whole(1423), 4: whole(398), 5: text("/flash")})
    tree.row(
        f"{SYS}.15.1",
        1,
        {
            1: whole(1),
            2: whole(total),
            3: whole(lambda t: int(total * memory(t))),
            4: whole(lambda t: total - int(total * memory(t))),
        },
    )
    tree.row(
        f"{SYS}.16.1",
        1,
        {
            1: whole(1),
            2: whole(50),
            3: whole(6),
            6: text(own),
            7: text("2010198B"),
            8: text(base.made_before(device).strftime("%m/%d/%y")),
            9: text("(Rev:02.00)"),
            12: whole(1),
        },
    )

    def slot(i: int) -> None:
        tree.row(f"{SYS}.17.1", i, {1: whole(i), 2: whole(1)})
        tree.row(f"{SYS}.18.1", i, {1: whole(i), 2: whole(lambda t: 2 if device.failed_psu == i else 1)})

    for i in (1, 2):
        slot(i)
    points = wireless.access_points(device)
    tree.scalars(WLAN, {1: gauge(wireless.present_count(points)), 2: gauge(wireless.total_clients(points))})
    for point in points:
        _access_point(tree, device, model, point)
    entity.physical(
        tree,
        [
            Part(
                1,
                f"Aruba {model.data['pid']}",
                entity.CHASSIS,
                "Chassis",
                model=model.data["pid"],
                serial=own,
                software=model.version,
                maker="Aruba Networks",
                replaceable=True,
            )
        ],
    )


def _access_point(tree: Tree, device: Device, model: Model, point: wireless.AccessPoint) -> None:
    oid = ("1.3.6.1.4.1.14823.1.2.71", "315") if point.number % 3 else ("1.3.6.1.4.1.14823.1.2.57", "215")

    # A lost access point stays in this table as down (2); it leaves only when it is deleted.
    def up(t: float) -> int:
        return 1 if point.there(t) else 2

    tree.row(
        f"{WLAN}.4.1",
        tuple(point.mac),
        {
            1: text(point.mac),
            2: address(point.address),
            3: text(point.name),
            4: text("council"),
            5: pointer(oid[0]),
            6: text(ap_serial(device, point.number)),
            9: whole(2),
            12: ticks(lambda t: device.ticks(t) if point.there(t) else 0),
            13: text(oid[1]),
            14: text(point.place),
            19: whole(up),
            20: whole(3),
            21: whole(2),
            33: text("0"),
            34: text(model.version),
        },
    )

    def radio_row(radio: int) -> None:
        clients, channel = point.clients[2 - radio], point.channels[2 - radio]  # radio 1 is 5 GHz here
        tree.row(
            f"{WLAN}.5.1",
            (*point.mac, radio),
            base.present(
                point.there,
                {
                    2: whole(1 if radio == 1 else 3),
                    3: whole(channel),
                    4: whole(36),
                    5: whole(2),
                    6: whole(lambda t: min(96, round(8 + 2 * clients(t)))),
                    7: whole(base.rounded(clients)),
                    8: whole(0),
                    9: whole(3),
                    16: text(point.name),
                },
            ),
        )

    for radio in (1, 2):
        radio_row(radio)


def build_instant(tree: Tree, device: Device, model: Model) -> None:
    """An Instant access point that answers for itself."""
    pid, mac = model.data["pid"], device.mac("base")
    base.system(tree, device, model.sys_object_id, f"ArubaOS (MODEL: {pid}), Version {model.version}", services=6)
    week = base.week_of(device)
    ports = [
        Port("bond0", "bond0", "Uplink", load=(4e5, 1.6e6), week=week),
        Port("wifi0", "wifi0", kind=71, mbps=866, load=(3e5, 1.3e6), week=week),
        Port("wifi1", "wifi1", kind=71, mbps=400, load=(5e4, 2e5), week=week),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    point = wireless.access_points(device)[0]
    load, free = base.busy(device, 4, 27, "cpu"), base.varying(device, 1.9e8, 2.2e8, "memory")
    tree.scalars(f"{INSTANT}.1", {1: text("0" * 40), 2: text(device.kit.name), 3: text(""), 4: text(model.version)})

    def network(index: int, ssid: str, share: float) -> None:
        tree.row(
            f"{INSTANT}.1.7.1",
            index,
            {
                1: whole(index),
                2: text(ssid),
                3: whole(0),
                4: whole(lambda t: round(sum(r(t) for r in point.clients) * share)),
            },
        )

    for index, (ssid, share) in enumerate((("Council-Staff", 0.7), ("Council-Guest", 0.3)), 1):
        network(index, ssid, share)
    tree.row(
        f"{INSTANT}.2.1.1",
        tuple(mac),
        {
            1: text(mac),
            2: text(device.kit.name),
            3: address("192.0.2.9"),
            4: text(ap_serial(device, 0)),
            5: pointer(model.sys_object_id),
            6: text(pid),
            7: whole(base.rounded(load)),
            8: whole(base.rounded(free)),
            9: ticks(device.ticks),
            10: whole(512 * 1024 * 1024 - 1),
            11: whole(1),
            13: text("conductor"),
        },
    )

    def radio_row(radio: int) -> None:
        clients = point.clients[1 - radio]
        sent = device.flow(week, 90_000, "radio", radio)
        tree.row(
            f"{INSTANT}.2.2.1",
            (*mac, radio),
            {
                2: whole(radio),
                3: text(device.mac("radio", radio)),
                4: text(str(point.channels[1 - radio]) + ("E" if radio == 0 else "")),
                5: whole(18),
                6: whole(lambda t: round(-95 + base.varying(device, 0, 4, "noise", radio)(t))),
                7: whole(lambda t: min(95, round(7 + 2 * clients(t)))),
                8: whole(lambda t: min(95, round(7 + 2 * clients(t)))),
                9: count(lambda t: int(sent.total(t) / 900)),
                12: count(lambda t: int(sent.total(t))),
                13: count(0),
                14: count(lambda t: int(sent.total(t) / 2200)),
                16: count(lambda t: int(sent.total(t) / 4)),
                18: count(0),
                20: whole(1),
                21: whole(base.rounded(clients)),
                22: text("access"),
            },
        )

    for radio in (0, 1):
        radio_row(radio)


MODELS = (
    Model(
        "aruba-7210",
        "Aruba 7210 Mobility Controller",
        "Aruba",
        "wifi_controller",
        "1.3.6.1.4.1.14823.1.1.32",
        "8.10.0.6",
        build_controller,
        "aruba_os",
        {"pid": "Aruba7210"},
    ),
    Model(
        "aruba-7030",
        "Aruba 7030 Mobility Controller",
        "Aruba",
        "wifi_controller",
        "1.3.6.1.4.1.14823.1.1.39",
        "8.10.0.6",
        build_controller,
        "aruba_os",
        {"pid": "Aruba7030"},
    ),
    Model(
        "iap-315",
        "Aruba Instant IAP-315",
        "Aruba",
        "wifi_ap",
        "1.3.6.1.4.1.14823.1.2.71",
        "8.10.0.6_84969",
        build_instant,
        None,
        {"pid": "315"},
    ),
)
