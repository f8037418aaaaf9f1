"""A link by the interfaces that watch it. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent.facts import Standing
from agent.health.causes import carry_down
from agent.health.draft import Draft
from agent.health.held import LOOKS_TO_TELL, Held, Trouble
from collectors.readings import Visit


def judge_links(visit: Visit, draft: Draft) -> None:
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
                    carry_down(link, draft)
            elif all(w.standing is Standing.BLIND for w in lost) and held.standing is not Standing.BLIND:
                draft.flip(link, Standing.BLIND, visit.started_at, "the agent itself was cut off")


def _judge_link(link: str, held: Held, visit: Visit, what: str, draft: Draft, *, up: bool) -> None:
    if up:
        if held.standing is Standing.UP:
            draft.keep(link, replace(held, trouble=()))
        else:
            draft.flip(link, Standing.UP, visit.started_at, what)
        return
    failing = Trouble.after(held.failing("link"), "link", visit.started_at, LOOKS_TO_TELL)
    if failing.looks < LOOKS_TO_TELL:
        draft.keep(link, replace(held, trouble=(failing,)))
        return
    draft.flip(link, Standing.DOWN, failing.since, what, trouble=(failing,), looks=failing.seen)
    if held.standing is not Standing.DOWN:
        carry_down(link, draft)


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
