"""What the profile format can say of network devices: relocated trees, decibels, rows named by another table."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collectors.decode.book import Book
from collectors.decode.sensors import checks, sensors
from collectors.decode.usage import usages
from collectors.decode.values import number, transformed
from collectors.plan import plan
from collectors.profiles import Profiles, candidates, choose
from collectors.profiles.model import Lookup, Numeric, Profile
from collectors.profiles.relocate import relocated
from collectors.readings import Cadence


def _profile(**parts: object) -> Profile:
    return Profile.model_validate({"profile": "case", "title": "A case", **parts})


def _moving() -> Profile:
    return _profile(
        match=[{"sys_object_id": "1.3.6.1.4.1.8691.7.*"}],
        relocate=[
            {
                "below": "1.3.6.1.4.1.8691.7.0",
                "match": r"1\.3\.6\.1\.4\.1\.8691\.7\.(\d+)",
                "to": r"1.3.6.1.4.1.8691.7.\1",
            }
        ],
        sensors=[{"oid": "1.3.6.1.4.1.8691.7.0.1.10.8.0", "name": "Power", "kind": "power"}],
        checks=[
            {
                "check": "x",
                "entry": "1.3.6.1.4.1.8691.7.0.1.9.1",
                "subject": "{1.3.6.1.4.1.8691.7.0.1.9.1.2}",
                "value": 3,
                "where": {4: ["1"]},
                "states": {1: ["up", "ok"]},
            }
        ],
    )


def test_a_relocated_profile_asks_below_the_number_of_the_product() -> None:
    moved = relocated(_moving(), "1.3.6.1.4.1.8691.7.69")
    assert "1.3.6.1.4.1.8691.7.69.1.10.8.0" in plan(moved).scalars
    assert "1.3.6.1.4.1.8691.7.69.1.9.1.3" in plan(moved).live
    assert not any("8691.7.0." in oid for oid in (*plan(moved).scalars, *plan(moved).every_column))


def test_the_same_product_shares_one_relocated_profile_and_another_has_its_own() -> None:
    profile = _moving()
    first = relocated(profile, "1.3.6.1.4.1.8691.7.69")
    assert relocated(profile, "1.3.6.1.4.1.8691.7.69") is first
    assert relocated(profile, "1.3.6.1.4.1.8691.7.70") is not first


def test_choosing_gives_the_relocated_profile() -> None:
    profiles = Profiles([_moving(), _profile(profile="generic")])
    found = candidates(profiles, "1.3.6.1.4.1.8691.7.116", "EDS")
    chosen = choose(profiles, found, {})
    assert "1.3.6.1.4.1.8691.7.116.1.10.8.0" in plan(chosen).scalars


def test_a_relocation_must_lead_to_an_object_identifier() -> None:
    with pytest.raises(ValidationError, match="no object identifier"):
        _profile(relocate=[{"below": "1.3.6.1.4.1.1.0", "match": "x", "to": r"up.\1"}])


@given(st.floats(min_value=1e-6, max_value=1e4))
def test_milliwatts_become_dbm_and_back(milliwatts: float) -> None:
    got = number(Numeric(decibels=True), str(milliwatts).encode())
    if got is not None:  # a number written so small that it is no plain decimal any more
        assert math.isclose(10 ** (got / 10), milliwatts, rel_tol=1e-3)


@pytest.mark.parametrize("dark", [b"0.0000", b"-1", b"n/a", b""])
def test_no_light_is_not_known_rather_than_minus_infinity(dark: bytes) -> None:
    assert number(Numeric(decibels=True), dark) is None


def test_a_row_can_be_named_by_the_row_that_one_of_its_columns_points_at() -> None:
    profile = _profile(
        processors=[
            {
                "entry": "1.3.6.1.4.1.9.9.109.1.1.1.1",
                "labels": {"part": {"lookup": "1.3.6.1.2.1.47.1.1.1.1.7", "via": 2}},
                "name": "{part|index}",
                "ratio": {"column": 8, "scale": 0.01},
            }
        ]
    )
    assert "1.3.6.1.4.1.9.9.109.1.1.1.1.2" in plan(profile).static
    book = Book(
        columns={
            "1.3.6.1.4.1.9.9.109.1.1.1.1.2": {"1": 1000, "2": 0},
            "1.3.6.1.4.1.9.9.109.1.1.1.1.8": {"1": 12, "2": 34},
            "1.3.6.1.2.1.47.1.1.1.1.7": {"1000": b"Switch 1"},
        }
    )
    found = usages(profile, "processors", book, (Cadence.HEALTH,))
    assert [(u.name, u.usage_ratio) for u in found] == [("Switch 1", 0.12), ("2", 0.34)]


def test_rows_with_another_index_value_are_left_out() -> None:
    profile = _profile(
        sensors=[
            {
                "entry": "1.3.6.1.4.1.9.6.1.101.90.1.2.1",
                "value": 3,
                "index": [{"label": "port"}, {"label": "test", "only": 5}],
                "name": "port {port}",
                "kind": "temperature",
            }
        ]
    )
    book = Book(columns={"1.3.6.1.4.1.9.6.1.101.90.1.2.1.3": {"9.5": 41, "9.7": 2564, "10.5": 39}})
    assert [(s.name, s.value) for s in sensors(profile, book, (Cadence.HEALTH,))] == [("port 9", 41), ("port 10", 39)]


@pytest.mark.parametrize(
    ("changed", "saved", "state"),
    [
        (900_000, 800_000, "unsaved"),
        (900_000, 900_100, "saved"),
        (900_000, 900_000, "saved"),
        (4_500, 0, "saved"),  # the start itself reads the saved configuration into the running one
        (900_000, None, None),
        (None, 900_000, None),
    ],
)
def test_a_configuration_is_unsaved_where_it_changed_after_it_was_saved(
    changed: int | None, saved: int | None, state: str | None
) -> None:
    profile = _profile(
        checks=[
            {
                "check": "configuration",
                "oid": "1.3.6.1.4.1.9.9.43.1.1.1.0",
                "newer_than": "1.3.6.1.4.1.9.9.43.1.1.3.0",
                "settled": 30_000,
                "states": {"newer": ["unsaved", "warning"], "older": ["saved", "ok"]},
            }
        ]
    )
    assert {"1.3.6.1.4.1.9.9.43.1.1.1.0", "1.3.6.1.4.1.9.9.43.1.1.3.0"} <= set(plan(profile).scalars)
    book = Book(cells={"1.3.6.1.4.1.9.9.43.1.1.1.0": changed, "1.3.6.1.4.1.9.9.43.1.1.3.0": saved})
    assert [c.state for c, _ in checks(profile, book, (Cadence.HEALTH,))] == ([state] if state else [])


def test_a_comparison_names_both_of_its_states() -> None:
    with pytest.raises(ValidationError, match="newer and older"):
        _profile(
            checks=[
                {
                    "check": "configuration",
                    "oid": "1.3.6.1.4.1.9.9.43.1.1.1.0",
                    "newer_than": "1.3.6.1.4.1.9.9.43.1.1.3.0",
                    "states": {"newer": ["unsaved", "warning"]},
                }
            ]
        )


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (bytes.fromhex("02005e100a01"), "02:00:5e:10:0a:01"),
        (b"02-00-5E-10-0A-01", "02:00:5e:10:0a:01"),
        (b"02 00 5e 10 0a 01", "02:00:5e:10:0a:01"),
        (b"0200.5e10.0a01", "02:00:5e:10:0a:01"),
        (b"02005E100A01", "02:00:5e:10:0a:01"),
    ],
)
def test_a_mac_address_is_read_from_its_octets_and_from_the_text_some_agents_send_instead(
    octets: bytes, shown: str
) -> None:
    assert transformed(Lookup(lookup=5, decode="mac"), octets) == shown


def _named_elsewhere(moving: bool) -> Profile:
    return _profile(
        sensors=[
            {
                "entry": "1.3.6.1.4.1.99999.5.1",
                "value": 3,
                "index": [{"label": "port"}],
                "labels": {"name": {"lookup": "1.3.6.1.4.1.99999.6.1.2", "by": ["port"]}},
                "name": "{name}",
                "kind": "temperature",
                "moving": moving,
            }
        ]
    )


def test_names_are_walked_after_the_rows_they_name_and_only_where_there_are_any() -> None:
    made = plan(_named_elsewhere(moving=False))
    assert [group[0] for group in made.tables(made.every_column)] == [
        "1.3.6.1.4.1.99999.5.1.3",
        "1.3.6.1.4.1.99999.6.1.2",
    ]
    assert made.unwanted(["1.3.6.1.4.1.99999.6.1.2"], {"1.3.6.1.4.1.99999.5.1.3": {}})
    assert not made.unwanted(["1.3.6.1.4.1.99999.6.1.2"], {"1.3.6.1.4.1.99999.5.1.3": {"1": 20}})
    assert not made.unwanted(["1.3.6.1.4.1.99999.5.1.3"], {})


def test_names_of_rows_that_may_come_later_are_walked_whether_or_not_there_are_rows_now() -> None:
    assert not plan(_named_elsewhere(moving=True)).unwanted(["1.3.6.1.4.1.99999.6.1.2"], {})


def test_sensors_of_entities_are_walked_also_where_no_entity_has_a_row() -> None:
    made = plan(_profile(entity_sensors=[{"entry": "1.3.6.1.2.1.99.1.1.1"}]))
    (sensors,) = [g for g in made.tables(made.every_column) if g[0].startswith("1.3.6.1.2.1.99.")]
    assert not made.unwanted(sensors, {})
