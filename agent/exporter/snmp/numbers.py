"""What a value is as a number: counters, floats, moments of time. Pure.

None is "this is no number": an octet string where the definition says gauge makes no sample. snmp_exporter makes it 0,
which nobody can tell from a device's own 0.
"""

from __future__ import annotations

from datetime import UTC, datetime

from agent.exporter.text import MANTISSA
from collectors.session import Value

_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905 section 6)
_DATE_FORMS = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M", "%D": "%m/%d/%y", "%e": "%d", "%h": "%b"}


def number_of(value: Value) -> int | float | None:
    """The number; counters wrap at 2^53, as snmp_exporter has them wrap: a float holds no larger one exactly."""
    if isinstance(value, int):
        return value if value < MANTISSA else value % MANTISSA
    return value if isinstance(value, float) else None


def date_and_time(value: Value) -> int | None:
    """Seconds since 1970 of a DateAndTime (RFC 2579); without a time zone it is taken for UTC."""
    if not isinstance(value, bytes) or len(value) not in (8, 11):
        return None
    year, month, day, hour, minute, second, tenths = int.from_bytes(value[:2], "big"), *value[2:8]
    offset = 0
    if len(value) == 11:
        sign, hours, minutes = value[8:9], value[9], value[10]
        if sign not in (b"+", b"-") or hours > 24 or minutes > 60:
            return None
        offset = (hours * 3600 + minutes * 60) * (1 if sign == b"+" else -1)
    # Months and days out of range go on into the next, as in Go: agents that say "day 0" exist.
    years, month = divmod(month - 1, 12)
    days = _days(year + years, month + 1) + day - 1
    return days * 86400 + hour * 3600 + minute * 60 + second + tenths // 10 - offset


def _days(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first of a month, in the Gregorian calendar without end."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def parsed_date(text: str, pattern: str) -> int | None:
    """Seconds since 1970 of a date that is written by a strftime pattern; without a time zone it is taken for UTC."""
    for short, long in _DATE_FORMS.items():
        pattern = pattern.replace(short, long)
    try:
        moment = datetime.strptime(text[:255], pattern)  # noqa: DTZ007 - the zone is put in below
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def ntp_time(value: Value) -> int | None:
    """Seconds since 1970 of an NTP time stamp: eight octets, whole seconds since 1900 first."""
    if not isinstance(value, bytes) or len(value) < 8:
        return None
    return int.from_bytes(value[:4], "big") - _NTP_EPOCH


def bit(octets: bytes, number: int) -> int:
    """Bit `number` of BITS (RFC 2578 section 7.1.4): the highest of the first octet is 0."""
    at, within = divmod(number, 8)
    return int(at < len(octets) and bool(octets[at] & 128 >> within))
