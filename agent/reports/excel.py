"""A paper as an Excel workbook, by XlsxWriter: what is said, each table as a table, and the charts as Excel draws them.

Cells of numeric columns are numbers where their text is a plain number, a percentage or an amount of pounds; everything
else is text and stays so, whatever it begins with: what a device says of itself is no formula. The same paper is the
same bytes: no clock is asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any

from agent.hostile import plain
from agent.reports.drawing import Scale
from agent.reports.editions import (
    Chart,
    ChartKind,
    Paper,
    Table,
    exempt_chart,
    exempt_sentence,
    exempt_table,
    text_of,
)
from agent.reports.word import LONGEST, NO_DATE

A4, MANY = 9, 6  # as the format numbers paper; columns from which a sheet is printed lying
WIDEST, NARROWEST = 60, 10  # letters of a column
LINE, POINTS = 88, 15  # letters of a line of the first sheet; height of a line
LONGEST_SHEET = 31  # letters of a sheet's name
PATTERNS = (None, "wide_upward_diagonal", "dark_vertical", "dotted_grid", "dark_horizontal", "small_check")
COLOURS = ("#12436D", "#17665F", "#5B3D8F", "#A33E0A", "#3D3D3D", "#4A5B68")  # dark enough on white paper
MARKERS = ("circle", "long_dash", "long_dash", "diamond")
CHART_ROWS, PIXELS = 22, 20  # of a sheet that a chart takes, and their height
_NUMBER = re.compile(r"(£?)(-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,9})?)( ?%)?", re.ASCII)
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\']")


def xlsx(paper: Paper) -> bytes:
    """The edition it is given and no more."""
    return _Workbook(paper).bytes()


def number_of(text: str) -> tuple[float, str] | None:
    """The number that a cell's text is and the format that shows it again, or None: 1,234 and 99.93 % and £12.50."""
    found = _NUMBER.fullmatch(text)
    if found is None or (found[1] and found[3]):
        return None
    value = float(found[2].replace(",", ""))
    _, _, places = found[2].partition(".")
    if found[3]:
        return value / 100, f"0{'.' * bool(places)}{'0' * len(places)} %"
    return value, f"{found[1]}#,##0{'.' * bool(places)}{'0' * len(places)}"


class _Workbook:
    def __init__(self, paper: Paper) -> None:
        from xlsxwriter import Workbook  # a tenth of a second that no other command should pay

        self.paper, self.target = paper, BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.book: Any = Workbook(self.target, options)
        made = datetime.combine(paper.dated or NO_DATE, time(12))
        title = _clean(f"{paper.title} - {paper.edition.part}", 255)
        self.book.set_properties(
            {"title": title, "subject": paper.edition.part, "author": "Hartwatch", "created": made}
        )
        self.formats: dict[str, Any] = {}
        self.names = {"paper", "charts"}  # of sheets, in small letters: Excel tells no more apart
        self.sheets = {
            table.key: self._sheet_name(table.key)
            for section in paper.sections
            for table in section.tables
            if table.rows
        }

    def bytes(self) -> bytes:
        self._words()
        for section in self.paper.sections:
            for table in section.tables:
                if table.rows:
                    self._table(table)
        charts = [chart for section in self.paper.sections for chart in section.charts]
        if charts:
            self._charts(charts)
        self.book.close()
        return self.target.getvalue()

    # ------------------------------------------------------------ what is said
    def _words(self) -> None:
        paper = self.paper
        sheet = self._sheet("Paper", lying=False)
        sheet.set_column(0, 0, LINE)
        for row, (text, form, link) in enumerate(self._lines()):
            if form != "link":
                sheet.set_row(row, _height([text], [LINE], 20 if form == "title" else POINTS))
            if link:
                sheet.write_url(row, 0, f"internal:'{link}'!A1", self._format(form), _clean(text, 255))
            else:
                sheet.write_string(row, 0, _clean(text), self._format(form))
        sheet.activate()
        if paper.exempt:
            sheet.set_tab_color("#801650")

    def _lines(self) -> Iterator[tuple[str, str, str]]:
        """(text, format, the sheet it leads to)"""
        paper = self.paper
        yield paper.edition.part, "bold", ""
        yield paper.title, "title", ""
        yield paper.subtitle, "wrap", ""
        if paper.exempt:
            yield (
                "Not for publication. Parts of this paper are exempt under Schedule 12A to the Local Government Act "
                f"1972: {'; '.join(paper.exempt)}."
            ), "restricted", ""  # fmt: skip
        for section in paper.sections:
            yield "", "wrap", ""
            yield section.title, "heading", ""
            for sentence in section.sentences:
                mark = exempt_sentence(sentence)
                yield text_of(sentence) + (f" [{mark}]" if mark else ""), "wrap", ""
            for table in section.tables:
                if table.rows:
                    yield f"Table: {table.title}", "link", self.sheets[table.key]
                else:
                    yield table.empty, "wrap", ""

    # ------------------------------------------------------------ tables
    def _table(self, table: Table) -> None:
        sheet = self._sheet(self.sheets[table.key], lying=len(table.columns) > MANY)
        sheet.write_string(0, 0, _clean(table.title), self._format("title"))
        mark = exempt_table(table)
        if mark:
            sheet.write_string(1, 0, _clean(mark), self._format("restricted line"))
        head = 3
        widths = []
        for place, column in enumerate(table.columns):
            texts = [row[place] for row in table.rows]
            letters = max(len(column.title), *map(len, texts)) + 2
            widths.append(min(max(letters, NARROWEST), WIDEST))
            sheet.set_column(place, place, widths[-1])
        used: set[str] = set()
        names = [_unlike(_clean(column.title, 200) or "Column", used) for column in table.columns]
        last = head + len(table.rows)
        sheet.add_table(
            head, 0, last, len(table.columns) - 1,
            {
                "columns": [{"header": name, "header_format": self._format("head")} for name in names],
                "style": "Table Style Light 1",
                "first_column": True,
                "name": f"T_{re.sub(r'[^A-Za-z0-9]', '_', self.sheets[table.key])}",
                "description": _clean(table.title),
            },
        )  # fmt: skip
        for n, row in enumerate(table.rows, head + 1):
            sheet.set_row(n, _height(row, widths, POINTS))
            for place, cell in enumerate(row):
                found = number_of(cell) if table.columns[place].numeric else None
                if found:
                    sheet.write_number(n, place, found[0], self._format(found[1], number=True))
                elif cell:
                    right = table.columns[place].numeric
                    sheet.write_string(n, place, _clean(cell), self._format("right" if right else "wrap"))
        sheet.freeze_panes(head + 1, 1)
        sheet.repeat_rows(head)
        for n, note in enumerate(table.notes, last + 2):
            sheet.write_string(n, 0, _clean(text_of(note)))

    # ------------------------------------------------------------ charts
    def _charts(self, charts: list[Chart]) -> None:
        """Each with the numbers it is drawn from, in its unit: those of the tables are words as often as numbers."""
        sheet = self._sheet("Charts", lying=True)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 6, 16)
        row = 0
        for chart in charts:
            sheet.write_string(row, 0, _clean(chart.title), self._format("title"))
            mark = exempt_chart(chart)
            words = text_of(chart.words) + (f" [{mark}]" if mark else "")
            sheet.write_string(row + 1, 0, _clean(words))
            sheet.write_string(row + 2, 0, _clean(f"In {chart.unit}"), self._format("head"))
            for n, series in enumerate(chart.drawn, 1):
                sheet.write_string(row + 2, n, _clean(series.title), self._format("head"))
                for place, value in enumerate(series.values, row + 3):
                    if value is not None:
                        sheet.write_number(place, n, round(value, 6))
            for place, name in enumerate(chart.rows, row + 3):
                sheet.write_string(place, 0, _clean(name))
            drawn = self._chart(chart, row + 3)
            options = {"description": _clean(f"{chart.title}. {text_of(chart.words)}"), "object_position": 2}
            sheet.insert_chart(row + 2, len(chart.drawn) + 2, drawn, options)
            row += max(len(chart.rows) + 5, CHART_ROWS)

    def _chart(self, chart: Chart, first: int) -> Any:
        marks, stacked = chart.kind is ChartKind.MARKS, chart.kind is ChartKind.STACKED
        kind = {"type": "line"} if marks else {"type": "bar", "subtype": "stacked"} if stacked else {"type": "bar"}
        made = self.book.add_chart(kind)
        last = first + len(chart.rows) - 1
        for n in range(len(chart.drawn)):
            target = chart.against is not None and n == len(chart.series)
            options: dict[str, Any] = {
                "name": ["Charts", first - 1, n + 1],
                "categories": ["Charts", first, 0, last, 0],
                "values": ["Charts", first, n + 1, last, n + 1],
            }
            colour = "#801650" if target else COLOURS[n % len(COLOURS)]
            if marks:
                marker = MARKERS[-1] if target else MARKERS[min(n, 2)]
                fill = {"color": "#FFFFFF" if target else colour}
                options["marker"] = {"type": marker, "size": 9, "fill": fill, "border": {"color": colour}}
                options["line"] = {"none": True}
            else:
                options |= _filled(len(PATTERNS) - 1 if target else n, colour)
                ink = "#FFFFFF" if stacked and n == 0 else "#16232E"  # labels of stacked bars stand in them
                options["data_labels"] = {"value": True, "font": {"bold": True, "color": ink}}
            made.add_series(options)
        made.set_title({"name": _clean(chart.title), "overlay": False, "name_font": {"size": 12}})
        values = [value for series in chart.drawn for value in series.values if value is not None]
        axis: dict[str, Any] = {"name": _clean(chart.unit), "min": 0, "major_gridlines": {"visible": True}}
        if marks:
            scale = Scale.of(values, from_zero=False, roof=100.0 if chart.unit == "%" else None)
            axis |= {"min": round(scale.low, 6), "max": round(scale.high, 6)}
            made.set_y_axis(axis)
        else:
            made.set_x_axis(axis)
            made.set_y_axis({"reverse": True})  # or Excel has the first row at the bottom
        made.set_legend({"position": "bottom"} if len(chart.drawn) > 1 else {"none": True})
        made.set_size({"width": 720, "height": (CHART_ROWS - 3) * PIXELS})
        return made

    # ------------------------------------------------------------ pieces
    def _sheet(self, name: str, *, lying: bool) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)  # one page wide, however long: members read it on paper
        if lying:
            sheet.set_landscape()
        sheet.set_header(f"&L{self.paper.edition.part}&RPage &P of &N")
        return sheet

    def _sheet_name(self, key: str) -> str:
        plain_key = _NOT_IN_SHEETS.sub(" ", _clean(key, 200)).strip() or "Table"
        wanted = plain_key.replace("-", " ").capitalize()[: LONGEST_SHEET - 4]
        return _unlike(wanted, self.names)

    def _format(self, name: str, *, number: bool = False) -> Any:
        if name not in self.formats:
            given = {"num_format": name, "valign": "top"} if number else _STYLES[name]
            self.formats[name] = self.book.add_format(given)
        return self.formats[name]


_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "heading": {"bold": True, "font_size": 12, "font_color": "#12436D"},
    "bold": {"bold": True},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "wrap": {"text_wrap": True, "valign": "top"},
    "right": {"text_wrap": True, "valign": "top", "align": "right"},
    "link": {"font_color": "#0B5394", "underline": 1},
    "restricted": {"bold": True, "font_color": "#801650", "text_wrap": True, "valign": "top"},
    "restricted line": {"bold": True, "font_color": "#801650"},
}


def _filled(series: int, colour: str) -> dict[str, Any]:
    """By pattern as well as by colour; the first is solid."""
    pattern = PATTERNS[series % len(PATTERNS)]
    border = {"color": "#16232E"}
    if pattern is None:
        return {"fill": {"color": colour}, "border": border}
    return {"pattern": {"pattern": pattern, "fg_color": colour, "bg_color": "#FFFFFF"}, "border": border}


def _height(cells: Sequence[str], widths: Sequence[int], line: float) -> float:
    """Of a row, in points: not every program works it out, and lines of a cell would lie upon each other."""
    lines = max(math.ceil(len(cell) / (0.9 * width)) for cell, width in zip(cells, widths, strict=True))
    return min(max(lines, 1) * line, 400)  # 409 is the highest that Excel knows


def _unlike(name: str, used: set[str]) -> str:
    """The name, with a number behind it where another is the same but for capitals."""
    found, n = name, 2
    while found.lower() in used:
        found, n = f"{name} {n}", n + 1
    used.add(found.lower())
    return found


def _clean(text: str, longest: int = LONGEST) -> str:
    return plain(text, longest)
