"""CPU time of one poll, by engine and way: a 48-port switch with 14 numeric interface columns, 672 values.

    python tests/benchmarks/snmp_engines.py [--devices 400] [--rounds 5] [--together 50] [--json]

The devices are a process of their own (_snmp_responder.py). Only the poller's own CPU time counts (user and system), so
a busy machine blurs the figures less than it would wall time; the least of several rounds is the one to quote. Every
value of every poll is compared with what the device holds.

The same GETs by a program in C with net-snmp's library (netsnmp_get.c), compiled here where a compiler and the headers
are, take turns with the own engine, and the ratios are of rounds side by side. Discovering version 3 engines is in no
figure: the program in C does it when it opens its sessions, once, and the own engine in a first round, which does not
count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvloop

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from _snmp_responder import PREFIX, objects, COLUMNS  # noqa: E402, I001

from collectors.session import Cells, SnmpSession  # noqa: E402
from collectors.snmp import Engine, ReferenceEngine  # noqa: E402
from collectors.snmp.limits import CELLS_PER_REQUEST  # noqa: E402
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


def addresses(devices: int) -> list[str]:
    return [f"127.{30 + n // 60000}.{n // 250 % 240}.{n % 250 + 1}" for n in range(devices)]


class Poller:
    """One engine that asks in one way."""

    def __init__(
        self, engine: Any, access: SnmpAccess, port: int, way: Callable[[SnmpSession], Awaitable[Any]], expected: Any,
        devices: int, together: int,
    ) -> None:  # fmt: skip
        self.engine, self.access, self.port, self.way, self.expected = engine, access, port, way, expected
        self.together = together
        self.limits: dict[str, dict[str, Any]] = {address: {} for address in addresses(devices)}

    async def round(self) -> float:
        """Milliseconds of CPU per poll."""
        todo = iter(self.limits.items())

        async def work() -> None:
            for address, limits in todo:
                session = self.engine.session(
                    address, self.port, self.access, timeout_seconds=2.0, retries=1, limits=limits
                )
                if await self.way(session) != self.expected:
                    raise RuntimeError(f"wrong values from {address}")
                await session.close()

        before = cpu_seconds()
        await asyncio.gather(*(work() for _ in range(self.together)))
        return 1000 * (cpu_seconds() - before) / len(self.limits)


class InC:
    """The same GETs by net-snmp's library: a process that does a round whenever it is told to."""

    def __init__(self, process: subprocess.Popen[str], devices: int, values: list[int]) -> None:
        self.process = process
        self.expected = devices * len(values)
        asked = [f"{oid} {value}" for oid, value in zip(CELLS.oids, values, strict=True)]
        self.tell("\n".join([*addresses(devices), "", *asked, ""]))

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    async def round(self) -> float:
        """Milliseconds of CPU per poll, as the program counts its own."""
        self.tell("")
        assert self.process.stdout is not None
        line = await asyncio.to_thread(self.process.stdout.readline)
        if not line:
            raise RuntimeError("the program in C gave up; it has said why")
        said = json.loads(line)
        assert said["values"] == self.expected, said
        return float(said["ms"])


@contextmanager
def compiled() -> Iterator[Path | None]:
    """netsnmp_get.c as a program; None, said aloud in a line, where it cannot be compiled."""
    source = Path(__file__).with_name("netsnmp_get.c")
    compiler = shutil.which("cc")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / source.stem
        tried = compiler and subprocess.run(
            [compiler, "-O2", "-o", str(program), str(source), "-lnetsnmp"], stderr=subprocess.DEVNULL, check=False
        )
        if tried and tried.returncode == 0:
            yield program
        else:
            lacks = "net-snmp's headers (Debian: libsnmp-dev)" if compiler else "cc (Debian: gcc)"
            print(f"measured without {source.name}: no {lacks}", file=sys.stderr)
            yield None


@contextmanager
def in_c(program: Path, version: str, port: int, devices: int, values: list[int], together: int) -> Iterator[InC]:
    process = subprocess.Popen(
        [str(program), version, str(port), str(together), str(CELLS_PER_REQUEST)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield InC(process, devices, values)
    finally:
        process.terminate()
        process.wait(10)


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
    ways: list[tuple[str, Any, SnmpAccess, Any, Any]] = [
        ("fast get, v2c", Engine, V2C, by_get, values),
        ("net-snmp in C get, v2c", InC, V2C, None, values),
        ("fast walk, v2c", Engine, V2C, by_walk, columns),
        ("fast get, v3 SHA AES-128", Engine, V3, by_get, values),
        ("net-snmp in C get, v3 SHA AES-128", InC, V3, None, values),
        ("fast walk, v3 SHA AES-128", Engine, V3, by_walk, columns),
        ("pysnmp get, v2c", ReferenceEngine, V2C, by_get, values),
        ("pysnmp get, v3 SHA AES-128", ReferenceEngine, V3, by_get, values),
    ]
    chosen = [w for w in ways if options.only in w[0]]
    # pysnmp after the others: what it loads would be in the way of the garbage collector while they are measured.
    turns = ([w for w in chosen if w[1] is not ReferenceEngine], [w for w in chosen if w[1] is ReferenceEngine])
    figures: dict[str, list[float]] = {}
    with compiled() as program, responder(options.largest) as port:
        for turn, few in zip(turns, (False, True), strict=True):
            devices, together, rounds = options.devices, options.together, options.rounds
            if few:  # a hundred times slower: fewer devices and one round say as much
                devices, together, rounds = max(2, devices // 40), 1, 1
            async with AsyncExitStack() as opened:
                pollers: dict[str, Poller | InC] = {}
                for name, kind, access, way, expected in turn:
                    if kind is not InC:
                        engine = await opened.enter_async_context(kind())
                        pollers[name] = Poller(engine, access, port, way, expected, devices, together)
                    elif program is not None:
                        pollers[name] = opened.enter_context(
                            in_c(program, access.version, port, devices, expected, together)
                        )
                for number in range(rounds + 1):
                    for name, poller in pollers.items():
                        figure = await poller.round()
                        if number:  # the first round learns and discovers
                            figures.setdefault(name, []).append(figure)

    if options.json:
        rounded = {
            name: {"least_ms": round(min(all_), 3), "median_ms": round(statistics.median(all_), 3)}
            for name, all_ in figures.items()
        }
        print(json.dumps(rounded))
        return
    for name, all_ in figures.items():
        print(f"{name:34} {min(all_):8.3f} ms least {statistics.median(all_):8.3f} ms median")
    for way in ("v2c", "v3 SHA AES-128"):
        own, c = figures.get(f"fast get, {way}"), figures.get(f"net-snmp in C get, {way}")
        if own and c:
            ratio = statistics.median(a / b for a, b in zip(own, c, strict=True))
            print(f"fast get / net-snmp in C get, {way}: {ratio:.2f} (median of rounds side by side)")


if __name__ == "__main__":
    uvloop.run(main())
