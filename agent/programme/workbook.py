"""The programme as an Excel workbook whose sums can be followed: years by councils are formulas over the items.

    workbook(programme) -> bytes

Sheets: Programme, Chart, Items, Assumptions, Slip, Risk. The same programme gives the same bytes: no clock is asked.
Text is written as text, whatever it begins with: what a device says of itself is no formula. Rows are put into
temporary files as they come, because fifty thousand items would take half a gigabyte of memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from decimal import Decimal
from io import BytesIO
from typing import Any

from agent.programme import tables
from agent.programme.money import percentage
from agent.programme.whole import Programme
from agent.words import count, listed, pounds

PATTERNS = (None, "wide_upward_diagonal", "dotted_grid", "dark_horizontal", "wide_downward_diagonal", "small_check")
COLOURS = ("#123F4A", "#C25E00", "#5B5B9E", "#1C6B3C", "#A3122B", "#4A5568")  # dark enough on white paper
A4, HEAD_HEIGHT = 9, 30  # as the format numbers paper; points: room for two lines
TABLE_AT = 3  # row of the header of the sheet Programme, from 0


class _Sheet:
    """A worksheet that is written from the top down."""

    def __init__(self, book: _Book, name: str, widths: Sequence[float]) -> None:
        self.book, self.name, self.row = book, name, 0
        self.sheet: Any = book.book.add_worksheet(name)
        self.sheet.set_landscape()
        self.sheet.set_paper(A4)
        self.sheet.fit_to_pages(1, 0)  # one page wide, however long: members read it on paper
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def put(self, *cells: Any, form: str = "") -> int:
        """One row; its number, from 0. `form` is of texts; numbers and dates have their own."""
        row = self.row
        if form == "head":
            self.sheet.set_row(row, HEAD_HEIGHT)
            self.sheet.repeat_rows(row)
        for column, cell in enumerate(cells):
            self.cell(row, column, cell, form)
        self.row += 1
        return row

    def cell(self, row: int, column: int, value: Any, form: str = "") -> None:
        formats, sheet = self.book.formats, self.sheet
        if value is None or value == "":
            return
        if isinstance(value, Decimal):
            sheet.write_number(row, column, float(value), formats["bold money" if form == "bold" else "money"])
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, formats["bold whole" if form == "bold" else "whole"])
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, formats["day"])
        else:
            sheet.write_string(row, column, str(value), formats[form] if form else None)

    def formula(self, column: int, text: str, value: Decimal | int | None, form: str) -> None:
        shown: float | int | str = "" if value is None else float(value) if isinstance(value, Decimal) else value
        self.sheet.write_formula(self.row, column, text, self.book.formats[form], shown)


class _Book:
    def __init__(self, target: BytesIO, programme: Programme) -> None:
        from xlsxwriter import Workbook  # a tenth of a second that no other command should pay

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book: Any = Workbook(target, options)
        made = programme.now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        self.book.set_properties({"title": _title(programme), "author": "Hartwatch", "created": made})
        money, whole = "£#,##0.00", "#,##0"
        self.formats = {
            name: self.book.add_format(given)
            for name, given in {
                "title": {"bold": True, "font_size": 14},
                "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
                "bold": {"bold": True, "top": 1},
                "wrap": {"text_wrap": True, "valign": "top"},
                "warning": {"bold": True, "font_color": "#8A1020"},
                "money": {"num_format": money},
                "bold money": {"num_format": money, "bold": True, "top": 1},
                "whole": {"num_format": whole},
                "bold whole": {"num_format": whole, "bold": True, "top": 1},
                "day": {"num_format": "dd/mm/yyyy"},
            }.items()
        }


def _title(programme: Programme) -> str:
    years = programme.years
    return f"Hardware refresh programme {years[0]} to {years[-1]}"


def workbook(programme: Programme) -> bytes:
    target = BytesIO()
    book = _Book(target, programme)
    items = tables.items_table(programme)
    _programme(book, programme, len(items.rows))
    sheet = book.book.add_chartsheet("Chart")
    sheet.set_chart(_chart(book, programme))
    _items(book, items, programme)
    _assumptions(book, programme)
    _slip(book, programme)
    _risk(book, programme)
    book.book.close()
    return target.getvalue()


# ---------------------------------------------------------------- the programme
def _programme(book: _Book, programme: Programme, items: int) -> None:
    councils, cap = programme.councils, programme.terms.cap
    sheet = _Sheet(book, "Programme", (16, 10, *(18 for _ in councils), 18, 16, 16, 12, 12, 18, 44))
    sheet.put(_title(programme), form="title")
    sheet.put("Sums are formulas over the sheet Items. Money in pounds, without VAT.")
    warnings = tables.warnings_of(programme)
    below = "stands" if len(warnings) == 1 else "stand"
    sheet.put(f"{count(len(warnings), 'warning')} {below} below the table." if warnings else "")
    names = ("Financial year", "Items", *councils.values(), "Together", "Cap", "Over the cap", "No price",
             "Put off at its end", "Their cost", "Why over the cap")  # fmt: skip
    sheet.put(*names, form="head")
    sheet.sheet.freeze_panes(TABLE_AT + 1, 1)
    last = max(items, 1) + 1
    money = [_letters(tables.MONEY_FROM + n) for n in range(len(councils) + 1)]
    first_row, together = TABLE_AT + 2, _letters(2 + len(councils))

    def of(letters: str) -> str:
        return f"Items!${letters}$2:${letters}${last}"

    for year in programme.plan.years:
        row = sheet.row + 1
        sheet.cell(sheet.row, 0, str(year.year))
        sheet.formula(1, f"=COUNTIFS({of('A')},$A{row})", year.number, "whole")
        for n, name in enumerate(councils):
            share = tables.in_pounds(year.councils.get(name, 0))
            sheet.formula(2 + n, f"=SUMIFS({of(money[n + 1])},{of('A')},$A{row})", share, "money")
        column = 2 + len(councils)
        sums = f"=SUM(C{row}:{_letters(column - 1)}{row})"
        sheet.formula(column, sums, tables.in_pounds(year.pence), "money")
        if cap is not None:
            sheet.cell(sheet.row, column + 1, tables.in_pounds(cap))
            over = f"=MAX(0,{together}{row}-{_letters(column + 1)}{row})"
            sheet.formula(column + 2, over, tables.in_pounds(year.over), "money")
        # COUNTBLANK takes no condition: what is priced is taken from the whole.
        priced = f'=B{row}-COUNTIFS({of("A")},$A{row},{of(money[0])},">=0")'
        sheet.formula(column + 3, priced, year.unpriced, "whole")
        sheet.cell(sheet.row, column + 4, year.waiting)
        sheet.cell(sheet.row, column + 5, tables.in_pounds(year.waiting_pence))
        sheet.cell(sheet.row, column + 6, "; ".join(year.why), "wrap")
        sheet.row += 1
    last_row, plan = sheet.row, programme.plan
    sheet.cell(sheet.row, 0, "Together", "bold")
    totals: list[tuple[int, Decimal | int | None, str]] = [(1, plan.number, "bold whole")]
    totals += [(2 + n, tables.in_pounds(plan.councils.get(c, 0)), "bold money") for n, c in enumerate(councils)]
    totals.append((2 + len(councils), tables.in_pounds(plan.pence), "bold money"))
    if cap is not None:
        over_all = sum(year.over for year in plan.years)
        totals.append((4 + len(councils), tables.in_pounds(over_all), "bold money"))
    totals.append((5 + len(councils), plan.unpriced, "bold whole"))
    for column, value, form in totals:
        letters = _letters(column)
        sheet.formula(column, f"=SUM({letters}{first_row}:{letters}{last_row})", value, form)
    sheet.row += 2
    for warning in warnings:
        sheet.put(warning, form="warning")
    sheet.row += 1
    chart = _chart(book, programme)
    chart.set_size({"width": 900, "height": 420})
    sheet.sheet.insert_chart(sheet.row, 0, chart, {"description": chart_text(programme)})


def chart_text(programme: Programme) -> str:
    """What the chart shows, for those who do not see it."""
    years = [f"{year.year}: {pounds(year.pence)}" for year in programme.plan.years]
    cap = f" The cap is {pounds(programme.terms.cap)} a year." if programme.terms.cap is not None else ""
    return f"Columns of the cost of each financial year, stacked by council. {listed(years)}.{cap}"


def _chart(book: _Book, programme: Programme) -> Any:
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    first, last = TABLE_AT + 1, TABLE_AT + len(programme.years)
    for n in range(len(programme.councils)):
        colour, pattern = COLOURS[n % len(COLOURS)], PATTERNS[n % len(PATTERNS)]
        series: dict[str, Any] = {
            "name": ["Programme", TABLE_AT, 2 + n],
            "categories": ["Programme", first, 0, last, 0],
            "values": ["Programme", first, 2 + n, last, 2 + n],
            "border": {"color": colour},
            "gap": 60,
        }
        # Told apart on a black and white print too.
        if pattern is None:
            series["fill"] = {"color": colour}
        else:
            series["pattern"] = {"pattern": pattern, "fg_color": colour, "bg_color": "#FFFFFF"}
        chart.add_series(series)
    if programme.terms.cap is not None:
        column = 3 + len(programme.councils)
        line = book.book.add_chart({"type": "line"})
        line.add_series(
            {
                "name": ["Programme", TABLE_AT, column],
                "categories": ["Programme", first, 0, last, 0],
                "values": ["Programme", first, column, last, column],
                "line": {"color": "#000000", "width": 2, "dash_type": "dash"},
            }
        )
        chart.combine(line)
    chart.set_title({"name": _title(programme), "name_font": {"size": 14}})
    chart.set_x_axis({"name": "Financial year"})
    chart.set_y_axis({"name": "Cost in pounds, without VAT", "num_format": "£#,##0"})
    chart.set_legend({"position": "bottom"})
    return chart


def _letters(column: int) -> str:
    """A for 0, AA for 26."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


# ---------------------------------------------------------------- the other sheets
def _headed(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ").capitalize() for name in names]


def _items(book: _Book, items: tables.Table, programme: Programme) -> None:
    widths = [14, 12, 18, 24, 16, 14, 14, 16, 22, 20, 14, 14, 14, 14]
    widths += [14] * (len(items.names) - len(widths) - 2) + [44, 40]
    sheet = _Sheet(book, "Items", widths)
    names = _headed(items.names)
    names[tables.MONEY_FROM + 1 : -2] = programme.councils.values()
    sheet.put(*names, form="head")
    sheet.sheet.freeze_panes(1, 1)
    for row in items.rows:
        sheet.put(*row)
    sheet.sheet.autofilter(0, 0, max(len(items.rows), 1), len(items.names) - 1)


def _assumptions(book: _Book, programme: Programme) -> None:
    terms = programme.terms
    sheet = _Sheet(book, "Assumptions", (34, 100))
    sheet.put("Assumptions", form="title")
    sheet.put("Uplift a year, %", float(terms.uplift * 100))
    sheet.put("Prices of", str(terms.priced))
    sheet.put("Cap a year", tables.in_pounds(terms.cap) if terms.cap is not None else "none")
    sheet.put("Register as of", programme.now.astimezone(UTC).date())
    sheet.row += 1
    sheet.put("Council", "Share of joint cost", form="head")
    for name, share in terms.shares:
        sheet.put(programme.councils.get(name, name), percentage(share))
    sheet.row += 1
    sheet.put("Price list", "Pounds", form="head")
    for rule in sorted(terms.rules, key=lambda rule: -rule.rank):
        sheet.put(rule.what, tables.in_pounds(rule.pence))
    sheet.row += 1
    sheet.put("Method", form="head")
    for n, sentence in enumerate(tables.method_of(programme), 1):
        sheet.cell(sheet.row, 0, f"{n}")
        sheet.cell(sheet.row, 1, sentence, "wrap")
        sheet.row += 1


def _slip(book: _Book, programme: Programme) -> None:
    sheet = _Sheet(book, "Slip", (16, *(16 for _ in range(12))))
    sheet.put("What if everything slips by a year", form="title")
    sheet.put("Every purchase one year later, at that year's price. Those of the last year fall after the programme.")
    sheet.row += 1
    found = tables.slip_table(programme)
    sheet.put(*_headed(found.names), form="head")
    sheet.sheet.freeze_panes(4, 1)
    for values in found.rows:
        row = sheet.row + 1
        for column, value in enumerate(values):
            if column % 3 == 0 and column:  # the difference of the two before it
                a, b = _letters(column - 2), _letters(column - 1)
                sheet.formula(column, f"={b}{row}-{a}{row}", value, "money" if column == 3 else "whole")
            else:
                sheet.cell(sheet.row, column, value)
        sheet.row += 1


def _risk(book: _Book, programme: Programme) -> None:
    sheet = _Sheet(book, "Risk", (28, 22, 22, 22, 22, 22, 22, 22))
    sheet.put("Risk carried at the end of each year, under the plan", form="title")
    sheet.put("Hardware that is there and not replaced on 31 March.")
    sheet.row += 1
    sheet.put("Financial year", "Past replacement age", "Past vendor support", "Unsupported firewalls", form="head")
    for year in programme.plan.years:
        risk = year.risk
        sheet.put(str(year.year), risk.past_age, risk.past_support, risk.unsupported_firewalls)
    sheet.row += 1
    sheet.put("Outages of old hardware, from the ledger", form="title")
    sheet.put("Outages that a device caused itself: open now, and of the last 12 months.")
    found = tables.tolls_table(programme)
    sheet.put(*_headed(found.names), form="head")
    for row in found.rows:
        sheet.put(*row)
    for title, lots in (("No price", programme.unpriced), ("No date", programme.undated_lots)):
        sheet.row += 1
        sheet.put(title, form="title")
        table = tables.lots_table(lots)
        sheet.put(*_headed(table.names), form="head")
        for row in table.rows:
            sheet.put(*row)
        if not table.rows:
            sheet.put("none")
