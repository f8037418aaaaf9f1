"""The agent's pages: what they say, that they hold whatever devices say, that they are usable by everybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

from agent import web
from agent.accounting.availability import Book, terms_of
from agent.accounting.periods import Period
from agent.accounting.running import running_of
from agent.facts import Asset, Flip, Message, Milestone, Note, NoteKind, Purchase, Standing, Watch, Window
from agent.hardware.dossier import Past
from agent.hardware.register import Piece, pieces_of
from agent.health import Held
from agent.inventory.model import Estate
from agent.latest import Latest
from agent.lifecycle import Keep, Owning, Reason, Software
from agent.lifecycle.evidence import Dated
from agent.lifecycle.roll import Event
from agent.maintenance import Plan, covers
from agent.topology import Topology
from agent.view import AgentState, View, watched_of
from agent.watched import INTERVALS
from agent.web.overview import overview
from agent.words import reading
from collectors.readings import Check, Failure, Identity, Interface, Level, Part
from tests.readers.estate import NOON, visit

HOSTILE = '<script>alert("x")</script>\x1b[31m\u202e</td>"\'>{{7*7}}'
OUTAGE, OLDER = UUID(int=0x0188_8000_0000_7000_8000_0000_8F3A_41C2), UUID(int=0x0188_7000_0000_7000_8000_0000_11D0_90AB)
PAGES = (
    "/", "/devices", "/devices/sw-wf-1", "/sites/wallfields", "/outages", f"/outages/{OUTAGE}", f"/outages/{OLDER}",
    "/maintenance", "/register", "/register?gone=1", f"/register/{UUID(int=7)}", "/programme",
    "/programme?cap=5&slip=1", "/papers", "/health", "/map", "/wifi", "/availability", "/availability?quarter=2025-Q4",
    "/search", "/search?q=wallfields",
)  # fmt: skip


def estate() -> Estate:
    pair = {"redundancy": "wallfields", "watch": [{"device": "sw-wf-1", "interface": "Gi1/0/1"}]}
    return Estate.model_validate(
        {
            "councils": {"ehdc": {"title": "East Herts", "share": "1"}},
            "sites": {
                "daneshill": {"title": "Daneshill House", "kind": "data_centre", "owner": "ehdc"},
                "wallfields": {"title": "Wallfields", "kind": "office", "owner": "ehdc"},
            },
            "links": {
                "wf-a": {"site": "wallfields", "supplier": "Virgin Media", "circuit": "VM-1", **pair},
                "wf-b": {"site": "wallfields", "supplier": "BT", "circuit": "BT-1", **pair},
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
        "topology": Topology.of(found),
        **changes,
    }
    return View(**given)  # type: ignore[arg-type]


def told(flips: Sequence[Flip], notes: Sequence[Note] = (), windows: Sequence[Window] = (), **changes: object) -> View:
    """A view with a ledger behind it, put together as the agent does it."""
    found, plan = estate(), Plan.of(windows)
    book = Book.of(flips, (), notes, plan.planned)
    outages = book.outages(now=NOON)
    window = Period(NOON - timedelta(days=30), NOON)
    return view(
        book=book,
        outages=outages,
        every_outage=outages,
        notes=notes,
        plan=plan,
        running=running_of(outages, notes, plan.planned, found, NOON),
        quarter=[book.figures(subject, window, terms_of(found, subject), NOON) for subject in book.subjects()],
        **changes,
    )


def flip(
    subject: str, ago: timedelta, after: Standing = Standing.DOWN, reason: str = "no answer to SNMP",
    cause: str | None = None, id: UUID | None = None, looks: int = 0,
) -> Flip:  # fmt: skip
    at = NOON - ago
    number = int((at - NOON + timedelta(days=400)).total_seconds())
    seen = tuple(at + timedelta(seconds=10 * n) for n in range(looks))
    before = Standing.UP if after is Standing.DOWN else Standing.DOWN
    return Flip(
        id or UUID(int=number), "agent", number, subject, before, after, at, at + timedelta(seconds=25), reason, cause,
        seen,
    )  # fmt: skip


def note(kind: NoteKind, text: str, ago: timedelta = timedelta(hours=1), **changes: object) -> Note:
    given: dict[str, object] = {"author": "jo.smith", "outage": OUTAGE, **changes}
    return Note("device:sw-wf-1", NOON - ago, kind=kind, text=text, **given)  # type: ignore[arg-type]


def window(number: int, *subjects: str, begins: timedelta, lasts: timedelta, **changes: object) -> Window:
    """`begins`: from noon on; negative: before."""
    given: dict[str, object] = {
        "owner": "A. Sharma", "reason": "firmware", "recorded_at": NOON - timedelta(days=60), **changes,
    }  # fmt: skip
    began = NOON + begins
    return Window(UUID(int=number), subjects, covers(subjects, estate()), began, began + lasts, **given)  # type: ignore[arg-type]


HOUR = timedelta(hours=1)


def storm(text: str = "", *notes: Note, windows: Sequence[Window] = (), **changes: object) -> View:
    """sw-wf-1 is down for three hours and takes sw-wf-2 and its site with it; core-1 was down for an hour last week."""
    week = timedelta(days=7)
    flips = [
        flip("device:core-1", week, id=OLDER, looks=3),
        flip("device:core-1", week - HOUR, Standing.UP, text or "answers"),
        flip("device:sw-wf-1", 3 * HOUR, id=OUTAGE, looks=3, reason=text or "no answer to SNMP"),
        flip("device:sw-wf-2", 3 * HOUR, Standing.BLIND, text or "cannot be reached", "device:sw-wf-1"),
        flip("site:wallfields", 3 * HOUR, Standing.DOWN, text or "device:sw-wf-1 is down", "device:sw-wf-1"),
    ]
    board = dict(view().board)
    board["device:sw-wf-1"] = down(3 * HOUR, text or "no answer to SNMP")
    board["device:sw-wf-2"] = down(3 * HOUR, "cannot be reached", "device:sw-wf-1")
    board["site:wallfields"] = replace(down(3 * HOUR, cause="device:sw-wf-1"), standing=Standing.DOWN)
    return told(flips, notes, windows, **{"board": board, **changes})


def down(since: timedelta, reason: str = "no answer to SNMP", cause: str | None = None) -> Held:
    standing = Standing.BLIND if cause else Standing.DOWN
    return Held(standing, NOON - since, Standing.UP, cause, reason, accused=cause is None)


def full_of(text: str) -> View:
    """Something in every table of every page, with the same text wherever a device or a person may say something."""
    said = [
        note("acknowledgement", text, author=text), note("cause", text, author=text), note("ticket", text),
        note("note", text), note("pause", text, from_at=NOON - HOUR / 2), note("resume", text, from_at=NOON - HOUR / 4),
        note("pause", text, from_at=NOON - HOUR / 8, until_at=NOON + HOUR),
        note("correction", text, outage=OLDER, from_at=NOON - timedelta(days=7, hours=2)),
    ]  # fmt: skip
    plain: dict[str, Any] = {"owner": text, "reason": text, "name": text}
    windows = [
        window(1, "site:daneshill", begins=-HOUR, lasts=2 * HOUR, after_the_fact=True, **plain),
        window(2, "link:wf-a", "service:phones", begins=50 * HOUR, lasts=HOUR, **plain),
        window(3, "device:sw-wf-2", begins=-500 * HOUR, lasts=HOUR, repeat="FREQ=WEEKLY;BYDAY=SU", **plain),
        window(4, "device:sw-wf-2", begins=-500 * HOUR, lasts=HOUR, repeat=text, **plain),
        window(5, text, begins=-50 * HOUR, lasts=HOUR, ended_at=NOON - 50 * HOUR + HOUR / 2, ended_by=text, **plain),
        window(6, "device:sw-wf-1", begins=900 * HOUR, lasts=HOUR, **plain),
    ]
    shown = storm(text, *said, windows=windows)
    lost = Held(Standing.DEGRADED, NOON - HOUR, reason=text)
    board = {
        "redundancy:links/wallfields": lost, f"redundancy:device/{text}/power_supplies": lost,
        "link:wf-a": replace(down(HOUR, text), lately=FLAPPED), f"device:{text}": down(HOUR, text),
        "site:daneshill": down(HOUR, text), "service:phones": Held(Standing.UP, NOON - HOUR, reason=text),
    }  # fmt: skip
    return replace(shown, board={**shown.board, **board}, pieces=pieces_full_of(text))


def pieces_full_of(text: str) -> list[Piece]:
    """A piece of hardware of which everything is known that there can be."""
    asset = Asset(
        UUID(int=7), f"k/{text}", "sw-wf-1", text, text, text, *[text] * 4, "2017-01-01", "2017-01-01", "2027-01-01",
        NOON - timedelta(days=5), NOON, text, NOON - timedelta(days=5), NOON, (text, text),
    )  # fmt: skip
    piece = pieces_of([asset], estate(), NOON.date())[0]
    owned = Owning(NOON.date(), NOON.date(), NOON.date(), 5, text, ((text, Decimal(1)),), text)
    keep = Keep(text, NOON.date(), text, text)
    reasons = (Reason("review_age", NOON.date(), ((NOON.date(), "review_due"),), text, text, NOON.date()),)
    evidence = replace(
        piece.life.evidence, conflicts=(text,), ladder=(Dated("purchased", NOON.date(), "certain", text),)
    )
    software = Software("review_due", text, text, NOON.date(), NOON.date())
    life = replace(piece.life, reason=text, evidence=evidence, reasons=reasons, keep=keep, software=software)
    return [replace(piece, life=life, owned=owned, site=text, role=text)]


def past_full_of(text: str) -> Past:
    event = Event("first_seen", NOON - timedelta(days=5), f"k/{text}", text, text, text, text)
    record = Purchase(text, NOON, text, text, text, text, None, None, None, 5, text, (("ehdc", "1"),))
    return Past((event,), (record,), (Milestone(f"k/{text}", "stage", text, "2026-05-01", NOON, text),))


FLAPPED = tuple((NOON - HOUR / 60 * n, NOON - HOUR / 60 * (n - 1)) for n in (7, 5, 3))
Client = Callable[[View], httpx.AsyncClient]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    opened: list[httpx.AsyncClient] = []

    def of(shown: View) -> httpx.AsyncClient:
        async def look() -> View:
            return shown

        async def past(key: str) -> Past:
            assert key in [piece.asset.key for piece in shown.pieces]
            return past_full_of(key.removeprefix("k/"))

        routes = web.routes(look, tmp_path, lambda _: "2026-Q1", past)
        app = web.Guard(Starlette(routes=routes), web.WebConfig(), None)
        opened.append(httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1"))
        return opened[-1]

    yield of
    for one in opened:
        await one.aclose()


OWN_SCRIPT = '<script src="/static/refresh.js" defer></script>'


def scripts(text: str) -> list[str]:
    """Scripts on a page beside its own."""
    return re.findall(r"<script.*", text.replace(OWN_SCRIPT, "", 1))


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
    answer = await client(full_of(HOSTILE)).get(address)
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
    answer = await client(full_of("firmware")).get(address)
    page = Structure(answer.text)
    for tag, given in page.tags:
        assert tag not in ("iframe", "object", "embed")
        assert tag != "script" or given == {"src": "/static/refresh.js", "defer": None}
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
    shown = full_of(HOSTILE)
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
    answer = await client(shown).get(address)
    assert answer.status_code == 200
    assert scripts(answer.text) == []
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
    assert "due by" in text
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


@pytest.mark.parametrize("address", [
        "/devices/none", "/sites/none", "/papers/none.html", "/static/none.css", "/outages/none", "/outages/8f3a41c3",
        f"/outages/{UUID(int=5)}", "/outages/%3Cscript%3E", "/register/none", f"/register/{UUID(int=5)}",
        "/register/%3Cscript%3E",
    ],
)  # fmt: skip
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


# ---------------------------------------------------------------- hardware
async def test_the_register_and_the_device_lead_to_the_page_of_a_piece(client: Client) -> None:
    shown = full_of("firmware")
    part = Part("fan", "Fan 1", "FAN-1", "firmware", "1.0")
    shown.latest.put(visit("sw-wf-1", at=NOON - timedelta(seconds=10), parts=(part,)))
    pages = client(shown)
    for address in ("/register?gone=1", "/devices/sw-wf-1"):
        assert f'href="/register/{UUID(int=7)}"' in (await pages.get(address)).text


async def test_the_page_of_a_piece_says_all_there_is(client: Client) -> None:
    said = await read(client(full_of("firmware")), f"/register/{UUID(int=7)}")
    for words in (
        "Evidence of its age", "13 May 2026 purchased certain", "What decides about it",
            "It was agreed to keep it beyond 13 May 2026",
        "Where it was", "What happened", "Purchase record", "price £0.05", "Shares firmware 100%", "ehdc 100%",
        "kept until 2026-05-13", "It is not there any more, since", "First seen", "Also seen firmware, firmware",
    ):  # fmt: skip
        assert words in said


# ---------------------------------------------------------------- outages
def words_of(text: str) -> str:
    """What a person reads: without tags, and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


async def read(pages: httpx.AsyncClient, address: str) -> str:
    answer = await pages.get(address)
    assert answer.status_code == 200
    return words_of(answer.text.partition("<main")[2])


async def test_the_overview_says_who_has_it_and_when_it_is_due_and_leads_to_the_outage(client: Client) -> None:
    held = note("acknowledgement", "on the way", until_at=NOON + 2 * HOUR)
    answer = (await client(storm("", held)).get("/")).text
    assert f'href="/outages/{OUTAGE}"' in answer
    said = words_of(answer)
    assert "jo.smith has it until 15:00 : on the way" in said
    assert "1 h left 75 % of 4 h used due by 14:00" in said
    assert "Takes down 2 more Wallfields site sw-wf-2 switch" in said
    assert "Nobody has it yet" in await read(client(storm()), "/")
    device = await read(client(storm("", held)), "/devices/sw-wf-1")
    assert "Outage since 10:00 : 1 h left of 4 h. jo.smith has it." in device


async def test_a_paused_clock_says_why_and_promises_no_time(client: Client) -> None:
    paused = note("pause", "waiting for a replacement part", from_at=NOON - 2 * HOUR)
    for address in ("/", "/outages", f"/outages/{OUTAGE}"):
        said = await read(client(storm("", paused)), address)
        assert "3 h left 25 % of 4 h used Paused waiting for a replacement part" in said
        assert "due by" not in said


async def test_a_service_that_is_down_with_it_shortens_the_time_there_is(client: Client) -> None:
    found = estate()
    found.services["phones"] = found.services["phones"].model_copy(update={"fix_target": 2 * HOUR})
    flips = [
        flip("device:core-1", 3 * HOUR, id=OUTAGE),
        flip("service:phones", 3 * HOUR, cause="device:core-1", reason="core-1 is down"),
    ]
    outages = Book.of(flips, ()).outages(now=NOON)
    running = running_of(outages, (), lambda *_: (), found, NOON)
    board = {**view().board, "device:core-1": down(3 * HOUR)}
    shown = view(estate=found, board=board, outages=outages, every_outage=outages, running=running)
    assert "1 h over 150 % of 2 h used" in await read(client(shown), "/")
    assert "past the fix target" in overview(shown).detail.lower()


async def test_the_list_has_what_people_said_and_marks_what_was_planned_corrected_and_flapping(client: Client) -> None:
    again = [
        flip("link:wf-b", timedelta(days=2, minutes=-n), Standing.UP if n % 2 else Standing.DOWN) for n in range(6)
    ]
    shown = storm()
    planned = window(1, "device:core-1", begins=timedelta(days=-7), lasts=HOUR / 2)
    notes = [
        note("cause", "supplier circuit", outage=again[0].id), note("ticket", "INC0012345", outage=again[2].id),
        note("correction", "clock was wrong", outage=OLDER, from_at=NOON - timedelta(days=7, hours=1)),
    ]  # fmt: skip
    flips = [*shown.book.flips("device:core-1"), *again]
    said = await read(client(told(flips, notes, [planned])), "/outages")
    assert "Wallfields, BT link Flapping, down 3 times" in said
    assert "Supplier circuit INC0012345" in said
    assert "core-1 switch 30 min planned Corrected" in said


async def test_one_outage_has_its_timeline_with_the_looks_and_both_clocks(client: Client) -> None:
    notes = [
        note("acknowledgement", "on the way", 2 * HOUR), note("cause", "power"), note("ticket", "INC0012345"),
        note("note", "fuse blown"), note("pause", "waiting for the customer", from_at=NOON - HOUR, until_at=NOON),
    ]  # fmt: skip
    said = await read(client(storm("", *notes)), f"/outages/{OUTAGE}")
    assert "Who has it jo.smith: on the way" in said
    assert "Ticket INC0012345" in said
    assert "No answer to SNMP; looked at 10:00:00, 10:00:10 and 10:00:20; known 25 s later" in said
    assert "Note jo.smith Fuse blown" in said
    assert "All hours 2 h counts Service hours 2 h" in said
    assert "Paused 1 h, waiting for the customer" in said
    assert "Took down 2 with it Wallfields site sw-wf-2 switch" in said


async def test_the_timeline_of_an_outage_has_what_people_were_told_of_it_and_of_no_other(client: Client) -> None:
    shown = storm()
    (one,) = [o for o in shown.every_outage if o.id == OUTAGE]
    messages = [
        (one.began_at + HOUR / 60, Message("desk", one.subject, "critical", f"down {HOSTILE}", "text", one.began_at)),
        (NOON - 90 * HOUR, Message("desk", one.subject, "critical", "an earlier one", "text", NOON - 90 * HOUR)),
    ]
    text = (await client(replace(shown, told={one.subject: messages})).get(f"/outages/{OUTAGE}")).text
    assert "Desk: down &lt;script&gt;" in text
    assert "an earlier one" not in text
    assert not Structure(text).open


async def test_one_outage_is_found_by_the_end_of_its_id_and_by_its_parts(client: Client) -> None:
    again = [
        flip("link:wf-b", timedelta(hours=9, minutes=-n), Standing.UP if n % 2 else Standing.DOWN) for n in range(6)
    ]
    pages = client(told([*again, *storm().book.flips("device:sw-wf-1")]))
    assert "Outage of sw-wf-1" in await read(pages, "/outages/8f3a41c2")
    assert "went down 3 times" in await read(pages, f"/outages/{again[4].id}")


async def test_a_corrected_outage_keeps_what_was_recorded_beside_it(client: Client) -> None:
    late = note("correction", "seen by the caretaker", outage=OLDER, from_at=NOON - timedelta(days=7, hours=2))
    said = await read(client(storm("", late)), f"/outages/{OLDER}")
    assert "Began 6 May 2026, 11:00:00 BST" in said
    assert "As recorded 6 May 2026, 13:00:00 BST to 6 May 2026, 14:00:00 BST" in said
    assert "Target kept" in said


async def test_what_was_declared_to_be_no_outage_says_so_where_it_was(client: Client) -> None:
    answer = await client(storm("", note("void", "the probe was at fault", outage=OLDER))).get(f"/outages/{OLDER}")
    assert answer.status_code == 404
    assert "declared to be no outage by jo.smith" in words_of(answer.text)
    assert "the probe was at fault" in words_of(answer.text)


@pytest.mark.parametrize("address", ["/", "/outages", "/devices/sw-wf-1", "/sites/wallfields"])
async def test_outages_are_linked_from_where_people_look(client: Client, address: str) -> None:
    flips = [*storm().book.flips("device:sw-wf-1"), flip("link:wf-b", HOUR, id=OLDER)]
    board = {**storm().board, "link:wf-b": down(HOUR)}
    wanted = OLDER if "sites" in address else OUTAGE
    assert f'href="/outages/{wanted}"' in (await client(told(flips, board=board)).get(address)).text


# ---------------------------------------------------------------- redundancy and readiness
def test_redundancy_groups_are_neither_devices_nor_services() -> None:
    lost = Held(Standing.DOWN, NOON - HOUR, reason="link:wf-a is down")
    carried_down = Held(Standing.DOWN, NOON - HOUR, cause="link:wf-a", reason="link:wf-a is down")
    board = {
        **view().board, "link:wf-a": down(HOUR), "redundancy:links/wallfields": carried_down,
        "redundancy:links/other": lost,
    }  # fmt: skip
    page = overview(view(board=board))
    assert [(t.named.subject, t.affected) for t in page.troubles] == [("link:wf-a", ())]
    assert [one.title for one in page.redundancy.lost] == ["Links (other)", "Links of Wallfields (wallfields)"]
    assert page.verdict == "1 thing is down"
    assert "redundancy lost in 2 places" in page.detail


@pytest.mark.parametrize("address", ["/", "/outages"])
async def test_what_carries_a_site_whose_link_is_out_is_said(client: Client, address: str) -> None:
    board = {
        **view().board, "link:wf-a": down(HOUR), "site:wallfields": Held(Standing.UP, NOON - HOUR, reason="up"),
        "redundancy:links/wallfields": Held(Standing.DEGRADED, NOON - HOUR, reason="link:wf-a is down"),
    }  # fmt: skip
    said = await read(client(view(board=board)), address)
    assert "Lost Links of Wallfields (wallfields) Wallfields, Virgin Media is down, since 12:00" in said
    assert "Wallfields : link wf-a (Virgin Media) is out; link wf-b (BT) carries." in said


def test_one_device_of_a_site_is_not_said_to_carry_another() -> None:
    board = {**view().board, "device:sw-wf-2": down(HOUR), "site:wallfields": Held(Standing.UP, NOON - HOUR)}
    assert overview(view(board=board)).redundancy.carried == []


async def test_losing_a_data_centre_starts_the_clock_of_the_other(client: Client) -> None:
    found = estate()
    found.sites["cavendish"] = found.sites["daneshill"].model_copy(update={"title": "Cavendish"})
    board = {**view().board, "site:daneshill": down(3 * HOUR), "service:phones": down(3 * HOUR, cause="site:daneshill")}
    said = await read(client(view(estate=found, topology=Topology.of(found), board=board)), "/")
    assert "Daneshill House is lost since 10:00 ." in said
    assert "Full service from Cavendish is due by 14:00 : 1 h left . Not up: Telephony." in said
    assert "Alone it would carry 0 of 1 service Telephony: Daneshill House" in said


# ---------------------------------------------------------------- maintenance
async def test_what_is_in_maintenance_is_told_apart_and_is_not_counted_as_wrong(client: Client) -> None:
    work = window(1, "site:wallfields", begins=-4 * HOUR, lasts=6 * HOUR)
    shown = storm(windows=[work])
    page = overview(shown)
    assert page.troubles == []
    assert [t.named.subject for t in page.planned] == ["device:sw-wf-1"]
    assert page.verdict == "All is well outside maintenance"
    said = await read(client(shown), "/")
    assert "In maintenance What is planned Wallfields Firmware, until 15:00 , A. Sharma" in said
    assert "Paused planned maintenance" in said
    for address in ("/devices/sw-wf-1", "/sites/wallfields"):
        assert "In maintenance until 15:00 : firmware (A. Sharma)" in await read(client(shown), address)
    assert "Down In maintenance" in await read(client(shown), "/devices")


async def test_the_maintenance_page_has_what_runs_what_comes_what_repeats_and_what_was(client: Client) -> None:
    windows = [
        window(1, "device:core-1", begins=-HOUR, lasts=2 * HOUR, after_the_fact=True),
        window(2, "link:wf-a", begins=50 * HOUR, lasts=HOUR, reason="new circuit"),
        window(3, "device:sw-wf-2", begins=-500 * HOUR, lasts=HOUR, repeat="FREQ=WEEKLY;BYDAY=SU", reason="restart"),
        window(4, "device:sw-wf-1", begins=900 * HOUR, lasts=HOUR, reason="far ahead"),
        window(5, "device:sw-wf-1", begins=-60 * HOUR, lasts=HOUR, reason="done"),
        window(6, "device:sw-wf-1", begins=-900 * HOUR, lasts=HOUR, reason="long ago"),
        window(7, "device:sw-wf-1", begins=-HOUR, lasts=HOUR, repeat="every full moon", reason="unreadable"),
    ]
    said = await read(client(told([], (), windows)), "/maintenance")
    now, _, rest = said.partition("The next two weeks")
    coming, _, rest = rest.partition("Again and again, and further ahead")
    rules, _, over = rest.partition("The last two weeks")
    assert "core-1" in now
    assert "Entered after the fact" in now
    assert "New circuit" in coming
    assert coming.count("Restart") == 2
    assert "FREQ=WEEKLY;BYDAY=SU" in rules
    assert "Far ahead" in rules
    assert "Rule not readable" in rules
    assert "Done" in over
    assert "Long ago" not in said
    assert "Far ahead" not in coming


async def test_what_goes_up_and_down_again_and_again_is_marked_also_while_it_is_up(client: Client) -> None:
    board = {**view().board, "link:wf-a": Held(Standing.UP, NOON - HOUR / 30, reason="up", lately=FLAPPED)}
    page = overview(view(board=board))
    assert [(t.named.subject, t.flapping, t.timing) for t in page.troubles] == [("link:wf-a", True, None)]
    assert page.verdict == "1 thing flapping"
    assert "Wallfields, Virgin Media Flapping" in await read(client(view(board=board)), "/")


async def test_an_outage_that_is_out_of_sight_in_its_midst_is_still_wrong(client: Client) -> None:
    board = {**storm().board, "device:sw-wf-1": Held(Standing.BLIND, NOON - HOUR, reason="nothing could be seen")}
    (trouble,) = overview(storm(board=board)).troubles
    assert (trouble.standing, trouble.since) == (Standing.BLIND, NOON - 3 * HOUR)
    assert trouble.timing is not None
    assert trouble.timing.left == HOUR


async def test_a_service_has_its_quarter_beside_it(client: Client) -> None:
    flips = [
        flip("service:phones", timedelta(days=20), Standing.UP),
        flip("service:phones", timedelta(days=10)),
        flip("service:phones", timedelta(days=9), Standing.UP),
    ]
    seen = Watch("agent", NOON - timedelta(days=20), NOON)
    figures = Book.of(flips, [seen]).figures("service:phones", Period(seen.began_at, NOON))
    shown = view(quarter=[figures])
    assert re.search(r"Telephony Not known( [\w:]+)* 95\.00 %", await read(client(shown), "/"))
    assert "Telephony service 95.00 % 95.00 % to 95.00 %" in await read(client(shown), "/outages")


async def test_a_storm_does_not_make_a_page_without_end_and_what_is_left_out_is_counted(client: Client) -> None:
    found = estate()
    names = [f"sw-{n}" for n in range(130)]
    found.devices.update({n: found.devices["core-1"].model_copy(update={"name": n}) for n in names})
    flips = [flip(f"device:{name}", HOUR + timedelta(seconds=n)) for n, name in enumerate(names)]
    shown = told(flips, board={f"device:{name}": down(HOUR) for name in names}, estate=found)
    page = overview(shown)
    assert (len(page.troubles), page.more_troubles) == (100, 30)
    assert page.verdict == "130 things are down"
    assert "30 more things: see outages and devices" in await read(client(shown), "/")


def test_the_end_of_a_licence_is_shown_as_its_day() -> None:
    assert reading(1806364800.0, "timestamp_seconds") == "2027-03-30"
