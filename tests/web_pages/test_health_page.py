"""The agent's own page: each number in a sentence, with the level that the alert rules would give it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.schedule import ScheduleStats
from agent.spread import Spread
from agent.view import View
from agent.vitals import Channel, Vitals, Workers, resident_octets
from agent.web.health import MOST_LACKING, Said, health_of, within
from collectors.readings import Cadence, Failure, Level
from tests.readers.test_web_pages import HOSTILE, NOON, Structure, read, scripts, view, visit
from tests.web_pages.conftest import Client
from tests.web_pages.making import large, view_of


def vitals(*late: float, **changes: Any) -> Vitals:
    stats = ScheduleStats()
    for seconds in late:
        for cadence in Cadence:
            stats.lateness[cadence].observe(seconds)
            stats.duration[cadence].observe(0.2)
    given: dict[str, Any] = {
        "visits": Counter({(Cadence.PULSE, "reached"): 90, (Cadence.PULSE, "silent"): 10}),
        "failures": {("snmp", "no_answer"): 3, ("ssh", "login_refused"): 7}, "places": 256, "buffer_limit": 50_000,
        "octets": 4_000_000, "resident": 300_000_000, "last_write_at": NOON - timedelta(seconds=42),
        "channels": {"desk": Channel(0, 12, 0, False, NOON - timedelta(minutes=3))}, **changes,
    }  # fmt: skip
    return Vitals(lateness=stats.lateness, duration=stats.duration, **given)


def shown(made: Vitals | None, **agent: Any) -> View:
    found = view()
    return replace(found, agent=replace(found.agent, vitals=made, **agent))


def said(view: View) -> dict[str, Said]:
    return {one.title: one for _, own in health_of(view).groups for one in own}


@pytest.mark.parametrize(
    ("values", "bound"),
    [
        ([], None),
        ([0.001] * 100, 0.005),
        ([0.001] * 98 + [3.0] * 2, 5.0),
        ([0.001] * 99 + [3.0], 0.005),
        ([100.0], "inf"),
    ],
)
def test_what_ninety_nine_of_a_hundred_keep_is_the_bound_of_their_bucket(values: list[float], bound: Any) -> None:
    spread = Spread(0.005, 1.0, 5.0, 60.0)
    for value in values:
        spread.observe(value)
    assert within(spread, 0.99) == (float(bound) if bound is not None else None)


def test_all_is_well_where_nothing_is_over_its_bound() -> None:
    found = shown(vitals(0.01))
    assert health_of(found).level is Level.OK
    assert {one.level for one in said(found).values()} <= {Level.OK, None}


@pytest.mark.parametrize(
    ("changes", "title", "level"),
    [
        ({"waiting": 300}, "Queue", Level.WARNING),
        ({"skipped": {Cadence.PULSE: 50}}, "Turns left out", Level.WARNING),
        ({"workers": Workers(4, 3, 1)}, "Workers", Level.WARNING),
        ({"workers": Workers(4, 0, 9)}, "Workers", Level.CRITICAL),
        ({"buffered": 30_000}, "Facts waiting", Level.CRITICAL),
        ({"loop_lag": 6.0}, "Event loop", Level.WARNING),
        ({"crashes": 1}, "Mistakes of the program", Level.WARNING),
        ({"channels": {"desk": Channel(9, 12, 0, True, None)}}, "desk", Level.WARNING),
        ({"channels": {"desk": Channel(0, 12, 2, False, None)}}, "desk", Level.WARNING),
    ],
)
def test_what_is_over_its_bound_says_so_and_the_page_as_well(changes: dict[str, Any], title: str, level: Level) -> None:
    found = shown(vitals(0.01, **changes))
    assert said(found)[title].level is level
    assert health_of(found).level is level


def test_lateness_is_judged_by_what_nearly_all_visits_keep() -> None:
    assert said(shown(vitals(*[0.01] * 99, 50.0)))["Lateness of pulse visits"].level is Level.OK
    late = said(shown(vitals(*[0.01] * 9, 50.0)))["Lateness of pulse visits"]
    assert (late.value, late.level) == ("at most 60 s", Level.WARNING)
    assert said(shown(vitals(100.0)))["Lateness of pulse visits"].value == "more than 60 s"
    assert said(shown(vitals()))["Lateness of pulse visits"].value == "none yet"


def test_a_ledger_that_cannot_be_written_is_trouble_whatever_the_numbers_say() -> None:
    found = shown(vitals(0.01), ledger_problem="disk full")
    assert health_of(found).level is Level.CRITICAL


def test_sentences_are_right_for_none_one_and_many() -> None:
    one = said(shown(vitals(0.01, in_flight=1, waiting=1, buffered=1, workers=Workers(1, 1, 1))))
    assert one["Going on"].sentence == "1 visit goes on now; 256 may, side by side."
    assert one["Queue"].sentence == "One visit is due and waiting for a place."
    assert one["Facts waiting"].sentence.startswith("1 hand-over waits in memory")
    assert one["Workers"].sentence == "1 worker process of 1 asks devices; 1 restart so far."
    none = said(shown(vitals(0.01, channels={}, last_write_at=None)))
    assert none["Channels"].sentence == "Nobody is told of anything: the settings name no channel."
    assert none["Last write"].value == "none yet"
    assert none["Queue"].sentence == "No visit is due and waiting for a place."


async def test_the_page_has_failures_by_stage_and_kind_and_devices_that_miss_something(client: Client) -> None:
    found = shown(vitals(0.01))
    found.latest.put(visit("sw-wf-1", failures=(Failure("snmp", "no_answer", "x", "y"),) * 3))
    text = await read(client(found), "/health")
    for words in (
        "The agent Running", "Stage Fault Times SSH login refused 7" if "SSH login" in text else "ssh login refused 7",
        "snmp no answer 3", "99 of 100 pulse visits began at most 50 ms after their turn.", "Ledger 4.0 MB",
        "Something was last written 13 May 2026, 12:59:18 BST.", "sw-wf-1 3 snmp no answer (3)",
        "12 messages told, the last 3 min ago; 0 waiting.",
    ):  # fmt: skip
        assert words in text, text


async def test_names_of_channels_and_faults_stay_text(client: Client) -> None:
    made = vitals(
        0.01, channels={HOSTILE: Channel(0, 0, 0, False, None)}, failures={(HOSTILE, HOSTILE): 1},
    )  # fmt: skip
    answer = await client(shown(made, ledger=HOSTILE)).get("/health")
    assert scripts(answer.text) == []
    assert not Structure(answer.text).open


async def test_devices_that_miss_something_are_bounded(client: Client) -> None:
    found = view_of(large(300))
    for name in found.watched:
        found.latest.put(visit(name, failures=(Failure("snmp", "no_answer", "x", "y"),)))
    answer = await client(found).get("/health")
    assert answer.text.count("snmp no answer") == MOST_LACKING
    assert f"The first {MOST_LACKING}; 100 more." in answer.text


def test_memory_is_read_where_the_system_tells_it(tmp_path: Path) -> None:
    octets = resident_octets()
    assert octets is not None
    assert octets > 10_000_000
    for text in ("", "nonsense", "1"):
        (tmp_path / "statm").write_text(text)
        assert resident_octets(tmp_path / "statm") is None
    assert resident_octets(tmp_path / "none") is None
