"""Every table of the pages is a file as well, in two forms that say the same, whatever devices call themselves."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from html import unescape

import httpx
import pytest

from agent.hostile import FORMULA
from agent.sheets import Sheet, columns, csv_of, json_of
from agent.view import View
from tests.readers.test_web_pages import PAGES, full_of, storm
from tests.readers.test_web_pages import client as client

Client = Callable[[View], httpx.AsyncClient]
FILES = re.compile(r'href="([^"]+\.(?:csv|json)(?:\?[^"]*)?)" aria-label')
FORMULAS = "=HYPERLINK(1)\x1b[31m"


async def linked(asked: httpx.AsyncClient) -> list[str]:
    found: dict[str, None] = {}
    for page in PAGES:
        found |= dict.fromkeys(map(unescape, FILES.findall((await asked.get(page)).text)))
    return list(found)


async def test_every_table_that_is_linked_has_the_same_rows_as_csv_and_as_json(client: Client) -> None:
    asked = client(full_of("Plain words"))
    addresses = await linked(asked)
    assert len(addresses) > 50
    empty = []
    for address in (a for a in addresses if ".csv" in a):
        other = address.replace(".csv", ".json")
        assert other in addresses
        table, objects = await asked.get(address), await asked.get(other)
        assert table.status_code == objects.status_code == 200, address
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert table.headers["content-disposition"].endswith('.csv"')
        assert objects.headers["content-type"] == "application/json"
        head, *rows = csv.reader(io.StringIO(table.text, newline=""))
        said = objects.json()
        assert len(rows) == len(said), address
        assert all(list(one) == head for one in said), address
        if not said:
            empty.append(address)
        for row, one in zip(rows, said, strict=True):
            for cell, value in zip(row, one.values(), strict=True):
                assert (cell == "") == (value in (None, "", [])), (address, cell, value)
    # The made-up register has only what is gone, so that nothing falls due; the made-up agent has no figures; nothing
    # is known of the made-up quarter before, and there is no Wi-Fi (tests/web_pages has both).
    bare = ("/programme.", "/register.csv", "/health.", "/wifi.", "/availability.csv?quarter=2025-Q4")
    assert all(address.startswith(bare) for address in empty), empty
    assert len(empty) < len(addresses) / 4


async def test_no_cell_of_any_table_is_a_formula_or_has_control_characters(client: Client) -> None:
    asked = client(full_of(FORMULAS))
    met = 0
    for address in (a for a in await linked(asked) if ".csv" in a):
        answer = await asked.get(address)
        assert "\x1b" not in answer.text
        for row in csv.reader(io.StringIO(answer.text, newline="")):
            for cell in row:
                met += "HYPERLINK" in cell
                assert not cell.startswith(FORMULA) or re.fullmatch(r"-\d+(\.\d+)?", cell), (address, cell)
    assert met > 40


async def test_a_table_is_filtered_as_its_page_is(client: Client) -> None:
    asked = client(storm())
    names = [one["device"] for one in (await asked.get("/devices.json?standing=down")).json()]
    assert names == ["sw-wf-1", "sw-wf-2"]
    assert [one["device"] for one in (await asked.get("/devices.json?site=daneshill")).json()] == ["core-1"]
    assert (await asked.get("/devices.json?q=nothing+like+it")).json() == []
    assert (
        '/devices.csv?class=switch&amp;standing=down"' in (await asked.get("/devices?class=switch&standing=down")).text
    )
    opened = (await asked.get("/outages.json?state=open")).json()
    assert {one["ended_at"] for one in opened} == {None}
    assert {one["subject"] for one in (await asked.get("/outages.json?subject=device:core-1")).json()} == {
        "device:core-1"
    }
    (cause,) = [one for one in opened if one["carried_by"] is None]
    assert cause["subject"] == "device:sw-wf-1"
    assert cause["began_at"] == "2026-05-13T09:00:00Z"
    assert cause["seconds"] == 3 * 3600
    assert cause["fix_left_seconds"] == 3600


@pytest.mark.parametrize(
    "address",
    ["/devices.xml", "/devices/none/sensors.csv", "/devices/sw-wf-1/none.csv", "/sites/none/links.csv",
     "/outages.csv?table=none", "/outages/none/timeline.csv", "/register/none/history.json"],
)  # fmt: skip
async def test_what_is_no_table_is_not_found(client: Client, address: str) -> None:
    assert (await client(storm()).get(address)).status_code == 404


def test_a_cell_says_its_value_in_one_way() -> None:
    summer = datetime(2026, 5, 13, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    row = (
        None,
        True,
        0,
        1.5,
        summer,
        date(2026, 4, 1),
        timedelta(minutes=1),
        Decimal("1.10"),
        ["=a", "b"],
        "-x",
        'é,"',
    )
    names = columns(*(f"c{n}" for n in range(len(row))))
    sheet = Sheet("any", names, [row])
    (said,) = json.loads(json_of(sheet))
    assert list(said.values()) == [
        None, True, 0, 1.5, "2026-05-13T12:00:00Z", "2026-04-01", 60, 1.1, ["=a", "b"], "-x", 'é,"'
    ]  # fmt: skip
    lines = csv_of(sheet).split("\r\n")
    assert lines[1] == ',true,0,1.5,2026-05-13T12:00:00Z,2026-04-01,60,1.10,\'=a; b,\'-x,"é,"""'
    assert json.loads(json_of(Sheet("none", names, []))) == []
    assert summer.astimezone(UTC).hour == 12
