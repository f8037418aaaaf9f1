"""Every expression of every panel: valid PromQL, over metrics that exist, counters only where they grow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from agent.catalogue import CATALOGUE, find
from agent.demo.asking import Choice, load, queries
from collectors import load_profiles

BOARDS = load()
OF_PROMETHEUS = {"up": {"job", "instance"}}
OF_THE_CLIENT = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
ALWAYS = {"job", "instance", "device"}


def expressions() -> dict[str, str]:
    found = {f"{name} / {asked.name}": asked.expr for name, board in BOARDS.items() for asked in queries(board)}
    for name, board in BOARDS.items():
        found |= {f"{name} / mark {one['name']}": one["expr"] for one in board["annotations"]["list"]}
    return found


EXPRESSIONS = expressions()
EACH = pytest.mark.parametrize("which", EXPRESSIONS)


def filled(which: str) -> str:
    return Choice({"device": "sw-wf-1"}).fill(EXPRESSIONS[which], BOARDS[which.partition(" / ")[0]])


def walk(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every node of a parsed expression with those above it."""
    yield node, above
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs", "param"):
        below = getattr(node, name, None)
        if below is not None and not isinstance(below, str | int | float):
            yield from walk(below, (*above, node))
    for below in getattr(node, "args", None) or ():
        yield from walk(below, (*above, node))


def selectors(which: str) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for node, above in walk(promql_parser.parse(filled(which))):
        if isinstance(node, promql_parser.VectorSelector):
            yield node, above


@pytest.fixture(scope="module")
def labels(root: Path) -> dict[str, set[str]]:
    """Every metric that there is > its labels, from the one catalogue, the families and the recording rules."""
    known = {entry.name: set(entry.labels) for entry in CATALOGUE}
    for entry in CATALOGUE:
        if entry.type == "histogram":
            known |= {f"{entry.name}_{part}": {*entry.labels, "le"} for part in ("bucket", "sum", "count")}
    for profile in load_profiles():
        for scalar in profile.scalars:
            known.setdefault(scalar.metric, set())
        for table in profile.tables:
            parts = {part.label for part in table.index if not part.hide} if table.index else {"index"}
            for row in table.metrics:
                known.setdefault(row.metric, set()).update(parts, table.labels)
    for file in (root / "deploy" / "prometheus" / "rules").glob("*.yml"):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            known |= {rule["record"]: set() for rule in group["rules"] if "record" in rule}
    return known


def test_there_are_many_and_each_is_looked_at() -> None:
    assert len(EXPRESSIONS) > 200
    assert all(list(selectors(which)) for which in EXPRESSIONS)


@EACH
def test_an_expression_is_valid_and_every_metric_and_label_in_it_exists(
    which: str, labels: dict[str, set[str]]
) -> None:
    for selector, _ in selectors(which):
        name = selector.name
        if name in OF_PROMETHEUS:
            known = OF_PROMETHEUS[name]
        elif name in OF_THE_CLIENT:
            known = ALWAYS
        else:
            assert name in labels, f"no metric {name}"
            known = labels[name] | ALWAYS
        used = {matcher.name for matcher in selector.matchers.matchers}
        assert used <= known, f"{name} has no {used - known}"


@EACH
def test_a_counter_stands_in_a_rate_or_is_meant_as_a_total(which: str) -> None:
    for selector, above in selectors(which):
        counter = selector.name.endswith(("_total", "_bucket", "_sum", "_count")) or (
            re.match(r"if(HC)?(In|Out)", selector.name) and find_type(selector.name) != "gauge"
        )
        inside = {getattr(getattr(node, "func", None), "name", "") for node in above}
        if counter and not inside & {"rate", "increase", "irate"}:
            assert which.partition(" / ")[2].rpartition(" / ")[0] in TOTALS, f"{selector.name} is a counter"


# Figures since the ledger or the agent began, where the total itself is what is asked for.
TOTALS = {
    "Messages", "Messages given up", "Mistakes of the program", "Mean time to fix", "Fix times", "Fixed within 4 hours",
    "Within 4 service hours", "Outages in the ledger, by kind",
}  # fmt: skip


def find_type(name: str) -> str:
    try:
        return find(name).type
    except KeyError:
        return "counter"


@EACH
def test_a_rate_is_over_grafanas_own_interval_and_an_increase_says_its_span(which: str) -> None:
    text = " ".join(EXPRESSIONS[which].split())
    for function, span in re.findall(r"\b(i?rate|increase|deriv)\([^\[\]]*\[([^\]]+)\]", text):
        assert function != "irate", "it misleads where the same value is scraped twice"
        assert (span == "$__rate_interval") == (function == "rate")


@EACH
def test_what_belongs_to_a_place_is_filtered_by_the_variables(which: str) -> None:
    """Instead of the linter's matchers for job and instance: those are of a scrape, and people choose places."""
    board, _, rest = which.partition(" / ")
    title = rest.rpartition(" / ")[0]
    text = EXPRESSIONS[which]
    if (board == "agent" and "hartwatch_device_info" not in text) or title in FOR_ALL or rest.startswith("mark "):
        return
    wanted = "$device" if board == "device" else "$council" if "council" in text else "$site"
    assert wanted in text, "it shows what nobody chose"


# Figures of the whole service: a ledger's sums, the agent's sight, the clock after the loss of a data centre.
FOR_ALL = {
    "The agent sees", "Full service due in", "Services missing", "Fixed within 4 hours",
    "Within 4 service hours", "Mean time to fix", "Services below target", "Fix times", "Pieces replaced each year",
    "Kept for longer by exception",
}  # fmt: skip


def test_a_metric_that_no_panel_shows_is_looked_for() -> None:
    """The words of this module would hold for no expression at all if the parser gave no nodes."""
    names = {selector.name for which in EXPRESSIONS for selector, _ in selectors(which)}
    assert len(names) > 60
    assert {"hartwatch_standing", "ifHCInOctets", "hartwatch_quarter_availability_ratio"} <= names
