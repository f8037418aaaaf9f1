"""Reading an inventory: parse, put together, validate, cross-check. Everything that is wrong is told at once."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from agent.inventory.assemble import Assembly
from agent.inventory.credentials import Model
from agent.inventory.crosscheck import CrossCheck, Rules
from agent.inventory.explain import problems_of
from agent.inventory.model import Device, Estate, Maintenance, Service, Site
from agent.inventory.needs import parse_subject, resolved
from agent.inventory.problems import InventoryInvalid, Problem
from collectors.probe.options import problems as probe_problems
from collectors.ssh.platforms import PLATFORMS
from collectors.target import AUTO

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid inventory, what is doubtful in it, and the files it came from (resolved, main file first)."""

    estate: Estate
    warnings: tuple[Problem, ...]
    files: tuple[Path, ...]


def load(path: str | os.PathLike[str]) -> Estate:
    """The estate of an inventory file and what it includes; InventoryInvalid with every problem there is."""
    return read(path).estate


def read(
    path: str | os.PathLike[str],
    profiles: Callable[[], Collection[str]] | None = None,
    today: date | None = None,
    instead: Mapping[Path, str] | None = None,
) -> Loaded:
    """As `load`, with warnings and files. A file that cannot be opened is a problem like any other.

    `profiles` gives the names of device families; it is called only if a device names one, which is then checked.
    `today`: exceptions that have expired by then are warned of. `instead`: what to take files to say (by resolved
    path), so that a change is checked before it is written.
    """
    with _no_cycle_collection():
        return _read(path, profiles, today, instead or {})


@contextmanager
def _no_cycle_collection() -> Iterator[None]:
    """Half of the time of a large load would go into looking for cycles among half a million values that have none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _read(
    path: str | os.PathLike[str],
    profiles: Callable[[], Collection[str]] | None,
    today: date | None,
    instead: Mapping[Path, str],
) -> Loaded:
    assembly = Assembly(instead=instead)
    try:
        assembly.read(Path(path))
    except OSError as error:
        words = f"cannot read the inventory: {error.strerror or error}"
        raise InventoryInvalid([Problem(str(path), 0, 0, "", words)]) from None
    estate = _validated(assembly)
    check = CrossCheck(estate, assembly, Rules((AUTO, *PLATFORMS), probe_problems, profiles, today))
    check.run()
    problems = assembly.problems + check.problems
    if problems:
        order = {str(file): number for number, file in enumerate(_files_in_order(assembly))}
        problems.sort(key=lambda p: (order.get(p.file, -1), p.line, p.column))
        raise InventoryInvalid(problems)
    return Loaded(_settled(estate, check), (*assembly.notes, *check.warnings), tuple(assembly.files))


def _validated(assembly: Assembly) -> Estate:
    """The estate of all entries that are valid by themselves; the problems of the others go to the assembly."""
    data: Mapping[str, Any] = assembly.data
    try:
        return Estate.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    # A value that YAML could not give is empty by now; that it is empty is no news.
    told = {(problem.file, problem.line, problem.column) for problem in assembly.problems}
    assembly.problems += [p for p in problems_of(errors, assembly) if (p.file, p.line, p.column) not in told]
    bad = {(str(e["loc"][0]), str(e["loc"][1])) for e in errors if len(e["loc"]) > 1}
    kept = {
        section: {name: entry for name, entry in entries.items() if (section, name) not in bad}
        for section, entries in data.items()
    }
    return Estate.model_validate(kept)


def _settled(estate: Estate, check: CrossCheck) -> Estate:
    """Bare names in `needs` and `subjects` with their kind, names in `behind` without it: one form for readers."""
    return estate.model_copy(
        update={
            "sites": {name: _settled_needs(site, check) for name, site in estate.sites.items()},
            "services": {name: _settled_needs(service, check) for name, service in estate.services.items()},
            "maintenance": {name: _settled_subjects(entry, check) for name, entry in estate.maintenance.items()},
            "devices": {name: _settled_behind(device) for name, device in estate.devices.items()},
        }
    )


S = TypeVar("S", Site, Service)


def _settled_needs(entry: S, check: CrossCheck) -> S:
    if entry.needs is None:
        return entry
    return entry.model_copy(update={"needs": resolved(entry.needs, check.kind_of)})


def _settled_subjects(entry: Maintenance, check: CrossCheck) -> Maintenance:
    named = [resolved(parse_subject(text), check.kind_of) for text in entry.subjects]
    return entry.model_copy(update={"subjects": [str(subject) for subject in named]})


def _settled_behind(device: Device) -> Device:
    if not any(":" in front for front in device.behind):
        return device
    return device.model_copy(update={"behind": [front.rpartition(":")[2] for front in device.behind]})


def _files_in_order(assembly: Assembly) -> list[str]:
    seen = {str(source.document.file): None for source in assembly.sources.values()}
    return list(seen)
