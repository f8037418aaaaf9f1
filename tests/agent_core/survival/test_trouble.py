"""The ledger's database in trouble while the world goes on: loud, bounded, and nothing lost or reordered afterwards."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.alerts import SenderStats
from agent.figures import of_ledger
from agent.ledger import Ledger
from agent.pipeline import Pipeline
from collectors.readings import Cadence
from tests.agent_core.making import DOWN, T0
from tests.agent_core.survival.story import TICK, Story, event_of, outbox_of

Open = Callable[..., Ledger]
Trouble = Callable[[Path], contextlib.AbstractContextManager[None]]
ROOT = Path(__file__).resolve().parents[3]
TEN_MINUTES = 60  # ticks


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def gone(path: Path) -> Iterator[None]:
    """The whole state directory is away, as a network share or a disk is."""
    away = path.parent.with_name("away")
    path.parent.rename(away)
    yield
    away.rename(path.parent)


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The writer's steady clock is ours; it tries again at once, so that every simulated second has its attempt."""
    clock = SimpleNamespace(now=1000.0, sleep=time.sleep)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr("agent.ledger.writer.time", clock)
    monkeypatch.setattr("agent.ledger.writer.RETRY_SECONDS", (0.001, 0.001))
    monkeypatch.setattr("agent.ledger.store.BUSY_SECONDS", 0.001)
    return clock


async def look_at_all(story: Story, pipeline: Pipeline) -> None:
    for device in story.devices:
        await pipeline.visit(device, Cadence.PULSE)


@pytest.mark.parametrize("trouble", [locked, gone])
async def test_ten_minutes_of_trouble_are_loud_once_a_minute_and_lose_and_reorder_nothing(
    tmp_path: Path, opened: Open, simulated: SimpleNamespace, caplog: pytest.LogCaptureFixture, trouble: Trouble
) -> None:
    story = Story(seed=11, ticks=TEN_MINUTES + 60)
    path = tmp_path / "state" / "ledger.db"
    ledger = opened(path)
    pipeline, set_tick = story.pipeline(ledger)
    loud: list[float] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.ERROR and "cannot be written" in record.getMessage():
                loud.append(simulated.now)

    ear = Ear()
    logging.getLogger("agent.ledger.writer").addHandler(ear)
    begins, ends = 30, 30 + TEN_MINUTES
    with contextlib.ExitStack() as stack:
        stack.callback(logging.getLogger("agent.ledger.writer").removeHandler, ear)
        for tick in range(begins):
            set_tick(tick)
            await look_at_all(story, pipeline)
        assert ledger.settle()
        before = len(ledger.flips())
        with trouble(path):
            began = simulated.now
            for handed_over, tick in enumerate(range(begins, ends), 1):
                set_tick(tick)
                pipeline.beat()
                await look_at_all(story, pipeline)
                for _ in range(int(TICK)):
                    simulated.now += 1.0
                    attempts = ledger.stats.errors_total
                    until(lambda attempts=attempts: ledger.stats.errors_total > attempts + 1)  # type: ignore[misc]
                assert ledger.stats.failing_since is not None
                assert ledger.stats.buffered >= handed_over
            waiting = ledger.stats.buffered
            assert waiting > TEN_MINUTES, "heartbeats and flips wait"
            metrics = {name: value for name, _, value in of_ledger(ledger.stats, None, SenderStats())}
            assert metrics["hartwatch_ledger_buffered_records"] == waiting
            assert metrics["hartwatch_ledger_errors_total"] >= 600
            assert ledger.stats.problem
        for tick in range(ends, story.ticks):
            set_tick(tick)
            await look_at_all(story, pipeline)
        assert ledger.settle()
    assert loud[0] - began <= 1.0, "at once"
    assert len(loud) == 10, "and then once a minute"
    assert all(60.0 <= later - earlier <= 62.0 for earlier, later in pairwise(loud))
    assert ledger.stats.failing_since is None
    assert (ledger.stats.buffered, ledger.stats.refused_total, ledger.stats.rejected_total) == (0, 0, 0)
    expected = [e.event for e in await story.expected()]
    assert before < len(expected) / 2
    assert [event_of(f) for f in ledger.flips()] == expected
    assert ledger.verify().problems == ()
    assert sorted(outbox_of(ledger)) == sorted(await story.messages())


async def test_what_a_full_buffer_refuses_is_found_by_later_looks_and_nobody_is_accused_of_more(
    tmp_path: Path, opened: Open, simulated: SimpleNamespace
) -> None:
    story = Story(seed=12, ticks=160)
    path = tmp_path / "state" / "ledger.db"
    bound = 25
    ledger = opened(path, buffer_limit=bound)
    pipeline, set_tick = story.pipeline(ledger)
    most = 0
    with contextlib.ExitStack() as stack:
        for tick in range(story.ticks):
            if tick == 30:
                stack.enter_context(locked(path))
            if tick == 30 + TEN_MINUTES:
                stack.close()
                assert ledger.settle()
            set_tick(tick)
            await look_at_all(story, pipeline)
            most = max(most, ledger.stats.buffered)
            if not 30 <= tick < 30 + TEN_MINUTES:
                assert ledger.settle()  # so that only the trouble fills the buffer
    assert most == bound
    assert pipeline.stats.unrecorded_total == ledger.stats.refused_total > 0
    last = {f.subject: f.after for f in ledger.flips()}
    assert last == {subject: held.standing for subject, held in pipeline.board.items()}
    for device in story.devices:
        flips = ledger.flips(f"device:{device}")
        assert all(a.after is b.before and a.at <= b.at for a, b in pairwise(flips))
        truth = [(began * TICK, ended * TICK) for began, ended in story.faults[device]]
        for flip in flips:
            second = (flip.at - T0).total_seconds()
            failing = any(began <= second < ended for began, ended in truth)
            assert failing is (flip.after is DOWN), f"{device} was not {flip.after} then"


# ---------------------------------------------------------------- a disk that is full
FULL = """
import contextlib, json, logging, pathlib, sys, time
from agent.facts import Change, Facts
from agent.ledger import Ledger
from tests.agent_core.making import BLIND, UP, at

logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s")
folder = pathlib.Path(sys.argv[1])
ledger = Ledger.open(folder / "ledger.db", "agent-1")
fact = lambda n: Facts((Change("device:sw", BLIND, UP, at(n), str(n) * 50),))
ledger.record(fact(0)).result(10)
with (folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
    while True:
        filler.write(bytes(1024))
futures, told = [], {}
for n in range(1, 3000):
    futures.append(ledger.record(fact(n)))
until = time.monotonic() + 30
while "full" not in ledger.stats.problem and time.monotonic() < until:
    time.sleep(0.01)
told["problem"], told["failing"] = ledger.stats.problem, ledger.stats.failing_since is not None
told["buffered"] = ledger.stats.buffered
told["durable"] = sum(f.done() for f in futures)
told["readable"] = len(ledger.flips())
(folder / "filler").unlink()
told["written"] = sum(bool(f.result(30).flips) for f in futures)
flips = ledger.flips()
told["order"] = [int(f.reason[:len(f.reason) // 50]) for f in flips] == list(range(3000))
told["numbers"] = [f.sequence for f in flips] == list(range(1, 3001))
told["failing after"] = ledger.stats.failing_since is not None
told["lost"] = ledger.close()
print(json.dumps(told))
"""


def test_a_disk_that_is_really_full_loses_nothing(tmp_path: Path) -> None:
    """A small file system of its own, in a mount namespace that ends with the process."""
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or unshare is None:
        pytest.skip("a file system of our own needs root and unshare (util-linux)")
    small = tmp_path / "small"
    small.mkdir()
    # What is written fits in once the filler is gone, with the write-ahead log beside it.
    mounted = f"mount -t tmpfs -o size=3m none {small}"
    if subprocess.run([unshare, "-m", "sh", "-c", mounted], capture_output=True, timeout=30).returncode != 0:
        pytest.skip("this container may not mount a file system (unshare -m)")
    answer = subprocess.run(
        [unshare, "-m", "sh", "-c", f'{mounted} && exec "$@"', "sh", sys.executable, "-c", FULL, str(small)],
        capture_output=True, text=True, timeout=90, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert "full" in told["problem"]
    assert told["failing"]
    assert told["buffered"] + told["durable"] == 2999
    assert told["buffered"] > 0
    assert told["readable"] >= 1 + told["durable"], "readers go on"
    assert told["written"] == 2999
    assert told["order"]
    assert told["numbers"]
    assert not told["failing after"]
    assert told["lost"] == 0
    assert re.search(r"ERROR the ledger .* cannot be written, \d+ records wait: .*full", answer.stderr)
