"""Access points behind a controller, whatever its make: names, places, clients that follow office hours. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from agent.demo.curves import breathe
from agent.demo.device import Device
from agent.demo.families import base


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """One access point. `there` is False while a fault has taken it away."""

    number: int
    name: str
    place: str
    mac: bytes
    address: str
    there: Callable[[float], bool]
    clients: tuple[Callable[[float], float], Callable[[float], float]]  # 2.4 GHz, 5 GHz
    channels: tuple[int, int]


LOTS = (0.0, 0.0, 2.5, 2.5, 5.0)  # years after the controller: access points are bought in lots, as floors are refitted
LAST_LOT_IN = 2025  # no lot is bought in a year that has not come


def bought_on(device: Device, number: int) -> date:
    """When access point `number` of a controller was bought."""
    first: date = device.kit.bought_on
    later = first + timedelta(days=int(LOTS[number % len(LOTS)] * 365.25))
    return later if later.year <= LAST_LOT_IN else first


CHANNELS_24, CHANNELS_5 = (1, 6, 11), (36, 40, 44, 48, 52, 100, 104, 108, 112)


def access_points(device: Device) -> list[AccessPoint]:
    """The controller's access points, spread over the sites it serves."""
    places = device.kit.expected_sites or ((device.kit.site, device.kit.site_title),)
    count = device.kit.access_points or 24
    points: list[AccessPoint] = []

    def point(number: int) -> None:
        key, title = places[(number - 1) * len(places) // count]
        name = f"ap-{key}-{number:02d}"
        points.append(
            AccessPoint(
                number=number,
                name=name,
                place=f"{title}, floor {1 + number % 3}",
                mac=device.mac("ap", number, oui="02:3a:7d"),
                address=f"192.0.2.{number % 250 + 1}",
                there=lambda t: number not in device.lost_access_points,
                clients=(_clients(device, name, 0.4, 5), _clients(device, name, 1.0, 26)),
                channels=(CHANNELS_24[number % 3], CHANNELS_5[int(device.draw("channel", name) * len(CHANNELS_5))]),
            )
        )

    for number in range(1, count + 1):
        point(number)
    return points


def _clients(device: Device, name: str, low: float, high: float) -> Callable[[float], float]:
    most = low + (high - low) * device.draw("popular", name, high)
    week, clock = base.week_of(device), device.clock

    def here(t: float) -> float:
        return max(0.0, most * week.at(clock.pattern(t)) + breathe(t, device.seed, name, high, low=-1.2, high=1.2))

    return here


def total_clients(points: list[AccessPoint]) -> Callable[[float], int]:
    return lambda t: sum(round(radio(t)) for point in points if point.there(t) for radio in point.clients)


def present_count(points: list[AccessPoint]) -> Callable[[float], int]:
    return lambda t: sum(point.there(t) for point in points)
