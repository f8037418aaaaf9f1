"""A paper as PDF/UA-1 by typst: tagged, with language, title, real table headers and text for every picture.

    pdf(paper) -> bytes                 the edition it is given and no more
    pictures(charts) -> list of PNG     for forms that cannot take SVG

The paper goes to the template as JSON, in an input of its own. Nothing of it is ever put into typst's source, so that
`#read("/etc/passwd")` in the name of a device is the name of a device. typst sees an empty folder, its own fonts and
the day of the paper: the same paper gives the same bytes on every machine and on any day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import Any, Literal

from agent.hostile import plain
from agent.reports.drawing import svg
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
from agent.reports.showable import breakable, showable

LINE, TITLE = 84, 42  # letters of a word that a line of text, and one of the title, has room for
RUNNING = 60  # of the running head, which shares its line with the edition
UNTITLED = "Untitled"  # PDF/UA knows no empty title
# mm, as wide and as high as a chart may be: with its title and its words there is room for the section's heading above
# it, or that would stand on a page alone.
CHART, CHART_LYING = (150.0, 170.0), (190.0, 112.0)
DOTS = 200  # per inch, of pictures


class FormError(RuntimeError):
    """A form could not be made of a paper."""


def pdf(paper: Paper) -> bytes:
    made = datetime.combine(paper.dated, time(12), UTC) if paper.dated else None
    (found,) = _compiled("paper.typ", _data(paper), "pdf", made)
    return found


def pictures(charts: Sequence[Chart]) -> list[bytes]:
    """One PNG for each chart, 640 units of its drawing on 16 cm."""
    return _compiled("chart.typ", {"charts": [svg(chart, showable) for chart in charts]}, "png") if charts else []


def _compiled(
    template: str, data: dict[str, Any], form: Literal["pdf", "png"], made: datetime | None = None
) -> list[bytes]:
    import typst  # a fifth of a second and 60 MB that no other command should pay

    source = (files("agent.reports") / "templates" / template).read_bytes()
    try:
        with TemporaryDirectory(prefix="hartwatch-paper-") as empty:
            compiler = typst.Compiler(
                source, root=empty, ignore_system_fonts=True, sys_inputs={"paper": json.dumps(data)}
            )
            found = compiler.compile(
                format=form, ppi=DOTS, pdf_standards=["ua-1"] if form == "pdf" else [], timestamp=made or 0
            )
    except typst.TypstError as problem:
        raise FormError(f"typst refuses {template}: {problem}") from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # of Rust; pyo3 keeps it outside of Exception
            raise
        raise FormError(f"typst broke on {template}: {problem}") from problem
    if found is None:
        raise FormError(f"typst made nothing of {template}")
    return found if isinstance(found, list) else [found]


# ---------------------------------------------------------------- the paper as plain data
def _data(paper: Paper) -> dict[str, Any]:
    groups: list[dict[str, Any]] = []
    for section in paper.sections:
        wide = lies(section)
        if not groups or groups[-1]["wide"] is not wide:
            groups.append({"wide": wide, "items": []})
        groups[-1]["items"] += _items(section, wide=wide)
    title = showable(paper.title).strip() or UNTITLED
    return {
        "title": breakable(title, TITLE),
        "name": f"{title} - {paper.edition.part}",
        "running": breakable(plain(title, 90), RUNNING),
        "subtitle": _line(paper.subtitle),
        "edition": paper.edition.part,
        "date": [paper.dated.year, paper.dated.month, paper.dated.day] if paper.dated else None,
        "exempt": "; ".join(paper.exempt),
        "groups": groups,
    }


def _items(section: Section, *, wide: bool) -> Iterator[dict[str, Any]]:
    """`wide`: on pages that lie on their side."""
    room, most = (WIDE, CHART_LYING) if wide else (NARROW, CHART)
    yield {"kind": "heading", "text": breakable(showable(section.title).strip() or UNTITLED, TITLE)}
    for sentence in section.sentences:
        yield {"kind": "text", "text": _line(text_of(sentence)), "mark": _line(exempt_sentence(sentence))}
    for table in section.tables:
        for chart in section.charts:
            if chart.table == table.key:
                yield _chart(chart, table, most)
        yield _table(table, room) if table.rows else {"kind": "text", "text": _line(table.empty), "mark": ""}


def _chart(chart: Chart, table: Table, most: tuple[float, float]) -> dict[str, Any]:
    picture = svg(chart, showable)
    width, height = map(float, re.findall(r' (?:width|height)="([\d.]+)"', picture)[:2])
    return {
        "kind": "chart",
        "title": _line(chart.title),
        "mark": _line(exempt_chart(chart)),
        "alt": showable(f"{chart.title}. {text_of(chart.words)}"),
        "svg": picture,
        "width": min(most[0], most[1] * width / height),
        "note": _line(f"{text_of(chart.words)} The numbers are in the table “{table.title}”."),
    }


def _table(table: Table, room: int) -> dict[str, Any]:
    fitted = fit(table, room)

    def cells(row: Sequence[str]) -> list[str | list[str]]:
        return [breakable(showable(cell), letters) for cell, letters in zip(row, fitted.letters, strict=True)]

    return {
        "kind": "table",
        "title": _line(table.title),
        "mark": _line(exempt_table(table)),
        "size": fitted.points,
        "across": fitted.across,
        "columns": fitted.shares,
        "numeric": [column.numeric for column in table.columns],
        "head": cells([column.title for column in table.columns]),
        "rows": [cells(row) for row in table.rows],
        "notes": [_line(text_of(note)) for note in table.notes],
    }


def _line(text: str) -> str | list[str]:
    return breakable(showable(text), LINE)
