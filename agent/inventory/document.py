"""One YAML file: its values, and where each stands.

PyYAML's own constructors are not used. They take the last of two equal keys without a word, read `010` as 8 and `1:30`
as 90, and are slow; here the parser's node tree is turned into values directly, and kept, so that the place of a value
is looked up in it only when there is something to complain about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agent.inventory.problems import Problem, key_path

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml: the same answers, some ten times slower
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 60  # a real inventory is six deep; deeper is a mistake or an attack on the recursion limit
SECRET_KEYS = ("community", "auth_secret", "priv_secret", "password", "key_passphrase", "enable_secret")
Steps = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"
_MERGE, _STR, _MAP = _TAG + "merge", _TAG + "str", _TAG + "map"
_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BOOLEANS = SafeConstructor.bool_values


class _Loader(_SafeLoader):
    """What YAML takes a plain scalar for is asked once: `name`, `site` and `switch` stand in every entry."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._tags: dict[str, str] = {}

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        if kind is not ScalarNode or value is None or not implicit[0]:
            return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
        tag = self._tags.get(value)
        if tag is None:
            tag = self._tags[value] = str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
        return tag

    # Tags by path in the document, which are not used: asked for at every value.
    def descend_resolver(self, current_node: Node | None, current_index: Any) -> None: ...
    def ascend_resolver(self) -> None: ...


class Document:
    """One file as read: `data` (None where it could not be parsed), `problems`, and places by key path."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.data: Any = None
        self._root: Node | None = None
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()
        self._path: list[str | int] = []
        try:
            loader = _Loader(text)
            try:
                self._root = loader.get_single_node()
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            self._syntax(error, text)
        except yaml.reader.ReaderError:
            # The two parsers count positions differently (octets, characters), so the character is looked for here.
            found = yaml.reader.Reader.NON_PRINTABLE.search(text)
            at = found.start() if found else 0
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            character = f"U+{ord(text[at]):04X}" if found else "one"
            self.problems.append(Problem(file, line, column, "", f"a character that YAML does not allow: {character}"))
        except RecursionError:
            self.problems.append(Problem(file, 0, 0, "", f"more than {MAX_DEPTH} levels inside each other"))
        else:
            if self._root is not None:
                self.data = self._value(self._root)
        self._made.clear()

    @property
    def root(self) -> Node | None:
        """The node tree, for who edits the text it stands for; None where the text could not be parsed."""
        return self._root

    # ------------------------------------------------------------ places
    def place(self, steps: Sequence[str | int], of_key: bool = False) -> tuple[int, int]:
        """Line and column (from 1) of the value at a key path, or of its key; of the nearest thing that is there."""
        node, mark = self._root, self._root.start_mark if self._root is not None else None
        for number, step in enumerate(steps):
            found = child(node, step)
            if found is None:
                break
            key_node, node = found
            last = number == len(steps) - 1
            # An alias or an empty value stands where its key stands; the node itself may be an anchor far away.
            empty = isinstance(node, ScalarNode) and not node.value and not node.style
            mark = key_node.start_mark if key_node is not None and ((last and of_key) or empty) else node.start_mark
        return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)

    def written(self, steps: Sequence[str | int]) -> str | None:
        """The text of a scalar as it stands in the file, before YAML made something else of it."""
        node: Node | None = self._root
        for step in steps:
            found = child(node, step)
            if found is None:
                return None
            node = found[1]
        return str(node.value) if isinstance(node, ScalarNode) else None

    def problem(self, steps: Sequence[str | int], message: str, suggestion: str = "", of_key: bool = False) -> Problem:
        line, column = self.place(steps, of_key)
        return Problem(self.file, line, column, key_path(steps), message, suggestion)

    # ------------------------------------------------------------ values
    def _at(self, node: Node, message: str, suggestion: str = "") -> None:
        mark = node.start_mark
        self.problems.append(
            Problem(self.file, mark.line + 1, mark.column + 1, key_path(self._path), message, suggestion)
        )

    def _value(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        known = id(node)
        if known in self._made:
            return self._made[known]
        if known in self._open:
            self._at(node, "an anchor that contains itself")
            return None
        if len(self._path) > MAX_DEPTH:
            self._at(node, f"more than {MAX_DEPTH} levels inside each other")
            return None
        self._open.add(known)
        value: Any
        if isinstance(node, MappingNode) and node.tag == _MAP:
            value = self._mapping(node)
        elif isinstance(node, SequenceNode) and node.tag == _TAG + "seq":
            value = []
            for index, item in enumerate(node.value):
                self._path.append(index)
                value.append(self._value(item))
                self._path.pop()
        else:
            self._at(node, f"the YAML tag {node.tag.replace(_TAG, '!!')} is not used here")
            value = None
        self._open.discard(known)
        self._made[known] = value
        return value

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        firsts: dict[str, Node] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                merged |= {k: v for k, v in self._merge(value_node).items() if k not in merged}
                continue
            key = self._key(key_node)
            if key is None:
                continue
            if value_node.tag == _STR and key not in firsts and type(value_node) is ScalarNode:  # half of all values
                firsts[key] = key_node
                own[key] = value_node.value
                continue
            self._path.append(key)
            if key in firsts:
                first = firsts[key].start_mark
                self._at(
                    key_node, f"this key stands twice; the first is at line {first.line + 1}", "remove one of them"
                )
            else:
                firsts[key] = key_node
                own[key] = self._value(value_node)
            self._path.pop()
        return merged | own if merged else own

    def _merge(self, node: Node) -> dict[str, Any]:
        """`<<: *anchor` or `<<: [*a, *b]`: what is written beside it wins, and the earlier of a list."""
        if isinstance(node, SequenceNode):
            merged: dict[str, Any] = {}
            for item in node.value:
                merged = self._merge(item) | merged
            return merged
        value = self._value(node) if isinstance(node, MappingNode) else None
        if isinstance(value, dict):
            return value
        self._at(node, "<<: wants a mapping, or a list of mappings, to take keys from", "<<: *name_of_an_anchor")
        return {}

    def _key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode):
            if node.tag == _STR:
                return str(node.value)
            if node.tag == _TAG + "bool" and not node.style:
                self._at(node, f"YAML reads the key {node.value} as {_word(node)}", f'put it in quotes: "{node.value}"')
                return str(node.value)
            if node.tag == _TAG + "null":
                self._at(node, "a key is missing before the colon")
                return None
            self._at(
                node, f"a key is text, and YAML does not read {node.value} so", f'put it in quotes: "{node.value}"'
            )
            return str(node.value)
        self._at(node, "a key is text, not a list or a mapping")
        return None

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag == _STR:
            return node.value
        make = _SCALARS.get(node.tag)
        if make is None:
            self._at(node, f"the YAML tag {node.tag.replace(_TAG, '!!')} is not used here")
            return None
        try:
            return make(node)
        except _Trap as trap:
            if self._path and self._path[-1] in SECRET_KEYS:
                return str(node.value)  # refused later, in words that do not repeat it
            self._at(node, trap.message, trap.suggestion)
        except ValueError:
            self._at(node, f"{node.value!r} cannot be read", "put it in quotes if it is text")
        return None

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        lines = text.splitlines()
        here = lines[line] if line < len(lines) else ""
        indent = here[: len(here) - len(here.lstrip())]
        message, suggestion = str(error.problem or error.context or "this is not YAML"), ""
        if "\t" in indent or "\t" in here[column : column + 1]:
            column = here.index("\t")
            message, suggestion = "a tab; YAML is indented by spaces only", "replace the tab by spaces"
        elif "mapping values are not allowed" in message:
            message = "a second ': ' where text is already begun"
            suggestion = "put text that has ': ' in it in quotes, and check the indentation"
        elif isinstance(error, yaml.composer.ComposerError) and "single document" in str(error.context):
            message, suggestion = "a second document begins", "one file is one document: remove the '---'"
        elif "undefined alias" in message:
            alias = re.match(r"\*([^\s,\]}]+)", here[column:])  # libyaml's message leaves the name out
            message = f"no anchor &{alias[1] if alias else '...'} before this"
        elif "scanning an alias" in str(error.context) or "scanning an anchor" in str(error.context):
            message, suggestion = (
                "* and & begin an alias or an anchor",
                'put text that begins with one in quotes: "*.yaml"',
            )
        elif "could not find expected ':'" in message or "did not find expected" in message:
            message = message.replace("could not find", "no").replace("did not find", "no")
            suggestion = "check the indentation, quotes and brackets here and just above"
        self.problems.append(Problem(self.file, line + 1, column + 1, "", f"not YAML: {message}", suggestion))


def read_document(path: Path, file: str) -> Document:
    """Read one file. OSError is the caller's; text that is not UTF-8 is a problem in the document."""
    with path.open("rb") as stream:
        octets = stream.read(MAX_BYTES + 1)
    if len(octets) > MAX_BYTES:
        document = Document(file, "")
        document.problems.append(Problem(file, 0, 0, "", f"larger than {MAX_BYTES // 2**20} MiB"))
        return document
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = octets[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        document = Document(file, "")
        document.problems.append(
            Problem(file, line, column, "", f"not UTF-8: octet 0x{octets[error.start]:02x}", "save the file as UTF-8")
        )
        return document
    return Document(file, text)


def child(node: Node | None, step: str | int) -> tuple[Node | None, Node] | None:
    """The key node (mappings only) and value node below `node`, merged keys included."""
    if isinstance(node, SequenceNode):
        inside = isinstance(step, int) and 0 <= step < len(node.value)
        return (None, node.value[step]) if inside else None
    if not isinstance(node, MappingNode):
        return None
    merges: list[Node] = []
    for key_node, value_node in node.value:
        if key_node.tag == _MERGE:
            merges += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
        elif isinstance(key_node, ScalarNode) and key_node.value == str(step):
            return key_node, value_node
    for merge in merges:
        found = child(merge, step)
        if found is not None:
            return found
    return None


# ---------------------------------------------------------------- plain scalars that are not text
class _Trap(Exception):
    """YAML 1.1 would make something unexpected of this."""

    def __init__(self, message: str, suggestion: str) -> None:
        self.message, self.suggestion = message, suggestion


def _word(node: ScalarNode) -> str:
    return "true" if _BOOLEANS[node.value.lower()] else "false"


def _int(node: ScalarNode) -> int:
    text = node.value
    if _PLAIN_INT.fullmatch(text):
        return int(text)
    if ":" in text:
        total = 0
        for part in text.lstrip("+-").split(":"):
            total = total * 60 + int(part.replace("_", ""))
        raise _Trap(f"YAML reads {text} as {total}, in sixties", f'put it in quotes: "{text}"')
    if re.fullmatch(r"[-+]?0[0-7_]+", text):
        value = int(text.replace("_", ""), 8)
        raise _Trap(
            f"YAML reads {text} as {value}, in eights", f'put it in quotes: "{text}", or leave out the leading 0'
        )
    raise _Trap(
        f"{text} is written in a way that YAML readers disagree about", "write a plain decimal number, or quotes"
    )


def _float(node: ScalarNode) -> float:
    text = node.value.lower()
    if ":" in text:
        raise _Trap(f"YAML reads {node.value} as a number in sixties", f'put it in quotes: "{node.value}"')
    return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _timestamp(node: ScalarNode) -> date | str:
    if _DAY.fullmatch(node.value):
        try:
            return date.fromisoformat(node.value)
        except ValueError:
            raise _Trap(f"there is no day {node.value}", "") from None
    try:
        return datetime.fromisoformat(node.value)
    except ValueError:
        return str(node.value)  # left for the field to refuse in its own words


_SCALARS: dict[str, Callable[[ScalarNode], Any]] = {
    _TAG + "int": _int,
    _TAG + "float": _float,
    _TAG + "bool": lambda node: _BOOLEANS[node.value.lower()],
    _TAG + "null": lambda node: None,
    _TAG + "timestamp": _timestamp,
}
