"""Telling people: what is worth telling, and the senders that empty the ledger's outbox.

    messages_of(changes, channels, board) -> tuple[Message, ...]   pure: one for each cause, none for what it carries
    sender = Sender(ledger.outbox, {"log": LogChannel(), "desk": WebhookChannel("https://...")})
    await sender.send_due()                                 claim, tell, mark; call it every few seconds

A message is in the outbox because it was recorded with what it tells of. It is claimed by one sender, told, and marked;
a channel's failure says whether trying again makes sense. Trying ends after TRIES attempts, loudly.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import httpx

from agent.facts import Change, Message, Standing
from agent.health import Held
from agent.ledger import LedgerError, Outbox, Pending

log = logging.getLogger(__name__)

TRIES = 8
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=15)
LONDON = ZoneInfo("Europe/London")


# ---------------------------------------------------------------- what is worth telling. Pure
def messages_of(
    changes: Iterable[Change], channels: Sequence[str], board: Mapping[str, Held] | None = None
) -> tuple[Message, ...]:
    """Messages for what changed: outages and their ends, once for each channel. `board`: as before the changes.

    What a cause carries down is not told by itself, but for sites and services, which are what people use. Becoming
    BLIND is not told: it is no news about the subject.
    """
    messages = []
    for change in changes:
        level = _level(change, open_outage=bool(board and change.subject in board and board[change.subject].accused))
        if level is not None:
            title, text = _words(change, level)
            messages += [Message(channel, change.subject, level, title, text, change.at) for channel in channels]
    return tuple(messages)


Level = Literal["critical", "warning", "recovered"]


def _level(change: Change, *, open_outage: bool) -> Level | None:
    used_by_people = change.subject.startswith(("site:", "service:"))
    if change.after is Standing.DOWN and change.before is not Standing.DOWN:
        return "critical" if change.cause is None or used_by_people else None
    if change.after is Standing.DEGRADED and change.before in (Standing.UP, Standing.BLIND):
        return "warning" if change.cause is None else None
    if change.after is Standing.UP and (change.before in (Standing.DOWN, Standing.DEGRADED) or open_outage):
        return "recovered"
    return None


def _words(change: Change, level: Level) -> tuple[str, str]:
    kind, _, name = change.subject.partition(":")
    since = change.at.astimezone(LONDON).strftime("%H:%M:%S on %d %B %Y")
    if level == "recovered":
        return f"{kind} {name} is up again", f"Up again since {since}: {change.reason}."
    state = "down" if level == "critical" else "degraded"
    because = f" Carried down by {change.cause}." if change.cause else ""
    return f"{kind} {name} is {state}", f"{state.capitalize()} since {since}: {change.reason}.{because}"


# ---------------------------------------------------------------- channels
class TellError(Exception):
    """A message could not be told. `permanent`: trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Channel(Protocol):
    """One way to tell people; raises TellError."""

    async def tell(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class LogChannel:
    """Tells the log, for an agent whose log is watched, and while nothing else is set up."""

    name: str = "agent.told"

    async def tell(self, message: Message) -> None:
        level = {"critical": logging.ERROR, "warning": logging.WARNING, "recovered": logging.INFO}[message.level]
        logging.getLogger(self.name).log(level, "%s. %s", message.title, message.text)


class WebhookChannel:
    """POSTs each message as JSON: subject, level, title, text, at. The address may be a secret: it is never logged."""

    def __init__(self, url: str, *, timeout_seconds: float = 10.0, transport: httpx.AsyncBaseTransport | None = None):
        self._url, self._timeout, self._transport = url, timeout_seconds, transport

    def __repr__(self) -> str:
        return "WebhookChannel(...)"

    async def tell(self, message: Message) -> None:
        body = {
            "subject": message.subject, "level": message.level, "title": message.title, "text": message.text,
            "at": message.at.astimezone(UTC).isoformat(),
        }  # fmt: skip
        try:
            async with httpx.AsyncClient(timeout=self._timeout, transport=self._transport) as client:
                answer = await client.post(
                    self._url, content=json.dumps(body).encode(), headers={"content-type": "application/json"}
                )
        except httpx.InvalidURL as problem:
            raise TellError("the webhook's address is not a URL", permanent=True) from problem
        except httpx.HTTPError as problem:
            raise TellError(f"no answer from the webhook: {type(problem).__name__}") from problem
        if answer.is_success:
            return
        # 408 and 429 ask for patience; the other 4xx will say the same to the same message for ever.
        permanent = 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)
        raise TellError(f"the webhook answered {answer.status_code}", permanent=permanent)


# ---------------------------------------------------------------- sending
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
