"""A deed: its fields, who may do it, and how what was written becomes facts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic_core import PydanticCustomError

from agent.access.who import Role
from agent.facts import Facts, Note, Outage, Window
from agent.inventory.model import Estate
from agent.inventory.values import parse_duration
from agent.recurrence import TimesInvalid, instant, parse_wall

Given = Mapping[str, str]
"""Field > what was written there; what is missing or blank was not given."""

MOST_SUBJECTS = 200
LONGEST_LIST = 20_000  # characters of a list of subjects
LONGEST_VALUE = 8_000  # of anything else, before it is looked at: a note may have 2,000


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with what was written. `field` is empty where it is about none alone; `unreadable`: the
    text of this field means nothing, whatever else was written."""

    field: str
    text: str
    unreadable: bool = False


class Mistakes(Exception):
    """What was written cannot be recorded; `found` has every reason that could be told, in the order of the fields."""

    def __init__(self, *found: Mistake) -> None:
        self.found = found
        super().__init__("; ".join(one.text for one in found))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `kind` says what may be written: one line, a text, one of `choices`, a time of the clock in
    London, a duration such as 4h, yes or nothing, subjects of the inventory (one a line)."""

    name: str
    label: str
    kind: Literal["line", "text", "choice", "moment", "length", "flag", "subjects"] = "line"
    hint: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    wanted: str = ""  # what to say where it is required and missing
    admin: bool = False  # only admins are asked for it and may fill it in


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a deed may look at: who does it when, and what is on record."""

    now: datetime
    author: str
    new_id: Callable[[], UUID]
    outages: Sequence[Outage] = ()
    notes: Sequence[Note] = ()
    estate: Estate | None = None
    outage: Outage | None = None  # that is written about
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was written, understood: each kind of field by itself."""

    text: Mapping[str, str]
    moments: Mapping[str, datetime]
    lengths: Mapping[str, timedelta]

    def flag(self, name: str) -> bool:
        return bool(self.text.get(name))


Make = Callable[[Scene, Read], Facts]
MORE: Callable[[Scene], bool] = lambda _: True  # noqa: E731 - a default, named


@dataclass(frozen=True, slots=True)
class Deed:
    """`title` heads its page, `button` sends the form, `done` is said afterwards. `about`: what it is written about."""

    name: str
    title: str
    button: str
    done: str
    role: Role
    about: Literal["outage", "window", "nothing"]
    make: Make
    fields: tuple[Field, ...] = ()
    explanation: str = ""
    fits: Callable[[Scene], bool] = field(default=MORE)  # whether there is any use in offering it

    @property
    def subject(self) -> str:
        """What it is written about, in a word: an outage or maintenance."""
        return "outage" if self.about == "outage" else "maintenance"

    @property
    def action(self) -> str:
        """As the audit has it: "outage cause", "maintenance plan"."""
        return f"{self.subject} {self.name}"

    def facts(self, scene: Scene, given: Given, role: Role = Role.ADMIN) -> Facts:
        """The facts to record; Mistakes where there are none to be had. `role`: of whoever writes."""
        if not role.covers(self.role):
            raise Mistakes(Mistake("", f"this takes the role {self.role}"))
        return self.make(scene, self._read(given, role))

    def _read(self, given: Given, role: Role) -> Read:
        known = {one.name: one for one in self.fields}
        wrong = [Mistake("", f"there is no field {name[:40]!r} here") for name in given if name not in known]
        text: dict[str, str] = {}
        moments: dict[str, datetime] = {}
        lengths: dict[str, timedelta] = {}
        for name, one in known.items():
            written = given.get(name, "")
            most = LONGEST_LIST if one.kind == "subjects" else LONGEST_VALUE
            if len(written) > most:
                wrong.append(Mistake(name, f"this has {len(written):,} characters, {most:,} are the most", True))
                continue
            # Browsers send line ends as CR LF (HTML, "form submission"); a note keeps the LF alone.
            written = written.replace("\r\n", "\n").replace("\r", "\n").strip()
            if not written:
                if one.required:
                    wrong.append(Mistake(name, one.wanted or f"{one.label.lower()} is wanted"))
                continue
            if one.admin and not role.covers(Role.ADMIN):
                wrong.append(Mistake(name, "this takes the role admin"))
                continue
            try:
                if one.kind == "moment":
                    moments[name] = instant(parse_wall(written))
                elif one.kind == "length":
                    lengths[name] = parse_duration(written)
            except TimesInvalid as problem:
                said = problem.message + (f"; {problem.suggestion}" if problem.suggestion else "")
                wrong.append(Mistake(name, said, True))
            except PydanticCustomError as problem:
                wrong.append(Mistake(name, problem.message(), True))
            text[name] = written
        if wrong:
            raise Mistakes(*wrong)
        return Read(text, moments, lengths)
