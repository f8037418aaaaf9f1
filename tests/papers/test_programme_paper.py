"""The refresh programme as a paper: what it says in words, that it adds up, and that no price is ever public."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from agent.accounting.books import open_book
from agent.calendar_uk import LONDON, FinancialYear
from agent.hardware.opened import open_register
from agent.lifecycle.notices import Notices
from agent.programme import programme_of, terms_from
from agent.reports import Edition, Paper, edition_of, files
from agent.reports.programme_paper import programme_paper
from tests.papers.world import HOUR, INVENTORY, World, at, rows, table, words, world

NOW = at("2026-07-02T09:00")


def paper(place: World, first: int = 2026, years: int = 7, now: datetime = NOW) -> Paper:
    pieces = open_register(place.ledger, place.estate, Notices(), now.astimezone(LONDON).date())
    titles = {name: council.title for name, council in place.estate.councils.items()}
    terms = terms_from(place.estate, FinancialYear(first), years)
    outages = open_book(place.ledger).outages(now=now)
    return programme_paper(programme_of(pieces, terms, outages, now, titles))


@pytest.fixture
def bought(place: World) -> World:
    """A switch of March 2019, due by its seventh year, and a server of 2024."""
    place.watched(NOW - 300 * HOUR, NOW)
    place.up(NOW - 300 * HOUR)
    place.down("device:sw-wf-1", NOW - 100 * HOUR, 2 * HOUR)
    return place


def test_the_paper_adds_up_by_year_and_by_council(bought: World) -> None:
    found = paper(bought)
    years = rows(found, "years")
    assert [row["Financial year"] for row in years] == [
        "2026-27", "2027-28", "2028-29", "2029-30", "2030-31", "2031-32", "2032-33", "Together",
    ]  # fmt: skip
    assert (years[0]["To be replaced"], years[0]["Of these due before"], years[0]["Cost"]) == ("1", "1", "£4,321")
    assert (years[-1]["To be replaced"], years[-1]["Cost"]) == ("2", "£14,197")
    for row in years:
        halves = [pence(row["Stevenage Borough Council"]), pence(row["East Herts District Council"])]
        assert sum(halves) == pence(row["Cost"])
        assert abs(halves[0] - halves[1]) <= 1
    assert len(rows(found, "items")) == 2
    kinds = {row["Kind"]: row["Together"] for row in rows(found, "kinds")}
    assert kinds == {"server": "1", "switch": "1"}


def pence(text: str) -> int:
    whole, _, odd = text.removeprefix("£").replace(",", "").partition(".")
    return int(whole) * 100 + int(odd or 0)


def test_the_summary_is_right_in_the_plural_in_the_singular_and_for_nothing(bought: World) -> None:
    said = words(paper(bought))
    assert "Two pieces of hardware are to be replaced in seven financial years." in said
    assert "One piece of these is the backlog: due before 2026/27. The backlog costs £4,321." in said
    one = words(paper(bought, years=1))
    assert "One piece of hardware is to be replaced in one financial year." in one
    assert "Everything has a date and a price." in words(paper(bought), "What is not in the sums")


def test_hardware_without_a_date_is_in_no_year_and_said_to_be_missing(place: World) -> None:
    found = paper(place)  # nothing was seen yet: both devices are on record by the inventory alone
    assert words(found) == (
        "Nothing falls due in seven financial years. Two pieces of hardware have no date and are in no year."
    )
    assert {row["Financial year"] for row in rows(found, "items")} == {"no date"}
    assert "are in no year: £14,197 at the prices of now." in words(found, "What is not in the sums")


def test_slipping_a_year_is_put_beside_it_with_the_risk(bought: World) -> None:
    found = paper(bought)
    slip = rows(found, "slip")
    assert (slip[0]["Cost"], slip[0]["Cost a year later"]) == ("£4,321", "£0")
    assert (slip[0]["Past replacement age"], slip[0]["A year later"]) == ("0", "1")
    assert "Past replacement age at its end would be" in words(found, "If everything slips a year")


def test_what_has_no_price_is_counted_and_in_no_cost(tmp_path: Path) -> None:
    inventory = INVENTORY.replace('{class: switch, price: "4321.00"}, ', "")
    with world(tmp_path, NOW, inventory) as place:
        place.up(NOW - HOUR)
        found = paper(place)
    assert "One piece has no price and is in no cost." in words(found)
    assert [row["Model"] for row in rows(found, "no-price")] == ["6300M"]
    assert table(edition_of(found, Edition.EXEMPT), "no-price")


@pytest.mark.parametrize("cap", ["", '  cap: "5000.00"\n  uplift: "0.0375"\n'])
def test_no_price_name_serial_or_model_is_in_any_byte_of_the_public_edition(tmp_path: Path, cap: str) -> None:
    with world(tmp_path, NOW, INVENTORY + cap) as place:
        place.up(NOW - HOUR)
        found = paper(place)
    exempt = b"".join(
        content for name, content in files(found, "p", Edition.EXEMPT) if name.endswith((".html", ".csv"))
    )
    hidden = [b"sw-wf-1", b"pbx-1", b"SG00KN0001", b"6300M", b"Mitel", b"4,321", b"Wallfields"]
    hidden += [b"5,000", b"3.75 %"] if cap else []
    for text in hidden:
        assert text.lower() in exempt.lower() or text == b"Wallfields", text
    for name, content in files(found, "p", Edition.PUBLIC):
        for text in (*hidden, "£".encode()):
            if name.endswith((".html", ".csv")):
                assert text.lower() not in content.lower(), (name, text)
    public = edition_of(found, Edition.PUBLIC)
    assert {t.key for s in public.sections for t in s.tables} == {"years", "kinds", "risk", "outages", "slip"}
    assert "Cost" not in rows(public, "years")[0]
    assert "Unsupported firewalls" not in rows(public, "risk")[0]


def test_the_same_register_gives_the_same_paper(bought: World) -> None:
    assert paper(bought) == paper(bought)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "2026-29"), "is no financial year: write 2026-27"),
        (("--years", "0"), "greater than or equal to 1"),
        (("--edition", "secret"), "secret"),
    ],
)
def test_what_cannot_be_done_is_said(bought: World, arguments: tuple[str, ...], says: str) -> None:
    given = () if "--edition" in arguments else ("--edition", "public")
    done = bought.command("report", "programme", *given, *arguments)
    assert done.exit_code == 2
    assert says in done.stderr
