"""The programme as a workbook: its sums are formulas that give what they show, its text is text, its bytes the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest

from agent.lifecycle import Owning
from agent.programme import CostRule, Programme, programme_of
from agent.programme.tables import BEYOND, UNDATED, items_table
from agent.programme.workbook import workbook
from tests.hardware.owned import NOW, TERMS, piece

EVIL = '=HYPERLINK("http://evil.example","x")'
RULES = (CostRule(1234_57, class_="switch"), CostRule(310_01, part="battery"), CostRule(9000_00, class_="firewall"))
TITLES = {"ehdc": "East Herts District Council", "sbc": "Stevenage Borough Council"}


def made(cap: int | None = 2500_00) -> Programme:
    pieces = [
        *(piece(f"serial:S{n}", due=date(2024 + n, 5, 1 + n), device=f"sw-{n}") for n in range(8)),
        piece("serial:B1", due=date(2026, 9, 1), part="battery", role="ups", device="ups-1"),
        piece("serial:F1", due=date(2027, 1, 1), role="firewall", support=date(2027, 1, 1), device="fw-1"),
        piece("serial:N1", due=date(2028, 1, 1), role="router", model=EVIL, device="+44"),
        piece("serial:O1", due=date(2028, 1, 1), owned=Owning(shares=(("sbc", Decimal(1)),)), device="@sw"),
        piece("serial:U1", stage="unknown", device="sw-u"),
    ]
    terms = replace(TERMS, cap=cap, uplift=Decimal("0.03"), rules=RULES)
    return programme_of(pieces, terms, (), NOW, TITLES)


def sheets(programme: Programme, values: bool = False) -> Any:
    return openpyxl.load_workbook(BytesIO(workbook(programme)), data_only=values)


def column(sheet: Any, formula: str, part: int) -> list[Any]:
    """The cells of a range in a formula such as =SUMIFS(Items!$O$2:$O$9,Items!$A$2:$A$9,$A5)."""
    letters, first, last = re.findall(r"Items!\$([A-Z]+)\$(\d+):\$[A-Z]+\$(\d+)", formula)[part]
    return [sheet[f"{letters}{n}"].value for n in range(int(first), int(last) + 1)]


@pytest.mark.parametrize("cap", [2500_00, None])
def test_formulas_over_the_items_give_the_values_that_are_shown(cap: int | None) -> None:
    programme = made(cap)
    written, shown = sheets(programme), sheets(programme, values=True)
    items = written["Items"]
    sums = counts = 0
    for row in written["Programme"].iter_rows(min_row=5, max_row=4 + len(programme.years)):
        label, year = row[0].value, programme.plan.years[row[0].row - 5]
        assert label == str(year.year)
        for cell in row:
            if not isinstance(cell.value, str) or "IFS(" not in cell.value:
                continue
            cached = shown["Programme"][cell.coordinate].value
            if cell.value.startswith("=SUMIFS"):
                pairs = zip(column(items, cell.value, 0), column(items, cell.value, 1), strict=True)
                found = sum(Decimal(str(pounds or 0)) for pounds, of in pairs if of == label)
                assert found == Decimal(str(cached)).quantize(Decimal("0.01"))
                sums += 1
            elif cell.value.startswith("=COUNTIFS"):
                assert column(items, cell.value, 0).count(label) == cached == year.number
                counts += 1
            else:  # those without a price: all of the year but those that have one
                pairs = zip(column(items, cell.value, 0), column(items, cell.value, 1), strict=True)
                assert year.number - sum(of == label and pounds is not None for of, pounds in pairs) == cached
        together = next(c for c in row if str(c.value).startswith("=SUM("))
        assert round(shown["Programme"][together.coordinate].value * 100) == year.pence
    assert (sums, counts) == (2 * len(programme.years), len(programme.years))


def test_totals_and_differences_are_formulas_too() -> None:
    programme = made()
    written, shown = sheets(programme), sheets(programme, values=True)
    last = 5 + len(programme.years)
    assert written["Programme"][f"E{last}"].value == f"=SUM(E5:E{last - 1})"
    assert round(shown["Programme"][f"E{last}"].value * 100) == programme.plan.pence
    for row, compared in zip(range(5, last), programme.compared, strict=True):
        assert written["Slip"][f"D{row}"].value == f"=C{row}-B{row}"
        assert round(shown["Slip"][f"D{row}"].value * 100) == compared.more_pence


def test_items_have_dates_and_numbers_and_one_row_for_each() -> None:
    programme = made()
    rows = list(sheets(programme)["Items"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == programme.plan.number + len(programme.plan.beyond) + len(programme.undated)
    dated = [row for row in rows if row[0] not in (UNDATED, BEYOND)]
    assert all(isinstance(row[1], datetime) for row in dated)
    assert sum(round(row[13] * 100) for row in dated if row[13] is not None) == programme.plan.pence
    assert [row[1] for row in rows if row[0] == UNDATED] == [None]
    assert {row[0] for row in rows} >= {str(programme.years[0]), UNDATED}


def test_text_that_looks_like_a_formula_stays_text() -> None:
    cells = [cell for row in sheets(made())["Items"].iter_rows() for cell in row]
    assert {cell.value for cell in cells} >= {EVIL, "+44", "@sw"}
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def test_the_same_programme_gives_the_same_bytes() -> None:
    assert workbook(made()) == workbook(made())


def test_the_chart_has_a_sheet_a_title_axes_patterns_and_words_for_those_who_do_not_see_it() -> None:
    programme = made()
    with ZipFile(BytesIO(workbook(programme))) as archive:
        names = archive.namelist()
        texts = {name: archive.read(name).decode() for name in names if name.endswith(".xml")}
    assert "xl/chartsheets/sheet1.xml" in names
    charts = [text for name, text in texts.items() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2
    for chart in charts:
        assert "Hardware refresh programme 2026-27 to 2032-33" in chart
        assert "Financial year" in chart
        assert "Cost in pounds" in chart
        assert "pattFill" in chart
        assert '<c:grouping val="stacked"/>' in chart
        assert "<c:lineChart>" in chart
    described = [text for name, text in texts.items() if name.startswith("xl/drawings/") and "descr=" in text]
    assert any("stacked by council. 2026-27: £" in text for text in described)


def test_what_was_assumed_is_written_down() -> None:
    rows = [row for row in sheets(made())["Assumptions"].iter_rows(values_only=True) if row[0]]
    said = {row[0]: row[1] for row in rows}
    assert (said["Uplift a year, %"], said["Prices of"], said["Cap a year"]) == (3, "2026-27", 2500)
    assert said["East Herts District Council"] == "50 %"
    assert any("never" not in str(text) and "largest remainder" in str(text) for text in said.values())


def test_an_empty_programme_is_a_workbook_all_the_same() -> None:
    book = sheets(programme_of([], TERMS, (), NOW))
    assert book.sheetnames == ["Programme", "Chart", "Items", "Assumptions", "Slip", "Risk"]


def test_items_of_one_council_are_those_it_pays_for() -> None:
    programme = made(None)
    found = items_table(programme, "ehdc")
    assert found.names[13:15] == ("price", "ehdc")
    assert "@sw" not in {row[3] for row in found.rows}
    everything = items_table(programme)
    assert "@sw" in {row[3] for row in everything.rows}
