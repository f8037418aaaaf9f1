"""The preview: what it makes of answers, and that nothing in them gets out of its place."""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Any

import pytest

from agent.demo.asking import Choice, load, panels, queries, seconds
from deploy.grafana.preview import drawing, frames
from deploy.grafana.preview.frames import formatted

BOARDS = load()
HOSTILE = '<img src=x onerror="alert(1)">'
LABELS = ("device", "site", "kind", "name", "link", "supplier", "ap", "sensor", "storage", "year", "council", "stage",
          "class", "what", "check", "subject", "state", "licence", "version", "part", "model", "serial")  # fmt: skip


def answers(panel: dict[str, Any], text: str, end: float = 1e9) -> list[list[dict[str, Any]]]:
    """Two series for each query, with every label that a legend or a column may ask for."""
    made = []
    for target in panel["targets"]:
        metric = dict.fromkeys(LABELS, text)
        one: list[dict[str, Any]] = [{"metric": metric}, {"metric": metric | {"device": "other", "name": "other"}}]
        for number, series in enumerate(one):
            if target.get("instant"):
                series["value"] = [end, str(number)]
            else:
                series["values"] = [[end - 60 + 15 * n, str((n + number) % 3)] for n in range(5)]
        made.append(one)
    return made


@pytest.mark.parametrize("name", BOARDS)
def test_every_kind_of_panel_is_drawn_and_what_devices_say_is_escaped(name: str) -> None:
    board = BOARDS[name]
    drawn = {
        place: drawing.panel(panel, answers(panel, HOSTILE), 1e9 - 60, 1e9)
        for place, panel in enumerate(board["panels"])
        if panel["type"] != "row"
    }
    assert all(inside for inside in drawn.values())
    html, width, height = drawing.page(board, drawn, {"device": HOSTILE})
    assert "<img" not in html
    assert "&lt;img" in html
    assert "This is not Grafana" in html
    assert 24 * drawing.CELL <= width <= 24 * drawing.CELL + 40
    assert height > max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in board["panels"]) * drawing.LINE


@pytest.mark.parametrize("name", BOARDS)
def test_a_panel_without_data_says_so_in_its_own_words(name: str) -> None:
    for panel in panels(BOARDS[name]):
        inside = drawing.panel(panel, [[] for _ in panel["targets"]], 0, 60)
        assert escape(panel["fieldConfig"]["defaults"].get("noValue") or "No data") in inside


def test_variables_are_filled_and_nothing_of_them_is_left() -> None:
    for name, board in BOARDS.items():
        for asked in queries(board):
            filled = Choice({"device": "sw-wf-1"}).fill(asked.expr, board, asked.span)
            assert not re.search(r"\$\{?\w", filled), f"{name}: {filled}"
    assert Choice({"site": "a|b"}).fill('x{site=~"$site", d=~"${device:regex}"}', BOARDS["noc"]) == (
        'x{site=~"a|b", d=~".*"}'
    )


@pytest.mark.parametrize(
    ("span", "length"), [("now-6h", 21_600), ("90d", 7_776_000), ("30m", 1800), ("now-7d", 604_800)]
)
def test_a_span_is_read(span: str, length: int) -> None:
    assert seconds(span) == length


def test_what_is_no_span_is_refused() -> None:
    with pytest.raises(ValueError, match="is no span"):
        seconds("yesterday")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.9977, "percentunit", "99.8 %"), (5400, "s", "1.5 hours"), (0, "s", "0 s"),
     (1.2e9, "bps", "1.2 Gb/s"),
     (2**40, "bytes", "1 TiB"), (1500, "currencyGBP", "£1.5K"), (21.5, "celsius", "21.5 °C"),
     (float("nan"), "s", "NaN"),
     (12_300, "pps", "12.3K p/s")],
)  # fmt: skip
def test_a_number_is_shown_in_its_unit(value: float, unit: str, text: str) -> None:
    assert formatted(value, unit) == text


def test_rows_of_several_queries_are_merged_by_their_labels_and_sorted() -> None:
    panel = next(p for p in panels(BOARDS["wifi"]) if p["title"].startswith("Controllers"))
    found = [[{"metric": {"device": name, "site": "s"}, "value": [0, str(value)]} for name, value in rows.items()]
             for rows in ({"a": 1, "b": 0}, {"a": 3}, {"a": 4, "b": 9}, {}, {}, {})]  # fmt: skip
    table = frames.table_of(panel, found)
    assert table.columns[:3] == ["Controller", "Site", "Answers"]
    assert [[cell.text for cell in row[:5]] for row in table.rows] == [
        ["b", "s", "✖ down", "", "9"], ["a", "s", "✔ up", "3", "4"]
    ]  # fmt: skip


def test_a_prometheus_that_is_not_there_is_one_line(root: Path, tmp_path: Path) -> None:
    for address, words in (("http://127.0.0.1:9", "does not answer"), ("127.0.0.1:9", "begins with http")):
        command = [sys.executable, "-m", "deploy.grafana.preview", address, "--to", str(tmp_path)]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
