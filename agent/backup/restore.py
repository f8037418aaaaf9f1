"""Putting a backup back: looked at whole first, then moved into place; what was there before is kept aside."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agent.backup.archive import Contents, opened
from agent.backup.make import INVENTORY_NAME, LEDGER, LINES, SETTINGS_NAME, is_the_ledgers
from agent.config import Settings
from agent.ledger import Ledger, LedgerUnusable, LinesInvalid, schemas
from agent.ledger.store import AgentLock, Store

ASIDE, STAGED = "before-restore-", ".hartwatch-restore-"


class CannotRestore(Exception):
    """A backup is not put back; `str()` is one line that says why and what to do. Nothing was changed."""


@dataclass(slots=True)
class Restored:
    """What was put back; `aside` are the folders that hold what was there before."""

    contents: Contents
    files: int = 0
    aside: list[Path] = field(default_factory=list)


def restore(
    file: Path, settings: Settings, now: datetime, *, config: Path | None = None, replace: bool = False
) -> Restored:
    """Put the state directory and the ledger back, and the configuration into the folder `config` if one is given.

    A running agent is refused; so is a place that is not empty, unless `replace` says that what is there may be moved
    aside. CannotRestore, ArchiveInvalid, LedgerUnusable, OSError: everything is as it was.
    """
    store = Store(settings.ledger_url)
    state = settings.state_directory.absolute()
    with contextlib.closing(store), opened(file) as archive:
        contents = archive.contents
        _fits(contents, store)
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        store.make_folder()
        with _alone(store, settings) as database, tempfile.TemporaryDirectory(prefix=STAGED, dir=state) as folder:
            staged = Path(folder)
            _room(contents, state)
            archive.extract(staged)
            occupied = [place for place in _places(state, store, config) if place[1]]
            if occupied and not replace:
                raise CannotRestore(
                    f"{occupied[0][0]} is not empty ({occupied[0][1][0].name}): restore into an empty folder, or say "
                    "--replace, which moves what is there aside"
                )
            if contents.ledger == "sqlite":
                _look_at_ledger(staged / LEDGER, contents)
            else:
                _take_lines(staged, database)
            # Everything was looked at: from here on things change.
            done = Restored(contents)
            stamp = f"{ASIDE}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
            for place, paths in occupied:
                _move_aside(paths, place / stamp)
                done.aside.append(place / stamp)
            _put(staged, state, store, config, done)
    return done


# ---------------------------------------------------------------- before anything is changed
def _fits(contents: Contents, store: Store) -> None:
    known = schemas()
    if contents.schema not in known:
        raise CannotRestore(
            f"the ledger in it was written by a newer hartwatch ({contents.version}, schema {contents.schema}; this "
            f"one knows {known[-1]}): restore it with that version"
        )
    if contents.ledger == "sqlite" and not store.is_sqlite:
        raise CannotRestore(
            f"it holds a ledger in SQLite, and the settings have it in {store.name}: restore it without `ledger` in "
            "the settings, then move it with `hartwatch ledger export` and `import`"
        )
    if LINES not in contents.files and LEDGER not in contents.files:
        raise CannotRestore("it holds no ledger")


@contextlib.contextmanager
def _alone(store: Store, settings: Settings) -> Iterator[Ledger | None]:
    """Nobody watches with this ledger, and nobody begins to meanwhile. Gives the ledger where it is in PostgreSQL."""
    if store.path is None:
        ledger = Ledger.open(settings.ledger_url, settings.agent_name)  # which takes the lock
        try:
            if any(ledger.head().values()):
                raise CannotRestore(f"the ledger {ledger.place} is not empty: empty the database, or name another one")
            yield ledger
        finally:
            ledger.close()
        return
    lock = AgentLock(store, "")
    try:
        lock.take()
    except LedgerUnusable as problem:
        raise CannotRestore(f"{problem}; nothing is restored under a running agent") from None
    try:
        yield None
    finally:
        lock.give_back()


def _room(contents: Contents, state: Path) -> None:
    free = shutil.disk_usage(state).free
    if contents.octets > free:
        raise CannotRestore(f"{contents.octets:,} octets are wanted below {state}, and {free:,} are free: make room")


def _places(state: Path, store: Store, config: Path | None) -> list[tuple[Path, list[Path]]]:
    """Each folder that is written to, and what is in it that would be in the way."""
    ledger = store.path
    ours = [p for p in sorted(state.iterdir()) if not _may_stay(p)]
    places = [(state, ours)]
    if ledger is not None and ledger.parent.resolve() != state.resolve():
        beside = [p for p in sorted(ledger.parent.iterdir()) if is_the_ledgers(p, ledger) and not _may_stay(p)]
        places.append((ledger.parent, beside))
    if config is not None and config.is_dir():
        kept = {path for _, paths in places for path in paths}
        there = [path for path in (config / INVENTORY_NAME, config / SETTINGS_NAME) if path.exists()]
        places.append((config, [path for path in there if path not in kept]))
    return places


def _may_stay(path: Path) -> bool:
    return path.name.endswith(".lock") or path.name == "lost+found" or path.name.startswith((ASIDE, STAGED))


def _look_at_ledger(path: Path, contents: Contents) -> None:
    """The manifest only says what the ledger is: look."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as database:
            (answer,) = database.execute("PRAGMA quick_check(1)").fetchone()
            (schema,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as problem:
        raise CannotRestore(f"the ledger in it cannot be read: {problem}") from None
    if answer != "ok" or schema != contents.schema:
        raise CannotRestore(f"the ledger in it is not sound: {answer if answer != 'ok' else f'schema {schema}'}")


# ---------------------------------------------------------------- the change
def _move_aside(paths: list[Path], aside: Path) -> None:
    aside.mkdir(mode=0o700)
    for path in paths:
        path.rename(aside / path.name)


def _put(staged: Path, state: Path, store: Store, config: Path | None, done: Restored) -> None:
    for path in sorted(path for path in staged.rglob("*") if path.is_file()):
        name = path.relative_to(staged).as_posix()
        part, _, rest = name.partition("/")
        if name == LEDGER and store.path is not None:
            target, top = store.path, store.path.parent
        elif part == "state":
            target, top = state / rest, state
        elif config is not None:
            target, top = config / rest, config
        else:
            continue  # configuration that was not asked for
        _make_folders(target.parent, top)
        _move(path, target)
        _give(target, top)
        if part == "config":  # read by the agent, written by the administrator
            target.chmod(0o640)
            if os.geteuid() == 0:
                os.chown(target, -1, state.stat().st_gid)
        done.files += 1


def _make_folders(folder: Path, top: Path) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700)
        _give(one, top)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as problem:
        if problem.errno != errno.EXDEV:
            raise
        part = target.with_name(f".{target.name}.part")  # another file system: never half a file under its name
        shutil.copyfile(source, part)
        part.chmod(0o600)
        part.replace(target)


def _give(path: Path, like: Path) -> None:
    """To the owner of the folder it is restored into: root restores, and the agent has to read it."""
    if os.geteuid() == 0 and like.exists():
        status = like.stat()
        os.chown(path, status.st_uid, status.st_gid, follow_symlinks=False)


def _take_lines(staged: Path, database: Ledger | None) -> None:
    """A ledger as lines becomes one in the database, all of it or nothing; or a file beside, which is put in place."""
    ledger = database or Ledger.open(staged / LEDGER, "restore", watch=False)
    try:
        with (staged / LINES).open(encoding="utf-8") as text:
            ledger.load_lines(text)
    except (LinesInvalid, UnicodeDecodeError) as problem:
        raise CannotRestore(f"the ledger in it cannot be taken in: {problem}") from None
    finally:
        if database is None:
            ledger.close()
    (staged / LINES).unlink()
