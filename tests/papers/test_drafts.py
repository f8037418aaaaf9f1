"""Drafts that the agent makes by itself: on their day, once, over restarts, and loudly where they cannot be made."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent import drafts as module
from agent import figures
from agent.alerts.standing import Standing
from agent.calendar_uk import Quarter, quarter_of
from agent.config import Settings
from agent.drafts import Drafts, DraftStats, draft_wanted, drafts_told, due_at, key_of, next_draft
from agent.facts import Message
from agent.ledger import Ledger, LedgerError
from agent.paper_settings import PaperSettings
from agent.reports import Form
from tests.papers.world import HOUR, World, at, world

Q1 = Quarter(2026, 1)
DUE = at("2026-07-03T23:00")  # midnight in London, three days after
LIGHT = PaperSettings(forms=("html", "csv"))


class Steady:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Desk:
    """Drafts on a world, with clocks that a test sets."""

    def __init__(self, place: World, papers: PaperSettings = LIGHT, **more: Any) -> None:
        self.place, self.steady = place, Steady()
        settings = Settings(state_directory=place.state, papers=papers, inventory=place.state / "inventory.yaml")
        self.drafts = Drafts(
            place.ledger, cast(Any, SimpleNamespace(estate=place.estate)), lambda: settings,
            more.pop("channels", ("log",)), clock=lambda: place.now, steady=self.steady, **more,
        )  # fmt: skip

    def mind(self, now: datetime | None = None) -> None:
        self.place.now = now or self.place.now
        asyncio.run(self.drafts.mind())

    @property
    def files(self) -> list[str]:
        folder = self.drafts.folder
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def told(self, channel: str = "log") -> list[str]:
        return [m.title for _, m in self.place.ledger.told(f"paper:{Q1}") if m.channel == channel]


@pytest.fixture
def over(place: World) -> World:
    """The quarter is over, and telephony was down in it."""
    place.watched(Q1.began_at, Q1.ends_at)
    place.up(Q1.began_at)
    place.down("device:pbx-1", at("2026-05-13T09:00"), 2 * HOUR, "service:phones")
    place.now = DUE
    return place


# ---------------------------------------------------------------- when
@pytest.mark.parametrize(
    ("quarter", "days", "when"),
    [
        (Q1, 3, "2026-07-03T23:00"),
        (Q1, 0, "2026-06-30T23:00"),
        (Quarter(2026, 2), 3, "2026-10-03T23:00"),
        (Quarter(2026, 2), 30, "2026-10-31T00:00"),  # after the clocks went back on 25 October
        (Quarter(2026, 3), 3, "2027-01-04T00:00"),
        (Quarter(2026, 3), 60, "2027-03-02T00:00"),
        (Quarter(2027, 3), 60, "2028-03-01T00:00"),  # 29 February 2028 lies in between
        (Quarter(2026, 4), 3, "2027-04-03T23:00"),  # after the clocks went forward on 28 March
    ],
)
def test_a_draft_is_due_at_midnight_in_london_some_days_after_the_quarter(
    quarter: Quarter, days: int, when: str
) -> None:
    due = at(when)
    assert due_at(quarter, days) == due
    assert draft_wanted(due - timedelta(seconds=1), days) != quarter
    assert draft_wanted(due, days) == quarter
    assert next_draft(due - timedelta(seconds=1), days) == (quarter, due)
    assert next_draft(due, days) == (quarter.next, due_at(quarter.next, days))


# ---------------------------------------------------------------- once
def test_a_draft_is_made_on_its_day_marked_as_one_and_told(over: World) -> None:
    desk = Desk(over, channels=("log", "mail"))
    desk.mind(DUE - timedelta(seconds=1))
    assert desk.files == []
    desk.mind(DUE)
    assert "ict-quarter-2026-Q1-draft-public.html" in desk.files
    assert "ict-quarter-2026-Q1-draft-exempt-services.csv" in desk.files
    page = (desk.drafts.folder / "ict-quarter-2026-Q1-draft-public.html").read_text()
    assert "Draft. ICT service: availability" in page
    assert "The quarter is not closed: its figures may still change." in page
    assert desk.told() == desk.told("mail") == ["A draft of the paper for 2026-Q1 is there"]
    assert desk.drafts.stats == DraftStats(last_at=DUE)
    facts = list(figures.of_drafts(desk.drafts.stats))
    assert ("hartwatch_paper_last_draft_timestamp_seconds", (), DUE.timestamp()) in facts


def test_neither_a_second_look_nor_a_restart_nor_another_agent_makes_it_again(over: World, tmp_path: Path) -> None:
    first = Desk(over)
    first.mind()
    page = first.drafts.folder / "ict-quarter-2026-Q1-draft-public.html"
    page.write_text("edited by hand")
    first.mind(DUE + HOUR)
    over.ledger.close()
    for source in ("agent-1", "agent-2"):  # the same after a restart, and another on the same ledger
        later = Ledger.open(over.state / "ledger.sqlite3", source, clock=lambda: over.now)
        try:
            over.ledger = later
            again = Desk(over)
            again.mind(DUE + timedelta(days=20))
            assert again.told() == ["A draft of the paper for 2026-Q1 is there"]
            assert again.drafts.stats.last_at == DUE
        finally:
            later.close()
    assert page.read_text() == "edited by hand"


def test_a_try_that_a_power_cut_ended_before_it_was_told_is_made_again_whole(over: World) -> None:
    desk = Desk(over)
    desk.drafts.folder.mkdir(parents=True)
    (desk.drafts.folder / "ict-quarter-2026-Q1-draft-public.html").write_text("half of it")
    desk.mind()
    page = (desk.drafts.folder / "ict-quarter-2026-Q1-draft-public.html").read_text()
    assert page.endswith("</html>\n")
    assert len(desk.told()) == 1


@pytest.mark.parametrize("change", ["closed", "unwatched", "off"])
def test_no_draft_is_made_where_none_is_needed(place: World, change: str) -> None:
    if change != "unwatched":
        place.watched(Q1.began_at, Q1.ends_at)
    if change == "closed":
        place.close(Q1, at("2026-07-02T09:00"))
    desk = Desk(place, PaperSettings(drafts=change != "off"))
    desk.mind(DUE + HOUR)
    assert desk.files == []
    assert desk.told() == []
    assert desk.drafts.stats == DraftStats()


def test_editions_forms_and_channels_are_those_of_the_settings(over: World) -> None:
    takes: dict[str, Callable[[Message], bool]] = {"pager": lambda message: message.kind != "paper"}
    desk = Desk(over, PaperSettings(editions=("public",), forms=("html",)), channels=("log", "pager"), takes=takes)
    desk.mind()
    assert desk.files == ["ict-quarter-2026-Q1-draft-public.html"]
    assert (len(desk.told()), desk.told("pager")) == (1, [])


# ---------------------------------------------------------------- trouble
def test_a_full_disk_is_said_loudly_told_once_and_tried_again_an_hour_later(
    over: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk, real = Desk(over), module.write

    def full(*_: Any) -> list[Path]:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/hartwatch/papers/x")

    monkeypatch.setattr(module, "write", full)
    with caplog.at_level(logging.ERROR):
        desk.mind()
        desk.mind()  # a minute later: nothing is tried
    assert [r.message for r in caplog.records] == [
        "the draft of the paper of 2026-Q1 was not made, and is tried again in an hour: no space left on device "
        "(/var/lib/hartwatch/papers/x)"
    ]
    assert (desk.drafts.stats.failures, desk.drafts.stats.failing) == (1, True)
    desk.steady.seconds = 3601.0
    desk.mind()
    assert desk.drafts.stats.failures == 2
    assert desk.told() == ["The draft of the paper for 2026-Q1 cannot be made"]
    monkeypatch.setattr(module, "write", real)
    desk.steady.seconds = 7203.0
    desk.mind()
    assert desk.told()[-1] == "A draft of the paper for 2026-Q1 is there"
    assert not desk.drafts.stats.failing
    assert ("hartwatch_paper_draft_failures_total", (), 2) in list(figures.of_drafts(desk.drafts.stats))


def test_a_ledger_that_cannot_be_written_leaves_no_mark_and_the_draft_is_made_again(
    over: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(over)

    def broken(_: object) -> None:
        raise LedgerError("database disk image is malformed")

    with monkeypatch.context() as patch:
        patch.setattr(over.ledger, "record", broken)
        desk.mind()
    assert desk.drafts.stats.failures == 1
    assert drafts_told(over.ledger, [Q1]) == {}
    desk.steady.seconds = 3601.0
    desk.mind()
    assert drafts_told(over.ledger, [Q1]) == {Q1: DUE}


async def test_the_loop_goes_on_while_a_draft_is_made(over: World, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, threads = Desk(over), set()
    going, go_on = threading.Event(), threading.Event()

    def slow(*_: Any) -> list[Path]:
        threads.add(threading.current_thread())
        going.set()
        assert go_on.wait(20)
        return []

    monkeypatch.setattr(module, "write", slow)
    minding = asyncio.create_task(desk.drafts.mind())
    await asyncio.to_thread(going.wait, 20)
    assert not minding.done()  # and we are here, so the loop runs
    go_on.set()
    await minding
    assert threading.main_thread() not in threads
    assert len(desk.told()) == 1


# ---------------------------------------------------------------- around it
def test_a_paper_is_no_alert_and_takes_no_standing() -> None:
    standing = Standing(timedelta(days=7))
    message = Message("log", f"paper:{Q1}", "warning", "t", "x", DUE, key_of(Q1), "paper")
    standing.take(message)
    assert list(standing.alerts(DUE, timedelta(0))) == []


def test_the_settings_have_every_form_there_is() -> None:
    names = PaperSettings.model_fields["forms"].annotation
    assert {form.value for form in Form} == set(names.__args__[0].__args__)  # type: ignore[union-attr]


def test_the_schedule_says_what_was_made_what_comes_and_how_it_is_set(over: World) -> None:
    last = quarter_of(datetime.now(UTC)).previous  # the command goes by the clock of the machine
    over.watched(last.began_at, last.ends_at)
    Desk(over).mind(last.ends_at + timedelta(days=3))
    done = over.command("report", "schedule")
    assert done.exit_code == 0, done.output
    assert "Set: drafts 3 days after a quarter, public, exempt, every form" in done.stdout
    assert "Told to: the log" in done.stdout
    assert f"Next: {next_draft(datetime.now(UTC), 3)[0]} on " in done.stdout
    told = json.loads(over.command("report", "schedule", "--format", "json").stdout)
    (made,) = [row for row in told if row["quarter"] == str(last)]
    assert made["draft_written"] == (last.ends_at + timedelta(days=3)).isoformat()
    assert (made["draft_due"], made["closed"]) == ("", "")
    assert told[-1] == {"quarter": str(next_draft(datetime.now(UTC), 3)[0]), "draft_due": told[-1]["draft_due"],
                        "draft_written": "", "closed": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("papers: {days_after: 99}", "papers.days_after"),
        ("papers: {editions: []}", "at least one edition is wanted"),
        ("papers: {forms: [odt]}", "papers.forms"),
        ("papers: {daily: true}", "papers.daily"),
        ("papers: soon", "keys and values are wanted"),
    ],
)
def test_settings_that_cannot_be_used_are_told_with_their_line(tmp_path: Path, text: str, says: str) -> None:
    from agent.config import SettingsInvalid, load_settings

    file = tmp_path / "hartwatch.yaml"
    file.write_text(f"{text}\n")
    with pytest.raises(SettingsInvalid) as found:
        load_settings(file=file)
    (line,) = str(found.value).splitlines()
    assert line.startswith(f"{file}:1:")
    assert says in line


def test_settings_come_from_the_environment_as_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARTWATCH_PAPERS", '{"days_after": 5, "editions": ["public"]}')
    found = Settings(state_directory=tmp_path).papers
    assert (found.days_after, found.editions) == (5, ("public",))


def test_a_world_of_the_past_and_one_of_the_future_know_their_own_last_quarter(tmp_path: Path) -> None:
    """A leap year's last quarter, straddled by an outage, drafted in April."""
    quarter = Quarter(2027, 4)
    with world(tmp_path, at("2028-04-04T09:00")) as place:
        place.watched(quarter.began_at, place.now)
        place.up(quarter.began_at)
        place.down("device:pbx-1", quarter.ends_at - HOUR, 3 * HOUR, "service:phones")
        desk = Desk(place)
        desk.mind()
        (line,) = [
            line
            for line in (desk.drafts.folder / "ict-quarter-2027-Q4-draft-public-services.csv").read_text().splitlines()
            if line.startswith("Telephony")
        ]
    assert "1 hour,none,none" in line
