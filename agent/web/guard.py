"""What stands in front of the HTTP side: security headers, users, TLS, and where it may listen at all.

Beyond loopback the agent wants TLS and users, in the web configuration file that Prometheus exporters share
(https://prometheus.io/docs/prometheus/latest/configuration/https/), so that engineers know it and
`promtool check web-config` checks it:

    tls_server_config: {cert_file: hartwatch.crt, key_file: hartwatch.key}
    basic_auth_users: {prometheus: "$2y$10$..."}        bcrypt; `htpasswd -nBC 10 NAME` makes one
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.web.listening import pair_problem

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]  # as ASGI has them
OPEN_TO_ALL = ("/-/healthy", "/-/ready")  # for the service manager and load balancers; they tell nothing


class WebConfigInvalid(Exception):
    """The web configuration cannot be used. `str()` is one line that says what to do."""


class _Tls(BaseModel):
    model_config = ConfigDict(extra="forbid")
    cert_file: Path
    key_file: Path


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    tls_server_config: _Tls | None = None
    basic_auth_users: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class WebConfig:
    """TLS and users. Hashes are kept out of `repr`."""

    cert_file: Path | None = None
    key_file: Path | None = None
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def read_web_config(path: Path) -> WebConfig:
    """The web configuration at `path`; paths in it are relative to it."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = _File.model_validate(data or {})
    except OSError as error:
        raise WebConfigInvalid(f"cannot read the web configuration {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise WebConfigInvalid(f"{path}{place}: the web configuration is not YAML") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(step) for step in first["loc"])
        raise WebConfigInvalid(f"{path}: {key}: {first['msg'].lower()}") from None
    for user, hashed in found.basic_auth_users.items():
        if not hashed.startswith(("$2a$", "$2b$", "$2y$")):
            raise WebConfigInvalid(
                f"{path}: basic_auth_users.{user}: a bcrypt hash is wanted, `htpasswd -nBC 10 {user}` makes one"
            )
    tls = found.tls_server_config
    cert, key_file = (path.parent / tls.cert_file, path.parent / tls.key_file) if tls else (None, None)
    for needed in (cert, key_file):
        if needed is not None and not needed.is_file():
            raise WebConfigInvalid(f"{path}: tls_server_config: there is no file {needed}")
    if cert is not None and key_file is not None:
        problem = pair_problem(cert, key_file)
        if problem:
            raise WebConfigInvalid(
                f"{path}: tls_server_config: {cert} and {key_file} are no certificate and key that belong together "
                f"({problem})"
            )
    return WebConfig(cert, key_file, {user: hashed.encode() for user, hashed in found.basic_auth_users.items()})


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def refusal(address: str, config: WebConfig) -> str | None:
    """Why the agent may not listen there, in one line that says what to do; None if it may."""
    if is_loopback(address) or (config.users and config.cert_file):
        return None
    missing = " and ".join(what for what, there in (("TLS", config.cert_file), ("users", config.users)) if not there)
    return (
        f"will not listen on {address} without {missing}: everybody on the network could read the estate; "
        "listen on 127.0.0.1 behind a proxy, or give --web-config a file with tls_server_config and basic_auth_users"
    )


class Guard:
    """ASGI: adds the security headers, asks for users, refuses foreign names of this host on loopback."""

    def __init__(self, app: ASGIApp, config: WebConfig, hosts: frozenset[str] | None) -> None:
        """`hosts`: names under which this host may be asked for; None: any. On loopback a page of the open web could
        otherwise give itself our address (DNS rebinding) and read the estate through the browser of an engineer."""
        self.app, self.config, self.hosts = app, config, hosts
        self._right: set[bytes] = set()  # digests of credentials that bcrypt has found right: it takes 50 ms each time
        self._key = hashlib.sha256(repr(sorted(config.users.items())).encode()).digest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in said)]
            await send(message)

        headers = Headers(scope=scope)
        if self.hosts is not None and _host(headers.get("host", "")) not in self.hosts:
            answer = PlainTextResponse("this agent is not called that; see advertised_address in its settings\n", 421)
        elif self.config.users and scope["path"] not in OPEN_TO_ALL and not await self._knows(headers):
            answer = PlainTextResponse(
                "who are you?\n", 401, {"WWW-Authenticate": 'Basic realm="Hartwatch", charset="UTF-8"'}
            )
        else:
            await self.app(scope, receive, guarded)
            return
        await answer(scope, receive, guarded)

    async def _knows(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        digest = hmac.digest(self._key, f"{user}\0{password}".encode(), "sha256")
        if digest in self._right:
            return True
        hashed = self.config.users.get(user)
        # An unknown user costs as much time as a known one, so that names cannot be told by the clock.
        right = await asyncio.to_thread(_matches, password.encode(), hashed or next(iter(self.config.users.values())))
        if right and hashed is not None:
            self._right.add(digest)
            return True
        return False


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:72], hashed.replace(b"$2y$", b"$2b$", 1))
    except ValueError:
        return False


def _host(header: str) -> str:
    """The name in a Host header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] or header if header.count(":") == 1 else header
