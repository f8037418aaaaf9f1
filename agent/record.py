"""Records that are made by the ten thousand: frozen for whoever writes code, quick to make when it runs.

    @record
    class Asset: ...

`@dataclass(frozen=True, slots=True)` sets every field through `object.__setattr__`, which costs five times as much as
the rest of making it: of a register of 50,000 pieces that was a quarter of every answer. Here the type checker
refuses an assignment, as it does for a frozen dataclass, and when it runs nothing is spent on it. Values compare and
hash alike; `dataclasses.replace` and `fields` work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True)
    def record(cls: type[T]) -> type[T]: ...
else:

    def record(cls):
        return dataclass(slots=True, unsafe_hash=True)(cls)
