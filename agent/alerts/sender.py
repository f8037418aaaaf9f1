"""Emptying the ledger's outbox: messages are claimed, told and marked, channel by channel and in order.

    sender = Sender(ledger.outbox, {"log": LogChannel(), ...})
    await sender.send_due()          every few seconds; a slow channel goes on by itself and delays no other
    await sender.end()               lets what is being told finish, for a moment

- A channel is told in the order in which things came about: "up again" never overtakes "down". So behind a message that
  could not be told the others of that channel wait.
- A channel that is away is tried again after longer and longer pauses, for PATIENCE. Nothing is lost meanwhile.
- A message that failed TRIES times while the one behind it could be told is at fault itself, and is given up, loudly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent.alerts.channels import Channel, TellError
from agent.ledger import LedgerError, Outbox, Pending

log = logging.getLogger("agent.alerts")

TRIES = 8
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
PATIENCE = timedelta(hours=24)  # with a channel that is away; what is older is no alert any more
WAIT_SECONDS = 5.0  # for slow channels, until the caller goes on without them
END_SECONDS = 3.0


@dataclass(slots=True)
class ChannelStats:
    """Numbers of one channel."""

    sent: int = 0
    failed: int = 0  # attempts
    given_up: int = 0  # messages nobody was told over it
    waiting: int = 0  # as of the last look
    last_sent_at: datetime | None = None
    failing: bool = False


@dataclass(slots=True)
class SenderStats:
    """Numbers for the metrics."""

    channels: dict[str, ChannelStats] = field(default_factory=dict)

    def of(self, channel: str) -> ChannelStats:
        return self.channels.setdefault(channel, ChannelStats())

    @property
    def sent_total(self) -> int:
        return sum(one.sent for one in self.channels.values())

    @property
    def failed_total(self) -> int:
        return sum(one.failed for one in self.channels.values())

    @property
    def given_up_total(self) -> int:
        return sum(one.given_up for one in self.channels.values())


class Sender:
    """Empties the outbox. Several may run, also in several processes: none sends what another has claimed."""

    def __init__(
        self, outbox: Outbox, channels: Mapping[str, Channel], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._outbox, self._channels, self._clock = outbox, channels, clock
        self._going: dict[str, asyncio.Task[int]] = {}
        self.stats = SenderStats({name: ChannelStats() for name in channels})

    async def send_due(self) -> int:
        """Tell everything that is due; answers how many messages were told. A ledger in trouble is waited for."""
        try:
            waiting = await asyncio.to_thread(self._outbox.waiting_by_channel)
        except LedgerError as problem:
            log.warning("messages wait: %s", problem)
            return 0
        for name in {*waiting, *self.stats.channels}:
            self.stats.of(name).waiting = waiting.get(name, 0)
        for name in waiting:
            if name not in self._going or self._going[name].done():
                self._going[name] = asyncio.create_task(self._empty(name))
        if not self._going:
            return 0
        done, _ = await asyncio.wait(self._going.values(), timeout=WAIT_SECONDS)
        self._going = {name: task for name, task in self._going.items() if task not in done}
        return sum(task.result() for task in done)

    async def end(self) -> None:
        """Let what is being told finish, for a moment: what was told and not marked would be told twice."""
        if self._going:
            _, late = await asyncio.wait(self._going.values(), timeout=END_SECONDS)
            for task in late:
                task.cancel()

    async def _empty(self, name: str) -> int:
        """Tell one channel what is due for it; answers how many messages were told."""
        told = 0
        try:
            while claimed := await asyncio.to_thread(self._outbox.claim, name, self._clock()):
                number, goes_on = await self._tell_all(name, claimed)
                told += number
                if not goes_on:
                    break
        except LedgerError as problem:
            log.warning("messages wait: %s", problem)
        return told

    async def _tell_all(self, name: str, claimed: Sequence[Pending]) -> tuple[int, bool]:
        """How many were told, and whether the channel is worth going on with."""
        told, doubted = 0, None
        for number, pending in enumerate(claimed):
            problem = await self._tell(name, pending)
            if problem is None:
                told += 1
                if doubted is not None:  # the channel is well: it is the message
                    await self._give_up(*doubted)
                    doubted = None
            elif problem.permanent:
                await self._give_up(pending, problem)
            elif doubted is None and pending.attempts + 1 >= TRIES and number + 1 < len(claimed):
                doubted = pending, problem
            else:
                for one, why in filter(None, (doubted, (pending, problem))):
                    await self._put_back(one, why)
                for other in claimed[number + 1 :]:
                    await asyncio.to_thread(self._outbox.released, other)
                return told, False
        if doubted is not None:
            await self._put_back(*doubted)
        return told, doubted is None

    async def _tell(self, name: str, pending: Pending) -> TellError | None:
        stats, channel = self.stats.of(name), self._channels.get(name)
        try:
            if channel is None:
                raise TellError(f"no channel is named {name}", permanent=True)
            await channel.tell(pending.message)
        except TellError as problem:
            stats.failed += 1
            if not stats.failing and not problem.permanent:
                log.error("channel %s cannot be told, and is tried again: %s", name, problem)
            stats.failing = not problem.permanent
            return problem
        now = self._clock()
        await asyncio.to_thread(self._outbox.sent, pending, now)
        if stats.failing:
            log.warning("channel %s can be told again", name)
        stats.failing, stats.last_sent_at = False, now
        stats.sent += 1
        return None

    async def _put_back(self, pending: Pending, problem: TellError) -> None:
        now = self._clock()
        if now - pending.recorded_at >= PATIENCE:
            await self._give_up(pending, problem)
            return
        again_at = now + min(FIRST_PAUSE * 2 ** min(pending.attempts, 16), LONGEST_PAUSE)
        await asyncio.to_thread(self._outbox.failed, pending, str(problem), again_at, now)

    async def _give_up(self, pending: Pending, problem: TellError) -> None:
        message = pending.message
        self.stats.of(message.channel).given_up += 1
        log.error("nobody was told over %s: %s (%s)", message.channel, message.title, problem)
        await asyncio.to_thread(self._outbox.failed, pending, str(problem), None, self._clock())
