"""The channels of the settings, made: secrets followed, filters, what an Alertmanager is to be sent.

telling = Telling.of(settings, Secrets(), ledger, estates, plan, page)      ChannelsInvalid says which, and why
telling.channels, telling.takes                                             for the sender, and for who is told
await telling.refresh()                                                     every few seconds
test_channel(name, channel, Secrets()) -> [(where, problem or None)]        for `hartwatch channels test`
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from agent.alerts import Channel, LogChannel, Takes, TellError, WebhookChannel
from agent.alerts.alertmanager import Alertmanager
from agent.alerts.alertmanager_channel import AlertmanagerChannel, Sources
from agent.alerts.apprise_channel import AppriseChannel
from agent.alerts.silences import DAYS, Silence, author_of, wanted_silences
from agent.alerts.standing import takes
from agent.channel_settings import LOG, ChannelSettings
from agent.config import Settings
from agent.credentials import SecretMissing, Secrets
from agent.estates import Estates
from agent.facts import Message
from agent.inventory.values import SECRET_SOURCES
from agent.ledger import Ledger
from agent.maintenance import Plan

log = logging.getLogger(__name__)

EVER = datetime(2000, 1, 1, tzinfo=UTC)
TEST_STANDS = timedelta(minutes=5)


class ChannelsInvalid(Exception):
    """A channel cannot be made; `str()` says in one line which and why, and never its address."""


def _no_paper(decide: Takes, message: Message) -> bool:
    """An Alertmanager takes what stands and can end: that a paper was written is nothing to page anybody for."""
    return message.kind != "paper" and decide(message)


@dataclass(slots=True)
class Telling:
    """See the module's docstring. `refreshed`: the channels that are to be refreshed, by name."""

    channels: dict[str, Channel] = field(default_factory=lambda: {LOG: LogChannel()})
    takes: dict[str, Takes] = field(default_factory=dict)
    refreshed: dict[str, AlertmanagerChannel] = field(default_factory=dict)

    @classmethod
    def of(
        cls, settings: Settings, secrets: Secrets, ledger: Ledger, estates: Estates, plan: Callable[[], Plan], page: str
    ) -> Telling:  # fmt: skip
        """Blocking: secrets are read."""
        made = cls()

        def council(subject: str) -> str:
            place = estates.places.get(subject)
            return place.council if place is not None else ""

        for name, channel in settings.channels.items():
            unknown = [council for council in channel.councils if council not in estates.estate.councils]
            if unknown:
                raise ChannelsInvalid(f"channels.{name}.councils: the inventory has no council {unknown[0]!r}")
            decide = takes(channel.least, channel.topics, channel.councils, council)
            made.takes[name] = partial(_no_paper, decide) if channel.kind == "alertmanager" else decide
            if channel.kind != "alertmanager":
                made.channels[name] = _plain_channel(name, channel, secrets)
                continue

            def history(after: UUID | None) -> tuple[Sequence[Message], UUID | None]:
                # What the log was told is everything, also of the time before this channel was there.
                rows, last = ledger.told_after(after, EVER, LOG)
                return [message for _, message in rows], last

            def silences(now: datetime) -> Sequence[Silence]:
                return wanted_silences(plan().next_times(now, DAYS), estates.topology)

            sources = Sources(
                history,
                decide,
                lambda: estates.places,
                page,
                author_of(settings.agent_name),
                silences if channel.silences else None,
            )
            cluster = AlertmanagerChannel(
                name, _peers(name, channel, secrets), sources, holds=channel.holds,
                hardware_stands=channel.hardware_stands,
            )  # fmt: skip
            made.channels[name] = made.refreshed[name] = cluster
        return made

    async def refresh(self) -> None:
        """Side by side: one that does not answer delays no other."""
        await asyncio.gather(*(channel.refresh() for channel in self.refreshed.values()))


# ---------------------------------------------------------------- one channel
def _urls(name: str, channel: ChannelSettings, secrets: Secrets) -> list[str]:
    try:
        return [
            secrets.resolve(url).get_secret_value() if url.partition(":")[0] in SECRET_SOURCES else url
            for url in channel.urls
        ]
    except SecretMissing as problem:
        raise ChannelsInvalid(f"channels.{name}.urls: {problem}") from None


def _peers(name: str, channel: ChannelSettings, secrets: Secrets) -> list[Alertmanager]:
    try:
        return [
            Alertmanager(url, timeout_seconds=channel.timeout.total_seconds()) for url in _urls(name, channel, secrets)
        ]
    except ValueError as problem:
        raise ChannelsInvalid(f"channels.{name}.urls: {problem}") from None


def _plain_channel(name: str, channel: ChannelSettings, secrets: Secrets) -> Channel:
    urls, seconds = _urls(name, channel, secrets), channel.timeout.total_seconds()
    if channel.kind == "webhook":
        if len(urls) > 1:
            raise ChannelsInvalid(f"channels.{name}.urls: a webhook has one address; make a channel of each")
        return WebhookChannel(urls[0], timeout_seconds=seconds)
    try:
        return AppriseChannel(urls, timeout_seconds=seconds)
    except ValueError as problem:
        raise ChannelsInvalid(f"channels.{name}.urls: {problem}") from None


def check_channel(name: str, channel: ChannelSettings, secrets: Secrets) -> None:
    """ChannelsInvalid where it cannot be made. Nothing is sent."""
    if channel.kind == "alertmanager":
        _peers(name, channel, secrets)
    else:
        _plain_channel(name, channel, secrets)


async def test_channel(name: str, channel: ChannelSettings, secrets: Secrets) -> list[tuple[str, TellError | None]]:
    """Tell everybody that this is a test; what became of it by address, without what is secret of it."""
    now = datetime.now(UTC)
    title, text = (
        "Hartwatch can tell you",
        f"This is a test of the channel {name}. Nothing is wrong, nothing is to be done.",
    )
    found: list[tuple[str, TellError | None]] = []
    if channel.kind != "alertmanager":
        try:
            await _plain_channel(name, channel, secrets).tell(
                Message(name, "test:channel", "warning", title, text, now)
            )
        except TellError as problem:
            return [(channel.kind, problem)]
        return [(channel.kind, None)]
    labels = {"alertname": "HartwatchTest", "source": "hartwatch", "subject": "test:channel", "severity": "warning",
              "team": "infrastructure", "topic": "agent"}  # fmt: skip
    body = {
        "labels": labels, "annotations": {"summary": title, "description": text},
        "startsAt": now.isoformat(), "endsAt": (now + TEST_STANDS).isoformat(),
    }  # fmt: skip
    for peer in _peers(name, channel, secrets):
        try:
            await peer.post_alerts([body])
            found.append((peer.name, None))
        except TellError as problem:
            found.append((peer.name, problem))
    return found
