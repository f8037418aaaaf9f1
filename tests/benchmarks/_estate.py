"""The estate that is polled in `estate_load.py`: which kind of device stands at which address, and what it answers.

The mix is the one the neighbour's estate is reckoned with: of a hundred devices 60 switches of 24 ports, 20 of 48, 15
access points and UPS, 5 firewalls and controllers. Each answers what the demo's simulated devices of that model answer,
all their tables (a switch's interfaces are its ports alone), frozen at one moment; names, aliases and serial numbers
are each device's own, so that nothing is shared between devices that would not be in service. Addresses say the kind
in their second number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from _snmp_responder import NUMBER_HERE

from agent.demo import ber
from agent.demo.curves import Clock
from agent.demo.device import Device
from agent.demo.families import MODELS, build
from agent.demo.kit import Kit
from agent.demo.tree import encode

MOMENT = 1_767_225_600.0  # 1 January 2026: any will do
KINDS: dict[str, tuple[int, str]] = {
    # kind: how many of a hundred, class in the inventory
    "aruba-6300m": (60, "switch"),
    "c9300": (20, "switch"),
    "iap-315": (8, "wifi_ap"),
    "smart-ups-3000": (7, "ups"),
    "fortigate-600f": (4, "firewall"),
    "wlc-5520": (1, "wifi_controller"),
}
PORTS = {"aruba-6300m": 24, "c9300": 48}
FIRST = 40  # second number of the first kind's addresses
PER_NUMBER = 240 * 250  # addresses used below each

_IF_NUMBER = (1, 3, 6, 1, 2, 1, 2, 1, 0)
_IF_ENTRY = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IFX_ENTRY = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_ALIAS = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 18)
_SYS_NAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)
_SERIAL = re.compile(rb"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{8,24}\Z")


def kind_at(address: bytes) -> str:
    """The kind of the device at an address (four octets)."""
    return tuple(KINDS)[min(address[1] - FIRST, len(KINDS) - 1)]


def devices(count: int) -> Iterator[tuple[str, str, str]]:
    """Name, class and address of `count` devices, the kinds evenly mixed."""
    turn = [kind for kind, (share, _) in KINDS.items() for _ in range(share)]
    made = dict.fromkeys(KINDS, 0)
    for number in range(count):
        kind = turn[number * 37 % 100]  # 37 and 100 have no divisor in common: every kind all along the way
        n = made[kind]
        made[kind] += 1
        second = FIRST + tuple(KINDS).index(kind)
        if n >= PER_NUMBER:
            raise ValueError(f"no more than {PER_NUMBER} devices of a kind")
        yield f"d{number:05d}-{kind}", KINDS[kind][1], f"127.{second}.{n // 250 % 240}.{n % 250 + 1}"


def objects_of(kind: str) -> dict[tuple[int, ...], bytes]:
    """Everything a device of this kind answers: object identifier > encoded value."""
    model = MODELS[kind]
    kit = Kit(kind, "127.0.0.1", kind, model.device_class, "site", "Example House", date(2021, 4, 6), access_points=40)
    device = Device(kit, Clock(MOMENT), 1, build)
    found = {name: (tag, value) for name, tag, value in device.tree.items(MOMENT)}
    if kind in PORTS:
        rows = sorted(name[-1] for name in found if name[:-1] == (*_IF_ENTRY, 1))
        left_out = set(rows[PORTS[kind] :])
        found = {n: v for n, v in found.items() if not (n[-1] in left_out and n[:-2] in (_IF_ENTRY, _IFX_ENTRY))}
        found[_IF_NUMBER] = (ber.INTEGER, PORTS[kind])
    return {name: encode(tag, _own(name, tag, value)) for name, (tag, value) in found.items()}


def _own(name: tuple[int, ...], tag: int, value: int | bytes | ber.Oid) -> int | bytes | ber.Oid:
    """The value with a place for the device's own number, where it is a name, an alias or a serial number."""
    if tag != ber.OCTETS or not isinstance(value, bytes):
        return value
    if name == _SYS_NAME:
        return b"d" + NUMBER_HERE
    if name[:-1] == _ALIAS and value:
        return value[:20] + b" " + NUMBER_HERE
    if _SERIAL.match(value):
        return NUMBER_HERE + value[6:]  # the tail stays: it tells the device's own parts apart
    return value
