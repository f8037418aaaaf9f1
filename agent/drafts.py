"""Drafts of the quarter's paper, made by the agent when a quarter is over, once.

    drafts = Drafts(ledger, estates, settings, ("log",), clock=...)     settings: a function, for a reload changes them
    await drafts.mind()               now and then; the work itself is done in a thread
    next_draft(now, days)             which quarter is drafted next, and when
    drafts_told(ledger)               quarter > when people were told that its draft is there

- The message that a draft is there is its mark: it is written to the ledger after the files are, with a key of its own.
  So neither a restart nor another agent on the same ledger makes it a second time, and a paper that was cut short by a
  power cut is made again, under the same names.
- A quarter that is closed, or in which nothing was watched, needs no draft. Nor does one before the last.
- What goes wrong (no room, a ledger in trouble) is said in the log, counted, told to people once, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from agent.accounting.periods import Period
from agent.calendar_uk import Quarter, london_midnight, quarter_of
from agent.config import Settings
from agent.estates import Estates
from agent.facts import PAPER, Facts, Message
from agent.hardware.notices import load_notices
from agent.ledger import Ledger, LedgerError
from agent.paper_sources import sources_of
from agent.reports import ALL, Edition, Form, FormError, quarter_paper, stem_of, write
from agent.words import count, listed

log = logging.getLogger(__name__)

MIND_SECONDS = 60.0
AGAIN_SECONDS = 3600.0  # after a try that failed: a disk that is full is so for a while
PATIENCE = 60.0  # seconds until the ledger must have written
TROUBLE = (OSError, LedgerError, SQLAlchemyError, FormError, TimeoutError)


# ---------------------------------------------------------------- when
def due_at(quarter: Quarter, days_after: int) -> datetime:
    """From when on its draft is to be made: so many days after its end, at midnight in London."""
    return london_midnight(quarter.ends_on + timedelta(days=days_after))


def draft_wanted(now: datetime, days_after: int) -> Quarter | None:
    """The quarter that is to have a draft now, if its day has come. Only the last one: older ones had their time."""
    last = quarter_of(now).previous
    return last if due_at(last, days_after) <= now else None


def next_draft(now: datetime, days_after: int) -> tuple[Quarter, datetime]:
    """The next quarter whose day is still to come."""
    quarter = quarter_of(now).previous
    while due_at(quarter, days_after) <= now:
        quarter = quarter.next
    return quarter, due_at(quarter, days_after)


def key_of(quarter: Quarter) -> str:
    return f"paper/draft/{quarter}"


def drafts_told(ledger: Ledger, quarters: Sequence[Quarter]) -> dict[Quarter, datetime]:
    """Of these quarters, those that have a draft, and since when. LedgerError, SQLAlchemyError."""
    found: dict[Quarter, datetime] = {}
    for quarter in quarters:
        for at, message in ledger.told(f"{PAPER}{quarter}"):
            if message.key == key_of(quarter):
                found.setdefault(quarter, at)
    return found


# ---------------------------------------------------------------- making them
@dataclass(slots=True)
class DraftStats:
    """Numbers for the metrics."""

    last_at: datetime | None = None  # when the last draft was there
    failures: int = 0  # tries
    failing: bool = False  # whether the last try failed


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a try. `at`: since when there is a draft, None where none is needed."""

    outcome: Literal["made", "there already", "not needed"]
    at: datetime | None = None


class Drafts:
    """See the module's docstring. `steady`: a clock that nobody sets, so that a step of the other delays nothing."""

    def __init__(
        self, ledger: Ledger, estates: Estates, settings: Callable[[], Settings], channels: Sequence[str],
        takes: Mapping[str, Callable[[Message], bool]] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), steady: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._ledger, self._estates, self._settings = ledger, estates, settings
        self._channels, self._takes = channels, takes or {}
        self._clock, self._steady = clock, steady
        self._done: Quarter | None = None  # the last quarter of which nothing more is to be done
        self._not_before = float("-inf")
        self.stats = DraftStats()

    @property
    def folder(self) -> Path:
        return self._settings().state_directory / "papers"

    async def mind(self) -> None:
        """Make the draft that is due, if there is one; costs a comparison as long as there is none."""
        wanted = self._settings().papers
        now = self._clock()
        quarter = draft_wanted(now, wanted.days_after) if wanted.drafts else None
        if quarter is None or quarter == self._done or self._steady() < self._not_before:
            return
        self._not_before = self._steady() + AGAIN_SECONDS  # also where the try ends in a way that nobody thought of
        try:
            made = await asyncio.to_thread(self._make, quarter, now)
        except TROUBLE as problem:
            self.stats.failures += 1
            self.stats.failing = True
            words = _words_of(problem)
            log.error("the draft of the paper of %s was not made, and is tried again in an hour: %s", quarter, words)
            await asyncio.to_thread(self._tell_failure, quarter, words)
            return
        self._done, self._not_before, self.stats.failing = quarter, float("-inf"), False
        if made.at is not None:
            self.stats.last_at = made.at
        if made.outcome == "made":
            log.info("the draft of the paper of %s is in %s", quarter, self.folder)

    def _make(self, quarter: Quarter, now: datetime) -> Made:
        """Blocking, and long in a large estate."""
        ledger = self._ledger
        if told := drafts_told(ledger, [quarter]):
            return Made("there already", told[quarter])
        if any(closing.period == str(quarter) for closing in ledger.closings()):
            return Made("not needed")
        settings = self._settings()
        notices = load_notices(settings.notices)
        sources = sources_of(ledger, self._estates.estate, notices, quarter, now)
        if not sources.book.watched(Period(quarter.began_at, quarter.ends_at)):
            return Made("not needed")
        paper = quarter_paper(sources, quarter, now)
        forms = tuple(Form(name) for name in settings.papers.forms) or ALL
        written: list[Path] = []
        for name in settings.papers.editions:
            written += write(paper, stem_of(sources, quarter), Edition(name), self.folder, forms)
        text = (
            f"The draft for {quarter.title} is in {self.folder}: {count(len(written), 'file')} of the "
            f"{listed(list(settings.papers.editions))} edition. Give causes and statements, enter maintenance that is "
            f"missing, then close the quarter: hartwatch period close {quarter}"
        )
        self._tell(quarter, f"A draft of the paper for {quarter} is there", text, key_of(quarter), now)
        return Made("made", now)

    def _tell(self, quarter: Quarter, title: str, text: str, key: str, now: datetime) -> None:
        """Durable when this returns; a channel gets a key once."""
        messages = (
            Message(channel, f"{PAPER}{quarter}", "warning", title, text, now, key, "paper")
            for channel in self._channels
        )
        # The log takes everything, so that there is always one message, which is the mark.
        taken = tuple(m for m in messages if m.channel not in self._takes or self._takes[m.channel](m))
        self._ledger.record(Facts(messages=taken)).result(PATIENCE)

    def _tell_failure(self, quarter: Quarter, words: str) -> None:
        title = f"The draft of the paper for {quarter} cannot be made"
        text = f"{words[:1].upper()}{words[1:]}. It is tried again every hour, and the log says how that goes."
        try:
            self._tell(quarter, title, text, f"paper/failed/{quarter}", self._clock())
        except TROUBLE as problem:
            log.error("nobody could be told of it: %s", _words_of(problem))


def _words_of(problem: BaseException) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        place = f" ({problem.filename})" if problem.filename else ""
        return problem.strerror.lower() + place
    return str(problem).strip().split("\n", 1)[0] or type(problem).__name__
