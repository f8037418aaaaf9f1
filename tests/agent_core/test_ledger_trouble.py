"""A ledger in trouble: locked, full, gone, read-only, damaged, not one at all. Loud, patient, and nothing is lost."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.facts import Change, Facts
from agent.ledger import Ledger, LedgerError, LedgerFull, LedgerUnusable
from tests.agent_core.making import BLIND, UP, at

Open = Callable[..., Ledger]


def fact(number: int) -> Facts:
    return Facts((Change("device:sw", BLIND, UP, at(number), str(number)),))


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same behaviour with shorter pauses."""
    monkeypatch.setattr("agent.ledger.store.BUSY_SECONDS", 0.1)
    monkeypatch.setattr("agent.ledger.writer.RETRY_SECONDS", (0.02, 0.1))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_while_the_database_is_locked_facts_wait_and_are_then_written_in_order(
    tmp_path: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ledger.db"
    ledger = opened(path)
    with locked(path):
        futures = [ledger.record(fact(n)) for n in range(50)]
        until(lambda: ledger.stats.errors_total > 2)
        assert ledger.stats.buffered == 50
        assert ledger.stats.failing_since is not None
        assert "locked" in ledger.stats.problem
        assert not any(future.done() for future in futures)
        assert [r for r in caplog.records if r.levelno == logging.ERROR and "cannot be written" in r.message]
    assert [f.result(10).flips[0].sequence for f in futures] == list(range(1, 51))
    assert [f.reason for f in ledger.flips()] == [str(n) for n in range(50)]
    until(lambda: ledger.stats.failing_since is None)
    assert ledger.stats.buffered == 0
    assert "can be written again" in caplog.text


def test_the_buffer_is_bounded_and_what_it_cannot_take_is_refused_at_once(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "ledger.db"
    ledger = opened(path, buffer_limit=10)
    with locked(path):
        futures = [ledger.record(fact(n)) for n in range(10)]
        with pytest.raises(LedgerFull, match="10 records wait"):
            ledger.record(fact(10))
        assert ledger.stats.refused_total == 1
    assert len([f.result(10) for f in futures]) == 10
    ledger.record(fact(11)).result(10)
    assert [f.reason for f in ledger.flips()] == [*map(str, range(10)), "11"]


def test_a_full_disk_loses_nothing(tmp_path: Path, opened: Open) -> None:
    ledger = opened(tmp_path / "ledger.db")
    ledger.record(fact(0)).result(10)
    pages = 0

    # SQLite itself says "database or disk is full" at this number of pages, on whatever connection writes.
    @sa.event.listens_for(ledger._store.writer, "begin")
    def _limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages or 1_000_000}")

    pages = 1
    futures = [ledger.record(fact(n)) for n in range(1, 800)]
    until(lambda: "full" in ledger.stats.problem)
    pages = 0
    assert len([f.result(10) for f in futures]) == 799
    assert [int(f.reason) for f in ledger.flips()] == list(range(800))
    assert [f.sequence for f in ledger.flips()] == list(range(1, 801))


def test_a_file_that_is_moved_away_is_missed_and_written_when_it_is_back(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "ledger.db"
    ledger = opened(path)
    ledger.record(fact(0)).result(10)
    files = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    away = tmp_path / "away"
    away.mkdir()
    for file in files:
        if file.exists():
            file.rename(away / file.name)
    futures = [ledger.record(fact(n)) for n in (1, 2)]
    until(lambda: "is gone" in ledger.stats.problem)
    for file in files:
        if (away / file.name).exists():
            (away / file.name).rename(file)
    assert [f.result(10).flips[0].sequence for f in futures] == [2, 3]
    assert len(ledger.flips()) == 3


def test_a_file_put_in_place_of_the_ledger_is_not_written_to(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "ledger.db"
    ledger = opened(path)
    ledger.record(fact(0)).result(10)
    other = tmp_path / "other.db"
    shutil.copy(path, other)
    other.replace(path)
    ledger.record(fact(1))
    until(lambda: "replaced by another file" in ledger.stats.problem)
    assert ledger.stats.buffered == 1


def test_closing_says_how_much_could_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger.open(path, "agent-1")
    with locked(path):
        futures = [ledger.record(fact(n)) for n in range(3)]
        assert ledger.close(0.2) == 3
    with pytest.raises(LedgerError):
        futures[0].result(1)
    with pytest.raises(LedgerError, match="has ended"):
        ledger.record(fact(4))


def test_closing_writes_what_waits(tmp_path: Path, opened: Open) -> None:
    first = Ledger.open(tmp_path / "ledger.db", "agent-1")
    for n in range(1000):
        first.record(fact(n))
    assert first.close() == 0
    assert len(opened(tmp_path / "ledger.db").flips()) == 1000


# ---------------------------------------------------------------- PostgreSQL
def test_a_lost_connection_to_postgresql_is_made_anew_and_the_lock_taken_again(postgres: str, opened: Open) -> None:
    import psycopg

    ledger = opened(postgres, "agent-of-lost-connections")
    ledger.record(fact(0)).result(10)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    futures = [ledger.record(fact(n)) for n in (1, 2)]
    assert [f.result(20).flips[0].sequence for f in futures] == [2, 3]
    with pytest.raises(LedgerUnusable, match="another agent named 'agent-of-lost-connections'"):
        Ledger.open(postgres, "agent-of-lost-connections")


def test_the_password_of_a_postgresql_address_is_never_shown() -> None:
    with pytest.raises(LedgerUnusable) as problem:
        Ledger.open("postgresql://hart:hunter2@127.0.0.1:1/ledger", "agent-1")
    assert "hunter2" not in str(problem.value)
    assert "check that PostgreSQL runs" in str(problem.value)


# ---------------------------------------------------------------- unusable from the start
def test_a_state_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerUnusable, match=r"cannot make the state directory .*file: .*make it writable") as problem:
        Ledger.open(tmp_path / "file" / "ledger.db", "agent-1")
    assert "\n" not in str(problem.value)


def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("dear diary, " * 1000)
    with pytest.raises(LedgerUnusable, match="not a ledger"):
        Ledger.open(path, "agent-1")
    assert path.read_text() == "dear diary, " * 1000


@pytest.mark.parametrize("place", ["mysql://host/ledger", "sqlite://", "sqlite:///:memory:", "://"])
def test_a_place_that_can_hold_no_ledger_is_refused(place: str) -> None:
    with pytest.raises(LedgerUnusable):
        Ledger.open(place, "agent-1")


# Root without its capabilities (capset(2), version 3): files of others are as closed as they say, and the code is still
# readable where the clone lies in a folder that other users may not enter.
WITHOUT_PRIVILEGE = """
import ctypes, sys
from agent.ledger import Ledger, LedgerUnusable
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None, use_errno=True).capset(header, none) == 0, ctypes.get_errno()
try:
    Ledger.open(sys.argv[1], "agent-1")
except LedgerUnusable as problem:
    print(problem)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to give up")
@pytest.mark.parametrize("what", ["a read-only directory", "a read-only file in it", "a read-only file beside a lock"])
def test_what_may_not_be_written_is_one_clear_error_at_the_start(tmp_path: Path, what: str) -> None:
    import tempfile

    # pytest's own folders are closed to other users, so that a closed parent would be what is tested.
    folder = Path(tempfile.mkdtemp(prefix="hw-read-only-"))
    try:
        path = folder / "ledger.db"
        if "file" in what:
            Ledger.open(path, "agent-1").close()
            path.chmod(0o444)
            if "lock" in what:
                path.with_name("ledger.db.lock").chmod(0o666)
            else:
                path.with_name("ledger.db.lock").unlink()
        folder.chmod(0o777 if "lock" in what else 0o555)
        answer = subprocess.run(
            [sys.executable, "-c", WITHOUT_PRIVILEGE, path],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=Path.cwd(),
        )
        assert answer.stderr == ""
        assert "writable" in answer.stdout
        assert answer.stdout.count("\n") == 1
    finally:
        shutil.rmtree(folder)


# ---------------------------------------------------------------- backups
def test_a_backup_made_while_writing_is_a_whole_ledger(tmp_path: Path, opened: Open) -> None:
    ledger = opened(tmp_path / "ledger.db")
    for n in range(2000):
        ledger.record(fact(n))
    copy = ledger.backup(tmp_path)
    assert ledger.settle()
    assert copy.parent == tmp_path
    numbers = [f.sequence for f in opened(copy, "agent-2").flips()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [file.name for file in tmp_path.glob("*.part")] == []


def test_a_backup_that_cannot_be_written_says_so(tmp_path: Path, opened: Open) -> None:
    ledger = opened(tmp_path / "ledger.db")
    with pytest.raises(LedgerUnusable, match="cannot write the backup"):
        ledger.backup(tmp_path / "no" / "such" / "folder" / "copy.db")


SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "0005", None, None
def upgrade():
    op.add_column("note", sa.Column("colour", sa.Text))
"""


def test_a_ledger_of_an_older_version_is_copied_brought_forward_and_then_closed_to_the_older_one(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agent.ledger.store import MIGRATIONS

    path, newer = tmp_path / "ledger.db", tmp_path / "migrations"
    old = Ledger.open(path, "agent-1")
    old.record(fact(1)).result(10)
    old.close()
    shutil.copytree(MIGRATIONS, newer)
    (newer / "versions" / "9999_colour.py").write_text(SECOND)
    with monkeypatch.context() as patched:
        running = Ledger.open(path, "agent-1")
        patched.setattr("agent.ledger.store.MIGRATIONS", newer)
        with pytest.raises(LedgerUnusable, match="in use by an older hartwatch"):
            Ledger.open(path, "jo", watch=False)
        running.close()
        new = Ledger.open(path, "agent-1")
        assert [f.reason for f in new.flips()] == ["1"]
        new.record(fact(2)).result(10)
        new.close()
    with pytest.raises(LedgerUnusable, match="newer hartwatch"):
        Ledger.open(path, "agent-1")
    before = opened(path.with_name("ledger.db.before-9999"))
    assert [f.reason for f in before.flips()] == ["1"]
