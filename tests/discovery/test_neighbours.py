"""Whom devices see beside them, and whom of those the inventory does not have."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from agent import figures, web
from agent.demo.curves import Clock
from agent.demo.families.lldp import STRANGE, STRANGERS
from agent.demo.kit import Plan
from agent.demo.world import World
from agent.inventory import Estate, load
from agent.latest import Latest
from agent.neighbours import Neighbour, neighbours
from agent.view import AgentState, View, watched_of
from collectors.readings import Block, Cadence, Group, Identity, Labels, Layout, Metric, Part, Visit
from tests.demo.estate_for_tests import ACCESS, kit
from tests.discovery.network import SECRETS, Network
from tests.discovery.test_discover_command import environment

NOW = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)
INVENTORY = """
councils: {sbc: {title: Stevenage Borough Council, share: 1}}
sites: {hall: {title: Town hall, kind: office, owner: sbc}}
credentials: {power: {kind: snmp_v2c, community: env:TEST_COMMUNITY}}
defaults: {port: PORT, snmp: power, timeout: 1s}
devices:
  - {name: core-1.example.org, address: 127.42.0.1, class: switch, site: hall}
  - {name: dist, address: 127.42.0.2, class: switch, site: hall}
  - {name: wlc, address: 127.42.0.3, class: wifi_controller, site: hall}
hardware:
  spare: {class: switch, site: hall, serial: FOC2309SPRE}
"""


def estate(folder: Path, port: int = 161) -> Estate:
    (folder / "inventory.yaml").write_text(INVENTORY.replace("PORT", str(port)))
    return load(folder / "inventory.yaml")


def lldp(port: str, name: str, chassis: str, capabilities: str = "") -> Labels:
    return (("local_port", "1"), ("port", port), ("neighbour", name), ("neighbour_port", "1"), ("chassis", chassis),
            ("capabilities", capabilities))  # fmt: skip


def cdp(port: str, name: str, platform: str = "", address: str = "", capabilities: str = "") -> Labels:
    return (("port", port), ("neighbour", name), ("neighbour_port", "Gi0"), ("platform", platform),
            ("address", address), ("capabilities", capabilities))  # fmt: skip


def visit(device: str, *rows: Labels, parts: tuple[Part, ...] = (), **identity: str) -> Visit:
    by_lldp = tuple(row for row in rows if "chassis" in dict(row))
    by_cdp = tuple(row for row in rows if "chassis" not in dict(row))
    other = Group(Metric("hartwatch_other", "Another table in front of them."), ((("port", "x"),),) * 2)
    layout = Layout(
        Cadence.INVENTORY,
        (
            other,
            Group(Metric("hartwatch_lldp_neighbour", ""), by_lldp),
            Group(Metric("hartwatch_cdp_neighbour", ""), by_cdp),
        ),
    )
    return Visit(
        device=device, cadence=Cadence.INVENTORY, started_at=NOW, seconds=0.1, reached=True,
        identity=Identity(**identity), blocks=(Block(layout, (None, None, *[1.0] * len(rows))),), parts=parts,
    )  # fmt: skip


def by_name(found: list[Neighbour]) -> dict[str, Neighbour]:
    return {one.name: one for one in found}


def test_a_neighbour_is_known_by_its_name_its_address_its_serial_number_or_as_an_access_point(tmp_path: Path) -> None:
    seen = visit(
        "dist",
        lldp("1", "CORE-1", "02:00:00:00:00:01"),  # without its domain
        lldp("2", "wlc.other.example", "02:00:00:00:00:02"),  # with one
        lldp("3", "somebody", "017f2a0003"),  # the address of wlc as its chassis: family 1, 127.42.0.3
        cdp("4", "nexus(FOC2309BBBF)"),
        cdp("5", "renamed", address="127.42.0.1"),
        cdp("6", "ap-floor-2", "cisco AIR-AP2802I-E-K9"),
        lldp("7", "", "FOC2309SPRE"),  # the spare from the shelf, plugged in
        lldp("8", "by-sysname", "02:00:00:00:00:08"),
    )  # fmt: skip
    others = {
        "core-1.example.org": visit("core-1.example.org", serial="FOC2309BBBF", name="by-sysName"),
        "wlc": visit("wlc", parts=(Part("access_point", "AP-Floor-2", serial="FGL2242AAAA"),)),
    }
    found = neighbours(estate(tmp_path), {"dist": seen, **others})
    assert {one.name: one.known for one in found} == {
        "CORE-1": "core-1.example.org",
        "wlc.other.example": "wlc",
        "somebody": "wlc",
        "nexus(FOC2309BBBF)": "core-1.example.org",
        "renamed": "core-1.example.org",
        "ap-floor-2": "wlc",
        "FOC2309SPRE": "hardware",
        "by-sysname": "core-1.example.org",
    }
    assert not any(one.unknown for one in found)


def test_phones_and_hosts_are_told_apart_by_their_capabilities_and_are_not_unknown(tmp_path: Path) -> None:
    found = by_name(neighbours(estate(tmp_path), {"dist": visit(
        "dist",
        lldp("1", "SEP0211", "02:00:00:00:00:11", "2400"),  # a bridge as well: it has a socket for a computer
        lldp("2", "desktop", "02:00:00:00:00:12", "0100"),
        lldp("3", "stranger", "02:00:00:00:00:13", "2800"),
        lldp("4", "rogue-ap", "02:00:00:00:00:14", "1000"),
        lldp("5", "silent-about-it", "02:00:00:00:00:15"),
        cdp("6", "SEPAABBCCDDEEFF", "Cisco IP Phone 8845", capabilities="00000490"),
        cdp("7", "esx-1", "VMware ESX", capabilities="00000010"),
        cdp("8", "AP-new", "cisco C9120AXI", capabilities="00000002"),
    )}))  # fmt: skip
    assert {name: (one.kind, one.unknown) for name, one in found.items()} == {
        "SEP0211": ("phone", False), "desktop": ("host", False), "stranger": ("network", True),
        "rogue-ap": ("access_point", True), "silent-about-it": ("", True), "SEPAABBCCDDEEFF": ("phone", False),
        "esx-1": ("host", False), "AP-new": ("access_point", True),
    }  # fmt: skip


def test_one_neighbour_that_several_see_is_one_and_a_default_name_of_two_is_two(tmp_path: Path) -> None:
    found = neighbours(estate(tmp_path), {
        "dist": visit("dist", lldp("1", "Switch", "02:00:00:00:00:21"), lldp("2", "lobby", "02:00:00:00:00:22"),
                      cdp("2", "lobby.example.org")),
        "wlc": visit("wlc", lldp("9", "Switch", "02:00:00:00:00:23"), lldp("8", "", "02:00:00:00:00:22")),
    })  # fmt: skip
    places = sorted((one.name, tuple((row.device, row.port, row.by) for row in one.seen)) for one in found)
    assert places == [
        ("Switch", (("dist", "1", "LLDP"),)),
        ("Switch", (("wlc", "9", "LLDP"),)),
        ("lobby", (("dist", "2", "LLDP"), ("wlc", "8", "LLDP"), ("dist", "2", "CDP"))),
    ]


def view(folder: Path, *visits: Visit) -> View:
    made, latest = estate(folder), Latest()
    for one in visits:
        latest.put(one)
    intervals = {cadence: timedelta(minutes=5) for cadence in Cadence}
    return View(now=NOW, estate=made, watched=watched_of(made, intervals), latest=latest, board={},
                agent=AgentState("1", NOW))  # fmt: skip


async def test_the_page_lists_the_unknown_with_where_they_are_seen_and_escapes_what_they_say(tmp_path: Path) -> None:
    seen = visit("dist", lldp("Gi1/0/7", "<script>alert(1)</script>\u202e", "02:00:00:00:00:31", "2000"),
                 lldp("Gi1/0/8", "phone", "02:00:00:00:00:32", "0400"))  # fmt: skip
    now = view(tmp_path, seen)

    async def look() -> View:
        return now

    async def past(_: str) -> None: ...

    routes = web.routes(look, tmp_path / "papers", lambda _: None, past)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app=Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        page = (await client.get("/neighbours")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</th>" in page
    assert "<script>" not in page
    assert "\u202e" not in page
    assert '<a href="/devices/dist">dist</a>, port <span class="mono">Gi1/0/7</span>' in page
    assert "02:00:00:00:00:32" not in page
    assert "0 of those are known, 1 phone and 0 hosts are left out" in page


def test_the_metric_counts_the_unknown_and_is_silent_before_anybody_was_asked(tmp_path: Path) -> None:
    made = estate(tmp_path)
    assert list(figures.of_neighbours(made, {})) == []
    seen = {"dist": visit("dist", lldp("1", "stranger", "02:00:00:00:00:13", "2800"), lldp("2", "core-1", "x"))}
    assert list(figures.of_neighbours(made, seen)) == [("hartwatch_unknown_neighbours", (), 1)]


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    kits = (
        kit("aruba-6300m", 1, name="core-1", address="127.42.0.1"),
        kit("c9300", 1, name="dist", address="127.42.0.2", behind=("core-1",), beside=("core-1",)),
    )
    made = Plan(kits, (), ACCESS)
    # A run in which the switch has something plugged in that nobody wrote down.
    seed = next(
        seed
        for seed in range(1, 60)
        if World(replace(made, seed=seed), Clock(0.0)).devices["dist"].draw("stranger") < STRANGE
    )
    with Network(replace(made, seed=seed)) as opened:
        yield opened


def test_the_command_asks_devices_over_snmp_and_says_who_is_unknown(network: Network, tmp_path: Path) -> None:
    estate(tmp_path, network.port)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-m", "agent.cli", "neighbours", *arguments, "-i", str(tmp_path / "inventory.yaml"),
                 "--state", str(tmp_path)]  # fmt: skip
        return subprocess.run(given, env=environment(), capture_output=True, text=True, timeout=100)

    done = run("dist", "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {"core-1"} == {row["neighbour"] for row in rows if row["known_as"] == "core-1.example.org"}
    assert sum(row["kind"] == "phone" for row in rows) == 3
    unknown = json.loads(run("dist", "--unknown", "--format", "json").stdout)
    assert len(unknown) == 1
    assert unknown[0]["neighbour"] in STRANGERS
    assert unknown[0]["seen_by"] == "dist"
    assert "1 of 1 devices answered; 5 neighbours, 1 unknown" in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())
    wrong = run("dsit")
    assert (wrong.returncode, "did you mean 'dist'?" in wrong.stderr) == (2, True)
