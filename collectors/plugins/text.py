"""Small readings of text that many command lines share: spans of time, numbers, states. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from collectors.join import joined
from collectors.plugins.templates import MAX_LINE, bounded, said
from collectors.readings import Check, Findings, Level, Part, Sensor

_UNITS = {
    "y": 31_536_000, "yr": 31_536_000, "yrs": 31_536_000, "year": 31_536_000, "years": 31_536_000,
    "w": 604_800, "wk": 604_800, "week": 604_800, "weeks": 604_800,
    "d": 86_400, "day": 86_400, "days": 86_400,
    "h": 3_600, "hr": 3_600, "hrs": 3_600, "hour": 3_600, "hours": 3_600,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,9})\s{0,3}\(?([a-z]{1,8})\)?(?:\(s\))?")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,5}):(\d\d)(?::(\d\d))?(?![\d:])")
MAX_UPTIME = 40 * 31_536_000.0  # nothing in service has run for longer; more is a filler or a lie


def span_seconds(text: str | None) -> float | None:
    """A span of time in seconds; a year is 365 days, as the vendors count it. None where there is no span in it.

    Knows "2 years, 31 weeks, 6 days", "109 days 16 hrs 33 mins", "454d 7h 42m", "123 day(s), 5 hour(s)",
    "913 days 6:17:44" and "6w5d11h55m45s".
    """
    low = (text or "")[:200].lower()
    total, found = 0.0, False
    for amount, unit in _SPAN.findall(low):
        if unit in _UNITS:
            total += int(amount) * _UNITS[unit]
            found = True
    clock = _CLOCK.search(low)
    if clock:
        total += int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
        found = True
    return total if found and total <= MAX_UPTIME else None


def number(text: str | None) -> float | None:
    """The first number in a text ("61,999,280", "35%", "22C", "139.0 W"); None where there is none."""
    found = re.search(r"-?\d[\d,]{0,20}(?:\.\d{1,9})?", (text or "")[:100])
    return float(found[0].replace(",", "")) if found else None


_WORDS = {
    Level.OK: "ok okay good normal green up ready active online on present powered-up pass passed fine running in-sync "
    "operational",
    Level.CRITICAL: "bad fail failed failure faulty fault abnormal critical red down shutdown err-disable errdisable "
    "error dead alarm offline unresponsive removed",
    Level.WARNING: "warning yellow amber minor degraded standby-cold initializing booting waiting no-power",
    Level.UNKNOWN: "absent empty not-present notpresent unknown n/a na - -- off missing",
}
_GOOD, _BAD, _WARN, _ABSENT = (frozenset(words.split()) for words in _WORDS.values())


def level_of(state: str) -> Level:
    """How bad one of the common words for the state of a fan, a supply or a module is; UNKNOWN for a word not known."""
    word = re.sub(r"[^a-z0-9/-]+", "-", state.strip().lower()).strip("-") or "-"
    first = word.split("-")[0]
    for words, level in ((_GOOD, Level.OK), (_BAD, Level.CRITICAL), (_WARN, Level.WARNING), (_ABSENT, Level.UNKNOWN)):
        if word in words:
            return level
    if word.startswith(("not-", "no-", "un")):
        return Level.WARNING
    for words, level in ((_BAD, Level.CRITICAL), (_WARN, Level.WARNING), (_GOOD, Level.OK)):
        if first in words:
            return level
    return Level.UNKNOWN


def word(state: str | None) -> str:
    """A state as one word for metrics: "STANDBY HOT" > "standby_hot"."""
    return re.sub(r"[^a-z0-9]+", "_", (state or "").lower()).strip("_")[:60] or "unknown"


def check(name: str, subject: str | None, state: str | None, level: Level | None = None) -> Check:
    return Check(name, (subject or "")[:200], word(state), level if level is not None else level_of(state or ""))


def sensor(kind: str, name: str, value: float | None, unit: str, level: Level | None = None, index: str = "") -> Sensor:
    """A measured value from text; it has no OID."""
    return Sensor(kind=kind, name=name[:200], value=value, unit=unit, oid="", index=index, level=level)


def part(kind: str, name: str | None, model: str | None = None, serial: str | None = None, version: str | None = None,
         place: str = "") -> Part:  # fmt: skip
    return Part(
        part=kind,
        name=(said(name) or kind)[:200],
        model=said(model),
        serial=said(serial),
        version=said(version),
        place=place,
    )


def identity(**fields: str | float | None) -> Mapping[str, str | float]:
    """Identity fields without those that are not known."""
    cleaned = {name: said(value) if isinstance(value, str) else value for name, value in fields.items()}
    return {name: value for name, value in cleaned.items() if value is not None}


def total(findings: Iterable[Findings]) -> Findings:
    """The sum; of an identity field the first that has it wins, a part that two commands tell of is one part.

    So is a check: what a command says of a subject is not said again by a later one. Of one command all stay: two lines
    with the same name are two things.
    """
    kept: dict[str, str | float | object] = {}
    wireless: dict[str, float] = {}
    lists: dict[str, list[object]] = {name: [] for name in _LISTS}
    parts: tuple[Part, ...] = ()
    checks: list[Check] = []
    told: set[tuple[str, str]] = set()
    for one in findings:
        for name, value in one.identity.items():
            kept.setdefault(name, value)
        for name, count in one.wireless.items():
            wireless.setdefault(name, count)
        parts = joined(parts, one.parts)
        checks.extend(check for check in one.checks if (check.check, check.subject) not in told)
        told.update((check.check, check.subject) for check in one.checks)
        for name, items in lists.items():
            items.extend(getattr(one, name))
    return Findings(
        identity=kept,  # type: ignore[arg-type]
        wireless=wireless,
        parts=parts,
        checks=tuple(checks),
        **{name: tuple(items) for name, items in lists.items()},  # type: ignore[arg-type]
    )


_LISTS = ("blocks", "interfaces", "sensors", "processors", "memory", "storage", "failures")


def fields(text: str, separator: str = ":") -> dict[str, str]:
    """`Key : value` lines as a mapping with keys in lower case; the first of a name wins, empty values are kept."""
    found: dict[str, str] = {}
    for line in bounded(text).split("\n"):
        key, mark, value = line.partition(separator)
        if mark and 0 < len(key.strip()) <= 60:
            found.setdefault(" ".join(key.lower().split()), value.strip())
    return found


def columns(line: str) -> list[str]:
    """The cells of a line of a table whose cells are set apart by two blanks or more."""
    return re.split(r" {2,}|\t", line.strip()[:MAX_LINE])


def lines(text: str) -> list[str]:
    """Lines in bounded number and size, without trailing blanks."""
    return [line.rstrip() for line in bounded(text).split("\n")]


_KINDS = (
    # First match wins. A power supply has a fan in it, a transceiver sits in a slot of a switch.
    (
        re.compile(
            r"(?i)\bSFP|XFP\b|QSFP|X2\b|GBIC|transceiver|\bxcvr|\d+base|optic|DAC|^(?:Te|Gi|Fa|Fo|Hu|Twe)\w*\d+/"
        ),
        "",
    ),
    (re.compile(r"(?i)power ?supply|\bPS(?:U|-)?\d|\bPWR\b|power module|\bPEM\b"), "power_supply"),
    (re.compile(r"(?i)\bfan"), "fan"),
    (re.compile(r"(?i)^switch ?\d+$|^\d+$"), "stack_member"),
    (re.compile(r"(?i)chassis|^switch system|^c\d+ system"), "chassis"),
    (re.compile(r"(?i)storage|SSD|hard disk|usb"), "disk"),
    (re.compile(r"(?i)module|supervisor|slot|linecard|line card|processor|engine|uplink|card|SPA|SIP"), "line_card"),
)


def kind_of(name: str, description: str = "") -> str | None:
    """What a row of an inventory is, by its name and description; None for optics, which are not registered."""
    for text in (name, description):
        for pattern, kind in _KINDS:
            if pattern.search(text):
                return kind or None
    return "module"


def inventory_parts(rows: Iterable[Mapping[str, str | list[str]]]) -> tuple[Part, ...]:
    """Cisco's `show inventory` (name, descr, pid, vid, sn): one part a row that has a serial number or a PID."""
    found: list[Part] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        name, serial = " ".join(str(row["name"]).split()), said(str(row["sn"]))
        kind = kind_of(name, str(row["descr"]))
        if kind is None or not (serial or said(str(row["pid"]))) or (name, serial or "") in seen:
            continue
        seen.add((name, serial or ""))
        found.append(part(kind, name, str(row["pid"]), serial, place=name))
    return tuple(found)
