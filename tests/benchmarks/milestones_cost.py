"""What the milestones of a large register cost: PYTHONPATH=. python tests/benchmarks/milestones_cost.py [pieces]

The first time, when nothing is recorded; and on an ordinary day, when everything is.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

from agent.facts import Facts
from agent.ledger import Ledger
from agent.lifecycle.milestones import messages_of, reached
from tests.hardware.making import life, noon, piece, replace_by, review, support

TODAY = date(2026, 11, 2)


def main(number: int) -> None:
    pieces = []
    for n in range(number):
        born = TODAY - timedelta(days=(n * 37) % 4000)
        reasons = [review(born + timedelta(days=1461)), replace_by(born + timedelta(days=2557))]
        if n % 5 == 0:
            reasons.append(support(born + timedelta(days=3000)))
        ends = born + timedelta(days=3000) if n % 5 == 0 else None
        pieces.append(piece(f"d-{n}", life(reasons, TODAY, ends=ends)))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.open(Path(folder) / "ledger.db", "bench")
        began = perf_counter()
        found = reached(pieces, (), TODAY)
        judged = perf_counter()
        messages = messages_of(found, pieces, ("log",), noon(TODAY), first=True)
        worded = perf_counter()
        ledger.record(Facts(milestones=found, messages=messages)).result(600)
        written = perf_counter()
        known = ledger.milestones()
        read = perf_counter()
        again = reached(pieces, known, TODAY)
        judged_again = perf_counter()
        ledger.close()
    assert not again
    print(f"{number:,} pieces, {len(found):,} milestones, {len(messages)} messages")
    print(
        f"first time: judged {judged - began:.2f} s, worded {worded - judged:.2f} s, written {written - worded:.2f} s"
    )
    print(f"a day later: read {read - written:.2f} s, judged {judged_again - read:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
