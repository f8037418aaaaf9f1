"""What the demo says of its Prometheus: targets, rules and the queries of the dashboards, asked until they answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.demo import answered
from agent.demo.answered import Found, look, report
from agent.demo.asking import NoAnswer

BOARD = {
    "uid": "hartwatch-small",
    "time": {"from": "now-6h"},
    "templating": {"list": [{"type": "query", "name": "site", "allValue": ".*"}]},
    "panels": [
        {"type": "stat", "title": "Devices", "targets": [{"refId": "A", "expr": 'up{site=~"$site"}', "instant": True}]},
        {"type": "timeseries", "title": "Traffic", "targets": [{"refId": "A", "expr": "rate(x[$__rate_interval])"}]},
        {"type": "stat", "title": "Outages", "targets": [{"refId": "A", "expr": "increase(y[90d])", "instant": True}]},
        {"type": "table", "title": "Open", "targets": [{"refId": "A", "expr": "open == 1", "instant": True}]},
    ],
}
EXCUSED = {"small / Open / A": "nothing is open"}


class Fake:
    """A Prometheus with two targets, of which one is up, and data for what `known` says."""

    def __init__(self, *known: str, up: tuple[str, str] = ("1", "1")) -> None:
        self.known, self.up, self.asked = set(known), up, []  # type: ignore[var-annotated]

    def instant(self, expr: str, at: float) -> list[dict[str, Any]]:
        self.asked.append(expr)
        if expr == "up":
            return [{"value": [at, one]} for one in self.up]
        return [{"value": [at, "1"]}] if expr in self.known else []

    def range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        assert end - start == answered.SHOWN_SECONDS
        assert step > 0
        self.asked.append(expr)
        return [{"values": []}] if expr in self.known else []

    def rules(self) -> int:
        return 7


def test_variables_are_filled_and_what_cannot_answer_yet_is_not_asked() -> None:
    server = Fake('up{site=~".*"}', "rate(x[60s])")
    found = look(server, {"small": BOARD}, EXCUSED)  # type: ignore[arg-type]
    assert found == Found(2, 2, 7, 2, (), 1, 1)
    assert found.whole
    assert server.asked == ["up", 'up{site=~".*"}', "rate(x[60s])"]
    assert str(found) == (
        "2 of 2 targets up, 7 rules loaded, 2 of 2 dashboard queries answered (1 more only while something is wrong, "
        "1 over ninety days)"
    )


def test_what_is_missing_is_named_and_asked_again_alone() -> None:
    first = look(Fake('up{site=~".*"}', up=("1", "0")), {"small": BOARD}, EXCUSED)  # type: ignore[arg-type]
    assert not first.whole
    assert str(first).startswith("1 of 2 targets up")
    assert str(first).endswith("; without data: small / Traffic / A")
    again = Fake("rate(x[60s])")
    assert look(again, {"small": BOARD}, EXCUSED, first.left).left == ()  # type: ignore[arg-type]
    assert again.asked == ["up", "rate(x[60s])"]


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    (tmp_path / "grafana" / "dashboards").mkdir(parents=True)
    (tmp_path / "grafana" / "dashboards" / "small.json").write_text(json.dumps(BOARD))
    (tmp_path / "grafana" / "only_in_trouble.yaml").write_text(
        "- {dashboard: small, panel: Open, queries: all, reason: nothing is open}\n"
    )
    return tmp_path


async def test_it_is_said_once_all_have_data(deploy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Fake('up{site=~".*"}')
    turns = iter(("refused", "one without data", "all"))

    def begun(_address: str) -> Fake:
        return server

    def instant(expr: str, at: float) -> list[dict[str, Any]]:
        if expr == "up":
            turn = next(turns)
            if turn == "refused":
                raise NoAnswer("connection refused")
            if turn == "all":
                server.known.add("rate(x[60s])")
        return Fake.instant(server, expr, at)

    monkeypatch.setattr(server, "instant", instant)
    monkeypatch.setattr(answered, "Prometheus", begun)
    monkeypatch.setattr(answered, "PAUSE_SECONDS", 0.01)
    said: list[str] = []
    await report("http://127.0.0.1:1", deploy, said.append)
    assert said == [
        "Prometheus at http://127.0.0.1:1: 2 of 2 targets up, 7 rules loaded, 2 of 2 dashboard queries answered "
        "(1 more only while something is wrong, 1 over ninety days)"
    ]


async def test_one_that_never_answers_is_said_too_and_without_dashboards_nothing(
    deploy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answered, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(answered, "PATIENCE_SECONDS", 0.2)
    said: list[str] = []
    await report("http://127.0.0.1:1", deploy, said.append)
    assert said == ["Prometheus at http://127.0.0.1:1 does not answer"]
    await report("http://127.0.0.1:1", tmp_path / "none", said.append)
    assert len(said) == 1
