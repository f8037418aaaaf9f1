"""A CSV file as lines of cells: its encoding, its separator, its limits. Pure.

    table_of(octets, name) -> Table        or FileRefused

UTF-8 with or without a byte order mark, or Windows-1252 as Excel in the UK writes it; comma, semicolon or tab, as the
header tells. A file that is no such table is refused in words that say how to make one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from agent.hostile import plain
from agent.purchases.faults import Fault, FileRefused

MOST_OCTETS = 20_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 200
SEPARATORS = (",", ";", "\t")
SAVE_AS = "in Excel: File, Save As, file type 'CSV UTF-8 (Comma delimited)'"
# How files begin that are no text: people pick the wrong one of two with the same name.
_OTHERS = (
    (b"PK\x03\x04", "this is a spreadsheet (.xlsx or .ods)"),
    (b"\xd0\xcf\x11\xe0", "this is a spreadsheet (.xls)"),
    (b"%PDF", "this is a PDF"),
    (b"\xff\xfe", "this is text in UTF-16"),
    (b"\xfe\xff", "this is text in UTF-16"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A file's header and rows; each with the line of the file that it begins on. Rows that are empty are left out."""

    file: str
    header: tuple[str, ...]
    header_line: int
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def table_of(octets: bytes, file: str) -> Table:
    """Take a file apart, or refuse it as a whole."""
    name = plain(file, 120)

    def refuse(message: str, suggestion: str = "", line: int = 0) -> FileRefused:
        return FileRefused([Fault(name, line, "", message, suggestion)])

    if len(octets) > MOST_OCTETS:
        raise refuse(f"the file is larger than {MOST_OCTETS // 1_000_000} MB", "import it in parts")
    for beginning, what in _OTHERS:
        if octets.startswith(beginning):
            raise refuse(f"{what} and no CSV file", f"save it as CSV; {SAVE_AS}")
    if file.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        raise refuse("a spreadsheet is not read", f"save it as CSV; {SAVE_AS}")
    if b"\0" in octets:
        raise refuse("there are bytes in it that no CSV file has", f"save it as CSV again; {SAVE_AS}")
    text = _decoded(octets)
    if text is None:
        raise refuse("it is neither UTF-8 nor Windows-1252", f"save it as CSV again; {SAVE_AS}")
    separator, skipped = _separator(text)
    rows: list[tuple[int, tuple[str, ...]]] = []
    line = 0
    try:
        for line, cells in _lines(text, separator):
            if len(cells) > MOST_COLUMNS:
                raise refuse(f"a row has more than {MOST_COLUMNS} columns", "", line)
            if line > skipped and any(cells):
                rows.append((line, cells))
            if len(rows) > MOST_ROWS + 1:
                raise refuse(f"it has more than {MOST_ROWS:,} rows", "import it in parts")
    except csv.Error as problem:
        raise refuse(_in_words(str(problem)), "", line + 1) from None
    if not rows:
        raise refuse("it is empty", "the first row names the columns: serial, purchased, price ...")
    header_line, header = rows[0]
    return Table(name, header, header_line, tuple(rows[1:]))


def _decoded(octets: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _separator(text: str) -> tuple[str, int]:
    """What separates cells, and how many lines come before the header: Excel writes `sep=;` into the first."""
    lines = text.lstrip("\r\n").splitlines()[:1]
    first = lines[0].strip() if lines else ""
    if first[:4].lower() == "sep=" and (given := first[4:5] or "\t") in SEPARATORS:
        return given, 1
    unquoted = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=lambda one: (unquoted.count(one), one == ",")), 0


def _lines(text: str, separator: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    for cells in reader:
        yield before + 1, tuple(cell.strip() for cell in cells)
        before = reader.line_num


def _in_words(problem: str) -> str:
    if "unexpected end" in problem:
        return 'a quotation mark (") is opened and never closed'
    if "field larger" in problem:
        return 'a cell is far too long: is a quotation mark (") missing before here?'
    return f"this is no row of a CSV file: {problem}"
