"""The inventory as judgement reads it: a small estate, and the project's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.health import Board, judge
from agent.inventory import load
from agent.inventory.needs import AllOf, AnyOf, Subject, subjects
from agent.topology import Topology
from tests.agent_core.making import DOWN, UP, visit

SMALL = """
councils: {sbc: {title: Stevenage Borough Council, share: 1}}
sites:
  hq: {title: Headquarters, kind: office, owner: sbc}
  hall: {title: Hall, kind: other, owner: sbc, needs: "link:a"}
  empty: {title: Empty, kind: depot, owner: sbc}
links:
  a: {site: hq, supplier: BT, watch: [{device: core, interface: Gi0/1}, {device: edge, interface: Gi0/2}]}
  b: {site: hq, supplier: Virgin Media, watch: [{device: core, interface: Gi0/3}]}
  dark: {site: hq, supplier: BT}
credentials: {c: {kind: snmp_v2c, community: "env:COMMUNITY"}}
defaults: {snmp: c}
devices:
  - {name: core, address: 192.0.2.1, class: switch, site: hq}
  - {name: edge, address: 192.0.2.2, class: router, site: hq, behind: [a, b]}
  - {name: leaf, address: 192.0.2.3, class: switch, site: hq, behind: [core]}
services:
  net: {title: Network, owner: sbc, needs: {all: [core, {any: [link:a, link:b]}]}}
  mail: {title: Mail, owner: sbc, needs: service:net}
"""


@pytest.fixture
def small(tmp_path: Path) -> Topology:
    (tmp_path / "inventory.yaml").write_text(SMALL)
    return Topology.of(load(tmp_path / "inventory.yaml"))


def test_what_stands_behind_what_is_read_both_ways(small: Topology) -> None:
    assert small.behind == {"device:edge": ("link:a", "link:b"), "device:leaf": ("device:core",)}
    assert small.front == {"link:a": ("device:edge",), "link:b": ("device:edge",), "device:core": ("device:leaf",)}


def test_links_are_judged_by_the_visits_to_the_devices_that_watch_them(small: Topology) -> None:
    assert small.watched == {"core": (("link:a", "Gi0/1"), ("link:b", "Gi0/3")), "edge": (("link:a", "Gi0/2"),)}
    assert small.watchers == {"link:a": ("device:core", "device:edge"), "link:b": ("device:core",)}


def test_a_site_needs_one_of_its_watched_links_and_one_of_its_devices_unless_it_says_otherwise(small: Topology) -> None:
    links = AnyOf((Subject("a", "link"), Subject("b", "link")))
    devices = AnyOf(tuple(Subject(name, "device") for name in ("core", "edge", "leaf")))
    assert small.needs["site:hq"] == AllOf((links, devices))
    assert small.needs["site:hall"] == Subject("a", "link")
    assert "site:empty" not in small.needs


def test_what_depends_on_a_subject_is_known(small: Topology) -> None:
    assert small.dependents["link:a"] == ("site:hq", "site:hall", "service:net")
    assert small.dependents["service:net"] == ("service:mail",)


def test_the_projects_own_inventory_makes_a_topology_in_which_everything_named_exists(root: Path) -> None:
    estate = load(root / "inventory.yaml")
    found = Topology.of(estate)
    known = {f"device:{n}" for n in estate.devices} | {f"link:{n}" for n in estate.links}
    known |= {f"site:{n}" for n in estate.sites} | {f"service:{n}" for n in estate.services}
    named = {*found.behind, *found.front, *found.watchers, *found.needs, *found.dependents}
    named |= {other for others in found.behind.values() for other in others}
    named |= {str(part) for needs in found.needs.values() for part in subjects(needs)}
    assert named <= known
    assert len(found.devices) >= 60
    assert {f"service:{n}" for n in estate.services} <= set(found.needs)


def test_the_loss_of_any_one_device_of_the_projects_estate_is_at_most_one_accused_device(root: Path) -> None:
    """Whatever falls, what stands behind it is carried down by it, and all services are judged without a slip."""
    estate = load(root / "inventory.yaml")
    found = Topology.of(estate)
    up = {name: {i: "up" for d, i in _watches(found, name)} for name in found.devices}
    healthy: Board = {}
    for name in found.devices:
        healthy.update(judge(visit(name, interfaces=up[name]), healthy, found).held)
    assert all(held.standing is UP for held in healthy.values()), [
        s for s, h in healthy.items() if h.standing is not UP
    ]
    for lost in sorted(found.devices):
        board, unreachable = dict(healthy), _behind_only(found, lost)
        for round_ in range(7):
            for name in sorted(unreachable):
                board.update(judge(visit(name, 60 + 20 * round_, up=False), board, found).held)
        accused = {s for s, h in board.items() if s.startswith("device:") and h.standing is DOWN}
        assert accused == {f"device:{lost}"}, lost


def _watches(found: Topology, name: str) -> tuple[tuple[str, str], ...]:
    return found.watched.get(name, ())


def _behind_only(found: Topology, lost: str) -> set[str]:
    """The device, and those that can only be reached through devices that are lost with it."""
    gone = {f"device:{lost}"}
    while True:
        more = {s for s, others in found.behind.items() if s not in gone and others and set(others) <= gone}
        if not more:
            return {subject.partition(":")[2] for subject in gone}
        gone |= more
