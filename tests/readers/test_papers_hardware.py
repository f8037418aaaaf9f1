"""The hardware of the quarter's paper: what counts, in whose words, and which of it may be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from agent.hardware.register import Piece
from agent.lifecycle import Keep, Owning, Software
from agent.lifecycle.wording import STAGE_WORDS, sentence
from agent.programme import CostRule, programme_of
from agent.reports.editions import Edition, Paper, Section, edition_of
from agent.reports.quarter_hardware import hardware_section
from tests.hardware.owned import NOW, TERMS, piece

TODAY = date(2026, 7, 1)
EXPIRED, IN_FORCE = Keep("spring", date(2026, 7, 1), "A. Sharma", "move"), Keep("autumn", date(2026, 7, 2), "J", "move")
OLD = Software("unsupported", "no longer supported", "Operating System", None, date(2026, 2, 3))


def section(pieces: Sequence[Piece]) -> Section:
    rules = (CostRule(1_000_00, class_="switch"), CostRule(9_000_00, class_="firewall"))
    terms = replace(TERMS, count=3, rules=rules, cap=500_000_00)
    made = programme_of(pieces, terms, (), NOW, {"ehdc": "East Herts", "sbc": "Stevenage"}, slip=False)
    return hardware_section(pieces, made, TODAY)


def rows(of: Section, key: str) -> list[tuple[str, ...]]:
    return [row for table in of.tables if table.key == key for row in table.rows]


def running(one: Piece, software: Software) -> Piece:
    return replace(one, life=replace(one.life, software=software))


def test_only_what_is_there_and_is_bought_by_itself_counts() -> None:
    found = section(
        [
            piece("serial:A", stage="overdue"), piece("serial:B", stage="overdue", presence="gone"),
            piece("serial:C", stage="overdue", presence="withdrawn"),
            piece("serial:D", stage="overdue", part="fan", unit=False),
            piece("serial:E", part="access_point", role="wifi_controller"),
            piece("serial:F", part="battery", role="ups"),
        ]
    )  # fmt: skip
    assert [row[:2] for row in rows(found, "hardware-stages")] == [("Red: replace now", "1"), ("Green: in life", "2")]
    kinds = {row[0]: row[1:] for row in rows(found, "hardware-kinds")}
    assert set(kinds) == {"access point", "battery", "switch"}
    assert kinds["switch"] == ("0", "1", "0", "0", "0", "0", "1")
    assert [row[3] for row in rows(found, "hardware")] == ["A"]


def test_every_stage_has_the_words_of_the_register() -> None:
    of = [piece(f"serial:{stage}", stage=stage) for stage in STAGE_WORDS]
    found = rows(section([*of, piece("serial:2", stage="overdue")]), "hardware-stages")
    assert [row[0] for row in found] == [words.label for words in STAGE_WORDS.values()]
    assert found[0][1:] == ("1", sentence("unsupported", 1))
    assert found[1][1:] == ("2", "Two pieces of hardware are past the date by which they were to be replaced.")


def test_the_next_years_have_number_cost_and_councils() -> None:
    found = section(
        [piece("serial:A", due=date(2024, 1, 1)), piece("serial:B", due=date(2027, 5, 1)),
         piece("serial:C", due=date(2028, 5, 1), model="none", role="router")]
    )  # fmt: skip
    assert rows(found, "hardware-programme") == [
        ("2026-27", "1", "1", "0", "£1,000", "£500", "£500"),
        ("2027-28", "1", "0", "0", "£1,000", "£500", "£500"),
        ("2028-29", "1", "0", "1", "£0", "£0", "£0"),
        ("Together", "3", "1", "1", "£2,000", "£1,000", "£1,000"),
    ]


def test_a_firewall_without_support_an_exception_that_is_over_and_old_software_are_listed() -> None:
    found = section(
        [
            piece("serial:A", role="firewall", stage="unsupported", support=date(2026, 2, 3), device="fw-1"),
            piece("serial:B", role="firewall", stage="overdue", device="fw-2", keep=EXPIRED),
            piece("serial:C", keep=EXPIRED), piece("serial:D", keep=IN_FORCE),
            running(piece("serial:E"), OLD), running(piece("serial:F"), OLD),
            running(piece("serial:G"), replace(OLD, stage="review_due")),
        ]
    )  # fmt: skip
    assert rows(found, "hardware-firewalls") == [("fw-1", "Maker 6300M", "A", "3 February 2026", "because")]
    assert rows(found, "hardware-exceptions") == [("spring", "2", "1 July 2026", "A. Sharma", "move")]
    assert rows(found, "hardware-software") == [("Operating System", "", "2", "3 February 2026")]
    told = [part.text for sentence in found.sentences for part in sentence]
    assert told == [
        "Two pieces of hardware run software that no longer gets security updates.",
        "One piece of hardware runs software that is due for its regular review.",
        "Two pieces of hardware were to be kept for longer than planned, until a day that has passed.",
    ]


def test_the_public_edition_has_numbers_and_no_money_no_council_and_no_device() -> None:
    of = [
        running(piece("serial:A", role="firewall", stage="unsupported", device="fw-1", keep=EXPIRED), OLD),
        piece("serial:B", due=date(2024, 1, 1), owned=Owning(price_pence=77_00, supplier="Supplier")),
    ]  # fmt: skip
    whole = Paper("t", "s", Edition.EXEMPT, (section(of),))
    (shown,) = edition_of(whole, Edition.PUBLIC).sections
    assert [table.key for table in shown.tables] == ["hardware-stages", "hardware-kinds", "hardware-programme"]
    (programme,) = (table for table in shown.tables if table.key == "hardware-programme")
    assert [column.title for column in programme.columns] == [
        "Financial year", "To be replaced", "Of these due before", "Without a price",
    ]  # fmt: skip
    said = repr(shown)
    for secret in (
        "£",
        "Stevenage",
        "East Herts",
        "fw-1",
        "6300M",
        "Operating System",
        "Sharma",
        "Supplier",
        "because",
    ):
        assert secret not in said, secret
        assert secret in repr(whole) or secret == "Supplier"


def test_an_empty_register_says_so_and_a_paper_without_a_programme_has_no_table_of_it() -> None:
    found = hardware_section([], None, TODAY)
    assert [table.rows for table in found.tables] == [()] * 6
    assert found.sentences == ()
