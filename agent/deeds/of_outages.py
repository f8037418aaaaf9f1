"""What may be said of an outage. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agent import saying
from agent.access.who import Role
from agent.deeds.deed import Deed, Field, Mistake, Mistakes, Read, Scene
from agent.facts import CAUSES, PAUSE_REASONS, Facts, Note, Outage
from agent.saying import SaidInvalid, said_of

LONDON_TIME = "As the clock in London shows it."
ALSO = Field("also_carried", "The same of what it took down", "flag", "Each of them gets the same words.")


def _about(scene: Scene) -> Outage:
    if scene.outage is None:
        raise Mistakes(Mistake("", "there is no such outage"))
    return scene.outage


def _say(make: Callable[[Scene, Outage, Read], Note], main: str = "") -> Callable[[Scene, Read], Facts]:
    """Facts of one note. `main`: the field that a complaint is about which names none."""

    def facts(scene: Scene, read: Read) -> Facts:
        outage = _about(scene)
        meant = [outage, *(carried_of(scene, outage) if read.flag("also_carried") else ())]
        try:
            return Facts(notes=tuple(make(scene, one, read) for one in meant))
        except SaidInvalid as problem:
            raise Mistakes(Mistake(problem.about or main, str(problem))) from None

    return facts


def carried_of(scene: Scene, outage: Outage) -> list[Outage]:
    """The outages that this one took down."""
    ended = outage.ended_at or scene.now
    return [
        one for one in scene.outages
        if one.cause == outage.subject and one.began_at < ended and (one.ended_at or scene.now) > outage.began_at
    ]  # fmt: skip


def _is_open(scene: Scene) -> bool:
    return scene.outage is not None and scene.outage.ended_at is None


def _is_over(scene: Scene) -> bool:
    return not _is_open(scene)


def _is_held(scene: Scene) -> bool:
    return _is_open(scene) and said_of(_about(scene), scene.notes, scene.now).held_by is not None


def _stands_still(scene: Scene) -> bool:
    """Whether a pause was begun that nobody has ended."""
    outage = _about(scene)
    said = [n for n in scene.notes if n.outage in outage.ids and n.kind in ("pause", "resume")]
    return bool(said) and said[-1].kind == "pause" and (said[-1].until_at is None or said[-1].until_at > scene.now)


def _not_still(scene: Scene) -> bool:
    return not _stands_still(scene)


def _acknowledge(scene: Scene, outage: Outage, read: Read) -> Note:
    until: datetime | None = scene.now + read.lengths["for"] if "for" in read.lengths else None
    return saying.acknowledge(outage, scene.author, scene.now, until, read.text.get("note", ""))


def _pause(scene: Scene, outage: Outage, read: Read) -> Note:
    times = read.moments
    return saying.pause(
        outage, read.text["reason"], scene.author, scene.now, times.get("since"), times.get("until")
    )  # fmt: skip


def _correct(scene: Scene, outage: Outage, read: Read) -> Note:
    return saying.correct(
        outage, scene.outages, read.text["reason"], scene.author, scene.now,
        read.moments.get("began"), read.moments.get("ended"),
    )  # fmt: skip


OF_OUTAGES = (
    Deed(
        "acknowledge", "Say that you have it", "I have it", "It is yours now.", Role.EDITOR, "outage",
        _say(_acknowledge, "for"),
        (
            Field("for", "For how long", "length", "For example 4h or 1d. Left empty: until the outage is over."),
            Field("note", "What is being done", "text", "It never enters what is public."),
        ),
        "Reminders rest until it expires. The fix clock does not.",
        _is_open,
    ),
    Deed(
        "hand-back", "Hand it back", "Hand it back", "Nobody has it now; reminders come again.", Role.EDITOR, "outage",
        _say(lambda s, o, r: saying.hand_back(o, s.notes, s.author, s.now, r.text.get("note", "")), "note"),
        (Field("note", "Why", "text", "It never enters what is public."),),
        "Nobody has it any more, and reminders come again.",
        _is_held,
    ),
    Deed(
        "cause", "Give the cause", "Save the cause", "The cause is recorded.", Role.EDITOR, "outage",
        _say(lambda s, o, r: saying.cause(o, r.text["cause"], s.author, s.now), "cause"),
        (Field("cause", "Cause", "choice", required=True, choices=CAUSES, wanted="choose a cause"),),
        "Causes are counted over years and printed in public, so there is a fixed list. The last one given holds.",
    ),
    Deed(
        "note", "Add a note", "Add the note", "The note is recorded.", Role.EDITOR, "outage",
        _say(lambda s, o, r: saying.remark(o, r.text["text"], s.author, s.now), "text"),
        (Field("text", "Note", "text", "It never enters what is public.", required=True, wanted="a text is wanted"),),
    ),
    Deed(
        "statement", "Tell the public", "Save the statement", "The statement is recorded.", Role.EDITOR, "outage",
        _say(lambda s, o, r: saying.statement(o, r.text.get("text", ""), s.author, s.now), "text"),
        (Field("text", "Statement", hint="No names of equipment, addresses, suppliers or people. Left empty: what was "
               "said before is taken back."),),
        "One line, printed in the public edition of the papers as it is written. The last one holds.",
    ),
    Deed(
        "ticket", "Add a ticket", "Add the ticket", "The ticket is recorded.", Role.EDITOR, "outage",
        _say(lambda s, o, r: saying.ticket(o, r.text["reference"], s.author, s.now), "reference"),
        (Field("reference", "Reference", hint="For example INC0012345.", required=True,
               wanted="a ticket's reference is wanted"),),
    ),
    Deed(
        "pause", "Pause the fix clock", "Pause the clock", "The fix clock stands still.", Role.EDITOR, "outage",
        _say(_pause, "reason"),
        (
            Field("reason", "Why", "choice", required=True, choices=PAUSE_REASONS, wanted="choose a reason"),
            Field("since", "Since when", "moment", f"{LONDON_TIME} Left empty: from now on."),
            Field("until", "Until when", "moment", f"{LONDON_TIME} Left empty: until somebody resumes it."),
        ),
        "Time for which nobody on the service can be held to account. Who paused it and why is shown with the figures.",
        _not_still,
    ),
    Deed(
        "resume", "Let the fix clock run", "Let it run", "The fix clock runs again.", Role.EDITOR, "outage",
        _say(lambda s, o, r: saying.resume(o, s.notes, s.author, s.now, r.moments.get("at")), "at"),
        (Field("at", "From when on", "moment", f"{LONDON_TIME} Left empty: from now on."),),
        fits=_stands_still,
    ),
    Deed(
        "correct", "Correct its times", "Record the correction", "The correction is recorded.", Role.ADMIN, "outage",
        _say(_correct, "reason"),
        (
            Field("began", "It began", "moment", f"{LONDON_TIME} Left empty: as recorded."),
            Field("ended", "It ended", "moment", f"{LONDON_TIME} Left empty: as recorded."),
            Field("reason", "Why it is known better now", "text", required=True, wanted="a text is wanted"),
            ALSO,
        ),
        "The record stays. Figures go by the correction, and a closed quarter shows it as a restatement.",
    ),
    Deed(
        "void", "Say that it was no outage", "It was no outage", "It counts as no outage now.", Role.ADMIN, "outage",
        _say(lambda s, o, r: saying.void(o, r.text["reason"], s.author, s.now), "reason"),
        (Field("reason", "Why it was none", "text", required=True, wanted="a text is wanted"), ALSO),
        "For example because what looks at it was at fault. The record stays; figures count the time as up.",
        _is_over,
    ),
)  # fmt: skip
