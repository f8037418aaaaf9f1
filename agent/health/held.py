"""What is held of every subject, and what a judgement gives. Pure.

    board = board_of(ledger.standings(), recent_flips)      as the ledger last had it
    board["device:sw-wf-1"].standing, .since, .cause, .reason
    board["device:sw-wf-1"].flapping_at(now)                up and down again and again, as this moment has it

Flapping: outages of one subject with at most FLAP_GAP between the end of one and the beginning of the next are a chain.
From the FLAP_COUNTth on the subject is flapping, until it has not been down for FLAP_GAP. That is its hysteresis: three
outages to get in, ten calm minutes to get out. Every flip is recorded as ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent.accounting.outages import FLAP_COUNT, FLAP_GAP, in_order
from agent.facts import LEFT_THE_INVENTORY, Change, Flip, Standing
from collectors.readings import Cadence

LOOKS_TO_TELL = 3
LOOK_AGAIN_SECONDS = 10.0
# Beyond LOOKS_TO_TELL, while what is in front is failing too and not yet judged. Its own looks began at the first
# failure of what is behind it (Judgement.ask), so its verdict comes at about the same time; on a machine with too much
# to do the looks of one device may be a minute behind those of another.
LOOKS_TO_WAIT_FOR_A_CAUSE = 9
MOST_LOOKS = LOOKS_TO_TELL + LOOKS_TO_WAIT_FOR_A_CAUSE
TOGETHER = timedelta(seconds=150)  # a cause may be found this much later than what it took down: two pulses and a bit
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SOURCES = ("snmp", "ssh", "tcp", "http", "dns")  # a silent one of these degrades; ICMP is often filtered
REMEMBERED = 8  # outages of a subject that are kept in mind: FLAP_COUNT, and some that may yet be taken back
RECENT = timedelta(hours=2)  # flips recorded in this time before a restart show which subjects are flapping

Outages = tuple[tuple[datetime, datetime | None], ...]  # from, until (None: still open); the oldest first


@dataclass(frozen=True, slots=True)
class Trouble:
    """Failed looks in a row at one thing: `what` is "all" (nothing answered), a source, "link", "lost" or "gone"."""

    what: str
    looks: int
    since: datetime
    seen: tuple[datetime, ...] = ()  # when those looks were

    @classmethod
    def after(cls, earlier: Trouble | None, what: str, at: datetime, most: int = MOST_LOOKS) -> Trouble:
        """One more failed look. Counting stops at `most`, where it no longer decides anything, so that what is held of
        a dead device does not change at every look."""
        if earlier is None:
            return cls(what, 1, at, (at,))
        if earlier.looks >= most:
            return earlier
        return cls(what, earlier.looks + 1, earlier.since, (*earlier.seen, at))


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
    lately: Outages = ()  # its last outages, for flapping
    # Out before, too: BLIND alone does not say if it was carried down. A board read from the ledger does not have it.
    was_out: bool = field(default=False, compare=False)

    @property
    def out(self) -> bool:
        """Of no use to those who depend on it: down, or carried down."""
        return self.standing is Standing.DOWN or (self.standing is Standing.BLIND and self.cause is not None)

    @property
    def serves(self) -> bool | None:
        """Whether those who depend on it have the use of it; None: not known."""
        if self.standing is Standing.BLIND:
            return None if self.cause is None else False
        return self.standing is not Standing.DOWN

    def failing(self, what: str = "all") -> Trouble | None:
        return next((t for t in self.trouble if t.what == what), None)

    @property
    def in_outage(self) -> bool:
        """Down, or out of sight in the midst of an outage."""
        return bool(self.lately) and self.lately[-1][1] is None

    @property
    def downs(self) -> int:
        """How many outages the present chain has, the open one with them; REMEMBERED at most."""
        if not self.lately:
            return 0
        downs, follows = 0, self.lately[-1][0]
        for began, ended in reversed(self.lately):
            if ended is not None and follows - ended > FLAP_GAP:
                break
            downs, follows = downs + 1, began
        return downs

    def flapping_at(self, now: datetime) -> bool:
        """Whether it goes down again and again; not any more once it has not been down for FLAP_GAP."""
        if len(self.lately) < FLAP_COUNT or self.downs < FLAP_COUNT:
            return False
        ended = self.lately[-1][1]
        return ended is None or now - ended < FLAP_GAP


def outages_after(lately: Outages, after: Standing, at: datetime) -> Outages:
    """The last outages once a flip is known: it holds from `at` on, and replaces what was known of the time after that.

    So an accusation that is taken back takes its count back. agent.accounting.outages has the same rule.
    """
    if not lately:
        return ((at, None),) if after is Standing.DOWN else ()
    kept = [outage for outage in lately if outage[0] < at]
    if kept:
        began, ended = kept[-1]
        open_ = ended is None or ended >= at
        if open_ and after is not Standing.DOWN and after is not Standing.BLIND:
            kept[-1] = (began, at)
        elif open_:
            kept[-1] = (began, None)
        elif after is Standing.DOWN:
            kept.append((at, None))
    elif after is Standing.DOWN:
        kept.append((at, None))
    return tuple(kept[-REMEMBERED:])


UNKNOWN = Held()
Board = dict[str, Held]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one visit changes; see the module's docstring."""

    changes: tuple[Change, ...] = ()
    held: Mapping[str, Held] = field(default_factory=dict)
    look_again_in: float | None = None
    look_again: Cadence = Cadence.PULSE  # what that look has to ask
    ask: tuple[str, ...] = ()  # names of other devices to look at at once: those that can show whether it is they


NOTHING = Judgement()


def board_of(last_flips: Iterable[Flip], recent_flips: Iterable[Flip] = ()) -> Board:
    """The board as the ledger last had it: the last flip of every subject (`Ledger.standings()`).

    `recent_flips`: those of the last hours, from which it is known again what is flapping.
    """
    recent: dict[str, list[Flip]] = defaultdict(list)
    for flip in recent_flips:
        recent[flip.subject].append(flip)
    board: Board = {}
    for flip in last_flips:
        if flip.reason == LEFT_THE_INVENTORY:
            continue  # if it is back, it begins anew
        accused = flip.after is Standing.DOWN or (flip.after is Standing.BLIND and flip.before is Standing.DOWN)
        board[flip.subject] = Held(
            flip.after, flip.at, flip.before, flip.cause, flip.reason,
            accused=accused and flip.cause is None,
            lately=_lately(recent.get(flip.subject) or [flip]),
        )  # fmt: skip
    return board


def _lately(flips: list[Flip]) -> Outages:
    if not any(Standing.DOWN in (flip.before, flip.after) for flip in flips):
        return ()
    flips = in_order(flips)
    # What was down before the first of them has been so since nobody here knows when.
    lately: Outages = ((NEVER, None),) if flips[0].before is Standing.DOWN else ()
    for flip in flips:
        lately = () if flip.reason == LEFT_THE_INVENTORY else outages_after(lately, flip.after, flip.at)
    return lately
