"""TextFSM templates of ntc-templates, loaded once per thread. Pure.

The index of ntc-templates is not used: it compiles a thousand patterns (0.4 s) to find a file whose name we know.
"""

from __future__ import annotations

import re
import threading
from importlib.resources import files

import textfsm

from collectors.errors import Unparsed

MAX_TEXT = 400_000  # characters; the longest real answer in use (1,500 access points) has about 250,000
MAX_LINE = 2_000  # no line of a table is longer; templates' patterns backtrack over whole lines
MAX_ROWS = 20_000

Row = dict[str, str | list[str]]

_local = threading.local()  # a TextFSM object keeps its state while it parses: one per thread


def rows(template: str, text: str) -> list[Row]:
    """The rows a template finds; keys in lower case. Raises `Unparsed` when it finds none or refuses the text."""
    machine = _machine(template)
    machine.Reset()
    try:
        found = machine.ParseText(bounded(text))
    except textfsm.TextFSMError:
        raise Unparsed(f"not the text that {template} knows") from None
    if not found:
        raise Unparsed(f"nothing that {template} knows")
    names = [name.lower() for name in machine.header]
    return [dict(zip(names, row, strict=True)) for row in found[:MAX_ROWS]]


_LONG_BLANK = re.compile(r"[ \t]{100,}")


def bounded(text: str) -> str:
    """The text in the sizes our patterns are made for: bounded lines, no blanks at their ends, no deserts within.

    Templates are full of `\\s+...\\s*$`, which takes the square or the cube of a run of blanks (measured: a text of
    lines of 1,900 blanks took some templates ten seconds of CPU).
    """
    lines = (line[:MAX_LINE].rstrip() for line in text[:MAX_TEXT].split("\n"))
    return "\n".join(_LONG_BLANK.sub(" " * 100, line) if len(line) > 100 else line for line in lines)


def _machine(template: str) -> textfsm.TextFSM:
    machines: dict[str, textfsm.TextFSM] = _local.__dict__.setdefault("machines", {})
    if template not in machines:
        with files("ntc_templates").joinpath("templates", f"{template}.textfsm").open(encoding="utf-8") as file:
            machines[template] = textfsm.TextFSM(file)
    return machines[template]


def one(row: Row, name: str) -> str | None:
    """A field as text: the first of a list, trimmed; None where it is empty or a filler."""
    value = row.get(name, "")
    text = (value[0] if value else "") if isinstance(value, list) else value
    return said(text)


def many(row: Row, name: str) -> list[str]:
    """A field as a list of trimmed texts."""
    value = row.get(name, [])
    return [text.strip() for text in (value if isinstance(value, list) else [value])]


def said(text: str | None) -> str | None:
    """The text unless it is one of the ways devices say that they have nothing to say."""
    text = " ".join((text or "").split())
    return (
        None
        if text.lower() in ("", "n/a", "na", "-", "--", "none", "unknown", "unspecified", "not available")
        else text
    )
