"""Standing, outages, fix clocks, maintenance and the quarter as metrics."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from agent.accounting.availability import Book, Terms
from agent.accounting.periods import Period
from agent.accounting.readiness import Clock, Readiness, Stock
from agent.accounting.running import running_of
from agent.catalogue import find
from agent.facts import Change, Note, Outage, Watch, Window
from agent.health import Held
from agent.inventory.model import Estate
from agent.maintenance import Plan
from agent.outage_figures import (
    Fact,
    History,
    down_seconds,
    of_maintenance,
    of_quarter,
    of_readiness,
    of_running,
    of_standing,
)
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, flips_of

HOUR = timedelta(hours=1)
NOTHING = Plan.of(())
ESTATE = Estate()


def values(facts: object) -> dict[str, float]:
    """`name{value of each label}` > value; every fact has the labels that the catalogue says."""
    found: dict[str, float] = {}
    for name, labels, value in facts:  # type: ignore[attr-defined]
        assert tuple(label for label, _ in labels) == find(name).labels, name
        found[f"{name.removeprefix('hartwatch_')}{{{','.join(text for _, text in labels)}}}"] = value
    return found


def outage(number: int = 1, began: float = 0, ended: float | None = None, **more: object) -> Outage:
    over = at(ended) if ended is not None else None
    return Outage(UUID(int=number), "device:sw", at(began), over, "no answer", **more)  # type: ignore[arg-type]


def history(*outages: Outage, notes: tuple[Note, ...] = ()) -> History:
    return History.of(outages, notes, ESTATE)


# ---------------------------------------------------------------- now
def test_groups_are_told_as_lost_or_not_and_other_subjects_by_their_standing() -> None:
    flaps = ((at(0), at(60)), (at(120), at(180)), (at(240), at(300)))
    found = values(
        of_standing(
            {
                "device:sw": Held(UP, at(300), DOWN, lately=flaps),
                "redundancy:links/wf": Held(DEGRADED, at(0), UP, "link:a"),
                "redundancy:links/hq": Held(UP, at(0)),
                "redundancy:links/unseen": Held(BLIND, at(0)),
            },
            at(400),
        )
    )
    assert found["redundancy_lost{redundancy:links/wf,link:a}"] == 1
    assert found["redundancy_lost{redundancy:links/hq,}"] == 0
    assert not [name for name in found if "unseen" in name or name.startswith("standing{redundancy")]
    assert (found["standing{device:sw,up}"], found["standing{device:sw,down}"]) == (1, 0)
    assert found["flapping{device:sw}"] == 1


def test_a_clock_tells_what_it_has_used_and_until_when_it_runs() -> None:
    said = Note("device:sw", at(60), "jo", "acknowledgement", "", UUID(int=1))
    found = values(of_running(running_of([outage()], [said], lambda *_: [], ESTATE, at(3600))))
    assert found == {
        "fix_clock_used_ratio{device:sw}": 0.25,
        "fix_clock_paused{device:sw}": 0,
        "fix_clock_deadline_timestamp_seconds{device:sw}": at(4 * 3600).timestamp(),
        "outage_acknowledged{device:sw}": 1,
    }
    pause = Note("device:sw", at(60), "jo", "pause", "agreed with the service owner", UUID(int=1), at(60))
    paused = values(of_running(running_of([outage()], [pause], lambda *_: [], ESTATE, at(3600))))
    assert paused["fix_clock_paused{device:sw}"] == 1
    assert "fix_clock_deadline_timestamp_seconds{device:sw}" not in paused


def test_what_a_device_says_of_its_own_parts_is_maintained_with_it() -> None:
    window = Window(UUID(int=9), ("device:sw",), ("device:sw",), at(0), at(3600), "jo", "a new supply")
    plan = Plan.of((window,))
    expected = {"sw": (("power_supplies_expected", "redundancy:device/sw/power_supplies"),)}
    assert set(values(of_maintenance(plan, expected, at(60)))) == {
        "maintenance{device:sw}", "maintenance{redundancy:device/sw/power_supplies}"
    }  # fmt: skip
    assert values(of_maintenance(plan, expected, at(7200))) == {}
    assert values(of_maintenance(plan, expected, at(-60))) == {}


def test_readiness_is_told_by_site_with_the_clock_while_another_is_lost() -> None:
    lost = Clock("daneshill", at(0), at(4 * 3600), ("phone", "web"))
    one = Readiness("cavendish", "Cavendish", ("mail",), (), (), (Stock("links", 2, 3, ("link:a",)),), lost)
    assert values(of_readiness([one])) == {
        "readiness_ratio{cavendish}": 1,
        "readiness_legs_up{cavendish,links}": 2,
        "readiness_legs{cavendish,links}": 3,
        "full_service_deadline_timestamp_seconds{cavendish}": at(4 * 3600).timestamp(),
        "full_service_missing{cavendish}": 2,
    }


def test_the_quarter_so_far_adds_up_in_both_kinds_of_hours() -> None:
    flips = flips_of([
        Change("service:s", BLIND, UP, at(0), "x"),
        Change("service:s", UP, DOWN, at(3600), "x"),
        Change("service:s", DOWN, UP, at(5400), "x"),
    ])  # fmt: skip
    book = Book.of(flips, [Watch("a", at(0), at(7200))])
    figures = book.figures("service:s", Period(at(0), at(8000)), Terms(0.99))
    found = values(of_quarter([figures]))
    assert [found[f"quarter_seconds{{service:s,all,{s}}}"] for s in ("up", "down", "planned", "blind")] == [
        5400, 1800, 0, 800
    ]  # fmt: skip
    assert sum(v for name, v in found.items() if name.startswith("quarter_seconds{service:s,service")) == 8000
    assert found["quarter_availability_ratio{service:s,all,achieved}"] == 0.75
    assert found["availability_target_ratio{service:s}"] == 0.99


# ---------------------------------------------------------------- the whole ledger
def test_outages_and_time_down_are_summed_up_and_only_what_is_open_grows() -> None:
    ended, still = outage(1, 0, 3600), outage(2, 7200)
    made = history(ended, still)
    first, later = values(made.facts(NOTHING, at(7260))), values(made.facts(NOTHING, at(7320)))
    assert first["outages_total{device:sw,no}"] == 2
    assert (first["downtime_seconds_total{device:sw,all}"], later["downtime_seconds_total{device:sw,all}"]) == (
        3660,
        3720,
    )
    assert first["downtime_seconds_total{device:sw,service}"] == 3660
    assert first["outage_open{device:sw,}"] == 1
    assert first["outage_began_timestamp_seconds{device:sw}"] == at(7200).timestamp()


def test_what_lies_in_planned_maintenance_is_no_time_down_and_an_outage_of_its_own_kind() -> None:
    whole = outage(1, 0, 3600, planned=((at(0), at(3600)),))
    part = outage(2, 7200, 10800, planned=((at(7200), at(9000)),))
    found = values(history(whole, part).facts(NOTHING, at(20000)))
    assert (found["outages_total{device:sw,yes}"], found["outages_total{device:sw,no}"]) == (1, 1)
    assert found["downtime_seconds_total{device:sw,all}"] == 1800


def test_an_open_outage_in_a_window_does_not_grow() -> None:
    plan = Plan.of((Window(UUID(int=9), ("device:sw",), ("device:sw",), at(0), at(3600), "jo", "x"),))
    found = values(history(outage(1, 600)).facts(plan, at(1200)))
    assert found["downtime_seconds_total{device:sw,all}"] == 0


def test_an_outage_that_flaps_is_open_until_it_has_been_steady() -> None:
    flapped = outage(1, 0, 600, breaks=((at(60), at(120)), (at(180), at(240))))
    made = history(flapped, outage(2, -5000, -4000))
    assert values(made.facts(NOTHING, at(700)))["outage_open{device:sw,}"] == 1
    assert "outage_open{device:sw,}" not in values(made.facts(NOTHING, at(1200)))
    assert values(made.facts(NOTHING, at(700)))["downtime_seconds_total{device:sw,all}"] == 480 + 1000


def test_times_to_fix_are_spread_on_both_clocks_of_causes_alone() -> None:
    carried = outage(2, 0, 3600, cause="device:core")
    night = outage(3, 11 * 3600, 12 * 3600)  # 20:00 to 21:00
    spreads = {
        dict(labels)["hours"]: spread for _, labels, spread in history(outage(1, 0, 3600), carried, night).spreads()
    }
    assert (spreads["all"].count, spreads["all"].sum) == (2, 7200)
    assert (spreads["service"].count, spreads["service"].sum) == (2, 3600)
    assert dict(spreads["all"].cumulative())["3600"] == 2


def test_what_ended_outages_amount_to_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[Outage]()

    def counting(one: Outage, *more: object) -> dict[str, float]:
        asked.append(one)
        return down_seconds(one, *more)  # type: ignore[arg-type]

    monkeypatch.setattr("agent.outage_figures.down_seconds", counting)
    ended = outage(1, 0, 3600)
    first = History.of([ended], (), ESTATE)
    second = History.of([ended, outage(2, 7200, 7300)], (), ESTATE, first)
    assert [one.id.int for one in asked] == [1, 2]
    assert values(second.facts(NOTHING, at(9000)))["downtime_seconds_total{device:sw,all}"] == 3700
    assert values(first.facts(NOTHING, at(9000)))["downtime_seconds_total{device:sw,all}"] == 3600


def test_every_name_that_is_given_is_in_the_catalogue() -> None:
    facts: list[Fact] = [*history(outage()).facts(NOTHING, T0 + HOUR)]
    assert all(find(name) for name, _, _ in facts)
