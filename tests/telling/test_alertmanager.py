"""Against a real Alertmanager: one outage is one notification, whatever happens to who sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx

from agent.alerts import LogChannel, Sender
from agent.alerts.alertmanager import Alertmanager
from agent.alerts.alertmanager_channel import AlertmanagerChannel, Sources
from agent.alerts.silences import Silence, author_of, wanted_silences
from agent.facts import Facts, Message, Window
from agent.ledger import Ledger
from agent.ledger.ids import uuid7
from agent.maintenance import Plan
from agent.placing import Place
from agent.topology import Topology
from tests.telling.conftest import Server, Sink

Opened = Callable[..., Ledger]
PLACES = {"device:sw": Place("device", "sw", "wallfields", "switch", "EHDC")}
AUTHOR = author_of("agent-1")
EVER = datetime(2000, 1, 1, tzinfo=UTC)


class Steady:
    """A clock that a test moves, so that a refresh is due when it wants one."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        self.at += 100.0
        return self.at


def channel_to(
    ledger: Ledger, *urls: str, silences: Callable[[datetime], Sequence[Silence]] | None = None, holds: int = 900,
) -> AlertmanagerChannel:  # fmt: skip
    def history(after: UUID | None) -> tuple[Sequence[Message], UUID | None]:
        rows, last = ledger.told_after(after, EVER, "log")
        return [message for _, message in rows], last

    sources = Sources(history, lambda message: True, lambda: PLACES, "http://hartwatch.example:9640", AUTHOR, silences)
    return AlertmanagerChannel(
        "pager", [Alertmanager(url) for url in urls], sources, holds=timedelta(seconds=holds), steady=Steady()
    )


def told(ledger: Ledger, *messages: Message) -> None:
    both = tuple(replace(message, channel=channel) for message in messages for channel in ("log", "pager"))
    ledger.record(Facts(messages=both)).result(20)


def down(minutes: float = 10, **more: object) -> Message:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    made = Message("", "device:sw", "critical", "device sw is down", "Down since then: no answer.", at)
    return replace(made, **more)  # type: ignore[arg-type]


def up() -> Message:
    return Message("", "device:sw", "recovered", "device sw is up again", "Up again.", datetime.now(UTC))


def sender_of(ledger: Ledger, channel: AlertmanagerChannel) -> Sender:
    return Sender(ledger.outbox, {"log": LogChannel(), "pager": channel})


async def until(happened: Callable[[], object]) -> None:
    for _ in range(600):
        if happened():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come about within a minute")


async def settled() -> None:
    """Several group intervals: what would be notified a second time has been by now."""
    await asyncio.sleep(1.5)


async def test_one_outage_is_one_notification_however_often_it_is_sent_and_its_end_another(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    began = down()
    told(ledger, began)
    channel = channel_to(ledger, alertmanager.url)
    assert await sender_of(ledger, channel).send_due() == 2
    await until(sink.notified)
    for _ in range(3):
        await channel.refresh()
    await settled()
    assert sink.notified() == [("HartwatchOutage", "device:sw")]
    (alert,) = alertmanager.alerts()
    assert alert["labels"] == {
        "alertname": "HartwatchOutage", "source": "hartwatch", "subject": "device:sw", "severity": "critical",
        "team": "service-desk", "topic": "outage", "device": "sw", "site": "wallfields", "class": "switch",
        "council": "EHDC",
    }  # fmt: skip
    assert datetime.fromisoformat(alert["startsAt"]) == began.at.replace(
        microsecond=began.at.microsecond // 1000 * 1000
    )
    assert alert["generatorURL"] == "http://hartwatch.example:9640/devices/sw"
    assert alert["annotations"]["summary"] == "device sw is down"

    told(ledger, up())
    await sender_of(ledger, channel).send_due()
    await until(lambda: sink.notified("resolved"))
    await channel.refresh()
    await settled()
    assert (len(sink.notified()), len(sink.notified("resolved"))) == (1, 1)
    assert channel.stats.alerts == 0


async def test_a_sender_that_is_killed_between_claiming_and_marking_pages_nobody_twice(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    told(ledger, down())
    first = channel_to(ledger, alertmanager.url)
    (claimed,) = ledger.outbox.claim("pager", datetime.now(UTC))
    await first.tell(claimed.message)  # and here it is killed: the message was sent and is not marked
    await until(sink.notified)
    ledger.close()

    again = opened(tmp_path / "ledger.db")
    channel = channel_to(again, alertmanager.url)
    await channel.refresh()
    later = Sender(
        again.outbox, {"log": LogChannel(), "pager": channel}, lambda: datetime.now(UTC) + timedelta(minutes=6)
    )
    assert await later.send_due() == 2, "the claim of the dead one is taken over"
    await settled()
    assert sink.notified() == [("HartwatchOutage", "device:sw")]


async def test_an_alertmanager_that_is_started_anew_is_told_what_stands_and_notifies_nobody_again(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    told(ledger, down())
    channel = channel_to(ledger, alertmanager.url)
    await channel.refresh()
    await until(sink.notified)
    await settled()
    alertmanager.stop()
    await channel.refresh()
    assert channel.stats.up == {alertmanager.url.removeprefix("http://"): False}
    alertmanager.start()
    assert alertmanager.alerts() == [], "it forgets alerts"
    await channel.refresh()
    await settled()
    assert [a["labels"]["subject"] for a in alertmanager.alerts()] == ["device:sw"]
    assert sink.notified() == [("HartwatchOutage", "device:sw")]


async def test_an_alertmanager_that_is_away_for_a_while_is_told_afterwards(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    alertmanager.stop()
    told(ledger, down())
    channel = channel_to(ledger, alertmanager.url)
    sender = sender_of(ledger, channel)
    assert await sender.send_due() == 1, "the log is told"
    assert sender.stats.of("pager").failed == 1
    await channel.refresh()
    alertmanager.start()
    await channel.refresh()
    await until(sink.notified)
    assert sink.notified() == [("HartwatchOutage", "device:sw")]
    assert channel.stats.up == {alertmanager.url.removeprefix("http://"): True}


async def test_of_two_alertmanagers_one_that_is_away_keeps_nothing_from_the_other(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink, free_port: Callable[[], int]
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    told(ledger, down())
    channel = channel_to(ledger, f"http://127.0.0.1:{free_port()}", alertmanager.url)
    assert await sender_of(ledger, channel).send_due() == 2
    await until(sink.notified)
    assert sorted(channel.stats.up.values()) == [False, True]


async def test_the_fix_clock_is_two_alerts_and_not_three(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    channel = channel_to(ledger, alertmanager.url)
    outage = uuid7()
    for mark, level in (("50%", "warning"), ("75%", "warning"), ("100%", "critical")):
        told(ledger, down(title=f"{mark} used", kind="fix_clock", level=level, key=f"fix/{outage}/{mark}"))
        await sender_of(ledger, channel).send_due()
        await settled()
    assert len(sink.notified()) == 3, "half; then three quarters, which comes with half in one group of alerts"
    fires = {
        (a["labels"]["severity"], a["labels"].get("escalate"), a["annotations"]["summary"])
        for a in alertmanager.alerts()
    }
    assert fires == {("warning", None, "50% used"), ("critical", "yes", "100% used")}
    assert {a["generatorURL"] for a in alertmanager.alerts()} == {f"http://hartwatch.example:9640/outages/{outage}"}
    told(ledger, up())
    await sender_of(ledger, channel).send_due()
    await until(lambda: alertmanager.alerts() == [])


# ---------------------------------------------------------------- maintenance
def window(begins: datetime, ends: datetime, **more: object) -> Window:
    made = Window(
        uuid7(), ("device:sw",), ("device:sw",), begins, ends, "Network team", "New firmware",
        recorded_at=begins - timedelta(days=1),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def keys(silences: Sequence[dict[str, object]]) -> set[tuple[object, ...]]:
    return {tuple((m["name"], m["value"]) for m in one["matchers"]) for one in silences}  # type: ignore[attr-defined]


async def test_planned_maintenance_is_mirrored_changed_and_ended_and_what_people_made_is_left_alone(
    tmp_path: Path, opened: Opened, alertmanager: Server, sink: Sink
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    now = datetime.now(UTC).replace(microsecond=0)
    planned = window(now - timedelta(minutes=5), now + timedelta(hours=2))
    windows = [planned]

    def wanted(at: datetime) -> Sequence[Silence]:
        return wanted_silences(Plan.of(windows).next_times(at, 7), Topology())

    people = {
        "matchers": [{"name": "device", "value": "sw", "isRegex": False, "isEqual": True}], "createdBy": "jo",
        "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(), "comment": "[hartwatch:mine]",
    }  # fmt: skip
    async with httpx.AsyncClient() as client:
        theirs = (await client.post(f"{alertmanager.url}/api/v2/silences", json=people)).json()["silenceID"]

    channel = channel_to(ledger, alertmanager.url, silences=wanted)
    await channel.refresh()
    await channel.refresh()
    ours = [one for one in alertmanager.silences() if one["createdBy"] == AUTHOR]
    assert keys(ours) == {(("subject", r"device:sw|redundancy:device/sw/.+"),), (("device", "sw"),)}
    assert all(one["status"]["state"] == "active" and "New firmware (Network team)" in one["comment"] for one in ours)
    told(ledger, down())
    await channel.refresh()
    await settled()
    assert sink.notified() == [], "silenced"

    await channel_to(ledger, alertmanager.url, silences=wanted).refresh()  # it has lost its memory
    assert {one["id"] for one in alertmanager.silences()} == {theirs, *(one["id"] for one in ours)}

    windows[:] = [replace(planned, ends_at=now + timedelta(hours=3))]
    await channel.refresh()
    await channel.refresh()
    longer = [one for one in alertmanager.silences() if one["createdBy"] == AUTHOR]
    assert {one["id"] for one in longer} == {one["id"] for one in ours}, "changed where they are"
    assert {datetime.fromisoformat(one["endsAt"]) for one in longer} == {now + timedelta(hours=3)}

    windows[:] = [replace(planned, ended_at=datetime.now(UTC))]
    await channel.refresh()
    assert [one["id"] for one in alertmanager.silences()] == [theirs]
    assert len(alertmanager.silences("expired")) == 2


async def test_what_comes_again_has_the_silences_of_its_next_times_and_another_agent_keeps_its_own(
    tmp_path: Path, opened: Opened, alertmanager: Server
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    now = datetime.now(UTC).replace(microsecond=0)
    daily = window(now + timedelta(hours=1), now + timedelta(hours=2), repeat="FREQ=DAILY")

    def wanted(at: datetime) -> Sequence[Silence]:
        return wanted_silences(Plan.of([daily]).next_times(at, 3), Topology())

    channel = channel_to(ledger, alertmanager.url, silences=wanted)
    await channel.refresh()
    assert len(alertmanager.silences("pending")) == 6, "three days, by subject and by device"
    other = channel_to(ledger, alertmanager.url, silences=lambda at: ())
    other._sources = replace(other._sources, author=author_of("agent-2"))
    await other.refresh()
    assert len(alertmanager.silences("pending")) == 6
    none = channel_to(ledger, alertmanager.url, silences=lambda at: ())
    await none.refresh()
    assert alertmanager.silences() == []
