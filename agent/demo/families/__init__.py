"""The families of simulated devices: which models there are and how their objects are made."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import (
    aireos,
    apc,
    arubacx,
    arubaos,
    catalyst,
    cisco_router,
    fortigate,
    hosts,
    idrac,
    ilo,
    panos,
    power,
    procurve,
    storage,
)
from agent.demo.families.base import Model
from agent.demo.tree import Tree

_MODULES = (
    aireos, apc, arubacx, arubaos, catalyst, cisco_router, fortigate, hosts, idrac, ilo, panos, power, procurve,
    storage,
)  # fmt: skip

MODELS: dict[str, Model] = {model.key: model for module in _MODULES for model in module.MODELS}
"""Every model that can be simulated, by its key."""


def build(device: Device) -> Tree:
    """All objects of a device, as its model's family makes them."""
    model = MODELS[device.kit.model]
    tree = Tree()
    model.build(tree, device, model)
    return tree
