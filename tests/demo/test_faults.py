"""Each fault changes what devices answer, for as long as it is on."""

from __future__ import annotations

import pytest

from agent.demo import ber
from agent.demo.curves import Clock
from agent.demo.estate import simulate
from agent.demo.faults import KINDS, Faults, NoSuchFault
from agent.demo.script import SCRIPTS, due
from agent.demo.world import World
from agent.inventory import load
from tests.demo.estate_for_tests import building

NOW = 1_763_976_600.0


@pytest.fixture
def world() -> World:
    return World(building(), Clock(NOW))


@pytest.fixture
def faults(world) -> Faults:
    return Faults(world)


def silent(world, t=NOW + 1) -> set[str]:
    return {name for name, device in world.devices.items() if not world.reachable(device, t)}


def picture(world, t=NOW + 200) -> dict[str, object]:
    """Everything anybody could see: who answers, and what."""
    return {
        name: (device.tree.items(t), device.delay_seconds, world.reachable(device, t))
        for name, device in world.devices.items()
    }


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("reboot", "ha-failover")])
def test_a_fault_changes_something_and_clearing_it_changes_it_back(world, faults, name):
    before = picture(world)
    fault = faults.start(name, NOW)
    assert fault.words
    assert picture(world) != before or name == "agent-cut-off"
    assert [f.name for f in faults.on] == [name]
    assert [f.name for f in faults.clear(NOW + 100)] == [name]
    assert faults.on == ()
    assert silent(world) == set()
    if name not in ("ups-battery", "wan-bt", "wan-link", "wan-both"):  # a battery recovers slowly, counters stood still
        assert picture(world) == before


def test_a_dead_switch_silences_what_has_no_other_way(world, faults):
    faults.start("core-switch", NOW, "dist")
    assert silent(world) == {"dist", "srv-1", "srv-2"}
    faults.clear(NOW + 1)
    faults.start("core-switch", NOW + 2, "core-1")
    assert silent(world) == {"core-1"}  # core-2 carries the rest
    faults.start("core-switch", NOW + 3, "core-2")
    assert silent(world) == set(world.devices) - {"town", "till"}


def test_without_a_target_the_switch_dies_that_most_hangs_on(world, faults):
    assert faults.start("core-switch", NOW).target == "dist"


def test_one_lost_circuit_leaves_the_building_and_both_cut_it_off(world, faults):
    fault = faults.start("wan-bt", NOW)
    assert fault.target == "town-b"
    assert silent(world) == set()
    town = world.devices["town"]
    index = next(oid[-1] for oid, _, v in town.tree.items(NOW) if v == b"Gi1/0/49")
    assert town.tree.number(f"1.3.6.1.2.1.2.2.1.8.{index}", NOW + 1) == 2
    octets = town.tree.number(f"1.3.6.1.2.1.31.1.1.1.6.{index}", NOW + 1)
    assert octets == town.tree.number(f"1.3.6.1.2.1.31.1.1.1.6.{index}", NOW + 500) > 0
    faults.start("wan-both", NOW + 5)
    assert silent(world) == {"town", "till"}
    faults.clear(NOW + 10, "wan-both")
    assert silent(world) == set()
    assert town.tree.number(f"1.3.6.1.2.1.2.2.1.8.{index}", NOW + 11) == 2  # the first fault is still on
    faults.clear(NOW + 20)
    assert town.tree.number(f"1.3.6.1.2.1.2.2.1.8.{index}", NOW + 21) == 1
    assert town.tree.number(f"1.3.6.1.2.1.31.1.1.1.6.{index}", NOW + 500) > octets


def test_a_cut_off_agent_hears_nobody(world, faults):
    faults.start("agent-cut-off", NOW)
    assert silent(world) == set(world.devices)


def test_on_battery_the_charge_falls_and_the_output_says_so(world, faults):
    ups = world.devices["ups"]
    status, charge = "1.3.6.1.4.1.318.1.1.1.4.1.1.0", "1.3.6.1.4.1.318.1.1.1.2.2.1.0"
    assert ups.tree.number(status, NOW) == 2
    faults.start("ups-battery", NOW)
    assert ups.tree.number(status, NOW + 1) == 3
    assert ups.tree.number(charge, NOW + 600) < 90
    faults.clear(NOW + 600)
    assert ups.tree.number(status, NOW + 601) == 2
    assert ups.tree.number(charge, NOW + 601) < 90 < ups.tree.number(charge, NOW + 6 * 3600)


def test_after_a_failover_the_roles_are_swapped_on_both_units(world, faults):
    state, sync = "1.3.6.1.4.1.12356.101.3.2.1.1.4.1", "1.3.6.1.4.1.12356.101.13.2.1.1.12.1"
    first, second = world.devices["fw-1"], world.devices["fw-2"]
    assert [d.tree.number(state, NOW) for d in (first, second)] == [1, 2]
    faults.start("ha-failover", NOW)
    assert silent(world) == {"fw-1"}
    assert second.tree.number(state, NOW + 1) == 1
    assert second.tree.number(sync, NOW + 1) == 0
    assert [d.tree.number(state, NOW + 120) for d in (first, second)] == [2, 1]
    assert second.tree.number(sync, NOW + 120) == 1
    assert silent(world, NOW + 120) == set()
    faults.clear(NOW + 200)
    assert [d.tree.number(state, NOW + 300) for d in (first, second)] == [1, 2]


def test_both_units_of_a_pair_know_each_others_serial_number(world):
    serial = "1.3.6.1.4.1.12356.101.13.2.1.1.2"
    first, second = world.devices["fw-1"], world.devices["fw-2"]
    assert first.tree.words(f"{serial}.1", NOW) == second.tree.words(f"{serial}.2", NOW)
    assert first.tree.words(f"{serial}.2", NOW) == second.tree.words(f"{serial}.1", NOW)


def test_lost_access_points_leave_the_table(world, faults):
    controller = world.devices["wlc"]

    name = ber.oid("1.3.6.1.4.1.14179.2.2.1.1.3")  # bsnAPName

    def names(t: float) -> int:
        return sum(oid[: len(name)] == name for oid, _, _ in controller.tree.items(t))

    assert names(NOW) == 12
    faults.start("ap-loss", NOW)
    assert names(NOW) == 10
    faults.clear(NOW)
    assert names(NOW) == 12


def test_a_fault_ends_by_itself_when_its_time_is_over(world, faults):
    faults.start("core-switch", NOW, "dist", seconds=30)
    assert faults.expire(NOW + 29) == []
    assert [f.name for f in faults.expire(NOW + 30)] == ["core-switch"]
    assert silent(world) == set()


def test_a_fault_that_is_on_is_not_begun_twice(world, faults):
    first = faults.start("psu", NOW)
    assert faults.start("psu", NOW + 5) is first
    assert len(faults.on) == 1


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("flood", None, "there is no fault 'flood'"),
        ("psu", "sw-9", "no device 'sw-9'"),
        ("wan-bt", "moon", "no link fits"),
        ("hot-room", "moon", "no device stands at"),
        ("ha-failover", "dist", "not one of a redundant pair"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(faults, name, target, words):
    with pytest.raises(NoSuchFault, match=words):
        faults.start(name, NOW, target)
    assert faults.on == ()


def test_a_script_repeats_and_speed_shortens_it():
    script = SCRIPTS["afternoon"]
    assert [s.fault for s in due(script, 0, 60)] == ["wan-bt"]
    assert due(script, 60, 61) == []
    assert [s.fault for s in due(script, script.length, script.length + 60)] == ["wan-bt"]
    assert [s.fault for s in due(script, 0, 1, speed=60)] == ["wan-bt"]
    assert {s.fault for s in due(script, 0, script.length)} == {s.fault for s in script.steps} <= set(KINDS)


@pytest.mark.parametrize("name", ["gentle", "afternoon"])
def test_every_step_of_a_script_finds_its_target_in_the_real_estate(root, name):
    world = World(simulate(load(root / "inventory.yaml")).plan, Clock(NOW))
    faults, script = Faults(world), SCRIPTS[name]
    for step in script.steps:
        faults.start(step.fault, NOW + step.at, step.target, step.seconds)
    faults.expire(NOW + 2 * script.length)
    assert faults.on == ()
    assert silent(world, NOW + 2 * script.length) == set()
    assert [
        d.kit.name for d in world.devices.values() if d.hotter or d.failed_psu or d.delay_seconds or d.ports_down
    ] == []
    assert [d.kit.name for d in world.devices.values() if d.lost_access_points or d.swapped_roles] == []
