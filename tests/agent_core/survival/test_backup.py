"""A backup made while it is written to is a ledger: the agent may be killed, and goes on from the backup."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from agent.ledger import Ledger
from tests.agent_core.survival.story import Story, event_of, outbox_of

ROOT = Path(__file__).resolve().parents[3]
Open = Callable[..., Ledger]

# Tells a story and makes a backup every few ticks while the writer writes; says how far each is certain to go.
AGENT = """
import asyncio, pathlib, sys
from agent.ledger import Ledger
from tests.agent_core.survival.story import Story

class BackedUp(Story):
    tick = 0
    async def after_each_tick(self, ledger):
        self.tick += 1
        if self.tick % 40 == 0:
            durable = len(ledger.flips())
            copy = ledger.backup(pathlib.Path(sys.argv[2]) / f"{self.tick}.db")
            print(durable, ledger.stats.buffered > 0, copy, flush=True)

async def main():
    await BackedUp(21, 400).tell(Ledger.open(sys.argv[1], "agent-1"))

asyncio.run(main())
sys.stdin.read()
"""


def test_backups_of_a_busy_agent_that_was_killed_are_whole_and_go_on_to_the_same_end(
    tmp_path: Path, opened: Open
) -> None:
    story = Story(21, 400)
    expected = [e.event for e in asyncio.run(story.expected())]
    copies = tmp_path / "copies"
    copies.mkdir()
    made: list[tuple[int, Path]] = []
    busy = 0
    with subprocess.Popen(
        [sys.executable, "-c", AGENT, str(tmp_path / "ledger.db"), str(copies)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        while len(made) < 6:
            number, waiting, name = process.stdout.readline().split(maxsplit=2)
            made.append((int(number), Path(name.strip())))
            busy += waiting == "True"
        os.kill(process.pid, signal.SIGKILL)
    assert busy, "no backup was made while something waited to be written"
    for durable, copy in made:
        with contextlib.closing(sqlite3.connect(copy)) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        beside = Ledger.open(copy, "beside", watch=False)
        have = [event_of(f) for f in beside.flips()]
        beside.close()
        assert len(have) >= durable, "what was durable before the backup began is in it"
        assert have == expected[: len(have)]
    assert made[0][0] < made[-1][0]

    # Restored in the place of the ledger, as docs/operate.md says: the file alone, without the log of the other.
    for left in tmp_path.glob("ledger.db*"):
        left.unlink()
    shutil.copy(made[3][1], tmp_path / "ledger.db")
    again = opened(tmp_path / "ledger.db")
    asyncio.run(story.tell(again))
    assert again.settle()
    assert [event_of(f) for f in again.flips()] == expected
    assert again.verify().problems == ()
    assert Counter(outbox_of(again)) == Counter(asyncio.run(story.messages()))


def test_a_backup_that_dies_half_way_leaves_no_file_that_looks_like_one(tmp_path: Path, opened: Open) -> None:
    ledger = opened(tmp_path / "ledger.db")
    asyncio.run(Story(22, 60).tell(ledger))
    assert ledger.settle()
    to = tmp_path / "copy.db"
    script = (
        "import os, sys, pathlib\n"
        "from agent.ledger import store\n"
        "replace = pathlib.Path.replace\n"
        "pathlib.Path.replace = lambda *a: os.kill(os.getpid(), 9)\n"
        "store.copy(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "ledger.db"), str(to)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL
    assert not to.exists()
    assert ledger.backup(to) == to  # and the next one is not in the way of what the dead one left
    assert len(opened(to, "agent-2").flips()) == len(ledger.flips())
