"""Forms as an attacker would send them, forms that are sent twice, and a ledger that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from agent.deeds import DEEDS
from agent.ledger import LedgerFull
from agent.web.forms import LARGEST, MOST_FIELDS
from tests.web.composed import OURS, App, form, send, sign_in

HOSTILE = '<script>alert("x")</script>\'"{{7*7}}</textarea>&amp;'


class Scripts(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.events: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.events += [name for name, _ in attrs if name.startswith("on")]


async def test_what_is_written_is_text_wherever_it_is_shown(app: App) -> None:
    id = app.outage().id
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        clean = Scripts((await browser.get(f"/outages/{id}")).text).tags.count("script")
        assert (await send(browser, f"/outages/{id}/note", text=HOSTILE)).status_code == 303
        subjects = {"subjects": HOSTILE, "from": HOSTILE, "reason": HOSTILE, "owner": HOSTILE, "for": HOSTILE}
        refused = await send(browser, "/maintenance/plan", **subjects)
        assert refused.status_code == 422
        later = {"from": "2027-01-05T22:00", "for": "4h", "reason": HOSTILE, "owner": HOSTILE}
        assert (await send(browser, "/maintenance/plan", subjects="sw-wf-1", **later)).status_code == 303
        asked = await browser.get("/maintenance/plan", params={"subjects": HOSTILE, "from": HOSTILE})
        failed = await sign_in(browser, HOSTILE, "x", next=HOSTILE)
        for page in (
            refused,
            asked,
            failed,
            *[await browser.get(p) for p in (f"/outages/{id}", "/maintenance", "/audit")],
        ):
            read = Scripts(page.text)
            # The page to sign in on has no live refresh, and so no script at all.
            assert read.tags.count("script") == (0 if page is failed else clean), page.url
            assert read.events == [], page.url
            assert "49" not in page.text.split("7*7")[0][-3:]
            assert "&lt;script&gt;" in page.text, page.url


@pytest.mark.parametrize(
    ("deed", "fields", "says"),
    [
        ("note", {"text": "bell \x07"}, "cannot be printed"),
        ("note", {"text": "turned \u202e round"}, "cannot be printed"),
        ("note", {"text": "\x00"}, "cannot be printed"),
        ("note", {"text": "\x1b[31m"}, "cannot be printed"),
        ("note", {"text": "a" * 2001}, "2,000 are the most"),
        ("note", {"text": "a" * 9000}, "8,000 are the most"),
        ("note", {"text": " \r\n "}, "A text is wanted"),
        ("note", {"text": "x", "author": "ada"}, "there is no field"),
        ("note", {"text": "x", "id": "1"}, "there is no field"),
        ("ticket", {"reference": "two words"}, "one word"),
        ("cause", {"cause": "aliens"}, "no cause of the list"),
        ("cause", {}, "Choose a cause"),
        ("pause", {"reason": "lunch"}, "no reason of the list"),
        ("pause", {"reason": "waiting for the customer", "since": "tomorrow"}, "a time is written"),
        ("acknowledge", {"for": "-4h"}, "whole number with a unit"),
        ("acknowledge", {"for": "9" * 300 + "d"}, "longer than any calendar"),
    ],
)  # fmt: skip
async def test_a_mistake_is_told_at_its_field_and_writes_nothing(
    app: App, deed: str, fields: dict[str, str], says: str
) -> None:
    path = f"/outages/{app.outage('site:wallfields').id}/{deed}"
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        before = app.entries()
        answer = await send(browser, path, **fields)
        assert answer.status_code == 422
        assert says.casefold() in answer.text.casefold()
        assert "There is a problem" in answer.text
        assert "<title>Error: " in answer.text
        assert app.entries() == before
        for link in (part.split('"')[0] for part in answer.text.split('<li><a href="#')[1:]):
            assert f'id="{link}"' in answer.text, "the summary leads to the field"
        assert "\x07" not in answer.text
        assert "\u202e" not in answer.text


async def test_what_was_written_is_kept_after_a_mistake(app: App) -> None:
    path = "/maintenance/plan"
    given = {
        "subjects": "sw-wf-1\r\nno-such",
        "from": "2027-01-05T22:00",
        "for": "4h",
        "reason": "firmware",
        "owner": "Net",
    }
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        answer = await send(browser, path, **given)
        assert "no-such" in answer.text.split("There is a problem")[1].split("</div>")[0]
        assert "sw-wf-1\nno-such</textarea>" in answer.text
        for value in ("2027-01-05T22:00", "4h", "firmware", "Net"):
            assert f'value="{value}"' in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"a" * (LARGEST + 1), "application/x-www-form-urlencoded", 413),
        (b"text=" + b"a" * 1_000_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=x" % n for n in range(MOST_FIELDS + 1)), "application/x-www-form-urlencoded", 400),
        (b"text=a&text=b", "application/x-www-form-urlencoded", 400),
        (b"text=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"text=\xff", "application/x-www-form-urlencoded", 400),
        (b'{"text": "x"}', "application/json", 415),
        (b"text=x", "text/plain", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"", "", 415),
        (b"", "application/x-www-form-urlencoded", 403),
    ],
)
@pytest.mark.parametrize("path", ["note", "/login"])
async def test_what_is_no_form_of_ours_is_refused_within_bounds(
    app: App, content: bytes, kind: str, status: int, path: str
) -> None:
    where = path if path.startswith("/") else f"/outages/{app.outage().id}/{path}"
    async with app.browser() as browser:
        if path == "note":
            await sign_in(browser, "eddie")
        headers = {**OURS, "content-type": kind} if kind else OURS
        answer = await browser.post(where, content=content, headers=headers)
        assert answer.status_code == (422 if path == "/login" and status == 403 else status)
        assert app.ledger.notes() == []


async def test_a_body_without_end_is_read_no_further_than_its_bound(app: App) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50 * 2**20:
            sent += 4096
            yield b"a" * 4096

    async with app.browser() as browser:
        headers = {**OURS, "content-type": "application/x-www-form-urlencoded"}
        answer = await browser.post("/login", content=endless(), headers=headers)
        assert answer.status_code == 413


@pytest.mark.parametrize("id", ["1", "x", "0" * 32, "../../x", "%00", "none", "\u00e4", "a" * 3000])
async def test_what_is_not_there_cannot_be_written_about(app: App, id: str) -> None:
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        token = (await form(browser, "/maintenance/plan"))["csrf_token"]
        before = app.entries()
        for path in (f"/outages/{id}/note", f"/maintenance/{id}/end"):
            data = {"csrf_token": token, "text": "x", "reason": "x"}
            data.pop("reason" if "outages" in path else "text")
            assert (await browser.get(path)).status_code == 404
            assert (await browser.post(path, data=data, headers=OURS)).status_code == 404
        assert app.entries() == before


# ---------------------------------------------------------------- twice
async def test_a_form_that_is_sent_twice_writes_once(app: App) -> None:
    later = {"subjects": "sw-wf-1", "from": "2027-01-05T22:00", "for": "4h", "reason": "firmware"}
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        fields = await form(browser, "/maintenance/plan")
        data = {**fields, **later}
        answers = await asyncio.gather(*(browser.post("/maintenance/plan", data=data, headers=OURS) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {303}
        assert len(app.ledger.windows()) == 1
        assert (await browser.post("/maintenance/plan", data=data, headers=OURS)).status_code == 303
        assert len(app.ledger.windows()) == 1
        assert len([one for one in app.audits() if one.action == "maintenance plan"]) == 1
        assert (await send(browser, "/maintenance/plan", **later)).status_code == 303
        assert len(app.ledger.windows()) == 2, "a form that is opened anew may say the same"


async def test_a_mistake_does_not_use_the_form_up_and_no_other_uses_its_key(app: App) -> None:
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser, app.browser() as other:
        await sign_in(browser, "eddie")
        await sign_in(other, "ada")
        fields = await form(browser, path)
        assert (await browser.post(path, data={**fields, "text": ""}, headers=OURS)).status_code == 422
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=OURS)).status_code == 303
        stolen = {**await form(other, path), "once": fields["once"], "text": "y"}
        assert (await other.post(path, data=stolen, headers=OURS)).status_code == 303
    assert [(note.author, note.text) for note in app.ledger.notes()] == [("eddie", "x"), ("ada", "y")]


async def test_two_people_who_end_one_maintenance_end_it_once(app: App) -> None:
    async with app.browser() as one, app.browser() as two:
        await sign_in(one, "eddie")
        await sign_in(two, "ada")
        later = {"subjects": "sw-wf-1", "from": "2027-01-05T22:00", "for": "4h", "reason": "firmware"}
        await send(one, "/maintenance/plan", **later)
        path = f"/maintenance/{app.ledger.windows()[0].id}/end"
        forms = [await form(browser, path) for browser in (one, two)]
        answers = await asyncio.gather(
            *(b.post(path, data={**f, "reason": "over"}, headers=OURS) for b, f in zip((one, two), forms, strict=True))
        )
        assert sorted(answer.status_code for answer in answers) == [303, 422]


# ---------------------------------------------------------------- the ledger
async def test_a_ledger_that_cannot_be_written_is_told_and_the_form_kept(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser:
        await sign_in(browser, "eddie")

        def full(facts: Any) -> Future[Any]:
            raise LedgerFull("full")

        with monkeypatch.context() as patched:
            patched.setattr(app.ledger, "record", full)
            answer = await send(browser, path, text="a word that is kept")
            assert answer.status_code == 503
            assert "nothing was recorded" in answer.text
            assert "a word that is kept" in answer.text
            never: Future[Any] = Future()
            patched.setattr(app.ledger, "record", lambda facts: never)
            app.desk._patience = 0.05
            answer = await send(browser, path, text="late")
            assert answer.status_code == 503
            assert "look before you try again" in answer.text
            assert not never.cancelled(), "what the writer may be about to finish is left to it"
        assert (await send(browser, path, text="now")).status_code == 303
    assert [note.text for note in app.ledger.notes()] == ["now"]


async def test_every_form_can_be_used_by_keyboard_and_screen_reader(app: App) -> None:
    """Each field has a label or stands in a fieldset with a legend, and what describes it is there."""
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        pages: list[httpx.Response] = [await browser.get("/login")]
        for name, deed in DEEDS.items():
            if deed.about == "outage":
                pages.append(await browser.get(f"/outages/{app.outage().id}/{name}"))
        pages.append(await browser.get("/maintenance/plan"))
        for page in pages:
            assert page.status_code == 200, page.url
            fields = Fields(page.text)
            assert fields.ids, page.url
            assert fields.ids <= fields.labelled, page.url
            assert fields.described <= fields.every_id, page.url
            assert len(fields.every_id) == fields.count, "no id is there twice"


class Fields(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.labelled: set[str] = set()
        self.described: set[str] = set()
        self.every_id: set[str] = set()
        self.count = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.count += 1
            self.every_id.add(given["id"] or "")
        if tag in ("input", "textarea", "select") and given.get("type") != "hidden":
            self.ids.add(given.get("id") or "without")
        if tag == "label":
            self.labelled.add(given.get("for") or "")
        self.described |= set((given.get("aria-describedby") or "").split())
