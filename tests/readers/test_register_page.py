"""The page of the register: what fits, a page at a time, and how many there are of each stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from agent.hardware.register import Piece
from agent.inventory.model import Council, Estate, Site
from agent.latest import Latest
from agent.lifecycle import Stage
from agent.view import AgentState, View
from agent.web.register import ROWS, listing_of
from tests.hardware.owned import piece

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ESTATE = Estate(
    councils={"sbc": Council(title="Stevenage", share="1")},  # type: ignore[arg-type]
    sites={"town": Site(title="Town Hall", kind="office", owner="sbc")},
)
STAGES: tuple[Stage, ...] = ("in_life", "overdue", "unsupported")


def made(number: int) -> list[Piece]:
    found = []
    for n in range(number):
        one = piece(
            f"serial:S{n:05}", stage=STAGES[n % 3], role=("switch", "firewall")[n % 2], due=date(2028, 1, 1),
            presence="gone" if n % 10 == 9 else "present", model=f"M{n % 4}",
        )  # fmt: skip
        found.append(replace(one, site=("town", "")[n % 2]))
    return found


def view(pieces: list[Piece]) -> View:
    return View(NOW, ESTATE, {}, Latest(), {}, AgentState("1", NOW - timedelta(days=1)), pieces=pieces)


def test_what_is_there_is_listed_a_page_at_a_time_and_nothing_is_left_out() -> None:
    shown = view(made(3 * ROWS))
    first = listing_of(shown, {})
    assert (first.total, first.pages, first.number, len(first.rows), first.before) == (270, 3, 1, ROWS, "")
    keys = [row.piece.asset.key for n in ("1", "2", "3") for row in listing_of(shown, {"page": n}).rows]
    assert keys == [one.asset.key for one in shown.pieces if one.presence == "present"]
    last = listing_of(shown, {"page": "3", "class": "", "gone": ""})
    assert (last.before, last.after) == ("/register?page=2", "")


def test_a_page_that_is_none_is_the_first_or_the_last() -> None:
    shown = view(made(3 * ROWS))
    assert [listing_of(shown, {"page": asked}).number for asked in ("0", "99", "-1", "x", "9" * 40, "\u0663")] == [
        1, 3, 1, 1, 1, 1,
    ]  # fmt: skip


def test_stages_are_counted_over_what_fits_and_lead_to_their_own_list() -> None:
    shown = view(made(60))
    found = listing_of(shown, {"class": "firewall"})
    assert sum(stage.number for stage in found.stages) == found.total == 24
    assert [stage.name for stage in found.stages] == ["unsupported", "overdue", "in_life"]
    overdue = found.stages[1]
    assert overdue.url == "/register?class=firewall&stage=overdue"
    only = listing_of(shown, {"class": "firewall", "stage": "overdue"})
    assert only.total == overdue.number
    assert {row.piece.stage for row in only.rows} == {"overdue"}
    assert [stage.number for stage in only.stages] == [stage.number for stage in found.stages]


def test_every_filter_narrows_and_all_of_them_hold_together() -> None:
    shown = view(made(120))
    asked = {"class": "switch", "site": "town", "q": "m2 maker"}
    found = listing_of(shown, asked)
    assert found.total
    for row in found.rows:
        assert (row.piece.role, row.piece.site, row.piece.asset.model) == ("switch", "town", "M2")
    assert listing_of(shown, {"site": "nowhere"}).total == 0
    assert listing_of(shown, {"gone": "1"}).total == 120
