"""A core switch dies in the demo: one page that names it, and one word when it is back. Nothing is said before.

The demo's agent, a real Prometheus with the shipped rules, a real Alertmanager with the shipped routes and inhibition.
What is different: scrapes and evaluations come every few seconds, every `for:` is shorter by as much, groups wait
seconds, and each receiver is a webhook.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.demo.control import CONTROL, ask
from tests.project.alerting import Notification, alertmanager, free_port, sink
from tests.project.promql import names_in

PROMETHEUS = Path(__file__).resolve().parents[2] / "deploy" / "prometheus"
SCALE = 6  # as much as scrapes are sooner: 10 s for a minute, so that a `for:` is as many scrapes as it is in earnest
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PATIENCE = 240.0  # generous: this machine may be busy
AWAKE = ("service-desk", "on-call", "escalation")


def scaled(duration: str) -> str:
    seconds = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))
    return f"{max(1, seconds // SCALE) if seconds else 0}s"


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if found := condition():
                return found
        time.sleep(0.5)
    raise AssertionError(f"in {seconds:.0f} s not come about: {what}")


@dataclass(frozen=True, slots=True)
class Scene:
    directory: Path
    prometheus: str
    got: list[Notification]

    def asked(self, query: str) -> list[dict[str, Any]]:
        address = f"{self.prometheus}/api/v1/query?query={urllib.parse.quote(query)}"
        with urllib.request.urlopen(address, timeout=20) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found

    def pages(self) -> list[Notification]:
        """What woke somebody, or rang at a desk: something critical that fires. Copies to councils are none."""
        critical = [one for one in self.got if any(a["labels"].get("severity") == "critical" for a in one.firing)]
        hardware = [one for one in critical if all(a["labels"].get("topic") == "hardware" for a in one.firing)]
        return [one for one in critical if one not in hardware and not one.receiver.startswith("council-")]

    def endings(self) -> list[Notification]:
        return [one for one in self.got if one.receiver in AWAKE and one.status == "resolved"]


@contextlib.contextmanager
def prometheus(program: Path, folder: Path, agent: str, manager: str) -> Iterator[str]:
    """Prometheus with the shipped configuration, sooner."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"].update(scrape_interval="10s", scrape_timeout="10s", evaluation_interval="3s")
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [manager.removeprefix("http://")]}]}]
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    config["scrape_configs"] = [jobs["snmp-hartwatch"], jobs["hartwatch"]]
    (discovery,) = jobs["snmp-hartwatch"]["http_sd_configs"]
    discovery.update(url=f"{agent}/sd/prometheus", refresh_interval="5s")
    jobs["hartwatch"]["static_configs"][0]["targets"] = [agent.removeprefix("http://")]
    (folder / "rules").mkdir()
    for file in sorted((PROMETHEUS / "rules").glob("*.yml")):
        rules = yaml.safe_load(file.read_text(encoding="utf-8"))
        for group in rules["groups"]:
            group.pop("interval", None)
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = scaled(rule["for"])
        (folder / "rules" / file.name).write_text(yaml.safe_dump(rules, sort_keys=False, width=10_000))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log, subprocess.Popen(
        [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
         f"--web.listen-address={address}", "--log.level=warn"], stdout=log, stderr=log,
    ) as process:  # fmt: skip
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
    assert "err=" not in (folder / "prometheus.log").read_text(), "no rule fails"


@pytest.fixture(scope="module")
def scene(root: Path, server: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    programs = server("prometheus"), server("prometheus-alertmanager")
    with (
        tempfile.TemporaryDirectory(prefix="hd") as place,  # short: the path of a socket has at most 107 characters
        subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "demo", "--script", "none", "--port", "0", "--no-prometheus"],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"TMPDIR": place},
        ) as demo,
    ):  # fmt: skip
        try:
            assert demo.stdout is not None
            agent = demo.stdout.readline().strip()
            assert agent.startswith("http://127.0.0.1:")
            # Until it has looked at something it is starting, and that it may be slow then is no alarm.
            until(lambda: urllib.request.urlopen(f"{agent}/-/ready", timeout=20).status == 200, "the agent is ready")
            with (
                sink() as (address, got),
                alertmanager(programs[1], tmp_path_factory.mktemp("am"), address, group_wait="4s",
                             group_interval="6s") as manager,
                prometheus(programs[0], tmp_path_factory.mktemp("prom"), agent, manager) as asked,
            ):  # fmt: skip
                yield Scene(next(Path(place).glob("hartwatch-demo-*")), asked, got)
        finally:
            demo.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                demo.wait(30)
            demo.kill()


@pytest.mark.timeout(900)
def test_a_core_switch_that_dies_is_one_page_that_names_it_and_one_word_when_it_is_back(
    scene: Scene, record_property: Callable[[str, object], None]
) -> None:
    # ---- undisturbed: everything was looked at, and every `for:` of up to ten minutes has had its time
    until(lambda: scene.asked("count(hartwatch_check_level) > 1500"), "every device was asked how it is")
    until(lambda: scene.asked('count(up{job="snmp-hartwatch"} == 1) >= 60'), "every page is scraped")
    time.sleep(100)
    assert scene.pages() == [], [one.firing for one in scene.pages()]
    quiet = {one["metric"]["alertname"] for one in scene.asked('ALERTS{alertstate="firing", topic!="hardware"}')}
    assert quiet == set(), "where nothing is wrong nothing fires, but for the age of hardware"

    # ---- the fault
    assert ask(scene.directory / CONTROL, {"do": "fault", "name": "core-switch"})["ok"]
    (target,) = (on["target"] for on in ask(scene.directory / CONTROL, {"do": "list"})["on"])
    until(scene.pages, "somebody is called")
    time.sleep(110)  # time for everything that the fault brings with it to be alerted, were it not held back
    # Asked until it answers: on a busy machine a scrape may be late, and its series are gone for that moment.
    unseen = 'count(hartwatch_standing{standing="blind"} == 1)'
    carried = until(lambda: scene.asked(unseen), "what stands behind it cannot be seen, and was not told of")
    (page,) = scene.pages()
    (alert,) = page.firing
    assert alert["labels"]["alertname"] == "OutageOpen"
    assert alert["labels"]["subject"] == f"device:{target}"
    assert {"device", "site", "class", "council"} <= alert["labels"].keys()
    assert alert["annotations"]["summary"] == f"device:{target} is down"
    assert page.receiver in AWAKE
    others = [one.receiver for one in scene.got if one is not page and any(
        a["labels"].get("topic") != "hardware" for a in one.firing)]  # fmt: skip
    assert all(receiver.startswith("council-") for receiver in others), "and nobody else has a message, but its council"

    # ---- and its end
    ask(scene.directory / CONTROL, {"do": "clear"})
    until(scene.endings, "somebody hears that it is back")
    time.sleep(30)
    (ending,) = scene.endings()
    assert {one["labels"]["subject"] for one in ending.alerts} == {f"device:{target}"}
    assert scene.pages() == [page], "that it comes back calls nobody"
    carried_down = int(float(carried[0]["value"][1]))
    record_property("summary", [f"{target} died and took {carried_down} subjects with it: one page, one ending"])


# What the demo's devices have not: probes with certificates, spanning tree; nor does Prometheus scrape itself.
# All have recordings or tests of their own; their alerts are tested by promtool alone.
NOT_IN_THE_DEMO = {
    "hartwatch_certificate_expiry_timestamp_seconds",
    "hartwatch_probe_success",
    "hartwatch_spanning_tree_topology_changes_total",
}
NOT_WHILE_ALL_IS_WELL = {
    "hartwatch_fix_clock_used_ratio",
    "hartwatch_flapping",
    "hartwatch_full_service_deadline_timestamp_seconds",
    "hartwatch_full_service_missing",
    "hartwatch_maintenance",
    "hartwatch_outage_acknowledged",
    "hartwatch_outage_began_timestamp_seconds",
    "hartwatch_outage_open",
    "hartwatch_asset_conflicts",
    "hartwatch_visit_failures_total",
    "hartwatch_web_certificate_expiry_timestamp_seconds",  # there where the agent's pages have TLS
    "hartwatch_web_config_invalid",
    "hartwatch_workers_alive",  # there where worker processes ask
    "ALERTS",
}


def test_every_metric_that_rules_ask_for_is_in_the_demo_or_known_not_to_be(scene: Scene) -> None:
    """A rule on what no device ever gives would be quiet for ever, and nobody would know why."""
    with urllib.request.urlopen(f"{scene.prometheus}/api/v1/label/__name__/values", timeout=20) as answer:
        there = set(json.load(answer)["data"])
    assert NOT_IN_THE_DEMO & there == set(), "what the demo has is checked"
    used = set()
    for file in sorted((PROMETHEUS / "rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                used |= {name for name in names_in(rule["expr"]) if ":" not in name}
    missing = {name for name in used - there if not name.startswith("prometheus_")}
    assert missing <= NOT_IN_THE_DEMO | NOT_WHILE_ALL_IS_WELL
