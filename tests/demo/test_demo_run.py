"""`hartwatch demo` from the outside: it comes up, takes faults, ends, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.cli import demonstrate
from agent.demo.begin import sweep
from agent.demo.control import CONTROL, DemoUnreachable, ask
from agent.demo.faults import KINDS
from agent.demo.process import Control
from agent.demo.simulator import Simulator
from agent.ledger import Ledger
from tests.demo.estate_for_tests import building

HARTWATCH = [sys.executable, "-m", "agent.cli"]
REGISTER = "hardware:register"
UP_SECONDS = 60.0  # generous: this machine may be busy; the aim is 20


def children(pid: int) -> list[int]:
    """Live children of a process, by /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        body: str = answer.read().decode()
        return body


def hartwatch(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HARTWATCH, *arguments], cwd=root, capture_output=True, text=True, timeout=60)


@contextlib.contextmanager
def demo_of(root: Path, place: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*HARTWATCH, "demo", "--script", "none", "--port", "0", *arguments], cwd=root, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(place)},
    ) as demo:  # fmt: skip
        try:
            yield demo
        finally:
            demo.kill()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A short temporary directory for demos: a path to a socket has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="hd") as short:
        yield Path(short)


@dataclass(frozen=True)
class Running:
    address: str
    directory: Path


@pytest.fixture(scope="module")
def running(root, place) -> Iterator[Running]:
    """One demo for several tests, ended by Ctrl-C: nothing may be left of it."""
    with demo_of(root, place) as demo:
        address = demo.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), demo.stderr.read()
        yield Running(address, next(place.glob("hartwatch-demo-*")))
        family = children(demo.pid)
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=30)
        assert demo.returncode == 0, err
        assert "Traceback" not in err
        assert out == ""  # the one address was all
        assert not [pid for pid in family if alive(pid)]
        assert list(place.glob("hartwatch-demo-*")) == []


def test_metrics_of_sixty_devices_are_there(running):
    def devices() -> int:
        page = fetch(f"{running.address}/metrics")
        return len(set(re.findall(r'^ifHCInOctets\{device="([^"]+)"', page, re.M)))

    assert wait_until(lambda: devices() >= 60, UP_SECONDS)


def test_pages_show_the_made_up_past(running):
    assert "wallfields" in fetch(f"{running.address}/outages").lower()
    assert wait_until(lambda: list(running.directory.glob("agent/papers/demo-ict-quarter-*-public.html")) != [], 20)


def test_nothing_is_wrong_where_no_fault_is_on(running):
    """A check that a family newly asks must not find a fault that nobody put there."""

    def checks() -> list[str]:
        page = fetch(f"{running.address}/metrics")
        return [line for line in page.splitlines() if line.startswith("hartwatch_check_level{")]

    assert wait_until(lambda: len(checks()) > 1000, UP_SECONDS)
    assert [line for line in checks() if line.endswith((" 1", " 2"))] == []


def test_faults_begin_and_end_from_the_command_line(running, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(running.directory.parent))
    runner = CliRunner()
    assert "supplier circuit lost" in runner.invoke(app(), ["demo", "fault", "wan-bt", "--for", "1h"]).stdout
    assert "now on: wan-bt" in runner.invoke(app(), ["demo", "fault", "list"]).stdout
    assert [on["name"] for on in ask(running.directory / CONTROL, {"do": "list"})["on"]] == ["wan-bt"]
    assert "ended: wan-bt" in runner.invoke(app(), ["demo", "fault", "clear", "wan-bt"]).stdout
    wrong = runner.invoke(app(), ["demo", "fault", "flood"])
    assert wrong.exit_code == 2
    assert "there is no fault 'flood'" in wrong.stderr


# ---------------------------------------------------------------- the hardware register
@pytest.fixture(scope="module")
def registered(running, root) -> list[dict[str, Any]]:
    """The register once what falls due has been told: then every device has been asked, and nothing came after."""
    with contextlib.closing(Ledger.open(ledger_of(running), "reader", watch=False)) as ledger:
        assert wait_until(lambda: ledger.told(REGISTER) != [], 2 * UP_SECONDS)
    return json.loads(said(running, root, "register", "--all", "--format", "json"))


def ledger_of(running) -> Path:
    return running.directory / "agent" / "ledger.sqlite3"


def said(running, root, *arguments: str) -> str:
    files = ("--inventory", str(running.directory / "inventory.yaml"), "--state", str(running.directory / "agent"))
    done = hartwatch(root, *arguments, *files)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_piece_of_four_hundred_has_a_stage_and_no_evidence_conflicts(registered):
    present = [piece for piece in registered if piece["presence"] == "present"]
    assert len(present) >= 400
    assert len({piece["key"] for piece in registered}) == len(registered)
    assert [piece for piece in registered if piece["stage"] == "unknown"] == []
    assert [piece for piece in registered if piece["conflicts"]] == []
    assert {piece["stage"] for piece in present} >= {"in_life", "review_due", "refresh_due", "overdue", "unsupported"}


def test_what_was_swapped_and_pulled_is_gone_and_the_rest_is_there(registered):
    gone = sorted(piece["part"] for piece in registered if piece["presence"] == "gone")
    assert gone == ["chassis", "power_supply"]
    assert {piece["presence"] for piece in registered} == {"present", "gone"}


def test_every_purchase_record_meets_hardware_that_was_seen(running, root, registered):
    records = running.directory / "purchases.csv"
    out = said(running, root, "register", "import", str(records))
    rows = len(records.read_text().splitlines()) - 1
    assert f"{rows} rows: 0 matched, 0 not seen yet, 0 changed, {rows} unchanged, 0 refused" in out
    serials = {piece["serial"]: piece for piece in registered}
    with records.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            piece = serials[row["Serial number"]]
            day = "-".join(reversed(row["Purchase date"].split("/")))
            assert (piece["evidence"], piece["purchased"]) == ("purchased", day)


def test_the_programme_costs_each_year_and_shares_it_to_the_penny(running, root, registered):
    programme = json.loads(said(running, root, "programme", "--format", "json"), parse_float=Decimal)
    councils = list(programme["councils"])
    assert len(programme["years"]) >= 5
    assert all(year["cost"] > 0 for year in programme["years"])
    for year in programme["years"]:
        assert sum(year[council] for council in councils) == year["cost"]
    assert sum(programme["cost_by_council"].values()) == programme["cost"]
    assert sum(year["cost"] for year in programme["years"]) == programme["cost"]


def test_what_falls_due_is_told_once_for_the_whole_register(running, registered):
    with contextlib.closing(Ledger.open(ledger_of(running), "reader", watch=False)) as ledger:
        told, milestones = ledger.told(REGISTER), ledger.milestones()
    assert len(told) == 1
    assert "This is told once for everything" in told[0][1].text
    entered = {(one.asset, one.what) for one in milestones if one.kind == "stage"}
    due = {(p["key"], p["stage"]) for p in registered if p["presence"] == "present" and p["stage"] != "in_life"}
    assert due <= entered
    assert {key for key, _ in due} == {key for key, _ in entered}


def test_one_piece_is_shown_with_what_happened_to_it(running, root, registered):
    old = next(piece for piece in registered if (piece["presence"], piece["part"]) == ("gone", "chassis"))
    new = next(
        p for p in registered if (p["device"], p["part"], p["presence"]) == (old["device"], "chassis", "present")
    )
    assert "swapped out" in said(running, root, "register", "show", old["serial"])
    assert f"it took the place of {old['key']}" in said(running, root, "register", "show", new["serial"])


def test_the_ledger_is_as_it_was_written(running, registered):
    with contextlib.closing(Ledger.open(ledger_of(running), "reader", watch=False)) as ledger:
        assert ledger.verify().problems == ()


# ---------------------------------------------------------------- what it leaves alone, and how it ends
def test_nothing_was_ever_set(running):
    assert ask(running.directory / CONTROL, {"do": "status"})["sets_refused"] == 0


def test_prometheus_scrapes_it_where_it_is_installed(running, server):
    server("prometheus")
    assert wait_until(lambda: (running.directory / "prometheus.address").is_file(), 20)
    prometheus = (running.directory / "prometheus.address").read_text().strip()

    def scraped() -> int:
        query = urllib.parse.quote('count(up{job="snmp-hartwatch"} == 1)')
        with contextlib.suppress(OSError):
            found = json.loads(fetch(f"{prometheus}/api/v1/query?query={query}"))["data"]["result"]
            return int(found[0]["value"][1]) if found else 0
        return 0

    assert wait_until(lambda: scraped() >= 60, UP_SECONDS)


def test_a_second_demo_in_the_same_directory_is_refused(running, root):
    said = hartwatch(root, "demo", "--state", str(running.directory))
    assert said.returncode == 1
    assert "a demo is running there already" in said.stderr
    assert ask(running.directory / CONTROL, {"do": "status"})["ok"]


def test_it_ends_by_itself_and_leaves_no_child(root):
    seen: set[int] = set()
    with tempfile.TemporaryDirectory(prefix="hd") as place:
        with demo_of(root, Path(place), "--for", "1s", "--no-history", "--no-prometheus") as demo:
            while demo.poll() is None:
                seen.update(children(demo.pid))
                time.sleep(0.1)
            out, err = demo.communicate(timeout=10)
        assert demo.returncode == 0, err
        assert len(out.splitlines()) == 1
        assert out.startswith("http://127.0.0.1:")
        assert seen
        assert wait_until(lambda: not [pid for pid in seen if alive(pid)])
        assert list(Path(place).iterdir()) == []


def test_the_devices_die_with_it_even_when_it_is_killed(root):
    with (
        tempfile.TemporaryDirectory(prefix="hd") as place,
        demo_of(root, Path(place), "--no-history", "--no-prometheus") as demo,
    ):
        assert wait_until(lambda: list(Path(place).glob("hartwatch-demo-*/ready.json")) != [], UP_SECONDS)
        simulators = children(demo.pid)
        assert simulators
        demo.kill()
        demo.wait()
        assert wait_until(lambda: not [pid for pid in simulators if alive(pid)])


def test_a_port_that_is_taken_is_said_in_one_line(root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = hartwatch(root, "demo", "--no-prometheus", "--port", str(port))
    assert said.returncode == 1
    assert len(said.stderr.strip().splitlines()) == 1
    assert str(port) in said.stderr


def test_what_killed_demos_left_behind_is_swept_and_nothing_else(running, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, young, other = tmp_path / "hartwatch-demo-dead", tmp_path / "hartwatch-demo-young", tmp_path / "other"
    alive_one, link = tmp_path / "hartwatch-demo-alive", tmp_path / "hartwatch-demo-link"
    for folder in (dead, young, other, alive_one):
        folder.mkdir()
    (alive_one / CONTROL).symlink_to(running.directory / CONTROL)
    link.symlink_to(other)
    for folder in (dead, other, alive_one):
        os.utime(folder, (1.7e9, 1.7e9))
    assert sweep() == [dead]
    assert {path.name for path in tmp_path.iterdir()} == {young.name, other.name, alive_one.name, link.name}


# ---------------------------------------------------------------- usage
def app() -> typer.Typer:
    made = typer.Typer()
    demonstrate.register(made)
    made.command()(lambda: None)  # with one command only, typer would leave its name out
    return made


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--script", "morning"], "--script: 'morning' is none of"),
        (["--for", "soon"], "--for: a duration is"),
        (["--inventory", "nowhere.yaml"], "there is no nowhere.yaml"),
        (["--state", "/proc/hartwatch"], "--state /proc/hartwatch"),
        (["--state", 150 * "x"], "too long for a control socket"),
        (["--log-level", "loud"], "--log-level: 'loud' is none of"),
    ],
)  # fmt: skip
def test_wrong_usage_is_said_in_one_line(root, arguments, words, monkeypatch):
    monkeypatch.chdir(root)
    said = CliRunner().invoke(app(), ["demo", *arguments])
    assert said.exit_code == 2
    assert words in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


def test_without_a_demo_a_fault_has_nobody_to_ask(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said = CliRunner().invoke(app(), ["demo", "fault", "psu"])
    assert said.exit_code == 1
    assert "no demo is running" in said.stderr
    with pytest.raises(DemoUnreachable):
        ask(tmp_path / "nothing.sock", {"do": "list"})


def test_the_help_names_every_fault():
    said = CliRunner().invoke(app(), ["demo", "fault", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert said.exit_code == 0
    assert [name for name in KINDS if name not in said.stdout] == []


def test_a_demo_refuses_requests_it_does_not_know():
    control = Control(Simulator(building(), ssh=False))
    assert not control.answer({"do": "explode"})["ok"]
    assert not control.answer({"do": "fault", "name": 7})["ok"]
    assert not control.answer({"do": "fault", "name": "psu", "seconds": -1})["ok"]
    assert json.dumps(control.answer({"do": "list"}))
