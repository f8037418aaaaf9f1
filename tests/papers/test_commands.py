"""`hartwatch report`: editions, forms, names of files, and what is said where nothing can be written."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from agent.calendar_uk import Quarter
from agent.cli import report_files
from agent.reports import FormError
from agent.saying import short_id
from tests.papers.world import HOUR, World, at

Q1 = Quarter(2026, 1)


@pytest.fixture
def told(place: World) -> World:
    place.watched(Q1.began_at, Q1.ends_at)
    place.up(Q1.began_at)
    place.down("device:pbx-1", at("2026-05-13T09:00"), 2 * HOUR, "service:phones")
    return place


def names(lines: str) -> list[str]:
    paths = [Path(line) for line in lines.splitlines()]
    assert all(path.is_file() for path in paths)
    return [path.name for path in paths]


def test_both_editions_in_every_form_are_written_and_their_paths_printed(told: World) -> None:
    done = told.command("report", "quarter", "2026-Q1", "--edition", "both", "--out", told.state / "out")
    assert done.exit_code == 0, done.output
    written = names(done.stdout)
    for edition in ("public", "exempt"):
        for form in ("html", "pdf", "docx", "xlsx"):
            assert f"ict-quarter-2026-Q1-draft-{edition}.{form}" in written
        assert f"ict-quarter-2026-Q1-draft-{edition}-services-compared.csv" in written
    assert sorted(path.name for path in (told.state / "out").iterdir()) == sorted(written)
    assert done.stderr == ""  # no progress where nobody watches
    page = (told.state / "out" / "ict-quarter-2026-Q1-draft-public.docx").read_bytes()
    assert b"Telephony" in b"".join(ZipFile(io.BytesIO(page)).read(n) for n in ("word/document.xml",))


def test_forms_are_chosen_and_a_closed_quarter_is_no_draft(told: World) -> None:
    assert told.command("period", "close", "2026-Q1").exit_code == 0
    done = told.command(
        "report",
        "quarter",
        "2026-Q1",
        "--edition",
        "public",
        "--form",
        "pdf",
        "--form",
        "html",
        "--out",
        told.state / "o",
    )
    assert names(done.stdout) == ["ict-quarter-2026-Q1-public.html", "ict-quarter-2026-Q1-public.pdf"]
    assert "Draft" not in (told.state / "o" / "ict-quarter-2026-Q1-public.html").read_text()


def test_an_incident_and_the_programme_are_written_to_the_folder_of_papers(told: World) -> None:
    outage = short_id(told.outage("device:pbx-1"))
    done = told.command("report", "incident", outage, "--edition", "both", "--form", "html")
    assert names(done.stdout) == [f"ict-incident-{outage}-public.html", f"ict-incident-{outage}-exempt.html"]
    done = told.command(
        "report", "programme", "--from", "2026-27", "--years", "3", "--edition", "exempt", "--form", "csv"
    )
    assert "ict-programme-2026-27-3-years-exempt-items.csv" in names(done.stdout)
    assert (told.state / "papers").is_dir()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("incident", "ffffffff", "--edition", "public"), 2, "there is no outage 'ffffffff'"),
        (("incident", "ff", "--edition", "public"), 2, "too short for an id"),
        (("quarter", "2026-Q1", "--edition", "public", "--form", "odt"), 2, "odt"),
        (("quarter", "2026-Q1"), 2, "--edition"),
    ],
)
def test_what_cannot_be_done_is_said(told: World, arguments: tuple[str, ...], status: int, says: str) -> None:
    done = told.command("report", *arguments)
    assert done.exit_code == status
    assert says in done.stderr


def test_a_void_outage_is_told_from_one_that_never_was(told: World) -> None:
    outage = short_id(told.outage("device:pbx-1"))
    assert told.command("outages", "void", outage, "--reason", "a drill", "--as", "jo").exit_code == 0
    done = told.command("report", "incident", outage, "--edition", "public")
    assert done.exit_code == 2
    assert "was declared to be no outage by jo" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_or_a_form_that_cannot_be_made_is_said_in_one_line(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told.state / "file").write_text("")
    done = told.command("report", "quarter", "2026-Q1", "--edition", "public", "--form", "html", "--out",
                        told.state / "file" / "x")  # fmt: skip
    assert done.exit_code == 1
    assert "choose another folder with --out" in done.stderr

    def broken(*_: object) -> list[Path]:
        raise FormError("no fonts")

    monkeypatch.setattr("agent.reports.write", broken)
    done = told.command("report", "quarter", "2026-Q1", "--edition", "public", "--form", "pdf")
    assert done.exit_code == 1
    assert done.stderr.endswith("the public edition as PDF: no fonts\n")


def test_progress_is_shown_on_a_terminal_only_and_on_standard_error(
    told: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = told.paper(Q1)
    settings = type("S", (), {"state_directory": told.state})()
    wanted = (report_files.EditionName.PUBLIC, [report_files.FormName.HTML], told.state / "o", settings)
    report_files.write_all(paper, "q", *wanted)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with report_files.reading("Reading the ledger"):
        pass
    report_files.write_all(paper, "q", *wanted)
    shown = capsys.readouterr()
    assert "Reading the ledger" in shown.err
    assert "Part I (public): HTML" in shown.err
    assert shown.out.splitlines() == [str(told.state / "o" / "q-public.html")]
