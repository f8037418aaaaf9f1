"""Ledgers to test with: every test that takes `place` runs over SQLite and, where it is installed, PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.ledger import Ledger

_numbers = itertools.count(1)


def _program(name: str) -> Path | None:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.get_exec_path())]
    return next((place / name for place in places if (place / name).exists()), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a fresh PostgreSQL cluster of our own, on a socket in a folder of its own; no port is opened."""
    initdb, server, control = _program("initdb"), _program("postgres"), _program("pg_ctl")
    if initdb is None or server is None or control is None:
        pytest.skip("PostgreSQL is not installed (`make servers` as root on Debian or Ubuntu)")
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'hartwatch[postgres]'")
    # PostgreSQL refuses to run as root; socket paths may hold 107 characters only, so not under pytest's own folder.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="hw-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        quick = "-c fsync=off -c full_page_writes=off -c listen_addresses= -c shared_buffers=16MB -c max_connections=60"

        def run(*command: str | Path) -> None:
            subprocess.run(command, user=user, check=True, cwd=folder, capture_output=True, timeout=60)

        run(initdb, "-D", folder / "data", "-U", "hartwatch", "-A", "trust", "--no-sync", "-E", "UTF8")
        run(control, "-D", folder / "data", "-w", "-o", f"{quick} -k {folder}", "-l", folder / "log", "start")
        try:
            yield f"postgresql://hartwatch@/postgres?host={folder}"
        finally:
            run(control, "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a fresh ledger may be kept."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.db")
        return
    import psycopg

    server: str = request.getfixturevalue("postgres")
    schema = f"ledger_{next(_numbers)}"  # a schema of its own is made ten times as fast as a database of its own
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    yield f"{server}&options=-csearch_path%3D{schema}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(b"SET lock_timeout = '5s'")
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.fixture
def opened() -> Iterator[Callable[..., Ledger]]:
    """A function that opens ledgers and closes them after the test."""
    ledgers: list[Ledger] = []

    def open_(place: str | Path, source: str = "agent-1", **options: object) -> Ledger:
        ledger = Ledger.open(place, source, **options)  # type: ignore[arg-type]
        ledgers.append(ledger)
        return ledger

    yield open_
    for ledger in ledgers:
        ledger.close(1.0)


@pytest.fixture
def ledger(place: str, opened: Callable[..., Ledger]) -> Ledger:
    """A fresh, open ledger."""
    return opened(place)
