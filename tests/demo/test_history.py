"""The made-up past is what judgement makes of incidents, written once, and covers the last whole quarter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.calendar_uk import quarter_of
from agent.demo.estate import simulate
from agent.demo.history import AUTHOR, back_fill, begin_of
from agent.facts import Standing
from agent.inventory import load
from agent.ledger import Ledger
from agent.outages import Period, availability, outages_of

NOW = datetime(2026, 5, 20, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger(root, tmp_path_factory):
    estate = load(root / "inventory.yaml")
    opened = Ledger.open(tmp_path_factory.mktemp("history") / "ledger.sqlite3", "demo")
    plan = simulate(estate).plan
    assert back_fill(opened, estate, plan, NOW) > 100
    assert back_fill(opened, estate, plan, NOW) == 0  # a ledger with a past is left alone
    yield opened
    opened.close()


def test_the_past_is_over_and_everybody_is_up_at_the_end(ledger):
    flips = ledger.flips()
    assert all(begin_of(NOW) <= flip.at < NOW for flip in flips)
    assert {flip.after for flip in ledger.standings()} == {Standing.UP}
    assert [o for o in outages_of(flips) if o.ended_at is None] == []


def test_it_has_outages_of_devices_links_sites_and_services(ledger):
    outages = outages_of(ledger.flips())
    assert {o.subject.partition(":")[0] for o in outages} == {"device", "link", "site", "service"}
    assert any(len(o.carried) > 3 for o in outages)
    assert all(timedelta(minutes=10) < o.ended_at - o.began_at < timedelta(hours=9) for o in outages)


def test_the_agent_itself_was_cut_off_once_and_nobody_was_accused_of_it(ledger):
    blind = [f for f in ledger.flips() if f.after is Standing.BLIND and "cut off" in f.reason]
    assert len({f.subject for f in blind}) > 60


def test_the_last_quarter_was_watched_but_for_upgrades(ledger):
    quarter = quarter_of(NOW).previous
    window = Period(quarter.began_at, quarter.ends_at)
    flips = [flip for flip in ledger.flips() if flip.subject == "service:telephony"]
    found = availability(flips, ledger.watches(), window, NOW)
    assert found.blind < timedelta(hours=6)
    assert found.achieved is not None


def test_every_note_is_marked_as_the_demos(ledger):
    notes = ledger.notes()
    assert notes
    assert {note.author for note in notes} == {AUTHOR}
    begun = {flip.id for flip in ledger.flips() if flip.after is Standing.DOWN}
    assert {note.outage for note in notes} <= begun
