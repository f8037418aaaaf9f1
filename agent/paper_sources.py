"""What a quarter's paper is made of, read from the ledger.

paper = quarter_paper(sources_of(ledger, estate, notices, quarter, now), quarter, now)
"""

from __future__ import annotations

from datetime import datetime

from agent.accounting.books import open_book
from agent.accounting.closing import restatements, terms_closed_with, watched_in
from agent.accounting.periods import Period
from agent.accounting.redundancy import losses_of
from agent.calendar_uk import LONDON, FinancialYear, Quarter
from agent.hardware.opened import open_register
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.lifecycle.notices import Notices
from agent.maintenance import Plan
from agent.programme import programme_of, terms_from
from agent.reports.quarter import Sources
from agent.reports.quarter_restated import Restated

YEARS = 3  # of the refresh programme


def sources_of(ledger: Ledger, estate: Estate, notices: Notices, quarter: Quarter, now: datetime) -> Sources:
    """Everything; of a closed quarter by what was agreed when it was closed, and as it is known now."""
    window = Period(quarter.began_at, quarter.ends_at)
    until = min(now, quarter.ends_at)
    watches = ledger.watches()
    closings = [c for c in sorted(ledger.closings(), key=lambda c: c.period) if c.period <= str(quarter)]
    closed = next((c for c in closings if c.period == str(quarter)), None)
    if closed is not None:  # as its closing has them: what was watched outside of it is no part of its figures
        watches = watched_in(watches, window)
    restated = [Restated(c.period, tuple(restatements(ledger, c))) for c in closings]
    pieces = open_register(ledger, estate, notices, until.astimezone(LONDON).date())
    titles = {name: council.title for name, council in estate.councils.items()}
    # From the last quarter of a year on it is the next that is planned for.
    terms = terms_from(estate, FinancialYear.of(until), YEARS)
    return Sources(
        estate=estate,
        book=open_book(ledger, watched=watches),
        notes=ledger.notes(),
        pieces=pieces,
        plan=Plan.of(ledger.windows()),
        losses=losses_of(ledger.flips(until=quarter.ends_at), estate, window, until),
        closed_at=closed.at if closed is not None else None,
        closed_terms=terms_closed_with(closed) if closed is not None else {},
        restated=tuple(one for one in restated if one.changes),
        programme=programme_of(pieces, terms, (), until, titles, slip=False),
    )
