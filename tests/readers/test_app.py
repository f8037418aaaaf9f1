"""The agent as a whole: how it begins, what keeps it from it, how it reloads and ends."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner, Result

from agent import web
from agent.calendar_uk import quarter_of
from agent.cli import serve as serve_commands
from agent.cli.serve import verdict
from agent.config import Settings, SettingsInvalid
from agent.facts import Facts
from agent.inventory import Problem
from agent.ledger import Ledger
from agent.schedule import Intervals, Schedule
from agent.serving import CannotStart, serve
from collectors.readings import Check, Level
from tests.readers.estate import visit

INVENTORY = """
councils:
  sbc: {{title: Stevenage Borough Council, share: "0.5"}}
  ehdc: {{title: East Herts District Council, share: "0.5"}}
zones: {{general: {{title: General}}}}
sites:
  wallfields: {{title: Wallfields, kind: office, owner: ehdc}}
credentials:
  general: {{kind: snmp_v2c, community: "{secret}"}}
defaults: {{snmp: general, zone: general, timeout: 1s, retries: 0, deadline: 2s}}
devices:
  - {{name: sw-wf-1, address: 127.0.0.1, port: {port}, class: switch, site: wallfields}}
"""
MORE = "  - {{name: sw-wf-2, address: 127.0.0.1, port: {port}, class: switch, site: wallfields}}\n"


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Settings]]:
    """Settings with an inventory of one device that stays silent.

    Its port is held: a port that is only free might be taken, and answered on, by a test that runs beside this one.
    """
    monkeypatch.setenv("HARTWATCH_TEST_COMMUNITY", "a-secret-community")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    port = silent.getsockname()[1]

    def make(more: str = "", secret: str = "env:HARTWATCH_TEST_COMMUNITY", **changes: Any) -> Settings:  # noqa: S107
        (tmp_path / "inventory.yaml").write_text((INVENTORY + more).format(port=port, secret=secret))
        given = {"inventory": tmp_path / "inventory.yaml", "state_directory": tmp_path / "state", "listen_port": 0}
        return Settings(**{**given, **changes})

    yield make
    silent.close()


@asynccontextmanager
async def running(
    settings: Settings,
    config: web.WebConfig | None = None,
    trusted: ssl.SSLContext | bool = True,
    reread: Callable[[], Settings] | None = None,
) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Event, asyncio.Task[int]]]:
    """The agent in this process, its HTTP side, and the event that ends it."""
    ending: asyncio.Event = asyncio.Event()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = serve(settings, web_config=config, started=address.set_result, ending=ending, reread=reread)
    task = asyncio.create_task(serving)
    await asyncio.wait({task, address}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
    if task.done():
        task.result()
    async with httpx.AsyncClient(base_url=await address, verify=trusted) as client:
        yield client, ending, task
    ending.set()
    await asyncio.wait_for(task, 30)


async def metric(client: httpx.AsyncClient, name: str, **labels: str) -> float | None:
    page = (await client.get("/metrics")).text
    found = [
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return found[0] if found else None


async def until(check: Callable[[], Any], seconds: float = 15) -> Any:
    async with asyncio.timeout(seconds):
        while True:
            found = await check()
            if found:
                return found
            await asyncio.sleep(0.05)


async def test_it_begins_serves_pages_and_metrics_and_ends_cleanly(estate: Callable[..., Settings]) -> None:
    async with running(estate()) as (client, ending, task):
        for page in ("/", "/devices", "/devices/sw-wf-1", "/sites/wallfields", "/outages", "/maintenance", "/register",
                     "/papers", "/health", "/metrics", "/devices/sw-wf-1/metrics", "/sd/prometheus",
                     "/-/healthy"):  # fmt: skip
            assert (await client.get(page)).status_code == 200, page
        assert await metric(client, "hartwatch_inventory_devices") == 1

        async def silent() -> bool:
            return bool(await metric(client, "hartwatch_visits_total", cadence="inventory", outcome="silent"))

        await until(silent)
        assert await metric(client, "hartwatch_device_up", device="sw-wf-1") == 0
        assert (await client.get("/-/ready")).status_code == 503
        ending.set()
        assert await asyncio.wait_for(task, 30) == 0


async def test_hardware_that_is_old_is_told_of_once_and_not_again_after_a_restart(
    estate: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent.app.TELL_SECONDS", 0.2)
    old = (
        "  - {{name: sw-old, address: 127.0.0.1, port: {port}, class: switch, site: wallfields, "
        "owned: {{purchased: 2012-05-01}}}}\n"
    )
    settings = estate(old, hardware_settles=timedelta(seconds=1))

    def ledger() -> Ledger:
        return Ledger.open(settings.ledger_url, "reader", watch=False)

    for turn in (1, 2):
        caplog.clear()
        async with running(settings):
            if turn == 1:
                await until(lambda: asyncio.sleep(0.1, "overdue for replacement" in caplog.text))
            else:
                await asyncio.sleep(2.5)  # longer than the register is let settle
        reading = ledger()
        told = [message.title for _, message in reading.told("hardware:stage/overdue")]
        kinds = {milestone.kind for milestone in reading.milestones()}
        reading.close()
        assert told == ["1 switch is overdue for replacement"]
        assert kinds == {"stage"}
    assert "overdue for replacement" not in caplog.text


async def test_the_agent_drafts_the_paper_of_the_last_quarter_once_over_a_restart(
    estate: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent.app.MIND_SECONDS", 0.5)
    monkeypatch.setattr("agent.app.TELL_SECONDS", 0.2)
    settings = estate(papers={"days_after": 0, "editions": ["public"], "forms": ["html"]})
    settings.state_directory.mkdir(parents=True)
    quarter = quarter_of(datetime.now(UTC)).previous
    ledger = Ledger.open(settings.ledger_url, "past", watch=False)
    ledger.record(Facts(watched=((quarter.began_at, quarter.ends_at),)))
    ledger.close()
    page = settings.state_directory / "papers" / f"ict-quarter-{quarter}-draft-public.html"
    with caplog.at_level(logging.INFO):
        async with running(settings) as (client, _, _):
            await until(lambda: metric(client, "hartwatch_paper_last_draft_timestamp_seconds"))
            assert page.name in (await client.get("/papers")).text
            await until(lambda: asyncio.sleep(0.1, f"A draft of the paper for {quarter} is there" in caplog.text))
        page.unlink()
        caplog.clear()
        async with running(settings) as (client, _, _):
            await until(lambda: metric(client, "hartwatch_paper_last_draft_timestamp_seconds"))
    assert not page.exists()
    assert "A draft of the paper" not in caplog.text


async def test_with_workers_it_watches_and_reloads_all_the_same(estate: Callable[..., Settings]) -> None:
    async with running(estate(workers=2)) as (client, ending, task):

        async def all_alive() -> bool:  # the agent begins when the first of them is
            return await metric(client, "hartwatch_workers_alive") == 2

        await until(all_alive)
        assert await until(lambda: metric(client, "hartwatch_device_silent_visits", device="sw-wf-1"))
        assert await metric(client, "hartwatch_visit_crashes_total") == 0
        assert await until(lambda: metric(client, "hartwatch_snmp_datagrams_total", event="time_outs"))
        estate(more=MORE)
        os.kill(os.getpid(), signal.SIGHUP)
        assert await until(lambda: metric(client, "hartwatch_device_silent_visits", device="sw-wf-2"))
        ending.set()
        assert await asyncio.wait_for(task, 20) == 0


async def test_a_reload_takes_on_the_difference_and_refuses_what_is_invalid(
    estate: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agent.app")
    settings = estate()
    async with running(settings) as (client, _, _task):
        settings.inventory.write_text(settings.inventory.read_text().replace("devices:", "devicez:"))
        os.kill(os.getpid(), signal.SIGHUP)

        async def refused() -> bool:
            return await metric(client, "hartwatch_inventory_invalid") == 1

        await until(refused)
        assert await metric(client, "hartwatch_config_last_reload_successful") == 0
        assert await metric(client, "hartwatch_inventory_devices") == 1
        said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert any(re.search(r"inventory\.yaml:\d+:\d+: .*did you mean 'devices'", line) for line in said)
        assert "devicez" in (await client.get("/")).text

        estate(MORE)
        os.kill(os.getpid(), signal.SIGHUP)

        async def taken() -> bool:
            return await metric(client, "hartwatch_inventory_devices") == 2

        await until(taken)
        assert await metric(client, "hartwatch_inventory_invalid") == 0
        assert await metric(client, "hartwatch_config_last_reload_successful") == 1
        assert (await client.get("/devices/sw-wf-2")).status_code == 200
        assert any("1 added, 0 removed, 0 changed" in record.getMessage() for record in caplog.records)


async def test_a_reload_whose_secret_is_gone_leaves_the_old_inventory_in_force(
    estate: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(estate()) as (client, _, _task):
        monkeypatch.delenv("HARTWATCH_TEST_COMMUNITY")
        os.kill(os.getpid(), signal.SIGHUP)

        async def refused() -> bool:
            return await metric(client, "hartwatch_inventory_invalid") == 1

        await until(refused)
        assert await metric(client, "hartwatch_inventory_devices") == 1


async def test_a_reload_takes_on_settings_and_says_which_wait_for_a_restart(
    estate: Callable[..., Settings], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhythms: list[float] = []
    apply = Schedule.apply

    def noted(self: Schedule, wanted: dict[str, Intervals], changed: set[str] = frozenset()) -> object:  # type: ignore[assignment]
        rhythms.append(wanted["sw-wf-1"].pulse)
        return apply(self, wanted, changed)

    monkeypatch.setattr(Schedule, "apply", noted)
    caplog.set_level("INFO", "agent.app")
    before = estate(pulse_interval=timedelta(hours=1))
    on_disk: list[Settings | SettingsInvalid] = [before]

    def reread() -> Settings:
        if isinstance(on_disk[0], SettingsInvalid):
            raise on_disk[0]
        return on_disk[0]

    async with running(before, reread=reread) as (client, _, _task):
        on_disk[0] = SettingsInvalid([Problem("hartwatch.yaml", 3, 1, "pulse_intervl", "unknown key")])
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: is_now(client, "hartwatch_settings_invalid", 1))
        assert await metric(client, "hartwatch_inventory_invalid") == 0
        assert await metric(client, "hartwatch_config_last_reload_successful") == 0
        assert "hartwatch.yaml:3:1: pulse_intervl: unknown key" in (await client.get("/")).text

        on_disk[0] = estate(pulse_interval=timedelta(seconds=2), visits_at_once=7, log_level="warning")
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: is_now(client, "hartwatch_settings_waiting", 1))
        assert await metric(client, "hartwatch_settings_invalid") == 0
        assert await metric(client, "hartwatch_config_last_reload_successful") == 1
        assert "visits_at_once" in (await client.get("/health")).text
        assert logging.getLogger("agent").level == logging.WARNING
        assert any("settings taken on: log_level, pulse_interval" in r.getMessage() for r in caplog.records)
        assert rhythms[-1] == 2
        on_disk[0] = before  # the file is put back: nothing waits any more
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: is_now(client, "hartwatch_settings_waiting", 0))
        assert logging.getLogger("agent").level == logging.INFO


async def is_now(client: httpx.AsyncClient, name: str, value: float) -> bool:
    return await metric(client, name) == value


async def test_sigterm_ends_it_cleanly_and_the_ledger_is_closed(estate: Callable[..., Settings]) -> None:
    settings = estate()
    async with running(settings) as (_, _ending, task):
        os.kill(os.getpid(), signal.SIGTERM)
        assert await asyncio.wait_for(task, 30) == 0
    again = Ledger.open(settings.ledger_url, "agent-2")
    assert again.watches()
    again.close()


async def test_no_secret_is_on_any_page_or_in_the_log(
    estate: Callable[..., Settings], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with running(estate()) as (client, _, _task):
        for page in ("/", "/devices/sw-wf-1", "/health", "/metrics", "/sd/prometheus"):
            assert "a-secret-community" not in (await client.get(page)).text
    assert "a-secret-community" not in caplog.text


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hartwatch.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "test.crt", folder / "test.key"
    cert_file.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert_file, key_file


async def test_with_a_web_configuration_it_speaks_tls_and_knows_its_users(
    estate: Callable[..., Settings], tmp_path: Path
) -> None:
    cert_file, _ = certificate(tmp_path)
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(
        "tls_server_config: {cert_file: test.crt, key_file: test.key}\n"
        f"basic_auth_users: {{prometheus: {hashed!r}}}\n"
    )
    config = web.read_web_config(tmp_path / "web.yml")
    trusted = ssl.create_default_context(cafile=str(cert_file))
    async with running(estate(), config, trusted) as (client, _, _task):
        assert client.base_url.scheme == "https"
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", auth=("prometheus", "right"))).status_code == 200


def test_a_key_that_is_not_the_certificates_is_told_before_anything_starts(tmp_path: Path) -> None:
    certificate(tmp_path)
    (tmp_path / "test.key").write_text("no key")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: test.crt, key_file: test.key}")
    with pytest.raises(web.WebConfigInvalid, match="belong together"):
        web.read_web_config(tmp_path / "web.yml")


# ---------------------------------------------------------------- what keeps it from beginning
async def refusal(settings: Settings) -> CannotStart:
    with pytest.raises(CannotStart) as caught:
        await serve(settings, signals=False)
    return caught.value


async def test_a_port_in_use_is_one_line_that_says_what_to_do(estate: Callable[..., Settings]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        problem = await refusal(estate(listen_port=taken.getsockname()[1]))
    assert problem.status == 1
    assert re.search(r"address already in use; .*choose another port", str(problem))
    assert "\n" not in str(problem)


async def test_a_state_directory_that_cannot_be_written_is_one_line(
    estate: Callable[..., Settings], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    problem = await refusal(estate(state_directory=tmp_path / "file" / "state"))
    assert problem.status == 1
    assert "writable" in str(problem)
    assert "\n" not in str(problem)


async def test_a_secret_that_cannot_be_had_is_one_line_with_its_reference(estate: Callable[..., Settings]) -> None:
    problem = await refusal(estate(secret="env:HARTWATCH_NOT_SET"))
    assert problem.status == 2
    assert "env:HARTWATCH_NOT_SET" in str(problem)
    assert "\n" not in str(problem)


def test_listening_raises_the_limit_on_open_files_as_far_as_it_may() -> None:
    """Prometheus keeps a thousand connections open, and most systems let a process have 1,024 files."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[0] < 2048:
        pytest.skip(f"this machine allows {before[0]} files only")
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
        web.listen("127.0.0.1", 0).close()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(before[1], 4096 + 512)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        web.listen("127.0.0.1", 0).close()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == max(before[0], min(before[1], 4096 + 512))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_listening_beyond_loopback_without_tls_and_users_is_refused_with_the_reason(
    estate: Callable[..., Settings],
) -> None:
    problem = await refusal(estate(listen_address="0.0.0.0"))  # noqa: S104
    assert problem.status == 2
    assert "without TLS and users" in str(problem)
    assert "--web-config" in str(problem)


async def test_a_second_agent_on_the_same_ledger_is_refused(estate: Callable[..., Settings]) -> None:
    async with running(estate()):
        problem = await refusal(estate())
    assert problem.status == 1
    assert "another agent" in str(problem)


def hartwatch(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", *arguments], capture_output=True, text=True, timeout=60, cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_the_command_line_gives_one_line_and_status_2_for_an_inventory_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("sites:\n  a: {titel: A, kind: office, owner: x}\n")
    done = hartwatch("run", "-i", "bad.yaml", "--state", str(tmp_path / "s"), "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    said = done.stderr.splitlines()
    assert said
    assert all(line.startswith("hartwatch: bad.yaml:2:") for line in said)


def command(*arguments: str) -> Result:
    """A command in this process: those that set up no log and start nothing."""
    app = typer.Typer()
    serve_commands.register(app)
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x"])
def test_wrong_usage_is_one_line_and_status_2(listen: str) -> None:
    done = command("run", "--listen", listen)
    assert done.exit_code == 2
    assert done.stderr.startswith("hartwatch: --listen:")
    assert len(done.stderr.splitlines()) == 1


def test_check_tells_a_monitor_unknown_where_the_fault_is_ours_and_critical_where_it_is_the_devices(
    estate: Callable[..., Settings],
) -> None:
    settings = estate()
    common = ("-i", str(settings.inventory), "--state", str(settings.state_directory))
    silent = command("check", "sw-wf-1", *common)
    assert silent.exit_code == 2, silent.output
    assert silent.stdout.startswith("CRITICAL - sw-wf-1: ")
    assert len(silent.stdout.splitlines()) == 1
    wrong = command("check", "sw-wf-2", *common)
    assert wrong.exit_code == 3
    assert "did you mean 'sw-wf-1'?" in wrong.stderr
    settings.inventory.unlink()
    assert command("check", "sw-wf-1", *common).exit_code == 3


def test_the_line_for_a_monitor_names_the_worst_first_and_its_status() -> None:
    bad = (Check("fan", "1", "slow", Level.WARNING), Check("power_supply", "2", "failed|gone", Level.CRITICAL))
    status, line = verdict(visit(checks=bad))
    assert status == 2
    assert line.startswith("CRITICAL - sw-wf-1: power supply 2 failed/gone; fan 1 slow | ")
    assert line.count("|") == 1
    assert verdict(visit(checks=bad[:1]))[0] == 1
    assert verdict(visit(checks=()))[0] == 0
