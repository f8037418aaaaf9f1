"""Word and Excel: what is in them, for whom, and that nothing in them is a formula."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from xml.etree import ElementTree

import docx
import openpyxl
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from agent.reports import Edition, edition_of
from agent.reports.editions import Chart, ChartKind, Column, Field, Paper, Section, Series, Table, said
from agent.reports.excel import number_of, xlsx
from agent.reports.word import docx as word
from agent.reports.writing import table_csv
from tests.papers.conftest import Made
from tests.papers.making import whole_paper

BOTH = pytest.mark.parametrize("edition", Edition)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.invalid","x")', "\t=1", "{=1}")


def small(*rows: tuple[str, ...], columns: tuple[Column, ...] = ()) -> Paper:
    columns = columns or (Column("What", Field.WORDS), Column("=N", Field.COUNT, numeric=True))
    table = Table("rows", "=Rows", columns, rows, "none", (said("=note"),))
    return Paper("=T", "@s", Edition.EXEMPT, (Section("-S", (said("=1+1"),), (table,)),), dated=date(2026, 7, 1))


# ---------------------------------------------------------------- Word
@BOTH
def test_the_document_has_properties_language_headings_and_a_running_head(quarter: Made, edition: Edition) -> None:
    found = docx.Document(io.BytesIO(quarter[edition][".docx"]))
    core = found.core_properties
    assert core.title == f"ICT service: availability, outages and hardware - {edition.part}"
    assert (core.author, core.last_modified_by, core.language) == ("Hartwatch", "Hartwatch", "en-GB")
    assert core.created == core.modified
    assert core.created.date() == date(2026, 7, 1)
    levels = [int(p.style.name[-1]) for p in found.paragraphs if p.style.name.startswith("Heading ")]
    assert levels == [1] + [2] * len(edition_of(whole_paper(), edition).sections)
    languages = {element.get(qn("w:val")) for element in found.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}
    for section in found.sections:
        assert section.header.paragraphs[0].text.startswith(edition.part)
    orientations = {section.orientation for section in found.sections}
    assert (WD_ORIENT.LANDSCAPE in orientations) is (edition is Edition.EXEMPT)


@BOTH
def test_tables_have_captions_headers_that_repeat_and_all_their_cells(quarter: Made, edition: Edition) -> None:
    found = docx.Document(io.BytesIO(quarter[edition][".docx"]))
    tables = [t for section in edition_of(whole_paper(), edition).sections for t in section.tables if t.rows]
    assert len(found.tables) == len(tables)
    captions = [p.text for p in found.paragraphs if p.style.name == "Caption"]
    for made, table in zip(found.tables, tables, strict=True):
        assert any(caption.startswith(table.title) for caption in captions)
        rows = [[cell.text for cell in row.cells] for row in made.rows]
        assert rows == [[column.title for column in table.columns], *map(list, table.rows)]
        assert made.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
        assert made._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == table.title


@BOTH
def test_every_picture_has_an_alternative(quarter: Made, edition: Edition) -> None:
    found = docx.Document(io.BytesIO(quarter[edition][".docx"]))
    charts = [chart for section in edition_of(whole_paper(), edition).sections for chart in section.charts]
    shapes = [shape._inline.docPr.get("descr") for shape in found.inline_shapes]
    assert [words.partition(". ")[0] for words in shapes] == [chart.title for chart in charts]


def test_text_with_control_characters_and_markup_is_text_in_word() -> None:
    text = "a\x00b\x1b <w:br/> & ]]> \u202e \ud800"
    found = docx.Document(io.BytesIO(word(small((text, "1")))))
    assert found.tables[0].cell(1, 0).text.split() == ["ab", "<w:br/>", "&", "]]>"]


# ---------------------------------------------------------------- Excel
@BOTH
def test_there_is_a_sheet_for_the_words_and_one_for_each_table(quarter: Made, edition: Edition) -> None:
    book = openpyxl.load_workbook(io.BytesIO(quarter[edition][".xlsx"]))
    paper = edition_of(whole_paper(), edition)
    tables = [table for section in paper.sections for table in section.tables if table.rows]
    assert book.sheetnames[0] == "Paper"
    assert book.sheetnames[-1] == "Charts"
    assert len(book.sheetnames) == len(tables) + 2
    for name, table in zip(book.sheetnames[1:-1], tables, strict=True):
        sheet = book[name]
        assert sheet["A1"].value == table.title
        assert sheet.freeze_panes == "B5"
        (real,) = sheet.tables.values()
        assert [column.name for column in real.tableColumns] == [column.title for column in table.columns]
        assert sheet.max_row >= 4 + len(table.rows)
    words = [row[0].value for row in book["Paper"].iter_rows()]
    assert paper.title in words
    assert any("services met" in (line or "") for line in words)
    assert book.properties.title == f"{paper.title} - {edition.part}"
    assert f"{book.properties.created:%Y-%m-%d %H:%M}" == "2026-07-01 12:00"


@BOTH
def test_charts_are_excels_own_with_alternatives_and_numbers_beside_them(quarter: Made, edition: Edition) -> None:
    charts = [chart for section in edition_of(whole_paper(), edition).sections for chart in section.charts]
    with zipfile.ZipFile(io.BytesIO(quarter[edition][".xlsx"])) as parts:
        assert sum(bool(re.fullmatch(r"xl/charts/chart\d+\.xml", name)) for name in parts.namelist()) == len(charts)
        (drawing,) = (name for name in parts.namelist() if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name))
        root = ElementTree.fromstring(parts.read(drawing))  # noqa: S314 - our own file
    described = [one.get("descr") for one in root.iter() if one.tag.endswith("cNvPr")]
    assert [(words or "").partition(". ")[0] for words in described] == [chart.title for chart in charts]
    sheet = openpyxl.load_workbook(io.BytesIO(quarter[edition][".xlsx"]))["Charts"]
    numbers = {cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, int | float)}
    for chart in charts:
        for series in chart.drawn:
            for value in series.values:
                assert value is None or any(abs(value - number) < 1e-5 for number in numbers), (chart.title, value)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_text_in_every_cell(text: str) -> None:
    columns = (Column(text, Field.WORDS), Column(text, Field.WORDS, numeric=True))
    paper = small((text, text), columns=columns)
    book = openpyxl.load_workbook(io.BytesIO(xlsx(paper)))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
    with zipfile.ZipFile(io.BytesIO(xlsx(paper))) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in parts.read(name), name
    for line in table_csv(paper.sections[0].tables[0]).splitlines()[1:]:
        assert not line.strip('"').startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize(
    ("text", "value", "form"),
    [("0", 0.0, "#,##0"), ("1,234", 1234.0, "#,##0"), ("11.5", 11.5, "#,##0.0"), ("99.93 %", 0.9993, "0.00 %"),
     ("£98,765.43", 98765.43, "£#,##0.00"), ("£5", 5.0, "£#,##0"), ("-3", -3.0, "#,##0")],
)  # fmt: skip
def test_plain_numbers_percentages_and_pounds_are_numbers(text: str, value: float, form: str) -> None:
    found = number_of(text)
    assert found is not None
    assert found[0] == pytest.approx(value)
    assert found[1] == form


@pytest.mark.parametrize(
    "text", ["", "5 hours", "1 (50.00 %)", "12,34", "=1", "1e5", "٣", "£5 %", "1" * 16, "none", "1.", "2026-Q1", "+1"]
)
def test_everything_else_is_text(text: str) -> None:
    assert number_of(text) is None


def test_a_number_in_a_column_of_text_stays_text() -> None:
    columns = (Column("What", Field.WORDS), Column("Serial", Field.SERIAL), Column("N", Field.COUNT, numeric=True))
    book = openpyxl.load_workbook(io.BytesIO(xlsx(small(("row", "0012345", "7"), columns=columns))))
    sheet = book[book.sheetnames[1]]
    assert (sheet["B5"].value, sheet["C5"].value) == ("0012345", 7)


def test_sheets_and_columns_of_the_same_name_are_told_apart() -> None:
    columns = (Column("Same", Field.WORDS), Column("same", Field.WORDS), Column("", Field.WORDS))
    keys = ("a" * 40, "a" * 41, "paper", "charts", "x[]:*?/\\'y")
    tables = tuple(Table(key, key, columns, (("1", "2", "3"),), "none") for key in keys)
    series = (Series("n", Field.COUNT, (1.0,), ("1",)),)
    chart = Chart("c", ChartKind.BARS, "C", "paper", Field.WORDS, ("r",), series, "n", said("One."))
    paper = Paper("t", "s", Edition.PUBLIC, (Section("S", (), tables, (chart,)),))
    book = openpyxl.load_workbook(io.BytesIO(xlsx(paper)))
    assert len({name.lower() for name in book.sheetnames}) == len(keys) + 2
    names = [column.name for column in next(iter(book[book.sheetnames[1]].tables.values())).tableColumns]
    assert names == ["Same", "same 2", "Column"]
