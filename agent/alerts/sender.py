"""Emptying the ledger's outbox: messages are claimed, told and marked; trying ends after TRIES attempts, loudly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.alerts.channels import Channel, TellError
from agent.ledger import LedgerError, Outbox, Pending

log = logging.getLogger("agent.alerts")

TRIES = 8
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(slots=True)
class SenderStats:
    """Numbers for the metrics."""

    sent_total: int = 0
    failed_total: int = 0  # attempts
    given_up_total: int = 0  # messages nobody was told


class Sender:
    """Empties the outbox. Several may run, also in several processes: none sends what another has claimed."""

    def __init__(
        self, outbox: Outbox, channels: Mapping[str, Channel], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._outbox, self._channels, self._clock = outbox, channels, clock
        self.stats = SenderStats()

    async def send_due(self) -> int:
        """Tell everything that is due; answers how many messages were told. A ledger in trouble is waited for."""
        try:
            claimed = await asyncio.to_thread(self._outbox.claim, self._clock())
            told = [await self._send(pending) for pending in claimed]
        except LedgerError as problem:
            log.warning("messages wait: %s", problem)
            return 0
        return sum(told)

    async def _send(self, pending: Pending) -> bool:
        channel = self._channels.get(pending.message.channel)
        try:
            if channel is None:
                raise TellError(f"no channel is named {pending.message.channel}", permanent=True)
            await channel.tell(pending.message)
        except TellError as problem:
            await self._put_back(pending, problem)
            return False
        await asyncio.to_thread(self._outbox.sent, pending, self._clock())
        self.stats.sent_total += 1
        return True

    async def _put_back(self, pending: Pending, problem: TellError) -> None:
        now = self._clock()
        self.stats.failed_total += 1
        last = problem.permanent or pending.attempts + 1 >= TRIES
        if last:
            self.stats.given_up_total += 1
            log.error("nobody was told over %s: %s (%s)", pending.message.channel, pending.message.title, problem)
        again_at = None if last else now + min(FIRST_PAUSE * 2**pending.attempts, LONGEST_PAUSE)
        await asyncio.to_thread(self._outbox.failed, pending, str(problem), again_at, now)
