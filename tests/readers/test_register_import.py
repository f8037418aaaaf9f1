"""`hartwatch register import`, on a real ledger, from the file to the register's list."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import Result

from agent.facts import Purchase
from agent.ledger import Ledger
from tests.readers.commands import command

GOOD = 'serial,purchased,price,supplier,council share\nSG00KN0001,01/04/2019,"£1,234.50",BT,sbc 60% / ehdc 40%\n'


def imported(state: Path, text: str | bytes, *options: str, name: str = "purchases.csv") -> Result:
    file = state / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    common = ("-i", state / "inventory.yaml", "--state", state, "--author", "jo")
    return command("register", "import", file, *common, *options)


def recorded(state: Path) -> list[Purchase]:
    ledger = Ledger.open(state / "ledger.sqlite3", "test", watch=False)
    try:
        return ledger.purchases()
    finally:
        ledger.close()


def test_a_record_goes_in_whole_and_the_register_goes_by_it(state: Path) -> None:
    done = imported(state, GOOD)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1 row: 1 matched" in done.stdout
    (bought,) = recorded(state)
    assert (bought.author, bought.origin, bought.price_pence) == ("jo", "purchases.csv:2", 123450)
    assert bought.shares == (("sbc", "0.6"), ("ehdc", "0.4"))
    assert bought.purchased == "2019-04-01"
    listed = json.loads(
        command("register", "-i", state / "inventory.yaml", "--state", state, "--format", "json").stdout
    )
    assert [(one["serial"], one["evidence"]) for one in listed] == [("SG00KN0001", "purchased")]


def test_hardware_that_only_the_inventory_knows_is_matched(state: Path) -> None:
    inventory = state / "inventory.yaml"
    spare = (
        "  spare: {class: switch, site: wallfields, title: Spare, vendor: Cisco, model: C9300, serial: FCW2305D0NN}\n"
    )
    inventory.write_text(inventory.read_text() + "hardware:\n" + spare)
    said = json.loads(imported(state, "serial,price\nfcw2305d0nn,5\n", "--format", "json").stdout)
    assert [(line["outcome"], line["model"]) for line in said["lines"]] == [("matched", "C9300")]


def test_importing_again_says_so_and_writes_nothing(state: Path) -> None:
    imported(state, GOOD)
    done = imported(state, GOOD, "--format", "json")
    said = json.loads(done.stdout)
    assert (said["imported"], said["counts"]["unchanged"]) == (0, 1)
    assert len(recorded(state)) == 1


def test_a_correction_is_appended(state: Path) -> None:
    imported(state, GOOD)
    done = imported(state, "serial,price\nsg00kn0001,99\n", name="correction.csv")
    assert "price was £1,234.50, now £99.00" in " ".join(done.stdout.split())
    before, after = recorded(state)
    assert (before.price_pence, after.price_pence) == (123450, 9900)
    assert (after.purchased, after.origin) == ("2019-04-01", "correction.csv:2")


BAD = GOOD + "X1Y2Z3,2099-01-01,5,BT,\nA1B2C3,2020-01-01,5,BT,\n"


def test_one_bad_row_keeps_all_of_them_out(state: Path) -> None:
    done = imported(state, BAD)
    assert done.exit_code == 1
    assert "nothing was imported because of purchases.csv:3" in done.stderr
    assert "lies in the future" in done.stdout
    assert recorded(state) == []


def test_the_good_rows_go_in_if_that_is_asked(state: Path) -> None:
    done = imported(state, BAD, "--partial", "--format", "json")
    said = json.loads(done.stdout)
    assert done.exit_code == 0
    assert said["imported"] == 2
    assert [(one["file"], one["line"], one["column"]) for one in said["faults"]] == [("purchases.csv", 3, "purchased")]
    assert [line["outcome"] for line in said["lines"]] == ["matched", "refused", "not_seen_yet"]
    assert [bought.serial for bought in recorded(state)] == ["SG00KN0001", "A1B2C3"]


def test_a_dry_run_writes_nothing_and_says_what_would_be(state: Path) -> None:
    done = imported(state, GOOD, "--dry-run")
    assert done.exit_code == 0
    assert "nothing was written. New or changed: 1." in done.stdout
    assert imported(state, BAD, "--dry-run").exit_code == 1
    assert recorded(state) == []


def test_records_are_written_beside_a_running_agent(state: Path) -> None:
    agent = Ledger.open(state / "ledger.sqlite3", "agent-1")
    try:
        assert imported(state, GOOD).exit_code == 0
        assert [bought.serial for bought in agent.purchases()] == ["SG00KN0001"]
        assert agent.verify().problems == ()
    finally:
        agent.close()


@pytest.mark.parametrize(
    ("text", "name", "status", "says"),
    [
        (b"PK\x03\x04", "purchases.xlsx", 1, "CSV UTF-8"),
        ("serail,price\nA1B2,5\n", "purchases.csv", 1, "did you mean 'serial'?"),
        ("", "purchases.csv", 1, "it is empty"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    state: Path, text: str | bytes, name: str, status: int, says: str
) -> None:
    done = imported(state, text, name=name)
    assert (done.exit_code, done.stdout) == (status, "")
    assert says in done.stderr
    assert "nothing was imported" in done.stderr
    said = json.loads(imported(state, text, "--format", "json", name=name).stdout)
    assert said["imported"] == 0
    assert said["faults"]
    assert recorded(state) == []


def test_what_cannot_be_done_is_said_in_one_line(state: Path) -> None:
    common = ("-i", state / "inventory.yaml", "--state", state)
    for file, options, says in (
        ("none.csv", (), "cannot read none.csv"), (state, (), "cannot read"),
        (state / "inventory.yaml", ("--author", " "), "--author"),
    ):  # fmt: skip
        done = command("register", "import", file, *options, *common)
        assert done.exit_code == 2
        assert says in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_what_a_file_says_reaches_no_terminal_and_no_spreadsheet_as_it_is(state: Path) -> None:
    hostile = 'serial,price,supplier,=cmd|x\nSG00KN0001,5,"=HYPERLINK(""x"")",1\nB1B2,\x1b[31m5,x,1\n'
    done = imported(state, hostile, "--partial", "--format", "csv")
    assert "\x1b" not in done.stdout + done.stderr
    assert "=cmd|x: the column is not known" in done.stderr
    assert "\x1b" not in imported(state, hostile, "--partial").stdout


def test_the_files_of_the_how_to_are_taken_as_they_stand(state: Path, root: Path) -> None:
    inventory = (state / "inventory.yaml").read_text().replace("sbc", "stevenage").replace("ehdc", "east-herts")
    (state / "inventory.yaml").write_text(inventory)
    page = (root / "docs/how-to/import-purchases.md").read_text("utf-8")
    first, second = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    done = json.loads(imported(state, first, "--format", "json").stdout)
    assert (done["imported"], done["counts"]["not_seen_yet"], done["warnings"]) == (3, 3, [])
    done = json.loads(imported(state, second, "--format", "json").stdout)
    assert [line["text"] for line in done["lines"]] == [
        "price was £3,250.00, now £3,150.00", "support until was 2026-05-03, now not known"
    ]  # fmt: skip
