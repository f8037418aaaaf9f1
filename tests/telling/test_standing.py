"""Which alerts stand, as the messages have it; and the answers of an Alertmanager that is not as it should be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from agent.accounting.periods import Period
from agent.alerts import TellError
from agent.alerts.alertmanager import Alertmanager
from agent.alerts.silences import changes_of, wanted_silences
from agent.alerts.standing import (
    FIX_CLOCK,
    HARDWARE,
    RUNBOOKS,
    Standing,
    labels_of,
    posted,
    runbook_of,
    takes,
)
from agent.facts import Message, Window
from agent.placing import Place
from agent.topology import Topology
from tests.agent_core.making import at, topology

WEEK = timedelta(days=7)
SECRET = "s3cretpassw0rd"


def said(level: str = "critical", seconds: float = 0, subject: str = "device:sw", **more: object) -> Message:
    made: dict[str, object] = {"channel": "log", "title": "title", "text": "text", **more}
    return Message(subject=subject, level=level, at=at(seconds), **made)  # type: ignore[arg-type]


def standing(*messages: Message) -> Standing:
    made = Standing(WEEK)
    for message in messages:
        made.take(message)
    return made


def names(made: Standing, now: datetime) -> list[tuple[str, bool]]:
    return [(dict(a.labels)["alertname"], a.ended_at is None) for a in made.alerts(now, timedelta(minutes=15))]


@pytest.mark.parametrize(
    ("message", "labels"),
    [
        (said(), ("HartwatchOutage", "critical", "service-desk", "outage", None)),
        (said("warning", kind="degraded"), ("HartwatchDegraded", "warning", "infrastructure", "outage", None)),
        (said("warning", kind="flapping"), ("HartwatchFlapping", "warning", "infrastructure", "outage", None)),
        (
            said("warning", subject="redundancy:links/wf", kind="redundancy"),
            ("HartwatchRedundancyLost", "warning", "infrastructure", "redundancy", None),
        ),
        (
            said("warning", kind="fix_clock", key="fix/1/50%"),
            ("HartwatchFixClock", "warning", "service-desk", "fix-clock", None),
        ),
        (
            said("warning", kind="fix_clock", key="fix/1/75%"),
            ("HartwatchFixClock", "critical", "service-desk", "fix-clock", "yes"),
        ),
        (
            said(kind="fix_clock", key="fix/1/100%"),
            ("HartwatchFixClock", "critical", "service-desk", "fix-clock", "yes"),
        ),
        (
            said(subject="site:dc", kind="full_service", key="full-service/dc/x/75%"),
            ("HartwatchFullService", "critical", "service-desk", "service", None),
        ),
        (
            said("warning", subject="hardware:stage/overdue", kind="hardware", key="hardware/stage/a"),
            ("HartwatchHardware", "warning", "infrastructure", "hardware", None),
        ),
    ],
)
def test_labels_say_what_an_alert_is_about_who_acts_and_how_grave_it_is(
    message: Message, labels: tuple[str | None, ...]
) -> None:
    found = dict(labels_of(message))
    assert tuple(found.get(name) for name in ("alertname", "severity", "team", "topic", "escalate")) == labels
    assert (found["subject"], found["source"]) == (message.subject, "hartwatch")


def test_all_alerts_of_a_subject_end_when_it_is_well_and_are_said_to_have_ended_for_a_while() -> None:
    made = standing(
        said("warning", kind="degraded"), said(seconds=5), said("warning", 5, kind="fix_clock", key="fix/1/50%"),
        said("warning", 5, kind="reminder", key="remind/1/1"), said(subject="device:other"),
        said("recovered", 60),
    )  # fmt: skip
    assert made.number(at(61)) == 1
    assert names(made, at(61)) == [
        ("HartwatchDegraded", False), ("HartwatchOutage", False), ("HartwatchFixClock", False),
        ("HartwatchOutage", True),
    ]  # fmt: skip
    assert names(made, at(60 + 900)) == [("HartwatchOutage", True)]


def test_what_falls_again_is_a_new_alert_with_the_same_labels() -> None:
    made = standing(said(), said("recovered", 60), said(seconds=100))
    (alert,) = made.of("device:sw")
    assert (alert.began_at, alert.ended_at) == (at(100), None)


def test_two_messages_about_hardware_are_two_alerts_and_each_stands_for_its_time() -> None:
    of = {"level": "warning", "subject": "hardware:stage/overdue", "kind": "hardware"}
    made = standing(said(key="hardware/a", **of), said(key="hardware/b", seconds=60, **of))  # type: ignore[arg-type]
    assert made.number(at(61)) == 2
    first, second = made.alerts(at(61), WEEK)
    assert dict(first.labels)["message"] != dict(second.labels)["message"]
    hour = timedelta(hours=1)
    assert posted(first, {}, "http://x", hour, at(60))["endsAt"] == "2026-11-02T10:01:00.000Z"
    assert (
        posted(first, {}, "http://x", hour, at(0) + WEEK - timedelta(minutes=1))["endsAt"] == "2026-11-09T09:00:00.000Z"
    )
    assert made.number(at(0) + WEEK) == 1


def test_what_stands_ends_by_itself_if_nobody_sends_it_and_what_has_ended_ended_then() -> None:
    alert = standing(said(text="a\x1b[31m\nb")).of("device:sw")[0]
    places = {"device:sw": Place("device", "sw", "wallfields", "switch", "EHDC")}
    body = posted(alert, places, "http://agent", timedelta(minutes=15), at(60))
    assert (body["startsAt"], body["endsAt"]) == ("2026-11-02T09:00:00.000Z", "2026-11-02T09:16:00.000Z")
    assert (body["labels"]["site"], body["labels"]["class"], body["labels"]["council"]) == (
        "wallfields", "switch", "EHDC",
    )  # fmt: skip
    assert "\x1b" not in body["annotations"]["description"]
    over = standing(said(), said("recovered", 0)).of("device:sw")[0]
    ended = posted(over, {}, "http://agent", timedelta(minutes=15), at(60))
    assert ended["startsAt"] < ended["endsAt"] < "2026-11-02T09:00:01Z"
    assert "site" not in ended["labels"], "an empty label is none"


@pytest.mark.parametrize(
    ("least", "topics", "councils", "message", "taken"),
    [
        ("warning", (), (), said("warning"), True),
        ("critical", (), (), said("warning"), False),
        ("warning", ("fix-clock",), (), said(), False),
        ("warning", ("fix-clock",), (), said(kind="fix_clock"), True),
        ("warning", (), ("SBC",), said(), False),
        ("warning", (), ("EHDC",), said(), True),
        ("warning", (), ("EHDC",), said(subject="service:both"), True),
        ("warning", (), ("EHDC",), said(subject="hardware:register", kind="hardware"), True),
    ],
)
def test_a_channel_takes_by_level_topic_and_council(
    least: str, topics: tuple[str, ...], councils: tuple[str, ...], message: Message, taken: bool
) -> None:
    councils_of = {"device:sw": "EHDC", "service:both": "both"}
    assert takes(least, topics, councils, lambda subject: councils_of.get(subject, ""))(message) is taken


def test_every_alert_has_a_runbook_that_is_there(root: Path) -> None:
    pages = {*RUNBOOKS.values(), *FIX_CLOCK.values(), *HARDWARE.values(), "hardware-exception-expired.md"}
    assert [page for page in sorted(pages) if not (root / "docs" / "runbooks" / page).is_file()] == []
    of_mark = standing(said(kind="fix_clock", key="fix/1/75%")).of("device:sw")[0]
    assert posted(of_mark, {}, "", WEEK, at(1))["annotations"]["runbook"] == (
        "docs/runbooks/outage-three-quarters-of-fix-target.md"
    )
    expired = said(subject="hardware:exception_expired/ups", kind="hardware", key="hardware/x")
    assert runbook_of(standing(expired).of(expired.subject)[0]) == "hardware-exception-expired.md"


# ---------------------------------------------------------------- silences
def test_a_silence_covers_what_is_reached_only_through_it_and_takes_names_to_the_letter() -> None:
    behind = topology(
        ("core.1", "ap-1", "ap-2"), {"device:ap-1": ("device:core.1",), "device:ap-2": ("device:core.1",)}
    )
    window = Window(uuid4(), ("device:core.1",), ("device:core.1",), at(0), at(60), "o", "r")
    by_subject, by_device = wanted_silences([(Period(at(0), at(60)), window)], behind)
    assert by_device.pattern == r"ap-1|ap-2|core\.1"
    assert by_subject.pattern.startswith(r"device:ap-1|device:ap-2|device:core\.1|redundancy:device/ap-1/.+")


def test_what_a_server_says_that_is_no_silence_of_ours_is_passed_over() -> None:
    window = Window(uuid4(), ("device:a",), ("device:a",), at(0), at(60), "o", "r")
    (wanted, _) = wanted_silences([(Period(at(0), at(60)), window)], Topology())
    strange: list[dict[str, object]] = [
        {}, {"id": 1, "createdBy": "me", "comment": f"[hartwatch:{wanted.tag}]", "status": {"state": "active"}},
        {"id": "a", "createdBy": "me", "comment": None, "status": {"state": "active"}},
        {"id": "b", "createdBy": "me", "comment": f"[hartwatch:{wanted.tag}]", "status": "active"},
        {"id": "c", "createdBy": "you", "comment": f"[hartwatch:{wanted.tag}]", "status": {"state": "active"}},
    ]  # fmt: skip
    changes = changes_of([wanted], strange, "me", at(0))
    assert [body["createdBy"] for body in changes.puts] == ["me"]
    assert changes.ends == ()
    ours = {"id": "d", "createdBy": "me", "comment": wanted.comment, "status": {"state": "active"}, "startsAt": "?"}
    assert [body["id"] for body in changes_of([wanted], [ours], "me", at(0)).puts] == ["d"], "put right"
    assert changes_of([wanted], [ours, {**ours, "id": "e"}], "me", at(0)).ends == ("e",), "once is enough"


# ---------------------------------------------------------------- odd answers
def server(answer: Callable[[httpx.Request], httpx.Response]) -> Alertmanager:
    return Alertmanager(
        f"https://jo:{SECRET}@am.example:9093/", timeout_seconds=0.5, transport=httpx.MockTransport(answer)
    )


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (422, True), (401, False), (404, False), (302, False), (500, False)]
)
async def test_a_refusal_says_whether_trying_again_helps_and_what_was_said(status: int, permanent: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text="bad\x1b[31m labels " * 100, headers={"location": "https://evil.example/"})

    with pytest.raises(TellError, match=rf"^am\.example:9093 answered {status}: bad") as problem:
        await server(answer).post_alerts([{}])
    assert problem.value.permanent is permanent
    assert "\x1b" not in str(problem.value)
    assert len(str(problem.value)) < 300
    assert SECRET not in str(problem.value)


async def test_an_answer_without_end_is_cut_off() -> None:
    async def endless() -> object:
        while True:
            yield b" " * 1_000_000

    with pytest.raises(TellError, match=r"more than 16 MB|no answer"):
        await server(lambda _: httpx.Response(200, content=endless())).silences()  # type: ignore[arg-type]


async def test_an_answer_that_drips_is_cut_off_by_the_clock() -> None:
    import asyncio

    async def slow() -> object:
        while True:
            await asyncio.sleep(0.05)
            yield b" "

    with pytest.raises(TellError, match=r"no answer from am\.example:9093: TimeoutError"):
        await server(lambda _: httpx.Response(200, content=slow())).silences()  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["<html>", "{}", "[" * 100_000, '"x"'])
async def test_an_answer_that_is_no_list_of_silences_is_said_to_be_none(text: str) -> None:
    with pytest.raises(TellError, match="did not answer with"):
        await server(lambda _: httpx.Response(200, text=text)).silences()


async def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    am = server(answer)
    with pytest.raises(TellError, match=r"^no answer from am\.example:9093: ConnectError$") as problem:
        await am.post_alerts([{}])
    assert SECRET not in f"{problem.value!r} {am!r}"
    assert problem.value.__suppress_context__


@pytest.mark.parametrize("url", [f"ftp://{SECRET}", SECRET, "http://"])
def test_what_is_no_address_is_refused_unseen(url: str) -> None:
    with pytest.raises(ValueError, match="the address of an Alertmanager") as problem:
        Alertmanager(url)
    assert SECRET not in str(problem.value)
