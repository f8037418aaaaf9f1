"""The chain of entries: each holds a digest of itself and of the one before. Pure.

    digest = link(before, "flip", row)        before: the digest of the entry before, or genesis(source)

Every source has a chain of its own, over all its entries in the order of their numbers, whatever table they are in. So
an entry that was changed, taken out or put in afterwards shows, and everything recorded later shows with it.

The form may never change, because digests that were given would no longer be found: SHA-256 over the digest before and
the row as JSON (RFC 8259) with sorted keys and no blanks, times in UTC with microseconds, what is NULL left out: a
column that comes later changes nothing for the rows that do not have it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

DIGEST = "digest"


def genesis(source: str) -> bytes:
    """What the first entry of a source follows."""
    return sha256(f"hartwatch ledger of {source}".encode()).digest()


def link(before: bytes, table: str, row: Mapping[str, Any]) -> bytes:
    """The digest of an entry. `row`: its columns; a digest in it is left out."""
    told = {
        name: value if type(value) is str else plain(value) if type(value) in _SAID else value
        for name, value in row.items()
        if value is not None and name != DIGEST
    }
    return sha256(before + _FORM.encode([table, told]).encode()).digest()


def plain(value: object) -> str:
    """A value of a row that JSON does not have."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"the ledger holds no {type(value).__name__}")


# Made once: of a hundred thousand entries that are written or verified this is half of the time.
_FORM = json.JSONEncoder(default=plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_SAID = frozenset((datetime, UUID, bytes))
