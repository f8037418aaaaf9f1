"""What is known otherwise of closed periods: was, now and why.

    restatements(ledger, closing) -> list[Restatement]     everything since it was closed
    known_at(ledger, head) -> Known                        all that was recorded, now or up to the entries of a closing
    news_in(ledger, quarter, known) -> list[News]          what the paper of a quarter has to tell of those before it

A restatement is told once: in the paper of the quarter that is closed next after it became known. So a paper compares
what was known at the closing before its own with what was known at its own (or now, while it is not closed), and a
closed quarter's paper is the same whenever it is made.

Times that were watched have no number in the ledger: those that became known late (entries of another agent that were
taken in) are told against the closed figures, in the paper after, and count on both sides of later comparisons.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.accounting.availability import Book
from agent.accounting.closing import figures_text, terms_closed_with, watched_in
from agent.accounting.periods import TICK
from agent.accounting.told import Restatement
from agent.calendar_uk import Quarter, named_period
from agent.facts import Closing, Flip, Note, Window
from agent.ledger import Ledger
from agent.maintenance import Plan
from agent.words import day, long_span

_TELLING = {
    "correction": "corrected", "void": "declared no outage", "cause": "cause given", "pause": "paused",
    "resume": "resumed",
}  # fmt: skip
"""Kinds of notes that change figures, in words."""


@dataclass(frozen=True, slots=True)
class News:
    """What became known of a closed period. `why` of each change is free text and names people."""

    period: str  # "2026-Q1"
    changes: tuple[Restatement, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that was recorded up to the entries of `head`, None for all there is; watched as is known now."""

    head: Mapping[str, int] | None
    flips: Sequence[Flip]
    notes: Sequence[Note]
    windows: Sequence[Window]
    book: Book


def known_at(ledger: Ledger, head: Mapping[str, int] | None = None, later: Known | None = None) -> Known:
    """`later`: what holds all of it and more, so that a long record is read from the ledger once."""
    if later is None:
        flips: Sequence[Flip] = ledger.flips(head=head)
    else:
        flips = [f for f in later.flips if head is None or f.sequence <= head.get(f.source, 0)]
    notes, windows = ledger.notes(head=head), ledger.windows(head)
    return Known(head, flips, notes, windows, Book.of(flips, ledger.watches(), notes, Plan.of(windows).planned))


# ---------------------------------------------------------------- which papers tell what
def news_in(ledger: Ledger, quarter: Quarter, known: Known) -> list[News]:
    """What the paper of `quarter` tells of closed quarters before it. `known`: at its closing, or now."""
    closings = ledger.closings()  # in the order in which they were made
    own = next((n for n, c in enumerate(closings) if c.period == str(quarter)), len(closings))
    issued = [c for c in closings[:own] if c.period < str(quarter)]
    told: dict[str, Known] = {}
    found = []
    for closing in sorted(issued, key=lambda c: c.period):
        last = [c for c in issued if c.period >= closing.period][-1]  # the paper that told of it last
        if last.period not in told:
            told[last.period] = known_at(ledger, dict(last.head), later=known)
        before = told[last.period]
        if last is not closing and not _touches(before, known, named_period(closing.period).window.ended_at):
            continue  # quarters that are long over: their figures cannot have changed, and need not be worked out
        was = closing.figures if last is closing else _figures(ledger, closing, before)
        changes = _changes(was, _figures(ledger, closing, known), _Reasons(closing, before, known))
        if changes:
            found.append(News(closing.period, tuple(changes)))
    return found


def _touches(before: Known, known: Known, ended_at: datetime) -> bool:
    """Whether anything that became known between two heads can change the figures of a period that ended then.

    What is true only from a day after its end on cannot: no flapping reaches back so far.
    """
    until, head = ended_at + timedelta(days=1), before.head or {}
    if any(flip.at < until and flip.sequence > head.get(flip.source, 0) for flip in known.flips):
        return True
    windows = set(before.windows)
    if any(window.begins_at < until and window not in windows for window in known.windows):
        return True
    fresh = Counter(known.notes) - Counter(before.notes)
    about = {note.outage for note in fresh if note.kind in _TELLING}
    return bool(about) and any(flip.at < until and flip.id in about for flip in known.flips)


def restatements(ledger: Ledger, closing: Closing, known: Known | None = None) -> list[Restatement]:
    """What is known otherwise now than when the period was closed, by subject. `known`: now, if that was read."""
    known = known or known_at(ledger)
    was, now = closing.figures, _figures(ledger, closing, known)
    if was == now:
        return []
    return _changes(was, now, _Reasons(closing, known_at(ledger, dict(closing.head), later=known), known))


def _figures(ledger: Ledger, closing: Closing, known: Known) -> str:
    """The figures of a closed period by what was known at a time, and by what was agreed when it was closed."""
    window = named_period(closing.period).window
    watched = watched_in(ledger.watches(), window)
    book = known.book.as_watched(watched)
    return figures_text(book, closing.period, window, watched, terms_closed_with(closing), known.notes)


# ---------------------------------------------------------------- was, now, why
_SHOWN = (
    ("time up", ("all_hours", "up"), True), ("time down", ("all_hours", "down"), True),
    ("time degraded", ("all_hours", "degraded"), True),
    ("time planned", ("all_hours", "planned"), True), ("blind time", ("all_hours", "blind"), True),
    ("time down in service hours", ("service_hours", "down"), True), ("outages", ("outages",), False),
    ("outages fixed", ("fixed",), False), ("fixed within target", ("within_target",), False),
    ("mean time to fix", ("mean_fix",), True),
)  # fmt: skip


def _changes(before_text: str, after_text: str, why: _Reasons) -> list[Restatement]:
    if before_text == after_text:
        return []
    was, now = json.loads(before_text), json.loads(after_text)
    found = []
    for subject in sorted(was["subjects"]):
        before, after = was["subjects"][subject], now["subjects"][subject]
        for figure, path, is_time in _SHOWN:
            a, b = _at(before, path), _at(after, path)
            if a != b:
                found.append(Restatement(subject, figure, _said(a, is_time), _said(b, is_time), why.of(subject)))
    for key in sorted(was["outages"].keys() & now["outages"].keys()):
        a, b = was["outages"][key]["cause"], now["outages"][key]["cause"]
        if a != b:
            subject = was["outages"][key]["subject"]
            found.append(Restatement(subject, "cause", a or "not recorded", b or "not recorded", why.of(subject)))
    return found


def _at(figures: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = figures
    for step in path:
        value = value[step]
    return value


def _said(value: int | None, is_time: bool) -> str:
    if value is None:
        return "none"
    return long_span(value * TICK) if is_time else str(value)


class _Reasons:
    """What became known between two heads, from whom, and why: for the subject that it concerns."""

    def __init__(self, closing: Closing, before: Known, known: Known) -> None:
        self._ends, self._book = named_period(closing.period).window.ended_at, known.book
        known_windows = {w.id: w for w in before.windows}
        self._said: dict[str, list[str]] = {}
        seen = Counter(before.notes)
        for note in known.notes:
            if seen[note]:
                seen[note] -= 1
            elif note.kind in _TELLING:
                self._add(note.subject, f"{_TELLING[note.kind]} by {note.author} on {day(note.at.date())}: {note.text}")
        for planned in known.windows:
            self._window(planned, known_windows.get(planned.id))
        head = before.head or {}
        for flip in known.flips:
            if flip.sequence > head.get(flip.source, 0) and flip.at < self._ends:
                self._add(flip.subject, f"became known on {day(flip.recorded_at.date())}: {flip.reason}")

    def _window(self, planned: Window, before: Window | None) -> None:
        if before is None and planned.recorded_at is not None:
            late = ", after the fact" if planned.after_the_fact else ""
            words = (
                f"maintenance entered by {planned.owner} on {day(planned.recorded_at.date())}{late}: {planned.reason}"
            )
        elif before is not None and before.ended_at != planned.ended_at and planned.ended_at is not None:
            words = f"maintenance ended by {planned.ended_by} on {day(planned.ended_at.date())}"
        else:
            return
        for subject in planned.covers:
            self._add(subject, words)

    def _add(self, subject: str, words: str) -> None:
        said = self._said.setdefault(subject, [])
        if words not in said:
            said.append(words)

    def of(self, subject: str) -> str:
        """Its own reasons, and without any those of what its outages came from."""
        own = self._said.get(subject)
        if not own:
            flips = self._book.flips(subject)
            causes = {flip.cause for flip in flips if flip.cause is not None and flip.at < self._ends}
            own = [words for cause in sorted(causes) for words in self._said.get(cause, ())]
        return "; ".join(own) if own else "times that were watched became known later"
