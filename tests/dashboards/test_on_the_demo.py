"""Every query of every panel against a real Prometheus that scrapes the demo estate: each must have data.

One demo for all, first well and then with faults. The panels over 90 days have a history behind them that promtool
made: without it a quarter would have to be waited for.
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
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.demo.answered import every_query, has_data, lately, only_in_trouble
from agent.demo.asking import Asked, Choice, NoAnswer, Prometheus, load
from agent.demo.control import CONTROL, ask
from agent.demo.prometheus import free_port

pytestmark = pytest.mark.timeout(900)

ROOT = Path(__file__).resolve().parents[2]
BOARDS = load()
SCRAPE = 5
DAYS, EVERY_SECONDS = 90, 7200
LONG = 80 * 86400
PAST = re.compile(
    r"^(hartwatch_(?:outages_total|downtime_seconds_total|assets)\{.*|"
    r'hartwatch_quarter_availability_ratio\{subject="service:.*bound="achieved".*|'
    r"hartwatch_subject_info\{.*)\} (\S+)$"
)


# ---------------------------------------------------------------- a demo, and a Prometheus with a past
def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:
        body: str = answer.read().decode()
        return body


def wait_until(condition: Callable[[], object], seconds: float, pause: float = 1.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if condition():
                return True
        time.sleep(pause)
    return False


def openmetrics(page: str, now: float) -> Iterator[str]:
    """Ninety days of what the agent says now: counters that grew to it step by step, and gauges as they are."""
    moments = [now - 60 - n * EVERY_SECONDS for n in range(DAYS * 86400 // EVERY_SECONDS)][::-1]
    for line in page.splitlines():
        found = PAST.match(line)
        if found is None:
            continue
        series, value = f'{found[1]},job="hartwatch",instance="hartwatch"}}', float(found[2])
        counter = series.partition("{")[0].endswith("_total")
        for place, at in enumerate(moments, 1):
            yield f"{series} {int(value * place / len(moments)) if counter else value} {at:.3f}"
    yield "# EOF"


@dataclass(frozen=True)
class Stage:
    """The demo and its Prometheus; `now` is where the made history ends."""

    prometheus: Prometheus
    agent: str
    directory: Path
    now: float

    def fault(self, name: str, target: str | None = None) -> None:
        answer = ask(self.directory / CONTROL, {"do": "fault", "name": name, "target": target})
        assert answer["ok"], answer

    def clear(self, name: str, target: str) -> None:
        assert ask(self.directory / CONTROL, {"do": "clear", "name": name, "target": target})["ok"]

    def standing(self, subject: str) -> str:
        page = fetch(f"{self.agent}/agent/metrics")
        found = re.search(rf'^hartwatch_standing\{{subject="{subject}",standing="(\w+)"\}} 1', page, re.M)
        return found[1] if found else ""


@contextlib.contextmanager
def ended(process: subprocess.Popen[str], by: int = signal.SIGTERM) -> Iterator[subprocess.Popen[str]]:
    with process:
        try:
            yield process
        finally:
            process.send_signal(by)
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="module")
def stage(root: Path, server: Callable[[str], Path]) -> Iterator[Stage]:
    prometheus, promtool = server("prometheus"), server("promtool")
    with tempfile.TemporaryDirectory(prefix="hg") as short, contextlib.ExitStack() as stack:
        place = Path(short)
        demo = stack.enter_context(ended(subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "demo", "--script", "none", "--port", "0", "--no-prometheus"], cwd=root,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": short},
        ), signal.SIGINT))  # fmt: skip
        assert demo.stdout is not None
        agent = demo.stdout.readline().strip()
        assert agent.startswith("http://127.0.0.1:")
        page = ""

        def ready() -> bool:
            nonlocal page
            page = fetch(f"{agent}/agent/metrics")
            return all(f"\n{name}{{" in page for name in ("hartwatch_assets", "hartwatch_quarter_availability_ratio"))

        assert wait_until(ready, 180)
        now = time.time()
        history = place / "history"
        history.write_text("\n".join(openmetrics(page, now)) + "\n")
        made = subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration", "2400h",
                               "history", "data"], cwd=place, capture_output=True, text=True, timeout=180)  # fmt: skip
        assert made.returncode == 0, made.stderr
        port = free_port()
        (place / "prometheus.yml").write_text(json.dumps(configuration(agent.removeprefix("http://"))))
        with (place / "prometheus.log").open("w") as log:
            stack.enter_context(ended(subprocess.Popen(
                [prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn",
                 f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=2400h"],
                cwd=place, stdout=log, stderr=log, text=True,
            )))  # fmt: skip
        asked = Prometheus(f"http://127.0.0.1:{port}")
        yield Stage(asked, agent, next(place.glob("hartwatch-demo-*")), now)


def configuration(agent: str) -> dict[str, Any]:
    """As deploy/prometheus/prometheus.yml has it, oftener."""
    return {
        "global": {"scrape_interval": f"{SCRAPE}s", "scrape_timeout": f"{SCRAPE}s"},
        "scrape_configs": [
            {"job_name": "snmp-hartwatch", "http_sd_configs": [{"url": f"http://{agent}/sd/prometheus",
                                                                "refresh_interval": "30s"}]},
            {"job_name": "hartwatch", "metrics_path": "/agent/metrics",
             "static_configs": [{"targets": [agent], "labels": {"instance": "hartwatch"}}]},
        ],
    }  # fmt: skip


# ---------------------------------------------------------------- asking
QUERIES = every_query(BOARDS)
EXCUSED = only_in_trouble(ROOT / "deploy" / "grafana" / "only_in_trouble.yaml", BOARDS)


def asked_of(stage: Stage, which: str) -> bool:
    def window(asked: Asked, now: float) -> tuple[float, float, float]:
        if asked.span > LONG:  # the history ends where it was made
            return stage.now - asked.span + 2 * EVERY_SECONDS, stage.now, EVERY_SECONDS
        return lately(asked, now)

    board, asked = QUERIES[which]
    return has_data(stage.prometheus, BOARDS[board], asked, window)


def left_empty(stage: Stage, wanted: Sequence[str], seconds: float) -> set[str]:
    """Those that still had no data after so long; each is asked again until it has, and then no more."""
    left = set(wanted)

    def none_left() -> bool:
        for which in sorted(left):
            with contextlib.suppress(NoAnswer):
                if asked_of(stage, which):
                    left.discard(which)
        return not left

    wait_until(none_left, seconds, pause=5.0)
    return left


def test_the_list_of_what_may_be_empty_names_queries_that_exist_and_says_why(tmp_path: Path) -> None:
    assert EXCUSED.keys() <= QUERIES.keys()
    assert all(len(reason) > 10 for reason in EXCUSED.values())
    assert len(EXCUSED) < len(QUERIES) / 10
    gone = tmp_path / "excused.yaml"
    gone.write_text("- {dashboard: noc, panel: No such panel, queries: all, reason: there is none}\n")
    with pytest.raises(ValueError, match="No such panel"):
        only_in_trouble(gone, BOARDS)


def test_every_query_has_data_on_the_demo_estate_where_nothing_is_wrong(stage: Stage) -> None:
    wanted = [which for which in QUERIES if which not in EXCUSED]
    assert left_empty(stage, wanted, 240) == set()


def test_no_query_is_refused(stage: Stage) -> None:
    """A join of many with many is refused only when there is data, so it is asked again with data there."""
    refused = {}
    for which in QUERIES:
        try:
            asked_of(stage, which)
        except NoAnswer as problem:
            refused[which] = str(problem)
    assert refused == {}


def test_the_panels_over_ninety_days_show_ninety_days(stage: Stage) -> None:
    for which, (board, asked) in QUERIES.items():
        if asked.span <= LONG:
            continue
        expr = Choice().fill(asked.expr, BOARDS[board], asked.span)
        found = stage.prometheus.range(expr, stage.now - asked.span + 2 * EVERY_SECONDS, stage.now, EVERY_SECONDS)
        times = [float(at) for series in found for at, _ in series["values"]]
        assert max(times) - min(times) > 85 * 86400, which


def test_what_is_empty_while_all_is_well_has_data_when_things_go_wrong(stage: Stage) -> None:
    """A data centre whose core is dead, a supply, access points, a slow switch, and a leaf that comes and goes."""
    for name, target in (("core-switch", "sw-core-dh-1"), ("core-switch", "sw-core-dh-2"), ("psu", None),
                         ("ap-loss", "wlc-cr-1"), ("slow-device", "sw-btc-1")):  # fmt: skip
        stage.fault(name, target)
    leaf = "sw-mu-1"
    for _ in range(3):
        stage.fault("core-switch", leaf)
        assert wait_until(lambda: stage.standing(f"device:{leaf}") == "down", 120)
        stage.clear("core-switch", leaf)
        assert wait_until(lambda: stage.standing(f"device:{leaf}") == "up", 120)
    assert left_empty(stage, list(EXCUSED), 240) == set()
