"""What it costs to render pages of metrics: `python tests/benchmarks/render_page.py [devices]`.

48-port switches with 14 interface columns (672 samples of interfaces each). Prints microseconds of CPU per sample for
the first page (templates are made), for the pages after it, with gzip, and for prometheus_client beside it.
"""

from __future__ import annotations

import random
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from agent.exporter.own import Own
from agent.exporter.page import Pages
from agent.exporter.text import Format
from agent.latest import Latest
from agent.watched import Watched
from collectors.readings import Block, Cadence, Group, Layout, Metric, Visit

PORTS, COLUMNS = 48, 14
NOW = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)
METRICS = [Metric(f"ifColumn{column}", f"Column {column}.", "counter") for column in range(COLUMNS)]


def switch(name: str, source: random.Random) -> Visit:
    rows = tuple(
        (
            ("ifIndex", str(i)),
            ("ifName", f"Gi1/0/{i}"),
            ("ifAlias", f"desk {name} {i}"),
            ("ifDescr", f"GigabitEthernet1/0/{i}"),
        )
        for i in range(1, PORTS + 1)
    )
    layout = Layout(Cadence.PULSE, tuple(Group(metric, rows) for metric in METRICS))
    values = tuple(source.randrange(1 << 48) for _ in range(len(layout)))
    return Visit(name, Cadence.PULSE, NOW, 0.2, True, blocks=(Block(layout, values),))


def cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    devices = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    source = random.Random(1)  # made-up counters, the same every time
    latest = Latest()
    inventory = {}
    for number in range(devices):
        name = f"sw-{number:05}"
        latest.put(switch(name, source))
        inventory[name] = Watched(name, "switch", "wallfields", "general")
    of = Pages(latest, lambda: inventory, Own(), lambda: NOW)
    samples = devices * PORTS * COLUMNS

    def page() -> int:
        return sum(len(part) for part in of.everything(Format.TEXT))

    def packed() -> int:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        return sum(len(packer.compress(part.encode())) for part in of.everything(Format.TEXT)) + len(packer.flush())

    def longest_slice() -> float:
        worst, slices = 0.0, of.everything(Format.TEXT)
        while True:
            begun = time.perf_counter()
            if next(slices, None) is None:
                return worst
            worst = max(worst, time.perf_counter() - begun)

    def report(title: str, seconds: float, of_samples: int = samples) -> None:
        print(f"{title:<44}{seconds:8.3f} s {1e6 * seconds / of_samples:8.3f} us a sample")

    print(f"{devices} switches, {samples} interface samples, {page() / 1e6:.1f} MB of text")
    of._kept.clear()
    report("first page (templates are made)", cpu(page))
    report("page", min(cpu(page) for _ in range(3)))
    report("page, gzip level 1", min(cpu(packed) for _ in range(2)))
    report("device pages, one after the other", cpu(lambda: [of.device(name, Format.TEXT) for name in inventory]))
    print(f"longest slice (the event loop waits for it) {1000 * longest_slice():8.2f} ms")
    print(f"memory of the process at its highest {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:13.0f} MB")

    few = dict(list(inventory.items())[: min(50, devices)])

    class Library:
        def collect(self) -> Iterator[GaugeMetricFamily]:
            for column, metric in enumerate(METRICS):
                family = GaugeMetricFamily(
                    metric.name, metric.help, labels=("device", "ifIndex", "ifName", "ifAlias", "ifDescr")
                )
                for name in few:
                    recent = latest.of(name)
                    assert recent is not None
                    block = recent.visits[Cadence.PULSE].blocks[0]
                    for place, labels in enumerate(block.layout.groups[column].rows):
                        value = block.values[column * PORTS + place]
                        family.add_metric([name, *(v for _, v in labels)], float(value or 0))
                yield family

    registry = CollectorRegistry()
    registry.register(Library())  # type: ignore[arg-type]
    report("prometheus_client, fewer devices", cpu(lambda: generate_latest(registry)), len(few) * PORTS * COLUMNS)


if __name__ == "__main__":
    main()
