"""Planned maintenance as silences of Alertmanager: which are wanted, and what is to be changed for it. Pure.

    wanted = wanted_silences(plan.next_times(now, DAYS), topology, author)
    changes = changes_of(wanted, found, author, now)         found: as GET /api/v2/silences answers

Alertmanager itself keeps which silences are ours: they bear our name and, in the comment, the window and the time they
are for. So none is made twice, whatever the agent has forgotten, and what a person made is never touched.

One time of a window is two silences, because all matchers of a silence must fit: one by `subject`, as the agent's
own alerts and those of outages have it, and one by `device`, for alerts that rules make of a device's metrics. Both
hold what the window covers and what is reached only through it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent.accounting.periods import Period
from agent.alerts.telling import behind
from agent.facts import Window
from agent.hostile import plain
from agent.topology import Topology

DAYS = 7  # ahead
MOST = 200  # silences; those that begin first
_TAG = re.compile(r"\[hartwatch:([^\]\s]{1,200})\]")


@dataclass(frozen=True, slots=True)
class Silence:
    """One that is wanted. `tag` names window, time and sort; `pattern` is an anchored regular expression (RE2)."""

    tag: str
    label: str
    pattern: str
    begins: datetime
    ends: datetime
    comment: str


@dataclass(frozen=True, slots=True)
class Changes:
    """`puts`: bodies for POST; `ends`: ids to expire."""

    puts: tuple[dict[str, Any], ...] = ()
    ends: tuple[str, ...] = ()


def author_of(agent: str) -> str:
    """Whose name our silences bear. Another agent's are not ours."""
    return f"hartwatch {agent}"


def wanted_silences(times: Iterable[tuple[Period, Window]], topology: Topology) -> list[Silence]:
    """Those of the next times of windows, the earliest first."""
    found: list[Silence] = []
    known: dict[tuple[str, ...], dict[str, str]] = {}
    for time, window in times:
        if window.covers not in known:
            known[window.covers] = _patterns(window.covers, topology)
        for label, pattern in known[window.covers].items():
            if len(found) >= MOST:
                return found
            tag = f"{window.id}/{time.began_at.astimezone(UTC):%Y%m%dT%H%M%SZ}/{label}"
            comment = f"{plain(window.reason, 300)} ({plain(window.owner, 100)}) [hartwatch:{tag}]"
            found.append(Silence(tag, label, pattern, time.began_at, time.ended_at, comment))
    return found


def _patterns(covers: Iterable[str], topology: Topology) -> dict[str, str]:
    """Label > what it must match."""
    subjects = set(covers)
    for subject in tuple(subjects):
        subjects.update(behind(subject, topology))
    devices = sorted(s.removeprefix("device:") for s in subjects if s.startswith("device:"))
    # What a device says of its own power supplies is maintained with the device.
    own = [f"redundancy:device/{_quoted(name)}/.+" for name in devices]
    patterns = {"subject": "|".join([*map(_quoted, sorted(subjects)), *own])}
    if devices:
        patterns["device"] = "|".join(map(_quoted, devices))
    return patterns


def _quoted(text: str) -> str:
    """As RE2 wants it: what is special there is escaped, and nothing else."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def ours(found: Iterable[Mapping[str, Any]], author: str) -> dict[str, list[Mapping[str, Any]]]:
    """Tag > silences of ours that are not over; of what a server says nothing is trusted to be there."""
    by_tag: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in found:
        status, comment = one.get("status"), one.get("comment")
        state = status.get("state") if isinstance(status, dict) else None
        tag = _TAG.search(comment) if isinstance(comment, str) else None
        if one.get("createdBy") == author and state in ("active", "pending") and tag and isinstance(one.get("id"), str):
            by_tag[tag[1]].append(one)
    return by_tag


def changes_of(
    wanted: Iterable[Silence], found: Iterable[Mapping[str, Any]], author: str, now: datetime
) -> Changes:  # fmt: skip
    """What to make, change and end, so that exactly the wanted ones are there."""
    there = ours(found, author)
    puts: list[dict[str, Any]] = []
    ends: list[str] = []
    for silence in wanted:
        same = there.pop(silence.tag, [])
        if not same:
            puts.append(_body(silence, author))
            continue
        fits = [one for one in same if _says(one, silence, now)]
        kept = (fits or same)[0]
        if not fits:
            # A silence that runs keeps its beginning; with another one it would become a second silence.
            began = _time_of(kept.get("startsAt"))
            runs = began is not None and began <= now
            puts.append(_body(silence, author) | {"id": kept["id"]} | ({"startsAt": kept["startsAt"]} if runs else {}))
        ends += [str(one["id"]) for one in same if one is not kept]
    ends += [str(one["id"]) for others in there.values() for one in others]
    return Changes(tuple(puts), tuple(ends))


def _says(one: Mapping[str, Any], silence: Silence, now: datetime) -> bool:
    began, ended, matchers = _time_of(one.get("startsAt")), _time_of(one.get("endsAt")), one.get("matchers")
    if began is None or ended is None or not isinstance(matchers, list) or len(matchers) != 1:
        return False
    same_matcher = isinstance(matchers[0], dict) and all(
        matchers[0].get(key, value) == value for key, value in _matcher(silence).items()
    )
    # One that was made while the window ran begins when it was made.
    same_time = ended == silence.ends and (began == silence.begins or max(began, silence.begins) <= now)
    return same_matcher and same_time and one.get("comment") == silence.comment


def _matcher(silence: Silence) -> dict[str, Any]:
    return {"name": silence.label, "value": silence.pattern, "isRegex": True, "isEqual": True}


def _body(silence: Silence, author: str) -> dict[str, Any]:
    return {
        "matchers": [_matcher(silence)],
        "startsAt": silence.begins.astimezone(UTC).isoformat(),
        "endsAt": silence.ends.astimezone(UTC).isoformat(),
        "createdBy": author,
        "comment": silence.comment,
    }


def _time_of(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
