"""Hardware: what counts as a serial number, how old a thing is and how that is known, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.facts import Asset
from agent.lifecycle import (
    Owning,
    Policy,
    sight,
    stage,
    usable,
)  # fmt: skip
from agent.lifecycle.placeholders import FALSE_DAYS
from agent.lifecycle.stages import BATTERY
from collectors.readings import Cadence, Identity, Part, Visit
from tests.agent_core.making import visit

TODAY = date(2026, 11, 22)


def inventory(*parts: Part, **identity: str) -> Visit:
    look = visit("sw", cadence=Cadence.INVENTORY)
    return replace(look, parts=parts, identity=Identity(**{"vendor": "Cisco", **identity}))  # type: ignore[arg-type]


def asset(first_seen: date = date(2026, 1, 5), **values: str | None) -> Asset:
    at = datetime(first_seen.year, first_seen.month, first_seen.day, tzinfo=UTC)
    row: dict[str, str | None] = {
        "vendor": "Cisco", "model": "C9300", "serial": None, "version": None, "manufactured": None, "installed": None,
        "replace_by": None, **values,
    }  # fmt: skip
    part = row.pop("part", None) or "chassis"
    return Asset(UUID(int=1), "k", "sw", part, "sw", "", first_seen_at=at, last_seen_at=at, **row)  # type: ignore[arg-type]


# ---------------------------------------------------------------- serial numbers that are none
@pytest.mark.parametrize(
    "text",
    [
        "FFFFFFFFFFFF", "ffffffff", "N/A", "n/a", "NA", "None", "unknown", "Not Specified", "Not Available",
        "To be filled by O.E.M.", "To Be Filled By O.E.M.", "Default string", "System Serial Number", "Serial Number",
        "0000", "00000000", "0000-0000", "00:00:00:00:00:00", "XXXXXXXX", "........", "-", "--", "", " ", "0",
        "123456789", "0123456789", "0123456789ABCDEF", "OEM", "invalid", "\x00\x00\x00", "\x01\x02",
        "?", "????", None,
        "#########", "1111111", "BUILTIN", "Built-in", "<FRAME SERIAL NUMBER>", "System MAC: fc-ec-da-bf-69-55",
        "12/05/2023", "1e1c0000.xhci", "rb400_usb", "SG05XXXXXX", "FR60Fxxxxxxxxxxx", "0A0A0A0A0A0A", "1234567",
        "12345678", "1234ABC", "S/N", "SN:",
    ],
)  # fmt: skip
def test_placeholders_are_no_serial_numbers(text: str | None) -> None:
    assert usable(text) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("FCW2140L0AB", "FCW2140L0AB"), (" FGT60FTK20001234 ", "FGT60FTK20001234"), ("CZJ0140ABC", "CZJ0140ABC"),
        ("AS1234567890", "AS1234567890"), ("0F10A2", "0F10A2"), ('"5CG1234XYZ"', "5CG1234XYZ"), ("7F", "7F"),
        ("Testarossa-1", "Testarossa-1"), ("NAB00012", "NAB00012"), ("A  B", "A B"),
        ("S/N CAAG0822", "CAAG0822"), ("b'TW048M8YDNT0032A0238", "TW048M8YDNT0032A0238"),
        ("SN123456789", "SN123456789"),
        ("000000000001", "000000000001"), ("JPE00000000", "JPE00000000"), ("1213121", "1213121"),
        ("BT0490379", "BT0490379"),
        ("MXQ1XXXX2", "MXQ1XXXX2"), ("12345679", "12345679"), ("00-1B-BC-AA-AA-AA", "00-1B-BC-AA-AA-AA"),
        ("Macbook-1", "Macbook-1"), ("2013JUN240015", "2013JUN240015"),
    ],
)  # fmt: skip
def test_real_serial_numbers_are_kept(text: str, kept: str) -> None:
    assert usable(text) == kept


# ---------------------------------------------------------------- sightings
def test_only_inventory_visits_that_reached_the_device_say_anything_about_hardware() -> None:
    good = inventory(serial="FCW2140L0AB")
    assert len(sight(good)) == 1
    assert sight(replace(good, cadence=Cadence.HEALTH)) == ()
    assert sight(replace(good, reached=False)) == ()


def test_the_chassis_comes_from_the_identity_and_is_not_listed_twice() -> None:
    (one,) = sight(
        inventory(Part("chassis", "Chassis", "C9300-48P", "FCW2140L0AB"), model="C9300-48P", serial="FCW2140L0AB")
    )
    assert (one.part, one.serial, one.place) == ("chassis", "FCW2140L0AB", "")


def test_members_of_a_stack_are_pieces_of_their_own_and_the_first_is_not_doubled() -> None:
    members = [Part("stack_member", f"Switch {n}", "C9300", f"FCW2140L0A{n}", place=str(n)) for n in (1, 2, 3)]
    seen = sight(inventory(*members, serial="FCW2140L0A1", model="C9300"))
    assert [s.serial for s in seen] == ["FCW2140L0A1", "FCW2140L0A2", "FCW2140L0A3"]


def test_parts_that_show_nothing_of_their_own_are_no_hardware() -> None:
    assert sight(inventory(Part("fan", "Fan 1", "N/A", "FFFFFFFF"))) == ()


def test_a_battery_is_hardware_by_the_day_it_was_put_in_alone() -> None:
    look = inventory(Part("battery", "Battery", installed=date(2022, 3, 1)), Part("battery", "Battery 2"))
    assert [(s.part, s.name, s.installed) for s in sight(look)] == [("battery", "Battery", "2022-03-01")]


def test_parts_without_a_place_keep_one_each() -> None:
    seen = sight(inventory(Part("fan", "Fan", "FAN-1"), Part("fan", "Fan", "FAN-1"), Part("fan", "Fan", "FAN-1")))
    assert [s.place for s in seen] == ["Fan", "Fan#2", "Fan#3"]


def test_dates_that_firmware_invents_are_not_believed() -> None:
    for day in (date(1970, 1, 1), date(1980, 1, 1), date(1900, 1, 1), date(2099, 1, 1), *FALSE_DAYS):
        (one,) = sight(inventory(Part("battery", "Battery", "RBC7", "B12345", manufactured=day)))
        assert one.manufactured is None
    (one,) = sight(inventory(Part("battery", "Battery", "RBC7", "B12345", manufactured=date(2020, 5, 4))))
    assert one.manufactured == "2020-05-04"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["chassis", "fan", "ha_member"]),
            st.text(max_size=8),
            st.text(max_size=8),
            st.text(max_size=4),
        )
    )
)
def test_no_two_sightings_share_a_place_or_a_serial_number(rows: list[tuple[str, str, str, str]]) -> None:
    seen = sight(inventory(*(Part(part, name, "M1", serial, place=place) for part, name, serial, place in rows)))
    places = [(s.part, s.place) for s in seen]
    serials = [s.serial for s in seen if s.serial]
    assert len(places) == len(set(places))
    assert len(serials) == len(set(serials))


# ---------------------------------------------------------------- stages
@pytest.mark.parametrize(
    ("purchased", "found"),
    [
        (date(2024, 1, 1), "in_life"),
        (date(2022, 11, 23), "in_life"),
        (date(2022, 11, 22), "review_due"),
        (date(2020, 11, 23), "review_due"),
        (date(2020, 11, 22), "refresh_due"),
        (date(2019, 11, 23), "refresh_due"),
        (date(2019, 11, 22), "overdue"),
        (date(2012, 2, 29), "overdue"),
    ],
)
def test_the_stage_follows_from_age_and_policy(purchased: date, found: str) -> None:
    life = stage(asset(), Owning(purchased=purchased), Policy(), TODAY)
    assert life.stage == found
    assert purchased.isoformat() in life.reason


def test_first_seen_alone_proves_only_that_it_is_not_younger() -> None:
    assert stage(asset(first_seen=date(2026, 1, 5)), None, Policy(), TODAY).stage == "unknown"
    assert stage(asset(first_seen=date(2022, 1, 5)), None, Policy(), TODAY).stage == "review_due"
    assert stage(asset(first_seen=date(2019, 1, 5)), None, Policy(), TODAY).stage == "overdue"


def test_the_devices_own_date_beats_the_policy_when_it_is_earlier() -> None:
    battery = stage(asset(replace_by="2027-02-01"), Owning(purchased=date(2024, 1, 1)), BATTERY, TODAY)
    assert (battery.stage, battery.replace_on) == ("refresh_due", date(2027, 2, 1))
    late = stage(asset(replace_by="2040-01-01"), Owning(purchased=date(2024, 1, 1)), Policy(), TODAY)
    assert late.replace_on == date(2031, 1, 1)


ORDER = ["in_life", "review_due", "refresh_due", "overdue"]


@given(st.dates(date(2000, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 2), date(2045, 1, 1)), st.integers(0, 3000))
def test_nothing_gets_younger(purchased: date, today: date, later: int) -> None:
    owned = Owning(purchased=purchased)
    now = stage(asset(), owned, Policy(), today)
    then = stage(asset(), owned, Policy(), date.fromordinal(today.toordinal() + later))
    assert ORDER.index(now.stage) <= ORDER.index(then.stage)
    assert now.review_on is not None
    assert now.replace_on is not None
    assert purchased < now.review_on < now.replace_on
