"""The gate: who a request is of. By API token, trusted proxy, basic authentication, session, or nobody, in that order.

The first that is there decides: a wrong token is not made good by a session. Without a users file everything is as the
web configuration has it, and nobody may write. docs/decisions/0025-who-may-write.md has the reasons.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Scope

from agent.access.brake import Brake
from agent.access.sessions import Session, Sessions
from agent.access.users import User, UsersFile, name_problem
from agent.access.who import Role, Who
from agent.hostile import plain
from agent.web.seldom import Seldom
from agent.web.users import Found, Lane, Users, pair_of
from agent.web.visitor import VISITOR, Visitor, origins_of

log = logging.getLogger(__name__)

SECURE_COOKIE, PLAIN_COOKIE = "__Host-hartwatch", "hartwatch"  # the first is taken by browsers over TLS only
WITHOUT_SIGNING_IN = ("/login", "/logout")
TOKEN_IN_ADDRESS = re.compile(rb"hwt_[A-Za-z0-9_-]{20}")
SAID_IN_ADDRESS = re.compile(rb"(?:^|&)said=([A-Za-z0-9_-]{1,40})(?:&|$)")
BASIC = {"WWW-Authenticate": 'Basic realm="Hartwatch", charset="UTF-8"'}
BEARER = {"WWW-Authenticate": 'Bearer realm="Hartwatch"'}


class Gate:
    """The users file in force, sessions, and the brake. In the event loop only."""

    def __init__(
        self, file: UsersFile | None = None, advertised: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), sessions: Sessions | None = None,
        brake: Brake | None = None,
    ) -> None:  # fmt: skip
        """`advertised`: host:port by which browsers reach the agent, where it is not what they asked for."""
        self.file, self.advertised, self._clock = file, advertised, clock
        self.sessions = sessions if sessions is not None else Sessions()  # an empty one counts as false
        self.brake = brake or Brake()
        self.refused: Counter[str] = Counter()
        self._key = secrets.token_bytes(32)
        self._wrong = Seldom(log)
        self._basic: Mapping[str, bytes] = {}
        self._lane = Lane()
        self.take(file, {})

    def take(self, file: UsersFile | None, basic: Mapping[str, bytes]) -> None:
        """Go by these users from the next request on. `basic`: those of the web configuration.

        Sessions of users who are gone or have another password end at their next request: it is looked at each time.
        """
        self.file, self._basic = file, basic
        own = file.passwords if file is not None else {}
        self.passwords = Users({**basic, **own}, self._lane)  # for signing in on the page
        self.basic = Users(basic, self._lane)

    @property
    def lets_in_by_itself(self) -> bool:
        """Whether some requests need nothing that a foreign page could not send as well: then names are looked at."""
        file = self.file
        return file is None or file.anonymous is not None or (file.proxy is not None and bool(file.proxy.user_header))

    # ------------------------------------------------------------ a request
    async def admit(self, scope: Scope) -> Response | None:
        """Find out who it is and write it down in the scope, or answer a refusal."""
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        proxied = self._is_proxy(peer)
        address = _client(peer, headers, self.file) if proxied else peer
        scheme, host = scope.get("scheme", "http"), headers.get("host", "")
        if proxied:
            scheme = "https" if headers.get("x-forwarded-proto", "").strip().lower() == "https" else scheme
            host = headers.get("x-forwarded-host", host)
        secure = scheme == "https"
        if TOKEN_IN_ADDRESS.search(scope.get("query_string", b"")):
            words = "a token has no place in an address, where logs and browsers keep it: make a new one, and send it "
            return self._refuse("users", 400, words + "as Authorization: Bearer")
        found = await self._who(scope, headers, address, proxied=proxied, secure=secure)
        if isinstance(found, Response):
            return found
        who, session = found
        self._strip(scope)
        self.set(scope, who, session, origins_of(scheme, host, self.advertised), secure=secure)
        if who.role is not None or self._is_open(scope["path"]):
            return None
        if who.is_known:
            return self._refuse("role", 403, f"{plain(who.user)} has no role here")
        return self._stranger(scope, headers)

    def set(
        self, scope: Scope, who: Who, session: Session | None = None, origins: frozenset[str] = frozenset(),
        *, secure: bool = False,
    ) -> None:  # fmt: skip
        """Write down who it is, for whatever answers."""
        known = session.digest if session is not None else f"{who.how}:{who.user}".encode()
        token = hmac.digest(self._key, known, "sha256").hex() if who.is_known else ""
        said = SAID_IN_ADDRESS.search(scope.get("query_string", b""))
        visitor = Visitor(who, token, origins, secure, self.file is not None, said[1].decode() if said else "")
        state: dict[str, Any] = scope.setdefault("state", {})
        state.update(visitor=visitor, who=who, session=session)
        VISITOR.set(visitor)

    async def _who(
        self, scope: Scope, headers: Headers, address: str, *, proxied: bool, secure: bool
    ) -> tuple[Who, Session | None] | Response:
        file = self.file
        assert file is not None  # noqa: S101 - the guard asks only where there is one
        given = headers.getlist("authorization")
        scheme = given[0].partition(" ")[0].lower() if given else ""
        if len(given) > 1 or (given and scheme not in ("basic", "bearer")):
            return self._unknown(address, "a request with another Authorization than Basic or Bearer came from %s")
        if scheme == "bearer":
            token = file.token(given[0].partition(" ")[2].strip(), self._clock())
            if token is None:
                return self._unknown(address, "a wrong or expired token came from %s", BEARER)
            return Who(token.name, token.role, "token", address), None
        if proxied and (said := self._by_proxy(headers, address)) is not None:
            return said, None
        if scheme == "basic":
            return await self._by_basic(given[0], address)
        session = self._session(headers, secure=secure)
        if session is not None:
            return Who(session.user, self.role_of(session.user), "session", address), session
        return Who("", file.anonymous, "nobody", address), None

    def _by_proxy(self, headers: Headers, address: str) -> Who | None:
        """Who the proxy says it is; None where it says nobody, or two things."""
        proxy = self.file.proxy if self.file is not None else None
        if proxy is None or proxy.user_header is None:
            return None
        users = headers.getlist(proxy.user_header)
        user = users[0].strip() if len(users) == 1 else ""
        if name_problem(user) is not None:
            return None
        if (own := self._user(user)) is not None:
            return Who(user, own.role, "proxy", address)
        said = headers.getlist(proxy.groups_header) if proxy.groups_header else []
        groups = {group.strip() for text in said for group in re.split("[,;|]", text)}
        roles = [role for group, role in proxy.groups.items() if group in groups]
        best = max(roles, key=lambda role: list(Role).index(role), default=proxy.default)
        return Who(user, best, "proxy", address)

    async def _by_basic(self, header: str, address: str) -> tuple[Who, None] | Response:
        found = await self.basic.find(header, self.brake, address)
        if found is Found.RIGHT:
            user = _user_in(header)
            own = self._user(user)
            return Who(user, own.role if own is not None else Role.VIEWER, "basic", address), None
        if found is Found.BUSY:
            return self._refuse("busy", 503, "too many passwords are being checked", {"Retry-After": "5"})
        if found is Found.SLOWED:
            return self._refuse("slowed", 429, "too many wrong passwords: wait a while", {"Retry-After": "30"})
        return self._unknown(address, "a wrong user or password came from %s", BASIC if self._basic else BEARER)

    def _session(self, headers: Headers, *, secure: bool) -> Session | None:
        """The session that the browser has, if it still holds: the user is there, with the same password."""
        file = self.file
        name = SECURE_COOKIE if secure else PLAIN_COOKIE
        cookies = headers.getlist("cookie")
        if file is None or not cookies:
            return None
        id = cookie_parser("; ".join(cookies)).get(name, "")
        session = self.sessions.find(id, file.idle.total_seconds(), file.longest.total_seconds())
        if session is not None and self.stamp_of(session.user) != session.stamp:
            self.sessions.end(session)
            return None
        return session

    def stamp_of(self, user: str) -> bytes:
        """What changes with a user's password; empty where there is none."""
        hashed = self.passwords.hashes.get(user)
        return sha256(hashed).digest() if hashed is not None else b""

    def role_of(self, user: str) -> Role | None:
        own = self._user(user)
        return own.role if own is not None else Role.VIEWER if user in self._basic else None

    def _user(self, name: str) -> User | None:
        return self.file.users.get(name) if self.file is not None else None

    def _is_proxy(self, peer: str) -> bool:
        proxy = self.file.proxy if self.file is not None else None
        return proxy is not None and proxy.is_from(peer)

    def _strip(self, scope: Scope) -> None:
        """What says who asks goes no further: nothing behind the gate may be tempted to believe it."""
        proxy = self.file.proxy if self.file is not None else None
        if proxy is None:
            return
        names = {name.encode() for name in (proxy.user_header, proxy.groups_header) if name}
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() not in names]

    # ------------------------------------------------------------ refusals
    @staticmethod
    def _is_open(path: str) -> bool:
        return path in WITHOUT_SIGNING_IN or path.startswith("/static/")

    def _stranger(self, scope: Scope, headers: Headers) -> Response:
        """A browser is sent to the page for signing in, unless it would ask for a password by itself."""
        wants_page = scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
        if wants_page:
            query = scope.get("query_string", b"").decode("ascii", "replace")
            asked = quote(scope["path"] + (f"?{query}" if query else ""), safe="/")
            return RedirectResponse(f"/login?next={asked}", 303, {"Cache-Control": "no-store"})
        return self._refuse("users", 401, "who are you?", BASIC if self._basic else BEARER)

    def _unknown(self, address: str, words: str, challenge: Mapping[str, str] = BEARER) -> Response:
        self._wrong.warn(words, plain(address) or "nowhere")
        return self._refuse("users", 401, "who are you?", challenge)

    def _refuse(self, why: str, status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
        self.refused[why] += 1
        return PlainTextResponse(f"{words}\n", status, {"Cache-Control": "no-store", **(headers or {})})


def _client(peer: str, headers: Headers, file: UsersFile | None) -> str:
    """Where a request came from that a trusted proxy passed on: the last address that no trusted proxy has. What
    stands before it was written by whoever asked."""
    proxy = file.proxy if file is not None else None
    hops = [hop.strip() for text in headers.getlist("x-forwarded-for") for hop in text.split(",")]
    found = peer
    for hop in reversed(hops[-20:]):
        try:
            ipaddress.ip_address(hop)
        except ValueError:
            break
        found = hop
        if proxy is None or not proxy.is_from(hop):
            break
    return found


def _user_in(header: str) -> str:
    pair = pair_of(header)
    return pair[0] if pair is not None else ""
