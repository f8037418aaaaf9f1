"""The dashboards on disk are what the builders make, and keep the rules of Grafana's dashboard-linter and our own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.demo.asking import load, panels, queries
from deploy.grafana.builders.__main__ import DASHBOARDS, PAGE, rendered
from deploy.grafana.builders.reference import page

BOARDS = load()
EVERY = pytest.mark.parametrize("name", BOARDS)
WIDTH = 24
KINDS = {"stat", "timeseries", "table", "state-timeline", "bargauge", "barchart"}
NO_UNIT = {"table", "state-timeline"}  # a unit for each column, and words for states
WORDY = re.compile(r"[A-Za-z?]")  # a mapping tells something without its colour


def test_there_is_a_dashboard_for_each_thing_that_is_watched() -> None:
    assert set(BOARDS) == {
        "noc", "sites", "device", "interfaces", "wifi", "firewall", "lifecycle", "outages", "agent",
    }  # fmt: skip


def test_the_committed_files_are_what_the_builders_make_byte_for_byte() -> None:
    made = dict(rendered())
    assert {path.name for path in DASHBOARDS.iterdir()} == set(made)
    for name, text in made.items():
        assert (DASHBOARDS / name).read_bytes() == text.encode(), f"{name}: run `python -m deploy.grafana.builders`"


def test_the_reference_page_is_made_from_them() -> None:
    made = page([json.loads(text) for _, text in rendered()])
    assert PAGE.read_text(encoding="utf-8") == made, "run `python -m deploy.grafana.builders`"


def test_another_address_of_the_agent_goes_to_another_folder(root: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.grafana.builders", *arguments]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)

    done = run("--agent-url", "https://hartwatch.example/", "--to", str(tmp_path / "to"))
    assert done.returncode == 0, done.stderr
    made = load(tmp_path / "to")
    assert made.keys() == BOARDS.keys()
    assert {v["query"] for b in made.values() for v in variables(b) if v["name"] == "agent"} == {
        "https://hartwatch.example"
    }
    assert run("--agent-url", "https://hartwatch.example").returncode == 2
    assert run("--agent-url", "hartwatch.example", "--to", str(tmp_path)).returncode == 2


# ---------------------------------------------------------------- provisioning
def test_grafana_finds_the_data_source_and_the_dashboards(root: Path) -> None:
    folder = root / "deploy" / "grafana" / "provisioning"
    source = yaml.safe_load((folder / "datasources" / "hartwatch.yml").read_text(encoding="utf-8"))
    provider = yaml.safe_load((folder / "dashboards" / "hartwatch.yml").read_text(encoding="utf-8"))
    assert source["apiVersion"] == provider["apiVersion"] == 1
    (prometheus,) = source["datasources"]
    assert (prometheus["type"], prometheus["jsonData"]["timeInterval"]) == ("prometheus", "60s")
    scrape = yaml.safe_load((root / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    assert prometheus["jsonData"]["timeInterval"] == scrape["global"]["scrape_interval"]
    (one,) = provider["providers"]
    assert one["type"] == "file"
    assert one["options"]["path"] == "/var/lib/grafana/dashboards"


# ---------------------------------------------------------------- the dashboard as a whole
def variables(board: dict[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = board["templating"]["list"]
    return listed


@EVERY
def test_a_dashboard_has_a_name_an_address_and_a_description_and_is_not_edited_in_place(name: str) -> None:
    board = BOARDS[name]
    assert board["title"].startswith("Hartwatch / ")
    assert board["uid"] == f"hartwatch-{name}"
    assert board["description"].endswith(".")
    assert board["editable"] is False
    assert board["tags"] == ["hartwatch"]
    assert board.get("id") is None  # Grafana gives it one
    assert len({b["uid"] for b in BOARDS.values()}) == len(BOARDS)


@EVERY
def test_the_variables_narrow_each_other(name: str) -> None:
    listed = variables(BOARDS[name])
    names = [v["name"] for v in listed]
    assert names[:2] == ["datasource", "agent"]
    assert listed[0]["type"] == "datasource"
    assert listed[0]["query"] == "prometheus"
    assert [n for n in ("council", "site", "class", "device") if n in names] == names[2:]
    assert names[2:4] == ["council", "site"]
    for place, variable in enumerate(listed[2:], 2):
        assert variable["type"] == "query"
        assert variable["refresh"] == 2, "it is read anew when the time changes"
        assert variable["datasource"]["uid"] == "${datasource}"
        for before in names[2:place]:
            assert f"${before}" in variable["query"]["query"], f"{variable['name']} is narrowed by {before}"
        one = name == "device" and variable["name"] == "device"
        assert (variable.get("multi", False), variable.get("includeAll", False)) == (not one, not one)
        if not one:
            assert variable["allValue"]
            assert "|" not in variable["allValue"] or variable["name"] == "class"


@EVERY
def test_every_variable_is_used_and_every_one_that_is_used_is_there(name: str) -> None:
    board = BOARDS[name]
    known = {v["name"] for v in variables(board)}
    text = json.dumps([list(panels(board)), board["annotations"], board["links"]])
    used = set(re.findall(r"\$\{?([a-z]\w*)", text))
    assert used <= known
    chained = {n for v in variables(board)[2:] for n in re.findall(r"\$(\w+)", v["query"]["query"])}
    assert known <= used | chained


@EVERY
def test_the_links_keep_time_and_choice(name: str) -> None:
    links = BOARDS[name]["links"]
    boards = [one for one in links if one["type"] == "dashboards"]
    assert [(one["tags"], one["keepTime"], one["includeVars"]) for one in boards] == [(["hartwatch"], True, True)]
    assert {one["url"] for one in links if one["type"] == "link"} >= {
        "${agent}/",
        "${agent}/outages",
        "${agent}/register",
    }


@EVERY
def test_outages_and_maintenance_are_marked_in_every_panel(name: str) -> None:
    marks = {one["name"]: one for one in BOARDS[name]["annotations"]["list"]}
    assert set(marks) == {"Outages", "Maintenance"}
    assert all(one["enable"] and one["expr"] and one["titleFormat"] for one in marks.values())


# ---------------------------------------------------------------- panels
def every_panel() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, board in BOARDS.items():
        for panel in panels(board):
            yield f"{name} / {panel['title']}", panel


PANELS = dict(every_panel())
EACH = pytest.mark.parametrize("which", PANELS)


def test_panels_of_one_dashboard_have_names_of_their_own() -> None:
    assert len(PANELS) == len(list(every_panel())) > 100


@EACH
def test_a_panel_says_what_it_shows_in_which_unit_and_from_where(which: str) -> None:
    panel = PANELS[which]
    assert panel["type"] in KINDS
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["title"][0].isupper()
    assert len(panel["title"]) <= 50
    assert panel["description"].endswith((".", "?"))
    assert len(panel["description"]) >= 12
    assert panel["targets"]
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"]
    if defaults["unit"] == "none":
        assert panel["type"] in NO_UNIT or defaults.get("mappings")
    assert defaults["thresholds"]["steps"][0]["value"] is None, "the first step is from the smallest value on"


@EACH
def test_a_query_is_asked_of_the_chosen_source_and_has_a_letter_of_its_own(which: str) -> None:
    targets = PANELS[which]["targets"]
    assert [t["refId"] for t in targets] == [chr(ord("A") + n) for n in range(len(targets))]
    for target in targets:
        assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert bool(target.get("instant")) != bool(target.get("range"))
        over_time = PANELS[which]["type"] in ("timeseries", "state-timeline")
        assert bool(target.get("range")) == over_time
        assert (target.get("format") == "table") == (PANELS[which]["type"] in ("table", "barchart"))


@EACH
def test_a_state_is_never_told_by_colour_alone(which: str) -> None:
    panel = PANELS[which]
    given = [panel["fieldConfig"]["defaults"].get("mappings", [])]
    given += [p["value"] for o in panel["fieldConfig"]["overrides"] for p in o["properties"] if p["id"] == "mappings"]
    for mappings in given:
        for mapping in mappings:
            texts = [result["text"] for result in mapping["options"].values()]
            assert all(WORDY.search(text) for text in texts)
            assert len(set(texts)) == len(texts)
    if panel["type"] == "state-timeline":
        assert panel["fieldConfig"]["defaults"]["mappings"]
        assert panel["options"]["showValue"] == "auto"
    if panel["type"] == "stat" and panel["options"]["colorMode"] == "background":
        assert panel["options"]["textMode"] != "none"


@EACH
def test_a_column_that_is_described_is_a_column_of_the_table(which: str) -> None:
    panel = PANELS[which]
    if panel["type"] != "table":
        return
    steps = {t["id"]: t["options"] for t in panel["transformations"]}
    names = steps["filterFieldsByName"]["include"]["names"]
    assert set(steps["organize"]["renameByName"]) == set(names)
    titles = list(steps["organize"]["renameByName"].values())
    assert len(set(titles)) == len(titles)
    assert {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]} <= set(titles)
    sorted_by = {one["displayName"] for one in panel["options"].get("sortBy", [])}
    assert sorted_by <= set(titles)
    values = {f"Value #{t['refId']}" for t in panel["targets"]} if len(panel["targets"]) > 1 else {"Value"}
    assert {n for n in names if n.startswith("Value")} <= values
    assert ("merge" in steps) == (len(panel["targets"]) > 1)
    for target in panel["targets"]:
        for name in set(names) - values:
            assert re.search(rf"\b{name}\b", target["expr"]), f"{name} is not in query {target['refId']}"


@EVERY
def test_nothing_overlaps_and_every_line_is_full(name: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in BOARDS[name]["panels"]:
        at = panel["gridPos"]
        assert 0 <= at["x"] < at["x"] + at["w"] <= WIDTH
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]
    lowest = max(y for _, y in taken)
    empty = {(x, y) for x in range(WIDTH) for y in range(lowest + 1)} - taken.keys()
    assert not empty, f"nothing is at {sorted(empty, key=lambda at: at[::-1])[:3]}"


@EVERY
def test_a_link_leads_to_a_dashboard_that_exists_or_to_a_page_of_the_agent(name: str) -> None:
    uids = {board["uid"] for board in BOARDS.values()}
    named = {board["uid"]: {v["name"] for v in variables(board)} for board in BOARDS.values()}
    pages = ("/devices/", "/sites/", "/outages", "/maintenance", "/register", "/programme", "/health", "/")
    links = re.findall(r'"url": "([^"]+)"', json.dumps(list(panels(BOARDS[name]))))
    for link in links:
        if link.startswith("/d/"):
            uid = link.removeprefix("/d/").partition("?")[0]
            assert uid in uids
            assert set(re.findall(r"var-(\w+)=", link)) <= named[uid]
            assert "${__url_time_range}" in link
        else:
            assert link.startswith("${agent}/")
            assert link.removeprefix("${agent}").startswith(pages)


def test_a_query_says_which_time_it_is_for() -> None:
    assert all(asked.span >= 3600 for board in BOARDS.values() for asked in queries(board))
