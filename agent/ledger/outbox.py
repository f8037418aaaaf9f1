"""The outbox: messages that were written with what they tell of, and who has taken on to send them.

A message is claimed by a change that only one sender can make, so two senders never both send it. A claim that is
five minutes old is taken over: its sender died, and a message told twice is better than one never told.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from agent.facts import Message
from agent.ledger.errors import LedgerError
from agent.ledger.ids import uuid7
from agent.ledger.store import Store
from agent.ledger.tables import told

CLAIM_HOLDS = timedelta(minutes=5)
AT_ONCE = 5  # few, so that a slow channel has told them before the claim is old
FIELDS = tuple(f.name for f in fields(Message))


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that this sender has claimed and nobody else will send meanwhile."""

    id: UUID
    claim: UUID
    attempts: int  # made before this one
    recorded_at: datetime
    message: Message


class Outbox:
    """Blocking; from a coroutine by `asyncio.to_thread`. A database in trouble is a LedgerError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(self, channel: str, now: datetime, most: int = AT_ONCE) -> list[Pending]:
        """Claim what is due for a channel, oldest first: nothing behind a message that is not due or is being sent."""
        unsent = told.c.channel == channel, told.c.sent_at.is_(None), told.c.given_up_at.is_(None)
        free = (
            *unsent,
            told.c.due_at <= now,
            sa.or_(told.c.claimed_at.is_(None), told.c.claimed_at < now - CLAIM_HOLDS),
        )
        order = sa.select(told.c.id, sa.and_(*free).label("free")).where(*unsent).order_by(told.c.id).limit(most)
        with _translated(), self._store.reader.connect() as connection:
            rows = connection.execute(order).all()
        candidates = [row.id for row in itertools.takewhile(lambda row: row.free, rows)]
        if not candidates:
            return []  # the usual case takes no write lock
        claimed: list[Pending] = []
        with _translated(), self._store.writer.begin() as connection:
            for one in candidates:
                mine = uuid7()
                change = sa.update(told).where(told.c.id == one, *free).values(claimed_at=now, claimed_by=mine)
                if connection.execute(change).rowcount != 1:
                    break  # another sender has it, and what is behind it waits
                row = connection.execute(sa.select(told).where(told.c.id == one)).one()
                message = Message(**{name: getattr(row, name) for name in FIELDS})
                claimed.append(Pending(row.id, mine, row.attempts, row.recorded_at, message))
        return claimed

    def sent(self, pending: Pending, now: datetime) -> None:
        """It was told."""
        self._finish(pending, sent_at=now, problem=None)

    def failed(self, pending: Pending, problem: str, again_at: datetime | None, now: datetime) -> None:
        """It could not be told: tried again at `again_at`, or given up (None)."""
        again = {"given_up_at": now} if again_at is None else {"due_at": again_at}
        self._finish(pending, claimed_at=None, claimed_by=None, problem=problem[:500], **again)

    def released(self, pending: Pending) -> None:
        """It was not tried after all, and is free again."""
        change = sa.update(told).where(told.c.id == pending.id, told.c.claimed_by == pending.claim)
        with _translated(), self._store.writer.begin() as connection:
            connection.execute(change.values(claimed_at=None, claimed_by=None))

    def waiting_by_channel(self) -> dict[str, int]:
        """Channel > messages not yet told and not given up, where there are any."""
        query = sa.select(told.c.channel, sa.func.count()).where(told.c.sent_at.is_(None), told.c.given_up_at.is_(None))
        with _translated(), self._store.reader.connect() as connection:
            return {name: int(number) for name, number in connection.execute(query.group_by(told.c.channel))}

    def waiting(self) -> int:
        """Messages not yet told and not given up."""
        return sum(self.waiting_by_channel().values())

    def _finish(self, pending: Pending, **values: object) -> None:
        change = sa.update(told).where(told.c.id == pending.id, told.c.claimed_by == pending.claim)
        with _translated(), self._store.writer.begin() as connection:
            connection.execute(change.values(attempts=told.c.attempts + 1, **values))


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """A database in trouble is a LedgerError to senders, who wait for it."""
    try:
        yield
    except sa.exc.DBAPIError as problem:
        raise LedgerError(str(problem.orig).strip().split("\n", 1)[0]) from problem
