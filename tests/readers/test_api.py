"""The JSON API: every answer is as its description says, pages stay where they were, and errors are problems."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.applications import Starlette

from agent.view import View
from agent.web.api import api_routes
from agent.web.api.openapi import BASE, document, page
from agent.web.api.problems import TITLES
from agent.web.api.resources import LISTINGS
from agent.web.api.serving import takes_json
from tests.readers.test_web_pages import NOON, OLDER, OUTAGE, full_of, storm
from tests.readers.test_web_pages import client as client

Client = Callable[[View], httpx.AsyncClient]
HOSTILE = "<b>\x1b[31m\u202e=x\x00"


def holds(address: str, answer: httpx.Response, method: str = "get") -> Any:
    """The body of an answer, which is as the description says of this address and status."""
    whole = document()
    told = whole["paths"][address][method]["responses"][str(answer.status_code)]["content"]
    (media,) = told
    assert answer.headers["content-type"] == media
    schema = {**told[media]["schema"], "components": whole["components"]}
    body = answer.json()
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(body)
    return body


def test_the_description_is_valid_and_the_kept_copies_are_it(root: Path) -> None:
    OpenAPIV31SpecValidator(document()).validate()
    reference = root / "docs" / "reference"
    again = "stale: python -m agent.web.api openapi > docs/reference/openapi.json, and page > api.md"
    assert json.loads((reference / "openapi.json").read_text(encoding="utf-8")) == document(), again
    assert (reference / "api.md").read_text(encoding="utf-8") == page(), again


@pytest.mark.parametrize("text", ["Plain words", HOSTILE])
async def test_every_answer_is_as_the_description_says(client: Client, text: str) -> None:
    asked = client(full_of(text))
    for address in (path for path, methods in document()["paths"].items() if "get" in methods):
        real = address.replace("{name}", "sw-wf-1").replace("{id}", str(OUTAGE))
        answer = await asked.get(real)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        said = holds(address, answer)
        if "items" in said and address != f"{BASE}/register":
            assert said["items"], address
            assert said["total"] == len(said["items"])
            assert said["next"] is None
        assert not set(answer.text) & set("\x1b\u202e\x00")
    (described,) = [(await asked.get(f"{BASE}/openapi.json")).json()]
    assert described == document()
    assert (await asked.get(f"{BASE}/register?gone=1")).json()["items"]


async def test_a_device_and_an_outage_are_what_the_view_has(client: Client) -> None:
    asked = client(storm())
    device = (await asked.get(f"{BASE}/devices/sw-wf-1")).json()
    assert device["standing"] == "down"
    assert device["since"] == "2026-05-13T09:00:00Z"
    assert device["last_answer_age_seconds"] == 20
    assert device["sensors"] == [
        {"name": "Inlet", "kind": "temperature", "value": 21.5, "unit": "celsius", "state": None, "level": None}
    ]
    outage = (await asked.get(f"{BASE}/outages/{OUTAGE}")).json()
    assert outage["subject"] == "device:sw-wf-1"
    assert outage["ended_at"] is None
    assert (outage["fix_state"], outage["fix_left_seconds"]) == ("running", 3600)
    assert outage["timeline"][0]["standing"] == "down"
    assert [one["id"] for one in (await asked.get(f"{BASE}/outages?state=ended")).json()["items"]] == [str(OLDER)]
    opened = (await asked.get(f"{BASE}/outages", params={"since": "2026-05-13T00:00:00Z"})).json()["items"]
    assert str(OLDER) not in [one["id"] for one in opened]
    assert "device:sw-wf-1" in [one["subject"] for one in opened]


@pytest.mark.parametrize("listing", [one.name for one in LISTINGS if one.name not in ("councils", "register")])
async def test_pages_of_one_item_are_the_whole_list(client: Client, listing: str) -> None:
    asked = client(full_of("Plain words"))
    whole = (await asked.get(f"{BASE}/{listing}")).json()["items"]
    found: list[Any] = []
    address = f"{BASE}/{listing}?limit=1"
    while address:
        answer = (await asked.get(address)).json()
        assert len(answer["items"]) == 1
        found += answer["items"]
        address = answer["next"]
        assert len(found) <= len(whole)
    assert found == whole
    assert len(whole) > 1 or listing == "services"


async def test_a_cursor_stays_where_it_was_while_things_come_and_go() -> None:
    shown = [storm()]

    async def look() -> View:
        return shown[0]

    app = Starlette(routes=api_routes(look))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as asked:
        first = (await asked.get(f"{BASE}/devices?limit=2")).json()
        assert [one["device"] for one in first["items"]] == ["core-1", "sw-wf-1"]
        # The two that were shown are gone, and one that sorts before the cursor has come.
        left = {name: one for name, one in shown[0].watched.items() if name == "sw-wf-2"}
        new = {"a-new-one": replace(left["sw-wf-2"], name="a-new-one")}
        shown[0] = replace(shown[0], watched=new | left, now=NOON + timedelta(minutes=1))
        rest = (await asked.get(first["next"])).json()
        assert [one["device"] for one in rest["items"]] == ["sw-wf-2"]
        assert rest["next"] is None


@pytest.mark.parametrize(
    ("method", "address", "headers", "status", "wrong"),
    [
        ("GET", "/devices/none", {}, 404, []),
        ("GET", "/outages/none", {}, 404, []),
        ("GET", "/none", {}, 404, []),
        ("GET", "/", {}, 404, []),
        ("POST", "/devices", {}, 405, []),
        ("DELETE", "/outages/1", {}, 405, []),
        ("GET", "/devices", {"accept": "text/csv"}, 406, []),
        ("GET", "/devices?limit=0", {}, 422, ["limit"]),
        ("GET", "/devices?limit=501&standing=sideways&colour=red", {}, 422, ["limit", "standing", "colour"]),
        ("GET", "/devices?class=toaster", {}, 422, ["class"]),
        ("GET", "/devices?site=nowhere", {}, 422, ["site"]),
        ("GET", "/devices?q=a&q=b", {}, 422, ["q"]),
        ("GET", "/devices?cursor=%00", {}, 422, ["cursor"]),
        ("GET", "/devices?cursor=WzFd", {}, 422, ["cursor"]),
        ("GET", "/devices?cursor=" + "W1tb" * 150, {}, 422, ["cursor"]),
        ("GET", "/outages?since=yesterday", {}, 422, ["since"]),
        ("GET", "/outages?since=2026-05-13T00:00:00", {}, 422, ["since"]),
        ("GET", "/agent?limit=1", {}, 422, ["limit"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_a_problem(
    client: Client, method: str, address: str, headers: dict[str, str], status: int, wrong: list[str]
) -> None:
    answer = await client(storm()).request(method, BASE + address, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    jsonschema.validate(said, document()["components"]["schemas"]["Problem"] | {"components": document()["components"]})
    name = said["type"].removeprefix("urn:hartwatch:problem:")
    assert TITLES[name] == (status, said["title"])
    assert sorted(one["parameter"] for one in said["errors"]) == sorted(wrong)
    assert (answer.headers.get("allow") == "GET, HEAD") == (status == 405)


async def test_a_mistake_of_the_program_is_a_problem_that_tells_nothing() -> None:
    async def look() -> View:
        raise RuntimeError("secret")

    app = Starlette(routes=api_routes(look))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as asked:
        answer = await asked.get(f"{BASE}/devices")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("accept", "takes"),
    [("", True), ("*/*", True), ("text/html, application/*;q=0.5", True), ("application/json;q=0, */*", False),
     ("text/html", False), ("application/json; charset=utf-8", True), ("*/*;q=0.0", False)],
)  # fmt: skip
def test_the_accept_header_is_understood(accept: str, takes: bool) -> None:
    assert takes_json(accept) is takes
