"""`hartwatch report` and `metrics`: the ledger on paper, the catalogue on screen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, moment, show
from agent.cli.report_files import EditionOption, FormOption, OutOption, reading, write_all
from agent.cli.saying import OutageId
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.calendar_uk import Quarter

SHOWN_QUARTERS = 8  # in the schedule


def register(app: typer.Typer) -> None:
    report = typer.Typer(help="Papers for the committee, the steering group and the capital bid.", no_args_is_help=True)
    for command in (quarter, incident, programme, schedule):
        report.command(command.__name__)(command)
    app.add_typer(report, name="report")
    app.command()(metrics)


def quarter(
    label: Annotated[str, typer.Argument(metavar="QUARTER", help="For example 2026-Q3: October to December 2026.")],
    edition: EditionOption,
    form: FormOption = None,
    out: OutOption = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write the quarter's paper. It is a draft, and called so, until the quarter is closed."""
    from agent.calendar_uk import Quarter
    from agent.hardware.notices import load_notices
    from agent.paper_sources import sources_of
    from agent.reports import quarter_paper, stem_of

    try:
        wanted = Quarter.parse(label)
    except ValueError as problem:
        fail(str(problem), 2)
    now = datetime.now(UTC)
    if wanted.began_at > now:
        fail(f"{label} has not begun: it begins on {wanted.begins_on:%d %B %Y}", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    with reading(f"Reading {wanted} from the ledger"), ledger_of(found) as ledger:
        sources = sources_of(ledger, estate, load_notices(found.notices), wanted, now)
        paper = quarter_paper(sources, wanted, now)
    write_all(paper, stem_of(sources, wanted), edition, form, out, found)


def incident(
    id: OutageId,
    edition: EditionOption,
    form: FormOption = None,
    out: OutOption = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write the report on one outage for the steering group; "so far" while it is open."""
    from agent.incident_sources import incident_of
    from agent.reports.incident import incident_paper
    from agent.saying import SaidInvalid, short_id

    now = datetime.now(UTC)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    with reading("Reading the ledger"), ledger_of(found) as ledger:
        try:
            sources = incident_of(ledger, estate, id, now)
        except SaidInvalid as problem:
            fail(str(problem), 2)
        paper = incident_paper(sources, now)
    so_far = "" if sources.outage.ended_at else "-so-far"
    write_all(paper, f"ict-incident-{short_id(sources.outage)}{so_far}", edition, form, out, found)


def programme(
    edition: EditionOption,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YEAR", help="The first financial year.", show_default="this one")
    ] = None,
    years: Annotated[int, typer.Option(help="How many years.", min=1, max=40)] = 7,
    form: FormOption = None,
    out: OutOption = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Write the refresh programme as a paper for the capital bid."""
    from agent.accounting.books import open_book
    from agent.calendar_uk import LONDON, FinancialYear
    from agent.hardware.notices import load_notices
    from agent.hardware.opened import open_register
    from agent.programme import programme_of, terms_from
    from agent.reports.programme_paper import programme_paper

    now = datetime.now(UTC)
    today = now.astimezone(LONDON).date()
    try:
        begins = FinancialYear.parse(first) if first is not None else FinancialYear.of(today)
    except ValueError as problem:
        fail(f"--from: {problem}", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    try:
        terms = terms_from(estate, begins, years)
    except ValueError as problem:
        fail(str(problem), 2)
    titles = {name: one.title for name, one in estate.councils.items()}
    with reading("Reading the register"), ledger_of(found) as ledger:
        pieces = open_register(ledger, estate, load_notices(found.notices), today)
        outages = open_book(ledger).outages(now=now)
        paper = programme_paper(programme_of(pieces, terms, outages, now, titles))
    write_all(paper, f"ict-programme-{begins}-{years}-years", edition, form, out, found)


def schedule(form: AnyFormat = Format.TABLE, state: StateDirectory = None, settings: SettingsFile = None) -> None:
    """What drafts the agent has made, which comes next and when, and how that is set."""
    from agent.calendar_uk import LONDON, quarter_of
    from agent.drafts import draft_wanted, drafts_told, due_at, next_draft
    from agent.words import day

    found = settings_of({"state_directory": state}, settings)
    papers, now = found.papers, datetime.now(UTC)
    quarters = [quarter_of(now).previous]
    while len(quarters) < SHOWN_QUARTERS:
        quarters.append(quarters[-1].previous)
    with ledger_of(found) as ledger:
        told = drafts_told(ledger, quarters)
        closed = {c.period: c.at for c in ledger.closings()}
    due: dict[Quarter, datetime] = {}
    late, following = draft_wanted(now, papers.days_after), next_draft(now, papers.days_after)
    if papers.drafts:
        if late is not None and late not in told and str(late) not in closed:
            due[late] = due_at(late, papers.days_after)
        due[following[0]] = following[1]
    shown = [q for q in sorted({*quarters, *due}) if q in told or str(q) in closed or q in due]
    rows = [
        (str(q), moment(due.get(q), form), moment(told.get(q), form), moment(closed.get(str(q)), form)) for q in shown
    ]
    show(("quarter", "draft_due", "draft_written", "closed"), rows, form, "No draft was made, and none is to be.")
    if form is Format.TABLE:
        print(f"Set: {papers}. They go to {found.state_directory / 'papers'}")
        if papers.drafts:
            print(f"Told to: {', '.join(['the log', *found.channels])}")
            print(f"Next: {following[0]} on {day(following[1].astimezone(LONDON).date())}")
            if len(due) > 1:
                print(f"Due now: {late}, unless nothing was watched in it")


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
