"""/snmp: scrapes in the manner of snmp_exporter, by its own module definitions, through our own engine."""

from __future__ import annotations

from agent.exporter.snmp.front import Front, FrontStats, Reply
from agent.exporter.snmp.http import route
from agent.exporter.snmp.modules import Module, Modules
from agent.exporter.snmp.reading import ModulesInvalid, built_in, read_modules

__all__ = ["Front", "FrontStats", "Module", "Modules", "ModulesInvalid", "Reply", "built_in", "read_modules", "route"]
