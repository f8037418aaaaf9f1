"""IF-MIB (RFC 2863) as interfaces. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.decode.book import Book
from collectors.decode.values import raw_number, text
from collectors.readings import Interface
from collectors.session import Value

IF_ENTRY = "1.3.6.1.2.1.2.2.1"
IFX_ENTRY = "1.3.6.1.2.1.31.1.1.1"
ADMIN = {1: "up", 2: "down", 3: "testing"}
OPER = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
_SPEED_LIMIT = 4_294_967_295  # ifSpeed's ceiling: faster interfaces must be read from ifHighSpeed


def columns() -> tuple[str, ...]:
    """The columns `interfaces` reads."""
    return (
        *(f"{IF_ENTRY}.{n}" for n in (2, 5, 7, 8, 10, 13, 14, 16, 19, 20)),
        *(f"{IFX_ENTRY}.{n}" for n in (1, 6, 10, 15, 18)),
    )


def interfaces(book: Book) -> Iterator[Interface]:
    """All rows, by index; 64-bit counters where the device has them."""
    rows = sorted(filter(str.isdigit, book.suffixes((f"{IF_ENTRY}.1", *columns()))), key=int)

    # Column by column: a switch has sixty rows of fifteen columns, most of them plain numbers.
    def counts(entry: str, column: int) -> list[int | None]:
        return [v if type(v) is int else _count(v) for v in map(book.column(f"{entry}.{column}").get, rows)]

    def texts(entry: str, column: int) -> Iterator[str | None]:
        return map(_said, map(book.column(f"{entry}.{column}").get, rows))

    def first(wide: list[int | None], narrow: list[int | None]) -> Iterator[int | None]:
        return (w if w is not None else n for w, n in zip(wide, narrow, strict=True))

    return map(
        Interface,
        map(int, rows),
        texts(IFX_ENTRY, 1),
        texts(IF_ENTRY, 2),
        texts(IFX_ENTRY, 18),
        (ADMIN.get(state or 0) for state in counts(IF_ENTRY, 7)),
        (OPER.get(state or 0) for state in counts(IF_ENTRY, 8)),
        map(speed, counts(IF_ENTRY, 5), counts(IFX_ENTRY, 15)),
        first(counts(IFX_ENTRY, 6), counts(IF_ENTRY, 10)),
        first(counts(IFX_ENTRY, 10), counts(IF_ENTRY, 16)),
        counts(IF_ENTRY, 14),
        counts(IF_ENTRY, 20),
        counts(IF_ENTRY, 13),
        counts(IF_ENTRY, 19),
    )


def speed(if_speed: int | None, if_high_speed: int | None) -> int | None:
    """Bits per second: ifHighSpeed (Mbit/s) where ifSpeed is missing, 0 or at its ceiling, else ifSpeed (RFC 2863)."""
    if if_high_speed and (not if_speed or if_high_speed * 1_000_000 > _SPEED_LIMIT):
        return if_high_speed * 1_000_000
    return if_speed if if_speed is not None else (if_high_speed * 1_000_000 if if_high_speed is not None else None)


def _count(value: Value) -> int | None:
    got = raw_number(value)
    return int(got) if got is not None else None


def _said(value: Value) -> str | None:
    return text(value) or None
