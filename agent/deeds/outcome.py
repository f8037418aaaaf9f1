"""What became of what somebody wrote, and the entry that says who wrote it. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from agent.access.who import Who
from agent.deeds.deed import Deed, Given, Mistake, Scene
from agent.facts import Audit, Facts
from agent.hostile import plain

LONGEST_DETAIL = 300
LONGEST_KEY = 100  # of `Write`: a longer one is none


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state`: it is recorded; it was not, because of `mistakes`, because there is no such target, because this takes
    another role; or it is not known whether it was. `words`: a line for people. `id`: of the maintenance that was
    planned."""

    state: Literal["done", "mistakes", "missing", "refused", "trouble"]
    words: str = ""
    mistakes: tuple[Mistake, ...] = ()
    id: UUID | None = None
    facts: Facts | None = None


Write = Callable[[Who, str, str, Given, str], Awaitable[Outcome]]
"""write(who, name of the deed, id of its outage or maintenance or "", fields, key): the only way by which pages write.
The same key of the same person for the same deed writes once; "" is no key."""


def audit_of(who: Who, deed: Deed, scene: Scene, facts: Facts) -> Audit:
    """The entry that goes into the ledger with the facts, in the same transaction."""
    subject = reference = detail = ""
    if deed.about == "outage" and scene.outage is not None:
        subject, reference = scene.outage.subject, str(scene.outage.id)
        first = facts.notes[0] if facts.notes else None
        if first is not None:
            since = f"from {first.from_at.isoformat()}" if first.from_at else ""
            until = f"until {first.until_at.isoformat()}" if first.until_at else ""
            more = f"and of {len(facts.notes) - 1} more that it took down" if len(facts.notes) > 1 else ""
            detail = " ".join(filter(None, (first.text, since, until, more)))
    for window in facts.windows:
        subject, reference, detail = ", ".join(window.subjects), str(window.id), window.reason
    if scene.window is not None:
        subject, reference = ", ".join(scene.window.subjects), str(scene.window.id)
        detail = facts.window_ends[0].reason if facts.window_ends else ""
    return Audit(
        scene.now, who.user, who.how, who.role.value if who.role else "", who.address, deed.action,
        plain(subject, LONGEST_DETAIL), reference, plain(detail, LONGEST_DETAIL),
    )  # fmt: skip
