"""Redundancy lost: when, where, whose; and what carries a service meanwhile. Pure.

    losses = losses_of(flips, estate, window, now)    list[Loss], read from all flips of the ledger, oldest first
    minutes_by(losses, Period(began, until))          (site title, supplier) > how long, overlaps counted once
    carried("service:internet", board, topology)      ("link internet-dh is out; link internet-cr carries.",)

The method:

- A loss begins when a group is first DEGRADED or DOWN and ends when all its legs stand again. It goes on while we are
  blind in its midst; that part is in none of the minutes.
- Which legs were lost, and from when to when, is read from the flips of their parts.
- A supplier answers for a link that was down, and not for one that was carried down by something of ours: that is told
  of its building, with no supplier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from agent.accounting.outages import Period, timeline, total
from agent.facts import LEFT_THE_INVENTORY, Flip, Standing, is_group
from agent.health import UNKNOWN, Held
from agent.inventory import Estate
from agent.inventory.needs import AllOf, AtLeast, Needs, Subject, holds, subjects
from agent.topology import Group, Topology

NAMED = 3  # of many legs, how many a sentence names
LOST = (Standing.DEGRADED, Standing.DOWN)
Times = tuple[tuple[datetime, datetime | None], ...]  # from, until; None: up to now


@dataclass(frozen=True, slots=True)
class Leg:
    """One thing that was out within a loss, and when. `site`: title of its building; `supplier`: who answers for it."""

    name: str  # "link:wallfields-b"; of what a device tells of itself the device
    leg: str  # the leg of the group that it took down, as the inventory has it
    site: str
    supplier: str
    times: Times


@dataclass(frozen=True, slots=True)
class Loss:
    """A time in which not all legs of a group stood. `ended_at` None: still open."""

    group: str
    title: str
    began_at: datetime
    ended_at: datetime | None
    reason: str  # as it was first told
    cause: str | None
    times: Times  # the parts of it that were seen
    went_down: bool  # at some time within it no leg was left that could carry
    out: tuple[Leg, ...] = ()

    @property
    def legs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(leg.leg for leg in self.out))

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(leg.site for leg in self.out if leg.site))

    @property
    def suppliers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(leg.supplier for leg in self.out if leg.supplier))


def losses_of(
    flips: Iterable[Flip], estate: Estate, window: Period | None = None, now: datetime | None = None
) -> list[Loss]:
    """Every loss, with a window those that touch it, with their true start and end; by `now` those that had begun.

    `flips`: those of the groups and of all that may be a part of one. Of a group that is in the inventory no longer it
    is known when it was lost and by what cause, and not which legs it had.
    """
    by_subject: dict[str, list[Flip]] = defaultdict(list)
    for flip in flips:
        by_subject[flip.subject].append(flip)
    parts = _Parts(by_subject, estate)
    groups = Topology.of(estate).groups
    found = []
    for name, own in by_subject.items():
        if is_group(name):
            title = title_of(name, estate, groups.get(name))
            for loss in _of_group(name, title, timeline(own)):
                if now is not None and loss.began_at > now:
                    continue
                if window is None or _touches(loss, window):
                    found.append(parts.told(loss, groups.get(name)))
    return sorted(found, key=lambda loss: (loss.began_at, loss.group))


def minutes_by(losses: Iterable[Loss], window: Period) -> dict[tuple[str, str], timedelta]:
    """How long redundancy was lost in a window, by building and supplier ("": none answers for it).

    An open loss counts up to the end of the window, so a window that is not over yet has to end now.
    """
    periods: dict[tuple[str, str], list[Period]] = defaultdict(list)
    for loss in losses:
        for leg in loss.out:
            for began, ended in leg.times:
                period = _clipped(began, ended, window)
                if period is not None:
                    periods[leg.site, leg.supplier].append(period)
    return {where: total(own) for where, own in sorted(periods.items())}


# ---------------------------------------------------------------- reading flips
def _of_group(name: str, title: str, holding: Sequence[Flip]) -> Iterator[Loss]:
    first: Flip | None = None
    times: list[tuple[datetime, datetime | None]] = []
    went_down = False
    for flip, ended in _with_ends(holding):
        if flip.after in LOST:
            first = first or flip
            went_down = went_down or flip.after is Standing.DOWN
            if times and times[-1][1] == flip.at:
                times[-1] = (times[-1][0], ended)
            else:
                times.append((flip.at, ended))
        elif first is not None and (flip.after is Standing.UP or flip.reason == LEFT_THE_INVENTORY):
            yield Loss(name, title, first.at, flip.at, first.reason, first.cause, tuple(times), went_down)
            first, times, went_down = None, [], False
    if first is not None:
        yield Loss(name, title, first.at, None, first.reason, first.cause, tuple(times), went_down)


def _with_ends(holding: Sequence[Flip]) -> Iterator[tuple[Flip, datetime | None]]:
    """Each flip, and until when it held."""
    for flip, following in pairwise((*holding, None)):
        if flip is not None:
            yield flip, following.at if following is not None else None


def _touches(loss: Loss, window: Period) -> bool:
    return loss.began_at < window.ended_at and (loss.ended_at or window.ended_at) > window.began_at


def _clipped(began: datetime, ended: datetime | None, window: Period) -> Period | None:
    ended = window.ended_at if ended is None else ended
    return Period(began, ended).within(window) if began < ended else None


@dataclass(frozen=True, slots=True)
class _Out:
    """A time in which a part was out; `itself`: it was down, and not carried down by something else."""

    began_at: datetime
    ended_at: datetime | None
    itself: bool

    def at(self, moment: datetime) -> bool:
        return self.began_at <= moment and (self.ended_at is None or moment < self.ended_at)


class _Parts:
    """The parts of groups: when each was out, where it is and who answers for it."""

    def __init__(self, by_subject: Mapping[str, list[Flip]], estate: Estate) -> None:
        self._by_subject, self._estate = by_subject, estate
        self._outs: dict[str, list[_Out]] = {}

    def outs(self, subject: str) -> list[_Out]:
        if subject not in self._outs:
            found: list[_Out] = []
            for flip, ended in _with_ends(timeline(self._by_subject.get(subject, ()))):
                itself = flip.after is Standing.DOWN
                if itself or (flip.after is Standing.BLIND and flip.cause is not None):
                    found.append(_Out(flip.at, ended, itself))
            self._outs[subject] = found
        return self._outs[subject]

    def told(self, loss: Loss, group: Group | None) -> Loss:
        """A loss with what was out in it."""
        if loss.group.startswith("redundancy:device/"):
            name = f"device:{loss.group.split('/')[1]}"
            out: tuple[Leg, ...] = (Leg(name, loss.group.rpartition("/")[2], self._site(name), "", loss.times),)
        else:
            out = tuple(self._lost(loss, group)) if group is not None else ()
        if not out and loss.cause is not None:
            out = (Leg(loss.cause, loss.cause, self._site(loss.cause), self._supplier(loss.cause), loss.times),)
        return Loss(
            loss.group, loss.title, loss.began_at, loss.ended_at, loss.reason, loss.cause, loss.times,
            loss.went_down, out,
        )  # fmt: skip

    def _lost(self, loss: Loss, group: Group) -> Iterator[Leg]:
        for leg in group.legs:
            own = list(dict.fromkeys(str(part) for part in subjects(leg)))
            times = self._fallen(leg, own, loss)
            for name in own if times else ():
                for itself in (True, False):
                    outs = [(o.began_at, o.ended_at) for o in self.outs(name) if o.itself is itself]
                    within = _both(outs, times)
                    if within:
                        yield Leg(name, str(leg), self._site(name), self._supplier(name) if itself else "", within)

    def _fallen(self, leg: Needs, own: Sequence[str], loss: Loss) -> list[tuple[datetime, datetime | None]]:
        """When a leg was out while the group was seen to be short of legs."""
        edges = {at for name in own for out in self.outs(name) for at in (out.began_at, out.ended_at) if at}
        found: list[tuple[datetime, datetime | None]] = []
        for began, ended in loss.times:
            moments = [began, *sorted(at for at in edges if began < at and (ended is None or at < ended))]
            for moment, until in zip(moments, [*moments[1:], ended], strict=True):
                if self._fell(leg, moment):
                    found.append((moment, until))
        return found

    def _fell(self, leg: Needs, moment: datetime) -> bool:
        return holds(leg, lambda part: not any(out.at(moment) for out in self.outs(str(part)))) is False

    def _site(self, subject: str) -> str:
        kind, _, name = subject.partition(":")
        if kind == "link" and name in self._estate.links:
            name = self._estate.links[name].site
        elif kind == "device" and name in self._estate.devices:
            name = self._estate.devices[name].site
        elif kind != "site":
            return ""
        return self._estate.sites[name].title if name in self._estate.sites else ""

    def _supplier(self, subject: str) -> str:
        kind, _, name = subject.partition(":")
        return self._estate.links[name].supplier if kind == "link" and name in self._estate.links else ""


def _both(one: Iterable[tuple[datetime, datetime | None]], other: Sequence[tuple[datetime, datetime | None]]) -> Times:
    """The times that are in both, what touches made one."""
    found: list[tuple[datetime, datetime | None]] = []
    for began, ended in one:
        for from_, until in other:
            first = max(began, from_)
            last = min(ended, until) if ended and until else ended or until
            if last is None or first < last:
                if found and found[-1][1] == first:
                    found[-1] = (found[-1][0], last)
                else:
                    found.append((first, last))
    return tuple(found)


# ---------------------------------------------------------------- words
_EXPECTED = {
    "power_supplies": "Power supplies", "ha_members": "High-availability members", "stack_members": "Stack members",
}  # fmt: skip


def title_of(group: str, estate: Estate, legs: Group | None = None) -> str:
    """What a group is, in plain words: "Links of Wallfields (wallfields)"."""
    kind, _, name = group.removeprefix("redundancy:").partition("/")
    if kind == "links":
        sites = dict.fromkeys(link.site for link in estate.links.values() if link.redundancy == name)
        titles = " and ".join(estate.sites[site].title for site in sites if site in estate.sites)
        return f"Links of {titles} ({name})" if titles else f"Links ({name})"
    if kind == "sites":
        return "Data centres"
    if kind == "device":
        device, _, what = name.rpartition("/")
        return f"{_EXPECTED.get(what, what)} of {device}"
    bare = name.partition("/")[0]
    known = estate.sites if kind == "site" else estate.services
    title = known[bare].title if bare in known else bare
    if legs is None:
        return title
    wanted = f"at least {legs.count} of " if legs.count > 1 else ""
    return f"{title}: {wanted}{_listed(legs.legs, 'or')}"


def words(needs: Needs) -> str:
    """An expression in plain words."""
    if isinstance(needs, Subject):
        return str(needs).replace(":", " ", 1)
    if isinstance(needs, AtLeast):
        return f"{needs.count} of {_listed(needs.parts, 'or')}"
    return " with ".join(map(words, needs.parts)) if isinstance(needs, AllOf) else _listed(needs.parts, "or")


def _listed(parts: Sequence[Needs], joined: str) -> str:
    named = [words(part) for part in parts[:NAMED]]
    if len(parts) > NAMED:
        named[-1:] = [named[-1], f"{len(parts) - NAMED} more"]
    return f" {joined} ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else "".join(named)


# ---------------------------------------------------------------- as it stands now
def carried(subject: str, board: Mapping[str, Held], topology: Topology) -> tuple[str, ...]:
    """Of a site or service that serves: what of it is out now and what carries it instead, one sentence each.

    What it needs is looked through to the bottom: a service that stands on a carried one is carried by the same.
    """
    if subject not in topology.needs or not board.get(subject, UNKNOWN).serves:
        return ()

    def serves(part: Subject) -> bool | None:
        return board.get(str(part), UNKNOWN).serves

    sentences: dict[str, None] = {}
    seen = {subject}

    def look(needs: Needs) -> None:
        if isinstance(needs, Subject):
            name = str(needs)
            if name in topology.needs and name not in seen:
                seen.add(name)
                look(topology.needs[name])
            return
        answers = [(part, holds(part, serves)) for part in needs.parts]
        standing = [part for part, answer in answers if answer]
        out = list(dict.fromkeys(name for part, answer in answers if answer is False for name in wanting(part, serves)))
        if out and standing and not isinstance(needs, AllOf):
            are = "is" if len(out) == 1 else "are"
            carry = "carries" if len(standing) == 1 else "carry"
            sentences[f"{_listed(out, 'and')} {are} out; {_listed(standing, 'and')} {carry}."] = None
        for part in standing:
            look(part)

    look(topology.needs[subject])
    return tuple(sentences)


def wanting(needs: Needs, serves: Callable[[Subject], bool | None], answer: bool | None = False) -> Iterator[Subject]:
    """The subjects by which an expression does not hold; `answer` None: those by which it cannot be said."""
    if isinstance(needs, Subject):
        yield needs
        return
    for part in needs.parts:
        if holds(part, serves) is answer:
            yield from wanting(part, serves, answer)
