"""A paper as a Word document, by python-docx: headings, captions, tables with repeated headers, pictures with words.

The same paper is the same bytes: the date is the paper's, and so are those inside of the zip file. Rows are built from
XML elements, because python-docx looks for each cell anew, which takes minutes for a long register.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from io import BytesIO
from typing import Any

from agent.hostile import plain
from agent.reports.editions import (
    Chart,
    Paper,
    Section,
    Table,
    exempt_chart,
    exempt_sentence,
    exempt_table,
    text_of,
)
from agent.reports.fitting import NARROW, WIDE, fit, lies
from agent.reports.pdf import pictures

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file can name
NO_DATE = date(1980, 1, 1)  # of a paper that has none
LONGEST = 2000
MARGIN = 18  # mm
TWIPS = 56.7  # in a millimetre


def docx(paper: Paper) -> bytes:
    """The edition it is given and no more."""
    return _Document(paper).bytes()


class _Document:
    def __init__(self, paper: Paper) -> None:
        import docx as library  # a tenth of a second that no other command should pay

        self.paper = paper
        self.document: Any = library.Document()
        charts = [chart for section in paper.sections for chart in section.charts]
        self.pictures = dict(zip(charts, pictures(charts), strict=True))
        self.lying = False
        self._properties()
        self._styles()
        self._page(self.document.sections[0], lying=False)
        self._running(self.document.sections[0])
        self._write()

    def bytes(self) -> bytes:
        made, fixed = BytesIO(), BytesIO()
        self.document.save(made)
        with zipfile.ZipFile(made) as read, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as written:
            for name in read.namelist():
                part = zipfile.ZipInfo(name, EPOCH)
                part.compress_type = zipfile.ZIP_DEFLATED
                part.external_attr = 0o600 << 16
                written.writestr(part, read.read(name))
        return fixed.getvalue()

    # ------------------------------------------------------------ the document
    def _properties(self) -> None:
        paper, core = self.paper, self.document.core_properties
        made = datetime.combine(paper.dated or NO_DATE, time(12), UTC).replace(tzinfo=None)
        core.title = _clean(f"{paper.title} - {paper.edition.part}")
        core.subject, core.category = paper.edition.part, ""
        core.author = core.last_modified_by = "Hartwatch"
        core.comments = core.keywords = ""
        core.language = "en-GB"
        core.created = core.modified = made
        core.revision = 1

    def _styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.oxml.ns import qn
        from docx.shared import Pt, RGBColor

        styles = self.document.styles
        for language in styles.element.iter(qn("w:lang")):
            language.set(qn("w:val"), "en-GB")
        styles["Normal"].font.name, styles["Normal"].font.size = "Arial", Pt(10.5)
        for name, size, colour in (
            ("Heading 1", 20, "16232E"),
            ("Heading 2", 14, "12436D"),
            ("Caption", 10.5, "16232E"),
        ):
            style = styles[name]
            style.font.name, style.font.size, style.font.bold = "Arial", Pt(size), True
            style.font.color.rgb = RGBColor.from_string(colour)
            for fonts in style.element.iter(qn("w:rFonts")):
                for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
                    fonts.attrib.pop(qn(theme), None)  # a theme's font would win over the one that is named
            style.paragraph_format.keep_with_next = True
        styles["Caption"].paragraph_format.space_before = Pt(10)
        note = styles.add_style("Note", WD_STYLE_TYPE.PARAGRAPH)
        note.base_style, note.font.size = styles["Normal"], Pt(9)
        note.font.color.rgb = RGBColor.from_string("4A5B68")

    def _page(self, section: Any, *, lying: bool) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        width, height = (297, 210) if lying else (210, 297)
        section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(width), Mm(height)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)

    def _running(self, section: Any) -> None:
        """The edition over every page, and its number below; later sections have the same."""
        words = "Not for publication. " if self.paper.exempt else ""
        section.header.paragraphs[0].text = _clean(f"{self.paper.edition.part}: {self.paper.title}", 120)
        footer = section.footer.paragraphs[0]
        footer.add_run(f"{words}Page ")
        _field(footer, "PAGE")
        footer.add_run(" of ")
        _field(footer, "NUMPAGES")

    # ------------------------------------------------------------ what it says
    def _write(self) -> None:
        paper, document = self.paper, self.document
        document.add_paragraph().add_run(paper.edition.part).bold = True
        document.add_heading(_clean(paper.title), 1)
        document.add_paragraph(_clean(paper.subtitle))
        if paper.exempt:
            box = document.add_paragraph()
            box.add_run("Not for publication.").bold = True
            box.add_run(
                " Parts of this paper are exempt under Schedule 12A to the Local Government Act 1972: "
                f"{'; '.join(paper.exempt)}."
            )
        for section in paper.sections:
            self._section(section)

    def _section(self, section: Section) -> None:
        lying = lies(section)
        if lying is not self.lying:
            self._page(self.document.add_section(), lying=lying)
            self.lying = lying
        self.document.add_heading(_clean(section.title), 2)
        for sentence in section.sentences:
            self._paragraph(text_of(sentence), exempt_sentence(sentence))
        for table in section.tables:
            for chart in section.charts:
                if chart.table == table.key:
                    self._chart(chart, table)
            if table.rows:
                self._table(table)
            else:
                self._paragraph(table.empty)

    def _paragraph(self, text: str, mark: str = "", style: str | None = None) -> None:
        paragraph = self.document.add_paragraph(_clean(text), style=style)
        self._mark(paragraph, mark)

    def _mark(self, paragraph: Any, mark: str) -> None:
        from docx.shared import RGBColor

        if mark:
            run = paragraph.add_run(f" [{_clean(mark)}]")
            run.font.color.rgb = RGBColor.from_string("801650")
            run.bold = False

    def _chart(self, chart: Chart, table: Table) -> None:
        from docx.shared import Mm

        self._paragraph(chart.title, exempt_chart(chart), "Caption")
        paragraph = self.document.add_paragraph()
        shape = paragraph.add_run().add_picture(BytesIO(self.pictures[chart]))
        ratio = shape.height / shape.width
        width = min(150.0, 170.0 / ratio)
        shape.width, shape.height = Mm(width), Mm(width * ratio)
        words = _clean(f"{chart.title}. {text_of(chart.words)}")
        properties = shape._inline.docPr
        properties.set("descr", words)
        properties.set("name", _clean(chart.title))
        self._paragraph(f"{text_of(chart.words)} The numbers are in the table “{table.title}”.", style="Note")

    def _table(self, table: Table) -> None:
        self._paragraph(table.title, exempt_table(table), "Caption")
        whole = (297 if self.lying else 210) - 2 * MARGIN
        fitted = fit(table, WIDE if self.lying else NARROW)
        made = self.document.add_table(rows=0, cols=len(table.columns), style="Table Grid")
        element = made._tbl
        _describe(element, _clean(table.title))
        width = whole * fitted.across * TWIPS / sum(fitted.shares)
        widths = [round(share * width) for share in fitted.shares]
        for column, wide in zip(element.tblGrid.findall(_name("w:gridCol")), widths, strict=True):
            column.set(_name("w:w"), str(wide))
        numeric = [column.numeric for column in table.columns]
        size = str(round(fitted.points * 2))
        titles = [column.title for column in table.columns]
        _row(element, titles, widths, numeric, size, head=True)
        for row in table.rows:
            _row(element, row, widths, numeric, size)
        for note in table.notes:
            self._paragraph(text_of(note), style="Note")
        self.document.add_paragraph(style="Note")


# ---------------------------------------------------------------- elements
def _clean(text: str, longest: int = LONGEST) -> str:
    return plain(text, longest)


@cache
def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    return qn(tag)


def _element(tag: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(_name(f"w:{name}"), value)
    return made


def _field(paragraph: Any, code: str) -> None:
    """A number that Word works out."""
    for kind in ("begin", "", "end"):
        run = paragraph.add_run()._r
        if kind:
            run.append(_element("w:fldChar", fldCharType=kind))
        else:
            text = _element("w:instrText")
            text.text = code
            run.append(text)


def _describe(table: Any, title: str) -> None:
    """A fixed layout, headers in the first row and the first column, and a name for those who do not see it."""
    properties = table.tblPr
    for tag in ("w:tblLook", "w:tblLayout"):
        for old in properties.findall(_name(tag)):
            properties.remove(old)
    properties.append(_element("w:tblLayout", type="fixed"))
    properties.append(_element("w:tblLook", firstRow="1", firstColumn="1", lastRow="0", lastColumn="0", noHBand="1",
                               noVBand="1", val="06A0"))  # fmt: skip
    properties.append(_element("w:tblCaption", val=title))


def _row(
    table: Any, cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool], size: str, *, head: bool = False
) -> None:
    """One more row, each element made in its place."""
    row = _under(table, "w:tr")
    properties = _under(row, "w:trPr")
    _under(properties, "w:cantSplit")
    if head:
        _under(properties, "w:tblHeader")
    for place, cell in enumerate(cells):
        made = _under(row, "w:tc")
        _under(_under(made, "w:tcPr"), "w:tcW", w=str(widths[place]), type="dxa")
        paragraph = _under(made, "w:p")
        if numeric[place]:
            _under(_under(paragraph, "w:pPr"), "w:jc", val="right")
        run = _under(paragraph, "w:r")
        letters = _under(run, "w:rPr")
        if head or place == 0:
            _under(letters, "w:b")
        _under(letters, "w:sz", val=size)
        text = _under(run, "w:t")
        text.text = _clean(cell)
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _under(parent: Any, tag: str, **attributes: str) -> Any:
    made = parent.makeelement(_name(tag), {_name(f"w:{name}"): value for name, value in attributes.items()})
    parent.append(made)
    return made
