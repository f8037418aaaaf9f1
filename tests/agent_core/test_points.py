"""An access point that left its controller's table is told of by name, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.health.points import LOST, Points
from agent.latest import Latest
from agent.ledger import Ledger
from agent.pipeline import Pipeline
from collectors.readings import Cadence, Check, Failure, Identity, Level, Part, Visit
from tests.agent_core.making import at, topology, visit

REGISTER = {"wlc-1": frozenset({"ap-1", "ap-2", "ap-3"}), "wlc-2": frozenset({"ap-9"})}


def shows(*names: str, device: str = "wlc-1", cadence: Cadence = Cadence.HEALTH, down: tuple[str, ...] = ()) -> Visit:
    checks = [Check("access_point", name, "up", Level.OK) for name in names]
    checks += [Check("access_point", name, "down", Level.CRITICAL) for name in down]
    return replace(visit(device, cadence=cadence), checks=tuple(checks))


def lost(told: Visit) -> list[str]:
    return [check.subject for check in told.checks if (check.state, check.level) == (LOST, Level.CRITICAL)]


def known(device: str, register: Mapping[str, frozenset[str]] | None = None) -> frozenset[str]:
    return (REGISTER if register is None else register).get(device, frozenset())


def test_what_the_register_has_and_the_table_has_not_is_lost() -> None:
    points = Points()
    assert lost(points.told(shows("ap-1", "ap-3"), known)) == ["ap-2"]
    assert lost(points.told(shows("ap-3"), known)) == ["ap-1", "ap-2"]
    assert lost(points.told(shows("ap-1", "ap-2", "ap-3"), known)) == []


def test_a_table_that_has_become_empty_has_lost_them_all() -> None:
    points = Points()
    assert lost(points.told(shows(), known)) == []  # whether its table is ever read is not known yet
    points.told(shows("ap-1", "ap-2", "ap-3"), known)
    assert lost(points.told(shows(), known)) == ["ap-1", "ap-2", "ap-3"]
    points.forget("wlc-1")
    assert lost(points.told(shows(), known)) == []


def test_one_that_the_table_calls_down_is_told_of_once() -> None:
    told = Points().told(shows("ap-1", "ap-3", down=("ap-2",)), known)
    assert [(c.subject, c.state) for c in told.checks if c.level is Level.CRITICAL] == [("ap-2", "down")]


def test_one_that_went_to_another_controller_is_not_lost() -> None:
    points = Points()
    points.told(shows("ap-9", "ap-2", device="wlc-2"), known)
    assert lost(points.told(shows("ap-1", "ap-3"), known)) == []


def test_one_with_a_new_name_is_not_lost() -> None:
    assert lost(Points().told(shows("ap-1", "reception", "ap-3"), known)) == []


@pytest.mark.parametrize(
    "spoilt",
    [
        {"failures": (Failure("snmp", "timeout", "1.3.6.1", "cut short"),)},
        {"reached": False},
        {"cadence": Cadence.PULSE},
    ],
)
def test_a_table_that_was_not_read_whole_proves_nothing(spoilt: Mapping[str, object]) -> None:
    assert lost(Points().told(replace(shows("ap-1"), **spoilt), known)) == []  # type: ignore[arg-type]


def test_nothing_is_missed_where_there_are_as_many_as_the_inventory_expects() -> None:
    fewer = shows("ap-1", "ap-2")
    enough = Check("access_points_expected", "", "2 of 2", Level.OK)
    short = Check("access_points_expected", "", "2 of 3", Level.WARNING)
    assert lost(Points().told(replace(fewer, checks=(*fewer.checks, enough)), known)) == []
    assert lost(Points().told(replace(fewer, checks=(*fewer.checks, short)), known)) == ["ap-3"]


@given(st.frozensets(st.sampled_from("abcdef")), st.lists(st.frozensets(st.sampled_from("abcdefgh")), max_size=5))
def test_only_what_is_known_and_not_shown_is_ever_lost(names: frozenset[str], tables: list[frozenset[str]]) -> None:
    points = Points()
    for table in tables:
        told = lost(points.told(shows(*table), lambda device: names))
        assert set(told) <= names - table
        assert len(told) in (0, len(names - table))


async def test_the_register_remembers_it_over_a_restart(tmp_path: Path, opened: Callable[..., Ledger]) -> None:
    answers: dict[Cadence, Visit] = {}

    async def look(device: str, cadence: Cadence) -> Visit:
        return answers[cadence]

    async def cut_off() -> bool:
        return False

    def start(ledger: Ledger) -> Pipeline:
        return Pipeline(look, cut_off, ledger, Latest(), topology(["wlc-1"]), clock=lambda: at(0))

    parts = tuple(Part("access_point", name, "AP-7", f"SER-{name}", place=name) for name in ("ap-1", "ap-2"))
    who = Identity(vendor="Cisco", model="C9800", serial="WLC1")
    answers[Cadence.INVENTORY] = replace(shows("ap-1", "ap-2", cadence=Cadence.INVENTORY), identity=who, parts=parts)
    answers[Cadence.HEALTH] = shows("ap-2")
    book = opened(tmp_path / "ledger.db")
    await start(book).visit("wlc-1", Cadence.INVENTORY)
    assert book.settle()
    book.close()
    again = start(opened(tmp_path / "ledger.db"))
    await again.visit("wlc-1", Cadence.HEALTH)
    recent = again.latest.of("wlc-1")
    assert recent is not None
    assert lost(recent.visits[Cadence.HEALTH]) == ["ap-1"]
