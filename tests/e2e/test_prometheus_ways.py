"""Every way of scraping under deploy/prometheus, with a real Prometheus, promtool and a small agent."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.test_whole import Running, asked, fetched
from tests.readers.authority import Authority, hashed

COMMUNITY = "community-of-the-test"
SECONDS = 60
DEVICES = 6


def port_of(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Way:
    """An agent that watches a snmpd and five addresses where nobody answers, and what is started beside it."""

    def __init__(self, folder: Path, server: Callable[[str], Path]) -> None:
        self.folder, self.server = folder, server
        self.running = Running(folder)
        self.agent = ""

    def watch(self, *more: str) -> None:
        snmp = port_of(socket.SOCK_DGRAM)
        (self.folder / "snmpd.conf").write_text(f"rocommunity {COMMUNITY} 127.0.0.1\nsysName sw-0\nsysServices 72\n")
        self.running.start(
            "snmpd",
            [str(self.server("snmpd")), "-f", "-Lo", "-C", "-c", str(self.folder / "snmpd.conf"), "-p",
             str(self.folder / "pid"), f"udp:127.0.0.1:{snmp}"],
            {"SNMP_PERSISTENT_DIR": str(self.folder), "MIBS": ""},
        )  # fmt: skip
        (self.folder / "community").write_text(COMMUNITY)
        (self.folder / "community").chmod(0o600)
        estate = {
            "councils": {"c": {"title": "Council", "share": 1}},
            "sites": {s: {"title": s, "kind": "office", "owner": "c"} for s in ("daneshill", "wallfields")},
            "credentials": {"v2c": {"kind": "snmp_v2c", "community": f"file:{self.folder}/community"}},
            "defaults": {"snmp": "v2c", "timeout": "500ms", "retries": 0, "deadline": "1s"},
            "devices": [
                {"name": f"sw-{n}", "address": f"127.0.0.{n + 1}", "port": snmp, "class": "switch",
                 "site": "daneshill" if n < 4 else "wallfields"}
                for n in range(DEVICES)
            ],
        }  # fmt: skip
        (self.folder / "inventory.yaml").write_text(yaml.safe_dump(estate, sort_keys=False))
        self.agent = f"127.0.0.1:{port_of(socket.SOCK_STREAM)}"
        self.running.start(
            "agent",
            [sys.executable, "-m", "agent.cli", "run", "--inventory", str(self.folder / "inventory.yaml"),
             "--state", str(self.folder / "state"), "--listen", self.agent, *more],
        )  # fmt: skip

    def adjusted(self, file: Path, scrape_seconds: int = 2) -> Path:
        """The file with this test's addresses and a shorter wait; everything else as it is."""
        text = file.read_text()
        for before, after in (
            ("127.0.0.1:9640", self.agent), ("hartwatch.example:9640", self.agent),
            ("scrape_interval: 60s", f"scrape_interval: {scrape_seconds}s"),
            ("scrape_timeout: 30s", f"scrape_timeout: {scrape_seconds}s"),
            ("refresh_interval: 60s", "refresh_interval: 1s"),
            ("[sw-core-dh-1, 192.0.2.2]", "[sw-0, 127.0.0.2]"),
        ):  # fmt: skip
            text = text.replace(before, after)
        config = yaml.safe_load(text)
        config.pop("alerting", None)  # an Alertmanager that may be on this machine is not ours
        made = self.folder / "prometheus.yml"
        made.write_text(yaml.safe_dump(config))
        shutil.copytree(file.parent / "rules", self.folder / "rules", dirs_exist_ok=True)
        return made

    def scrape(self, config: Path) -> str:
        address = f"127.0.0.1:{port_of(socket.SOCK_STREAM)}"
        config.write_text(config.read_text().replace("127.0.0.1:9090", address))
        self.running.start(
            "prometheus",
            [str(self.server("prometheus")), f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb",
             f"--web.listen-address={address}"],
        )  # fmt: skip
        return f"http://{address}"

    def targets(self, prometheus: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = json.loads(fetched(f"{prometheus}/api/v1/targets"))["data"]["activeTargets"]
        except (urllib.error.URLError, OSError):
            return []
        return found


def until(check: Callable[[], Any], says: Callable[[], object] = lambda: "") -> Any:
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        found = check()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"it did not come about: {says()}")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, server: Callable[[str], Path]) -> Iterator[Way]:
    """An agent on loopback without TLS; every test gives it a Prometheus."""
    for program in ("snmpd", "prometheus", "promtool"):
        server(program)
    way = Way(tmp_path_factory.mktemp("plain"), server)
    try:
        way.watch()
        yield way
    finally:
        way.running.stop()


@pytest.fixture
def stops_prometheus(plain: Way) -> Iterator[None]:
    yield
    process = plain.running.started.pop("prometheus", None)
    if process is not None:
        process.terminate()
        process.wait(20)
    shutil.rmtree(plain.folder / "tsdb", ignore_errors=True)


def up_by_job(way: Way, prometheus: str, wanted: dict[str, int]) -> None:
    """So many targets of each job are up, and none is down but a silent device that /snmp was asked for."""

    def all_are() -> bool:
        targets = way.targets(prometheus)
        up = Counter(target["labels"]["job"] for target in targets if target["health"] == "up")
        others = [target["labels"] for target in targets if target["health"] != "up"]
        return up == wanted and all((one["job"], one["instance"]) == ("snmp", "127.0.0.2") for one in others)

    until(all_are, lambda: way.targets(prometheus))


@pytest.mark.parametrize(
    ("file", "jobs"),
    [
        ("prometheus.yml", {"snmp-hartwatch": DEVICES, "hartwatch": 1, "prometheus": 1}),
        ("prometheus-single.yml", {"snmp-hartwatch": 1, "prometheus": 1}),
        (
            "prometheus-snmp.yml",
            {"snmp-probe": DEVICES, "snmp-probe-static": 2, "snmp": 1, "hartwatch": 1, "prometheus": 1},
        ),
    ],
)
def test_every_target_of_every_way_is_up(
    plain: Way, stops_prometheus: None, root: Path, file: str, jobs: dict[str, int]
) -> None:
    prometheus = plain.scrape(plain.adjusted(root / "deploy" / "prometheus" / file))
    up_by_job(plain, prometheus, jobs)
    job = next(iter(jobs))
    assert asked(prometheus, f'hartwatch_device_up{{device="sw-0", job="{job}"}} == 1')
    assert asked(prometheus, f'ifHCInOctets{{device="sw-0", job="{job}"}}')
    assert asked(prometheus, f'hartwatch_device_up{{device="sw-5", job="{job}"}} == 0')
    if file != "prometheus-single.yml":
        assert asked(prometheus, 'up{instance="sw-0", target_site="daneshill", target_class="switch"} == 1')
    if "snmp-probe" in jobs:
        assert asked(prometheus, 'probe_success{job="snmp-probe", instance="sw-0"} == 1')
        assert asked(prometheus, 'probe_success{job="snmp-probe-static", instance="sw-0"} == 1')
        assert asked(prometheus, 'probe_success{job="snmp-probe-static", instance="127.0.0.2"} == 0')
        assert asked(prometheus, 'ifHCInOctets{job="snmp", instance="sw-0"}')
        assert asked(prometheus, 'up{job="snmp", instance="127.0.0.2"} == 0')
        assert asked(prometheus, 'probe_duration_seconds{job="snmp-probe", instance="sw-0"}')
    assert json.loads(fetched(f"{prometheus}/api/v1/rules"))["data"]["groups"], "with the rules"


@pytest.mark.parametrize(
    "file", ["prometheus.yml", "prometheus-single.yml", "prometheus-tls.yml", "prometheus-snmp.yml"]
)
def test_promtool_takes_every_file(file: str, root: Path, tmp_path: Path, server: Callable[[str], Path]) -> None:
    folder = tmp_path / "prometheus"
    shutil.copytree(root / "deploy" / "prometheus", folder)
    credentials(folder)
    done = subprocess.run(
        [server("promtool"), "check", "config", "--lint=all", "--lint-fatal", file],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rules found" in done.stdout
    assert {path.name for path in folder.glob("*.yml")} >= {file}


def shards_of(way: Way, number: int, root: Path) -> list[str]:
    """The devices that server `number` of the example keeps, as promtool finds them."""
    page = (root / "docs" / "how-to" / "share-out-devices.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    text = re.sub(r"^   ", "", example[1], flags=re.MULTILINE).replace("127.0.0.1:9640", way.agent)
    config = way.folder / f"shard-{number}.yml"
    config.write_text(text.replace('regex: "0"', f'regex: "{number}"'))
    done = subprocess.run(
        [way.server("promtool"), "check", "service-discovery", "--timeout=5s", config, "snmp-hartwatch"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found = [target["labels"] for target in json.loads(done.stdout)]
    assert len(found) == DEVICES
    return [labels["instance"] for labels in found if labels]


def test_servers_that_share_the_devices_out_have_each_of_them_once(plain: Way, root: Path) -> None:
    until(lambda: reachable(f"http://{plain.agent}/-/healthy"))
    kept = [shards_of(plain, number, root) for number in range(2)]
    assert all(kept), "both have some"
    assert sorted(kept[0] + kept[1]) == [f"sw-{n}" for n in range(DEVICES)]


def reachable(url: str) -> bool:
    try:
        return bool(fetched(url))
    except (urllib.error.URLError, OSError):
        return False


# ---------------------------------------------------------------- TLS, a user and a client's certificate
def credentials(folder: Path) -> Authority:
    """The files that prometheus-tls.yml names; gives the authority that signed them."""
    (folder / "hartwatch").mkdir()
    authority = Authority(folder / "hartwatch")
    assert authority.ca.is_file()
    authority.sign("prometheus")
    (folder / "hartwatch" / "password").write_text("first password")
    return authority


def shown(address: str, authority: Authority) -> str:
    """Serial number of the certificate that the agent shows."""
    host, _, port = address.partition(":")
    with (
        socket.create_connection((host, int(port)), 5) as plain_socket,
        authority.client("prometheus").wrap_socket(plain_socket, server_hostname=host) as tls,
    ):
        return str((tls.getpeercert() or {})["serialNumber"])


def heard(address: str, client: ssl.SSLContext) -> bytes:
    """What the agent says to a request over TLS; nothing where it ends the conversation."""
    host, _, port = address.partition(":")
    try:
        with (
            socket.create_connection((host, int(port)), 5) as plain_socket,
            client.wrap_socket(plain_socket, server_hostname=host) as tls,
        ):
            tls.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return tls.recv(100)
    except OSError:
        return b""


def test_prometheus_scrapes_by_tls_user_and_certificate_and_all_three_may_change(
    root: Path, tmp_path: Path, server: Callable[[str], Path]
) -> None:
    server("prometheus")
    authority = credentials(tmp_path)
    files = tmp_path / "hartwatch"
    authority.sign("server")
    web = tmp_path / "hartwatch" / "web.yml"

    def configure(password: str) -> None:
        web.write_text(
            "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
            "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
            "  client_allowed_sans: [prometheus]\n"
            f"basic_auth_users:\n  prometheus: {hashed(password)!r}\n"
        )

    configure("first password")
    way = Way(tmp_path, server)
    try:
        way.watch("--web-config", str(web))
        prometheus = way.scrape(way.adjusted(root / "deploy" / "prometheus" / "prometheus-tls.yml", 1))
        jobs = {"snmp-hartwatch": DEVICES, "hartwatch": 1, "prometheus": 1}
        up_by_job(way, prometheus, jobs)
        before = shown(way.agent, authority)
        assert heard(way.agent, authority.client("prometheus")).startswith(b"HTTP/1.1 401 ")
        assert heard(way.agent, authority.client("somebody")) == b"", "signed, but not let in"
        assert heard(way.agent, authority.client()) == b""

        configure("second password")
        until(lambda: any("401" in target["lastError"] for target in way.targets(prometheus)))
        (files / "password").write_text("second password")
        up_by_job(way, prometheus, jobs)

        authority.sign("server")
        until(lambda: shown(way.agent, authority) != before)
        seen = asked(prometheus, "max(timestamp(up))")
        later = until(
            lambda: float(asked(prometheus, "max(timestamp(up))")[0]["value"][1]) > float(seen[0]["value"][1]) + 2
        )
        assert later
        up_by_job(way, prometheus, jobs)
        log = way.running.said("agent")
        assert "web configuration taken on: TLS, 1 users" in log
        for secret in (COMMUNITY, "first password", "second password", "$2b$"):
            assert secret not in log
    finally:
        way.running.stop()
