"""IF-MIB (RFC 2863) as interfaces. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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


def interfaces(book: Book, only: Iterable[str] | None = None) -> Iterator[Interface]:
    """All rows, or those whose suffix is in `only`; 64-bit counters where the device has them."""

    def of(entry: str, column: int, row: str) -> Value:
        return book.column(f"{entry}.{column}").get(row)

    def count(row: str, entry: str, column: int) -> int | None:
        got = raw_number(of(entry, column, row))
        return int(got) if got is not None else None

    for row in sorted(only if only is not None else book.suffixes((f"{IF_ENTRY}.1", *columns())), key=_order):
        if not row.isdigit():
            continue
        wide_in, wide_out = count(row, IFX_ENTRY, 6), count(row, IFX_ENTRY, 10)
        yield Interface(
            index=int(row),
            name=_said(of(IFX_ENTRY, 1, row)),
            descr=_said(of(IF_ENTRY, 2, row)),
            alias=_said(of(IFX_ENTRY, 18, row)),
            admin=ADMIN.get(count(row, IF_ENTRY, 7) or 0),
            oper=OPER.get(count(row, IF_ENTRY, 8) or 0),
            speed_bps=speed(count(row, IF_ENTRY, 5), count(row, IFX_ENTRY, 15)),
            in_octets=wide_in if wide_in is not None else count(row, IF_ENTRY, 10),
            out_octets=wide_out if wide_out is not None else count(row, IF_ENTRY, 16),
            in_errors=count(row, IF_ENTRY, 14),
            out_errors=count(row, IF_ENTRY, 20),
            in_discards=count(row, IF_ENTRY, 13),
            out_discards=count(row, IF_ENTRY, 19),
        )


def speed(if_speed: int | None, if_high_speed: int | None) -> int | None:
    """Bits per second: ifHighSpeed (Mbit/s) where ifSpeed is missing, 0 or at its ceiling, else ifSpeed (RFC 2863)."""
    if if_high_speed and (not if_speed or if_high_speed * 1_000_000 > _SPEED_LIMIT):
        return if_high_speed * 1_000_000
    return if_speed if if_speed is not None else (if_high_speed * 1_000_000 if if_high_speed is not None else None)


def _order(suffix: str) -> tuple[int, str]:
    return (int(suffix), "") if suffix.isdigit() else (0, suffix)


def _said(value: Value) -> str | None:
    got = text(value)
    return got or None
