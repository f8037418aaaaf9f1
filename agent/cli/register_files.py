"""The register as a table on the screen, as CSV, as JSON and as a spreadsheet, however long it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from agent.hardware.table import COLUMNS, NAMES, row_of, summed_up, years
from agent.hostile import guarded, plain
from agent.lifecycle.wording import STAGE_WORDS

if TYPE_CHECKING:
    from agent.hardware.register import Piece

WIDEST = 34  # characters of a column on the screen, but for the last
_TABLE = ("device", "part", "model", "serial", "years", "known by", "stage", "why")


def table_lines(pieces: Sequence[Piece], whole: bool = False) -> Iterator[str]:
    """For people. The layout is made here: rich takes a minute for what this does in a fraction of a second."""
    names = (*_TABLE[:-1], "presence", _TABLE[-1]) if whole else _TABLE
    said: dict[int, tuple[str, ...]] = {}
    shown = _Shown()
    rows = [names, *(_short(piece, whole, said, shown) for piece in pieces)]
    widths = [min(WIDEST, max(map(len, column))) for column in zip(*rows, strict=True)][:-1]
    line = "".join(f"%-{width}s  " for width in widths) + "%s"
    for row in rows:
        yield line % row
    yield ""
    yield summed_up(pieces)


class _Shown(dict[str, str]):
    """Text as it is shown: names of devices and models are the same in many rows."""

    def __missing__(self, text: str) -> str:
        made = self[text] = plain(text, WIDEST)
        return made


def _short(piece: Piece, whole: bool, said: dict[int, tuple[str, ...]], shown: _Shown) -> tuple[str, ...]:
    """`said`: what was made of a life already; pieces that are alike share one."""
    asset, life = piece.asset, piece.life
    of_life = said.get(id(life))
    if of_life is None:
        age = years(life.age_days)
        of_life = said[id(life)] = (
            f"{age:4.1f}" if age is not None else "",
            f"{life.evidence.kind.replace('_', ' ')}{' (!)' if life.evidence.conflicts else ''}",
            STAGE_WORDS[life.stage].label, plain(life.reason, 500),
        )  # fmt: skip
    cells = (
        shown[piece.title], asset.part.replace("_", " "), shown[asset.model or ""],
        plain(asset.serial or "", WIDEST),
    )  # fmt: skip
    return (*cells, *of_life[:3], piece.presence, of_life[3]) if whole else cells + of_life


def csv_lines(pieces: Sequence[Piece]) -> Iterator[str]:
    """RFC 4180; lists are joined by semicolons, dates are ISO dates."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(NAMES)
    for piece in pieces:
        writer.writerow([_cell(value) for value in row_of(piece)])
    yield buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, tuple):
        return guarded("; ".join(value))
    return value


def json_lines(pieces: Sequence[Piece]) -> Iterator[str]:
    """A list with an object a line: it can be read as it comes, and is written ten times as fast as one indented."""
    between = "[\n"
    for piece in pieces:
        row = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in zip(NAMES, row_of(piece), strict=True)
        }
        yield between + json.dumps(row, ensure_ascii=False)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def write_xlsx(pieces: Sequence[Piece], file: Path | IO[bytes], made_at: datetime) -> None:
    """A spreadsheet: text is text whatever it begins with, dates are dates, the header stays and filters. OSError."""
    if isinstance(file, Path):  # opened here: the library leaves temporary files behind where it cannot open it itself
        with file.open("wb") as stream:
            _fill(pieces, stream, made_at)
    else:
        _fill(pieces, file, made_at)


def _fill(pieces: Sequence[Piece], stream: IO[bytes], made_at: datetime) -> None:
    import xlsxwriter

    # Row by row through a temporary file: the memory does not grow with the register.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "remove_timezone": True}  # fmt: skip
    with xlsxwriter.Workbook(stream, options) as book:
        book.set_properties({"title": "Hardware register", "created": made_at.replace(tzinfo=None, microsecond=0)})
        head = book.add_format({"bold": True, "bottom": 1})
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}), "money": book.add_format({"num_format": "#,##0.00"}),
            "number": book.add_format({"num_format": "0.0"}), "text": None, "list": None,
        }  # fmt: skip
        sheet = book.add_worksheet("Register")
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.repeat_rows(0)
        for number, (name, kind) in enumerate(COLUMNS):
            sheet.set_column(number, number, {"date": 11, "number": 9, "money": 12}.get(kind, 18), formats[kind])
            sheet.write_string(0, number, name.replace("_", " "), head)
        for line, piece in enumerate(pieces, 1):
            for number, value in enumerate(row_of(piece)):
                if value is None or value in ("", ()):
                    continue
                if isinstance(value, str):
                    sheet.write_string(line, number, value)
                elif isinstance(value, tuple):
                    sheet.write_string(line, number, "; ".join(value)[:32_000])  # Excel holds 32,767 characters
                elif isinstance(value, date):
                    sheet.write_datetime(line, number, value, formats["date"])
                else:
                    sheet.write_number(line, number, value, formats[COLUMNS[number][1]])
        sheet.autofilter(0, 0, max(1, len(pieces)), len(COLUMNS) - 1)
