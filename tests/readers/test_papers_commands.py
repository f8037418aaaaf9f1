"""`hartwatch report`, `register` and `metrics`, on a real ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.catalogue import CATALOGUE
from agent.metrics_page import markdown
from tests.readers.commands import command


def test_the_register_says_how_old_hardware_is_and_how_that_is_known(state: Path) -> None:
    done = command("register", "-i", state / "inventory.yaml", "--state", state, "--format", "json")
    (piece,) = json.loads(done.stdout)
    assert (piece["device"], piece["model"], piece["serial"]) == ("sw-wf-1", "6300M", "SG00KN0001")
    assert piece["evidence"] == "first_seen"
    assert command("register", "--stage", "overdue", "-i", state / "inventory.yaml", "--state", state).stdout == ""


def test_a_paper_is_written_in_the_edition_that_was_asked_for(state: Path) -> None:
    common = ("-i", state / "inventory.yaml", "--state", state, "--out", state / "out")
    done = command("report", "quarter", "2026-Q1", "--edition", "public", *common)
    assert done.exit_code == 0
    written = [Path(line) for line in done.stdout.splitlines()]
    assert written[0].name == "ict-quarter-2026-Q1-draft-public.html"
    assert all(path.is_file() for path in written)
    assert not any(b"sw-wf-1" in path.read_bytes() for path in written)
    command("report", "quarter", "2026-Q1", "--edition", "exempt", *common)
    assert b"sw-wf-1" in (state / "out" / "ict-quarter-2026-Q1-draft-exempt.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("report", "quarter", "2026-Q9", "--edition", "public"), 2, "is no quarter"),
        (("report", "quarter", "2199-Q1", "--edition", "public"), 2, "has not begun"),
        (("report", "quarter", "2026-Q1", "--edition", "public", "-i", "none.yaml"), 2, "cannot read the inventory"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    state: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = command(*arguments, "--state", state)
    assert done.exit_code == status
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_said(state: Path) -> None:
    (state / "file").write_text("")
    done = command(
        "report", "quarter", "2026-Q1", "--edition", "public", "-i", state / "inventory.yaml", "--state", state,
        "--out", state / "file" / "out",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "--out" in done.stderr


def test_the_catalogue_is_printed_as_its_page_and_for_programs() -> None:
    assert command("metrics").stdout == markdown()
    names = [entry["name"] for entry in json.loads(command("metrics", "--format", "json").stdout)]
    assert names == [entry.name for entry in CATALOGUE]


def test_the_paper_of_a_closed_quarter_stays_as_it_was_closed_and_the_next_tells_what_was_corrected(
    state: Path,
) -> None:
    common = ("-i", state / "inventory.yaml", "--state", state)

    def paper(quarter: str = "2026-Q1") -> dict[str, str]:
        out = state / quarter
        command("report", "quarter", quarter, "--edition", "exempt", "--form", "html", "--form", "csv", *common,
                "--out", out)  # fmt: skip
        return {path.name: path.read_text("utf-8-sig") for path in out.iterdir()}

    page, figures = "ict-quarter-2026-Q1-exempt.html", "ict-quarter-2026-Q1-exempt-sites.csv"
    assert "The quarter is not closed" in paper()["ict-quarter-2026-Q1-draft-exempt.html"]
    assert command("period", "close", "2026-Q1", *common).exit_code == 0
    closed = paper()
    assert "the figures are those it was closed with" in closed[page]
    (outage, _) = json.loads(command("outages", "--state", state, "--format", "json").stdout)
    done = command(
        "outages", "correct", outage["id"], "--reason", "seen on site", "--ended", "2026-05-13 10:30:00",
        "--state", state,
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    again = paper()
    assert "Something else is known since: the next paper has it." in again[page]
    assert {**again, page: ""} == {**closed, page: ""}
    assert figures in again
    following = paper("2026-Q2")["ict-quarter-2026-Q2-draft-exempt-restatements-all.csv"].splitlines()
    (down,) = [line for line in following if "time down," in line]
    assert down.startswith("sw-wf-1,2026-Q1,time down,1 hour 30 minutes,30 minutes,corrected by ")
    assert "seen on site" in down
