"""The file of users and API tokens: who may sign in to the pages, and who may do what.

    users:
      jo.smith: {role: editor, password: "$2b$12$..."}      `hartwatch user add` makes one
      a.sharma: {role: admin}                               a role only: signs in elsewhere
    tokens:
      service-desk: {role: editor, sha256: "9f86...", expires: 2027-03-31}
    proxy: {from: [127.0.0.1], user_header: X-Forwarded-User, groups: {ict: editor}}
    sessions: {idle: 1h, longest: 12h}
    anonymous: viewer                                       everybody who reaches the agent may read

No secret is in it: passwords as bcrypt hashes, tokens as SHA-256. Every key is known, and what cannot be is refused
with file, line and key, without repeating what may be a secret.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from agent.access.who import Role
from agent.inventory.document import Document, read_document
from agent.inventory.explain import words_of
from agent.inventory.problems import Problem
from agent.inventory.values import Duration, refuse
from agent.words import LONDON

BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
CHEAPEST, DEAREST = 10, 16  # bcrypt costs: 50 ms, and some four seconds of a core for every wrong password
LONGEST_NAME = 100  # as a note's author
TOKEN = re.compile(r"hwt_[A-Za-z0-9_-]{43}")  # 256 bits of chance, with a mark by which a leaked one is found
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_NEVER = ("authorization", "cookie", "host", "origin", "content-length", "content-type", "transfer-encoding")
_SECRETS = ("password", "sha256")
IDLE, LONGEST = timedelta(hours=1), timedelta(hours=12)

RoleName = Literal["viewer", "editor", "admin"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UsersInvalid(Exception):
    """The users file cannot be used. `str()` is one line that says where and what to do."""


@dataclass(frozen=True, slots=True)
class User:
    """`hashed` None: has a role, and shows elsewhere who it is (web configuration, proxy)."""

    role: Role
    hashed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """`expires`: the last day on which it is taken, in London."""

    name: str
    role: Role
    expires: date | None = None

    def holds(self, now: datetime) -> bool:
        return self.expires is None or now.astimezone(LONDON).date() <= self.expires


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy in front that says who asks. What comes from elsewhere under its headers counts for nothing."""

    networks: tuple[Network, ...]
    user_header: str | None = None  # lower case
    groups_header: str | None = None
    groups: Mapping[str, Role] = field(default_factory=dict)
    default: Role | None = None

    def is_from(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None)  # ::ffff:127.0.0.1 is 127.0.0.1
        return any((mapped or found) in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class UsersFile:
    """What is in force. `tokens` by the digest of the token."""

    users: Mapping[str, User] = field(default_factory=dict)
    tokens: Mapping[bytes, Token] = field(default_factory=dict, repr=False)
    proxy: Proxy | None = None
    idle: timedelta = IDLE
    longest: timedelta = LONGEST
    anonymous: Role | None = None

    def token(self, written: str, now: datetime) -> Token | None:
        """The token that this is, unless it has expired."""
        if not TOKEN.fullmatch(written):
            return None
        found = self.tokens.get(digest_of(written))
        return found if found is not None and found.holds(now) else None

    @property
    def passwords(self) -> dict[str, bytes]:
        return {name: user.hashed for name, user in self.users.items() if user.hashed is not None}


def digest_of(token: str) -> bytes:
    """What is kept of a token. It is 256 bits of chance, which no slow hash makes harder to guess."""
    return sha256(token.encode()).digest()


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a user or token."""
    if not name or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        return f"a name is 1 to {LONGEST_NAME} characters that can be printed"
    return "a name has no colon: a browser could not send it" if ":" in name else None


# ---------------------------------------------------------------- the file's keys
class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _bcrypt(value: str) -> str:
    found = BCRYPT.fullmatch(value)
    if found is None:
        refuse("a bcrypt hash is wanted", "`hartwatch user passwd NAME` makes one")
    if not CHEAPEST <= int(found[1]) <= DEAREST:
        refuse(f"a bcrypt cost of {int(found[1])} is not taken", f"between {CHEAPEST} and {DEAREST}; 12 is usual")
    return value


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value):
        refuse("64 hexadecimal digits are wanted", "`hartwatch user token NAME` makes a token and this of it")
    return value


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        refuse(f"{value!r} is no address or network", "127.0.0.1, 192.0.2.0/28")
    if network.prefixlen == 0:
        refuse("everybody would be the proxy", "name the proxy's own address")
    return value


def _header_name(value: str) -> str:
    if not _HEADER.fullmatch(value) or value.lower() in _NEVER:
        refuse(f"{value!r} is no header that a proxy says this in", "X-Forwarded-User")
    return value


def _session_length(value: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= value <= timedelta(days=30):
        refuse("a session lasts between 1m and 30d")
    return value


_Header = Annotated[str, AfterValidator(_header_name)]
_Length = Annotated[Duration, AfterValidator(_session_length)]


class UserKeys(_Section):
    role: RoleName
    password: Annotated[str, AfterValidator(_bcrypt)] | None = None


class TokenKeys(_Section):
    role: RoleName
    sha256: Annotated[str, AfterValidator(_digest)]
    expires: date | None = None


class ProxyKeys(_Section):
    from_: list[Annotated[str, AfterValidator(_network)]] = Field(alias="from", min_length=1)
    user_header: _Header | None = None
    groups_header: _Header | None = None
    groups: dict[str, RoleName] = {}
    default: RoleName | None = None


class SessionKeys(_Section):
    idle: _Length = IDLE
    longest: _Length = LONGEST


class FileKeys(_Section):
    users: dict[str, UserKeys] | None = None
    tokens: dict[str, TokenKeys] | None = None
    proxy: ProxyKeys | None = None
    sessions: SessionKeys | None = None
    anonymous: Literal["viewer", "nobody"] = "nobody"


# ---------------------------------------------------------------- reading
def read_users(path: Path) -> UsersFile:
    """The users file at `path`. Blocking; UsersInvalid says in one line what is wrong."""
    try:
        document = read_document(path, str(path))
    except OSError as error:
        raise UsersInvalid(f"cannot read the users file {path}: {(error.strerror or str(error)).lower()}") from None
    return users_in(document)


def users_in(document: Document) -> UsersFile:
    """As `read_users`, of a document that was read."""
    for problem in _problems(document):
        raise UsersInvalid(str(problem))
    found = FileKeys.model_validate(document.data or {})
    proxy, sessions = found.proxy, found.sessions or SessionKeys()
    return UsersFile(
        users={
            name: User(Role(keys.role), keys.password.encode() if keys.password else None)
            for name, keys in (found.users or {}).items()
        },
        tokens={
            bytes.fromhex(keys.sha256): Token(name, Role(keys.role), keys.expires)
            for name, keys in (found.tokens or {}).items()
        },
        proxy=Proxy(
            tuple(ipaddress.ip_network(text) for text in proxy.from_),
            proxy.user_header.lower() if proxy.user_header else None,
            proxy.groups_header.lower() if proxy.groups_header else None,
            {group: Role(role) for group, role in proxy.groups.items()},
            Role(proxy.default) if proxy.default else None,
        )
        if proxy
        else None,
        idle=sessions.idle,
        longest=sessions.longest,
        anonymous=Role.VIEWER if found.anonymous == "viewer" else None,
    )


def _problems(document: Document) -> Iterator[Problem]:
    yield from map(_kept_quiet, document.problems)
    if document.data is not None and not isinstance(document.data, dict):
        yield document.problem((), "keys such as users: are wanted")
        return
    try:
        found = FileKeys.model_validate(document.data or {})
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=True):
            yield _of_pydantic(error, document)
        return
    yield from _wrong(found, document)


def _of_pydantic(error: Any, document: Document) -> Problem:
    loc = error["loc"]
    unknown = error["type"] == "extra_forbidden"
    if not unknown and error["type"] != "refused" and any(step in _SECRETS for step in loc):
        missing = error["type"] == "missing"
        return document.problem(
            loc, "this key is required and missing" if missing else "text is wanted here, in quotes"
        )
    models: dict[str, type[BaseModel]] = {"users": UserKeys, "tokens": TokenKeys, "proxy": ProxyKeys,
                                          "sessions": SessionKeys}  # fmt: skip
    model = models.get(str(loc[0]), FileKeys) if len(loc) > 1 else FileKeys
    message, suggestion = words_of(error, model, document.written(loc))
    return document.problem(loc, message, suggestion, of_key=unknown)


def _kept_quiet(problem: Problem) -> Problem:
    """Without what the file says at a place where a secret may stand."""
    secret = any(word in problem.key for word in _SECRETS)
    if secret or "anchor" in problem.message or "alias" in problem.message:
        words = "text is wanted here, in quotes" if secret else "not YAML: what begins with * or & wants quotes"
        return Problem(problem.file, problem.line, problem.column, problem.key if secret else "", words)
    return problem


def _wrong(found: FileKeys, document: Document) -> Iterator[Problem]:
    """What no single key shows."""
    for section in ("users", "tokens"):
        for name in getattr(found, section) or {}:
            if (words := name_problem(name)) is not None:
                yield document.problem((section, name), words, of_key=True)
    digests: dict[str, str] = {}
    for name, token in (found.tokens or {}).items():
        if name in (found.users or {}):
            yield document.problem(("tokens", name), "a user has this name: what is written could be of either",
                                   "give the token another name", of_key=True)  # fmt: skip
        if (first := digests.setdefault(token.sha256, name)) != name:
            yield document.problem(("tokens", name, "sha256"), f"this is the token {first!r}", "make one for each")
    proxy = found.proxy
    if proxy is not None:
        if proxy.user_header is None and (proxy.groups_header or proxy.groups or proxy.default):
            yield document.problem(("proxy",), "user_header is missing: nobody is said to ask", of_key=True)
        if proxy.groups and proxy.groups_header is None:
            yield document.problem(("proxy", "groups"), "groups_header is missing: no group is said", of_key=True)
    sessions = found.sessions
    if sessions is not None and sessions.idle > sessions.longest:
        yield document.problem(("sessions", "idle"), "longer than the longest session, which ends before it",
                               "make longest at least as long")  # fmt: skip
