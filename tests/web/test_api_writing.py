"""Writing by the JSON API: who may, what is recorded and that it is once, and that all else is a problem in words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.web.api.openapi import BASE
from agent.web.api.writing import WRITINGS
from tests.readers.test_api import holds
from tests.web.composed import OURS, TOKENS, App, compose, hidden, sign_in, users_text

MAINTENANCE = f"{BASE}/maintenance"
PLAN = {"subjects": ["device:sw-wf-1"], "from": "2030-07-05 22:00", "for": "2h", "reason": "New power supplies"}


@pytest.fixture
def app(tmp_path: Path) -> App:
    return compose(tmp_path, users_text())


def program(app: App, user: str | None = "desk", **headers: str) -> httpx.AsyncClient:
    """A program with a token, and without cookies."""
    given = {"authorization": f"Bearer {TOKENS[user]}"} if user else {}
    return app.browser(**{"accept": "application/json", **given, **headers})


def about(app: App, deed: str) -> tuple[str, str]:
    """Where a deed about an outage is written, and the address as the description has it."""
    return f"{BASE}/outages/{app.outage().id}/{deed}", f"{BASE}/outages/{{id}}/{deed}"


async def test_a_cause_is_recorded_in_the_name_of_the_token(app: App) -> None:
    address, told = about(app, "cause")
    answer = await program(app).post(address, json={"cause": "power"})
    assert answer.status_code == 201, answer.text
    assert holds(told, answer, "post")["address"] == address.removesuffix("/cause")
    app.answers.read_outages()
    (note,) = [one for one in app.ledger.notes() if one.kind == "cause" and one.text == "power"]
    assert (note.author, note.outage) == ("desk", app.outage().id)
    (entry,) = [one for one in app.audits() if one.action == "outage cause"]
    assert (entry.who, entry.how, entry.outcome) == ("desk", "token", "done")
    one = (await program(app, "reader").get(address.removesuffix("/cause"))).json()
    assert one["cause"] == "power"


async def test_maintenance_is_planned_in_utc_or_by_the_clock_of_london_and_ended(app: App) -> None:
    first = await program(app).post(MAINTENANCE, json=PLAN)
    assert first.status_code == 201, first.text
    holds(MAINTENANCE, first, "post")
    second = await program(app).post(MAINTENANCE, json={**PLAN, "from": "2030-07-06T21:00:00Z", "reason": "Again"})
    assert second.status_code == 201, second.text
    begins = {one.reason: one.begins_at.isoformat() for one in app.ledger.windows()}
    assert begins["New power supplies"] == "2030-07-05T21:00:00+00:00"
    assert begins["Again"] == "2030-07-06T21:00:00+00:00"
    end = f"{MAINTENANCE}/{first.json()['maintenance']}/end"
    ended = await program(app).post(end, json={"reason": "Not needed"})
    assert ended.status_code == 201, ended.text
    again = await program(app).post(end, json={"reason": "Not needed"})
    assert again.status_code == 422
    assert "ended" in again.json()["detail"]


async def test_an_hour_that_comes_twice_is_refused_for_its_second_time(app: App) -> None:
    answer = await program(app).post(MAINTENANCE, json={**PLAN, "from": "2030-10-27T01:30:00Z"})
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json()["errors"]] == ["from"]
    assert (await program(app).post(MAINTENANCE, json={**PLAN, "from": "2030-10-27T00:30:00Z"})).status_code == 201


@pytest.mark.parametrize("writing", WRITINGS, ids=lambda one: one.path)
async def test_every_address_wants_somebody_who_may(app: App, writing: Any) -> None:
    target = str(app.outage().id)
    address = f"{BASE}/{writing.path.replace('{id}', target)}"
    wanted = {one.name: _some(one) for one in writing.deed.fields if one.required}
    before = app.entries()
    nobody = await program(app, None).post(address, json=wanted)
    assert nobody.status_code == 401
    viewer = await program(app, "reader").post(address, json=wanted)
    assert viewer.status_code == 403
    assert holds(f"{BASE}/{writing.path}", viewer, "post")["type"] == "urn:hartwatch:problem:forbidden"
    if writing.deed.role == "admin":
        assert (await program(app, "desk").post(address, json=wanted)).status_code == 403
    refused = [one.action for one in app.audits() if one.outcome == "refused"]
    assert app.entries() - before == len(refused), "refusals, and no more"
    of = "outage" if writing.deed.about == "outage" else "maintenance"
    assert set(refused) == {f"{of} {writing.deed.name}"}, "as the audit of what is done has it"


def _some(field: Any) -> Any:
    return field.choices[0] if field.choices else ["device:sw-wf-1"] if field.kind == "subjects" else "2030-07-05 22:00"


async def test_without_a_users_file_nobody_writes(tmp_path: Path) -> None:
    app = compose(tmp_path, None)
    answer = await program(app, None).post(about(app, "note")[0], json={"text": "x"})
    assert answer.status_code == 403
    assert "no users file" in answer.json()["detail"]


async def test_the_same_key_is_written_once_also_at_the_same_moment(app: App) -> None:
    address, _ = about(app, "note")
    asked = program(app, **{"idempotency-key": "one-and-the-same"})
    answers = await asyncio.gather(*(asked.post(address, json={"text": "Engineer called"}) for _ in range(4)))
    assert [one.status_code for one in answers] == [201] * 4
    assert len({one.text for one in answers}) == 1
    await program(app, **{"idempotency-key": "another"}).post(address, json={"text": "Engineer called"})
    app.entries()
    assert [one.text for one in app.ledger.notes()].count("Engineer called") == 2


async def test_a_key_that_is_too_long_is_refused_and_not_taken_for_none(app: App) -> None:
    address, told = about(app, "note")
    before = app.entries()
    answer = await program(app, **{"idempotency-key": "k" * 101}).post(address, json={"text": "x"})
    assert answer.status_code == 422
    assert [one["parameter"] for one in holds(told, answer, "post")["errors"]] == ["idempotency-key"]
    assert app.entries() == before


async def test_the_session_of_a_browser_wants_the_token_of_its_pages(app: App) -> None:
    address, _ = about(app, "note")
    browser = app.browser()
    assert (await sign_in(browser, "eddie")).status_code == 303
    token = hidden((await browser.get(f"/outages/{app.outage().id}/note")).text, "csrf_token")
    body = {"text": "From a page"}
    accept = {"accept": "application/json"}
    assert (await browser.post(address, json=body, headers={**OURS, **accept})).status_code == 403
    assert (await browser.post(address, json=body, headers={**accept, "x-csrf-token": token})).status_code == 403
    elsewhere = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (
        await browser.post(address, json=body, headers={**elsewhere, **accept, "x-csrf-token": token})
    ).status_code == 403
    ours = await browser.post(address, json=body, headers={**OURS, **accept, "x-csrf-token": token})
    assert ours.status_code == 201, ours.text
    assert {one.outcome for one in app.audits() if one.action == "outage note"} == {"refused", "done"}


@pytest.mark.parametrize(
    ("deed", "body", "kind", "status", "wrong"),
    [
        ("cause", b'{"cause": "the cat"}', "application/json", 422, ["cause"]),
        ("cause", b"{}", "application/json", 422, ["cause"]),
        ("cause", b'{"cause": "power", "colour": "red"}', "application/json", 422, ["colour"]),
        ("cause", b'{"cause": ["power"]}', "application/json", 422, ["cause"]),
        ("acknowledge", b'{"for": "soon"}', "application/json", 422, ["for"]),
        ("pause", b'{"reason": "waiting for the customer", "since": "noon"}', "application/json", 422, ["since"]),
        ("note", b'{"text": "a", "text": "b"}', "application/json", 400, []),
        ("note", b'["text"]', "application/json", 400, []),
        ("note", b'{"text": "\xff"}', "application/json", 400, []),
        ("note", b"[" * 60_000, "application/json", 400, []),
        ("note", b'{"text": "' + b"x" * 70_000 + b'"}', "application/json", 413, []),
        ("note", b'{"text": "' + b"x" * 9_000 + b'"}', "application/json", 422, ["text"]),
        ("note", b"text=a", "application/x-www-form-urlencoded", 415, []),
        ("note", b'{"text": "a"}', "", 415, []),
    ],
)
async def test_what_makes_no_sense_is_a_problem_and_nothing_is_recorded(
    app: App, deed: str, body: bytes, kind: str, status: int, wrong: list[str]
) -> None:
    address, told = about(app, deed)
    before = app.entries()
    answer = await program(app, **({"content-type": kind} if kind else {})).post(address, content=body)
    assert answer.status_code == status, answer.text
    assert sorted(one["parameter"] for one in holds(told, answer, "post")["errors"]) == wrong
    assert app.entries() == before


async def test_other_methods_and_things_that_are_not_there_are_said(app: App) -> None:
    address, told = about(app, "note")
    refused = await program(app).get(address)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert (await program(app).delete(MAINTENANCE)).headers["allow"] == "GET, HEAD, POST"
    nowhere = await program(app).post(told.replace("{id}", "0" * 32), json={"text": "x"})
    assert nowhere.status_code == 404
    assert holds(told, nowhere, "post")["type"] == "urn:hartwatch:problem:not-found"


async def test_a_ledger_that_does_not_write_is_said(app: App) -> None:
    address, told = about(app, "note")
    app.ledger.close(10)
    answer = await program(app).post(address, json={"text": "x"})
    assert answer.status_code == 503, answer.text
    assert holds(told, answer, "post")["type"] == "urn:hartwatch:problem:not-recorded"
