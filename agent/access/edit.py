"""The users file changed by command: what stands in it, comments included, is kept, and it is replaced whole.

    changed = with_entry(text, "users", "jo.smith", {"role": "editor", "password": "$2b$..."})
    without_entry(text, "tokens", "service-desk")
    save(path, changed)

Each change is read back before anything is written: a file that would not say what was meant, or could not be used, is
refused with EditImpossible.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agent.access.users import UsersInvalid, users_in
from agent.inventory.document import Document

_SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_WORDS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
Entry = Mapping[str, str]


class EditImpossible(Exception):
    """The file cannot be changed by command. `str()` is one line that says what to do."""


def with_entry(text: str, section: str, name: str, entry: Entry, file: str = "users file") -> str:
    """The file with this entry, in place of one that is there under the name."""
    document = _document(text, file)
    written = "{" + ", ".join(f"{key}: {_scalar(key, value)}" for key, value in entry.items()) + "}"
    lines = text.splitlines()
    found = _pair(document.root, section)
    if found is None:
        block = [f"{section}:", f"  {_name(name)}: {written}"]
        changed = [*lines, *block]
    else:
        key, node = found
        own = _pair(node, name)
        if own is not None:
            changed = _replaced(lines, own[1], written, file)
        elif isinstance(node, ScalarNode) and not node.value:
            at = key.start_mark.line + 1
            changed = [*lines[:at], f"  {_name(name)}: {written}", *lines[at:]]
        elif isinstance(node, MappingNode) and not node.flow_style and node.value:
            at, indent = _last_line(node) + 1, node.value[0][0].start_mark.column
            changed = [*lines[:at], f"{' ' * indent}{_name(name)}: {written}", *lines[at:]]
        else:
            raise EditImpossible(f"{file}: write {section}: with one entry a line, then it can be changed by command")
    wanted = dict(document.data or {})
    wanted[section] = {**(wanted.get(section) or {}), name: dict(entry)}
    return _read_back("\n".join(changed) + "\n", wanted, file)


def without_entry(text: str, section: str, name: str, file: str = "users file") -> str:
    """The file without this entry, which has to be there."""
    document = _document(text, file)
    found = _pair(document.root, section)
    own = _pair(found[1], name) if found is not None else None
    if found is None or own is None:
        raise EditImpossible(f"{file}: there is no {name!r} in {section}:")
    if not isinstance(found[1], MappingNode) or found[1].flow_style:
        raise EditImpossible(f"{file}: write {section}: with one entry a line, then it can be changed by command")
    lines = text.splitlines()
    changed = [*lines[: own[0].start_mark.line], *lines[_last_line(own[1]) + 1 :]]
    wanted = dict(document.data)
    wanted[section] = {key: value for key, value in wanted[section].items() if key != name} or None
    return _read_back("\n".join(changed) + "\n", wanted, file)


def entry_of(text: str, section: str, name: str, file: str = "users file") -> dict[str, str] | None:
    """An entry as it stands in the file; None where there is none."""
    found = ((_document(text, file).data or {}).get(section) or {}).get(name)
    return None if found is None else {key: str(value) for key, value in found.items()}


# ---------------------------------------------------------------- the file
@contextlib.contextmanager
def alone_with(path: Path) -> Iterator[Path]:
    """Nobody else changes a file of this folder by command meanwhile. Answers the file itself, links followed."""
    real = path.resolve()
    try:
        folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as problem:
        raise EditImpossible(f"cannot use the folder {real.parent}: {(problem.strerror or '').lower()}") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield real
    finally:
        os.close(folder)


def load(path: Path) -> str:
    """What is in the file; nothing where there is none yet."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        raise EditImpossible(f"cannot read {path}: {problem}") from None


def save(path: Path, text: str) -> None:
    """Write it whole or not at all, never to be read by others; owner and group stay as they were."""
    temporary = ""
    try:
        before = path.stat() if path.exists() else None
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if before is not None:
                if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(stream.fileno(), before.st_uid, before.st_gid)
                os.fchmod(stream.fileno(), before.st_mode & 0o640)
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):  # also where there is none yet
            Path(temporary).unlink()
        raise EditImpossible(f"cannot write {path}: {(problem.strerror or str(problem)).lower()}") from None


# ---------------------------------------------------------------- pieces
def _document(text: str, file: str) -> Document:
    document = Document(file, text)
    try:
        users_in(document)
    except UsersInvalid as problem:
        raise EditImpossible(f"{problem}: put this right first") from None
    return document


def _read_back(text: str, wanted: dict[str, Any], file: str) -> str:
    document = Document(file, text)
    try:
        users_in(document)
    except UsersInvalid as problem:
        raise EditImpossible(f"it would not be valid: {problem}") from None
    if _told(document.data) != _told(wanted):
        raise EditImpossible(f"{file}: it is written in a way that cannot be changed by command; change it by hand")
    return text


def _told(data: Any) -> Any:
    """Without what makes no difference: empty sections, and how a date is written."""
    if isinstance(data, dict):
        return {key: _told(value) for key, value in data.items() if value is not None}
    return str(data)


def _pair(node: Node | None, name: str) -> tuple[Node, Node] | None:
    if not isinstance(node, MappingNode):
        return None
    return next(((k, v) for k, v in node.value if isinstance(k, ScalarNode) and k.value == name), None)


def _replaced(lines: list[str], node: Node, written: str, file: str) -> list[str]:
    """With another value in place of one in braces on one line, as commands write it; a comment behind it stays."""
    first, last = node.start_mark, node.end_mark
    if not isinstance(node, MappingNode) or not node.flow_style or first.line != last.line:
        raise EditImpossible(f"{file}:{first.line + 1}: write this entry on one line in braces, then it can be changed")
    line = lines[first.line]
    return [
        *lines[: first.line], line[: first.column] + written + line[last.column :], *lines[first.line + 1 :]
    ]  # fmt: skip


def _last_line(node: Node) -> int:
    """The last line of a node, without the blank lines and comments behind it."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if isinstance(last, tuple):
            key, value = last
            empty = isinstance(value, ScalarNode) and not value.value and not value.style
            return int(key.start_mark.line) if empty else _last_line(value)
        return _last_line(last)
    return int(node.end_mark.line)


def _name(name: str) -> str:
    simple = _SIMPLE.fullmatch(name) and name.lower() not in _WORDS
    return name if simple else json.dumps(name, ensure_ascii=False)


def _scalar(key: str, value: str) -> str:
    return value if key in ("role", "expires") else f'"{value}"'
