"""How much went through interfaces in the last hours: a bounded memory of rates, for the pages. Pure.

    traffic = Traffic(linked)              linked(device): names of the interfaces by which links are watched
    traffic.take(visit)                    what every visit does, beside being kept
    traffic.open(device)                   somebody looks at the device: all its interfaces are followed for a while
    traffic.of(device, at) -> dict         key of an interface > History; `key_of(interface)` is the key

Eleven thousand devices have half a million interfaces, and three hours of all of them would take a third of a gigabyte.
So what is followed is: interfaces by which links of the inventory are watched; the two of each device that carry most
(its uplinks, as a rule), chosen anew every six hours; and all of the last 32 devices whose page was opened. Prometheus
has the rest, and for longer. An interface takes some 600 octets (tests/benchmarks/traffic_cost.py).

Rates are of octets between two visits (RFC 2863: ifHCInOctets, or the 32-bit ifInOctets where a device has no other).
What cannot be told from a reset is not known, and a chart has a gap there: a counter that went back, other than by one
wrap that the interface's speed allows; a device that restarted meanwhile; an interface whose ifIndex now stands for
another. A gap is never filled with nought.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import isnan, nan

from collectors.readings import Cadence, Interface, Visit

SLOT = 300  # seconds of one point of a chart; a health visit has all interfaces that often
SLOTS = 36  # three hours
HOUR = 3600.0
LONGEST = 1200.0  # seconds between two visits; over a longer silence nobody knows how much went when
BUSIEST = 2  # interfaces of a device that are followed because they carry most
CHOOSE_EVERY = 6 * 3600.0
OPENED = 32  # devices of which all interfaces are followed because somebody looked
MOST_OF_ONE = 512  # interfaces of one of them
UNBELIEVABLE = 20e9  # bit/s; above that, and above twice its speed, a rate is a counter that jumped
_NARROW, _WIDE = 2**32, 2**64


def key_of(interface: Interface) -> str:
    """What stays when a device numbers its interfaces anew."""
    return interface.name or interface.descr or str(interface.index)


@dataclass(frozen=True, slots=True)
class History:
    """Bits per second of the last three hours, oldest first; None where it is not known.

    `ended_at` is when the last slot ends (seconds since 1970), which may be to come. `now_in`, `now_out`: between the
    last two visits, None if the last one is too long ago.
    """

    ended_at: float
    received: Sequence[float | None]
    sent: Sequence[float | None]
    now_in: float | None
    now_out: float | None

    @property
    def known(self) -> bool:
        return any(value is not None for value in (*self.received, *self.sent))


class Ring:
    """One interface: its counters at the last visit, and averages by slot."""

    __slots__ = ("at", "back_at", "index", "narrow", "now_in", "now_out", "octets_in", "octets_out", "slot", "values")

    def __init__(self) -> None:
        self.at = 0.0  # of the last visit
        self.back_at = float("-inf")  # when a counter last went back
        self.index = self.slot = -1
        self.octets_in: int | None = None
        self.octets_out: int | None = None
        self.now_in = self.now_out = nan
        self.narrow = False  # its counters are of 32 bits and may wrap more than once between two visits
        # In and out by slot; behind them how many seconds of the slot at hand are known of each.
        self.values = array("f", [nan]) * (2 * SLOTS) + array("f", [0.0, 0.0])

    def take(self, row: Interface, at: float, uptime: float | None) -> None:
        if row.index != self.index:
            if at == self.at:
                return  # two rows with one name in this visit: the first has it
            self.index, self.octets_in, self.octets_out, self.narrow = row.index, None, None, False
        seconds = at - self.at
        self.now_in = self.now_out = nan
        if 0 < seconds <= LONGEST and (uptime is None or uptime >= seconds):
            speed = row.speed_bps or 0
            self.now_in = self._rate(self.octets_in, row.in_octets, seconds, speed)
            self.now_out = self._rate(self.octets_out, row.out_octets, seconds, speed)
            self._spread(self.at, at)
        if seconds:  # a clock that was set back leaves a gap, too
            self.at, self.octets_in, self.octets_out = at, row.in_octets, row.out_octets

    def _rate(self, before: int | None, after: int | None, seconds: float, speed: int) -> float:
        """Bits per second; nan where it cannot be known."""
        if before is None or after is None:
            return nan
        if after >= _NARROW:
            self.narrow = False
        may_wrap_twice = not speed or speed * seconds / 8 >= _NARROW
        octets = after - before
        if octets < 0 and before < _NARROW:
            # A counter is reset once. One that goes back again within the hour wraps, and may do so unseen as well.
            self.narrow, self.back_at = self.narrow or 0 < self.at - self.back_at < HOUR, self.at
            octets += _NARROW
            if may_wrap_twice or octets * 8 > 1.1 * speed * seconds:
                return nan
        elif octets < 0:
            octets += _WIDE
        elif self.narrow and may_wrap_twice:
            return nan
        rate = octets * 8 / seconds
        return rate if rate <= max(UNBELIEVABLE, 2.0 * speed) else nan

    def _spread(self, began: float, ended: float) -> None:
        """Put the rate at hand into the slots that the time between two visits touches."""
        while began < ended:
            slot = int(began // SLOT)
            until = min((slot + 1.0) * SLOT, ended)
            if slot != self.slot:
                self._turn(slot)
            lasted, values, place = until - began, self.values, 2 * (slot % SLOTS)
            for way, rate in enumerate((self.now_in, self.now_out)):
                if not isnan(rate):
                    known = values[2 * SLOTS + way]
                    before = values[place + way] * known if known else 0.0
                    values[place + way] = (before + rate * lasted) / (known + lasted)
                    values[2 * SLOTS + way] = known + lasted
            began = until

    def _turn(self, slot: int) -> None:
        """Forget what is older than the ring, and begin a slot."""
        for stale in range(max(self.slot + 1, slot - SLOTS + 1), slot + 1) if slot > self.slot else (slot,):
            place = 2 * (stale % SLOTS)
            self.values[place] = self.values[place + 1] = nan
        self.values[2 * SLOTS] = self.values[2 * SLOTS + 1] = 0.0
        self.slot = slot

    def history(self, at: float) -> History:
        last = int(at // SLOT)
        wanted = [
            slot % SLOTS if self.slot - SLOTS < slot <= self.slot else None
            for slot in range(last - SLOTS + 1, last + 1)
        ]
        recent = 0 <= at - self.at <= LONGEST
        return History(
            ended_at=(last + 1.0) * SLOT,
            received=[self._known(2 * place) if place is not None else None for place in wanted],
            sent=[self._known(2 * place + 1) if place is not None else None for place in wanted],
            now_in=None if isnan(self.now_in) or not recent else self.now_in,
            now_out=None if isnan(self.now_out) or not recent else self.now_out,
        )

    def _known(self, place: int) -> float | None:
        value = self.values[place]
        return None if isnan(value) else value


class _Followed:
    """The rings of one device, and what it takes to choose them."""

    __slots__ = ("chosen_at", "counted", "rings")

    def __init__(self) -> None:
        self.rings: dict[str, Ring] = {}
        self.counted: array[float] | None = None  # octets of every interface, while the busiest are being found
        self.chosen_at = float("-inf")


class Traffic:
    """See the module's docstring."""

    def __init__(self, linked: Callable[[str], Collection[str]] = lambda device: ()) -> None:
        self._linked = linked
        self._followed: dict[str, _Followed] = {}
        self._opened: dict[str, None] = {}  # in the order in which they were last looked at

    def take(self, visit: Visit) -> None:
        """Count on from the visit before. Of a pulse there are only the interfaces that links watch."""
        rows = visit.interfaces
        if not rows:
            return
        followed = self._followed.get(visit.device)
        if followed is None:
            followed = self._followed[visit.device] = _Followed()
        at = visit.started_at.timestamp()
        if visit.cadence is not Cadence.PULSE:
            if at - followed.chosen_at >= CHOOSE_EVERY or at < followed.chosen_at:
                self._choose(visit.device, followed, rows, at)
            elif visit.device in self._opened:
                _follow(followed, (key_of(row) for row in rows[:MOST_OF_ONE]))
        rings = followed.rings
        if rings:
            uptime = visit.identity.uptime_seconds
            for row in rows:
                ring = rings.get(row.name or row.descr or str(row.index))
                if ring is not None:
                    ring.take(row, at, uptime)

    def _choose(self, device: str, followed: _Followed, rows: Sequence[Interface], at: float) -> None:
        """Count at one visit, choose at the next: what grew most in between carries most."""
        now = array("d", [(row.in_octets or 0) + (row.out_octets or 0) for row in rows])
        before, followed.counted = followed.counted, None
        links = self._links(device, rows)
        if before is None or len(before) != len(now):
            followed.counted = now
            _follow(followed, links)
            return
        grown = {key_of(row): new - old for row, old, new in zip(rows, before, now, strict=True)}
        busiest = nlargest(BUSIEST, (key for key, more in grown.items() if more > 0), grown.__getitem__)
        keep = {*links, *busiest}
        if device in self._opened:
            keep.update(map(key_of, rows[:MOST_OF_ONE]))
        followed.rings = {key: ring for key, ring in followed.rings.items() if key in keep}
        _follow(followed, keep)
        followed.chosen_at = at

    def _links(self, device: str, rows: Sequence[Interface]) -> list[str]:
        wanted = set(self._linked(device))
        if not wanted:
            return []
        return [key_of(row) for row in rows if row.name in wanted or row.descr in wanted or row.alias in wanted]

    def open(self, device: str) -> None:
        """Follow all interfaces of a device from its next health visit on, until 32 others were looked at."""
        self._opened.pop(device, None)
        self._opened[device] = None
        if len(self._opened) > OPENED:
            first = next(iter(self._opened))
            del self._opened[first]
            followed = self._followed.get(first)
            if followed is not None:
                followed.chosen_at, followed.counted = float("-inf"), None  # the next choice drops the rest

    def forget(self, device: str) -> None:
        self._followed.pop(device, None)
        self._opened.pop(device, None)

    def of(self, device: str, at: float) -> dict[str, History]:
        """What is known of a device's interfaces, by `key_of`. `at`: seconds since 1970."""
        followed = self._followed.get(device)
        return {key: ring.history(at) for key, ring in followed.rings.items()} if followed is not None else {}

    def __len__(self) -> int:
        """Interfaces that are followed."""
        return sum(len(one.rings) for one in self._followed.values())


def _follow(followed: _Followed, wanted: Iterable[str]) -> None:
    for key in wanted:
        if key not in followed.rings:
            followed.rings[key] = Ring()
