"""The agent's pages, and the HTTP side they and the exporter are served by."""

from __future__ import annotations

from agent.web.gate import Gate
from agent.web.guard import Guard, is_loopback, refusal
from agent.web.listening import CannotListen, is_taken, listen, server
from agent.web.login import login_routes
from agent.web.pages import routes
from agent.web.renewal import LOOK_SECONDS, Renewal
from agent.web.users_renewal import UsersRenewal
from agent.web.webconfig import WebConfig, WebConfigInvalid, read_web_config
from agent.web.writing import writing_routes

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
    "login_routes",
    "read_web_config",
    "refusal",
    "routes",
    "server",
    "writing_routes",
]
