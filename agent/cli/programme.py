"""`hartwatch programme`: what falls due each financial year, what it costs, whose money it is, what risk is carried."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import Format, csv_text, estate_of, ledger_of, show
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.programme import Programme
    from agent.programme.tables import Table


class ProgrammeFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


def register(app: typer.Typer) -> None:
    app.command()(programme)


def programme(
    first: Annotated[
        str | None, typer.Option("--from", metavar="YEAR", help="The first financial year.", show_default="this one")
    ] = None,
    years: Annotated[int, typer.Option(help="How many years.", min=1, max=40)] = 7,
    cap: Annotated[
        str | None,
        typer.Option(
            metavar="POUNDS", help="The most a year is to cost; none: no cap.", show_default="the inventory's"
        ),
    ] = None,
    uplift: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="By what share prices rise a year.", show_default="the inventory's"),
    ] = None,
    slip: Annotated[bool, typer.Option("--slip", help="Compare with everything a year later.")] = False,
    council: Annotated[str | None, typer.Option(help="Only what this council pays for.")] = None,
    items: Annotated[bool, typer.Option("--items", help="Each piece of hardware, not each year.")] = False,
    form: Annotated[ProgrammeFormat, typer.Option("--format", help="For people or for programs.")] = (
        ProgrammeFormat.TABLE
    ),
    out: Annotated[Path | None, typer.Option(help="Write to this file.", show_default="the screen")] = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Plan the refresh: cost by financial year and council, smoothed to a cap if there is one, and the risk carried."""
    from agent.accounting.books import open_book
    from agent.calendar_uk import LONDON, FinancialYear
    from agent.hardware.notices import load_notices
    from agent.hardware.opened import open_register
    from agent.programme import programme_of, terms_from

    if form is ProgrammeFormat.XLSX and out is None:
        fail("a workbook does not go to the screen: say where with --out FILE.xlsx", 2)
    if form is ProgrammeFormat.TABLE and out is not None:
        fail("a table is for the screen: with --out say --format csv, json or xlsx too", 2)
    now = datetime.now(UTC)
    today = now.astimezone(LONDON).date()
    try:
        begins = FinancialYear.parse(first) if first is not None else FinancialYear.of(today)
    except ValueError as problem:
        fail(f"--from: {problem}", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    try:
        terms = terms_from(estate, begins, years, _cap(cap), _uplift(uplift))
    except ValueError as problem:
        fail(str(problem), 2)
    titles = {name: one.title for name, one in estate.councils.items()}
    if council is not None and council not in titles:
        from agent.inventory.problems import did_you_mean

        hint = did_you_mean(council, titles) or f"known: {', '.join(titles)}"
        fail(f"there is no council {council!r}; {hint}", 2)
    with ledger_of(found) as ledger:
        pieces = open_register(ledger, estate, load_notices(found.notices), today)
        outages = open_book(ledger).outages(now=now)
    wanted = slip or form in (ProgrammeFormat.XLSX, ProgrammeFormat.JSON)
    made = programme_of(pieces, terms, outages, now, titles, slip=wanted)
    if form is ProgrammeFormat.TABLE:
        _print(made, council, items, slip)
        return
    _write(_file(made, form, council, items, slip), out)
    for warning in _warnings(made):
        print(f"hartwatch: {warning}", file=sys.stderr)


def _cap(text: str | None) -> Any:
    if text is None:
        return "inventory"
    if text.strip().casefold() == "none":
        return None
    number = _number(text.replace(",", "").lstrip("£"), "--cap", "pounds, such as 120000, or none")
    if number <= 0 or number != number.quantize(Decimal("0.01")) or number > 10**10:
        fail(f"--cap: {text!r} is no amount of money: write pounds, such as 120000, or none", 2)
    return int(number * 100)


def _uplift(text: str | None) -> Decimal | None:
    if text is None:
        return None
    number = _number(text, "--uplift", "a share, such as 0.03 for 3 % a year")
    if not 0 <= number <= 1:
        fail(f"--uplift: {text!r} is no share: write 0.03 for 3 % a year", 2)
    return number


def _number(text: str, option: str, wanted: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) > 10**12:
        fail(f"{option}: {text!r} is no number: write {wanted}", 2)
    return number


# ---------------------------------------------------------------- for people
def _print(made: Programme, council: str | None, items: bool, slip: bool) -> None:
    from agent.programme import tables
    from agent.programme.money import percentage
    from agent.words import pounds

    terms, plan = made.terms, made.plan
    cap = f"at most {pounds(terms.cap)} a year" if terms.cap is not None else "no cap"
    print(
        f"Refresh programme {made.years[0]} to {made.years[-1]}: prices of {terms.priced}, uplift "
        f"{percentage(terms.uplift)} a year, {cap}"
    )
    warnings = _warnings(made)
    for warning in warnings:
        print(f"! {warning}")
    if items:
        found = tables.items_table(made, council)
        kept = [n for n, name in enumerate(found.names) if name not in _NOT_ON_SCREEN]
        rows = [[_cell(row[n]) for n in kept] for row in found.rows]
        show([found.names[n] for n in kept], rows, Format.TABLE, "Nothing falls due.")
    else:
        _print_years(made, council)
    if slip:
        print()
        print("Everything a year later, at that year's price; what the last year was to buy falls after the programme:")
        compared = tables.slip_table(made)
        show(compared.names, [[_cell(c) for c in row] for row in compared.rows], Format.TABLE, "")
    if not items:
        tolls = tables.tolls_table(made)
        print()
        print("Outages that devices caused themselves, now and in the last 12 months:")
        show(tolls.names, [[_cell(c) for c in row] for row in tolls.rows], Format.TABLE, "")
    late, pence = made.backlog
    if late:
        print(f"\nBacklog, due before {made.years[0]}: {late:,} ({pounds(pence)} where it is bought)")
    for title, lots in (("No price", made.unpriced), ("No date", made.undated_lots)):
        if lots:
            kinds = ", ".join(f"{lot.number} {lot.model or lot.part} ({lot.class_})" for lot in lots[:8])
            print(f"{title}: {kinds}{f' and {len(lots) - 8} more kinds' if len(lots) > 8 else ''}")
    if plan.later:
        print(f"Due after {made.years[-1]}: {len(plan.later):,}")


_NOT_ON_SCREEN = ("vendor", "serial", "age_known_by", "stage", "price_basis", "doubt", "site")


def _print_years(made: Programme, council: str | None) -> None:
    from agent.programme import tables

    found = tables.years_table(made, council)
    kept = [n for n, name in enumerate(found.names) if name not in ("again", "why_over", "waiting_cost")]
    rows: list[list[Any]] = [[_cell(row[n]) for n in kept] for row in found.rows]
    money = range(found.names.index("cost"), found.names.index("waiting"))
    summed: list[Any] = []
    for n in kept:
        values = [row[n] for row in found.rows if row[n] is not None]
        adds = n in money or found.names[n] in ("items", "backlog", "no_price")
        summed.append("together" if n == 0 else _cell(sum(values)) if adds and values else "")
    show([found.names[n] for n in kept], [*rows, summed], Format.TABLE, "")


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        from agent.words import pounds

        return pounds(int(value * 100))
    return value.isoformat() if isinstance(value, date) else value


def _warnings(made: Programme) -> list[str]:
    from agent.programme import tables

    return tables.warnings_of(made)


# ---------------------------------------------------------------- for programs
def _file(made: Programme, form: ProgrammeFormat, council: str | None, items: bool, slip: bool) -> bytes:
    from agent.programme import tables

    if form is ProgrammeFormat.XLSX:
        from agent.programme.workbook import workbook

        return workbook(made)
    if form is ProgrammeFormat.JSON:
        return (json.dumps(_whole(made, council, items), indent=2, ensure_ascii=False) + "\n").encode()
    table = tables.items_table(made, council) if items else tables.years_table(made, council)
    if slip and not items:  # what changes stands beside the years
        compared = tables.slip_table(made)
        more = [n for n, name in enumerate(compared.names) if name.endswith(("_slipped", "_more"))]
        names = (*table.names, *(compared.names[n] for n in more))
        rows = [(*a, *(b[n] for n in more)) for a, b in zip(table.rows, compared.rows, strict=True)]
        table = tables.Table(names, rows)
    return csv_text(table.names, [[_plain(c) for c in row] for row in table.rows]).encode()


def _whole(made: Programme, council: str | None, items: bool) -> dict[str, Any]:
    from agent.programme import tables

    terms, plan = made.terms, made.plan
    whole: dict[str, Any] = {
        "from": str(made.years[0]), "to": str(made.years[-1]), "as_of": made.now.isoformat(),
        "prices_of": str(terms.priced), "uplift": float(terms.uplift),
        "cap": None if terms.cap is None else terms.cap / 100, "councils": dict(made.councils),
        "cost": plan.pence / 100, "cost_by_council": {name: pence / 100 for name, pence in plan.councils.items()},
        "warnings": tables.warnings_of(made), "years": _listed(tables.years_table(made, council)),
        "slip": _listed(tables.slip_table(made)), "outages": _listed(tables.tolls_table(made)),
        "no_price": _listed(tables.lots_table(made.unpriced)), "no_date": _listed(tables.lots_table(made.undated_lots)),
        "due_later": len(plan.later), "method": tables.method_of(made),
    }  # fmt: skip
    if items:
        whole["items"] = _listed(tables.items_table(made, council))
    return whole


def _listed(table: Table) -> list[dict[str, Any]]:
    return [
        dict(zip(table.names, (float(c) if isinstance(c, Decimal) else _plain(c) for c in row), strict=True))
        for row in table.rows
    ]


def _plain(value: Any) -> Any:
    """Without control characters: what a device says of itself comes through here."""
    from agent.hostile import plain

    return value.isoformat() if isinstance(value, date) else plain(value) if isinstance(value, str) else value


def _write(octets: bytes, out: Path | None) -> None:
    if out is None:
        print(octets.decode(), end="")
        return
    try:
        out.write_bytes(octets)
    except OSError as problem:
        fail(f"cannot write {out}: {(problem.strerror or str(problem)).lower()}; choose another file with --out", 1)
    print(f"{out} is written.", file=sys.stderr)
