"""The walk itself: start, scrape, fault, alert, silence, upgrade, back up, restore; every step is looked at.

Walk(place, programs, folder, project, tell).go()
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from agent.calendar_uk import LONDON
from agent.demo.begin import SimulatorProcess, write_plan
from agent.demo.control import CONTROL, ask
from agent.demo.estate import Demo, simulate
from agent.inventory import load
from agent.ledger.store import Store
from tests.agent_core.test_ledger_chain import OLD_ROWS
from tests.walk.places import Place, clean, owner

PATIENCE = 240.0  # of a machine that has much else to do
PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
Ports = dict[str, int]


class Walk:
    """One walk through one place. `tell` is given a line for each step that held."""

    def __init__(
        self, place: Place, programs: dict[str, Path], folder: Path, project: Path, tell: Callable[[str], object]
    ) -> None:
        self.place, self.programs, self.folder, self.project, self.tell = place, programs, folder, project, tell
        self.ports: Ports = {name: _free() for name in ("agent", "prometheus", "alertmanager")}
        self.agent = f"http://127.0.0.1:{self.ports['agent']}"
        self.prometheus = f"http://127.0.0.1:{self.ports['prometheus']}"
        self.alertmanager = f"http://127.0.0.1:{self.ports['alertmanager']}"
        self.log = folder / "agent.log"
        self.began = time.monotonic()

    def go(self) -> None:
        with contextlib.ExitStack() as stack:
            simulator = self._simulated(stack)
            self._ledger_of_an_older_version()
            agent = stack.enter_context(self._started())
            self._upgraded()
            stack.enter_context(self._watched_by_prometheus())
            self._scraped()
            subject = self._fault(simulator)
            self._alerted(subject)
            self._silenced(subject)
            self._planned(subject)
            archive = self._backed_up()
            self._stopped(agent)
            self._refused_by_an_older_version()
            self._restored(archive)
            with self._started():
                self._step("the agent goes on with what was restored")

    def _step(self, words: str) -> None:
        self.tell(f"{time.monotonic() - self.began:6.1f} s  {words}")

    # ------------------------------------------------------------ install and start
    def _simulated(self, stack: contextlib.ExitStack) -> Path:
        """Devices on loopback, and an inventory with their ports; gives the folder of their control socket."""
        self.place.hartwatch("version")
        self._step("installed: " + self.place.hartwatch("version").strip())
        made: Demo = simulate(load(self.project / "inventory.yaml"))
        folder = self.folder / "sim"
        folder.mkdir()
        write_plan(made.plan, folder)
        simulator = SimulatorProcess(folder)
        stack.callback(simulator.stop)
        simulator.wait()
        place, secrets = self.place, self.place.config / "credentials"
        made.write_secrets(place.outside(secrets))
        inventory = made.inventory(simulator.snmp_port, simulator.ssh_port, secrets)
        place.outside(place.config / "inventory.yaml").write_text(inventory)
        place.outside(place.state / "ssh_known_hosts").write_text(made.known_hosts(simulator.ssh_port))
        settings = place.outside(place.config / "hartwatch.yaml")
        with settings.open("a") as more:
            more.write(
                f"listen_port: {self.ports['agent']}\npulse_interval: 6s\nhealth_interval: 30s\nagent_name: walker\n"
                f"self_check_addresses: ['{simulator.gateway}']\nstop_grace: 5s\n"
            )
        self._hand_over(place.outside(secrets), place.outside(place.state))
        said = place.hartwatch("inventory", "check", place.config / "inventory.yaml")
        self._step(f"inventory: valid, {said.count(chr(10))} lines said of it")
        return folder

    def _hand_over(self, *folders: Path) -> None:
        """What we wrote as root is the agent's."""
        if self.place.root == Path("/"):
            return
        for folder in folders:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, *owner(self.place.root))

    @contextlib.contextmanager
    def _started(self) -> Iterator[subprocess.Popen[bytes]]:
        """The agent, once it has said to its service manager that it is ready."""
        notify = self.place.state / "notify.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            outside = self.place.outside(notify)
            outside.unlink(missing_ok=True)
            # A socket's path is short, a folder's may not be.
            with _in(outside.parent):
                manager.bind(outside.name)
            outside.chmod(0o777)
            manager.settimeout(PATIENCE)
            process = self.place.start(self.log, notify)
            try:
                while b"READY=1" not in manager.recv(4096).split(b"\n"):
                    pass
                outside.unlink()
                assert _page(f"{self.agent}/-/healthy").startswith("Hartwatch")
                yield process
            except TimeoutError:
                raise AssertionError(f"never ready:\n{self.log.read_text()[-3000:]}") from None
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    # ------------------------------------------------------------ upgrade
    def _ledger_of_an_older_version(self) -> None:
        """A ledger as the first version made and left it."""
        path = self.place.outside(self.place.state / "ledger.sqlite3")
        with patch("alembic.script.ScriptDirectory.get_current_head", lambda self: "0001"):
            store = Store(path)
            store.prepare()
        with store.writer.begin() as connection:
            for row in OLD_ROWS:
                connection.execute(sa.text(row.replace(":", "\\:")))
        store.close()
        self._hand_over(path.parent)

    def _upgraded(self) -> None:
        state = self.place.outside(self.place.state)
        copies = sorted(path.name for path in state.glob("ledger.sqlite3.before-*"))
        assert len(copies) == 1, copies
        said = self.place.hartwatch("ledger", "verify")
        assert "The ledger is as it was written." in said, said
        assert "head of agent-1: 5" in said, said
        self._step(f"upgraded: a ledger of the first version was brought forward, {copies[0]} is left beside it")

    def _refused_by_an_older_version(self) -> None:
        """A ledger that a later version has written: this one is the older one then."""
        path = self.place.outside(self.place.state / "ledger.sqlite3")
        with contextlib.closing(sqlite3.connect(path)) as database:
            (now,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            database.execute("UPDATE alembic_version SET version_num = '9999'")
            database.commit()
        try:
            run = self.place.hartwatch("run", status=1)
            assert "was written by a newer hartwatch (schema 9999" in run, run
            assert "run that version, or restore the backup" in run, run
        finally:
            with contextlib.closing(sqlite3.connect(path)) as database:
                database.execute("UPDATE alembic_version SET version_num = ?", (now,))
                database.commit()
        self._hand_over(path.parent)
        self._step("a downgrade is refused: " + run.strip().splitlines()[-1])

    # ------------------------------------------------------------ Prometheus and Alertmanager
    @contextlib.contextmanager
    def _watched_by_prometheus(self) -> Iterator[None]:
        """Both as deploy/ has them, but on other ports and in seconds where they say minutes."""
        folder = self.folder / "prometheus"
        shutil.copytree(self.project / "deploy" / "prometheus", folder)
        for file in folder.rglob("*.yml"):
            text = file.read_text()
            for was, name in ((":9640", "agent"), (":9093", "alertmanager"), (":9090", "prometheus")):
                text = text.replace(was, f":{self.ports[name]}")
            text = re.sub(r"(scrape_interval|evaluation_interval|refresh_interval): \S+", r"\1: 5s", text)
            text = re.sub(r"scrape_timeout: \S+", "scrape_timeout: 5s", text)
            file.write_text(re.sub(r"\bfor: \d+[smh]", "for: 0s", text))
        checked = subprocess.run(
            [self.programs["promtool"], "check", "config", str(folder / "prometheus.yml")],
            capture_output=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
        alertmanager = self.project / "deploy" / "alertmanager" / "alertmanager.yml"
        commands = {
            "prometheus": [
                f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}", "--log.level=warn",
            ],
            "prometheus-alertmanager": [
                f"--config.file={alertmanager}", f"--storage.path={self.folder}/am", "--cluster.listen-address=",
                f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}", "--log.level=error",
            ],
        }  # fmt: skip
        with contextlib.ExitStack() as stack:
            for name, arguments in commands.items():
                log = stack.enter_context((self.folder / f"{name}.log").open("wb"))
                command = [str(self.programs[name]), *arguments]
                process = subprocess.Popen(command, stdout=log, stderr=log, cwd=alertmanager.parent, env=clean())
                stack.callback(process.wait)
                stack.callback(process.terminate)
            yield

    def _ask(self, query: str) -> list[dict[str, Any]]:
        url = f"{self.prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        found: list[dict[str, Any]] = json.loads(_page(url))["data"]["result"]
        return found

    def _until(self, what: str, found: Callable[[], Any]) -> Any:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError, urllib.error.URLError):
                if got := found():
                    return got
            time.sleep(0.5)
        logs = "".join(f"\n--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.folder.glob("*.log")))
        raise AssertionError(f"{what}: not within {PATIENCE:.0f} seconds{logs}")

    def _scraped(self) -> None:
        devices = len(json.loads(_page(f"{self.agent}/sd/prometheus")))
        assert devices > 50
        self._until("the agent is scraped", lambda: self._ask('up{job="hartwatch"} == 1'))
        query = f'count(up{{job="snmp-hartwatch"}} == 1) >= {devices}'
        self._until("every device is scraped", lambda: self._ask(query))
        self._until("counters are there", lambda: self._ask('count(ifHCInOctets{job="snmp-hartwatch"}) > 100'))
        self._until("devices are up", lambda: self._ask("count(hartwatch_device_up == 1) > 50"))
        self._step(f"scraped: {devices} devices are targets of Prometheus, and up")

    # ------------------------------------------------------------ a fault and what comes of it
    def _fault(self, simulator: Path) -> str:
        said = ask(simulator / CONTROL, {"do": "fault", "name": "core-switch", "target": None, "seconds": None})
        assert said.get("ok"), said
        now_on = ask(simulator / CONTROL, {"do": "list"})["on"]
        device = now_on[0]["target"]
        query = f'hartwatch_device_up{{device="{device}"}} == 0'
        self._until("the device is down", lambda: self._ask(query))
        self._step(f"fault: {device} is down")
        return f"device:{device}"

    def _alerts(self, subject: str) -> list[dict[str, Any]]:
        found = json.loads(_page(f"{self.alertmanager}/api/v2/alerts"))
        return [one for one in found if one["labels"].get("subject") == subject]

    def _alerted(self, subject: str) -> None:
        query = f'ALERTS{{alertstate="firing",alertname="OutageOpen",subject="{subject}"}}'
        self._until("the rule fires", lambda: self._ask(query))
        alerts = self._until("Alertmanager has it", lambda: self._alerts(subject))
        assert {one["status"]["state"] for one in alerts} == {"active"}, alerts
        listed = self.place.hartwatch("outages", "--format", "json")
        assert subject in listed, listed
        self._step(f"alert: OutageOpen of {subject} is in Alertmanager, and the outage in the ledger")

    def _silenced(self, subject: str) -> None:
        amtool = [str(self.programs["amtool"]), f"--alertmanager.url={self.alertmanager}"]
        words = ["silence", "add", f"subject={subject}", "--duration=1h", "--author=walk", "--comment=a walk"]
        made = subprocess.run([*amtool, *words], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr

        def suppressed() -> bool:
            alerts = self._alerts(subject)
            return bool(alerts) and all(one["status"]["silencedBy"] for one in alerts)

        self._until("the alert is silenced", suppressed)
        self._step("silence: Alertmanager suppresses it")

    def _planned(self, subject: str) -> None:
        """Planned maintenance in the agent: the alert ends by itself."""
        begins = datetime.now(LONDON) - timedelta(minutes=2)
        said = self.place.hartwatch(
            "maintenance", "add", "--subject", subject, "--from", f"{begins:%Y-%m-%d %H:%M}", "--for", "2h",
            "--reason", "a walk", "--owner", "walk", "--after-the-fact",
        )  # fmt: skip
        query = f'ALERTS{{alertstate="firing",alertname="OutageOpen",subject="{subject}"}}'
        self._until("the rule no longer fires", lambda: not self._ask(query))
        self._step("maintenance: the alert has ended; " + said.strip().splitlines()[-1].strip())

    # ------------------------------------------------------------ backup and restore
    def _backed_up(self) -> Path:
        said = self.place.hartwatch("backup", self.place.backups, admin=True)
        archive = Path(said.strip().splitlines()[-1])
        looked = self.place.hartwatch("restore", archive, "--check", admin=True)
        assert "each as its SHA-256 says" in looked, looked
        under = self.place.hartwatch("restore", archive, "--replace", status=1, admin=True)
        assert "nothing is restored under a running agent" in under, under
        self._step(f"backup: {archive.name}, {self.place.outside(archive).stat().st_size:,} octets")
        return archive

    def _stopped(self, agent: subprocess.Popen[bytes]) -> None:
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(60) == 0, self.log.read_text()[-3000:]
        self._step("stopped cleanly")

    def _restored(self, archive: Path) -> None:
        before = self.place.hartwatch("outages", "--format", "json")
        state = self.place.outside(self.place.state)
        for path in state.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        said = self.place.hartwatch("restore", archive, admin=True)
        assert (state / "ssh_known_hosts").is_file()
        assert "The ledger is as it was written." in self.place.hartwatch("ledger", "verify")
        after = self.place.hartwatch("outages", "--format", "json")
        assert json.loads(after), "the outages are back"
        assert {one["subject"] for one in json.loads(after)} <= {one["subject"] for one in json.loads(before)}
        self._step(f"restored: {said.strip().splitlines()[0]}; {len(json.loads(after))} outages")


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())
