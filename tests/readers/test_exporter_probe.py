"""/probe: what may be asked, how it is answered, and that it is a visit like any other."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from agent import exporter
from agent.config import Settings
from agent.exporter.probe import Refused, patience_of
from agent.exporter.text import Format
from agent.pipeline import Outcome
from agent.probing import Probes
from collectors.readings import Cadence
from tests.readers.estate import pages, visit
from tests.readers.test_app import INVENTORY, metric, running, until
from tests.readers.test_exporter_http import OPEN
from tests.readers.test_exporter_pages import parsed, sound, value


class Asked:
    """An agent with one device, whose looks take so long and end so."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, Cadence]] = []
        self.reached, self.takes = True, 0.0
        self.pages = pages(visit())
        self.probes = Probes(self.look, self.pages.devices, at_once=1)
        app = Starlette(routes=exporter.routes(self.pages, lambda: None, probes=self.probes))
        transport = httpx.ASGITransport(app=app, client=("192.0.2.9", 50_000))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9640")

    async def look(self, device: str, cadence: Cadence) -> Outcome:
        self.looks.append((device, cadence))
        await asyncio.sleep(self.takes)
        return Outcome(self.reached)

    async def get(self, query: str, **headers: str) -> httpx.Response:
        return await self.client.get(f"/probe{query}", headers=headers)


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    made = Asked()
    yield made
    await made.client.aclose()


async def test_the_answer_is_the_devices_page_with_what_became_of_the_look(asked: Asked) -> None:
    page = await asked.get("?target=sw-wf-1")
    assert page.status_code == 200
    sound(page.text)
    assert value(page.text, "probe_success") == 1
    assert value(page.text, "probe_duration_seconds") is not None
    assert value(page.text, "hartwatch_device_up", device="sw-wf-1") == 1
    assert value(page.text, "ifHCInOctets", device="sw-wf-1", ifIndex="1") == 10
    assert asked.looks == [("sw-wf-1", Cadence.HEALTH)]


@pytest.mark.parametrize("cadence", list(Cadence))
async def test_how_much_is_asked_of_the_device_may_be_said(asked: Asked, cadence: Cadence) -> None:
    assert (await asked.get(f"?target=192.0.2.30&cadence={cadence.value}")).status_code == 200
    assert asked.looks == [("sw-wf-1", cadence)]


async def test_both_formats_and_gzip_are_as_on_every_other_page(asked: Asked) -> None:
    plain = await asked.get("?target=sw-wf-1", **{"accept-encoding": "identity"})
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    wanted = await asked.get("?target=sw-wf-1", accept=OPEN, **{"accept-encoding": "identity"})
    assert wanted.headers["content-type"].startswith("application/openmetrics-text")
    assert wanted.text.endswith("# EOF\n")
    assert "probe_success 1.0\n" in wanted.text
    async with asked.client.stream(
        "GET", "/probe?target=sw-wf-1", headers={"accept-encoding": "gzip", "accept": OPEN}
    ) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw)
    text = gzip.decompress(raw).decode()
    assert "probe_success 1.0\n" in text
    assert text.endswith("# EOF\n")
    assert "probe_success" not in (await asked.client.get("/devices/sw-wf-1/metrics")).text


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("", 400, "one target is wanted"),
        ("?target=", 400, "one target is wanted"),
        ("?target=sw-wf-1&target=sw-wf-2", 400, "one target is wanted"),
        ("?target=192.0.2.31", 404, "nothing else is looked at"),
        ("?target=169.254.169.254", 404, "nothing else is looked at"),
        ("?target=%00%0a%1b[2J", 404, "nothing else is looked at"),
        ("?target=sw-wf-1&cadence=often", 400, "pulse, health, inventory"),
        ("?target=sw-wf-1&cadence=", 400, "pulse, health, inventory"),
        ("?target=sw-wf-1&cadence=pulse&cadence=health", 400, "one cadence"),
    ],
)
async def test_what_cannot_be_asked_is_one_line_and_no_look(asked: Asked, query: str, status: int, says: str) -> None:
    answer = await asked.get(query)
    assert (answer.status_code, answer.text.count("\n")) == (status, 1)
    assert says in answer.text
    assert answer.text.isprintable() or answer.text[:-1].isprintable()
    assert asked.looks == []


async def test_a_look_is_asked_for_by_get_only(asked: Asked) -> None:
    for method in ("HEAD", "POST"):
        answer = await asked.client.request(method, "/probe?target=sw-wf-1")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert asked.looks == []


async def test_a_silent_device_is_a_page_that_says_so(asked: Asked) -> None:
    asked.reached = False
    page = await asked.get("?target=sw-wf-1")
    assert page.status_code == 200
    assert value(page.text, "probe_success") == 0


async def test_prometheus_is_answered_before_its_patience_ends(asked: Asked) -> None:
    asked.takes = 30.0
    answer = await asyncio.wait_for(asked.get("?target=sw-wf-1", **{"X-Prometheus-Scrape-Timeout-Seconds": "0.6"}), 10)
    assert answer.status_code == 200
    assert value(answer.text, "probe_success") == 0
    full = await asked.get("?target=sw-wf-1&cadence=inventory")
    assert (full.status_code, full.headers["retry-after"]) == (503, "1")


def test_the_patience_of_prometheus_is_taken_with_something_off_for_the_way() -> None:
    assert patience_of(None) == 120.0
    assert patience_of("10") == 9.5
    assert patience_of("0.4") == 0.2
    assert patience_of("1e9") == 120.0
    assert patience_of("inf") == 120.0
    for wrong in ("", "soon", "-1", "0", "nan"):
        with pytest.raises(Refused) as caught:
            patience_of(wrong)
        assert caught.value.status == 400


# ---------------------------------------------------------------- the whole agent
def promtool(page: str) -> list[str]:
    """What `promtool check metrics` has to say about a page; nothing where it is not installed."""
    program = shutil.which("promtool")
    if program is None:
        return []
    command = [program, "check", "metrics"]
    return subprocess.run(
        command, input=page, capture_output=True, text=True, timeout=60, check=False
    ).stderr.splitlines()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Callable[[str], Path]) -> Any:
    """Settings with one device, and the way to start and to stop the snmpd that answers for it."""
    monkeypatch.setenv("HARTWATCH_TEST_COMMUNITY", "a-secret-community")
    program = server("snmpd")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "snmpd.conf").write_text("rocommunity a-secret-community 127.0.0.1\nsysName probed\nsysServices 72\n")
    (tmp_path / "inventory.yaml").write_text(
        INVENTORY.format(port=port, secret="env:HARTWATCH_TEST_COMMUNITY").replace(
            "site: wallfields}", "site: wallfields, every: {pulse: 1h, health: 1h, inventory: 1h}}"
        )
    )
    started: list[subprocess.Popen[bytes]] = []

    class Watching:
        settings = Settings(inventory=tmp_path / "inventory.yaml", state_directory=tmp_path / "state", listen_port=0)

        def start(self) -> None:
            started.append(
                subprocess.Popen(
                    [program, "-f", "-Lo", "-C", "-c", "snmpd.conf", "-p", "pid", f"udp:127.0.0.1:{port}"],
                    cwd=tmp_path,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={"SNMP_PERSISTENT_DIR": str(tmp_path), "MIBS": "", "PATH": "/usr/bin:/bin"},
                )
            )

        def stop(self) -> None:
            for process in started:
                process.terminate()
                process.wait(10)
            started.clear()

    watching = Watching()
    yield watching
    watching.stop()


async def test_a_probe_is_a_visit_its_find_is_kept_and_judged_and_both_are_told(watched: Any) -> None:
    async with running(watched.settings) as (client, _, _task):

        async def looked(outcome: str = "silent") -> bool:
            return bool(await metric(client, "hartwatch_visits_total", cadence="inventory", outcome=outcome))

        await until(looked)  # the first look; the next is an hour away
        watched.start()

        async def answers() -> bool:
            page = await client.get("/probe?target=127.0.0.1&cadence=inventory", timeout=20)
            return value(page.text, "probe_success") == 1 and value(page.text, "hartwatch_device_up") == 1

        # It takes a moment to come up, and ten seconds must be between two looks that are asked for.
        await until(answers, 40)
        assert await looked("reached")
        page = (await client.get("/devices/sw-wf-1/metrics")).text
        assert "ifHCInOctets{" in page, "what was found is not thrown away"
        assert "probe_success" not in page
        for address in ("/metrics", "/agent/metrics", "/devices/sw-wf-1/metrics", "/probe?target=sw-wf-1"):
            text, wanted = [
                (await client.get(address, headers={"accept": form}, timeout=20)).text for form in ("text/plain", OPEN)
            ]
            sound(text)
            sound(wanted)
            assert parsed(text), address
            assert parsed(wanted, Format.OPEN), address
            checked = await asyncio.to_thread(promtool, text)
            # Names of MIBs are not in Prometheus' style, and pounds of money are not of weight: it finds nothing else.
            others = [line for line in checked if not line.startswith(("if", "sys", "hr"))]
            assert not [line for line in others if "_pounds" not in line], address
        assert await metric(client, "hartwatch_probes_total", outcome="reached")
