"""Whom a request may have asked, and by which credential. Pure.

A request names a target as snmp_exporter knows it: a host, host:port or udp://host:port. By default it has to be a
device of the inventory, by its name or address, and the inventory's own credential is used: an agent that would ask
any address with its credentials would hand them to whoever can reach its port.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.exporter.snmp.modules import Module, Modules
from agent.hostile import plain
from collectors import SnmpAccess, Target

DEFAULT_AUTH = "public_v2"  # snmp_exporter's
DEFAULT_PORT = 161
FOREIGN_SECONDS = 5.0  # of snmp_exporter: one attempt, where the module says nothing
FOREIGN_RETRIES = 3
LONGEST_TARGET = 300
_TRANSPORTS = ("udp", "udp4", "udp6")


class Refused(Exception):
    """The request cannot be served as it is. `str()` is one line; `status` is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class BadPort(Exception):
    """The target's port is none: to snmp_exporter that is a scrape that fails, not a request that is wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """A target taken apart. `port` is None where none was named."""

    host: str
    port: int | None

    @classmethod
    def of(cls, target: str) -> Place:
        """From `host`, `host:port`, `[address]:port` or `udp://...`; Refused, BadPort."""
        transport, there, rest = target.partition("://")
        if there and transport not in _TRANSPORTS:
            raise Refused(f"transport '{plain(transport, 20)}' is not supported: SNMP is asked over udp here")
        place = rest if there else target
        if len(place) > LONGEST_TARGET:
            raise Refused(f"'target' is longer than {LONGEST_TARGET} characters")
        host, colon, port = place.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if not colon or (":" in host and not bracketed):  # no port, or an IPv6 address without brackets
            return cls(_plain_host(place), None)
        if not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) < 65536:
            raise BadPort(f'error converting port number to int for target "{plain(target)}": "{plain(port, 20)}"')
        return cls(_plain_host(host), int(port))


def _plain_host(host: str) -> str:
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


class Directory:
    """Devices of the inventory by name and by address."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self.targets = targets
        self._by_address: dict[str, list[Target]] = {}
        for target in targets.values():
            self._by_address.setdefault(_plain_host(target.address), []).append(target)

    def find(self, place: Place, written: str) -> Target | None:
        """The device that is meant; Refused where several are."""
        named = self.targets.get(written) or self.targets.get(place.host)
        if named is not None and place.port in (None, named.port):
            return named
        found = self._by_address.get(place.host, [])
        if place.port is not None or len(found) > 1:
            found = [target for target in found if target.port == (place.port or DEFAULT_PORT)] or (
                found if place.port is None else []
            )
        if len(found) > 1:
            names = ", ".join(sorted(target.name for target in found)[:5])
            raise Refused(f"several devices of the inventory have this address: name one of them ({names} ...)")
        return found[0] if found else None


def choose(directory: Directory, modules: Modules, written: str, auth: str, module: Module, *, anybody: bool) -> Target:
    """The target to ask, with the credential to ask it by; Refused where it may not be asked.

    `anybody`: addresses that are not in the inventory may be asked as well, by credentials of the module files.
    """
    if auth and modules.auths and auth not in modules.auths:
        raise Refused(f"Unknown auth '{plain(auth)}'")
    place = Place.of(written)
    device = directory.find(place, written)
    if device is not None and not (anybody and auth in modules.auths):
        if device.snmp is None:
            raise Refused(f"the inventory has no SNMP credential for {device.name}")
        return device
    if not anybody:
        raise Refused(
            f"'{plain(written)}' is no device of the inventory, and others are not asked "
            "(see snmp_targets in the settings)",
            403,
        )
    access = _named(modules, auth, module)
    if device is not None:
        return replace(device, snmp=access)
    return Target(
        name=f"{place.host}:{place.port or DEFAULT_PORT}",
        address=place.host,
        port=place.port or DEFAULT_PORT,
        snmp=access,
        timeout_seconds=FOREIGN_SECONDS,
        retries=FOREIGN_RETRIES,
    )


def _named(modules: Modules, auth: str, module: Module) -> SnmpAccess:
    if not auth and module.access is not None:
        return module.access
    name = auth or DEFAULT_AUTH
    if name not in modules.auths:
        raise Refused(f"Unknown auth '{plain(name)}'")
    return modules.auths[name]


def in_context(access: SnmpAccess, context: str, engine: str) -> SnmpAccess:
    """The credential with the context that a request names; both mean something to version 3 only."""
    if len(context.encode()) > 255:
        raise Refused("'snmp_context' is longer than 255 octets")
    if engine:
        digits = engine.removeprefix("0x").removeprefix("0X")
        try:
            octets = bytes.fromhex(digits)
        except ValueError:
            octets = b""
        if not 5 <= len(octets) <= 32 or len(digits) != 2 * len(octets):
            raise Refused("'snmp_engineid' is from 5 to 32 octets in hexadecimal")
        access = replace(access, context_engine=octets.hex())
    return replace(access, context=context) if context else access
