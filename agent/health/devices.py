"""A device by what answered and what stayed silent. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent.facts import Standing
from agent.health.causes import carry_down, cut_off, front_is_failing, who_can_tell
from agent.health.draft import Draft
from agent.health.held import LOOKS_TO_TELL, LOOKS_TO_WAIT_FOR_A_CAUSE, SOURCES, Held, Trouble
from collectors.readings import Visit


def silent_source(visit: Visit) -> bool:
    answered = visit.answered
    return any(getattr(answered, source) is False for source in SOURCES)


def judge_device(subject: str, held: Held, visit: Visit, draft: Draft, *, blind: bool) -> None:
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
            reason, looks = f"{names} silent, the device answers", silent[0].seen
            draft.flip(subject, Standing.DEGRADED, since, reason, trouble=trouble, looks=looks)
        elif held.standing is Standing.UP or (held.standing is Standing.DEGRADED and trouble):
            draft.keep(subject, replace(held, trouble=trouble))
        else:
            draft.flip(subject, Standing.UP, at, "answers", trouble=trouble)
        return
    failing = trouble[0]  # "all" comes first
    if failing.looks == 1 and held.standing is not Standing.DOWN:
        draft.ask = who_can_tell(subject, draft)
    cut, cause = cut_off(subject, draft)
    if cut and not held.accused:
        draft.flip(
            subject, Standing.BLIND, failing.since, f"cannot be reached: {cause} is down", cause, looks=failing.seen
        )
        draft.keep(subject, replace(draft.of(subject), trouble=()))  # it starts anew when the cause is gone
        if held.cause is None:  # what stands behind it may have been accused while it was not looked at yet
            carry_down(subject, draft)
        return
    patience = LOOKS_TO_TELL + (LOOKS_TO_WAIT_FOR_A_CAUSE if front_is_failing(subject, draft) else 0)
    if failing.looks < patience:
        draft.keep(subject, replace(held, trouble=trouble))
        return
    draft.flip(subject, Standing.DOWN, failing.since, _why(visit), trouble=trouble, looks=failing.seen)
    if held.standing is not Standing.DOWN:
        carry_down(subject, draft)


def _counted(held: Held, visit: Visit) -> tuple[Trouble, ...]:
    """Failed looks in a row after this visit: "all" first, then the sources that were asked and stayed silent.

    A source that was not asked this time (SSH on a pulse) keeps its count.
    """
    trouble = []
    answers = {"all": visit.reached, **{source: getattr(visit.answered, source) for source in SOURCES}}
    for what, answer in answers.items():
        earlier = held.failing(what)
        if answer is False:
            trouble.append(Trouble.after(earlier, what, visit.started_at))
        elif answer is None and earlier:
            trouble.append(earlier)
    return tuple(trouble)


def _why(visit: Visit) -> str:
    asked = [s.upper() for s in ("snmp", "icmp", "ssh", "tcp", "http", "dns") if getattr(visit.answered, s) is False]
    return f"no answer to {', '.join(asked)}" if asked else "no answer"
