"""What stages and reasons are called, in words a councillor understands. The one place for it: papers, pages, commands.
Pure.

    label("overdue")             "Red: replace now"; a colour is never shown without its word and its shape
    sentence("overdue", 3)       "Three pieces of hardware are past the date by which ..."
    STAGE_WORDS["overdue"].it    "It is past the date by which it was to be replaced.", beside the piece itself
    counted("contract", 1)       "One piece of hardware has ..."
    why(reason, today)           "The contract under which it is repaired ended on 31 March 2026 and is to be renewed."

No name of a maker, product or protocol is in it, and nothing that a device or a person wrote, so that it may be
published: what is said of one piece alone goes by `Reason.text`, with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agent.lifecycle.reasons import Reason, ReasonKind
from agent.lifecycle.software import SoftwareStage
from agent.lifecycle.words import EvidenceKind, Stage
from agent.words import day, number_word

Shape = Literal["circle", "triangle", "square", "ring"]
MARKS: Mapping[Shape, str] = {"circle": "\u25cf", "triangle": "\u25b2", "square": "\u25a0", "ring": "\u25cb"}


@dataclass(frozen=True, slots=True)
class Rating:
    """A colour by its word, the shape that goes with it, and the level that pages draw it by."""

    colour: Literal["Green", "Amber", "Red", "Grey"]
    shape: Shape
    level: Literal["ok", "warning", "critical", "unknown"]

    @property
    def mark(self) -> str:
        """The shape as a character, for text."""
        return MARKS[self.shape]


GREEN, AMBER = Rating("Green", "circle", "ok"), Rating("Amber", "triangle", "warning")
RED, GREY = Rating("Red", "square", "critical"), Rating("Grey", "ring", "unknown")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a stage is called. `name`: of a column or a filter; `ask`: what it asks for, behind the colour's word."""

    rating: Rating
    name: str
    ask: str
    one: str  # what one piece of hardware of the stage "is" or "has"
    many: str

    @property
    def label(self) -> str:
        return f"{self.rating.colour}: {self.ask}"

    @property
    def it(self) -> str:
        """What that means, beside the piece itself."""
        return f"It {self.one}."


# The gravest first: in this order they are listed.
STAGE_WORDS: Mapping[Stage, Wording] = {
    "unsupported": Wording(
        RED, "No longer supported", "no longer supported",
        "is no longer supported: if it fails, or a way to break into it is found, nobody will mend it",
        "are no longer supported: if they fail, or a way to break into them is found, nobody will mend them",
    ),
    "overdue": Wording(
        RED, "Past replacement", "replace now", "is past the date by which it was to be replaced",
        "are past the date by which they were to be replaced",
    ),
    "refresh_due": Wording(
        AMBER, "Due for replacement", "plan replacement", "is to be replaced within the coming year",
        "are to be replaced within the coming year",
    ),
    "review_due": Wording(
        AMBER, "Due for review", "review", "has reached the point at which we decide whether to keep it",
        "have reached the point at which we decide whether to keep them",
    ),
    "in_life": Wording(
        GREEN, "In life", "in life", "is within its planned life and needs no decision",
        "are within their planned life and need no decision",
    ),
    "unknown": Wording(
        GREY, "Age not known", "age not known", "has an age that no record tells yet",
        "have an age that no record tells yet",
    ),
}  # fmt: skip
SOFTWARE_WORDS: Mapping[SoftwareStage, Wording] = {
    "unsupported": Wording(
        RED, "No longer supported", "upgrade now", "runs software that no longer gets security updates",
        "run software that no longer gets security updates",
    ),
    "review_due": Wording(
        AMBER, "Due for review", "review", "runs software that is due for its regular review",
        "run software that is due for its regular review",
    ),
    "current": Wording(GREEN, "Up to date", "up to date", "runs software that is kept up to date",
                       "run software that is kept up to date"),
    "unknown": Wording(GREY, "Not known", "not known", "runs software whose age no record tells",
                       "run software whose age no record tells"),
}  # fmt: skip
KNOWN_BY: Mapping[EvidenceKind, str] = {
    "purchased": "purchase record", "installed": "record of installation", "reported": "date the device reports",
    "serial": "serial number", "device": "age of the device it is in", "first_seen": "first seen", "none": "nothing",
}  # fmt: skip


def label(stage: Stage | str) -> str:
    """The stage in a word for its colour and what it asks for."""
    return STAGE_WORDS[stage].label  # type: ignore[index]


def sentence(stage: Stage | str, number: int) -> str:
    """How many pieces of hardware are of a stage, and what that means."""
    words = STAGE_WORDS[stage]  # type: ignore[index]
    return _of(number, words.one, words.many)


def software_sentence(stage: SoftwareStage | str, number: int) -> str:
    words = SOFTWARE_WORDS[stage]  # type: ignore[index]
    return _of(number, words.one, words.many)


# ---------------------------------------------------------------- reasons
_COUNTED: Mapping[ReasonKind, tuple[str, str]] = {
    "review_age": ("is old enough to be reviewed", "are old enough to be reviewed"),
    "replace_age": ("is to be replaced because of its age", "are to be replaced because of their age"),
    "device_date": ("asks itself to be replaced", "ask themselves to be replaced"),
    "end_of_sale": ("can no longer be bought", "can no longer be bought"),
    "end_of_software_maintenance": (
        "no longer gets repairs to its software", "no longer get repairs to their software",
    ),
    "end_of_security_support": (
        "no longer gets the updates that keep intruders out", "no longer get the updates that keep intruders out",
    ),
    "end_of_support": ("is no longer supported by its maker", "are no longer supported by their makers"),
    "contract": ("has a repair contract that is to be renewed", "have a repair contract that is to be renewed"),
    "software_age": ("runs software that is due for review", "run software that is due for review"),
    "software_support": (
        "runs software that no longer gets security updates", "run software that no longer gets security updates",
    ),
}  # fmt: skip


def counted(kind: ReasonKind, number: int) -> str:
    """For how many pieces of hardware a reason holds."""
    return _of(number, *_COUNTED[kind])


# What is said before its day and from it on; {day} is the day.
_WHY: Mapping[ReasonKind, tuple[str, str]] = {
    "review_age": (
        "It will be old enough to be reviewed on {day}.",
        "It has been old enough to be reviewed since {day}.",
    ),
    "replace_age": (
        "Because of its age it is to be replaced by {day}.",
        "Because of its age it was to be replaced by {day}.",
    ),
    "device_date": (
        "It asks itself to be replaced by {day}.",
        "It asked itself to be replaced by {day}.",
    ),
    "end_of_sale": (
        "It can be bought until {day}; after that, another of its kind will be hard to find.",
        "It could be bought until {day}; another of its kind is now hard to find.",
    ),
    "end_of_software_maintenance": (
        "Its maker repairs faults in its software until {day}.",
        "Its maker repaired faults in its software until {day}.",
    ),
    "end_of_security_support": (
        "It gets the updates that keep intruders out until {day}.",
        "It got the updates that keep intruders out until {day}, and no more since.",
    ),
    "end_of_support": (
        "Its maker supports it until {day}.",
        "Its maker supported it until {day}, and no longer mends it.",
    ),
    "contract": (
        "The contract under which it is repaired ends on {day} and is to be renewed.",
        "The contract under which it was repaired ended on {day} and is to be renewed.",
    ),
    "software_age": (
        "The software on it is due for its regular review on {day}.",
        "The software on it has been due for its regular review since {day}.",
    ),
    "software_support": (
        "The software on it gets security updates until {day}.",
        "The software on it got security updates until {day}, and none since.",
    ),
}
_SOME_DAY: Mapping[ReasonKind, str] = {
    "end_of_sale": "It can no longer be bought; since when is not known.",
    "end_of_software_maintenance": "Its maker no longer repairs faults in its software; since when is not known.",
    "end_of_security_support": "It no longer gets the updates that keep intruders out; since when is not known.",
    "end_of_support": "Its maker no longer supports it; since when is not known.",
    "software_support": "The software on it no longer gets security updates; since when is not known.",
}


def why(reason: Reason, today: date) -> str:
    """What a reason says of one piece of hardware, before its day and after."""
    if not reason.day_known:
        return _SOME_DAY[reason.kind]
    before, after = _WHY[reason.kind]
    # A contract still holds on its last day; everything else has come on its day.
    come = reason.on < today or (reason.on == today and reason.kind != "contract")
    text = (after if come else before).format(day=day(reason.on))
    if reason.postponed_from is not None:
        text += f" It was agreed to keep it beyond {day(reason.postponed_from)}."
    return text


def _of(number: int, one: str, many: str) -> str:
    said, what = number_word(number), f"piece of hardware {one}" if number == 1 else f"pieces of hardware {many}"
    return f"{said[:1].upper()}{said[1:]} {what}."
