"""What planned maintenance costs: a thousand windows, half of them weekly for three years, over 2,000 subjects.

    python tests/benchmarks/maintenance_plan.py

Each window covers twenty subjects, so that each subject has ten. Measured are the index, a quarter's planned times of
every subject, whether each is covered at an instant (both first and again), and what comes in the next two weeks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agent.accounting.periods import Period
from agent.facts import Window
from agent.maintenance import Plan

WINDOWS, SUBJECTS, COVERED = 1_000, 2_000, 20
FIRST = datetime(2024, 1, 7, 2, 0, tzinfo=UTC)
QUARTER = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def window(number: int) -> Window:
    begins = FIRST + timedelta(minutes=number % 300)
    begins += timedelta(days=1_030) if number % 2 else timedelta(0)
    covers = tuple(f"device:d{(number * COVERED + one) % SUBJECTS}" for one in range(COVERED))
    repeat = "" if number % 2 else "FREQ=WEEKLY"
    return Window(UUID(int=number), covers, covers, begins, begins + timedelta(hours=3), "o", "r", repeat)


def timed(words: str, do: Callable[[], object]) -> None:
    began = time.perf_counter()
    do()
    print(f"{words:<60} {1000 * (time.perf_counter() - began):>9.1f} ms")


def main() -> None:
    windows = [window(number) for number in range(WINDOWS)]
    subjects = [f"device:d{number}" for number in range(SUBJECTS)]
    timed("index", lambda: Plan.of(windows))
    plan = Plan.of(windows)
    for words in ("first", "again"):
        timed(
            f"planned in a quarter, {SUBJECTS} subjects, {words}", lambda: [plan.planned(s, QUARTER) for s in subjects]
        )
    at = datetime(2026, 11, 8, 3, 30, tzinfo=UTC)
    for words in ("first", "again"):
        timed(f"covering, {SUBJECTS} subjects, {words}", lambda: [plan.covering(s, at) for s in subjects])
    timed("next times, two weeks", lambda: plan.next_times(at, 14))


if __name__ == "__main__":
    main()
