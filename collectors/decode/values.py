"""One raw value to text, number or date. Pure; whatever the device sent is hostile and may be nonsense."""

from __future__ import annotations

import math
import re
import struct
from datetime import date, datetime
from functools import lru_cache

from collectors.profiles.model import Numeric, Transform
from collectors.session import Ip, Oid, Value

MAX_TEXT = 2048  # longer texts are cut: nobody's model name, and pages must stay readable
_compiled = lru_cache(maxsize=8192)(re.compile)
_NUMBER = re.compile(r"^\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?)\s*$")
# Texts that vendors and installers write where they have nothing to say.
_ISO_DAY = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NOTHING = re.compile(
    r"^(?:|n/?a|none|null|nil|unknown|not ?(?:available|applicable|specified|set|present|supported|defined)"
    r"|to be filled by o\.?e\.?m\.?|default string|x+|\?+|-+|\.+|0+|f{8,}|(?:[0f]{2}[:-]?){6,}|<private>|redacted|empty"
    r"|system serial number|no asset (?:tag|information)|unspecified)$",
    re.IGNORECASE,
)
_MAC_TEXT = re.compile(rb"[0-9a-fA-F]{1,4}([-:. ]?[0-9a-fA-F]{1,4}){2,11}\0?")
# Numbers that stand for "no value" in integers of 16 and 32 bits.
FILLERS = frozenset({2147483647, -2147483648, -2147483647, 2147483646, 4294967295, 4294967294, 65535, 32767, -32768})


def text(value: Value) -> str | None:
    """Octets as text (UTF-8, else Latin-1), blanks and NULs around it taken off; None for no value."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return _short_text(value) if len(value) <= _SHORT else _decoded_text(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _decoded_text(octets: bytes) -> str:
    body = octets[:MAX_TEXT].rstrip(b"\0").replace(b"\0", b" ") if b"\0" in octets else octets[:MAX_TEXT]
    try:
        out = body.decode("utf-8")
    except UnicodeDecodeError:
        out = body.decode("latin-1")
    return out.strip()


# Names of interfaces, sensors and parts, the same in thousands of devices and at every visit.
_SHORT = 48  # octets
_short_text = lru_cache(maxsize=1 << 16)(_decoded_text)  # some 12 MB at most


def is_nothing(value: str | None) -> bool:
    """True for an absent or placeholder text: '', 'N/A', 'To be filled by O.E.M.', '0000', 'FFFFFFFFFFFF' ..."""
    return value is None or bool(_NOTHING.match(value.strip()))


def placeholder(rule: Transform, value: Value) -> str | None:
    """What is said where nothing is known: N/A, FFFFFFFFFFFF, or a value that the rule says is none. Else None."""
    said = text(value)
    if not said:
        return None
    got = transformed(rule, value)
    if got is not None:
        return got if got and is_nothing(got) else None
    return said if said in rule.unavailable else None


def mac(value: bytes) -> str:
    """Octets as aa:bb:cc."""
    return ":".join(f"{b:02x}" for b in value)


def _mac_in_text(value: bytes) -> str | None:
    """The address of an agent that sends "00-11-22-33-44-55" where its six octets belong; None for octets."""
    if len(value) < 12 or not _MAC_TEXT.fullmatch(value):
        return None
    digits = re.sub(rb"[^0-9a-fA-F]", b"", value)
    return mac(bytes.fromhex(digits.decode())) if len(digits) == 12 else None


def transformed(rule: Transform, value: Value) -> str | None:
    """The text after the rule's steps, or None where it is not usable."""
    got = _decoded(rule.decode, value)
    if got is None or got in rule.unavailable:
        return None
    if rule.extract is not None:
        hit = _compiled(rule.extract).search(got)
        if hit is None:
            return None
        got = caught(hit)
    for pattern, instead in rule.replace.items():
        got = _compiled(pattern).sub(instead, got)
    if rule.map:
        if rule.only and got not in rule.map:
            return None
        got = rule.map.get(got, got)
    got = got.strip()
    if len(got) > 1 and got[0] == got[-1] == '"':
        got = got[1:-1].strip()  # some agents send their texts with the quotation marks on
    return None if got in rule.unavailable else got


def _decoded(form: str | None, value: Value) -> str | None:
    if form is None or form == "text" or not isinstance(value, bytes):
        return text(value)
    if not value:
        return None
    if form == "mac":
        return _mac_in_text(value) or mac(value)
    if form == "hex":
        return value.hex()
    if form == "ip":
        return ".".join(map(str, value)) if len(value) == 4 else None
    when = date_and_time(value)
    return when.isoformat() if when else None


def date_and_time(value: bytes) -> date | None:
    """DateAndTime of SNMPv2-TC (RFC 2579), 8 or 11 octets, to a date; None where it is no date.

    Some agents (Avaya ERS, Dell OS9) send the day as text instead: its year as octets would be 12848 or so.
    """
    if len(value) < 4:
        return None
    if _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value.decode("ascii"))
        except ValueError:
            return None
    year, month, day = struct.unpack(">HBB", value[:4])
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parsed_date(rule: Transform, value: Value) -> date | None:
    """A date by the rule's formats, or ISO. Impossible ones (before 1990, epoch, stack defaults) are refused."""
    got = transformed(rule, value)
    if not got:
        return None
    for form in rule.date or ("%Y-%m-%d",):
        try:
            day = datetime.strptime(got, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
        return day if day.year >= 1990 else None
    return None


def raw_number(value: Value) -> int | float | None:
    """The number a device sent, also as text ('51.569'); None for anything else."""
    if isinstance(value, bool) or value is None or isinstance(value, (Oid, Ip)):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    hit = _NUMBER.match(text(value) or "") if len(value) < 64 else None
    if not hit:
        return None
    number = float(hit.group(1))
    return int(number) if number.is_integer() and abs(number) < 2**53 else (number if math.isfinite(number) else None)


def number(rule: Numeric, value: Value) -> int | float | None:
    """raw x scale + offset in base units, or None where the rule says that this raw value means nothing."""
    if value is None:
        return None
    if rule.unavailable or rule.map or rule.extract:
        words = text(value) or ""
        if words in rule.unavailable:
            return None
        if rule.map and words in rule.map:
            return rule.map[words]
        if rule.extract:
            hit = _compiled(rule.extract).search(words)
            if hit is None:
                return None
            value = caught(hit).encode()
    raw = raw_number(value)
    if (
        raw is None
        or (rule.minimum is not None and raw < rule.minimum)
        or (rule.maximum is not None and raw > rule.maximum)
    ):
        return None
    if rule.unavailable and (str(raw) in rule.unavailable):
        return None
    if rule.scale == 1 and rule.offset == 0 and not rule.decibels:
        return raw
    if rule.decibels:  # no light is 0 mW, which has no logarithm: not known rather than minus infinity
        linear = raw * rule.scale + rule.offset
        return round(10 * math.log10(linear), 4) if linear > 0 else None
    # Ten digits are more than any device measures; without this 0.1 * 3 becomes 0.30000000000000004 on every page.
    return float(f"{raw * rule.scale + rule.offset:.12g}")


def caught(hit: re.Match[str]) -> str:
    """What a pattern is after: its first group that took part (alternatives have one each), else the whole match."""
    return next((g for g in hit.groups() if g is not None), "") if hit.re.groups else hit.group(0)
