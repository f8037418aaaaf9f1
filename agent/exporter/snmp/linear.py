"""A matcher of regular expressions whose time is bounded by the text's length times the expression's. Pure.

The expression becomes a program of steps; a depth-first walk over (step, place in the text) tries them in the order in
which Python's own engine would, and never visits a pair twice, because what failed once fails again: there are no back
references. The first way that comes to the end is the match, with its groups, as RE2 and Perl have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any

STEPS_AT_MOST = 1000
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_DIGITS = frozenset("0123456789")
_SPACES = frozenset(" \t\n\r\f\v")
Test = Callable[[str], bool]


class TooLarge(ValueError):
    """The expression has too many steps, or one that is not known."""


@dataclass(frozen=True, slots=True)
class Groups:
    """What a match found: texts by group number (None where a group took no part), and numbers by name."""

    texts: tuple[str | None, ...]
    names: Mapping[str, int]


class Linear:
    """A matcher made from what Python's parser of expressions gives."""

    def __init__(self, parsed: Any) -> None:
        self._names: dict[str, int] = dict(parsed.state.groupdict)
        self._slots = 2 * parsed.state.groups
        # Each step: ("test", Test) | ("split", first, second) | ("jump", to) | ("save", slot) | ("at", Test of place)
        self._steps: list[tuple[Any, ...]] = []
        self._emit(parsed, parsed.state.flags)
        self._add("match")

    def whole(self, text: str) -> Groups | None:
        """The groups where all of the text matches."""
        found = self._run(text, 0, bytearray(len(self._steps) * (len(text) + 1)), whole=True)
        if found is None:
            return None
        texts = [text]
        spans = zip(found[2::2], found[3::2], strict=True)
        return Groups((*texts, *(text[a:b] if a >= 0 and b >= 0 else None for a, b in spans)), self._names)

    def anywhere(self, text: str) -> bool:
        """Whether it matches somewhere."""
        seen = bytearray(len(self._steps) * (len(text) + 1))
        return any(self._run(text, start, seen, whole=False) is not None for start in range(len(text) + 1))

    def _run(self, text: str, start: int, seen: bytearray, *, whole: bool) -> tuple[int, ...] | None:
        steps, size = self._steps, len(text)
        stack: list[tuple[int, int, tuple[int, ...]]] = [(0, start, (-1,) * self._slots)]
        while stack:
            step, place, slots = stack.pop()
            while True:
                mark = step * (size + 1) + place
                if seen[mark]:
                    break
                seen[mark] = 1
                kind, *rest = steps[step]
                if kind == "test":
                    if place >= size or not rest[0](text[place]):
                        break
                    step, place = step + 1, place + 1
                elif kind == "split":
                    stack.append((rest[1], place, slots))
                    step = rest[0]
                elif kind == "jump":
                    step = rest[0]
                elif kind == "save":
                    slots = (*slots[: rest[0]], place, *slots[rest[0] + 1 :])
                    step += 1
                elif kind == "at":
                    if not rest[0](text, place):
                        break
                    step += 1
                elif whole and place != size:
                    break
                else:
                    return slots
        return None

    # ------------------------------------------------------------ making the program
    def _add(self, *step: Any) -> int:
        if len(self._steps) >= STEPS_AT_MOST:
            raise TooLarge(f"an expression of more than {STEPS_AT_MOST} steps")
        self._steps.append(step)
        return len(self._steps) - 1

    def _emit(self, parsed: Any, flags: int) -> None:
        for operation, argument in parsed:
            if operation is sre.SUBPATTERN:
                group, added, removed, body = argument
                if group is not None:
                    self._add("save", 2 * group)
                self._emit(body, (flags | added) & ~removed)
                if group is not None:
                    self._add("save", 2 * group + 1)
            elif operation is sre.BRANCH:
                self._branch(argument[1], flags)
            elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
                self._repeat(argument, flags, greedy=operation is sre.MAX_REPEAT)
            elif operation is sre.AT:
                self._add("at", _place(argument, flags))
            else:
                self._add("test", _test(operation, argument, flags))

    def _branch(self, branches: list[Any], flags: int) -> None:
        ends = []
        for branch in branches[:-1]:
            split = self._add("split")
            self._emit(branch, flags)
            ends.append(self._add("jump"))
            self._steps[split] = ("split", split + 1, len(self._steps))
        self._emit(branches[-1], flags)
        for end in ends:
            self._steps[end] = ("jump", len(self._steps))

    def _repeat(self, bounds: tuple[int, Any, Any], flags: int, *, greedy: bool) -> None:
        low, high, body = bounds
        for _ in range(low):
            self._emit(body, flags)
        splits = []
        if high is sre.MAXREPEAT:
            splits.append(self._add("split"))
            self._emit(body, flags)
            self._add("jump", splits[0])
        else:
            for _ in range(high - low):
                splits.append(self._add("split"))
                self._emit(body, flags)
        for split in splits:
            inside, after = split + 1, len(self._steps)
            self._steps[split] = ("split", inside, after) if greedy else ("split", after, inside)


def _test(operation: Any, argument: Any, flags: int) -> Test:
    """Whether one character is what the step wants."""
    plain = _plain_test(operation, argument, flags)
    if flags & re.IGNORECASE and operation is not sre.ANY:
        negated = operation is sre.NOT_LITERAL or (operation is sre.IN and argument[0][0] is sre.NEGATE)
        every = all if negated else any
        return lambda c: every(map(plain, {c, c.lower(), c.upper()} if c.isascii() else {c}))
    return plain


def _plain_test(operation: Any, argument: Any, flags: int) -> Test:
    if operation is sre.ANY:
        return (lambda _: True) if flags & re.DOTALL else (lambda c: c != "\n")
    if operation is sre.LITERAL:
        return lambda c: ord(c) == argument
    if operation is sre.NOT_LITERAL:
        return lambda c: ord(c) != argument
    if operation is sre.IN:
        negated = argument[0][0] is sre.NEGATE
        items = [_item(*item) for item in argument[negated:]]
        return lambda c: any(item(c) for item in items) is not negated
    raise TooLarge(f"a step that is not known here: {operation}")


def _item(operation: Any, argument: Any) -> Test:
    """One member of [ ]."""
    if operation is sre.LITERAL:
        return lambda c: ord(c) == argument
    if operation is sre.RANGE:
        low, high = argument
        return lambda c: low <= ord(c) <= high
    sets = {sre.CATEGORY_DIGIT: _DIGITS, sre.CATEGORY_SPACE: _SPACES, sre.CATEGORY_WORD: _WORD}
    if argument in sets:
        members = sets[argument]
        return lambda c: c in members
    others = {sre.CATEGORY_NOT_DIGIT: _DIGITS, sre.CATEGORY_NOT_SPACE: _SPACES, sre.CATEGORY_NOT_WORD: _WORD}
    if argument in others:
        outside = others[argument]
        return lambda c: c not in outside
    raise TooLarge(f"a class that is not known here: {argument}")


def _place(kind: Any, flags: int) -> Callable[[str, int], bool]:
    """Whether a place in the text is what an anchor wants."""
    lines = bool(flags & re.MULTILINE)
    if kind is sre.AT_BEGINNING_STRING or (kind is sre.AT_BEGINNING and not lines):
        return lambda _, place: place == 0
    if kind is sre.AT_BEGINNING:
        return lambda text, place: place == 0 or text[place - 1] == "\n"
    if kind is sre.AT_END_STRING:
        return lambda text, place: place == len(text)
    if kind is sre.AT_END:
        return lambda text, place: place == len(text) or text[place] == "\n"

    def boundary(text: str, place: int) -> bool:
        before = place > 0 and text[place - 1] in _WORD
        return before is not (place < len(text) and text[place] in _WORD)

    if kind is sre.AT_BOUNDARY:
        return boundary
    if kind is sre.AT_NON_BOUNDARY:
        return lambda text, place: not boundary(text, place)
    raise TooLarge(f"an anchor that is not known here: {kind}")
