"""What a quarter's paper costs from a ledger file: reading, the paper, and both editions in every form.

    python tests/benchmarks/paper_cost.py [--devices 1000] [--outages 8] [--closed 4]

`--outages`: of each device, spread over a year; `--closed`: quarters before it that are closed. Prints seconds by wall
clock. The target is 30 s for all of it.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from agent.accounting.closing import closing_of
from agent.calendar_uk import Quarter
from agent.facts import Change, Facts, Sighting, Standing
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.lifecycle.notices import Notices
from agent.paper_sources import sources_of
from agent.reports import Edition, files, quarter_paper
from agent.rest import READING

QUARTER = Quarter(2026, 3)
BATCH = 5_000
SITES = 40


def estate_of(devices: int) -> Estate:
    return Estate.model_validate(
        {
            "councils": {"sbc": {"title": "Stevenage", "share": "0.5"}, "ehdc": {"title": "E Herts", "share": "0.5"}},
            "sites": {f"s{n}": {"title": f"Site {n}", "kind": "office", "owner": "sbc"} for n in range(SITES)},
            "services": {
                f"v{n}": {"title": f"Service {n}", "owner": "both", "needs": f"device:d{n:04d}"} for n in range(10)
            },
            "devices": {
                f"d{n:04d}": {
                    "name": f"d{n:04d}", "address": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "class": "switch",
                    "site": f"s{n % SITES}",
                }
                for n in range(devices)
            },
        }
    )  # fmt: skip


def changes(devices: int, outages: int, first: Quarter) -> list[Change]:
    random.seed(7)
    began, seconds = first.began_at, (QUARTER.ends_at - first.began_at).total_seconds() - 90_000
    found: list[Change] = []
    for n in range(devices):
        subjects = [f"device:d{n:04d}", *([f"service:v{n}"] if n < 10 else [])]
        found += [Change(subject, Standing.BLIND, Standing.UP, began, "answers") for subject in subjects]
        for at in sorted(random.uniform(0, seconds) for _ in range(outages)):
            down = began + timedelta(seconds=at)
            up = down + timedelta(seconds=random.uniform(60, 20_000))
            for subject in subjects:
                cause = subjects[0] if subject != subjects[0] else None
                found.append(Change(subject, Standing.UP, Standing.DOWN, down, "no answer to SNMP, ICMP", cause))
                found.append(Change(subject, Standing.DOWN, Standing.UP, up, "answers"))
    return sorted(found, key=lambda change: change.at)


def main() -> None:
    gc.set_threshold(*READING)  # as the commands have it
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--devices", type=int, default=1000)
    arguments.add_argument("--outages", type=int, default=8)
    arguments.add_argument("--closed", type=int, default=4)
    given = arguments.parse_args()
    first = QUARTER
    for _ in range(max(given.closed, 4)):
        first = first.previous
    estate, now = estate_of(given.devices), QUARTER.ends_at + timedelta(days=3)
    with tempfile.TemporaryDirectory() as folder:
        clock = [first.began_at]
        ledger = Ledger.open(Path(folder) / "ledger.db", "bench", clock=lambda: clock[0])
        try:
            made = changes(given.devices, given.outages, first)
            for begin in range(0, len(made), BATCH):
                ledger.record(Facts(tuple(made[begin : begin + BATCH])))
            seen = tuple(
                Sighting(f"d{n:04d}", "chassis", f"d{n:04d}", "", "Aruba", "6300M", f"SG{n:08d}", "10.11", now,
                         manufactured=f"{2016 + n % 9}-05-01")
                for n in range(given.devices)
            )  # fmt: skip
            ledger.record(Facts(sightings=seen, watched=((first.began_at, now),))).result(600)
            quarter = first
            while quarter < QUARTER:
                ledger.record(Facts(closings=(closing_of(ledger, estate, quarter, "bench", now),))).result(600)
                quarter = quarter.next
            begun = time.perf_counter()
            sources = sources_of(ledger, estate, Notices(), QUARTER, now)
            read = time.perf_counter()
        finally:
            ledger.close(60)
    paper = quarter_paper(sources, QUARTER, now)
    worked_out = time.perf_counter()
    print(f"reading {len(made)} flips, {given.closed} quarters closed before: {read - begun:.2f} s")
    print(f"the paper: {worked_out - read:.2f} s")
    octets = {edition: sum(len(content) for _, content in files(paper, "q", edition)) for edition in Edition}
    written = time.perf_counter()
    print(f"both editions in every form: {written - worked_out:.2f} s, {sum(octets.values()) / 1e6:.1f} MB")
    print(f"all of it: {written - begun:.2f} s")


if __name__ == "__main__":
    main()
