"""The brake on guessed passwords: so many wrong ones from an address and for a user, and then one now and then.

A user who has signed in from an address before has a measure of their own there, so that nobody who guesses from
elsewhere can keep them out. Names that nobody has are measured like others: the brake tells nothing about them.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST = 10_000  # measures that are kept; one that is full says nothing and is the first to go
KNOWN = 2_000  # pairs of user and address by which somebody has signed in


@dataclass(frozen=True, slots=True)
class Measure:
    """`burst` wrong passwords at once, and one more every `seconds`."""

    burst: int
    seconds: float


OF_ADDRESS, OF_USER, OF_PAIR = Measure(10, 30.0), Measure(20, 15.0), Measure(10, 30.0)
Key = tuple[str, ...]


class Brake:
    """See the module's docstring. In the event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[Key, tuple[float, float]] = OrderedDict()  # what is left, as of when
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait(self, user: str, address: str) -> float:
        """Seconds until another password may be tried; 0: now."""
        return max(
            (0.0 if (left := self._of(key, m)) >= 1 else (1 - left) * m.seconds) for key, m in self._keys(user, address)
        )

    def take(self, user: str, address: str) -> None:
        """A password is about to be tried."""
        for key, measure in self._keys(user, address):
            self._put(key, self._of(key, measure) - 1)

    def right(self, user: str, address: str) -> None:
        """It was the right one: it is given back, and the user is known there from now on."""
        for key, measure in self._keys(user, address):
            self._put(key, min(float(measure.burst), self._of(key, measure) + 1))
        pair = user, _place(address)
        self._known[pair] = None
        self._known.move_to_end(pair)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def _keys(self, user: str, address: str) -> tuple[tuple[Key, Measure], ...]:
        place = _place(address)
        if (user, place) in self._known:
            return ((("pair", user, place), OF_PAIR),)
        return ((("address", place), OF_ADDRESS), (("user", user), OF_USER))

    def _of(self, key: Key, measure: Measure) -> float:
        found = self._left.get(key)
        if found is None:
            return float(measure.burst)
        left, at = found
        return min(float(measure.burst), left + (self._clock() - at) / measure.seconds)

    def _put(self, key: Key, left: float) -> None:
        self._left[key] = left, self._clock()
        self._left.move_to_end(key)
        while len(self._left) > MOST:
            self._left.popitem(last=False)


def _place(address: str) -> str:
    """What counts as one address: of IPv6 the network of a house (RFC 6177), which has as many as it likes."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
