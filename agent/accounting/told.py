"""A quarter as people are told of it, whether its figures are frozen or not. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.accounting.availability import Figures, Terms, Times
from agent.calendar_uk import Quarter


@dataclass(frozen=True, slots=True)
class Line:
    """One subject in one quarter."""

    subject: str
    terms: Terms
    all_hours: Times
    service_hours: Times
    outages: int
    fixed: int
    within_target: int
    mean_fix: timedelta | None
    flaps: int


@dataclass(frozen=True, slots=True)
class Restatement:
    """A figure of a closed period that is another now. `was` and `now` are for people."""

    subject: str
    figure: str
    was: str
    now: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """A quarter. `as_of`: what is known up to then; `closed_at` None: its figures are not frozen.

    `known`: the quarters of which anything was watched, the newest first.
    """

    quarter: Quarter
    as_of: datetime
    lines: Mapping[str, Line]
    closed_at: datetime | None = None
    closed_by: str = ""
    restated: Sequence[Restatement] = ()
    known: Sequence[Quarter] = ()


def line_of(figures: Figures) -> Line:
    return Line(
        figures.subject, figures.terms, figures.all_hours, figures.service_hours, figures.outages, figures.fixed,
        figures.within_target, figures.mean_fix, figures.flaps,
    )  # fmt: skip
