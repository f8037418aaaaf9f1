"""What devices see beside them by LLDP and CDP, and which of it the inventory does not have. Pure.

    for neighbour in neighbours(estate, visits): ...         visits: device > its last inventory visit
    unknown = [one for one in neighbours(...) if one.unknown]

What a neighbour says of itself is as hostile as what a device says. It is known where its name (with or without its
domain), its address, its serial number (CDP of Nexus switches has it in the name), or the name or serial number of a
part of a known device (an access point at its controller) is the inventory's. Phones and hosts are told apart by their
capabilities, where they say them; they are nobody's to monitor and are not counted as unknown.
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from agent.hostile import plain
from agent.inventory.model import Estate
from agent.inventory.values import canonical_address
from agent.lifecycle.placeholders import usable
from agent.lifecycle.same import serial_key
from collectors.readings import Visit

LLDP, CDP = "hartwatch_lldp_neighbour", "hartwatch_cdp_neighbour"
MOST_OF_A_DEVICE = 2_000  # rows; a large chassis has some hundred ports
Kind = Literal["network", "access_point", "phone", "host", ""]  # "": it does not say

# The first octet of lldpRemSysCapEnabled (IEEE 802.1AB, BITS from the left).
_TELEPHONE, _WLAN, _BRIDGE, _ROUTER, _STATION, _OTHER = 0x04, 0x10, 0x20, 0x08, 0x01, 0x80
# cdpCacheCapabilities (CISCO-CDP-MIB): the last octet.
_CDP_PHONE, _CDP_NETWORK, _CDP_HOST = 0x80, 0x01 | 0x02 | 0x04 | 0x08 | 0x40, 0x10
_PHONES = re.compile(r"\bIP Phone\b|\bSIP\d{3}|^SEP[0-9A-F]{12}$", re.IGNORECASE)
_POINTS = re.compile(r"\bAIR-|\bC91\d\d|access point", re.IGNORECASE)
_WITH_SERIAL = re.compile(r"(.+?)\(([A-Za-z0-9]{6,20})\)")


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of one device's table: on which port it sees whom, and how that one calls itself."""

    device: str
    port: str
    by: Literal["LLDP", "CDP"]
    name: str = ""
    chassis: str = ""
    address: str = ""
    platform: str = ""
    their_port: str = ""
    kind: Kind = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody beside known devices. `known`: the device of the inventory that it is, or is part of; "" for none."""

    name: str
    kind: Kind
    known: str
    seen: tuple[Seen, ...]

    @property
    def unknown(self) -> bool:
        """Not in the inventory, and not a phone or a host."""
        return not self.known and self.kind not in ("phone", "host")

    def said(self, what: Literal["chassis", "address", "platform"]) -> str:
        """The first thing it says of itself in that column."""
        return next((text for one in self.seen if (text := getattr(one, what))), "")


def neighbours(estate: Estate, visits: Mapping[str, Visit]) -> list[Neighbour]:
    """Everybody that is seen, each once, the unknown first; in the order of names."""
    known = _Known(estate, visits)
    found = []
    for rows in _each(row for name, visit in visits.items() for row in seen_by(name, visit)):
        who = next((device for row in rows if (device := known.of(row))), "")
        kinds = [row.kind for row in rows]
        kind = next((kind for kind in ("phone", "access_point", "network", "host") if kind in kinds), "")
        name = next((row.name for row in rows if row.name), "") or rows[0].chassis or rows[0].address
        found.append(Neighbour(name or "(says no name)", kind, who, tuple(rows)))  # type: ignore[arg-type]
    return sorted(found, key=lambda one: (not one.unknown, one.name.casefold(), one.seen[0].device))


def seen_by(device: str, visit: Visit) -> Iterator[Seen]:
    """The rows of a device's tables of neighbours."""
    for metric, labels, _ in islice(visit.told((LLDP, CDP)), MOST_OF_A_DEVICE):
        yield _seen(device, metric == LLDP, labels)


def _seen(device: str, lldp: bool, labels: Mapping[str, str]) -> Seen:
    said = {key: plain(value, 120).strip() for key, value in labels.items()}
    chassis, address = said.get("chassis", ""), said.get("address", "")
    if (ip := _network_address(chassis)) is not None:
        chassis, address = "", ip
    name, platform = said.get("neighbour", ""), said.get("platform", "")
    kind = _lldp_kind(said.get("capabilities", "")) if lldp else _cdp_kind(said.get("capabilities", ""))
    if _PHONES.search(platform) or _PHONES.search(name):
        kind = "phone"
    elif _POINTS.search(platform):
        kind = "access_point"
    port = said.get("port", "") or said.get("local_port", "")
    return Seen(device, port, "LLDP" if lldp else "CDP", name, chassis, address, platform,
                said.get("neighbour_port", ""), kind)  # fmt: skip


def _lldp_kind(capabilities: str) -> Kind:
    octet = _octet(capabilities[:2])
    if octet & _TELEPHONE:
        return "phone"  # one with a socket for a computer is a bridge as well
    if octet & _WLAN:
        return "access_point"
    if octet & (_BRIDGE | _ROUTER):
        return "network"
    return "host" if octet & (_STATION | _OTHER) else ""


def _cdp_kind(capabilities: str) -> Kind:
    octet = _octet(capabilities[-2:])
    if octet & _CDP_PHONE:
        return "phone"
    if octet & _CDP_NETWORK:
        return "network"
    return "host" if octet & _CDP_HOST else ""


def _octet(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0


def _network_address(chassis: str) -> str | None:
    """A chassis of subtype networkAddress as its octets: family (1 IPv4, 2 IPv6) and address."""
    if re.fullmatch(r"01[0-9a-f]{8}|02[0-9a-f]{32}", chassis):
        return str(ipaddress.ip_address(bytes.fromhex(chassis[2:])))
    return None


# ---------------------------------------------------------------- who is who
def _each(rows: Iterable[Seen]) -> list[list[Seen]]:
    """Rows of one neighbour together: by its chassis, and where a row has none (CDP), by a name that only one has."""
    by_chassis: dict[str, list[Seen]] = {}
    named: dict[str, list[Seen]] = {}
    nobody: list[list[Seen]] = []
    for row in rows:
        if row.chassis:
            by_chassis.setdefault(row.chassis.casefold(), []).append(row)
        elif row.name or row.address:
            named.setdefault(short_name(row.name) or row.address, []).append(row)
        else:
            nobody.append([row])
    holders: dict[str, list[str]] = defaultdict(list)
    for chassis, members in by_chassis.items():
        for name in {short_name(row.name) for row in members if row.name}:
            holders[name].append(chassis)
    alone = []
    for name, members in named.items():
        if len(holders.get(name, ())) == 1:
            by_chassis[holders[name][0]] += members
        else:
            alone.append(members)
    return [*by_chassis.values(), *alone, *nobody]


class _Known:
    """What the inventory and its devices call themselves."""

    def __init__(self, estate: Estate, visits: Mapping[str, Visit]) -> None:
        self._names: dict[str, str] = {}
        self._serials: dict[str, str] = {}
        self._addresses = {canonical_address(device.address): name for name, device in estate.devices.items()}
        for name, visit in visits.items():
            for part in visit.parts:
                if part.part == "access_point" and part.name:
                    self._names.setdefault(part.name.casefold(), name)
                if serial := usable(part.serial):
                    self._serials.setdefault(serial_key(serial), name)
            if visit.identity.name:
                self._names[short_name(visit.identity.name)] = name
            if serial := usable(visit.identity.serial):
                self._serials[serial_key(serial)] = name
        for entry in estate.hardware.values():
            if entry.serial:
                self._serials.setdefault(serial_key(entry.serial), entry.device or "hardware")
        for name in estate.devices:
            self._names[short_name(name)] = name
            self._names[name.casefold()] = name

    def of(self, row: Seen) -> str:
        name = row.name
        if (both := _WITH_SERIAL.fullmatch(name)) is not None:
            if found := self._serials.get(serial_key(both[2])):
                return found
            name = both[1]
        for said in (name.casefold(), short_name(name)):
            if said and (found := self._names.get(said)):
                return found
        if row.address and (found := self._addresses.get(canonical_address(row.address))):
            return found
        for said in (row.chassis, name):
            if said and (found := self._serials.get(serial_key(said))):
                return found
        return ""


def short_name(name: str) -> str:
    """Without the domain; an address that is a name stays whole."""
    text = name.casefold().rstrip(".")
    return text if re.fullmatch(r"[0-9.]+", text) else text.partition(".")[0]
