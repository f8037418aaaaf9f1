"""CPU time of one whole visit, part by part, beside snmp_exporter and pysnmp in the same run.

    python tests/benchmarks/visit_cost.py [--devices 200] [--rounds 5] [--json]

A device is a 48-port switch of which 14 numeric interface columns are read and exposed with their labels. Rounds of all
programs take turns, so that a machine whose speed drifts blurs all of them alike; the least round is the one to quote,
and ratios are of rounds side by side. snmp_exporter (its own CPU time, from /proc) walks the same columns of the same
responder over the same loopback, with ifName, ifAlias and ifDescr as labels, as a scrape would make it. Every program's
page is checked for the number of its samples.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from snmp_engines import COLUMNS, PORTS, cpu_seconds, responder  # noqa: E402

from agent.exporter.own import Own  # noqa: E402
from agent.exporter.page import Pages  # noqa: E402
from agent.exporter.text import Format  # noqa: E402
from agent.health import judge  # noqa: E402
from agent.latest import Latest  # noqa: E402
from agent.topology import Topology  # noqa: E402
from agent.watched import Watched  # noqa: E402
from collectors import Cadence, Memory, Sessions, SnmpAccess, Target, collect  # noqa: E402
from collectors import quick as quickly  # noqa: E402

SAMPLES = PORTS * len(COLUMNS)
V2C = SnmpAccess("2c", "bench")
V3 = SnmpAccess(
    "3", user="hart", auth="SHA", auth_secret="maplesyrup auth", priv="AES-128", priv_secret="maplesyrup priv"
)


def addresses(count: int) -> list[str]:
    return [f"127.{40 + n // 60000}.{n // 250 % 240}.{n % 250 + 1}" for n in range(count)]


class Hartwatch:
    """Hartwatch: visits of devices that it has learnt, judged, kept and rendered."""

    def __init__(self, sessions: Sessions, port: int, access: SnmpAccess, count: int, engine: str = "fast") -> None:
        self.sessions = sessions
        self.targets = [
            Target(a, a, port, "switch", snmp=access, retries=1, engine="pysnmp" if engine == "pysnmp" else "fast")
            for a in addresses(count)
        ]
        self.memories = {t.name: Memory() for t in self.targets}
        self.latest = Latest()
        watched = {t.name: Watched(t.name, "switch", "site", "general") for t in self.targets}
        self.pages = Pages(self.latest, lambda: watched, Own(), lambda: datetime.now(UTC))
        self.topology = Topology(devices=frozenset(watched))
        self.board: dict[str, object] = {}

    async def round(self, cadence: Cadence, together: int) -> dict[str, float]:
        """Milliseconds of CPU per visit for all of it, and for each part by itself."""
        todo = iter(self.targets)
        visits = []

        async def work() -> None:
            for target in todo:
                visit = await collect(target, cadence, self.sessions, self.memories[target.name])
                assert visit.reached, visit.failures
                self.latest.put(visit)
                self.board.update(judge(visit, self.board, self.topology).held)  # type: ignore[arg-type]
                page = self.pages.device(target.name, Format.TEXT)
                assert page is not None
                assert page.count(b"\nif") >= SAMPLES
                visits.append(visit)

        before = cpu_seconds()
        await asyncio.gather(*(work() for _ in range(together)))
        whole = cpu_seconds() - before
        if cadence is not Cadence.PULSE:
            return {"whole": 1000 * whole / len(visits)}

        async def only_ask(target: Target) -> None:
            cells = self.memories[target.name].learnt["snmp"].quick.cells
            assert target.snmp
            session = self.sessions.snmp(target, target.snmp, self.memories[target.name])
            answers = await session.get(cells, time.monotonic() + 30)
            assert answers.problem is None
            asked.append((self.memories[target.name].learnt["snmp"].quick, answers.values))

        asked: list[tuple[quickly.Quick, list[object]]] = []
        queue = iter(self.targets)

        async def asker() -> None:
            for target in queue:
                await only_ask(target)

        before = cpu_seconds()
        await asyncio.gather(*(asker() for _ in range(together)))
        snmp = cpu_seconds() - before
        decode = timed(lambda: [quickly.block(quick, values) for quick, values in asked])  # type: ignore[arg-type]
        judged = timed(lambda: [judge(v, self.board, self.topology) for v in visits])  # type: ignore[arg-type]
        render = timed(lambda: [self.pages.device(t.name, Format.TEXT) for t in self.targets])
        return {
            name: 1000 * seconds / len(visits)
            for name, seconds in (
                ("whole", whole), ("snmp", snmp), ("decode", decode), ("judge", judged), ("render", render),
            )
        }  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    before = cpu_seconds()
    work()
    return cpu_seconds() - before


class Exporter:
    """snmp_exporter, scraped over HTTP; only its own CPU time counts."""

    def __init__(self, process: int, port: int, agents: int) -> None:
        self.process, self.port, self.agents = process, port, agents

    def round(self, count: int) -> float:
        before = self.cpu()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for address in addresses(count):
            connection.request("GET", f"/snmp?module=interfaces&target={address}:{self.agents}")
            page = connection.getresponse().read()
            assert page.count(b"\nif") >= SAMPLES, page[:500]
        connection.close()
        return 1000 * (self.cpu() - before) / count

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


NAMES = {
    "1.3.6.1.2.1.2.2.1": {7: "ifAdminStatus", 8: "ifOperStatus", 13: "ifInDiscards", 14: "ifInErrors",
                          19: "ifOutDiscards", 20: "ifOutErrors"},
    "1.3.6.1.2.1.31.1.1.1": {6: "ifHCInOctets", 7: "ifHCInUcastPkts", 8: "ifHCInMulticastPkts",
                             9: "ifHCInBroadcastPkts", 10: "ifHCOutOctets", 11: "ifHCOutUcastPkts",
                             12: "ifHCOutMulticastPkts", 13: "ifHCOutBroadcastPkts"},
}  # fmt: skip
LABELS = {
    "ifName": "1.3.6.1.2.1.31.1.1.1.1",
    "ifAlias": "1.3.6.1.2.1.31.1.1.1.18",
    "ifDescr": "1.3.6.1.2.1.2.2.1.2",
}


def configuration() -> str:
    """A module with these columns and labels; JSON is YAML. The form is that of snmp_exporter before 0.23."""
    lookups = [{"labels": ["ifIndex"], "labelname": n, "oid": o, "type": "DisplayString"} for n, o in LABELS.items()]
    metrics = [
        {"name": name, "oid": f"{entry}.{column}", "type": "gauge", "help": name, "lookups": lookups,
         "indexes": [{"labelname": "ifIndex", "type": "gauge"}]}
        for entry, columns in NAMES.items() for column, name in columns.items()
    ]  # fmt: skip
    walk = [m["oid"] for m in metrics] + list(LABELS.values())
    module = {"walk": walk, "metrics": metrics, "version": 2, "max_repetitions": 25, "auth": {"community": "bench"}}
    return json.dumps({"interfaces": module})


@contextmanager
def exporter(agents: int) -> Iterator[Exporter | None]:
    """snmp_exporter on a free port; None, said aloud, where it is not installed."""
    program = shutil.which("prometheus-snmp-exporter")
    if program is None:
        print("prometheus-snmp-exporter is not installed: measured without it", file=sys.stderr)
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "snmp.yml").write_text(configuration())
        process = subprocess.Popen(
            [
                program,
                f"--config.file={folder}/snmp.yml",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield Exporter(process.pid, port, agents)
        finally:
            process.terminate()
            process.wait(10)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--together", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, list[float]] = {}

    def note(what: str, value: float) -> None:
        figures.setdefault(what, []).append(value)

    with responder(1472) as port, exporter(port) as beside:
        async with Sessions() as sessions:
            programs = {
                "v2c": Hartwatch(sessions, port, V2C, options.devices),
                "v3 SHA AES-128": Hartwatch(sessions, port, V3, options.devices),
            }
            slow = Hartwatch(sessions, port, V2C, max(2, options.devices // 40), engine="pysnmp")
            for name, program in programs.items():
                note(f"first look, {name}", (await program.round(Cadence.INVENTORY, options.together))["whole"])
                await program.round(Cadence.PULSE, options.together)  # templates are made once
            await slow.round(Cadence.INVENTORY, 1)
            if beside:
                beside.round(10)
            for _ in range(options.rounds):
                for name, program in programs.items():
                    for part, value in (await program.round(Cadence.PULSE, options.together)).items():
                        note(f"{part}, {name}", value)
                if beside:
                    note("snmp_exporter, v2c", await asyncio.to_thread(beside.round, options.devices))
            note("whole by pysnmp, v2c", (await slow.round(Cadence.PULSE, 1))["whole"])

    if options.json:
        print(json.dumps(figures, indent=1))
        return
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    )
    print(f"{options.devices} devices of {SAMPLES} values; milliseconds of CPU per visit\n")
    print(f"{'':<34}{'least':>9}{'median':>9}")
    for what, values in figures.items():
        print(f"{what:<34}{min(values):>9.3f}{statistics.median(values):>9.3f}")
    if beside:
        print()
        for name in programs:
            ratios = [o / e for o, e in zip(figures[f"whole, {name}"], figures["snmp_exporter, v2c"], strict=True)]
            print(
                f"whole, {name} / snmp_exporter, v2c: {statistics.median(ratios):.3f} (median of rounds side by side)"
            )


if __name__ == "__main__":
    uvloop.run(main())
