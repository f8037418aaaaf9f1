"""Every subject is placed: what alert rules join, so that an alert can be routed by council and held back by site."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.catalogue import find
from agent.inventory import load
from agent.placing import Place, of_places, placed
from agent.topology import Topology


@pytest.fixture(scope="module")
def places() -> dict[str, Place]:
    estate = load(Path(__file__).resolve().parents[2] / "inventory.yaml")
    return placed(estate, Topology.of(estate))


@pytest.mark.parametrize(
    ("subject", "place"),
    [
        ("device:sw-wf-1", Place("device", "sw-wf-1", "wallfields", "switch", "east-herts")),
        ("link:wallfields-a", Place("link", site="wallfields", council="east-herts")),
        ("site:daneshill", Place("site", site="daneshill", council="stevenage")),
        ("service:telephony", Place("service", council="both")),
        ("redundancy:device/sw-wf-1/stack_members", Place("redundancy", "sw-wf-1", "wallfields", "switch",
                                                          "east-herts")),
        ("redundancy:links/wallfields", Place("redundancy", site="wallfields", council="east-herts")),
        ("redundancy:site/daneshill/2", Place("redundancy", site="daneshill", council="stevenage")),
        ("redundancy:service/telephony", Place("redundancy", council="both")),
        ("redundancy:sites/data_centre", Place("redundancy", council="stevenage")),  # two sites, of one council
    ],
)  # fmt: skip
def test_a_subject_is_where_the_inventory_has_it(subject: str, place: Place, places: dict[str, Place]) -> None:
    assert places[subject] == place


def test_every_subject_has_a_place_and_the_labels_of_the_catalogue(places: dict[str, Place]) -> None:
    estate = load(Path(__file__).resolve().parents[2] / "inventory.yaml")
    assert set(places) == Topology.of(estate).subjects
    facts = list(of_places(places, str.upper))
    assert {tuple(name for name, _ in labels) for _, labels, _ in facts} == {find("hartwatch_subject_info").labels}
    assert {dict(labels)["subject"]: dict(labels)["name"] for _, labels, _ in facts} == {
        subject: subject.upper() for subject in places
    }


def test_a_council_is_both_where_it_is_of_more_than_one() -> None:
    estate = load(Path(__file__).resolve().parents[2] / "inventory.yaml")
    links = {
        name: link.model_copy(update={"redundancy": "across"}) if name in ("wallfields-a", "btc-a") else link
        for name, link in estate.links.items()
    }
    estate = estate.model_copy(update={"links": links})
    assert placed(estate, Topology.of(estate))["redundancy:links/across"] == Place("redundancy", council="both")
