"""`hartwatch ledger`: is it as it was written, a copy of it, all of it as lines, and lines into it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.common import ledger_of
from agent.cli.serve import SettingsFile, StateDirectory, fail, settings_of


def register(app: typer.Typer) -> None:
    ledger = typer.Typer(help="Verify, copy and move the ledger.", no_args_is_help=True)
    ledger.command()(verify)
    ledger.command()(backup)
    ledger.command("export")(export)
    ledger.command("import")(take)
    app.add_typer(ledger, name="ledger")


def verify(state: StateDirectory = None, settings: SettingsFile = None) -> None:
    """Go through the chain of entries, make the register and every closed period anew. Status 1: something differs."""
    from agent.accounting.closing import differences
    from agent.words import count

    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        verdict = ledger.verify()
        closings = ledger.closings()
        problems = [*verdict.problems, *differences(ledger, closings)]
    for problem in problems:
        print(problem)
    entries = count(verdict.entries, "entry", "entries")
    print(f"{entries} of {count(len(verdict.heads), 'source')}, {count(len(closings), 'closed period')}")
    for name, (number, digest) in verdict.heads.items():
        print(f"head of {name}: {number} {digest}")
    if problems:
        raise typer.Exit(1)
    print("The ledger is as it was written.")


def backup(
    to: Annotated[Path, typer.Argument(help="A file, or a folder that gets a dated one.")],
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write a consistent, checked copy while the agent runs (SQLite; of PostgreSQL by pg_dump)."""
    from agent.ledger import LedgerError

    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        try:
            print(ledger.backup(to))
        except LedgerError as problem:
            fail(str(problem), 1)


def export(
    to: Annotated[Path | None, typer.Argument(help="A file; to standard output without one.")] = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write everything but the outbox as JSON Lines, while the agent runs."""
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        if to is None:
            ledger.export(sys.stdout)
            return
        part = to.with_name(f"{to.name}.part")  # moved when it is whole, so that nobody takes half a file for all of it
        try:
            with part.open("w", encoding="utf-8") as out:
                lines = ledger.export(out)
            part.replace(to)
        except OSError as problem:
            part.unlink(missing_ok=True)
            fail(f"cannot write {to}: {(problem.strerror or str(problem)).lower()}", 1)
    print(f"{lines:,} lines in {to}")


def take(
    file: Annotated[Path, typer.Argument(help="What `hartwatch ledger export` wrote.")],
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Take in lines: all of a file or, where anything in it is wrong, nothing. Not while the agent runs."""
    from agent.ledger import Ledger, LedgerUnusable, LinesInvalid

    found = settings_of({"state_directory": state}, settings)
    try:
        ledger = Ledger.open(found.ledger_url, found.agent_name)  # as the agent does, so that none is running meanwhile
    except LedgerUnusable as problem:
        fail(str(problem), 1)
    try:
        with file.open(encoding="utf-8") as lines:
            taken = ledger.load_lines(lines)
    except OSError as problem:
        fail(f"cannot read {file}: {(problem.strerror or str(problem)).lower()}", 1)
    except UnicodeDecodeError as problem:
        fail(f"{file}: this is no text in UTF-8: {problem.reason} at octet {problem.start}", 1)
    except LinesInvalid as problem:
        fail(f"{file}: {problem}", 1)
    finally:
        ledger.close()
    print(f"{taken.added:,} entries added, {taken.known:,} were there already")
