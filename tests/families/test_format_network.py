"""What the profile format can say of network devices: relocated trees, decibels, rows named by another table."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collectors.decode.book import Book
from collectors.decode.sensors import sensors
from collectors.decode.usage import usages
from collectors.decode.values import number
from collectors.plan import plan
from collectors.profiles import Profiles, candidates, choose
from collectors.profiles.model import Numeric, Profile
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
