"""What a quarter amounts to, for the pages: of a closed one what it was closed with, of another what is known now.

    quarters = Quarters(ledger, estates, answers)
    told = await quarters.of(Quarter.parse("2026-Q2"))          Told

A closed quarter of a large estate takes seconds to compare with what is known now. So it is worked out beside the loop,
one after the other, and kept until the ledger has said something else; who asks meanwhile gets what was known last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from agent.accounting.availability import terms_of
from agent.accounting.closing import frozen_of
from agent.accounting.periods import Period
from agent.accounting.restating import restatements
from agent.accounting.told import Told, line_of
from agent.answers import COUNTED, SHARE, LedgerAnswers
from agent.calendar_uk import Quarter, quarter_of
from agent.estates import Estates
from agent.inventory import Estate
from agent.ledger import Ledger, LedgerError

log = logging.getLogger(__name__)

KEPT = 12  # quarters
MOST = 60  # quarters that can be chosen; fifteen years
LEAST_SECONDS = 20.0  # until a quarter is worked out again
WAIT_SECONDS = 0.3  # for what is newer, where there is something older


@dataclass(slots=True)
class _Kept:
    told: Told
    of: tuple[object, ...]  # what it was made of
    good_until: float


class Quarters:
    """See the module's docstring."""

    def __init__(
        self, ledger: Ledger, estates: Estates, answers: LedgerAnswers,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._ledger, self._estates, self._answers, self._clock = ledger, estates, answers, clock
        self._kept: dict[Quarter, _Kept] = {}
        self._going: dict[Quarter, asyncio.Task[Told]] = {}
        self._one = asyncio.Lock()  # people ask: one after the other

    async def of(self, quarter: Quarter) -> Told:
        kept = self._kept.get(quarter)
        if kept is not None and (monotonic() < kept.good_until or kept.of == self._made_of(quarter)):
            return kept.told
        task = self._going.get(quarter)
        if task is None or task.done():
            task = self._going[quarter] = asyncio.create_task(self._anew(quarter))
        if kept is None:
            return await asyncio.shield(task)
        await asyncio.wait([task], timeout=WAIT_SECONDS)
        return task.result() if task.done() else kept.told

    def _made_of(self, quarter: Quarter) -> tuple[object, ...]:
        """What changes its figures; of a quarter that is not over they change by themselves."""
        answers = self._answers
        live = monotonic() if self._clock() < quarter.ends_at else 0.0
        return (answers.outages_revision, answers.closed.get(str(quarter)), self._estates.loaded_at, live)

    async def _anew(self, quarter: Quarter) -> Told:
        async with self._one:
            began, made_of = monotonic(), self._made_of(quarter)
            try:
                told = await asyncio.to_thread(self._work_out, quarter)
            except (LedgerError, SQLAlchemyError) as problem:
                log.warning("the availability of %s lacks what the ledger says: %s", quarter, problem)
                kept = self._kept.get(quarter)
                return kept.told if kept is not None else Told(quarter, self._clock(), {})
            finally:
                self._going.pop(quarter, None)
            rests = max(LEAST_SECONDS, SHARE * (monotonic() - began))
            self._kept.pop(quarter, None)
            self._kept[quarter] = _Kept(told, made_of, monotonic() + rests)
            while len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
            return told

    def _work_out(self, quarter: Quarter) -> Told:
        now, answers = self._clock(), self._answers
        watches = self._ledger.watches()
        began = min((watch.began_at for watch in watches), default=now)
        known = [quarter_of(now)]
        while known[-1].began_at > began and len(known) < MOST:
            known.append(known[-1].previous)
        closing = next((c for c in self._ledger.closings() if c.period == str(quarter)), None)
        if closing is not None:
            lines = {s: line for s, line in frozen_of(closing).items() if s.startswith(COUNTED)}
            changes = [change for change in restatements(self._ledger, closing) if change.subject.startswith(COUNTED)]
            return Told(quarter, now, lines, closing.at, closing.author, changes, known)
        estate = self._estates.estate
        book = answers.book.grown((), watches, answers.notes, answers.plan.planned)
        subjects = {s for s in book.subjects() if s.startswith(COUNTED)}
        subjects |= {f"{kind}:{name}" for kind, names in _named(estate) for name in names}
        window = Period(quarter.began_at, quarter.ends_at)
        lines = {s: line_of(book.figures(s, window, terms_of(estate, s), now)) for s in sorted(subjects)}
        return Told(quarter, now, lines, known=known)


def _named(estate: Estate) -> Sequence[tuple[str, Mapping[str, object]]]:
    return [("service", estate.services), ("site", estate.sites), ("link", estate.links)]
