"""What subjects and links are called, as metrics."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.inventory import load
from agent.inventory.model import Estate
from agent.latest import Latest
from agent.subject_figures import LinkFigures, title_of
from agent.topology import Topology
from collectors.readings import Cadence, Interface
from tests.readers.estate import NOON, visit


@pytest.fixture(scope="module")
def estate(root: Path) -> Estate:
    return load(root / "inventory.yaml")


def facts_of(facts: object, name: str) -> list[dict[str, str]]:
    return [dict(labels) for found, labels, _ in facts if found == name]  # type: ignore[attr-defined]


def test_every_subject_has_a_name_for_people(estate: Estate) -> None:
    names = {subject: title_of(subject, estate) for subject in Topology.of(estate).subjects}
    assert all(names.values())
    assert names["link:wallfields-a"].startswith("Wallfields, ")
    assert names["site:wallfields"] == "Wallfields"
    assert names["redundancy:links/wallfields"] == "links of wallfields"
    assert names["redundancy:device/sw-wf-1/stack_members"] == "sw-wf-1, stack members"
    assert names["redundancy:sites/data_centre"] == "data centres"
    assert names["redundancy:site/daneshill/2"] == "Daneshill House data centre, what it needs (2)"


def test_a_link_is_joined_by_the_name_that_the_device_itself_gives(estate: Estate) -> None:
    latest, links = Latest(), LinkFigures()
    name, link = next((n, one) for n, one in estate.links.items() if one.watch)
    device, interface = link.watch[0].device, link.watch[0].interface

    def labels() -> dict[str, str]:
        found = facts_of(links.facts(estate, latest.of), "hartwatch_link_info")
        return next(one for one in found if (one["link"], one["device"]) == (name, device))

    assert labels()["ifName"] == interface  # not heard yet: as the inventory says
    assert (labels()["supplier"], labels()["circuit"]) == (link.supplier, link.circuit)
    for minutes, said in enumerate(("Gi9/9", "Gi8/8")):
        row = Interface(1, name=said, descr=interface, oper="up")
        latest.put(visit(device, cadence=Cadence.INVENTORY, at=NOON + timedelta(minutes=minutes), interfaces=(row,)))
        assert labels()["ifName"] == said


def test_the_speed_that_is_paid_for_is_in_bits_per_second(estate: Estate) -> None:
    found = {
        dict(labels)["subject"]: value
        for name, labels, value in LinkFigures().facts(estate, Latest().of)
        if name == "hartwatch_link_speed_bits_per_second"
    }
    assert found == {f"link:{n}": one.speed_mbps * 1e6 for n, one in estate.links.items() if one.speed_mbps}
