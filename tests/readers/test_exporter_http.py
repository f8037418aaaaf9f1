"""The exporter's addresses: formats, compression, discovery, health; and who may ask."""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import bcrypt
import httpx
import pytest
from starlette.applications import Starlette

from agent import exporter, web
from agent.exporter.page import Pages
from agent.exporter.text import Format
from agent.watched import Watched
from agent.web.tls import Tls
from tests.readers.estate import pages, visit
from tests.readers.test_exporter_pages import sound

OPEN = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5"
Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    opened: list[httpx.AsyncClient] = []

    def of(
        shown: Pages,
        *,
        not_ready: str | None = None,
        config: web.WebConfig | None = None,
        hosts: frozenset[str] | None = None,
        asks_from: str = "192.0.2.9",
    ) -> httpx.AsyncClient:
        app = web.Guard(Starlette(routes=exporter.routes(shown, lambda: not_ready)), config or web.WebConfig(), hosts)
        opened.append(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app, client=(asks_from, 50_000)), base_url="http://127.0.0.1:9640"
            )
        )
        return opened[-1]

    yield of
    for one in opened:
        await one.aclose()


async def test_the_format_and_its_content_type_follow_what_was_asked(client: Client) -> None:
    agent = client(pages(visit()))
    for address in ("/metrics", "/devices/sw-wf-1/metrics"):
        plain = await agent.get(address)
        assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        sound(plain.text)
        wanted = await agent.get(address, headers={"accept": OPEN})
        assert wanted.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert wanted.text.endswith("# EOF\n")
        assert wanted.text.count("# EOF") == 1


async def test_a_page_is_compressed_only_for_those_who_can_read_it(client: Client) -> None:
    agent = client(pages(visit()))
    for address in ("/metrics", "/devices/sw-wf-1/metrics"):
        async with agent.stream("GET", address, headers={"accept-encoding": "gzip"}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == "gzip"
        assert b"ifHCInOctets" in gzip.decompress(raw)
        for refused in ("identity", "gzip;q=0", "br"):
            answer = await agent.get(address, headers={"accept-encoding": refused})
            assert "content-encoding" not in answer.headers
            assert "ifHCInOctets" in answer.text


async def test_nothing_is_compressed_for_a_program_on_the_same_machine(client: Client) -> None:
    for address in ("127.0.0.1", "::1"):
        agent = client(pages(visit()), asks_from=address)
        for page in ("/metrics", "/agent/metrics", "/devices/sw-wf-1/metrics"):
            answer = await agent.get(page, headers={"accept-encoding": "gzip"})
            assert "content-encoding" not in answer.headers


async def test_the_agents_own_page_has_no_readings_and_all_that_the_ledger_knows(client: Client) -> None:
    fact = ("hartwatch_outage_open", (("subject", "site:x"), ("cause", "")), 1.0)
    agent = client(pages(visit(), facts=(fact,)))
    for kind in ("text/plain", OPEN):
        answer = await agent.get("/agent/metrics", headers={"accept": kind})
        sound(answer.text)
        assert "hartwatch_outage_open{" in answer.text
        assert "ifHCInOctets" not in answer.text


async def test_discovery_leads_to_pages_that_exist(client: Client) -> None:
    agent = client(pages(visit("a"), visit("b")))
    targets = (await agent.get("/sd/prometheus")).json()
    assert [target["targets"] for target in targets] == [["127.0.0.1:9640"]] * 2
    for target in targets:
        page = await agent.get(target["labels"]["__metrics_path__"])
        assert page.status_code == 200
        assert f'device="{target["labels"]["instance"]}"' in page.text


async def test_discovery_changes_only_when_the_inventory_does_and_is_json(client: Client) -> None:
    one = await client(pages(names=("b", "a", "c"))).get("/sd/prometheus")
    other = await client(pages(names=("c", "a", "b"))).get("/sd/prometheus")
    assert one.content == other.content
    assert one.headers["content-type"] == "application/json"
    assert [target["labels"]["instance"] for target in one.json()] == ["a", "b", "c"]
    assert all(isinstance(value, str) for target in one.json() for value in target["labels"].values())


ESTATE = (
    Watched("ap-1", "access_point", "wallfields", "general", council="ehdc"),
    Watched("fw-1", "firewall", "daneshill", "restricted", council="sbc"),
    Watched("sw-1", "switch", "daneshill", "general", council="sbc"),
    Watched("sw-2", "switch", "wallfields", "restricted", "Core", "ehdc"),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "ap-1 fw-1 sw-1 sw-2"),
        ("?class=switch", "sw-1 sw-2"),
        ("?class=switch&class=firewall", "fw-1 sw-1 sw-2"),
        ("?class=switch&site=wallfields", "sw-2"),
        ("?council=sbc", "fw-1 sw-1"),
        ("?zone=restricted", "fw-1 sw-2"),
        ("?device=sw-2&device=ap-1", "ap-1 sw-2"),
        ("?site=nowhere", ""),
        ("?class=", ""),
    ],
)
async def test_targets_are_chosen_by_class_site_council_zone_and_name(client: Client, query: str, found: str) -> None:
    estate = {device.name: device for device in ESTATE}
    answer = await client(replace(pages(), devices=lambda: estate)).get(f"/sd/prometheus{query}")
    assert answer.status_code == 200
    assert " ".join(target["labels"]["__meta_hartwatch_device"] for target in answer.json()) == found


async def test_a_filter_that_does_not_exist_is_refused_before_it_lets_everything_through(client: Client) -> None:
    answer = await client(pages(visit())).get("/sd/prometheus?sites=wallfields")
    assert (answer.status_code, answer.text) == (400, "there is no filter of that name (did you mean 'site'?)\n")


async def test_single_families_may_be_asked_for_by_name(client: Client) -> None:
    agent = client(pages(visit()))
    asked = "?name[]=hartwatch_device_up&name[]=hartwatch_visits_total&name[]=ifHCInOctets&name[]=process_open_fds"
    for accept in ("text/plain", OPEN):
        for page, wanted in (
            ("/metrics", {"hartwatch_device_up", "hartwatch_visits", "ifHCInOctets", "process_open_fds"}),
            ("/agent/metrics", {"hartwatch_visits", "process_open_fds"}),
        ):
            text = (await agent.get(page + asked, headers={"accept": accept})).text
            sound(text)
            found = {line.split()[2].removesuffix("_total") for line in text.splitlines() if line.startswith("# TYPE")}
            assert found == wanted
    parts = (await agent.get("/agent/metrics?name[]=hartwatch_exposition_seconds_count")).text
    assert "hartwatch_exposition_seconds_bucket{" in parts, "a family is given whole"
    assert "hartwatch_build_info" not in parts
    assert (await agent.get("/metrics?name[]=no_such_name")).text == ""


async def test_the_head_of_a_page_of_everything_is_answered_without_rendering_it(client: Client) -> None:
    shown = pages(visit())
    agent = client(shown)
    for page in ("/metrics", "/agent/metrics"):
        head, get = await agent.head(page, headers={"accept": OPEN}), await agent.get(page, headers={"accept": OPEN})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        assert "content-length" not in head.headers
    rendered = shown.own.text(Format.TEXT)
    assert 'hartwatch_exposition_seconds_count{page="all"} 1.0' in rendered


async def test_an_unknown_device_is_not_found(client: Client) -> None:
    assert (await client(pages(visit())).get("/devices/none/metrics")).status_code == 404


async def test_a_device_page_is_only_read(client: Client) -> None:
    asking = client(pages(visit()))
    page = "/devices/sw-wf-1/metrics"
    assert (await asking.post(page)).status_code == 405
    head, get = await asking.head(page), await asking.get(page)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["content-security-policy"] == get.headers["content-security-policy"]


async def test_healthy_is_always_and_ready_says_what_it_waits_for(client: Client) -> None:
    waiting = client(pages(visit()), not_ready="no device was looked at yet")
    assert (await waiting.get("/-/healthy")).status_code == 200
    answer = await waiting.get("/-/ready")
    assert answer.status_code == 503
    assert "no device was looked at yet" in answer.text
    assert (await client(pages(visit())).get("/-/ready")).status_code == 200


async def test_other_work_gets_its_turn_while_a_large_page_is_rendered() -> None:
    shown = pages(*[visit(f"sw-{n}") for n in range(400)])
    turns = 0

    async def poll() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    polling = asyncio.create_task(poll())
    app = Starlette(routes=exporter.routes(shown, lambda: None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as agent:
        answer = await agent.get("/metrics")
    polling.cancel()
    assert answer.text.count("ifHCInOctets{") == 800
    assert turns > 20


# ---------------------------------------------------------------- the guard
def users(**passwords: str) -> web.WebConfig:
    return web.WebConfig(users={u: bcrypt.hashpw(p.encode(), bcrypt.gensalt(4)) for u, p in passwords.items()})


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_where_there_are_users_nothing_is_told_to_others_but_that_it_runs(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    agent = client(pages(visit()), config=users(prometheus="right"))
    for headers in ({}, basic("prometheus", "wrong"), basic("nobody", "right"), {"authorization": "Basic %%%"},
                    {"authorization": "Bearer x"}):  # fmt: skip
        answer = await agent.get("/metrics", headers=headers)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]
        assert "hartwatch_" not in answer.text
    said = [record.getMessage() for record in caplog.records if record.name == "agent.web.guard"]
    assert said == ["a wrong user or password came from 192.0.2.9"], "once, and no name: it may be a password"
    for _ in range(2):  # the second time from memory
        assert (await agent.get("/metrics", headers=basic("prometheus", "right"))).status_code == 200
    assert (await agent.get("/-/healthy")).status_code == 200


async def test_a_page_of_the_open_web_cannot_read_the_estate_under_a_name_of_its_own(client: Client) -> None:
    agent = client(pages(visit()), hosts=frozenset({"127.0.0.1", "localhost", "::1"}))
    for host in ("127.0.0.1:9640", "localhost", "[::1]:9640"):
        assert (await agent.get("/metrics", headers={"host": host})).status_code == 200
    for host in ("evil.example", "evil.example:9640", "", "127.0.0.1.evil.example"):
        assert (await agent.get("/metrics", headers={"host": host})).status_code == 421


def test_beyond_loopback_it_listens_only_with_tls_and_users_or_certificates() -> None:
    half = users(a="b")
    assert web.refusal("127.0.0.1", web.WebConfig()) is None
    assert web.refusal("::1", web.WebConfig()) is None
    assert "without TLS and users" in (web.refusal("0.0.0.0", web.WebConfig()) or "")  # noqa: S104
    assert "without TLS:" in (web.refusal("192.0.2.1", half) or "")
    tls = Tls(b"", b"")
    assert "without users:" in (web.refusal("192.0.2.1", web.WebConfig(tls)) or "")
    assert web.refusal("192.0.2.1", web.WebConfig(tls, half.users)) is None
    given = replace(tls, client_auth="VerifyClientCertIfGiven")
    assert "without users:" in (web.refusal("192.0.2.1", web.WebConfig(given)) or "")
    certificates = replace(tls, client_auth="RequireAndVerifyClientCert")
    assert web.refusal("192.0.2.1", web.WebConfig(certificates)) is None


def test_hashes_of_passwords_are_not_in_a_repr() -> None:
    config = users(a="b")
    assert "$2b$" not in repr(config)
