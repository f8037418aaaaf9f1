"""`hartwatch demo` from the outside: it comes up, it ends by itself, it leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.demo.control import CONTROL, DemoUnreachable, ask

HARTWATCH = [sys.executable, "-m", "agent.cli"]
UP_SECONDS = 60.0  # generous: this machine may be busy; the aim is 20


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A short temporary directory for the demo: a path to a socket has at most 107 characters."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="hd") as short:
        monkeypatch.setenv("TMPDIR", short)
        yield Path(short)


@contextlib.contextmanager
def demo_of(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*HARTWATCH, "demo", "--no-prometheus", "--script", "none", "--port", "0", *arguments], cwd=root,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        try:
            yield demo
        finally:
            demo.kill()


def hartwatch(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HARTWATCH, *arguments], cwd=root, capture_output=True, text=True, timeout=60)


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


def test_it_comes_up_answers_takes_faults_and_ends_on_ctrl_c(root, place):
    with demo_of(root) as demo:
        begun = time.monotonic()
        address = demo.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), demo.stderr.read()
        simulators = children(demo.pid)
        assert simulators
        page = ""

        def metrics_are_there() -> bool:
            nonlocal page
            page = fetch(f"{address}/metrics")
            return len(set(re.findall(r'^ifHCInOctets\{device="([^"]+)"', page, re.M))) >= 60

        assert wait_until(metrics_are_there, UP_SECONDS)
        assert time.monotonic() - begun < UP_SECONDS
        assert "wallfields" in fetch(f"{address}/outages").lower()

        control = next(place.glob(f"hartwatch-demo-*/{CONTROL}"))
        assert "supplier circuit lost" in hartwatch(root, "demo", "fault", "wan-bt", "--for", "1h").stdout
        assert [on["name"] for on in ask(control, {"do": "list"})["on"]] == ["wan-bt"]
        assert ask(control, {"do": "status"})["sets_refused"] == 0
        assert "ended: wan-bt" in hartwatch(root, "demo", "fault", "clear").stdout
        wrong = hartwatch(root, "demo", "fault", "flood")
        assert wrong.returncode == 2
        assert "there is no fault 'flood'" in wrong.stderr

        demo.send_signal(signal.SIGINT)
        _, err = demo.communicate(timeout=30)
        assert demo.returncode == 0, err
        assert "Traceback" not in err
        assert not [pid for pid in simulators if alive(pid)]
        assert list(place.glob("hartwatch-demo-*")) == []


def test_it_ends_by_itself_and_leaves_no_child(root, place):
    seen: set[int] = set()
    with demo_of(root, "--for", "2s", "--no-history") as demo:
        while demo.poll() is None:
            seen.update(children(demo.pid))
            time.sleep(0.1)
        out, err = demo.communicate(timeout=10)
    assert demo.returncode == 0, err
    assert out.splitlines()[0].startswith("http://127.0.0.1:")
    assert len(out.splitlines()) == 1  # exactly one address
    assert seen
    assert wait_until(lambda: not [pid for pid in seen if alive(pid)])
    assert list(place.glob("hartwatch-demo-*")) == []


def test_the_devices_die_with_it_even_when_it_is_killed(root, place):
    with demo_of(root, "--no-history") as demo:
        assert demo.stdout.readline().startswith("http://")
        simulators = children(demo.pid)
        assert simulators
        demo.kill()
        demo.wait()
        assert wait_until(lambda: not [pid for pid in simulators if alive(pid)])


def test_a_port_that_is_taken_is_said_in_one_line(root, place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = hartwatch(root, "demo", "--no-prometheus", "--port", str(port))
    assert said.returncode == 1
    assert len(said.stderr.strip().splitlines()) == 1
    assert str(port) in said.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--script", "morning"], "--script: 'morning' is none of"),
        (["--for", "soon"], "--for: a duration is"),
        (["--inventory", "nowhere.yaml"], "there is no nowhere.yaml"),
        (["--state", "/proc/hartwatch"], "--state /proc/hartwatch"),
    ],
)
def test_wrong_usage_is_said_in_one_line(root, place, arguments, words):
    said = hartwatch(root, "demo", *arguments)
    assert said.returncode == 2
    assert words in said.stderr
    assert "Traceback" not in said.stderr


def test_without_a_demo_a_fault_has_nobody_to_ask(root, place):
    said = hartwatch(root, "demo", "fault", "psu")
    assert said.returncode == 1
    assert "no demo is running" in said.stderr
    with pytest.raises(DemoUnreachable):
        ask(place / "nothing.sock", {"do": "list"})


def test_the_help_names_every_fault(root):
    from agent.demo.faults import KINDS

    said = subprocess.run(
        [*HARTWATCH, "demo", "fault", "--help"], cwd=root, capture_output=True, text=True,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
    )  # fmt: skip
    assert said.returncode == 0
    assert [name for name in KINDS if name not in said.stdout] == []


def test_a_demo_refuses_requests_it_does_not_know(tmp_path):
    from agent.demo.process import Control
    from agent.demo.simulator import Simulator
    from tests.demo.estate_for_tests import building

    control = Control(Simulator(building(), ssh=False))
    assert not control.answer({"do": "explode"})["ok"]
    assert not control.answer({"do": "fault", "name": 7})["ok"]
    assert not control.answer({"do": "fault", "name": "psu", "seconds": -1})["ok"]
    assert json.dumps(control.answer({"do": "list"}))


def test_prometheus_scrapes_the_demo_where_it_is_installed(root, place, server):
    server("prometheus")
    with subprocess.Popen(
        [*HARTWATCH, "demo", "--script", "none", "--port", "0", "--no-history"], cwd=root, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        try:
            assert demo.stdout.readline().startswith("http://")
            assert wait_until(lambda: list(place.glob("hartwatch-demo-*/prometheus.address")) != [], 20)
            prometheus = next(place.glob("hartwatch-demo-*/prometheus.address")).read_text().strip()
            assert prometheus in hartwatch(root, "demo", "status").stdout

            def scraped() -> int:
                query = urllib.parse.quote('count(up{job="snmp-hartwatch"} == 1)')
                with contextlib.suppress(OSError):
                    found = json.loads(fetch(f"{prometheus}/api/v1/query?query={query}"))["data"]["result"]
                    return int(found[0]["value"][1]) if found else 0
                return 0

            assert wait_until(lambda: scraped() >= 60, UP_SECONDS)
            seen = children(demo.pid)
            assert len(seen) >= 2
            demo.send_signal(signal.SIGTERM)
            demo.communicate(timeout=30)
            assert demo.returncode == 0
            assert not [pid for pid in seen if alive(pid)]
        finally:
            demo.kill()
