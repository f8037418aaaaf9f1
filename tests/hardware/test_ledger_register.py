"""The register in the ledger: what the roll decides is what the rows say, over SQLite and PostgreSQL."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.facts import Absence, Asset, Facts, Sighting
from agent.ledger import Ledger
from agent.ledger.store import Store
from agent.ledger.tables import asset
from agent.lifecycle.roll import Roll, events_of, place_of
from tests.agent_core.making import T0, at
from tests.agent_core.test_ledger import record
from tests.agent_core.test_ledger_chain import lines_of, old_ledger
from tests.hardware.test_roll import PLACES, T_ID, Entry, gone, kinds, seen

Open = Callable[..., Ledger]


def course(chance: random.Random, length: int) -> list[Entry]:
    """Pieces that come, go, move, and are read badly; some have no serial number."""
    entries: list[Entry] = []
    for number in range(length):
        where, serial = chance.choice(PLACES), chance.choice([None, "S1", "S2", "S3", "S4"])
        if chance.random() < 0.25:
            entries.append(gone(where, serial, number / 4))
        else:
            model, vendor = chance.choice(["M", "M-48", "X"]), chance.choice(["Cisco", "Cisco", "Delta", None])
            entries.append(seen(where, serial, number / 4, model, vendor, chance.choice([None, "1", "2"])))
    return entries


def facts(entries: Sequence[Entry]) -> Facts:
    """One hand-over: sightings before absences, as the pipeline hands them over."""
    return Facts(
        sightings=tuple(e for e in entries if isinstance(e, Sighting)),
        absences=tuple(e for e in entries if isinstance(e, Absence)),
    )


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: isinstance(entry, Absence))


def rolled(entries: Sequence[Entry]) -> dict[str, Asset]:
    roll = Roll(new_id=lambda: T_ID)
    roll.call(entries)
    return {one.key: one for one in roll.assets()}


def kept(ledger: Ledger) -> dict[str, Asset]:
    return {one.key: replace(one, id=T_ID) for one in ledger.assets()}


# ---------------------------------------------------------------- written as the roll decides
@pytest.mark.parametrize("seed", range(6))
def test_any_course_of_events_leaves_the_register_that_the_roll_makes_of_it(
    ledger: Ledger, place: str, opened: Open, seed: int
) -> None:
    """However the entries come in hand-overs, and these in transactions."""
    chance = random.Random(seed)
    told: list[Entry] = []
    futures = []
    for number, entry in enumerate(some := course(chance, 120)):
        told.append(entry)
        if chance.random() < 0.4 or number == len(some) - 1:
            futures.append((ledger.record(facts(told)), in_order(told)))
            told = []
    wait([future for future, _ in futures], 20)
    entries = [entry for _, handed_over in futures for entry in handed_over]
    assert ledger.hardware() == entries
    assert kept(ledger) == rolled(entries)
    assert ledger.verify().problems == ()


def test_all_that_a_piece_went_through_can_be_read_without_reading_the_rest(ledger: Ledger) -> None:
    """By its number, in whatever letters, or its key; what was in its places is among it and other devices are not."""
    entries: list[Entry] = [
        seen("a/chassis/", "Sa1"), seen("a/psu/1", None), seen("b/psu/2", "Sb2"), seen("a/psu/1", "S1", 1),
        seen("b/psu/2", "S1", 2), seen("a/psu/1", "S9", 3), seen("b/psu/3", "Sb3", 4),
    ]  # fmt: skip
    entries.append(gone("b/psu/2", "S1", 9))
    record(ledger, *(facts([entry]) for entry in entries))
    concerning = ledger.hardware("s1")
    assert concerning == [entries[n] for n in (1, 2, 3, 4, 5, 7)]
    assert ledger.hardware("serial:cisco/S1") == concerning
    assert [event.kind for event in events_of("s1", concerning)] == [
        "first_seen", "identified", "also_seen", "swapped_in", "swapped_out", "moved", "gone"
    ]  # fmt: skip
    for key in kept(ledger):
        assert events_of(key, ledger.hardware(key)) == events_of(key, entries), key
    assert ledger.hardware("serial:cisco/S77") == []


def test_a_nameless_piece_that_another_replaced_can_still_be_asked_for(ledger: Ledger) -> None:
    record(ledger, facts([seen("a/fan/1", None, 0, "FAN-A")]), facts([seen("a/fan/1", None, 5, "FAN-B")]))
    (old,) = [asset for asset in ledger.assets() if asset.gone_at]
    assert [event.kind for event in events_of(old.key, ledger.hardware(old.key))] == ["first_seen", "swapped_out"]


def test_what_was_seen_last_in_a_place_is_found_for_every_place(ledger: Ledger) -> None:
    chance = random.Random(1)
    entries = course(chance, 60)
    record(ledger, *(facts([entry]) for entry in entries))
    last = {place_of(entry): entry for entry in entries if isinstance(entry, Sighting)}
    assert {place_of(found): found for _, found in ledger.last_sightings()} == last
    assert {source for source, _ in ledger.last_sightings()} == {"agent-1"}


def test_last_seen_only_goes_forward_and_reaches_pieces_of_the_same_batch(ledger: Ledger) -> None:
    one = replace(seen("a/psu/1", "S1"), seen_at=at(100))
    record(ledger, replace(facts([one]), seen=(("serial:cisco/S1", at(200)),)))
    record(ledger, Facts(seen=(("serial:cisco/S1", at(150)),)))
    assert [asset.last_seen_at for asset in ledger.assets()] == [at(200)]


# ---------------------------------------------------------------- several agents
def test_two_agents_that_see_the_same_hardware_at_once_keep_one_register(place: str, opened: Open) -> None:
    """Each would make a row of what neither knows yet; and what one decides the other must know."""
    one, other = opened(place, "agent-1"), opened(place, "agent-2", watch=False)
    futures = []
    for number in range(60):
        for device, ledger in (("a", one), ("b", other)):
            futures.append(ledger.record(facts([seen(f"{device}/psu/1", f"S{number}", number)])))
    wait(futures, 30)
    assert [future.exception() for future in futures if future.exception()] == []
    assert one.stats.rejected_total == other.stats.rejected_total == 0
    assert one.verify().problems == ()
    assert len(one.assets()) == 60
    (last,) = [asset for asset in one.assets() if asset.gone_at is None]
    assert (last.serial, len(last.also_at)) == ("S59", 1)


def test_a_register_that_is_taken_in_from_elsewhere_is_put_together_with_what_is_known_here(
    ledger: Ledger, tmp_path: Path, opened: Open
) -> None:
    """A piece that went from one agent's site to another's is one piece in the middle, and the order of the files in
    which they come makes no difference."""
    north, south = opened(tmp_path / "north.db", "north"), opened(tmp_path / "south.db", "south")
    record(north, facts([seen("n/psu/1", "S1", 0), seen("n/psu/2", "S2", 0)]))
    record(south, facts([seen("s/psu/1", "S1", 5)]))
    record(north, facts([gone("n/psu/1", "S1", 6)]))
    record(south, Facts(seen=(("serial:cisco/S1", T0.replace(year=2027)),)))
    record(ledger, facts([seen("c/psu/1", "S3", 1)]))
    for source in (south, north):
        ledger.load_lines(lines_of(source))
    assert ledger.verify().problems == ()
    found = kept(ledger)
    assert {asset.serial: asset.device for asset in found.values()} == {"S1": "s", "S2": "n", "S3": "c"}
    assert (found["serial:cisco/S1"].first_seen_at, found["serial:cisco/S1"].last_seen_at) == (
        T0, T0.replace(year=2027)
    )  # fmt: skip
    other = opened(tmp_path / "other.db", "agent-1")
    record(other, facts([seen("c/psu/1", "S3", 1)]))
    for source in (north, south):
        other.load_lines(lines_of(source))
    assert kept(other) == found


def test_an_agent_goes_on_with_a_register_that_was_taken_in(ledger: Ledger, tmp_path: Path, opened: Open) -> None:
    chance = random.Random(3)
    entries = course(chance, 80)
    first = opened(tmp_path / "first.db", "north")
    record(first, *(facts([entry]) for entry in entries[:50]))
    ledger.load_lines(lines_of(first))
    assert {asset.id for asset in ledger.assets()} == {asset.id for asset in first.assets()}, "ids are kept"
    record(ledger, *(facts([entry]) for entry in entries[50:]))
    assert kept(ledger) == rolled(entries)
    assert ledger.verify().problems == ()


# ---------------------------------------------------------------- verify, and old ledgers
@pytest.mark.parametrize("column", ["gone_at", "version_seen_at", "also_at", "first_seen_at", "place"])
def test_a_register_in_which_a_column_was_changed_is_found(ledger: Ledger, column: str) -> None:
    record(
        ledger,
        facts([seen("a/psu/1", "S1", 0, version="1"), seen("b/psu/1", "S1", 1), seen("a/psu/2", "S2", 1)]),
        facts([gone("a/psu/2", "S2", 9)]),
    )
    assert ledger.verify().problems == ()
    number = "S2" if column == "gone_at" else "S1"
    with ledger._store.writer.begin() as connection:
        other = {"place": "elsewhere", "first_seen_at": T0.replace(year=2020)}.get(column)
        connection.execute(sa.update(asset).where(asset.c.serial == number).values({column: other}))
    assert ledger.verify().problems == (f"the register has serial:cisco/{number} otherwise than it was seen",)


def test_an_old_ledger_gets_the_register_that_its_sightings_make_by_todays_rules(
    place: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A swap left both pieces as present then. What was last seen when is kept, and so are the ids."""
    old_ledger(place, monkeypatch)
    store = Store(place)
    with store.writer.begin() as connection:
        zone = "SET LOCAL TIME ZONE 'UTC'" if connection.dialect.name == "postgresql" else "SELECT 1"
        connection.execute(sa.text(zone))
        for row in (
            "INSERT INTO sighting VALUES ('01900000000070008000000000000009', 'agent-1', 5, 'sw', 'chassis', 'sw', "
            "'1', 'Cisco', 'C9300', 'S2', '17.9', '2026-05-03 10:00:00.000000', NULL, NULL, NULL)",
            "INSERT INTO asset VALUES ('0190000000007000800000000000000a', 'serial:cisco/S2', 'sw', 'chassis', 'sw', "
            "'1', 'Cisco', 'C9300', 'S2', '17.9', NULL, NULL, NULL, '2026-05-03 10:00:00.000000', "
            "'2026-05-09 10:00:00.000000')",
            "UPDATE source SET next_sequence = 6",
        ):
            connection.execute(sa.text(row.replace(":", "\\:")))
    store.close()
    ledger = opened(place)
    found = {asset.serial: asset for asset in ledger.assets()}
    gone_at, last_seen_at = found["S1"].gone_at, found["S2"].last_seen_at
    assert gone_at is not None
    assert (gone_at.day, last_seen_at.day, found["S1"].last_seen_at.day) == (3, 9, 2)
    assert found["S2"].id.hex == "0190000000007000800000000000000a"
    assert found["S1"].version_seen_at == found["S1"].first_seen_at
    assert ledger.verify().problems == ()


def test_the_history_of_a_piece_is_the_same_in_a_copy_in_another_database(
    ledger: Ledger, tmp_path: Path, opened: Open
) -> None:
    entries = course(random.Random(5), 60)
    record(ledger, *(facts([entry]) for entry in entries))
    out = io.StringIO()
    ledger.export(out)
    copy = opened(tmp_path / "copy.db", "agent-9")
    copy.load_lines(out.getvalue().splitlines(keepends=True))
    assert kinds("S1", *copy.hardware("S1")) == kinds("S1", *ledger.hardware("S1")) != []
