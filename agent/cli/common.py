"""What commands on the ledger have in common: opening it, the inventory beside it, tables for people and programs."""

from __future__ import annotations

import csv
import getpass
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.serve import fail

if TYPE_CHECKING:  # SQLAlchemy takes half a second to import: only the commands that read the ledger pay
    from agent.facts import Facts
    from agent.ledger import Ledger

PATIENCE = 30.0  # seconds until the ledger must have written


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


AnyFormat = Annotated[Format, typer.Option("--format", help="For people or for programs.")]


@contextmanager
def ledger_of(settings: Any) -> Iterator[Ledger]:
    """The ledger, beside a running agent or without one."""
    from agent.ledger import Ledger, LedgerUnusable

    file = settings.state_directory / "ledger.sqlite3"
    if settings.ledger is None and not file.is_file():
        fail(f"there is no ledger at {file}: start `hartwatch run`, or say where it is with --state", 1)
    try:
        opened = Ledger.open(settings.ledger_url, f"{settings.agent_name}-command", watch=False)
    except LedgerUnusable as problem:
        fail(str(problem), 1)
    try:
        yield opened
    finally:
        opened.close()


def estate_of(settings: Any) -> Any:
    from agent.inventory import InventoryInvalid, load

    try:
        return load(settings.inventory)
    except InventoryInvalid as problem:
        fail(str(problem), 2)


def show(names: Sequence[str], rows: Iterable[Sequence[Any]], form: Format, empty: str) -> None:
    from agent.hostile import plain

    listed = [[plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if form is Format.JSON:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in listed], indent=2, ensure_ascii=False))
    elif form is Format.CSV:
        print(csv_text(names, listed), end="")
    elif not listed:
        print(empty, file=sys.stderr)
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for name in names:
            table.add_column(name.replace("_", " "), overflow="fold")
        for row in listed:
            table.add_row(*(Text(str(cell)) for cell in row))
        Console(width=None if sys.stdout.isatty() else 200).print(table)


def csv_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV. A spreadsheet takes what begins with = + - @ for a formula: an apostrophe makes it text."""
    from agent.hostile import guarded

    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(names)
    for row in rows:
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()


def show_json(value: Any) -> None:
    """What is no table, for programs."""

    def fit(one: Any) -> Any:
        if isinstance(one, str):
            return plain(one, 2000)
        if isinstance(one, dict):
            return {key: fit(inner) for key, inner in one.items()}
        return [fit(inner) for inner in one] if isinstance(one, list | tuple) else one

    from agent.hostile import plain

    print(json.dumps(fit(value), indent=2, ensure_ascii=False))


def london(at: datetime) -> str:
    """A time as the clock in London has it."""
    from agent.calendar_uk import LONDON

    local = at.astimezone(LONDON)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def moment(at: datetime | None, form: Format) -> str:
    """A time as London has it for people, and with its zone for programs."""
    return "" if at is None else london(at) if form is Format.TABLE else at.isoformat()


def many(texts: Sequence[str], form: Format) -> str | list[str]:
    """Several texts in one cell."""
    return list(texts) if form is Format.JSON else (", " if form is Format.TABLE else " ").join(texts)


# ---------------------------------------------------------------- writing
def login(option: str) -> str:
    """Who is logged in; where that has no name, `option` is what to say it by."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return fail(f"this login has no name: say who you are with {option}, or set LOGNAME", 2)  # type: ignore[no-any-return]


def length_of(text: str | None, option: str) -> timedelta | None:
    """A duration such as 90m or 4h."""
    from pydantic_core import PydanticCustomError

    from agent.inventory.values import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except PydanticCustomError as problem:
        return fail(f"{option}: {problem.message()}", 2)  # type: ignore[no-any-return]


def write(ledger: Ledger, facts: Facts) -> None:
    """Write facts and wait until they are durable."""
    from agent.ledger import LedgerError

    try:
        ledger.record(facts).result(PATIENCE)
    except TimeoutError:
        fail(f"the ledger has not written it within {PATIENCE:.0f} seconds: look before trying again", 1)
    except LedgerError as problem:
        fail(str(problem), 1)
