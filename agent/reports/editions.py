"""Two editions of one paper, by an allow-list of field classes. Pure.

Part I may be published; Part II is exempt under Schedule 12A of the Local Government Act 1972. Every value in a paper
carries its field class. The public edition is made by keeping what is on the list, never by looking for what is not
meant to be there: a class that nobody has thought about is exempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper. `exempt` names the paragraphs under which parts of it are."""

    title: str
    subtitle: str
    edition: Edition
    sections: tuple[Section, ...]
    exempt: tuple[str, ...] = ()


def said(*parts: str | Said) -> Sentence:
    """A sentence; plain text is our own words."""
    return tuple(Said(part) if isinstance(part, str) else part for part in parts)


def edition_of(paper: Paper, edition: Edition) -> Paper:
    """What this edition may hold. A sentence with one word too many is left out whole; a column is left out alone, but
    a table whose rows have no name left is left out whole, and so is a section that has nothing left."""
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
        if sentences or tables:
            sections.append(replace(section, sentences=sentences, tables=tuple(tables)))
    exempt = tuple(sorted(reasons)) if edition is Edition.EXEMPT else ()
    return replace(paper, edition=edition, sections=tuple(sections), exempt=exempt)


def _sentences(sentences: tuple[Sentence, ...], keep: Callable[[Field], bool]) -> tuple[Sentence, ...]:
    return tuple(sentence for sentence in sentences if all([keep(part.field) for part in sentence]))
