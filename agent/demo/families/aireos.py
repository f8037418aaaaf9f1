"""Cisco AireOS controllers (AIRESPACE-SWITCHING-MIB, AIRESPACE-WIRELESS-MIB, CISCO-LWAPP-SYS-MIB, CISCO-RF-MIB)."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import base, entity, iftable, wireless
from agent.demo.families.base import Model
from agent.demo.families.entity import Part
from agent.demo.families.iftable import Port
from agent.demo.tree import Tree, address, count, gauge, text, whole

AIRESPACE = "1.3.6.1.4.1.14179"
ACTIVE, STANDBY_HOT, NOT_KNOWN = 14, 9, 1  # RFState
SSIDS = (("Council-Staff", 0.62), ("Council-Guest", 0.25), ("GovWifi", 0.13))
AP_MODELS = ("AIR-AP2802I-E-K9", "AIR-CAP2702I-E-K9", "AIR-AP1832I-E-K9")


def ap_serial(device: Device, number: int) -> str:
    return base.cisco_serial(device, "ap", number, bought_on=wireless.bought_on(device, number), plant="FGL")


def build(tree: Tree, device: Device, model: Model) -> None:
    base.system(tree, device, model.sys_object_id, "Cisco Controller", services=2)
    week = base.week_of(device)
    ports = [
        Port(
            f"TenGigabitEthernet0/0/{i}",
            f"Unit: 0 Slot: 0 Port: {i} 10 Gigabit",
            "",
            mbps=10_000,
            up=i <= 2,
            load=(6e6, 2e7) if i <= 2 else (0.0, 0.0),
            week=week,
        )
        for i in (1, 2)
    ]
    ports += [
        Port("management", "management", kind=iftable.L3_VLAN, load=(9e5, 9e5), week=week, physical=False),
        Port("redundancy-port", "Redundancy port", load=(5e4, 5e4)),
    ]
    iftable.interfaces(tree, device, list(enumerate(iftable.demanded(device, ports), 1)))
    own = base.cisco_serial(device, "chassis", plant="FCH")
    entity.physical(
        tree,
        [
            Part(
                1,
                f"Cisco {model.data['series']} Series Wireless LAN Controller",
                entity.CHASSIS,
                "Chassis",
                model=model.data["pid"],
                serial=own,
                hardware="A0",
                software=model.version,
                maker="Cisco Systems Inc.",
                replaceable=True,
                vendor_type="1.3.6.1.4.1.9.12.3.1.3.1600",
            ),
            *(
                Part(
                    1 + s,
                    f"Cisco {model.data['series']} power supply {s}",
                    entity.POWER,
                    f"Power Supply {s}",
                    1,
                    s,
                    model="AIR-PWR-5500-AC",
                    replaceable=True,
                )
                for s in (1, 2)
            ),
        ],
    )
    tree.scalars(
        f"{AIRESPACE}.1.1.1",
        {
            1: text("Cisco Controller"),
            2: text(model.data["pid"]),
            3: text(model.data["pid"]),
            4: text(own),
            9: text(device.mac("burned in")),
            10: text("Linux"),
            12: text("Cisco Systems Inc."),
            13: text("Cisco Controller"),
            14: text(model.version),
            18: whole(1500),
        },
    )
    memory = base.varying(device, 0.43, 0.49, "memory")
    total = 8_146_376
    tree.scalars(
        f"{AIRESPACE}.1.1.5",
        {
            1: whole(base.rounded(base.busy(device, 2, 23, "cpu"))),
            2: whole(total),
            3: whole(lambda t: total - int(total * memory(t))),
        },
    )
    tree.put(f"{AIRESPACE}.2.3.1.13.0", whole(base.rounded(base.temperature(device, 29, 36, "inside"))))
    points = wireless.access_points(device)
    everybody = wireless.total_clients(points)

    def network(index: int, ssid: str, share: float) -> None:
        tree.row(
            f"{AIRESPACE}.2.1.1.1",
            index,
            {
                1: gauge(index),
                2: text(ssid),
                6: whole(1),
                38: count(lambda t: round(everybody(t) * share)),
                42: text("management"),
                66: gauge(wireless.present_count(points)),
                67: gauge(0),
            },
        )

    for index, (ssid, share) in enumerate(SSIDS, 1):
        network(index, ssid, share)
    for point in points:
        _access_point(tree, device, model, point)
    tree.put("1.3.6.1.4.1.9.9.618.1.8.4.0", gauge(wireless.present_count(points)))
    tree.put("1.3.6.1.4.1.9.9.618.1.8.12.0", gauge(everybody))
    clustered = device.kit.ha_members > 1 or device.kit.peer is not None
    if clustered:
        tree.scalars(
            "1.3.6.1.4.1.9.9.176.1.1",
            {
                1: whole(1 if device.kit.leads else 2),
                2: whole(lambda t: ACTIVE if device.active else STANDBY_HOT),
                3: whole(2 if device.kit.leads else 1),
                4: whole(lambda t: NOT_KNOWN if device.peer_missing else STANDBY_HOT if device.active else ACTIVE),
                5: whole(lambda t: 1 if device.kit.leads else 2),
                6: whole(lambda t: 2 if device.peer_missing else 1),
                8: whole(2),
            },
        )


def _access_point(tree: Tree, device: Device, model: Model, point: wireless.AccessPoint) -> None:
    kind = AP_MODELS[point.number % 7 % 3]
    tree.row(
        f"{AIRESPACE}.2.2.1.1",
        tuple(point.mac),
        base.present(
            point.there,
            {
                1: text(point.mac),
                2: whole(2),
                3: text(point.name),
                4: text(point.place),
                5: whole(0),
                6: whole(1),
                8: text(model.version),
                9: text("16.8.1.1"),
                10: text(device.kit.name),
                13: whole(1),
                16: text(kind),
                17: text(ap_serial(device, point.number)),
                19: address(point.address),
                22: whole(54),
                31: text("15.3(3)JF14"),
                33: text(point.mac),
                37: whole(1),
            },
        ),
    )

    def radio(slot: int) -> None:
        clients = point.clients[slot]
        channel = point.channels[slot]
        spare = base.varying(device, 0, 9, "air", point.name, slot)
        index = (*point.mac, slot)
        tree.row(
            f"{AIRESPACE}.2.2.2.1",
            index,
            base.present(
                point.there,
                {
                    1: gauge(slot),
                    2: whole(1 if slot == 0 else 2),
                    3: whole(1),
                    4: whole(channel),
                    5: whole(1),
                    6: whole(3),
                    11: whole(3),
                    12: whole(2),
                    15: count(base.rounded(clients)),
                    34: whole(1),
                },
            ),
        )
        tree.row(
            f"{AIRESPACE}.2.2.13.1",
            index,
            base.present(
                point.there,
                {
                    1: whole(base.rounded(spare)),
                    2: whole(base.rounded(spare)),
                    3: whole(lambda t: min(97, round(6 + 2.2 * clients(t) + spare(t)))),
                    4: whole(base.rounded(clients)),
                    24: whole(0),
                },
            ),
        )

    for slot in (0, 1):
        radio(slot)


MODELS = (
    Model(
        "wlc-5520",
        "Cisco 5520 Wireless Controller",
        "Cisco",
        "wifi_controller",
        "1.3.6.1.4.1.9.1.2170",
        "8.10.196.0",
        build,
        "cisco_wlc_ssh",
        {"pid": "AIR-CT5520-K9", "series": "5520"},
    ),
    Model(
        "wlc-5508",
        "Cisco 5508 Wireless Controller",
        "Cisco",
        "wifi_controller",
        "1.3.6.1.4.1.9.1.1069",
        "8.5.182.0",
        build,
        "cisco_wlc_ssh",
        {"pid": "AIR-CT5508-K9", "series": "5500"},
    ),
)
