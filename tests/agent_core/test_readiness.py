"""Whether each data centre could carry everything alone, on the project's own estate and on small ones."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.accounting.readiness import FULL_SERVICE, Readiness, readiness_of
from agent.accounting.redundancy import losses_of
from agent.health import Board, Held, judge, judge_dependents
from agent.inventory import Estate, load
from agent.topology import Topology
from collectors.readings import Check, Level
from tests.agent_core.making import BLIND, DOWN, T0, UP, at, flips_of, visit


@pytest.fixture
def estate(root: Path) -> Estate:
    return load(root / "inventory.yaml")


def standing(estate: Estate, down: tuple[str, ...] = (), seconds: float = 60) -> tuple[Topology, Board]:
    """Everything is up but what is down, and what follows from it."""
    of = Topology.of(estate)
    board: Board = {subject: Held(UP, T0, BLIND) for subject in of.subjects}
    board.update({subject: Held(DOWN, at(seconds), UP) for subject in down})
    board.update(judge_dependents(board, of, at(seconds)).held)
    return of, board


def one(found: list[Readiness], site: str) -> Readiness:
    return next(readiness for readiness in found if readiness.site == site)


def failing(readiness: Readiness) -> dict[str, tuple[str, ...]]:
    return {verdict.service: verdict.missing for verdict in readiness.fails}


def test_each_data_centre_is_asked_for_every_service_with_what_it_has(estate: Estate) -> None:
    found = readiness_of(estate, *standing(estate))
    assert [readiness.site for readiness in found] == ["daneshill", "cavendish"]
    daneshill, cavendish = found
    assert (daneshill.ratio, daneshill.fails, daneshill.unknown, daneshill.clock) == (1.0, (), (), None)
    assert set(daneshill.holds) == set(estate.services)
    # Planning has one server, which is at Daneshill.
    assert failing(cavendish)["planning"] == ("device:srv-plan-dh-1",)
    assert "network" not in failing(cavendish)
    assert set(failing(cavendish)) == {"planning", "revenues-benefits", "files"}
    assert cavendish.ratio == 9 / 12
    assert {stock.kind for stock in daneshill.legs} == {"links", "power", "network", "hosts"}
    assert all(stock.up == stock.of > 0 for readiness in found for stock in readiness.legs)


def test_what_is_out_at_a_data_centre_now_takes_its_services_from_it_alone(estate: Estate) -> None:
    found = readiness_of(estate, *standing(estate, ("link:internet-dh", "device:hv-dh-1", "device:ups-dh-1")))
    daneshill = one(found, "daneshill")
    assert failing(daneshill)["internet"][0] == "link:internet-dh"
    assert {"internet", "email", "websites", "box-office"} == set(failing(daneshill))  # two hosts of three are enough
    stocks = {stock.kind: stock for stock in daneshill.legs}
    assert stocks["links"].not_up == ("link:internet-dh",)
    assert str(stocks["power"]) == f"{stocks['power'].of - 1} of {stocks['power'].of} up"
    assert stocks["hosts"].not_up == ("device:hv-dh-1",)
    assert "internet" in one(found, "cavendish").holds


def test_what_cannot_be_seen_and_decides_cannot_be_said(estate: Estate) -> None:
    of, board = standing(estate)
    board["device:vg-dh-1"] = Held(BLIND, at(60), UP)
    daneshill = one(readiness_of(estate, of, board), "daneshill")
    assert [(v.service, v.missing) for v in daneshill.unknown] == [("telephony", ("device:vg-dh-1",))]
    assert daneshill.ratio == 11 / 12


def test_a_power_device_with_a_critical_check_is_not_counted_as_up(estate: Estate) -> None:
    checks = {name: [Check("battery", "", "gone", Level.CRITICAL)] for name in ("ups-dh-1", "sw-core-dh-1")}
    stocks = {stock.kind: stock for stock in one(readiness_of(estate, *standing(estate), checks), "daneshill").legs}
    assert stocks["power"].not_up == ("device:ups-dh-1",)
    assert stocks["network"].not_up == ()


# ---------------------------------------------------------------- losing one altogether
def all_of(estate: Estate, site: str) -> tuple[str, ...]:
    return (
        *(f"device:{name}" for name, device in estate.devices.items() if device.site == site),
        *(f"link:{name}" for name, link in estate.links.items() if link.site == site),
    )


def test_when_a_data_centre_is_lost_the_other_has_four_hours(estate: Estate) -> None:
    of, board = standing(estate, all_of(estate, "daneshill"))
    found = readiness_of(estate, of, board)
    assert one(found, "daneshill").clock is None
    assert one(found, "daneshill").holds == ()
    clock = one(found, "cavendish").clock
    assert clock is not None
    assert (clock.lost, clock.since, clock.deadline) == ("daneshill", at(60), at(60) + timedelta(hours=4))
    assert set(clock.not_up) == set(failing(one(found, "cavendish")))
    assert clock.met_at is None

    board.update({f"service:{name}": Held(UP, at(3000 + n), DOWN) for n, name in enumerate(clock.not_up)})
    met = one(readiness_of(estate, of, board), "cavendish").clock
    assert met is not None
    assert (met.not_up, met.met_at) == ((), at(3000 + len(clock.not_up) - 1))
    assert met.met_at is not None
    assert met.met_at - met.since < FULL_SERVICE


def test_losing_daneshill_as_visits_show_it_is_one_loss_of_the_data_centres(estate: Estate) -> None:
    """From the first look on: devices fall silent, what stands behind them is carried down, redundancy is lost."""
    of = Topology.of(estate)
    board: Board = {}
    changes = []
    up = {name: {i: "up" for _, i in of.watched.get(name, ())} for name in sorted(of.devices)}
    gone = {name for name, device in estate.devices.items() if device.site == "daneshill"}
    for round_ in range(8):
        for number, name in enumerate(up):
            seconds = 60.0 * round_ + number / 10
            judgement = judge(visit(name, seconds, up=round_ == 0 or name not in gone, interfaces=up[name]), board, of)
            board.update(judgement.held)
            changes += judgement.changes
    assert board["site:daneshill"].standing is DOWN
    assert board["redundancy:sites/data_centre"].standing.value == "degraded"
    losses = losses_of(flips_of(changes), estate)
    (centres,) = [loss for loss in losses if loss.group == "redundancy:sites/data_centre"]
    assert (centres.began_at, centres.ended_at, centres.legs) == (
        board["site:daneshill"].since,
        None,
        ("site:daneshill",),
    )
    assert (centres.sites, centres.cause) == (("Daneshill House data centre",), board["site:daneshill"].cause)
    assert len({loss.group for loss in losses}) == len(losses)
    services = {f"service:{name}" for name in estate.services}
    kept = {name for name in services if board[name].standing is UP}
    assert {"service:internet", "service:telephony", "service:psn", "service:websites"} <= kept
    clock = one(readiness_of(estate, of, board), "cavendish").clock
    assert clock is not None
    assert {f"service:{name}" for name in clock.not_up} == services - kept


def test_what_is_out_of_sight_only_because_the_other_data_centre_is_lost_is_not_known(estate: Estate) -> None:
    of, board = standing(estate, all_of(estate, "daneshill"))
    assert "telephony" in one(readiness_of(estate, of, board), "cavendish").holds
    board["device:vg-cr-1"] = Held(BLIND, at(60), UP, cause="device:sw-core-dh-1")
    board["device:rt-cr-1"] = Held(BLIND, at(60), UP, cause="device:fw-cr-1")
    cavendish = one(readiness_of(estate, of, board), "cavendish")
    assert [verdict.service for verdict in cavendish.unknown] == ["telephony"]
    assert "device:rt-cr-1" in failing(cavendish)["internet"]
