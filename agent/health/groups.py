"""Redundancy groups: whether all that is to stand in for each other does stand. Pure.

UP: every leg serves. DEGRADED: legs are out and the group still holds, so redundancy is lost. DOWN: it does not hold.
BLIND: what cannot be seen decides which of these it is. `cause` is the root of the first leg lost, also while DEGRADED.

What a device says of its own power supplies, cluster or stack is judged by what the inventory expects of it: WARNING
is lost, CRITICAL is none left. It is confirmed as a link is, and BLIND while the device is out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from agent.facts import Standing
from agent.health.draft import Draft
from agent.health.held import LOOKS_TO_TELL, Held, Trouble
from agent.health.wholes import fell_at, since_when
from agent.inventory.needs import AllOf, Subject, holds, subjects
from agent.topology import Group
from collectors.readings import Level, Visit

NAMED = 3  # legs that a reason names


def judge_groups(groups: Mapping[str, Iterable[str]], draft: Draft) -> None:
    """`groups`: with their parts that changed. Nothing stands on a group, so each is judged once."""
    for name, changed in groups.items():
        group = draft.topology.groups.get(name)
        if group is not None:
            _judge_group(name, group, changed, draft)
        else:
            for device in changed:
                _judge_out_of_sight(name, device, draft)


# ---------------------------------------------------------------- legs that are subjects
def _judge_group(name: str, group: Group, changed: Iterable[str], draft: Draft) -> None:
    """As sites and services are judged: only how it stands now is worked out for every change of a part."""
    held = draft.of(name)
    now = _stands_now(group, draft)
    lost = now is Standing.DEGRADED or now is Standing.DOWN
    if lost and held.standing is now:
        _judge_lost(name, group, held, changed, draft)
        return
    if not lost and (held.standing, held.cause) == (now, None):
        return
    parts = {part: draft.of(part) for part in group.parts}
    since = draft.new_expressions_at or since_when(now, held.since, parts, lambda at: _stood_at(group, parts, at))
    if lost:
        causes, why = _legs_lost(group, parts)
        draft.flip(name, now, since, why, causes[0])
    else:
        draft.flip(name, now, since, "all legs stand" if now is Standing.UP else "what decides cannot be seen")


def _judge_lost(name: str, group: Group, held: Held, changed: Iterable[str], draft: Draft) -> None:
    """Legs were lost and still are: since when, and by which cause, may become known only now."""
    earlier = draft.new_expressions_at is None and any(
        part.out and part.since < held.since for part in map(draft.of, changed)
    )
    root = draft.of(held.cause or "").cause
    if not earlier and root is None:
        return
    parts = {part: draft.of(part) for part in group.parts}
    causes, why = _legs_lost(group, parts)
    needs = group.needs if held.standing is Standing.DOWN else AllOf(group.legs)
    since = fell_at(needs, parts) if earlier else held.since
    if since < held.since:
        draft.flip(name, held.standing, since, why, causes[0], rewrite=True)
    elif root in causes and held.cause not in causes:
        draft.flip(name, held.standing, held.since, why, root, rewrite=True)


def _stands_now(group: Group, draft: Draft) -> Standing:
    """How it stands now; as soon as it is certain that legs are lost and that it holds, no more of them are asked."""

    def serves(part: str) -> bool | None:
        return draft.of(part).serves

    answers: Iterable[bool | None]
    if group.plain:  # most are, and the large ones
        answers = map(serves, group.parts)
    else:
        answers = (holds(leg, lambda part: serves(str(part))) for leg in group.legs)
    up = out = 0
    for answer in answers:
        if answer:
            up += 1
        elif answer is False:
            out += 1
        if out and up >= group.count:
            return Standing.DEGRADED
    return group.standing(up, out)


def _stood_at(group: Group, parts: Mapping[str, Held], at: datetime) -> Standing:
    def served(part: Subject) -> bool | None:
        known = parts[str(part)]
        if at >= known.since:
            return known.serves
        if known.was_out:
            return False
        return None if known.before is Standing.BLIND else known.before is not Standing.DOWN

    answers = [holds(leg, served) for leg in group.legs]
    return group.standing(answers.count(True), answers.count(False))


def _legs_lost(group: Group, parts: Mapping[str, Held]) -> tuple[list[str], str]:
    """The roots of the legs that are out, the first to fall first, and in words."""

    def serves(part: Subject) -> bool:
        return not parts[str(part)].out

    fallen = []
    for leg in group.legs:
        if not holds(leg, serves):
            own = {str(part): parts[str(part)] for part in subjects(leg)}
            fell = fell_at(leg, own)
            # A part of it that was out before took nothing down; this one did.
            culprit = min(name for name, held in own.items() if held.out and held.since == fell)
            fallen.append((fell, own[culprit].cause or culprit, str(leg)))
    fallen.sort()
    causes = list(dict.fromkeys(cause for _, cause, _ in fallen))
    names = ", ".join(leg for *_, leg in fallen[:NAMED])
    more = f" and {len(fallen) - NAMED} more" if len(fallen) > NAMED else ""
    left = len(group.legs) - len(fallen)
    needed = f", {group.count} needed" if group.count > 1 else ""
    return causes, f"out: {names}{more}; {left} of {len(group.legs)} left{needed}"


# ---------------------------------------------------------------- what a device says of itself
def judge_expected(visit: Visit, draft: Draft) -> None:
    """What the visit's checks say of expectations; a pulse has none, and says nothing."""
    if not visit.reached:
        return
    for what, name in draft.topology.expected.get(visit.device, ()):
        check = next((check for check in visit.checks if check.check == what), None)
        if check is None or check.level is Level.UNKNOWN:
            continue
        held = draft.of(name)
        if check.level is Level.OK:
            if held.standing is Standing.UP:
                draft.keep(name, replace(held, trouble=()))
            else:
                draft.flip(name, Standing.UP, visit.started_at, check.state)
        else:
            _judge_wanting(name, held, visit, check.state, draft, none_left=check.level is Level.CRITICAL)


def _judge_wanting(name: str, held: Held, visit: Visit, state: str, draft: Draft, *, none_left: bool) -> None:
    """Some are missing ("lost"), or all of them ("gone"): each is confirmed by itself, and a better look ends it."""
    lost = Trouble.after(held.failing("lost"), "lost", visit.started_at)
    gone = Trouble.after(held.failing("gone"), "gone", visit.started_at) if none_left else None
    if gone and gone.looks >= LOOKS_TO_TELL and held.standing is not Standing.DOWN:
        draft.flip(name, Standing.DOWN, gone.since, state, looks=gone.seen)
    elif held.standing is Standing.DOWN:
        if none_left:
            draft.keep(name, replace(held, trouble=()))
        else:
            draft.flip(name, Standing.DEGRADED, visit.started_at, state)
    elif held.standing is Standing.DEGRADED or lost.looks >= LOOKS_TO_TELL:
        draft.flip(name, Standing.DEGRADED, lost.since, state, trouble=(gone,) if gone else (), looks=lost.seen)
    else:
        draft.keep(name, replace(held, trouble=(lost, gone) if gone else (lost,)))


def _judge_out_of_sight(name: str, device: str, draft: Draft) -> None:
    if draft.of(name).standing is Standing.BLIND:
        return  # it was never told, or is out of sight already: there is nothing to lose sight of
    held = draft.of(device)
    if held.out:
        root = held.cause or device
        draft.flip(name, Standing.BLIND, held.since, f"cannot be seen: {root} is down", root)
    elif held.standing is Standing.BLIND:
        draft.flip(name, Standing.BLIND, held.since, held.reason)
