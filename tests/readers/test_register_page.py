"""The page of the register: what it shows and leaves out, filters and pages, and what it says of one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest

from agent.hardware.register import Piece
from agent.lifecycle import Evidence, Keep, Software, Stage
from agent.lifecycle.wording import STAGE_WORDS
from agent.web.register import PAGE, Asked, Register, asked_of, register_of, url_of
from tests.hardware.owned import NOW, piece
from tests.readers.test_programme_page import got
from tests.readers.test_web_pages import HOSTILE, Structure, scripts, view, words_of


def at(one: Piece, site: str) -> Piece:
    return replace(one, site=site)


def some() -> list[Piece]:
    return [
        at(piece("serial:LATE", stage="overdue", device="core-1"), "daneshill"),
        at(piece("serial:FW", stage="unsupported", role="firewall", model="FG-100F", device="sw-wf-1"), "wallfields"),
        at(piece("serial:AP", part="access_point", role="wifi_controller", device="sw-wf-1"), "wallfields"),
        at(piece("serial:FAN", part="fan", unit=False, device="core-1"), "daneshill"),
        piece("serial:GONE", stage="overdue", presence="gone", device="core-1"),
        piece("serial:WENT", presence="withdrawn", device="old-1"),
    ]


def found(query: str = "", pieces: Sequence[Piece] | None = None) -> Register:
    asked = asked_of(httpx.QueryParams(query))
    return register_of(view(pieces=some() if pieces is None else pieces, now=NOW), asked)


def serials(register: Register) -> list[str]:
    return [row.piece.asset.serial or "" for row in register.rows]


def counts(register: Register) -> dict[str, int]:
    return {card.stage: card.number for card in register.cards}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["FW", "LATE", "FAN", "AP"]),  # the gravest first, then by place, a device before its parts
        ("stage=overdue", ["LATE"]), ("stage=nonsense", []),
        ("class=firewall", ["FW"]), ("class=wifi_ap", ["AP"]), ("class=wifi_controller", []),
        ("site=daneshill", ["LATE", "FAN"]), ("part=fan", ["FAN"]), ("part=units", ["FW", "LATE", "AP"]),
        ("q=fg-100", ["FW"]), ("q=daneshill+6300m", ["LATE", "FAN"]), ("q=late", ["LATE"]), ("q=nothing", []),
        ("site=wallfields&class=firewall&stage=overdue", []),
        ("gone=1", ["GONE", "WENT"]), ("gone=1&stage=overdue", ["GONE"]),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_what_is_listed(query: str, expected: list[str]) -> None:
    register = found(query)
    assert serials(register) == expected
    assert register.number == len(expected)


def test_stages_are_counted_over_what_is_filtered_whichever_of_them_is_listed() -> None:
    assert counts(found()) == {"unsupported": 1, "overdue": 1, "in_life": 2}
    register = found("site=daneshill&stage=overdue")
    assert counts(register) == {"overdue": 1, "in_life": 1}
    assert [card.chosen for card in register.cards] == [True, False]
    assert register.cards[1].url == "/register?site=daneshill&stage=in_life"
    assert register.cards[0].url == "/register?site=daneshill"
    assert counts(found("site=wallfields&stage=overdue")) == {"unsupported": 1, "overdue": 0, "in_life": 1}


def test_what_is_gone_is_counted_apart_and_each_list_leads_to_the_other() -> None:
    assert (found().others, found().switched) == (2, "/register?gone=1")
    assert (found("gone=1&page=3").others, found("gone=1&page=3").switched) == (4, "/register")


def test_pages_follow_each_other_over_the_stages_without_a_gap() -> None:
    stages: tuple[Stage, ...] = ("in_life", "overdue", "review_due")
    many = [piece(f"serial:N{n:03}", stage=stages[n % 3], device=f"d{n:03}") for n in range(2 * PAGE + 50)]
    pages = [found(f"page={n}", many) for n in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [PAGE, PAGE, 50]
    listed = [serial for page in pages for serial in serials(page)]
    assert len(set(listed)) == len(many)
    order = list(STAGE_WORDS)
    grave = [order.index(row.piece.life.stage) for page in pages for row in page.rows]
    assert grave == sorted(grave)
    assert [(page.previous, page.next) for page in pages] == [
        ("", "/register?page=2"), ("/register", "/register?page=3"), ("/register?page=2", ""),
    ]  # fmt: skip
    assert pages[2].first == 2 * PAGE + 1


@pytest.mark.parametrize(
    ("page", "shown"), [("99999", 1), ("-1", 1), ("0", 1), ("\u00b2", 1), ("9" * 400, 1), ("x", 1)]
)
def test_a_page_that_is_not_there_is_the_nearest_that_is(page: str, shown: int) -> None:
    assert found(str(httpx.QueryParams({"page": page}))).asked.page == shown
    assert serials(found(str(httpx.QueryParams({"page": page})))) == ["FW", "LATE", "FAN", "AP"]


def test_an_address_asks_for_what_it_was_made_from() -> None:
    asked = Asked("a b&c=d", "switch", "wallfields", "overdue", "fan", True, 7)
    assert asked_of(httpx.QueryParams(url_of(asked).partition("?")[2])) == asked


# ---------------------------------------------------------------- in words
async def read(query: str, pieces: Sequence[Piece], folder: Path) -> str:
    answer = await got(view(pieces=pieces, now=NOW), f"/register?{query}", folder)
    assert answer.status_code == 200
    return words_of(answer.text.partition("<main")[2])


async def test_a_row_says_stage_reason_evidence_conflicts_software_and_exception(tmp_path: Path) -> None:
    one = piece("serial:A1", stage="overdue", device="core-1", keep=Keep("k", date(2027, 3, 1), "A. Sharma", "moving"))
    evidence = Evidence(date(2019, 1, 1), "serial", "fair", ("installed before it was made",))
    software = Software("unsupported", "AOS 1 is supported until 2020-01-01", "AOS")
    one = replace(one, life=replace(one.life, evidence=evidence, age_days=2922, software=software), site="daneshill")
    said = await read("", [one], tmp_path)
    for words in (
        "core-1 Daneshill House Maker 6300M", "8.0 years known by: serial number; confidence: fair",
        "Records disagree Installed before it was made", "Red: replace now It is past the date by which it was to be",
        "replaced. Because", "Software: no longer supported AOS 1 is supported until 2020-01-01",
        "Kept until 1 March 2027 by A. Sharma: moving",
    ):  # fmt: skip
        assert words in said
    assert "Exception expired" not in said
    over = replace(one, life=replace(one.life, keep=Keep("k", NOW.date(), "A. Sharma", "moving")))
    assert "Exception expired Was to be kept until 24 November 2026" in await read("", [over], tmp_path)


async def test_what_no_visit_has_seen_says_so_and_what_is_current_says_nothing_of_its_software(tmp_path: Path) -> None:
    one = replace(piece("serial:A1"), seen=False)
    said = await read("", [replace(one, life=replace(one.life, software=Software("current", "next: x")))], tmp_path)
    assert "in the inventory only" in said
    assert "Software" not in said
    assert "in the inventory only" not in await read("", [piece("serial:A1")], tmp_path)


async def test_what_is_asked_for_stays_text_and_in_the_form(tmp_path: Path) -> None:
    query = httpx.QueryParams(dict.fromkeys(("q", "class", "site", "stage", "part", "page"), HOSTILE))
    answer = await got(view(pieces=some(), now=NOW), f"/register?{query}", tmp_path)
    assert answer.status_code == 200
    assert scripts(answer.text) == []
    assert "\x1b" not in answer.text
    assert not Structure(answer.text).open
    assert "No hardware fits." in answer.text
    assert '<option value="daneshill" selected>' in (await got(view(), "/register?site=daneshill", tmp_path)).text


async def test_a_page_of_fifty_thousand_pieces_has_a_hundred_rows(tmp_path: Path) -> None:
    one = piece("serial:A1")
    answer = await got(view(pieces=[one] * 50_000, now=NOW), "/register?q=maker&page=500", tmp_path)
    assert answer.text.count("<tr>") == 1 + PAGE
    assert "Page 500 of 500" in answer.text


async def test_the_page_of_a_device_has_the_stages_of_what_is_in_it(tmp_path: Path) -> None:
    said = words_of((await got(view(pieces=some(), now=NOW), "/devices/core-1", tmp_path)).text)
    assert "chassis not in the last look serial:LATE 6300M LATE Red: replace now Because" in said
    assert "Green: in life" in said
    assert "GONE" not in said
