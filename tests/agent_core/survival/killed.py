"""Agents that are killed: `python -m tests.agent_core.survival.killed PLACE SEED TICKS ROUNDS`.

Imports once, then forks a child for every round, before this process has any thread. A child opens the ledger, reads
how far it goes, and watches from there on; it is killed with SIGKILL at a random moment, and the next round begins when
a line comes in. Prints one line of JSON for each round: how many flips were durable, to the child's knowledge, before
it died. Nobody but children opens the ledger.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import NoReturn

from agent.facts import Facts
from agent.ledger import Ledger, LedgerUnusable, Written
from tests.agent_core.survival.story import Story

# By what it has done and not by the clock alone: on a busy machine all would die before they had done anything.
MOST_TIMES = 16  # ticks, or flips that became durable
LONGEST_AFTER = 0.01  # seconds
WHILE_IT_OPENS = 0.15  # share of the rounds
LONGEST_TO_OPEN = 0.05  # seconds
MOST_WAITING = 400  # hand-overs: a child that is ahead of its ledger by more waits for it
DURABLE, WORKING, ENDED = b".", b"w", b"e"  # what children say
PATIENCE = 20.0  # for a lock: PostgreSQL gives it back when it notices that the connection is gone


class Telling(Ledger):
    """Says on a pipe how many flips have become durable. The pipe is the only witness that outlives a kill."""

    pipe: int

    def record(self, facts: Facts) -> Future[Written]:
        future = super().record(facts)
        if facts.changes:
            future.add_done_callback(lambda _: os.write(self.pipe, DURABLE * len(facts.changes)))
        return future


class Watched(Story):
    """Says on the pipe that it works, and waits for its ledger when it is too far ahead."""

    async def after_each_tick(self, ledger: Ledger) -> None:
        assert isinstance(ledger, Telling)
        os.write(ledger.pipe, WORKING)
        while ledger.stats.buffered > MOST_WAITING:  # noqa: ASYNC110 - written by a thread, which sets no event
            await asyncio.sleep(0.001)


def open_ledger(place: str, kind: type[Ledger] = Ledger) -> Ledger:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return kind.open(place, "agent-1")
        except LedgerUnusable as problem:
            if "another agent" not in str(problem) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def child(place: str, story: Story, pipe: int) -> NoReturn:
    status = 1
    try:
        ledger = open_ledger(place, Telling)
        assert isinstance(ledger, Telling)
        ledger.pipe = pipe
        asyncio.run(story.tell(ledger))
        ledger.settle(60.0)
        os.write(pipe, ENDED)
        time.sleep(60.0)  # it is killed, however far it came
    except BaseException:
        logging.getLogger(__name__).exception("a child failed by itself")
    finally:
        os._exit(status)


def one_round(place: str, story: Story, draw: random.Random) -> dict[str, object]:
    """Let a child live for some ticks or flips and a little longer, or not even until the first; then kill it."""
    ours, theirs = os.pipe()
    number = os.fork()
    if number == 0:
        os.close(ours)
        child(place, story, theirs)
    os.close(theirs)
    told = b""
    if draw.random() < WHILE_IT_OPENS:
        time.sleep(draw.uniform(0, LONGEST_TO_OPEN))
    else:
        what, times = draw.choice((WORKING, DURABLE)), draw.randint(1, MOST_TIMES)
        while told.count(what) < times and ENDED not in told and (more := os.read(ours, 64)):
            told += more
        time.sleep(draw.uniform(0, LONGEST_AFTER))
    os.kill(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    while more := os.read(ours, 65536):
        told += more
    os.close(ours)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return {"durable": told.count(DURABLE), "ticks": told.count(WORKING), "ended": ENDED in told, "killed": killed}


def warm_up() -> None:
    """Whatever is loaded by the first opening is loaded here, once: children are to die at work and not at imports."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            Ledger.open(Path(folder) / "ledger.db", "agent-1").close()
    assert threading.active_count() == 1, "a process with threads must not fork"
    gc.freeze()


def main(place: str, seed: str, ticks: str, rounds: str) -> None:
    story = Watched(int(seed), int(ticks))
    asyncio.run(story.expected())  # once, for all children
    warm_up()
    draw = random.Random(int(seed))
    for _ in range(int(rounds)):
        print(json.dumps(one_round(place, story, draw)), flush=True)
        sys.stdin.readline()  # until the parent has looked


if __name__ == "__main__":
    main(*sys.argv[1:])
