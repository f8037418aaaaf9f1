"""The board with a judgement's changes laid over it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from agent.facts import Change, Standing, is_group
from agent.health.held import (
    LOOK_AGAIN_SECONDS,
    LOOKS_TO_TELL,
    LOOKS_TO_WAIT_FOR_A_CAUSE,
    UNKNOWN,
    Held,
    Judgement,
    Trouble,
    outages_after,
)
from agent.topology import Topology
from collectors.readings import Cadence


class Draft:
    """The board with this judgement's changes laid over it."""

    def __init__(self, board: Mapping[str, Held], topology: Topology) -> None:
        self.board = board
        self.topology = topology
        self.held: dict[str, Held] = {}
        self.changes: list[Change] = []
        self.stirred: dict[str, datetime] = {}  # subjects whose standing changed, whose dependents are to be judged
        self.new_expressions_at: datetime | None = None
        self.ask: tuple[str, ...] = ()  # names of devices to look at at once

    def of(self, subject: str) -> Held:
        return self.held.get(subject) or self.board.get(subject, UNKNOWN)

    def keep(self, subject: str, held: Held) -> None:
        if held != self.of(subject):
            self.held[subject] = held

    def flip(
        self, subject: str, after: Standing, at: datetime, reason: str, cause: str | None = None,
        trouble: tuple[Trouble, ...] = (), rewrite: bool = False, looks: tuple[datetime, ...] = (),
    ) -> None:  # fmt: skip
        """Change a subject's standing, never to before its last change unless that very change is rewritten."""
        held = self.of(subject)
        if (after, cause) == (held.standing, held.cause) and not (rewrite and at < held.since):
            self.keep(subject, replace(held, trouble=trouble))
            return
        at = at if rewrite else max(at, held.since)
        accused = (after is Standing.DOWN and cause is None) or (after is Standing.BLIND and held.accused and not cause)
        self.changes.append(Change(subject, held.standing, after, at, reason, cause, looks))
        before = held.before if rewrite else held.standing
        lately = outages_after(held.lately, after, at)
        was_out = held.was_out if rewrite else held.out
        self.held[subject] = Held(after, at, before, cause, reason, accused, trouble, lately, was_out)
        self.stirred[subject] = at

    def judgement(self, subject: str, cadence: Cadence = Cadence.PULSE) -> Judgement:
        """`subject`: whose visit it was; `cadence`: what was asked, and is to be asked again where that is wanting."""
        waiting, again = False, Cadence.PULSE
        for name, held in self.held.items():
            if not held.trouble:
                continue
            if is_group(name):  # only a look that asks for as much can tell
                if any(t.looks < LOOKS_TO_TELL for t in held.trouble):
                    waiting, again = True, cadence
            elif name == subject or name.startswith("link:"):
                waiting = waiting or any(
                    t.looks < LOOKS_TO_TELL or (t.what == "all" and held.standing is not Standing.DOWN)
                    for t in held.trouble
                    if t.what in ("all", "snmp", "link") and t.looks < LOOKS_TO_TELL + LOOKS_TO_WAIT_FOR_A_CAUSE
                )
        soon = LOOK_AGAIN_SECONDS if waiting else None
        return Judgement(tuple(self.changes), self.held, soon, again, self.ask)
