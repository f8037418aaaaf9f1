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
    dated,
    made_on,
    sight,
    stage,
    usable,
)  # fmt: skip
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


def test_parts_without_a_place_keep_one_each() -> None:
    seen = sight(inventory(Part("fan", "Fan", "FAN-1"), Part("fan", "Fan", "FAN-1"), Part("fan", "Fan", "FAN-1")))
    assert [s.place for s in seen] == ["Fan", "Fan#2", "Fan#3"]


def test_dates_that_firmware_invents_are_not_believed() -> None:
    for day in (date(1970, 1, 1), date(1980, 1, 1), date(2000, 1, 1).replace(year=1900), date(2099, 1, 1)):
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


# ---------------------------------------------------------------- dates in serial numbers
@pytest.mark.parametrize(
    ("vendor", "serial", "part", "made"),
    [
        pytest.param("Cisco", "FCW2140L0AB", "chassis", date(2017, 10, 2), id="Cisco: year 21 since 1996, week 40"),
        pytest.param("Cisco Systems", "foc1012x0ab", "stack_member", date(2006, 3, 20), id="in small letters"),
        pytest.param("Cisco", "FNS17120ABC", "transceiver", None, id="optics: looks alike, means nothing"),
        pytest.param("Cisco", "FCW2199L0AB", "chassis", None, id="no week 99"),
        pytest.param("Cisco", "FCW4501L0AB", "chassis", None, id="not made yet when it was seen"),
        pytest.param("Juniper", "FCW2140L0AB", "chassis", None, id="no rule for this maker"),
        pytest.param("HPE", "CZJ928ABC", "chassis", None, id="one character too few for the rule"),
        pytest.param("HPE", "CZJ928ABCD", "chassis", date(2019, 7, 8), id="HPE server: year 9, week 28"),
        pytest.param("HPE", "CZJ128ABCD", "chassis", date(2021, 7, 12), id="and the decade by when it was seen"),
        pytest.param("HPE", "CZJ628ABCD", "chassis", date(2016, 7, 11), id="never later than it was seen"),
        pytest.param("Cisco", None, "chassis", None, id="no serial number"),
    ],
)  # fmt: skip
def test_dates_are_read_from_serial_numbers_only_where_the_rule_is_known(
    vendor: str, serial: str | None, part: str, made: date | None
) -> None:
    found = made_on(asset(vendor=vendor, serial=serial, part=part))
    assert (found and found[0]) == made
    assert found is None or found[1] == ("low" if vendor == "HPE" else "fair")


# ---------------------------------------------------------------- evidence
def test_evidence_is_taken_in_its_order() -> None:
    thing = asset(serial="FCW2140L0AB", manufactured="2018-01-01", installed="2018-06-01")
    owned = Owning(purchased=date(2018, 3, 1), installed=date(2018, 4, 1))
    ladder = [
        (thing, owned, "purchased", "certain"),
        (thing, Owning(installed=date(2018, 4, 1)), "installed", "certain"),
        (thing, None, "installed", "certain"),
        (replace(thing, installed=None), None, "reported", "good"),
        (replace(thing, installed=None, manufactured=None), None, "serial", "fair"),
        (replace(thing, installed=None, manufactured=None, serial=None), None, "first_seen", "low"),
    ]
    for one, of, kind, confidence in ladder:
        found = dated(one, of)
        assert (found.kind, found.confidence) == (kind, confidence)


def test_evidence_that_contradicts_is_shown() -> None:
    found = dated(asset(serial="FCW2140L0AB"), Owning(purchased=date(2024, 1, 1)))
    assert found.conflicts == ("serial says 2017-10-02",)
    early = dated(asset(first_seen=date(2023, 1, 1)), Owning(purchased=date(2024, 1, 1)))
    assert early.conflicts == ("first_seen says 2023-01-01",)
    assert dated(asset(serial="FCW2140L0AB"), Owning(purchased=date(2018, 2, 1))).conflicts == ()


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


def test_the_end_of_support_and_the_devices_own_date_beat_the_policy_when_they_are_earlier() -> None:
    bought = Owning(purchased=date(2024, 1, 1), support_until=date(2026, 6, 30))
    life = stage(asset(), bought, Policy(), TODAY)
    assert (life.stage, life.replace_on) == ("overdue", date(2026, 6, 30))
    assert "support ends on 2026-06-30" in life.reason
    battery = stage(asset(replace_by="2027-02-01"), Owning(purchased=date(2024, 1, 1)), BATTERY, TODAY)
    assert (battery.stage, battery.replace_on) == ("refresh_due", date(2027, 2, 1))
    late = stage(asset(), Owning(purchased=date(2024, 1, 1), support_until=date(2040, 1, 1)), Policy(), TODAY)
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
