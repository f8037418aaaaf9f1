"""Every simulated device is plausible: complete tables, values in range, serials that fit, counters that only grow."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.demo import ber
from agent.demo.curves import Clock
from agent.demo.device import Device
from agent.demo.families import MODELS, build
from agent.demo.families.base import Model
from tests.demo.estate_for_tests import BOUGHT, kit

NOW = 1_763_976_600.0  # a Monday morning
IF, IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
# Levels that their MIBs type as counters (CounterBasedGauge64, and mistakes of their authors).
LEVELS = [
    ber.oid(stem)
    for stem in (
        "1.3.6.1.4.1.9.9.221.1.1.1.1", "1.3.6.1.4.1.14179.2.1.1.1.38", "1.3.6.1.4.1.14179.2.2.2.1.15",
        "1.3.6.1.4.1.789.1.5.4.1", "1.3.6.1.4.1.3375.2.1.7.1.1",
    )
]  # fmt: skip


def device(model: str, seed: int = 1, **more: object) -> Device:
    return Device(kit(model, stack_members=2, ha_members=2, access_points=12, **more), Clock(NOW), seed, build)


@cache
def settled(model: str) -> Device:
    """A device that no test changes."""
    return device(model)


@cache
def said(model: str, t: float = NOW) -> dict[ber.Oid, tuple[int, object]]:
    return {oid: (tag, value) for oid, tag, value in settled(model).tree.items(t)}


def column(model: str, entry: str, number: int, t: float = NOW) -> dict[str, object]:
    stem = ber.oid(f"{entry}.{number}")
    found = {oid[len(stem) :]: value for oid, (_, value) in said(model, t).items() if oid[: len(stem)] == stem}
    return {".".join(map(str, suffix)): value for suffix, value in found.items()}


def counts(oid: ber.Oid, tag: int) -> bool:
    return tag in (ber.COUNTER32, ber.COUNTER64) and not any(oid[: len(stem)] == stem for stem in LEVELS)


@pytest.fixture(params=list(MODELS))
def model(request) -> Model:
    return MODELS[request.param]


def test_it_says_who_it_is(model):
    one = settled(model.key)
    assert one.tree.words("1.3.6.1.2.1.1.5.0", NOW) == one.kit.name
    assert one.tree.words("1.3.6.1.2.1.1.6.0", NOW) == "Daneshill House data centre"
    assert one.tree.read("1.3.6.1.2.1.1.2.0", NOW) == ber.oid(model.sys_object_id)
    uptime = one.tree.number("1.3.6.1.2.1.1.3.0", NOW)
    assert uptime == pytest.approx(100 * (NOW - one.boot_at), abs=100)
    assert 20 * 86_400 < uptime / 100 < 430 * 86_400


def test_its_version_is_somewhere_in_what_it_says(model):
    said = b"\n".join(
        v for _, tag, v in device(model.key).tree.items(NOW) if tag == ber.OCTETS and isinstance(v, bytes)
    )
    assert model.version.split("_")[0].encode() in said or b"Version 6.3" in said  # Windows has a number of its own


def test_every_row_of_a_table_has_the_same_columns(model):
    tables: dict[str, dict[int, set[tuple[int, ...]]]] = {
        IF: defaultdict(set), IFX: defaultdict(set), "1.3.6.1.2.1.47.1.1.1.1": defaultdict(set),
        "1.3.6.1.2.1.99.1.1.1": defaultdict(set),
    }  # fmt: skip
    for oid in said(model.key):
        for entry, columns in tables.items():
            stem = ber.oid(entry)
            if oid[: len(stem)] == stem:
                columns[oid[len(stem)]].add(oid[len(stem) + 1 :])
    for entry, columns in tables.items():
        assert len({frozenset(rows) for rows in columns.values()}) <= 1, entry


def test_its_interfaces_fit_together(model):
    names = column(model.key, IF, 2)
    assert settled(model.key).tree.number("1.3.6.1.2.1.2.1.0", NOW) == len(names) > 0
    assert column(model.key, IF, 1) == {index: int(index) for index in names}
    low, high = column(model.key, IF, 10), column(model.key, IFX, 6)
    assert not high or {index: value % 2**32 for index, value in high.items()} == {
        index: value % 2**32 for index, value in low.items()
    }
    assert len(set(column(model.key, IFX, 1).values())) == len(column(model.key, IFX, 1))
    oper, speed, later = column(model.key, IF, 8), column(model.key, IFX, 15), column(model.key, IFX, 6, NOW + 60)
    for index, octets in high.items():
        assert oper[index] in (1, 2)
        if octets:
            rate = (later[index] - octets) * 8 / 60e6  # Mbit/s
            assert rate <= max(speed[index], 1) or speed[index] == 0, (names[index], rate)


def test_no_value_is_out_of_the_range_of_its_type(model):
    ranges = {
        ber.INTEGER: (-(2**31), 2**31 - 1), ber.COUNTER32: (0, 2**64), ber.GAUGE32: (0, 2**32 - 1),
        ber.TIMETICKS: (0, 2**64), ber.COUNTER64: (0, 2**64 - 1),
    }  # fmt: skip
    for hour in (0, 5, 14):
        for oid, (tag, value) in said(model.key, NOW + hour * 3600).items():
            if tag in ranges:
                assert isinstance(value, int), oid
                assert ranges[tag][0] <= value <= ranges[tag][1], oid


def test_the_same_seed_gives_the_same_values_and_another_one_others(model):
    first, same, other = (device(model.key, seed).tree.items(NOW + 1234.5) for seed in (1, 1, 2))
    assert first == same
    assert first != other


@settings(max_examples=6)
@given(st.lists(st.floats(0, 20 * 86_400), min_size=2, max_size=4), st.sampled_from(list(MODELS)))
def test_counters_never_go_backwards(offsets, key):
    one, last = device(key), {}
    for offset in sorted(offsets):
        for oid, tag, value in one.tree.items(NOW + offset):
            if counts(oid, tag):
                assert value >= last.get(oid, 0), oid
                last[oid] = value


def test_a_restart_sets_every_counter_back(model):
    one = device(model.key)
    before = {oid: value for oid, tag, value in one.tree.items(NOW) if counts(oid, tag)}
    boots = one.agent_boots
    one.restart(NOW, seconds=60)
    assert one.silent(NOW + 30)
    assert not one.silent(NOW + 61)
    assert one.agent_boots == boots + 1
    after = {oid: value for oid, tag, value in one.tree.items(NOW + 90) if counts(oid, tag)}
    moving = [oid for oid, value in before.items() if value > 10**9]
    assert all(after[oid] < before[oid] for oid in moving)
    assert one.tree.number("1.3.6.1.2.1.1.3.0", NOW + 90) < 9000


CISCO_SERIAL = re.compile(rb"([A-Z]{3})(\d\d)(\d\d)[0-9A-Z]{4}")


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if model.vendor == "Cisco"])
def test_a_cisco_serial_number_says_when_it_was_made(key):
    serials = [v for v in column(key, "1.3.6.1.2.1.47.1.1.1.1", 11).values() if v]
    assert serials
    for serial in serials:
        found = CISCO_SERIAL.fullmatch(serial)
        assert found, serial
        made = date.fromisocalendar(1996 + int(found[2]), int(found[3]), 1)
        assert timedelta(days=20) < BOUGHT - made < timedelta(days=110)


POWERED = ("switch", "bmc", "firewall", "router", "voice", "storage", "load_balancer")


@pytest.mark.parametrize("key", [key for key, model in MODELS.items() if model.device_class in POWERED])
def test_a_failed_power_supply_shows(key):
    one = device(key)
    before = one.tree.items(NOW)
    one.failed_psu = 1
    changed = [a[0] for a, b in zip(before, one.tree.items(NOW), strict=True) if a != b]
    assert changed


def test_a_hot_room_shows_on_everything_that_measures_it(model):
    one = device(model.key)
    before = one.tree.items(NOW)
    one.hotter = 13.0
    hotter = one.tree.items(NOW)
    measured = {"switch", "firewall", "environment", "bmc", "ups", "router", "wifi_controller", "pdu", "load_balancer"}
    assert (before != hotter) == (model.device_class in measured | {"voice", "storage"})


def test_the_catalogue_has_every_class_there_is():
    from agent.inventory.model import DEVICE_CLASSES

    assert {model.device_class for model in MODELS.values()} == set(DEVICE_CLASSES)
