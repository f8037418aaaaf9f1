"""`hartwatch report`, `outages`, `register` and `metrics`, on a real ledger."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agent.catalogue import CATALOGUE
from agent.cli import papers
from agent.facts import Change, Facts, Sighting, Standing
from agent.ledger import Ledger
from agent.metrics_page import markdown

INVENTORY = """
councils:
  sbc: {title: Stevenage Borough Council, share: "0.5"}
  ehdc: {title: East Herts District Council, share: "0.5"}
zones: {general: {title: General}}
sites:
  wallfields: {title: Wallfields, kind: office, owner: ehdc}
devices:
  - {name: sw-wf-1, address: 192.0.2.1, class: switch, site: wallfields, zone: general}
"""
BEGAN = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a ledger: one outage that ended, one that is open, one piece of hardware."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    ledger = Ledger.open(tmp_path / "ledger.sqlite3", "agent-1", clock=lambda: BEGAN + timedelta(days=1))
    changes = (
        Change("device:sw-wf-1", Standing.BLIND, Standing.UP, BEGAN - timedelta(days=2), "answers"),
        Change("device:sw-wf-1", Standing.UP, Standing.DOWN, BEGAN, "no answer to SNMP"),
        Change("device:sw-wf-1", Standing.DOWN, Standing.UP, BEGAN + timedelta(minutes=90), "answers"),
        Change("site:wallfields", Standing.UP, Standing.DOWN, BEGAN + timedelta(hours=5), "=HYPERLINK(evil)"),
    )
    sighting = Sighting("sw-wf-1", "chassis", "sw-wf-1", "", "Aruba", "6300M", "SG00KN0001", "10.11", BEGAN)
    ledger.record(Facts(changes, (sighting,), heartbeat_at=BEGAN))
    assert ledger.settle()
    ledger.close()
    return tmp_path


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    papers.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_outages_are_listed_the_oldest_first_and_open_ones_alone_if_asked(state: Path) -> None:
    done = command("outages", "--state", state, "--format", "json")
    assert done.exit_code == 0
    ended, still = json.loads(done.stdout)
    assert (ended["subject"], ended["seconds"], ended["reason"]) == ("device:sw-wf-1", 5400.0, "no answer to SNMP")
    assert (still["subject"], still["ended_at"]) == ("site:wallfields", "")
    assert [
        o["subject"] for o in json.loads(command("outages", "--open", "--state", state, "--format", "json").stdout)
    ] == ["site:wallfields"]
    assert "1 hour 30 minutes" in command("outages", "--state", state).stdout
    late = command("outages", "--since", "2026-05-14", "--state", state, "--format", "json")
    assert [o["subject"] for o in json.loads(late.stdout)] == ["site:wallfields"]


def test_a_cell_that_a_spreadsheet_would_run_is_text(state: Path) -> None:
    done = command("outages", "--state", state, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows[1]["reason"] == "'=HYPERLINK(evil)"


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
    assert written[0].name == "ict-quarter-2026-Q1-public.html"
    assert all(path.is_file() for path in written)
    assert not any(b"sw-wf-1" in path.read_bytes() for path in written)
    command("report", "quarter", "2026-Q1", "--edition", "exempt", *common)
    assert b"sw-wf-1" in (state / "out" / "ict-quarter-2026-Q1-exempt.html").read_bytes()


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


def test_without_a_ledger_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = command("outages", "--state", tmp_path)
    assert done.exit_code == 1
    assert "hartwatch run" in done.stderr
    assert not (tmp_path / "ledger.sqlite3").exists()


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
