"""Availability by quarter: what was closed stays as it was closed, with what was restated; bounds decide a target."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent import quarters
from agent.accounting.availability import Terms, Times
from agent.accounting.told import Line, Restatement, Told
from agent.answers import LedgerAnswers
from agent.calendar_uk import Quarter
from agent.estates import Estates
from agent.facts import Note
from agent.quarters import Quarters
from agent.web.availability import row_of, rows_of
from collectors.readings import Level
from tests.papers.world import HOUR, World, at, world
from tests.readers.test_web_pages import HOSTILE, NOON, Structure, estate, read, scripts, view, words_of
from tests.web_pages.conftest import Client

Q1, Q2 = Quarter(2026, 1), Quarter(2026, 2)
DAY = timedelta(days=1)


# ---------------------------------------------------------------- one line
def times(down: timedelta = timedelta(0), blind: timedelta = timedelta(0), planned: timedelta = timedelta(0)) -> Times:
    return Times(91 * DAY - down - blind - planned, down, planned, blind, timedelta(0))


def line(subject: str = "service:phones", target: float | None = 0.999, found: Times | None = None) -> Line:
    found = found or times()
    return Line(subject, replace(Terms(), target=target), found, found, 1, 1, 1, HOUR, 0)


@pytest.mark.parametrize(
    ("found", "verdict", "achieved", "level"),
    [
        (times(), "met", "100.00 %", Level.OK),
        (times(down=10 * HOUR), "missed", "99.54 %", Level.CRITICAL),
        (times(blind=10 * HOUR), "cannot be said", "no downtime seen", Level.UNKNOWN),
        (times(down=HOUR, blind=10 * HOUR), "cannot be said", "99.95 %", Level.UNKNOWN),
        (times(down=10 * HOUR, blind=HOUR), "missed", "99.54 %", Level.CRITICAL),
        (times(blind=91 * DAY), "not watched", "not watched", Level.UNKNOWN),
        (times(planned=91 * DAY), "all planned", "all planned", None),
    ],
)
def test_a_target_is_met_or_missed_only_where_both_bounds_say_so(
    found: Times, verdict: str, achieved: str, level: Level | None
) -> None:
    row = row_of(line(found=found), estate())
    assert (row.verdict, row.achieved, row.level) == (verdict, achieved, level)


def test_without_a_target_there_is_no_verdict() -> None:
    row = row_of(line(target=None), estate())
    assert (row.target, row.verdict, row.level) == ("", "none agreed", None)


def test_what_missed_its_target_comes_first() -> None:
    lines = [line("site:wallfields"), line("site:daneshill"), line("site:wallfields", found=times(down=10 * HOUR))]
    ((title, rows),) = rows_of(lines, estate())
    assert title == "Buildings"
    assert [(row.named.title, row.verdict) for row in rows] == [
        ("Wallfields", "missed"), ("Daneshill House", "met"), ("Wallfields", "met"),
    ]  # fmt: skip


# ---------------------------------------------------------------- from a ledger
@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, at("2026-07-02T09:00")) as made:
        made.watched(at("2026-04-01T00:00"), at("2026-07-02T09:00"))
        made.up(at("2026-04-01T00:00"))
        made.down("device:pbx-1", at("2026-05-04T10:00"), 5 * HOUR, "service:phones")
        yield made


def of(place: World) -> tuple[Quarters, LedgerAnswers]:
    estates = Estates()
    estates.estate = place.estate
    answers = LedgerAnswers(place.ledger, estates, lambda: place.now)
    answers.read_outages()
    return Quarters(place.ledger, estates, answers, lambda: place.now), answers


async def test_a_quarter_that_is_not_closed_has_what_is_known_now(place: World) -> None:
    told = await of(place)[0].of(Q1)
    assert told.closed_at is None
    assert told.lines["service:phones"].all_hours.down == 5 * HOUR
    assert told.lines["service:phones"].outages == 1
    assert told.lines["site:wallfields"].all_hours.down == timedelta(0)
    assert "link:none" not in told.lines
    assert [str(quarter) for quarter in told.known] == ["2026-Q2", "2026-Q1"]


async def test_a_closed_quarter_keeps_its_figures_and_says_what_was_restated_and_why(place: World) -> None:
    place.close(Q1)
    outage = place.outage("service:phones")
    said = place.now + HOUR
    place.say(
        Note("service:phones", said, "sam", "correction", "the clock was wrong", outage.id, outage.began_at + 2 * HOUR)
    )
    told = await of(place)[0].of(Q1)
    assert told.closed_by == "jo"
    assert told.lines["service:phones"].all_hours.down == 5 * HOUR  # as it was closed
    (down,) = [c for c in told.restated if c.subject == "service:phones" and c.figure == "time down"]
    assert (down.was, down.now) == ("5 hours", "3 hours")
    assert "sam" in down.why
    assert "the clock was wrong" in down.why
    assert not [c for c in told.restated if c.subject.startswith("device:")]


async def test_a_quarter_is_worked_out_once_until_the_ledger_says_something_else(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarters, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(quarters, "SHARE", 0.0)
    monkeypatch.setattr(quarters, "WAIT_SECONDS", 30.0)
    place.close(Q1)
    asked, answers = of(place)
    first, again = await asyncio.gather(asked.of(Q1), asked.of(Q1))
    assert first is again
    assert await asked.of(Q1) is first
    place.down("device:pbx-1", at("2026-06-04T10:00"), 2 * HOUR, "service:phones")
    answers.read_outages()
    later = await asked.of(Q1)
    assert later is not first
    assert later.lines == first.lines
    assert [c.now for c in later.restated if (c.subject, c.figure) == ("service:phones", "outages")] == ["2"]


async def test_only_so_many_quarters_are_kept(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarters, "KEPT", 2)
    asked, _ = of(place)
    for number in (1, 2, 3, 4):
        await asked.of(Quarter(2025, number))
    assert list(asked._kept) == [Quarter(2025, 3), Quarter(2025, 4)]


# ---------------------------------------------------------------- the page
def told_of(told: Told) -> object:
    async def of_quarter(quarter: Quarter) -> Told:
        return replace(told, quarter=quarter)

    return of_quarter


CLOSED = Told(
    Q1, NOON, {one.subject: one for one in (line(), line("site:wallfields", None), line("link:wf-a", None))},
    datetime(2026, 7, 4, 9, tzinfo=UTC), "jo",
    [Restatement("service:phones", "time down", "5 hours", "3 hours", "corrected by sam")], (Q2, Q1),
)  # fmt: skip


async def test_the_page_has_the_figures_the_restatements_the_picker_and_the_papers(
    client: Client, tmp_path: Path
) -> None:
    for edition in ("public", "exempt"):
        (tmp_path / f"ict-quarter-2026-Q1-{edition}.html").write_text("paper")
    (tmp_path / "ict-quarter-2026-Q2-public.html").write_text("paper")
    shown = view(now=datetime(2026, 8, 1, tzinfo=UTC))
    pages = client(shown, told_of=told_of(CLOSED), may_read=lambda paper, request: paper.edition == "public")
    text = (await pages.get("/availability?quarter=2026-Q1")).text
    said = words_of(text)
    for words in (
        "Quarter 1 of 2026/27 (April to June 2026). Closed 4 July 2026, 10:00:00 BST by jo",
        "1 figure restated since the quarter was closed", "Telephony 100.00 % 100.00 % to 100.00 % Met 99.90 %",
        "Time down 5 hours 3 hours Corrected by sam", "Wallfields, Virgin Media wf-a",
    ):  # fmt: skip
        assert words in said, said
    assert '<option value="2026-Q1" selected>' in text
    assert 'href="/papers/ict-quarter-2026-Q1-public.html"' in text
    assert "exempt.html" not in text
    assert "2026-Q2-public.html" not in text
    assert 'id="service-phones"' in text
    assert not Structure(text).open


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ("2026-Q9", 400, "is no quarter"), ("nonsense", 400, "is no quarter"), ("2027-Q1", 404, "has not begun"),
        ("%3Cscript%3E", 400, "is no quarter"), ("9999-Q1", 400, "is no year"),
    ],
)  # fmt: skip
async def test_what_is_no_quarter_says_so(client: Client, asked: str, status: int, words: str) -> None:
    answer = await client(view()).get(f"/availability?quarter={asked}")
    assert answer.status_code == status
    assert words in words_of(answer.text)
    assert scripts(answer.text) == []


async def test_without_a_quarter_it_is_this_one(client: Client) -> None:
    assert "Quarter 1 of 2026/27 (April to June 2026). Up to now" in await read(client(view()), "/availability")
    assert "Nothing was seen of this quarter." in await read(client(view()), "/availability?quarter=2025-Q4")


async def test_reasons_and_names_stay_text(client: Client) -> None:
    odd = [Restatement(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)]
    told = replace(CLOSED, restated=odd, closed_by=HOSTILE, lines={"site:x": line(f"site:{HOSTILE}")})
    answer = await client(view(), told_of=told_of(told)).get("/availability")
    assert scripts(answer.text) == []
    assert not Structure(answer.text).open
