"""Whether the demo's Prometheus has everything: targets up, rules loaded, every query of every dashboard answered.

    found = look(prometheus, boards, excused)        one look; `found.left` are the queries without data yet
    await report(address, deploy, say)               looks until all have data, or four minutes are over, and says so

A query that has data only while something is wrong is excused, by deploy/grafana/only_in_trouble.yaml, with the reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.demo.asking import Asked, Choice, NoAnswer, Prometheus, load, queries

PATIENCE_SECONDS = 240.0
PAUSE_SECONDS = 10.0
PAST = "[90d]"  # what grew in that time: nothing yet, in a Prometheus that has just begun
NAMED = 3  # queries without data that are named
SHOWN_SECONDS = 120  # of a panel over time: what a demo that has just begun can have
# A device has what its make has: one panel may be of fans and another of voltages. Each query has data of one of them.
DEVICES = ("sw-core-dh-1", "hv-dh-1", "idrac-hv-dh-1", "ups-dh-1", "fw-cr-1")

Boards = Mapping[str, dict[str, Any]]
Window = Callable[[Asked, float], tuple[float, float, float]]  # query, now > start, end, step


def every_query(boards: Boards) -> dict[str, tuple[str, Asked]]:
    """ "noc / Panel / A" > its dashboard and the query."""
    return {f"{name} / {asked.name}": (name, asked) for name, board in boards.items() for asked in queries(board)}


def only_in_trouble(file: Path, boards: Boards) -> dict[str, str]:
    """Query > the reason why it may be empty while all is well. ValueError for a query that there is not."""
    found: dict[str, str] = {}
    for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
        board, panel = entry["dashboard"], entry["panel"]
        known = [asked.ref for asked in queries(boards[board]) if asked.panel == panel]
        wanted = known if entry["queries"] == "all" else list(entry["queries"])
        if not wanted or not set(wanted) <= set(known):
            raise ValueError(f"{file}: {board} has no such query of the panel {panel!r}")
        found |= {f"{board} / {panel} / {ref}": str(entry["reason"]) for ref in wanted}
    return found


def lately(_asked: Asked, now: float) -> tuple[float, float, float]:
    """The last two minutes, whatever the panel shows."""
    return now - SHOWN_SECONDS, now, 15.0


def has_data(prometheus: Prometheus, board: dict[str, Any], asked: Asked, window: Window = lately) -> bool:
    """Whether a query is answered with anything, all variables at All; the device page for one of several makes."""
    one_device = board.get("uid", "").endswith("device")
    for values in [{"device": device} for device in DEVICES] if one_device else [{}]:
        expr, now = Choice(values, interval="60s").fill(asked.expr, board, asked.span), time.time()
        if prometheus.instant(expr, now) if asked.instant else prometheus.range(expr, *window(asked, now)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Found:
    """One look. `left`: queries that had no data."""

    up: int
    targets: int
    rules: int
    asked: int
    left: tuple[str, ...]
    excused: int
    want_a_past: int

    @property
    def whole(self) -> bool:
        return not self.left and self.rules > 0 and 0 < self.targets == self.up

    def __str__(self) -> str:
        missing = (
            f"; without data: {', '.join(self.left[:3])}{' ...' if len(self.left) > 3 else ''}" if self.left else ""
        )
        return (
            f"{self.up} of {self.targets} targets up, {self.rules} rules loaded, {self.asked - len(self.left)} of "
            f"{self.asked} dashboard queries answered ({self.excused} more only while something is wrong, "
            f"{self.want_a_past} over ninety days){missing}"
        )


def look(
    prometheus: Prometheus, boards: Boards, excused: Mapping[str, str], left: Sequence[str] | None = None
) -> Found:
    """Ask for targets, rules and the queries in `left`; without it, for all that a demo can answer while all is well.

    Blocking; NoAnswer.
    """
    everything = every_query(boards)
    past = {which for which, (_, asked) in everything.items() if PAST in asked.expr}
    wanted = [which for which in everything if which not in excused and which not in past]
    up = prometheus.instant("up", time.time())
    without = []
    for which in wanted if left is None else left:
        board, asked = everything[which]
        if not has_data(prometheus, boards[board], asked):
            without.append(which)
    return Found(
        sum(one["value"][1] == "1" for one in up), len(up), prometheus.rules(), len(wanted), tuple(without),
        len(excused), len(past),
    )  # fmt: skip


async def report(address: str, deploy: Path, say: Callable[[str], object]) -> None:
    """Say once what the demo's Prometheus has. `deploy` is the folder of that name; without it there is no report."""
    try:
        boards = load(deploy / "grafana" / "dashboards")
        excused = only_in_trouble(deploy / "grafana" / "only_in_trouble.yaml", boards)
    except OSError:
        return  # installed as a package: dashboards are not in it
    prometheus, found, until = Prometheus(address), None, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and (found is None or not found.whole):
        await asyncio.sleep(PAUSE_SECONDS)
        with contextlib.suppress(NoAnswer):  # it is starting
            found = await asyncio.to_thread(look, prometheus, boards, excused, found.left if found else None)
    say(f"Prometheus at {address}: {found}" if found else f"Prometheus at {address} does not answer")
