"""What is asked of a device for a module: filters, bounds, what fails a scrape and what does not, hostile devices."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.demo.tree import Tree
from agent.exporter.snmp.asking import Asked, Failing, ask
from agent.exporter.snmp.model import ModuleForm
from agent.exporter.snmp.modules import Module, module_of
from collectors import SnmpAccess
from collectors.errors import AccessDenied, Capped, DeviceFault, ErrorStatus, Looped, NoAnswer, TooBig
from collectors.replay import Recording
from collectors.session import Varbind, Walk
from tests.snmp.hostile import Mib, num, saying
from tests.snmp.hostile import text as octets
from tests.snmp_front.conftest import COMMUNITY, Fronts, page_of, scrape, target
from tests.snmp_front.trees import switch

IF = "1.3.6.1.2.1.2.2.1"


def module(**given: Any) -> Module:
    return module_of("m", ModuleForm.model_validate(given))


class Device(Recording):
    """A recording that notes what it is asked, and has a walk end with a problem."""

    def __init__(self, cells: dict[str, Any], problem: DeviceFault | None = None) -> None:
        super().__init__(Varbind(oid, 4 if isinstance(v, bytes) else 2, v) for oid, v in cells.items())
        self.problem = problem
        self.asked: list[tuple[str, ...]] = []

    async def get(self, cells: Any, until: float) -> Any:
        self.asked.append(("get", *cells.oids))
        return await super().get(cells, until)

    async def walk(self, columns: Sequence[str], until: float, max_rows: int = 20_000, most: int | None = None) -> Walk:
        self.asked.append(("walk", *columns))
        walked = await super().walk(columns, until, max_rows, most)
        walked.problem = self.problem
        return walked


def soon() -> float:
    return time.monotonic() + 5


TABLE = {f"{IF}.{column}.{row}": column * 10 + row for column in (7, 10, 14) for row in (1, 2, 3)}


async def asked(device: Device, made: Module) -> Asked:
    return await ask(device, made, "sw-1", soon())


async def test_a_walk_of_an_instance_gives_the_instance() -> None:
    device = Device({"1.3.6.1.2.1.1.5.0": b"name", f"{IF}.7.1": 1})
    got = await asked(device, module(walk=["1.3.6.1.2.1.1.5.0", f"{IF}.7", "1.3.6.1.9"]))
    assert got.found == {f"{IF}.7.1": 1, "1.3.6.1.2.1.1.5.0": b"name"}
    assert device.asked[-1] == ("get", "1.3.6.1.2.1.1.5.0", "1.3.6.1.9")


async def test_a_filter_has_only_the_rows_asked_that_it_matches() -> None:
    device = Device(TABLE | {f"{IF}.8.1": 1, f"{IF}.8.2": 2, f"{IF}.8.3": 1, f"{IF}.2.1": b"Gi1", f"{IF}.2.3": b"Lo"})
    one = {"oid": f"{IF}.8", "targets": [f"{IF}.10", f"{IF}.14"], "values": ["1"]}
    two = {"oid": f"{IF}.2", "targets": [f"{IF}.14"], "values": ["^G", "^T"]}
    got = await asked(device, module(walk=[f"{IF}.7", f"{IF}.10", f"{IF}.14"], get=[f"{IF}.10.2"], filters=[one, two]))
    rows = {oid for oid in got.found if not oid.startswith(f"{IF}.7.")}
    assert rows == {f"{IF}.10.1", f"{IF}.10.3", f"{IF}.14.1"}  # filters of one target add up
    assert ("walk", f"{IF}.7") in device.asked


async def test_a_filter_that_cannot_be_asked_is_none() -> None:
    device = Device(TABLE, ErrorStatus("genErr"))
    one = {"oid": f"{IF}.8", "targets": [f"{IF}.10"], "values": ["1"]}
    got = await asked(device, module(walk=[f"{IF}.10"], filters=[one]))
    assert len(got.found) == 3


@pytest.mark.parametrize("problem", [ErrorStatus("genErr after 1.3"), TooBig("tooBig")])
async def test_what_a_device_cannot_say_leaves_what_it_has_said(problem: DeviceFault) -> None:
    assert len((await asked(Device(TABLE, problem), module(walk=[IF]))).found) == 9


@pytest.mark.parametrize("problem", [NoAnswer("silence"), Looped("in circles"), AccessDenied("no"), Capped("rows")])
async def test_a_walk_that_breaks_off_fails_the_scrape(problem: DeviceFault) -> None:
    with pytest.raises(Failing, match=f"error walking target sw-1: {problem}"):
        await asked(Device(TABLE, problem), module(walk=[IF]))


async def test_max_repetitions_bounds_what_one_request_asks_for(
    front: Fronts, serve: Callable[[Tree], Any], tmp_path: Path
) -> None:
    packets = {}
    for most in (1, 7, 100, 0):
        path = tmp_path / f"{most}.yml"
        path.write_text(
            f"m:\n  walk: [{IF}]\n  get: [{IF}.7.1, {IF}.7.2, {IF}.7.3]\n  max_repetitions: {most}\n  metrics:\n"
            f"  - {{name: a, oid: {IF}.10, type: counter, indexes: [{{labelname: i, type: gauge}}]}}\n"
        )
        here = front(target(await serve(switch())), files=(path,))
        page = page_of((await scrape(here, target="sw-1", module="m")).body)
        assert len(page.values["a"]) == 4
        packets[most] = page.one("snmp_scrape_packets_sent")
    assert packets[1] > 80
    assert 10 < packets[7] < 20
    assert packets[100] <= packets[0] + 1 < 8


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_an_old_agent_is_asked_by_version_one(front: Fronts, serve: Callable[[Tree], Any], version: Any) -> None:
    one = target(await serve(switch()), snmp=SnmpAccess(version, COMMUNITY))
    page = page_of((await scrape(front(one), target="sw-1")).body)
    assert len(page.values["ifInOctets"]) == 4
    assert len(page.values.get("ifHCInOctets", {})) == (0 if version == "1" else 4)  # v1 has no 64 bits


async def test_a_hostile_device_gives_a_page_that_can_be_read_or_a_failing_scrape(front: Fronts) -> None:
    huge = b'\xff\x00\x1b[2J\n"\\' * 150
    objects = {f"{IF}.{column}.{row}": num(row, 0x41) for column in (10, 16) for row in (1, 2**32 - 1)}
    objects |= {f"{IF}.2.{row}": octets(huge) for row in (1, 2**32 - 1)}
    objects |= {f"{IF}.3.1": octets(b"six"), f"{IF}.6.1": octets(huge), "1.3.6.1.2.1.31.1.1.1.18.1": num(-7)}
    objects |= {f"{IF}.10.1.2.3": num(5, 0x41), f"{IF}.8.1": b"\x05\x00"}
    async with saying(Mib(objects)) as hostile:
        one = target(hostile.port, snmp=SnmpAccess("2c", "hart-read"))
        reply = await scrape(front(one), target="sw-1")
    assert reply.status == 200, reply.body
    page = page_of(reply.body)
    assert len(page.values["ifInOctets"]) == 3 - 1  # 10.1 and 10.1.2.3 would be one series
    assert "\x1b" not in reply.body
    assert page.one("ifInOctets", ifIndex="1", ifAlias="-7") == 1


async def test_a_device_that_goes_round_in_circles_fails_its_scrape(front: Fronts) -> None:
    def circles(asked: Any) -> bytes:
        return bytes(asked.reply([((*asked.names[0][:10], 10, 1), num(1, 0x41))] * 3))

    async with saying(circles) as hostile:
        reply = await scrape(front(target(hostile.port, snmp=SnmpAccess("2c", "hart-read"))), target="sw-1")
    assert reply.status == 500
    assert "error walking target 127.0.0.1" in reply.body
