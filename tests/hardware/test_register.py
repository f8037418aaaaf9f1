"""The register as a whole: what is a piece, where it stands, who paid what for it, and which policy holds for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid5

import pytest

from agent.facts import Asset, Purchase
from agent.hardware.register import _IDS, NEVER, Piece, pieces_of
from agent.inventory import Estate, load
from agent.lifecycle import Notice

TODAY = date(2026, 11, 22)
SEEN = datetime(2025, 6, 1, tzinfo=UTC)
BASE = """\
councils:
  stevenage: {title: Stevenage Borough Council, share: 0.55}
  east-herts: {title: East Herts District Council, share: 0.45}
sites:
  wallfields: {title: Wallfields, kind: office, owner: east-herts}
  museum: {title: Stevenage Museum, kind: other, owner: stevenage}
class_defaults:
  wifi_ap: {replace_years: 6}
  ups: {battery_years: 3}
site_defaults:
  museum: {battery_years: 5, review_years: 2}
devices:
  - {name: sw-1, address: 192.0.2.1, class: switch, site: wallfields,
     owned: {purchased: 2019-02-11, support_until: 2027-03-31, price: 16200, shares: {east-herts: 1}}}
  - {name: sw-2, address: 192.0.2.2, class: switch, site: museum}
  - {name: wlc-1, address: 192.0.2.3, class: wifi_controller, site: wallfields, replace_years: 9}
  - {name: ups-1, address: 192.0.2.4, class: ups, site: wallfields}
  - {name: ups-2, address: 192.0.2.5, class: ups, site: museum, battery_years: 1}
"""
Load = Callable[..., Estate]


@pytest.fixture
def estate_of(tmp_path: Path) -> Load:
    def loaded(more: str = "") -> Estate:
        path = tmp_path / "inventory.yaml"
        path.write_text(BASE + more, encoding="utf-8")
        return load(path)

    return loaded


def seen(device: str, part: str = "chassis", serial: str | None = None, **values: object) -> Asset:
    place = "" if part == "chassis" else str(values.pop("place", "1"))
    key = f"serial:cisco/{serial}" if serial else f"place:{device}/{part}/{place}"
    row: dict[str, object] = {
        "vendor": "Cisco", "model": "C9300-48P", "version": None, "manufactured": None, "installed": None,
        "replace_by": None, "first_seen_at": SEEN, "last_seen_at": SEEN, **values,
    }  # fmt: skip
    return Asset(uuid5(_IDS, key), key, device, part, device, place, serial=serial, **row)  # type: ignore[arg-type]


def bought(serial: str, **values: object) -> Purchase:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Purchase(serial, at, "finance", "purchases.csv:2", **values)  # type: ignore[arg-type]


def named(pieces: list[Piece]) -> dict[str, Piece]:
    """By serial number, or device and part."""
    return {p.asset.serial or f"{p.asset.device}/{p.asset.part}/{p.asset.place}": p for p in pieces}


ALL = [seen("sw-1", serial="A1"), seen("sw-2", serial="A2"), seen("wlc-1", serial="A3"), seen("ups-1", serial="A4"),
       seen("ups-2", serial="A5")]  # fmt: skip


# ---------------------------------------------------------------- what is a piece
def test_devices_that_no_visit_told_a_chassis_of_have_one_by_their_place(estate_of: Load) -> None:
    pieces = pieces_of([seen("sw-1", serial="A1"), seen("ups-1", "battery", "B1")], estate_of(), TODAY)
    found = named(pieces)
    assert set(found) == {"A1", "B1", "sw-2/chassis/", "wlc-1/chassis/", "ups-1/chassis/", "ups-2/chassis/"}
    by_place = found["sw-2/chassis/"]
    assert (by_place.seen, by_place.asset.key, by_place.asset.first_seen_at) == (False, "place:sw-2/chassis/", NEVER)
    assert (by_place.stage, by_place.evidence, by_place.age, by_place.presence) == ("unknown", "none", None, "present")


def test_a_device_that_is_seen_by_its_members_has_no_further_chassis(estate_of: Load) -> None:
    members = [seen("sw-1", "stack_member", f"M{n}", place=n) for n in (1, 2)]
    assert "sw-1/chassis/" not in named(pieces_of(members, estate_of(), TODAY))


def test_a_device_whose_chassis_is_shown_by_its_twin_has_no_further_one(estate_of: Load) -> None:
    twin = seen("sw-1", serial="A1", also_at=("sw-2/ha_member/1",))
    found = named(pieces_of([twin], estate_of(), TODAY))
    assert "sw-2/chassis/" not in found
    assert found["A1"].conflicts == ()


def test_hardware_of_the_inventory_is_a_piece_that_was_never_seen(estate_of: Load) -> None:
    estate = estate_of(
        """\
hardware:
  dumb: {class: ups, site: museum, vendor: APC, model: SMT1500, serial: AS18, title: UPS in the cellar, review_years: 3,
         owned: {purchased: 2019-01-21, price: 690.50}}
  cells: {device: ups-1, part: battery, manufactured: 2024-01-15}
  unknown: {class: switch, site: museum, model: C9200L}
"""
    )
    found = named(pieces_of(ALL, estate, TODAY))
    dumb, cells, unknown = found["AS18"], found["ups-1/battery/cells"], found["/chassis/unknown"]
    assert (dumb.site, dumb.role, dumb.council, dumb.entry, dumb.seen) == ("museum", "ups", "stevenage", "dumb", False)
    assert (dumb.title, dumb.asset.device, dumb.asset.key) == ("UPS in the cellar", "", "serial:apc/AS18")
    assert (dumb.stage, dumb.owned.price_pence, dumb.review_on) == ("overdue", 69050, date(2022, 1, 21))
    assert dumb.owned.origin == "inventory, hardware dumb"
    assert (cells.role, cells.unit, cells.evidence, cells.replace_by) == ("ups", True, "reported", date(2027, 1, 15))
    assert (unknown.evidence, unknown.confidence, unknown.stage, unknown.age) == ("none", "none", "unknown", None)


def test_one_serial_number_is_one_piece_with_what_the_inventory_knows_of_it(estate_of: Load) -> None:
    estate = estate_of("hardware:\n  it: {device: sw-1, serial: a1, vendor: CISCO, manufactured: 2018-11-02}\n")
    pieces = [p for p in pieces_of(ALL, estate, TODAY) if (p.asset.serial or "").upper() == "A1"]
    (piece,) = pieces
    assert (piece.seen, piece.entry, piece.asset.manufactured) == (True, "it", "2018-11-02")
    assert not any("inventory" in conflict for conflict in piece.conflicts)


def test_equal_numbers_of_different_makers_are_different_pieces(estate_of: Load) -> None:
    estate = estate_of("hardware:\n  it: {device: sw-1, part: module, serial: A1, vendor: HPE}\n")
    assert [p.asset.vendor for p in pieces_of(ALL, estate, TODAY) if p.asset.serial == "A1"] == ["Cisco", "HPE"]


def test_what_was_taken_out_is_where_the_inventory_says_it_is_now(estate_of: Load) -> None:
    estate = estate_of("hardware:\n  spare: {class: switch, site: museum, serial: A9}\n")
    for old in (seen("sw-1", serial="A9", gone_at=SEEN), seen("sold-device", serial="A9")):
        piece = named(pieces_of([*ALL, old], estate, TODAY))["A9"]
        assert (piece.presence, piece.site, piece.asset.device, piece.asset.gone_at) == ("present", "museum", "", None)
        assert piece.seen
        assert piece.conflicts == ()


def test_where_a_visit_and_the_inventory_differ_is_told(estate_of: Load) -> None:
    estate = estate_of("hardware:\n  it: {class: switch, site: museum, serial: A1, model: C9200}\n")
    piece = named(pieces_of(ALL, estate, TODAY))["A1"]
    assert piece.conflicts[-2:] == (
        "the inventory (hardware it) says model C9200, it shows C9300-48P",
        "the inventory (hardware it) says that it is at Stevenage Museum, it is seen in sw-1",
    )


def test_a_chassis_that_two_devices_show_is_a_conflict_once_both_are_in_the_inventory(estate_of: Load) -> None:
    def conflicts(*also_at: str) -> tuple[str, ...]:
        return named(pieces_of([seen("sw-1", serial="A1", also_at=also_at)], estate_of(), TODAY))["A1"].conflicts

    assert conflicts("sw-2/chassis/") == ("sw-2 shows the same serial number as its own",)
    assert conflicts("sw-2/ha_member/1/2", "gone-device/chassis/") == ()


def test_presence_says_what_is_gone_and_what_left_with_its_device(estate_of: Load) -> None:
    fans = seen("sw-1", "fan", "F1", gone_at=SEEN), seen("sw-1", "fan", "F2", place=2)
    found = named(pieces_of([*ALL, *fans, seen("old", serial="X1")], estate_of(), TODAY))
    assert [found[name].presence for name in ("F1", "X1", "F2")] == ["gone", "withdrawn", "present"]
    assert (found["X1"].site, found["X1"].role) == ("", "")
    assert [found[name].unit for name in ("F2", "A1")] == [False, True]


def test_what_stands_where_a_piece_without_a_number_has_gone_has_another_key(estate_of: Load) -> None:
    pieces = pieces_of([seen("sw-2", gone_at=SEEN)], estate_of(), TODAY)
    assert [p.asset.key for p in pieces if p.asset.device == "sw-2"] == ["place:sw-2/chassis/", "place:sw-2/chassis/#2"]


def test_keys_are_unique_and_the_same_on_another_day(estate_of: Load) -> None:
    estate = estate_of("hardware:\n  a: {class: ups, site: museum}\n  b: {device: ups-1, part: battery}\n")
    first, second = (pieces_of(ALL[:2], estate, day) for day in (TODAY, date(2027, 5, 1)))
    keys = [p.asset.key for p in first]
    assert len(set(keys)) == len(keys) == 7
    assert [(p.asset.key, p.asset.id) for p in first] == [(p.asset.key, p.asset.id) for p in second]


# ---------------------------------------------------------------- who paid
def test_the_price_of_a_device_is_that_of_its_chassis(estate_of: Load) -> None:
    found = named(pieces_of([*ALL, seen("sw-1", "stack_member", "M2"), seen("sw-1", "fan", "F1")], estate_of(), TODAY))
    owned = found["A1"].owned
    assert (owned.price_pence, owned.shares, owned.origin) == (
        1620000, (("east-herts", Decimal(1)),), "inventory, device sw-1",
    )  # fmt: skip
    assert found["M2"].owned.price_pence is None
    assert found["F1"].owned.purchased is None


def test_or_of_all_its_members_together_where_it_has_none(estate_of: Load) -> None:
    members = [seen("sw-1", "stack_member", f"M{n}", place=n) for n in (1, 2)]
    found = named(pieces_of([*members, seen("sw-1", "fan", "F1")], estate_of(), TODAY))
    assert {(found[m].owned.price_pence, found[m].owned.origin) for m in ("M1", "M2")} == {
        (1620000, "inventory, device sw-1")
    }
    assert found["F1"].owned.price_pence is None


def test_what_was_paid_for_a_device_is_not_that_of_the_chassis_that_was_taken_out(estate_of: Load) -> None:
    found = named(pieces_of([seen("sw-1", serial="OLD", gone_at=SEEN), seen("sw-1", serial="NEW")], estate_of(), TODAY))
    assert [found[name].owned.purchased for name in ("OLD", "NEW")] == [None, date(2019, 2, 11)]


def test_a_purchase_record_goes_before_the_inventory_and_leaves_open_what_that_may_fill(estate_of: Load) -> None:
    records = [
        bought("a1", purchased="2018-01-01", price_pence=1),
        bought("A1", purchased="2020-03-02", price_pence=999, shares=(("stevenage", "0.5"), ("east-herts", "0.5"))),
    ]
    owned = named(pieces_of(ALL, estate_of(), TODAY, records))["A1"].owned
    assert (owned.purchased, owned.installed, owned.price_pence) == (date(2020, 3, 2), None, 999)
    assert owned.shares == (("stevenage", Decimal("0.5")), ("east-herts", Decimal("0.5")))
    assert (owned.support_until, owned.origin) == (date(2027, 3, 31), "purchases.csv:2")


def test_a_contract_of_what_stood_there_before_is_not_that_of_what_was_bought_after_it_ended(estate_of: Load) -> None:
    owned = named(pieces_of(ALL, estate_of(), TODAY, [bought("A1", purchased="2027-04-01")]))["A1"].owned
    assert owned.support_until is None


def test_a_purchase_of_another_makers_number_is_not_taken(estate_of: Load) -> None:
    records = [bought("A1", purchased="2020-03-02", vendor="Cisco Systems"), bought("A1", vendor="APC", price_pence=5)]
    owned = named(pieces_of(ALL, estate_of(), TODAY, records))["A1"].owned
    assert (owned.purchased, owned.price_pence) == (date(2020, 3, 2), 1620000)


# ---------------------------------------------------------------- policy, exceptions, notices
def test_policy_is_that_of_device_site_and_class_and_batteries_and_access_points_have_their_own(
    estate_of: Load,
) -> None:
    born = "2020-01-01"
    parts = [
        seen("wlc-1", serial="W1", manufactured=born), seen("wlc-1", "access_point", "P1", manufactured=born),
        seen("ups-1", "battery", "B1", manufactured=born), seen("ups-2", "battery", "B2", manufactured=born),
        seen("sw-2", "battery", "B3", manufactured=born), seen("sw-2", serial="S2", manufactured=born),
        seen("old", "battery", "X1", manufactured=born),
    ]  # fmt: skip
    found = named(pieces_of(parts, estate_of(), TODAY))
    assert {name: found[name].replace_by for name in ("W1", "P1", "B1", "B2", "B3", "X1")} == {
        "W1": date(2029, 1, 1), "P1": date(2026, 1, 1), "B1": date(2023, 1, 1), "B2": date(2021, 1, 1),
        "B3": date(2025, 1, 1), "X1": date(2027, 1, 1),
    }  # fmt: skip
    assert found["S2"].review_on == date(2022, 1, 1)


@pytest.mark.parametrize(
    ("given", "fitting"),
    [
        ("serials: [a1]", {"A1"}),
        ("devices: [sw-1]", {"A1", "F1"}),
        ("devices: [sw-1], parts: [fan]", {"F1"}),
        ("sites: [museum]", {"A2", "A5", "D1"}),
        ("sites: [museum], classes: [switch]", {"A2"}),
        ("classes: [ups], models: [smt*]", {"D1"}),
        ("hardware: [dumb]", {"D1"}),
        ("classes: [wifi_ap]", {"P1"}),
        ("classes: [wifi_controller]", {"A3", "P1"}),
        ("models: [c9300*], sites: [wallfields], parts: [chassis]", {"A1", "A3", "A4"}),
        ("serials: [nobody]", set()),
    ],
)
def test_an_exception_fits_where_all_that_it_gives_fits(estate_of: Load, given: str, fitting: set[str]) -> None:
    estate = estate_of(
        f"hardware:\n  dumb: {{class: ups, site: museum, serial: D1, model: SMT1500}}\n"
        f"exceptions:\n  it: {{{given}, until: 2027-09-30, owner: O, reason: R}}\n"
    )
    parts = [*ALL, seen("sw-1", "fan", "F1"), seen("wlc-1", "access_point", "P1")]
    found = named(pieces_of(parts, estate, TODAY))
    assert {name for name, piece in found.items() if piece.life.keep is not None} == fitting


def test_of_several_exceptions_the_one_in_force_holds_and_of_those_the_latest(estate_of: Load) -> None:
    some = "devices: [sw-1], owner: O, reason: R"
    estate = estate_of(
        f"exceptions:\n  over: {{{some}, until: 2026-11-22}}\n  soon: {{{some}, until: 2027-01-01}}\n"
        f"  late: {{{some}, until: 2028-01-01}}\n"
    )
    keeps = [
        named(pieces_of(ALL, estate, day))["A1"].life.keep
        for day in (TODAY, date(2027, 6, 1), date(2029, 1, 1))
    ]  # fmt: skip
    assert [keep.name if keep else "" for keep in keeps] == ["late", "late", "late"]
    only = estate_of(f"exceptions:\n  over: {{{some}, until: 2026-11-22}}\n")
    piece = named(pieces_of(ALL, only, TODAY))["A1"]
    assert (piece.life.keep is not None, piece.stage) == (True, "overdue")


@dataclass
class Listed:
    """Notices that remember what they were asked."""

    asked: list[tuple[str | None, ...]]

    def hardware(self, vendor: str | None, model: str | None, family: str | None = None) -> Notice | None:
        self.asked.append((vendor, model, family))
        return Notice("Cisco", end_of_support=date(2026, 1, 1), source="s") if model == "C9300-48P" else None

    def software(
        self, vendor: str | None, model: str | None, family: str | None, version: str | None
    ) -> Notice | None:  # fmt: skip
        self.asked.append((vendor, model, family, version))
        return Notice("Cisco", product="IOS-XE", version="17.9", end_of_support=date(2026, 1, 1))


def test_notices_are_asked_once_for_each_model_and_each_version(estate_of: Load) -> None:
    notices = Listed([])
    parts = [replace(one, version="17.9.4", family="cisco_iosxe") for one in ALL]
    found = named(pieces_of([*parts, seen("sw-1", "fan", "F1", model="FAN")], estate_of(), TODAY, notices=notices))
    assert sorted(map(str, notices.asked)) == [
        "('Cisco', 'C9300-48P', 'cisco_iosxe')", "('Cisco', 'C9300-48P', 'cisco_iosxe', '17.9.4')",
        "('Cisco', 'FAN', None)",
    ]  # fmt: skip
    assert (found["A2"].stage, found["A2"].life.software.stage, found["F1"].stage) == (
        "unsupported", "unsupported", "overdue",
    )  # fmt: skip
    assert "IOS-XE 17.9.4" in found["A2"].life.software.reason


def test_a_part_that_came_with_its_device_is_as_old_as_that(estate_of: Load) -> None:
    found = named(pieces_of([*ALL, seen("sw-1", "fan", "F1"), seen("sw-1", "access_point", "P1")], estate_of(), TODAY))
    assert (found["F1"].evidence, found["F1"].life.evidence.since) == ("device", date(2019, 2, 11))
    assert found["P1"].evidence == "first_seen"
