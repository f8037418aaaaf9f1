"""The page of the refresh programme: what is asked, the chart, and the programme worked out once and off the loop.

asked = asked_of(request.query_params, view)           what was asked for, and what of it cannot be
programme = await programmes.of(view, asked)           worked out in a thread, kept as long as the register is
chart_of(programme) -> Chart                           bars, patterns and axis in numbers for the template
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from agent.calendar_uk import LONDON, FinancialYear
from agent.programme import Bought, Plan, Programme, programme_of, terms_from
from agent.view import View
from agent.words import listed

KEPT = 8  # programmes, of the last things that were asked for
MOST_ITEMS = 60  # of the backlog; the workbook has all
MOST_YEARS = 15


# ---------------------------------------------------------------- what is asked
@dataclass(frozen=True, slots=True)
class Asked:
    """`cap` in pence; None: no cap. `text` is the cap as it was written; `problems` what could not be taken."""

    first: FinancialYear
    years: int
    cap: int | None
    slip: bool
    text: str = ""
    problems: tuple[str, ...] = ()


def asked_of(query: Mapping[str, str], view: View) -> Asked:
    """What the address of the page asks for; what makes no sense is said, and left out."""
    problems = []
    first, years = FinancialYear.of(view.now), 7
    own = terms_from(view.estate, first).cap
    cap, text = own, query.get("cap", "").strip()[:30]
    if begins := query.get("from", "").strip()[:30]:
        try:
            first = FinancialYear.parse(begins)
            terms_from(view.estate, first)
        except ValueError as problem:
            first = FinancialYear.of(view.now)
            problems.append(str(problem))
    if (wanted := query.get("years", "").strip()[:30]) and wanted != str(years):
        if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= MOST_YEARS:
            years = int(wanted)
        else:
            problems.append(f"{wanted!r} is no number of years from 1 to {MOST_YEARS}")
    if text.casefold() == "none":
        cap = None
    elif text:
        pence = _pence(text)
        if pence is None:
            problems.append(f"{text!r} is no yearly cap: write pounds, such as 120000, or none")
            text = ""
        else:
            cap = pence
    if not text:
        text = "none" if cap is None else f"{Decimal(cap) / 100:f}"
    return Asked(first, years, cap, query.get("slip", "") in ("1", "on", "yes"), text, tuple(problems))


def _pence(text: str) -> int | None:
    try:
        pounds = Decimal(text.replace(",", "").lstrip("£"))
    except InvalidOperation:
        return None
    if not pounds.is_finite() or not 0 < pounds <= 10**10:
        return None
    return max(1, int(pounds * 100))


# ---------------------------------------------------------------- worked out once
class Programmes:
    """Fifty thousand pieces take a second: they are reckoned in a thread, once for each register and thing asked."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], tuple[tuple[object, ...], Programme]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def of(self, view: View, asked: Asked) -> Programme:
        today = view.now.astimezone(LONDON).date()
        made_of = (view.pieces, view.every_outage, view.estate)  # kept beside it, so that no id is used again meanwhile
        key = (*(id(one) for one in made_of), today, asked.first, asked.years, asked.cap, asked.slip)
        async with self._one_at_a_time:
            found = self._made.pop(key, None)
            if found is None:
                found = made_of, await asyncio.to_thread(_work_out, view, asked)
            self._made[key] = found  # the one asked for last stands last
            while len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return found[1]


def _work_out(view: View, asked: Asked) -> Programme:
    terms = terms_from(view.estate, asked.first, asked.years, asked.cap)
    titles = {name: council.title for name, council in view.estate.councils.items()}
    return programme_of(view.pieces, terms, view.every_outage, view.now, titles, slip=asked.slip)


# ---------------------------------------------------------------- the chart
@dataclass(frozen=True, slots=True)
class Segment:
    """A council's part of a year's column; `pattern` is its number."""

    x: float
    y: float
    width: float
    height: float
    pattern: int
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """In the units of a drawing WIDTH by HEIGHT. `slipped`: outlines of the columns with everything a year later."""

    segments: Sequence[Segment]
    slipped: Sequence[Segment]
    labels: Sequence[tuple[float, float, str, str]]  # middle of the column, top of it, year, cost
    ticks: Sequence[tuple[float, str]]
    cap: float | None
    text: str


WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 360, 84, 12, 26, 44
PATTERNS = 6


def chart_of(programme: Programme) -> Chart:
    plan, cap = programme.plan, programme.terms.cap
    most = max([year.pence for year in plan.years] + ([cap] if cap else []) + _slipped(programme.slip))
    step = _step(most)
    top = max(step, -(-most // step) * step)
    high = HEIGHT - TOP - BOTTOM

    def at(pence: int) -> float:
        return round(HEIGHT - BOTTOM - high * pence / top, 2)

    slot = (WIDTH - LEFT - RIGHT) / len(plan.years)
    width = round(slot * (0.38 if programme.slip else 0.6), 2)
    segments, slipped, labels = [], [], []
    for n, year in enumerate(plan.years):
        x = round(LEFT + slot * n + (slot * 0.1 if programme.slip else (slot - width) / 2), 2)
        below = 0
        for number, (name, title) in enumerate(programme.councils.items()):
            pence = year.councils.get(name, 0)
            if pence:
                y = at(below + pence)
                words = f"{title}, {year.year}: {_short(pence)}"
                segments.append(Segment(x, y, width, round(at(below) - y, 2), number % PATTERNS, words))
            below += pence
        labels.append((round(x + width / 2, 2), at(year.pence), str(year.year), _short(year.pence)))
        if programme.slip and (late := programme.slip.years[n].pence):
            words = f"{year.year} if everything slips a year: {_short(late)}"
            slipped.append(
                Segment(round(x + width + 3, 2), at(late), width, round(at(0) - at(late), 2), 0, words)
            )  # fmt: skip
    costs = listed([f"{year.year} {_short(year.pence)}" for year in plan.years])
    text = f"Columns of the cost of each year, stacked by council: {costs}."
    if cap is not None:
        text += f" A dashed line marks the cap of {_short(cap)} a year."
    ticks = [(at(pence), _short(pence)) for pence in range(0, top + 1, step)]
    return Chart(segments, slipped, labels, ticks, at(cap) if cap is not None else None, text)


def _slipped(plan: Plan | None) -> list[int]:
    return [year.pence for year in plan.years] if plan is not None else []


def _step(most: int) -> int:
    """Between lines of the axis: four to eight of them, at 1, 2 or 5 of a power of ten."""
    step = 100_00
    for factor in (2, 5, 10) * 12:
        if most / step <= 6:
            break
        step = step * factor // {2: 1, 5: 2, 10: 5}[factor]
    return step


def _short(pence: int) -> str:
    """Pounds, whole: an axis and a column have no room for pence, which the table has."""
    return f"£{(pence + 50) // 100:,}"


# ---------------------------------------------------------------- lists
def backlog_of(programme: Programme) -> list[Bought]:
    """What was due before the first year, the dearest first."""
    late = [one for one in programme.plan.bought if one.backlog and not one.item.again]
    return sorted(late, key=lambda one: (-(one.pence or 0), one.item.due_on, one.item.key))


def query_of(asked: Asked, **other: Any) -> str:
    """The address of the page with something else asked for."""
    from urllib.parse import urlencode

    said = {"from": str(asked.first), "years": asked.years, "cap": asked.text, "slip": "1" if asked.slip else ""}
    return "/programme?" + urlencode({name: value for name, value in (said | other).items() if value != ""})
