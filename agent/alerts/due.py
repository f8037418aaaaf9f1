"""What time alone makes worth telling: the fix clock's marks, reminders, the end of a window or of flapping. Pure.

    due(board, running, mind, told, now, remind_every) -> tuple[Message, ...]      call it every few seconds

Rules:

- What people believe is held against how things stand. Somebody who was not told of an outage, because it began in
  planned maintenance, is told when the window has ended and it is still down. Somebody who was told of one that has
  ended, or of flapping that has ceased for FLAP_GAP, is told that it is well. So nothing depends on one chance to tell.
- A data centre that does not carry full service is told of at the same marks of four hours after the other was lost.
- At 50, 75 and 100 % of the fix target an outage is told again, once each; of marks that passed unseen only the last.
- An outage that nobody has acknowledged is told again every `remind_every`. An acknowledgement quiets that, until it
  expires, and not the clock.
- In planned maintenance nothing is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from agent.accounting.fix_clock import MARKS
from agent.accounting.readiness import Readiness
from agent.accounting.running import Running
from agent.alerts.telling import Level, Mind, behind_words, clock, flapping_words, named
from agent.facts import Message, MessageKind, Standing, is_group
from agent.health import FLAP_GAP, Held
from agent.words import long_span

Told = tuple[str, Level, str, str, datetime, str | None, MessageKind]  # subject, level, title, text, at, key, kind


def due(
    board: Mapping[str, Held], running: Iterable[Running], mind: Mind, told: Collection[str], now: datetime,
    remind_every: timedelta, readiness: Iterable[Readiness] = (),
) -> tuple[Message, ...]:  # fmt: skip
    """Messages that are due. `told`: keys of those that were told already."""
    found = [
        *_well_again(board, mind, now),
        *_not_known(board, mind, now),
        *_again(running, mind, told, now, remind_every),
        *_full_service(readiness, mind, told, now),
    ]
    return mind.addressed(Message("", *one) for one in found)


# ---------------------------------------------------------------- what people believe, and how it is
def _well_again(board: Mapping[str, Held], mind: Mind, now: datetime) -> Iterator[Told]:
    for subject in mind.believed:
        held = board.get(subject)
        if held is None:
            yield (
                subject,
                "recovered",
                f"{named(subject)} is watched no longer",
                "It has left the inventory.",
                now,
                None,
                "outage",
            )
        elif held.standing is Standing.UP and not held.flapping_at(now):
            steady = " It has been steady since." if held.downs > 1 else ""
            text = f"Up again since {clock(held.since)}: {held.reason}.{steady}"
            yield subject, "recovered", f"{named(subject)} is up again", text, held.since, None, "outage"


def _not_known(board: Mapping[str, Held], mind: Mind, now: datetime) -> Iterator[Told]:
    not_well = [(s, h) for s, h in board.items() if h.standing is Standing.DOWN or h.standing is Standing.DEGRADED]
    not_well.sort(key=lambda row: row[1].cause is not None)  # causes first: what fell by one is told with it
    heard = set(mind.believed)
    for subject, held in not_well:
        believed = mind.believed.get(subject)
        if mind.planned(subject, now) or (held.cause is not None and mind.planned(held.cause, now)):
            continue
        if held.standing is Standing.DEGRADED:
            if believed is None and held.cause is None and held.before is not Standing.DOWN:
                state = "lost" if is_group(subject) else "degraded"
                text = f"{state.capitalize()} since {clock(held.since)}: {held.reason}."
                kind: MessageKind = "redundancy" if is_group(subject) else "degraded"
                yield subject, "warning", f"{named(subject)} is {state}", text, held.since, None, kind
            continue
        if is_group(subject) or believed == "critical" or (held.cause is not None and held.cause in heard):
            continue
        if held.flapping_at(now) and now - held.since < FLAP_GAP:
            if believed is None:  # it began to flap in a window that has ended meanwhile
                yield subject, "warning", *flapping_words(subject, held.downs), held.since, None, "flapping"
            continue
        heard.add(subject)
        text = f"Down since {clock(held.since)}: {held.reason}. {behind_words(subject, mind.topology)}".rstrip()
        yield subject, "critical", f"{named(subject)} is down", text, held.since, None, "outage"


# ---------------------------------------------------------------- the clock, and reminders
def _again(
    running: Iterable[Running], mind: Mind, told: Collection[str], now: datetime, remind_every: timedelta
) -> Iterator[Told]:
    for one in running:
        outage = one.outage
        if outage.subject not in mind.believed or mind.planned(outage.subject, now):
            continue  # who has not heard of it is told first
        mark = next((mark for mark in reversed(MARKS) if one.clock.used >= mark), None)
        key = f"fix/{outage.id}/{mark:.0%}" if mark is not None else ""
        if mark is not None and key not in told:
            level: Level = "critical" if mark >= 1 else "warning"
            yield outage.subject, level, *_mark_words(one, mark), outage.began_at, key, "fix_clock"
            continue
        times = (now - outage.began_at) // remind_every if remind_every else 0
        key = f"remind/{outage.id}/{times}"
        if times and one.held_by is None and key not in told:
            lasted = long_span(now - outage.began_at)
            text = f"Down for {lasted}, since {clock(outage.began_at)}: {outage.reason}. Nobody has acknowledged it."
            title = f"{named(outage.subject)} is still down"
            yield outage.subject, "warning", title, text, outage.began_at, key, "reminder"


def _full_service(readiness: Iterable[Readiness], mind: Mind, told: Collection[str], now: datetime) -> Iterator[Told]:
    """The clock of a data centre that has lost the other: full service is due within FULL_SERVICE."""
    for one in readiness:
        lost = one.clock
        if lost is None or not lost.not_up or mind.planned(f"site:{lost.lost}", now):
            continue
        used = (now - lost.since) / (lost.deadline - lost.since)
        mark = next((mark for mark in reversed(MARKS) if used >= mark), None)
        key = f"full-service/{one.site}/{lost.since.isoformat()}/{mark:.0%}" if mark is not None else ""
        if mark is None or key in told:
            continue
        services = ", ".join(named(f"service:{service}") for service in lost.not_up)
        passed = "all of the time to full service is used" if mark >= 1 else f"{mark:.0%} of the time to it is used"
        title = f"{named(f'site:{one.site}')} does not carry full service: {passed}"
        text = (
            f"{named(f'site:{lost.lost}')} is down since {clock(lost.since)}; full service is due by "
            f"{clock(lost.deadline)}. Not up yet: {services}."
        )
        yield f"site:{lost.lost}", "critical", title, text, lost.since, key, "full_service"


def _mark_words(one: Running, mark: float) -> tuple[str, str]:
    outage, fix = one.outage, one.clock
    hours = "elapsed" if fix.terms.fix_clock == "elapsed" else "service hours"
    used = "all of the time to fix it is used" if mark >= 1 else f"{mark:.0%} of the time to fix it is used"
    with_it = [named(s) for s in outage.carried if s.startswith(("service:", "site:"))]
    return f"{named(outage.subject)}: {used}", " ".join(
        part
        for part in (
            f"Down since {clock(outage.began_at)}: {outage.reason}.",
            f"{long_span(fix.counted)} of {long_span(fix.target)} are used ({hours}).",
            f"With it: {', '.join(with_it)}." if with_it else "",
            f"{one.held_by.author} has it." if one.held_by is not None else "Nobody has acknowledged it.",
        )
        if part
    )
