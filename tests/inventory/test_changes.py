"""What a reload would do: the arithmetic of sets, and changes from further away than the device's own entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inventory import Change, Difference, Estate, difference
from agent.inventory.model import Device

DEVICES = st.dictionaries(
    st.sampled_from([f"d{n}" for n in range(6)]),
    st.fixed_dictionaries(
        {"address": st.sampled_from(["192.0.2.1", "192.0.2.2"]), "class": st.sampled_from(["switch", "ups"])},
        optional={"port": st.integers(1, 3), "title": st.sampled_from(["x", "y"])},
    ),
)


def estate(devices: dict[str, dict[str, Any]]) -> Estate:
    return Estate(devices={name: Device(**{"name": name, "site": "s", **entry}) for name, entry in devices.items()})


@given(DEVICES, DEVICES)
def test_every_device_has_exactly_one_fate(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = difference(estate(before), estate(after))
    fates = [*found.added, *found.removed, *found.changed, *found.unchanged]
    assert sorted(fates) == sorted({*before, *after})
    assert set(found.added) == set(after) - set(before)
    assert set(found.removed) == set(before) - set(after)
    assert set(found.unchanged) == {name for name in before if before[name] == after.get(name)}


@given(DEVICES, DEVICES)
def test_the_changed_settings_are_those_that_differ(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name, fields in difference(estate(before), estate(after)).changed.items():
        old, new = before[name], after[name]
        # 161 is built in: a port of its own that is written down is a change of the entry and of what is in force
        assert set(fields) == {key for key in {*old, *new} if old.get(key) != new.get(key)}


@given(DEVICES, DEVICES)
def test_there_and_back_are_mirror_images(before: dict[str, Any], after: dict[str, Any]) -> None:
    there, back = difference(estate(before), estate(after)), difference(estate(after), estate(before))
    assert set(there.added) == set(back.removed)
    assert set(there.removed) == set(back.added)
    assert {n: set(f) for n, f in there.changed.items()} == {n: set(f) for n, f in back.changed.items()}


@given(DEVICES)
def test_the_same_inventory_twice_is_no_difference(devices: dict[str, Any]) -> None:
    found = difference(estate(devices), estate(devices))
    assert not found
    assert found.unchanged == tuple(devices)


Reload = Callable[[str, str], Difference]


@pytest.fixture
def reload(sound: str, estate_of: Callable[[str], Estate]) -> Reload:
    """The difference that one replacement in the sound inventory makes."""

    def changed(old: str, new: str) -> Difference:
        assert old in sound
        before = estate_of(sound)
        return difference(before, estate_of(sound.replace(old, new, 1)))

    return changed


def test_a_new_default_changes_the_devices_it_holds_for(reload: Reload) -> None:
    assert reload("snmp: v3}", "snmp: v3, retries: 5}").changed == {"sw-wf-1": ("retries",)}
    assert reload("snmp: v3}", "snmp: v3, every: {pulse: 30s}}").changed == {"sw-wf-1": ("every",)}


def test_a_default_that_is_what_held_already_changes_nothing(reload: Reload) -> None:
    assert not reload("snmp: v3}", "snmp: v3, retries: 2}")


def test_a_credential_that_is_another_now_changes_the_devices_that_use_it(reload: Reload) -> None:
    assert reload("priv: AES-256", "priv: AES-128").changed == {"sw-wf-1": ("snmp",)}
    assert reload("kind: ssh, user: u", "kind: ssh, user: other").changed == {"sw-wf-1": ("ssh",)}


def test_other_sections_are_told_apart(reload: Reload) -> None:
    found = reload("supplier: Virgin Media", "supplier: BT, circuit: BT-1")
    assert found.elsewhere == (Change("links", "wallfields-a", "changed", ("supplier", "circuit")),)
    assert found
    assert not found.changed


PLAN = """\
maintenance:
  patching: {subjects: [wallfields-a], begins: 2026-12-05 22:00, lasts: 4h, owner: x, reason: y}
defaults:"""


def test_planned_maintenance_is_compared(reload: Reload, sound: str, estate_of: Callable[[str], Estate]) -> None:
    assert reload("defaults:", PLAN).elsewhere == (Change("maintenance", "patching", "added"),)
    planned = sound.replace("defaults:", PLAN)
    later = estate_of(planned.replace("22:00, lasts: 4h", "23:00, ends: 2026-12-06 02:00"))
    assert difference(estate_of(planned), later).elsewhere == (
        Change("maintenance", "patching", "changed", ("begins", "ends", "lasts")),
    )
    assert difference(later, estate_of(sound)).elsewhere == (Change("maintenance", "patching", "removed"),)


def test_a_difference_is_one_line_in_the_log(reload: Reload) -> None:
    assert str(reload("snmp: v3}", "snmp: v3, retries: 5}")) == "0 added, 0 removed, 1 changed, 0 unchanged devices"
    line = str(reload("supplier: Virgin Media", "supplier: BT"))
    assert line == "0 added, 0 removed, 0 changed, 1 unchanged devices, 1 other entries changed"


def test_credentials_of_another_kind_can_be_compared(reload: Reload) -> None:
    new = "{kind: snmp_v2c, community: env:C}"
    old = "{kind: snmp_v3, user: u, auth: SHA-256, auth_secret: env:AUTH, priv: AES-256, priv_secret: env:PRIV}"
    assert reload(old, new).changed == {"sw-wf-1": ("snmp",)}
