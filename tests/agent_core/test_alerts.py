"""Telling people: claimed once, tried again, given up loudly. What is worth telling: test_telling.py."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from agent.alerts import TRIES, LogChannel, Sender, TellError, WebhookChannel
from agent.facts import Facts, Message
from agent.ledger import Ledger
from tests.agent_core.making import at

SECRET = "https://desk.invalid/hooks/s3cret"


# ---------------------------------------------------------------- sending
class Now:
    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


class Channel:
    def __init__(self, *problems: TellError) -> None:
        self.problems = list(problems)
        self.told: list[Message] = []

    async def tell(self, message: Message) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.told.append(message)


@pytest.fixture
def book(tmp_path: Path, opened: Callable[..., Ledger]) -> Ledger:
    ledger = opened(tmp_path / "ledger.db")
    messages = tuple(Message("desk", "device:sw", "critical", f"title {n}", "text", at(n)) for n in range(3))
    ledger.record(Facts(messages=messages)).result(10)
    return ledger


async def test_every_message_is_told_once_however_many_senders_there_are(book: Ledger) -> None:
    channel = Channel()
    senders = [Sender(book.outbox, {"desk": channel}) for _ in range(3)]
    assert [await sender.send_due() for sender in senders] == [3, 0, 0]
    assert [m.title for m in channel.told] == ["title 0", "title 1", "title 2"]
    assert book.outbox.waiting() == 0


async def test_a_channel_in_trouble_is_tried_again_after_longer_and_longer_pauses_and_in_order(book: Ledger) -> None:
    now, channel = Now(), Channel(TellError("busy"), TellError("busy"))
    now.at += timedelta(seconds=1)
    sender = Sender(book.outbox, {"desk": channel}, now)
    assert await sender.send_due() == 0
    assert await sender.send_due() == 0
    now.at += timedelta(seconds=16)
    assert await sender.send_due() == 0
    now.at += timedelta(seconds=16)
    assert await sender.send_due() == 0, "the second pause is longer"
    now.at += timedelta(seconds=16)
    assert await sender.send_due() == 3
    assert [m.title for m in channel.told] == ["title 0", "title 1", "title 2"]
    assert sender.stats.failed_total == 2
    assert sender.stats.of("desk").waiting == 3, "as of when it last looked"


async def test_what_was_refused_is_given_up_loudly_and_the_others_are_told(
    book: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    channel = Channel(TellError("400", permanent=True))
    sender = Sender(book.outbox, {"desk": channel})
    assert await sender.send_due() == 2
    assert sender.stats.given_up_total == 1
    assert book.outbox.waiting() == 0
    assert "nobody was told over desk: title 0" in caplog.text


async def test_a_channel_that_is_away_for_hours_is_told_everything_in_order_afterwards(book: Ledger) -> None:
    now, channel = Now(), Channel(*(TellError("away") for _ in range(60)))
    sender = Sender(book.outbox, {"desk": channel}, now)
    for _ in range(20):
        now.at += timedelta(minutes=20)
        await sender.send_due()
    channel.problems.clear()
    now.at += timedelta(minutes=20)
    assert await sender.send_due() == 3
    assert [m.title for m in channel.told] == ["title 0", "title 1", "title 2"]
    assert sender.stats.given_up_total == 0


async def test_a_message_that_alone_cannot_be_told_keeps_the_others_waiting_only_so_long(
    book: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    class Picky(Channel):
        async def tell(self, message: Message) -> None:
            if message.title == "title 0":
                raise TellError("500")
            await super().tell(message)

    now, channel = Now(), Picky()
    sender = Sender(book.outbox, {"desk": channel}, now)
    for _ in range(TRIES - 1):
        now.at += timedelta(minutes=20)
        assert await sender.send_due() == 0
    now.at += timedelta(minutes=20)
    assert await sender.send_due() == 2
    assert sender.stats.given_up_total == 1
    assert "nobody was told over desk: title 0" in caplog.text


async def test_what_could_not_be_told_for_a_day_is_no_alert_any_more(book: Ledger) -> None:
    now = Now()
    sender = Sender(book.outbox, {"desk": Channel(*(TellError("away") for _ in range(9)))}, now)
    now.at += timedelta(hours=25)
    for _ in range(3):
        await sender.send_due()
    assert sender.stats.given_up_total == 3
    assert book.outbox.waiting() == 0


async def test_a_channel_that_is_slow_delays_no_other(book: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.alerts.sender.WAIT_SECONDS", 0.5)
    book.record(Facts(messages=(Message("log", "device:sw", "critical", "other", "text", at(9)),))).result(10)
    going_on = asyncio.Event()

    class Slow(Channel):
        async def tell(self, message: Message) -> None:
            await going_on.wait()
            await super().tell(message)

    slow, quick = Slow(), Channel()
    sender = Sender(book.outbox, {"desk": slow, "log": quick})
    while not quick.told:
        await sender.send_due()
    assert slow.told == []
    going_on.set()
    while len(slow.told) < 3:
        await sender.send_due()
    assert [m.title for m in slow.told] == ["title 0", "title 1", "title 2"], "each once"


async def test_a_message_for_a_channel_that_is_not_there_is_given_up(book: Ledger) -> None:
    sender = Sender(book.outbox, {})
    await sender.send_due()
    assert sender.stats.given_up_total == 3


async def test_a_ledger_in_trouble_makes_messages_wait(
    book: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import sqlite3

    import sqlalchemy as sa

    channel = Channel()

    def locked(*_: object) -> None:
        raise sa.exc.OperationalError("BEGIN", None, sqlite3.OperationalError("database is locked"))

    with monkeypatch.context() as patched:
        patched.setattr(book._store.writer, "begin", locked)
        assert await Sender(book.outbox, {"desk": channel}).send_due() == 0
    assert "messages wait: database is locked" in caplog.text
    assert await Sender(book.outbox, {"desk": channel}).send_due() == 3


# ---------------------------------------------------------------- channels
MESSAGE = Message("desk", "device:sw", "critical", "device sw is down", "Down since ...", at(0))


async def test_a_webhook_is_posted_the_message_as_json() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    await WebhookChannel(SECRET, transport=httpx.MockTransport(answer)).tell(MESSAGE)
    assert json.loads(seen[0].content) == {
        "subject": "device:sw", "level": "critical", "title": "device sw is down", "text": "Down since ...",
        "at": "2026-11-02T09:00:00+00:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (503, False), (429, False), (408, False), (404, True), (400, True)]
)
async def test_a_webhook_that_refuses_says_whether_trying_again_helps(status: int, permanent: bool) -> None:
    channel = WebhookChannel(SECRET, transport=httpx.MockTransport(lambda _: httpx.Response(status)))
    with pytest.raises(TellError) as problem:
        await channel.tell(MESSAGE)
    assert problem.value.permanent is permanent


async def test_a_webhook_that_does_not_answer_is_tried_again_and_its_address_is_never_shown() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    channel = WebhookChannel(SECRET, transport=httpx.MockTransport(answer))
    with pytest.raises(TellError) as problem:
        await channel.tell(MESSAGE)
    assert not problem.value.permanent
    assert "s3cret" not in f"{problem.value} {channel!r}"


async def test_the_log_channel_tells_at_the_level_of_the_message(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await LogChannel().tell(MESSAGE)
    assert [(r.name, r.levelno, r.message) for r in caplog.records] == [
        ("agent.told", logging.ERROR, "device sw is down. Down since ...")
    ]
