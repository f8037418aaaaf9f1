"""Which piece of hardware is where: moves, swaps, pairs seen from two sides, readings that fail, what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.facts import Absence, Asset, Sighting
from agent.lifecycle.roll import Event, Kept, Roll, asset_key, events, events_of, place_from, place_of
from collectors.readings import compatible
from tests.agent_core.making import T0, at

DAY = timedelta(days=1)
Entry = Sighting | Absence


def seen(
    where: str, serial: str | None = None, day: float = 0, model: str | None = "PWR-C1", vendor: str | None = "Cisco",
    version: str | None = None, **values: str,
) -> Sighting:  # fmt: skip
    """`where`: device/part/place."""
    device, part, place = where.split("/", 2)
    return Sighting(
        device, part, values.pop("name", f"the {part}"), place, vendor, model, serial, version, T0 + day * DAY, **values
    )


def gone(where: str, serial: str | None = None, day: float = 0) -> Absence:
    device, part, place = where.split("/", 2)
    when = T0 + day * DAY
    return Absence("", device, part, f"the {part}", place, serial, when - DAY, when)


def register(*entries: Entry) -> dict[str, Asset]:
    roll = Roll()
    roll.call(entries)
    return {asset.key: asset for asset in roll.assets()}


def kinds(what: str, *entries: Entry) -> list[str]:
    return [event.kind for event in events_of(what, entries)]


def where(asset: Asset) -> str:
    return "/".join(place_of(asset))


# ---------------------------------------------------------------- what a piece is known by
def test_a_piece_is_known_by_its_serial_number_with_its_vendor_or_by_its_place() -> None:
    assert asset_key(seen("sw/fan/1", "S1")) == "serial:cisco/S1"
    assert asset_key(seen("sw/fan/1")) == "place:sw/fan/1"
    assert asset_key(seen("sw/line_card/0/1")) == "place:sw/line_card/0/1"
    assert asset_key(seen("sw/fan/", name="Fan A")) == "place:sw/fan/Fan A"


def test_a_chassis_without_a_place_has_that_of_its_device_whatever_it_is_called() -> None:
    found = register(seen("sw/chassis/", "S1", name="sw"), seen("sw/chassis/", "S1", 1, name="Catalyst 9300 chassis"))
    assert [(one.key, one.name, one.also_at) for one in found.values()] == [
        ("serial:cisco/S1", "Catalyst 9300 chassis", ())
    ]


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("C9300", "C9300", True), ("C9300", None, True), (None, None, True), ("C9300-48P", "c9300", True),
        ("Catalyst C9300-48P", "C9300-48P", True), ("C9300", "C9200", False), ("PWR-C1-715", "PWR-C1-350", False),
    ],
)  # fmt: skip
def test_models_agree_when_one_says_less_than_the_other(one: str | None, other: str | None, may_be: bool) -> None:
    assert compatible(one, other) is may_be
    assert compatible(other, one) is may_be


# ---------------------------------------------------------------- swaps
def test_a_new_serial_number_in_a_place_is_a_swap_and_the_old_piece_is_gone_from_then() -> None:
    entries = seen("sw/psu/1", "S1"), seen("sw/psu/1", "S2", 5)
    found = register(*entries)
    assert (found["serial:cisco/S1"].gone_at, found["serial:cisco/S2"].gone_at) == (T0 + 5 * DAY, None)
    out, into = events_of("S1", entries)[-1], events_of("S2", entries)[-1]
    assert (out.kind, out.other, out.at) == ("swapped_out", "serial:cisco/S2", T0 + 5 * DAY)
    assert (into.kind, into.other) == ("swapped_in", "serial:cisco/S1")


def test_a_nameless_piece_of_another_model_is_a_swap_and_the_old_row_stays_under_another_key() -> None:
    found = register(
        seen("sw/fan/1", None, 0, "FAN-A"), seen("sw/fan/1", None, 5, "FAN-B"), seen("sw/fan/1", None, 9, "FAN-C")
    )
    assert {key: (one.model, one.gone_at) for key, one in found.items()} == {
        "place:sw/fan/1@2026-11-02T09:00:00Z": ("FAN-A", T0 + 5 * DAY),
        "place:sw/fan/1@2026-11-07T09:00:00Z": ("FAN-B", T0 + 9 * DAY),
        "place:sw/fan/1": ("FAN-C", None),
    }


def test_nameless_pieces_that_retire_at_one_moment_stay_apart() -> None:
    found = register(*(seen("sw/fan/1", None, 0, model) for model in ("FAN-A", "FAN-B", "FAN-C")))
    assert sorted(found) == [
        "place:sw/fan/1", "place:sw/fan/1@2026-11-02T09:00:00Z", "place:sw/fan/1@2026-11-02T09:00:00Z#2"
    ]  # fmt: skip


@pytest.mark.parametrize("second", ["FAN-A", "fan-a rev 2", None])
def test_a_nameless_piece_of_a_compatible_model_is_the_same_piece(second: str | None) -> None:
    (one,) = register(seen("sw/fan/1", None, 0, "FAN-A"), seen("sw/fan/1", None, 5, second)).values()
    assert (one.key, one.first_seen_at, one.last_seen_at) == ("place:sw/fan/1", T0, T0 + 5 * DAY)
    assert one.model is not None, "a reading that failed erases nothing"


# ---------------------------------------------------------------- serial numbers that come late, or fail to come
def test_a_piece_that_shows_its_serial_number_late_is_the_same_and_keeps_its_first_day() -> None:
    entries = seen("sw/psu/1", None, 0), seen("sw/psu/1", "S1", 5)
    (one,) = register(*entries).values()
    assert (one.key, one.serial, one.first_seen_at) == ("serial:cisco/S1", "S1", T0)
    assert kinds("S1", *entries) == ["first_seen", "identified"]


def test_a_serial_number_of_another_model_in_the_place_of_a_nameless_piece_is_a_swap() -> None:
    entries = seen("sw/psu/1", None, 0, "PWR-C5"), seen("sw/psu/1", "S1", 5, "PWR-C1")
    found = register(*entries)
    assert found["place:sw/psu/1@2026-11-02T09:00:00Z"].gone_at == T0 + 5 * DAY
    assert found["serial:cisco/S1"].first_seen_at == T0 + 5 * DAY
    assert kinds("S1", *entries) == ["first_seen", "swapped_in"]


def test_a_reading_without_serial_number_makes_no_new_piece_and_takes_nothing_away() -> None:
    first = seen("sw/psu/1", "S1", 0, "PWR-C1-715", version="2", manufactured="2020-01-01")
    entries = first, seen("sw/psu/1", None, 5, "PWR-C1", None)
    (one,) = register(*entries).values()
    assert (one.serial, one.vendor, one.model, one.version) == ("S1", "Cisco", "PWR-C1-715", "2")
    assert one.manufactured == "2020-01-01"
    assert kinds("S1", *entries) == ["first_seen"]


def test_another_model_without_serial_number_in_the_place_of_a_piece_is_a_swap() -> None:
    found = register(seen("sw/psu/1", "S1", 0, "PWR-C1"), seen("sw/psu/1", None, 5, "JPSU-650"))
    assert found["serial:cisco/S1"].gone_at == T0 + 5 * DAY
    assert found["place:sw/psu/1"].model == "JPSU-650"


def test_what_showed_no_serial_number_in_a_second_place_turns_out_to_be_the_piece_of_the_first() -> None:
    entries = (
        seen("fw-a/ha_member/2", None, 0, "FG100F"), seen("fw-b/chassis/", "S2", 1, "FG100F"),
        seen("fw-a/ha_member/2", "S2", 5, "FG100F"),
    )  # fmt: skip
    (one,) = register(*entries).values()
    assert (where(one), one.also_at, one.first_seen_at) == ("fw-b/chassis/fw-b", ("fw-a/ha_member/2",), T0)
    assert kinds("S2", *entries) == ["first_seen", "first_seen", "identified", "also_seen"]


def test_one_number_in_one_place_is_one_piece_whoever_is_said_to_have_made_it() -> None:
    entries = (
        seen("sw/psu/1", "S1", 0, vendor=None), seen("sw/psu/1", "S1", 1, vendor="Delta"),
        seen("sw/psu/1", "S1", 2, vendor=None),
    )  # fmt: skip
    (one,) = register(*entries).values()
    assert (one.key, one.vendor, one.first_seen_at) == ("serial:delta/S1", "Delta", T0)


def test_one_number_of_two_vendors_in_two_places_is_two_pieces_until_one_place_says_otherwise() -> None:
    one, other = seen("a/chassis/", "S1", 0, vendor="Acme"), seen("b/chassis/", "S1", 1, vendor="Delta")
    assert sorted(register(one, other)) == ["serial:acme/S1", "serial:delta/S1"]
    (joined,) = register(one, other, seen("b/chassis/", "S1", 2, vendor="Acme")).values()
    assert (joined.key, where(joined), joined.also_at) == ("serial:acme/S1", "a/chassis/a", ("b/chassis/b",))


# ---------------------------------------------------------------- moves, and pieces that two places show
def test_a_serial_number_in_a_second_place_is_also_seen_there_as_long_as_the_first_shows_it() -> None:
    entries = seen("wlc-1/access_point/ap", "S1"), seen("wlc-2/access_point/ap", "S1", 1)
    (one,) = register(*entries).values()
    assert (where(one), one.also_at, one.gone_at) == ("wlc-1/access_point/ap", ("wlc-2/access_point/ap",), None)
    assert kinds("S1", *entries) == ["first_seen", "also_seen"]


@pytest.mark.parametrize("vacated", [seen("a/psu/1", "S9", 3), gone("a/psu/1", "S1", 3)])
def test_a_piece_has_moved_when_the_place_where_it_was_is_vacated(vacated: Entry) -> None:
    entries = seen("a/psu/1", "S1"), seen("b/psu/2", "S1", 1), vacated
    one = register(*entries)["serial:cisco/S1"]
    assert (where(one), one.also_at, one.gone_at, one.first_seen_at) == ("b/psu/2", (), None, T0)
    (move,) = [event for event in events_of("S1", entries) if event.kind == "moved"]
    assert (move.origin, move.device, move.place, move.at) == ("a/psu/1", "b", "2", T0 + 3 * DAY)


@pytest.mark.parametrize("vacated", [seen("a/psu/1", "S9", 3), gone("a/psu/1", "S1", 3)])
def test_a_piece_has_moved_also_when_the_old_place_was_vacated_before_the_new_one_showed_it(vacated: Entry) -> None:
    entries = seen("a/psu/1", "S1"), vacated, seen("b/psu/2", "S1", 9)
    one = register(*entries)["serial:cisco/S1"]
    assert (where(one), one.also_at, one.gone_at) == ("b/psu/2", (), None)
    last = events_of("S1", entries)[-1]
    assert (last.kind, last.origin, last.at) == ("moved", "a/psu/1", T0 + 9 * DAY)


def test_the_second_place_of_a_piece_that_no_longer_shows_it_is_no_move() -> None:
    entries = seen("a/psu/1", "S1"), seen("b/psu/2", "S1", 1), gone("b/psu/2", "S1", 3)
    one = register(*entries)["serial:cisco/S1"]
    assert (where(one), one.also_at, one.gone_at) == ("a/psu/1", (), None)
    assert kinds("S1", *entries) == ["first_seen", "also_seen", "also_ended"]


RANKED = ["x/chassis/", "x/stack_member/1", "x/ha_member/1", "x/access_point/1"]


@pytest.mark.parametrize(("high", "low"), list(combinations(range(4), 2)))
def test_of_two_places_the_higher_rank_is_the_main_one_whichever_came_first(high: int, low: int) -> None:
    for order in (1, -1):
        (one,) = register(*[seen(RANKED[rank], "S1") for rank in (high, low)][::order]).values()
        assert (one.part, [place_from(text)[1] for text in one.also_at]) == (
            RANKED[high].split("/")[1], [RANKED[low].split("/")[1]]
        )  # fmt: skip


def test_what_is_read_where_it_mainly_is_holds_and_another_place_only_adds() -> None:
    (one,) = register(
        seen("fw-b/chassis/", "S2", 0, "FG100F", version="7.4.5", name="fw-b"),
        seen("fw-a/ha_member/2", "S2", 1, "FortiGate-100F", version="7.2.1", name="member 2", installed="2024-01-02"),
    ).values()
    assert (one.name, one.model, one.version, one.installed) == ("fw-b", "FG100F", "7.4.5", "2024-01-02")


def test_two_chassis_with_one_serial_number_are_a_conflict_that_shows() -> None:
    (one,) = register(seen("a/chassis/", "S1"), seen("b/chassis/", "S1", 1)).values()
    assert (where(one), one.also_at) == ("a/chassis/a", ("b/chassis/b",))


def test_a_pair_that_fails_over_behind_one_address_is_still_the_same_two_pieces() -> None:
    pair = seen("fw/chassis/", "S1", 0), seen("fw/ha_member/2", "S2", 0)
    over = seen("fw/chassis/", "S2", 5), seen("fw/ha_member/2", "S1", 5)
    found = register(*pair, *over)
    assert {key: (where(one), one.also_at, one.gone_at) for key, one in found.items()} == {
        "serial:cisco/S1": ("fw/ha_member/2", (), None), "serial:cisco/S2": ("fw/chassis/fw", (), None)
    }  # fmt: skip


def test_a_stack_whose_members_change_numbers_is_still_the_same_pieces() -> None:
    before = [seen(f"sw/stack_member/{n}", f"S{n}") for n in (1, 2, 3)]
    after = [seen(f"sw/stack_member/{n % 3 + 1}", f"S{n}", 5) for n in (1, 2, 3)]
    found = register(*before, *after)
    assert {one.serial: (one.place, one.also_at, one.gone_at) for one in found.values()} == {
        "S1": ("2", (), None), "S2": ("3", (), None), "S3": ("1", (), None)
    }  # fmt: skip
    assert kinds("S1", *before, *after)[-1] == "moved"


# ---------------------------------------------------------------- what is gone, and comes back
def test_an_absence_is_since_when_it_was_noticed_and_a_sighting_ends_it() -> None:
    entries = seen("sw/psu/1", "S1"), gone("sw/psu/1", "S1", 3), seen("sw/psu/1", "S1", 9)
    assert register(*entries[:2])["serial:cisco/S1"].gone_at == T0 + 3 * DAY
    assert register(*entries)["serial:cisco/S1"].gone_at is None
    assert kinds("S1", *entries) == ["first_seen", "gone", "back"]


def test_a_nameless_piece_comes_back_to_its_place_unless_another_was_there_meanwhile() -> None:
    first = seen("sw/fan/1", None, 0, "FAN"), gone("sw/fan/1", None, 3)
    (one,) = register(*first, seen("sw/fan/1", None, 9, "FAN")).values()
    assert (one.key, one.first_seen_at, one.gone_at) == ("place:sw/fan/1", T0, None)
    between = seen("sw/fan/1", "S1", 4, "FAN"), gone("sw/fan/1", "S1", 6)
    found = register(*first, *between, seen("sw/fan/1", None, 9, "FAN"))
    assert found["place:sw/fan/1"].first_seen_at == T0 + 9 * DAY
    assert found["place:sw/fan/1@2026-11-02T09:00:00Z"].gone_at == T0 + 3 * DAY


@pytest.mark.parametrize("late", [gone("sw/psu/1", "S1", 9), gone("sw/psu/2", "S1", 9), gone("other/psu/1", "S2", 9)])
def test_an_absence_of_what_is_not_there_says_nothing(late: Absence) -> None:
    before = seen("sw/psu/1", "S1"), seen("sw/psu/1", "S2", 5)
    assert register(*before, late) == register(*before)


def test_versions_say_since_when_and_models_what_they_were() -> None:
    entries = (
        seen("sw/chassis/", "S1", 0, "C9300", version="17.6"),
        seen("sw/chassis/", "S1", 5, "C9300-48P", version="17.9"),
        seen("sw/chassis/", "S1", 7, "C9300-48P", version="17.9"),
    )  # fmt: skip
    (one,) = register(*entries).values()
    assert (one.version, one.version_seen_at, one.last_seen_at) == ("17.9", T0 + 5 * DAY, T0 + 7 * DAY)
    assert kinds("S1", *entries) == ["first_seen", "model_changed", "version_changed"]
    words = " ".join(event.words for event in events_of("S1", entries))
    assert "17.6" in words
    assert "17.9" in words


def test_a_date_that_a_whole_reading_no_longer_says_is_no_longer_so() -> None:
    (one,) = register(seen("u/battery/1", "S1", 0, manufactured="2001-01-01"), seen("u/battery/1", "S1", 5)).values()
    assert one.manufactured is None


# ---------------------------------------------------------------- any course of events
PLACES = ["a/chassis/", "b/chassis/", "a/ha_member/2", "b/stack_member/1", "a/psu/1", "b/psu/1", "b/psu/2"]
sightings = st.builds(
    seen, st.sampled_from(PLACES), st.sampled_from([None, "S1", "S2", "S3"]), st.just(0.0),
    st.sampled_from([None, "M", "M-48", "X"]), st.just("Cisco"), st.sampled_from([None, "1", "2"]),
)  # fmt: skip
absences = st.builds(gone, st.sampled_from(PLACES), st.sampled_from([None, "S1", "S2", "S3"]))
courses = st.lists(st.one_of(sightings, sightings, sightings, absences), max_size=25).map(
    lambda entries: [_on_day(entry, day) for day, entry in enumerate(entries)]
)


def _on_day(entry: Entry, day: int) -> Entry:
    when = T0 + day * DAY
    if isinstance(entry, Sighting):
        return replace(entry, seen_at=when, model=entry.model or (None if entry.serial else "M"))
    return replace(entry, last_seen_at=when - DAY, noticed_at=when)


def plain(assets: Sequence[Asset]) -> set[Asset]:
    ids = sorted(assets, key=lambda asset: asset.key)
    return {replace(asset, id=T_ID) for asset in ids}


T_ID = UUID(int=0)


@given(courses)
def test_a_place_holds_one_piece_and_a_serial_number_is_one_piece(entries: list[Entry]) -> None:
    found = list(register(*entries).values())
    present = [asset for asset in found if asset.gone_at is None]
    places = [place for one in present for place in (place_of(one), *map(place_from, one.also_at))]
    assert len(set(places)) == len(places)
    serials = [one.serial for one in found if one.serial]
    assert len(set(serials)) == len(serials)
    assert {entry.serial for entry in entries if isinstance(entry, Sighting) and entry.serial} == set(serials)
    assert all(one.serial or not one.also_at for one in found)
    assert not any(one.also_at for one in found if one.gone_at)


@given(courses)
def test_what_was_seen_last_in_a_place_and_not_missed_since_is_there(entries: list[Entry]) -> None:
    roll = Roll()
    roll.call(entries)
    for where_ in PLACES:
        last = next((entry for entry in reversed(entries) if place_of(entry) == place_of(seen(where_))), None)
        there = roll.at(place_of(seen(where_)))
        if isinstance(last, Sighting):
            assert there is not None
            assert last.serial in (None, there.serial)
            # What has a serial number may have another place, where its model reads otherwise.
            assert last.serial or there.serial or compatible(there.model, last.model)


@given(courses)
def test_nothing_was_first_seen_after_it_was_last_seen_and_the_main_place_has_the_highest_rank(
    entries: list[Entry],
) -> None:
    ranks = ["chassis", "stack_member", "ha_member", "psu"]
    for one in register(*entries).values():
        assert one.first_seen_at <= one.last_seen_at
        assert one.version_seen_at is None or one.first_seen_at <= one.version_seen_at <= one.last_seen_at
        assert (one.version is None) == (one.version_seen_at is None)
        assert all(ranks.index(one.part) <= ranks.index(place_from(other)[1]) for other in one.also_at)


@given(courses, st.lists(st.integers(0, 25), max_size=4))
def test_it_does_not_matter_where_one_batch_ends_and_the_next_begins(entries: list[Entry], ends: list[int]) -> None:
    """Each batch is called by a roll of its own, which gets only the pieces that the batch may concern."""
    book: dict[str, Asset] = {}
    bounds = [0, *sorted(ends), len(entries)]
    for first, end in pairwise(bounds):
        batch = entries[first:end]
        devices, serials = {e.device for e in batch}, {e.serial for e in batch if e.serial}
        some = [a for a in book.values() if a.device in devices or a.serial in serials or a.also_at]
        roll = Roll(Kept(*(getattr(asset, name) for name in Asset.__slots__)) for asset in some)
        roll.call(batch)
        for asset in some:
            del book[asset.key]
        assert not book.keys() & roll.pieces.keys(), "a key is given twice"
        book |= {asset.key: asset for asset in roll.assets()}
    assert plain(list(book.values())) == plain(list(register(*entries).values()))


@given(courses)
def test_events_of_one_piece_begin_with_its_first_sight_and_are_all_there_are(entries: list[Entry]) -> None:
    every = events(entries)
    told: list[Event] = []
    for key, asset in register(*entries).items():
        own = events_of(key, entries)
        assert own[0].kind == "first_seen"
        assert {event.key for event in own} == {key}
        assert [event.at for event in own] == sorted(event.at for event in own)
        assert min(event.at for event in own if event.kind == "first_seen") == asset.first_seen_at
        told += own
    assert sorted(e.words for e in told) == sorted(e.words for e in every)


def test_the_time_of_a_sighting_that_lies_before_the_first_moves_neither_end() -> None:
    early = replace(seen("sw/psu/1", "S1"), seen_at=at(-3600))
    (one,) = register(seen("sw/psu/1", "S1"), early).values()
    assert (one.first_seen_at, one.last_seen_at) == (T0, T0)
