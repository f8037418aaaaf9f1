"""Prometheus pages: what devices last said and how the agent itself is, rendered when somebody asks."""

from __future__ import annotations

from agent.exporter.http import routes
from agent.exporter.own import Own
from agent.exporter.page import Lot, Pages

__all__ = ["Lot", "Own", "Pages", "routes"]
