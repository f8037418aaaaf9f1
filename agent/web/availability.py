"""What the page of availability says: services, buildings and links in one quarter, against what was agreed. Pure but
for the answer to the browser.

Figures are those of docs/accounting.md. Of a closed quarter they are the ones it was closed with, and what is known
otherwise since is a table of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.accounting.availability import Times
from agent.accounting.told import Line, Told, line_of
from agent.calendar_uk import Quarter, quarter_of
from agent.inventory.model import Estate
from agent.sheets import Sheet, columns
from agent.view import View
from agent.web.names import Named, name_of
from agent.web.papers import MayRead, of_quarter, papers_in
from agent.web.rendering import Pages
from agent.web.tables import Sheets, table_routes
from agent.words import percent
from collectors.readings import Level

NONE_SEEN = "no downtime seen"  # never "100 %" of a time that was not all watched
KINDS = (("service", "Services"), ("site", "Buildings"), ("link", "WAN links"))
LEVELS = {"met": Level.OK, "missed": Level.CRITICAL, "cannot be said": Level.UNKNOWN, "not watched": Level.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `anchor`: what a link to this line ends with."""

    named: Named
    anchor: str
    achieved: str
    in_hours: str
    bounds: str
    down: timedelta
    planned: timedelta
    blind: timedelta
    target: str
    verdict: str
    level: Level | None
    outages: int
    fixed: str


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is another now than when the quarter was closed."""

    named: Named
    figure: str
    was: str
    now: str
    why: str


def rows_of(lines: Sequence[Line], estate: Estate) -> list[tuple[str, list[Row]]]:
    """By kind; those that missed their target first, then by name."""
    found = []
    for kind, title in KINDS:
        own = [row_of(line, estate) for line in lines if line.subject.startswith(f"{kind}:")]
        own.sort(key=lambda row: (row.level is not Level.CRITICAL, row.named.title, row.named.subject))
        if own:
            found.append((title, own))
    return found


def row_of(line: Line, estate: Estate) -> Row:
    times, target = line.all_hours, line.terms.target
    verdict = times.verdict(target)
    return Row(
        named=name_of(line.subject, estate),
        anchor=line.subject.replace(":", "-"),
        achieved=_achieved(times),
        in_hours=_achieved(line.service_hours) if str(line.terms.hours) != "always" else "",
        bounds=_bounds(times),
        down=times.down,
        planned=times.planned,
        blind=times.blind,
        target=percent(target) if target is not None else "",
        verdict=verdict,
        level=LEVELS.get(verdict),
        outages=line.outages,
        fixed=f"{line.within_target} of {line.fixed}" if line.fixed else "",
    )  # fmt: skip


def _bounds(times: Times) -> str:
    if times.lower is None or times.upper is None:
        return ""
    return f"{percent(times.lower)} to {percent(times.upper)}"


def _achieved(times: Times) -> str:
    if times.achieved is None:
        return "all planned" if times.planned and not times.blind else "not watched"
    return NONE_SEEN if times.blind and not times.down else percent(times.achieved)


Asked = Callable[[Quarter], Awaitable[Told]]


def to_date(view: View) -> Asked:
    """What the view itself knows: this quarter up to now, for whoever has no ledger at hand."""

    async def of(quarter: Quarter) -> Told:
        current = quarter_of(view.now)
        lines = {figures.subject: line_of(figures) for figures in view.quarter} if quarter == current else {}
        return Told(quarter, view.now, lines, known=(current,))

    return of


def routes(pages: Pages, folder: Path, told_of: Asked | None, may_read: MayRead) -> list[Route]:
    """`told_of`: agent.quarters.Quarters.of."""

    async def availability(request: Request) -> Response:
        view = await pages.look()
        current = quarter_of(view.now)
        asked = request.query_params.get("quarter", "")[:20]
        try:
            quarter = Quarter.parse(asked) if asked else current
        except ValueError as problem:
            return pages.problem(view, "No such quarter", f"{problem}.", 400)
        if quarter > current:
            return pages.problem(view, "Not begun yet", f"{quarter.title} has not begun.")
        told = await (told_of or to_date(view))(quarter)
        papers = of_quarter(await asyncio.to_thread(papers_in, folder, view.closed), str(quarter))
        return pages.page(
            view, "availability.html", "/availability", told=told, quarter=quarter, current=current,
            choices=sorted({quarter, current, *told.known}, reverse=True),
            tables=rows_of(list(told.lines.values()), view.estate),
            changes=[Change(name_of(c.subject, view.estate), c.figure, c.was, c.now, c.why) for c in told.restated],
            papers=[paper for paper in papers if may_read(paper, request)],
            watched=_watched(told),
        )  # fmt: skip

    async def tables(view: View, request: Request) -> Sheets | None:
        try:
            quarter = Quarter.parse(request.query_params.get("quarter", "")[:20] or str(quarter_of(view.now)))
        except ValueError:
            return None
        if quarter > quarter_of(view.now):
            return None
        told = await (told_of or to_date(view))(quarter)
        return {"availability": lambda: lines_sheet(told), "restated": lambda: restated_sheet(told)}

    return [Route("/availability", availability), *table_routes("/availability", pages.look, tables)]


def lines_sheet(told: Told) -> Sheet:
    """All subjects of a quarter, with ratios that are not rounded."""
    said = columns(
        "quarter", "closed_at time", "subject", "achieved number", "lower number", "upper number", "target number",
        "verdict", "up_seconds seconds", "down_seconds seconds", "planned_seconds seconds", "blind_seconds seconds",
        "achieved_in_service_hours number", "outages number", "fixed number", "within_target number",
    )  # fmt: skip
    rows = [
        (str(told.quarter), told.closed_at, line.subject, t.achieved, t.lower, t.upper, line.terms.target,
         t.verdict(line.terms.target), t.up, t.down, t.planned, t.blind, line.service_hours.achieved, line.outages,
         line.fixed, line.within_target)
        for line in told.lines.values()
        if (t := line.all_hours)
    ]  # fmt: skip
    return Sheet(f"availability-{told.quarter}", said, rows)


def restated_sheet(told: Told) -> Sheet:
    rows = [(str(told.quarter), c.subject, c.figure, c.was, c.now, c.why) for c in told.restated]
    return Sheet(f"restated-{told.quarter}", columns("quarter", "subject", "figure", "was", "now", "why"), rows)


def _watched(told: Told) -> bool:
    """Whether anything at all was seen of the quarter."""
    return any(line.all_hours.up or line.all_hours.down for line in told.lines.values())
