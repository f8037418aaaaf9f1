"""How tables fit on A4: which way the page lies, how wide each column is, how many letters of a word it takes. Pure.

Widths are counted in letters of nine points, of the average width. A column is as wide as its longest word asks for, or
as its cells do while they are short; a word that is longer still is broken (see `showable.breakable`), so that nothing
runs into the next column or off the page, however many columns there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent.reports.editions import Section, Table
from agent.reports.showable import breadth

NARROW, WIDE = 108, 162  # letters of 9 points on a line of A4, upright and lying
SIZES = ((9.0, 1.0), (8.0, 9 / 8), (7.0, 9 / 7), (6.0, 9 / 6))  # points, and how many more letters than of 9
UPRIGHT = 9 / 8  # how much smaller the letters may be before the page is turned
LONGEST_WORD, LONGEST_CELL, AROUND = 22, 26, 3  # letters that a column is made for, and what stands around them


@dataclass(frozen=True, slots=True)
class Fitted:
    points: float  # of the letters
    across: float  # of the width of the page, 0 to 1
    shares: tuple[int, ...]  # of the columns in that
    letters: tuple[int, ...]  # the longest word that surely fits into each


def lies(section: Section) -> bool:
    """Whether a section needs pages in landscape."""
    return any(sum(_needs(table)) > NARROW * UPRIGHT for table in section.tables if table.rows)


def fit(table: Table, room: int) -> Fitted:
    """`room`: NARROW or WIDE."""
    needs = _needs(table)
    whole = sum(needs)
    points, more = next(((points, more) for points, more in SIZES if whole <= room * more), SIZES[-1])
    line = room * more
    across = min(1.0, 1.25 * whole / line)  # a table of two columns is not pulled over the whole page
    letters = (int(need / whole * across * line - AROUND + 1e-6) for need in needs)
    return Fitted(points, across, needs, tuple(max(1, number) for number in letters))


def _needs(table: Table) -> tuple[int, ...]:
    return tuple(_need(table, place) for place in range(len(table.columns)))


def _need(table: Table, place: int) -> int:
    texts = [row[place] for row in table.rows]
    words = {word for text in (table.columns[place].title, *texts) for word in text.split()}
    word = min(max(map(breadth, words), default=0.0), LONGEST_WORD)
    return max(math.ceil(word), min(max(map(len, texts), default=0), LONGEST_CELL)) + AROUND
