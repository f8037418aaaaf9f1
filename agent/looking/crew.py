"""Looks made by worker processes: who has which device, and what happens when one of them dies.

A device stays with one worker, which keeps what it has learnt about it. When a worker dies or hangs, its devices are
the others' from their very next look; looks that were going on are asked once more elsewhere. The worker is started
again, with longer pauses if it keeps dying, and its devices go home a few at a time: each has to be learnt anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
import traceback
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from agent.looking.here import Traffic
from agent.looking.wire import ALIVE_SECONDS, HEAD, LONGEST, Hearing, Message, frame, message_of
from collectors import Cadence, Target, Visit

log = logging.getLogger(__name__)

SILENT_BEATS = 6  # after which a worker hangs: with the pause of a second between them, well within ten seconds
RESTART_SECONDS = (0.2, 60.0)  # first and longest pause before a worker is started again
STEADY_SECONDS = 120.0  # a worker that lived so long begins with the first pause again
HOME_PER_SECOND = 20.0  # devices that go home: a first look costs ten times what others do
START_SECONDS = 60.0
LAST_WORDS_SECONDS = 3.0
PATIENCE_SECONDS = 10.0  # beyond a look's own deadline, for the way there and back and for a worker to be started


class WorkersGone(Exception):
    """No worker could make this look: it is a fault of ours, and says nothing of the device."""


class LookFailed(Exception):
    """The worker made a mistake of the program. `str()` is its traceback."""


@dataclass(slots=True, eq=False)
class _Asked:
    """A look that is going on."""

    target: Target
    cadence: Cadence
    answer: asyncio.Future[Visit]
    again: bool = False  # asked once more, after the first worker died of it or beside it


@dataclass(slots=True, eq=False)
class _Member:
    """One worker as the agent sees it."""

    number: int
    process: Process | None = None  # None while there is none
    ready: bool = False
    hearing: Hearing = field(default_factory=Hearing)
    asked: dict[int, _Asked] = field(default_factory=dict)
    knows: dict[str, Target] = field(default_factory=dict)  # the targets it was sent
    traffic: Traffic = field(default_factory=Traffic)
    silent_beats: int = 0
    began: float = 0.0
    pause: float = RESTART_SECONDS[0]

    def send(self, message: Message) -> None:
        assert self.process is not None  # noqa: S101 - only members that are ready are asked
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        self.process.stdin.write(frame(message))


@dataclass(slots=True)
class CrewStats:
    """Numbers for the metrics."""

    workers: int
    alive: int = 0
    restarts_total: int = 0
    moved_total: int = 0  # devices that another worker took over, or that went home


class Crew:
    """Looks shared out among `workers` processes. `start` before the first look, `close` at the end."""

    def __init__(
        self, workers: int, *, families: Iterable[Path] = (), ssh_threads: int = 16,
        log_format: str = "text", log_level: str = "info", clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._begin: dict[str, Any] = {
            "families": tuple(families), "ssh_threads": ssh_threads, "log_format": log_format, "log_level": log_level,
        }  # fmt: skip
        self._members = [_Member(number) for number in range(workers)]
        self._at: dict[str, int] = {}  # device > the worker that has it
        self._clock = clock
        self._tickets = 0
        self._lost = Traffic()  # what dead workers had counted
        self._tasks: set[asyncio.Task[None]] = set()
        self._some_ready = asyncio.Event()
        self._homecomings: deque[float] = deque(maxlen=int(HOME_PER_SECOND))
        self._closing = False
        self.stats = CrewStats(workers)

    # ------------------------------------------------------------ from outside
    async def start(self) -> None:
        """Start all workers and wait until one is ready; WorkersGone where none comes up."""
        for member in self._members:
            self._spawn(self._live(member))
        self._spawn(self._watch())
        try:
            await asyncio.wait_for(self._some_ready.wait(), START_SECONDS)
        except TimeoutError:
            await self.close()
            raise WorkersGone(f"no worker process came up within {START_SECONDS:g} seconds: see the log") from None

    async def look(self, target: Target, cadence: Cadence) -> Visit:
        """Have a worker visit the device. WorkersGone and LookFailed are faults of ours."""
        asked = _Asked(target, cadence, asyncio.get_running_loop().create_future())
        patience = target.deadline_seconds + PATIENCE_SECONDS
        try:
            async with asyncio.timeout(patience):
                self._ask(await self._for(target.name), asked)
                return await asked.answer
        except TimeoutError:
            raise WorkersGone(f"no worker told of {target.name} within {patience:g} seconds") from None

    def forget(self, devices: Iterable[str]) -> None:
        names = list(devices)
        for name in names:
            self._at.pop(name, None)
        for member in self._members:
            known = [name for name in names if member.knows.pop(name, None) is not None]
            if known and member.ready:
                member.send(("forget", known))

    def traffic(self) -> Traffic:
        return sum((member.traffic for member in self._members), self._lost)

    async def close(self) -> None:
        """End the workers: their input ends, and so do they; who does not is killed."""
        self._closing = True
        processes = [member.process for member in self._members if member.process is not None]
        for process in processes:
            if process.stdin is not None:
                process.stdin.close()
        await asyncio.gather(*map(_ended, processes))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------ who has what
    async def _for(self, device: str) -> _Member:
        """The worker for this look; waits where there is none just now."""
        while not any(member.ready for member in self._members):
            self._some_ready.clear()
            await self._some_ready.wait()
        at = self._at.get(device)
        home = self._members[_home(device, len(self._members))]
        if at is None or not self._members[at].ready:
            member = home if home.ready else _first_of(device, [m for m in self._members if m.ready])
        elif at != home.number and home.ready and self._may_go_home():
            member = home
        else:
            return self._members[at]
        if at is not None and at != member.number:
            self.stats.moved_total += 1
            left = self._members[at]
            if left.ready and left.knows.pop(device, None) is not None:
                left.send(("forget", [device]))
        self._at[device] = member.number
        return member

    def _may_go_home(self) -> bool:
        now = self._clock()
        if len(self._homecomings) == self._homecomings.maxlen and now - self._homecomings[0] < 1.0:
            return False
        self._homecomings.append(now)
        return True

    def _ask(self, member: _Member, asked: _Asked) -> None:
        self._tickets += 1
        ticket = self._tickets
        name = asked.target.name
        news = None if member.knows.get(name) is asked.target else asked.target
        member.knows[name] = asked.target
        member.asked[ticket] = asked
        # However it ends, also where nobody waits for it any more.
        asked.answer.add_done_callback(lambda _: member.asked.pop(ticket, None))
        member.send(("look", ticket, name, asked.cadence, news))

    # ------------------------------------------------------------ the life of a worker
    async def _live(self, member: _Member) -> None:
        """Start it, hear it until it ends, see to what it leaves, and begin again."""
        while not self._closing:
            try:
                await self._once(member)
            except OSError as problem:
                log.error("worker %d cannot be started: %s", member.number, problem)
            finally:
                self._left(member)
            if self._closing:
                return
            if self._clock() - member.began > STEADY_SECONDS:
                member.pause = RESTART_SECONDS[0]
            await asyncio.sleep(member.pause)
            member.pause = min(member.pause * 2, RESTART_SECONDS[1])
            self.stats.restarts_total += 1

    async def _once(self, member: _Member) -> None:
        member.began = self._clock()
        member.process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.looking.worker", stdin=PIPE, stdout=PIPE, stderr=None, limit=1 << 20,
            start_new_session=True,
        )  # fmt: skip
        member.send(("begin", self._begin))
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                octets = int.from_bytes(await process.stdout.readexactly(HEAD), "big")
                if octets > LONGEST:
                    log.error("worker %d says what cannot be: it is ended", member.number)
                    process.kill()
                    break
                body = await process.stdout.readexactly(octets)
                try:
                    self._hear(member, message_of(body))
                except Exception:  # the one catch of our own mistakes between the two: no telling what else is wrong
                    log.exception("worker %d says what is not understood: it is ended", member.number)
                    process.kill()
                    break
        status = await _ended(process)
        if not self._closing:
            log.error("worker %d ended with status %d: its devices are others' now", member.number, status)

    def _hear(self, member: _Member, message: Message) -> None:
        kind, *rest = message
        member.silent_beats = 0
        if kind in ("visit", "failed"):
            ticket, told = rest
            asked = member.asked.get(ticket)
            if asked is None or asked.answer.done():
                return
            if kind == "visit":
                try:
                    asked.answer.set_result(member.hearing.visit(told))
                except Exception:  # noqa: BLE001 - this look's alone: the next message may be as it should be
                    asked.answer.set_exception(LookFailed(traceback.format_exc()))
            else:
                asked.answer.set_exception(LookFailed(told))
        elif kind == "layout":
            member.hearing.layout(*rest)
        elif kind == "gone":
            member.hearing.gone(*rest)
        elif kind == "alive":
            (member.traffic,) = rest
            if not member.ready:
                member.ready = True
                self._count()
                self._some_ready.set()

    def _left(self, member: _Member) -> None:
        """A worker has ended: what it counted stays counted, and what it was asked is asked once more elsewhere."""
        self._lost, member.traffic = self._lost + member.traffic, Traffic()
        orphans = list(member.asked.values())
        member.process, member.ready, member.silent_beats = None, False, 0
        member.hearing = Hearing()
        member.knows.clear()
        member.asked.clear()
        self._count()
        for asked in orphans:
            if asked.answer.done():
                continue
            if asked.again or self._closing:
                # Twice is no chance: whatever this look does to a process, it must not go on to a third.
                asked.answer.set_exception(WorkersGone(f"the worker ended while it looked at {asked.target.name}"))
            else:
                asked.again = True
                self._spawn(self._ask_again(asked))

    async def _ask_again(self, asked: _Asked) -> None:
        member = await self._for(asked.target.name)
        if not asked.answer.done():
            self._ask(member, asked)

    async def _watch(self) -> None:
        """End workers that hang. Beats are counted, and not the clock: where we stood still ourselves, so did they."""
        while True:
            await asyncio.sleep(ALIVE_SECONDS)
            for member in self._members:
                if not member.ready or member.process is None:
                    continue
                member.silent_beats += 1
                if member.silent_beats > SILENT_BEATS:
                    log.error("worker %d hangs and is ended", member.number)
                    with contextlib.suppress(ProcessLookupError):
                        member.process.kill()

    def _count(self) -> None:
        self.stats.alive = sum(member.ready for member in self._members)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _ended(process: Process) -> int:
    """The status of a worker that has nothing more to say; it may log out of its devices, but not for ever."""
    try:
        return await asyncio.wait_for(process.wait(), LAST_WORDS_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        return await process.wait()


def _home(device: str, workers: int) -> int:
    """The worker that a device belongs to: even over many names, the same in every run."""
    return int.from_bytes(blake2b(device.encode(), digest_size=8).digest(), "big") % workers


def _first_of(device: str, members: list[_Member]) -> _Member:
    """One of these for a device whose own is not there: rendezvous hashing, so that the load of one goes to all."""
    return max(members, key=lambda m: blake2b(f"{m.number} {device}".encode(), digest_size=8).digest())
