"""What vendor notices cost: reading what is shipped, and looking up a register of 50,000 pieces of 2,000 kinds.

python tests/benchmarks/notices_lookup.py
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agent.hardware.notices import load_notices, shipped

PIECES = 50_000
MODELS = 2_000  # an estate has few models and many of each
VENDORS = (("Cisco", "cisco_ios"), ("Fortinet", "fortigate"), ("SonicWall", "sonicwall"), ("APC", "apc_ups"))


def main() -> None:
    began = time.process_time()
    shipped()
    read = time.process_time() - began
    chance = random.Random(1)
    kinds = [
        (
            *chance.choice(VENDORS),
            f"WS-C2960X-{number}PS-L",
            f"{chance.randint(6, 17)}.{chance.randint(0, 20)}.{number}",
        )
        for number in range(MODELS)
    ]
    pieces = [chance.choice(kinds) for _ in range(PIECES)]
    index = load_notices()
    began = time.process_time()
    for vendor, family, model, version in pieces:
        index.hardware(vendor, model, family)
        index.software(vendor, model, family, version)
    took = time.process_time() - began
    print(
        f"{len(index)} notices read in {read:.3f} s, {PIECES} pieces of {MODELS} kinds looked up in {took:.3f} s (CPU)"
    )


if __name__ == "__main__":
    main()
