"""Server time of every page and every list of the API: 1,000 devices at 40 sites, a year of ledger.

    python tests/benchmarks/pages.py [--devices 1000] [--outages 8] [--times 9]

`--outages`: of each device, spread over the year. Every device has a whole visit behind it, read from the recordings of
switches, firewalls, controllers and UPSs. Prints the median and the longest of `--times` requests by wall clock, in
milliseconds, and the octets. The targets: overview under 150 ms, any page under 400 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml
from starlette.applications import Starlette

from agent import web
from agent.answers import LedgerAnswers
from agent.config import Settings
from agent.estates import Estates
from agent.facts import Change, Facts, Sighting, Standing
from agent.health import board_of
from agent.latest import Latest
from agent.ledger import Ledger
from agent.lifecycle import sight
from agent.view import AgentState, View
from collectors import Replay, Target, collect
from collectors.readings import Cadence, Visit
from collectors.target import Memory, SnmpAccess

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
KINDS = {  # recording > class in the inventory, how many of a hundred
    "arubaos_cx": ("switch", 55), "cisco_ios": ("switch", 25), "apc_ups": ("ups", 10), "fortigate": ("firewall", 7),
    "cisco_aireos": ("wifi_controller", 3),
}  # fmt: skip
SITES, SERVICES, BATCH = 40, 12, 5_000
PAGES = (
    "/", "/devices", "/devices/d0000", "/map", "/wifi", "/neighbours", "/outages", "/outages/{outage}", "/maintenance",
    "/availability", "/register", "/register/{piece}", "/programme", "/papers", "/health", "/search?q=d00", "/sites/s0",
    "/devices.csv", "/register.csv", "/outages.json", "/api/v1/sites", "/api/v1/devices", "/api/v1/outages",
    "/api/v1/register", "/api/v1/links", "/api/v1/devices/d0000", "/api/v1/outages/{outage}",
)  # fmt: skip


def inventory(devices: int) -> dict[str, object]:
    turn = [kind for kind, (_, share) in KINDS.items() for _ in range(share)]
    return {
        "councils": {"sbc": {"title": "Stevenage", "share": "0.5"}, "ehdc": {"title": "East Herts", "share": "0.5"}},
        "credentials": {"c": {"kind": "snmp_v2c", "community": "env:HARTWATCH_BENCH"}},
        "defaults": {"snmp": "c"},
        "sites": {f"s{n}": {"title": f"Site {n}", "kind": "data_centre" if n < 2 else "office",
                            "owner": ("sbc", "ehdc")[n % 2]} for n in range(SITES)},
        "services": {f"v{n}": {"title": f"Service {n}", "owner": "both", "needs": f"device:d{n:04d}",
                               "availability_target": 0.999} for n in range(SERVICES)},
        "links": {f"s{n}-{leg}": {"site": f"s{n}", "supplier": ("Virgin Media", "BT")[leg], "redundancy": f"s{n}",
                                  "watch": [{"device": f"d{n:04d}", "interface": f"1/1/{leg + 1}"}]}
                  for n in range(2, SITES) for leg in range(2)},
        "devices": [{"name": f"d{n:04d}", "address": f"127.9.{n // 250}.{n % 250 + 1}", "site": f"s{n % SITES}",
                     "class": KINDS[turn[n * 37 % 100]][0]} for n in range(devices)],
    }  # fmt: skip


async def visits(devices: int, at: datetime) -> Iterator[Visit]:
    """One real visit of each kind, as often as there are devices of it."""
    turn = [kind for kind, (_, share) in KINDS.items() for _ in range(share)]
    known = {}
    for kind in KINDS:
        recording = sorted((RECORDINGS / kind).glob("*.snmprec"))[0]
        target = Target(kind, str(recording), snmp=SnmpAccess("2c", "public"))
        known[kind] = await collect(target, Cadence.INVENTORY, Replay(), Memory())
    return (
        replace(known[turn[n * 37 % 100]], device=f"d{n:04d}", started_at=at - timedelta(seconds=n % 60))
        for n in range(devices)
    )


def year(devices: int, outages: int, now: datetime) -> list[Change]:
    source = random.Random(7)  # made up, the same every time
    began, seconds = now - timedelta(days=365), 364 * 86_400.0
    found: list[Change] = []
    for n in range(devices):
        subjects = [f"device:d{n:04d}", *([f"service:v{n}"] if n < SERVICES else [])]
        found += [Change(subject, Standing.BLIND, Standing.UP, began, "answers") for subject in subjects]
        at = sorted(source.uniform(0, seconds) for _ in range(outages))
        for first, following in zip(at, [*at[1:], seconds], strict=True):
            down = began + timedelta(seconds=first)
            up = down + timedelta(seconds=min(source.uniform(60, 20_000), (following - first) / 2))
            for subject in subjects:
                cause = subjects[0] if subject != subjects[0] else None
                found.append(Change(subject, Standing.UP, Standing.DOWN, down, "no answer to SNMP, ICMP", cause))
                found.append(Change(subject, Standing.DOWN, Standing.UP, up, "answers"))
        if n % 100 == 50:  # ten that are down now
            found.append(Change(subjects[0], Standing.UP, Standing.DOWN, now - timedelta(hours=3), "no answer to SNMP"))
    return sorted(found, key=lambda change: change.at)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--devices", type=int, default=1000)
    arguments.add_argument("--outages", type=int, default=8)
    arguments.add_argument("--times", type=int, default=9)
    given = arguments.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "inventory.yaml").write_text(yaml.safe_dump(inventory(given.devices), sort_keys=False))
        settings = Settings(inventory=folder / "inventory.yaml", state_directory=folder)
        estates, latest = Estates(), Latest()
        estates.take(settings, *estates.read(settings))
        clock = [now - timedelta(days=365)]
        ledger = Ledger.open(folder / "ledger.sqlite3", "bench", clock=lambda: clock[0])
        changes = year(given.devices, given.outages, now)
        for begin in range(0, len(changes), BATCH):
            ledger.record(Facts(tuple(changes[begin : begin + BATCH])))
        seen: list[Sighting] = []
        for visit in await visits(given.devices, now):
            latest.put(visit)
            # Serial numbers of their own: what is seen in two places at once would be one piece that moves.
            seen += [replace(one, serial=f"{one.serial}{visit.device}" if one.serial else None) for one in sight(visit)]
        clock[0] = now
        ledger.record(Facts(sightings=tuple(seen), watched=((now - timedelta(days=365), now),))).result(600)
        answers = LedgerAnswers(ledger, estates)
        board = board_of(ledger.standings())

        async def look() -> View:
            await answers.fresh()
            at = datetime.now(UTC)
            running = await asyncio.to_thread(answers.running, at)
            return View(
                now=at, estate=estates.estate, watched=estates.watched, latest=latest, board=board,
                agent=AgentState("0.1.0", now), outages=answers.shown(at), pieces=answers.pieces,
                topology=estates.topology, book=answers.book, every_outage=answers.outages, notes=answers.notes,
                running=running, plan=answers.plan, quarter=answers.quarter, closed=answers.closed,
            )  # fmt: skip

        view = await look()
        while not (view.pieces and view.quarter):
            await asyncio.sleep(0.2)
            view = await look()
        print(f"{len(view.watched)} devices, {len(changes)} flips, {len(view.every_outage)} outages, "
              f"{len(view.pieces)} pieces of hardware")  # fmt: skip
        names = {"outage": str(view.every_outage[0].id), "piece": str(view.pieces[0].asset.id)}
        app = Starlette(routes=web.routes(look, folder / "papers", lambda _: "2026-Q2"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            for address in PAGES:
                took, octets = [], 0
                for _ in range(given.times):
                    begun = time.perf_counter()
                    answer = await client.get(address.format(**names))
                    took.append(1000 * (time.perf_counter() - begun))
                    octets = len(answer.content)
                    if answer.status_code != 200:
                        raise SystemExit(f"{address}: {answer.status_code} {json.dumps(answer.text[:300])}")
                print(f"{address:28} {statistics.median(took):7.1f} {max(took):7.1f} ms {octets:10,} octets")
        ledger.close(60)


if __name__ == "__main__":
    asyncio.run(main())
