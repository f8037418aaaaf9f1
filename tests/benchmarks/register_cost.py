"""How long the hardware register takes: a ledger of so many pieces, listed in every form.

    python -m tests.benchmarks.register_cost [--pieces 50000] [--rounds 3] [--keep FOLDER]

It makes an inventory and a ledger (devices with a chassis, power supplies, fans, line cards and optics, some with
batteries and access points; purchase records for a third of the chassis), then times the steps and the whole command as
a process of its own, which is what somebody at a terminal waits for.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.facts import Facts, Purchase, Sighting
from agent.ledger import Ledger

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# As it runs where it is installed: with its modules compiled, which is half a second.
INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
PARTS = (
    "power_supply",
    "power_supply",
    "fan",
    "fan",
    "fan",
    "line_card",
    "line_card",
    "optic",
    "optic",
    "optic",
    "optic",
)
KINDS = (
    ("switch", "Cisco", "C9300-48P", "cisco_iosxe", "17.9.4a"),
    ("router", "Cisco", "ISR4331/K9", "cisco_iosxe", "17.6.5"),
    ("firewall", "Fortinet", "FGT_600E", "fortinet_fortigate", "7.2.8"),
    ("ups", "APC", "SRT10KXLI", "apc_ups", "5.1.0"),
)


def inventory(devices: int) -> str:
    lines = ["councils: {one: {title: One, share: 0.5}, other: {title: Other, share: 0.5}}", "sites:"]
    lines += [f"  site-{n}: {{title: Site {n}, kind: office, owner: {('one', 'other')[n % 2]}}}" for n in range(100)]
    lines += ["exceptions:", "  some: {sites: [site-7], models: [C9300*], until: 2027-09-30, owner: O, reason: R}"]
    lines += ["devices:"]
    for n in range(devices):
        bought = date(2015, 1, 5) + timedelta(days=n * 7 % 4000)
        lines.append(
            f"  - {{name: d-{n}, address: 10.{n >> 16}.{n >> 8 & 255}.{n & 255}, class: {KINDS[n % 4][0]}, "
            f"site: site-{n % 100}, owned: {{purchased: {bought}, price: {1000 + n % 900}}}}}"
        )
    return "\n".join(lines) + "\n"


def sightings(devices: int, each: int) -> Iterator[Sighting]:
    for n in range(devices):
        name, (_, vendor, model, family, version) = f"d-{n}", KINDS[n % 4]
        seen = NOW - timedelta(days=n % 900)
        year, week = 16 + n % 14, 1 + n % 52
        for k in range(each):
            part = PARTS[(k - 1) % len(PARTS)] if k else "chassis"
            yield Sighting(
                name, part, f"{part} {k}" if k else name, str(k) if k else "", vendor,
                model if not k else f"{part.upper()}-{k}", f"FC{'ABCDEFGHJKLM'[k]}{year:02}{week:02}{n:04X}"[:11],
                version if not k else None, seen, family=family,
            )  # fmt: skip


def fill(folder: Path, pieces: int) -> None:
    each = 12
    devices = -(-pieces // each)
    (folder / "inventory.yaml").write_text(inventory(devices), encoding="utf-8")
    ledger = Ledger.open(folder / "ledger.sqlite3", "benchmark", clock=lambda: NOW)
    every = list(sightings(devices, each))[:pieces]
    for start in range(0, len(every), 5000):
        ledger.record(Facts(sightings=tuple(every[start : start + 5000])))
        assert ledger.settle(300)
    records = tuple(
        Purchase(one.serial or "", NOW, "benchmark", f"purchases.csv:{n}", purchased="2021-03-01", price_pence=123456)
        for n, one in enumerate(every[:: each * 3])
    )
    ledger.record(Facts(purchases=records))
    assert ledger.settle(300)
    ledger.close()


def measured(what: str, rounds: int, work: Callable[[], Any]) -> Any:
    best = processor = float("inf")
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        made = work()
        best, processor = min(best, time.perf_counter() - began), min(processor, time.process_time() - used)
    print(f"{what:32} {best:7.2f} s, {processor:7.2f} s of processor")
    return made


def steps(folder: Path, rounds: int) -> None:
    from agent.cli.register_files import csv_lines, json_lines, table_lines, write_xlsx
    from agent.hardware.notices import load_notices
    from agent.hardware.register import pieces_of
    from agent.hardware.table import fitting
    from agent.inventory import load

    estate = measured("read the inventory", rounds, lambda: load(folder / "inventory.yaml"))
    notices = measured("read the notices", rounds, lambda: load_notices(folder / "notices"))
    ledger = Ledger.open(folder / "ledger.sqlite3", "reader", watch=False)
    assets = measured("read the assets", rounds, ledger.assets)
    purchases = measured("read the purchases", rounds, ledger.purchases)
    today = NOW.date()
    pieces = measured("make the register", rounds, lambda: pieces_of(assets, estate, today, purchases, notices))
    ledger.close()
    measured("choose", rounds, lambda: fitting(pieces, stages=("overdue",)))
    measured("table", rounds, lambda: "\n".join(table_lines(pieces)))
    measured("CSV", rounds, lambda: "".join(csv_lines(pieces)))
    measured("JSON", rounds, lambda: "".join(json_lines(pieces)))
    measured("spreadsheet", 1, lambda: write_xlsx(pieces, folder / "register.xlsx", NOW))
    print(f"{len(pieces)} pieces")


def commands(folder: Path, rounds: int) -> None:
    for form in ("table", "csv", "json", "xlsx"):
        asked = [sys.executable, "-m", "agent.cli", "register", "--format", form, "-i", str(folder / "inventory.yaml"),
                 "--state", str(folder), "--out", str(folder / f"register.{form}")]  # fmt: skip
        best = processor = float("inf")
        for _ in range(rounds):
            began, used = time.perf_counter(), os.times()
            subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, env=INSTALLED)
            best = min(best, time.perf_counter() - began)
            spent = os.times()
            processor = min(
                processor, spent.children_user + spent.children_system - used.children_user - used.children_system
            )
        print(f"hartwatch register --format {form:5} {best:6.2f} s, {processor:6.2f} s of processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pieces", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="Use this folder, and what an earlier run put into it.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "ledger.sqlite3").exists():
            fill(folder, options.pieces)
        steps(folder, options.rounds)
        commands(folder, options.rounds)


if __name__ == "__main__":
    main()
