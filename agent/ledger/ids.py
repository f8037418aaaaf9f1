"""Identifiers that sort as they were made: UUID version 7 (RFC 9562 section 5.7), which Python has only from 3.14."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """A new UUIDv7, greater than every one this process made before, also when the clock steps back.

    48 bits of milliseconds, 12 of fractions of one (method 3 of section 6.2), 62 random.
    """
    global _last
    with _lock:
        ticks = time.time_ns() * 4096 // 1_000_000  # 1/4096 ms: what the twelve bits of rand_a hold
        _last = ticks = max(ticks, _last + 1)
    milliseconds, fraction = ticks >> 12, ticks & 0xFFF
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | random)
