"""How every subject stands: one visit, what was known, and the topology in; changes and new knowledge out. Pure.

    judgement = judge(visit, board, topology, blind=False)
    judgement.changes         Changes to record (device first, then links, sites and services, redundancy groups)
    judgement.held            subject > Held, to be put on the board: `board.update(judgement.held)`
    judgement.look_again_in   seconds after which to look again because a look failed, or None
    judgement.look_again      and what that look has to ask: a pulse, but where only checks can tell
    judgement.ask             devices to look at at once, because they can show whether it is they

Rules (docs/design.md section 4):

- A failed look begins to count; the third in a row flips, back-dated to the first. One good look ends it, at that look.
- Nothing answered is DOWN. Something answered while a source stays silent (SNMP is silent, ICMP answers) is DEGRADED.
  ICMP alone staying silent is nothing: firewalls drop it.
- What stands behind subjects that are all DOWN is not accused: it is BLIND, and `cause` names the first that failed.
  At its first failed look they are looked at too, and while they are failing and not yet confirmed, it waits for them.
  One that was accused a moment before its cause was found is re-attributed: a Change back to the same instant, which
  replaces the accusation.
- A blind look (nothing answered and the agent's own self-check failed) is BLIND, never DOWN.
- A link stands as the interfaces say that watch it; a site or service as its expression says, with what is carried
  down counted as down, because its users cannot use it, and with BLIND where only the unknown could decide.
- A redundancy group is UP while all its legs serve, DEGRADED while it holds without one, DOWN when it does not hold
  (agent.health.groups).
- What goes up and down again and again is flapping: `held.flapping_at(now)` (agent.health.held).
- A step of the clock makes no time and loses none (agent.health.steps).
- A restart flips nothing: `board_of(flips, recent)` gives the board as the ledger last had it, and time without
  heartbeats is blind when figures are worked out (agent.accounting.outages).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from agent.accounting.outages import FLAP_COUNT, FLAP_GAP
from agent.facts import LEFT_THE_INVENTORY, Change, Standing, is_group
from agent.health.devices import judge_device, silent_source
from agent.health.draft import Draft
from agent.health.groups import judge_expected, judge_groups
from agent.health.held import (
    LOOK_AGAIN_SECONDS,
    LOOKS_TO_TELL,
    NEVER,
    NOTHING,
    RECENT,
    UNKNOWN,
    Board,
    Held,
    Judgement,
    Trouble,
    board_of,
)
from agent.health.links import judge_links
from agent.health.steps import after_a_step, goes_on, held_after, moved_back
from agent.health.wholes import judge_wholes
from agent.topology import Topology
from collectors.readings import Visit

__all__ = [
    "FLAP_COUNT",
    "FLAP_GAP",
    "LOOKS_TO_TELL",
    "LOOK_AGAIN_SECONDS",
    "NEVER",
    "NOTHING",
    "RECENT",
    "UNKNOWN",
    "Board",
    "Held",
    "Judgement",
    "Trouble",
    "after_a_step",
    "board_of",
    "forget",
    "goes_on",
    "held_after",
    "judge",
    "judge_dependents",
    "lose_sight",
    "moved_back",
]


def judge(visit: Visit, board: Mapping[str, Held], topology: Topology, *, blind: bool = False) -> Judgement:
    """Judge one visit. `blind`: nothing answered, and neither did what the agent checks itself against."""
    subject = f"device:{visit.device}"
    held = board.get(subject, UNKNOWN)
    if (
        visit.reached
        and held.standing is Standing.UP
        and not held.trouble
        and visit.device not in topology.watched
        and not (visit.checks and visit.device in topology.expected)
        and not silent_source(visit)
    ):
        return NOTHING  # nearly every visit ends here
    draft = Draft(board, topology)
    judge_device(subject, held, visit, draft, blind=blind)
    judge_links(visit, draft)
    judge_groups(judge_wholes(draft), draft)
    judge_expected(visit, draft)
    return draft.judgement(subject, visit.cadence) if draft.held else NOTHING


def judge_dependents(board: Mapping[str, Held], topology: Topology, at: datetime) -> Judgement:
    """Judge every site, service and redundancy group anew, after the inventory has changed what they need."""
    draft = Draft(board, topology)
    draft.stirred.update({part: at for part in (*topology.dependents, *topology.grouped)})
    draft.new_expressions_at = at
    judge_groups(judge_wholes(draft), draft)
    return draft.judgement("")


def lose_sight(device: str, board: Mapping[str, Held], topology: Topology, since: datetime, reason: str) -> Judgement:
    """Nothing can be said of a device since then, for a reason of our own: BLIND, as what only it could show."""
    draft = Draft(board, topology)
    draft.flip(f"device:{device}", Standing.BLIND, since, reason)
    for link, _ in topology.watched.get(device, ()):
        if all(draft.of(watcher).standing is Standing.BLIND for watcher in topology.watchers.get(link, ())):
            draft.flip(link, Standing.BLIND, since, reason)
    judge_groups(judge_wholes(draft), draft)
    return draft.judgement("")


def forget(subjects: Iterable[str], board: Mapping[str, Held], at: datetime) -> Judgement:
    """Stop watching: subjects that left the inventory are BLIND from now on, so that no outage stays open for ever."""
    changes = tuple(
        Change(subject, board[subject].standing, Standing.BLIND, at, LEFT_THE_INVENTORY)
        for subject in subjects
        if subject in board and _is_open(subject, board[subject])
    )
    return Judgement(changes, {c.subject: Held(since=at, before=c.before, reason=c.reason) for c in changes})


def _is_open(subject: str, held: Held) -> bool:
    """Whether something is still being counted of it: also while it is BLIND an outage or a loss may be open."""
    if held.standing is not Standing.BLIND or held.accused or held.in_outage:
        return True
    return is_group(subject) and held.before in (Standing.DEGRADED, Standing.DOWN)
