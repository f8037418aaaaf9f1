"""`hartwatch report` and `metrics`: the ledger on paper, the catalogue on screen."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, show
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of


class EditionName(StrEnum):
    PUBLIC = "public"
    EXEMPT = "exempt"


def register(app: typer.Typer) -> None:
    report = typer.Typer(help="Papers for the committee.", no_args_is_help=True)
    report.command("quarter")(quarter)
    app.add_typer(report, name="report")
    app.command()(metrics)


def quarter(
    label: Annotated[str, typer.Argument(metavar="QUARTER", help="For example 2026-Q3: October to December 2026.")],
    edition: Annotated[EditionName, typer.Option(help="What may be published, or everything.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the files.", show_default="papers in --state")] = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write the quarter's paper: HTML, and a CSV file for each table."""
    from agent.calendar_uk import Quarter
    from agent.hardware.notices import load_notices
    from agent.paper_sources import sources_of
    from agent.reports import Edition, quarter_paper, write

    try:
        wanted = Quarter.parse(label)
    except ValueError as problem:
        fail(str(problem), 2)
    now = datetime.now(UTC)
    if wanted.began_at > now:
        fail(f"{label} has not begun: it begins on {wanted.begins_on:%d %B %Y}", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    with ledger_of(found) as ledger:
        sources = sources_of(ledger, estate, load_notices(found.notices), wanted, now)
    paper = quarter_paper(sources, wanted, now)
    folder = out or found.state_directory / "papers"
    try:
        written = write(paper, f"ict-quarter-{wanted}", Edition(edition.value), folder)
    except OSError as problem:
        fail(
            f"cannot write to {folder}: {(problem.strerror or str(problem)).lower()}; choose another folder with --out",
            1,
        )
    for path in written:
        print(path)


def metrics(form: AnyFormat = Format.TABLE) -> None:
    """Print the catalogue of metrics: the page docs/reference/metrics.md, or JSON or CSV."""
    from agent.catalogue import CATALOGUE
    from agent.metrics_page import markdown

    if form is Format.TABLE:
        print(markdown(), end="")
        return
    names = ("name", "type", "unit", "labels", "source", "every", "help")
    rows = [
        (
            e.name,
            e.type,
            e.unit,
            list(e.labels) if form is Format.JSON else " ".join(e.labels),
            e.source,
            e.every,
            e.help,
        )
        for e in CATALOGUE
    ]
    show(names, rows, form, "")
