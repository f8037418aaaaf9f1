"""Processors, memory, storage and wireless counts of a profile. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from collectors.decode.book import Book
from collectors.decode.rows import Row, rows
from collectors.decode.values import number, raw_number, text
from collectors.profiles.model import Amount, Profile, Usages, Wireless
from collectors.readings import Cadence, Usage


def usages(
    profile: Profile, what: Literal["processors", "memory", "storage"], book: Book, cadences: Iterable[Cadence]
) -> Iterator[Usage]:
    """How full each is. A rule marked `fallback` is used only where none before it gave anything, one marked `beside`
    only where the one it stands beside did."""
    wanted = set(cadences)
    found = last = False
    for rule in getattr(profile, what):
        if rule.every not in wanted:
            continue
        asked = last if rule.beside else not (rule.fallback and found)
        given = list(_usages(rule, book)) if asked else []
        if not rule.beside:
            last = bool(given)
        found = found or bool(given)
        yield from given


def _usages(rule: Usages, book: Book) -> Iterator[Usage]:
    if rule.entry is None:
        usage = _usage(rule, book, None)
        if usage is not None:
            yield usage
        return
    columns = [
        a.column for a in (rule.ratio, rule.used, rule.free, rule.total) if a is not None and a.column is not None
    ]
    for row in rows(book, rule, columns):
        usage = _usage(rule, book, row)
        if usage is not None:
            yield usage


def _usage(rule: Usages, book: Book, row: Row | None) -> Usage | None:
    ratio = _measured(rule.ratio, book, row)
    used = _measured(rule.used, book, row)
    free = _measured(rule.free, book, row)
    total = _measured(rule.total, book, row)
    if total is None and used is not None and free is not None:
        total = used + free
    if used is None and total is not None and free is not None:
        used = total - free
    if ratio is not None and rule.idle:
        ratio = 1 - ratio
    if ratio is None and used is not None and total:
        ratio = used / total
    if used is None and ratio is not None and total:
        used = ratio * total
    if ratio is None or not -0.005 <= ratio <= 1.2 or (total is not None and total < 0):
        return None  # an empty bay (total 0), a filler, a counter that wrapped
    name = row.named(rule.name) if row else rule.name.replace("{index}", "").strip()
    return Usage(
        name=name or (row.suffix if row else ""),
        usage_ratio=round(min(max(ratio, 0.0), 1.0), 6),
        used_bytes=used,
        total_bytes=total,
        index=row.suffix if row else "",
    )


def _measured(amount: Amount | None, book: Book, row: Row | None) -> float | None:
    if amount is None:
        return None
    if amount.value is not None:
        return amount.value
    raw = (
        book.cell(amount.oid) if amount.oid else (row.raw(amount.column) if row and amount.column is not None else None)
    )
    if isinstance(raw, int) and raw < 0 and amount.unit_column is not None:
        raw += 1 << 32  # hrStorageSize and -Used are Integer32 and wrap on volumes over 2^31 units
    value = number(amount, raw)
    if value is not None and amount.unit_column is not None:
        unit = raw_number(row.raw(amount.unit_column)) if row else None
        return value * unit if unit else None
    return value


def wireless(profile: Profile, book: Book, cadences: Iterable[Cadence]) -> dict[str, float]:
    """Counts of clients and access points by what is counted; of several rules the first usable one."""
    wanted = set(cadences)
    out: dict[str, float] = {}
    for rule in profile.wireless:
        if rule.every in wanted and rule.what not in out:
            value = _counted(rule, book)
            if value is not None:
                out[rule.what] = value
    return out


def _counted(rule: Wireless, book: Book) -> float | None:
    if rule.oid:
        got = raw_number(book.cell(rule.oid))
        return None if got is None or got < 0 else got
    if rule.total:
        values = [raw_number(v) for v in book.column(rule.total).values()]
        known = [v for v in values if v is not None and v >= 0]
        return sum(known) if known else None
    if rule.count not in book.columns:
        return None
    found = [text(v) for v in book.column(rule.count).values() if v is not None]
    if rule.where:
        kept = [t for t in found if t in rule.where]
        return len(kept) if found else None
    return (len(set(found)) if rule.distinct else len(found)) if found else None
