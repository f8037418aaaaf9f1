"""Dashboards as they are on disk, with their variables filled, and a Prometheus to ask.

chosen = Choice({"device": "sw-wf-1"})
for asked in queries(dashboard):  prometheus.range(chosen.fill(asked.expr), start, end, step)
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards"  # of a checkout
VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)")
SPAN = re.compile(r"^(?:now-)?(\d+)([smhdw])$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
ANSWER_LIMIT = 64 * 1024 * 1024  # a preview that asks for too much is ended, not the machine


class NoAnswer(RuntimeError):
    """Prometheus refused a query or did not answer; the text is its own."""


def load(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Name of the file, without its ending > dashboard."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def seconds(span: str) -> int:
    """Of `now-6h` or `90d`. ValueError for anything else."""
    found = SPAN.match(span)
    if found is None:
        raise ValueError(f"{span!r} is no span such as 6h or now-90d")
    return int(found[1]) * SECONDS[found[2]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel, or of an annotation."""

    panel: str
    ref: str
    expr: str
    instant: bool
    legend: str
    span: int  # seconds that the panel shows

    @property
    def name(self) -> str:
        return f"{self.panel} / {self.ref}"


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", ())


def queries(dashboard: Mapping[str, Any]) -> Iterator[Asked]:
    """Every query of every panel, with the span that it is asked for."""
    whole = seconds(dashboard["time"]["from"])
    for panel in panels(dashboard):
        span = seconds(panel["timeFrom"]) if panel.get("timeFrom") else whole
        for target in panel["targets"]:
            yield Asked(panel["title"], target["refId"], target["expr"], bool(target.get("instant")),
                        target.get("legendFormat", ""), span)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen for each variable: a value, or a pattern of several. What is not said is All."""

    values: Mapping[str, str] = field(default_factory=dict)
    interval: str = "60s"  # for $__interval and $__rate_interval

    def fill(self, text: str, dashboard: Mapping[str, Any], span: int = 3600) -> str:
        known = {"__rate_interval": self.interval, "__interval": self.interval, "__range": f"{span}s"}
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "constant":
                known[variable["name"]] = variable["query"]
            elif variable["type"] == "query":
                known[variable["name"]] = variable.get("allValue") or ".*"
        known |= self.values
        return VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), text)


class Prometheus:
    """A server to ask. NoAnswer where it does not answer, or says no."""

    def __init__(self, address: str, timeout: float = 30.0) -> None:
        if not address.startswith(("http://", "https://")):
            raise NoAnswer(f"{address}: the address of a Prometheus begins with http:// or https://")
        self._address, self._timeout = address.rstrip("/"), timeout

    def instant(self, expr: str, at: float) -> list[dict[str, Any]]:
        return self._ask("query", {"query": expr, "time": f"{at:.3f}"})

    def range(self, expr: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        return self._ask(
            "query_range", {"query": expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        )

    def rules(self) -> int:
        """How many rules are loaded, recording and alerting."""
        return sum(len(group["rules"]) for group in self._data("rules", {})["groups"])

    def _ask(self, what: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._data(what, parameters)["result"]
        return found

    def _data(self, what: str, parameters: dict[str, str]) -> dict[str, Any]:
        data = urllib.parse.urlencode(parameters).encode() or None
        request = urllib.request.Request(f"{self._address}/api/v1/{what}", data=data)  # noqa: S310 - http, looked at above
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310 - the same
                said = json.loads(answer.read(ANSWER_LIMIT))
        except urllib.error.HTTPError as problem:
            try:
                words = json.loads(problem.read(ANSWER_LIMIT))["error"]
            except (ValueError, KeyError):
                words = str(problem)
            raise NoAnswer(f"{words}: {parameters.get('query', what)}") from None
        except (OSError, ValueError) as problem:
            raise NoAnswer(f"{self._address} does not answer: {problem}") from None
        found: dict[str, Any] = said["data"]
        return found
