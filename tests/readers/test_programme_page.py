"""The page of the programme and its metrics: what it says, what it refuses, that it is worked out once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from agent import web
from agent.calendar_uk import FinancialYear
from agent.catalogue import find
from agent.figures import of_programme
from agent.hardware.register import Piece
from agent.inventory.model import Estate
from agent.programme import CostRule, programme_of
from agent.view import View
from agent.web import programme as page
from tests.hardware.owned import NOW, TERMS, piece
from tests.readers.test_web_pages import Structure, estate, scripts, view

DUE = date(2024, 1, 1)
HOSTILE = '<script>alert("x")</script>\x1b[31m'


def priced() -> Estate:
    costs = [{"class": "switch", "price": "1000.00"}, {"class": "firewall", "price": "9000.00"}]
    return estate().model_copy(
        update={"programme": Estate.model_validate({"programme": {"uplift": "0", "costs": costs}}).programme}
    )


def pieces(number: int = 3) -> list[Piece]:
    return [
        *(
            piece(f"serial:S{n}", due=date(2024, 1, 1) + timedelta(days=400 * n), device="core-1")
            for n in range(number)
        ),
        piece("serial:F", due=date(2026, 6, 1), role="firewall", support=date(2026, 6, 1), device="sw-wf-1"),
        piece("serial:R", due=date(2027, 6, 1), role="router", model=HOSTILE),
        piece("serial:U", stage="unknown", model=HOSTILE),
    ]


def shown(**changes: object) -> View:
    given: dict[str, object] = {"estate": priced(), "pieces": pieces(), "now": NOW, **changes}
    return view(**given)


async def got(seen: View, address: str, folder: Path) -> httpx.Response:
    async def look() -> View:
        return seen

    app = web.Guard(Starlette(routes=web.routes(look, folder, lambda _: "2026-Q1")), web.WebConfig(), None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        return await client.get(address)


async def test_the_page_shows_years_shares_the_backlog_and_what_is_missing(tmp_path: Path) -> None:
    answer = await got(shown(), "/programme?cap=2000&slip=1", tmp_path)
    assert answer.status_code == 200
    text = answer.text
    assert "1 item has no price and is left out of every cost" in text
    assert "2026-27: £7,000 over the cap" in text
    assert "a firewall whose vendor support ends in or before the year is not put off" in text.lower()
    assert scripts(text) == []
    assert "\x1b" not in text
    tree = Structure(text)
    assert not tree.open
    (chart,) = (given for tag, given in tree.tags if given.get("class") == "columns-chart")
    assert chart["role"] == "img"
    assert "A dashed line marks the cap of £2,000 a year." in text
    assert 'href="/devices/core-1"' in text
    assert 'href="/register?stage=unknown"' in text
    assert "If everything slips a year" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026", "write 2026-27"), ("years=0", "no number of years"), ("years=%C2%B2", "no number of years"),
        ("cap=-1", "no yearly cap"), ("cap=nan", "no yearly cap"), ("cap=1e9999999", "no yearly cap"),
        ("from=1066-67", "no year that money"), ("cap=" + "9" * 500, "no yearly cap"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_in_the_address_is_said_and_left_out(query: str, said: str, tmp_path: Path) -> None:
    answer = await got(shown(), f"/programme?{query}", tmp_path)
    assert answer.status_code == 200
    assert said in answer.text
    assert "2026-27" in answer.text
    assert not re.search(r"20\d\d/\d\d\b", answer.text)


async def test_the_programme_is_worked_out_once_for_each_register_and_thing_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[int] = []
    real = page.programme_of

    def counted(*given: object, **more: object) -> object:
        done.append(1)
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(page, "programme_of", counted)
    made, seen = page.Programmes(), shown()
    plain, capped = page.asked_of({}, seen), page.asked_of({"cap": "5000"}, seen)
    first = await made.of(seen, plain)
    assert await made.of(replace(seen, now=seen.now + timedelta(minutes=5)), plain) is first
    assert len(done) == 1
    await made.of(seen, capped)
    assert len(done) == 2
    newer = replace(seen, pieces=pieces(4))
    assert (await made.of(newer, plain)).plan.number == first.plan.number + 1
    assert len(done) == 3
    for years in range(1, 12):
        await made.of(seen, page.asked_of({"years": str(years)}, seen))
    assert len(made._made) == page.KEPT


def test_the_chart_stacks_what_the_table_says_and_stays_in_its_frame() -> None:
    terms = replace(TERMS, rules=(CostRule(1000_00, class_="switch"),), cap=1500_00)
    chart = page.chart_of(programme_of(pieces(9), terms, (), NOW))
    assert len({segment.pattern for segment in chart.segments}) == 2
    for segment in (*chart.segments, *chart.slipped):
        assert page.LEFT <= segment.x <= segment.x + segment.width <= page.WIDTH
        assert page.TOP <= segment.y <= segment.y + segment.height <= page.HEIGHT - page.BOTTOM + 0.02
    assert chart.cap is not None
    assert chart.ticks[0] == (page.HEIGHT - page.BOTTOM, "£0")
    by_column: dict[float, list[page.Segment]] = {}
    for segment in chart.segments:
        by_column.setdefault(segment.x, []).append(segment)
    for stack in by_column.values():
        for below, above in pairwise(stack):
            assert abs(above.y + above.height - below.y) < 0.02


@pytest.mark.parametrize("most", [0, 1, 99, 100_00, 12_345_67, 450_000_00, 10**12, 10**16])
def test_the_axis_has_a_few_round_lines(most: int) -> None:
    step = page._step(most)
    assert most / step <= 6
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_metrics_give_every_year_and_council() -> None:
    terms = replace(TERMS, rules=(CostRule(1000_01, class_="switch"),))
    facts = list(of_programme(programme_of(pieces(2), terms, (), NOW, {"sbc": "S", "ehdc": "E"})))
    costs = {labels: value for name, labels, value in facts if name == "hartwatch_refresh_cost_pounds"}
    assert len(costs) == 14
    assert costs[("year", "2026-27"), ("council", "ehdc")] + costs[("year", "2026-27"), ("council", "sbc")] == 2000.02
    due = {labels: value for name, labels, value in facts if name == "hartwatch_refresh_due"}
    assert due[(("year", "2026-27"),)] == 3
    for name, labels, _ in facts:
        assert tuple(label for label, _ in labels) == find(name).labels
    assert list(of_programme(None)) == []


def test_the_shares_of_the_inventory_are_those_of_the_metrics() -> None:
    terms = page.terms_from(priced(), FinancialYear.of(NOW))
    assert terms.shares == (("ehdc", Decimal(1)),)
    assert terms.rules[0].pence == 1000_00
