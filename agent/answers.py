"""What the ledger says, for the readers: held between readings, so that no page and no scrape asks a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from agent.accounting.availability import Book, Figures, terms_of
from agent.accounting.periods import Period
from agent.accounting.running import Running, running_of
from agent.calendar_uk import FinancialYear, quarter_of
from agent.estates import Estates
from agent.facts import Message, Note, Outage, Window
from agent.hardware.dossier import Past
from agent.hardware.opened import open_register
from agent.hardware.register import Piece
from agent.ledger import Ledger, LedgerError
from agent.lifecycle.notices import Notices
from agent.lifecycle.roll import events_of
from agent.maintenance import Plan, maintained_with
from agent.outage_figures import History
from agent.programme import Programme, programme_of, terms_from
from agent.words import LONDON

log = logging.getLogger(__name__)

SHOWN_DAYS = 90  # of ended outages on the pages
HOLD_SECONDS = 5.0
HOLD = timedelta(seconds=HOLD_SECONDS)
LAST_SEEN_HOLDS_SECONDS = 1800.0
REGISTER_WAIT_SECONDS = 1.0
SHARE = 9.0  # times as long as it took, until the register or the quarter is read again
QUARTER_HOLDS_SECONDS = 60.0
COMMAND = "-command"  # how the sources of what commands write end
COUNTED = ("service:", "site:", "link:")  # subjects whose quarter is worked out again and again


class LedgerAnswers:
    """What readers ask of the ledger, read in threads: outages every few seconds, the register as often as it allows.

    The register of eleven thousand devices takes ten seconds of a core to read and judge. So it is read only when it
    has changed, for a tenth of the time at most, and who asks meanwhile gets what is known.
    """

    def __init__(
        self, ledger: Ledger, estates: Estates, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        notices: Callable[[], Notices] = Notices,
    ) -> None:  # fmt: skip
        self._ledger, self._estates, self._clock, self._notices = ledger, estates, clock, notices
        self.book = Book.of((), ())
        self.notes: Sequence[Note] = ()
        self.windows: Sequence[Window] = ()
        self.plan = Plan.of(())
        self.outages: list[Outage] = []
        self.history = History()
        self._summed_up: tuple[object, ...] | None = None  # what the history was made of
        self.outages_revision = 0  # grows whenever flips, notes or windows have come
        self._running: list[Running] = []
        self._running_at: datetime | None = None
        self._running_of = -1  # the revision they were worked out from
        self._running_rests = timedelta(0)
        self.quarter: list[Figures] = []  # of services, sites and links, up to now
        self.closed: dict[str, datetime] = {}  # quarter > when its figures were frozen
        self.pieces: list[Piece] = []
        self.programme: Programme | None = None  # from this financial year on, as the inventory's terms have it
        self.octets: int | None = None
        self.told: dict[str, list[tuple[datetime, Message]]] = {}  # subject > when people were told what of it
        self._last_told: UUID | None = None
        self._last: dict[str, int] = {}  # source > number of its last flip that was read
        self._head: dict[str, int] | None = None  # as it was when the outages were read
        self.register_revision: tuple[object, ...] | None = None  # what the pieces were made of
        self.register_day: date | None = None  # the day in London that their stages are of
        self._outages_at = self._register_at = self._quarter_at = float("-inf")  # when they may be read again
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._past = asyncio.Lock()

    async def fresh(self) -> None:
        """Read anew what is old. All who ask meanwhile wait for the same answer, and for the register not long."""
        outages = self._going_on("outages", self._outages_at, self.read_outages)
        register = self._going_on("register", self._register_at, self._read_register)
        if outages is not None:
            await asyncio.shield(outages)
        self._going_on("quarter", self._quarter_at, self._work_out_quarter)
        if register is not None:
            await asyncio.wait([register], timeout=REGISTER_WAIT_SECONDS)

    async def anew(self) -> None:
        """Outages, notes and windows as they are on record now: for who is about to write, or has just written."""
        begun = self._reading.get("outages")
        if begun is not None and not begun.done():  # it may have begun before what is looked for was written
            await asyncio.wait([begun])
        going = self._going_on("outages", float("-inf"), self.read_outages)
        if going is not None:
            await asyncio.shield(going)

    def _going_on(self, what: str, due: float, read: Callable[[], None]) -> asyncio.Task[None] | None:
        """The reading that goes on, or begins because it is due; None where what is known is good enough."""
        task = self._reading.get(what)
        if task is not None and not task.done():
            return task
        if monotonic() < due:
            return None
        self._reading[what] = asyncio.create_task(self._read(read))
        return self._reading[what]

    async def _read(self, read: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(read)
        except (LedgerError, SQLAlchemyError) as problem:
            log.warning("the pages show what the ledger said last: %s", problem)

    def read_outages(self) -> None:
        """Blocking: what has come since; `fresh` calls it in a thread, and the start of the agent once by itself."""
        try:
            head = self._ledger.head()
            if head != self._head:
                new = self._ledger.flips(after=self._last)
                notes, windows = self._ledger.notes(), self._ledger.windows()
                if new or notes != self.notes or windows != self.windows:
                    plan = Plan.of(windows) if windows != self.windows else self.plan
                    self.book = self.book.grown(new, self._ledger.watches(), notes, plan.planned)
                    self.notes, self.windows, self.plan = notes, windows, plan
                    self._last |= {flip.source: flip.sequence for flip in new}
                    self.outages = self.book.outages(now=self._clock())
                    self.outages_revision += 1
                self.closed = self._ledger.closed()
                self._head = head
            self._read_told()
            self._sum_up()
            self.octets = self._ledger.octets()
        finally:
            self._outages_at = monotonic() + HOLD_SECONDS

    def _read_told(self) -> None:
        """What was told since: reminders come without anything else being recorded."""
        since = self._clock() - timedelta(days=SHOWN_DAYS)
        rows, self._last_told = self._ledger.told_after(self._last_told, since)
        for at, message in rows:
            self.told.setdefault(message.subject, []).append((at, message))

    def _sum_up(self) -> None:
        """Anew when something has come, or other service hours were agreed: in this thread, because of fifty thousand
        outages it takes seconds the first time."""
        revision = self.outages_revision, self._estates.loaded_at
        if revision != self._summed_up:
            self.history = History.of(self.outages, self.notes, self._estates.estate, self.history)
            self._summed_up = revision

    def _work_out_quarter(self) -> None:
        began, now = monotonic(), self._clock()
        quarter = quarter_of(now)
        window = Period(quarter.began_at, quarter.ends_at)
        estate = self._estates.estate
        book = self.book.grown((), self._ledger.watches(), self.notes, self.plan.planned)
        subjects = [subject for subject in book.subjects() if subject.startswith(COUNTED)]
        try:
            self.quarter = [book.figures(subject, window, terms_of(estate, subject), now) for subject in subjects]
        finally:
            self._quarter_at = monotonic() + max(QUARTER_HOLDS_SECONDS, SHARE * (monotonic() - began))

    def _read_register(self) -> None:
        began, today = monotonic(), self._clock().astimezone(LONDON).date()
        # When hardware was last seen changes every few minutes, and alone is not worth reading all of it again.
        seen = began // LAST_SEEN_HOLDS_SECONDS
        try:
            # Purchase records come from commands beside the agent, which write under a name of their own.
            said = tuple(entry for entry in self._ledger.head().items() if entry[0].endswith(COMMAND))
            notices = self._notices()
            revision = self._ledger.stats.sightings_total, self._estates.loaded_at, today, seen, said, notices
            if revision != self.register_revision:
                estate = self._estates.estate
                self.pieces = open_register(self._ledger, estate, notices, today)
                terms = terms_from(estate, FinancialYear.of(today))
                self.programme = programme_of(self.pieces, terms, (), self._clock(), slip=False)
                self.register_day = today
                self.register_revision = revision  # last: who sees the new one sees what it stands for
        finally:
            self._register_at = monotonic() + max(HOLD_SECONDS, SHARE * (monotonic() - began))

    async def past(self, key: str) -> Past:
        """What happened to one piece of hardware, by its key. It is asked for by people: one after the other."""
        async with self._past:
            try:
                return await asyncio.to_thread(self._read_past, key)
            except (LedgerError, SQLAlchemyError) as problem:
                log.warning("the page of a piece of hardware lacks what happened to it: %s", problem)
                return Past()

    def _read_past(self, key: str) -> Past:
        events = events_of(key, self._ledger.hardware(key))
        return Past(events, self._ledger.purchases(), self._ledger.milestones())

    def running(self, now: datetime) -> list[Running]:
        """Open outages that are a cause, with their fix clocks and who has them; seconds old, where there are many.

        Of five thousand outages that are open at once the clocks take more than a second: a tenth of the time at most
        is spent on them.
        """
        age = now - self._running_at if self._running_at is not None else None
        changed = self._running_of != self.outages_revision
        if age is None or age < timedelta(0) or (age >= self._running_rests and (changed or age >= HOLD)):
            began = monotonic()
            self._running = running_of(self.outages, self.notes, self.plan.planned, self._estates.estate, now)
            self._running_at, self._running_of = now, self.outages_revision
            self._running_rests = timedelta(seconds=SHARE * (monotonic() - began))
        return self._running

    def planned(self, subject: str, at: datetime) -> bool:
        """Whether a subject is in planned maintenance."""
        return self.plan.covering(maintained_with(subject), at) is not None

    def shown(self, now: datetime) -> list[Outage]:
        window = Period(now - timedelta(days=SHOWN_DAYS), now)
        return [o for o in self.outages if o.ended_at is None or o.ended_at > window.began_at]
