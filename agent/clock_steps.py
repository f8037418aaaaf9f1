"""Steps of the wall clock: noticed before anything is dated by the new time, and made good in board and ledger.

    steps = ClockSteps(ledger, board, clock, steady, stepped)      steady: a clock that nobody sets
    ahead = steps.mind()                  by how much the wall clock is ahead of the steady one; a step is dealt with
    at = steps.beat()                     when a heartbeat is, after the clock was minded

What a step asks of what is held and recorded is in agent.health.steps. Without a steady clock no step is noticed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy.exc import SQLAlchemyError

from agent import health
from agent.facts import Facts, Flip
from agent.ledger import HEARTBEAT_SECONDS, Ledger, LedgerError

log = logging.getLogger(__name__)

NO_STEP = timedelta(0)
CLOCK_STEP = timedelta(seconds=1)
DRIFT = timedelta(milliseconds=100)
AT_ONCE_SECONDS = 0.05
TRIES_TO_READ = 5
LONGEST_WITHOUT_A_BEAT = timedelta(seconds=2.5 * HEARTBEAT_SECONDS)  # beyond it, it was we who did not run
SETTLE_SECONDS = 2.0
MOST_READ_ONE_BY_ONE = 200


class ClockSteps:
    """See the module's docstring. `stepped` is told of a step when the board is in the new time."""

    def __init__(
        self, ledger: Ledger, board: health.Board, clock: Callable[[], datetime], steady: Callable[[], float] | None,
        stepped: Callable[[timedelta], None],
    ) -> None:  # fmt: skip
        self._ledger, self._board, self._clock, self._steady = ledger, board, clock, steady
        self._stepped = stepped
        self._ahead = NO_STEP
        self._ahead = self._wall_ahead()
        self._beaten_at: datetime | None = None

    def beat(self) -> datetime:
        self.mind()
        self._beaten_at = self._clock()
        return self._beaten_at

    def _wall_ahead(self) -> timedelta:
        """By how much the wall clock is ahead of the steady one; only a step changes it."""
        if self._steady is None:
            return NO_STEP
        for _ in range(TRIES_TO_READ):
            before = self._steady()
            wall = self._clock()
            if self._steady() - before < AT_ONCE_SECONDS:
                return wall - health.NEVER - timedelta(seconds=before)
        return self._ahead  # a machine this busy stops us between the two: that is no step

    def mind(self) -> timedelta:
        """Notice a step of the clock before anything is dated by the new time; answers how far the clock is ahead."""
        ahead = self._wall_ahead()
        step = ahead - self._ahead
        if abs(step) <= CLOCK_STEP:
            if abs(step) > DRIFT:
                self._ahead = ahead  # a slow drift must not add up to a step
            return self._ahead
        self._ahead = ahead
        log.warning("the clock was set by %+.1f seconds", step.total_seconds())
        self._after_a_step(step)
        return self._ahead

    def _after_a_step(self, step: timedelta) -> None:
        now = self._clock()
        if self._beaten_at is not None and NO_STEP < now - step - self._beaten_at <= LONGEST_WITHOUT_A_BEAT:
            # What was watched since the last beat, in the old time; from now on it is the new one.
            try:
                self._ledger.record(Facts(watched=((self._beaten_at, now - step),), heartbeat_at=now))
            except LedgerError as problem:
                log.error("%s", problem)
            self._beaten_at = now
        self._board.update(health.after_a_step(self._board, step))
        if step < NO_STEP:
            self._move_back(-step, now)
        self._stepped(step)

    def _move_back(self, back: timedelta, now: datetime) -> None:
        """The clock was set back: what goes on keeps its length, and what just ended is not overwritten.

        The ledger is read here and now, which holds up everything else for a moment, because a look that was judged in
        between would be dated by one time and the flips before it by the other. That happens hardly ever.
        """
        subjects = [subject for subject, held in self._board.items() if health.goes_on(held, now)]
        if not subjects:
            return
        try:
            if not self._ledger.settle(SETTLE_SECONDS):
                raise LedgerError("it cannot be written just now")
            flips = self._flips_of(subjects)
            moved = {subject: health.moved_back(flips[subject], back) for subject in subjects}
            self._ledger.record(Facts(tuple(change for changes in moved.values() for change in changes)))
        except (LedgerError, SQLAlchemyError) as problem:
            log.error("the clock was set back, and what goes on is too short in the ledger: %s", problem)
            return
        for subject, changes in moved.items():
            if changes and changes[-1].after is self._board[subject].standing:
                self._board[subject] = health.held_after(self._board[subject], changes)

    def _flips_of(self, subjects: Sequence[str]) -> dict[str, list[Flip]]:
        found: dict[str, list[Flip]] = {subject: [] for subject in subjects}
        few = len(subjects) <= MOST_READ_ONE_BY_ONE
        lots = map(self._ledger.flips, subjects) if few else [self._ledger.flips()]
        for flip in chain.from_iterable(lots):
            if flip.subject in found:
                found[flip.subject].append(flip)
        return found
