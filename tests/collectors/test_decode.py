"""Raw answers become text, numbers, rows, sensors and parts; nonsense becomes nothing."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.decode import Book, decode
from collectors.decode.entity import entities, sensors
from collectors.decode.interfaces import speed
from collectors.decode.rows import split
from collectors.decode.values import date_and_time, is_nothing, number, parsed_date, raw_number, text, transformed
from collectors.profiles.model import EntitySensors, IndexPart, Numeric, Profile, Transform
from collectors.readings import Cadence, Level
from collectors.session import Ip, Oid, Value

ALL = Cadence.INVENTORY.includes


def profile(**parts: Any) -> Profile:
    return Profile.model_validate({"profile": "x", "title": "t"} | parts)


# ---------------------------------------------------------------- single values
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"  core \x00\x00", "core"),
        (b"caf\xe9", "caf\u00e9"),
        ("caf\u00e9".encode(), "caf\u00e9"),
        (b"", ""),
        (None, None),
        (7, "7"),
        (7.0, "7"),
        (Oid("1.3.6.1"), "1.3.6.1"),
    ],
)
def test_octets_become_text(value: Value, shown: str | None) -> None:
    assert text(value) == shown


@given(st.binary(max_size=4000))
def test_any_octets_become_some_text_of_bounded_length(octets: bytes) -> None:
    shown = text(octets)
    assert shown is not None
    assert len(shown) <= 2048


@pytest.mark.parametrize(
    "word",
    [
        "",
        "N/A",
        "n/a",
        "To Be Filled By O.E.M.",
        "FFFFFFFFFFFF",
        "0000000",
        "none",
        "Not Specified",
        "00:00:00:00:00:00",
    ],
)
def test_placeholders_say_nothing(word: str) -> None:
    assert is_nothing(word)


@pytest.mark.parametrize("word", ["FCW2140L0GH", "0", "100", "C2960X-UNIVERSALK9-M"][2:])
def test_real_names_say_something(word: str) -> None:
    assert not is_nothing(word)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b" 51.569 ", 51.569),
        (b"-3", -3),
        (b"1e3", 1000),
        (b"23 C", None),
        (b"", None),
        (b"nan", None),
        (float("nan"), None),
        (float("inf"), None),
        (Ip("1.2.3.4"), None),
        (Oid("1.3"), None),
        (b"9" * 100, None),
    ],
)
def test_numbers_inside_text_are_read_and_nonsense_is_not(value: Value, found: float | None) -> None:
    assert raw_number(value) == found


@given(st.one_of(st.binary(max_size=80), st.integers(), st.floats()))
def test_whatever_a_device_sends_a_number_is_finite_or_none(value: Value) -> None:
    found = raw_number(value)
    assert found is None or isinstance(found, int) or math.isfinite(found)


def test_a_number_is_scaled_without_binary_noise() -> None:
    assert number(Numeric(scale=0.1), 3) == 0.3
    assert number(Numeric(scale=0.1, offset=-273.1), 2981) == 25


def test_fillers_bounds_maps_and_extracts_of_a_rule_hold() -> None:
    assert number(Numeric(unavailable=[255]), 255) is None
    assert number(Numeric(minimum=0, maximum=100), 101) is None
    assert number(Numeric(map={"full": 1.0}), b"full") == 1.0
    assert number(Numeric(extract=r"(\d+)\s*rpm"), b"fan at 4200 rpm") == 4200
    assert number(Numeric(extract=r"(\d+)\s*rpm"), b"stopped") is None


def test_a_text_is_extracted_replaced_and_mapped_in_this_order() -> None:
    rule = Transform(extract=r"Model (\S+)", replace={"^FGT_": "FortiGate "}, map={"FortiGate 60F": "60F"})
    assert transformed(rule, b"Model FGT_60F rev 2") == "60F"
    assert transformed(rule, b"Model FGT_80F") == "FortiGate 80F"
    assert transformed(rule, b"nothing") is None
    assert transformed(Transform(map={"1": "a"}, only=True), 2) is None


def test_quotation_marks_around_a_text_are_not_part_of_it() -> None:
    assert transformed(Transform(), b'"DRSAKZR-1" ') == "DRSAKZR-1"
    assert transformed(Transform(), b'"') == '"'


def test_dates_are_read_by_their_formats_and_impossible_ones_refused() -> None:
    rule = Transform(date=["%m/%d/%y", "%m/%d/%Y"])
    assert parsed_date(rule, b"04/30/25") == date(2025, 4, 30)
    assert parsed_date(rule, b"03/04/2026") == date(2026, 3, 4)
    assert parsed_date(rule, b"13/40/25") is None
    assert parsed_date(Transform(), b"1970-01-01") is None


@pytest.mark.parametrize(
    ("octets", "day"),
    [
        (bytes.fromhex("07e3030c00000000"), date(2019, 3, 12)),
        (bytes.fromhex("07df0a0d00000000000000"), date(2015, 10, 13)),
        (bytes.fromhex("07df170700000000"), None),
        (b"2016-09-02", date(2016, 9, 2)),  # an agent that sends text
        (b"2016-13-02", None),
        (b"0000000000000000", None),
        (b"1350500352", None),
        (b"", None),
    ],
)  # fmt: skip
def test_a_date_and_time_is_a_day_as_octets_and_as_text(octets: bytes, day: date | None) -> None:
    assert date_and_time(octets) == day


@given(st.binary(max_size=12))
def test_date_and_time_of_any_octets_is_a_date_or_none(octets: bytes) -> None:
    found = date_and_time(octets)
    assert found is None or isinstance(found, date)


@pytest.mark.parametrize(
    ("if_speed", "if_high_speed", "bits"),
    [
        (1_000_000_000, 1000, 1_000_000_000),
        (4_294_967_295, 10_000, 10_000_000_000),
        (0, 100, 100_000_000),
        (64_000, 0, 64_000),
        (None, 40_000, 40_000_000_000),
        (None, None, None),
        (None, 0, 0),
    ],
)
def test_the_speed_comes_from_the_object_that_can_hold_it(
    if_speed: int | None, if_high_speed: int | None, bits: int | None
) -> None:
    assert speed(if_speed, if_high_speed) == bits


# ---------------------------------------------------------------- rows
PARTS = [IndexPart(label="mac", length=6), IndexPart(label="name", length=-1), IndexPart(label="rest", length=0)]


@given(
    st.lists(st.integers(0, 255), min_size=6, max_size=6),
    st.lists(st.integers(0, 255), max_size=20),
    st.lists(st.integers(0, 4_294_967_295), max_size=8),
)
def test_a_suffix_splits_into_the_parts_it_was_made_of(mac: list[int], name: list[int], rest: list[int]) -> None:
    suffix = ".".join(map(str, [*mac, len(name), *name, *rest]))
    assert split(suffix, PARTS) == {
        "mac": ".".join(map(str, mac)),
        "name": ".".join(map(str, name)),
        "rest": ".".join(map(str, rest)),
    }


@given(st.lists(st.integers(0, 300), min_size=1, max_size=12))
def test_a_suffix_of_another_shape_is_refused_and_never_crashes(ids: list[int]) -> None:
    found = split(".".join(map(str, ids)), [IndexPart(label="a"), IndexPart(label="b", length=-1)])
    assert found is None or (len(ids) >= 2 and ids[1] == len(ids) - 2)


def table_profile(**rule: Any) -> Profile:
    metrics = [{"metric": "m", "help": "h", "column": 2}]
    return profile(tables=[{"entry": "1.3.6.1.4.1.5.1", "metrics": metrics} | rule])


def series(found: Any) -> list[tuple[dict[str, str], Any]]:
    return [
        (dict(s.labels), v) for block in found.blocks for s, v in zip(block.layout.series, block.values, strict=True)
    ]


def test_rows_that_share_their_labels_carry_their_index_too() -> None:
    rules = table_profile(index=[{"label": "i", "hide": True}], labels={"name": "1.3.6.1.4.1.5.1.1"})
    book = Book(
        columns={
            "1.3.6.1.4.1.5.1.1": {"1": b"vpn", "2": b"vpn", "3": b"lan"},
            "1.3.6.1.4.1.5.1.2": {"1": 5, "2": 6, "3": 7},
        }
    )
    assert series(decode(rules, book, ALL)) == [
        ({"name": "vpn", "index": "1"}, 5),
        ({"name": "vpn", "index": "2"}, 6),
        ({"name": "lan"}, 7),
    ]


def test_a_label_is_looked_up_by_a_part_of_the_index() -> None:
    rules = table_profile(
        index=[{"label": "ap", "length": 6, "as": "mac", "hide": True}, {"label": "slot"}],
        labels={"name": {"lookup": "1.3.6.1.4.1.6.1.3", "by": ["ap"]}},
    )
    book = Book(columns={"1.3.6.1.4.1.6.1.3": {"0.1.2.3.4.5": b"ap-1"}, "1.3.6.1.4.1.5.1.2": {"0.1.2.3.4.5.0": 9}})
    assert series(decode(rules, book, ALL)) == [({"slot": "0", "name": "ap-1"}, 9)]


def test_where_and_unless_keep_rows_out() -> None:
    rules = table_profile(where={3: [1]}, unless={4: ["x"]})
    columns = {"2": {"1": 5, "2": 6, "3": 7}, "3": {"1": 1, "2": 2, "3": 1}, "4": {"3": b"x"}}
    book = Book(columns={f"1.3.6.1.4.1.5.1.{c}": dict(rows) for c, rows in columns.items()})
    assert series(decode(rules, book, ALL)) == [({"index": "1"}, 5)]


# ---------------------------------------------------------------- sensors and checks
def test_an_alarming_name_decides_the_kind_in_the_order_of_the_rules() -> None:
    kinds = [{"match": "(?i)te?mp", "kind": "temperature"}, {"match": "(?i)fan", "kind": "fanspeed"}]
    rules = profile(sensors=[{"entry": "1.3.6.1.4.1.5.1", "name": "{2}", "value": 3, "kinds": kinds}])
    names = {"1": b"FAN_TMP_3", "2": b"Fan 1", "3": b"Status"}
    book = Book(columns={"1.3.6.1.4.1.5.1.2": dict(names), "1.3.6.1.4.1.5.1.3": {"1": b"47", "2": b"4200", "3": b"1"}})
    found = decode(rules, book, ALL).sensors
    assert [(s.kind, s.name, s.value) for s in found] == [
        ("temperature", "FAN_TMP_3", 47),
        ("fanspeed", "Fan 1", 4200),
        ("other", "Status", 1),
    ]


@pytest.mark.parametrize("raw", [5000, 65535, 2147483647, -2147483648, -100])
def test_a_temperature_that_cannot_be_is_left_out(raw: int) -> None:
    rules = profile(sensors=[{"oid": "1.3.6.1.4.1.5.1.0", "name": "t", "kind": "temperature"}])
    assert decode(rules, Book(cells={"1.3.6.1.4.1.5.1.0": raw}), ALL).sensors == ()


def test_the_first_cell_that_says_something_is_the_sensor() -> None:
    cells = [{"oid": "1.3.6.1.4.1.5.1.0", "scale": 0.1, "unavailable": [-1]}, {"oid": "1.3.6.1.4.1.5.2.0"}]
    rules = profile(sensors=[{"first_of": cells, "name": "Charge", "kind": "temperature"}])
    assert [
        s.value for s in decode(rules, Book(cells={"1.3.6.1.4.1.5.1.0": 305, "1.3.6.1.4.1.5.2.0": 30}), ALL).sensors
    ] == [30.5]
    assert [
        s.value for s in decode(rules, Book(cells={"1.3.6.1.4.1.5.1.0": -1, "1.3.6.1.4.1.5.2.0": 30}), ALL).sensors
    ] == [30]


def test_a_label_is_looked_up_by_a_part_of_the_index_that_has_its_length_before_it() -> None:
    index = [{"label": "vdom", "hide": True}, {"label": "ap", "length": -1, "as": "text"}, {"label": "radio"}]
    table = {
        "entry": "1.3.6.1.4.1.5.1",
        "index": index,
        "labels": {"name": {"lookup": "1.3.6.1.4.1.6.1.3", "by": ["vdom", "ap"]}},
        "metrics": [{"metric": "stations", "column": 2, "help": "."}],
    }
    columns = {"1.3.6.1.4.1.5.1.2": {"1.2.65.66.7": 9}, "1.3.6.1.4.1.6.1.3": {"1.2.65.66": b"ap-hall"}}
    block = decode(profile(tables=[table]), Book(columns=columns), ALL).blocks[0]
    assert [s.labels for s in block.layout.series] == [(("ap", "AB"), ("radio", "7"), ("name", "ap-hall"))]


@pytest.mark.parametrize(
    ("rule", "raw", "day"),
    [
        ({}, 1806364800, date(2027, 3, 30)),
        ({"date": ["%a %b %d %H:%M:%S %Y"]}, b"Tue Mar 30 00:00:00 2027", date(2027, 3, 30)),
        ({"date": ["date_and_time"]}, b"\x07\xeb\x03\x1e\x17\x3b\x3b\x00", date(2027, 3, 30)),
        ({"date": ["date_and_time", "%b %d %Y"]}, b"Mar 30 2027", date(2027, 3, 30)),
        ({"scale": 86400, "left": True}, 30, date(2026, 7, 1)),
        ({"left": True}, 30 * 86400 + 5, date(2026, 7, 1)),
        ({"scale": 86400, "left": True}, 0, date(2026, 6, 1)),
    ],
)
def test_a_licence_ends_on_the_same_day_however_a_device_says_it(rule: dict[str, Any], raw: Value, day: date) -> None:
    rules = profile(sensors=[{"oid": "1.3.6.1.4.1.5.9.0", "name": "Support", "kind": "licence"} | rule])
    found = decode(rules, Book(cells={"1.3.6.1.4.1.5.9.0": raw}, day=date(2026, 6, 1)), ALL).sensors
    assert [(s.words, s.unit) for s in found] == [(day.isoformat(), "timestamp_seconds")]


@pytest.mark.parametrize(
    ("rule", "raw"),
    [
        ({}, 0),
        ({}, 4294967295),
        ({"date": ["%Y-%m-%d"]}, b"Never"),
        ({"date": ["date_and_time"]}, b"\x00\x00\x00\x00\x00\x00\x00\x00"),
        ({"scale": 86400, "left": True}, 9999),
        ({"left": True}, -1),
    ],
)
def test_a_licence_that_does_not_end_has_no_end(rule: dict[str, Any], raw: Value) -> None:
    rules = profile(sensors=[{"oid": "1.3.6.1.4.1.5.9.0", "name": "Support", "kind": "licence"} | rule])
    assert decode(rules, Book(cells={"1.3.6.1.4.1.5.9.0": raw}, day=date(2026, 6, 1)), ALL).sensors == ()


def test_a_day_is_read_for_licences_alone() -> None:
    with pytest.raises(ValueError, match="for sensors of kind licence"):
        profile(sensors=[{"oid": "1.3.6.1.4.1.5.9.0", "name": "x", "kind": "count", "left": True}])


def test_an_unlisted_state_is_unknown_and_never_ok() -> None:
    states = {1: ["normal", "ok"], 2: ["off", "critical"]}
    rules = profile(checks=[{"check": "psu", "entry": "1.3.6.1.4.1.5.1", "value": 2, "states": states}])
    book = Book(columns={"1.3.6.1.4.1.5.1.2": {"1": 1, "2": 2, "3": 17}})
    assert [(c.subject, c.state, c.level) for c in decode(rules, book, ALL).checks] == [
        ("1", "normal", Level.OK),
        ("2", "off", Level.CRITICAL),
        ("3", "code_17", Level.UNKNOWN),
    ]


def test_a_check_is_a_state_sensor_too_with_its_place_and_raw_value() -> None:
    rules = profile(checks=[{"check": "psu", "oid": "1.3.6.1.4.1.5.9.0", "states": {1: ["normal", "ok"]}}])
    sensor = decode(rules, Book(cells={"1.3.6.1.4.1.5.9.0": 1}), ALL).sensors[0]
    assert (sensor.kind, sensor.state, sensor.raw, sensor.oid) == ("state", "normal", 1, "1.3.6.1.4.1.5.9.0")


def test_every_listed_bit_that_is_set_is_a_state() -> None:
    states = {0: ["low_battery", "critical"], 9: ["overload", "warning"], "none": ["clear", "ok"]}
    rules = profile(checks=[{"check": "alarms", "oid": "1.3.6.1.4.1.5.9.0", "states": states, "bits": True}])

    def found(value: Value) -> list[str]:
        return [c.state for c in decode(rules, Book(cells={"1.3.6.1.4.1.5.9.0": value}), ALL).checks]

    assert found(b"\x80\x40") == ["low_battery", "overload"]
    assert found(b"\x00\x00") == ["clear"]
    assert found(0b1000000000) == ["overload"]


@pytest.mark.parametrize(
    ("kind", "scale", "precision", "raw", "value"),
    [
        (8, 9, 0, 31, 31.0),
        (8, 9, 1, 315, 31.5),
        (8, 8, 0, 31500, 31.5),
        (4, 9, 3, 12034, 12.034),
        (6, 10, 0, 2, 2000.0),
    ],
)
def test_entity_sensors_are_scaled_by_scale_and_precision(
    kind: int, scale: int, precision: int, raw: int, value: float
) -> None:
    entry = "1.3.6.1.2.1.99.1.1.1"
    row = {"1": kind, "2": scale, "3": precision, "4": raw, "5": 1}
    book = Book(columns={f"{entry}.{n}": {"7": v} for n, v in row.items()})
    assert [s.value for s in sensors(book, EntitySensors(entry=entry))] == [value]


def test_a_sensor_that_is_not_operational_is_left_out() -> None:
    entry = "1.3.6.1.2.1.99.1.1.1"
    book = Book(columns={f"{entry}.{n}": {"7": v} for n, v in {"1": 8, "2": 9, "3": 0, "4": 0, "5": 3}.items()})
    assert list(sensors(book, EntitySensors(entry=entry))) == []


# ---------------------------------------------------------------- usage and parts
def test_usage_comes_from_whichever_two_of_used_free_and_total_there_are() -> None:
    def ratio(**rule: Any) -> Any:
        cells: dict[str, Value] = {"1.3.6.1.4.1.5.1.0": 25, "1.3.6.1.4.1.5.2.0": 75, "1.3.6.1.4.1.5.3.0": 100}
        found = decode(profile(memory=[{"name": "m"} | rule]), Book(cells=cells), ALL).memory
        return [(u.usage_ratio, u.used_bytes, u.total_bytes) for u in found]

    used, free, total = ({"oid": f"1.3.6.1.4.1.5.{n}.0", "scale": 1024} for n in (1, 2, 3))
    assert ratio(used=used, free=free) == ratio(used=used, total=total) == ratio(free=free, total=total)
    assert ratio(used=used, total=total) == [(0.25, 25 * 1024, 100 * 1024)]
    assert ratio(ratio={"oid": "1.3.6.1.4.1.5.2.0", "scale": 0.01}, idle=True) == [(0.25, None, None)]


def test_an_empty_bay_and_an_impossible_share_are_left_out() -> None:
    rules = profile(storage=[{"name": "{index}", "entry": "1.3.6.1.4.1.5.1", "used": 1, "total": 2}])
    book = Book(columns={"1.3.6.1.4.1.5.1.1": {"1": 0, "2": 900}, "1.3.6.1.4.1.5.1.2": {"1": 0, "2": 100}})
    assert decode(rules, book, ALL).storage == ()


def test_a_fallback_rule_stands_back_where_an_earlier_one_found_something() -> None:
    rules = profile(
        processors=[
            {"name": "a", "ratio": {"oid": "1.3.6.1.4.1.5.1.0", "scale": 0.01}},
            {"name": "b", "ratio": {"oid": "1.3.6.1.4.1.5.2.0", "scale": 0.01}, "fallback": True},
        ]
    )
    both = Book(cells={"1.3.6.1.4.1.5.1.0": 1, "1.3.6.1.4.1.5.2.0": 2})
    assert [u.name for u in decode(rules, both, ALL).processors] == ["a"]
    assert [u.name for u in decode(rules, Book(cells={"1.3.6.1.4.1.5.2.0": 2}), ALL).processors] == ["b"]


def test_a_rule_that_stands_beside_another_is_used_where_that_one_is() -> None:
    def rule(name: str, last: int, **more: bool) -> dict[str, Any]:
        return {"name": name, "ratio": {"oid": f"1.3.6.1.4.1.5.{last}.0", "scale": 0.01}} | more

    rules = profile(
        memory=[rule("a", 1), rule("b", 2, fallback=True), rule("b1", 3, beside=True), rule("b2", 4, beside=True)]
    )

    def found(*answered: int) -> list[str]:
        book = Book(cells={f"1.3.6.1.4.1.5.{n}.0": n for n in answered})
        return [usage.name for usage in decode(rules, book, ALL).memory]

    assert found(1, 2, 3, 4) == ["a"]
    assert found(2, 3, 4) == ["b", "b1", "b2"]
    assert found(2, 4) == ["b", "b2"]
    assert found(3, 4) == []


def test_parts_of_entity_mib_are_not_told_twice_where_the_family_names_them() -> None:
    entity = "1.3.6.1.2.1.47.1.1.1.1"
    rules = profile(
        entity_parts=True,
        components=[{"part": "stack_member", "entry": "1.3.6.1.4.1.5.1", "name": "Switch {index}", "serial": 4}],
    )
    book = Book(
        columns={
            "1.3.6.1.4.1.5.1.4": {"1": b"SER1"},
            f"{entity}.5": {"1": 3, "2": 6},
            f"{entity}.11": {"1": b"SER1", "2": b"SER2"},
        }
    )
    assert [(p.part, p.serial) for p in decode(rules, book, ALL).parts] == [
        ("stack_member", "SER1"),
        ("power_supply", "SER2"),
    ]


def test_what_stands_in_place_of_a_serial_number_is_kept_apart_from_the_parts() -> None:
    entity = "1.3.6.1.2.1.47.1.1.1.1"
    rules = profile(
        entity_parts=True,
        identity={"serial": [{"oid": "1.3.6.1.4.1.5.9.0"}]},
        components=[
            {"part": "battery", "entry": "1.3.6.1.4.1.5.1", "name": "Battery {index}", "model": 3,
             "serial": {"column": 4, "unavailable": ["BUILTIN"]}},
        ],
    )  # fmt: skip
    book = Book(
        cells={"1.3.6.1.4.1.5.9.0": b"FFFFFFFFFFFF"},
        columns={
            "1.3.6.1.4.1.5.1.3": {"1": b"RBC7"},
            "1.3.6.1.4.1.5.1.4": {"1": b"BUILTIN", "2": b"SER2", "3": b""},
            f"{entity}.5": {"7": 6, "8": 10},
            f"{entity}.11": {"7": b"SER7", "8": b"N/A"},
        },
    )
    found = decode(rules, book, ALL)
    assert [(p.part, p.place, p.model, p.serial) for p in found.parts] == [
        ("battery", "1", "RBC7", None), ("battery", "2", None, "SER2"), ("power_supply", "7", None, "SER7"),
    ]  # fmt: skip
    assert [(p.part, p.place, p.model, p.serial) for p in found.placeholders] == [
        ("identity", "", None, "FFFFFFFFFFFF"), ("battery", "1", "RBC7", "BUILTIN"), ("optic", "8", None, "N/A"),
    ]  # fmt: skip
    assert decode(rules, book, (Cadence.HEALTH,)).placeholders == ()


def test_a_device_that_says_its_serial_number_has_no_placeholder_for_it() -> None:
    rules = profile(identity={"serial": [{"oid": "1.3.6.1.4.1.5.9.0"}, {"oid": "1.3.6.1.4.1.5.10.0"}]})
    cells: dict[str, Value] = {"1.3.6.1.4.1.5.9.0": b"0000", "1.3.6.1.4.1.5.10.0": b"SER1"}
    assert decode(rules, Book(cells=cells), ALL).placeholders == ()


def test_two_chassis_are_stack_members() -> None:
    entity = "1.3.6.1.2.1.47.1.1.1.1"
    book = Book(columns={f"{entity}.5": {"1": 3, "2": 3}, f"{entity}.11": {"1": b"A1", "2": b"A2"}})
    found = decode(profile(entity_parts=True), book, ALL).parts
    assert [p.part for p in found] == ["stack_member", "stack_member"]
    assert entities(book)["1"].serial == "A1"


@given(st.dictionaries(st.sampled_from(["1", "2", "3"]), st.one_of(st.none(), st.binary(max_size=20), st.integers())))
def test_any_answers_to_the_generic_profile_decode_without_a_crash(rows: dict[str, Value]) -> None:
    from collectors.plan import plan
    from collectors.profiles import builtin

    generic = builtin()["generic"]
    made = plan(generic)
    book = Book(cells=dict.fromkeys(made.scalars, next(iter(rows.values()), None)))
    book.columns = {column: dict(rows) for column in made.every_column}
    decode(generic, book, ALL)
