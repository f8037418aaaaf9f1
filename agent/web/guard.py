"""What stands in front of the HTTP side: security headers, users, a limit on requests, and where it may listen at all.

Beyond loopback the agent wants TLS and to know who asks: users with passwords, or clients with certificates of an
authority that the web configuration names. See `agent.web.webconfig` for the file.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.access.users import UsersFile
from agent.access.who import Role, Who
from agent.hostile import plain
from agent.web.gate import BASIC, Gate
from agent.web.seldom import Seldom
from agent.web.users import Found, Users, pair_of
from agent.web.webconfig import Rate, WebConfig

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
OPEN_TO_ALL = ("/-/healthy", "/-/ready")  # for the service manager and load balancers; they tell nothing


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def refusal(address: str, config: WebConfig, users: UsersFile | None = None) -> str | None:
    """Why the agent may not listen there, in one line that says what to do; None if it may.

    A users file that lets nobody in without signing in stands for users as well. A client's
    certificate stands for a user where every client has to show one and it is verified.
    """
    is_open = users is not None and users.anonymous is not None  # whoever connects may read, whatever users there are
    signs_in = users is not None and not is_open and bool(users.users or users.tokens or users.proxy)
    known = signs_in or config.who in (("certificates", "both") if is_open else ("users", "certificates", "both"))
    if is_loopback(address) or (config.tls and known):
        return None
    missing = " and ".join(what for what, there in (("TLS", config.tls), ("users", known)) if not there)
    return (
        f"will not listen on {address} without {missing}: everybody on the network could read the estate; "
        "listen on 127.0.0.1 behind a proxy, or give --web-config a file with tls_server_config and basic_auth_users "
        "(or client_auth_type: RequireAndVerifyClientCert), or a users_file beside it"
    )


class Bucket:
    """A token bucket, full at first."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._tokens, self._at = float(rate.burst), clock()

    def take(self) -> bool:
        now = self._clock()
        self._tokens = min(float(self._rate.burst), self._tokens + (now - self._at) / self._rate.interval)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Guard:
    """ASGI: adds the security headers, asks for users, refuses foreign names of this host on loopback."""

    def __init__(self, app: ASGIApp, config: WebConfig, hosts: frozenset[str] | None, gate: Gate | None = None) -> None:
        """`hosts`: names under which this host may be asked for; None: any. On loopback a page of the open web could
        otherwise give itself our address (DNS rebinding) and read the estate through the browser of an engineer. Where
        there are users it could not, and any name will do. `gate`: who may do what, where there is a users file."""
        self.app, self.hosts, self.gate = app, hosts, gate or Gate()
        self.refused = self.gate.refused  # by what kept it out: name, users, busy, slowed, rate, role, foreign
        self._wrong = Seldom(log)
        self.take(config)

    def take(self, config: WebConfig) -> None:
        """Go by this configuration from the next request on, also on connections that are open."""
        before: WebConfig | None = getattr(self, "config", None)
        if before is None or before.users != config.users:
            self.users = Users(config.users)
            self.gate.take(self.gate.file, config.users)
        if before is None or before.rate != config.rate:
            self.bucket = Bucket(config.rate) if config.rate else None
        self._headers = _as_sent({**HEADERS, **config.headers}.items())
        self.config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        extra = self._headers

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in extra if pair[0] not in said)]
            await send(message)

        answer = await self._answer(scope)
        await (answer or self.app)(scope, receive, guarded)

    async def _answer(self, scope: Scope) -> Response | None:
        """The refusal of a request, or None where it may pass."""
        headers = Headers(scope=scope)
        foreign = self.hosts is not None and _host(headers.get("host", "")) not in self.hosts
        if foreign and (self.gate.lets_in_by_itself if self.gate.file is not None else not self.config.users):
            return self._refuse("name", 421, "this agent is not called that; see advertised_address in its settings")
        client = scope["client"][0] if scope.get("client") else ""
        self.gate.set(scope, Who("", None, "nobody", client))
        if scope["path"] in OPEN_TO_ALL:
            return None
        if self.bucket is not None and not self.bucket.take():
            return self._refuse("rate", 429, "too many requests", {"Retry-After": "1"})
        if self.gate.file is not None:
            return await self.gate.admit(scope)
        if not self.config.users:
            self.gate.set(scope, Who("", Role.VIEWER, "nobody", client))
            return None
        given = headers.get("authorization", "")
        found = await self.users.find(given)
        if found is Found.BUSY:
            return self._refuse("busy", 503, "too many passwords are being checked", {"Retry-After": "5"})
        if found is Found.WRONG:
            if given:  # without: a browser that has not asked its user yet. The name may be a password: it is not told.
                self._wrong.warn("a wrong user or password came from %s", plain(client) or "nowhere")
            return self._refuse("users", 401, "who are you?", BASIC)
        pair = pair_of(given)
        self.gate.set(scope, Who(pair[0] if pair else "", Role.VIEWER, "basic", client))
        return None

    def _refuse(self, why: str, status: int, words: str, headers: dict[str, str] | None = None) -> PlainTextResponse:
        self.refused[why] += 1
        return PlainTextResponse(f"{words}\n", status, headers)


def _as_sent(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """As ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def _host(header: str) -> str:
    """The name in a Host header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.rpartition(":")[0] or header if header.count(":") == 1 else header
