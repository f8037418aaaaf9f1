"""Hardware that SNMP and a command line both tell of is one piece; what only looks alike stays two."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.join import joined, licences
from collectors.readings import Part, Sensor


def test_an_access_point_without_a_serial_number_on_the_command_line_is_the_one_of_the_table() -> None:
    table = Part("access_point", "ap-wf-1", "AIR-AP2802I-E-K9", "FGL2650C6H9", "8.10.196.0", place="2.58.125.10")
    line = Part("access_point", "AP-WF-1", "AIR-AP2802I", place="02:3a:7d:0a:af:92")
    assert joined([table], [line]) == (table,)


def test_what_only_the_second_says_is_filled_in_and_the_first_keeps_its_place() -> None:
    table = Part("power_supply", "Power Supply 1", "PWR-C1-715WAC", place="1011")
    line = Part("power_supply", "power supply  1", "PWR-C1-715WAC-P", "LIT2447Q4MQ", place="1A")
    (one,) = joined([table], [line])
    assert (one.serial, one.model, one.place) == ("LIT2447Q4MQ", "PWR-C1-715WAC", "1011")


def test_the_same_serial_number_is_the_same_piece_whatever_it_is_called() -> None:
    assert len(joined([Part("fan", "Fan 1", serial="A1B2C3")], [Part("module", "FAN-A", serial="A1B2C3")])) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param([Part("fan", "Fan", serial="A1")], [Part("fan", "Fan", serial="B2")], id="other serial numbers"),
        pytest.param([Part("fan", "Fan", "X")], [Part("fan", "Fan", "Y")], id="other models"),
        pytest.param([Part("fan", "1", "X")], [Part("power_supply", "1", "X")], id="other kinds"),
        pytest.param([Part("fan", "Fan", "X", place="1"), Part("fan", "Fan", "X", place="2")], [Part("fan", "Fan")],
                     id="a name that two have"),
        pytest.param([Part("fan", "Fan")], [Part("fan", "Fan", place="1"), Part("fan", "Fan", place="2")],
                     id="a name that two have on the other side"),
    ],
)  # fmt: skip
def test_what_could_be_two_pieces_stays_two(first: list[Part], second: list[Part]) -> None:
    assert joined(first, second) == (*first, *second)


PARTS = st.lists(
    st.builds(
        Part,
        part=st.sampled_from(["fan", "access_point"]),
        name=st.sampled_from(["a", "A ", "b", "c"]),
        model=st.sampled_from([None, "M1", "M10", "X"]),
        serial=st.sampled_from([None, "S1", "S2", "S3"]),
        place=st.sampled_from(["", "1", "2"]),
    ),
    max_size=5,
)


@given(PARTS, PARTS)
def test_no_serial_number_is_lost_and_the_first_side_stays_in_order(first: list[Part], second: list[Part]) -> None:
    found = joined(first, second)
    assert {p.serial for p in found} >= {p.serial for p in (*first, *second) if p.serial}
    assert [(p.part, p.name, p.place) for p in found[: len(first)]] == [(p.part, p.name, p.place) for p in first]
    assert joined(found, ()) == found


def test_licences_of_the_command_line_are_left_out_where_a_table_tells_of_licences() -> None:
    table, line = Part("licence", "FortiGuard AV contract"), Part("licence", "Virus Definitions", place="AV")
    fan = Part("fan", "Fan 1")
    assert joined([table], [line, fan]) == (table, fan)
    assert joined([fan], [line]) == (fan, line)


def test_the_ends_of_licences_that_only_a_command_line_lists_are_readings_as_those_of_tables_are() -> None:
    listed = [
        Part("licence", "Threat Prevention", replace_by=date(2027, 3, 30), place="Threat Prevention"),
        Part("licence", "Support", replace_by=date(2999, 12, 31)),
        Part("power_supply", "PSU 1", replace_by=date(2027, 3, 30)),
    ]
    found = licences(listed, [])
    assert [(s.name, s.words, s.index) for s in found] == [("Threat Prevention", "2027-03-30", "")]
    assert licences(listed, [Sensor("licence", "x", 1806364800.0, "timestamp_seconds", "1.3.6.1")]) == ()
