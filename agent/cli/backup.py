"""`hartwatch backup` and `hartwatch restore`: one file with everything, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.common import ledger_of
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    to: Annotated[Path, typer.Argument(help="A file, or a folder that gets a dated one.")],
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write ledger, state directory, inventory and settings into one archive, while the agent runs.

    Secrets that the inventory names are not in it. What else is left out is said.
    """
    from agent.backup import ArchiveInvalid, back_up
    from agent.config import settings_path
    from agent.ledger import LedgerError

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    with ledger_of(found) as ledger:
        try:
            made = back_up(found, ledger, to, settings_path(settings), datetime.now(UTC))
        except (LedgerError, ArchiveInvalid) as problem:
            fail(str(problem), 1)
        except OSError as problem:
            fail(f"cannot write a backup to {to}: {_reason(problem)}", 1)
    for line in made.left_out:
        typer.echo(f"not in it: {line}", err=True)
    print(made.path)


def restore(
    file: Annotated[Path, typer.Argument(help="What `hartwatch backup` wrote.")],
    state: StateDirectory = None,
    settings: SettingsFile = None,
    config: Annotated[
        Path | None, typer.Option(help="Put inventory and settings into this folder too.", show_default="not at all")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move aside what is there already.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only look whether the archive is whole.")] = False,
) -> None:
    """Put a backup back. Not while the agent runs, and not over what is there unless --replace says so.

    Nothing is changed unless the whole archive is as its manifest says.
    """
    from agent.backup import ArchiveInvalid, CannotRestore, examine
    from agent.backup import restore as put_back
    from agent.ledger import LedgerError
    from agent.words import count

    try:
        if check:
            _tell(examine(file))
            return
        found = settings_of({"state_directory": state}, settings)
        done = put_back(file, found, datetime.now(UTC), config=config, replace=replace)
    except ArchiveInvalid as problem:
        fail(f"{file}: {problem}", 1)
    except (CannotRestore, LedgerError) as problem:
        fail(f"{file} is not restored: {problem}", 1)
    except OSError as problem:
        fail(f"{file} is not restored: {problem.filename or file}: {_reason(problem)}", 1)
    for aside in done.aside:
        print(f"what was there before: {aside}")
    print(
        f"{count(done.files, 'file')} of {done.contents.made_at:%Y-%m-%d %H:%M} UTC restored to {found.state_directory}"
    )
    if config is None and any(name.startswith("config/") for name in done.contents.files):
        print("The inventory is in the archive too: --config DIR puts it into a folder.")
    print("Now: hartwatch ledger verify, then start the agent. The time since the backup is blind.")


def _tell(contents: Any) -> None:
    from agent.hostile import plain
    from agent.words import count

    print(f"made {contents.made_at:%Y-%m-%d %H:%M} UTC by hartwatch {plain(contents.version)}")
    print(f"agent {plain(contents.agent_name)}, ledger of schema {plain(contents.schema)} as {plain(contents.ledger)}")
    print(f"{count(len(contents.files), 'file')}, {contents.octets:,} octets, each as its SHA-256 says")


def _reason(problem: OSError) -> str:
    return (problem.strerror or str(problem)).lower()
