"""CPU time of one poll, by engine and way: a 48-port switch with 14 numeric interface columns, 672 values.

    python tests/benchmarks/snmp_engines.py [--devices 400] [--rounds 5] [--together 50] [--json]

The devices are a process of their own (_snmp_responder.py). Only the poller's own CPU time counts (user and system), so
a busy machine blurs the figures less than it would wall time; the least of several rounds is the one to quote. Every
value of every poll is compared with what the device holds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from _snmp_responder import PREFIX, objects, COLUMNS  # noqa: E402, I001

from collectors.session import Cells, SnmpSession  # noqa: E402
from collectors.snmp import Engine, ReferenceEngine  # noqa: E402
from collectors.target import SnmpAccess  # noqa: E402

PORTS = 48
V2C = SnmpAccess("2c", "bench")
V3 = SnmpAccess(
    "3", user="hart", auth="SHA", auth_secret="maplesyrup auth", priv="AES-128", priv_secret="maplesyrup priv"
)
ROOTS = [".".join(map(str, (*PREFIX, *column))) for column in COLUMNS]
CELLS = Cells([f"{root}.{row}" for row in range(1, PORTS + 1) for root in ROOTS])


def held() -> dict[str, int]:
    """What every device answers, by name."""
    return {".".join(map(str, name)): int.from_bytes(value[2:], "big") for name, value in objects(PORTS).items()}


@contextmanager
def responder(largest: int) -> Iterator[int]:
    """The devices, in their own process: the port they answer on."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("_snmp_responder.py")), "--largest", str(largest)],
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def by_get(session: SnmpSession) -> dict[str, Any]:
    answers = await session.get(CELLS, time.monotonic() + 30)
    if answers.problem is not None:
        raise answers.problem
    return answers.values  # type: ignore[return-value]


async def by_walk(session: SnmpSession) -> Any:
    walked = await session.walk(ROOTS, time.monotonic() + 30)
    if walked.problem is not None:
        raise walked.problem
    return walked.columns


async def measure(
    engine: Any, access: SnmpAccess, port: int, way: Callable[[SnmpSession], Awaitable[Any]], expected: Any,
    *, devices: int, together: int, rounds: int,
) -> list[float]:  # fmt: skip
    """Milliseconds of CPU per poll, one figure a round."""
    addresses = [f"127.{30 + n // 60000}.{n // 250 % 240}.{n % 250 + 1}" for n in range(devices)]
    limits: dict[str, dict[str, Any]] = {address: {} for address in addresses}
    figures = []
    for number in range(rounds + 1):
        todo = iter(addresses)

        async def work() -> None:
            for address in todo:  # noqa: B023 - gathered below, in the same round
                session = engine.session(address, port, access, timeout_seconds=2.0, retries=1, limits=limits[address])
                if await way(session) != expected:
                    raise RuntimeError(f"wrong values from {address}")
                await session.close()

        before = cpu_seconds()
        await asyncio.gather(*(work() for _ in range(together)))
        if number:  # the first round learns and discovers
            figures.append(1000 * (cpu_seconds() - before) / devices)
    return figures


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--together", type=int, default=50, help="devices polled at a time")
    parser.add_argument("--largest", type=int, default=1472, help="octets of the devices' largest answer")
    parser.add_argument("--only", default="", help="measure only what has this in its name")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    by_name = held()
    values = [by_name[oid] for oid in CELLS.oids]
    columns = {root: {str(row): by_name[f"{root}.{row}"] for row in range(1, PORTS + 1)} for root in ROOTS}
    ways: list[tuple[str, Any, SnmpAccess, Any, Any, int]] = [
        ("fast get, v2c", Engine, V2C, by_get, values, 1),
        ("fast walk, v2c", Engine, V2C, by_walk, columns, 1),
        ("fast get, v3 SHA AES-128", Engine, V3, by_get, values, 1),
        ("fast walk, v3 SHA AES-128", Engine, V3, by_walk, columns, 1),
        ("pysnmp get, v2c", ReferenceEngine, V2C, by_get, values, 40),
        ("pysnmp get, v3 SHA AES-128", ReferenceEngine, V3, by_get, values, 40),
    ]
    found = {}
    with responder(options.largest) as port:
        for name, kind, access, way, expected, slower in ways:
            if options.only not in name:
                continue
            async with kind() as engine:
                figures = await measure(
                    engine, access, port, way, expected,
                    devices=max(2, options.devices // slower), together=1 if slower > 1 else options.together,
                    rounds=1 if slower > 1 else options.rounds,
                )  # fmt: skip
            found[name] = {"least_ms": round(min(figures), 3), "median_ms": round(statistics.median(figures), 3)}
            if not options.json:
                print(
                    f"{name:28} {found[name]['least_ms']:8.3f} ms least {found[name]['median_ms']:8.3f} ms median",
                    flush=True,
                )
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main())
