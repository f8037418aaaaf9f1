"""The JSON API under /api/v1: what the pages show, for programs."""

from __future__ import annotations

from agent.web.api.serving import api_routes

__all__ = ["api_routes"]
