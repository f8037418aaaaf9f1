"""The schedule itself: the roster of devices, their turns and their visits. See `agent.schedule`."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from agent.schedule.phases import Intervals, Rhythm, coarser, ramp, slot_seconds
from agent.schedule.stats import ScheduleStats
from agent.schedule.turns import Turns
from collectors.readings import Cadence

log = logging.getLogger(__name__)

SLOTS = 500
SLOW_SLOTS = 250
SLOW_AFTER_SECONDS = 3.0  # a visit that takes longer goes on in the slow lane, and its place in the fast one is free
MOST_SLOW = 4  # times as many as the slow lane has places: then the fast lane keeps its slow visits after all
STUCK_AFTER_SECONDS = 300.0  # no visit lasts that long: its own deadline has failed it
TOGETHER_SECONDS = 0.05  # turns this close share one wake-up
CLOCK_STEP_SECONDS = 1.0


class Outcome(Protocol):
    """What a visit tells the schedule."""

    @property
    def reached(self) -> bool: ...
    @property
    def look_again_in(self) -> float | None: ...
    @property
    def look_again(self) -> Cadence: ...
    @property
    def ask(self) -> Sequence[str]: ...  # other devices that this visit wants to be looked at at once


Visit = Callable[[str, Cadence], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Drained:
    """How a drain ended: visits that finished in time, and those that were cancelled."""

    finished: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What a reload changed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()  # other intervals
    again: tuple[str, ...] = ()  # same intervals, to be looked at anew


@dataclass(slots=True, eq=False)
class _Lane:
    limit: int
    in_flight: int = 0
    waiting: deque[tuple[_Row, Cadence, float]] = field(default_factory=deque)


@dataclass(slots=True, eq=False)
class _Row:
    """One device on the roster."""

    device: str
    intervals: Intervals
    rhythm: Rhythm
    gone: bool = False
    new: bool = True  # its first look is still to come
    silent: bool = False  # did not answer last time
    queued: bool = False
    task: asyncio.Task[Outcome] | None = None
    lane: _Lane | None = None  # where its visit is counted
    began: float = float("-inf")
    owed: Cadence | None = None  # asked for and not had yet: the next visit asks it
    asking: Cadence | None = None  # what the visit that is going on asks
    asked: list[tuple[Cadence, asyncio.Future[Outcome | None]]] = field(default_factory=list)  # by `look_now`
    soon: asyncio.TimerHandle | None = None


@dataclass(slots=True, eq=False)
class _Shard:
    grid: float
    begins: float  # its slot, in every interval
    rows: dict[str, _Row] = field(default_factory=dict)
    job: Any = None
    last_tick: int | None = None


class Schedule:
    """See the module's docstring. All of it runs in the event loop's thread."""

    def __init__(
        self, visit: Visit, *, slots: int = SLOTS, slow_slots: int = SLOW_SLOTS,
        stuck_after_seconds: float = STUCK_AFTER_SECONDS, wall: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._visit, self._stuck_after, self._wall = visit, stuck_after_seconds, wall
        self._fast, self._slow = _Lane(slots), _Lane(slow_slots)
        self._rows: dict[str, _Row] = {}
        self._shards: dict[tuple[float, int], _Shard] = {}
        self._running: dict[_Row, float] = {}  # row > when its visit began, oldest first
        self._ramps: set[asyncio.Task[None]] = set()
        self._coarse: list[tuple[str, float, Callable[[], object]]] = []
        self._draining = False
        self._loop: asyncio.AbstractEventLoop
        self._scheduler: Any = None
        self._watch: asyncio.TimerHandle | None = None
        self._wall_ahead = 0.0
        self._lags: deque[float] = deque(maxlen=60)
        self.stats = ScheduleStats()

    # ------------------------------------------------------------ from outside
    def every(self, name: str, seconds: float, call: Callable[[], object]) -> None:
        """Work of the agent itself, one at a time; its first turn is one interval after the start."""
        self._coarse.append((name, seconds, call))
        if self._scheduler is not None:
            self._add_coarse(name, seconds, call)

    def start(self, wanted: Mapping[str, Intervals]) -> None:
        self._loop = asyncio.get_running_loop()
        self._scheduler = AsyncIOScheduler(
            event_loop=self._loop,
            timezone="UTC",
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        for name, seconds, call in self._coarse:
            self._add_coarse(name, seconds, call)
        self._wall_ahead = self._wall() - self._now()
        self._scheduler.start()
        self._watch_in_a_second()
        self.apply(wanted)

    def apply(self, wanted: Mapping[str, Intervals], changed: Collection[str] = ()) -> Applied:
        """Make the roster what is wanted. `changed`: devices to be looked at anew (another address, profile, key)."""
        removed = [row for name, row in self._rows.items() if name not in wanted]
        for row in removed:
            self._remove(row)
        added, moved, again = [], [], []
        for name, intervals in wanted.items():
            known = self._rows.get(name)
            if known is None:
                self._rows[name] = row = _Row(name, intervals, Rhythm.of(name, intervals))
                self._place(row)
                added.append(row)
                continue
            if known.intervals != intervals:
                self._unplace(known)
                known.intervals, known.rhythm = intervals, Rhythm.of(name, intervals)
                self._place(known)
                moved.append(known)
            if name in changed:
                again.append(known)
        self.stats.devices, self.stats.jobs = len(self._rows), len(self._shards)
        self._ramp([*added, *again])
        return Applied(*(tuple(row.device for row in rows) for rows in (added, removed, moved, again)))

    def look_soon(self, device: str, seconds: float, cadence: Cadence = Cadence.PULSE) -> None:
        """One look more, `seconds` from now; an earlier one that is already arranged is kept."""
        row = self._rows.get(device)
        if row is None or self._draining:
            return
        at = self._now() + seconds
        if row.soon is not None:
            if row.soon.when() <= at:
                return
            row.soon.cancel()
        row.soon = self._loop.call_later(seconds, self._look_now, row, cadence, at)

    async def look_now(self, device: str, cadence: Cadence) -> Outcome | None:
        """One look out of turn, with the places and the rights of any other, and what came of it.

        A visit that is going on and asks as much is this look. None where there is none: the device is not on the
        roster (any more), the agent ends, or the visit hung and was ended.
        """
        row = self._rows.get(device)
        if row is None or self._draining:
            return None
        answer: asyncio.Future[Outcome | None] = self._loop.create_future()
        row.asked.append((cadence, answer))
        if row.queued:
            row.owed = coarser(cadence, row.owed)
        elif row.task is None:
            self._admit(row, cadence, self._now())
        # else: a visit is going on; if it asks less, another one follows it
        return await answer

    async def drain(self, seconds: float) -> Drained:
        """Stop: nothing new starts, running visits may finish until `seconds` are over and are cancelled then."""
        self._draining = True
        if self._scheduler is not None and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._watch is not None:
            self._watch.cancel()
        for ramp_task in self._ramps:
            ramp_task.cancel()
        for row in self._rows.values():
            if row.soon is not None:
                row.soon.cancel()
            if row.task is None:
                self._answer(row, None)
        for lane in (self._fast, self._slow):
            lane.waiting.clear()
        self._count()
        tasks = [row.task for row in self._running if row.task is not None]
        if not tasks:
            return Drained(0, 0)
        done, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=5.0)  # a visit that ignores its cancelling is left behind
        return Drained(len(done), len(late))

    # ------------------------------------------------------------ turns
    def _now(self) -> float:
        return self._loop.time()

    def _place(self, row: _Row) -> None:
        grid, number = row.rhythm.grid, row.rhythm.shard
        shard = self._shards.get((grid, number))
        if shard is None:
            shard = self._shards[grid, number] = _Shard(grid, number * slot_seconds(grid))
            turns = Turns(self._now, shard.begins, grid)
            name = f"devices of every {grid:g} s, slot {number}"
            shard.job = self._scheduler.add_job(self._fire, turns, args=(shard,), name=name)
        shard.rows[row.device] = row

    def _unplace(self, row: _Row) -> None:
        key = (row.rhythm.grid, row.rhythm.shard)
        shard = self._shards[key]
        del shard.rows[row.device]
        if not shard.rows:
            shard.job.remove()
            del self._shards[key]

    def _remove(self, row: _Row) -> None:
        del self._rows[row.device]
        self._unplace(row)
        row.gone = True
        if row.soon is not None:
            row.soon.cancel()
        if row.task is not None:
            row.task.cancel()
        else:
            self._answer(row, None)

    async def _fire(self, shard: _Shard) -> None:  # APScheduler runs plain functions in threads, coroutines here
        self._take_turn(shard)

    def _take_turn(self, shard: _Shard) -> None:
        """A shard's turn: those due now at once, the others of the slot at their own moments."""
        now, begins = self._now(), shard.begins
        tick = round((now - begins) / shard.grid)
        if self._draining or now < begins + tick * shard.grid - min(0.5, shard.grid / 4):
            return  # a clock step woke everybody: this turn is still to come
        if shard.last_tick is not None:
            if tick <= shard.last_tick:
                return
            self.stats.missed_total += (tick - shard.last_tick - 1) * len(shard.rows)
        shard.last_tick = tick
        groups: dict[int, list[_Row]] = {}
        for row in shard.rows.values():
            groups.setdefault(int((row.rhythm.due(tick) - now) / TOGETHER_SECONDS), []).append(row)
        for steps, rows in groups.items():
            if steps <= 0:
                self._turn(rows, tick)
            else:
                self._loop.call_later(steps * TOGETHER_SECONDS, self._turn, rows, tick)

    def _turn(self, rows: Iterable[_Row], tick: int) -> None:
        now = self._now()
        for row in rows:
            if row.gone or row.new or self._draining:
                continue  # a new device's first look is the ramp's business
            cadence = row.rhythm.cadence(tick)
            if row.task is not None or row.queued:
                self.stats.skipped[cadence] += 1
                if cadence is not Cadence.PULSE:
                    row.owed = coarser(cadence, row.owed)
            elif cadence is not Cadence.PULSE or row.owed or now - row.began > row.rhythm.grid / 2:
                self._admit(row, cadence, row.rhythm.due(tick))
            # else: it was looked at a moment ago, out of turn; that look has told everything this one would

    def _look_now(self, row: _Row, cadence: Cadence, due: float) -> None:
        row.soon = None
        if row.gone or self._draining or row.task is not None or row.queued:
            return
        self._admit(row, cadence, due)

    def _ramp(self, rows: list[_Row]) -> None:
        """First looks, spread in the order of their turns."""
        if not rows:
            return
        rows.sort(key=lambda row: row.rhythm.offset / row.rhythm.grid)
        over = ramp(len(rows), min(row.rhythm.grid for row in rows))
        task = self._loop.create_task(self._first_looks(rows, over))
        self._ramps.add(task)
        task.add_done_callback(self._ramps.discard)

    async def _first_looks(self, rows: list[_Row], over: float) -> None:
        began, step = self._now(), over / len(rows)
        for number, row in enumerate(rows):
            due = began + number * step
            if due - self._now() > TOGETHER_SECONDS:
                await asyncio.sleep(due - self._now())
            row.new = False
            if row.task is not None or row.queued:
                row.owed = Cadence.INVENTORY  # a visit to the old address is going on: the next one asks everything
            elif not row.gone:
                self._admit(row, Cadence.INVENTORY, due)

    # ------------------------------------------------------------ visits
    def _admit(self, row: _Row, cadence: Cadence, due: float) -> None:
        lane = self._slow if row.silent else self._fast
        if lane.in_flight < lane.limit:
            self._begin(row, cadence, due, lane)
        else:
            row.queued = True
            lane.waiting.append((row, cadence, due))
            self._count()

    def _begin(self, row: _Row, cadence: Cadence, due: float, lane: _Lane) -> None:
        cadence, row.owed = coarser(cadence, row.owed), None
        row.queued, row.began, row.lane, row.asking = False, self._now(), lane, cadence
        lane.in_flight += 1
        self._running[row] = row.began
        self.stats.started[cadence] += 1
        self.stats.lateness[cadence].observe(max(0.0, row.began - due))
        row.task = self._loop.create_task(self._run(row.device, cadence))
        # Not in a `finally` of the visit: a task that is cancelled before its first step never gets there.
        row.task.add_done_callback(lambda task: self._ended(row, cadence, task))
        self._count()

    async def _run(self, device: str, cadence: Cadence) -> Outcome:
        return await self._visit(device, cadence)

    def _ended(self, row: _Row, cadence: Cadence, task: asyncio.Task[Outcome]) -> None:
        lane, row.lane, row.task = row.lane or self._fast, None, None
        lane.in_flight -= 1
        self._running.pop(row, None)
        self.stats.finished[cadence] += 1
        self.stats.duration[cadence].observe(self._now() - row.began)
        outcome: Outcome | None = None
        if not task.cancelled():
            problem = task.exception()
            if problem is None:
                outcome = task.result()
            else:
                self.stats.crashed_total += 1
                log.error("the visit to %s was not caught by the pipeline", row.device, exc_info=problem)
        row.silent = outcome is None or not outcome.reached
        if row.silent and cadence is not Cadence.PULSE:
            row.owed = coarser(cadence, row.owed)  # when it is back, ask what could not be asked
        self._answer(row, outcome)
        self._next(lane)
        if outcome is not None and outcome.look_again_in is not None:
            self.look_soon(row.device, outcome.look_again_in, outcome.look_again)
        for other in outcome.ask if outcome is not None else ():
            self.look_soon(other, 0.0)

    def _answer(self, row: _Row, outcome: Outcome | None) -> None:
        """Tell those who asked for a look; whose question the visit did not include gets one of their own."""
        over = row.gone or self._draining or outcome is None
        waiting = []
        for cadence, answer in row.asked:
            if over or coarser(cadence, row.asking) is row.asking:
                if not answer.done():
                    answer.set_result(outcome)
            elif not answer.done():
                waiting.append((cadence, answer))
        row.asked = waiting
        if waiting and not row.queued:
            wanted = waiting[0][0]
            for cadence, _ in waiting:
                wanted = coarser(cadence, wanted)
            self._admit(row, wanted, self._now())

    def _next(self, lane: _Lane) -> None:
        while lane.waiting and lane.in_flight < lane.limit and not self._draining:
            row, cadence, due = lane.waiting.popleft()
            row.queued = False
            if not row.gone:
                self._begin(row, cadence, due, lane)
        self._count()

    def _count(self) -> None:
        stats = self.stats
        stats.in_flight_slow, stats.waiting_slow = self._slow.in_flight, len(self._slow.waiting)
        stats.in_flight = self._fast.in_flight + self._slow.in_flight
        stats.waiting = len(self._fast.waiting) + len(self._slow.waiting)

    # ------------------------------------------------------------ the agent's own work, and the clock
    def _add_coarse(self, name: str, seconds: float, call: Callable[[], object]) -> None:
        async def work() -> None:
            result = call()
            if inspect.isawaitable(result):
                try:
                    await result
                except asyncio.CancelledError:
                    if not self._draining:
                        raise
                    # The end of the agent is no mistake of this work: APScheduler would log it as one.

        self._scheduler.add_job(work, Turns(self._now, self._now(), seconds), name=name)

    def _watch_in_a_second(self) -> None:
        self._watch = self._loop.call_later(1.0, self._look_at_ourselves, self._now() + 1.0)

    def _look_at_ourselves(self, due: float) -> None:
        """Every second: is the loop late, has the clock been set, does a visit hang?"""
        self._lags.append(max(0.0, self._now() - due))
        self.stats.loop_lag_seconds = max(self._lags)
        ahead = self._wall() - self._now()
        if abs(ahead - self._wall_ahead) > CLOCK_STEP_SECONDS:
            self._after_a_clock_step(ahead - self._wall_ahead)
        self._wall_ahead = ahead
        for row, began in list(self._running.items()):
            lasts = self._now() - began
            if lasts < SLOW_AFTER_SECONDS:
                break
            if row.lane is self._fast and self._slow.in_flight < MOST_SLOW * self._slow.limit:
                row.lane = self._slow
                self._fast.in_flight -= 1
                self._slow.in_flight += 1
            if lasts >= self._stuck_after and row.task is not None:
                self.stats.stuck_total += 1
                log.error("the visit to %s hangs and is ended", row.device)
                del self._running[row]
                row.task.cancel()
        self._next(self._fast)
        self._watch_in_a_second()

    def _after_a_clock_step(self, seconds: float) -> None:
        self.stats.clock_steps_total += 1
        log.warning("the clock was set by %+.1f seconds: turns go on as they were", seconds)
        now = datetime.fromtimestamp(self._wall(), UTC)
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=job.trigger.get_next_fire_time(None, now))
        for (
            shard
        ) in self._shards.values():  # what APScheduler let pass in the last second, thinking it was still to come
            if shard.last_tick is not None and self._now() >= shard.begins + (shard.last_tick + 1) * shard.grid:
                self._take_turn(shard)
