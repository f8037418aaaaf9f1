"""The main job on real parts: snmpd and sshd, polled by the agent, scraped by Prometheus, and asked there."""

from __future__ import annotations

import getpass
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

AUTH, PRIV, COMMUNITY = "auth-secret-of-the-test", "priv-secret-of-the-test", "community-of-the-test"
SECONDS_TO_START = 60


@pytest.fixture(scope="module")
def parts(server: Callable[[str], Path]) -> dict[str, Path]:
    """The programs this needs; skips by the name of the first that is not installed."""
    return {name: server(name) for name in ("snmpd", "sshd", "ssh-keygen", "prometheus")}


@pytest.fixture(scope="module")
def ports() -> list[int]:
    held = []
    for kind in (socket.SOCK_DGRAM, socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_STREAM):
        sock = socket.socket(socket.AF_INET, kind)
        sock.bind(("127.0.0.1", 0))
        held.append(sock)
    numbers = [s.getsockname()[1] for s in held]
    for sock in held:
        sock.close()
    return numbers


class Running:
    """Processes that end with the test, and what they said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], env: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.started[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
            )

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        for process in self.started.values():
            process.send_signal(signal.SIGTERM)
        for process in self.started.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def snmpd(running: Running, parts: dict[str, Path], name: str, port: int, lines: list[str]) -> None:
    home = running.folder / name
    home.mkdir()
    (home / "snmpd.conf").write_text(
        "\n".join([f"sysName {name}", "sysLocation Plant room", "sysServices 72", *lines]) + "\n"
    )
    running.start(
        name,
        [
            str(parts["snmpd"]), "-f", "-Lo", "-C", "-c", str(home / "snmpd.conf"),
            "-p", str(home / "pid"), f"udp:127.0.0.1:{port}",
        ],
        {"SNMP_PERSISTENT_DIR": str(home), "SNMPCONFPATH": str(home)},
    )  # fmt: skip


def sshd(running: Running, parts: dict[str, Path], port: int) -> tuple[Path, str]:
    """A real sshd that takes a key only; gives the client's key file and the host's public key."""
    home = running.folder / "sshd"
    home.mkdir(mode=0o700)
    for key in ("host", "client"):
        made = [str(parts["ssh-keygen"]), "-q", "-t", "ed25519", "-N", "", "-f", str(home / key)]
        subprocess.run(made, check=True)
    (home / "authorized_keys").write_text((home / "client.pub").read_text())
    (home / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/host\nAuthorizedKeysFile {home}/authorized_keys\n"
        f"PasswordAuthentication no\nUsePAM no\nStrictModes no\nPidFile {home}/pid\nPermitRootLogin yes\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    running.start("sshd", [str(parts["sshd"]), "-D", "-e", "-f", str(home / "config")])
    return home / "client", " ".join((home / "host.pub").read_text().split()[:2])


@pytest.fixture(scope="module")
def whole(
    parts: dict[str, Path], ports: list[int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, str, str]]:
    """snmpd twice, sshd, the agent and Prometheus; gives the processes, the agent's and Prometheus' addresses."""
    if os.geteuid() != 0:
        pytest.skip("sshd for a test wants root (its folder for privilege separation is /run/sshd)")
    folder = tmp_path_factory.mktemp("whole")
    old, new, ssh, agent, prometheus = ports
    running = Running(folder)
    try:
        snmpd(running, parts, "host-v2c", old, [f"rocommunity {COMMUNITY} 127.0.0.1"])
        users = [f'createUser hartwatch SHA-256 "{AUTH}" AES-256 "{PRIV}"', "rouser hartwatch authpriv"]
        snmpd(running, parts, "host-v3", new, users)
        key, host_key = sshd(running, parts, ssh)
        state = folder / "state"
        state.mkdir()
        (state / "ssh_known_hosts").write_text(f"[127.0.0.1]:{ssh} {host_key}\n")
        for name, secret in (("auth", AUTH), ("priv", PRIV), ("community", COMMUNITY)):
            (folder / name).write_text(secret)
            (folder / name).chmod(0o600)
        estate = {
            "councils": {"c": {"title": "Council", "share": 1}},
            "sites": {"s": {"title": "Site", "kind": "office", "owner": "c"}},
            "credentials": {
                "v2c": {"kind": "snmp_v2c", "community": f"file:{folder}/community"},
                "v3": {
                    "kind": "snmp_v3", "user": "hartwatch", "auth": "SHA-256", "auth_secret": f"file:{folder}/auth",
                    "priv": "AES-256", "priv_secret": f"file:{folder}/priv",
                },
                "shell": {"kind": "ssh", "user": getpass.getuser(), "key_file": str(key)},
            },
            "devices": [
                {"name": "old-host", "address": "127.0.0.1", "port": old, "class": "server", "site": "s", "snmp": "v2c",
                 "every": {"pulse": "2s", "health": "4s"}},
                {"name": "new-host", "address": "127.0.0.1", "port": new, "class": "server", "site": "s", "snmp": "v3",
                 "ssh": "shell", "ssh_platform": "linux", "ssh_port": ssh, "every": {"pulse": "2s", "health": "4s"}},
                {"name": "wrong-secret", "address": "127.0.0.1", "port": new, "class": "server", "site": "s",
                 "snmp": "v2c", "timeout": "1s", "retries": 0},
            ],
        }  # fmt: skip
        (folder / "inventory.yaml").write_text(yaml.safe_dump(estate, sort_keys=False))
        running.start(
            "agent",
            [
                sys.executable, "-m", "agent.cli", "run", "--inventory", str(folder / "inventory.yaml"),
                "--state", str(state), "--listen", f"127.0.0.1:{agent}", "--log-level", "debug",
            ],
        )  # fmt: skip
        (folder / "prometheus.yml").write_text(
            yaml.safe_dump(
                {
                    "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                    "scrape_configs": [
                        {"job_name": "hartwatch", "static_configs": [{"targets": [f"127.0.0.1:{agent}"]}]},
                        {
                            "job_name": "snmp-hartwatch",
                            "http_sd_configs": [
                                {"url": f"http://127.0.0.1:{agent}/sd/prometheus", "refresh_interval": "1s"}
                            ],
                        },
                    ],
                }
            )
        )
        running.start(
            "prometheus",
            [
                str(parts["prometheus"]), f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{prometheus}",
            ],
        )  # fmt: skip
        yield running, f"http://127.0.0.1:{agent}", f"http://127.0.0.1:{prometheus}"
    finally:
        running.stop()


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


def asked(prometheus: str, query: str) -> list[dict[str, Any]]:
    """Series of an instant query, once there are any."""
    url = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        try:
            found: list[dict[str, Any]] = json.loads(fetched(url))["data"]["result"]
        except (urllib.error.URLError, OSError):
            found = []
        if found:
            return found
        time.sleep(0.5)
    return []


def loopback_octets() -> int:
    """Octets that the kernel counts on `lo`, as snmpd reads them."""
    found = re.search(r"^\s*lo:\s*(\d+)", Path("/proc/net/dev").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


@pytest.mark.parametrize(("device", "name"), [("old-host", "host-v2c"), ("new-host", "host-v3")])
def test_the_counters_that_the_kernel_shows_arrive_in_prometheus(
    whole: tuple[Running, str, str], device: str, name: str
) -> None:
    running, agent, prometheus = whole
    query = f'ifHCInOctets{{device="{device}",ifDescr="lo",job="snmp-hartwatch"}}'
    assert asked(prometheus, query), running.said("agent")[-3000:]
    low = loopback_octets()
    time.sleep(6)  # two pulses, two scrapes, and snmpd's own cache of five seconds cannot all be older than this
    value = float(asked(prometheus, query)[0]["value"][1])
    assert low - 50_000_000 <= value <= loopback_octets(), (low, value)
    rate = asked(prometheus, f"rate({query[:-1]}}}[10s]) > 0")
    assert rate
    page = fetched(f"{agent}/devices/{device}/metrics")
    assert f'device="{device}"' in page


@pytest.mark.parametrize("device", ["old-host", "new-host"])
def test_the_device_is_known_by_its_class_and_version(whole: tuple[Running, str, str], device: str) -> None:
    _, _, prometheus = whole
    found = asked(prometheus, f'hartwatch_device_info{{device="{device}",version!="",job="hartwatch"}}')
    labels = found[0]["metric"]
    assert (labels["role"], labels["site"], labels["version"]) == ("server", "s", os.uname().release)
    assert asked(prometheus, f'hartwatch_device_up{{device="{device}"}} == 1')


def test_states_join_with_the_labels_that_dashboards_use(whole: tuple[Running, str, str]) -> None:
    _, _, prometheus = whole
    joined = asked(
        prometheus,
        'ifOperStatus{device="old-host",ifDescr="lo",job="hartwatch"}'
        ' * on(device) group_left(site) hartwatch_device_info{job="hartwatch"}',
    )
    assert [(s["metric"]["site"], s["value"][1]) for s in joined] == [("s", "1")]


def test_ssh_answers_beside_snmp_with_the_pinned_key(whole: tuple[Running, str, str]) -> None:
    running, _, prometheus = whole
    query = 'hartwatch_device_answered{device="new-host",source="ssh",job="hartwatch"}'
    assert [s["value"][1] for s in asked(prometheus, query)] == ["1"], running.said("agent")[-3000:]
    assert "Accepted publickey" in running.said("sshd")


def test_a_wrong_secret_is_a_device_that_is_down_and_harms_no_other(whole: tuple[Running, str, str]) -> None:
    _, _, prometheus = whole
    assert [s["value"][1] for s in asked(prometheus, 'hartwatch_device_up{device="wrong-secret",job="hartwatch"}')] == [
        "0"
    ]


def test_no_secret_stands_in_the_log_or_on_a_page(whole: tuple[Running, str, str]) -> None:
    running, agent, _ = whole
    texts = [running.said("agent")] + [
        fetched(agent + path) for path in ("/", "/metrics", "/sd/prometheus", "/devices/new-host")
    ]
    for text in texts:
        for secret in (AUTH, PRIV, COMMUNITY):
            assert secret not in text


def test_it_is_healthy_and_ready_and_ends_cleanly(whole: tuple[Running, str, str]) -> None:
    running, agent, _ = whole
    assert fetched(f"{agent}/-/healthy")
    assert fetched(f"{agent}/-/ready")
    process = running.started.pop("agent")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, running.said("agent")[-3000:]
    assert "Traceback" not in running.said("agent")
