"""Minding the hardware register: what has come about in the life of a piece is recorded and told, once.

    hardware = HardwareMinder(answers, ledger, ("log",), settle)
    await hardware.mind()           now and then; costs a comparison as long as the register is what it was

- A register that has just changed is let settle, so that the first polling of an estate is told as one thing. One that
  never settles, because in a large estate something always changes, is judged all the same after PATIENCE settlings.
- What was told is what is recorded, read anew each time: another agent of the same ledger may have told it.
- What was handed over and could not be written is judged anew, and told then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from agent.answers import LedgerAnswers
from agent.facts import Facts, Message
from agent.hardware.register import Piece
from agent.ledger import Ledger, LedgerError, Written
from agent.lifecycle.milestones import messages_of, reached

log = logging.getLogger(__name__)

PATIENCE = 12  # times as long as a register is let settle, until it is judged though it still changes


class HardwareMinder:
    """See the module's docstring. `steady`: a clock that nobody sets, so that a step of the other delays nothing."""

    def __init__(
        self, answers: LedgerAnswers, ledger: Ledger, channels: Sequence[str], settle: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), steady: Callable[[], float] = monotonic,
        takes: Mapping[str, Callable[[Message], bool]] | None = None,
    ) -> None:  # fmt: skip
        self._answers, self._ledger, self._channels = answers, ledger, channels
        self.settle, self._clock, self._steady = settle, clock, steady
        self._takes = takes or {}
        self._judged: object = None  # the register's revision that nothing more is to be told of
        self._seen: object = None  # the last one that was seen
        self._seen_at = self._waiting_since = 0.0
        self._handed_over: Future[Written] | None = None

    async def mind(self) -> None:
        """Tell what has come about, if the register is another one than last time and has settled."""
        if not self._written():
            return
        revision, today, pieces = self._answers.register_revision, self._answers.register_day, self._answers.pieces
        if revision is None or today is None or revision == self._judged:
            return
        now = self._steady()
        if self._seen == self._judged:
            self._waiting_since = now
        if revision != self._seen:
            self._seen, self._seen_at = revision, now
        settle = self.settle.total_seconds()
        if now - self._seen_at < settle and now - self._waiting_since < PATIENCE * settle:
            return
        try:
            facts = await asyncio.to_thread(self._facts, pieces, today)
            self._handed_over = self._ledger.record(facts)
        except (LedgerError, SQLAlchemyError) as problem:
            self._try_again(problem)
            return
        self._judged = self._seen = revision

    def _facts(self, pieces: Iterable[Piece], today: date) -> Facts:
        """What is to be recorded and told. Nothing is held between two times: the ledger knows, and who else told."""
        now, known = self._clock(), self._ledger.milestones()
        found = reached(pieces, known, today, now)
        messages = messages_of(found, pieces, self._channels, now, first=not known)
        return Facts(milestones=found, messages=tuple(filter(self._taken, messages)))

    def _taken(self, message: Message) -> bool:
        takes = self._takes.get(message.channel)
        return takes is None or takes(message)

    def _written(self) -> bool:
        """Whether nothing waits to be written any more."""
        waiting = self._handed_over
        if waiting is None:
            return True
        if not waiting.done():
            return False
        self._handed_over = None
        if (problem := waiting.exception()) is not None:
            self._try_again(problem)
        return True

    def _try_again(self, problem: BaseException) -> None:
        """From the beginning, and not before it was let settle again: a ledger in trouble is not asked without end."""
        log.warning("what has come about in the hardware register is told later: %s", problem)
        self._judged = None
        self._seen_at = self._waiting_since = self._steady()
