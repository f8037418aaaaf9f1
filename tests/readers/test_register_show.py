"""`hartwatch register show`, on a real ledger, after imports."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.facts import Facts, Milestone, Sighting
from agent.ledger import Ledger
from tests.readers.commands import BEGAN, command

HOSTILE = "\x1b[31m<b>\u202e"


def common(state: Path) -> tuple[str | Path, ...]:
    return "-i", state / "inventory.yaml", "--state", state


@pytest.fixture
def bought(state: Path) -> Path:
    """The piece of hardware of the ledger with a purchase record that was corrected, an upgrade and a milestone."""
    ledger = Ledger.open(state / "ledger.sqlite3", "agent-1")
    later = BEGAN + timedelta(days=10)
    sighting = Sighting("sw-wf-1", "chassis", "sw-wf-1", "", "Aruba", "6300M", "SG00KN0001", f"10.13{HOSTILE}", later)
    milestone = Milestone("serial:aruba/SG00KN0001", "stage", "review_due", "2026-05-20", later, "4 years have passed")
    ledger.record(Facts(sightings=(sighting,), milestones=(milestone,)))
    assert ledger.settle()
    ledger.close()
    for name, text in (
        ("one.csv", "serial,purchased,price,supplier,share\nSG00KN0001,2019-04-01,1000,BT,sbc 60% / ehdc 40%\n"),
        ("two.csv", "serial,price\nsg00kn0001,900\n"),
    ):
        (state / name).write_text(text)
        done = command("register", "import", state / name, *common(state), "--author", "jo")
        assert done.exit_code == 0, done.stderr
    return state


def shown(state: Path, what: str = "SG00KN0001") -> dict[str, Any]:
    done = command("register", "show", what, *common(state), "--format", "json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_all_that_is_known_of_a_piece_is_shown(bought: Path) -> None:
    piece = shown(bought)
    assert (piece["serial"], piece["device"], piece["site"], piece["presence"]) == (
        "SG00KN0001", "sw-wf-1", "wallfields", "present",
    )  # fmt: skip
    assert [one["what"] for one in piece["history"]] == [
        "first_seen", "version_changed", "milestone", "purchase_record", "purchase_record"
    ]  # fmt: skip
    assert piece["history"][-1]["text"] == "two.csv:2: price was £1,000.00, now £900.00"
    assert {one["by"] for one in piece["history"][-2:]} == {"jo"}
    assert [(one["device"], one["outages"], one["until"]) for one in piece["stays"]] == [("sw-wf-1", 1, None)]


def test_the_purchase_date_is_the_best_evidence(bought: Path) -> None:
    piece = shown(bought)
    assert (piece["evidence"], piece["since"], piece["confidence"]) == ("purchased", "2019-04-01", "certain")
    assert (piece["ladder"][0]["evidence"], piece["ladder"][0]["day"]) == ("purchased", "2019-04-01")
    assert "two.csv:2" in piece["ladder"][0]["source"]
    assert piece["purchase"]["price_pence"] == 90000
    assert piece["purchase"]["shares"] == {"sbc": "0.6", "ehdc": "0.4"}


@pytest.mark.parametrize("what", ["sg00kn0001", "KN0001", "sw-wf-1", "serial:aruba/SG00KN0001"])
def test_it_is_found_by_device_key_and_part_of_its_serial_number(bought: Path, what: str) -> None:
    assert shown(bought, what)["serial"] == "SG00KN0001"


def test_people_get_it_under_headings_and_no_control_character_reaches_their_terminal(bought: Path) -> None:
    done = command("register", "show", "SG00KN0001", *common(bought))
    assert done.exit_code == 0
    for heading in (
        "IDENTITY",
        "PURCHASE",
        "EVIDENCE OF ITS AGE",
        "WHAT DECIDES ABOUT IT",
        "WHERE IT WAS",
        "WHAT HAPPENED",
    ):
        assert heading in done.stdout
    assert "sbc 60%, ehdc 40%" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("SG00KN9999",), 1, "the register has no piece 'SG00KN9999'; did you mean 'SG00KN0001'?"),
        (("SG00KN0001", "--format", "csv"), 2, "choose json"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    bought: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = command("register", "show", *arguments, *common(bought))
    assert (done.exit_code, done.stdout) == (status, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_bought_and_was_not_seen_yet_is_said_to_be_so(bought: Path) -> None:
    (bought / "ahead.csv").write_text("serial,purchased\nCZJ928ABCD,2026-04-01\n")
    assert command("register", "import", bought / "ahead.csv", *common(bought)).exit_code == 0
    done = command("register", "show", "czj928abcd", *common(bought))
    assert done.exit_code == 1
    assert "CZJ928ABCD was not seen yet; ahead.csv:2 says: purchased 2026-04-01" in done.stderr
