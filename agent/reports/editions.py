"""Two editions of one paper, by an allow-list of field classes. Pure.

Part I may be published; Part II is exempt under Schedule 12A of the Local Government Act 1972. Every value in a paper
carries its field class. The public edition is made by keeping what is on the list, never by looking for what is not
meant to be there: a class that nobody has thought about is exempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class Edition(StrEnum):
    PUBLIC = "public"
    EXEMPT = "exempt"

    @property
    def part(self) -> str:
        return {"public": "Part I (public)", "exempt": "Part II (exempt)"}[self.value]


class Field(StrEnum):
    """What kind of thing a value is."""

    WORDS = "words"  # of our own, fixed in the program
    SERVICE = "service"  # title of a service, as the inventory publishes it
    BUILDING_KIND = "building kind"
    DEVICE_KIND = "device kind"
    COUNT = "count"
    SHARE = "share"
    DURATION = "duration"
    DAY = "day"
    CAUSE = "cause"  # from the fixed list
    PUBLIC_NAME = "public name"  # part_one_name: made for the public edition
    STATEMENT = "statement"  # what people wrote for the public about an outage
    SITE = "site"
    DEVICE = "device"
    LINK = "link"
    MOMENT = "moment"
    ADDRESS = "address"
    MODEL = "model"
    VERSION = "version"
    SERIAL = "serial number"
    SUPPLIER = "supplier"
    PRICE = "price"
    FREE_TEXT = "free text"


PUBLIC = frozenset(
    {
        Field.WORDS, Field.SERVICE, Field.BUILDING_KIND, Field.DEVICE_KIND, Field.COUNT, Field.SHARE, Field.DURATION,
        Field.DAY, Field.CAUSE, Field.PUBLIC_NAME, Field.STATEMENT,
    }
)  # fmt: skip

SECURITY = "paragraph 7 (prevention of crime)"
BUSINESS = "paragraph 3 (financial or business affairs)"
PARAGRAPH: Mapping[Field, str] = {Field.SUPPLIER: BUSINESS, Field.PRICE: BUSINESS}
"""Why a class is exempt, where it is not SECURITY."""


def allowed(field: Field, edition: Edition) -> bool:
    return edition is Edition.EXEMPT or field in PUBLIC


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of a sentence and what it is."""

    text: str
    field: Field = Field.WORDS


Sentence = tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    field: Field
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row. `key` is part of a file name; `notes` are printed under it."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str  # what is said in place of a table without rows
    notes: tuple[Sentence, ...] = ()


class ChartKind(StrEnum):
    BARS = "bars"  # one series; each row may have a target
    GROUPED = "grouped bars"
    STACKED = "stacked bars"
    MARKS = "marks against a target"  # one series, or three: value, lower and upper bound


@dataclass(frozen=True, slots=True)
class Series:
    """What a chart has of each of its rows: numbers in the chart's unit, and the same in words, which are drawn. A
    value is None where there is nothing to draw; what is shown then says why."""

    title: str
    field: Field
    values: tuple[float | None, ...]
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of numbers that the table `table` of the same section holds. `words` say what one sees, to those who do
    not: one or two sentences. `against`: the target of each row. Bars begin at zero."""

    key: str
    kind: ChartKind
    title: str
    table: str
    names: Field  # class of the rows' names
    rows: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str  # hours, pieces, %
    words: Sentence
    against: Series | None = None

    @property
    def drawn(self) -> tuple[Series, ...]:
        """All series, the targets last."""
        return self.series if self.against is None else (*self.series, self.against)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The class of everything in it."""
        return (self.names, *(one.field for one in self.drawn), *(part.field for part in self.words))


@dataclass(frozen=True, slots=True)
class Section:
    """A chart is printed before the table that has its numbers."""

    title: str
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper. `exempt` names the paragraphs under which parts of it are. `dated` is the day up to which it
    counts: files carry it as the day on which they were made, so that the same paper is the same bytes on any day."""

    title: str
    subtitle: str
    edition: Edition
    sections: tuple[Section, ...]
    exempt: tuple[str, ...] = ()
    dated: date | None = None


def said(*parts: str | Said) -> Sentence:
    """A sentence; plain text is our own words."""
    return tuple(Said(part) if isinstance(part, str) else part for part in parts)


def text_of(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)


# ---------------------------------------------------------------- what is exempt, and why
def paragraphs_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """The paragraphs of Schedule 12A under which values of these classes are exempt; none where all are public."""
    return tuple(sorted({PARAGRAPH.get(field, SECURITY) for field in fields if field not in PUBLIC}))


def exempt_sentence(sentence: Sentence) -> str:
    """What is printed behind a sentence that is exempt, or nothing."""
    return _under(paragraphs_of(part.field for part in sentence), "Exempt")


def exempt_table(table: Table) -> str:
    """What is printed over a table that is exempt or has columns that are, or nothing."""
    if table.columns[0].field not in PUBLIC:
        return _under(paragraphs_of(column.field for column in table.columns), "This table is exempt")
    columns = [column for column in table.columns if column.field not in PUBLIC]
    verb = f"{'This column is' if len(columns) == 1 else 'These columns are'} exempt"
    names = ", ".join(column.title for column in columns)
    told = _under(paragraphs_of(column.field for column in columns), verb)
    return f"{told.removesuffix('.')}: {names}." if told else ""


def exempt_chart(chart: Chart) -> str:
    """What is printed over a chart that is exempt, or nothing."""
    return _under(paragraphs_of(chart.fields), "This chart is exempt")


def _under(paragraphs: tuple[str, ...], words: str) -> str:
    return f"{words} under Schedule 12A, {' and '.join(paragraphs)}." if paragraphs else ""


# ---------------------------------------------------------------- the editions
def edition_of(paper: Paper, edition: Edition) -> Paper:
    """What this edition may hold. A sentence with one word too many is left out whole; a column is left out alone, but
    a table whose rows have no name left is left out whole, and so is a section that has nothing left. A chart is left
    out with one class too many, and where the table that has its numbers is not there."""
    reasons: dict[str, None] = {}

    def keep(field: Field) -> bool:
        if field not in PUBLIC:
            reasons.setdefault(PARAGRAPH.get(field, SECURITY))
        return allowed(field, edition)

    sections = []
    for section in paper.sections:
        sentences = _sentences(section.sentences, keep)
        tables = []
        for table in section.tables:
            places = [place for place, column in enumerate(table.columns) if keep(column.field)]
            if 0 in places:
                tables.append(
                    replace(
                        table,
                        columns=tuple(table.columns[place] for place in places),
                        rows=tuple(tuple(row[place] for place in places) for row in table.rows),
                        notes=_sentences(table.notes, keep),
                    )
                )
        kept = {table.key for table in tables if table.rows}
        charts = tuple(c for c in section.charts if all([keep(field) for field in c.fields]) and c.table in kept)
        if sentences or tables:
            sections.append(replace(section, sentences=sentences, tables=tuple(tables), charts=charts))
    exempt = tuple(sorted(reasons)) if edition is Edition.EXEMPT else ()
    return replace(paper, edition=edition, sections=tuple(sections), exempt=exempt)


def _sentences(sentences: tuple[Sentence, ...], keep: Callable[[Field], bool]) -> tuple[Sentence, ...]:
    return tuple(sentence for sentence in sentences if all([keep(part.field) for part in sentence]))
