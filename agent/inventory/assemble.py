"""The main file and what it includes, put together section by section; every entry remembers where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.inventory.document import Document, Steps, read_document
from agent.inventory.model import SINGLE, InventoryFile
from agent.inventory.problems import Problem, did_you_mean

KNOWN = tuple(InventoryFile.model_fields)
FREE_KEYS = "x-"  # top-level keys for anchors and notes of one's own, as in Compose files


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry of a section stands."""

    document: Document
    steps: Steps

    def problem(self, rest: Steps, message: str, suggestion: str = "", of_key: bool = False) -> Problem:
        return self.document.problem((*self.steps, *rest), message, suggestion, of_key)

    def __str__(self) -> str:
        return f"{self.document.file}:{self.document.place(self.steps)[0]}"


@dataclass(slots=True)
class Assembly:
    """Raw values of all files by section and name (a device without a usable name: "" and its number)."""

    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: dict[Path, str] = field(default_factory=dict)  # resolved path > who includes it
    notes: list[Problem] = field(default_factory=list)  # worth a warning
    unreadable: set[str] = field(default_factory=set)  # sections of a wrong shape: what is in them is not known
    instead: Mapping[Path, str] = field(default_factory=dict)  # resolved path > what to take the file to say

    def read(self, path: Path) -> None:
        """Read the main file. OSError where it cannot be opened."""
        document = self._document(path)
        self.files[path.resolve()] = ""
        self._add(document, path, (path.resolve(),))

    def _document(self, path: Path) -> Document:
        text = self.instead.get(path.resolve())
        return read_document(path, str(path)) if text is None else Document(str(path), text)

    # ------------------------------------------------------------ sections
    def _add(self, document: Document, path: Path, chain: tuple[Path, ...]) -> None:
        self.problems += document.problems
        data = document.data
        if data is None:
            if not document.problems:
                self.problems.append(
                    Problem(document.file, 0, 0, "", "the file is empty", "it wants sites: and devices:")
                )
            return
        if not isinstance(data, dict):
            self.problems.append(document.problem((), "sections such as sites: and devices: are wanted at the top"))
            return
        for section, value in data.items():
            if section == "include" or section.startswith(FREE_KEYS):
                continue
            if section not in KNOWN:
                suggestion = did_you_mean(section, KNOWN) or "anchors may stand under a key that begins with x-"
                self.problems.append(document.problem((section,), "unknown section", suggestion, of_key=True))
            elif section == "devices":
                self._devices(document, value)
            else:
                self._named(document, section, value)
        self._include(document, path, data.get("include"), chain)

    def _named(self, document: Document, section: str, value: Any) -> None:
        entries = self.data.setdefault(section, {})
        if value is None:  # `links:` with everything under it commented out
            return
        if not isinstance(value, dict):
            self.unreadable.add(section)
            self.problems.append(document.problem((section,), "a mapping is wanted: name, colon, and what it is"))
            return
        for name, entry in value.items():
            self._enter(section, name, entry, entries, Source(document, (section, name)))

    def _devices(self, document: Document, value: Any) -> None:
        entries = self.data.setdefault("devices", {})
        if value is None:
            return
        if not isinstance(value, list):
            self.unreadable.add("devices")
            self.problems.append(
                document.problem(("devices",), "a list is wanted", "begin each device with '- name: ...'")
            )
            return
        for index, entry in enumerate(value):
            source = Source(document, ("devices", index))
            name = entry.get("name") if isinstance(entry, dict) else None
            # A device without a usable name is still checked for everything else, under a key no name can have.
            self._enter("devices", name if isinstance(name, str) else f"\0{len(entries)}", entry, entries, source)

    def _enter(self, section: str, name: str, entry: Any, entries: dict[str, Any], source: Source) -> None:
        first = self.sources.get((section, name))
        if first is not None:
            rest: Steps = ("name",) if section == "devices" else ()
            what = "set" if section in SINGLE else "taken"
            self.problems.append(
                source.problem(rest, f"{name!r} is already {what} at {first}", "one name, one place", of_key=not rest)
            )
            name = f"\0{len(entries)}"  # a twin is checked for everything else all the same
            if section in SINGLE:
                return
        self.sources[section, name] = source
        entries[name] = entry

    # ------------------------------------------------------------ include
    def _include(self, document: Document, path: Path, value: Any, chain: tuple[Path, ...]) -> None:
        if value is None:
            return
        patterns = value if isinstance(value, list) else [value]
        for index, pattern in enumerate(patterns):
            source = Source(document, ("include", index) if isinstance(value, list) else ("include",))
            if not isinstance(pattern, str) or not pattern.strip():
                self.problems.append(
                    source.problem((), "the name of a file is wanted, or a pattern such as sites/*.yaml")
                )
                continue
            for found in self._matching(source, path.parent, pattern):
                self._follow(source, found, chain)

    def _matching(self, source: Source, folder: Path, pattern: str) -> list[Path]:
        if not any(c in pattern for c in "*?["):
            return [folder / pattern]
        if Path(pattern).is_absolute():
            anchor = Path(Path(pattern).anchor)
            found = sorted(anchor.glob(str(Path(pattern).relative_to(anchor))))
        else:
            found = sorted(folder.glob(pattern))
        if not found:
            self.notes.append(source.problem((), f"no file matches {pattern}"))
        return [path for path in found if path.is_file()]

    def _follow(self, source: Source, path: Path, chain: tuple[Path, ...]) -> None:
        resolved = path.resolve()
        if resolved in chain:
            self.problems.append(
                source.problem((), f"{path} includes itself" if len(chain) == 1 else _circle(chain, path))
            )
            return
        if resolved in self.files:
            self.problems.append(source.problem((), f"{path} is already included at {self.files[resolved]}"))
            return
        self.files[resolved] = str(source)
        try:
            document = self._document(path)
        except OSError as error:
            self.problems.append(source.problem((), f"cannot read {path}: {error.strerror or error}"))
            return
        self._add(document, path, (*chain, resolved))


def _circle(chain: tuple[Path, ...], path: Path) -> str:
    start = chain.index(path.resolve())
    return "files include each other in a circle: " + " > ".join(p.name for p in (*chain[start:], path))
