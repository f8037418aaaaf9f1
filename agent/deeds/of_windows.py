"""Planning maintenance and ending it. Pure."""

from __future__ import annotations

import re

from agent.access.who import Role
from agent.deeds.deed import MOST_SUBJECTS, Deed, Field, Mistake, Mistakes, Read, Scene
from agent.facts import Facts, WindowEnd
from agent.maintenance import WindowInvalid, checked, upcoming
from agent.recurrence import TimesInvalid, wall_of, wall_text

_BETWEEN = re.compile(r"[,;\n]+")
LONDON_TIME = "As the clock in London shows it."
LONGEST_REASON = 500
ONE_LINE = "the reason is one line of text"


def _plan(scene: Scene, read: Read) -> Facts:
    if scene.estate is None:
        raise Mistakes(Mistake("", "there is no inventory to plan for"))
    subjects = [part.strip() for part in _BETWEEN.split(read.text["subjects"]) if part.strip()]
    if len(subjects) > MOST_SUBJECTS:
        raise Mistakes(Mistake("subjects", f"these are {len(subjects):,}, {MOST_SUBJECTS} are the most: name sites"))
    try:
        window = checked(
            id=scene.new_id(),
            subjects=subjects,
            begins=read.text["from"],
            ends=read.text.get("until"),
            lasts=read.lengths.get("for"),
            owner=read.text.get("owner") or scene.author,
            reason=read.text["reason"],
            repeat=read.text.get("repeat", ""),
            after_the_fact=read.flag("after_the_fact"),
            estate=scene.estate,
            now=scene.now,
        )
    except WindowInvalid as problem:
        raise Mistakes(Mistake(problem.about, str(problem))) from None
    return Facts(windows=(window,))


def _end(scene: Scene, read: Read) -> Facts:
    window, reason = scene.window, read.text["reason"]
    if window is None:
        raise Mistakes(Mistake("", "there is no such planned maintenance"))
    if not reason.isprintable() or len(reason) > LONGEST_REASON:
        raise Mistakes(Mistake("reason", ONE_LINE))
    if refusal := why_not_ended(scene):
        raise Mistakes(Mistake("", refusal))
    return Facts(window_ends=(WindowEnd(window.id, scene.now, scene.author, reason),))


def why_not_ended(scene: Scene) -> str:
    """Why the scene's window cannot be ended; nothing where it can."""
    window = scene.window
    if window is None:
        return "there is no such planned maintenance"
    if window.ended_at is not None:
        return f"it was ended on {wall_text(wall_of(window.ended_at))} by {window.ended_by}"
    if window.name:
        return f"it is the inventory's: take it out of the inventory (maintenance.{window.name})"
    try:
        is_over = not upcoming(window, scene.now, 1)
    except TimesInvalid:
        is_over = False  # a rule that cannot be read is a reason to end it
    return "it is over: there is nothing left to end" if is_over else ""


PLAN = Deed(
    "plan", "Plan maintenance", "Plan it", "The maintenance is planned.", Role.EDITOR, "nothing", _plan,
    (
        Field("subjects", "What it is for", "subjects", "One a line: a device, link, site or service by its name, or "
              "as device:NAME. With a site everything that stands there.", required=True,
              wanted="it is for nothing: name a device, link, site or service"),
        Field("from", "From", "moment", LONDON_TIME, required=True, wanted="say when it begins"),
        Field("until", "Until", "moment", f"{LONDON_TIME} Or how long it lasts:"),
        Field("for", "For", "length", "Instead of an end: for example 90m or 4h."),
        Field("reason", "What is done", hint="In one line.", required=True,
              wanted="it has no reason: say what it is for"),
        Field("owner", "Who answers for it", hint="Left empty: you."),
        Field("repeat", "Again and again", hint="Left empty: once. Otherwise a rule such as FREQ=MONTHLY;BYDAY=1SU or "
              "0 2 * * 0."),
        Field("after_the_fact", "It was planned, but is entered only now", "flag",
              "Counts from its beginning, and is marked as entered after the fact wherever it counts.", admin=True),
    ),
    "Alerts are held meanwhile, and the time counts neither as up nor as down.",
)  # fmt: skip

END = Deed(
    "end", "End maintenance", "End it", "It has ended.", Role.EDITOR, "window", _end,
    (Field("reason", "Why it ends", hint="In one line.", required=True, wanted=ONE_LINE),),
    "What runs is over, and nothing more of it comes. What was stays as it was.",
    lambda scene: not why_not_ended(scene),
)  # fmt: skip
