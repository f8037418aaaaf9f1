"""How every subject stands: one visit, what was known, and the topology in; changes and new knowledge out. Pure.

    judgement = judge(visit, board, topology, blind=False)
    judgement.changes         Changes to record (device first, then links, sites and services)
    judgement.held            subject > Held, to be put on the board: `board.update(judgement.held)`
    judgement.look_again_in   seconds after which to look again because a look failed, or None

Rules (docs/design.md section 4):

- A failed look begins to count; the third in a row flips, back-dated to the first. One good look ends it, at that look.
- Nothing answered is DOWN. Something answered while a source stays silent (SNMP is silent, ICMP answers) is DEGRADED.
  ICMP alone staying silent is nothing: firewalls drop it.
- What stands behind subjects that are all DOWN is not accused: it is BLIND, and `cause` names the first that failed.
  While they are failing and not yet confirmed, it waits for them. One that was accused a moment before its cause was
  found is re-attributed: a Change back to the same instant, which replaces the accusation.
- A blind look (nothing answered and the agent's own self-check failed) is BLIND, never DOWN.
- A link stands as the interfaces say that watch it; a site or service as its expression says, with what is carried
  down counted as down, because its users cannot use it, and with BLIND where only the unknown could decide.
- A restart flips nothing: `board_of(flips)` gives the board as the ledger last had it, and time without heartbeats is
  blind when figures are worked out (agent.outages).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from agent.facts import LEFT_THE_INVENTORY, Change, Flip, Standing
from agent.inventory.needs import Needs, Subject, holds, subjects
from agent.topology import Topology
from collectors.readings import Visit

LOOKS_TO_TELL = 3
LOOK_AGAIN_SECONDS = 10.0
LOOKS_TO_WAIT_FOR_A_CAUSE = 3  # beyond LOOKS_TO_TELL, while what is in front is failing too
TOGETHER = timedelta(seconds=150)  # a cause may be found this much later than what it took down: two pulses and a bit
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SOURCES = ("snmp", "ssh", "tcp", "http", "dns")  # a silent one of these degrades; ICMP is often filtered


@dataclass(frozen=True, slots=True)
class Trouble:
    """Failed looks in a row at one thing: `what` is "all" (nothing answered), a source, or "link"."""

    what: str
    looks: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of one subject: how it stands since when, and what fails just now without being confirmed."""

    standing: Standing = Standing.BLIND
    since: datetime = NEVER
    before: Standing = Standing.BLIND
    cause: str | None = None
    reason: str = "not looked at yet"
    accused: bool = False  # an outage of its own is open: stays so while we are blind in the midst of it
    trouble: tuple[Trouble, ...] = ()

    @property
    def out(self) -> bool:
        """Of no use to those who depend on it: down, or carried down."""
        return self.standing is Standing.DOWN or (self.standing is Standing.BLIND and self.cause is not None)

    def failing(self, what: str = "all") -> Trouble | None:
        return next((t for t in self.trouble if t.what == what), None)


UNKNOWN = Held()
Board = dict[str, Held]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one visit changes; see the module's docstring."""

    changes: tuple[Change, ...] = ()
    held: Mapping[str, Held] = field(default_factory=dict)
    look_again_in: float | None = None


NOTHING = Judgement()


def board_of(last_flips: Iterable[Flip]) -> Board:
    """The board as the ledger last had it: the last flip of every subject (`Ledger.standings()`)."""
    board: Board = {}
    for flip in last_flips:
        if flip.reason == LEFT_THE_INVENTORY:
            continue  # if it is back, it begins anew
        accused = flip.after is Standing.DOWN or (flip.after is Standing.BLIND and flip.before is Standing.DOWN)
        board[flip.subject] = Held(
            flip.after, flip.at, flip.before, flip.cause, flip.reason, accused=accused and flip.cause is None
        )
    return board


def judge(visit: Visit, board: Mapping[str, Held], topology: Topology, *, blind: bool = False) -> Judgement:
    """Judge one visit. `blind`: nothing answered, and neither did what the agent checks itself against."""
    subject = f"device:{visit.device}"
    held = board.get(subject, UNKNOWN)
    if (
        visit.reached
        and held.standing is Standing.UP
        and not held.trouble
        and visit.device not in topology.watched
        and not _silent(visit)
    ):
        return NOTHING  # nearly every visit ends here
    draft = _Draft(board, topology)
    _judge_device(subject, held, visit, draft, blind=blind)
    _judge_links(visit, draft)
    _judge_dependents(draft)
    return draft.judgement(subject)


def judge_dependents(board: Mapping[str, Held], topology: Topology, at: datetime) -> Judgement:
    """Judge every site and service anew, after the inventory has changed what they need."""
    draft = _Draft(board, topology)
    draft.stirred.update({part: at for part in topology.dependents})
    draft.new_expressions_at = at
    _judge_dependents(draft)
    return draft.judgement("")


def lose_sight(device: str, board: Mapping[str, Held], topology: Topology, since: datetime, reason: str) -> Judgement:
    """Nothing can be said of a device since then, for a reason of our own: BLIND, as what only it could show."""
    draft = _Draft(board, topology)
    draft.flip(f"device:{device}", Standing.BLIND, since, reason)
    for link, _ in topology.watched.get(device, ()):
        if all(draft.of(watcher).standing is Standing.BLIND for watcher in topology.watchers.get(link, ())):
            draft.flip(link, Standing.BLIND, since, reason)
    _judge_dependents(draft)
    return draft.judgement("")


def forget(subjects: Iterable[str], board: Mapping[str, Held], at: datetime) -> Judgement:
    """Stop watching: subjects that left the inventory are BLIND from now on, so that no outage stays open for ever."""
    changes = tuple(
        Change(subject, board[subject].standing, Standing.BLIND, at, LEFT_THE_INVENTORY)
        for subject in subjects
        if subject in board and (board[subject].standing is not Standing.BLIND or board[subject].accused)
    )
    return Judgement(changes, {c.subject: Held(since=at, before=c.before, reason=c.reason) for c in changes})


# ---------------------------------------------------------------- the draft of a judgement
class _Draft:
    """The board with this judgement's changes laid over it."""

    def __init__(self, board: Mapping[str, Held], topology: Topology) -> None:
        self.board = board
        self.topology = topology
        self.held: dict[str, Held] = {}
        self.changes: list[Change] = []
        self.stirred: dict[str, datetime] = {}  # subjects whose standing changed, whose dependents are to be judged
        self.new_expressions_at: datetime | None = None

    def of(self, subject: str) -> Held:
        return self.held.get(subject) or self.board.get(subject, UNKNOWN)

    def keep(self, subject: str, held: Held) -> None:
        if held != self.of(subject):
            self.held[subject] = held

    def flip(
        self, subject: str, after: Standing, at: datetime, reason: str, cause: str | None = None,
        trouble: tuple[Trouble, ...] = (), rewrite: bool = False,
    ) -> None:  # fmt: skip
        """Change a subject's standing, never to before its last change unless that very change is rewritten."""
        held = self.of(subject)
        if (after, cause) == (held.standing, held.cause) and not (rewrite and at < held.since):
            self.keep(subject, replace(held, trouble=trouble))
            return
        at = at if rewrite else max(at, held.since)
        accused = (after is Standing.DOWN and cause is None) or (after is Standing.BLIND and held.accused and not cause)
        self.changes.append(Change(subject, held.standing, after, at, reason, cause))
        before = held.before if rewrite else held.standing
        self.held[subject] = Held(after, at, before, cause, reason, accused, trouble)
        self.stirred[subject] = at

    def judgement(self, subject: str) -> Judgement:
        waiting = any(
            t.looks < LOOKS_TO_TELL or (t.what == "all" and held.standing is not Standing.DOWN)
            for name, held in self.held.items()
            if name == subject or name.startswith("link:")
            for t in held.trouble
            if t.what in ("all", "snmp", "link") and t.looks < LOOKS_TO_TELL + LOOKS_TO_WAIT_FOR_A_CAUSE
        )
        return Judgement(tuple(self.changes), self.held, LOOK_AGAIN_SECONDS if waiting else None)


# ---------------------------------------------------------------- devices
def _silent(visit: Visit) -> bool:
    answered = visit.answered
    return any(getattr(answered, source) is False for source in SOURCES)


def _judge_device(subject: str, held: Held, visit: Visit, draft: _Draft, *, blind: bool) -> None:
    at = visit.started_at
    if blind and not visit.reached:
        failing = held.failing()
        since = failing.since if failing and held.standing is not Standing.DOWN else at
        draft.flip(subject, Standing.BLIND, since, "the agent itself was cut off")
        return
    trouble = _counted(held, visit)
    if visit.reached:
        silent = [t for t in trouble if t.looks >= LOOKS_TO_TELL]
        if silent:
            since = at if held.standing is Standing.DOWN else min(t.since for t in silent)
            names = " and ".join(t.what.upper() for t in silent)
            draft.flip(subject, Standing.DEGRADED, since, f"{names} silent, the device answers", trouble=trouble)
        elif held.standing is Standing.UP or (held.standing is Standing.DEGRADED and trouble):
            draft.keep(subject, replace(held, trouble=trouble))
        else:
            draft.flip(subject, Standing.UP, at, "answers", trouble=trouble)
        return
    failing = trouble[0]  # "all" comes first
    cut, cause = _cut(subject, draft)
    if cut and not held.accused:
        draft.flip(subject, Standing.BLIND, failing.since, f"cannot be reached: {cause} is down", cause)
        draft.keep(subject, replace(draft.of(subject), trouble=()))  # it starts anew when the cause is gone
        if held.cause is None:  # what stands behind it may have been accused while it was not looked at yet
            _carry_down(subject, draft)
        return
    patience = LOOKS_TO_TELL + (LOOKS_TO_WAIT_FOR_A_CAUSE if _front_is_failing(subject, draft) else 0)
    if failing.looks < patience:
        draft.keep(subject, replace(held, trouble=trouble))
        return
    draft.flip(subject, Standing.DOWN, failing.since, _why(visit), trouble=_steady(trouble))
    if held.standing is not Standing.DOWN:
        _carry_down(subject, draft)


def _counted(held: Held, visit: Visit) -> tuple[Trouble, ...]:
    """Failed looks in a row after this visit: "all" first, then the sources that were asked and stayed silent.

    A source that was not asked this time (SSH on a pulse) keeps its count.
    """
    trouble = []
    answers = {"all": visit.reached, **{source: getattr(visit.answered, source) for source in SOURCES}}
    for what, answer in answers.items():
        earlier = held.failing(what)
        if answer is False:
            trouble.append(
                Trouble(what, earlier.looks + 1, earlier.since) if earlier else Trouble(what, 1, visit.started_at)
            )
        elif answer is None and earlier:
            trouble.append(earlier)
    return _steady(tuple(trouble))


def _steady(trouble: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """Counts stop where they no longer decide anything, so that a dead device's Held does not change at every look."""
    most = LOOKS_TO_TELL + LOOKS_TO_WAIT_FOR_A_CAUSE
    return tuple(t if t.looks <= most else replace(t, looks=most) for t in trouble)


def _why(visit: Visit) -> str:
    asked = [s.upper() for s in ("snmp", "icmp", "ssh", "tcp", "http", "dns") if getattr(visit.answered, s) is False]
    return f"no answer to {', '.join(asked)}" if asked else "no answer"


# ---------------------------------------------------------------- root causes
def _cut(subject: str, draft: _Draft) -> tuple[bool, str | None]:
    """Whether everything in front of a subject is out, and the root of it."""
    others = draft.topology.behind.get(subject, ())
    if not others or not all(draft.of(other).out for other in others):
        return False, None
    first = min(others, key=lambda other: draft.of(other).since)
    root = draft.of(first).cause or first
    # A link that only this device could show is out because this device is: that is no cause of it.
    return (False, None) if root == subject else (True, root)


def _front_is_failing(subject: str, draft: _Draft) -> bool:
    """Whether everything in front of a subject is out or on the way there: then its verdict is worth waiting for."""
    others = draft.topology.behind.get(subject, ())
    return bool(others) and all(
        draft.of(other).out or any(t.what in ("all", "link") for t in draft.of(other).trouble) for other in others
    )


def _carry_down(cause: str, draft: _Draft) -> None:
    """A cause was found: whatever behind it was accused at about the same time is carried down by it instead."""
    since = draft.of(cause).since
    waiting = list(draft.topology.front.get(cause, ()))
    done = {cause}
    while waiting:
        subject = waiting.pop(0)
        if subject in done:
            continue
        done.add(subject)
        held = draft.of(subject)
        cut, root = _cut(subject, draft)
        if not cut or root is None:
            continue
        reason = f"cannot be reached: {root} is down"
        accused = held.standing is Standing.DOWN and held.cause is None and abs(held.since - since) <= TOGETHER
        elsewhere = held.standing is Standing.BLIND and held.cause not in (None, root)
        if accused or elsewhere:
            draft.flip(subject, Standing.BLIND, held.since, reason, root, rewrite=True)
            waiting.extend(draft.topology.front.get(subject, ()))


# ---------------------------------------------------------------- links
def _judge_links(visit: Visit, draft: _Draft) -> None:
    """The links that this device's interfaces carry, and those it can no longer see because it is out itself."""
    watched = draft.topology.watched.get(visit.device, ())
    states = _states(visit) if watched and visit.reached else {}
    for link, interface in watched:
        held = draft.of(link)
        oper = states.get(interface.casefold())
        if oper is not None:
            _judge_link(link, held, visit, f"{interface} of {visit.device} is {oper}", draft, up=oper == "up")
        elif not visit.reached:
            watchers = draft.topology.watchers.get(link, ())
            lost = [draft.of(watcher) for watcher in watchers]
            if watchers and not held.accused and all(w.out for w in lost):
                root = lost[0].cause or watchers[0]
                draft.flip(link, Standing.BLIND, lost[0].since, f"cannot be seen: {root} is down", root)
                if held.cause is None:
                    _carry_down(link, draft)
            elif all(w.standing is Standing.BLIND for w in lost) and held.standing is not Standing.BLIND:
                draft.flip(link, Standing.BLIND, visit.started_at, "the agent itself was cut off")


def _judge_link(link: str, held: Held, visit: Visit, what: str, draft: _Draft, *, up: bool) -> None:
    if up:
        if held.standing is Standing.UP:
            draft.keep(link, replace(held, trouble=()))
        else:
            draft.flip(link, Standing.UP, visit.started_at, what)
        return
    earlier = held.failing("link")
    looks = min((earlier.looks if earlier else 0) + 1, LOOKS_TO_TELL)
    trouble = (Trouble("link", looks, earlier.since if earlier else visit.started_at),)
    if looks < LOOKS_TO_TELL:
        draft.keep(link, replace(held, trouble=trouble))
        return
    draft.flip(link, Standing.DOWN, trouble[0].since, what, trouble=trouble)
    if held.standing is not Standing.DOWN:
        _carry_down(link, draft)


def _states(visit: Visit) -> dict[str, str]:
    """Operational state by every name an interface goes by, without case; `ifName` wins over description and alias."""
    states: dict[str, str] = {}
    for names in ("alias", "descr", "name"):
        for interface in visit.interfaces:
            name = getattr(interface, names)
            if name and interface.oper:
                state = "administratively down" if interface.admin == "down" else interface.oper
                states[name.casefold()] = state
    return states


# ---------------------------------------------------------------- sites and services
def _judge_dependents(draft: _Draft) -> None:
    """Sites and services whose parts changed, and those that need them in turn (loops were refused at load)."""
    topology = draft.topology
    for _ in range(len(topology.needs) + 1):
        stirred, draft.stirred = draft.stirred, {}
        wholes: dict[str, list[str]] = {}
        for part in stirred:
            for whole in topology.dependents.get(part, ()):
                wholes.setdefault(whole, []).append(part)
        if not wholes:
            return
        for whole, changed in wholes.items():
            _judge_whole(whole, changed, draft)


def _judge_whole(whole: str, changed: Iterable[str], draft: _Draft) -> None:
    """Judge a site or service of which some parts have changed.

    When half of an estate fails at once, a service that needs every site is judged at every flip of one. So nothing
    here may look at every part for every change of every part: only how it stands now is worked out anew.
    """
    needs = draft.topology.needs[whole]
    held = draft.of(whole)

    def stands(part: Subject, at: datetime | None, *, fully: bool) -> bool | None:
        known = draft.of(str(part))
        if at is None or at >= known.since:
            standing, out = known.standing, known.out
        else:
            standing, out = known.before, known.before is Standing.DOWN
        if out:
            return False
        return None if standing is Standing.BLIND else standing is Standing.UP or not fully

    def standing_at(at: datetime | None) -> Standing:
        if holds(needs, lambda part: stands(part, at, fully=True)):
            return Standing.UP
        serves = holds(needs, lambda part: stands(part, at, fully=False))
        if serves is None:
            return Standing.BLIND
        return Standing.DEGRADED if serves else Standing.DOWN

    now = standing_at(None)
    if now is not Standing.DOWN and (held.standing, held.cause) == (now, None):
        return  # as before; since when is not asked, because that looks through the changes of every part
    if now is held.standing is Standing.DOWN:
        _judge_fallen(whole, held, changed, draft)
        return
    parts = {str(part): draft.of(str(part)) for part in subjects(needs)}
    since = draft.new_expressions_at or _since(now, held.since, parts, standing_at)
    if now is not Standing.DOWN:
        reasons = {Standing.UP: "what it needs stands", Standing.DEGRADED: "a part it needs is degraded"}
        draft.flip(whole, now, since, reasons.get(now, "what it needs cannot be seen"))
        return
    causes, why = _causes(parts)
    draft.flip(whole, now, since, why, causes[0])


def _judge_fallen(whole: str, held: Held, changed: Iterable[str], draft: _Draft) -> None:
    """A whole that was down and still is: since when, and by which cause, may become known only now."""
    earlier = draft.new_expressions_at is None and any(
        part.out and part.since < held.since for part in map(draft.of, changed)
    )
    root = draft.of(held.cause or "").cause
    if not earlier and root is None:
        return
    needs = draft.topology.needs[whole]
    parts = {str(part): draft.of(str(part)) for part in subjects(needs)}
    causes, why = _causes(parts)
    since = _fell(needs, parts) if earlier else held.since
    if since < held.since:  # a part was confirmed later and fell earlier: so did the whole
        draft.flip(whole, Standing.DOWN, since, why, causes[0], rewrite=True)
    elif root in causes and held.cause not in causes:
        draft.flip(whole, Standing.DOWN, held.since, why, root, rewrite=True)


def _causes(parts: Mapping[str, Held]) -> tuple[list[str], str]:
    """What took down the parts that are out, the first to fall first, and in words."""
    lost = sorted((part.since, name) for name, part in parts.items() if part.out)
    causes = list(dict.fromkeys(parts[name].cause or name for _, name in lost))
    return causes, f"{', '.join(causes[:3])} {'is' if len(causes) == 1 else 'are'} down"


def _since(
    now: Standing, at_most: datetime, parts: Mapping[str, Held], standing_at: Callable[[datetime], Standing]
) -> datetime:
    """Since when a whole stands as it does: back through the parts' changes for as long as they give the same.

    Not further than `at_most`, its own last change.
    """
    times = sorted({part.since for part in parts.values()}, reverse=True)
    times = times[: sum(at > at_most for at in times) + 1]
    return next((later for later, earlier in pairwise(times) if standing_at(earlier) is not now), times[-1])


def _fell(needs: Needs, parts: Mapping[str, Held]) -> datetime:
    """Since when what is out now is enough for a whole to be down.

    Parts that have come back meanwhile are taken to have stood: of them it is known that they were out before, but not
    since when, and an outage must not be given a beginning that nobody saw.
    """

    def down_at(at: datetime) -> bool:
        def stood(part: Subject) -> bool:
            held = parts[str(part)]
            return not (held.out and held.since <= at)

        return holds(needs, stood) is False

    times = sorted({part.since for part in parts.values() if part.out})
    return times[bisect_left(times, True, key=down_at)]  # the more is out, the less stands: what fell stays fallen
