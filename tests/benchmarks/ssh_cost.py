"""SSH: 500 devices each 5 minutes through a real sshd; CPU per poll with and without kept sessions.

    python tests/benchmarks/ssh_cost.py [--devices 500] [--period 300] [--seconds 60] [--rounds 2] [--only new] [--json]

The devices are names for one OpenSSH server on loopback, with a host key that is pinned and a client key, both made for
the run. They are polled at the real pace (so many in each period, spread evenly) by the way a visit goes: three
commands of a Linux host at health cadence. A round is `--seconds` of that. Only the poller's own CPU time counts (user
and system of all its threads), and all of it: what kept sessions cost while nobody uses them is in their polls.

"kept" has its sessions kept as the agent keeps them: all devices are logged in to first, as fast as that goes, and the
rounds come after. "new" logs in at each poll. Exit status 1 where a poll failed. Skips where there is no sshd, or where
it does not let the current user in.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from snmp_engines import cpu_seconds  # noqa: E402

from agent.demo.prometheus import die_with_parent  # noqa: E402
from collectors import Cadence, Memory, Sessions, SshAccess, Target, Visit, collect, sessions  # noqa: E402

THREADS = 16  # what the agent has
ADDRESSES = [f"127.70.0.{n}" for n in range(1, 17)]  # sshd listens on sixteen sockets at most, and only on loopback
IDLE_SECONDS = 10.0


# ---------------------------------------------------------------- the server
class Sshd:
    """A running sshd: where, with which keys, and what it has seen."""

    def __init__(self, folder: Path, port: int) -> None:
        self.log, self.port = folder / "log", port
        host_key = " ".join((folder / "host.pub").read_text().split()[:2])
        self.access = SshAccess(
            "linux", getpass.getuser(), key_file=str(folder / "client"), port=port, host_keys=(host_key,)
        )

    @property
    def logins(self) -> int:
        return self.log.read_text().count("Accepted publickey")

    def connections(self) -> int:
        """How many connections to it are open, as the kernel has them."""
        there = f":{self.port:04X}"
        rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
        return sum(row[2].endswith(there) and row[3] == "01" for row in rows)


@contextmanager
def sshd(devices: int) -> Iterator[Sshd | str]:
    """OpenSSH's server with files of its own; or why there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    programs = {name: shutil.which(name, path=path) for name in ("sshd", "ssh-keygen")}
    if lacking := [name for name, program in programs.items() if program is None]:
        yield f"{' and '.join(lacking)} not installed (Debian: openssh-server)"
        return
    with socket.create_server((ADDRESSES[0], 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key in ("host", "client"):
            made = [str(programs["ssh-keygen"]), "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
            subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
        # A plain shell, because what the user's own start-up files do is neither quick nor the same everywhere.
        # MaxStartups counts connections before authentication, of which by default some are turned away at random
        # from the tenth on: real devices do not share that count.
        (folder / "config").write_text(
            "".join(f"ListenAddress {address}:{port}\n" for address in ADDRESSES)
            + f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/client.pub\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUsePAM no\nStrictModes no\n"
            'ForceCommand exec /bin/sh -i\nSetEnv "PS1=host# "\n'
            f"PidFile none\nPrintMotd no\nPrintLastLog no\nMaxStartups {devices + 100}\nLogLevel INFO\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd's own empty directory for privilege separation
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [str(programs["sshd"]), "-D", "-e", "-f", str(folder / "config")],
                stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent(),
            )  # fmt: skip
        try:
            until = time.monotonic() + 10
            while (folder / "log").read_text().count("Server listening") < len(ADDRESSES):
                if process.poll() is not None or time.monotonic() > until:
                    yield f"sshd does not start: {(folder / 'log').read_text()[-300:]}"
                    return
                time.sleep(0.02)
            yield Sshd(folder, port)
        finally:
            process.terminate()
            process.wait(10)


# ---------------------------------------------------------------- the polls
@dataclass(frozen=True)
class Held:
    """What the process has in its hands."""

    resident_mib: float
    threads: int
    files: int
    connections: int

    @classmethod
    def now(cls, server: Sshd) -> Held:
        fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return cls(
            resident_mib=int(fields["VmRSS"].split()[0]) / 1024,
            threads=int(fields["Threads"]),
            files=len(list(Path("/proc/self/fd").iterdir())),
            connections=server.connections(),
        )


@dataclass(frozen=True)
class Round:
    cpu_ms: float  # for each poll
    logins: int
    seconds: tuple[float, ...]  # how long each poll took
    failures: tuple[str, ...]


def failed(visit: Visit) -> list[str]:
    """Why a poll does not count. What cannot be parsed does: a container has no file system that df should list."""
    told = [f"{f.asked}: {f.kind}: {f.detail}" for f in visit.failures if f.stage != "parse"]
    if not told and (visit.identity.uptime_seconds is None or not visit.memory):
        told = [f"{visit.device}: answered without its values"]
    return told


class Poller:
    def __init__(self, server: Sshd, opener: Sessions, devices: int, period: float) -> None:
        self.server, self.opener, self.period = server, opener, period
        self.targets = [
            Target(f"host-{n}", ADDRESSES[n % len(ADDRESSES)], ssh=server.access) for n in range(devices)
        ]  # fmt: skip
        self.memories = {target.name: Memory() for target in self.targets}
        self.next = 0

    async def visit(self, target: Target) -> Visit:
        return await collect(target, Cadence.HEALTH, self.opener, self.memories[target.name])

    async def all_at_once(self) -> list[str]:
        """Each device once, as many side by side as there are threads; what failed."""
        todo, told = iter(self.targets), list[str]()

        async def work() -> None:
            for target in todo:
                told.extend(failed(await self.visit(target)))

        await asyncio.gather(*(work() for _ in range(THREADS)))
        return told

    async def round(self, seconds: float) -> Round:
        """Polls at the real pace for so long. The next round goes on with the next device, as a schedule does."""
        gap = self.period / len(self.targets)
        polls = max(1, round(seconds / gap))
        tasks, logins = [], self.server.logins
        before, began = cpu_seconds(), time.monotonic()
        for n in range(polls):
            await asyncio.sleep(began + n * gap - time.monotonic())
            tasks.append(asyncio.create_task(self.visit(self.targets[self.next % len(self.targets)])))
            self.next += 1
        await asyncio.sleep(began + polls * gap - time.monotonic())
        visits = await asyncio.gather(*tasks)
        cpu_ms = 1000 * (cpu_seconds() - before) / polls
        told = tuple(why for visit in visits for why in failed(visit))
        return Round(cpu_ms, self.server.logins - logins, tuple(v.seconds for v in visits), told)


async def idle() -> float:
    """CPU milliseconds of this process a second while nothing is polled."""
    before, began = cpu_seconds(), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    return 1000 * (cpu_seconds() - before) / (time.monotonic() - began)


async def measured(server: Sshd, way: str, options: argparse.Namespace) -> tuple[dict[str, object], list[str]]:
    """The figures of one way, and what failed."""
    keeping = sessions.SSH_KEEP_SECONDS
    if way == "new":
        sessions.SSH_KEEP_SECONDS = 0.0
    figures: dict[str, object] = {}
    told: list[str] = []
    try:
        async with Sessions(ssh_threads=THREADS) as opener:
            poller = Poller(server, opener, options.devices, options.period)
            figures["before"] = asdict(Held.now(server))
            if way == "kept":
                before, began = cpu_seconds(), time.monotonic()
                told += await poller.all_at_once()
                figures["login_cpu_ms"] = 1000 * (cpu_seconds() - before) / options.devices
                figures["logging_in_all_seconds"] = time.monotonic() - began
            figures["idle_cpu_ms_a_second"] = await idle()
            rounds = [await poller.round(options.seconds) for _ in range(options.rounds)]
            figures["after"] = asdict(Held.now(server))
    finally:
        sessions.SSH_KEEP_SECONDS = keeping
    seconds = [s for r in rounds for s in r.seconds]
    told += [why for r in rounds for why in r.failures]
    figures |= {
        "polls": len(seconds),
        "logins": sum(r.logins for r in rounds),
        "failures": len(told),
        "cpu_ms": [r.cpu_ms for r in rounds],
        "p50_seconds": statistics.median(seconds),
        "p99_seconds": percentile(seconds, 0.99),
    }
    return figures, told


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def words(way: str, f: dict[str, object]) -> str:
    before, after = (Held(**f[when]) for when in ("before", "after"))  # type: ignore[arg-type]
    cpu: list[float] = f["cpu_ms"]  # type: ignore[assignment]
    lines = [
        f"{way}: {min(cpu):.1f} ms of CPU a poll at the least, {statistics.median(cpu):.1f} median, {len(cpu)} rounds",
        f"  {f['polls']} polls, {f['logins']} of them logged in, {f['failures']} failures; "
        f"p50 {f['p50_seconds']:.3f} s, p99 {f['p99_seconds']:.3f} s",
        f"  idle: {f['idle_cpu_ms_a_second']:.1f} ms of CPU a second",
        f"  {after.connections} connections, {after.threads} threads, {after.files} files open "
        f"(before: {before.connections}, {before.threads}, {before.files}); "
        f"resident {before.resident_mib:.0f} MiB before, {after.resident_mib:.0f} MiB after",
    ]
    if way == "kept":
        lines.append(
            f"  logging in to all of them, {THREADS} at a time: {f['logging_in_all_seconds']:.0f} s, "
            f"{f['login_cpu_ms']:.1f} ms of CPU a log-in with its first poll"
        )
    return "\n".join(lines)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--period", type=float, default=300.0, help="seconds in which each device has its turn")
    parser.add_argument("--seconds", type=float, default=60.0, help="of a round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=("kept", "new"), default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with sshd(options.devices) as server:
        if isinstance(server, str):
            print(f"skipped: {server}")
            return 0
        async with Sessions() as first:  # loads what SSH needs, too, so that it is in no figure
            target = Target("first", ADDRESSES[0], ssh=server.access)
            if told := failed(await collect(target, Cadence.HEALTH, first, Memory())):
                print(f"skipped: sshd does not let {getpass.getuser()} in: {told[0]}")
                return 0
        figures: dict[str, dict[str, object]] = {}
        every: list[str] = []
        if not options.json:
            print(f"Python {platform.python_version()}, {os.cpu_count()} cores; {options.devices} devices", flush=True)
        for way in (options.only,) if options.only else ("kept", "new"):
            figures[way], told = await measured(server, way, options)
            every += told
            if not options.json:
                print(words(way, figures[way]), flush=True)
    if options.json:
        print(json.dumps(figures, indent=1))
    for why in sorted(set(every))[:10]:
        print(f"failed: {why}", file=sys.stderr)
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
