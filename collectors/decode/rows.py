"""Rows of a table as a rule sees them: index parts, labels, names, filters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from collectors.decode.book import Book, absolute
from collectors.decode.values import mac, text, transformed
from collectors.profiles.model import IndexPart, Rows
from collectors.session import Value

_PLACE = re.compile(r"\{([^{}]+)\}")
_OIDLIKE = re.compile(r"^\d+(\.\d+)*$")


@lru_cache(maxsize=1 << 16)  # some 15 MB at most
def _label(name: str, value: str) -> tuple[str, str]:
    return name, value


def columns_in(entry: str | None, template: str) -> Iterator[str]:
    """OIDs of the columns that a name needs."""
    for _, alternatives in _pieces(entry, template):
        yield from (column for _, column in alternatives if column is not None)


@lru_cache(maxsize=4096)
def _pieces(entry: str | None, template: str) -> tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...]:
    """A name in pieces: text, and the places that follow it (`{a|b}` is b where a is empty), with their columns."""
    out = []
    at = 0
    for hit in _PLACE.finditer(template):
        alternatives = tuple((place, _column_at(entry, place)) for place in hit[1].split("|"))
        out.append((template[at : hit.start()], alternatives))
        at = hit.end()
    return (*out, (template[at:], ()))


def _column_at(entry: str | None, place: str) -> str | None:
    if not _OIDLIKE.match(place):
        return None
    return absolute(entry, int(place) if "." not in place else place)


class Row:
    """One row: its suffix, and whatever a rule may want to know of it."""

    __slots__ = ("_parts", "book", "rule", "suffix")

    def __init__(self, book: Book, rule: Rows, suffix: str, parts: dict[str, str] | None = None) -> None:
        self.book = book
        self.rule = rule
        self.suffix = suffix
        self._parts = parts

    def raw(self, ref: int | str) -> Value:
        return self.book.column(absolute(self.rule.entry, ref)).get(self.suffix)

    @property
    def parts(self) -> dict[str, str]:
        """Index parts by label, dotted as in the suffix."""
        if self._parts is None:
            self._parts = split(self.suffix, self.rule.index) or {}
        return self._parts

    def label(self, name: str) -> str:
        """A label by name: an index part, or a look-up; empty where there is none."""
        for part in self.rule.index:
            if part.label == name:
                return shown(part, self.parts.get(name, ""))
        lookup = self.rule.labels.get(name)
        if lookup is not None:
            if lookup.via is not None:
                at = text(self.raw(lookup.via)) or ""
            else:
                at = ".".join(self._key(b) for b in lookup.by) if lookup.by else self.suffix
            return transformed(lookup, self.book.column(absolute(self.rule.entry, lookup.lookup)).get(at)) or ""
        return ""

    def _key(self, name: str) -> str:
        """An index part as it stands in the suffix of another table: with its length before it, where it has one."""
        dotted = self.parts.get(name, "")
        if any(part.label == name and part.length < 0 for part in self.rule.index):
            return f"{len(dotted.split('.'))}.{dotted}" if dotted else "0"
        return dotted

    def named(self, template: str) -> str:
        """The template with its placeholders filled: {index}, {label}, {3} (own column), {1.3.6...} (any column)."""
        out = ""
        for literal, alternatives in _pieces(self.rule.entry, template):
            out += literal
            for place, column in alternatives:
                got = self._place(place, column)
                if got:
                    out += got
                    break
        return " ".join(out.split())

    def _place(self, place: str, column: str | None) -> str:
        if column is not None:
            return text(self.book.column(column).get(self.suffix)) or ""
        return self.suffix if place == "index" else self.label(place)

    def labels(self) -> tuple[tuple[str, str], ...]:
        """Labels for a series: index parts that are not hidden, then look-ups.

        Tables of one device, and devices of one model, repeat each other's labels: they share them.
        """
        looked_up = tuple(_label(name, self.label(name)) for name in self.rule.labels)
        if not self.rule.index:
            return (_label("index", self.suffix), *looked_up)
        own = tuple(_label(p.label, shown(p, self.parts.get(p.label, ""))) for p in self.rule.index if not p.hide)
        return own + looked_up


def rows(book: Book, rule: Rows, columns: Iterable[int | str]) -> Iterator[Row]:
    """Rows that have a value in one of the columns and pass the rule's filters, in the device's order."""
    entry = rule.entry
    for suffix in book.suffixes(absolute(entry, c) for c in columns):
        if rule.index:
            parts = split(suffix, rule.index)
            if parts is None or any(p.only and parts[p.label] not in p.only for p in rule.index):
                continue
            row = Row(book, rule, suffix, parts)
        else:
            row = Row(book, rule, suffix)
        if passes(row):
            yield row


def passes(row: Row) -> bool:
    rule = row.rule
    for ref, wanted in rule.where.items():
        if (text(row.raw(ref)) or "") not in wanted:
            return False
    return all((text(row.raw(ref)) or "") not in refused for ref, refused in rule.unless.items())


def split(suffix: str, index: list[IndexPart]) -> dict[str, str] | None:
    """A row's suffix in its parts, dotted; None where it does not fit (too short, or something left over).

    `length` 0 takes the rest; -1 reads a length first, as SMI does for variable-length indexes (RFC 2578 section 7.7).
    """
    ids = suffix.split(".")
    at = 0
    parts: dict[str, str] = {}
    for part in index:
        length = part.length
        if length == 0:
            length = len(ids) - at
        elif length < 0:
            if at >= len(ids):
                return None
            length = int(ids[at])
            at += 1
        if length > len(ids) - at or length < 0:
            return None
        parts[part.label] = ".".join(ids[at : at + length])
        at += length
    return parts if at == len(ids) else None


def shown(part: IndexPart, dotted: str) -> str:
    """An index part as a person writes it."""
    if part.form in ("number", "oid", "ip") or not dotted:
        return dotted
    try:
        octets = bytes(int(i) for i in dotted.split("."))
    except ValueError:
        return dotted
    return mac(octets) if part.form == "mac" else (text(octets) or "")
