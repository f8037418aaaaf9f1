"""What the ledger says, for the readers: held between readings, so that no page and no scrape asks a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from agent.estates import Estates
from agent.facts import Flip, Outage
from agent.ledger import Ledger, LedgerError
from agent.outages import Period, outages_of
from agent.view import Piece, pieces_of

log = logging.getLogger(__name__)

SHOWN_DAYS = 90  # of ended outages on the pages
HOLD_SECONDS = 5.0
LAST_SEEN_HOLDS_SECONDS = 1800.0
REGISTER_WAIT_SECONDS = 1.0
REGISTER_SHARE = 9.0  # times as long as it took, until the register is read again


class LedgerAnswers:
    """What readers ask of the ledger, read in threads: outages every few seconds, the register as often as it allows.

    The register of eleven thousand devices takes ten seconds of a core to read and judge. So it is read only when it
    has changed, for a tenth of the time at most, and who asks meanwhile gets what is known.
    """

    def __init__(self, ledger: Ledger, estates: Estates) -> None:
        self._ledger, self._estates = ledger, estates
        self.outages: list[Outage] = []
        self.pieces: list[Piece] = []
        self.octets: int | None = None
        self._flips: list[Flip] = []
        self._last: dict[str, int] = {}  # source > number of its last flip that was read
        self.register_revision: tuple[object, ...] | None = None  # what the pieces were made of
        self._outages_at = self._register_at = float("-inf")  # when they may be read again
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def fresh(self) -> None:
        """Read anew what is old. All who ask meanwhile wait for the same answer, and for the register not long."""
        outages = self._going_on("outages", self._outages_at, self._read_outages)
        register = self._going_on("register", self._register_at, self._read_register)
        if outages is not None:
            await asyncio.shield(outages)
        if register is not None:
            await asyncio.wait([register], timeout=REGISTER_WAIT_SECONDS)

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

    def _read_outages(self) -> None:
        try:
            new = self._ledger.flips(after=self._last)
            if new:
                self._flips = sorted(self._flips + new, key=lambda flip: (flip.source, flip.sequence))
                self._last |= {flip.source: flip.sequence for flip in new}
                self.outages = outages_of(self._flips)
            self.octets = self._ledger.octets()
        finally:
            self._outages_at = monotonic() + HOLD_SECONDS

    def _read_register(self) -> None:
        began, today = monotonic(), datetime.now(UTC).date()
        # When hardware was last seen changes every few minutes, and alone is not worth reading all of it again.
        seen = began // LAST_SEEN_HOLDS_SECONDS
        revision = self._ledger.stats.sightings_total, self._estates.loaded_at, today, seen
        try:
            if revision != self.register_revision:
                self.pieces = pieces_of(self._ledger.assets(), self._estates.estate, today)
                self.register_revision = revision
        finally:
            took = monotonic() - began
            self._register_at = monotonic() + max(HOLD_SECONDS, REGISTER_SHARE * took)

    def shown(self, now: datetime) -> list[Outage]:
        window = Period(now - timedelta(days=SHOWN_DAYS), now)
        return [o for o in self.outages if o.ended_at is None or o.ended_at > window.began_at]
