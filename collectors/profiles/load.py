"""Read profiles from folders of YAML: strictly, with file, line and key for every mistake."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from collectors.profiles.model import LISTS, Identity, Profile

FAMILIES = Path(__file__).resolve().parent.parent / "families"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ProfileInvalid(Exception):
    """A profile that cannot be used. `str()` has one line per mistake: file:line: key: what is wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Profiles:
    """All families, extended and ready. Abstract ones are resolved away."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.by_name: dict[str, Profile] = {p.profile: p for p in profiles}

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.by_name.values())

    def __getitem__(self, name: str) -> Profile:
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __len__(self) -> int:
        return len(self.by_name)


@lru_cache(maxsize=1)
def builtin() -> Profiles:
    """The families that come with Hartwatch."""
    return load(FAMILIES)


def load(*folders: Path) -> Profiles:
    """Read every *.yaml below the folders; later folders replace profiles of the same name. Raises ProfileInvalid."""
    raw: dict[str, tuple[Path, Profile]] = {}
    problems: list[str] = []
    for folder in folders:
        seen: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.yaml")):
            if path.stem.startswith("__"):  # __vendors.yaml and the like: data of other kinds
                continue
            try:
                profile = read(path)
            except ProfileInvalid as problem:
                problems += problem.problems
                continue
            if profile.profile in seen:
                problems.append(f"{path}: profile {profile.profile!r} is already in {seen[profile.profile]}")
                continue
            seen[profile.profile] = path
            raw[profile.profile] = (path, profile)
    resolved: dict[str, Profile] = {}
    for name, (path, _) in raw.items():
        try:
            _resolve(name, raw, resolved, ())
        except ProfileInvalid as problem:
            problems += [f"{path}: {p}" for p in problem.problems if f"{path}: {p}" not in problems]
    if problems:
        raise ProfileInvalid(problems)
    return Profiles(p for n, p in resolved.items() if not n.startswith("_"))


def read(path: Path) -> Profile:
    """One file, on its own: not yet extended. Raises ProfileInvalid."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ProfileInvalid([f"{path}: cannot be read: {problem}"]) from None
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader, the C one where there is one)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise ProfileInvalid([f"{path}{at}: not YAML: {getattr(problem, 'problem', problem)}"]) from None
    if not isinstance(data, dict):
        raise ProfileInvalid([f"{path}:1: a profile is a mapping that begins with `profile: NAME`"])
    try:
        profile = Profile.model_validate(data)
    except ValidationError as problem:
        raise ProfileInvalid(_explain(path, text, problem)) from None
    if profile.profile != path.stem:
        raise ProfileInvalid([f"{path}: profile: is {profile.profile!r}, and must be the file's name, {path.stem!r}"])
    return profile


def _resolve(
    name: str, raw: dict[str, tuple[Path, Profile]], done: dict[str, Profile], way: tuple[str, ...]
) -> Profile:
    """The profile with everything it extends: its own entries first, then those of each base in order."""
    if name in done:
        return done[name]
    if name in way:
        raise ProfileInvalid([f"extends: goes in a circle: {' > '.join((*way, name))}"])
    own = raw[name][1]
    merged: dict[str, Any] = {key: list(getattr(own, key)) for key in LISTS}
    identity = {key: list(getattr(own.identity, key)) for key in Identity.model_fields}
    device_class, entity_parts, ssh = own.device_class, own.entity_parts, own.ssh
    relocate = own.relocate
    for base_name in own.extends:
        if base_name not in raw:
            near = difflib.get_close_matches(base_name, raw, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ProfileInvalid([f"extends: there is no profile {base_name!r}{hint}"])
        base = _resolve(base_name, raw, done, (*way, name))
        for key in LISTS:
            if key not in own.instead:
                merged[key] += [entry for entry in getattr(base, key) if entry not in merged[key]]
        for key in identity:
            identity[key] += [s for s in getattr(base.identity, key) if s not in identity[key]]
        device_class = device_class or base.device_class
        entity_parts = base.entity_parts if entity_parts is None else entity_parts
        ssh = ssh or base.ssh
        relocate = relocate or base.relocate
    done[name] = own.model_copy(
        update=merged
        | {"identity": Identity(**identity), "device_class": device_class, "entity_parts": entity_parts, "ssh": ssh}
        | {"relocate": relocate}
    )
    return done[name]


def _explain(path: Path, text: str, problem: ValidationError) -> list[str]:
    """pydantic's errors as file:line: key: message, with the nearest known key where one is misspelt."""
    root = yaml.compose(text, Loader=_Loader)
    lines = []
    for error in problem.errors():
        loc = [part for part in error["loc"] if not (isinstance(part, str) and "[" in part)]
        line, key = _place(root, loc)
        message = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(loc[-1]), _keys_of(Profile), 1, 0.7)
            message = "unknown key" + (f" (did you mean {near[0]!r}?)" if near else "")
        lines.append(f"{path}:{line}: {key}: {message}")
    return lines


def _place(node: Any, loc: list[Any]) -> tuple[int, str]:
    """The line of the deepest node on the way to `loc`, and the way as text."""
    line, key = node.start_mark.line + 1, ""
    for part in loc:
        key += f"[{part}]" if isinstance(part, int) else f"{'.' if key else ''}{part}"
        if isinstance(node, yaml.MappingNode):
            for at, value in node.value:
                if at.value == str(part):
                    node, line = value, at.start_mark.line + 1
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line, key


def _keys_of(model: type[BaseModel], seen: frozenset[type] = frozenset()) -> set[str]:
    """Every key that may stand anywhere in a profile, for suggestions."""
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        keys.add(field.alias or name)
        for part in _models_in(field.annotation):
            if part not in seen:
                keys |= _keys_of(part, seen | {part})
    return keys


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
