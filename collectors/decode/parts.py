"""Hardware with a serial number or model of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from collectors.decode.book import Book
from collectors.decode.rows import Row, columns_in, rows
from collectors.decode.values import is_nothing, parsed_date, placeholder, transformed
from collectors.profiles.model import Components, PartSource, Profile
from collectors.readings import Part
from collectors.session import Value


def parts(profile: Profile, book: Book) -> Iterator[Part]:
    """Components of the profile that have a model or a serial number, or a date of their own."""
    for rule in profile.components:
        if rule.entry is None:
            part = _part(rule, book, None)
            if part is not None:
                yield part
            continue
        columns = [s.column for what in (rule.model, rule.serial, rule.version, rule.installed) for s in what]
        named = list(columns_in(rule.entry, rule.name))
        for row in rows(book, rule, [c for c in (*columns, *named) if c is not None]):
            part = _part(rule, book, row)
            if part is not None:
                yield part


def placeholders(profile: Profile, book: Book) -> Iterator[Part]:
    """Components that say something in place of a serial number, which is then what their `serial` is."""
    for rule in profile.components:
        if not rule.serial:
            continue
        columns = [s.column for s in rule.serial if s.column is not None]
        for row in rows(book, rule, columns) if rule.entry is not None else [None]:
            said = _placeholder(rule.serial, book, row)
            if said is not None and _text(rule.serial, book, row) is None:
                yield Part(
                    rule.part, _name(rule, row), _text(rule.model, book, row), said, place=row.suffix if row else ""
                )


def _placeholder(sources: list[PartSource], book: Book, row: Row | None) -> str | None:
    return next((said for one in sources if (said := placeholder(one, _raw(one, book, row))) is not None), None)


def _name(rule: Components, row: Row | None) -> str:
    return (row.named(rule.name) if row else rule.name.replace("{index}", "").strip()) or rule.part


def _part(rule: Components, book: Book, row: Row | None) -> Part | None:
    model, serial = _text(rule.model, book, row), _text(rule.serial, book, row)
    installed, replace_by = _date(rule.installed, book, row), _date(rule.replace_by, book, row)
    if not (model or serial or installed or replace_by):
        return None
    return Part(
        part=rule.part,
        name=_name(rule, row),
        model=model,
        serial=serial,
        version=_text(rule.version, book, row),
        manufactured=_date(rule.manufactured, book, row),
        installed=installed,
        replace_by=replace_by,
        place=row.suffix if row else "",
    )


def _raw(source: PartSource, book: Book, row: Row | None) -> Value:
    if source.value is not None:
        return source.value.encode()
    if source.oid:
        return book.cell(source.oid)
    if source.index is not None:
        return row.label(source.index).encode() if row else None
    return row.raw(source.column) if row and source.column is not None else None


def _text(sources: list[PartSource], book: Book, row: Row | None) -> str | None:
    for source in sources:
        got = transformed(source, _raw(source, book, row))
        if not is_nothing(got):
            return got
    return None


def _date(sources: list[PartSource], book: Book, row: Row | None) -> date | None:
    for source in sources:
        got = parsed_date(source, _raw(source, book, row))
        if got is not None:
            return got
    return None
