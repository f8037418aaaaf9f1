"""Reading vendor notices: what the project ships, and what was imported here.

    load_notices(folder) -> Notices          everything in force; a file that cannot be read is named, loudly
    NoticesFolder(folder).current()          the same, read again only when a file in the folder has changed
    read_file(path, imported) -> FileRead    one file, with every mistake by file, line, column and key
    shipped() -> tuple[Notice, ...]          what comes with the project (agent/lifecycle/data/vendor-notices)

A file has `hardware:` and `software:`, as docs/how-to/keep-vendor-notices.md says. A file with a mistake is left out
whole, because half of it might say the opposite of all of it; the other files stay in force.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent.inventory.document import Document, Steps, read_document
from agent.inventory.explain import words_of
from agent.inventory.problems import Problem
from agent.inventory.values import Day, Text, refuse
from agent.lifecycle.notices import ENDS, Notice, Notices, flaw_of_pattern, release_key

log = logging.getLogger(__name__)

EndName = Literal["end_of_sale", "end_of_software_maintenance", "end_of_security_support", "end_of_support"]
FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2099, 12, 31)  # beyond them it is a slip of the keyboard


def _pattern(value: str) -> str:
    flaw = flaw_of_pattern(value)
    if flaw:
        refuse(flaw)
    return value


def _plausible(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        refuse(f"{value.isoformat()} is not a day that a vendor would announce")
    return value


def _release(value: str) -> str:
    if not release_key(value):
        refuse(f"{value!r} is no release: it has a number in it, such as 7.2 or 17.9")
    return value


def _source(value: str) -> str:
    if not value.startswith(("https://", "http://")) and " " not in value.strip() and "." not in value:
        refuse("a source is the address of the vendor's notice, or says in words where the date is from")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
Announced = Annotated[Day, AfterValidator(_plausible)]
Release = Annotated[Text, AfterValidator(_release)]
Source = Annotated[Text, AfterValidator(_source)]


class _Dates(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    released_on: Announced | None = None
    end_of_sale: Announced | None = None
    end_of_software_maintenance: Announced | None = None
    end_of_security_support: Announced | None = None
    end_of_support: Announced | None = None
    ended: list[EndName] = []

    @model_validator(mode="after")
    def _in_order(self) -> _Dates:
        flaw = flaw_of_dates({name: getattr(self, name) for name in ("released_on", *ENDS)})
        if flaw:
            refuse(flaw, "are day and month the right way round?")
        for name in self.ended:
            if getattr(self, name) is not None:
                refuse(f"{name} has a date, and stands in `ended`, which is for what ended on a day nobody knows")
        return self


class ReleaseEntry(_Dates):
    """One release of a product."""

    version: Release
    label: Text | None = None


class HardwareEntry(_Dates):
    """What a vendor announced about models of hardware."""

    vendor: Text
    models: list[Pattern] = Field(min_length=1)
    except_models: list[Pattern] = []
    families: list[Text] = []
    source: Source
    fetched_on: Announced | None = None
    label: Text | None = None
    examples: list[Text] = []
    counter_examples: list[Text] = []

    @model_validator(mode="after")
    def _says_something(self) -> HardwareEntry:
        if not self.ended and all(getattr(self, name) is None for name in ENDS):
            refuse("it has no date: at least one of " + ", ".join(ENDS))
        return self


class SoftwareEntry(BaseModel):
    """Releases of one product and when they end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vendor: Text
    product: Text
    families: list[Text] = []
    models: list[Pattern] = []
    except_models: list[Pattern] = []
    source: Source
    fetched_on: Announced | None = None
    label: Text | None = None
    releases: list[ReleaseEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_of_what(self) -> SoftwareEntry:
        if not self.families and not self.models:
            refuse("`families` or `models` is wanted: release 9.3 of one product is not release 9.3 of another")
        return self


class NoticesFile(BaseModel):
    """A file of vendor notices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    fetched_on: Announced | None = None
    hardware: list[HardwareEntry] = []
    software: list[SoftwareEntry] = []


def flaw_of_dates(days: dict[str, date | None]) -> str:
    """What cannot be in what a vendor announced: an end before the beginning, or after the very end; "" if nothing."""
    known = [(name, day) for name, day in days.items() if day is not None]
    released, last = days.get("released_on"), days.get("end_of_support")
    for name, day in known:
        if released is not None and day < released:
            return f"{name} {day.isoformat()} is before released_on {released.isoformat()}"
        if last is not None and day > last:
            return f"{name} {day.isoformat()} is after end_of_support {last.isoformat()}"
    return ""


# ---------------------------------------------------------------- one file
@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as read: its notices, or every reason why there are none."""

    notices: tuple[Notice, ...]
    problems: tuple[Problem, ...] = ()


def read_file(path: Path, imported: bool = True, shown: str | None = None) -> FileRead:
    """Read one file; what is wrong with it is in `problems`, and then it gives no notices."""
    name = shown or str(path)
    try:
        document = read_document(path, name)
    except OSError as error:
        return FileRead((), (Problem(name, 0, 0, "", f"cannot be read: {(error.strerror or str(error)).lower()}"),))
    return check_document(document, imported)


def check_document(document: Document, imported: bool) -> FileRead:
    """A document that was read already, as a file of notices."""
    if document.problems:
        return FileRead((), tuple(document.problems))
    if not isinstance(document.data, dict):
        return FileRead((), (document.problem((), "version: 1 and hardware: or software: are wanted"),))
    try:
        file = NoticesFile.model_validate(document.data)
    except ValidationError as error:
        return FileRead((), tuple(sorted(_problems(error, document))))
    return FileRead(tuple(_notices(file, document, imported)))


_MODELS: dict[str, type[BaseModel]] = {"hardware": HardwareEntry, "software": SoftwareEntry}


def _problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    for one in error.errors(include_url=False):
        steps: Steps = one["loc"]
        shape = _MODELS.get(str(steps[0]), NoticesFile) if len(steps) > 1 else NoticesFile
        shape = ReleaseEntry if "releases" in steps and len(steps) > 4 else shape
        message, suggestion = words_of(one, shape, document.written(steps))
        yield document.problem(steps, message, suggestion, of_key=one["type"] == "extra_forbidden")


def _notices(file: NoticesFile, document: Document, imported: bool) -> Iterator[Notice]:
    def line(*steps: str | int) -> str:
        return f"{document.file}:{document.place(steps)[0]}"

    for number, hard in enumerate(file.hardware):
        yield Notice(
            vendor=hard.vendor, models=tuple(hard.models), families=tuple(hard.families), released_on=hard.released_on,
            end_of_sale=hard.end_of_sale, end_of_software_maintenance=hard.end_of_software_maintenance,
            end_of_security_support=hard.end_of_security_support, end_of_support=hard.end_of_support,
            ended=tuple(hard.ended), source=hard.source, fetched_on=hard.fetched_on or file.fetched_on,
            label=hard.label or "", where=line("hardware", number), except_models=tuple(hard.except_models),
            imported=imported,
        )  # fmt: skip
    for number, soft in enumerate(file.software):
        for place, one in enumerate(soft.releases):
            yield Notice(
                vendor=soft.vendor, models=tuple(soft.models), families=tuple(soft.families), product=soft.product,
                version=one.version, released_on=one.released_on, end_of_sale=one.end_of_sale,
                end_of_software_maintenance=one.end_of_software_maintenance,
                end_of_security_support=one.end_of_security_support, end_of_support=one.end_of_support,
                ended=tuple(one.ended), source=soft.source, fetched_on=soft.fetched_on or file.fetched_on,
                label=one.label or soft.label or "", where=line("software", number, "releases", place),
                except_models=tuple(soft.except_models), imported=imported,
            )  # fmt: skip


# ---------------------------------------------------------------- all files
SHIPPED = "vendor-notices"  # folder in agent/lifecycle/data


def shipped_files() -> list[Path]:
    """The files that come with the project."""
    folder = Path(str(files("agent.lifecycle") / "data" / SHIPPED))
    return sorted(folder.glob("*.yaml"))


@cache
def shipped() -> tuple[Notice, ...]:
    """What comes with the project. It was checked by the tests, so a mistake here is one of the installation."""
    found: list[Notice] = []
    for path in shipped_files():
        read = read_file(path, imported=False, shown=f"{SHIPPED}/{path.name}")
        if read.problems:
            raise ValueError("\n".join(str(problem) for problem in read.problems))
        found += read.notices
    return tuple(found)


def imported_files(folder: Path) -> list[Path]:
    """The files of notices in a folder; none where it does not exist. OSError where it cannot be looked into."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    except FileNotFoundError:
        return []


def load_notices(folder: Path | None = None, loudly: bool = True) -> Notices:
    """All notices in force: shipped, and imported into `folder`. What cannot be read is logged as an error.

    It is in `Notices.problems` too, for pages and commands, which tell it themselves and not `loudly`; every other file
    is in force.
    """
    found, problems = list(shipped()), []
    try:
        paths: Sequence[Path] = imported_files(folder) if folder is not None else ()
    except OSError as error:
        paths = ()
        problems.append(f"{folder}: cannot be read: {(error.strerror or str(error)).lower()}")
    for path in paths:
        read = read_file(path)
        found += read.notices
        problems += [str(problem) for problem in read.problems]
    for problem in problems if loudly else ():
        log.error("vendor notices are left out: %s", problem)
    return Notices(found, problems)


class NoticesFolder:
    """The notices in force, for one who lives long: read on first use, and again when a file in the folder changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state: object = None
        self._notices: Notices | None = None

    def current(self) -> Notices:
        state = self._look()
        if self._notices is None or state != self._state:
            self._state, self._notices = state, load_notices(self.folder)
        return self._notices

    def _look(self) -> object:
        """Names, sizes and times of the files: cheap enough to ask before every use."""
        try:
            return tuple((path.name, (s := path.stat()).st_mtime_ns, s.st_size) for path in imported_files(self.folder))
        except OSError as error:
            return error.errno


assert get_args(EndName) == ENDS  # noqa: S101 - two spellings of one list: pydantic wants it as a Literal
