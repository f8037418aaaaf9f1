"""What is worth a line in the log, and not one for each of a thousand requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

SECONDS = 60.0


class Seldom:
    """A warning at most once in SECONDS; it says how many were left out since the last one."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._told_at = float("-inf")
        self._left_out = 0

    def warn(self, words: str, *given: object) -> None:
        now = self._clock()
        if now - self._told_at < SECONDS:
            self._left_out += 1
            return
        more = f" ({self._left_out} more since the last time this was said)" if self._left_out else ""
        self._told_at, self._left_out = now, 0
        self._log.warning(words + "%s", *given, more)
