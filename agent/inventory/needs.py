"""What a service or site needs to stand: `all`, `any` or `at_least` over subjects. Pure.

    needs: service:network                              one subject
    needs: {all: [service:network, {any: [link:a, link:b]}]}
    needs: {at_least: 2, of: [device:hv-1, device:hv-2, device:hv-3]}

A subject is `device:x`, `link:x`, `site:x` or `service:x`; a bare name will do where only one thing bears it, and is
resolved when the inventory is loaded. The dataclasses here are what `Service.needs` and `Site.needs` hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from agent.inventory.values import Says

SubjectKind = Literal["device", "link", "site", "service"]
KINDS: tuple[str, ...] = get_args(SubjectKind)
Path = tuple[str | int, ...]
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that stands or falls; `kind` is None only before the inventory has been cross-checked."""

    name: str
    kind: SubjectKind | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.kind else self.name


@dataclass(frozen=True, slots=True)
class AllOf:
    """Stands when every part stands."""

    parts: tuple[Needs, ...]

    def __str__(self) -> str:
        return " and ".join(_bracketed(part, self) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Stands when one part stands."""

    parts: tuple[Needs, ...]

    def __str__(self) -> str:
        return " or ".join(_bracketed(part, self) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Stands when `count` of the parts stand."""

    count: int
    parts: tuple[Needs, ...]

    def __str__(self) -> str:
        return f"at least {self.count} of ({', '.join(str(part) for part in self.parts)})"


Needs = Subject | AllOf | AnyOf | AtLeast


def _bracketed(part: Needs, within: AllOf | AnyOf) -> str:
    compound = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 and type(part) is not type(within)
    return f"({part})" if compound else str(part)


def subjects(needs: Needs) -> Iterator[Subject]:
    """Every subject an expression speaks of, in reading order, repeated where it is repeated."""
    if isinstance(needs, Subject):
        yield needs
    else:
        for part in needs.parts:
            yield from subjects(part)


def placed(needs: Needs, path: Path = ()) -> Iterator[tuple[Path, Subject]]:
    """Every subject with its way through the file's own form, for errors that name a line: ("all", 1), subject."""
    if isinstance(needs, Subject):
        yield path, needs
        return
    key = "all" if isinstance(needs, AllOf) else "any" if isinstance(needs, AnyOf) else "of"
    for index, part in enumerate(needs.parts):
        yield from placed(part, (*path, key, index))


def holds(needs: Needs, stands: Callable[[Subject], bool | None]) -> bool | None:
    """Whether an expression holds, in three values: None where what we could not look at decides it.

    `any` holds as soon as one part does, whatever the unknown ones are; `all` fails as soon as one part fails.
    """
    if isinstance(needs, Subject):
        return stands(needs)
    answers = [holds(part, stands) for part in needs.parts]
    wanted = len(answers) if isinstance(needs, AllOf) else 1 if isinstance(needs, AnyOf) else needs.count
    standing, unknown = answers.count(True), answers.count(None)
    if standing >= wanted:
        return True
    return None if standing + unknown >= wanted else False


def resolved(needs: Needs, kind_of: Callable[[str], SubjectKind | None]) -> Needs:
    """The same expression with every bare name given its kind."""
    if isinstance(needs, Subject):
        return needs if needs.kind else Subject(needs.name, kind_of(needs.name))
    return replace(needs, parts=tuple(resolved(part, kind_of) for part in needs.parts))


def plain(needs: Needs) -> str | dict[str, Any]:
    """The form it has in the file: the inverse of `parse`."""
    if isinstance(needs, Subject):
        return str(needs)
    parts = [plain(part) for part in needs.parts]
    if isinstance(needs, AtLeast):
        return {"at_least": needs.count, "of": parts}
    return {"all" if isinstance(needs, AllOf) else "any": parts}


def parse_subject(text: str) -> Subject:
    """'link:wallfields-a' or a bare name; ValueError says what is wrong."""
    kind, colon, name = text.partition(":")
    if not colon:
        name, kind = text, ""
    elif kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of subject: {', '.join(f'{k}:' for k in KINDS)}")
    if not name.strip():
        raise ValueError("a subject has a name: device:x, link:x, site:x or service:x")
    return Subject(name, cast("SubjectKind", kind) if kind else None)


# ---------------------------------------------------------------- reading the file's form
@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong in an expression, and where within it."""

    path: Path
    message: str
    suggestion: str = ""


def parse(value: object) -> Needs:
    """The file's form to an expression; every flaw is collected into one pydantic error (`ctx["flaws"]`)."""
    if isinstance(value, Subject | AllOf | AnyOf | AtLeast):
        return value
    flaws: list[Flaw] = []
    needs = _read(value, (), flaws)
    if flaws or needs is None:
        words = "; ".join(flaw.message for flaw in flaws)
        raise PydanticCustomError("needs", "{words}", {"words": words, "flaws": tuple(flaws)})
    return needs


def _read(value: object, path: Path, flaws: list[Flaw]) -> Needs | None:
    if len(path) > 2 * MAX_DEPTH:
        flaws.append(Flaw(path, f"more than {MAX_DEPTH} expressions inside each other"))
        return None
    if isinstance(value, str):
        try:
            return parse_subject(value)
        except ValueError as problem:
            flaws.append(Flaw(path, str(problem)))
            return None
    if isinstance(value, list):
        flaws.append(
            Flaw(path, "a list does not say how many are needed", "put it under all:, any: or at_least: N, of:")
        )
        return None
    if not isinstance(value, dict):
        flaws.append(Flaw(path, "a subject (device:x, link:x, site:x, service:x) or all:, any:, at_least: is wanted"))
        return None
    keys = set(value)
    if keys == {"all"} or keys == {"any"}:
        key = "all" if "all" in keys else "any"
        parts = _parts(value[key], (*path, key), flaws)
        return None if parts is None else AllOf(parts) if key == "all" else AnyOf(parts)
    if keys == {"at_least", "of"}:
        return _at_least(value, path, flaws)
    if keys == {"at_least"} or keys == {"of"}:
        flaws.append(Flaw(path, "at_least: and of: belong together", "write {at_least: 2, of: [a, b, c]}"))
        return None
    listed = ", ".join(repr(str(key)) for key in value) or "nothing"
    flaws.append(Flaw(path, f"one of all:, any: or at_least: with of: is wanted, not {listed}"))
    return None


def _at_least(value: dict[str, object], path: Path, flaws: list[Flaw]) -> Needs | None:
    count, parts = value["at_least"], _parts(value["of"], (*path, "of"), flaws)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        flaws.append(Flaw((*path, "at_least"), "at_least: wants a whole number of 1 or more"))
        return None
    if parts is None:
        return None
    if count > len(parts):
        flaws.append(Flaw((*path, "at_least"), f"{count} are needed and of: lists only {len(parts)}"))
        return None
    return AtLeast(count, parts)


def _parts(value: object, path: Path, flaws: list[Flaw]) -> tuple[Needs, ...] | None:
    if not isinstance(value, list) or not value:
        flaws.append(Flaw(path, "a list of at least one subject is wanted"))
        return None
    parts = [_read(part, (*path, index), flaws) for index, part in enumerate(value)]
    return None if None in parts else tuple(part for part in parts if part is not None)


_SUBJECT_SCHEMA = {"type": "string", "examples": ["device:fw-dh-1", "link:wallfields-vm", "service:network"]}
_LIST_SCHEMA = {"type": "array", "minItems": 1, "items": {"anyOf": [_SUBJECT_SCHEMA, {"type": "object"}]}}
NeedsField = Annotated[
    Needs,
    PlainValidator(parse),
    PlainSerializer(plain),
    WithJsonSchema(
        {
            "anyOf": [
                _SUBJECT_SCHEMA,
                *(
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": [key],
                        "properties": {key: _LIST_SCHEMA},
                    }
                    for key in ("all", "any")
                ),
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["at_least", "of"],
                    "properties": {"at_least": {"type": "integer", "minimum": 1}, "of": _LIST_SCHEMA},
                },
            ]
        }
    ),
    Says("[needs](#needs)"),
]
