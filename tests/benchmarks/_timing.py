"""How benchmarks tell how long something took: the best and the middle of several rounds, by both clocks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def measured(what: str, rounds: int, work: Callable[[], object]) -> None:
    """Do it so many times and print the times, by the wall and of the processor."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(
        f"{what}: {min(walls) * 1000:,.0f} ms best, {statistics.median(walls) * 1000:,.0f} ms median; "
        f"CPU {min(cpus) * 1000:,.0f} ms best, {statistics.median(cpus) * 1000:,.0f} ms median"
    )
