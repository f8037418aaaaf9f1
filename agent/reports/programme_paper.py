"""The refresh programme as a paper for the capital bid. Pure.

    programme_paper(programme) -> Paper       both editions in one, from agent.programme

How many, when and what risk is carried is public. What it costs and who pays is not: a bidder would learn what we
expect. Which firewalls are unsupported is not either, not even how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from agent.calendar_uk import LONDON, FinancialYear
from agent.programme import Programme
from agent.programme import tables as made
from agent.programme.money import percentage
from agent.reports.editions import Column, Edition, Field, Paper, Said, Section, Sentence, Table, said
from agent.words import class_name, day, number_word, pounds, spelt


def programme_paper(programme: Programme) -> Paper:
    """Made with `slip`, or the comparison is left out."""
    first, last = programme.years[0], programme.years[-1]
    on = programme.now.astimezone(LONDON).date()
    years = first.title if first == last else f"{first.title} to {last.title}"
    return Paper(
        title="ICT refresh programme",
        subtitle=f"Financial years {years}, as of {day(on)}." if first != last else f"{years}, as of {day(on)}.",
        edition=Edition.EXEMPT,
        sections=(
            Section("Summary", tuple(_summary(programme))),
            Section("Year by year", (), (_years(programme), _kinds(programme))),
            Section("Risk carried", tuple(_risk_words(programme)), (_risk(programme), _tolls(programme))),
            *((_slip(programme),) if programme.slip is not None else ()),
            Section("What is not in the sums", tuple(_missing(programme)), tuple(_lots(programme))),
            Section("What is to be replaced", (), (_items(programme),)),
            Section("Assumptions", tuple(_assumptions(programme))),
            Section("How it is worked out", tuple(_method(programme))),
        ),
        dated=on,
    )


# ---------------------------------------------------------------- the summary
def _summary(programme: Programme) -> Iterator[Sentence]:
    plan = programme.plan
    over_years = f"in {spelt(len(plan.years), 'financial year')}"
    if not plan.number:
        yield said(f"Nothing falls due {over_years}.")
    else:
        yield said(
            f"{_capital(spelt(plan.number, 'piece'))} of hardware {_be(plan.number)} to be replaced {over_years}."
        )
        yield said("The cost is ", _money(plan.pence), "; ", Said(_shares(programme), Field.PRICE), ".")
        dear = max(plan.years, key=lambda year: year.pence)
        if len(plan.years) > 1 and plan.pence:
            yield said(f"The dearest year is {dear.year.title}, at ", _money(dear.pence), ".")
    late, pence = programme.backlog
    if late:
        yield said(f"{_capital(spelt(late, 'piece'))} of these {_be(late)} the backlog: due before "
                   f"{programme.years[0].title}.")  # fmt: skip
        yield said("The backlog costs ", _money(pence), ".")
    elif plan.number:
        yield said("There is no backlog.")
    if plan.beyond:
        few = len(plan.beyond) == 1
        yield said(f"{_capital(spelt(len(plan.beyond), 'piece'))} {'falls' if few else 'fall'} due and "
                   f"{'does' if few else 'do'} not fit into the programme under its cap.")  # fmt: skip
    over = made.over(plan.years)
    if over:
        titles = ", ".join(year.year.title for year in over)
        yield said(Said(f"The cap is passed in {titles}.", Field.PRICE))
    if plan.unpriced:
        yield said(f"{_capital(spelt(plan.unpriced, 'piece'))} {_has(plan.unpriced)} no price and "
                   f"{_be(plan.unpriced)} in no cost.")  # fmt: skip
    if programme.undated:
        number = len(programme.undated)
        yield said(
            f"{_capital(spelt(number, 'piece'))} of hardware {_has(number)} no date and {_be(number)} in no year."
        )


def _shares(programme: Programme) -> str:
    paid = programme.plan.councils
    return (
        ", ".join(f"{title} {pounds(paid.get(name, 0))}" for name, title in programme.councils.items()) or "not shared"
    )


def _money(pence: int) -> Said:
    return Said(pounds(pence), Field.PRICE)


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---------------------------------------------------------------- years
def _years(programme: Programme) -> Table:
    found = made.years_table(programme)
    names = list(found.names)
    councils = list(programme.councils)
    capped = programme.terms.cap is not None
    shown = ["financial_year", "items", "backlog", "again", "no_price", "waiting", "cost", *councils]
    shown += ["over_cap", "waiting_cost", "why_over"] if capped else []
    rows = [tuple(_cell(row[names.index(name)]) for name in shown) for row in found.rows]
    summed = {"items", "backlog", "again", "no_price", "cost", *councils}
    together = [
        _cell(sum(row[names.index(name)] or 0 for row in found.rows)) if name in summed else "" for name in shown[1:]
    ]
    rows.append(("Together", *together))
    columns = [
        Column("Financial year", Field.DAY), Column("To be replaced", Field.COUNT, numeric=True),
        Column("Of these due before", Field.COUNT, numeric=True),
        Column("For the second time", Field.COUNT, numeric=True),
        Column("Without a price", Field.COUNT, numeric=True), Column("Put off", Field.COUNT, numeric=True),
        Column("Cost", Field.PRICE, numeric=True),
        *(Column(title, Field.PRICE, numeric=True) for title in programme.councils.values()),
    ]  # fmt: skip
    if capped:
        columns += [
            Column("Over the cap", Field.PRICE, numeric=True),
            Column("Cost of what is put off", Field.PRICE, numeric=True),
            Column("Why over", Field.FREE_TEXT),
        ]  # fmt: skip
    return Table("years", "By financial year and council", tuple(columns), tuple(rows), "Nothing falls due.")


def _kinds(programme: Programme) -> Table:
    """How many of each kind in which year."""
    counted: Counter[tuple[str, FinancialYear]] = Counter()
    for year in programme.plan.years:
        for one in year.bought:
            counted[_kind(one.item.piece.role), year.year] += 1
    kinds = sorted({kind for kind, _ in counted})
    years = programme.years
    return Table(
        "kinds",
        "To be replaced, by kind and financial year",
        (Column("Kind", Field.DEVICE_KIND), *(Column(str(year), Field.COUNT, numeric=True) for year in years),
         Column("Together", Field.COUNT, numeric=True)),
        tuple(
            (kind, *(f"{counted[kind, year]:,}" for year in years), f"{sum(counted[kind, y] for y in years):,}")
            for kind in kinds
        ),
        "Nothing falls due.",
    )  # fmt: skip


def _kind(role: str) -> str:
    return class_name(role) if role else "other"


# ---------------------------------------------------------------- risk
def _risk_words(programme: Programme) -> Iterator[Sentence]:
    last = programme.plan.years[-1]
    risk = last.risk
    if not risk.past_age and not risk.past_support:
        yield said(f"At the end of {last.year.title} nothing is left that is past its replacement age or its vendor's "
                   "support.")  # fmt: skip
        return
    yield said(f"At the end of {last.year.title} {spelt(risk.past_age, 'piece')} of hardware {_be(risk.past_age)} past "
               f"replacement age, and {number_word(risk.past_support)} past vendor support.")  # fmt: skip


def _risk(programme: Programme) -> Table:
    return Table(
        "risk",
        "Hardware that is there and not replaced at the end of each year",
        (
            Column("Financial year", Field.DAY), Column("Past replacement age", Field.COUNT, numeric=True),
            Column("Past vendor support", Field.COUNT, numeric=True),
            Column("Unsupported firewalls", Field.VERSION, numeric=True),
        ),
        tuple(
            (str(y.year), f"{y.risk.past_age:,}", f"{y.risk.past_support:,}", f"{y.risk.unsupported_firewalls:,}")
            for y in programme.plan.years
        ),
        "The programme has no years.",
    )  # fmt: skip


def _tolls(programme: Programme) -> Table:
    found = made.tolls_table(programme)
    return Table(
        "outages",
        "Outages that hardware caused itself, now and in the last 12 months",
        (
            Column("Hardware", Field.WORDS), Column("Devices", Field.COUNT, numeric=True),
            Column("Pieces", Field.COUNT, numeric=True), Column("Open now", Field.COUNT, numeric=True),
            Column("In 12 months", Field.COUNT, numeric=True), Column("For 100 pieces", Field.COUNT, numeric=True),
            Column("Down", Field.DURATION, numeric=True), Column("Down for each piece", Field.DURATION, numeric=True),
        ),
        tuple(tuple(_cell(cell) for cell in row) for row in found.rows),
        "Nothing was recorded.",
    )  # fmt: skip


def _slip(programme: Programme) -> Section:
    compared = programme.compared
    more = sum(one.more_pence for one in compared)
    last = compared[-1].more_risk if compared else None
    words: list[Sentence] = [
        said("If every purchase came a year later, the years of the programme would cost ", _money(abs(more)),
             f" {'more' if more >= 0 else 'less'}; what the last year was to buy would fall after it.")
    ]  # fmt: skip
    if last is not None:
        words.append(
            said(f"Past replacement age at its end would be {_more(last.past_age)}, past vendor support "
                 f"{_more(last.past_support)}.")
        )  # fmt: skip
    table = Table(
        "slip",
        "What it means if everything slips a year",
        (
            Column("Financial year", Field.DAY), Column("Cost", Field.PRICE, numeric=True),
            Column("Cost a year later", Field.PRICE, numeric=True), Column("More", Field.PRICE, numeric=True),
            Column("Past replacement age", Field.COUNT, numeric=True),
            Column("A year later", Field.COUNT, numeric=True),
            Column("Past vendor support", Field.COUNT, numeric=True),
            Column("Past support a year later", Field.COUNT, numeric=True),
            Column("Unsupported firewalls", Field.VERSION, numeric=True),
            Column("Unsupported firewalls a year later", Field.VERSION, numeric=True),
        ),
        tuple(
            (str(c.year), pounds(c.pence), pounds(c.slipped_pence), pounds(c.more_pence), f"{c.risk.past_age:,}",
             f"{c.slipped_risk.past_age:,}", f"{c.risk.past_support:,}", f"{c.slipped_risk.past_support:,}",
             f"{c.risk.unsupported_firewalls:,}", f"{c.slipped_risk.unsupported_firewalls:,}")
            for c in compared
        ),
        "The programme has no years.",
    )  # fmt: skip
    return Section("If everything slips a year", tuple(words), (table,))


def _more(number: int) -> str:
    if number == 0:
        return "no more than now planned"
    return f"{spelt(abs(number), 'piece')} {'more' if number > 0 else 'fewer'}"


# ---------------------------------------------------------------- what is missing
def _missing(programme: Programme) -> Iterator[Sentence]:
    """The warnings have prices and names in them; that something is missing at all stands in the summary."""
    warnings = made.warnings_of(programme)
    if not warnings:
        yield said("Everything has a date and a price.")
    for warning in warnings:
        yield said(Said(f"{_capital(warning)}.", Field.PRICE))
    if programme.plan.later:
        number = len(programme.plan.later)
        verb = "falls" if number == 1 else "fall"
        yield said(f"{_capital(spelt(number, 'piece'))} of hardware {verb} due after {programme.years[-1].title}.")


def _lots(programme: Programme) -> Iterator[Table]:
    for key, title, lots in (
        ("no-price", "Without a price, by model", programme.unpriced),
        ("no-date", "Without a date, by model", programme.undated_lots),
    ):
        if lots:
            found = made.lots_table(lots)
            yield Table(
                key,
                title,
                (
                    Column("Model", Field.MODEL), Column("Kind", Field.DEVICE_KIND), Column("Part", Field.WORDS),
                    Column("Pieces", Field.COUNT, numeric=True), Column("Without a price", Field.COUNT, numeric=True),
                    Column("Cost now", Field.PRICE, numeric=True),
                ),
                tuple(
                    (model or "not known", _kind(class_), part.replace("_", " "), *map(_cell, rest))
                    for class_, part, model, *rest in found.rows
                ),
                "None.",
            )  # fmt: skip


# ---------------------------------------------------------------- items
_ITEM_COLUMNS = (
    Column("Device", Field.DEVICE), Column("Financial year", Field.DAY), Column("Due on", Field.DAY),
    Column("How", Field.WORDS), Column("Site", Field.SITE), Column("Kind", Field.DEVICE_KIND),
    Column("Part", Field.WORDS), Column("Vendor", Field.MODEL), Column("Model", Field.MODEL),
    Column("Serial number", Field.SERIAL), Column("Vendor support ends", Field.DAY),
)  # fmt: skip
_ITEM_NAMES = (
    "device", "financial_year", "due_on", "how", "site", "class", "part", "vendor", "model", "serial",
    "vendor_support_ends",
)  # fmt: skip


def _items(programme: Programme) -> Table:
    found = made.items_table(programme)
    names = list(found.names)
    more = ("price", *programme.councils, "price_basis", "doubt")
    order = [names.index(name) for name in (*_ITEM_NAMES, *more)]
    kind = _ITEM_NAMES.index("class")
    rows = []
    for row in found.rows:
        cells = [_cell(row[n]) for n in order]
        cells[kind] = _kind(str(row[names.index("class")]))
        rows.append(tuple(cells))
    columns = (
        *_ITEM_COLUMNS, Column("Price", Field.PRICE, numeric=True),
        *(Column(title, Field.PRICE, numeric=True) for title in programme.councils.values()),
        Column("Price by", Field.PRICE), Column("Doubt", Field.FREE_TEXT),
    )  # fmt: skip
    return Table("items", "Every piece of hardware in the programme", columns, tuple(rows), "Nothing falls due.")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return pounds(int(value * 100))
    if isinstance(value, date):
        return day(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


# ---------------------------------------------------------------- assumptions and method
def _assumptions(programme: Programme) -> Iterator[Sentence]:
    terms = programme.terms
    cap = f"at most {pounds(terms.cap)} a year" if terms.cap is not None else "no cap on a year"
    yield said(Said(f"Prices of {terms.priced} without VAT, {percentage(terms.uplift)} dearer each year; {cap}.",
                    Field.PRICE))  # fmt: skip
    yield said(
        "Only hardware that was seen or is on record counts, as of the day of this paper. Prices do not include VAT."
    )


def _method(programme: Programme) -> Sequence[Sentence]:
    """Sentences that name the cap are exempt; all else is how it is done, whatever it costs."""
    cap = pounds(programme.terms.cap) if programme.terms.cap is not None else None
    uplift = percentage(programme.terms.uplift)
    return [
        said(Said(line, Field.PRICE if (cap is not None and cap in line) or uplift in line else Field.WORDS))
        for line in made.method_of(programme)
    ]
