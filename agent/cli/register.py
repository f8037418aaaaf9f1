"""`hartwatch register`: the hardware register. The list is here; every other command has a module of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli import register_import, register_show
from agent.cli.common import estate_of, ledger_of
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of


class RegisterFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


Several = list[str] | None
AnyClass = Annotated[Several, typer.Option("--class", help="Only this class, for example switch; again for more.")]
AnyForm = Annotated[RegisterFormat, typer.Option("--format", help="For people, for programs, for a spreadsheet.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The hardware register: list it, show one piece, bring in purchase records.")
    group.callback(invoke_without_command=True)(hardware)
    register_import.register(group)
    register_show.register(group)
    app.add_typer(group, name="register")


def hardware(
    context: typer.Context,
    class_: Annotated[
        Several, typer.Option("--class", help="Only this class, for example switch; again for more.")
    ] = None,
    site: Annotated[Several, typer.Option(help="Only this site; again for more.")] = None,
    stage: Annotated[Several, typer.Option(help="Only this stage, for example overdue; again for more.")] = None,
    vendor: Annotated[str, typer.Option(help="Only this vendor, or a part of its name.")] = "",
    device: Annotated[str, typer.Option(help="Only what is in this device.")] = "",
    whole: Annotated[bool, typer.Option("--all", help="Also what is gone, or left the inventory.")] = False,
    form: Annotated[
        RegisterFormat, typer.Option("--format", help="For people or for programs.")
    ] = RegisterFormat.TABLE,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the screen.")] = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """List the hardware register: what there is, how old it is, how that is known, and what is to be done."""
    if context.invoked_subcommand is not None:
        return
    from agent.calendar_uk import LONDON
    from agent.cli.register_files import csv_lines, json_lines, table_lines, write_xlsx
    from agent.hardware.notices import load_notices
    from agent.hardware.opened import open_register
    from agent.hardware.table import fitting

    if form is RegisterFormat.XLSX and out is None:
        fail("a spreadsheet goes into a file: say which with --out register.xlsx", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    _check(estate, class_ or (), site or (), stage or (), device, whole)
    now = datetime.now(UTC)
    today = now.astimezone(LONDON).date()
    with ledger_of(found) as ledger:
        pieces = open_register(ledger, estate, load_notices(found.notices), today)
    rows = fitting(
        pieces, classes=class_ or (), sites=site or (), stages=stage or (), vendor=vendor, device=device, gone=whole
    )
    if form is RegisterFormat.XLSX and out is not None:
        _written(out, lambda: write_xlsx(rows, out, now))
    elif form is RegisterFormat.CSV:
        _print("".join(csv_lines(rows)), out, "utf-8-sig")  # the mark is what makes Excel read a file as UTF-8
    elif form is RegisterFormat.JSON:
        _print("".join(json_lines(rows)), out)
    elif rows:
        _print("\n".join(table_lines(rows, whole)) + "\n", out)
    else:
        print("No hardware fits." if pieces else "The register is empty.", file=sys.stderr)


def _check(
    estate: Any, classes: Iterable[str], sites: Iterable[str], stages: Iterable[str], device: str, whole: bool
) -> None:  # fmt: skip
    """A name that is nowhere would list nothing, which is read as good news."""
    from agent.inventory.model import DEVICE_CLASSES
    from agent.inventory.problems import did_you_mean
    from agent.lifecycle import STAGES

    asked = [("class", name, DEVICE_CLASSES) for name in classes] + [("site", name, estate.sites) for name in sites]
    asked += [("stage", name, STAGES) for name in stages]
    if device and not whole:  # what left the inventory may be asked for with --all
        asked.append(("device", device, estate.devices))
    for what, name, known in asked:
        if name not in known:
            near = did_you_mean(name, known)
            few = f"known: {', '.join(known)}" if len(known) <= 20 else ""
            hint = near or few
            fail(f"there is no {what} {name!r}" + (f" ({hint})" if hint else ""), 2)


def _print(text: str, out: Path | None, encoding: str = "utf-8") -> None:
    if out is None:
        sys.stdout.write(text)
        return
    _written(out, lambda: out.write_text(text, encoding=encoding, newline=""))


def _written(out: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as problem:
        fail(f"cannot write {out}: {problem.strerror or problem}", 1)
    print(out)
