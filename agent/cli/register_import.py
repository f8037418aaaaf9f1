"""`hartwatch register import`: purchase records from a CSV file into the ledger, all of them or none."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, login, show, show_json, write
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.purchases import Fault, Report

MOST_NAMED = 5  # rows named in the last line; all of them are in the report


def register(group: typer.Typer) -> None:
    group.command("import")(import_purchases)


def import_purchases(
    file: Annotated[Path, typer.Argument(metavar="PURCHASES.CSV", help="The records: serial, purchased, price ...")],
    partial: Annotated[
        bool, typer.Option("--partial", help="Import the good rows and leave the bad ones out; without it, none.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and write nothing.")] = False,
    author: Annotated[str | None, typer.Option(help="Who imports it.", show_default="login name")] = None,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Import purchase records: dates, prices, suppliers and shares, by serial number.

    Importing the same file again changes nothing. Status 0: done; 1: nothing was imported; 2: wrong usage.
    """
    from agent.calendar_uk import LONDON
    from agent.facts import Facts
    from agent.hardware.register import pieces_of
    from agent.purchases import FileRefused, matched, records_of, table_of

    now = datetime.now(UTC)
    who = _author(author)
    octets = _read(file)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    councils = {name: council.title for name, council in estate.councils.items()}
    today = now.astimezone(LONDON).date()
    try:
        reading = records_of(table_of(octets, file.name), councils, today)
    except FileRefused as problem:
        if form is Format.JSON:
            show_json({"file": file.name, "imported": 0, "faults": [_fault(one) for one in problem.faults]})
        fail(f"{problem}\nnothing was imported", 1)
    with ledger_of(found) as ledger:
        purchases = ledger.purchases()
        pieces = pieces_of(ledger.assets(), estate, today, purchases)  # with what only the inventory knows
        report = matched(reading, [piece.asset for piece in pieces], purchases, who, now)
        refused = report.faults and not partial
        written = () if refused or dry_run else report.purchases
        if written:
            write(ledger, Facts(purchases=written))
    _tell(report, len(written), dry_run, form)
    if refused:
        places = list(dict.fromkeys(f"{one.file}:{one.line}" for one in report.faults))
        named = ", ".join(places[:MOST_NAMED]) + (" and more" if len(places) > MOST_NAMED else "")
        fail(f"nothing was imported because of {named}: put that right, or import the rest with --partial", 1)


def _author(option: str | None) -> str:
    from agent.hostile import plain

    who = login("--author") if option is None else option.strip()
    if not who or plain(who) != who:
        fail("--author: a name in one line is wanted", 2)
    return who


def _read(file: Path) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    from agent.purchases import MOST_OCTETS

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_OCTETS + 1)
    except OSError as problem:
        return fail(f"cannot read {file}: {(problem.strerror or str(problem)).lower()}", 2)  # type: ignore[no-any-return]


def _tell(report: Report, written: int, dry_run: bool, form: Format) -> None:
    from agent.words import count

    counts = report.counts
    if form is Format.JSON:
        show_json(
            {
                "file": report.file,
                "imported": written,
                "dry_run": dry_run,
                "counts": counts,
                "lines": [asdict(line) for line in report.lines],
                "faults": [_fault(one) for one in report.faults],
                "warnings": [_fault(one) for one in report.warnings],
            }
        )
        return
    names = ("where", "serial", "outcome", "device", "place", "model", "text")
    rows = [
        (f"{report.file}:{one.line}", one.serial, one.outcome, one.device, one.place, one.model, one.text)
        for one in report.lines
    ]
    show(names, [(*row[:2], row[2].replace("_", " "), *row[3:]) for row in rows], form, "There are no rows in it.")
    of_rows = {line.line for line in report.lines}
    for one in report.warnings:
        if one.line not in of_rows:  # the others stand with their rows
            print(f"hartwatch: {one}", file=sys.stderr)
    if form is Format.TABLE:
        said = ", ".join(f"{number} {outcome.replace('_', ' ')}" for outcome, number in counts.items())
        print(f"\n{count(len(report.lines), 'row')}: {said}")
        if dry_run:
            print(f"Dry run: nothing was written. New or changed: {len(report.purchases)}.")
        else:
            print(f"Records written: {written}.")


def _fault(one: Fault) -> dict[str, Any]:
    return asdict(one)
