"""/snmp in the running agent: with worker processes or without, reloaded by SIGHUP, counted, and without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.app import CannotStart, serve
from agent.config import Settings
from agent.demo.tree import Tree
from agent.ledger import Ledger
from tests.readers.test_app import metric, running, until
from tests.snmp_front.conftest import COMMUNITY, page_of
from tests.snmp_front.trees import switch

INVENTORY = """
councils: {{sbc: {{title: Stevenage Borough Council, share: "1"}}}}
zones: {{general: {{title: General}}}}
sites: {{wallfields: {{title: Wallfields, kind: office, owner: sbc}}}}
credentials: {{general: {{kind: snmp_v2c, community: "env:HARTWATCH_TEST_COMMUNITY"}}}}
defaults: {{snmp: general, zone: general, timeout: 1s, retries: 0, deadline: 5s, every: {{pulse: 1h}}}}
devices:
  - {{name: sw-1, address: 127.0.0.1, port: {port}, class: switch, site: wallfields}}
"""
MODULE = "mine:\n  walk: [1.3.6.1.2.1.2.1]\n  metrics: [{{name: {name}, oid: 1.3.6.1.2.1.2.1, type: gauge, help: h}}]\n"


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[[Tree], Any]) -> Settings:
    monkeypatch.setenv("HARTWATCH_TEST_COMMUNITY", COMMUNITY)
    (tmp_path / "inventory.yaml").write_text(INVENTORY.format(port=await serve(switch())))
    (tmp_path / "snmp.yml").write_text(MODULE.format(name="first"))
    return Settings(
        inventory=tmp_path / "inventory.yaml",
        state_directory=tmp_path / "state",
        listen_port=0,
        snmp_modules=(tmp_path / "snm*.yml",),
    )


@pytest.mark.parametrize("workers", [0, 1])
async def test_a_job_of_snmp_exporter_is_answered_by_the_running_agent(settings: Settings, workers: int) -> None:
    async with running(settings.model_copy(update={"workers": workers})) as (client, _, _task):
        asked = {"target": "sw-1", "module": "if_mib,mine", "auth": "public_v2"}
        answer = await client.get("/snmp", params=asked, headers={"X-Prometheus-Scrape-Timeout-Seconds": "10"})
        assert answer.status_code == 200, answer.text
        page = page_of(answer.text)
        assert len(page.values["ifHCInOctets"]) == 4
        assert page.one("first") == 4
        assert (await client.get("/snmp", params={"target": "127.0.0.9"})).status_code == 403
        assert await metric(client, "hartwatch_snmp_scrapes_total", result="ok") == 1
        assert await metric(client, "hartwatch_snmp_scrapes_total", result="refused") == 1


async def test_module_files_are_read_again_on_sighup_and_invalid_ones_leave_the_old_in_force(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(settings) as (client, _, _task):

        async def names() -> set[str]:
            return set(page_of((await client.get("/snmp?target=sw-1&module=mine")).text).values)

        assert "first" in await names()
        (tmp_path / "snmp.yml").write_text("mine:\n  wallk: []\n")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: metric(client, "hartwatch_snmp_modules_invalid"))
        assert f"{tmp_path}/snmp.yml:2:3: mine.wallk: there is no such key" in caplog.text
        assert "first" in await names()
        (tmp_path / "snmp.yml").write_text(MODULE.format(name="second"))
        os.kill(os.getpid(), signal.SIGHUP)

        async def taken() -> bool:
            return "second" in await names()

        await until(taken)
        assert await metric(client, "hartwatch_snmp_modules_invalid") == 0


async def test_a_scrape_leaves_no_trace_in_the_ledger(settings: Settings) -> None:
    async with running(settings) as (client, _, _task):
        visited = lambda: metric(client, "hartwatch_visits_total", cadence="inventory", outcome="reached")  # noqa: E731
        await until(visited)
        reading = Ledger.open(settings.ledger_url, "reader", watch=False)
        try:
            await asyncio.sleep(0.3)  # what the visit had to say is written within that time
            before = [len(list(reading.sightings())), len(list(reading.flips()))]
            for _ in range(5):
                assert (await client.get("/snmp?target=sw-1&module=if_mib")).status_code == 200
            await asyncio.sleep(0.3)
            assert [len(list(reading.sightings())), len(list(reading.flips()))] == before
        finally:
            reading.close()


async def test_the_agent_does_not_begin_with_module_files_that_cannot_be_used(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "snmp.yml").write_text("mine:\n  version: 7\n")
    with pytest.raises(CannotStart, match=r"snmp\.yml:2:12: mine\.version") as caught:
        await serve(settings, signals=False)
    assert caught.value.status == 2
