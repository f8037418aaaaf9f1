"""Which labels the result of a PromQL expression is sure to have, worked out from the catalogue. For tests of rules.

    known = Known.of(expressions of recording rules)
    labels_of("max by (device) (hartwatch_device_up)", known) -> {"device"}; Wrong says what cannot be

A template that uses a label which the expression drops prints an empty string, and a join on one that a side does not
have joins nothing: Prometheus and promtool take both without a word.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from agent.catalogue import CATALOGUE
from agent.metrics_page import markdown

SCRAPED = frozenset({"job", "instance"})
ANY = frozenset({"*"})  # labels that nobody knows beforehand: those of ALERTS
PROMETHEUS = {  # its own, by Prometheus 2.42 and 3.x
    "up": frozenset(),
    "process_start_time_seconds": frozenset(),
    "prometheus_config_last_reload_successful": frozenset(),
    "prometheus_rule_evaluation_failures_total": frozenset({"rule_group"}),
    "prometheus_notifications_errors_total": frozenset({"alertmanager"}),
    "prometheus_notifications_sent_total": frozenset({"alertmanager"}),
    "prometheus_notifications_alertmanagers_discovered": frozenset(),
}


class Wrong(ValueError):
    """The expression uses a metric that there is not, or a label that something has not."""


@functools.cache
def _scraped() -> dict[str, frozenset[str]]:
    """Every metric that is scraped, with its labels: from the catalogue, and of families from the page made of them."""
    found: dict[str, frozenset[str]] = {}
    for line in markdown().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        name = re.fullmatch(r"`(\w+)`", cells[1]) if len(cells) > 6 else None
        if name is not None:  # families' tables have no column for units
            found[name[1]] = SCRAPED | frozenset(re.findall(r"`(\w+)`", cells[4 if len(cells) > 7 else 3]))
    for entry in CATALOGUE:
        if entry.type == "histogram":
            found[f"{entry.name}_bucket"] = found[entry.name] | {"le"}
            found[f"{entry.name}_sum"] = found[f"{entry.name}_count"] = found[entry.name]
    return found | {name: labels | SCRAPED for name, labels in PROMETHEUS.items()} | {"ALERTS": ANY}


@dataclass(frozen=True, slots=True)
class Known:
    """Metrics by name, with their labels."""

    metrics: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, recorded: Iterable[tuple[str, str]]) -> Known:
        """`recorded`: name and expression of recording rules, in any order."""
        found = dict(_scraped())
        waiting = list(recorded)
        while waiting:
            later = []
            for name, expression in waiting:
                try:
                    found[name] = labels_of(expression, cls(found))
                except Wrong:
                    later.append((name, expression))
            if len(later) == len(waiting):
                labels_of(later[0][1], cls(found))  # raises, and says why
            waiting = later
        return cls(found)


def labels_of(expression: str, known: Known) -> frozenset[str]:
    """Labels that every sample of the result has; `Wrong` where something cannot be."""
    return _labels(promql.parse(expression), known) or frozenset()


def names_in(expression: str) -> set[str]:
    """Metrics that it asks for."""
    found = set()

    def look(node: Any) -> None:
        if isinstance(node, promql.VectorSelector):
            found.add(node.name)
        for part in ("expr", "lhs", "rhs", "vector_selector"):
            if hasattr(node, part):
                look(getattr(node, part))
        for argument in getattr(node, "args", ()):
            look(argument)

    look(promql.parse(expression))
    return found


def _labels(node: Any, known: Known) -> frozenset[str] | None:
    """None for a number."""
    match node:
        case promql.NumberLiteral() | promql.StringLiteral():
            return None
        case promql.VectorSelector():
            return _selected(node, known)
        case promql.MatrixSelector():
            return _labels(node.vector_selector, known)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(node.expr, known)
        case promql.AggregateExpr():
            return _aggregated(node, _labels(node.expr, known) or frozenset())
        case promql.Call():
            return _called(node, known)
        case promql.BinaryExpr():
            return _joined(node, _labels(node.lhs, known), _labels(node.rhs, known))
    raise Wrong(f"cannot judge {type(node).__name__}")


def _selected(node: Any, known: Known) -> frozenset[str]:
    labels = known.metrics.get(node.name)
    if labels is None:
        raise Wrong(f"there is no metric {node.name}")
    for matcher in node.matchers.matchers:
        _has(labels, {matcher.name}, f"{node.name} is asked for")
    return labels


def _has(labels: frozenset[str], wanted: Iterable[str], what: str) -> None:
    missing = set(wanted) - labels
    if missing and labels != ANY:
        raise Wrong(f"{what} label {', '.join(sorted(missing))}, and has {', '.join(sorted(labels)) or 'none'}")


def _aggregated(node: Any, inner: frozenset[str]) -> frozenset[str]:
    if node.modifier is None:
        return frozenset()
    named = frozenset(node.modifier.labels)
    if node.modifier.type == promql.AggModifierType.By:
        _has(inner, named, f"{node.op} by")
        return named
    return inner - named


def _called(node: Any, known: Known) -> frozenset[str] | None:
    vectors = [found for found in (_labels(argument, known) for argument in node.args) if found is not None]
    if node.func.name == "time":
        return None
    if node.func.name == "vector":
        return frozenset()
    if node.func.name == "label_replace":
        _has(vectors[0], {node.args[3].val}, "label_replace of")
        return vectors[0] | {node.args[1].val}
    if node.func.name == "histogram_quantile":
        _has(vectors[0], {"le"}, "histogram_quantile wants")
        return vectors[0] - {"le"}
    return vectors[0] if vectors else None


def _joined(node: Any, left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    op = str(node.op)
    if left is None or right is None:
        return left if left is not None else right
    matching = node.modifier.matching if node.modifier is not None else None
    on = None
    if matching is not None and matching.type == promql.LabelModifierType.Include:
        on = frozenset(matching.labels)
        _has(left, on, f"left of {op} is joined on")
        _has(right, on, f"right of {op} is joined on")
    if op in ("and", "unless"):
        return left
    if op == "or":
        return left & right if ANY not in (left, right) else left | right
    if node.modifier is not None and node.modifier.card == promql.VectorMatchCardinality.ManyToOne:
        groups = frozenset(node.modifier.group_labels or ())
        _has(right, groups, "group_left takes")
        return left | groups
    if matching is None and left != right:
        raise Wrong(f"{op} matches all labels: {', '.join(sorted(left))} against {', '.join(sorted(right))}")
    comparison = op in ("==", "!=", ">", "<", ">=", "<=")
    return on if on is not None and not comparison else left
