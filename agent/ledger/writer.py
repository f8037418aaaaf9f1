"""The one thread that writes: takes what is handed over, commits many hand-overs at once, and never lets go of one.

While the database is locked, full or gone, hand-overs wait in memory (BUFFER_LIMIT of them) and are tried again;
the log and the numbers in `WriterStats` say so at once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from agent.facts import Facts
from agent.ledger.errors import LedgerError, LedgerFull, LedgerUnusable
from agent.ledger.store import AgentLock, Store
from agent.ledger.write import Span, Written, write

log = logging.getLogger(__name__)

BUFFER_LIMIT = 50_000  # hand-overs; about 100 MB at the very most
BATCH = 500
RETRY_SECONDS = (0.2, 5.0)  # first and longest pause between attempts
REMIND_SECONDS = 60.0


def poisonous(problem: sa.exc.SQLAlchemyError) -> bool:
    """Whether the facts are at fault, so that trying again cannot help. Everything else is waited for, rights that were
    taken away and tables that are gone among it."""
    if isinstance(problem, sa.exc.DBAPIError):
        return isinstance(problem, sa.exc.IntegrityError | sa.exc.DataError)
    return isinstance(problem, sa.exc.StatementError)  # a value that has no form in the database


@dataclass(slots=True)
class WriterStats:
    """Numbers for the metrics; read them at any time."""

    buffered: int = 0  # hand-overs waiting
    written_total: int = 0  # hand-overs committed
    commits_total: int = 0
    sightings_total: int = 0  # of hardware that is new, has changed or is gone: when this grows, the register has
    errors_total: int = 0  # failed attempts to write
    refused_total: int = 0  # hand-overs refused because the buffer was full
    rejected_total: int = 0  # hand-overs the database will never take: a mistake of the program
    failing_since: datetime | None = None
    problem: str = ""
    last_commit_at: datetime | None = None


class Writer(threading.Thread):
    """Start it, `put` facts, `stop` it. A Future is done when its facts are durable."""

    def __init__(
        self, store: Store, lock: AgentLock | None, source: str, clock: Callable[[], datetime],
        limit: int = BUFFER_LIMIT, connection: Connection | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name="ledger-writer", daemon=True)
        self.stats = WriterStats()
        self._store, self._lock, self._clock, self._limit = store, lock, clock, limit
        self.source = source
        self._queue: deque[tuple[Facts, Future[Written]]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._busy = False
        self._patience = 0.0  # monotonic instant after which a stopping writer gives up
        self._span: Span | None = None
        self._connection = connection

    def put(self, facts: Facts) -> Future[Written]:
        """Hand over; returns at once. LedgerFull when the buffer is full, LedgerError after the end."""
        future: Future[Written] = Future()
        with self._wake:
            if self._stopping or not self.is_alive():
                raise LedgerError("the ledger's writer has ended")
            if len(self._queue) >= self._limit:
                self.stats.refused_total += 1
                raise LedgerFull(f"{self._limit} records wait for the ledger {self._store.name}: {self.stats.problem}")
            self._queue.append((facts, future))
            self.stats.buffered = len(self._queue)
            self._wake.notify_all()
        return future

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is waiting; False if that takes longer."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._queue and not self._busy, timeout=seconds)

    def stop(self, seconds: float) -> int:
        """Write what is waiting for as long as `seconds`, then end; answers how many hand-overs were lost."""
        with self._wake:
            self._stopping = True
            self._patience = time.monotonic() + seconds
            self._wake.notify_all()
        self.join(seconds + 10.0)
        return len(self._queue)

    # ------------------------------------------------------------ the thread
    def run(self) -> None:
        pause = RETRY_SECONDS[0]
        reminded = 0.0
        most = BATCH
        try:
            while batch := self._next_batch(most):
                try:
                    self._commit(batch)
                except (sa.exc.SQLAlchemyError, LedgerUnusable) as problem:
                    if isinstance(problem, sa.exc.SQLAlchemyError) and poisonous(problem):
                        if len(batch) > 1:
                            most = 1  # find it: one must not keep the others waiting for ever
                        else:
                            self._reject(problem)
                        continue
                    self._drop_connection()
                    self._note_failure(problem)
                    if time.monotonic() - reminded > REMIND_SECONDS:
                        reminded = time.monotonic()
                        log.error(
                            "the ledger %s cannot be written, %d records wait: %s",
                            self._store.name, len(self._queue), self.stats.problem,
                        )  # fmt: skip
                    if not self._rest(pause):
                        break
                    pause = min(pause * 2, RETRY_SECONDS[1])
                    continue
                if self.stats.failing_since is not None:
                    log.warning("the ledger %s can be written again", self._store.name)
                    self.stats.failing_since, self.stats.problem = None, ""
                pause, reminded = RETRY_SECONDS[0], 0.0
                most = min(most * 2, BATCH)
        finally:
            self._drop_connection()
            for _, future in self._queue:
                if not future.done():
                    future.set_exception(LedgerError("the ledger's writer ended before this was written"))

    def _next_batch(self, most: int) -> list[tuple[Facts, Future[Written]]]:
        """The oldest hand-overs; they stay in the queue until they are durable. Empty at the end."""
        with self._wake:
            self._busy = False
            self._wake.notify_all()
            self._wake.wait_for(lambda: bool(self._queue) or self._stopping)
            self._busy = bool(self._queue)
            return [self._queue[i] for i in range(min(most, len(self._queue)))]

    def _commit(self, batch: list[tuple[Facts, Future[Written]]]) -> None:
        if missing := self._store.missing():
            raise LedgerUnusable(missing)
        if self._connection is None:
            self._connection = self._store.writer.connect()
            if self._lock is not None:
                self._lock.take_on(self._connection)
        now = self._clock()
        with self._connection.begin():
            written, span = write(self._connection, self.source, [facts for facts, _ in batch], now, self._span)
        self._span = span
        with self._wake:
            for _ in batch:
                self._queue.popleft()
            self.stats.buffered = len(self._queue)
        self.stats.written_total += len(batch)
        self.stats.sightings_total += sum(len(facts.sightings) + len(facts.absences) for facts, _ in batch)
        self.stats.commits_total += 1
        self.stats.last_commit_at = now
        for (_, future), result in zip(batch, written, strict=True):
            future.set_result(result)

    def _reject(self, problem: Exception) -> None:
        """Give up the oldest hand-over, which the database will never take: a mistake of the program, told loudly."""
        with self._wake:
            facts, future = self._queue.popleft()
            self.stats.buffered = len(self._queue)
        self.stats.rejected_total += 1
        log.error("the ledger refused a record, which is a mistake of the program: %s: %r", problem, facts)
        future.set_exception(problem)

    def _note_failure(self, problem: Exception) -> None:
        self.stats.errors_total += 1
        self.stats.failing_since = self.stats.failing_since or self._clock()
        cause = getattr(problem, "orig", None) or problem
        self.stats.problem = str(cause).strip().split("\n", 1)[0]

    def _rest(self, seconds: float) -> bool:
        """Pause before another attempt; False when a stopping writer has run out of patience."""
        with self._wake:
            if self._stopping and time.monotonic() >= self._patience:
                return False
            self._wake.wait_for(lambda: self._stopping, timeout=seconds)
        if self._stopping:
            time.sleep(min(seconds, 0.2))
        return True

    def _drop_connection(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()
