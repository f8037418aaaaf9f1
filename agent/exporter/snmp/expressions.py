"""Go's regular expressions (RE2), templates and numbers, as far as module definitions use them, in Python. Pure.

    expression = compiled("Version ([0-9.]+)")      `ExpressionInvalid` says why not
    expanded(expression.whole(text), "$1")          Go's Expand: $1, ${1}, $name, $$
    go_number("1e3")                                strconv.ParseFloat, or None

RE2 takes time in proportion to the text and Python's engine may take for ever, while the text is a device's. So
Python's is used for expressions that cannot run away, and `linear`, which is slower and never does, for all others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from agent.exporter.snmp.linear import Groups, Linear, TooLarge

LONGEST = 1024  # characters of a device's text that are looked at: names and versions are shorter
_LONGEST_PATTERN = 1000
_SAFE_CHOICES = 2  # repeats and branches in one expression: time grows with the text's length to this power at worst
_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": "\\x00-\\x7f", "blank": "\\t ", "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_REFERENCE = re.compile(r"\$(?:\$|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)


class ExpressionInvalid(ValueError):
    """The expression cannot be used. `str()` says why and, where there is one, the way round."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An RE2 expression. Texts are looked at up to `LONGEST` characters."""

    pattern: re.Pattern[str] | Linear

    def whole(self, text: str) -> Groups | None:
        """The groups where all of the text matches: by number, and by name; the whole of it is group 0."""
        if isinstance(self.pattern, Linear):
            return self.pattern.whole(text[:LONGEST])
        found = self.pattern.fullmatch(text[:LONGEST])
        return None if found is None else Groups((found[0], *found.groups()), self.pattern.groupindex)

    def anywhere(self, text: str) -> bool:
        """Whether it matches somewhere in the text."""
        if isinstance(self.pattern, Linear):
            return self.pattern.anywhere(text[:LONGEST])
        return self.pattern.search(text[:LONGEST]) is not None


def compiled(expression: str) -> Expression:
    """An RE2 expression made ready; `ExpressionInvalid` where it is none, or one that is not known here."""
    if len(expression) > _LONGEST_PATTERN:
        raise ExpressionInvalid(f"longer than {_LONGEST_PATTERN} characters")
    text = _translated(expression)
    try:
        parsed = parser.parse(text, re.ASCII)
        if _choices(parsed) <= _SAFE_CHOICES:
            return Expression(re.compile(text, re.ASCII))
        return Expression(Linear(parsed))
    except TooLarge as problem:
        raise ExpressionInvalid(str(problem)) from None
    except (re.error, OverflowError, RecursionError) as error:
        raise ExpressionInvalid(f"not a regular expression that is known here: {error}") from None


def _translated(expression: str) -> str:
    """From RE2's syntax to Python's; what only RE2 has and cannot be said here is refused."""
    out: list[str] = []
    opened = ""
    at, inside = 0, False
    leading = _FLAGS.match(expression)
    if leading:
        opened, at = f"(?{leading[1]}:", leading.end()
    while at < len(expression):
        here = expression[at]
        if here == "\\":
            following = expression[at + 1 : at + 2]
            if following == "Q":
                stop = expression.find("\\E", at + 2)
                stop = len(expression) if stop < 0 else stop
                out.append(re.escape(expression[at + 2 : stop]))
                at = stop + 2
                continue
            if following in ("p", "P", "C"):
                raise ExpressionInvalid(f"\\{following} of RE2 is not known here; name the characters in [ ]")
            out.append("\\Z" if following == "z" else here + following)
            at += 2
            continue
        if inside:
            named = re.match(r"\[:(\^?)([a-z]+):\]", expression[at:])
            if named:
                if named[1] or named[2] not in _CLASSES:
                    raise ExpressionInvalid(f"the class {named[0]} is not known here; name the characters")
                out.append(_CLASSES[named[2]])
                at += named.end()
                continue
            out.append("\\[" if here == "[" else here)
            inside = here != "]"
        elif here == "[":
            start = re.match(r"\[\^?\]?", expression[at:])
            assert start is not None  # noqa: S101 - it begins with [
            out.append(start[0].replace("]", "\\]"))
            at += start.end()
            inside = True
            continue
        elif here == "$":
            # Python's own also holds before a last line end, unless it means the end of any line.
            out.append("$" if leading and "m" in leading[1] else "\\Z")
        elif expression.startswith(("(?=", "(?!", "(?<=", "(?<!", "(?P=", "(?>", "(?("), at):
            raise ExpressionInvalid(f"RE2 has no {expression[at : at + 4]!r}")
        elif expression.startswith("(?<", at):
            out.append("(?P<")
            at += 3
            continue
        elif re.match(r"\(\?[a-zA-Z-]*U", expression[at:]) or _FLAGS.match(expression, at):
            raise ExpressionInvalid("flags are understood at the beginning only, and U not at all")
        else:
            out.append(here)
        at += 1
    return opened + "".join(out) + (")" if opened else "")


def _choices(parsed: Any, inside: bool = False) -> int:
    """How many things may go more than one way; one inside a repeat counts as too many. Refuses what RE2 has not."""
    count = 0
    for operation, argument in parsed:
        weight = _SAFE_CHOICES + 1 if inside else 1
        if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            low, high, body = argument
            count += weight * (low != high) + _choices(body, inside or high > 1)
        elif operation is sre.SUBPATTERN:
            count += _choices(argument[3], inside)
        elif operation is sre.BRANCH:
            count += weight + sum(_choices(branch, inside) for branch in argument[1])
        elif operation in (sre.GROUPREF, sre.POSSESSIVE_REPEAT, sre.ATOMIC_GROUP):
            raise ExpressionInvalid("RE2 has neither back references nor possessive repeats")
    return count


def expanded(groups: Groups, template: str) -> str:
    """The template with the groups of a match in it; a group that is not there is empty."""

    def group(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        at = int(name) if name.isdigit() and len(name) < 5 else groups.names.get(name, -1)
        return (groups.texts[at] or "") if 0 <= at < len(groups.texts) else ""

    return _REFERENCE.sub(group, template)


def go_number(text: str) -> float | None:
    """The number that Go would read from it; None where it would not."""
    if len(text) > LONGEST:
        return None
    if _DECIMAL.fullmatch(text) or _INFINITE.fullmatch(text):
        number = float(text)
        return None if number in (float("inf"), -float("inf")) and text[-1:].isdigit() else number  # out of range
    if _HEXADECIMAL.fullmatch(text):
        try:
            return float.fromhex(text)
        except OverflowError:
            return None
    return None
