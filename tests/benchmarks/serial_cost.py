"""What it costs to read the dates in the serial numbers of a register, and to put up its ladders of evidence.

    python tests/benchmarks/serial_cost.py --assets 50000

Prints the best of three, in seconds of processor time. The rules are read once before.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.facts import Asset
from agent.lifecycle import dated, made_on
from agent.lifecycle.serial_rules import SHIPPED, read_rules
from agent.lifecycle.serials import shipped


def register(size: int) -> list[Asset]:
    """Pieces of every vendor that has a rule and of one that has none, each with a number of its own."""
    pick = random.Random(1)  # the same register every time
    kinds = [one.asset(rule.vendors[0]) for rule in read_rules(SHIPPED) for one in rule.examples]
    kinds += [replace(kind, vendor="Juniper") for kind in kinds]
    seen = datetime(2026, 11, 22, tzinfo=UTC)
    assets = []
    for _ in range(size):
        kind = pick.choice(kinds)
        first = seen - timedelta(days=pick.randrange(700))
        serial = f"{(kind.serial or '')[:-3]}{pick.randrange(1000):03d}"
        made = str(first.date() - timedelta(days=pick.randrange(2000))) if pick.random() < 0.1 else None
        assets.append(replace(kind, serial=serial, first_seen_at=first, last_seen_at=seen, manufactured=made))
    return assets


def best(work: Callable[[], object]) -> float:
    took = []
    for _ in range(3):
        shipped()._codes.clear()
        shipped()._lines.clear()
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=int, default=50_000)
    assets = register(parser.parse_args().assets)
    told = sum(made_on(asset) is not None for asset in assets)
    print(f"{len(assets)} pieces of hardware, {told} with a date in the serial number")
    print(f"dates in serial numbers  {best(lambda: [made_on(asset) for asset in assets]):6.3f} s")
    print(f"ladders of evidence      {best(lambda: [dated(asset) for asset in assets]):6.3f} s")


if __name__ == "__main__":
    main()
