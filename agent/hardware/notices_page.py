"""The reference page of vendor notices, from the notices themselves. Pure.

notices_page(notices) -> str      docs/reference/vendor-notices.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from agent.lifecycle.notices import ENDS, Notice

_INTRODUCTION = """\
# Vendor notices

*Generated from the data by `hartwatch notices reference`; do not edit.*

What is shipped of vendors' announcements: only dates that could be looked up, each with its source. A model or release
that is not here has not been looked up; that says nothing about its support. Everything can be added to or overridden:
[How to keep vendor notices](../how-to/keep-vendor-notices.md).

Dates are the last day on which it still holds. *ended* is over on a day that the source does not give. An empty cell is
not known. Models are patterns (`*` any text, `?` one character), without case; spaces, `-` and `_` are one.
"""
_HEADINGS = ("end of sale", "end of software maintenance", "end of security support", "end of support")


def notices_page(notices: Iterable[Notice]) -> str:
    """Hardware first, then software, by vendor and product, as the files have them."""
    kept = list(notices)
    hardware = [notice for notice in kept if notice.version is None]
    software = [notice for notice in kept if notice.version is not None]
    parts = [_INTRODUCTION, "## Hardware\n"]
    for vendor, group in groupby(hardware, key=lambda notice: notice.vendor):
        parts.append(f"### {vendor}\n\n{_table('models', [_row(_models(one), one) for one in group])}")
    parts.append("## Software\n")
    for (vendor, product), group in groupby(software, key=lambda notice: (notice.vendor, notice.product)):
        releases = list(group)
        families = ", ".join(f"`{name}`" for name in releases[0].families)
        models = f", models {_models(releases[0])}" if releases[0].models else ""
        title = product if product.startswith(vendor) else f"{vendor} {product}"
        head = f"### {title}\n\nDevice families {families}{models}. Source: <{releases[0].source}>, looked up on "
        head += f"{_day(releases[0].fetched_on)}. In its words, {releases[0].label}.\n\n"
        rows = [(one.version or "", _day(one.released_on), *_ends(one)) for one in releases]
        parts.append(head + _lines(("release", "released on", *_HEADINGS), rows))
    return "\n".join(parts)


def _models(notice: Notice) -> str:
    return ", ".join(f"`{pattern}`" for pattern in notice.models)


def _row(name: str, notice: Notice) -> tuple[str, ...]:
    return (name, *_ends(notice), f"[{_day(notice.fetched_on)}]({notice.source})")


def _table(name: str, rows: Sequence[Sequence[str]]) -> str:
    return _lines((name, *_HEADINGS, "source, looked up on"), rows)


def _ends(notice: Notice) -> tuple[str, ...]:
    return tuple("*ended*" if end in notice.ended else _day(getattr(notice, end)) for end in ENDS)


def _day(day: object) -> str:
    return str(day) if day is not None else ""


def _lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table without the columns in which nothing stands."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    used = [number for number in range(len(headings)) if any(row[number] for row in cells)]
    table = [[headings[n] for n in used], ["---"] * len(used), *([row[n] for n in used] for row in cells)]
    return "\n".join("| " + " | ".join(row) + " |" for row in table) + "\n"
