"""What one simulated device is, before it lives: plain data that travels to the simulator's process. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

SHORT = {"TenGigabitEthernet": "Te", "TwentyFiveGigE": "Twe", "GigabitEthernet": "Gi", "FastEthernet": "Fa"}


def short_name(interface: str) -> str:
    """ifName of an interface that may be called by its long name: Gi1/0/49 for GigabitEthernet1/0/49."""
    for long, short in SHORT.items():
        if interface.startswith(long):
            return short + interface.removeprefix(long)
    return interface


@dataclass(frozen=True, slots=True)
class WatchedPort:
    """An interface the inventory watches because a link ends there."""

    name: str
    link: str
    supplier: str
    mbps: int = 1000


@dataclass(frozen=True, slots=True)
class Kit:
    """One device of the demo estate. `model` is a key of `agent.demo.families.MODELS`."""

    name: str
    address: str
    model: str
    device_class: str
    site: str
    site_title: str
    bought_on: date
    restricted: bool = False
    behind: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()  # of these the devices: its uplinks lead to them, and LLDP tells of them
    peer: str | None = None  # the other half of a redundant pair, where it is a device of its own
    leads: bool = True  # of a pair: the one that is active when nothing is wrong
    ha_members: int = 1
    stack_members: int = 1
    power_supplies: int | None = None
    access_points: int = 0
    vpn_tunnels: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()  # interfaces the inventory names: they must exist
    links: tuple[WatchedPort, ...] = ()
    ssh_platform: str | None = None
    expected_sites: tuple[tuple[str, str], ...] = ()  # (key, title) of the sites a controller serves


@dataclass(frozen=True, slots=True)
class Circuit:
    """A WAN link of the inventory."""

    name: str
    site: str
    supplier: str
    group: str | None = None
    ends: tuple[tuple[str, str], ...] = ()  # (device, interface)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """A USM user as the simulated estate knows it."""

    name: str
    auth: str | None = None
    auth_secret: str = field(default="", repr=False)
    priv: str | None = None
    priv_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask the simulated estate: demo credentials, made anew for every run."""

    communities: tuple[str, ...] = field(repr=False)
    users: tuple[UsmUser, ...]
    ssh_user: str
    ssh_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """All the simulator needs: the devices, the links between them, ports and credentials."""

    kits: tuple[Kit, ...]
    circuits: tuple[Circuit, ...]
    access: Access
    seed: int = 1
    snmp_port: int = 0  # 0: any free one
    ssh_port: int = 0
    speed: float = 1.0
    gateway: str = "127.99.0.1"  # answers TCP connects on the SSH port: what the agent's self-check asks
