"""The ledger: facts written once, in one place, and never edited. SQLite by path, PostgreSQL by URL.

    ledger = Ledger.open("var/ledger.db", source="agent-1")    LedgerUnusable says in one line what to do
    future = ledger.record(Facts(changes=...))                 thread-safe, returns at once; done when durable
    ledger.close()

    await asyncio.wrap_future(future)                          if a coroutine must wait

Readers (blocking, from any thread; from a coroutine by `asyncio.to_thread`):

    standings() -> list[Flip]                     the last flip of every subject, as recorded last
    flips(subject=, until=, after=) -> list[Flip] in the order they were recorded; after: source > last number known
    watches(source=) -> list[Watch]               when agents were running
    assets() -> list[Asset]                       the register, by device, part and place
    sightings(device=) -> list[Sighting]          as appended
    last_sightings() -> [(source, Sighting)]      what was last seen in every place, and who wrote it
    hardware(what=) -> list[Sighting | Absence]   in the order they were recorded; what: an asset's key or serial number
    absences(), purchases(), milestones()         as appended: what is gone, was bought, has come to a point in its life
    notes(subject=, head=) -> list[Note]
    windows(head=) -> list[Window]                planned maintenance, with the end of what was ended
    audits(since=, who=, most=) -> list[Audit]    who did what, the oldest first
    closings() -> list[Closing]                   periods whose figures are frozen
    closed() -> dict[str, datetime]               when they were, without the figures
    head() -> dict[str, int]                      source > number of its last entry: "what is known now"
    heads() -> dict[str, (int, str)]              and its digest
    believed() -> dict[str, str]                  subject > gravest level people were told and not taken back
    heard() -> set[(channel, subject)]            what a channel was told not to be well, and not to be well again
    told(subject) -> list[(datetime, Message)]    what people were told of it, and when
    told_after(id, since) -> (rows, id)           of anything, after the last that was read
    told_keys() -> set[str]                       keys of the messages that were handed over
    outbox -> Outbox                              claims and outcomes of messages (agent.alerts)
    stats -> WriterStats                          numbers for the metrics
    octets() -> int | None                        size of the database
    backup(to) -> Path                            a consistent copy while running (SQLite)
    verify() -> Verdict                           whether it is as it was written (agent.ledger.verify)
    export(file) / load_lines(lines)              all of it as JSON Lines, and back (agent.ledger.transfer)

`Ledger.open(..., watch=False)` opens it beside a running agent, for commands: it takes no lock, and writes notes under
its own source.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO
from uuid import UUID

from sqlalchemy.engine import Connection

from agent.facts import (
    Absence,
    Asset,
    Audit,
    Closing,
    Facts,
    Flip,
    Message,
    Milestone,
    Note,
    Purchase,
    Sighting,
    Telling,
    Watch,
    Window,
)
from agent.ledger import read
from agent.ledger.errors import LedgerError, LedgerFull, LedgerUnusable
from agent.ledger.outbox import Outbox, Pending
from agent.ledger.store import AgentLock, Place, Store, copy, lock_is_held, schemas
from agent.ledger.transfer import LinesInvalid, Taken, export_lines, take_lines
from agent.ledger.verify import Verdict, verify
from agent.ledger.write import HEARTBEAT_SECONDS, Written
from agent.ledger.writer import BUFFER_LIMIT, Writer, WriterStats

__all__ = [
    "BUFFER_LIMIT",
    "HEARTBEAT_SECONDS",
    "Ledger",
    "LedgerError",
    "LedgerFull",
    "LedgerUnusable",
    "LinesInvalid",
    "Outbox",
    "Pending",
    "Taken",
    "Verdict",
    "WriterStats",
    "Written",
    "schemas",
]

NOTHING_WRITTEN: Future[Written] = Future()
NOTHING_WRITTEN.set_result(Written())


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """An open ledger; make it with `open`. See the module's docstring."""

    def __init__(self, store: Store, lock: AgentLock | None, writer: Writer) -> None:
        self._store, self._lock, self._writer = store, lock, writer
        self.outbox = Outbox(store)
        self.source = writer.source

    @classmethod
    def open(
        cls, place: Place, source: str, *, watch: bool = True, clock: Callable[[], datetime] = _now,
        buffer_limit: int = BUFFER_LIMIT,
    ) -> Ledger:  # fmt: skip
        """Open, migrate and lock. `source` names this agent in every event; `watch` False for commands beside it."""
        store = Store(place)
        lock = AgentLock(store, source) if watch else None
        connection = None
        try:
            store.make_folder()
            if lock is not None:
                lock.take()
                connection = store.connect()
                lock.take_on(connection)  # PostgreSQL: held by this connection, which the writer goes on with
            store.prepare(lambda: watch or not lock_is_held(store))
        except LedgerUnusable:
            if connection is not None:
                connection.close()
            if lock is not None:
                lock.give_back()
            store.close()
            raise
        writer = Writer(store, lock, source, clock, buffer_limit, connection)
        writer.start()
        return cls(store, lock, writer)

    def record(self, facts: Facts) -> Future[Written]:
        """Write facts, all or none: the only way by which facts enter. Nothing in them: nothing is written.

        Returns at once; never fails because of the database, which is waited for. LedgerFull if the buffer is full.
        """
        return self._writer.put(facts) if facts else NOTHING_WRITTEN

    def settle(self, seconds: float = 10.0) -> bool:
        """Wait until everything handed over is durable; False if that takes longer."""
        return self._writer.settle(seconds)

    def close(self, seconds: float = 10.0) -> int:
        """Write what waits, let go of everything; answers how many hand-overs could not be written."""
        lost = self._writer.stop(seconds)
        if self._lock is not None:
            self._lock.give_back()
        self._store.close()
        return lost

    @property
    def stats(self) -> WriterStats:
        return self._writer.stats

    @property
    def place(self) -> str:
        """Where it is kept, without a password."""
        return self._store.name

    @property
    def path(self) -> Path | None:
        """The SQLite file; None where it is in PostgreSQL."""
        return self._store.path

    @property
    def schema(self) -> str:
        """The number of the migration it was brought to: the newest there is, or it would not be open."""
        return schemas()[-1]

    def octets(self) -> int | None:
        return self._store.octets()

    # ------------------------------------------------------------ readers
    def standings(self) -> list[Flip]:
        with self._store.reader.connect() as connection:
            return read.standings(connection)

    def flips(
        self, subject: str | None = None, until: datetime | None = None, after: Mapping[str, int] | None = None,
        since: datetime | None = None, head: Mapping[str, int] | None = None,
    ) -> list[Flip]:  # fmt: skip
        with self._store.reader.connect() as connection:
            return read.flips(connection, subject, until, after, since, head)

    def watches(self, source: str | None = None) -> list[Watch]:
        with self._store.reader.connect() as connection:
            return read.watches(connection, source)

    def assets(self) -> list[Asset]:
        with self._store.reader.connect() as connection:
            return read.assets(connection)

    def sightings(self, device: str | None = None) -> list[Sighting]:
        with self._store.reader.connect() as connection:
            return read.sightings(connection, device)

    def absences(self) -> list[Absence]:
        with self._store.reader.connect() as connection:
            return read.absences(connection)

    def hardware(self, what: str | None = None) -> list[Sighting | Absence]:
        with self._store.reader.connect() as connection:
            return read.hardware(connection) if what is None else read.hardware_of(connection, what)

    def last_sightings(self) -> list[tuple[str, Sighting]]:
        with self._store.reader.connect() as connection:
            return read.last_sightings(connection)

    def purchases(self) -> list[Purchase]:
        with self._store.reader.connect() as connection:
            return read.purchases(connection)

    def milestones(self) -> list[Milestone]:
        with self._store.reader.connect() as connection:
            return read.milestones(connection)

    def notes(self, subject: str | None = None, head: Mapping[str, int] | None = None) -> list[Note]:
        with self._store.reader.connect() as connection:
            return read.notes(connection, subject, head)

    def windows(self, head: Mapping[str, int] | None = None) -> list[Window]:
        with self._store.reader.connect() as connection:
            return read.windows(connection, head)

    def closings(self) -> list[Closing]:
        with self._store.reader.connect() as connection:
            return read.closings(connection)

    def audits(self, since: datetime | None = None, who: str | None = None, most: int | None = None) -> list[Audit]:
        with self._store.reader.connect() as connection:
            return read.audits(connection, since, who, most)

    def closed(self) -> dict[str, datetime]:
        with self._store.reader.connect() as connection:
            return read.closed(connection)

    def head(self) -> dict[str, int]:
        with self._store.reader.connect() as connection:
            return read.head(connection)

    def told(self, subject: str) -> list[tuple[datetime, Message]]:
        with self._store.reader.connect() as connection:
            return read.messages(connection, subject)

    def tellings(self, subjects: Iterable[str]) -> list[Telling]:
        with self._store.reader.connect() as connection:
            return read.tellings(connection, subjects)

    def told_after(
        self, after: UUID | None, since: datetime, channel: str | None = None
    ) -> tuple[list[tuple[datetime, Message]], UUID | None]:
        with self._store.reader.connect() as connection:
            return read.messages_after(connection, after, since, channel)

    def heads(self) -> dict[str, tuple[int, str]]:
        with self._store.reader.connect() as connection:
            return read.heads(connection)

    def told_keys(self) -> set[str]:
        with self._store.reader.connect() as connection:
            return read.told_keys(connection)

    def believed(self) -> dict[str, Literal["critical", "warning"]]:
        with self._store.reader.connect() as connection:
            return read.believed(connection)

    def heard(self) -> set[tuple[str, str]]:
        with self._store.reader.connect() as connection:
            return read.heard(connection)

    def verify(self) -> Verdict:
        """Whether every entry is as it was written, and the register as it was seen. Reads all of it."""
        with self._snapshot() as connection:
            return verify(connection)

    def export(self, out: TextIO) -> int:
        """Write everything but the outbox as JSON Lines; answers how many lines. Consistent while running."""
        with self._snapshot() as connection:
            return export_lines(connection, out)

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """A transaction in which everything is as of one moment, whatever the agent writes meanwhile."""
        with self._store.reader.connect() as connection:
            if not self._store.is_sqlite:  # there a transaction is a snapshot; here each statement would have its own
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def load_lines(self, lines: Iterable[str]) -> Taken:
        """Take in what `export` wrote: all of it or, with LinesInvalid that names the line, nothing."""
        with self._store.writer.connect() as connection, connection.begin():
            return take_lines(connection, lines)

    def backup(self, to: Path) -> Path:
        """A consistent, checked copy while running; `to` is a file, or a folder that gets a dated one."""
        if self._store.path is None:
            raise LedgerUnusable("a ledger in PostgreSQL is backed up by PostgreSQL: pg_dump, or a replica")
        if to.is_dir():
            to = to / f"ledger-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        try:
            copy(self._store.path, to)
        except (OSError, sqlite3.Error) as problem:
            raise LedgerUnusable(f"cannot write the backup {to}: {problem}") from problem
        return to
