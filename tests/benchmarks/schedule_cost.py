"""What scheduling costs by itself: visits that do nothing, at the pace of eleven thousand devices a minute.

    python tests/benchmarks/schedule_cost.py [--devices 11000] [--seconds 60] [--per-device]

Prints CPU seconds per minute, without first looks, and how late visits began. `--per-device` measures one APScheduler
job for each device beside it, which is what the shards are there to avoid.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time

import uvloop

from agent.pipeline import Outcome
from agent.schedule import Intervals, Schedule
from agent.schedule.phases import Rhythm
from collectors.readings import Cadence

ANSWER = Outcome(reached=True)


async def shards(devices: int, seconds: float) -> tuple[float, int, str]:
    """CPU seconds, visits, words."""
    visits = 0

    async def visit(_device: str, _cadence: Cadence) -> Outcome:
        nonlocal visits
        visits += 1
        return ANSWER

    schedule = Schedule(visit, slots=devices)
    schedule.start({f"device-{n}": Intervals() for n in range(devices)})
    for task in list(schedule._ramps):  # first looks take minutes at this size: have them behind us
        task.cancel()
    for row in schedule._rows.values():
        row.new = False
    await asyncio.sleep(3)
    gc.collect()
    visits, began = 0, time.process_time()
    await asyncio.sleep(seconds)
    spent, stats = time.process_time() - began, schedule.stats
    turns = [dict(stats.lateness[cadence].cumulative()) for cadence in Cadence]
    prompt, soon, every = (sum(turn[bound] for turn in turns) for bound in ("0.005", "0.05", "+Inf"))
    words = (
        f"{stats.jobs} jobs, {prompt / every:.1%} began within 5 ms and {soon / every:.1%} within 50 ms of their turn, "
        f"{stats.missed_total} turns missed"
    )
    await schedule.drain(1)
    return spent, visits, words


async def per_device(devices: int, seconds: float) -> tuple[float, int, str]:
    from datetime import UTC, datetime, timedelta

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    visits = 0

    async def visit() -> None:
        nonlocal visits
        visits += 1

    scheduler = AsyncIOScheduler(timezone="UTC")
    now = datetime.now(UTC)
    for n in range(devices):
        offset = Rhythm.of(f"device-{n}", Intervals()).offset
        scheduler.add_job(visit, "interval", seconds=60, start_date=now + timedelta(seconds=3 + offset - 60))
    scheduler.start()
    await asyncio.sleep(3)
    gc.collect()
    visits, began = 0, time.process_time()
    await asyncio.sleep(seconds)
    spent = time.process_time() - began
    scheduler.shutdown(wait=False)
    return spent, visits, f"{devices} jobs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=11_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--per-device", action="store_true")
    options = parser.parse_args()
    ways = {"shards": shards} | ({"a job per device": per_device} if options.per_device else {})
    for name, way in ways.items():
        spent, visits, words = uvloop.run(way(options.devices, options.seconds))
        minute = spent * 60 / options.seconds
        print(
            f"{name}: {minute:.2f} CPU seconds per minute for {visits * 60 / options.seconds:,.0f} visits, "
            f"{spent / max(visits, 1) * 1e6:.0f} microseconds each; {words}"
        )


if __name__ == "__main__":
    main()
