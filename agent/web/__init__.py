"""The agent's pages, and the HTTP side they and the exporter are served by."""

from __future__ import annotations

from agent.web.guard import Guard, WebConfig, WebConfigInvalid, is_loopback, read_web_config, refusal
from agent.web.listening import CannotListen, is_taken, listen, server
from agent.web.pages import routes

__all__ = [
    "CannotListen",
    "Guard",
    "WebConfig",
    "WebConfigInvalid",
    "is_loopback",
    "is_taken",
    "listen",
    "read_web_config",
    "refusal",
    "routes",
    "server",
]
