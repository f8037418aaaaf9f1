"""What the quarter's paper costs, from a ledger on disk: reading it, and all forms of both editions.

    python tests/benchmarks/papers.py [--devices 1000] [--flips 5000]

The ledger has a year of flips: two to three outages of each device. Those of the quarter are listed one by one in the
exempt edition, and so are all pieces of hardware that ask for a decision. With 20,000 flips the estate is not well.
Prints seconds by wall clock and by CPU, and the size of each form. The bound is 30 s for all of it.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from agent.calendar_uk import Quarter
from agent.facts import Change, Facts, Sighting, Standing
from agent.hardware.notices import load_notices
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.paper_sources import sources_of
from agent.reports import Edition, Form, quarter_paper
from agent.reports.writing import files
from agent.rest import READING

QUARTER = Quarter(2026, 3)
NOW = QUARTER.ends_at + timedelta(days=7)
YEAR = timedelta(days=365)
BATCH, SERVICES = 5_000, 20
UP, DOWN, BLIND = Standing.UP, Standing.DOWN, Standing.BLIND
Result = TypeVar("Result")


def estate_of(devices: int) -> Estate:
    sites = {f"s{n}": {"title": f"Building {n}", "kind": ("office", "depot", "leisure")[n % 3], "owner": "sbc"}
             for n in range(120)}  # fmt: skip
    sites |= {f"dc{n}": {"title": f"Data centre {n}", "kind": "data_centre", "owner": "ehdc"} for n in (1, 2)}
    return Estate.model_validate(
        {
            "councils": {"sbc": {"title": "Stevenage", "share": "0.5"}, "ehdc": {"title": "E Herts", "share": "0.5"}},
            "sites": sites,
            "services": {f"v{n}": {"title": f"Service {n}", "owner": "both", "needs": f"device:d{n:04d}"}
                         for n in range(SERVICES)},
            "devices": {
                f"d{n:04d}": {
                    "name": f"d{n:04d}", "address": f"10.0.{n // 250}.{n % 250 + 1}", "class": "switch",
                    "site": f"s{n % 120}",
                    "owned": {"purchased": date(2014 + n % 12, 1, 1), "price": "4200", "supplier": "Maker Ltd"},
                }
                for n in range(devices)
            },
        }
    )  # fmt: skip


def changes(devices: int, flips: int, chance: random.Random) -> list[Change]:
    """Outages of 2 minutes and more, a hundred minutes on the average, in the year that ends with the quarter."""
    began = QUARTER.ends_at - YEAR
    subjects = [*(f"device:d{n:04d}" for n in range(devices)), *(f"service:v{n}" for n in range(SERVICES))]
    found: list[Change] = []
    for subject in subjects:
        found.append(Change(subject, BLIND, UP, began, "answers"))
        at = began + timedelta(hours=1)
        share = flips // 2 // len(subjects)
        for gap in sorted(chance.random() for _ in range(share)):
            at = max(at + timedelta(minutes=30), began + gap * (YEAR - timedelta(days=2)))
            lasts = timedelta(minutes=2 + chance.expovariate(1 / 100))
            found.append(Change(subject, UP, DOWN, at, "no answer to SNMP and ICMP"))
            found.append(Change(subject, DOWN, UP, at + lasts, "answers again"))
            at += lasts
    return sorted(found, key=lambda change: change.at)


def sightings(devices: int) -> tuple[Sighting, ...]:
    return tuple(
        Sighting(
            f"d{n:04d}", "chassis", f"d{n:04d}", "", "Maker", f"C9300-{n % 40}", f"FOC{n:06d}", "17.9.4",
            QUARTER.began_at,
        )
        for n in range(devices)
    )  # fmt: skip


def timed(what: str, work: Callable[[], Result]) -> tuple[Result, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    taken = time.perf_counter() - wall
    print(f"{what}: {taken:.2f} s, {time.process_time() - cpu:.2f} s of CPU")
    return result, taken


def main() -> None:
    gc.set_threshold(*READING)  # as the command has it
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--devices", type=int, default=1000)
    arguments.add_argument("--flips", type=int, default=5_000)
    given = arguments.parse_args()
    estate = estate_of(given.devices)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger.db", "bench")
        try:
            made = changes(given.devices, given.flips, random.Random(8))
            for first in range(0, len(made), BATCH):
                ledger.record(Facts(tuple(made[first : first + BATCH])))
            ledger.record(Facts(sightings=sightings(given.devices)))
            ledger.record(Facts(watched=((QUARTER.ends_at - YEAR, QUARTER.ends_at),))).result(600)
            sources, whole = timed("reading", lambda: sources_of(ledger, estate, load_notices(), QUARTER, NOW))
        finally:
            ledger.close(60)
    paper, taken = timed("the paper", lambda: quarter_paper(sources, QUARTER, NOW))
    whole += taken
    listed = {table.key: len(table.rows) for section in paper.sections for table in section.tables}
    print(f"{listed['outages']} outages, {listed['hardware']} pieces of hardware")
    for edition in Edition:
        for form in Form:
            found, taken = timed(f"{edition} {form}", lambda e=edition, f=form: list(files(paper, "q", e, [f])))
            whole += taken
            print(f"    {sum(len(content) for _, content in found) / 1000:,.0f} kB")
    print(f"all: {whole:.2f} s")


if __name__ == "__main__":
    main()
