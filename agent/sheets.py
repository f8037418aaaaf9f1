"""Tables as data: typed columns and rows, as CSV for spreadsheets and as JSON for programs. Pure.

    sheet = Sheet("devices", (Column("device", "Device"), Column("age_seconds", "Last answer", "seconds")), rows)
    csv_of(sheet)           RFC 4180 in UTF-8, with a header of keys; lists are joined by semicolons
    json_of(sheet)          a list of objects, one a line

In both, times are ISO 8601 in UTC, days ISO days, seconds and bytes plain numbers, and what is not known is an empty
cell or null, never 0. All text passes `plain`; a cell that a spreadsheet would take for a formula is text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from agent.hostile import guarded, plain

Kind = Literal["text", "number", "seconds", "bytes", "time", "date", "boolean", "money", "list", "url"]
LONGEST = 2000  # characters of a cell


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is for programs and never changes; `title` is what people read. `money` is in pounds."""

    key: str
    title: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `name` is that of the file; each row has a value for each column, None where it is not known."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.columns)


def columns(*said: str) -> tuple[Column, ...]:
    """Columns from "key kind" or "key"; titles are the keys in words."""
    found = []
    for one in said:
        key, _, kind = one.partition(" ")
        title = key.replace("_", " ")
        found.append(Column(key, title[:1].upper() + title[1:], kind or "text"))  # type: ignore[arg-type]
    return tuple(found)


def value_of(value: Any) -> Any:
    """A cell as JSON has it: text made plain, times and days in ISO 8601, lengths of time in seconds."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return plain(value, LONGEST)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Decimal):
        return float(value)
    return [value_of(one) for one in value]


def cell_of(value: Any) -> Any:
    """A cell as CSV has it; Decimals keep their places."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return value
    fit = value_of(value)
    if isinstance(fit, list):
        fit = "; ".join(map(str, fit))
    return guarded(fit) if isinstance(fit, str) else fit


def csv_of(sheet: Sheet) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(sheet.keys)
    writer.writerows([cell_of(value) for value in row] for row in sheet.rows)
    return buffer.getvalue()


def json_of(sheet: Sheet) -> str:
    return "".join(json_lines(sheet))


def json_lines(sheet: Sheet) -> Iterator[str]:
    """A list with an object a line: it can be read as it comes, and is written ten times as fast as one indented."""
    between, keys = "[\n", sheet.keys
    for row in sheet.rows:
        yield between + json.dumps(dict(zip(keys, map(value_of, row), strict=True)), ensure_ascii=False)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"
