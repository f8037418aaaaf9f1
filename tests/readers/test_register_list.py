"""`hartwatch register`: what is listed, in which form, and what a spreadsheet must not take for a formula."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from agent.cli import application
from agent.facts import Absence, Facts, Sighting
from agent.hardware.table import NAMES
from agent.ledger import Ledger
from tests.readers.commands import BEGAN, command

INVENTORY = """
councils: {sbc: {title: Stevenage Borough Council, share: 1}}
sites:
  wallfields: {title: Wallfields, kind: office, owner: sbc}
  museum: {title: Museum, kind: other, owner: sbc}
devices:
  - {name: sw-1, address: 192.0.2.1, class: switch, site: wallfields, owned: {purchased: 2015-03-01, price: 2950.10}}
  - {name: wlc-1, address: 192.0.2.2, class: wifi_controller, site: museum}
hardware:
  cells: {class: ups, site: museum, part: battery, vendor: APC, model: "=cmd()", title: "@the cellar"}
exceptions:
  it: {devices: [sw-1], until: 2999-01-01, owner: Head of Property, reason: the house is sold}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    ledger = Ledger.open(tmp_path / "ledger.sqlite3", "agent-1", clock=lambda: BEGAN)

    def seen(device: str, part: str, serial: str, name: str = "", vendor: str = "Cisco") -> Sighting:
        return Sighting(device, part, name or part, "" if part == "chassis" else serial, vendor, f"M-{part}", serial,
                        None, BEGAN)  # fmt: skip

    sightings = (
        seen("sw-1", "chassis", "FCW2140L0AB"), seen("sw-1", "fan", "FAN-1", "-1+1|cmd"),
        seen("sw-1", "fan", "FAN-2"), seen("wlc-1", "chassis", "WLC-1"), seen("wlc-1", "access_point", "AP-1"),
        seen("sold", "chassis", "SOLD-1", vendor="Aruba"),
    )  # fmt: skip
    ledger.record(Facts(sightings=sightings))
    assert ledger.settle()
    gone = next(asset for asset in ledger.assets() if asset.serial == "FAN-2")
    absence = Absence(gone.key, "sw-1", "fan", gone.name, gone.place, gone.serial, BEGAN, BEGAN)
    ledger.record(Facts(absences=(absence,)))
    assert ledger.settle()
    ledger.close()
    return tmp_path


def listed(folder: Path, *options: str) -> list[dict[str, Any]]:
    done = command("register", *options, "--format", "json", "-i", folder / "inventory.yaml", "--state", folder)
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ((), {"FCW2140L0AB", "FAN-1", "WLC-1", "AP-1", ""}),
        (("--all",), {"FCW2140L0AB", "FAN-1", "FAN-2", "WLC-1", "AP-1", "SOLD-1", ""}),
        (("--class", "switch"), {"FCW2140L0AB", "FAN-1"}),
        (("--class", "wifi_ap"), {"AP-1"}),
        (("--class", "ups", "--class", "wifi_controller"), {"WLC-1", ""}),
        (("--site", "museum"), {"WLC-1", "AP-1", ""}),
        (("--vendor", "apc"), {""}),
        (("--device", "sw-1", "--all"), {"FCW2140L0AB", "FAN-1", "FAN-2"}),
        (("--device", "sold", "--all"), {"SOLD-1"}),
        (("--site", "museum", "--vendor", "cisco", "--class", "wifi_ap"), {"AP-1"}),
    ],
)
def test_only_what_fits_everything_that_was_asked_is_listed(
    folder: Path, options: tuple[str, ...], wanted: set[str]
) -> None:
    assert {row["serial"] for row in listed(folder, *options)} == wanted


def test_a_row_says_all_that_the_register_knows(folder: Path) -> None:
    (row,) = (row for row in listed(folder) if row["serial"] == "FCW2140L0AB")
    assert tuple(row) == NAMES
    assert {name: row[name] for name in ("site", "class", "council", "since", "evidence", "price_pounds")} == {
        "site": "wallfields", "class": "switch", "council": "sbc", "since": "2015-03-01", "evidence": "purchased",
        "price_pounds": 2950.1,
    }  # fmt: skip
    assert (row["kept_until"], row["kept_by"]) == ("2999-01-01", "Head of Property: the house is sold")
    assert len(row["reasons"]) >= 2
    assert row["conflicts"]  # bought years before the week that its serial number says it was made in
    (cells,) = (row for row in listed(folder) if row["name"] == "@the cellar")
    assert (cells["first_seen"], cells["last_seen"], cells["stage"]) == (None, None, "unknown")


def test_a_table_names_the_colour_by_its_word_and_sums_up(folder: Path) -> None:
    done = command("register", "--all", "-i", folder / "inventory.yaml", "--state", folder)
    head, *rows, empty, summed_up = done.stdout.splitlines()
    assert head.split() == ["device", "part", "model", "serial", "years", "known", "by", "stage", "presence", "why"]
    assert len(rows) == 7
    assert all(any(f"{colour}: " in row for colour in ("Green", "Amber", "Red", "Grey")) for row in rows)
    assert [row.split()[0] for row in rows if " withdrawn " in row or " gone " in row] == ["sold", "sw-1"]
    assert (empty, summed_up.split(":")[0]) == ("", "7 pieces of hardware")


def test_what_a_device_wrote_is_no_formula_in_a_csv_file(folder: Path) -> None:
    out = folder / "register.csv"
    options = ("--format", "csv", "--out", out, "-i", folder / "inventory.yaml", "--state", folder)
    assert command("register", *options).exit_code == 0
    octets = out.read_bytes()
    assert octets.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(octets.decode("utf-8-sig"))))
    assert {row["name"] for row in rows} >= {"'-1+1|cmd", "'@the cellar"}
    assert "'=cmd()" in {row["model"] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_a_spreadsheet_has_text_as_text_dates_as_dates_and_a_header_that_stays(folder: Path) -> None:
    out = folder / "register.xlsx"
    options = ("--format", "xlsx", "--out", out, "-i", folder / "inventory.yaml", "--state", folder)
    assert command("register", *options).stdout.strip() == str(out)
    sheet = openpyxl.load_workbook(out)["Register"]
    rows = list(sheet.iter_rows())
    names = [str(cell.value).replace(" ", "_") for cell in rows[0]]
    assert tuple(names) == NAMES
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}  # no "f": formula
    said = {cell.value for row in rows for cell in row}
    assert {"=cmd()", "@the cellar", "-1+1|cmd"} <= said
    bought = next(cell for cell in rows[1] if names[cell.column - 1] == "purchased")
    assert (bought.is_date, str(bought.value)[:10], bought.number_format) == (True, "2015-03-01", "yyyy-mm-dd")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", f"A1:{rows[0][-1].column_letter}6")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--class", "swich"), "there is no class 'swich' (did you mean 'switch'?)"),
        (("--site", "musem"), "there is no site 'musem' (did you mean 'museum'?)"),
        (("--stage", "overdu"), "there is no stage 'overdu' (did you mean 'overdue'?)"),
        (("--device", "sold"), "there is no device 'sold'"),
        (("--format", "xlsx"), "a spreadsheet goes into a file: say which with --out register.xlsx"),
    ],
)
def test_a_name_that_is_nowhere_is_told_and_lists_nothing(folder: Path, options: tuple[str, ...], says: str) -> None:
    done = command("register", *options, "-i", folder / "inventory.yaml", "--state", folder)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_file_that_cannot_be_written_is_said_in_one_line(folder: Path) -> None:
    for form in ("csv", "xlsx"):
        options = ("--format", form, "--out", folder / "nowhere" / "file", "--state", folder)
        done = command("register", *options, "-i", folder / "inventory.yaml")
        assert done.exit_code == 1
        assert done.stderr.startswith("hartwatch: cannot write ")
        assert len(done.stderr.splitlines()) == 1


def test_the_list_is_a_command_with_commands_beside_it() -> None:
    told = CliRunner().invoke(application("register"), ["register", "--help"]).stdout
    assert "import" in told
    assert "show" in told
