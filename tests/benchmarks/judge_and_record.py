"""What one visit costs after it came back: kept, judged, sighted and handed to the ledger, when nothing has changed.

    python tests/benchmarks/judge_and_record.py [--visits 200000]

Also prints how fast flips become durable, one at a time and many at once, and how long a quarter's availability takes.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from agent.accounting.outages import Period, availability
from agent.facts import Change, Facts, Flip, Standing, Watch
from agent.latest import Latest
from agent.ledger import Ledger
from agent.pipeline import Pipeline
from agent.topology import Topology
from collectors.readings import Answered, Cadence, Identity, Part, Visit

START = datetime(2026, 10, 1, tzinfo=UTC)


async def pipeline(visits: int, folder: Path) -> None:
    answers = {
        Cadence.PULSE: Visit("sw", Cadence.PULSE, START, 0.1, reached=True, answered=Answered(snmp=True, icmp=True)),
        Cadence.INVENTORY: Visit(
            "sw", Cadence.INVENTORY, START, 0.1, reached=True, answered=Answered(snmp=True),
            identity=Identity(vendor="Cisco", model="C9300", serial="FCW2140L0AB"),
            parts=tuple(Part("power_supply", f"PSU {n}", "PWR", f"DCB{n}", place=str(n)) for n in range(50)),
        ),
    }  # fmt: skip

    async def look(device: str, cadence: Cadence) -> Visit:
        return replace(answers[cadence], device=device)

    async def cut_off() -> bool:
        return False

    ledger = Ledger.open(folder / "visits.db", "bench")
    names = [f"sw{n}" for n in range(1000)]
    made = Pipeline(look, cut_off, ledger, Latest(), Topology(frozenset(names)))
    for name in names:
        await made.visit(name, Cadence.INVENTORY)
    ledger.settle(60)
    for cadence, times in ((Cadence.PULSE, visits), (Cadence.INVENTORY, visits // 100)):
        written, began = ledger.stats.written_total, time.process_time()
        for n in range(times):
            await made.visit(names[n % 1000], cadence)
        each = (time.process_time() - began) / times
        parts = "" if cadence is Cadence.PULSE else " with 50 parts"
        print(f"a {cadence} visit{parts} that changes nothing: {each * 1e6:.1f} microseconds CPU", end=", ")
        print(f"{ledger.stats.written_total - written} writes")
    ledger.close()


def durable(folder: Path) -> None:
    ledger = Ledger.open(folder / "flips.db", "bench")
    facts = Facts((Change("device:sw", Standing.UP, Standing.DOWN, START, "no answer"),))
    began = time.perf_counter()
    for _ in range(500):
        ledger.record(facts).result()
    print(f"flips one at a time: {500 / (time.perf_counter() - began):,.0f} durable a second")
    began = time.perf_counter()
    for _ in range(20_000):
        ledger.record(facts)
    ledger.settle(60)
    print(f"flips many at once: {20_000 / (time.perf_counter() - began):,.0f} durable a second")
    ledger.close()


def quarter() -> None:
    chance = random.Random(4)
    window = Period(START, START + timedelta(days=92))
    flips = {
        f"device:{n}": [
            Flip(
                UUID(int=n * 100 + k), "bench", n * 100 + k, f"device:{n}", Standing.UP,
                chance.choice([Standing.UP, Standing.DOWN]), START + timedelta(seconds=chance.randrange(8_000_000)),
                START, "x",
            )
            for k in range(100)
        ]
        for n in range(1000)
    }  # fmt: skip
    watches = [Watch("bench", START + timedelta(days=n), START + timedelta(days=n, hours=23.99)) for n in range(92)]
    began = time.perf_counter()
    for own in flips.values():
        availability(own, watches, window, window.ended_at)
    print(f"a quarter's availability of 1,000 subjects with 100,000 flips: {time.perf_counter() - began:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(pipeline(options.visits, Path(folder)))
        durable(Path(folder))
    quarter()


if __name__ == "__main__":
    main()
