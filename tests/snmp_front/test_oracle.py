"""What snmp_exporter makes of a device and a file of modules, and what we make of them: the same, to the letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.demo.tree import Tree
from collectors import SnmpAccess
from collectors.replay import read
from tests.snmp.conftest import snmpd  # noqa: F401 - a real agent, of the engines' own tests
from tests.snmp.snmpd_users import COMMUNITY
from tests.snmp_front.conftest import DATA, Fronts, Oracle, Page, page_of, scrape, target
from tests.snmp_front.trees import kinds, recorded, switch, tables

SCRAPE = "snmp_scrape_"


def same(theirs: Page, ours: Page, moving: Callable[[str], bool] = lambda _: False) -> None:
    """Names, labels, help, types and values agree; of what moves, ours is the later."""
    for page in (theirs, ours):
        for name in [n for n in page.values if n.startswith(SCRAPE)]:
            page.values[name] = {}
    assert sorted(ours.kind) == sorted(theirs.kind)
    assert ours.kind == theirs.kind
    assert ours.help == theirs.help
    for name, values in theirs.values.items():
        assert set(ours.values[name]) == set(values), name
        for labels, value in values.items():
            if moving(name):
                assert ours.values[name][labels] >= value, (name, labels)
            else:
                assert ours.values[name][labels] == value, (name, labels)


async def both(oracle: Oracle, front: Fronts, port: int, theirs: str, ours: str, files: tuple[Path, ...]) -> Any:
    answer = await oracle.ask(f"target=127.0.0.1:{port}&module={theirs}")
    assert answer.status_code == 200, answer.text
    reply = await scrape(front(target(port), files=files), target=f"127.0.0.1:{port}", module=ours)
    assert reply.status == 200, reply.body
    return page_of(answer.text), page_of(reply.body)


@pytest.mark.parametrize(("module", "tree"), [("kinds", kinds), ("tables", tables)])
async def test_every_kind_of_value_and_index_is_written_as_snmp_exporter_writes_it(
    oracle: Oracle, front: Fronts, serve: Callable[[Tree], Any], module: str, tree: Callable[[], Tree]
) -> None:
    theirs, ours = await both(oracle, front, await serve(tree()), module, module, (DATA,))
    assert len(theirs.kind) > 15
    same(theirs, ours)


async def test_the_built_in_if_mib_gives_the_same_page_in_snmp_exporter(
    oracle: Oracle, front: Fronts, serve: Callable[[Tree], Any]
) -> None:
    theirs, ours = await both(oracle, front, await serve(switch()), "built_in_if_mib", "if_mib", ())
    same(theirs, ours)
    assert ours.kind["ifHCInOctets"] == "counter"
    labels = {"ifIndex": "1", "ifName": "Gi1/0/1", "ifAlias": 'uplink \\"1\\"', "ifDescr": "GigabitEthernet1/0/1"}
    assert ours.one("ifHCInOctets", **labels) == 6
    assert ours.one("ifType_info", ifIndex="4", ifName="", ifAlias="", ifType="ieee8023adLag") == 1


@pytest.mark.parametrize("module", ["if_mib", "hrStorage", "hrDevice", "hrSystem"])
async def test_a_real_snmpd_gives_both_the_same(
    oracle: Oracle,
    front: Fronts,
    snmpd: Any,  # noqa: F811
    module: str,
) -> None:
    answer = await oracle.ask(f"target=127.0.0.1:{snmpd.port}&module=snmpd_{module}")
    assert answer.status_code == 200, answer.text
    one = target(snmpd.port, snmp=SnmpAccess("2c", COMMUNITY), timeout_seconds=5.0)
    reply = await scrape(front(one), target="sw-1", module=module)
    assert reply.status == 200, reply.body
    theirs, ours = page_of(answer.text), page_of(reply.body)
    assert len(theirs.kind) > 5
    moves = {"hrStorageUsed", "hrSystemProcesses", "hrSystemNumUsers", "hrProcessorLoad", "hrMemorySize"}
    for page in (theirs, ours):
        for name in moves & set(page.values):
            page.values[name] = dict.fromkeys(page.values[name], 0.0)
    same(
        theirs,
        ours,
        lambda name: theirs.kind[name] == "counter" or name in ("sysUpTime", "hrSystemUptime", "hrSystemDate"),
    )


async def test_text_that_is_not_utf8_fails_the_old_exporter_and_not_ours(
    oracle: Oracle,
    front: Fronts,
    snmpd: Any,  # noqa: F811
) -> None:
    answer = await oracle.ask(f"target=127.0.0.1:{snmpd.port}&module=snmpd_system")
    assert answer.status_code == 500
    assert "is not valid UTF-8" in answer.text
    one = target(snmpd.port, snmp=SnmpAccess("2c", COMMUNITY), timeout_seconds=5.0)
    reply = await scrape(front(one), target="sw-1", module="system")
    ours = page_of(reply.body)
    assert ours.labels_of("sysContact") == [{"sysContact": "\ufffd service desk"}]  # as newer ones write it
    assert ours.labels_of("sysName") == [{"sysName": "hart-agent"}]
    assert len(ours.values["sysORID"]) > 5


@pytest.mark.parametrize(
    ("family", "case", "module"),
    [
        ("cisco_ios", "working", "cisco_device"),
        ("cisco_ios", "working", "if_mib"),
        ("cisco_ios", "working", "system"),
        ("rfc1628_ups", "", "ups_mib"),
        ("linux", "", "hrStorage"),
        ("linux", "", "hrDevice"),
        ("linux", "", "system"),
    ],
)
async def test_recorded_devices_give_both_the_same(
    oracle: Oracle, front: Fronts, serve: Callable[[Tree], Any], root: Path, family: str, case: str, module: str
) -> None:
    folder = root / "tests" / "recordings" / family
    found = sorted(folder.glob(f"{case or '*'}.snmprec"))
    assert found, f"no recording of {family}"
    theirs, ours = await both(oracle, front, await serve(recorded(read(found[0]))), f"built_in_{module}", module, ())
    same(theirs, ours)
