"""The JSON API under /api/v1: what the pages show and do, for programs."""

from __future__ import annotations

from agent.web.api.serving import api_routes
from agent.web.api.writing import Keep

__all__ = ["Keep", "api_routes"]
