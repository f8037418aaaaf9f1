"""The archive itself: a ZIP file with a manifest, written whole and read with suspicion.

    write(staged, to)                    a folder of files becomes an archive, or nothing does
    with opened(file) as archive:        the manifest is read and names agree; ArchiveInvalid says what is wrong
        archive.extract(folder)          what is extracted has the size and the digest that the manifest says

An archive may come from anywhere. Names lead nowhere but below the folder they are extracted to, every octet that is
written was announced by the manifest, and what a ZIP file may hold besides plain files is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from struct import error as struct_error
from typing import Any

FORM = "hartwatch backup 1"
MANIFEST = "manifest.json"
MANIFEST_OCTETS = 16 * 1024 * 1024
FILES = 50_000
NAME_CHARACTERS = 400
PARTS = ("state", "config")
CHUNK = 1 << 20
_PART = re.compile(r"[^\x00-\x1f\x7f\\/:]{1,200}")


class ArchiveInvalid(Exception):
    """An archive cannot be used; `str()` is one line that says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Held:
    """One file of an archive, as its manifest says."""

    octets: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive says of itself. `schema` is the ledger's (a migration's number), `ledger` its kind."""

    made_at: datetime
    version: str
    agent_name: str
    schema: str
    ledger: str
    files: Mapping[str, Held]

    @property
    def octets(self) -> int:
        return sum(held.octets for held in self.files.values())


# ---------------------------------------------------------------- out
def write(staged: Path, to: Path, about: Mapping[str, str], made_at: datetime) -> Contents:
    """Make an archive of all files below `staged`; OSError where it cannot be written. Never leaves half of one."""
    files: dict[str, Held] = {}
    for path in sorted(path for path in staged.rglob("*") if path.is_file()):
        files[path.relative_to(staged).as_posix()] = Held(path.stat().st_size, _digest(path))
    if bad := next((name for name in files if not _is_safe(name)), None):
        raise ArchiveInvalid(f"{bad!r} cannot be kept under that name: rename it")
    said = {"form": FORM, "made_at": made_at.astimezone(UTC).isoformat(timespec="seconds"), **about}
    listed = [{"name": name, "octets": held.octets, "sha256": held.sha256} for name, held in files.items()]
    part = to.with_name(f".{to.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                archive.writestr(_entry(MANIFEST, made_at), json.dumps({**said, "files": listed}, indent=1) + "\n")
                for name in files:
                    entry = _entry(name, made_at)
                    with (staged / name).open("rb") as source, archive.open(entry, "w", force_zip64=True) as out:
                        shutil.copyfileobj(source, out, CHUNK)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return _contents({**said, "files": listed})


def _entry(name: str, made_at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, made_at.timetuple()[:6])
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------- in
def examine(file: Path) -> Contents:
    """What is in an archive, with every file's digest looked at; ArchiveInvalid, OSError."""
    with opened(file) as archive:
        for name in archive.contents.files:
            archive.check(name)
        return archive.contents


@contextmanager
def opened(file: Path) -> Iterator[Archive]:
    """An archive whose manifest and names are sound; its files are looked at when they are extracted."""
    try:
        with zipfile.ZipFile(file) as opened_:
            yield Archive(opened_)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct_error) as problem:
        raise ArchiveInvalid(f"this is no whole backup: {str(problem) or 'it ends too early'}") from None
    except RuntimeError as problem:  # zipfile's word for encrypted entries
        raise ArchiveInvalid(f"this is no backup that hartwatch wrote: {problem}") from None


class Archive:
    """An open archive. `contents` is what its manifest says."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        entries = archive.infolist()
        if len(entries) > FILES + 1:
            raise ArchiveInvalid(f"it holds {len(entries):,} files, and {FILES:,} are the most a backup has")
        self.contents = _contents(self._manifest(entries))
        names = [entry.filename for entry in entries if entry.filename != MANIFEST]
        if len(set(names)) != len(names):
            raise ArchiveInvalid("a name is in it twice")
        if stray := sorted(set(names) - set(self.contents.files)):
            raise ArchiveInvalid(f"{stray[0]!r} is in it and not in its manifest")
        if missing := sorted(set(self.contents.files) - set(names)):
            raise ArchiveInvalid(f"{missing[0]!r} is in its manifest and not in it")
        for entry in entries:
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir() or kind not in (0, stat.S_IFREG):
                raise ArchiveInvalid(f"{entry.filename!r} is no plain file")

    def _manifest(self, entries: list[zipfile.ZipInfo]) -> Any:
        if [entry.filename for entry in entries].count(MANIFEST) != 1:
            raise ArchiveInvalid(f"this is no backup that hartwatch wrote: it has no {MANIFEST}")
        with self._archive.open(MANIFEST) as file:
            text = file.read(MANIFEST_OCTETS + 1)
        if len(text) > MANIFEST_OCTETS:
            raise ArchiveInvalid(f"its {MANIFEST} is too large")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ArchiveInvalid(f"its {MANIFEST} is no JSON") from None

    def extract(self, folder: Path) -> None:
        """Write every file below `folder`, which is ours and empty; ArchiveInvalid at the first that is not right."""
        for name in self.contents.files:
            path = folder.joinpath(*PurePosixPath(name).parts)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.check(name, path)

    def check(self, name: str, to: Path | None = None) -> None:
        """Read one file, and write it where it is wanted; no octet more than was announced."""
        held, digest, seen = self.contents.files[name], hashlib.sha256(), 0
        descriptor = os.open(os.devnull, os.O_WRONLY) if to is None else os.open(
            to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )  # fmt: skip
        with os.fdopen(descriptor, "wb") as out, self._archive.open(name) as file:
            while chunk := file.read(CHUNK):
                seen += len(chunk)
                if seen > held.octets:
                    break
                digest.update(chunk)
                out.write(chunk)
            if to is not None:
                out.flush()
                os.fsync(out.fileno())
        if seen != held.octets or digest.hexdigest() != held.sha256:
            raise ArchiveInvalid(f"{name} is damaged: it is not what the manifest says")


def _contents(said: Any) -> Contents:
    """A manifest as values; ArchiveInvalid for whatever is not as we write it."""
    if not isinstance(said, dict) or not isinstance(said.get("form"), str):
        raise ArchiveInvalid("this is no backup that hartwatch wrote")
    if said["form"] != FORM:
        raise ArchiveInvalid(
            f"its form is {said['form'][:60]!r} and this version reads {FORM!r}: use a newer hartwatch"
        )
    texts = {name: said.get(name) for name in ("version", "agent_name", "schema", "ledger")}
    listed = said.get("files")
    try:
        made_at = datetime.fromisoformat(said["made_at"])
        if made_at.tzinfo is None or not isinstance(listed, list) or len(listed) > FILES:
            raise ValueError
        files = {}
        for one in listed:
            name, octets, digest = one["name"], one["octets"], one["sha256"]
            if type(octets) is not int or octets < 0 or not re.fullmatch(r"[0-9a-f]{64}", digest) or name in files:
                raise ValueError
            files[name] = Held(octets, digest)
        if not all(isinstance(text, str) and len(text) <= 200 for text in texts.values()):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ArchiveInvalid(f"its {MANIFEST} is not as hartwatch writes it") from None
    if bad := next((name for name in files if not _is_safe(name)), None):
        raise ArchiveInvalid(f"{str(bad)[:100]!r} leads out of the folder it is to be put into")
    return Contents(made_at=made_at, files=files, **texts)  # type: ignore[arg-type]


def _is_safe(name: object) -> bool:
    """Whether a name is a plain relative path below state/ or config/ that no system reads in another way."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARACTERS:
        return False
    first, *rest = name.split("/")
    return first in PARTS and bool(rest) and all(_PART.fullmatch(p) and p not in (".", "..") for p in rest)
