"""The book of everything recorded, read from a ledger: as it is known now, or as it was known at a closing.

book = open_book(ledger)                    an availability.Book: figures and outages of any subject and period
book = open_book(ledger, head, watched)     with nothing that was recorded after `head`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.accounting.availability import Book
from agent.facts import Watch
from agent.ledger import Ledger
from agent.maintenance import Plan


def open_book(ledger: Ledger, head: Mapping[str, int] | None = None, watched: Iterable[Watch] | None = None) -> Book:
    """`head`: source > number of the last entry to read. `watched`: instead of the watches that are known now."""
    plan = Plan.of(ledger.windows(head))
    watches = ledger.watches() if watched is None else watched
    return Book.of(ledger.flips(head=head), watches, ledger.notes(head=head), plan.planned)
