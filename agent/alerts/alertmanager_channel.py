"""The channel to a cluster of Alertmanagers: what stands is sent again and again until it is over.

    channel = AlertmanagerChannel("pager", peers, sources, holds=..., hardware_stands=...)
    await channel.tell(message)        what the outbox does: sends the alerts of the message's subject, now
    await channel.refresh()            every few seconds: sends all that stands, in time, and mirrors maintenance

What stands is read from the ledger (agent.alerts.standing), so a restart sends the same alerts with the same labels,
and a message that could not be sent is made good by the next refresh. Labels decide what people hear, so
to send twice notifies once.

Every peer is sent everything, as Alertmanager wants of a cluster. Silences they tell each other: they are made at the
first peer that answers, and at another one only if they are still missing there a round later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

from agent.alerts.alertmanager import Alertmanager
from agent.alerts.channels import TellError
from agent.alerts.silences import Changes, Silence, changes_of
from agent.alerts.standing import Alert, Standing, posted
from agent.facts import Message
from agent.placing import Place

log = logging.getLogger("agent.alerts")

OFTEN = 60.0  # seconds: what stands is sent again, at most this long after the last time
AGAIN = 15.0  # seconds, after a refresh that reached nobody

History = Callable[[UUID | None], tuple[Sequence[Message], UUID | None]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the channel asks for. `history(after)`: messages in order, those after the last one that was read; blocking.
    `takes`: which of them the channel is for. `silences`: those that are wanted, blocking; None: none are mirrored."""

    history: History
    takes: Callable[[Message], bool]
    places: Callable[[], Mapping[str, Place]]
    page: str  # the agent's own address, for links
    author: str
    silences: Callable[[datetime], Sequence[Silence]] | None = None


@dataclass(slots=True)
class AlertmanagerStats:
    """Numbers for the metrics."""

    alerts: int = 0
    silences: int = 0
    refreshed_at: datetime | None = None
    up: dict[str, bool] = field(default_factory=dict)  # peer > whether it took the last sending


class AlertmanagerChannel:
    """See the module's docstring."""

    def __init__(
        self, name: str, peers: Sequence[Alertmanager], sources: Sources, *, holds: timedelta = timedelta(minutes=15),
        hardware_stands: timedelta = timedelta(days=7), clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._name, self._peers, self._sources, self._holds = name, peers, sources, holds
        self._clock, self._steady = clock, steady
        self._standing = Standing(hardware_stands)
        self._last: UUID | None = None
        self._reading = asyncio.Lock()
        self._due = 0.0
        self._before: dict[str, Changes] = {}  # peer > what was to be changed there in the last round
        self.stats = AlertmanagerStats()

    def __repr__(self) -> str:
        return f"AlertmanagerChannel({self._name}, {', '.join(peer.name for peer in self._peers)})"

    async def tell(self, message: Message) -> None:
        await self._read()
        alerts = self._standing.of(message.subject)
        if alerts:  # else it is a reminder, or is over for so long that nobody needs to hear of it
            await self._send(alerts)

    async def refresh(self) -> None:
        """Send what stands, if it is time; never raises."""
        if self._steady() < self._due:
            return
        self._due = self._steady() + AGAIN
        try:
            await self._read()
            now = self._clock()
            alerts = self._standing.alerts(now, self._holds)
            self.stats.alerts = self._standing.number(now)
            await self._send(alerts)
            await self._mirror(now)
        except TellError as problem:
            log.debug("channel %s is refreshed later: %s", self._name, problem)  # each peer was said already
            return
        except Exception:
            log.exception("channel %s could not be refreshed by a mistake of the program", self._name)
            return
        self.stats.refreshed_at = self._clock()
        self._due = self._steady() + min(OFTEN, self._holds.total_seconds() / 4)

    async def _read(self) -> None:
        """What people were told since."""
        async with self._reading:
            messages, self._last = await asyncio.to_thread(self._sources.history, self._last)
            for message in messages:
                if message.level == "recovered" or self._sources.takes(message):
                    self._standing.take(message)

    async def _send(self, alerts: Sequence[Alert]) -> None:
        """To every peer; TellError where none took them."""
        places, now = self._sources.places(), self._clock()
        bodies = [posted(alert, places, self._sources.page, self._holds, now) for alert in alerts]
        problems = [
            problem
            for problem in await asyncio.gather(*(self._send_to(peer, bodies) for peer in self._peers))
            if problem is not None
        ]
        if len(problems) == len(self._peers):
            permanent = all(problem.permanent for problem in problems)
            raise TellError("; ".join(map(str, problems))[:400], permanent=permanent)

    async def _send_to(self, peer: Alertmanager, bodies: Sequence[dict[str, object]]) -> TellError | None:
        try:
            await peer.post_alerts(list(bodies))
        except TellError as problem:
            self._note(peer, problem)
            return problem
        self._note(peer, None)
        return None

    def _note(self, peer: Alertmanager, problem: TellError | None) -> None:
        was_up = self.stats.up.get(peer.name)
        if problem is not None and was_up is not False:
            log.error("channel %s: an Alertmanager does not take alerts: %s", self._name, problem)
        elif problem is None and was_up is False:
            log.warning("channel %s: the Alertmanager %s takes alerts again", self._name, peer.name)
        self.stats.up[peer.name] = problem is None

    # ------------------------------------------------------------ maintenance
    async def _mirror(self, now: datetime) -> None:
        if self._sources.silences is None:
            return
        wanted = await asyncio.to_thread(self._sources.silences, now)
        self.stats.silences = len(wanted)
        first = True
        for peer in self._peers:
            try:
                changes = changes_of(wanted, await peer.silences(), self._sources.author, now)
                await self._change(peer, changes if first else _both(changes, self._before.get(peer.name, Changes())))
            except TellError as problem:
                log.warning("channel %s: planned maintenance is not mirrored: %s", self._name, problem)
                continue
            self._before[peer.name], first = changes, False

    async def _change(self, peer: Alertmanager, changes: Changes) -> None:
        for body in changes.puts:
            id = await peer.put_silence(body)
            log.info("channel %s: silence %s at %s: %s", self._name, id, peer.name, body["comment"])
        for id in changes.ends:
            await peer.end_silence(id)
            log.info("channel %s: silence %s at %s ended", self._name, id, peer.name)


def _both(now: Changes, before: Changes) -> Changes:
    """What was to be changed a round ago and still is: the peers have not told each other of it."""
    return Changes(
        tuple(body for body in now.puts if body in before.puts), tuple(id for id in now.ends if id in before.ends)
    )
