"""Who a request is of, for whatever answers it: the seam between the gate and the pages, forms and the JSON API.

who = who_of(request)                     agent.access.Who; always there, and `who.role` None may do nothing
who = needs(request, Role.EDITOR)         the same, or Refused (401 or 403, `str(problem.detail)` says why)
honest(request, token)                    before writing: Refused where a foreign page could have sent it
visitor()                                 in templates: who it is, and the token for forms
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from agent.access.who import AMBIENT, Role, Who

CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"  # for a program that writes with the session of a browser


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request's. `token` goes into each form; `origins` are what a page of ours may call itself."""

    who: Who = field(default_factory=Who)
    token: str = field(default="", repr=False)
    origins: frozenset[str] = frozenset()
    secure: bool = False  # asked over TLS, by the browser's lights
    can_sign_in: bool = False  # there is a page for it
    said: str = ""  # key of what is to be said once on the page

    @property
    def can_sign_out(self) -> bool:
        return self.who.how == "session"

    def may(self, role: str) -> bool:
        """For templates: `visitor().may("editor")`."""
        return self.who.may(Role(role))

    @staticmethod
    def once() -> str:
        """By which a form that is sent twice is known again."""
        return secrets.token_urlsafe(18)


NOBODY = Visitor()
VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)


def visitor() -> Visitor:
    """Of the request that is being answered."""
    return VISITOR.get()


def visitor_of(request: Request) -> Visitor:
    return getattr(request.state, "visitor", NOBODY)


def who_of(request: Request) -> Who:
    return visitor_of(request).who


class Said:
    """What is said once on the next page somebody sees, after what they sent was recorded. Not in a session: those who
    come by a proxy have none, and the address of the page alone tells nobody else anything."""

    def __init__(self, most: int = 1000) -> None:
        self._held: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._most = most

    def later(self, who: Who, words: str) -> str:
        """Keep it; answers the key for the address of the page."""
        key = secrets.token_urlsafe(12)
        self._held[who.how, who.user, key] = words
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return key

    def now(self, who: Who, key: str) -> str:
        return self._held.pop((who.how, who.user, key), "") if key else ""


SAID = Said()


def flash() -> str:
    """For templates: what is to be said on this page, once."""
    of = visitor()
    return SAID.now(of.who, of.said)


class Refused(HTTPException):
    """Somebody may not do this: 401 where nobody said who they are, else 403."""


def needs(request: Request, role: Role) -> Who:
    """Who it is, if they may do what takes a role; otherwise Refused."""
    who = who_of(request)
    if who.may(role):
        return who
    if not who.is_known:
        raise Refused(401, "sign in first: this takes somebody with the role " + role)
    has = f"{who.user} has {who.role}" if who.role else f"{who.user} has no role here"
    raise Refused(403, f"this takes the role {role}; {has}")


def honest(request: Request, token: str) -> None:
    """Refused where the request may have been made by a page of somebody else in the browser of who may write.

    API tokens are sent by programs only and need nothing more. For everything a browser sends along by itself both
    have to be right: where the page was that asked (Fetch Metadata, or Origin), and the token of the form.
    """
    who = who_of(request)
    if who.how not in AMBIENT:
        return
    if (why := foreign(request)) is not None:
        raise Refused(403, why)
    if not token or not hmac.compare_digest(token.encode(), visitor_of(request).token.encode()):
        raise Refused(403, "the form is not one of yours, or an old one: open the page again and repeat it")


def foreign(request: Request) -> str | None:
    """Why this cannot have been sent by a page of ours; None if it can."""
    headers = request.headers
    site, origins = headers.get("sec-fetch-site"), headers.getlist("origin")
    if site is None and not origins:
        return "the browser does not say which page this comes from (Origin, Sec-Fetch-Site)"
    if site is not None and site != "same-origin":
        return "this was sent by a page elsewhere"
    if origins and (len(origins) > 1 or origins[0].lower() not in visitor_of(request).origins):
        return "this was sent by a page elsewhere"
    return None


def origins_of(scheme: str, host: str, also: str | None) -> frozenset[str]:
    """What pages of ours call themselves: as they were asked for, and the advertised address."""
    found = {f"{scheme}://{_without_port(scheme, host.lower())}"} if host else set()
    if also:
        found |= {f"{each}://{_without_port(each, also.lower())}" for each in ("http", "https")}
    return frozenset(found)


def _without_port(scheme: str, host: str) -> str:
    """Browsers leave the usual port out of an origin (RFC 6454)."""
    usual = ":443" if scheme == "https" else ":80"
    return host.removesuffix(usual)


def local_path(text: str, otherwise: str = "/") -> str:
    """A path of ours that somebody asked to go on to, or another: never an address elsewhere.

    Browsers take \\ for / and leave out tabs and line ends, so only plain characters are let through.
    """
    plain = 0 < len(text) <= 500 and all("!" <= c <= "~" and c != "\\" for c in text)
    if not plain or not text.startswith("/") or text.startswith("//"):
        return otherwise
    parts = urlsplit(text)
    return otherwise if parts.scheme or parts.netloc or parts.path in ("/login", "/logout") else text
