"""Sites and services by what they need. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import pairwise

from agent.facts import Standing
from agent.health.draft import Draft
from agent.health.held import Held
from agent.inventory.needs import Needs, Subject, holds, subjects

_STANDINGS = {True: Standing.DEGRADED, False: Standing.DOWN, None: Standing.BLIND}  # by whether it serves, if not UP


def judge_wholes(draft: Draft) -> dict[str, list[str]]:
    """Sites and services whose parts changed, and those that need them in turn (loops were refused at load).

    Gives the redundancy groups of which a part changed on the way, with these parts: they are judged once, at the end.
    """
    topology = draft.topology
    groups: dict[str, list[str]] = {}
    for _ in range(len(topology.needs) + 1):
        stirred, draft.stirred = draft.stirred, {}
        wholes: dict[str, list[str]] = {}
        for part in stirred:
            for whole in topology.dependents.get(part, ()):
                wholes.setdefault(whole, []).append(part)
            for group in topology.grouped.get(part, ()):
                groups.setdefault(group, []).append(part)
        if not wholes:
            break
        for whole, changed in wholes.items():
            _judge_whole(whole, changed, draft)
    return groups


def _judge_whole(whole: str, changed: Iterable[str], draft: Draft) -> None:
    """Judge a site or service of which some parts have changed.

    When half of an estate fails at once, a service that needs every site is judged at every flip of one. So nothing
    here may look at every part for every change of every part: only how it stands now is worked out anew.
    """
    needs = draft.topology.needs[whole]
    held = draft.of(whole)

    def stood(part: Subject, at: datetime, *, fully: bool) -> bool | None:
        known = draft.of(str(part))
        if at >= known.since:
            return known.serves if not fully or known.standing is not Standing.DEGRADED else False
        if known.was_out:
            return False
        if known.before is Standing.BLIND:
            return None
        return known.before is Standing.UP or (known.before is Standing.DEGRADED and not fully)

    def standing_at(at: datetime) -> Standing:
        if holds(needs, lambda part: stood(part, at, fully=True)):
            return Standing.UP
        return _STANDINGS[holds(needs, lambda part: stood(part, at, fully=False))]

    now = _stands_now(needs, draft)
    if now is not Standing.DOWN and (held.standing, held.cause) == (now, None):
        return  # as before; since when is not asked, because that looks through the changes of every part
    if now is held.standing is Standing.DOWN:
        _judge_fallen(whole, held, changed, draft)
        return
    parts = {str(part): draft.of(str(part)) for part in subjects(needs)}
    since = draft.new_expressions_at or since_when(now, held.since, parts, standing_at)
    if now is not Standing.DOWN:
        reasons = {Standing.UP: "what it needs stands", Standing.DEGRADED: "a part it needs is degraded"}
        draft.flip(whole, now, since, reasons.get(now, "what it needs cannot be seen"))
        return
    causes, why = _causes(parts)
    draft.flip(whole, now, since, why, causes[0])


def _stands_now(needs: Needs, draft: Draft) -> Standing:
    """Apart from how it stood at other times, because this is asked for every change of every part."""
    of = draft.of
    degraded = False

    def serves(part: Subject) -> bool | None:
        nonlocal degraded
        held = of(str(part))
        standing = held.standing
        if standing is Standing.UP:
            return True
        if standing is Standing.DEGRADED:
            degraded = True
        return held.serves

    answer = holds(needs, serves)
    if not answer or not degraded:
        return Standing.UP if answer else _STANDINGS[answer]

    def serves_fully(part: Subject) -> bool | None:
        held = of(str(part))
        return held.serves if held.standing is not Standing.DEGRADED else False

    return Standing.UP if holds(needs, serves_fully) else Standing.DEGRADED


def _judge_fallen(whole: str, held: Held, changed: Iterable[str], draft: Draft) -> None:
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
    since = fell_at(needs, parts) if earlier else held.since
    if since < held.since:  # a part was confirmed later and fell earlier: so did the whole
        draft.flip(whole, Standing.DOWN, since, why, causes[0], rewrite=True)
    elif root in causes and held.cause not in causes:
        draft.flip(whole, Standing.DOWN, held.since, why, root, rewrite=True)


def _causes(parts: Mapping[str, Held]) -> tuple[list[str], str]:
    """What took down the parts that are out, the first to fall first, and in words."""
    lost = sorted((part.since, name) for name, part in parts.items() if part.out)
    causes = list(dict.fromkeys(parts[name].cause or name for _, name in lost))
    return causes, f"{', '.join(causes[:3])} {'is' if len(causes) == 1 else 'are'} down"


def since_when(
    now: Standing, at_most: datetime, parts: Mapping[str, Held], standing_at: Callable[[datetime], Standing]
) -> datetime:
    """Since when a whole stands as it does: back through the parts' changes for as long as they give the same.

    Not further than `at_most`, its own last change.
    """
    times = sorted({part.since for part in parts.values()}, reverse=True)
    times = times[: sum(at > at_most for at in times) + 1]
    return next((later for later, earlier in pairwise(times) if standing_at(earlier) is not now), times[-1])


def fell_at(needs: Needs, parts: Mapping[str, Held]) -> datetime:
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
