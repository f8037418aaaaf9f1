"""What one visit costs after it came back: kept, judged, sighted and handed to the ledger, when nothing has changed.

    python tests/benchmarks/judge_and_record.py [--visits 200000]

Also prints how fast flips become durable, one at a time and many at once.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from agent.facts import Change, Facts, Standing
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=200_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(pipeline(options.visits, Path(folder)))
        durable(Path(folder))


if __name__ == "__main__":
    main()
