"""What another system says of one device, in the words of the inventory. Pure.

An import owns FIELDS and nothing else: whatever else stands in the inventory was written by hand and is left alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from agent.inventory.model import DEVICE_CLASSES

Field = Literal[
    "address", "class", "site", "vendor", "model", "serial", "purchased", "installed", "support_until", "price",
    "supplier",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)
OF_DEVICE: tuple[Field, ...] = ("address", "class", "site")  # in the device's own entry
OF_HARDWARE: tuple[Field, ...] = ("vendor", "model", "serial")  # in an entry of `hardware` that names the device
OF_OWNED: tuple[Field, ...] = ("purchased", "installed", "support_until", "price", "supplier")  # in its `owned`
Value = str | date | Decimal

# Words in names of roles, the first that fits; longer and more special ones first.
_ROLES: tuple[tuple[str, str], ...] = (
    ("wireless controller", "wifi_controller"), ("wifi controller", "wifi_controller"),
    ("wlan controller", "wifi_controller"), ("wlc", "wifi_controller"), ("access point", "wifi_ap"),
    ("wifi ap", "wifi_ap"), ("wap", "wifi_ap"), ("ap", "wifi_ap"), ("load balancer", "load_balancer"),
    ("adc", "load_balancer"), ("firewall", "firewall"), ("fw", "firewall"), ("ups", "ups"), ("pdu", "pdu"),
    ("environment", "environment"), ("sensor", "environment"), ("bmc", "bmc"), ("oob controller", "bmc"),
    ("ilo", "bmc"), ("idrac", "bmc"), ("hypervisor", "hypervisor"), ("esx", "hypervisor"),
    ("virtualisation host", "hypervisor"), ("virtualization host", "hypervisor"), ("storage", "storage"),
    ("san", "storage"), ("nas", "storage"), ("voice", "voice"), ("pbx", "voice"), ("sbc", "voice"),
    ("telephony", "voice"), ("router", "router"), ("switch", "switch"), ("server", "server"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """One device elsewhere. `origin`: where it was said, for people (`assets.csv:7`, `NetBox device 12`).

    What the source leaves open is not in `values`, and leaves the inventory's value as it is. `odd`: what it says that
    could not be understood, field > why.
    """

    origin: str
    name: str
    values: Mapping[Field, Value]
    odd: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """How a source's words for roles and sites are read. Keys are compared without case and signs."""

    roles: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)

    def class_of(self, *said: str) -> str | None:
        """The class that a role's name or slug means; the mapping first, then the class itself, then words in it."""
        for word in said:
            if (given := self.roles.get(bare(word))) is not None:
                return given
        for word in said:
            if bare(word).replace(" ", "_") in DEVICE_CLASSES:
                return bare(word).replace(" ", "_")
        for word in said:
            text = f" {bare(word)} "
            for known, kind in _ROLES:
                if any(f" {known}{ending} " in text for ending in ("", "s", "es")):
                    return kind
        return None


def site_finder(titles: Mapping[str, str], words: Words) -> Callable[..., str | None]:
    """A function from a source's names of a site to the inventory's. `titles`: name > title of the inventory's."""
    known = {bare(title): name for name, title in titles.items()} | {bare(name): name for name in titles}

    def find(*said: str) -> str | None:
        for word in said:
            if (given := words.sites.get(bare(word))) is not None:
                return given
        return next((known[bare(word)] for word in said if bare(word) in known), None)

    return find


def bare(text: str) -> str:
    """Letters and digits in small letters, one blank for anything between: "Access-Switch" is "access switch"."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def address_in(text: str) -> str:
    """An address with or without its prefix length, or a host name; ValueError in words for anything else."""
    from agent.inventory.values import check_address

    try:
        return str(ipaddress.ip_interface(text).ip)
    except ValueError:
        return check_address(text)
