"""Closing a quarter: its figures are frozen as the ledger has them, and what changes later shows as a restatement.

    closing = closing_of(ledger, estate, quarter, author, now)     to be recorded; CannotClose says why not
    differences(ledger, closings) -> list[str]                     figures that the ledger does not give again
    restatements(ledger, closing) -> list[Restatement]             was, now and why
    frozen(closing) -> dict[str, Line]                           subject > the figures that it was closed with

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
from agent.accounting.periods import Period, merge
from agent.accounting.told import Line, Restatement
from agent.calendar_uk import Quarter, ServiceHours, named_period
from agent.facts import Closing, Note, Watch, Window
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.words import day, long_span

METHOD = 1  # of working out figures; a later one must still be able to give those of this one again
_TICK = timedelta(microseconds=1)


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
    figures = _figures(book, str(quarter), window, watched, terms, ledger.notes(head=head))
    return Closing(str(quarter), now, author, tuple(sorted(head.items())), figures)


def _subjects(estate: Estate) -> Iterable[str]:
    for kind, names in (("site", estate.sites), ("service", estate.services), ("link", estate.links)):
        yield from (f"{kind}:{name}" for name in names)
    yield from (f"device:{name}" for name in estate.devices)


def watched_in(watches: Iterable[Watch], window: Period) -> list[Watch]:
    """What was watched of a period, by whomever, merged."""
    inside = (Period(w.began_at, max(w.began_at, w.until_at)).within(window) for w in watches)
    return [Watch("", p.began_at, p.ended_at) for p in merge(p for p in inside if p is not None)]


def _figures(
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
        "mean_fix": figures.mean_fix // _TICK if figures.mean_fix is not None else None,
        "median_fix": figures.median_fix // _TICK if figures.median_fix is not None else None,
        "flaps": figures.flaps,
    }


def _times(times: Times) -> dict[str, int]:
    return {name: getattr(times, name) // _TICK for name in ("up", "down", "planned", "blind", "degraded")}


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "target": terms.target, "hours": str(terms.hours), "fix_target": terms.fix_target // _TICK,
        "fix_clock": terms.fix_clock,
    }  # fmt: skip


def _terms_again(said: Mapping[str, Any]) -> Terms:
    hours = ServiceHours.parse(said["hours"])
    return Terms(said["target"], hours, said["fix_target"] * _TICK, said["fix_clock"])


def terms_closed_with(closing: Closing) -> dict[str, Terms]:
    """What was agreed for each subject when the period was closed: its figures are held to that for ever."""
    said = json.loads(closing.figures)
    return {subject: _terms_again(figures["terms"]) for subject, figures in said["subjects"].items()}


def frozen(closing: Closing) -> dict[str, Line]:
    """The figures of a closed period as they were written down: nothing is worked out anew."""

    def times(said: Mapping[str, int]) -> Times:
        return Times(**{name: said[name] * _TICK for name in ("up", "down", "planned", "blind", "degraded")})

    return {
        subject: Line(
            subject, _terms_again(f["terms"]), times(f["all_hours"]), times(f["service_hours"]), f["outages"],
            f["fixed"], f["within_target"],
        )
        for subject, f in json.loads(closing.figures)["subjects"].items()
    }  # fmt: skip


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
        elif _again(ledger, closing, said, head=dict(closing.head)) != closing.figures:
            found.append(f"{closing.period}: the ledger does not give the figures it was closed with")
    return found


def _again(ledger: Ledger, closing: Closing, said: Mapping[str, Any], head: Mapping[str, int] | None) -> str:
    """The figures of a closed period, worked out anew: with what was known then (`head`), or with what is known now."""
    watched = [Watch("", datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in said["watched"]]
    window = named_period(closing.period).window
    if head is None:
        watched = watched_in(ledger.watches(), window)
    book = open_book(ledger, head, watched)
    terms = terms_closed_with(closing)
    return _figures(book, closing.period, window, watched, terms, ledger.notes(head=head))


# ---------------------------------------------------------------- was, now, why
_SHOWN = (
    ("time up", ("all_hours", "up"), True), ("time down", ("all_hours", "down"), True),
    ("time degraded", ("all_hours", "degraded"), True),
    ("time planned", ("all_hours", "planned"), True), ("blind time", ("all_hours", "blind"), True),
    ("time down in service hours", ("service_hours", "down"), True), ("outages", ("outages",), False),
    ("outages fixed", ("fixed",), False), ("fixed within target", ("within_target",), False),
    ("mean time to fix", ("mean_fix",), True),
)  # fmt: skip


def restatements(ledger: Ledger, closing: Closing) -> list[Restatement]:
    """What is known otherwise now than when the period was closed, by subject."""
    was = json.loads(closing.figures)
    now = json.loads(_again(ledger, closing, was, head=None))
    if was == now:
        return []
    why = _Reasons(ledger, closing)
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
    return long_span(value * _TICK) if is_time else str(value)


class _Reasons:
    """What was entered after a closing, by whom, and why: for the subject that it concerns."""

    def __init__(self, ledger: Ledger, closing: Closing) -> None:
        head, window = dict(closing.head), named_period(closing.period).window
        known_notes, known_windows = ledger.notes(head=head), {w.id: w for w in ledger.windows(head)}
        self._said: dict[str, list[str]] = {}
        self._causes: dict[str, set[str]] = {}  # what a subject's outages came from
        telling = {"correction": "corrected", "void": "declared no outage", "cause": "cause given", "pause": "paused",
                   "resume": "resumed"}  # fmt: skip
        seen = list(known_notes)
        for note in ledger.notes():
            if note in seen:
                seen.remove(note)
            elif note.kind in telling:
                self._add(note.subject, f"{telling[note.kind]} by {note.author} on {day(note.at.date())}: {note.text}")
        for planned in ledger.windows():
            self._window(planned, known_windows.get(planned.id))
        for flip in ledger.flips():
            if flip.cause is not None and flip.at < window.ended_at:
                self._causes.setdefault(flip.subject, set()).add(flip.cause)
            if flip.sequence > head.get(flip.source, 0) and flip.at < window.ended_at:
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
            own = [words for cause in sorted(self._causes.get(subject, ())) for words in self._said.get(cause, ())]
        return "; ".join(own) if own else "times that were watched became known later"
