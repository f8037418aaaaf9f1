"""SNMP versions 1, 2c and 3, reading only: the own fast engine, and the reference engine over pysnmp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collectors.snmp.engine import Engine
from collectors.snmp.transport import Counts

if TYPE_CHECKING:
    from collectors.snmp.reference import ReferenceEngine

__all__ = ["Counts", "Engine", "ReferenceEngine"]


def __getattr__(name: str) -> Any:
    """Load pysnmp when it is first wanted: importing it takes most of a second, which each command would pay."""
    if name == "ReferenceEngine":
        from collectors.snmp.reference import ReferenceEngine

        return ReferenceEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
