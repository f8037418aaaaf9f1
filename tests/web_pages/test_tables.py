"""The tables of the map, of Wi-Fi and of a quarter as files."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from agent.web.wifi import MOST
from collectors.readings import Check, Level
from tests.readers.test_web_pages import HOUR, down, view
from tests.web_pages.conftest import Client
from tests.web_pages.making import large, view_of
from tests.web_pages.test_availability_page import CLOSED, line, times, told_of
from tests.web_pages.test_wifi import controller, wireless


async def rows(pages: object, address: str) -> list[dict[str, str]]:
    answer = await pages.get(address)  # type: ignore[attr-defined]
    assert answer.status_code == 200, address
    return list(csv.DictReader(answer.text.splitlines()))


async def test_the_map_is_a_table_of_sites_with_their_links(client: Client) -> None:
    pages = client(view_of(large(80), board={"link:site2-0": down(HOUR)}))
    found = await rows(pages, "/map.csv")
    assert len(found) == 80
    assert (found[2]["site"], found[2]["standing"], found[2]["links_left"]) == (
        "site2",
        "degraded",
        "1 of 2 links left",
    )
    assert "site2-0 (Virgin Media): down" in found[2]["links"]
    assert len(await rows(pages, "/map.csv?council=council1")) == 41


async def test_all_access_points_are_in_the_file_where_the_page_shows_a_part(client: Client) -> None:
    many = [Check("access_point", f"ap-many-{n}", "associated", Level.OK) for n in range(MOST + 5)]
    pages = client(wireless(controller(*many)))
    found = await rows(pages, "/wifi.csv")
    assert len(found) == MOST + 8
    (one,) = [row for row in found if row["access_point"] == "ap-1"]
    assert (one["clients"], one["level"], one["missing"], one["controller"]) == ("14", "ok", "false", "wlc-1")
    assert "ap-many-999" not in (await pages.get("/wifi")).text
    told = (await pages.get("/wifi.json?table=networks")).json()
    assert {"ssid": "Staff", "clients": 15, "told_by": ["wlc-1"]} in told
    assert {row["device"] for row in await rows(pages, "/wifi.csv?table=controllers")} == {"wlc-1", "ap-alone"}
    assert sum(int(row["clients"]) for row in await rows(pages, "/wifi.csv?table=clients")) == 19


async def test_a_quarter_is_a_table_with_ratios_that_are_not_rounded(client: Client) -> None:
    found = times(down=HOUR, blind=timedelta(minutes=30))
    told = replace(CLOSED, lines={"service:phones": line(found=found)})
    pages = client(view(), told_of=told_of(told))
    (row,) = (await pages.get("/availability.json?quarter=2026-Q1")).json()
    assert row["achieved"] == pytest.approx(found.achieved)
    assert (row["down_seconds"], row["blind_seconds"], row["verdict"]) == (3600, 1800, "met")
    (change,) = await rows(pages, "/availability.csv?table=restated&quarter=2026-Q1")
    assert (change["was"], change["now"]) == ("5 hours", "3 hours")
    for asked in ("quarter=nonsense", "quarter=2031-Q1", "table=none"):
        assert (await pages.get(f"/availability.csv?{asked}")).status_code == 404


@pytest.mark.parametrize("address", ["/map", "/wifi", "/availability"])
async def test_every_link_to_a_file_leads_to_one(client: Client, address: str) -> None:
    pages = client(wireless(controller()), told_of=told_of(CLOSED))
    links = re.findall(r'href="(/[^"]*\.(?:csv|json)[^"]*)"', (await pages.get(address)).text)
    assert links
    for link in links:
        assert (await pages.get(unescape(link))).status_code == 200, link
