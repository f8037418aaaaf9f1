"""What is wrong with an inventory, and where: one line for each problem, all of them at once. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right. Lines and columns count from 1; 0 is "the file as a whole"."""

    file: str
    line: int
    column: int
    key: str  # devices[1].installed; "" for the file as a whole
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        """`inventory.yaml:13:5: devices[1].instaled: unknown key (did you mean 'installed'?)`"""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        suggestion = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}: {key}{self.message}{suggestion}"


class InventoryInvalid(Exception):
    """The inventory cannot be used; `problems` has every reason, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = list(dict.fromkeys(problems))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def key_path(path: Sequence[str | int]) -> str:
    """("devices", 1, "owned") as people write it: devices[1].owned."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """ "did you mean 'installed'?", or nothing where nothing is near."""
    words = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(str(word).casefold(), words, n=1, cutoff=0.6)
    return f"did you mean {words[near[0]]!r}?" if near else ""
