"""What the memory of traffic costs: octets by interface and of an estate, and CPU time beside that of keeping a visit.

    python tests/benchmarks/traffic_cost.py [--devices 11000] [--ports 48]

A device is a switch whose every port carries something; one in ten has two interfaces by which links are watched.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from agent.latest import Latest  # noqa: E402
from agent.traffic import OPENED, Traffic  # noqa: E402
from collectors.readings import Cadence, Identity, Interface, Visit  # noqa: E402

START = datetime(2026, 10, 1, tzinfo=UTC)
NAMES = [f"GigabitEthernet1/0/{n}" for n in range(1, 513)]


def visit(number: int, ports: int, after: int) -> Visit:
    rows = tuple(
        Interface(
            n + 1, NAMES[n], NAMES[n], None, "up", "up", 10**9,
            10**12 + after * 1000 * (n + number), 10**11 + after * n, 0, 0, 0, 0,
        )
        for n in range(ports)
    )  # fmt: skip
    at = START + timedelta(seconds=after)
    return Visit(f"sw-{number}", Cadence.HEALTH, at, 0.2, True, interfaces=rows, identity=Identity(uptime_seconds=1e6))


def links(device: str) -> tuple[str, ...]:
    return ("GigabitEthernet1/0/1", "GigabitEthernet1/0/2") if device.endswith("0") else ()


def memory(devices: int, ports: int) -> dict[str, float]:
    traffic = Traffic(links)
    for number in range(OPENED):
        traffic.open(f"sw-{number}")
    gc.collect()
    tracemalloc.start()
    highest = 0
    for after in range(0, 1500, 300):
        for number in range(devices):
            traffic.take(visit(number, ports, after))
        gc.collect()
        highest = max(highest, tracemalloc.get_traced_memory()[0])
    now = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {
        "interfaces": len(traffic), "octets_by_interface": round(now / len(traffic)), "megabytes": round(now / 1e6, 1),
        "megabytes_while_choosing": round(highest / 1e6, 1),
    }  # fmt: skip


def seconds(ports: int) -> dict[str, float]:
    """CPU time of one health visit: in this module, and of keeping it, which is a small part of what a visit costs."""
    visits = [visit(0, ports, after) for after in range(0, 300 * 2000, 300)]
    best: dict[str, float] = {}
    for _ in range(5):
        traffic, latest = Traffic(links), Latest()
        latest.traffic.take = lambda visit: None  # type: ignore[method-assign]
        for name, take in (("traffic", traffic.take), ("keeping", latest.put)):
            began = time.process_time()
            for one in visits:
                take(one)
            spent = (time.process_time() - began) / len(visits)
            best[name] = min(best.get(name, spent), spent)
    return {f"{name}_microseconds": round(1e6 * spent, 1) for name, spent in best.items()}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--devices", type=int, default=11_000)
    asked.add_argument("--ports", type=int, default=48)
    given = asked.parse_args()
    print(json.dumps({**memory(given.devices, given.ports), **seconds(given.ports)}, indent=1))


if __name__ == "__main__":
    main()
