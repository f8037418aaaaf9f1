"""Changing single values in YAML text, and adding entries: everything else stays as it is, to the octet. Pure.

    editor = Editor("inventory.yaml", text)
    editor.set(("devices", 3, "address"), "192.0.2.9")
    editor.append_device({"name": "sw-9", ...})
    text = editor.result()                       # EditImpossible where it would not read back as it was meant

There is no YAML library among ours that keeps comments, quotes and order, so the places come from the parser's marks.
The result is always parsed again and compared, value by value, with what was meant.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agent.inventory.document import Document, Steps
from agent.inventory.problems import key_path
from agent.inventory.writing import Writable, flow, scalar

_KEEP = re.compile(r"(?:^|\s)#\s*keep\b", re.IGNORECASE)
_GAP = re.compile(
    r"\s*:(?:[ \t]*(?:[ \t]#[^\n]*)?\r?\n)*[ \t]*"
)  # between a key and its value: no alias, no anchor, no tag


class EditImpossible(Exception):
    """A value stands in a way that cannot be changed by itself; says where and what to do."""


class Editor:
    """One file's text, and what is to be changed in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self._text = file, text
        self._document = Document(file, text)
        self._data: Any = copy.copy(self._document.data) or {}  # on the way to a change, each level is copied
        self._copied: set[int] = set()  # of these containers: they live as long as `_data`
        self._edits: list[tuple[int, int, str]] = []
        self._begun: dict[str, list[str]] = {}  # sections that the file has not, for its end
        self._children: dict[int, dict[str, tuple[Node, Node]]] = {}
        self._lines = text.split("\n")
        self._newline = "\r\n" if "\r\n" in text else "\n"

    @property
    def changed(self) -> bool:
        return bool(self._edits or self._begun)

    # ------------------------------------------------------------ looking
    def keeps(self, steps: Steps) -> bool:
        """Whether somebody wrote `# keep` on the line of the value, or on that of the entry's first key."""
        _, value = self._pair(steps)
        entry = self._node(steps[:2])
        lines = set()
        if value is not None:
            lines |= {value.start_mark.line, value.end_mark.line}
        if isinstance(entry, MappingNode) and entry.value:
            lines.add(entry.value[0][0].start_mark.line)
        return any(_KEEP.search(self._lines[line]) for line in lines if line < len(self._lines))

    def _own_keys(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        known = self._children.get(id(node))
        if known is None:
            known = self._children[id(node)] = {pair[0].value: pair for pair in node.value if pair[0].value != "<<"}
        return known

    def _node(self, steps: Steps) -> Node | None:
        node = self._document.root
        for step in steps:
            if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            elif isinstance(node, MappingNode) and (pair := self._own_keys(node).get(str(step))) is not None:
                node = pair[1]
            else:
                return None
        return node

    def _pair(self, steps: Steps) -> tuple[Node, Node] | tuple[None, None]:
        """Key and value node of a mapping's own key; None for both where it has none."""
        parent = self._node(steps[:-1])
        found = self._own_keys(parent).get(str(steps[-1])) if isinstance(parent, MappingNode) else None
        return found or (None, None)

    def _impossible(self, steps: Steps, why: str) -> EditImpossible:
        line, _ = self._document.place(steps)
        return EditImpossible(f"{self.file}:{line}: {key_path(steps)}: {why}; change it by hand")

    # ------------------------------------------------------------ changing
    def set(self, steps: Steps, value: Writable) -> None:
        """Give a key of a mapping a value, in the quotes that the old one has; add the key where it is not there.

        One mapping may be missing in between (`owned`), which is added too.
        """
        key, node = self._pair(steps)
        if key is not None and node is not None:
            self._replace(steps, key, node, value)
        elif isinstance(parent := self._node(steps[:-1]), MappingNode) and self._own(steps[:-1]):
            self._add(parent, steps[:-1], str(steps[-1]), scalar(value))
        elif parent is None and isinstance(outer := self._node(steps[:-2]), MappingNode) and self._own(steps[:-2]):
            self._add(outer, steps[:-2], str(steps[-2]), flow({str(steps[-1]): value}))
        else:
            raise self._impossible(steps[:-1], "it is an alias, or no mapping")
        self._mean(steps, value)

    def _own(self, steps: Steps) -> bool:
        """Whether a mapping stands where its key stands, and is no alias of one elsewhere."""
        if not steps or isinstance(steps[-1], int):
            node = self._node(steps)
            before = self._node(steps[:-1])
            if isinstance(before, SequenceNode) and before.flow_style is False and node is not None:
                return self._text[: node.start_mark.index].rstrip(" ").endswith("-")
            return True
        key, node = self._pair(steps)
        return key is not None and node is not None and self._plain_gap(key, node)

    def _plain_gap(self, key: Node, node: Node) -> bool:
        between = self._text[key.end_mark.index : node.start_mark.index]
        if self._text[node.start_mark.index : node.start_mark.index + 1] in ("&", "!"):  # an anchor or a tag leads it
            return False
        return node.start_mark.index >= key.end_mark.index and _GAP.fullmatch(between) is not None

    def _replace(self, steps: Steps, key: Node, node: Node, value: Writable) -> None:
        if isinstance(node, ScalarNode) and not node.value and not node.style:  # `serial:` with nothing behind it
            colon = self._text.index(":", key.end_mark.index) + 1
            self._edits.append((colon, colon, f" {scalar(value)}"))
            return
        if not isinstance(node, ScalarNode) or not self._plain_gap(key, node):
            raise self._impossible(steps, "it is an alias, has an anchor or a tag, or is no single value")
        if node.style in ("|", ">") or node.start_mark.line != node.end_mark.line:
            raise self._impossible(steps, "it stands on several lines")
        new = scalar(value)
        if isinstance(value, str) and node.style == "'" and not new.startswith('"'):
            new = f"'{new}'" if "'" not in value else "'" + value.replace("'", "''") + "'"
        elif isinstance(value, str) and node.style == '"' and not new.startswith('"'):
            new = json.dumps(value, ensure_ascii=False)
        self._edits.append((node.start_mark.index, _end(node), new))

    def _add(self, parent: MappingNode, steps: Steps, key: str, text: str) -> None:
        """Another key in a mapping: behind the last of its first lines of one value, in the mapping's own way."""
        fits = [
            (name, value)
            for name, value in parent.value
            if isinstance(value, ScalarNode)
            and value.value
            and value.style not in ("|", ">")
            and value.start_mark.line == value.end_mark.line
            and self._plain_gap(name, value)
        ]
        early = [pair for pair in fits if pair[0].value in ("name", "address", "class", "site", "device", "serial")]
        if parent.flow_style:
            if not parent.value:
                self._edits.append((parent.start_mark.index + 1, parent.start_mark.index + 1, f"{key}: {text}"))
                return
            if not fits:
                raise self._impossible(steps, "there is no place for another key")
            at = _end((early or fits)[-1][1])
            self._edits.append((at, at, f", {key}: {text}"))
            return
        if not fits:
            raise self._impossible(steps, "there is no place for another key")
        name, value = (early or fits)[-1]
        at = self._line_end(_end(value))
        self._edits.append((at, at, f"{self._newline}{' ' * name.start_mark.column}{key}: {text}"))

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        end = len(self._text) if end < 0 else end
        return end - 1 if end and self._text[end - 1 : end] == "\r" else end

    # ------------------------------------------------------------ adding entries
    def append_device(self, fields: Mapping[str, object]) -> None:
        """A device behind the last one, written the way that one is."""
        section = self._node(("devices",))
        if isinstance(section, SequenceNode) and section.value and not section.flow_style:
            last = section.value[-1]
            self._behind(section, last, self._entry(fields, section.start_mark.column, last.flow_style, "- "))
        elif isinstance(section, SequenceNode) and section.value:
            at = _end(section.value[-1])
            self._edits.append((at, at, f", {flow(fields)}"))
        else:
            self._begin(section, "devices", self._entry(fields, 2, False, "- "))
        self._data.setdefault("devices", [])
        self._own_copy(self._data, "devices").append(_read_back(fields))

    def append_hardware(self, name: str, fields: Mapping[str, object]) -> None:
        """An entry of `hardware` behind the last one."""
        section = self._node(("hardware",))
        text = f"{scalar(name)}: {flow(fields)}"
        if isinstance(section, MappingNode) and section.value and not section.flow_style:
            self._behind(section, section.value[-1][1], " " * section.start_mark.column + text)
        elif isinstance(section, MappingNode) and section.value:
            at = _end(section.value[-1][1])
            self._edits.append((at, at, f", {text}"))
        else:
            self._begin(section, "hardware", f"  {text}")
        self._own_copy(self._data, "hardware")[name] = _read_back(fields)

    def _entry(self, fields: Mapping[str, object], column: int, in_flow: bool, lead: str) -> str:
        indent = " " * column
        if in_flow:
            return f"{indent}{lead}{flow(fields)}"
        lines = [
            f"{scalar(key)}: {flow(value) if isinstance(value, Mapping) else scalar(value)}"  # type: ignore[arg-type]
            for key, value in fields.items()
        ]
        return indent + lead + (self._newline + indent + "  ").join(lines)

    def _behind(self, section: Node, last: Node, text: str) -> None:
        at = self._line_end(_end(last))
        self._edits.append((at, at, self._newline + text))

    def _begin(self, section: Node | None, name: str, text: str) -> None:
        """The first entry of a section that is not there, or empty."""
        key, _ = self._pair((name,))
        if section is None or key is None:
            self._begun.setdefault(name, []).append(text)
            return
        colon = self._text.index(":", key.end_mark.index) + 1
        if isinstance(section, ScalarNode):
            end = colon
        elif not section.value:  # `devices: []`
            end = section.end_mark.index
        else:
            raise self._impossible((name,), "it is written in a way that nothing can be added to")
        if end > colon and (colon, end, "") not in self._edits:
            self._edits.append((colon, end, ""))
        at = self._line_end(end)
        self._edits.append((at, at, self._newline + text))

    # ------------------------------------------------------------ the result
    def _mean(self, steps: Steps, value: Writable) -> None:
        """What the data will be: other places that share a mapping by an anchor are not meant."""
        at: Any = self._data
        step: Any
        for step in steps[:-1]:
            at = self._own_copy(at, step)
        at[steps[-1]] = _read_back(value)

    def _own_copy(self, at: Any, step: Any) -> Any:
        """What is below a step, copied once: other places may share it by an anchor, and are not meant."""
        inner: Any = at[step] if isinstance(at, list) or step in at else {}
        if inner is None:
            inner = [] if step == "devices" else {}
        if id(inner) not in self._copied:
            inner = copy.copy(inner)
            self._copied.add(id(inner))
        at[step] = inner
        return inner

    def result(self) -> str:
        """The new text. EditImpossible where it does not read back, value by value, as it was meant."""
        pieces, end = [], 0
        for begin, until, new in sorted(self._edits, key=lambda edit: edit[0]):
            if begin < end:
                raise EditImpossible(f"{self.file}: two changes meet in one place; import again what is left")
            pieces += [self._text[end:begin], new]
            end = until
        text = "".join(pieces) + self._text[end:]
        for name, entries in self._begun.items():
            text += "" if not text or text.endswith("\n") else self._newline
            text += self._newline.join(("", f"{name}:", *entries, ""))
        again = Document(self.file, text)
        if again.problems or again.data != self._data:
            where = str(again.problems[0]) if again.problems else self.file
            raise EditImpossible(f"{where}: the change would not read back as it was meant; nothing is written")
        return text


def _end(node: Node) -> int:
    """Where a node's text ends. Of blocks the parser says where the next thing begins: their last value is asked."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        key, value = node.value[-1]
        if isinstance(value, ScalarNode) and not value.value and not value.style:
            return int(key.end_mark.index) + 1
        return max(_end(value), int(key.end_mark.index) + 1)
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1
    return int(node.end_mark.index)


def _read_back(value: object) -> Any:
    """A value as YAML has it once it is written: a price of 690.00 is the number 690.0."""
    if isinstance(value, Mapping):
        return {key: _read_back(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_read_back(one) for one in value]
    return Document("", scalar(value)).data  # type: ignore[arg-type]
