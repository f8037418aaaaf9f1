"""From answers to a page: duplicates, wrong types, lookups that newer exporters know, hostile text, bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.exporter.snmp import samples
from agent.exporter.snmp.model import ModuleForm
from agent.exporter.snmp.modules import Module, module_of
from agent.exporter.snmp.reading import built_in
from agent.exporter.snmp.samples import Page, TooMuch, write
from collectors.session import Ip, Oid, Value
from tests.snmp_front.conftest import page_of

BASE = "1.3.6.1.4.1.99"


def module(*metrics: dict[str, Any]) -> Module:
    full = [{"help": "h", "oid": f"{BASE}.{at}", **metric} for at, metric in enumerate(metrics, 1)]
    return module_of("m", ModuleForm.model_validate({"walk": [BASE], "metrics": full}))


def shown(made: Module, found: dict[str, Value]) -> Any:
    page = Page()
    write(made, found, page)
    return page_of(page.text())


ROW = [{"labelname": "row", "type": "gauge"}]


def test_rows_that_would_be_one_series_make_one_the_first() -> None:
    dropped = {
        "name": "a",
        "type": "gauge",
        "indexes": ROW,
        "lookups": [{"labels": ["row"], "labelname": "name", "oid": f"{BASE}.9", "type": "DisplayString"},
                    {"labels": [], "labelname": "row"}],
    }  # fmt: skip
    page = shown(
        module(dropped), {f"{BASE}.1.1": 10, f"{BASE}.1.2": 20, f"{BASE}.9.1": b"same", f"{BASE}.9.2": b"same"}
    )
    assert page.values == {"a": {frozenset({("name", "same")}): 10.0}}


@pytest.mark.parametrize("value", [b"octets", Ip("192.0.2.1"), Oid("1.3"), None])
@pytest.mark.parametrize(
    "kind", ["gauge", "counter", "Float", "DateAndTime", "EnumAsInfo", "EnumAsStateSet", "NTPTimeStamp"]
)
def test_an_answer_of_another_type_is_no_zero(kind: str, value: Value) -> None:
    assert shown(module({"name": "a", "type": kind}), {f"{BASE}.1.0": value}).values == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_state_that_is_no_number_has_no_name(value: float) -> None:
    metrics = [{"name": kind, "type": kind, "enum_values": {1: "up"}} for kind in ("EnumAsInfo", "EnumAsStateSet")]
    assert shown(module(*metrics), {f"{BASE}.1.0": value, f"{BASE}.2.0": value}).values == {}


def test_a_number_where_bits_are_wanted_is_left_out() -> None:
    assert shown(module({"name": "a", "type": "Bits", "enum_values": {0: "x"}}), {f"{BASE}.1.0": 5}).values == {}


def test_scale_and_offset_are_applied_to_numbers_dates_and_what_is_extracted() -> None:
    extract = {"": [{"regex": "([0-9]+) C"}]}
    page = shown(
        module(
            {"name": "volts", "type": "gauge", "scale": 0.1},
            {"name": "truth", "type": "gauge", "scale": -1.0, "offset": 2.0},
            {"name": "heat", "type": "DisplayString", "scale": 10.0, "regex_extracts": extract},
            {"name": "text", "type": "DisplayString", "offset": 1.0},
        ),
        {f"{BASE}.1.0": 2305, f"{BASE}.2.0": 2, f"{BASE}.3.0": b"41 C", f"{BASE}.4.0": b"x"},
    )
    assert {name: list(series.values()) for name, series in page.values.items()} == {
        "volts": [230.5], "truth": [0.0], "heat": [410.0], "text": [2.0],
    }  # fmt: skip


def test_types_that_came_later_than_debians_exporter() -> None:
    page = shown(
        module(
            {"name": "expires", "type": "ParseDateAndTime", "datetime_pattern": "%b %d %Y"},
            {"name": "bad", "type": "ParseDateAndTime", "datetime_pattern": "%b %d %Y"},
            {"name": "ntp", "type": "NTPTimeStamp"},
            {"name": "hinted", "type": "OctetString", "display_hint": "1d.1d"},
        ),
        {f"{BASE}.1.0": b"May 13 2026", f"{BASE}.2.0": b"never", f"{BASE}.3.0": b"\x83\xaa\x7e\x81" + bytes(4),
         f"{BASE}.4.0": b"\x01\x02"},
    )  # fmt: skip
    assert page.one("expires") == 1778630400
    assert page.one("ntp") == 1
    assert page.labels_of("hinted") == [{"hinted": "1.2"}]
    assert "bad" not in page.values


def test_a_lookup_names_states_and_reads_an_address_by_the_type_before_it() -> None:
    metric = {
        "name": "a",
        "type": "gauge",
        "indexes": ROW,
        "lookups": [
            {
                "labels": ["row"],
                "labelname": "state",
                "oid": f"{BASE}.5",
                "type": "EnumAsInfo",
                "enum_values": {1: "up"},
            },
            {"labels": ["row"], "labelname": "at", "oid": f"{BASE}.7", "type": "InetAddress"},
        ],
    }
    found: dict[str, Value] = {f"{BASE}.1.{row}": 0 for row in (1, 2)}
    found |= {f"{BASE}.5.1": 1, f"{BASE}.5.2": 9, f"{BASE}.6.1": 1, f"{BASE}.7.1": b"\xc0\x00\x02\x03"}
    assert shown(module(metric), found).labels_of("a") == [
        {"row": "1", "state": "up", "at": "192.0.2.3"},
        {"row": "2", "state": "9", "at": ""},
    ]


def test_an_index_of_the_metrics_own_name_is_not_said_twice() -> None:
    index = [{"labelname": "kind", "type": "EnumAsInfo", "enum_values": {1: "one"}}]
    made = module(
        {"name": "kind", "type": "EnumAsInfo", "indexes": index, "enum_values": {1: "one"}},
        {"name": "name", "type": "DisplayString", "indexes": [{"labelname": "name", "type": "gauge"}]},
    )
    page = shown(made, {f"{BASE}.1.1": 1, f"{BASE}.2.7": b"seven"})
    assert "kind_info" not in page.values
    assert page.labels_of("name") == [{"name": "7"}]


def test_hostile_text_stays_one_label_on_one_line() -> None:
    text = 'x" } 1\nevil{a="' + "\x1b[2J\u202e\x00\\"
    page = shown(module({"name": "a", "type": "DisplayString"}), {f"{BASE}.1.0": text.encode() + b"\xff" * 3})
    ((labels, value),) = page.values["a"].items()
    assert value == 1
    assert dict(labels)["a"] == 'x\\" } 1\\nevil{a=\\"[2J\\\\\ufffd'


def test_a_page_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "SERIES_AT_MOST", 10)
    found: dict[str, Value] = {f"{BASE}.1.{row}": 1 for row in range(20)}
    with pytest.raises(TooMuch):
        shown(module({"name": "a", "type": "gauge", "indexes": ROW}), found)
    with pytest.raises(TooMuch, match="time was up"):
        write(module({"name": "a", "type": "gauge", "indexes": ROW}), found, Page(), lambda: True)


VALUES = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.binary(max_size=40),
    st.floats(),
    st.just(Oid("1.3.6")),
    st.just(Ip("10.0.0.1")),
)


@given(st.data())
def test_whatever_a_device_answers_the_page_can_be_read(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(built_in())))
    made = built_in()[name]
    columns = st.sampled_from(sorted(made.metrics))
    row = st.lists(st.integers(0, 2**32 - 1), max_size=6).map(lambda arcs: "".join(f".{arc}" for arc in arcs))
    found = data.draw(st.dictionaries(st.tuples(columns, row).map("".join), VALUES, max_size=30))
    page = Page()
    write(made, found, page)
    read = page_of(page.text())
    assert set(read.values) == set(read.kind) == set(read.help)


def test_built_in_modules_have_the_names_that_dashboards_ask_for() -> None:
    names = {metric.name for metric in built_in()["if_mib"].metrics.values()}
    assert {"ifHCInOctets", "ifHCOutOctets", "ifOperStatus", "ifAdminStatus", "ifHighSpeed", "ifLastChange"} <= names
    assert not {"ifName", "ifAlias", "ifDescr"} & names
    assert {"sysUpTime", "sysName", "sysDescr"} <= {m.name for m in built_in()["system"].metrics.values()}
    for one in built_in().values():
        assert len(one.metrics) == len({metric.name for metric in one.metrics.values()})
        for metric in one.metrics.values():
            assert metric.help.endswith(f" - {metric.oid}")
            assert any(f"{metric.oid}.".startswith(f"{root}.") for root in (*one.walk, *one.get.oids)), metric.name


def test_the_module_files_in_the_package_are_all_read(root: Path) -> None:
    files = sorted((root / "agent" / "exporter" / "snmp" / "modules").glob("*"))
    assert {path.suffix for path in files} == {".yml"}
    assert len(built_in()) >= len(files) >= 5
