"""A paper with something in every section, one with a canary of every class, and all that the parts of a file say."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import pikepdf
import pypdfium2

from agent.accounting.restating import Restatement
from agent.facts import Note
from agent.reports.editions import Chart, ChartKind, Column, Edition, Field, Paper, Said, Section, Series, Table, said
from agent.reports.quarter_restated import Restated
from tests.readers import test_papers as made

CANARIES = {name: text for name, text in made.CANARIES.items() if name not in ("address", "postal")}
"""Of the estate. Addresses are in no class that the quarter's paper has; `planted` has one of each class."""


def whole_paper() -> Paper:
    """The quarter's paper of a small estate in which everything happened."""
    c = made.CANARIES
    scribe = made.busy()
    made.lose_redundancy(scribe, made.BUSY)
    device, link = f"device:{c['device']}", f"link:{c['link']}"
    scribe.outage("site:dh", made.BUSY + timedelta(days=4), made.HOUR, device)
    scribe.outage(link, made.BUSY + timedelta(days=9), made.HOUR)
    scribe.outage("service:mail", made.BUSY + timedelta(days=12), 2 * made.HOUR)
    notes = [
        Note("service:phones", made.LATER, c["author"], "note", c["note"], scribe.flips[0].id),
        Note("service:phones", made.LATER, c["author"], "cause", c["note"], UUID(int=9)),
        Note("service:phones", made.LATER, c["author"], "ticket", c["note"], UUID(int=9)),
    ]
    begins = made.BUSY + timedelta(days=9)
    windows = [made.maintenance(link, begins, 2 * made.HOUR, after_the_fact=True)]
    changes = tuple(Restatement(subject, "cause", c["note"], "power", c["why"]) for subject in made.SUBJECTS)
    return made.paper(
        scribe, notes=notes, windows=windows, restated=[Restated("2026-Q1", changes)], closed_at=made.LATER
    )


def canary_of(field: Field) -> str:
    return f"KANARI-{field.name}-17"


def planted(fields: Sequence[Field] = tuple(Field)) -> Paper:
    """A value of each class in every place that can hold one: sentence, cell, note, and all the texts of a chart."""
    sections = []
    for field in fields:
        word = Said(canary_of(field), field)
        rows = ((canary_of(field) + "-A", "1"), (canary_of(field) + "-B", "2"))
        first = Table("first-" + field.name.lower(), "First column", (Column("Value", field), Column("N", Field.COUNT)),
                      rows, "empty")  # fmt: skip
        open_rows = (("row one", canary_of(field) + "-C"), ("row two", canary_of(field) + "-D"))
        later = Table("later-" + field.name.lower(), "Later column", (Column("What", Field.WORDS), Column("V", field)),
                      open_rows, "empty", (said("a note with ", word),))  # fmt: skip
        charts = []
        for n, (names, of, words, against) in enumerate((
            (field, Field.COUNT, Field.WORDS, Field.COUNT),
            (Field.WORDS, field, Field.WORDS, Field.COUNT),
            (Field.WORDS, Field.COUNT, field, Field.COUNT),
            (Field.WORDS, Field.COUNT, Field.WORDS, field),
        )):  # fmt: skip
            texts = [f"{canary_of(one)}-{place}" if one is field else "open" for place, one in
                     zip("EFGH", (names, of, words, against), strict=True)]  # fmt: skip
            charts.append(
                Chart(
                    f"{field.name.lower()}-{n}", ChartKind.BARS, "A chart", later.key, names, (texts[0], "other"),
                    (Series(texts[1], of, (1.0, 2.0), (texts[1], "two")),), "pieces", said(Said(texts[2], words)),
                    Series(texts[3], against, (1.0, 1.0), (texts[3], "one")),
                )
            )  # fmt: skip
        sections.append(
            Section(f"Section {len(sections)}", (said("A sentence: ", word, "."),), (first, later), tuple(charts))
        )
    return Paper("A paper of canaries", "For a test.", Edition.EXEMPT, tuple(sections), dated=made.QUARTER.ends_on)


# ---------------------------------------------------------------- everything that a file says
def everything_in(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """(part of the file, its bytes as they are when unpacked): members of a zip, text, names and streams of a PDF."""
    yield name, content
    if name.endswith((".docx", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.infolist():
                yield f"{name}/{part.filename}", part.filename.encode() + parts.read(part) + part.comment + part.extra
    elif name.endswith(".pdf"):
        yield from _of_pdf(name, content)


def _of_pdf(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{name}: text", text_of_pdf(content).encode()
    with pikepdf.open(io.BytesIO(content)) as document:
        with document.open_metadata() as metadata:
            yield f"{name}: XMP", str(metadata).encode()
        for number, thing in enumerate(document.objects):
            if isinstance(thing, pikepdf.Stream):
                yield f"{name}: stream {number}", thing.read_bytes()
            yield f"{name}: object {number}", "\n".join(_strings(thing)).encode("utf-8", "replace")


def _strings(thing: object, depth: int = 0) -> Iterator[str]:
    """Every string in an object: alternative texts, titles, bookmarks, whatever their encoding."""
    if isinstance(thing, pikepdf.String):
        yield str(thing)
    elif depth < 6 and isinstance(thing, pikepdf.Array):
        for one in thing:  # type: ignore[attr-defined]
            yield from _strings(one, depth + 1)
    elif depth < 6 and isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for key in thing.keys():  # noqa: SIM118 - a pikepdf object is no mapping
            if key not in ("/Parent", "/P", "/Pg", "/Prev", "/Next"):
                yield from _strings(thing[key], depth + 1)


def text_of_pdf(content: bytes) -> str:
    """The text of all pages, with line ends inside of words taken out as well as outside."""
    document = pypdfium2.PdfDocument(content)
    try:
        pages = []
        for page in document:
            text = page.get_textpage()
            pages.append(text.get_text_range())
            text.close()
            page.close()
        return "\n".join(pages)
    finally:
        document.close()


def squeezed(text: str | bytes) -> str:
    """Without any white space, in small letters: a name that is broken over two lines is still that name."""
    found = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(found.split()).casefold().replace("\ufffe", "").replace("\u00ad", "").replace("\u200b", "")
