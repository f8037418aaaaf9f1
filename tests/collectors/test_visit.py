"""A visit learns what a device has, asks for known cells from then on, and notices when they no longer hold."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from collectors import Cadence, Memory, SnmpAccess, Target, Visit, collect
from collectors.errors import Looped, WrongCredentials
from collectors.readings import Check, Failure, Findings, Level, Part
from collectors.session import Oid, Value
from collectors.sessions import Stage
from collectors.target import AUTO, Probe, SshAccess
from tests.collectors.devices import Device, interface, switch

TARGET = Target(name="sw-1", address="127.0.0.1", snmp=SnmpAccess())
IN_OCTETS = "1.3.6.1.2.1.31.1.1.1.6"


def values(visit: Visit, metric: str) -> dict[str, float | int | None]:
    return {
        dict(s.labels).get("ifIndex", ""): v
        for block in visit.blocks
        for s, v in zip(block.layout.series, block.values, strict=True)
        if s.metric.name == metric
    }


async def test_the_first_visit_is_an_inventory_whatever_was_asked() -> None:
    visit = await collect(TARGET, Cadence.PULSE, Device(switch()), Memory())
    assert (visit.cadence, visit.reached, visit.profile) == (Cadence.INVENTORY, True, "generic")
    assert (visit.identity.name, visit.identity.version) == ("sw-example-1", "1.2.3")
    assert [i.name for i in visit.interfaces] == ["1/1", "1/2", "1/3"]


async def test_a_pulse_of_a_known_device_is_one_get_and_no_walk() -> None:
    device, memory = Device(switch()), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    device.asked.clear()
    device.objects[f"{IN_OCTETS}.2"] = 5555
    visit = await collect(TARGET, Cadence.PULSE, device, memory)
    assert [kind for kind, _ in device.asked] == ["get"]
    assert values(visit, "ifHCInOctets") == {"1": 1000, "2": 5555, "3": 3000}
    assert visit.cadence is Cadence.PULSE


async def test_known_rows_keep_one_layout_so_that_a_page_can_keep_its_template() -> None:
    device, memory = Device(switch()), Memory()
    first = await collect(TARGET, Cadence.INVENTORY, device, memory)
    second = await collect(TARGET, Cadence.PULSE, device, memory)
    third = await collect(TARGET, Cadence.HEALTH, device, memory)
    assert [b.layout for b in first.blocks if b.layout.cadence is Cadence.PULSE] == [b.layout for b in second.blocks]
    assert [b.layout for b in second.blocks] == [b.layout for b in third.blocks if b.layout.cadence is Cadence.PULSE]


async def test_a_health_visit_reads_sensors_from_known_cells_with_their_learnt_names() -> None:
    device, memory = Device(switch()), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    device.objects["1.3.6.1.2.1.99.1.1.1.4.5"] = 44
    device.asked.clear()
    visit = await collect(TARGET, Cadence.HEALTH, device, memory)
    assert [(s.name, s.value) for s in visit.sensors] == [("Inlet", 44)]
    assert all(kind == "get" for kind, _ in device.asked)
    assert [i.oper for i in visit.interfaces] == ["up", "up", "up"]


async def test_rows_that_moved_after_a_restart_are_learnt_before_anything_is_told() -> None:
    device, memory = Device(switch(uptime=500_000)), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    # After the restart the second port has another index: old cells would tell one port's traffic as another's.
    device.objects = switch(uptime=100)
    for oid in interface(2):
        del device.objects[oid]
    device.objects |= interface(7)
    visit = await collect(TARGET, Cadence.PULSE, device, memory)
    assert visit.cadence is Cadence.INVENTORY
    assert values(visit, "ifHCInOctets") == {"1": 1000, "3": 3000, "7": 7000}


@pytest.mark.parametrize(
    ("oid", "value"), [("1.3.6.1.2.1.2.1.0", 4), ("1.3.6.1.2.1.31.1.5.0", 99)], ids=["ifNumber", "ifTableLastChange"]
)
async def test_a_changed_interface_table_is_learnt_anew(oid: str, value: int) -> None:
    device, memory = Device(switch()), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    device.objects |= interface(4) | {oid: value}
    assert "4" in values(await collect(TARGET, Cadence.PULSE, device, memory), "ifHCInOctets")


ENT_LAST_CHANGE = "1.3.6.1.2.1.47.1.4.1.0"


async def test_parts_that_were_changed_are_learnt_at_the_next_health_visit() -> None:
    device, memory = Device(switch() | {ENT_LAST_CHANGE: 500}), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    assert (await collect(TARGET, Cadence.HEALTH, device, memory)).cadence is Cadence.HEALTH
    device.objects |= {ENT_LAST_CHANGE: 900, "1.3.6.1.2.1.47.1.1.1.1.7.5": b"Outlet"}
    assert (await collect(TARGET, Cadence.PULSE, device, memory)).cadence is Cadence.PULSE
    visit = await collect(TARGET, Cadence.HEALTH, device, memory)
    assert visit.cadence is Cadence.INVENTORY
    assert [s.name for s in visit.sensors] == ["Outlet"]
    assert (await collect(TARGET, Cadence.HEALTH, device, memory)).cadence is Cadence.HEALTH


async def test_an_agent_that_says_all_the_time_that_its_parts_were_changed_is_not_believed_for_ever() -> None:
    device, memory = Device(switch() | {ENT_LAST_CHANGE: 0}), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    learnt = []
    for moment in range(1, 8):
        device.objects[ENT_LAST_CHANGE] = moment
        learnt.append((await collect(TARGET, Cadence.HEALTH, device, memory)).cadence is Cadence.INVENTORY)
    assert learnt == [True, True, True, False, False, False, False]
    assert not (await collect(TARGET, Cadence.HEALTH, device, memory)).failures  # it has calmed down
    device.objects[ENT_LAST_CHANGE] = 99
    assert (await collect(TARGET, Cadence.HEALTH, device, memory)).cadence is Cadence.INVENTORY


async def test_what_a_device_does_not_have_is_not_asked_at_every_pulse() -> None:
    objects = switch()
    del objects["1.3.6.1.2.1.31.1.5.0"]
    device, memory = Device(objects), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    with_it = Memory()
    await collect(TARGET, Cadence.INVENTORY, Device(switch()), with_it)
    assert len(with_it.learnt["snmp"].quick.cells) - len(memory.learnt["snmp"].quick.cells) == 1
    assert (await collect(TARGET, Cadence.PULSE, device, memory)).cadence is Cadence.PULSE


async def test_devices_that_are_asked_the_same_share_what_asking_takes() -> None:
    one, other = Memory(), Memory()
    await collect(TARGET, Cadence.INVENTORY, Device(switch()), one)
    await collect(replace(TARGET, name="sw-2"), Cadence.INVENTORY, Device(switch()), other)
    first, second = one.learnt["snmp"].quick, other.learnt["snmp"].quick
    assert first.cells is second.cells
    assert first.pick is second.pick
    labels = {id(group.rows) for group in first.layout.groups}
    assert len(labels) < len(first.layout.groups)  # columns with the same rows share their labels


async def test_a_known_row_that_is_gone_is_learnt_anew() -> None:
    device, memory = Device(switch()), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    for oid in interface(3):
        del device.objects[oid]
    visit = await collect(TARGET, Cadence.PULSE, device, memory)
    assert values(visit, "ifHCInOctets") == {"1": 1000, "2": 2000}
    device.asked.clear()
    assert (await collect(TARGET, Cadence.PULSE, device, memory)).cadence is Cadence.PULSE


async def test_the_wrap_of_sys_up_time_after_497_days_is_no_restart() -> None:
    device, memory = Device(switch(uptime=2**32 - 10)), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    device.objects["1.3.6.1.2.1.1.3.0"] = 3000
    assert (await collect(TARGET, Cadence.PULSE, device, memory)).cadence is Cadence.PULSE


async def test_a_silent_device_is_not_reached_and_says_why() -> None:
    device = Device(switch())
    device.silent = True
    visit = await collect(TARGET, Cadence.PULSE, device, Memory())
    assert (visit.reached, visit.answered.snmp) == (False, False)
    assert [(f.stage, f.kind) for f in visit.failures] == [("snmp", "no_answer")]


async def test_a_known_device_that_falls_silent_is_asked_once_and_keeps_what_was_learnt() -> None:
    device, memory = Device(switch()), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    device.silent = True
    device.asked.clear()
    visit = await collect(TARGET, Cadence.PULSE, device, memory)
    assert (visit.reached, len(device.asked)) == (False, 1)
    device.silent = False
    assert (await collect(TARGET, Cadence.PULSE, device, memory)).cadence is Cadence.PULSE


async def test_one_broken_table_is_a_failure_beside_everything_else() -> None:
    device = Device(switch())
    device.broken_columns["1.3.6.1.2.1.99.1.1.1.4"] = Looped("went backwards")
    visit = await collect(TARGET, Cadence.INVENTORY, device, Memory())
    assert [(f.stage, f.kind, f.asked) for f in visit.failures] == [("snmp", "looped", "1.3.6.1.2.1.99.1.1.1")]
    assert len(visit.interfaces) == 3


async def test_watched_interfaces_are_told_at_every_pulse() -> None:
    device, memory = Device(switch()), Memory()
    target = replace(TARGET, watch=("1/2",))
    await collect(target, Cadence.INVENTORY, device, memory)
    device.objects["1.3.6.1.2.1.2.2.1.8.2"] = 2
    visit = await collect(target, Cadence.PULSE, device, memory)
    assert [(i.name, i.oper) for i in visit.interfaces] == [("1/2", "down")]


async def test_text_where_a_counter_belongs_is_no_value_and_harms_no_other() -> None:
    device, memory = Device(switch()), Memory()
    await collect(TARGET, Cadence.INVENTORY, device, memory)
    device.objects[f"{IN_OCTETS}.1"] = b"nonsense"
    visit = await collect(TARGET, Cadence.PULSE, device, memory)
    assert values(visit, "ifHCInOctets") == {"1": None, "2": 2000, "3": 3000}


async def test_ssh_fills_what_snmp_does_not_tell_and_doubles_nothing() -> None:
    device = Device(switch())
    part = Part(part="chassis", name="1", model="WX", serial="ABC123")
    device.stages["ssh"] = Stage(
        True,
        Findings(
            identity={"serial": "ABC123", "version": "9.9"},
            parts=(part, part),
            checks=(Check("ha", "peer", "in_sync", Level.OK),),
        ),
    )
    target = replace(TARGET, ssh=SshAccess(platform="cisco_ios", user="u"))
    visit = await collect(target, Cadence.INVENTORY, device, Memory())
    assert (visit.identity.serial, visit.identity.version) == ("ABC123", "1.2.3")
    assert [p.serial for p in visit.parts] == ["ABC123"]
    assert visit.answered.ssh is True


async def test_an_ssh_login_that_fails_leaves_the_device_reached_by_snmp() -> None:
    device = Device(switch())
    failure = Failure.of("ssh", "login", WrongCredentials("password refused"))
    device.stages["ssh"] = Stage(False, Findings(failures=(failure,)))
    target = replace(TARGET, ssh=SshAccess(platform="cisco_ios", user="u"))
    visit = await collect(target, Cadence.INVENTORY, device, Memory())
    assert (visit.reached, visit.answered.snmp, visit.answered.ssh) == (True, True, False)
    assert failure in visit.failures


async def test_a_session_that_hangs_is_cut_at_the_deadline_and_the_others_are_kept() -> None:
    class Hanging(Device):
        async def probe(self, target: Target, probe: Probe, until: float) -> Stage:
            await asyncio.sleep(3600)
            raise AssertionError

    target = replace(TARGET, deadline_seconds=0.05, probes=(Probe("tcp", "web"),))
    began = time.monotonic()
    visit = await collect(target, Cadence.INVENTORY, Hanging(switch()), Memory())
    assert time.monotonic() - began < 5
    assert (visit.answered.snmp, visit.answered.tcp) == (True, False)
    assert [(f.stage, f.kind) for f in visit.failures] == [("tcp", "out_of_time")]


async def test_two_probes_of_a_kind_answer_when_one_does() -> None:
    device = Device({})
    device.stages = {"a": Stage(False), "b": Stage(True)}
    target = Target(name="x", address="127.0.0.1", probes=(Probe("tcp", "a"), Probe("tcp", "b")))
    visit = await collect(target, Cadence.PULSE, device, Memory())
    assert (visit.reached, visit.answered.tcp, visit.answered.snmp) == (True, True, None)


async def test_a_cell_that_is_also_asked_by_itself_stays_in_its_column_at_health_visits() -> None:
    entry = "1.3.6.1.2.1.25.2.3.1"
    rows: dict[str, Value] = {}
    for row, kind, name, size, used in ((1, "2", b"Physical memory", 1000, 600), (7, "1", b"Cached memory", 250, 250)):
        rows |= {f"{entry}.2.{row}": Oid(f"1.3.6.1.2.1.25.2.1.{kind}"), f"{entry}.3.{row}": name}
        rows |= {f"{entry}.4.{row}": 1024, f"{entry}.5.{row}": size, f"{entry}.6.{row}": used}
    device, memory = Device(switch() | rows), Memory()
    first = await collect(TARGET, Cadence.INVENTORY, device, memory)
    again = await collect(TARGET, Cadence.HEALTH, device, memory)
    assert [(u.name, u.usage_ratio) for u in first.memory] == [("Physical memory", 0.6), ("Cached memory", 0.25)]
    assert again.memory == first.memory


async def test_ssh_meets_the_platform_that_the_family_names_where_the_inventory_leaves_it_to_that() -> None:
    asked: list[str] = []

    class Shelled(Device):
        async def shell(self, target: Target, cadence: Cadence, memory: Memory, until: float) -> Stage:
            assert target.ssh
            asked.append(target.ssh.platform)
            return Stage(True)

    ios = {
        "1.3.6.1.2.1.1.2.0": Oid("1.3.6.1.4.1.9.1.1208"),
        "1.3.6.1.2.1.1.1.0": b"Cisco IOS Software, C2960X Software",
    }
    device, memory = Shelled(switch() | ios), Memory()
    target = replace(TARGET, ssh=SshAccess(platform=AUTO, user="u"))
    await collect(target, Cadence.INVENTORY, device, memory)
    assert asked == []  # nobody knew yet what it is
    await collect(target, Cadence.HEALTH, device, memory)
    assert asked == ["cisco_ios"]
    await collect(target, Cadence.HEALTH, Shelled(switch()), Memory())
    assert asked == ["cisco_ios"]


# ---------------------------------------------------------------- devices that no family knows
SYS_DESCR, SYS_OBJECT_ID, STP_TOP_CHANGES = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.17.2.4.0"


async def unknown(descr: str, oid: str, **objects: Value) -> Visit:
    system: dict[str, Value] = {SYS_DESCR: descr.encode(), SYS_OBJECT_ID: Oid(oid)}
    return await collect(TARGET, Cadence.INVENTORY, Device(system | objects), Memory())


@pytest.mark.parametrize(
    ("descr", "oid", "vendor", "kind"),
    [
        ("model 7", "1.3.6.1.4.1.24062.77", "Korenix", "switch"),  # by what its maker mostly makes
        ("industrial firewall", "1.3.6.1.4.1.24062.77", "Korenix", "firewall"),  # by what it says of itself
        ("model 7", "1.3.6.1.4.1.11.77", "HPE", None),  # a maker of many things
        ("Korenix model 7, 4 ports", "1.3.6.1.4.1.8072.99", "Korenix", None),  # the agent's number, the maker's name
        ("box with an Intel chip", "1.3.6.1.4.1.8072.99", None, None),
        ("model 7 with-korenix-inside", "1.3.6.1.4.1.8072.99", None, None),  # as a host is called, say
    ],
)
async def test_maker_and_class_of_an_unknown_device_come_from_what_little_it_says(
    descr: str, oid: str, vendor: str | None, kind: str | None
) -> None:
    visit = await unknown(descr, oid)
    assert (visit.profile, visit.identity.vendor, visit.device_class) == ("generic", vendor, kind)


@pytest.mark.parametrize(("ports", "kind"), [(7, None), (8, "switch")])
async def test_many_ports_and_a_spanning_tree_make_a_switch(ports: int, kind: str | None) -> None:
    rows: dict[str, Value] = {f"1.3.6.1.2.1.2.2.1.2.{n}": b"port" for n in range(1, ports + 1)}
    visit = await unknown("model 7", "1.3.6.1.4.1.11.77", **rows, **{STP_TOP_CHANGES: 4})
    assert visit.device_class == kind
    assert (await unknown("model 7", "1.3.6.1.4.1.11.77", **rows)).device_class is None


def test_no_maker_mostly_makes_two_things() -> None:
    from typing import get_args

    import yaml

    from collectors.decode.identity import CLASSES
    from collectors.profiles.model import DeviceClass

    kinds = yaml.safe_load(CLASSES.read_text()).values()
    numbers = [number for kind in kinds for number in kind["of"]]
    assert len(numbers) == len(set(numbers)) > 200
    assert {kind["class"] for kind in kinds} <= set(get_args(DeviceClass))
