"""The database behind the ledger: opened, locked, brought up to date. SQLite by path, PostgreSQL by URL.

Only this module knows which of the two it is, together with the triggers in the migrations.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

from agent.ledger.errors import LedgerUnusable
from agent.ledger.tables import source
from agent.ledger.write import remake

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
MIGRATIONS = Path(__file__).parent / "migrations"
SOURCES_LOCK = 0x48617274  # "Hart": the class of our advisory locks in PostgreSQL

Place = str | Path


class Store:
    """One opened database: `writer` for the thread that writes facts and for claims, `reader` for everybody else."""

    def __init__(self, place: Place) -> None:
        self.url, self.path = _url(place)
        self.name = self.url.render_as_string(hide_password=True) if self.path is None else str(self.path)
        self.is_sqlite = self.path is not None
        self.writer = _engine(self.url, writes=True)
        self.reader = _engine(self.url, writes=False)
        self._inode: int | None = None

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()

    def make_folder(self) -> None:
        """The folder of an SQLite file; LedgerUnusable says what to do."""
        try:
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise LedgerUnusable(
                f"cannot make the state directory {self._folder}: {problem.strerror}; "
                "make it writable for the user hartwatch runs as, or choose another place"
            ) from problem

    def connect(self) -> Connection:
        """A connection that may write; LedgerUnusable says what to do."""
        try:
            return self.writer.connect()
        except sa.exc.DBAPIError as problem:
            raise LedgerUnusable(self.advice(problem)) from problem

    def prepare(self, may_migrate: Callable[[], bool] = lambda: True) -> None:
        """Run the migrations that are missing, and see that it can be written; LedgerUnusable says what to do."""
        try:
            with self.connect() as connection:
                migrate(connection, self.name, self.path, may_migrate)
                with connection.begin():
                    # Rows of nobody: an error of a read-only file comes here at the start, not with the first outage.
                    connection.execute(sa.delete(source).where(source.c.name == ""))
        except sa.exc.DBAPIError as problem:
            raise LedgerUnusable(self.advice(problem)) from problem
        if self.path is not None:
            self._inode = self.path.stat().st_ino

    def missing(self) -> str | None:
        """What is wrong with the file under an open connection, which would go on writing into a deleted file."""
        if self.path is None:
            return None
        try:
            inode = self.path.stat().st_ino
        except OSError as problem:
            return f"{self.path} is gone: {problem.strerror}"
        return (
            None if inode == self._inode else f"{self.path} was replaced by another file; restart hartwatch to use it"
        )

    def octets(self) -> int | None:
        """Size of the database, what is not yet folded into the file included; None where it cannot be told."""
        try:
            if self.path is not None:
                log = self.path.with_name(f"{self.path.name}-wal")
                return self.path.stat().st_size + (log.stat().st_size if log.exists() else 0)
            with self.reader.connect() as connection:
                return int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
        except (OSError, sa.exc.DBAPIError):
            return None

    @property
    def _folder(self) -> Path | None:
        return self.path.parent if self.path else None

    def advice(self, problem: sa.exc.DBAPIError) -> str:
        words = (
            str(problem.orig).strip().splitlines()[0]
            if problem.orig and str(problem.orig).strip()
            else "no reason given"
        )
        if not self.is_sqlite:
            return (
                f"cannot use the ledger {self.name}: {words}; check that PostgreSQL runs and the user may create tables"
            )
        hints = {
            "unable to open": f"make {self._folder} writable for the user hartwatch runs as, or choose another place",
            "readonly": f"make {self.path} and {self._folder} writable for the user hartwatch runs as",
            "not a database": "it is not a ledger: move it away, or choose another file",
            "malformed": "it is damaged: move it away and restore the newest backup",
            "locked": "another program holds it: end that program",
            "full": "the disk is full: make room",
        }
        hint = next((advice for sign, advice in hints.items() if sign in words), "see docs/how-to/keep-the-ledger.md")
        return f"cannot use the ledger {self.path}: {words}; {hint}"


# ---------------------------------------------------------------- engines
def _url(place: Place) -> tuple[URL, Path | None]:
    text = str(place)
    if "://" not in text:
        path = Path(text).absolute()
        return URL.create("sqlite+pysqlite", database=str(path)), path
    try:
        url = make_url(text)
    except sa.exc.ArgumentError as problem:
        raise LedgerUnusable(
            "the ledger's address is neither a path nor a URL such as postgresql://host/hartwatch"
        ) from problem
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise LedgerUnusable("a ledger in memory is forgotten at the end: give a path")
        path = Path(url.database).absolute()
        return URL.create("sqlite+pysqlite", database=str(path)), path
    if url.get_backend_name() != "postgresql":
        raise LedgerUnusable(f"a ledger is kept in SQLite or PostgreSQL, not in {url.get_backend_name()}")
    return url.set(drivername="postgresql+psycopg"), None


def _engine(url: URL, *, writes: bool) -> Engine:
    if url.get_backend_name() == "postgresql":
        try:
            return sa.create_engine(url, pool_pre_ping=True, pool_size=4, connect_args={"connect_timeout": 10})
        except ModuleNotFoundError as problem:
            raise LedgerUnusable("PostgreSQL needs its driver: pip install 'hartwatch[postgres]'") from problem
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    # The driver's own transactions begin late and take the write lock in the middle, which fails instead of waiting:
    # so it is switched off and BEGIN is sent by us, IMMEDIATE where we write.
    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        if writes:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
        else:
            cursor.execute("PRAGMA query_only = ON")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


# ---------------------------------------------------------------- migrations
def migrate(
    connection: Connection, name: str, path: Path | None, may_migrate: Callable[[], bool] = lambda: True
) -> None:
    """Bring the schema up to date, in one transaction; an SQLite file with something in it is copied first.

    A ledger written by a newer version is refused: going back would lose what it holds. So is one that an older agent
    is watching with just now: the tables must not change under it.
    """
    if _is_up_to_date(connection):
        return
    from alembic.config import Config  # an eighth of a second that hardly any start has to pay
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    with connection.begin():
        found = MigrationContext.configure(connection).get_current_revision()
    if found == head:
        return
    if found is not None:
        try:
            scripts.get_revision(found)
        except CommandError as problem:
            raise LedgerUnusable(
                f"the ledger {name} was written by a newer hartwatch (schema {found}, this one knows {head}): "
                "run that version, or restore the backup made before the upgrade"
            ) from problem
        if not may_migrate():
            raise LedgerUnusable(
                f"the ledger {name} is in use by an older hartwatch: restart the agent with this version"
            )
        log.warning("bringing the ledger %s forward from schema %s to %s; a large one takes a while", name, found, head)
        if path is not None:
            copy(path, path.with_name(f"{path.name}.before-{head}"))
    with connection.begin():
        _upgrade(config, scripts, head or "head")
        if found is not None:
            remake(connection)  # its rules may be others than those of the version that kept it
    if found is not None:
        log.warning("the ledger %s has schema %s now", name, head)


def schemas() -> list[str]:
    """The schemas this version knows, oldest first; the last is the one it writes."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _is_up_to_date(connection: Connection) -> bool:
    """Whether the schema is that of the newest migration there is; their files begin with their numbers."""
    with connection.begin():
        return schema_in(connection) == schemas()[-1]


def schema_in(connection: Connection) -> str | None:
    """The schema of the database behind a connection; None where it has none, or not one alone."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    rows = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    return str(rows[0]) if len(rows) == 1 else None


def _upgrade(config: Config, scripts: ScriptDirectory, head: str) -> None:
    from alembic.runtime.environment import EnvironmentContext

    def steps(revision: Any, _context: Any) -> Any:
        return scripts._upgrade_revs(head, revision)

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=head):
        scripts.run_env()


def copy(path: Path, to: Path) -> None:
    """A consistent copy of an SQLite file, also while it is written to; made beside and moved, so never half a file."""
    part = to.with_name(f"{to.name}.part")
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(part)) as target:
        source.backup(target)
        (answer,) = target.execute("PRAGMA integrity_check").fetchone()
    if answer != "ok":
        part.unlink(missing_ok=True)
        raise LedgerUnusable(f"the copy of {path} is damaged ({answer}): look at the disk")
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(to)


# ---------------------------------------------------------------- one agent for a ledger
class AgentLock:
    """Held by the one agent that watches with this ledger; a second one is refused in plain words.

    SQLite: a lock on a file beside it, which the kernel gives back when the process dies, however it dies.
    PostgreSQL: an advisory lock for each source, held by the connection that writes.
    """

    def __init__(self, store: Store, source: str) -> None:
        self._store, self._source = store, source
        self._file: int | None = None

    def take(self) -> None:
        if self._store.path is None:
            return  # taken with each connection that writes, see `take_on`
        import fcntl

        path = self._store.path.with_name(f"{self._store.path.name}.lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as problem:
            raise LedgerUnusable(
                f"cannot write to {path.parent}: {problem.strerror}; "
                "make it writable for the user hartwatch runs as, or choose another place"
            ) from problem
        if os.geteuid() == 0:  # a command of root's must not leave a lock that the agent's user cannot open
            folder = path.parent.stat()
            os.fchown(self._file, folder.st_uid, folder.st_gid)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.pread(self._file, 200, 0).decode("utf-8", "replace").strip() or "unknown"
            self.give_back()
            raise LedgerUnusable(
                f"another agent is watching with the ledger {self._store.path} ({holder}): "
                "end it, or give this one a ledger of its own"
            ) from problem
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"process {os.getpid()} since {time.strftime('%Y-%m-%d %H:%M:%S %Z')}\n".encode(), 0)

    def take_on(self, connection: Connection) -> None:
        """Take it on a writing connection (PostgreSQL); LedgerUnusable if another agent has it."""
        if self._store.path is not None:
            return
        key = zlib.crc32(self._source.encode()) - 2**31
        with connection.begin():
            taken = connection.execute(
                sa.text("SELECT pg_try_advisory_lock(:of, :key)"), {"of": SOURCES_LOCK, "key": key}
            ).scalar_one()
        if not taken:
            raise LedgerUnusable(
                f"another agent named {self._source!r} is watching with the ledger {self._store.name}: "
                "end it, or give this one a name of its own"
            )

    def give_back(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def lock_is_held(store: Store) -> bool:
    """Whether an agent is watching with this ledger just now."""
    if store.path is None:
        with store.connect() as connection, connection.begin():
            query = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :of")
            return bool(connection.execute(query, {"of": SOURCES_LOCK}).scalar_one())
    lock = AgentLock(store, "")
    try:
        lock.take()
    except LedgerUnusable:
        return True
    lock.give_back()
    return False
