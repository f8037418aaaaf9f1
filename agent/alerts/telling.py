"""What is worth telling of a change: one message for each cause, with what it takes down in it. Pure.

    messages_of(changes, mind, held, now) -> tuple[Message, ...]   of one judgement, once for each channel
    believed_after(messages, believed)                             keeps `mind.believed` up to what was told

Rules:

- An outage is told when it is confirmed, with its true beginning, and with what stands behind it. Sites and services
  that fall by it in the same moment are named in its message; one that falls later, by another leg, is news by itself.
- What is carried down is not told, nor is becoming BLIND: that is no news about the subject.
- People hear that something is well again only where they believe that it is not.
- In planned maintenance nothing is told. What is still down when the window ends, `agent.alerts.due` tells.
- From the third time down on it is flapping: told once, then nothing until it has been steady.
- Lost redundancy is told by itself where no outage of its own is its cause (a power supply); a leg that is down names
  the redundancy that is lost with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from agent.facts import (
    LEFT_THE_INVENTORY,
    Change,
    Message,
    MessageKind,
    Standing,
    has_standing,
    is_group,
    is_whole,
)
from agent.health import FLAP_COUNT, Held
from agent.topology import Topology
from agent.words import LONDON

NAMED = 50  # of what stands behind, and how many more
Level = Literal["critical", "warning", "recovered"]
Takes = Callable[[Message], bool]


@dataclass(slots=True)
class Mind:
    """What telling depends on, beside the change itself.

    `believed`: subject > level of what people were last told of it, for as long as they were not told that it is well.
    `takes`: what a channel takes, where it does not take everything; that something is well again it takes where it was
    told (`heard`: channel, subject) that it is not.
    """

    channels: Sequence[str] = ("log",)
    topology: Topology = field(default_factory=Topology)
    believed: dict[str, Level] = field(default_factory=dict)
    planned: Callable[[str, datetime], bool] = lambda subject, at: False
    takes: Mapping[str, Takes] = field(default_factory=dict)
    heard: set[tuple[str, str]] = field(default_factory=set)

    def addressed(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """Each message, once for each channel that takes it."""
        return tuple(
            replace(message, channel=channel)
            for message in messages
            for channel in self.channels
            if self._takes(channel, message)
        )

    def _takes(self, channel: str, message: Message) -> bool:
        takes = self.takes.get(channel)
        if takes is None:
            return True
        if message.level == "recovered":
            return (channel, message.subject) in self.heard
        return takes(message)

    def hears(self, messages: Iterable[Message]) -> None:
        """Keep what people believe, and by which channel, up to what they were told."""
        for message in messages:
            if not has_standing(message.subject):
                continue
            one = message.channel, message.subject
            if message.level == "recovered":
                self.heard.discard(one)
            else:
                self.heard.add(one)
            believed_after((message,), self.believed)


def messages_of(changes: Sequence[Change], mind: Mind, held: Mapping[str, Held], now: datetime) -> tuple[Message, ...]:
    """Messages for what changed in one judgement. `held`: how things stand after it."""
    if not changes:
        return ()
    fallen = {c.subject for c in changes if c.after is Standing.DOWN and c.cause is None}
    told: list[tuple[Change, Level, str, str, MessageKind]] = []
    for change in changes:
        level = _level(change, mind, fallen, now)
        if level is None:
            continue
        known = held.get(change.subject)
        downs = known.downs if known is not None else 0
        if downs < FLAP_COUNT:
            told.append((change, level, *_words(change, level, changes, mind), _kind(change)))
        elif change.after is Standing.DOWN and downs == FLAP_COUNT:
            told.append((change, "warning", *flapping_words(change.subject, downs), "flapping"))
    return mind.addressed(
        Message("", change.subject, level, title, text, change.at, None, kind)
        for change, level, title, text, kind in told
    )


def believed_after(messages: Iterable[Message], believed: dict[str, Level]) -> None:
    """Keep what people believe up to what they were told."""
    for message in messages:
        if not has_standing(message.subject):
            continue
        if message.level == "recovered":
            believed.pop(message.subject, None)
        elif message.level == "critical":
            believed[message.subject] = "critical"
        else:
            believed.setdefault(message.subject, "warning")  # half of the time used up makes no outage less of one


def _level(change: Change, mind: Mind, fallen: set[str], now: datetime) -> Level | None:
    """Whether it is worth telling, flapping aside."""
    subject, known = change.subject, change.subject in mind.believed
    if change.after is Standing.UP or change.reason == LEFT_THE_INVENTORY:
        return "recovered" if known else None
    if (
        change.after is Standing.BLIND
        or mind.planned(subject, now)
        or (change.cause and mind.planned(change.cause, now))
    ):
        return None
    if change.after is Standing.DEGRADED:
        return "warning" if change.cause is None and not known and change.before is not Standing.DOWN else None
    if is_group(subject) or change.before is Standing.DOWN or mind.believed.get(subject) == "critical":
        return None
    if change.cause is None:
        return "critical"
    return "critical" if is_whole(subject) and change.cause not in fallen else None


def _kind(change: Change) -> MessageKind:
    if change.after is Standing.DEGRADED:
        return "redundancy" if is_group(change.subject) else "degraded"
    return "outage"


# ---------------------------------------------------------------- words
def clock(at: datetime) -> str:
    """A time as London has it."""
    return at.astimezone(LONDON).strftime("%H:%M:%S on %d %B %Y")


def named(subject: str) -> str:
    """ "device sw-1", "redundancy of links wallfields"."""
    kind, _, name = subject.partition(":")
    return f"redundancy of {name.replace('/', ' ')}" if kind == "redundancy" else f"{kind} {name}"


def flapping_words(subject: str, downs: int) -> tuple[str, str]:
    return (
        f"{named(subject)} is flapping",
        f"Down for the {ordinal(downs)} time within minutes. Nothing more is told until it stays up, or stays down.",
    )


def ordinal(number: int) -> str:
    """ "1st", "2nd", "3rd", "11th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _words(change: Change, level: Level, changes: Sequence[Change], mind: Mind) -> tuple[str, str]:
    subject, since = named(change.subject), clock(change.at)
    if level == "recovered":
        if change.reason == LEFT_THE_INVENTORY:
            return f"{subject} is watched no longer", f"Since {since}: {change.reason}."
        also = _fallen_with(change.subject, changes, Standing.UP)
        return f"{subject} is up again", f"Up again since {since}: {change.reason}." + (f" {also}" if also else "")
    if is_group(change.subject):
        return f"{subject} is lost", f"Lost since {since}: {change.reason}."
    state = "down" if level == "critical" else "degraded"
    return f"{subject} is {state}", " ".join(
        part
        for part in (
            f"{state.capitalize()} since {since}: {change.reason}.",
            f"Carried down by {change.cause}." if change.cause else "",
            _fallen_with(change.subject, changes, Standing.DOWN) if state == "down" else "",
            _lost_with(change.subject, changes) if state == "down" else "",
            behind_words(change.subject, mind.topology) if state == "down" else "",
        )
        if part
    )


def _fallen_with(cause: str, changes: Iterable[Change], after: Standing) -> str:
    """Sites and services that fell by a cause in the same moment, or stand again with it."""
    wholes = [
        named(c.subject)
        for c in changes
        if is_whole(c.subject) and c.after is after
        and (c.cause == cause if after is Standing.DOWN else c.before is Standing.DOWN)
    ]  # fmt: skip
    if not wholes:
        return ""
    verb = "is" if len(wholes) == 1 else "are"
    return f"With it {', '.join(wholes)} {verb} {'down' if after is Standing.DOWN else 'up again'}."


def _lost_with(cause: str, changes: Iterable[Change]) -> str:
    lost = [
        named(c.subject) for c in changes if is_group(c.subject) and c.after is Standing.DEGRADED and c.cause == cause
    ]
    return f"Lost with it: {', '.join(lost)}; the other leg carries." if lost else ""


def behind_words(subject: str, topology: Topology) -> str:
    """What is reached only through it, by name: nobody is alerted to any of them."""
    names = behind(subject, topology)
    if not names:
        return ""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{len(names):,} behind it cannot be reached: {', '.join(named(n) for n in names[:NAMED])}{more}."


def behind(subject: str, topology: Topology) -> list[str]:
    """Everything that is reached only through a subject, by name."""
    out, waiting = {subject}, list(topology.front.get(subject, ()))
    while waiting:
        one = waiting.pop()
        if one not in out and all(other in out for other in topology.behind.get(one, ())):
            out.add(one)
            waiting.extend(topology.front.get(one, ()))
    return sorted(out - {subject})
