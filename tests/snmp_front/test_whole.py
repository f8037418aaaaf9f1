"""/snmp in the running agent: with worker processes or without, reloaded by SIGHUP, counted, and without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.config import Settings
from agent.config_check import findings_of
from agent.demo.tree import Tree
from agent.exporter.snmp import built_in
from agent.ledger import Ledger
from agent.serving import CannotStart, serve
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


async def test_config_check_looks_at_the_module_files_and_warns_of_any_target(
    settings: Settings, tmp_path: Path
) -> None:
    def said(**changes: Any) -> list[tuple[str, str]]:
        found = findings_of(settings.model_copy(update=changes), ())
        return [(one.level, one.text) for one in found if one.about == "snmp modules"]

    assert said() == [("ok", f"{len(built_in()) + 1} modules for /snmp")]
    assert [level for level, _ in said(snmp_targets="any")] == ["ok", "warning"]
    (tmp_path / "snmp.yml").write_text("mine: {walk: [x]}\n")
    ((level, text),) = said()
    assert level == "error"
    assert text.startswith(f"{tmp_path}/snmp.yml:1:15: mine.walk[0]: ")


JOB = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: snmp
    metrics_path: /snmp
    params: {{module: [if_mib], auth: [public_v2]}}
    static_configs: [{{targets: [sw-1, sw-that-is-not-there]}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: '{agent}'}}
"""


async def test_an_unchanged_job_of_snmp_exporter_is_up_in_a_real_prometheus(
    settings: Settings, tmp_path: Path, server: Callable[[str], Path], free_port: Callable[[], int]
) -> None:
    program, port = server("prometheus"), free_port()
    async with running(settings) as (client, _, _task):
        (tmp_path / "prometheus.yml").write_text(JOB.format(agent=client.base_url.netloc.decode()))
        process = await asyncio.create_subprocess_exec(
            program, f"--config.file={tmp_path}/prometheus.yml", f"--web.listen-address=127.0.0.1:{port}",
            f"--storage.tsdb.path={tmp_path}/tsdb", stdout=DEVNULL, stderr=DEVNULL,
        )  # fmt: skip
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as prometheus:

                async def asked(query: str) -> dict[str, str]:
                    try:
                        answer = await prometheus.get("/api/v1/query", params={"query": query})
                    except httpx.TransportError:
                        return {}
                    found = answer.json().get("data", {}).get("result", []) if answer.status_code == 200 else []
                    return {one["metric"].get("instance", ""): one["value"][1] for one in found}

                await until(lambda: asked('count by (instance) (ifHCInOctets{job="snmp"})'), 40)

                async def both() -> dict[str, str] | None:
                    up = await asked('up{job=~"snmp.*"}')
                    return up if len(up) == 2 else None

                assert await until(both, 20) == {"sw-1": "1", "sw-that-is-not-there": "0"}
                assert await asked('count by (instance) (ifHCInOctets{ifName!=""})') == {"sw-1": "3"}
                metadata = (await prometheus.get("/api/v1/metadata", params={"metric": "ifHCInOctets"})).json()
                assert [one["type"] for one in metadata["data"]["ifHCInOctets"]] == ["counter"]
        finally:
            process.terminate()
            await process.wait()
