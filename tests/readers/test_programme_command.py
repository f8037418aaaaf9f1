"""`hartwatch programme` on a real ledger: for people, for programs, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
import typer
from typer.testing import CliRunner, Result

from agent.cli import programme
from agent.facts import Facts, Sighting
from agent.ledger import Ledger

SEEN = datetime(2026, 5, 14, 9, tzinfo=UTC)
EXTRA = """
  - {name: fw-1, address: 192.0.2.2, class: firewall, site: wallfields, owned: {purchased: 2020-06-01}}
  - {name: =sw, address: 192.0.2.3, class: switch, site: wallfields, owned: {purchased: 2023-06-01}}
programme:
  prices_of: 2026-27
  uplift: 0.1
  costs:
    - {class: switch, price: 100.01, title: Switch}
"""


@pytest.fixture
def estate(state: Path) -> Path:
    """A switch and a firewall that have dates, of which the firewall has no price; one switch that has no date."""
    file = state / "inventory.yaml"
    file.write_text(file.read_text() + EXTRA.replace("=sw", "sw-2"))
    ledger = Ledger.open(state / "ledger.sqlite3", "agent-1", clock=lambda: SEEN)
    sightings = (
        Sighting("fw-1", "chassis", "fw-1", "", "Fortinet", "FGT_100F", "FG100FTK1", "7.2", SEEN),
        Sighting("sw-2", "chassis", "sw-2", "", "Aruba", "=6300M", "SG00KN0002", "10.11", SEEN),
    )
    ledger.record(Facts(sightings=sightings))
    assert ledger.settle()
    ledger.close()
    return state


def command(state: Path, *arguments: str) -> Result:
    app = typer.Typer()
    programme.register(app)
    app.command("other")(lambda: None)
    paths = ["--state", str(state), "--inventory", str(state / "inventory.yaml")]
    return CliRunner().invoke(app, ["programme", *paths, *arguments])


def test_the_years_are_printed_with_each_councils_share_and_what_must_not_be_overlooked(estate: Path) -> None:
    result = command(estate, "--from", "2026-27", "--years", "5", "--slip")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "Refresh programme 2026-27 to 2030-31: prices of 2026-27, uplift 10 % a year, no cap" in lines[0]
    assert any(line.startswith("! 1 item has no price and is left out") for line in lines)
    assert any(line.startswith("! 1 piece of hardware has no date and is in no year: £100.01") for line in lines)
    (year,) = (line for line in lines if line.startswith("2030-31") and "£146.42" in line and "£73.21" in line)
    assert year.split()[1:6] == ["1", "0", "0", "£146.42", "£73.21"]
    assert "Everything a year later" in result.output
    assert "past its replacement age" in result.output


def test_the_cap_and_the_uplift_of_the_command_hold_before_those_of_the_inventory(estate: Path) -> None:
    whole = json.loads(command(estate, "--from", "2026-27", "--format", "json", "--cap", "50", "--uplift", "0").stdout)
    assert (whole["cap"], whole["uplift"]) == (50.0, 0.0)
    (year,) = (row for row in whole["years"] if row["cost"])
    assert (year["financial_year"], year["cost"], year["over_cap"]) == ("2030-31", 100.01, 50.01)
    assert (year["sbc"], year["ehdc"]) == (50.0, 50.01)
    assert "more than the cap" in year["why_over"]
    assert [lot["model"] for lot in whole["no_price"]] == ["FGT_100F"]
    assert len(whole["slip"]) == 7


def test_csv_has_the_years_or_the_items_and_no_formulas(estate: Path) -> None:
    years = list(csv.DictReader(io.StringIO(command(estate, "--from", "2026-27", "--format", "csv", "--slip").stdout)))
    assert [row["financial_year"] for row in years][::6] == ["2026-27", "2032-33"]
    assert {row["cost_more"] for row in years} == {"0.00", "-146.42", "161.07"}
    items = command(estate, "--from", "2026-27", "--format", "csv", "--items", "--council", "sbc").stdout
    rows = {row["device"]: row for row in csv.DictReader(io.StringIO(items))}
    assert rows["sw-2"]["model"] == "'=6300M"
    assert (rows["sw-2"]["price"], rows["sw-2"]["sbc"]) == ("146.42", "73.21")
    assert rows["fw-1"]["price_basis"] == "no price"
    assert rows["sw-wf-1"]["financial_year"] == "no date"


def test_the_workbook_goes_to_a_file(estate: Path, tmp_path: Path) -> None:
    out = tmp_path / "programme.xlsx"
    result = command(estate, "--from", "2026-27", "--format", "xlsx", "--out", str(out))
    assert result.exit_code == 0, result.output
    book = openpyxl.load_workbook(out, data_only=True)
    assert round(book["Programme"]["E9"].value * 100) == 146_42


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026"), "write 2026-27"),
        (("--from", "1066-67"), "no year that money is planned for"),
        (("--cap", "lots"), "--cap: 'lots' is no number"),
        (("--cap", "-5"), "no amount of money"),
        (("--cap", "1e99"), "is no number"),
        (("--cap", "nan"), "is no number"),
        (("--uplift", "3"), "write 0.03"),
        (("--uplift", "three"), "is no number"),
        (("--council", "sbx"), "no council 'sbx'"),
        (("--format", "xlsx"), "--out FILE.xlsx"),
        (("--out", "x.csv"), "--format csv"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(estate: Path, arguments: tuple[str, ...], said: str) -> None:
    result = command(estate, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_cannot_be_written_is_said(estate: Path) -> None:
    result = command(estate, "--format", "csv", "--out", str(estate / "nowhere" / "x.csv"))
    assert result.exit_code == 1
    assert "choose another file with --out" in result.stderr
