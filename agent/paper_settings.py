"""The `papers:` of the settings file: which drafts the agent makes by itself, and when. Pure; see agent.drafts."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, Strict, field_validator

from agent.inventory.credentials import Model
from agent.inventory.values import Flag, Says, refuse

EditionName = Literal["public", "exempt"]
FormName = Literal["html", "pdf", "docx", "xlsx", "csv"]


class PaperSettings(Model):
    """What the agent writes by itself."""

    drafts: Flag = Field(
        default=True, description="Whether a draft of the quarter's paper is made when a quarter is over."
    )
    days_after: Annotated[int, Strict(), Says("whole number of days")] = Field(
        default=3, ge=0, le=60, description="How many days after the end of the quarter, from midnight in London."
    )
    editions: tuple[EditionName, ...] = Field(
        default=("public", "exempt"), description="public: Part I, what may be published. exempt: Part II."
    )
    forms: tuple[FormName, ...] = Field(default=(), description="Kinds of files; left out: all of them.")

    @field_validator("editions")
    @classmethod
    def _check_editions(cls, editions: tuple[EditionName, ...]) -> tuple[EditionName, ...]:
        if not editions:
            refuse("at least one edition is wanted", "[public, exempt], or drafts: false for none at all")
        return editions

    def __str__(self) -> str:
        if not self.drafts:
            return "no drafts"
        days = f"{self.days_after} {'day' if self.days_after == 1 else 'days'} after a quarter"
        return f"drafts {days}, {', '.join(self.editions)}, {', '.join(self.forms) or 'every form'}"


def _keys(value: object) -> object:
    """The environment has them as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict | PaperSettings):
        refuse("keys and values are wanted", '{"drafts": true, "days_after": 3}')
    return value


Papers = Annotated[PaperSettings, BeforeValidator(_keys), Says("[papers](#papers)")]
