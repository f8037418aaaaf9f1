"""A paper as files: HTML that needs nothing else, PDF, Word, Excel, and CSV for each table. Same paper, same bytes."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from agent.hostile import guarded, plain
from agent.reports.drawing import svg
from agent.reports.editions import (
    Edition,
    Paper,
    Table,
    edition_of,
    exempt_chart,
    exempt_sentence,
    exempt_table,
    text_of,
)
from agent.reports.excel import xlsx
from agent.reports.pdf import pdf
from agent.reports.word import docx


class Form(StrEnum):
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    CSV = "csv"


ALL = tuple(Form)


def _clean(value: Any) -> Any:
    return plain(value, 2000) if isinstance(value, str) and not hasattr(value, "__html__") else value


def html(paper: Paper) -> str:
    environment = Environment(
        loader=PackageLoader("agent.reports"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "text": text_of,
        "exempt_sentence": exempt_sentence,
        "exempt_table": exempt_table,
        "exempt_chart": exempt_chart,
        "svg": lambda chart: Markup(svg(chart)),  # noqa: S704 - drawn by our own module, which escapes what it is given
    }
    return environment.get_template("paper.html").render(paper=paper) + "\n"


MAKERS: Mapping[Form, Callable[[Paper], bytes]] = {
    Form.HTML: lambda paper: html(paper).encode(),
    Form.PDF: pdf,
    Form.DOCX: docx,
    Form.XLSX: xlsx,
}
"""Of an edition, which is all that they get: no form can hold what its edition does not."""


def table_csv(table: Table) -> str:
    """RFC 4180. A cell that a spreadsheet would take for a formula is text: it gets an apostrophe in front."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow([guarded(plain(cell)) for cell in row])
    return buffer.getvalue()


def files(paper: Paper, stem: str, edition: Edition, forms: Collection[Form] = ALL) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file of one edition in these forms, one at a time."""
    whole = edition_of(paper, edition)
    for form, make in MAKERS.items():
        if form in forms:
            yield f"{stem}-{edition.value}.{form}", make(whole)
    if Form.CSV in forms:
        for section in whole.sections:
            for table in section.tables:
                # The byte order mark is what makes Excel read the file as UTF-8.
                yield f"{stem}-{edition.value}-{table.key}.csv", ("\ufeff" + table_csv(table)).encode()


def write(paper: Paper, stem: str, edition: Edition, folder: Path, forms: Collection[Form] = ALL) -> list[Path]:
    """Write the files of an edition into a folder, which is made if need be.

    OSError where that cannot be done (no right to, no room left): what was there before is whole, and no scraps are
    left. FormError where a form cannot be made of the paper.
    """
    made = list(files(paper, stem, edition, forms))  # all of it before the first is written: no half of a new edition
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in made:
        path = folder / name
        part = folder / f".{name}.{os.getpid()}.part"
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)  # readers of the papers' page never meet half a paper
        except OSError:
            part.unlink(missing_ok=True)
            raise
        written.append(path)
    return written
