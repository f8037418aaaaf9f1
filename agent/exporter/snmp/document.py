"""A file of snmp_exporter's module definitions as read from YAML: its values, and where each stands.

Scalars stay the text they are written as. snmp_exporter is written in Go, whose YAML reads a scalar as the type of the
field it goes to (`1: true` in a table of names is the word "true"); here the models do the same. Anchors and `<<:`
are followed, so that a definition of many like columns can be short.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agent.inventory.document import child
from agent.inventory.problems import Problem, key_path

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: the same answers, some ten times slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_OCTETS = 32 << 20  # all of snmp_exporter's own definitions are 2 MB
MAX_DEPTH = 20  # a definition is seven deep
MAX_VALUES = 4_000_000  # with every alias followed, which is how a small file becomes a large one
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class Document:
    """One file: `data` (None where it could not be read), `problems`, and places by key path."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.data: Any = None
        self._root: Node | None = None
        self._values = 0
        try:
            loader = _Loader(text)
            try:
                self._root = loader.get_single_node()
            finally:
                loader.dispose()
            if self._root is not None:
                self.data = self._value(self._root, ())
        except _TooMuch as too_much:
            self.problems.append(Problem(file, 0, 0, "", str(too_much)))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
            self.problems.append(Problem(file, line, column, "", f"not YAML: {error.problem or error.context}"))
        except (yaml.YAMLError, RecursionError):
            self.problems.append(Problem(file, 0, 0, "", "not YAML: a character or a depth that it does not allow"))

    def problem(self, steps: Sequence[str | int], message: str, suggestion: str = "", of_key: bool = False) -> Problem:
        """A problem with the value at a key path, or with its key; at the nearest thing that is there."""
        node, mark = self._root, self._root.start_mark if self._root is not None else None
        for number, step in enumerate(steps):
            found = child(node, step)
            if found is None:
                break
            key, node = found
            mark = key.start_mark if key is not None and of_key and number == len(steps) - 1 else node.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        return Problem(self.file, line, column, key_path(steps), message, suggestion)

    def _value(self, node: Node, path: tuple[str | int, ...]) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            raise _TooMuch(f"more than {MAX_VALUES:,} values, aliases followed")
        if len(path) > MAX_DEPTH:
            raise _TooMuch(f"more than {MAX_DEPTH} levels inside each other")
        if isinstance(node, ScalarNode):
            return None if node.tag == _NULL and not node.style else node.value
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, at)) for at, item in enumerate(node.value)]
        assert isinstance(node, MappingNode)  # noqa: S101 - there are three kinds of node
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._at(key, path, "a key is text, not a list or a mapping")
            elif key.tag == _MERGE:
                for other in value.value if isinstance(value, SequenceNode) else [value]:
                    taken = self._value(other, (*path, "<<"))
                    if isinstance(taken, dict):
                        merged = taken | merged
                    else:
                        self._at(other, path, "<<: wants a mapping, or a list of mappings, to take keys from")
            elif key.value in own:
                self._at(key, (*path, key.value), "this key stands twice: remove one of them")
            else:
                own[key.value] = self._value(value, (*path, key.value))
        return merged | own if merged else own

    def _at(self, node: Node, path: Sequence[str | int], message: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, key_path(path), message))


class _TooMuch(Exception):
    """More than any definition has."""


def read_document(path: Path, file: str) -> Document:
    """Read one file. OSError is the caller's; what is not UTF-8 is a problem in the document."""
    with path.open("rb") as stream:
        octets = stream.read(MAX_OCTETS + 1)
    problem = None
    if len(octets) > MAX_OCTETS:
        problem = f"larger than {MAX_OCTETS >> 20} MiB"
    else:
        try:
            return Document(file, octets.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            problem = f"not UTF-8: octet 0x{octets[error.start]:02x} at {error.start}"
    document = Document(file, "")
    document.problems.append(Problem(file, 0, 0, "", problem))
    return document
