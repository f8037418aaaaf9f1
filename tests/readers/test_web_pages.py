"""The agent's pages: what they say, that they hold whatever devices say, that they are usable by everybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from agent import web
from agent.facts import Asset, Outage, Standing
from agent.health import Held
from agent.inventory.model import Estate
from agent.latest import Latest
from agent.view import AgentState, View, pieces_of, watched_of
from agent.watched import INTERVALS
from agent.web.overview import overview
from collectors.readings import Check, Failure, Identity, Interface, Level, Part
from tests.readers.estate import NOON, visit

HOSTILE = '<script>alert("x")</script>\x1b[31m\u202e</td>"\'>{{7*7}}'
PAGES = ("/", "/devices", "/devices/sw-wf-1", "/sites/wallfields", "/outages", "/register", "/papers", "/health")


def estate() -> Estate:
    return Estate.model_validate(
        {
            "councils": {"ehdc": {"title": "East Herts", "share": "1"}},
            "sites": {
                "daneshill": {"title": "Daneshill House", "kind": "data_centre", "owner": "ehdc"},
                "wallfields": {"title": "Wallfields", "kind": "office", "owner": "ehdc"},
            },
            "links": {
                "wf-a": {"site": "wallfields", "supplier": "Virgin Media", "circuit": "VM-1"},
                "wf-b": {"site": "wallfields", "supplier": "BT", "circuit": "BT-1"},
            },
            "services": {"phones": {"title": "Telephony", "owner": "both", "needs": "site:daneshill"}},
            "devices": {
                n: {"name": n, "address": f"192.0.2.{i}", "class": "switch", "site": site, "behind": behind}
                for i, (n, site, behind) in enumerate(
                    [
                        ("core-1", "daneshill", []),
                        ("sw-wf-1", "wallfields", ["wf-a"]),
                        ("sw-wf-2", "wallfields", ["sw-wf-1"]),
                    ]
                )
            },
        }
    )  # fmt: skip


def view(**changes: object) -> View:
    found = estate()
    latest = Latest()
    for name in found.devices:
        latest.put(visit(name, at=NOON - timedelta(seconds=20)))
    board = {f"device:{n}": Held(Standing.UP, NOON - timedelta(days=2), reason="answers") for n in found.devices}
    board |= {f"link:{n}": Held(Standing.UP, NOON - timedelta(days=2), reason="up") for n in found.links}
    given: dict[str, object] = {
        "now": NOON,
        "estate": found,
        "watched": watched_of(found, INTERVALS),
        "latest": latest,
        "board": board,
        "agent": AgentState("0.1.0", NOON - timedelta(hours=1)),
        **changes,
    }
    return View(**given)  # type: ignore[arg-type]


def down(since: timedelta, reason: str = "no answer to SNMP", cause: str | None = None) -> Held:
    standing = Standing.BLIND if cause else Standing.DOWN
    return Held(standing, NOON - since, Standing.UP, cause, reason, accused=cause is None)


Client = Callable[[View], httpx.AsyncClient]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    opened: list[httpx.AsyncClient] = []

    def of(shown: View) -> httpx.AsyncClient:
        async def look() -> View:
            return shown

        app = web.Guard(Starlette(routes=web.routes(look, tmp_path, lambda _: "2026-Q1")), web.WebConfig(), None)
        opened.append(httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1"))
        return opened[-1]

    yield of
    for one in opened:
        await one.aclose()


class Structure(HTMLParser):
    """What screen readers and browsers go by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in ("meta", "link", "br", "input", "img", "path", "rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"


@pytest.mark.parametrize("address", PAGES)
async def test_every_page_is_well_formed_and_has_what_assistive_technology_goes_by(
    client: Client, address: str
) -> None:
    board = dict(view().board) | {"device:sw-wf-1": down(timedelta(hours=3))}
    answer = await client(view(board=board)).get(address)
    assert answer.status_code == 200
    page = Structure(answer.text)
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("main") == 1
    assert '<html lang="en-GB">' in answer.text
    assert 'class="skip" href="#main"' in answer.text
    assert tags.count("caption") == tags.count("table")
    assert all(given.get("scope") in ("col", "row") for tag, given in page.tags if tag == "th")
    assert all("alt" in given for tag, given in page.tags if tag == "img")


@pytest.mark.parametrize("address", PAGES)
async def test_no_page_asks_another_host_or_runs_a_script_and_styles_stand_in_the_file(
    client: Client, address: str
) -> None:
    answer = await client(view()).get(address)
    page = Structure(answer.text)
    for tag, given in page.tags:
        assert tag not in ("script", "iframe", "object", "embed")
        assert "style" not in given
        assert not [name for name in given if name.startswith("on")]
        for name in ("src", "href", "action"):
            assert not re.match(r"(https?:)?//|javascript:|data:", given.get(name) or "")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("address", PAGES)
async def test_whatever_a_device_says_stays_text(client: Client, address: str) -> None:
    shown = view()
    said = visit(
        "sw-wf-1",
        at=NOON - timedelta(seconds=10),
        identity=Identity(*[HOSTILE] * 8, uptime_seconds=5.0),
        interfaces=(Interface(1, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 10**9),),
        checks=(Check(HOSTILE, HOSTILE, HOSTILE, Level.CRITICAL), Check(HOSTILE, HOSTILE, HOSTILE, Level.OK)),
        parts=(Part("fan", HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        failures=(Failure("snmp", "no_answer", HOSTILE, HOSTILE),),
        sensors=tuple(replace(sensor, name=HOSTILE, state=HOSTILE) for sensor in visit().sensors),
    )
    shown.latest.put(said)
    shown.board["device:core-1"] = down(timedelta(hours=1), HOSTILE)  # type: ignore[index]
    asset = Asset(UUID(int=7), "k", "sw-wf-1", HOSTILE, HOSTILE, HOSTILE, *[HOSTILE] * 4, None, None, None, NOON, NOON)
    pieces = pieces_of([asset], shown.estate, NOON.date())
    outage = Outage(UUID(int=8), "device:sw-wf-1", NOON, None, HOSTILE)
    answer = await client(replace(shown, pieces=pieces, outages=[outage])).get(address)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "\x1b" not in answer.text
    assert "\u202e" not in answer.text
    assert ">49" not in answer.text
    assert not Structure(answer.text).open


async def test_the_overview_says_what_is_wrong_since_when_who_is_affected_and_how_long_is_left(client: Client) -> None:
    board = dict(view().board)
    board["device:sw-wf-1"] = down(timedelta(hours=3))
    board["device:sw-wf-2"] = down(timedelta(hours=3), "cannot be reached", "device:sw-wf-1")
    text = (await client(view(board=board)).get("/")).text
    assert "1 thing is down" in text
    assert "1 more carried down by it" in text
    assert "1 h left" in text
    assert "Takes down 1 more" in text
    assert 'href="/devices/sw-wf-2"' in text


async def test_an_hour_past_the_target_is_said_to_be_over_it(client: Client) -> None:
    board = {**view().board, "link:wf-b": down(timedelta(hours=5), "interface is down")}
    assert "1 h over" in (await client(view(board=board)).get("/")).text


def test_the_verdict_is_right_for_none_one_and_many() -> None:
    assert overview(view()).verdict == "All is well"
    assert overview(view()).detail == "3 devices watched, every one answers."
    one = {**view().board, "device:core-1": down(timedelta(minutes=5))}
    assert overview(view(board=one)).verdict == "1 thing is down"
    two = {**one, "link:wf-a": down(timedelta(minutes=5))}
    assert overview(view(board=two)).verdict == "2 things are down"
    assert overview(view(latest=Latest())).verdict == "First looks are under way"
    cut_off = replace(view().agent, blind=True)
    assert overview(view(board=two, agent=cut_off)).verdict == "We cannot see"


def test_a_site_that_fell_because_of_a_device_in_it_is_not_accused_beside_it() -> None:
    board = {**view().board, "device:sw-wf-1": down(timedelta(hours=1)), "site:wallfields": down(timedelta(hours=1))}
    assert [t.named.subject for t in overview(view(board=board)).troubles] == ["device:sw-wf-1"]


def test_a_building_with_one_of_two_links_is_told_from_one_that_is_cut_off_and_one_nobody_knows_of() -> None:
    board = dict(view().board)
    assert overview(view(board=board)).pairs[0].verdict == "both up"
    board["link:wf-a"] = down(timedelta(hours=1))
    assert overview(view(board=board)).pairs[0].verdict == "one left"
    board["link:wf-b"] = down(timedelta(hours=1))
    assert overview(view(board=board)).pairs[0].verdict == "cut off"
    assert overview(view(board={})).pairs[0].verdict == "not known"


async def test_old_data_says_so(client: Client) -> None:
    text = (await client(view(now=NOON + timedelta(hours=3))).get("/devices/sw-wf-1")).text
    assert "Old data." in text
    assert "3 h" in text


@pytest.mark.parametrize("address", ["/devices/none", "/sites/none", "/papers/none.html", "/static/none.css"])
async def test_what_is_not_there_is_a_page_that_says_so(client: Client, address: str) -> None:
    answer = await client(view()).get(address)
    assert answer.status_code == 404
    assert "<h1>No such" in answer.text


async def test_papers_are_listed_and_there_is_no_way_out_of_their_folder(client: Client, tmp_path: Path) -> None:
    (tmp_path / "ict-quarter-2026-Q1-public.html").write_text("<h1>paper</h1>")
    (tmp_path / "secret.txt").write_text("no")
    pages = client(view())
    assert "ict-quarter-2026-Q1-public.html" in (await pages.get("/papers")).text
    paper = await pages.get("/papers/ict-quarter-2026-Q1-public.html")
    assert paper.status_code == 200
    assert "sandbox" in paper.headers["content-security-policy"]
    for name in ("secret.txt", "..%2Fsecret.txt", "%2e%2e%2fsecret.txt"):
        assert (await pages.get(f"/papers/{name}")).status_code == 404


async def test_devices_are_found_by_name_address_and_site(client: Client) -> None:
    pages = client(view())
    for asked, found, missed in (
        ("core", "core-1", "sw-wf-1"),
        ("192.0.2.1", "sw-wf-1", "core-1"),
        ("wallfields", "sw-wf-2", "core-1"),
    ):
        table = (await pages.get("/devices", params={"q": asked})).text.partition("<tbody>")[2]
        assert found in table
        assert missed not in table
