"""Two agents with one ledger by mistake: the second refuses, in words, and the first does not notice."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.facts import Change, Facts
from tests.agent_core.making import DOWN, UP, at
from tests.agent_core.survival.killed import open_ledger

ROOT = Path(__file__).resolve().parents[3]

# Opens the ledger, says so or why not, and records one flip for every line it is given.
AGENT = """
import sys
from agent.facts import Change, Facts, Standing
from agent.ledger import Ledger, LedgerUnusable
from tests.agent_core.making import at
try:
    ledger = Ledger.open(sys.argv[1], sys.argv[2])
except LedgerUnusable as problem:
    sys.exit(f"refused: {problem}")
print("watching", flush=True)
for line in sys.stdin:
    change = Change("device:sw", Standing.BLIND, Standing.UP, at(int(line)), line.strip())
    print(ledger.record(Facts((change,))).result(20).first_sequence, flush=True)
"""


def command(place: str, name: str) -> list[str]:
    return [sys.executable, "-c", AGENT, place, name]


ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@contextlib.contextmanager
def agent(place: str, name: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command(place, name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "watching\n"
            yield process
        finally:
            process.kill()


def record(process: subprocess.Popen[str], number: int) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{number}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_the_second_process_refuses_and_the_first_goes_on_until_it_is_killed(place: str) -> None:
    with agent(place, "agent-1") as first:
        assert record(first, 1) == 1
        second = subprocess.run(
            command(place, "agent-1"),
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
        )
        assert second.returncode == 1
        assert second.stdout == ""
        assert second.stderr.startswith("refused: another agent")
        assert "end it, or give this one a" in second.stderr
        assert second.stderr.count("\n") == 1
        if "://" not in place:
            assert f"process {first.pid} since" in second.stderr, "so that a person can find it"
        assert record(first, 2) == 2

        os.kill(first.pid, signal.SIGKILL)
        first.wait(20)
    third = open_ledger(place)  # the lock is nobody's: not a file that a person has to delete
    try:
        assert third.record(Facts((Change("device:sw", UP, DOWN, at(3), "3"),))).result(10).first_sequence == 3
        assert [f.reason for f in third.flips()] == ["1", "2", "3"]
    finally:
        third.close()


def test_of_many_that_start_at_the_same_moment_one_watches(place: str) -> None:
    many = [
        subprocess.Popen(
            command(place, "agent-1"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT, env=ENVIRONMENT,
        )
        for _ in range(3)
    ]  # fmt: skip
    try:
        refused: list[subprocess.Popen[str]] = []
        while len(refused) < 2:
            ended = next((p for p in many if p not in refused and p.poll() is not None), None)
            if ended is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    next(p for p in many if p not in refused).wait(0.05)
                continue
            refused.append(ended)
        assert all("another agent" in p.stderr.read() for p in refused if p.stderr)
        (watching,) = (p for p in many if p not in refused)
        assert watching.stdout is not None
        assert watching.stdout.readline() == "watching\n"
        assert record(watching, 1) == 1
    finally:
        for process in many:
            process.kill()
            process.communicate()
