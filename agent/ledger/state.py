"""What is at a ledger's place, looked at without touching it: for who asks before the agent is started."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from agent.ledger.errors import LedgerUnusable
from agent.ledger.store import Place, Store, schema_in, schemas


@dataclass(frozen=True, slots=True)
class LedgerState:
    """`schema` is None where there is no ledger yet; `newest` is what this version knows; `name` has no password."""

    name: str
    schema: str | None
    newest: str
    octets: int | None = None

    @property
    def from_the_future(self) -> bool:
        """Written by a newer version, which this one refuses to open."""
        return self.schema is not None and self.schema > self.newest


def ledger_state(place: Place) -> LedgerState:
    """What is there. Makes nothing, migrates nothing, takes no lock; LedgerUnusable says why it cannot be told."""
    newest = schemas()[-1]
    store = Store(place)
    try:
        if store.path is not None and not store.path.exists():
            return LedgerState(store.name, None, newest)
        schema = _of_file(store.path) if store.path is not None else _of_server(store)
        return LedgerState(store.name, schema, newest, store.octets())
    except sa.exc.DBAPIError as problem:
        raise LedgerUnusable(store.advice(problem)) from problem
    except sqlite3.Error as problem:
        said = sa.exc.DBAPIError("", None, problem)
        raise LedgerUnusable(store.advice(said)) from problem
    finally:
        store.close()


def _of_file(path: Path) -> str | None:
    """Read-only. Where no agent has it open it is taken as immutable: SQLite would make files beside it to look."""
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)) as opened:
        there = opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
        row = opened.execute("SELECT version_num FROM alembic_version").fetchone() if there else None
    return str(row[0]) if row else None


def _of_server(store: Store) -> str | None:
    with store.reader.connect() as connection:
        return schema_in(connection)
