"""`hartwatch outages`, `availability`, `period`, `redundancy`, `readiness` and `ledger`, on a real ledger."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from agent.facts import Change, Facts, Standing
from agent.ledger import Ledger
from tests.readers.commands import BEGAN, command


def outage(state: Path, subject: str = "device:sw-wf-1") -> dict[str, Any]:
    listed = json.loads(command("outages", "--state", state, "--format", "json").stdout)
    found: dict[str, Any] = next(o for o in listed if o["subject"] == subject)
    return found


def say(state: Path, verb: str, *arguments: str, subject: str = "device:sw-wf-1") -> Result:
    id = outage(state, subject)["id"]
    return command("outages", verb, id, *arguments, "--state", state, "--as", "jo")


def shown(state: Path, subject: str = "device:sw-wf-1") -> dict[str, Any]:
    common = ("--state", state, "-i", state / "inventory.yaml", "--format", "json")
    done = command("outages", "show", outage(state, subject)["id"], *common)
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


# ---------------------------------------------------------------- listing
def test_outages_are_listed_the_oldest_first_and_open_ones_alone_if_asked(state: Path) -> None:
    done = command("outages", "--state", state, "--format", "json")
    assert done.exit_code == 0
    ended, still = json.loads(done.stdout)
    assert (ended["subject"], ended["seconds"], ended["reason"]) == ("device:sw-wf-1", 5400.0, "no answer to SNMP")
    assert (still["subject"], still["ended_at"]) == ("site:wallfields", "")
    assert [
        o["subject"] for o in json.loads(command("outages", "--open", "--state", state, "--format", "json").stdout)
    ] == ["site:wallfields"]
    assert "1 h 30 min" in command("outages", "--state", state).stdout
    late = command("outages", "--since", "2026-05-14", "--state", state, "--format", "json")
    assert [o["subject"] for o in json.loads(late.stdout)] == ["site:wallfields"]
    early = command("outages", "--until", "2026-05-12", "--state", state, "--format", "json")
    assert json.loads(early.stdout) == []


def test_a_cell_that_a_spreadsheet_would_run_is_text(state: Path) -> None:
    done = command("outages", "--state", state, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows[1]["reason"] == "'=HYPERLINK(evil)"


def test_without_a_ledger_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = command("outages", "--state", tmp_path)
    assert done.exit_code == 1
    assert "hartwatch run" in done.stderr
    assert not (tmp_path / "ledger.sqlite3").exists()


def test_a_subject_of_which_nothing_was_recorded_is_an_error_and_the_near_one_is_named(state: Path) -> None:
    done = command("outages", "--subject", "device:sw-wf-2", "--state", state)
    assert done.exit_code == 2
    assert "did you mean 'device:sw-wf-1'?" in done.stderr


# ---------------------------------------------------------------- one of them
def test_what_people_say_is_shown_with_the_outage_and_its_clock(state: Path) -> None:
    assert say(state, "cause", "Supplier  Circuit").exit_code == 0
    assert say(state, "link-ticket", "INC0012345").exit_code == 0
    assert say(state, "note", "a digger in Pegs Lane").exit_code == 0
    reason = "waiting for the supplier's engineer"
    assert say(state, "pause", reason, "--since", "2026-05-13 10:30", "--until", "2026-05-13 11:00").exit_code == 0
    found = shown(state)
    assert (found["cause"], found["tickets"]) == ("supplier circuit", ["INC0012345"])
    assert found["fix_clock"] == "stopped: 1 h elapsed, 1 h in service hours"
    assert found["target"] == "4 h, 25% used, kept"
    assert found["paused_waiting_for_the_supplier's_engineer_seconds"] == 1800.0
    assert [(row["what"], row["text"]) for row in found["timeline"]] == [
        ("stands", "down: no answer to SNMP, known 86,400 s later"),
        ("pause", "jo: until 2026-05-13 11:00; waiting for the supplier's engineer"),
        ("stands", "up: answers, known 81,000 s later"),
        ("cause", "jo: supplier circuit"),
        ("ticket", "jo: INC0012345"),
        ("note", "jo: a digger in Pegs Lane"),
    ]
    table = command("outages", "show", found["id"][-8:], "--state", state, "-i", state / "inventory.yaml")
    assert "supplier circuit" in table.stdout


def test_an_acknowledgement_is_listed_until_it_expires(state: Path) -> None:
    done = say(state, "ack", "--for", "4h", "--note", "on my way", subject="site:wallfields")
    assert done.exit_code == 0
    assert outage(state, "site:wallfields")["acknowledged_by"] == "jo"
    assert "acknowledged by" in command("outages", "--state", state).stdout


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("cause", ("powr",), "did you mean 'power'?"),
        ("cause", ("gremlins",), "one of: power, supplier circuit"),
        ("pause", ("coffee",), "one of: waiting for access"),
        ("pause", ("agreed with the service owner", "--since", "2026-05-13 14:00"), "the outage did not last then"),
        ("pause", ("agreed with the service owner", "--since", "13/05/2026"), "--since: a time is written"),
        ("resume", (), "was not paused"),
        ("ack", (), "it is over since"),
        ("ack", ("--for", "soon"), "--for:"),
        ("note", ("  ",), "a text is wanted"),
        ("note", ("bell\a",), "cannot be printed"),
        ("link-ticket", ("two words",), "one word"),
        ("correct", ("--reason", "x"), "say when it began"),
        ("correct", ("--reason", "x", "--ended", "2026-05-13 09:00"), "before it begins"),
        ("correct", ("--reason", "x", "--ended", "2088-01-01 09:00"), "cannot lie in the future"),
    ],
)
def test_what_cannot_be_taken_down_is_one_clear_line_and_changes_nothing(
    state: Path, verb: str, arguments: tuple[str, ...], says: str
) -> None:
    before = shown(state)
    done = say(state, verb, *arguments)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert says in done.stderr
    assert shown(state) == before


@pytest.mark.parametrize(
    ("id", "says"),
    [("ffffffff", "there is no outage"), ("0", "too short"), ("0000", "there is no outage")],
)
def test_an_id_that_names_no_outage_is_an_error(state: Path, id: str, says: str) -> None:
    done = command("outages", "cause", id, "power", "--state", state)
    assert done.exit_code == 2
    assert says in done.stderr


def test_an_id_that_could_be_several_outages_is_an_error_that_names_them(state: Path) -> None:
    ids = [o["id"] for o in json.loads(command("outages", "--state", state, "--format", "json").stdout)]
    done = command("outages", "cause", ids[0][:6], "power", "--state", state)
    assert done.exit_code == 2
    assert all(id in done.stderr for id in ids)


def test_an_open_outage_is_neither_ended_nor_voided_by_a_person(state: Path) -> None:
    for verb, more in (("correct", ("--ended", "2026-05-13 16:00")), ("void", ())):
        done = say(state, verb, "--reason", "x", *more, subject="site:wallfields")
        assert done.exit_code == 2
        assert "still open" in done.stderr


# ---------------------------------------------------------------- periods
def availability(state: Path, *arguments: str) -> dict[str, Any]:
    common = ("--state", state, "-i", state / "inventory.yaml", "--format", "json")
    done = command("availability", "--period", "2026-Q1", "--subject", "device:sw-wf-1", *common, *arguments)
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_figures_of_a_quarter_add_up_and_say_what_is_not_known(state: Path) -> None:
    found = availability(state)
    parts = [found[f"{part}_seconds"] for part in ("up", "down", "planned", "blind")]
    assert sum(parts) == 91 * 86400
    assert parts[:3] == [3 * 86400 - 5400, 5400, 0]
    assert found["achieved"] == pytest.approx((3 * 86400 - 5400) / (3 * 86400))
    assert found["lower"] < found["achieved"] < found["upper"]
    assert (found["outages"], found["fixed"], found["mean_fix_seconds"]) == (1, 1, 5400)
    month = command("availability", "--period", "2026-05", "--state", state, "-i", state / "inventory.yaml")
    assert "May 2026" in month.stdout
    assert "site:wallfields" in month.stdout


@pytest.mark.parametrize("period", ["2026-Q5", "2026", "soon", "2026-13", "2026-28"])
def test_a_malformed_period_is_an_error_that_shows_the_forms(state: Path, period: str) -> None:
    done = command("availability", "--period", period, "--state", state, "-i", state / "inventory.yaml")
    assert done.exit_code == 2
    assert "2026-Q3" in done.stderr


def close(state: Path, period: str = "2026-Q1") -> Result:
    return command("period", "close", period, "--state", state, "-i", state / "inventory.yaml", "--as", "sam")


def test_a_closed_quarter_is_closed_once_and_what_is_corrected_later_is_restated_with_the_reason(state: Path) -> None:
    assert close(state).exit_code == 0
    again = close(state)
    assert again.exit_code == 1
    assert "was closed on" in again.stderr
    assert "Nothing was restated" in command("period", "restatements", "2026-Q1", "--state", state).stderr
    assert command("ledger", "verify", "--state", state).exit_code == 0
    said = say(state, "correct", "--reason", "the log of the switch says so", "--ended", "2026-05-13 10:30")
    assert said.exit_code == 0
    assert availability(state)["down_seconds"] == 1800
    done = command("period", "restatements", "2026-Q1", "--state", state, "--format", "json")
    rows = {(r["subject"], r["figure"]): r for r in json.loads(done.stdout)}
    down = rows["device:sw-wf-1", "time down"]
    assert (down["was"], down["now"]) == ("1 hour 30 minutes", "30 minutes")
    assert down["why"].startswith("corrected by jo on")
    assert down["why"].endswith("the log of the switch says so")
    assert command("ledger", "verify", "--state", state).exit_code == 0
    assert "2026-Q1" in command("period", "list", "--state", state).stdout


def test_a_cause_that_is_given_after_the_closing_is_restated_too(state: Path) -> None:
    close(state)
    say(state, "cause", "power")
    done = command("period", "restatements", "2026-Q1", "--state", state, "--format", "json")
    (row,) = json.loads(done.stdout)
    assert (row["figure"], row["was"], row["now"]) == ("cause", "not recorded", "power")


@pytest.mark.parametrize(
    ("period", "status", "says"),
    [
        ("2026-05", 2, "is no quarter"),
        ("2199-Q1", 1, "is not over"),
        ("2025-Q1", 1, "nothing was watched"),
    ],
)
def test_what_cannot_be_closed_says_why(state: Path, period: str, status: int, says: str) -> None:
    done = close(state, period)
    assert (done.exit_code, says in done.stderr) == (status, True), done.stderr
    assert json.loads(command("period", "list", "--state", state, "--format", "json").stdout) == []


def test_an_outage_that_becomes_known_after_the_closing_is_restated_as_that(state: Path) -> None:
    close(state)
    late = Ledger.open(state / "ledger.sqlite3", "agent-1")
    at = BEGAN + timedelta(hours=8)
    late.record(Facts((
        Change("device:sw-wf-1", Standing.UP, Standing.DOWN, at, "seen by the other agent"),
        Change("device:sw-wf-1", Standing.DOWN, Standing.UP, at + timedelta(minutes=5), "answers"),
    ))).result(10)  # fmt: skip
    late.close()
    done = command("period", "restatements", "2026-Q1", "--state", state, "--format", "json")
    row = next(r for r in json.loads(done.stdout) if r["figure"] == "outages")
    assert (row["was"], row["now"]) == ("1", "2")
    assert "became known on" in row["why"]


# ---------------------------------------------------------------- redundancy and readiness
def test_redundancy_and_readiness_say_so_where_there_is_nothing_to_say(state: Path) -> None:
    common = ("--state", state, "-i", state / "inventory.yaml")
    assert "No redundancy is lost now." in command("redundancy", *common).stderr
    assert "No redundancy was lost." in command("redundancy", "--period", "2026-Q1", *common).stderr
    assert "no data centre" in command("readiness", *common).stderr


# ---------------------------------------------------------------- the ledger
def test_a_ledger_that_was_tampered_with_is_told_line_by_line(state: Path) -> None:
    close(state)
    with closing(sqlite3.connect(state / "ledger.sqlite3")) as changed:
        changed.execute("DROP TRIGGER flip_no_update")
        changed.execute("UPDATE flip SET at = '2026-05-13 08:00:00.000000' WHERE sequence = 2")
        changed.commit()
    done = command("ledger", "verify", "--state", state)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert "flip 2 of device:sw-wf-1" in lines[0]
    assert lines[1] == "2026-Q1: the ledger does not give the figures it was closed with"


def test_a_ledger_goes_out_as_lines_and_into_another_and_is_copied(state: Path, tmp_path: Path) -> None:
    close(state)
    done = command("ledger", "export", tmp_path / "all.jsonl", "--state", state)
    assert done.exit_code == 0
    assert command("ledger", "export", "--state", state).stdout == (tmp_path / "all.jsonl").read_text()
    other = tmp_path / "other"
    taken = command("ledger", "import", tmp_path / "all.jsonl", "--state", other)
    assert "7 entries added" in taken.stdout
    assert command("ledger", "verify", "--state", other).stdout == command("ledger", "verify", "--state", state).stdout
    copied = command("ledger", "backup", tmp_path, "--state", state)
    assert Path(copied.stdout.strip().replace("\n", "")).is_file()


def test_a_file_that_cannot_be_taken_in_is_named_with_its_line(state: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n")
    done = command("ledger", "import", tmp_path / "bad.jsonl", "--state", tmp_path / "other")
    assert done.exit_code == 1
    assert "bad.jsonl: line 1: this is no ledger" in done.stderr
    gone = command("ledger", "import", tmp_path / "none.jsonl", "--state", tmp_path / "other")
    assert "no such file" in gone.stderr
    nowhere = command("ledger", "export", tmp_path / "no" / "x.jsonl", "--state", state)
    assert "cannot write" in nowhere.stderr
