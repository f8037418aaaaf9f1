"""`hartwatch report`, `outages`, `register` and `metrics`: the ledger and the catalogue, on paper and on screen."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:  # SQLAlchemy takes half a second to import: only the commands that read the ledger pay
    from agent.ledger import Ledger


class EditionName(StrEnum):
    PUBLIC = "public"
    EXEMPT = "exempt"


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


AnyFormat = Annotated[Format, typer.Option("--format", help="For people or for programs.")]


def register(app: typer.Typer) -> None:
    report = typer.Typer(help="Papers for the committee.", no_args_is_help=True)
    report.command("quarter")(quarter)
    app.add_typer(report, name="report")
    app.command()(outages)
    app.command("register")(hardware)
    app.command()(metrics)


@contextmanager
def _ledger(settings: Any) -> Iterator[Ledger]:
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


def _estate(settings: Any) -> Any:
    from agent.inventory import InventoryInvalid, load

    try:
        return load(settings.inventory)
    except InventoryInvalid as problem:
        fail(str(problem), 2)


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
    from agent.reports import Edition, Sources, quarter_paper, write
    from agent.view import pieces_of

    try:
        wanted = Quarter.parse(label)
    except ValueError as problem:
        fail(str(problem), 2)
    now = datetime.now(UTC)
    if wanted.began_at > now:
        fail(f"{label} has not begun: it begins on {wanted.begins_on:%d %B %Y}", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = _estate(found)
    with _ledger(found) as ledger:
        today = min(now, wanted.ends_at).date()
        pieces = pieces_of(ledger.assets(), estate, today)
        sources = Sources(estate, ledger.flips(until=wanted.ends_at), ledger.watches(), ledger.notes(), pieces)
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


def outages(
    opened: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    subject: Annotated[str | None, typer.Option(help="For example device:sw-wf-1, link:wf-a, site:wallfields.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only those that end after this day begins.")
    ] = None,
    form: AnyFormat = Format.TABLE,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:  # fmt: skip
    """List outages, the oldest first."""
    from agent.calendar_uk import LONDON, london_midnight
    from agent.outages import outages_of
    from agent.words import long_span

    now = datetime.now(UTC)
    begin = london_midnight(since.date()) if since else None
    with _ledger(settings_of({"state_directory": state}, settings)) as ledger:
        found = [
            o
            for o in outages_of(ledger.flips(), now=now)
            if (subject is None or o.subject == subject)
            and not (opened and o.ended_at)
            and (begin is None or o.ended_at is None or o.ended_at > begin)
        ]

    def at(moment: datetime | None) -> str:
        if moment is None:
            return ""
        if form is Format.TABLE:
            return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M:%S}"
        return moment.isoformat()

    rows = [
        (
            str(o.id),
            o.subject,
            at(o.began_at),
            at(o.ended_at),
            long_span((o.ended_at or now) - o.began_at)
            if form is Format.TABLE
            else round(((o.ended_at or now) - o.began_at).total_seconds(), 3),
            o.reason,
            o.cause or "",
            len(o.carried) if form is Format.TABLE else list(o.carried) if form is Format.JSON else " ".join(o.carried),
        )
        for o in found
    ]
    lasted = "lasted" if form is Format.TABLE else "seconds"
    names = ("id", "subject", "began_at", "ended_at", lasted, "reason", "cause", "carried")
    _show(names, rows, form, "No outages.")


def hardware(
    stage: Annotated[str | None, typer.Option(help="Only this stage, for example overdue.")] = None,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """List the hardware register: what there is, how old it is and how that is known."""
    from agent.view import pieces_of

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = _estate(found)
    with _ledger(found) as ledger:
        pieces = pieces_of(ledger.assets(), estate, datetime.now(UTC).date())
    names: tuple[str, ...] = (
        "device", "part", "place", "vendor", "model", "serial", "version", "age_years", "evidence", "confidence",
             "stage", "replace_by", "reason", "last_seen_at",
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (
            p.asset.device,
            p.asset.part,
            p.asset.place,
            p.asset.vendor or "",
            p.asset.model or "",
            p.asset.serial or "",
            p.asset.version or "",
            round(p.age.days / 365.25, 1) if p.age is not None else "",
            p.evidence,
            p.confidence,
            p.stage,
            p.replace_by.isoformat() if p.replace_by else "",
            p.reason,
            p.asset.last_seen_at.isoformat(),
        )
        for p in pieces
        if stage is None or p.stage == stage
    ]
    if form is Format.TABLE:
        kept = [
            names.index(n) for n in ("device", "part", "model", "serial", "age_years", "evidence", "stage", "reason")
        ]
        rows = [tuple(row[place] for place in kept) for row in rows]
        names = tuple(names[place] for place in kept)
    _show(names, rows, form, "The register is empty.")


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
    _show(names, rows, form, "")


def _show(names: Sequence[str], rows: Iterable[Sequence[Any]], form: Format, empty: str) -> None:
    from agent.hostile import plain

    listed = [[plain(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    if form is Format.JSON:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in listed], indent=2, ensure_ascii=False))
    elif form is Format.CSV:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(names)
        for row in listed:  # a spreadsheet takes these for formulas: an apostrophe makes them text
            writer.writerow([f"'{c}" if isinstance(c, str) and c.startswith(("=", "+", "-", "@")) else c for c in row])
        print(buffer.getvalue(), end="")
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
