"""Right and wrong requests: status codes and bodies, beside snmp_exporter's; whom may be asked, and by whose word."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from agent.demo.tree import Tree, count
from agent.exporter import snmp
from agent.exporter.snmp.http import wait_seconds
from agent.web import Guard, WebConfig
from collectors import SnmpAccess
from tests.snmp_front.conftest import COMMUNITY, DATA, Fronts, Oracle, page_of, scrape, target
from tests.snmp_front.trees import kinds, switch

NEW = """
auths:
  public_v2: {community: front-read, version: 2}
  wrong: {community: not-this-one}
modules:
  one:
    get: [1.3.6.1.2.1.1.3.0]
    metrics: [{name: sysUpTime, oid: 1.3.6.1.2.1.1.3, type: gauge, help: ticks}]
  two:
    retries: 0
    timeout: 100ms
    walk: [1.3.6.1.2.1.1.5]
    metrics: [{name: sysName, oid: 1.3.6.1.2.1.1.5, type: DisplayString, help: name}]
"""


def client(front: snmp.Front) -> httpx.AsyncClient:
    app = Guard(Starlette(routes=[snmp.route(front)]), WebConfig(), None)
    transport = httpx.ASGITransport(app=app, client=("192.0.2.9", 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9640")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "snmp.yml"
    path.write_text(NEW)
    return path


@pytest.mark.parametrize(
    "query",
    [
        "module=kinds",
        "target=&module=kinds",
        "target={here}&target={here}&module=kinds",
        "target={here}&module=nope",
        "target={silent}&module=kinds",
        "target=127.0.0.1:abc&module=kinds",
        "target={here}&module=kinds",
    ],
)
async def test_a_request_gets_the_status_that_snmp_exporter_gives_it(
    oracle: Oracle, front: Fronts, serve: Callable[[Tree], Any], free_port: Callable[[], int], query: str
) -> None:
    port, silent = await serve(kinds()), free_port()
    asked = query.format(here=f"127.0.0.1:{port}", silent=f"127.0.0.1:{silent}")
    theirs = await oracle.ask(asked)
    async with client(front(target(port), target(silent, "sw-2"), files=(DATA,))) as ours:
        answer = await ours.get(f"/snmp?{asked}")
    assert answer.status_code == theirs.status_code
    assert answer.headers["content-type"] == theirs.headers["content-type"]
    if theirs.status_code == 400:
        assert answer.text == theirs.text
    if theirs.status_code == 500:
        form = r'An error has occurred while serving metrics:\n\nerror collecting metric Desc\{fqName: "snmp_error", '
        form += r'help: "Error scraping target", constLabels: \{.*\}, variableLabels: [\[{][\]}]\}: error .*\n?\Z'
        assert re.match(form, theirs.text)
        assert re.match(form, answer.text)


async def test_the_module_may_be_named_again_or_between_commas_and_is_if_mib_where_none_is(
    front: Fronts, serve: Callable[[Tree], Any], new: Path
) -> None:
    tree = switch()
    for oid, cell in [("1.3.6.1.2.1.1.3.0", count(7)), ("1.3.6.1.2.1.1.5.0", (4, b"sw"))]:
        tree.put(oid, cell)
    here = front(target(await serve(tree)), files=(new,))
    for module in (["one", "two"], ["one,two"], ["one,,two", "one"]):
        page = page_of((await scrape(here, target="sw-1", module=module)).body)
        assert page.one("sysUpTime") == 7
        assert page.labels_of("sysName") == [{"sysName": "sw"}]
        modules = {labels["module"] for labels in page.labels_of("snmp_scrape_duration_seconds")}
        assert modules == {"one", "two"}
    page = page_of((await scrape(here, target="sw-1")).body)
    assert page.one("ifNumber") == 4
    assert page.one("snmp_scrape_pdus_returned", module="if_mib") > 100
    assert page.one("snmp_scrape_packets_sent", module="if_mib") >= 2
    assert page.one("snmp_scrape_packets_retried", module="if_mib") == 0
    assert page.one("snmp_scrape_walk_duration_seconds", module="if_mib") > 0
    assert page.help["snmp_scrape_duration_seconds"] == "Total SNMP time scrape took (walk and processing)."


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"target": "sw-1", "module": ","}, 400, "at least one module"),
        ({"target": "sw-1", "module": "one", "auth": ["a", "b"]}, 400, "'auth' parameter must only be specified once"),
        ({"target": "sw-1", "module": "one", "auth": "nobody"}, 400, "Unknown auth 'nobody'"),
        ({"target": "sw-1", "module": "one", "snmp_context": ["a", "b"]}, 400, "specified once"),
        ({"target": "sw-1", "module": "one", "snmp_context": "x" * 300}, 400, "longer than 255 octets"),
        ({"target": "sw-1", "module": "one", "snmp_engineid": "xyz"}, 400, "in hexadecimal"),
        ({"target": "tcp://sw-1", "module": "one"}, 400, "transport 'tcp' is not supported"),
        ({"target": "sw-1", "module": ",".join(f"m{i}" for i in range(40))}, 400, "more than 32 modules"),
        ({"target": "192.0.2.99", "module": "one"}, 403, "is no device of the inventory"),
        ({"target": "127.0.0.1:1", "module": "one"}, 403, "is no device of the inventory"),
        ({"target": "plain", "module": "one"}, 400, "no SNMP credential for plain"),
        ({"target": "x" * 400, "module": "one"}, 400, "longer than 300"),
    ],
)
async def test_what_cannot_be_served_is_refused_in_words(
    front: Fronts, new: Path, query: dict[str, Any], status: int, words: str
) -> None:
    here = front(target(9), target(10, "plain", snmp=None), files=(new,))
    reply = await scrape(here, **query)
    assert (reply.status, words in reply.body) == (status, True), reply.body
    assert here.stats.scrapes == {"refused": 1}


async def test_an_inventory_device_is_asked_by_its_own_credential_whatever_auth_is_named(
    front: Fronts, serve: Callable[[Tree], Any], new: Path
) -> None:
    port = await serve(kinds())
    here = front(target(port), files=(new,))
    for place in ("sw-1", f"127.0.0.1:{port}", f"udp://127.0.0.1:{port}", "127.0.0.1"):
        assert (await scrape(here, target=place, module="one", auth="wrong")).status == 200, place
    # A job that was written for 0.23 or later names an auth; where no file has any it chooses nothing.
    assert (await scrape(front(target(port)), target="sw-1", module="system", auth="public_v3")).status == 200


async def test_any_target_is_asked_only_where_the_settings_say_so_and_by_the_files_credentials(
    front: Fronts, serve: Callable[[Tree], Any], new: Path
) -> None:
    place = f"127.0.0.1:{await serve(kinds())}"
    shut, open_ = front(files=(new,)), front(files=(new,), anybody=True)
    assert (await scrape(shut, target=place, module="one")).status == 403
    assert (await scrape(open_, target=place, module="one")).status == 200
    assert (await scrape(open_, target=place, module="two", auth="wrong")).status == 500
    assert (await scrape(open_, target=place, module="one", auth="other")).status == 400
    assert (await scrape(front(anybody=True), target=place, module="system")).body == "Unknown auth 'public_v2'\n"
    # Up to 0.22 each module had a credential of its own.
    assert (await scrape(front(files=(DATA,), anybody=True), target=place, module="kinds")).status == 200


async def test_several_devices_of_one_address_are_told_apart_by_port_or_by_name(
    front: Fronts, serve: Callable[[Tree], Any], new: Path
) -> None:
    ports = [await serve(kinds()), await serve(kinds())]
    here = front(target(ports[0]), target(ports[1], "sw-2"), files=(new,))
    assert (await scrape(here, target="127.0.0.1", module="one")).status == 400
    assert (await scrape(here, target=f"127.0.0.1:{ports[1]}", module="one")).status == 200
    assert (await scrape(here, target="sw-2", module="one")).status == 200


async def test_a_context_and_an_engine_reach_the_device(front: Fronts) -> None:
    seen: list[SnmpAccess] = []

    class Opener:
        def snmp(self, target: Any, access: SnmpAccess, memory: Any) -> Any:
            seen.append(access)
            raise RuntimeError("not asked")

    one = target(9, snmp=SnmpAccess("3", user="u"))
    here = snmp.Front(Opener(), lambda: {"sw-1": one}, snmp.read_modules)
    with pytest.raises(RuntimeError):
        await scrape(here, target="sw-1", module="system", snmp_context="vlan-7", snmp_engineid="0x80001F8804AB")
    assert (seen[0].context, seen[0].context_engine, seen[0].user) == ("vlan-7", "80001f8804ab", "u")


async def test_a_scrape_ends_in_time_and_says_why(front: Fronts, free_port: Callable[[], int]) -> None:
    loop = asyncio.get_running_loop()

    class Silent(asyncio.DatagramProtocol): ...

    transport, _ = await loop.create_datagram_endpoint(Silent, local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        one = target(port, timeout_seconds=30.0, retries=5)
        reply = await asyncio.wait_for(scrape(front(one), 0.2, target="sw-1"), 10)
        assert reply.status == 500
        assert "no answer from 127.0.0.1" in reply.body
        assert COMMUNITY not in reply.body
    finally:
        transport.close()


async def test_scrapes_beyond_the_bound_wait_and_are_told_when_no_place_comes_free(front: Fronts) -> None:
    class Stuck:
        requests = retries = 0

        async def get(self, *_: Any) -> Any:
            await asyncio.sleep(30)

        walk = get

        async def close(self) -> None: ...

    class Opener:
        def snmp(self, *_: Any) -> Any:
            return Stuck()

    devices = {name: target(port, name) for port, name in enumerate(("a", "b"), 1000)}
    here = snmp.Front(Opener(), lambda: devices, snmp.read_modules, at_once=1)
    first = asyncio.create_task(scrape(here, 30, target="a"))
    await asyncio.sleep(0)
    for name in ("a", "b"):  # the same device, and another
        reply = await scrape(here, 0.05, target=name)
        assert (reply.status, here.stats.scrapes["busy"] > 0) == (503, True)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert here._turns == {}


async def test_a_page_is_packed_where_that_is_asked_for_and_always_in_the_older_format(
    front: Fronts, serve: Callable[[Tree], Any]
) -> None:
    async with client(front(target(await serve(switch())))) as ours:
        accept = {"accept": "application/openmetrics-text;version=1.0.0", "accept-encoding": "gzip"}
        answer = await ours.get("/snmp?target=sw-1&module=if_mib", headers=accept)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert page_of(answer.text).kind["ifHCOutOctets"] == "counter"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("10", 9.5), (None, 30), ("", 30), ("soon", 30), ("nan", 30), ("-1", 30), ("0.4", 0.2), ("100000", 120)],
)
def test_the_time_that_prometheus_waits_is_kept_less_the_way_back(header: str | None, seconds: float) -> None:
    assert wait_seconds(header) == seconds
