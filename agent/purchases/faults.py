"""What is wrong with a file of purchase records, and where. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.hostile import plain


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to put right, or to know. Lines count from 1; 0 is the file as a whole. `column`: its header."""

    file: str
    line: int
    column: str
    message: str
    suggestion: str = ""

    @property
    def said(self) -> str:
        """Without the place: `price: '12x' is no amount of money (write 12)`."""
        column = f"{self.column}: " if self.column else ""
        suggestion = f" ({self.suggestion})" if self.suggestion else ""
        return f"{column}{self.message}{suggestion}"

    def __str__(self) -> str:
        """`purchases.csv:3: price: '12x' is no amount of money`"""
        return f"{self.file}:{self.line}: {self.said}" if self.line else f"{self.file}: {self.said}"


class FileRefused(Exception):
    """The file as a whole cannot be used: it is no table, or its header is not understood."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: list[Fault] = list(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class CellRefused(Exception):
    """One cell cannot be taken, in words."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        self.message, self.suggestion = message, suggestion
        super().__init__(message)


def quoted(text: str) -> str:
    """A cell as it is shown in a message: short, and without anything that a terminal or a page would act on."""
    return repr(plain(text, 40))
