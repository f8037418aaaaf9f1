"""Cisco IOS and IOS-XE: Catalyst stacks and access switches, ISR routers and voice gateways.

CISCO-PROCESS-MIB, CISCO-MEMORY-POOL-MIB, CISCO-ENHANCED-MEMPOOL-MIB, CISCO-ENVMON-MIB, CISCO-STACKWISE-MIB,
CISCO-ENTITY-SENSOR-MIB, CISCO-ENTITY-FRU-CONTROL-MIB, OLD-CISCO-CHASSIS-MIB, CISCO-VOICE-DIAL-CONTROL-MIB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.demo.device import Device
from agent.demo.families import base, entity
from agent.demo.families.base import Model
from agent.demo.families.entity import Part
from agent.demo.tree import Tree, count64, gauge, pointer, text, ticks, whole

ENVMON = "1.3.6.1.4.1.9.9.13.1"
FRU_POWER = "1.3.6.1.4.1.9.9.117.1.1.2.1"
CISCO_SENSOR = "1.3.6.1.4.1.9.9.91.1.1.1.1"
SUPPLY_ON, SUPPLY_FAILED = 2, 8  # cefcFRUPowerOperStatus
MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class Switch:
    """What differs between Catalyst models."""

    pid: str
    prefix: str  # of interface names
    long_prefix: str
    copper: int = 48
    uplinks: int = 8
    supplies: int = 2
    supply_pid: str = "PWR-C1-715WAC-P"
    fans: int = 3
    xe: bool = True
    image: str = "CAT9K_IOSXE"
    train: str = "Cupertino"
    memory_mib: int = 1420  # what IOSd has, not the whole machine: its 32-bit gauges hold it
    copper_mbps: int = 1000
    boot: str = "17.9.1r"


def descr(model: Model) -> str:
    """sysDescr as IOS prints it, by the software train."""
    switch = model.data["switch"]
    if not switch.xe:
        return (
            f"Cisco IOS Software, {switch.image.split('-')[0]} Software ({switch.image}), Version {model.version}, "
            "RELEASE SOFTWARE (fc2)\r\nTechnical Support: http://www.cisco.com/techsupport\r\n"
            "Copyright (c) 1986-2022 by Cisco Systems, Inc.\r\nCompiled Thu 25-Aug-22 16:07 by mcpre"
        )
    kind = "Catalyst L3 Switch Software" if "CAT" in switch.image else "ISR Software"
    return (
        f"Cisco IOS Software [{switch.train}], {kind} ({switch.image}), Version {model.version}, "
        "RELEASE SOFTWARE (fc3)\r\n"
        "Technical Support: http://www.cisco.com/techsupport\r\nCopyright (c) 1986-2023 by Cisco Systems, Inc.\r\n"
        "Compiled Wed 19-Jul-23 09:12 by mcpre"
    )


def members(device: Device) -> int:
    return max(1, device.kit.stack_members)


def member_serial(device: Device, member: int) -> str:
    return base.cisco_serial(device, "member", member, plant=("FCW", "FOC", "FDO")[member % 3])


def supply_serial(device: Device, member: int, supply: int) -> str:
    return base.cisco_serial(device, "supply", member, supply, plant="LIT")


def supplies(device: Device, switch: Switch) -> int:
    """Power supplies in each member."""
    asked = device.kit.power_supplies
    return switch.supplies if asked is None else max(1, -(-asked // members(device)))


def supply_failed(device: Device, switch: Switch, member: int, supply: int) -> bool:
    number = (member - 1) * supplies(device, switch) + supply
    return device.failed_psu == number


def state(value: Callable[[float], float], limit: int) -> Callable[[float], int]:
    return lambda t: 1 if value(t) < limit - 10 else 2 if value(t) < limit else 3


def sensor(
    tree: Tree,
    device: Device,
    parts: list[Part],
    index: int,
    parent: int,
    name: str,
    kind: int,
    value: Callable[[float], float],
    *,
    scale: int = entity.UNITS,
    places: int = 0,
) -> None:
    """A sensor in both sensor MIBs: Cisco's own and RFC 3433."""
    parts.append(Part(index, name, entity.SENSOR, name, parent, index % 100))
    factor = 10.0**places * (1000.0 if scale == entity.MILLI else 1.0)
    tree.row(
        CISCO_SENSOR,
        index,
        {
            1: whole(kind),
            2: whole(scale),
            3: whole(places),
            4: whole(lambda t: round(value(t) * factor)),
            5: whole(1),
            6: ticks(0),
            7: whole(10),
            8: whole(parent),
        },
    )
    entity.sensor(tree, index, kind, value, scale=scale, places=places)


def processors(tree: Tree, device: Device, switch: Switch) -> None:
    total = switch.memory_mib * MIB
    share = base.varying(device, 0.38, 0.46, "memory")

    def used(t: float) -> int:
        return int(total * share(t))

    for m in range(1, members(device) + 1):
        load = base.busy(device, 6, 34, "cpu", m)
        tree.row(
            "1.3.6.1.4.1.9.9.109.1.1.1.1",
            m if switch.xe else 1,
            {
                2: whole(1000 * m),
                3: gauge(base.rounded(load)),
                4: gauge(base.rounded(load)),
                5: gauge(base.rounded(load)),
                6: gauge(base.rounded(load)),
                7: gauge(base.rounded(load)),
                8: gauge(base.rounded(base.busy(device, 6, 30, "cpu5", m))),
                12: gauge(lambda t: used(t) // 1024),
                13: gauge(lambda t: (total - used(t)) // 1024),
            },
        )
    pools = (
        ("Processor", 1, used, total),
        ("lsmpi_io" if switch.xe else "I/O", 2, lambda t: 6_295_128, 6_316_032 if switch.xe else 33_554_432),
    )
    for name, pool, taken, size in pools:
        tree.row(
            "1.3.6.1.4.1.9.9.48.1.1.1",
            pool if pool == 1 else 14 if switch.xe else 2,
            {
                2: text(name),
                3: whole(0),
                4: whole(1),
                5: gauge(taken),
                6: gauge(_rest(size, taken)),
                7: gauge(_rest(size, taken)),
            },
        )
        tree.row(
            "1.3.6.1.4.1.9.9.221.1.1.1.1",
            (1000, pool),
            {
                2: whole(2 if pool == 1 else 3),
                3: text(name),
                4: pointer("0.0"),
                5: whole(0),
                6: whole(1),
                7: gauge(taken),
                8: gauge(_rest(size, taken)),
                18: count64(taken),
                20: count64(_rest(size, taken)),
            },
        )


def _rest(size: int, taken: Callable[[float], int]) -> Callable[[float], int]:
    return lambda t: size - taken(t)
