"""Memory at rest: what is there for good is kept out of the garbage collector's way.

Of eleven thousand devices there are some ten million objects that live until the next inventory. The collector looks
through all of them whenever enough new ones have come: two seconds in which nothing else happens, again and again, and
visits are late for it. Nearly all of our garbage is freed by its reference count alone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

REST_SECONDS = 60.0
# While what is there for good is read, hardly anything is garbage: in a command, and in the agent's first minute.
READING = (500_000, 20, 50)
# Visits make and drop many objects: the default of 700 would look at them over and over.
THRESHOLDS = (20_000, 20, 50)


class Rest:
    """Says to the collector what to leave alone, whenever `size` (of what is kept for good) has grown."""

    def __init__(self, size: Callable[[], int]) -> None:
        self._size = size
        self._settled = -1

    def settle(self) -> None:
        """Call now and then. What is garbage by then and part of a cycle stays for ever: a few visits' worth each time
        that devices have come, and nothing once all are known."""
        size = self._size()
        if size > self._settled:
            gc.set_threshold(*THRESHOLDS)
            gc.freeze()
            self._settled = size
