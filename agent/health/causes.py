"""Root causes: what stands behind something that is down is carried down by it, also when that is found late. Pure."""

from __future__ import annotations

from agent.facts import Standing
from agent.health.draft import Draft
from agent.health.held import TOGETHER, Held


def cut_off(subject: str, draft: Draft) -> tuple[bool, str | None]:
    """Whether everything in front of a subject is out, and the root of it."""
    others = draft.topology.behind.get(subject, ())
    if not others or not all(draft.of(other).out for other in others):
        return False, None
    first = min(others, key=lambda other: draft.of(other).since)
    root = draft.of(first).cause or first
    # A link that only this device could show is out because this device is: that is no cause of it.
    return (False, None) if root == subject else (True, root)


def front_is_failing(subject: str, draft: Draft) -> bool:
    """Whether everything in front of a subject is out or on the way there: then its verdict is worth waiting for.

    A link that is out because only this device could show it is no more than this device itself.
    """

    def fails(held: Held) -> bool:
        return (held.out and held.cause != subject) or any(t.what in ("all", "link") for t in held.trouble)

    others = draft.topology.behind.get(subject, ())
    return bool(others) and all(fails(draft.of(other)) for other in others)


def who_can_tell(subject: str, draft: Draft) -> tuple[str, ...]:
    """Names of the devices that show whether what is in front of a subject stands; not those known to fail already.

    Their own turn may be most of an interval away, and by then what is behind them would have been accused.
    """
    found: dict[str, None] = {}
    for other in draft.topology.behind.get(subject, ()):
        for shows in draft.topology.watchers.get(other, ()) if other.startswith("link:") else (other,):
            held = draft.of(shows)
            if shows != subject and not held.out and not held.failing():
                found[shows.removeprefix("device:")] = None
    return tuple(found)


def carry_down(cause: str, draft: Draft) -> None:
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
        cut, root = cut_off(subject, draft)
        if not cut or root is None:
            continue
        reason = f"cannot be reached: {root} is down"
        accused = held.standing is Standing.DOWN and held.cause is None and abs(held.since - since) <= TOGETHER
        elsewhere = held.standing is Standing.BLIND and held.cause not in (None, root)
        if accused or elsewhere:
            draft.flip(subject, Standing.BLIND, held.since, reason, root, rewrite=True)
            waiting.extend(draft.topology.front.get(subject, ()))
