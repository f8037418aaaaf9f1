"""The agent's pages, and the HTTP side they and the exporter are served by."""

from __future__ import annotations

from agent.web.gate import Gate
from agent.web.guard import Guard, is_loopback, refusal
from agent.web.listening import CannotListen, is_taken, listen, server
from agent.web.pages import routes
from agent.web.renewal import LOOK_SECONDS, Renewal
from agent.web.users_renewal import UsersRenewal
from agent.web.webconfig import WebConfig, WebConfigInvalid, read_web_config

__all__ = [
    "LOOK_SECONDS",
    "CannotListen",
    "Gate",
    "Guard",
    "Renewal",
    "UsersRenewal",
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
