"""`hartwatch maintenance`, with a ledger in memory for what can go wrong, and on a real one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
import typer
from typer.testing import CliRunner, Result

from agent.accounting.periods import Period
from agent.cli import common, maintenance
from agent.facts import Facts, Window, WindowEnd
from agent.ledger import Ledger, LedgerFull
from agent.maintenance import Plan

INVENTORY = """
councils: {sbc: {title: Stevenage Borough Council, share: 1}}
zones: {general: {title: General}}
sites: {wallfields: {title: Wallfields, kind: office, owner: sbc}}
devices:
  - {name: sw-wf-1, address: 192.0.2.1, class: switch, site: wallfields, zone: general}
  - {name: sw-wf-2, address: 192.0.2.2, class: switch, site: wallfields, zone: general}
"""
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ONCE = ("--subject", "sw-wf-1", "--from", "2026-12-05 22:00", "--for", "4h", "--reason", "New firewall")


class InMemory:
    """As the ledger keeps windows: appended, with the time they were recorded."""

    def __init__(self) -> None:
        self.held: list[Window] = []
        self.ends: list[WindowEnd] = []
        self.trouble: Exception | None = None
        self.late = False

    def record(self, facts: Facts) -> Future[None]:
        done: Future[None] = Future()
        if self.trouble is not None:
            done.set_exception(self.trouble)
        elif not self.late:
            self.held += [replace(window, recorded_at=datetime.now(UTC)) for window in facts.windows]
            self.ends += facts.window_ends
            done.set_result(None)
        return done

    def windows(self) -> list[Window]:
        by_id = {end.window: end for end in self.ends}
        return [
            replace(w, ended_at=by_id[w.id].at, ended_by=by_id[w.id].author) if w.id in by_id else w for w in self.held
        ]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    monkeypatch.setenv("LOGNAME", "jo")
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    return tmp_path


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    made = InMemory()

    @contextmanager
    def opened(settings: Any) -> Iterator[InMemory]:
        yield made

    monkeypatch.setattr(maintenance, "ledger_of", opened)
    return made


def command(state: Path, *arguments: str) -> Result:
    app = typer.Typer()
    maintenance.register(app)
    inventory = ("--inventory", str(state / "inventory.yaml")) if arguments[0] == "add" else ()
    return CliRunner().invoke(app, ["maintenance", *arguments, "--state", str(state), *inventory])


def listed(state: Path, *arguments: str) -> list[dict[str, Any]]:
    done = command(state, "list", "--format", "json", *arguments)
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def refused(done: Result, status: int) -> str:
    """The one line that is told."""
    assert (done.exit_code, done.stdout) == (status, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("hartwatch: ")


# ---------------------------------------------------------------- add
def test_work_is_planned_and_its_times_are_told(state: Path, memory: InMemory) -> None:
    done = command(state, "add", *ONCE, "--subject", "site:wallfields")
    assert (done.exit_code, done.stderr) == (0, "")
    (window,) = memory.held
    assert done.stdout == (
        f"{window.id}: device:sw-wf-1, site:wallfields (3 subjects)\n  2026-12-05 22:00 to 2026-12-06 02:00\n"
    )
    assert window.subjects == ("device:sw-wf-1", "site:wallfields")
    assert (window.owner, window.reason, window.name, window.after_the_fact) == ("jo", "New firewall", "", False)
    assert window.ends_at - window.begins_at == timedelta(hours=4)


def test_work_that_comes_again_tells_its_next_times(state: Path, memory: InMemory) -> None:
    done = command(state, "add", "--subject", "sw-wf-1", "--from", "2026-12-06 02:00", "--until", "2026-12-06 05:00",
                   "--repeat", "FREQ=MONTHLY;BYDAY=1SU", "--reason", "patching", "--owner", "Server team")  # fmt: skip
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1:] == [
        "  2026-12-06 02:00 to 2026-12-06 05:00",
        "  2027-01-03 02:00 to 2027-01-03 05:00",
        "  2027-02-07 02:00 to 2027-02-07 05:00",
    ]
    assert memory.held[0].owner == "Server team"


def test_work_that_has_begun_is_planned_from_now_on_and_that_is_told(state: Path, memory: InMemory) -> None:
    late = ("--subject", "sw-wf-1", "--from", "2026-11-28 11:00", "--for", "2h", "--reason", "x")
    done = command(state, "add", *late)
    assert done.exit_code == 0
    assert done.stderr == "hartwatch: it has begun: what lies before now does not count as planned\n"
    assert command(state, "add", *late, "--after-the-fact").stderr == ""
    planned = [Plan.of([one]).planned("device:sw-wf-1", Period(NOW - timedelta(days=1), NOW)) for one in memory.held]
    assert planned == [[], [Period(NOW - timedelta(hours=1), NOW)]]


def test_work_that_is_over_is_taken_after_the_fact_only(state: Path, memory: InMemory) -> None:
    past = ("--subject", "sw-wf-1", "--from", "2026-11-27 22:00", "--for", "4h", "--reason", "x")
    assert refused(command(state, "add", *past), 2).startswith("it is over already")
    done = command(state, "add", *past, "--after-the-fact")
    assert done.exit_code == 0
    assert done.stdout.endswith("\n  2026-11-27 22:00 to 2026-11-28 02:00\n")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"--subject": "sw-wf-3"}, "there is no device or link or site or service 'sw-wf-3', did you mean 'sw-wf-2'?"),
        ({"--from": "tomorrow"}, "--from: a time is written \"2026-12-05 22:00\", not 'tomorrow'"),
        ({"--for": "4"}, "--for: a duration is a whole number with a unit: 500ms, 60s, 5m, 6h, 7d"),
        ({"--for": "99999999999999d"}, "--for: that is longer than any calendar"),
        ({"--for": "40d"}, "it lasts 40 d: longer than 31 days is no maintenance"),
        ({"--reason": " "}, "it has no reason: say what it is for"),
        ({"--until": "2026-12-06 02:00"}, "say either when it ends or how long it lasts"),
        ({"--repeat": "daily"}, "the rule cannot be used: 'daily' is neither an RRULE nor five cron fields "
                                '(for example FREQ=MONTHLY;BYDAY=1SU, or "0 2 * * 0" for Sundays at 02:00)'),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_and_changes_nothing(
    changes: dict[str, str], words: str, state: Path, memory: InMemory
) -> None:
    options = {**dict(zip(ONCE[::2], ONCE[1::2], strict=True)), **changes}
    done = command(state, "add", *(word for pair in options.items() for word in pair))
    assert refused(done, 2) == words
    assert memory.held == []


def test_a_login_without_a_name_has_to_say_who_answers(
    state: Path, memory: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise OSError("No username set in the environment")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert "with --owner" in refused(command(state, "add", *ONCE), 2)
    assert command(state, "add", *ONCE, "--owner", "Network team").exit_code == 0


def test_a_missing_option_and_an_unusable_inventory_are_wrong_usage(state: Path, memory: InMemory) -> None:
    assert command(state, "add", *ONCE[:-2]).exit_code == 2
    (state / "inventory.yaml").write_text("devices: 3")
    assert command(state, "add", *ONCE).exit_code == 2
    assert memory.held == []


def test_a_ledger_that_does_not_write_is_told(state: Path, memory: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.trouble = LedgerFull("the buffer is full")
    assert refused(command(state, "add", *ONCE), 1) == "the buffer is full"
    memory.trouble, memory.late = None, True
    monkeypatch.setattr(common, "PATIENCE", 0.01)
    assert refused(command(state, "add", *ONCE), 1).startswith("the ledger has not written it within 0 seconds")


# ---------------------------------------------------------------- list
@pytest.fixture
def several(memory: InMemory) -> InMemory:
    """One that runs, one that comes again, one that is over, one that was ended, one whose rule nobody can read."""
    first = Window(UUID("01900000-0000-7000-8000-000000000001"), ("site:wallfields",), ("device:sw-wf-1",
                   "site:wallfields"), NOW - timedelta(hours=1), NOW + timedelta(hours=1), "jo", "=HYPERLINK(x)",
                   recorded_at=NOW - timedelta(days=9))  # fmt: skip
    weekly = replace(first, id=UUID("01900000-0000-7000-8000-000000000002"), repeat="FREQ=WEEKLY", name="patching",
                     begins_at=NOW - timedelta(days=8), ends_at=NOW - timedelta(days=8, hours=-2))  # fmt: skip
    over = replace(first, id=UUID("01900001-0000-7000-8000-000000000003"), ends_at=NOW - timedelta(minutes=1),
                   after_the_fact=True)  # fmt: skip
    ended = replace(first, id=UUID("01900001-0000-7000-8000-000000000004"))
    odd = replace(first, id=UUID("01900002-0000-7000-8000-000000000005"), repeat="FREQ=LATER")
    memory.held = [odd, ended, over, weekly, first]
    memory.ends = [WindowEnd(ended.id, NOW - timedelta(minutes=30), "sam", "finished")]
    return memory


def test_what_runs_and_what_comes_is_listed_in_order(state: Path, several: InMemory) -> None:
    rows = listed(state)
    assert [(row["id"][-1], row["state"]) for row in rows] == [
        ("1", "running"),
        ("2", "planned"),
        ("5", "rule not readable"),
    ]
    assert rows[0]["subjects"] == ["site:wallfields"]
    assert rows[0]["covers"] == ["device:sw-wf-1", "site:wallfields"]
    assert (rows[1]["from"], rows[1]["until"]) == ("2026-12-04T12:00:00+00:00", "2026-12-04T14:00:00+00:00")
    assert rows[1]["later"][0] == "2026-12-11T12:00:00+00:00/2026-12-11T14:00:00+00:00"


def test_what_is_over_and_what_was_ended_is_listed_if_asked(state: Path, several: InMemory) -> None:
    rows = {row["id"][-1]: row for row in listed(state, "--all")}
    assert (rows["3"]["state"], rows["3"]["after_the_fact"]) == ("over", True)
    assert (rows["4"]["state"], rows["4"]["ended_by"]) == ("ended", "sam")
    assert rows["4"]["ended_at"] == "2026-11-28T11:30:00+00:00"
    assert rows["1"]["recorded_at"] == "2026-11-19T12:00:00+00:00"


def test_the_table_has_ids_that_are_short_and_told_apart(state: Path, several: InMemory) -> None:
    done = command(state, "list", "--all")
    assert done.exit_code == 0
    rows = done.stdout.splitlines()[1:]
    shown = [row.split()[0] for row in rows if row.startswith("019")]
    assert "01900002" in shown
    for one in shown:
        assert sum(str(window.id).startswith(one) for window in several.held) == 1
    assert "2026-12-04 12:00" in done.stdout
    assert "(entered after the fact)" in " ".join(done.stdout.split())


def test_a_cell_that_a_spreadsheet_would_run_is_text(state: Path, several: InMemory) -> None:
    rows = list(csv.DictReader(io.StringIO(command(state, "list", "--format", "csv").stdout)))
    assert rows[0]["reason"] == "'=HYPERLINK(x)"
    assert rows[0]["covers"] == "device:sw-wf-1 site:wallfields"


def test_nothing_planned_is_told_on_standard_error(state: Path, memory: InMemory) -> None:
    done = command(state, "list")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing is planned.\n")
    assert listed(state) == []


# ---------------------------------------------------------------- end
def test_what_runs_is_ended_from_now_on(state: Path, several: InMemory) -> None:
    done = command(state, "end", "01900000-0000-7000-8000-000000000001", "--reason", "finished early")
    assert done.exit_code == 0
    assert several.ends[-1] == WindowEnd(UUID("01900000-0000-7000-8000-000000000001"), NOW, "jo", "finished early")
    assert command(state, "end", "01900002", "--reason", "not readable").exit_code == 0
    assert [row["id"][-1] for row in listed(state)] == ["2"]


@pytest.mark.parametrize(
    ("id", "status", "words"),
    [
        ("019000010000700080000000000000", 2, "is the beginning of 2 ids: 01900001-0000-7000-8000-000000000004, "),
        ("02", 2, "there is no planned maintenance '02': `hartwatch maintenance list --all` shows what there is"),
        ("", 2, "there is no planned maintenance ''"),
        ("01900001-0000-7000-8000-000000000004", 1, "was ended on 2026-11-28 11:30 by sam"),
        ("01900001-0000-7000-8000-000000000003", 1, "is over: there is nothing left to end"),
        ("01900000-0000-7000-8000-000000000002", 2, "is the inventory's: take it out of the inventory "
                                                    "(maintenance.patching)"),
    ],
)  # fmt: skip
def test_what_cannot_be_ended_is_one_line(id: str, status: int, words: str, state: Path, several: InMemory) -> None:
    before = list(several.ends)
    assert words in refused(command(state, "end", id, "--reason", "x"), status)
    assert several.ends == before


@pytest.mark.parametrize("reason", ["", " ", "a\nb"])
def test_an_end_without_a_reason_is_wrong_usage(reason: str, state: Path, several: InMemory) -> None:
    assert refused(command(state, "end", "01900002", "--reason", reason), 2) == "the reason is one line of text"


# ---------------------------------------------------------------- the real ledger
def test_without_a_ledger_nothing_is_made(state: Path) -> None:
    for arguments in (("add", *ONCE), ("list",), ("end", "0", "--reason", "x")):
        assert "there is no ledger at" in refused(command(state, *arguments), 1)
    assert not (state / "ledger.sqlite3").exists()


def test_the_real_ledger_keeps_what_was_planned_and_what_was_ended(state: Path, clock: time_machine.Traveller) -> None:
    running = Ledger.open(state / "ledger.sqlite3", "agent-1")
    try:
        assert command(state, "add", *ONCE).exit_code == 0
        assert command(state, "add", *ONCE, "--repeat", "FREQ=WEEKLY").exit_code == 0
        first, second = listed(state)
        assert (first["repeat"], second["repeat"]) == ("", "FREQ=WEEKLY")
        assert first["recorded_at"] == NOW.isoformat()
        clock.move_to(datetime(2026, 12, 5, 23, 0, tzinfo=UTC))
        assert [row["state"] for row in listed(state)] == ["running", "running"]
        assert command(state, "end", second["id"], "--reason", "finished").exit_code == 0
        assert "was ended on 2026-12-05 23:00 by jo" in refused(command(state, "end", second["id"], "--reason", "x"), 1)
        assert [row["id"] for row in listed(state)] == [first["id"]]
        plan = Plan.of(running.windows())
        assert len(plan.of_subject("device:sw-wf-1")) == 2
        week = Period(NOW + timedelta(days=8), NOW + timedelta(days=30))
        assert plan.planned("device:sw-wf-1", week) == []
    finally:
        running.close()
