"""What is under deploy/ is checked by the programs that will read it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent import exporter
from agent.config import Settings
from agent.exporter.text import Format
from tests.readers.estate import pages, visit

Server = Callable[[str], Path]
TESTS = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "tests"


def run(program: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def deploy(root: Path) -> Path:
    return root / "deploy"


def in_folder(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.yml"))
    assert files
    return files


@pytest.fixture
def every_rule(deploy: Path) -> list[dict[str, Any]]:
    files = in_folder(deploy / "prometheus" / "rules")
    return [rule for file in files for group in load(file)["groups"] for rule in group["rules"]]


@pytest.fixture
def rules(every_rule: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that alert."""
    return [rule for rule in every_rule if "alert" in rule]


# ---------------------------------------------------------------- Prometheus
def test_prometheus_takes_the_configuration_and_the_rules(deploy: Path, server: Server) -> None:
    result = run(server("promtool"), "check", "config", "prometheus.yml", cwd=deploy / "prometheus")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "rules found" in result.stdout, "the configuration finds the rule files"


@pytest.mark.parametrize("name", [file.name for file in in_folder(TESTS)])
def test_every_alert_fires_and_ends_as_written(name: str, server: Server) -> None:
    result = run(server("promtool"), "test", "rules", name, cwd=TESTS)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_alert_is_seen_not_firing_firing_and_over(deploy: Path, rules: list[dict[str, Any]]) -> None:
    seen: dict[str, list[bool]] = {}
    for file in in_folder(deploy / "prometheus" / "tests"):
        for case in load(file)["tests"]:
            for check in case.get("alert_rule_test", ()):
                seen.setdefault(check["alertname"], []).append("exp_alerts" in check)
    for rule in rules:
        assert seen.get(rule["alert"], [])[:3] == [False, True, False], rule["alert"]


def test_every_alert_says_how_bad_it_is_who_acts_and_what_it_means(rules: list[dict[str, Any]]) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules), "an alert's name is its own"
    for rule in rules:
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), rule["alert"]
        assert rule["labels"]["team"], rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["description"], rule["alert"]


def test_what_is_recorded_is_tested_and_named_by_what_it_is_made_of(
    deploy: Path, every_rule: list[dict[str, Any]]
) -> None:
    cases = [case for file in in_folder(deploy / "prometheus" / "tests") for case in load(file)["tests"]]
    asked = " ".join(test["expr"] for case in cases for test in case.get("promql_expr_test", ()))
    for rule in (rule for rule in every_rule if "record" in rule):
        name = rule["record"]
        assert re.fullmatch(r"[a-z_]+:(hartwatch_[a-z_]+|if[A-Z][A-Za-z]+):[a-z0-9_]+", name)
        assert name in asked or any(name in other["expr"] for other in every_rule), name


def test_the_scrape_of_the_agent_is_of_the_page_without_devices_readings(deploy: Path) -> None:
    jobs = {job["job_name"]: job for job in load(deploy / "prometheus" / "prometheus.yml")["scrape_configs"]}
    path = jobs["hartwatch"]["metrics_path"]
    assert path in {route.path for route in exporter.routes(pages(), lambda: None)}
    page = b"".join(text.encode() for text in pages(visit()).agent(Format.TEXT)).decode()
    devices = pages(visit()).device("sw-wf-1", Format.TEXT)
    assert devices is not None
    names = {line.split()[2] for line in devices.decode().splitlines() if line.startswith("# TYPE")}
    assert names
    assert not names & {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")}


def test_prometheus_looks_where_the_agent_listens(deploy: Path) -> None:
    default = Settings.model_fields
    listens = f"{default['listen_address'].default}:{default['listen_port'].default}"
    jobs = {job["job_name"]: job for job in load(deploy / "prometheus" / "prometheus.yml")["scrape_configs"]}
    assert jobs["hartwatch"]["static_configs"][0]["targets"] == [listens]
    assert jobs["snmp-hartwatch"]["http_sd_configs"][0]["url"] == f"http://{listens}/sd/prometheus"


# ---------------------------------------------------------------- systemd
def test_the_service_runs_with_few_rights(deploy: Path, server: Server) -> None:
    unit = deploy / "systemd" / "hartwatch.service"
    result = run(
        server("systemd-analyze"), "security", "--offline=true", "--no-pager", "--threshold=14", unit, cwd=deploy
    )
    assert "Overall exposure level" in result.stdout, result.stderr
    assert result.returncode == 0, result.stdout.splitlines()[-1]
