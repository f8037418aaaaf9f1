"""Making a backup: everything is copied beside the archive first, so that what is in it is of one moment each."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import make_url

from agent.backup.archive import Contents, write
from agent.config import Settings
from agent.inventory import InventoryInvalid
from agent.inventory.reading import read
from agent.ledger import Ledger

LEDGER, LINES = "state/ledger.sqlite3", "state/ledger.jsonl"
_DATED = re.compile(r"hartwatch-\d{8}T\d{6}Z\.zip")  # in a container they may lie in the state directory
SETTINGS_NAME, INVENTORY_NAME = "hartwatch.yaml", "inventory.yaml"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """An archive that was written, and one line for each thing that is not in it and might be missed."""

    path: Path
    contents: Contents
    left_out: tuple[str, ...]


def back_up(settings: Settings, ledger: Ledger, to: Path, settings_file: Path | None, now: datetime) -> BackedUp:
    """Write everything into one archive; `to` is a file, or a folder that gets a dated one.

    Fine while the agent runs. OSError, LedgerError, ArchiveInvalid: nothing was written.
    """
    if to.is_dir():
        to = to / f"hartwatch-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"
    left_out: list[str] = []
    with tempfile.TemporaryDirectory(prefix=".hartwatch-backup-", dir=to.parent) as folder:
        staged = Path(folder)
        (staged / "state").mkdir()
        (staged / "config").mkdir()
        kind = _ledger(ledger, staged)
        _state(settings, ledger, staged / "state", left_out, to)
        _config(settings, settings_file, staged / "config", left_out)
        about = {
            "version": version("hartwatch"), "agent_name": settings.agent_name, "schema": ledger.schema, "ledger": kind,
        }  # fmt: skip
        contents = write(staged, to, about, now)
    return BackedUp(to, contents, tuple(left_out))


def _ledger(ledger: Ledger, staged: Path) -> str:
    if ledger.path is not None:
        ledger.backup(staged / LEDGER)
        return "sqlite"
    with (staged / LINES).open("w", encoding="utf-8") as out:
        ledger.export(out)
    return "lines"


def _state(settings: Settings, ledger: Ledger, staged: Path, left_out: list[str], to: Path) -> None:
    """Everything in the state directory but the ledger, which was copied by the database, and what others are."""
    folders = [(settings.state_directory, staged)]
    if not settings.notices.is_relative_to(settings.state_directory) and settings.notices.is_dir():
        folders.append((settings.notices, staged / "notices"))
    for source, target in folders:
        for path in _plain_files(source, left_out):
            if path.resolve() == to.resolve():
                continue  # the backup before this one, in whose place it is put
            if not is_the_ledgers(path, ledger.path or settings.state_directory / "ledger.sqlite3"):
                _copy(path, target / path.relative_to(source), left_out)


def is_the_ledgers(path: Path, ledger: Path) -> bool:
    """Whether a file is the ledger, or beside it for its sake: log, lock, copies before an upgrade, halves."""
    rest = path.name.removeprefix(ledger.name)
    beside = path.name.startswith(ledger.name) and rest[:1] in ("", "-", ".")
    return beside and path.parent.resolve() == ledger.parent.resolve()


def _config(settings: Settings, settings_file: Path | None, staged: Path, left_out: list[str]) -> None:
    """The inventory with what it includes, and the settings file, where it holds no password."""
    main = settings.inventory.absolute()
    for file in _inventory_files(settings.inventory, left_out):
        if file == main.resolve():
            _copy(file, staged / INVENTORY_NAME, left_out)
        elif file.is_relative_to(main.resolve().parent):
            _copy(file, staged / file.relative_to(main.resolve().parent), left_out)
        else:
            left_out.append(f"{file}: the inventory includes it from outside of its own folder")
    if settings_file is None:
        return
    password = make_url(settings.ledger).password if settings.ledger is not None else None
    if password is not None and str(password) in settings_file.read_text(encoding="utf-8", errors="replace"):
        left_out.append(f"{settings_file}: it holds the ledger's password, and no secret is backed up")
    else:
        _copy(settings_file, staged / SETTINGS_NAME, left_out)


def _inventory_files(inventory: Path, left_out: list[str]) -> Iterable[Path]:
    try:
        return read(inventory).files
    except InventoryInvalid as problem:
        left_out.append(f"what {inventory} includes: it is not valid ({len(problem.problems)} problems)")
        return [inventory.resolve()] if inventory.is_file() else []


def _plain_files(folder: Path, left_out: list[str]) -> Iterator[Path]:
    for base, names, files in os.walk(folder):
        links = [Path(base) / name for name in sorted(names) if (Path(base) / name).is_symlink()]
        left_out.extend(f"{link}: a link, which may lead anywhere" for link in links)
        names[:] = sorted(name for name in names if not name.startswith((".hartwatch-", "before-restore-")))
        for name in sorted(files):
            path = Path(base) / name
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                left_out.append(f"{path}: a link, which may lead anywhere")
            elif stat.S_ISREG(mode) and not _DATED.fullmatch(name):
                yield path


def _copy(source: Path, target: Path, left_out: list[str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        left_out.append(f"{source}: it went while the backup was made")
