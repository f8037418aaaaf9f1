"""What a step of the wall clock asks of what is held, and of what is recorded. Pure.

    board = after_a_step(board, step)              failed looks that are not confirmed yet, in the new time
    goes_on(held, now)                             whether its flips have to be moved when the clock was set back
    moved_back(flips, back) -> tuple[Change, ...]  the flips of one subject that move, in the new time
    held_after(held, changes) -> Held              and what is held of it then

Rules (docs/accounting.md section 4):

- Forward: the time that was leapt over was watched by nobody. It is blind, and an outage goes on through it. A machine
  that slept cannot be told from one whose clock was set, and for the first this is what happened.
- Back: a time comes twice. What goes on, and what ended in the time that comes again, keeps its true length: it is
  moved back with the clock, together with everything before it up to a time of being up that is longer than the step.
  That time gives up what the step takes; so no outage, and no blind time, is shortened, lengthened or lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from agent.accounting.outages import timeline
from agent.facts import Change, Flip, Standing
from agent.health.held import NEVER, Board, Held, outages_after

_SERVES = (Standing.UP, Standing.DEGRADED)


def after_a_step(board: Mapping[str, Held], step: timedelta) -> Board:
    """Looks failed in a row at times that the new clock has later or earlier: what they find is dated by them."""
    return {
        subject: replace(
            held,
            trouble=tuple(
                replace(t, since=t.since + step, seen=tuple(seen + step for seen in t.seen)) for t in held.trouble
            ),
        )
        for subject, held in board.items()
        if held.trouble
    }


def goes_on(held: Held, now: datetime) -> bool:
    """Not what was up before `now` and still is: that is as true in the new time."""
    return held.since > now or (held.since > NEVER and held.standing not in _SERVES)


def moved_back(flips: Iterable[Flip], back: timedelta) -> tuple[Change, ...]:
    holding: Sequence[Flip] = timeline(flips)
    if not holding:
        return ()
    first = len(holding) - 1
    while first > 0 and not (holding[first - 1].after in _SERVES and holding[first - 1].at < holding[first].at - back):
        first -= 1
    # An outage that is only given another beginning keeps its id (agent.accounting.outages.timeline).
    before = holding[first].after if holding[first].after is Standing.DOWN else holding[-1].after
    changes = []
    for flip in holding[first:]:
        looks = tuple(look - back for look in flip.looks)
        changes.append(Change(flip.subject, before, flip.after, flip.at - back, flip.reason, flip.cause, looks))
        before = flip.after
    return tuple(changes)


def held_after(held: Held, changes: Sequence[Change]) -> Held:
    lately = held.lately
    for change in changes:
        lately = outages_after(lately, change.after, change.at)
    return replace(held, since=changes[-1].at, lately=lately)
