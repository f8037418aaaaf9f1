"""The made-up past is what judgement makes of incidents, written once, and covers the last whole quarter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.accounting.books import open_book
from agent.accounting.closing import differences
from agent.accounting.outages import Period, outages_of
from agent.accounting.redundancy import losses_of
from agent.accounting.restating import restatements
from agent.calendar_uk import quarter_of
from agent.demo.curves import Clock
from agent.demo.estate import simulate
from agent.demo.families import arubacx
from agent.demo.hardware_history import hardware_past
from agent.demo.history import AUTHOR, PastClock, back_fill, begin_of
from agent.demo.world import World
from agent.facts import Standing
from agent.inventory import load
from agent.ledger import Ledger
from agent.lifecycle.roll import events_of
from agent.maintenance import Plan
from tests.agent_core.making import availability
from tests.demo.estate_for_tests import building

NOW = datetime(2026, 5, 20, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger(root, tmp_path_factory):
    estate = load(root / "inventory.yaml")
    clock = PastClock()
    opened = Ledger.open(tmp_path_factory.mktemp("history") / "ledger.sqlite3", "demo", clock=clock)
    plan = simulate(estate).plan
    assert back_fill(opened, estate, plan, NOW, clock) > 100
    assert back_fill(opened, estate, plan, NOW, clock) == 0  # a ledger with a past is left alone
    yield opened
    opened.close()


def test_the_past_is_over_and_everybody_is_up_at_the_end(ledger):
    flips = ledger.flips()
    assert all(begin_of(NOW) <= flip.at < NOW for flip in flips)
    assert {flip.after for flip in ledger.standings()} == {Standing.UP}
    assert [o for o in outages_of(flips) if o.ended_at is None] == []


def test_it_has_outages_of_devices_links_sites_and_services(ledger):
    outages = [o for o in outages_of(ledger.flips()) if not o.flaps]
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


def test_it_has_each_kind_of_thing_that_people_and_lines_do(ledger):
    book = open_book(ledger)
    outages = book.outages()
    assert any(o.flaps for o in outages if o.subject.startswith("link:"))
    assert sum(o.corrected for o in outages) == 1
    planned = [(o.ended_at - o.began_at, sum((b - a for a, b in o.planned), timedelta())) for o in outages if o.planned]
    assert any(length == excused for length, excused in planned), "work that was done within its time"
    assert any(length > excused for length, excused in planned), "and work that overran"
    assert {"cause", "ticket", "acknowledgement", "pause", "correction"} <= {note.kind for note in ledger.notes()}
    assert not any(window.after_the_fact for window in ledger.windows())


def test_a_lost_link_is_a_loss_of_redundancy_while_the_other_carries(ledger, root):
    losses = losses_of(ledger.flips(), load(root / "inventory.yaml"))
    assert [loss for loss in losses if loss.group.startswith("redundancy:links/") and not loss.went_down]
    assert all(loss.ended_at is not None for loss in losses)


def test_the_last_quarter_is_closed_and_one_figure_of_it_was_restated(ledger):
    (closing,) = ledger.closings()
    assert closing.period == str(quarter_of(NOW).previous)
    assert quarter_of(NOW).previous.ends_at < closing.at < NOW
    assert differences(ledger, [closing]) == []
    assert any("seen working on site" in restated.why for restated in restatements(ledger, closing))
    assert ledger.verify().problems == ()


def test_maintenance_runs_now_and_comes_again(ledger):
    times = Plan.of(ledger.windows()).next_times(NOW, days=14)
    assert any(time.began_at <= NOW < time.ended_at for time, _ in times)
    assert any(time.began_at > NOW for time, _ in times)


def test_on_the_first_day_of_a_quarter_the_last_one_is_closed_all_the_same(root, tmp_path):
    now, clock = datetime(2026, 4, 1, 9, tzinfo=UTC), PastClock()
    estate = load(root / "inventory.yaml")
    opened = Ledger.open(tmp_path / "ledger.sqlite3", "demo", clock=clock)
    assert back_fill(opened, estate, simulate(estate).plan, now, clock) > 0
    assert [closing.period for closing in opened.closings()] == ["2025-Q4"]
    assert all(flip.recorded_at <= now for flip in opened.flips())
    opened.close()


# ---------------------------------------------------------------- hardware
@pytest.fixture(scope="module")
def world(root):
    return World(simulate(load(root / "inventory.yaml")).plan, Clock(NOW.timestamp()))


def happened(ledger, asset):
    return [(event.kind, event.device) for event in events_of(asset.key, ledger.hardware(asset.key))]


def serials_of(world, device):
    """Every text that the simulated device says, the serial numbers of all of its parts among them."""
    return {value for _, _, value in world.devices[device].tree.items(NOW.timestamp()) if isinstance(value, bytes)}


def test_a_switch_was_swapped_for_the_one_that_stands_there_now(ledger, world):
    (old,) = [asset for asset in ledger.assets() if asset.part == "chassis" and asset.gone_at is not None]
    (new,) = [asset for asset in ledger.assets() if asset.part == "chassis" and asset.gone_at is None]
    assert old.device == new.device
    assert new.serial == arubacx.serial(world.devices[new.device], 1)
    assert happened(ledger, old) == [("first_seen", old.device), ("swapped_out", old.device)]
    assert happened(ledger, new) == [("first_seen", old.device), ("swapped_in", old.device)]


def test_a_power_supply_was_pulled_from_where_none_is_now(ledger, world):
    (gone,) = [asset for asset in ledger.assets() if asset.part == "power_supply" and asset.gone_at is not None]
    assert [kind for kind, _ in happened(ledger, gone)] == ["first_seen", "gone"]
    assert gone.serial.encode() not in serials_of(world, gone.device)


def test_a_stack_member_moved_with_its_supplies_to_the_stack_that_shows_it(ledger, world):
    (moved,) = [asset for asset in ledger.assets() if asset.part == "stack_member"]
    came = [asset for asset in ledger.assets() if asset.device == moved.device]
    assert len(came) == 3
    for asset in came:
        kinds, devices = zip(*happened(ledger, asset), strict=True)
        assert kinds == ("first_seen", "also_seen", "moved")
        assert devices[0] != devices[-1] == moved.device
        assert asset.serial.encode() in serials_of(world, moved.device)
        assert asset.serial.encode() not in serials_of(world, devices[0])


def test_an_estate_without_the_kit_for_a_story_does_without_it():
    assert list(hardware_past(World(building(), Clock(NOW.timestamp())).devices, NOW)) == []
