"""Absence is judged against the inventory, and presence that nobody expects accuses nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collectors import Cadence, Memory, SnmpAccess, Target, collect
from collectors.expected import judged, missing
from collectors.readings import Check, Findings, Interface, Level, Part, Sensor
from collectors.sessions import Stage
from collectors.target import Expect, SshAccess
from tests.collectors.devices import Device, switch

DOWN = Check("vpn_tunnel", "remote-depot phase2", "down", Level.WARNING)


def levels(expect: Expect, *checks: Check) -> list[Level]:
    return [c.level for c in judged(checks, expect)]


@pytest.mark.parametrize("names", [("remote-depot",), ("remote-*",), ("remote-depot phase2",)])
def test_a_tunnel_that_is_expected_is_accused_when_it_is_down(names: tuple[str, ...]) -> None:
    assert levels(Expect(vpn_tunnels=names), DOWN) == [Level.WARNING]


def test_a_tunnel_that_nobody_expects_may_be_down_and_says_so() -> None:
    found = judged([DOWN], Expect(vpn_tunnels=("other",)))
    assert [(c.state, c.level) for c in found] == [("down", Level.OK)]


def test_other_checks_need_no_expectation() -> None:
    assert levels(Expect(), Check("fan", "1", "failed", Level.CRITICAL)) == [Level.CRITICAL]


def test_an_expected_tunnel_that_is_no_longer_in_the_table_is_missing() -> None:
    found = missing(Expect(vpn_tunnels=("head-office",)), [DOWN], (), {}, None)
    assert found == [Check("vpn_tunnel", "head-office", "missing", Level.CRITICAL)]


def test_nothing_is_missed_where_the_table_was_not_read() -> None:
    expect = Expect(vpn_tunnels=("a",), interfaces_up=("1/1",), access_points=5, power_supplies=2, ha_members=2)
    assert missing(expect, [], (), {}, None) == []


@pytest.mark.parametrize(("up", "level"), [(41, Level.OK), (42, Level.OK), (40, Level.WARNING), (0, Level.CRITICAL)])
def test_a_lost_access_point_is_noticed_though_it_leaves_the_table(up: int, level: Level) -> None:
    (found,) = missing(Expect(access_points=41), [], (), {"access_points_up": up}, None)
    assert (found.state, found.level) == (f"{up} of 41", level)


def test_access_points_are_counted_by_their_checks_where_the_controller_gives_no_number() -> None:
    checks = [Check("access_point", n, s, lv) for n, s, lv in (("a", "up", Level.OK), ("b", "down", Level.CRITICAL))]
    (found,) = missing(Expect(access_points=2), checks, (), {}, None)
    assert (found.state, found.level) == ("1 of 2", Level.WARNING)


def test_a_cluster_that_lost_a_member_is_noticed_by_its_parts() -> None:
    parts = [Part("ha_member", "fw-1", serial="A")]
    (found,) = missing(Expect(ha_members=2), [], (), {}, parts)
    assert (found.check, found.state, found.level) == ("ha_members_expected", "1 of 2", Level.WARNING)


def test_both_units_of_a_pair_are_counted_by_their_states_and_not_by_what_they_exchange() -> None:
    def found(*rows: tuple[str, str, Level]) -> list[str]:
        checks = [Check(name, subject, "x", level) for name, subject, level in rows]
        return [c.state for c in missing(Expect(ha_members=2), checks, (), {}, None)]

    local, peer = ("ha_state", "local", Level.OK), ("ha_state", "peer", Level.OK)
    assert found(local, peer, ("ha_sync", "bulk", Level.OK)) == ["2 of 2"]
    assert found(local, ("ha_state", "peer", Level.CRITICAL), ("ha_sync", "bulk", Level.WARNING)) == ["1 of 2"]
    assert found(("ha_sync", "fw-1", Level.OK), ("ha_sync", "fw-2", Level.OK)) == ["2 of 2"]
    assert found(("ha_sync", "fw-1", Level.OK)) == ["1 of 2"]


def test_expected_interfaces_are_found_by_name_description_or_alias() -> None:
    interfaces = [
        Interface(1, name="1/1", oper="up"),
        Interface(2, descr="Ethernet2", oper="down"),
        Interface(3, alias="wan"),
    ]
    found = missing(Expect(interfaces_up=("1/1", "Ethernet2", "wan", "gone")), [], interfaces, {}, None)
    assert [(c.state, c.level) for c in found] == [
        ("up", Level.OK),
        ("down", Level.CRITICAL),
        ("unknown", Level.CRITICAL),
        ("missing", Level.CRITICAL),
    ]


async def test_what_snmp_and_ssh_both_tell_is_told_once() -> None:
    device = Device(switch())
    device.stages["ssh"] = Stage(
        True,
        Findings(
            sensors=(Sensor("temperature", "inlet", 31, "celsius", ""), Sensor("fanspeed", "fan 1", 900, "rpm", "")),
            checks=(Check("ha", "peer", "in_sync", Level.OK),),
        ),
    )
    target = Target("sw", "127.0.0.1", snmp=SnmpAccess(), ssh=SshAccess(platform="cisco_ios", user="u"))
    visit = await collect(target, Cadence.INVENTORY, device, Memory())
    assert [(s.kind, s.name) for s in visit.sensors] == [("temperature", "Inlet"), ("fanspeed", "fan 1")]
    assert [c.check for c in visit.checks] == ["ha"]


async def test_expectations_are_judged_in_a_visit() -> None:
    target = Target("sw", "127.0.0.1", snmp=SnmpAccess(), expect=Expect(interfaces_up=("1/9",)))
    visit = await collect(target, Cadence.INVENTORY, Device(switch()), Memory())
    assert [(c.subject, c.state) for c in visit.checks] == [("1/9", "missing")]
    silent = Device(switch())
    silent.silent = True
    assert (await collect(replace(target, name="s"), Cadence.INVENTORY, silent, Memory())).checks == ()
