"""Made-up estates and views for the tests of the pages."""

from __future__ import annotations

from typing import Any

from agent.facts import Standing
from agent.health import Held
from agent.inventory.model import Estate
from agent.topology import Topology
from agent.view import View, watched_of
from agent.watched import INTERVALS
from tests.readers.test_web_pages import HOUR, NOON, view

SUPPLIERS = ("Virgin Media", "BT", "Neos", "Zen", "Openreach")


def large(sites: int, links: int = 2, devices: int = 1, councils: int = 2) -> Estate:
    """Two data centres and buildings, shared out among councils in turn."""
    owners = [f"council{n}" for n in range(councils)]
    found: dict[str, Any] = {
        "councils": {o: {"title": f"Council {n}", "share": "1" if not n else "0"} for n, o in enumerate(owners)},
        "sites": {}, "links": {}, "devices": {},
    }  # fmt: skip
    for number in range(sites):
        name, kind = f"site{number}", "data_centre" if number < 2 else "office"
        found["sites"][name] = {"title": f"Building {number}", "kind": kind, "owner": owners[number % councils]}
        for leg in range(links):
            found["links"][f"{name}-{leg}"] = {
                "site": name,
                "supplier": SUPPLIERS[leg % 5],
                "circuit": f"C{number}-{leg}",
            }
        for unit in range(devices):
            device = f"sw-{number}-{unit}"
            found["devices"][device] = {
                "name": device, "address": f"192.0.{number % 250}.{unit + 1}", "class": "switch", "site": name,
            }  # fmt: skip
    return Estate.model_validate(found)


def view_of(estate: Estate, **changes: Any) -> View:
    board = {f"device:{name}": Held(Standing.UP, NOON - HOUR, reason="answers") for name in estate.devices}
    board |= {f"link:{name}": Held(Standing.UP, NOON - HOUR, reason="up") for name in estate.links}
    board |= changes.pop("board", {})
    return view(
        estate=estate, board=board, watched=watched_of(estate, INTERVALS), topology=Topology.of(estate), **changes
    )
