"""The PDF is tagged as PDF/UA-1 asks, fits on its pages, and shows text as text whatever the text is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.reports import Edition, FormError, edition_of
from agent.reports import pdf as module
from agent.reports.editions import Column, Field, Paper, Said, Section, Table, said
from agent.reports.pdf import pdf
from agent.reports.showable import BLOCKS, breakable, showable
from tests.papers.conftest import Made
from tests.papers.making import squeezed, text_of_pdf, whole_paper

BOTH = pytest.mark.parametrize("edition", Edition)


@pytest.fixture
def document(quarter: Made, edition: Edition) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(quarter[edition][".pdf"])) as found:
        yield found


def tags(document: pikepdf.Pdf) -> list[tuple[str, pikepdf.Object]]:
    """Every element of the structure, in the order in which it is read."""
    found = []

    def walk(element: pikepdf.Object) -> None:
        if not isinstance(element, pikepdf.Dictionary):
            return
        if "/S" in element:
            found.append((str(element["/S"]), element))
        children = element.get("/K", pikepdf.Array([]))
        for child in children if isinstance(children, pikepdf.Array) else [children]:  # type: ignore[attr-defined]
            walk(child)

    walk(document.Root.StructTreeRoot)
    return found


# ---------------------------------------------------------------- structure
@BOTH
def test_the_document_has_language_title_author_date_and_says_that_it_is_pdf_ua_1(
    document: pikepdf.Pdf, edition: Edition
) -> None:
    assert str(document.Root.Lang) == "en-GB"
    assert document.Root.MarkInfo.Marked
    assert document.Root.ViewerPreferences.DisplayDocTitle
    title = f"ICT service: availability, outages and hardware - {edition.part}"
    with document.open_metadata() as metadata:
        assert metadata["dc:title"] == title
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:creator"] == ["Hartwatch"]
    assert str(document.docinfo["/Title"]) == title
    assert str(document.docinfo["/CreationDate"]).startswith("D:20260701")


@BOTH
def test_headings_begin_with_one_of_the_first_level_and_leave_none_out(document: pikepdf.Pdf) -> None:
    levels = [int(tag[2:]) for tag, _ in tags(document) if re.fullmatch(r"/H\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert levels.count(2) >= 8


@BOTH
def test_every_chart_is_a_figure_with_a_text_alternative(document: pikepdf.Pdf, edition: Edition) -> None:
    charts = [chart for section in edition_of(whole_paper(), edition).sections for chart in section.charts]
    alternatives = [str(element["/Alt"]) for tag, element in tags(document) if tag == "/Figure"]
    assert len(charts) >= 6
    assert len(alternatives) == len(charts)
    for chart, alternative in zip(charts, alternatives, strict=True):
        assert alternative.startswith(f"{chart.title}. ")
        assert len(alternative) > len(chart.title) + 10


@BOTH
def test_every_table_has_a_caption_and_headers_with_a_scope_and_is_one_table(
    document: pikepdf.Pdf, edition: Edition
) -> None:
    tables = [t for section in edition_of(whole_paper(), edition).sections for t in section.tables if t.rows]
    found = tags(document)
    assert sum(tag == "/Table" for tag, _ in found) == len(tables)
    assert sum(tag == "/Caption" for tag, _ in found) >= len(tables)
    headers = [element for tag, element in found if tag == "/TH"]
    assert len(headers) == sum(len(table.columns) for table in tables)
    for header in headers:
        attributes = header["/A"]
        scopes = [a.get("/Scope") for a in (attributes if isinstance(attributes, pikepdf.Array) else [attributes])]
        assert pikepdf.Name.Column in scopes


@BOTH
def test_no_page_draws_text_outside_of_its_margins(quarter: Made, edition: Edition) -> None:
    assert_inside(quarter[edition][".pdf"])


def assert_inside(content: bytes) -> None:
    document = pypdfium2.PdfDocument(content)
    margin = 40  # points; the page's own are 51
    try:
        for number, page in enumerate(document, 1):
            width, height = page.get_size()
            text = page.get_textpage()
            for n in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(n)
                if right > left and top > bottom:
                    assert left >= margin, number
                    assert right <= width - margin, (number, text.get_text_range(max(0, n - 20), 40))
                    assert bottom >= 20, number
                    assert top <= height - 20, number
            text.close()
            page.close()
    finally:
        document.close()


@BOTH
def test_pages_are_numbered_and_have_the_edition_over_them(quarter: Made, edition: Edition) -> None:
    document = pypdfium2.PdfDocument(quarter[edition][".pdf"])
    try:
        for number, page in enumerate(document, 1):
            text = page.get_textpage()
            said_ = text.get_text_range()
            assert f"Page {number} of {len(document)}" in said_
            assert edition.part in said_
            assert ("Not for publication" in said_) is (edition is Edition.EXEMPT)
            text.close()
            page.close()
    finally:
        document.close()


# ---------------------------------------------------------------- text is text
def paper_of(text: str, other: str = "x", columns: int = 3) -> Paper:
    """The text in every place that a paper has for one."""
    title = Column(text, Field.WORDS)
    table = Table("t", text, (title,) * columns, ((text,) + (other,) * (columns - 1),) * 2, text, (said(text),))
    empty = Table("e", text, (title,), (), text)
    return Paper(text, text, Edition.EXEMPT, (Section(text, (said(Said(text, Field.FREE_TEXT)),), (table, empty)),),
                 dated=date(2026, 7, 1))  # fmt: skip


MARKUP = (
    '#read("/etc/passwd")', '#{ panic("evaluated") }', "#sys.inputs.paper", "$1/0$", "*bold* _emphasis_ `raw`",
    "@label", "<label>", "a\\b \\u{41}", "https://example.invalid // no comment", "/* no comment */", "= Heading",
    "- item", "+ item", '#import "@preview/x:0.1.0"', "~--- ...", "]", "#[", '"); #panic("', "{{ paper }}", "%PDF-1.7",
)  # fmt: skip


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_shown_and_not_evaluated(text: str) -> None:
    found = squeezed(text_of_pdf(pdf(paper_of(text))))
    # title, its running head, subtitle, section, sentence, caption, three headers, two cells, note, what is empty
    assert found.count(squeezed(text)) >= 12
    assert "root:" not in found


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=60) | st.text("Wi", min_size=50, max_size=300) | st.text(
    st.sampled_from("#$*_`@<>\\/[]{}()\"'=+-~;:, \u202e\u200f\u2066\u0000\u001b\u0301\u0489\u0e33\u4e2d\U0001f600aZ9"),
    max_size=80,
)  # fmt: skip


@given(HOSTILE)
@example("\u0e33\u0e33 \u0485 \u1ab0 \u2de0")  # combining characters on nothing: some of them make typst panic
@example("\u202egnirts desrever\u202c")
@example("\U0001f468\u200d\U0001f469\u200d\U0001f467")
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_compiles_and_is_shown(text: str) -> None:
    found = squeezed(text_of_pdf(pdf(paper_of(text, columns=2))))
    # A reader puts hyphens of its own at the ends of broken lines: neither side has them.
    assert squeezed(showable(text)[:90]).replace("-", "") in found.replace("-", "")


@given(st.text("Wm8", min_size=20, max_size=120), st.integers(1, 14))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_words_without_an_end_and_many_columns_stay_on_the_page(word: str, columns: int) -> None:
    assert_inside(pdf(paper_of(word, word, columns)))


def test_every_character_that_is_let_through_has_a_glyph_in_the_fonts_of_typst() -> None:
    """A new release of typst with other fonts fails here, and not on the day of the committee."""
    every = [chr(number) for number in range(0x20, 0x3000) if re.fullmatch(f"[{BLOCKS}]", chr(number))]
    every = [character for character in every if not character.isspace()]
    lines = ["".join(every[n : n + 50]) for n in range(0, len(every), 50)]
    sentences = tuple(said(line) for line in lines)
    assert len(every) > 1900
    pdf(Paper("Characters", "", Edition.PUBLIC, (Section("All", sentences),)))


@given(st.text(max_size=100), st.integers(1, 30))
def test_breaking_a_word_takes_nothing_from_it_and_puts_nothing_into_it(text: str, letters: int) -> None:
    shown = showable(text)
    pieces = breakable(shown, letters)
    assert "".join(pieces) == shown
    for piece in [pieces] if isinstance(pieces, str) else pieces:
        assert all(len(word) <= letters for word in piece.split(" "))


def test_what_typst_refuses_is_one_error_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        """As pyo3 has it, which lets no one import its own."""

    def panic(*_: object, **__: object) -> bytes:
        raise PanicException("end byte index 3 is out of bounds")

    monkeypatch.setattr(module, "showable", lambda text: text)
    with pytest.raises(FormError, match="typst refuses"):
        pdf(paper_of("\U0001f600"))
    monkeypatch.setattr("typst.Compiler", panic)
    with pytest.raises(FormError, match="typst broke on paper"):
        pdf(paper_of("x"))
