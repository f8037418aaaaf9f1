"""Closing a quarter: its figures are frozen as the ledger has them, and what changes later shows as a restatement.

    closing = closing_of(ledger, estate, quarter, author, now)     to be recorded; CannotClose says why not
    differences(ledger, closings) -> list[str]                     figures that the ledger does not give again
    frozen_of(closing) -> dict[str, Line]                          what it was closed with, by subject

What is known otherwise since is in agent.accounting.restating.

A closing holds what its figures were made of: the numbers of the last entries, the times that were watched, and what
was agreed for each subject. So the same ledger gives the same figures again, byte for byte, whatever the inventory says
by then; and what people enter afterwards (corrections, causes, maintenance after the fact) changes only what is known
now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.accounting.availability import Book, Figures, Terms, Times, terms_of
from agent.accounting.books import open_book
from agent.accounting.periods import TICK, Period, merge
from agent.accounting.told import Line
from agent.calendar_uk import Quarter, ServiceHours, named_period
from agent.facts import Closing, Note, Watch
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.words import day

METHOD = 1  # of working out figures; a later one must still be able to give those of this one again


class CannotClose(Exception):
    """A period cannot be closed; `str()` says why."""


# ---------------------------------------------------------------- closing
def closing_of(ledger: Ledger, estate: Estate, quarter: Quarter, author: str, now: datetime) -> Closing:
    """What freezes a quarter that is over and not closed yet."""
    if now < quarter.ends_at:
        raise CannotClose(f"{quarter} is not over: it ends on {day(quarter.ends_on - timedelta(days=1))}")
    for closed in ledger.closings():
        if closed.period == str(quarter):
            raise CannotClose(f"{quarter} was closed on {day(closed.at.date())} by {closed.author}")
    window = Period(quarter.began_at, quarter.ends_at)
    head = ledger.head()
    watched = watched_in(ledger.watches(), window)
    if not watched:
        raise CannotClose(f"nothing was watched in {quarter}: there are no figures to close")
    book = open_book(ledger, head, watched)
    subjects = sorted({*book.subjects(), *_subjects(estate)})
    terms = {subject: terms_of(estate, subject) for subject in subjects}
    figures = figures_text(book, str(quarter), window, watched, terms, ledger.notes(head=head))
    return Closing(str(quarter), now, author, tuple(sorted(head.items())), figures)


def _subjects(estate: Estate) -> Iterable[str]:
    for kind, names in (("site", estate.sites), ("service", estate.services), ("link", estate.links)):
        yield from (f"{kind}:{name}" for name in names)
    yield from (f"device:{name}" for name in estate.devices)


def watched_in(watches: Iterable[Watch], window: Period) -> list[Watch]:
    """What was watched of a period, by whomever, merged."""
    inside = (Period(w.began_at, max(w.began_at, w.until_at)).within(window) for w in watches)
    return [Watch("", p.began_at, p.ended_at) for p in merge(p for p in inside if p is not None)]


def figures_text(
    book: Book, period: str, window: Period, watched: Sequence[Watch], terms: Mapping[str, Terms], notes: Sequence[Note]
) -> str:
    """The figures as JSON, the same bytes for the same facts: sorted keys, times in microseconds."""
    said = {
        "method": METHOD,
        "period": period,
        "watched": [[_iso(w.began_at), _iso(w.until_at)] for w in watched],
        "subjects": {
            subject: {"terms": _terms(agreed), **_of(book.figures(subject, window, agreed))}
            for subject, agreed in terms.items()
        },
        "outages": {
            str(o.id): {
                "subject": o.subject,
                "began": _iso(o.began_at),
                "ended": _iso(o.ended_at) if o.ended_at else None,
                "cause": _cause(o.ids, notes),
            }
            for o in book.outages(window)
        },
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _of(figures: Figures) -> dict[str, Any]:
    return {
        "all_hours": _times(figures.all_hours),
        "service_hours": _times(figures.service_hours),
        "outages": figures.outages,
        "fixed": figures.fixed,
        "within_target": figures.within_target,
        "mean_fix": figures.mean_fix // TICK if figures.mean_fix is not None else None,
        "median_fix": figures.median_fix // TICK if figures.median_fix is not None else None,
        "flaps": figures.flaps,
    }


def _times(times: Times) -> dict[str, int]:
    return {name: getattr(times, name) // TICK for name in ("up", "down", "planned", "blind", "degraded")}


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "target": terms.target, "hours": str(terms.hours), "fix_target": terms.fix_target // TICK,
        "fix_clock": terms.fix_clock,
    }  # fmt: skip


def _terms_again(said: Mapping[str, Any]) -> Terms:
    hours = ServiceHours.parse(said["hours"])
    return Terms(said["target"], hours, said["fix_target"] * TICK, said["fix_clock"])


def terms_closed_with(closing: Closing) -> dict[str, Terms]:
    """What was agreed for each subject when the period was closed: its figures are held to that for ever."""
    said = json.loads(closing.figures)
    return {subject: _terms_again(figures["terms"]) for subject, figures in said["subjects"].items()}


def watched_when_closed(closing: Closing) -> list[Watch]:
    """The times that were watched, as they were known when the period was closed."""
    said = json.loads(closing.figures)["watched"]
    return [Watch("", datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in said]


def frozen_of(closing: Closing) -> dict[str, Line]:
    """What the period was closed with, by subject."""
    return {subject: _line(subject, said) for subject, said in json.loads(closing.figures)["subjects"].items()}


def _line(subject: str, said: Mapping[str, Any]) -> Line:
    whole, hours = (
        Times(*(said[of][name] * TICK for name in ("up", "down", "planned", "blind", "degraded")))
        for of in ("all_hours", "service_hours")
    )
    mean = said["mean_fix"]
    return Line(
        subject, _terms_again(said["terms"]), whole, hours, said["outages"], said["fixed"], said["within_target"],
        mean * TICK if mean is not None else None, said["flaps"],
    )  # fmt: skip


def _cause(ids: Iterable[object], notes: Iterable[Note]) -> str | None:
    """What people say caused it; the last word holds."""
    own = set(ids)
    said = [note.text for note in notes if note.kind == "cause" and note.outage in own]
    return said[-1] if said else None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# ---------------------------------------------------------------- the same figures again
def differences(ledger: Ledger, closings: Iterable[Closing]) -> list[str]:
    """Closed periods whose figures the ledger does not give again, as lines for people."""
    found = []
    for closing in closings:
        said = json.loads(closing.figures)
        if said["method"] != METHOD:
            found.append(f"{closing.period} was closed by method {said['method']}, which this version does not have")
        elif _again(ledger, closing) != closing.figures:
            found.append(f"{closing.period}: the ledger does not give the figures it was closed with")
    return found


def _again(ledger: Ledger, closing: Closing) -> str:
    """The figures of a closed period, worked out anew with what was known then."""
    head, watched = dict(closing.head), watched_when_closed(closing)
    book, window = open_book(ledger, head, watched), named_period(closing.period).window
    return figures_text(book, closing.period, window, watched, terms_closed_with(closing), ledger.notes(head=head))
