"""Reads module definitions: the built-in ones, and files in snmp_exporter's own format, which win over them.

    modules = read_modules([Path("/etc/hartwatch/snmp*.yml")])      blocking; ModulesInvalid has every reason

Of several files with a module of one name the last counts, as for snmp_exporter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.exporter.snmp.document import Document, read_document
from agent.exporter.snmp.model import (
    AuthForm,
    ExtractForm,
    FilterForm,
    IndexForm,
    LookupForm,
    MetricForm,
    ModuleForm,
    NamedAuthForm,
    OldModuleForm,
)
from agent.exporter.snmp.modules import Module, Modules, access_of, module_of
from agent.inventory.problems import Problem, did_you_mean
from collectors import SnmpAccess

BUILT_IN = Path(__file__).parent / "modules"
_TOLD_AT_MOST = 20  # of one file: whoever has named the wrong one need not read them all
_NEW = {"auths", "modules", "version", "templates"}  # the last is ours: what rows have in common, by anchors
_BELOW: dict[str, type[BaseModel]] = {
    "metrics": MetricForm, "indexes": IndexForm, "lookups": LookupForm, "filters": FilterForm,
    "regex_extracts": ExtractForm, "auth": AuthForm,
}  # fmt: skip
T = TypeVar("T", bound=BaseModel)


class ModulesInvalid(Exception):
    """Module definitions cannot be used; `problems` has every reason, one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def read_modules(patterns: Iterable[Path] = ()) -> Modules:
    """The built-in modules and those of the files; a pattern with *, ? or [ may match none, a plain path must be there.

    Blocking. ModulesInvalid where a file cannot be read or has a definition that cannot be used.
    """
    modules = dict(built_in())
    auths: dict[str, SnmpAccess] = {}
    problems: list[Problem] = []
    for path in _files(patterns):
        try:
            document = read_document(path, str(path))
        except OSError as error:
            words = f"cannot read these module definitions: {(error.strerror or str(error)).lower()}"
            problems.append(Problem(str(path), 0, 0, "", words, "see snmp_modules in the settings"))
            continue
        found = list(document.problems) or list(_take(document, modules, auths))
        problems += found[:_TOLD_AT_MOST]
        if len(found) > _TOLD_AT_MOST:
            problems.append(Problem(str(path), 0, 0, "", f"and {len(found) - _TOLD_AT_MOST} problems more"))
    if problems:
        raise ModulesInvalid(problems)
    return Modules(modules, auths)


@cache
def built_in() -> dict[str, Module]:
    """Modules that are there without any file. Broken data is a mistake of the program."""
    modules: dict[str, Module] = {}
    for path in sorted(BUILT_IN.glob("*.yml")):
        document = read_document(path, path.name)
        problems = [*document.problems, *_take(document, modules, {})]
        if problems:
            raise AssertionError(f"a built-in module is broken: {problems[0]}")
    return modules


def _files(patterns: Iterable[Path]) -> Iterator[Path]:
    for pattern in patterns:
        if any(wild in str(pattern) for wild in "*?["):
            yield from sorted(Path(pattern.anchor or ".").glob(str(pattern.relative_to(pattern.anchor))))
        else:
            yield pattern


def _take(document: Document, modules: dict[str, Module], auths: dict[str, SnmpAccess]) -> Iterator[Problem]:
    """Add what the document has; gives what is wrong with it."""
    data = document.data
    if data is None:
        return
    if not isinstance(data, dict):
        yield document.problem((), "module definitions in the form of snmp_exporter's snmp.yml are wanted")
        return
    new = set(data) <= _NEW and not {"walk", "get", "metrics"} & set(data.get("modules") or {})
    if not new:
        yield from _modules(document, data, (), OldModuleForm, modules)
        return
    yield from _modules(document, data.get("modules"), ("modules",), ModuleForm, modules)
    named = data.get("auths")
    if named is not None and not isinstance(named, dict):
        yield document.problem(("auths",), "names with a credential each are wanted")
        return
    for name, value in (named or {}).items():
        form, problems = _form(document, ("auths", name), NamedAuthForm, value)
        yield from problems
        if form is not None:
            auths[name] = access_of(form)


def _modules(
    document: Document, data: Any, steps: tuple[str, ...], kind: type[ModuleForm], modules: dict[str, Module]
) -> Iterator[Problem]:
    if data is not None and not isinstance(data, dict):
        yield document.problem(steps, "names with a module each are wanted")
        return
    for name, value in (data or {}).items():
        form, problems = _form(document, (*steps, name), kind, value)
        yield from problems
        if form is not None:
            modules[name] = module_of(name, form)


def _form(document: Document, steps: tuple[str, ...], kind: type[T], value: Any) -> tuple[T | None, list[Problem]]:
    try:
        return kind.model_validate({} if value is None else value), []
    except ValidationError as error:
        # No value is repeated: it may be a secret.
        errors = error.errors(include_url=False, include_input=False, include_context=True)
        return None, [_problem(document, steps, one, kind) for one in errors]


def _problem(document: Document, steps: tuple[str, ...], error: ErrorDetails, kind: type[BaseModel]) -> Problem:
    within = tuple(step for step in error["loc"] if step != "[key]")
    unknown = error["type"] == "extra_forbidden"
    if unknown:
        suggestion = did_you_mean(str(within[-1]), _keys(kind, within[:-1]))
        return document.problem(
            (*steps, *within), "there is no such key in a module definition", suggestion, of_key=True
        )
    message = error["msg"]
    if error["type"] != "refused":  # pydantic's sentences begin with a capital letter, names keep theirs
        message = message[:1].lower() + message[1:]
    return document.problem((*steps, *within), message, of_key="[key]" in error["loc"])


def _keys(kind: type[BaseModel], steps: Sequence[str | int]) -> list[str]:
    """The keys that may stand at a path below a model."""
    return list(next((_BELOW[str(step)] for step in reversed(steps) if step in _BELOW), kind).model_fields)
