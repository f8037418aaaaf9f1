"""What a sweep has asked so far, on disk, so that one that was broken off goes on where it was.

One JSON object a line: the first says what the sweep was for, each other what one address said. No secret is in it:
credentials are there by name. A last line that was cut off is left out, and its address is asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.discovery.heard import Heard

FORM = 1
LONGEST_HEAD = 8_000_000  # it names every range and name that was given
LONGEST_LINE = 64 * 1024


class ProgressUnusable(Exception):
    """The file is not there, is of another sweep, or cannot be written; says which and what to do."""


def key_of(purpose: Mapping[str, Any]) -> str:
    """A short name for a sweep: the same ranges and credentials have the same."""
    return hashlib.sha256(json.dumps(purpose, sort_keys=True).encode()).hexdigest()[:12]


def read(path: Path, purpose: Mapping[str, Any]) -> list[Heard]:
    """What was heard by a sweep with this purpose; ProgressUnusable where the file is of another one, or none."""
    heard: dict[str, Heard] = {}
    try:
        with path.open("rb") as lines:
            head = _object(lines.readline(LONGEST_HEAD))
            if head is None or head.get("form") != FORM:
                raise ProgressUnusable(f"{path} is no progress of a sweep: name another file, or leave out --resume")
            if head.get("purpose") != json.loads(json.dumps(purpose)):
                told = _different(head.get("purpose"), purpose)
                raise ProgressUnusable(f"{path} is of a sweep with other {told}: give the same, or leave out --resume")
            while line := lines.readline(LONGEST_LINE):
                data = _object(line)
                if data is None:
                    continue
                try:
                    one = Heard.from_json(data)
                except (TypeError, ValueError):
                    continue
                heard[one.address] = one
    except OSError as problem:
        raise ProgressUnusable(f"{path}: {problem.strerror or problem}: there is nothing to resume") from None
    return list(heard.values())


def _object(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _different(before: Any, now: Mapping[str, Any]) -> str:
    known = before if isinstance(before, dict) else {}
    return ", ".join(key for key in now if known.get(key) != json.loads(json.dumps(now[key]))) or "options"


class Progress:
    """The file while a sweep writes it. Use as a context; `done` takes it away."""

    def __init__(self, path: Path, purpose: Mapping[str, Any], resume: bool) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Who may ask what is there is worth keeping from others.
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if resume else os.O_TRUNC) | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8")
        except OSError as problem:
            raise ProgressUnusable(
                f"cannot write {path}: {problem.strerror or problem}; say where with --progress FILE"
            ) from None
        if resume:
            self._file.write("\n")  # the last line may have been cut off
        else:
            self._line({"form": FORM, "purpose": purpose})

    def heard(self, one: Heard) -> None:
        self._line(one.as_json())

    def _line(self, data: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(data, ensure_ascii=True) + "\n")
        self._file.flush()

    def done(self) -> None:
        """The sweep has ended: there is nothing to go on with."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
