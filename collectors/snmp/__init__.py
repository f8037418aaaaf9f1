"""SNMP versions 1, 2c and 3, reading only: the own fast engine."""

from collectors.snmp.engine import Engine

__all__ = ["Engine"]
