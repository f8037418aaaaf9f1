"""What an index or a value says, as text for a label: snmp_exporter's types, octet by octet. Pure.

`text_of_parts` reads the front of a row's index and gives what is left, which is how an index of several parts is
taken apart; a value of octets is read as if it were one. Numbers beyond the end count as 0, because some agents leave
out trailing zeros.
Source: RFC 2578 section 7.7, RFC 4001 (InetAddress), IEEE 802.1AB (LldpPortId), RFC 2579 section 3.1 (DISPLAY-HINT).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal

from agent.hostile import LONGEST as _LINE
from collectors.session import Value

# A type whose octets follow the number that says how they are to be read.
COMBINED: Mapping[str, Mapping[int, str]] = {
    "InetAddress": {1: "InetAddressIPv4", 2: "InetAddressIPv6"},
    "InetAddressMissingSize": {1: "InetAddressIPv4", 2: "InetAddressIPv6"},
    "LldpPortId": {1: "DisplayString", 2: "DisplayString", 3: "PhysAddress48", 5: "DisplayString", 7: "DisplayString"},
}
LONGEST = 16 * _LINE  # characters of one label: the longest octet string that a MIB allows is mostly 255
_NUMBERS = frozenset(("gauge", "counter", "Integer", "Integer32"))
_FIXED = frozenset(("PhysAddress48", "InetAddressIPv4", "InetAddressIPv6", "IpAddr"))
_LONGEST_INDEX = 128  # sub-identifiers in an object identifier (RFC 2578 section 3.5)
_INVALID_RUN = re.compile("\ufffd+")
# Invisible and direction-changing characters, and controls but for tab and line ends: Prometheus' text escapes those.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe"
    "\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def fit(text: str) -> str:
    """Text that may be a label: no control, invisible or direction-changing characters, `LONGEST` characters."""
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "\u2026"
    return text if text.isascii() and text.isprintable() else _FORBIDDEN.sub("", text)


def utf8(octets: bytes) -> str:
    """Octets as text; each run that is not UTF-8 becomes one U+FFFD, as Go's ToValidUTF8 has it."""
    text = octets.decode("utf-8", "replace")
    return text if text.isascii() else _INVALID_RUN.sub("\ufffd", text)


def hexadecimal(octets: bytes) -> str:
    return f"0x{octets.hex().upper()}" if octets else ""


def text_of_parts(
    parts: Sequence[int], kind: str, fixed_size: int = 0, implied: bool = False, names: Mapping[int, str] | None = None
) -> tuple[str, list[int], list[int]]:
    """The text of the first index in `parts`, the parts it took, and those that are left."""
    if kind in COMBINED:
        return _combined(parts, kind, names)
    if kind in _NUMBERS:
        taken, rest = _split(parts, 1)
        return str(taken[0]), taken, rest
    if kind == "EnumAsInfo":
        taken, rest = _split(parts, 1)
        return (names or {}).get(taken[0], str(taken[0])), taken, rest
    if kind == "PhysAddress48":
        taken, rest = _split(parts, 6)
        return ":".join(f"{part:02X}" for part in taken), taken, rest
    if kind in ("InetAddressIPv4", "IpAddr"):
        taken, rest = _split(parts, 4)
        return ".".join(map(str, taken)), taken, rest
    if kind == "InetAddressIPv6":
        taken, rest = _split(parts, 16)
        return ":".join(f"{taken[i]:02X}{taken[i + 1]:02X}" for i in range(0, 16, 2)), taken, rest
    return _octets(parts, kind, fixed_size, implied)


def _octets(parts: Sequence[int], kind: str, fixed_size: int, implied: bool) -> tuple[str, list[int], list[int]]:
    used: list[int] = []
    size = len(parts) if implied else fixed_size
    if size == 0:
        used, rest = _split(parts, 1)
        size, parts = used[0], rest
    size = min(size, max(len(parts), _LONGEST_INDEX))  # a length is a device's word: it may say four thousand million
    content, rest = _split(parts, size)
    octets = bytes(part & 0xFF for part in content)
    return utf8(octets) if kind == "DisplayString" else hexadecimal(octets), used + content, rest


def _combined(parts: Sequence[int], kind: str, names: Mapping[int, str] | None) -> tuple[str, list[int], list[int]]:
    head, rest = _split(parts, 1 if kind == "InetAddressMissingSize" else 2)
    inner = COMBINED[kind].get(head[0])
    if inner is not None:
        text, used, left = text_of_parts(rest, inner, names=names)
        return text, head + used, left
    if kind == "InetAddressMissingSize":
        return text_of_parts(parts, "OctetString", implied=True)  # nothing says how long it is
    return text_of_parts(parts, "OctetString", fixed_size=head[1] + 2)


def _split(parts: Sequence[int], count: int) -> tuple[list[int], list[int]]:
    head = list(parts[:count])
    return head + [0] * (count - len(head)), list(parts[count:])


def text_of(value: Value, kind: str, hint: str = "") -> str:
    """A value as the text of a label. None is empty."""
    if isinstance(value, bytes):
        if hint and kind in ("", "OctetString"):
            shown = hinted(hint, value)
            if shown is not None:
                return shown
        if kind == "DisplayString":
            return utf8(value)
        if kind in COMBINED or kind in _NUMBERS or kind in _FIXED:
            return text_of_parts(list(value), kind)[0]
        return hexadecimal(value)
    if value is None:
        return ""
    if isinstance(value, float):
        return _float_text(value)
    return str(value)


def _float_text(value: float) -> str:
    """The shortest decimal form without an exponent; of what was 32 bits on the wire, the shortest for 32 bits."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[repr(value)]
    shortest = repr(value)
    try:
        if struct.unpack(">f", struct.pack(">f", value))[0] == value:
            shortest = next(
                text
                for text in (f"{value:.{digits}g}" for digits in range(1, 10))
                if struct.unpack(">f", struct.pack(">f", float(text)))[0] == value
            )
    except OverflowError:
        pass
    text = format(Decimal(shortest), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_HINT = re.compile(
    r"(?P<star>\*)(?P<size>[0-9]{1,4})(?P<form>[dxoat])(?P<between>[^0-9*]?)(?P<after>[^0-9*]?)"
    r"|(?P<size1>[0-9]{1,4})(?P<form1>[dxoat])(?P<between1>[^0-9*]?)"
)


def hinted(hint: str, octets: bytes) -> str | None:
    """Octets by a DISPLAY-HINT (RFC 2579 section 3.1); None where the hint is none or the octets are none."""
    specs = list(_HINT.finditer(hint))
    if not octets or not specs or "".join(spec[0] for spec in specs) != hint:
        return None
    out: list[bytes] = []
    at, turn = 0, 0
    while at < len(octets):
        spec = specs[min(turn, len(specs) - 1)]
        size, form = int(spec["size"] or spec["size1"]), spec["form"] or spec["form1"]
        between, after = (spec["between"] or spec["between1"] or "").encode(), (spec["after"] or "").encode()
        if turn >= len(specs) and not spec["star"] and size == 0:
            return None  # the last one repeats, and takes nothing
        turn += 1
        times = 1
        if spec["star"]:
            times, at = octets[at], at + 1
        for repeat in range(times):
            if at >= len(octets):
                break
            chunk = octets[at : at + size]
            if form in "do" and len(chunk) > 8:
                return None
            out.append(_hinted_chunk(form, chunk))
            at += len(chunk)
            if at < len(octets) and not (after and repeat == times - 1):
                out.append(between)
        if at < len(octets):
            out.append(after)
    return utf8(b"".join(out))


def _hinted_chunk(form: str, chunk: bytes) -> bytes:
    if form == "x":
        return chunk.hex().upper().encode()
    if form in "at":
        return chunk
    return format(int.from_bytes(chunk, "big"), "d" if form == "d" else "o").encode()
