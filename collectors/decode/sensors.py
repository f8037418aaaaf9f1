"""Sensors and checks of a profile. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache

from collectors.decode.book import Book, absolute
from collectors.decode.rows import Row, rows
from collectors.decode.values import FILLERS, caught, date_and_time, number, parsed_date, raw_number, text
from collectors.profiles.model import KINDS, Checks, Numeric, Profile, Sensors, Transform
from collectors.readings import ENDS, Cadence, Check, Level, Sensor
from collectors.session import Value

_compiled = lru_cache(maxsize=4096)(re.compile)
_NO_FILLER = {"count", "other", "energy", "bitrate", "frequency", "age"}  # kinds whose values may truly be that large
_FOR_EVER = 20 * 365 * 86400  # seconds left: more is a way to say that it does not end (9999 days, 2^32 - 1 seconds)


def sensors(profile: Profile, book: Book, cadences: Iterable[Cadence]) -> Iterator[Sensor]:
    """Measured values; what cannot be true is left out."""
    wanted = set(cadences)
    found: set[str] = set()  # kinds that an earlier rule gave: what `fallback` rules stand back for
    for rule in profile.sensors:
        if rule.every not in wanted:
            continue
        if rule.fallback and (rule.kind in found if rule.kind else bool(found)):
            continue
        for sensor in _sensors(rule, book):
            found.add(sensor.kind)
            yield sensor


def _sensors(rule: Sensors, book: Book) -> Iterator[Sensor]:
    if rule.entry is None:
        for cell in rule.cells:
            sensor = _sensor(
                rule,
                cell,
                book.cell(cell.oid),
                rule.name.replace("{index}", "").strip(),
                cell.oid,
                "",
                rule.kind,
                day=book.day,
            )
            if sensor is not None:
                yield sensor
                return
        return
    assert rule.value is not None  # noqa: S101  (the model refuses a table rule without it)
    place = absolute(rule.entry, rule.value)
    values = book.column(place)
    for row in rows(book, rule, [rule.value]):
        name = row.named(rule.name) or row.suffix
        kind = _kind(rule, row, name)
        if kind is None:
            continue
        factor = _factor(rule, row, name)
        sensor = _sensor(
            rule, rule, values.get(row.suffix), name, f"{place}.{row.suffix}", row.suffix, kind, factor, book.day
        )
        if sensor is not None:
            yield sensor


def _kind(rule: Sensors, row: Row, name: str) -> str | None:
    if rule.kind_column is not None:
        return rule.kind_map.get(text(row.raw(rule.kind_column)) or "")
    for kind in rule.kinds:
        if _compiled(kind.match).search(name):
            return kind.kind
    return rule.kind or "other"


def _factor(rule: Sensors, row: Row, name: str) -> float:
    """A further factor for this row: from its scale column (a word of scale_map, else decimals), or its kind rule."""
    if rule.scale_column is not None:
        raw = row.raw(rule.scale_column)
        if rule.scale_map:
            return rule.scale_map.get(text(raw) or "", 1.0)
        decimals = raw_number(raw)
        return 10.0 ** -int(decimals) if decimals is not None and abs(decimals) <= 12 else 1.0
    for kind in rule.kinds:
        if kind.scale is not None and _compiled(kind.match).search(name):
            return kind.scale
    return 1.0


def _sensor(
    rule: Sensors,
    how: Numeric,
    value: Value,
    name: str,
    oid: str,
    index: str,
    kind: str | None,
    factor: float = 1.0,
    day: date | None = None,
) -> Sensor | None:
    kind = kind or "other"
    raw = raw_number(value)
    measured = _ends(rule, how, value, day) if kind in ENDS else number(how, value)
    if measured is None or (raw in FILLERS and kind not in _NO_FILLER):
        return None
    if factor != 1.0:
        measured = float(f"{measured * factor:.12g}")
    unit, low, high = KINDS[kind]
    if not low <= measured <= high:
        return None
    return Sensor(kind=kind, name=name or kind, value=measured, unit=unit, oid=oid, index=index, raw=raw)


def _ends(rule: Sensors, how: Numeric, value: Value, day: date | None) -> float | None:
    """When a licence or a certificate ends, as midnight UTC at the beginning of its last day, in seconds since 1970.

    Devices say a day in words, seconds since 1970, or how long is left. All come out as a moment, as what probes see
    does: the days left are then right whenever somebody looks, and not only when the device was asked.
    """
    if rule.date:
        last = _last_day(rule, how, value)
        return _moment(last) if last else None
    told = number(how, value)
    if told is None or not rule.left:
        return told
    if day is None or told < 0 or told > _FOR_EVER:
        return None
    return _moment(day) + told // 86400 * 86400


def _last_day(rule: Sensors, how: Numeric, value: Value) -> date | None:
    if isinstance(value, bytes) and "date_and_time" in rule.date:
        day = date_and_time(value)
        if day is not None:
            return day
    word = text(value)
    if word is None or word in how.unavailable:
        return None
    return parsed_date(Transform(extract=how.extract, date=rule.date), value)


def _moment(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


def checks(profile: Profile, book: Book, cadences: Iterable[Cadence]) -> Iterator[tuple[Check, Sensor]]:
    """States the device reports, judged; each also as a sensor of kind `state` with the raw value and its place."""
    wanted = set(cadences)
    found: set[str] = set()
    for rule in profile.checks:
        if rule.every not in wanted or (rule.fallback and rule.check in found):
            continue
        for check, sensor in _checks(rule, book):
            found.add(rule.check)
            yield check, sensor


def _checks(rule: Checks, book: Book) -> Iterator[tuple[Check, Sensor]]:
    if rule.entry is None:
        assert rule.oid is not None  # noqa: S101  (the model refuses a rule without a place)
        value = book.cell(rule.oid)
        if rule.newer_than is not None:
            value = _compared(rule, value, book.cell(rule.newer_than))
        yield from _states(rule, value, rule.subject, rule.oid, "")
        return
    assert rule.value is not None  # noqa: S101  (the model refuses a table rule without it)
    place = absolute(rule.entry, rule.value)
    values = book.column(place)
    for row in rows(book, rule, [rule.value]):
        subject = row.named(rule.subject) or row.suffix
        yield from _states(rule, values.get(row.suffix), subject, f"{place}.{row.suffix}", row.suffix)


def _compared(rule: Checks, value: Value, other: Value) -> Value:
    """Whether a time is newer than the other; None where one of them is missing.

    A device that has just started reads its saved configuration into the running one, which then looks changed: times
    before `settled` are therefore no change.
    """
    mine, others = raw_number(value), raw_number(other)
    if mine is None or others is None:
        return None
    return b"newer" if mine > others and mine >= rule.settled else b"older"


def _states(rule: Checks, value: Value, subject: str, oid: str, index: str) -> Iterator[tuple[Check, Sensor]]:
    word = text(value)
    if word is None or word in rule.unavailable:
        return
    if rule.extract:
        hit = _compiled(rule.extract).search(word)
        if hit is None:
            return
        word = caught(hit)
    measured = raw_number(value)
    raw: int | float | str = measured if measured is not None else word
    for code in _bits(value, rule) if rule.bits else [word]:
        state, level = rule.states.get(code) or _loosely(rule, code) or (f"code_{code}"[:64], Level.UNKNOWN)
        yield (
            Check(check=rule.check, subject=subject, state=state, level=level),
            Sensor(
                kind="state",
                name=f"{rule.check} {subject}".strip(),
                value=None,
                unit="",
                oid=oid,
                index=index,
                state=state,
                level=level,
                raw=raw,
            ),
        )


def _loosely(rule: Checks, code: str) -> tuple[str, Level] | None:
    """Text states are compared without regard to case where the exact one is not listed."""
    low = code.casefold()
    return next((state for key, state in rule.states.items() if key.casefold() == low), None)


def _bits(value: Value, rule: Checks) -> list[str]:
    """Numbers of the bits that are set, first bit 0 (BITS, RFC 2578) or of a mask; only listed ones."""
    if isinstance(value, bytes):
        on = [str(8 * at + bit) for at, octet in enumerate(value[:64]) for bit in range(8) if octet & (0x80 >> bit)]
    elif isinstance(value, int) and value >= 0:
        on = [str(bit) for bit in range(min(value.bit_length(), 64)) if value >> bit & 1]
    else:
        return []
    listed = [code for code in on if code in rule.states]
    return listed or (["none"] if "none" in rule.states else [])
