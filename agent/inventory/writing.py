"""Values as YAML text that reads back as the very same values. Pure.

scalar("sw-1") == "sw-1"      scalar("0123") == '"0123"'      scalar("no") == '"no"'
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from agent.hostile import plain
from agent.inventory.document import Document

# Neither what YAML 1.1 and 1.2 read differently nor what ends a value inside { } and [ ].
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/+@()' -]*[A-Za-z0-9._/+@()'])?")
LONGEST = 1000

Writable = str | int | float | Decimal | date | bool


def scalar(value: Writable) -> str:
    """One value, in quotes only where YAML would take it for something else without."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = plain(value, LONGEST)
    return text if _plainly(text) else json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=8192)  # classes, sites, makers and models come again and again
def _plainly(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and bool(Document("", text).data == text)


def flow(entry: Mapping[str, object]) -> str:
    """`{kind: icmp, count: 3}`: a mapping in one line, with mappings and lists in it."""
    return "{" + ", ".join(f"{scalar(key)}: {_flow(value)}" for key, value in entry.items()) + "}"


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return flow(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    assert isinstance(value, str | int | float | Decimal | date)  # noqa: S101  (entries are made of these)
    return scalar(value)


def comment(text: str, longest: int = 160) -> str:
    """`# text`, on one line whatever is in it."""
    return f"# {plain(text, longest)}"
