"""What every family of simulated devices builds on: the system group, values that move, host resources, serial numbers.

SNMPv2-MIB, SNMP-FRAMEWORK-MIB, HOST-RESOURCES-MIB (RFC 2790).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from agent.demo.curves import EVENINGS, OFFICE, SERVERS, STEADY, Week, breathe
from agent.demo.device import Device
from agent.demo.tree import (
    Cell,
    Index,
    Tree,
    count,
    gauge,
    pointer,
    text,
    ticks,
    whole,
)

SYSTEM = "1.3.6.1.2.1.1"
Reading = Callable[[float], float]
"""A value as a function of time (Unix seconds)."""


@dataclass(frozen=True, slots=True)
class Model:
    """A product that can be simulated. `data` is whatever its family's builder reads."""

    key: str
    title: str
    vendor: str
    device_class: str
    sys_object_id: str
    version: str
    build: Callable[[Tree, Device, Model], None]
    ssh_platform: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- system group
def system(tree: Tree, device: Device, sys_object_id: str, descr: str, services: int = 2) -> None:
    """The system group, the agent's own traffic counters and its engine."""
    kit = device.kit
    tree.scalars(
        SYSTEM,
        {
            1: text(descr),
            2: pointer(sys_object_id),
            3: ticks(device.ticks),
            4: text("ICT Service Desk"),
            5: text(kit.name),
            6: text(kit.site_title),
            7: whole(services),
            8: ticks(4),
        },
    )
    orders = (("1.3.6.1.6.3.1", "SNMPv2-MIB"), ("1.3.6.1.2.1.31", "IF-MIB"), ("1.3.6.1.6.3.16.2.2.1", "VACM"))
    for index, (module, words) in enumerate(orders, 1):
        tree.row(f"{SYSTEM}.9.1", index, {2: pointer(module), 3: text(words), 4: ticks(4)})
    polls = device.flow(STEADY, 18.0, "snmp in")

    def packets(t: float) -> int:
        return int(polls.total(t))

    tree.scalars(
        "1.3.6.1.2.1.11",
        {1: count(packets), 3: count(0), 4: count(0), 5: count(0), 6: count(0), 30: whole(2)},
    )
    tree.scalars(
        "1.3.6.1.6.3.10.2.1",
        {
            1: text(device.engine_id),
            2: whole(lambda t: device.agent_boots),
            3: whole(lambda t: int(device.uptime(t))),
            4: whole(1472),
        },
    )


# ---------------------------------------------------------------- values that move
def week_of(device: Device) -> Week:
    """The weekly pattern of the place a device stands in."""
    words = f"{device.kit.site} {device.kit.site_title}".lower()
    if "theatre" in words or "leisure" in words:
        return EVENINGS
    return SERVERS if "data centre" in words else OFFICE


def temperature(device: Device, low: float, high: float, *parts: object) -> Callable[[float], float]:
    """A temperature that breathes between two bounds and rises when the room is hot."""
    return lambda t: breathe(t, device.seed, device.kit.name, *parts, low=low, high=high) + device.hotter


def varying(device: Device, low: float, high: float, *parts: object) -> Callable[[float], float]:
    """A value that breathes between two bounds."""
    return lambda t: breathe(t, device.seed, device.kit.name, *parts, low=low, high=high)


def busy(device: Device, low: float, high: float, *parts: object) -> Callable[[float], float]:
    """A value that follows the working week of the device's place, with some unrest on top."""
    week, clock = week_of(device), device.clock

    def level(t: float) -> float:
        unrest = breathe(t, device.seed, device.kit.name, *parts, low=-0.12, high=0.12)
        return low + (high - low) * min(1.0, max(0.0, week.at(clock.pattern(t)) + unrest))

    return level


def rounded(value: Callable[[float], float], factor: float = 1.0) -> Callable[[float], int]:
    return lambda t: round(value(t) * factor)


def _while(there: Callable[[float], bool], cell: Cell) -> Cell:
    tag, value = cell
    if callable(value):
        live = value
        return tag, lambda t: live(t) if there(t) else None
    constant: Any = value
    if isinstance(constant, tuple):  # an object identifier cannot be a function's answer
        return cell
    return tag, lambda t: constant if there(t) else None


def present(there: Callable[[float], bool], columns: Mapping[int, Cell]) -> dict[int, Cell]:
    """The columns of a row that exists only while `there` says so."""
    return {column: _while(there, cell) for column, cell in columns.items()}


# ---------------------------------------------------------------- host resources
@dataclass(frozen=True, slots=True)
class Area:
    """A row of hrStorageTable; `kind` is the number below hrStorageTypes (2 RAM, 3 virtual memory, 4 fixed disk)."""

    descr: str
    kind: int
    unit: int
    size: int  # units
    used: Callable[[float], float]  # 0 to 1


def host_resources(
    tree: Tree,
    device: Device,
    areas: Sequence[tuple[Index, Area]],
    loads: Sequence[Callable[[float], float]],
    *,
    processor: str = "",
    first: int = 196_608,
    users: int = 1,
) -> None:
    """hrSystem, hrStorageTable and one hrProcessor row per load (percent)."""
    tree.scalars(
        "1.3.6.1.2.1.25.1",
        {1: ticks(device.ticks), 5: gauge(users), 6: gauge(rounded(varying(device, 140, 190, "procs"))), 7: whole(0)},
    )
    for index, area in areas:
        tree.row(
            "1.3.6.1.2.1.25.2.3.1",
            index,
            {
                1: whole(index if isinstance(index, int) else index[-1]),
                2: pointer(f"1.3.6.1.2.1.25.2.1.{area.kind}"),
                3: text(area.descr),
                4: whole(area.unit),
                5: whole(area.size),
                6: whole(_used(area)),
                7: count(0),
            },
        )
    for i, load in enumerate(loads):
        at = first + i
        tree.row(
            "1.3.6.1.2.1.25.3.2.1",
            at,
            {
                1: whole(at),
                2: pointer("1.3.6.1.2.1.25.3.1.3"),
                3: text(processor),
                4: pointer("0.0"),
                5: whole(2),
                6: count(0),
            },
        )
        tree.row("1.3.6.1.2.1.25.3.3.1", at, {1: pointer("0.0"), 2: whole(rounded(load))})


def _used(area: Area) -> Callable[[float], int]:
    return lambda t: int(area.size * area.used(t))


# ---------------------------------------------------------------- serial numbers
def cisco_serial(device: Device, *parts: object, bought_on: date | None = None, plant: str = "FCW") -> str:
    """LLLYYWWSSSS: where, year (since 1996), week, number. Made some weeks before it was bought."""
    made = (bought_on or device.kit.bought_on) - device.made_on(*parts)
    year, week, _ = made.isocalendar()
    return f"{plant}{year - 1996:02d}{week:02d}{device.letters(4, 'serial', *parts)}"


def made_before(device: Device, *parts: object) -> date:
    """The date of manufacture that fits the purchase date."""
    made: date = device.kit.bought_on - device.made_on(*parts)
    return made


def hp_month(made: date) -> str:
    """The last digit of the year, and the month as HP's network makers write it: 1 to 9, 0, A, B."""
    return f"{made.year % 10}{'1234567890AB'[made.month - 1]}"


def grown(start: float, per_year: float, since: date) -> Callable[[float], float]:
    """A share (0 to 1) that grows by `per_year`, ever more slowly towards 0.82: people tidy up when it gets tight."""
    origin = (since - date(1970, 1, 1)) / timedelta(seconds=1)
    room = 0.82 - start
    return lambda t: start + room * (1 - math.exp(-per_year / room * max(0.0, t - origin) / (365.25 * 86_400)))
