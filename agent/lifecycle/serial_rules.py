"""Reading rules for serial numbers from YAML: strictly, with file, line and key for every mistake.

    read_rules(SHIPPED) -> tuple[Written, ...]      or RulesInvalid, with every problem there is

A rule is written with the keys of `Written`. `examples` have the date that must come out, `counter_examples` say why
none must; both are tried by tests, and shown in docs/reference/serial-rules.md.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from agent.facts import Asset
from agent.inventory.document import Document, read_document
from agent.inventory.problems import Problem, did_you_mean
from agent.lifecycle.serials import Code, Products, SerialRule

SHIPPED = Path(__file__).resolve().parent / "data" / "serial-rules.yaml"
SEEN = date(2026, 11, 22)  # when an example was first seen, where it does not say


class RulesInvalid(Exception):
    """The rules cannot be used; `problems` has every reason, in the order of lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _pattern(text: str) -> str:
    try:
        groups = set(re.compile(text).groupindex)
    except re.error as error:
        raise PydanticCustomError("pattern", "not a pattern: {why}", {"why": str(error)}) from None
    if "y" not in groups or not groups <= {"y", "w", "m", "d"}:
        raise PydanticCustomError("pattern", "the groups of a pattern are y, and w or m or m and d")
    if ("w" in groups and "m" in groups) or ("d" in groups and "m" not in groups):
        raise PydanticCustomError("pattern", "a week stands alone, a day stands with a month")
    return text


Text = Annotated[str, Field(min_length=1)]
Texts = tuple[Text, ...]
Listed = Annotated[Texts, Field(strict=False)]


class _Code(_Model):
    """How a number is written: `values` (one text, a character each, or a list) from `base` on, or in decimal."""

    base: int | None = None
    values: str | Listed = ()
    decade: bool = False

    def code(self, base: int) -> Code:
        return Code(base if self.base is None else self.base, tuple(self.values), self.decade)


class _Products(_Model):
    """Products that were not made before `since` or after `until`."""

    models: Listed = ()
    families: Listed = ()
    since: date = date.min
    until: date = date.max

    @model_validator(mode="after")
    def _some(self) -> _Products:
        if not self.models and not self.families:
            raise PydanticCustomError("products", "which products? models or families are wanted")
        if self.since > self.until:
            raise PydanticCustomError("products", "until lies before since")
        return self


class Example(_Model):
    """A serial number on a piece of hardware. Vendor: the rule's first; family: none; part: chassis."""

    serial: Text
    vendor: str | None = None
    family: str | None = None
    model: str | None = None
    part: str = "chassis"
    seen: date = SEEN

    def asset(self, vendor: str) -> Asset:
        at = datetime.combine(self.seen, time(12), UTC)
        return Asset(
            UUID(int=0), f"serial:{self.serial}", "example", self.part, "example", "", self.vendor or vendor,
            self.model, self.serial, None, None, None, None, at, at, self.family,
        )  # fmt: skip


class Good(Example):
    made: date


class Bad(Example):
    why: Text


class Written(_Model):
    """One rule as it is written."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    vendors: Annotated[Texts, Field(min_length=1, strict=False)]
    read_as: Listed = ()
    families: Listed = ()
    models: Listed = ()
    parts: Listed = ()
    holds_for: Text  # the product lines in words
    pattern: Annotated[str, AfterValidator(_pattern)]
    year: _Code
    month: _Code = _Code()
    day: _Code = _Code()
    products: Annotated[tuple[_Products, ...], Field(strict=False)] = ()
    confidence: Literal["good", "fair", "low"]
    source: Text
    examples: Annotated[tuple[Good, ...], Field(min_length=1, strict=False)]
    counter_examples: Annotated[tuple[Bad, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _sense(self) -> Written:
        if self.year.decade and (self.year.base is not None or self.year.values):
            raise PydanticCustomError("year", "a decade's digit has neither base nor values")
        if not self.year.decade and self.year.base is None:
            raise PydanticCustomError("year", "the year that is counted from is missing: base")
        if self.year.decade and self.confidence != "low":
            raise PydanticCustomError("year", "one digit of a year may be ten years off: confidence low is wanted")
        if self.read_as and not self.models:
            raise PydanticCustomError("read_as", "read_as wants models: the vendor alone does not tell whose it is")
        return self

    @property
    def rule(self) -> SerialRule:
        return SerialRule(
            self.name,
            self.vendors,
            re.compile(self.pattern),
            self.year.code(0),
            self.month.code(1 if self.month.values else 0),
            self.day.code(1 if self.day.values else 0),
            self.read_as,
            frozenset(self.families),
            _any_of(self.models),
            frozenset(self.parts),
            tuple(Products(_any_of(p.models), frozenset(p.families), p.since, p.until) for p in self.products),
            self.confidence,
            self.source,
        )


class _File(_Model):
    rules: Annotated[tuple[Written, ...], Field(strict=False)]


def _any_of(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """One pattern for all of them, without case."""
    return re.compile("|".join(fnmatch.translate(p) for p in patterns), re.IGNORECASE) if patterns else None


def read_rules(path: Path) -> tuple[Written, ...]:
    """Every rule of a file, in its order; RulesInvalid with every problem, OSError where it cannot be read."""
    document = read_document(path, path.name)
    problems = list(document.problems)
    if not problems:
        try:
            rules = _File.model_validate(document.data if document.data is not None else {}).rules
        except ValidationError as error:
            problems = list(_problems(error, document))
        else:
            problems = list(_twice(rules, document))
            if not problems:
                return rules
    raise RulesInvalid(sorted(problems, key=lambda p: (p.line, p.column)))


KEYS = {"rules", *Written.model_fields, *_Code.model_fields, *_Products.model_fields, *Good.model_fields, "why"}


def _problems(error: ValidationError, document: Document) -> Iterable[Problem]:
    told = set()
    errors = error.errors()
    for one in errors:
        steps, unknown = one["loc"], one["type"] == "extra_forbidden"
        if one["type"] == "too_short" and any(e["loc"][: len(steps)] == steps != e["loc"] for e in errors):
            continue  # empty only because what stands in it is wrong
        place = document.place(steps, of_key=unknown)
        if (place, unknown) in told:  # each branch of "one text or a list" complains
            continue
        told.add((place, unknown))
        if unknown:
            yield document.problem(steps, "unknown key", did_you_mean(steps[-1], KEYS), of_key=True)
        elif one["type"] == "missing":
            yield document.problem(steps, "missing")
        else:
            yield document.problem(steps, one["msg"])


def _twice(rules: Sequence[Written], document: Document) -> Iterable[Problem]:
    names = [rule.name for rule in rules]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield document.problem(("rules", number, "name"), f"a rule {name!r} stands above already")
