"""What a quarter's paper is made of, read from the ledger.

paper = quarter_paper(sources_of(ledger, estate, notices, quarter, now), quarter, now)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agent.accounting.availability import terms_of
from agent.accounting.closing import frozen_of, terms_closed_with, watched_when_closed
from agent.accounting.periods import Period
from agent.accounting.readiness import readiness_of
from agent.accounting.redundancy import losses_of
from agent.accounting.restating import Known, known_at, news_in, restatements
from agent.calendar_uk import LONDON, FinancialYear, Quarter
from agent.facts import Closing, Flip
from agent.hardware.opened import open_register
from agent.health import board_of
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.lifecycle.notices import Notices
from agent.maintenance import Plan
from agent.programme import programme_of, terms_from
from agent.reports.quarter import Sources
from agent.reports.quarter_compared import Amount, Before
from agent.reports.quarter_restated import Restated
from agent.topology import Topology

YEARS = 3  # of the refresh programme


def sources_of(ledger: Ledger, estate: Estate, notices: Notices, quarter: Quarter, now: datetime) -> Sources:
    """Everything; of a closed quarter by what was agreed and known when it was closed."""
    window = Period(quarter.began_at, quarter.ends_at)
    until = min(now, quarter.ends_at)
    closings = ledger.closings()  # in the order in which they were made
    closed = next((c for c in closings if c.period == str(quarter)), None)
    known = known_at(ledger, dict(closed.head) if closed is not None else None)
    book = known.book if closed is None else known.book.as_watched(watched_when_closed(closed))
    issued = closings if closed is None else closings[: closings.index(closed)]
    flips = [flip for flip in known.flips if flip.at < quarter.ends_at]
    pieces = open_register(ledger, estate, notices, until.astimezone(LONDON).date())
    titles = {name: council.title for name, council in estate.councils.items()}
    # From the last quarter of a year on it is the next that is planned for.
    terms = terms_from(estate, FinancialYear.of(until), YEARS)
    return Sources(
        estate=estate,
        book=book,
        notes=known.notes,
        pieces=pieces,
        plan=Plan.of(known.windows),
        losses=losses_of(flips, estate, window, until),
        closed_at=closed.at if closed is not None else None,
        closed_terms=terms_closed_with(closed) if closed is not None else {},
        known_since=closed is not None and bool(restatements(ledger, closed)),
        restated=tuple(Restated(news.period, news.changes) for news in news_in(ledger, quarter, known)),
        earlier=tuple(
            _before(one, than, estate, known, issued)
            for one, than in (
                (quarter.previous, "the quarter before"),
                (Quarter(quarter.year - 1, quarter.number), "the same quarter last year"),
            )
        ),
        readiness=tuple(readiness_of(estate, Topology.of(estate), board_of(_standings(flips)))),
        programme=programme_of(pieces, terms, (), until, titles, slip=False),
    )


def _before(quarter: Quarter, than: str, estate: Estate, known: Known, issued: Sequence[Closing]) -> Before:
    """An earlier quarter of the services: as it was closed, else as it is known."""
    closed = next((c for c in issued if c.period == str(quarter)), None)
    if closed is not None:
        return Before(quarter, than, frozen_of(closed), closed.at)
    window = Period(quarter.began_at, quarter.ends_at)
    found: dict[str, Amount] = {}
    for name in estate.services:
        subject = f"service:{name}"
        found[subject] = known.book.figures(subject, window, terms_of(estate, subject))
    return Before(quarter, than, found)


def _standings(flips: Sequence[Flip]) -> list[Flip]:
    """The last flip of every subject; what was recorded later holds."""
    last: dict[str, Flip] = {}
    for flip in flips:
        if flip.subject not in last or last[flip.subject].recorded_at <= flip.recorded_at:
            last[flip.subject] = flip
    return list(last.values())
