"""What systemd is told, at a real socket: ready only when it listens, alive only while its event loop runs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.notify import Nobody, Systemd, keep_telling, service_manager

PATIENCE = 60.0


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end, as systemd opens it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(tmp_path / "notify"))
        opened.settimeout(PATIENCE)
        yield opened


def heard(manager: socket.socket) -> dict[str, str]:
    return dict(line.split("=", 1) for line in manager.recv(4096).decode().split("\n"))


def heard_until(manager: socket.socket, name: str) -> dict[str, str]:
    """The next datagram with this assignment."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if name in (said := heard(manager)):
            return said
    raise AssertionError(f"{name} was never said")


def silent(port: int) -> str:
    return f"""
councils: {{sbc: {{title: Stevenage, share: 1}}}}
sites: {{s: {{title: Site, kind: office, owner: sbc}}}}
credentials: {{v2c: {{kind: snmp_v2c, community: "env:HARTWATCH_TEST_COMMUNITY"}}}}
devices:
  - {{name: sw-1, address: 127.0.0.1, port: {port}, class: switch, site: s, snmp: v2c, timeout: 1s, retries: 0}}
"""


@pytest.fixture
def agent(
    tmp_path: Path, free_port: Callable[[], int], manager: socket.socket
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`hartwatch run` as systemd starts it; gives the process and its address."""
    port = free_port()
    (tmp_path / "inventory.yaml").write_text(silent(free_port()))
    environment = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000", "HARTWATCH_TEST_COMMUNITY": "made-up",
    }  # fmt: skip
    with (tmp_path / "agent.log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "agent.cli", "run", "-i", str(tmp_path / "inventory.yaml"),
                "--state", str(tmp_path / "state"), "--listen", f"127.0.0.1:{port}",
            ],
            stdout=log, stderr=log, env={**os.environ, **environment},
        )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_ready_is_said_once_it_listens_and_the_ledger_is_open(
    agent: tuple[subprocess.Popen[bytes], str], manager: socket.socket, tmp_path: Path
) -> None:
    process, address = agent
    first = heard(manager)
    assert "READY" not in first
    assert "ledger" in first["STATUS"]
    ready = heard_until(manager, "READY")
    # No waiting from here on: what was said must hold at that moment.
    assert urllib.request.urlopen(f"{address}/-/healthy", timeout=5).status == 200
    assert (tmp_path / "state" / "ledger.sqlite3").stat().st_size > 0
    assert ready == {"READY": "1", "STATUS": "watching 1 device"}
    assert heard_until(manager, "WATCHDOG")["WATCHDOG"] == "1"

    (tmp_path / "inventory.yaml").write_text("devices: [")
    process.send_signal(signal.SIGHUP)
    assert int(heard_until(manager, "RELOADING")["MONOTONIC_USEC"]) > 0
    assert "the inventory on disk is not taken on" in heard_until(manager, "READY")["STATUS"]

    process.send_signal(signal.SIGTERM)
    assert heard_until(manager, "STOPPING")["STOPPING"] == "1"
    assert process.wait(PATIENCE) == 0


def test_an_agent_that_cannot_begin_never_says_that_it_is_ready(tmp_path: Path, manager: socket.socket) -> None:
    (tmp_path / "inventory.yaml").write_text(silent(1))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ledger.sqlite3").write_text("this is no ledger, and it is long enough to be told from one")
    environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "HARTWATCH_TEST_COMMUNITY": "made-up"}
    ended = subprocess.run(
        [
            sys.executable, "-m", "agent.cli", "run", "-i", str(tmp_path / "inventory.yaml"), "--state",
            str(tmp_path / "state"), "--listen", "127.0.0.1:0",
        ],
        env=environment, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    manager.setblocking(False)
    said = []
    while True:
        try:
            said.append(heard(manager))
        except BlockingIOError:
            break
    assert said
    assert not any("READY" in one for one in said)


def test_a_sign_of_life_ends_with_the_event_loop_and_comes_back_with_it(manager: socket.socket) -> None:
    service = Systemd(manager.getsockname(), watchdog_seconds=0.15)
    hang, go_on, hanging = threading.Event(), threading.Event(), threading.Event()

    async def live() -> None:
        task = asyncio.create_task(keep_telling(service, lambda: "well"))
        await asyncio.to_thread(hang.wait)
        hanging.set()
        go_on.wait()  # the fault that is wanted: the event loop itself waits
        await asyncio.sleep(0.5)
        task.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    try:
        assert heard(manager) == {"WATCHDOG": "1", "STATUS": "well"}
        assert "WATCHDOG" in heard(manager)
        hang.set()
        assert hanging.wait(PATIENCE)
        manager.settimeout(0.6)  # four times what systemd would wait
        with pytest.raises(TimeoutError):
            heard_until(manager, "READY")  # never comes: this takes what was said before it hung, and then waits
        go_on.set()
        manager.settimeout(PATIENCE)
        assert "WATCHDOG" in heard(manager)
    finally:
        hang.set()
        go_on.set()
        thread.join(PATIENCE)


def test_who_is_told_comes_from_the_environment_and_is_not_passed_on() -> None:
    ours = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "120000000", "WATCHDOG_PID": str(os.getpid()), "PATH": "/bin"}
    assert service_manager(ours).watchdog_seconds == 120
    assert ours == {"PATH": "/bin"}
    others = {"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}
    assert service_manager(others).watchdog_seconds is None
    assert service_manager({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "soon"}).watchdog_seconds is None
    assert isinstance(service_manager({}), Nobody)
    assert isinstance(service_manager({"NOTIFY_SOCKET": "vsock:2:1234"}), Nobody)


def test_an_abstract_socket_is_found_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"hartwatch-test-{os.getpid()}"
        manager.bind("\0" + name)
        manager.settimeout(PATIENCE)
        service_manager({"NOTIFY_SOCKET": f"@{name}"}).status("well")
        assert heard(manager) == {"STATUS": "well"}


def test_a_line_break_in_a_status_begins_no_other_assignment(manager: socket.socket) -> None:
    Systemd(manager.getsockname()).status("well\nREADY=1\r\nSTOPPING=1" + " x" * 500)
    said = heard(manager)
    assert set(said) == {"STATUS"}
    assert len(said["STATUS"]) <= 200


def test_a_service_manager_that_is_gone_is_missed_once_and_hurts_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = Systemd(str(tmp_path / "nowhere"))
    service.ready("well")
    service.alive("well")
    assert caplog.text.count("cannot be told") == 1
