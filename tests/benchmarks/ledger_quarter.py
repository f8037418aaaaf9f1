"""What a quarter's figures cost from a ledger file: the reading of its rows, the putting in order, the figures.

    python tests/benchmarks/ledger_quarter.py [--subjects 1000] [--flips 100000] [--rounds 3]

Prints seconds by wall clock and by CPU, the best of the rounds. The target is 2 s for all of it.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from agent.accounting.availability import Book
from agent.calendar_uk import named_period
from agent.facts import Change, Facts, Standing
from agent.ledger import Ledger
from agent.maintenance import Plan
from agent.rest import READING

QUARTER = named_period("2026-Q3").window
NOW = datetime(2027, 2, 1, tzinfo=UTC)
UP, DOWN, BLIND, DEGRADED = Standing.UP, Standing.DOWN, Standing.BLIND, Standing.DEGRADED
BATCH = 5_000
Result = TypeVar("Result")


def changes(subjects: int, flips: int) -> list[Change]:
    """Spread over the quarter, as many of each subject, in the order they happen."""
    random.seed(4)
    seconds = QUARTER.length.total_seconds()
    found: list[Change] = []
    for n in range(subjects):
        before = BLIND
        for at in sorted(random.uniform(0, seconds) for _ in range(flips // subjects)):
            after = UP if before is not UP else random.choice((DOWN, DOWN, DOWN, DEGRADED, BLIND))
            when = QUARTER.began_at + timedelta(seconds=at)
            found.append(Change(f"device:d{n:04d}", before, after, when, "no answer to SNMP, ICMP"))
            before = after
    return sorted(found, key=lambda change: change.at)


def timed(what: str, rounds: int, work: Callable[[], Result]) -> tuple[Result, float]:
    best, result = (float("inf"), float("inf")), None
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        best = min(best, (time.perf_counter() - wall, time.process_time() - cpu))
    assert result is not None
    print(f"{what}: {best[0]:.2f} s, {best[1]:.2f} s of CPU")
    return result, best[0]


def main() -> None:
    gc.set_threshold(*READING)  # as the commands have it
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--subjects", type=int, default=1000)
    arguments.add_argument("--flips", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger.db", "bench")
        try:
            made = changes(given.subjects, given.flips)
            for first in range(0, len(made), BATCH):
                ledger.record(Facts(tuple(made[first : first + BATCH])))
            day = timedelta(days=1)
            watched = tuple(
                (QUARTER.began_at + n * day, QUARTER.began_at + (n + 1) * day - day / 50) for n in range(93)
            )
            ledger.record(Facts(watched=watched)).result(600)
            (flips, watches, notes, windows), reading = timed(
                f"reading {len(made)} flips", given.rounds,
                lambda: (ledger.flips(), ledger.watches(), ledger.notes(), ledger.windows()),
            )  # fmt: skip
        finally:
            ledger.close(60)
    plan = Plan.of(windows)
    _, ordering = timed("building the book", given.rounds, lambda: Book.of(flips, watches, notes, plan.planned))

    def figures() -> int:
        book = Book.of(flips, watches, notes, plan.planned)  # a fresh one: it remembers what it has worked out
        return sum(book.figures(subject, QUARTER, now=NOW).outages for subject in book.subjects())

    outages, both = timed(f"building the book and the figures of {given.subjects} subjects", given.rounds, figures)
    print(f"figures alone: {both - ordering:.2f} s; reading and all: {reading + both:.2f} s; {outages} outages")


if __name__ == "__main__":
    main()
