"""What happened to hardware in the made-up past: a switch was swapped, a power supply pulled, a stack member moved.

    for at, facts in hardware_past(devices, now): ...        the oldest first; each is written as at that time

The simulated devices are what is there now, so each story ends with what they say: the serial number that came is the
one that stands there. Told are only the pieces that something happened to; all others are first seen when the demo's
agent first asks. An estate without the kit for a story does without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from agent.demo.device import Device
from agent.demo.families import MODELS, arubacx, base, cisco
from agent.facts import Absence, Facts, Sighting
from agent.lifecycle.roll import asset_key

SEEN_AT_FIRST = timedelta(days=92)
SWAPPED, PULLED, MOVED = timedelta(days=55.3), timedelta(days=24.6), timedelta(days=33.4)
IS_GONE_AFTER = timedelta(hours=30)  # more than the day that a place has to be empty
THE_OLD_SWITCH, OLD_PLANT = "c2960x", "FOC"
BEFORE_IT = timedelta(days=7 * 365)  # the old switch was bought so long before the new one
VENDOR, FAMILY = "Cisco", "cisco_ios"
ARUBA = ("HPE Aruba", "arubaos_cx")

Past = Iterator[tuple[datetime, Facts]]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece as a visit reads it."""

    part: str
    name: str
    place: str
    model: str
    serial: str | None
    version: str | None = None
    vendor: str = VENDOR
    family: str = FAMILY

    def seen(self, device: str, at: datetime) -> Sighting:
        return Sighting(
            device, self.part, self.name, self.place, self.vendor, self.model, self.serial, self.version, at,
            family=self.family,
        )  # fmt: skip

    def missed(self, device: str, last_seen_at: datetime) -> Absence:
        key = asset_key(self.seen(device, last_seen_at))
        noticed_at = last_seen_at + IS_GONE_AFTER
        return Absence(key, device, self.part, self.name, self.place, self.serial, last_seen_at, noticed_at)


def hardware_past(devices: Mapping[str, Device], now: datetime) -> Past:
    """Every story in one order of time."""
    stories = (_swapped(devices, now), _pulled(devices, now), _moved(devices, now))
    yield from sorted((entry for story in stories for entry in story), key=lambda entry: entry[0])


def _swapped(devices: Mapping[str, Device], now: datetime) -> Past:
    """The switch that was bought last stands where an older one of another maker stood."""
    first, at = now - SEEN_AT_FIRST, now - SWAPPED
    new = [d for d in devices.values() if d.kit.model == "aruba-6200f" and arubacx.members(d) == 1 and _bought(d) < at]
    if not new:
        return
    device = max(new, key=lambda d: (d.kit.bought_on, d.kit.name))
    model, old_model = MODELS[device.kit.model], MODELS[THE_OLD_SWITCH]
    serial = base.cisco_serial(device, "predecessor", bought_on=device.kit.bought_on - BEFORE_IT, plant=OLD_PLANT)
    old = _Part("chassis", "1", "", old_model.data["switch"].pid, serial, old_model.version)
    product = f"{model.data['pid']} {model.data['name']}"
    # With what is in it: what came with a device is as old as that, and nothing else dates a fan.
    came = [
        _Part("chassis", "Chassis 1", "", product, arubacx.serial(device, 1), model.version, *ARUBA),
        _Part(
            "power_supply", "Power supply 1/1", "1.1", arubacx.SUPPLY, arubacx.supply_serial(device, 1, 1), None, *ARUBA
        ),
        _Part("fan", "Fan tray 1/1", "1.1", arubacx.FAN_TRAY, None, None, *ARUBA),
    ]
    yield first, Facts(sightings=(old.seen(device.kit.name, first),))
    yield at, Facts(sightings=_seen(came, device.kit.name, at))


def _pulled(devices: Mapping[str, Device], now: datetime) -> Past:
    """A switch had a second power supply, and has none now."""
    first, at = now - SEEN_AT_FIRST, now - PULLED
    for device in _of(devices, "c9200"):
        switch = MODELS[device.kit.model].data["switch"]
        if cisco.members(device) > 1 or cisco.supplies(device, switch) != 1 or _bought(device) > first:
            continue
        pulled = _supply(device, 1, 2)
        yield first, Facts(sightings=(pulled.seen(device.kit.name, first),))
        yield at + IS_GONE_AFTER, Facts(absences=(pulled.missed(device.kit.name, at),))
        return


def _moved(devices: Mapping[str, Device], now: datetime) -> Past:
    """The last switch of a stack, with its power supplies, was in the smaller stack beside it before."""
    first, at = now - SEEN_AT_FIRST, now - MOVED
    stacks = [d for d in _of(devices, "c9300") if _bought(d) < first]
    for here in stacks:
        number = cisco.members(here)
        there = next((d for d in stacks if d.kit.site == here.kit.site and cisco.members(d) == number - 1), None)
        if number < 3 or there is None:
            continue
        model = MODELS[here.kit.model]
        switch = model.data["switch"]
        parts = [
            _Part(
                "stack_member", f"Switch {number}", str(1000 * number), switch.pid, cisco.member_serial(here, number),
                model.version,
            ),
            *(_supply(here, number, s) for s in range(1, cisco.supplies(here, switch) + 1)),
        ]  # fmt: skip
        was, is_now = there.kit.name, here.kit.name
        yield first, Facts(sightings=_seen(parts, was, first))
        yield at, Facts(sightings=_seen(parts, is_now, at))
        left = tuple(part.missed(was, at - timedelta(hours=3)) for part in parts)
        yield left[0].noticed_at, Facts(absences=left)
        return


def _supply(device: Device, member: int, number: int) -> _Part:
    pid = MODELS[device.kit.model].data["switch"].supply_pid
    name = f"Switch {member} - Power Supply {'AB'[number - 1]}"
    return _Part(
        "power_supply", name, str(1000 * member + 10 + number), pid, cisco.supply_serial(device, member, number)
    )


def _seen(parts: Sequence[_Part], device: str, at: datetime) -> tuple[Sighting, ...]:
    return tuple(part.seen(device, at) for part in parts)


def _of(devices: Mapping[str, Device], model: str) -> list[Device]:
    return [device for device in devices.values() if device.kit.model == model]


def _bought(device: Device) -> datetime:
    return datetime.combine(device.kit.bought_on, time(), UTC)
