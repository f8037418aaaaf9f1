"""The scalar types of the inventory: text, names, addresses, durations, dates, money, secret references. Pure.

YAML 1.1 turns `off` into false, `1.10` into 1.1 and `010` into 8; pydantic's lax mode would turn true into the port
number 1. So every type here takes exactly what it says and refuses the rest in words.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from agent.calendar_uk import ServiceHours
from agent.lifecycle.placeholders import usable
from agent.recurrence import Rule, TimesInvalid, parse_wall, wall_text

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_UK_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
SECRET_SOURCES = ("env", "file", "cred", "vault")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Says:
    """What a type wants, in words, for the reference page. It changes nothing."""

    words: str


def refuse(message: str, suggestion: str = "") -> NoReturn:
    """Refuse a value in plain words; `agent.inventory.explain` takes both apart again."""
    raise PydanticCustomError("refused", "{message}", {"message": message, "suggestion": suggestion})


# ---------------------------------------------------------------- durations
def parse_duration(value: object) -> timedelta:
    """'500ms', '60s', '5m', '6h', '7d' to a timedelta longer than nothing; anything else is refused."""
    if isinstance(value, timedelta):
        return value
    wanted = "a duration is a whole number with a unit: 500ms, 60s, 5m, 6h, 7d"
    if isinstance(value, int) and not isinstance(value, bool):
        refuse(f"{wanted}; {value} has no unit", f"write {value}s for seconds")
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        refuse(wanted)
    try:
        duration = timedelta(seconds=int(match[1]) * UNITS[match[2]])
    except OverflowError:
        refuse("that is longer than any calendar")
    if not duration:
        refuse("a duration is longer than nothing")
    return duration


def duration_text(duration: timedelta) -> str:
    """The shortest way to write a duration: timedelta(minutes=5) is '5m'. The inverse of `parse_duration`."""
    milliseconds = round(duration.total_seconds() * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$", "examples": ["60s", "5m", "6h"]}),
    Says("duration"),
]


# ---------------------------------------------------------------- text and names
def _text(value: str) -> str:
    if not value.strip():
        refuse("text is wanted, and this is empty")
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        refuse("text in one line is wanted, without control characters")
    return value


def check_name(value: str) -> str:
    """A name goes into metric labels, addresses of pages and file names, so it has a safe and plain form."""
    if _NAME.fullmatch(value):
        return value
    fit = re.sub(r"[^A-Za-z0-9._-]+", "-", value).strip("-._")[:63]
    refuse(
        f"{value!r} does not do as a name: letters, digits, '.', '_' and '-', beginning with a letter or digit, "
        "63 characters at most",
        f"for example {fit!r}" if _NAME.fullmatch(fit) else "",
    )


Text = Annotated[str, AfterValidator(_text), Says("text")]
Name = Annotated[
    str,
    AfterValidator(check_name),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"}),
    Says("name"),
]
Reference = Annotated[str, AfterValidator(_text), Says("name of another entry")]  # whether it exists is checked later


_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_GO_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", re.ASCII)
_GO_DURATION = re.compile(f"(?:{_GO_PART.pattern})+", re.ASCII)


def go_seconds(text: str) -> float | None:
    """A duration as Go writes it, in files whose form is not ours ("100ms", "1m30s"), in seconds; None: it is none."""
    if not _GO_DURATION.fullmatch(text):
        return None
    return sum(float(number) * _GO_UNITS[unit] for number, unit in _GO_PART.findall(text))


def canonical_address(text: str) -> str:
    """An address in the one way of writing it by which two are compared; a host name as DNS compares it."""
    bare = text.strip("[]")
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return text.rstrip(".").casefold()
    return str(getattr(found, "ipv4_mapped", None) or found)


def check_address(value: str) -> str:
    """An IPv4 or IPv6 address, or a host name (RFC 1123 section 2.1)."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        pass
    if "://" in value:
        refuse(f"{value!r} is a URL; an address or host name is wanted")
    if "/" in value:
        refuse(f"{value!r} is a network; the address of one device is wanted")
    if re.fullmatch(r"[0-9.]+", value):
        refuse(f"{value!r} is not an IPv4 address: four numbers from 0 to 255 without leading zeros")
    if re.fullmatch(r"[^:]+:\d+", value):
        host, _, port = value.partition(":")
        refuse(f"{value!r} has a port in it", f"write address: {host} and port: {port}")
    if ":" in value:
        refuse(f"{value!r} is not an IPv6 address")
    if len(value) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in value.removesuffix(".").split(".")):
        refuse(f"{value!r} is neither an IP address nor a host name")
    return value


Address = Annotated[str, AfterValidator(check_address), Says("address or host name")]


# ---------------------------------------------------------------- numbers, money, dates
def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        refuse("a number is wanted")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        hint = str(value).replace(",", "").lstrip("£$ ")
        plain = re.fullmatch(r"\d+(\.\d+)?", hint)
        refuse(f"{value!r} is not a number", f"write {hint}" if plain else "")
    if not number.is_finite():
        refuse("a finite number is wanted")
    return number


def _money(value: Decimal) -> Decimal:
    if value < 0:
        refuse("money is not negative here")
    if value > 1_000_000_000:
        refuse("more than a thousand million pounds for one device")
    if value != value.quantize(Decimal("0.01")):
        refuse("money has two decimals at most: pounds and pence")
    return value.quantize(Decimal("0.01"))


def _day(value: object) -> date:
    if isinstance(value, datetime):
        refuse("a date without a time is wanted", f"write {value.date().isoformat()}")
    if isinstance(value, date):
        return value
    text = str(value)
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            refuse(f"there is no day {text}")
    uk = _UK_DAY.fullmatch(text)
    hint = f"did you mean {uk[3]}-{int(uk[2]):02}-{int(uk[1]):02}?" if uk else ""
    refuse(f"a date is year-month-day such as 2019-04-01, not {text!r}", hint)


Port = Annotated[int, Strict(), Field(ge=1, le=65535), Says("port")]
Count = Annotated[int, Strict(), Field(ge=0), Says("whole number")]
Flag = Annotated[bool, Strict(), Says("true or false")]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False), Says("number")]
Years = Annotated[float, Strict(), Field(gt=0, le=50, allow_inf_nan=False), Says("years")]
_NUMBER_SCHEMA = WithJsonSchema({"type": "number"})
Share = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, le=1), _NUMBER_SCHEMA, Says("0 to 1")]
Money = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_money), _NUMBER_SCHEMA, Says("pounds")]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"}), Says("date")]


def _financial_year(value: str) -> str:
    match = re.fullmatch(r"(\d{4})-(\d{2})", value)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        year = re.match(r"\d{4}", value)
        hint = f"{year[0]}-{(int(year[0]) + 1) % 100:02}" if year else ""
        refuse(f"a financial year is written 2026-27, not {value!r}", f"write {hint}" if hint else "")
    return value


FinancialYear = Annotated[
    str,
    AfterValidator(_financial_year),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2026-27"]}),
    Says("financial year"),
]


def _serial(value: str) -> str:
    found = usable(_text(value))
    if found is None:
        refuse(f"{value!r} is no serial number but what stands in the place of one", "leave it out")
    return found


SerialNumber = Annotated[str, AfterValidator(_serial), Says("text")]


# ---------------------------------------------------------------- service hours
def check_service_hours(value: str) -> str:
    """Days and times, as `ServiceHours` writes them; anything else is refused in its words."""
    try:
        return str(ServiceHours.parse(value))
    except ValueError as problem:
        refuse(str(problem))


HoursText = Annotated[
    str,
    AfterValidator(check_service_hours),
    WithJsonSchema({"type": "string", "examples": ["Mon-Fri 08:00-18:00", "Mon-Sat 07:30-22:00, bank holidays too"]}),
    Says("service hours"),
]


# ---------------------------------------------------------------- planned maintenance
def _wall_time(value: object) -> datetime:
    try:
        return parse_wall(value)
    except TimesInvalid as problem:
        refuse(problem.message, problem.suggestion)


def _repeat(value: str) -> str:
    try:
        Rule.parse(value)
    except TimesInvalid as problem:
        refuse(problem.message, problem.suggestion)
    return value.strip()


def _several(value: list[str]) -> list[str]:
    if not value:
        refuse("a list of at least one subject is wanted")
    return value


WallTime = Annotated[
    datetime,
    BeforeValidator(_wall_time),
    PlainSerializer(wall_text, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}", "examples": ["2026-12-05 22:00"]}
    ),
    Says("date and time"),
]
Repeat = Annotated[
    Text,
    AfterValidator(_repeat),
    WithJsonSchema({"type": "string", "examples": ["FREQ=MONTHLY;BYDAY=1SU", "0 2 * * 0"]}),
    Says("[rule](#repeat)"),
]
MaintainedSubjects = Annotated[list[Reference], AfterValidator(_several), Says("list of [subjects](#needs)")]


# ---------------------------------------------------------------- secrets, by reference only
def check_secret_reference(value: object) -> str:
    """`env:NAME`, `file:/PATH`, `cred:NAME` or `vault:PATH#FIELD`. What is refused is never repeated in the message."""
    where = "env:NAME, file:/PATH, cred:NAME (systemd) or vault:PATH#FIELD"
    source, colon, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or source not in SECRET_SOURCES:
        refuse(
            "a secret must not stand in the inventory, which is read by many and kept in version control; "
            f"say where it lives: {where}"
        )
    if source == "env" and not _ENVIRONMENT_NAME.fullmatch(rest):
        refuse("env: wants the name of an environment variable: letters, digits and '_'")
    if source == "file" and not rest.startswith("/"):
        refuse("file: wants the whole path, beginning with '/'")
    if source == "cred" and not _NAME.fullmatch(rest):
        refuse("cred: wants the name of a systemd credential (LoadCredential=NAME:...)")
    if source == "vault" and not re.fullmatch(r"[^#\s]+/[^#\s]+#[^#\s]+", rest):
        refuse("vault: wants MOUNT/PATH#FIELD, for example vault:secret/hartwatch/snmp#auth_secret")
    return f"{source}:{rest}"


SecretRef = Annotated[
    str,
    BeforeValidator(check_secret_reference),
    WithJsonSchema({"type": "string", "pattern": "^(env|file|cred|vault):.+", "examples": ["env:HARTWATCH_SNMP_AUTH"]}),
    Says("[secret](#secrets)"),
]
