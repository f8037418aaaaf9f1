"""Kill -9 at any moment: no flip lost or doubled after the restart, no false outage, every message once.

Real processes over a real ledger, killed at random points of opening it, of watching and of writing. After each kill
the ledger must hold the first so many flips of those that an agent which nothing disturbs would have recorded, neither
fewer than were told to be durable nor in another order; in the end it must hold them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger import Ledger
from tests.agent_core.survival.killed import open_ledger
from tests.agent_core.survival.story import Story, event_of, outbox_of

ROOT = Path(__file__).resolve().parents[3]
TICKS = 48  # for each round: a quick machine gets through more of them before it is killed


@contextlib.contextmanager
def agents(place: str, seed: int, rounds: int) -> Iterator[Iterator[dict[str, int]]]:
    """What came of each round; the next begins when it is asked for."""
    command = [
        sys.executable,
        "-m",
        "tests.agent_core.survival.killed",
        place,
        str(seed),
        str(TICKS * rounds),
        str(rounds),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def answers() -> Iterator[dict[str, int]]:
            assert server.stdin is not None
            assert server.stdout is not None
            for line in server.stdout:
                yield json.loads(line)
                server.stdin.write("\n")
                server.stdin.flush()

        try:
            yield answers()
        finally:
            server.stdin.close()
            server.wait(30)


def recorded(place: str) -> list[tuple[object, ...]]:
    """Flips as a command beside the agents sees them."""
    beside = Ledger.open(place, "beside", watch=False)
    try:
        flips = beside.flips()
        assert beside.verify().problems == (), "numbers without gaps, and every entry as it was written"
    finally:
        beside.close()
    assert len({f.id for f in flips}) == len(flips)
    return [event_of(f) for f in flips]


def survive(place: str, seed: int, rounds: int) -> None:
    story = Story(seed, TICKS * rounds)
    expected = [e.event for e in asyncio.run(story.expected())]
    told, results = 0, []
    with agents(place, seed, rounds) as answers:
        for number, result in enumerate(answers, 1):
            results.append(result)
            assert result["killed"], f"round {number} ended by itself"
            have = recorded(place)
            assert len(have) >= told + result["durable"], f"round {number} lost what was said to be durable"
            assert have == expected[: len(have)], f"round {number} left something else than what had happened"
            told = len(have)
    assert len(results) == rounds
    assert sum(r["ticks"] > 0 for r in results) > rounds / 2, "most were to die while they worked"
    assert sum(r["ended"] for r in results) < rounds / 10, "the story was too short: they were killed at rest"
    assert told > 2 * rounds, "hardly anything was written, so hardly anything could be lost"

    last = open_ledger(place)
    try:
        asyncio.run(story.tell(last))
        assert last.settle(60.0)
        assert [event_of(f) for f in last.flips()] == expected
        messages = Counter(outbox_of(last))
    finally:
        last.close()
    assert messages == Counter(asyncio.run(story.messages()))
    assert set(messages.values()) == {1}
    assert {level for _, level, _ in messages} == {"critical", "warning", "recovered"}  # some of them flap


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_fifty_kills_at_random_moments_lose_nothing_double_nothing_and_accuse_nobody(tmp_path: Path, seed: int) -> None:
    place = tmp_path / "ledger.db"
    survive(str(place), seed, rounds=50)
    with contextlib.closing(sqlite3.connect(place)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_twenty_kills_at_random_moments_over_postgresql(place: str) -> None:
    survive(place, 5, rounds=20)
