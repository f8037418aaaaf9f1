"""What of a visit is new, what is missed for long enough to be gone, and what days of visits make of the register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.facts import Absence, Asset
from agent.latest import Latest
from agent.ledger import Ledger, LedgerFull
from agent.lifecycle import Known, events_of, sight
from agent.lifecycle.known import DOUBTED_AFTER, GONE_AFTER, GONE_AFTER_OF, MISSES, Found
from agent.pipeline import Pipeline
from collectors.readings import Answered, Cadence, Failure, Identity, Part, Visit
from tests.agent_core.making import T0, topology

Open = Callable[..., Ledger]
SIX_HOURS = timedelta(hours=6)


def psu(number: int, serial: str | None = None, model: str = "PWR-C1", place: str | None = None) -> Part:
    return Part("power_supply", f"PSU {number}", model, serial or f"DCB{number}", place=place or str(number))


def fan(number: int, model: str = "FAN-T1") -> Part:
    return Part("fan", f"Fan {number}", model, place=str(number))


def ap(name: str) -> Part:
    return Part("access_point", name, "C9120AXI", f"KWC-{name}", place=name)


def looked(
    device: str, when: datetime, parts: Iterable[Part], serial: str | None = None, failed: str = "",
    version: str = "17.9",
) -> Visit:  # fmt: skip
    return Visit(
        device, Cadence.INVENTORY, when, 0.1, reached=True, answered=Answered(snmp=True), profile="cisco-ios",
        identity=Identity(vendor="Cisco", model="C9300-48P", serial=serial or f"FCW-{device}", version=version),
        parts=tuple(parts),
        failures=(Failure(failed, "no_answer", "1.3.6.1.2.1.47", "no answer"),) if failed else (),
    )  # fmt: skip


class Days:
    """Devices that are visited four times a day, by a real pipeline over a real ledger."""

    def __init__(self, open_ledger: Callable[[], Ledger], devices: Sequence[str]) -> None:
        self.open, self.now = open_ledger, T0
        self.parts: dict[str, list[Part]] = {device: [] for device in devices}
        self.serials: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.silent: set[str] = set()
        self.start()

    def start(self) -> None:
        self.ledger = self.open()
        self.pipeline = Pipeline(
            self.look, self.cut_off, self.ledger, Latest(), topology(self.parts), channels=("desk",),
            clock=lambda: self.now,
        )  # fmt: skip

    def restart(self) -> None:
        self.pipeline.note_seen()
        self.ledger.close()
        self.start()

    async def look(self, device: str, cadence: Cadence) -> Visit:
        found = looked(
            device, self.now, self.parts[device], self.serials.get(device), self.failed.get(device, "")
        )  # fmt: skip
        if device in self.silent:
            return replace(found, reached=False, answered=Answered(snmp=False), parts=(), identity=Identity())
        return replace(found, cadence=cadence)

    async def cut_off(self) -> bool:
        return False

    async def go_on(self, visits: int = 1, *, restarts: bool = False) -> None:
        for _ in range(visits):
            self.now += SIX_HOURS
            for device in self.parts:
                await self.pipeline.visit(device, Cadence.INVENTORY)
            self.pipeline.note_seen()
            if restarts:
                self.restart()
        assert self.ledger.settle()
        assert self.ledger.verify().problems == ()
        assert self.pipeline.stats.crashes_total == 0

    def register(self) -> dict[str, Asset]:
        return {asset.serial or asset.key: asset for asset in self.ledger.assets()}

    def kinds(self, what: str) -> list[str]:
        return [event.kind for event in events_of(what, self.ledger.hardware(what))]


@pytest.fixture
def days(tmp_path: Path, opened: Open) -> Callable[..., Days]:
    return lambda *devices: Days(lambda: opened(tmp_path / "ledger.db"), devices)


# ---------------------------------------------------------------- visit by visit
def known_of(*visits: Visit) -> Known:
    known = Known()
    for visit in visits:
        known.hold(known.look(visit, sight(visit)))
    return known


def absences(known: Known, visits: Iterable[Visit]) -> list[Absence]:
    found: list[Absence] = []
    for visit in visits:
        of_visit = known.look(visit, sight(visit))
        known.hold(of_visit)
        found += of_visit.absences
    return found


def test_only_what_says_something_new_is_new() -> None:
    first = looked("sw", T0, [psu(1)])
    known = known_of(first)
    assert known.look(first, sight(first)) == Found()
    upgraded = looked("sw", T0, [psu(1)], version="17.12")
    assert [seen.version for seen in known.look(upgraded, sight(upgraded)).new] == ["17.12"]


def test_what_was_not_handed_over_is_new_again() -> None:
    first = looked("sw", T0, [psu(1)])
    known = Known()
    assert known.look(first, sight(first)) == known.look(first, sight(first)) != Found()


def test_a_piece_is_gone_when_whole_visits_in_a_row_missed_it_and_a_day_has_passed() -> None:
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    visits = [looked("sw", T0 + n * SIX_HOURS, [psu(1)]) for n in range(1, 8)]
    (gone,) = absences(known, visits)
    assert (gone.device, gone.part, gone.place, gone.serial) == ("sw", "power_supply", "2", "DCB2")
    assert (gone.key, gone.name) == ("serial:cisco/DCB2", "PSU 2")
    assert (gone.last_seen_at, gone.noticed_at) == (T0, T0 + GONE_AFTER)


def test_visits_that_come_fast_make_nothing_gone_before_its_time_nor_slow_ones_before_there_are_enough() -> None:
    minutes = [looked("sw", T0 + timedelta(minutes=n), [psu(1)]) for n in range(1, 60)]
    assert absences(known_of(looked("sw", T0, [psu(1), psu(2)])), minutes) == []
    weeks = [looked("sw", T0 + timedelta(weeks=n), [psu(1)]) for n in range(1, MISSES + 1)]
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    assert absences(known, weeks[:-1]) == []
    assert len(absences(known, weeks[-1:])) == 1


def test_a_piece_that_shows_in_between_is_not_gone() -> None:
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    two_days = timedelta(days=2)
    visits = [looked("sw", T0 + n * two_days, [psu(1), psu(2)] if n % 3 == 0 else [psu(1)]) for n in range(1, 30)]
    assert absences(known, visits) == []


@pytest.mark.parametrize("stage", ["snmp", "ssh", "decode", "parse"])
def test_a_visit_that_could_not_read_everything_proves_nothing(stage: str) -> None:
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    assert absences(known, [looked("sw", T0 + n * SIX_HOURS, [psu(1)], failed=stage) for n in range(1, 40)]) == []


def test_a_probe_that_failed_has_nothing_to_do_with_hardware() -> None:
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    assert len(absences(known, [looked("sw", T0 + n * SIX_HOURS, [psu(1)], failed="http") for n in range(1, 9)])) == 1


def test_a_visit_that_failed_in_part_and_shows_a_piece_ends_the_row_of_misses() -> None:
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    assert absences(known, [looked("sw", T0 + n * SIX_HOURS, [psu(1)]) for n in (1, 2)]) == []
    assert absences(known, [looked("sw", T0 + 3 * SIX_HOURS, [psu(1), psu(2)], failed="snmp")]) == []
    assert absences(known, [looked("sw", T0 + n * SIX_HOURS, [psu(1)]) for n in (4, 5)]) == []


def test_hardware_with_power_of_its_own_is_an_outage_long_before_it_is_gone() -> None:
    for part, patience in GONE_AFTER_OF.items():
        many = [Part(part, f"{part} {n}", "M", f"KWC{n}", place=str(n)) for n in range(4)]
        known = known_of(looked("wlc", T0, many))
        visits = [looked("wlc", T0 + n * SIX_HOURS, many[1:]) for n in range(1, 4 * 15)]
        (gone,) = absences(known, visits)
        assert gone.noticed_at == T0 + patience > T0 + GONE_AFTER


def test_an_access_point_that_another_controller_shows_since_has_left_the_first_after_a_day() -> None:
    known = known_of(looked("wlc-1", T0, [ap("a"), ap("b"), ap("c")]))
    found: list[Absence] = []
    for n in range(1, 8):
        when = T0 + n * SIX_HOURS
        found += absences(known, [looked("wlc-1", when, [ap("b"), ap("c")]), looked("wlc-2", when, [ap("a")])])
    (gone,) = found
    assert (gone.device, gone.noticed_at) == ("wlc-1", T0 + GONE_AFTER)


def test_a_visit_that_shows_less_than_half_is_doubted_for_long_and_not_for_ever() -> None:
    known = known_of(looked("sw", T0, [psu(n) for n in range(9)]))
    (gone, *more) = absences(known, [looked("sw", T0 + n * SIX_HOURS, [psu(0)]) for n in range(1, 100)])
    assert gone.noticed_at == T0 + DOUBTED_AFTER
    assert len(more) == 7


def test_a_device_that_answers_has_a_chassis_even_if_it_does_not_say_which() -> None:
    known = known_of(looked("sw", T0, [psu(1), psu(2)]))
    blank = [
        replace(looked("sw", T0 + n * SIX_HOURS, [psu(1), psu(2)]), identity=Identity(vendor="Cisco"))
        for n in range(1, 30)
    ]
    assert absences(known, blank) == []


def test_a_renumbered_table_is_no_loss_however_much_of_the_device_it_is() -> None:
    """The pieces with serial numbers are there, only elsewhere; their old places are vacated."""
    known = known_of(looked("sw", T0, [psu(n) for n in range(9)]))
    moved = [psu(n, place=f"slot {n}") for n in range(9)]
    found = absences(known, [looked("sw", T0 + n * SIX_HOURS, moved) for n in range(1, 9)])
    assert {gone.place for gone in found} == {str(n) for n in range(9)}
    assert {gone.noticed_at for gone in found} == {T0 + GONE_AFTER}


def test_when_a_place_is_vacated_the_other_place_of_the_piece_is_sighted_afresh() -> None:
    known = known_of(looked("a", T0, [psu(1, "S1")]), looked("b", T0, [psu(2, "S1")]))
    swapped = looked("a", T0 + SIX_HOURS, [psu(1, "S9")])
    known.hold(known.look(swapped, sight(swapped)))
    again = looked("b", T0 + SIX_HOURS, [psu(2, "S1")])
    found = known.look(again, sight(again))
    assert [seen.serial for seen in found.new] == ["S1"]
    known.hold(found)
    assert known.look(again, sight(again)) == Found()


# ---------------------------------------------------------------- days of visits
async def test_a_part_that_is_pulled_is_gone_and_one_that_is_put_back_is_the_same_piece(
    days: Callable[..., Days],
) -> None:
    world = days("sw")
    world.parts["sw"] = [psu(1), psu(2), fan(1), fan(2)]
    await world.go_on(2)
    del world.parts["sw"][3], world.parts["sw"][1]
    await world.go_on(3)
    assert not any(asset.gone_at for asset in world.register().values())
    await world.go_on(2)
    found = world.register()
    assert {name for name, asset in found.items() if asset.gone_at} == {"DCB2", "place:sw/fan/2"}
    assert found["DCB2"].last_seen_at == T0 + 2 * SIX_HOURS
    await world.go_on(8)
    assert len(world.ledger.absences()) == 2, "and it is written once"
    world.parts["sw"] += [psu(2), fan(2)]
    await world.go_on(1)
    assert not any(asset.gone_at for asset in world.register().values())
    assert world.kinds("DCB2") == world.kinds("place:sw/fan/2") == ["first_seen", "gone", "back"]


async def test_a_part_that_is_swapped_is_gone_at_once_and_moves_to_where_it_shows_again(
    days: Callable[..., Days],
) -> None:
    world = days("a", "b")
    world.parts = {"a": [psu(1, "S1"), psu(2, "S2")], "b": [psu(1, "S3"), psu(2, "S4")]}
    await world.go_on(2)
    world.parts["a"][0] = psu(1, "S9")
    await world.go_on(1)
    assert world.register()["S1"].gone_at == T0 + 3 * SIX_HOURS
    assert world.register()["S1"].last_seen_at == T0 + 2 * SIX_HOURS
    world.parts["b"][1] = psu(2, "S1")
    await world.go_on(2)
    found = world.register()
    assert (found["S1"].device, found["S1"].place, found["S1"].gone_at) == ("b", "2", None)
    assert found["S4"].gone_at == T0 + 4 * SIX_HOURS
    assert world.kinds("S1") == ["first_seen", "swapped_out", "moved", "swapped_in"]


async def test_a_part_that_is_taken_to_another_device_has_moved_when_the_first_has_not_shown_it_for_a_day(
    days: Callable[..., Days],
) -> None:
    world = days("a", "b")
    world.parts = {"a": [psu(1, "S1"), psu(2, "S2")], "b": [psu(1, "S3")]}
    await world.go_on(2)
    world.parts["b"].append(replace(world.parts["a"].pop(0), place="2", name="PSU B"))
    await world.go_on(1)
    assert (world.register()["S1"].device, world.register()["S1"].also_at) == ("a", ("b/power_supply/2",))
    await world.go_on(5)
    one = world.register()["S1"]
    assert (one.device, one.place, one.name, one.also_at, one.gone_at) == ("b", "2", "PSU B", (), None)
    assert world.kinds("S1") == ["first_seen", "also_seen", "moved"]
    written = world.ledger.stats.sightings_total
    await world.go_on(4)
    assert world.ledger.stats.sightings_total == written


async def test_a_pair_that_is_seen_from_both_sides_is_two_pieces_at_home_where_each_is_polled(
    days: Callable[..., Days],
) -> None:
    world = days("fw-a", "fw-b")

    def pair(*serials: str) -> list[Part]:
        return [Part("ha_member", f"member {s}", "FG100F", s, place=str(n)) for n, s in enumerate(serials, 1)]

    world.serials = {"fw-a": "FGA", "fw-b": "FGB"}
    world.parts = {"fw-a": pair("FGA", "FGB"), "fw-b": pair("FGB", "FGA")}
    await world.go_on(3)
    found = world.register()
    assert {name: (asset.device, asset.part, asset.also_at) for name, asset in found.items()} == {
        "FGA": ("fw-a", "chassis", ("fw-b/ha_member/2",)), "FGB": ("fw-b", "chassis", ("fw-a/ha_member/2",)),
    }  # fmt: skip
    written = world.ledger.stats.sightings_total
    await world.go_on(12, restarts=True)
    assert world.ledger.stats.sightings_total == 0, "a restart doubles nothing"
    assert (written, world.ledger.absences()) == (4, [])
    # One is replaced under a support contract: the new one has its place from both sides, the old one is gone.
    world.serials["fw-b"] = "FGC"
    world.parts = {"fw-a": pair("FGA", "FGC"), "fw-b": pair("FGC", "FGA")}
    await world.go_on(2)
    found = world.register()
    assert (found["FGC"].device, found["FGC"].also_at) == ("fw-b", ("fw-a/ha_member/2",))
    assert found["FGB"].gone_at is not None
    assert found["FGA"].gone_at is None


async def test_days_of_partial_and_failed_visits_and_of_silence_lose_nothing(days: Callable[..., Days]) -> None:
    world = days("sw", "core")
    world.parts = {"sw": [psu(n) for n in range(8)], "core": [psu(n, f"C{n}") for n in range(4)]}
    await world.go_on(1)
    whole = world.parts["sw"]
    for number in range(24):
        world.parts["sw"] = [whole, whole[:2], whole[:7], []][number % 4]
        world.failed = {"sw": "snmp"} if number % 4 == 2 else {}
        world.silent = {"core"} if number > 3 else set()
        await world.go_on(1, restarts=number % 7 == 3)
    assert world.ledger.absences() == []
    assert not any(asset.gone_at for asset in world.register().values())
    assert len(world.register()) == 14


async def test_a_restart_in_the_middle_only_counts_the_misses_anew(days: Callable[..., Days]) -> None:
    world = days("sw")
    world.parts["sw"] = [psu(1), psu(2)]
    await world.go_on(1)
    del world.parts["sw"][1]
    await world.go_on(2)
    world.restart()
    await world.go_on(2)
    assert world.ledger.absences() == []
    await world.go_on(1)
    (gone,) = world.ledger.absences()
    assert gone.last_seen_at == T0 + SIX_HOURS
    world.restart()
    await world.go_on(8)
    assert len(world.ledger.absences()) == 1


async def test_a_place_that_became_the_main_one_just_before_a_restart_is_still_sighted_afresh(
    days: Callable[..., Days],
) -> None:
    world = days("b", "a")
    world.parts = {"b": [psu(3), replace(psu(2, "S1"), name="PSU B")], "a": []}
    await world.go_on(1)
    world.parts["a"] = [psu(1, "S1")]
    await world.go_on(1)
    world.parts["b"][1] = psu(2, "S9")
    world.now += SIX_HOURS
    await world.pipeline.visit("b", Cadence.INVENTORY)
    assert world.ledger.settle()
    assert world.register()["S1"].name == "1", "known by its place only"
    world.restart()
    await world.go_on(1)
    assert (world.register()["S1"].device, world.register()["S1"].name) == ("a", "PSU 1")
    written = world.ledger.stats.sightings_total
    world.restart()
    await world.go_on(2)
    assert (written, world.ledger.stats.sightings_total) == (1, 0)


async def test_what_the_ledger_could_not_take_is_found_again(
    days: Callable[..., Days], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = days("sw")
    world.parts["sw"] = [psu(1), psu(2)]
    await world.go_on(1)
    del world.parts["sw"][1]
    await world.go_on(3)
    with monkeypatch.context() as full:

        def refuse(facts: object) -> None:
            raise LedgerFull("full")

        full.setattr(world.ledger, "record", refuse)
        await world.go_on(3)
    assert world.ledger.absences() == []
    await world.go_on(2)
    assert len(world.ledger.absences()) == 1


async def test_a_profile_that_says_another_vendor_or_reads_no_serial_number_makes_no_new_hardware(
    days: Callable[..., Days], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = days("sw")
    world.parts["sw"] = [psu(1), fan(1)]
    await world.go_on(1)
    seen = world.look

    async def other(device: str, cadence: Cadence) -> Visit:
        found = await seen(device, cadence)
        identity = replace(found.identity, vendor="Cisco Systems")
        parts = tuple(replace(part, serial=None) if part.part == "power_supply" else part for part in found.parts)
        return replace(found, identity=identity, parts=parts)

    monkeypatch.setattr(world.pipeline, "_look", other)
    await world.go_on(8)
    found = world.register()
    assert {asset.key for asset in found.values()} == {
        "serial:cisco systems/FCW-sw", "serial:cisco/DCB1", "place:sw/fan/1"
    }  # fmt: skip
    assert all(asset.last_seen_at == world.now and asset.gone_at is None for asset in found.values())


async def test_a_device_that_is_given_another_name_takes_its_hardware_along(days: Callable[..., Days]) -> None:
    """Nobody looks at the old name any more, so its absence is never noticed: that another shows it is what tells."""
    world = days("sw-old", "core")
    world.parts = {"sw-old": [psu(1), fan(1)], "core": [psu(1, "C1")]}
    world.serials = {"sw-old": "FCW1", "sw-new": "FCW1"}
    await world.go_on(2)
    world.parts["sw-new"] = world.parts.pop("sw-old")
    world.pipeline.adopt(topology(world.parts))
    await world.go_on(2)
    found = world.register()
    assert {name: (one.device, one.also_at) for name, one in found.items() if one.serial} == {
        "FCW1": ("sw-new", ()), "DCB1": ("sw-new", ()), "C1": ("core", ()), "FCW-core": ("core", ())
    }  # fmt: skip
    assert (found["DCB1"].name, found["DCB1"].gone_at, found["DCB1"].first_seen_at) == ("PSU 1", None, T0 + SIX_HOURS)
    assert found["place:sw-old/fan/1"].gone_at is None, "that it is withdrawn is for readers to say"
    assert world.kinds("DCB1") == ["first_seen", "also_seen", "moved"]
    written = world.ledger.stats.sightings_total
    await world.go_on(3)
    assert world.ledger.stats.sightings_total == written


async def test_of_two_devices_that_show_a_piece_the_one_that_leaves_the_inventory_no_longer_has_it(
    days: Callable[..., Days],
) -> None:
    world = days("wlc-1", "wlc-2")
    world.parts = {"wlc-1": [ap("a"), ap("b")], "wlc-2": [ap("a")]}
    await world.go_on(2)
    assert world.register()["KWC-a"].device == "wlc-1"
    del world.parts["wlc-1"]
    world.restart()
    await world.go_on(1)
    found = world.register()
    assert (found["KWC-a"].device, found["KWC-a"].also_at, found["KWC-a"].name) == ("wlc-2", (), "a")
    assert (found["KWC-b"].device, found["KWC-b"].gone_at) == ("wlc-1", None)
    assert len(world.ledger.absences()) == 1


async def test_an_agent_says_nothing_of_the_devices_of_another_that_keeps_the_same_ledger(
    tmp_path: Path, opened: Open
) -> None:
    north = Days(lambda: opened(tmp_path / "ledger.db", "north"), ["wlc-n"])
    north.parts["wlc-n"] = [ap("a"), ap("b")]
    await north.go_on(1)
    north.ledger.close()
    south = Days(lambda: opened(tmp_path / "ledger.db", "south"), ["wlc-s"])
    south.parts["wlc-s"] = [ap("a")]
    await south.go_on(2)
    one = south.register()["KWC-a"]
    assert (one.device, one.also_at) == ("wlc-n", ("wlc-s/access_point/a",))
    assert south.ledger.absences() == []
