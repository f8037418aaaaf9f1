"""What it costs to keep the hardware register: the first fill, a day on which nothing changes, a start, one piece.

    python tests/benchmarks/register_keeping.py [--devices 11000] [--parts 8] [--url postgresql://...]

A real pipeline and a real ledger (SQLite in a folder of its own, or the empty database of `--url`); only the looks are
made up. Every device shows a chassis and parts with serial numbers, one of ten is also seen by its neighbour.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.latest import Latest
from agent.ledger import Ledger
from agent.lifecycle import Known, events_of
from agent.pipeline import Pipeline
from agent.topology import Topology
from collectors.readings import Answered, Cadence, Identity, Part, Visit

START = datetime(2026, 10, 1, tzinfo=UTC)


class World:
    """Devices that show their hardware."""

    def __init__(self, devices: int, parts: int) -> None:
        self.names = [f"sw{n}" for n in range(devices)]
        self.day, self.missing = 0, -1
        self._shown = {
            name: (
                *(Part("power_supply", f"PSU {n}", "PWR-C1", f"DCB{name}{n}", place=str(n)) for n in range(parts)),
                *((Part("ha_member", "peer", "C9300", f"FCWsw{at + 1}", place="2"),) if at % 10 == 0 else ()),
            )
            for at, name in enumerate(self.names)
        }

    async def look(self, device: str, cadence: Cadence) -> Visit:
        parts = tuple(part for number, part in enumerate(self._shown[device]) if number != self.missing)
        return Visit(
            device, cadence, START + timedelta(days=self.day), 0.1, reached=True, answered=Answered(snmp=True),
            identity=Identity(vendor="Cisco", model="C9300", serial=f"FCW{device}", version="17.9"), parts=parts,
        )  # fmt: skip

    async def cut_off(self) -> bool:
        return False

    async def round(self, pipeline: Pipeline, ledger: Ledger) -> None:
        self.day += 1
        for name in self.names:
            await pipeline.visit(name, Cadence.INVENTORY)
            await asyncio.sleep(0)
        pipeline.note_seen()
        if not ledger.settle(3600):
            raise SystemExit("the ledger did not write everything within an hour")


@contextlib.contextmanager
def timed(what: str) -> Iterator[Callable[[str], None]]:
    words: list[str] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield words.append
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{what:<58} {cpu:7.3f} s CPU, {wall:7.3f} s  {' '.join(words)}", flush=True)


async def run(options: argparse.Namespace, place: str | Path) -> None:
    world = World(options.devices, options.parts)
    ledger = Ledger.open(place, "bench")
    topology = Topology(frozenset(world.names))
    pipeline = Pipeline(world.look, world.cut_off, ledger, Latest(), topology)
    with timed("everything is seen for the first time") as say:
        await world.round(pipeline, ledger)
        say(f"{ledger.stats.sightings_total:,} sightings")
    with timed("a round of inventory visits that change nothing"):
        await world.round(pipeline, ledger)
    world.missing = 0
    for number in range(1, 4):
        with timed(f"a round in which every device misses a part, number {number}") as say:
            await world.round(pipeline, ledger)
            say(f"{len(ledger.absences()):,} absences")
    world.missing = -1
    with timed("they are back"):
        await world.round(pipeline, ledger)
    with timed("a start: what every device is known to show"):
        Known(ledger.assets(), (seen for _, seen in ledger.last_sightings()))
    with timed("verify: the chain, and the register made anew") as say:
        say(f"{len(ledger.verify().problems)} problems")
    with timed("the events of one piece") as say:
        say(" ".join(event.kind for event in events_of("DCBsw70", ledger.hardware("DCBsw70"))))
    ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=11_000)
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--url", help="an empty database to use instead of SQLite in a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(options, options.url or Path(folder, "ledger.db")))


if __name__ == "__main__":
    main()
