"""CPU time of one scrape of /snmp, beside snmp_exporter with the same file against the same devices.

    python tests/benchmarks/snmp_front_cost.py [--devices 200] [--rounds 5] [--json]

A device is a 48-port switch; the module walks 14 numeric columns of its interfaces and looks up ifName, ifAlias and
ifDescr. Both servers are processes of their own, asked over loopback by one connection, one scrape after another; only
their own CPU time counts, from /proc. Rounds take turns, so that a machine whose speed drifts blurs both alike. Every
page is checked for the number of its samples.
"""

from __future__ import annotations

import argparse
import json
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from snmp_engines import responder  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from visit_cost import Exporter, configuration, exporter  # noqa: E402

from agent import web  # noqa: E402
from agent.exporter import snmp  # noqa: E402
from collectors import Sessions  # noqa: E402


async def serve(file: Path) -> None:
    """The front alone, behind the agent's own HTTP server; prints its port when it listens."""
    listening = web.listen("127.0.0.1", 0)
    async with Sessions() as sessions:
        front = snmp.Front(sessions, dict, lambda: snmp.read_modules([file]), anybody=lambda: True)
        app = web.Guard(Starlette(routes=[snmp.route(front)]), web.WebConfig(), None)
        print(listening.getsockname()[1], flush=True)
        await web.server(app, None, None).serve([listening])


@contextmanager
def ours(agents: int) -> Iterator[Exporter]:
    """The front in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "snmp.yml"
        file.write_text(configuration())
        process = subprocess.Popen(
            [sys.executable, __file__, "--serve", str(file)], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield Exporter(process.pid, port, agents)
        finally:
            process.terminate()
            process.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(options.serve))
        return
    figures: dict[str, list[float]] = {"/snmp": [], "snmp_exporter": []}
    with responder(1472) as port, ours(port) as here, exporter(port) as beside:
        servers = {"/snmp": here} | ({"snmp_exporter": beside} if beside else {})
        for server in servers.values():
            server.round(options.devices)  # connections, caches, what is learnt of each device
        for _ in range(options.rounds):
            for name, server in servers.items():
                figures[name].append(server.round(options.devices))
    if options.json:
        machine = {"machine": platform.machine(), "python": platform.python_version()}
        print(json.dumps({"at": datetime.now(UTC).isoformat(), **machine, "cpu_ms_per_scrape": figures}))
        return
    for name, values in figures.items():
        if values:
            print(f"{name}: {min(values):.2f} ms best, {statistics.median(values):.2f} ms median of CPU per scrape")
    if figures["snmp_exporter"]:
        ratios = [a / b for a, b in zip(figures["/snmp"], figures["snmp_exporter"], strict=True)]
        print(f"/snmp / snmp_exporter: {statistics.median(ratios):.2f} (median of rounds side by side)")


if __name__ == "__main__":
    main()
