"""What the refresh programme costs to work out, from a register in memory.

    python tests/benchmarks/programme_cost.py [--pieces 50000] [--rounds 5] [--years 7]

Prints the time of the items, of the plan with and without a cap, of slipping it, of everything together, and of the
spreadsheet. The target is well under a second for 50,000 pieces, without the spreadsheet.
"""

from __future__ import annotations

import argparse
import gc
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from _timing import measured

from agent.calendar_uk import FinancialYear
from agent.facts import Asset, Outage
from agent.hardware.register import Piece
from agent.lifecycle import Evidence, Life, Owning
from agent.programme import CostRule, Terms, items_of, plan_of, programme_of, slipped
from agent.programme.workbook import workbook
from agent.rest import READING

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MODELS = [f"M{n}" for n in range(60)]
RULES = (
    *(CostRule(1000_00 + n, models=(f"M{n}*",)) for n in range(0, 40, 2)),
    CostRule(4200_00, class_="switch"), CostRule(310_00, part="battery"),
)  # fmt: skip


def pieces_of(number: int, chance: random.Random) -> list[Piece]:
    found = []
    for n in range(number):
        since = date(2017, 1, 1) + timedelta(days=chance.randrange(3500))
        role, part = chance.choice((("switch", "chassis"), ("firewall", "chassis"), ("ups", "battery")))
        seen = datetime.combine(since, datetime.min.time(), UTC)
        asset = Asset(
            UUID(int=n), f"serial:S{n}", f"dev-{n // 4}", part, f"piece {n}", "", "Maker", chance.choice(MODELS),
            f"S{n}", "1.0", None, None, None, seen, NOW,
        )  # fmt: skip
        support = since + timedelta(days=chance.randrange(2500, 4000)) if chance.random() < 0.3 else None
        due = min(day for day in (since + timedelta(days=2556), support) if day is not None)
        life = Life(
            "in_life", "a reason in words", Evidence(since, "purchased", "certain"), None, due, 100, (), support
        )  # fmt: skip
        owned = Owning(since, price_pence=chance.randrange(10_00, 90_000_00) if chance.random() < 0.5 else None)
        found.append(Piece(asset, life, owned, "present", "hq", role, True))
    return found


def main() -> None:
    gc.set_threshold(*READING)  # as the command has it
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--years", type=int, default=7)
    options = parser.parse_args()
    pieces = pieces_of(options.pieces, random.Random(7))
    shares = (("ehdc", Decimal("0.425")), ("sbc", Decimal("0.575")))
    terms = Terms(FinancialYear(2026), options.years, uplift=Decimal("0.03"), rules=RULES, shares=shares)
    dues = items_of(pieces, terms).dated
    whole = plan_of(dues, terms)
    capped = replace(terms, cap=whole.pence // options.years)
    outages: Sequence[Outage] = [
        Outage(UUID(int=n), f"device:dev-{n % 9000}", NOW - timedelta(hours=n), NOW - timedelta(hours=n - 1), "x")
        for n in range(5000)
    ]
    print(f"{len(pieces):,} pieces, {whole.number:,} purchases in {options.years} years, {len(outages):,} outages")
    measured("items", options.rounds, lambda: items_of(pieces, terms))
    measured("plan without a cap", options.rounds, lambda: plan_of(dues, terms))
    measured("plan under a cap", options.rounds, lambda: plan_of(dues, capped))
    measured("slipped", options.rounds, lambda: slipped(whole, terms))
    measured("everything", options.rounds, lambda: programme_of(pieces, capped, outages, NOW))
    programme = programme_of(pieces, capped, outages, NOW)

    measured("spreadsheet", 1, lambda: workbook(programme))


if __name__ == "__main__":
    main()
