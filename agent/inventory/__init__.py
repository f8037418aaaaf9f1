"""The estate as people write it down: loaded, checked, resolved, compared.

estate = load("inventory.yaml")                 # or InventoryInvalid, with every problem and its line
for device in estate.devices.values():
    visit = target(estate, device, secrets, known_hosts)
"""

from __future__ import annotations

from agent.inventory.changes import Change, Difference, difference
from agent.inventory.known_hosts import KnownHosts, read_known_hosts
from agent.inventory.model import Cost, Device, Estate, Hardware, KeepUntil, Link, Programme, Service, Site
from agent.inventory.problems import InventoryInvalid, Problem
from agent.inventory.reading import Loaded, load, read
from agent.inventory.resolve import Effective, InForce, effective, target

__all__ = [
    "Change", "Cost", "Device", "Difference", "Effective", "Estate", "Hardware", "InForce", "InventoryInvalid",
    "KeepUntil", "KnownHosts", "Link", "Loaded", "Problem", "Programme", "Service", "Site",
    "difference", "effective", "load", "read", "read_known_hosts", "target",
]  # fmt: skip
