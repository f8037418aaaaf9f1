"""The web configuration file: TLS, users, headers and rate, in the form that Prometheus exporters share.

The format is that of the exporter-toolkit (https://github.com/prometheus/exporter-toolkit, docs/web-configuration.md),
so that engineers know it and `promtool check web-config` checks it:

    tls_server_config: {cert_file: hartwatch.crt, key_file: hartwatch.key}
    basic_auth_users: {prometheus: "$2y$10$..."}        bcrypt; `htpasswd -nBC 10 NAME` makes one

Every key of it is known. What it may ask for and this server cannot do, or what is unsafe, is refused with file, line
and key: a key that is read and not kept would be a promise. docs/how-to/serve-with-tls.md lists the differences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ValidationError

from agent.inventory.document import Document, read_document
from agent.inventory.explain import words_of
from agent.inventory.problems import Problem
from agent.web.suites import SUITES, SUITES_13
from agent.web.tls import Tls, TlsUnusable, context_of
from agent.web.webkeys import FileKeys, HeaderKeys, HttpKeys, RateKeys, TlsKeys

SLOWEST_COST = 16  # some four seconds of a core for every wrong password that anybody sends
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_LARGEST = 4 * 1024 * 1024  # octets of a file with certificates: every public authority's take 200 kB
_SECRETS = ("key", "basic_auth_users")  # never repeated in a message


class WebConfigInvalid(Exception):
    """The web configuration cannot be used. `str()` is one line that says where and what to do."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: one request each `interval` seconds, and `burst` at once."""

    interval: float
    burst: int


@dataclass(frozen=True, slots=True)
class WebConfig:
    """TLS, users, headers, rate; `files` are all that it was read from. Hashes are kept out of `repr`."""

    tls: Tls | None = None
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    rate: Rate | None = None
    files: tuple[Path, ...] = ()

    @property
    def who(self) -> str | None:
        """What tells who somebody is: "users", "certificates", "both", or None: everybody may read."""
        certificates = self.tls is not None and self.tls.client_auth == "RequireAndVerifyClientCert"
        if self.users:
            return "both" if certificates else "users"
        return "certificates" if certificates else None


def read_web_config(path: Path) -> WebConfig:
    """The web configuration at `path`, to which paths in it are relative. Blocking; may raise WebConfigInvalid."""
    try:
        document = read_document(path, str(path))
    except OSError as error:
        raise WebConfigInvalid(f"cannot read the web configuration {path}: {error.strerror}") from None
    if document.problems:
        raise WebConfigInvalid(str(_kept_quiet(document.problems[0])))
    if document.data is not None and not isinstance(document.data, dict):
        raise WebConfigInvalid(str(document.problem((), "keys such as tls_server_config: are wanted")))
    try:
        found = FileKeys.model_validate(document.data or {})
    except ValidationError as invalid:
        raise WebConfigInvalid(str(_first(invalid, document))) from None
    for problem in _wrong(found, document):
        raise WebConfigInvalid(str(problem))
    tls = None
    files = [path]
    if found.tls_server_config is not None and found.tls_server_config.model_fields_set:
        tls, more = _tls(found.tls_server_config, path.parent, document)
        files += more
    headers = found.http_server_config.headers if found.http_server_config else None
    rate = found.rate_limit
    return WebConfig(
        tls=tls,
        users={user: hashed.encode() for user, hashed in (found.basic_auth_users or {}).items()},
        headers=headers.model_dump(by_alias=True, exclude_none=True) if headers else {},
        rate=Rate(rate.interval, rate.burst) if rate and rate.interval else None,
        files=tuple(files),
    )


def _first(invalid: ValidationError, document: Document) -> Problem:
    error = invalid.errors(include_url=False)[0]
    loc = error["loc"]
    unknown = error["type"] == "extra_forbidden"
    if not unknown and any(step in _SECRETS for step in loc):
        return document.problem(loc, "text is wanted here, in quotes")
    sections: dict[str, type[BaseModel]] = {
        "tls_server_config": TlsKeys, "http_server_config": HttpKeys, "headers": HeaderKeys, "rate_limit": RateKeys,
    }  # fmt: skip
    model = next((sections[str(step)] for step in reversed(loc[:-1]) if step in sections), FileKeys)
    message, suggestion = words_of(error, model, document.written(loc))
    return document.problem(loc, message, suggestion, of_key=unknown)


def _kept_quiet(problem: Problem) -> Problem:
    """Without what the file says at a place where a secret may stand."""
    if any(secret in problem.key for secret in _SECRETS):
        return Problem(problem.file, problem.line, problem.column, problem.key, "text is wanted here, in quotes")
    if "anchor" in problem.message or "alias" in problem.message:
        words = "not YAML: what begins with * or & wants quotes"
        return Problem(problem.file, problem.line, problem.column, "", words)
    return problem


def _wrong(found: FileKeys, document: Document) -> Iterator[Problem]:
    """What no single key shows."""
    for user, hashed in (found.basic_auth_users or {}).items():
        at = ("basic_auth_users", user)
        cost = _BCRYPT.fullmatch(hashed)
        if ":" in user:
            yield document.problem(at, "a user's name has no colon: a browser could not send it", of_key=True)
        elif cost is None:
            yield document.problem(at, "a bcrypt hash is wanted", "`htpasswd -nBC 10 NAME` makes one")
        elif not 4 <= int(cost[1]) <= SLOWEST_COST:
            yield document.problem(
                at, f"a bcrypt cost of {int(cost[1])} is not taken: every wrong password would cost that much",
                f"between 4 and {SLOWEST_COST}; 10 to 12 is usual",
            )  # fmt: skip
    headers = found.http_server_config.headers if found.http_server_config else None
    for name, value in (headers.model_dump(by_alias=True, exclude_none=True) if headers else {}).items():
        there = ("http_server_config", "headers", name)
        if not value.strip():
            yield document.problem(there, "this is empty", "leave the key out: the agent's own value stays")
        elif any(not 32 <= ord(character) < 127 for character in value):
            yield document.problem(there, "a header is one line of plain ASCII")
    rate = found.rate_limit
    if rate and rate.interval and rate.burst < 1:
        words = "with a burst of less than 1 every request is refused"
        yield document.problem(("rate_limit", "burst"), words, "write 1 or more")
    if found.tls_server_config is not None:
        yield from _wrong_tls(found.tls_server_config, document)


def _wrong_tls(tls: TlsKeys, document: Document) -> Iterator[Problem]:
    if not tls.model_fields_set:
        return

    def at(key: str, message: str, suggestion: str = "") -> Problem:
        return document.problem(("tls_server_config", key), message, suggestion)

    for inline, file in (("cert", "cert_file"), ("key", "key_file"), ("client_ca", "client_ca_file")):
        one, other = getattr(tls, inline), getattr(tls, file)
        if one and other:
            yield at(inline, f"stands beside {file}: one of them is wanted", f"remove {inline} or {file}")
        elif not one and not other and inline != "client_ca":
            yield document.problem(("tls_server_config",), f"{inline} or {file} is missing", of_key=True)
    asks = tls.client_auth_type != "NoClientCert"
    if (tls.client_ca or tls.client_ca_file) and not asks:
        which = "client_ca" if tls.client_ca else "client_ca_file"
        yield at(which, "is not asked for without a client_auth_type", "client_auth_type: RequireAndVerifyClientCert")
    if asks and not (tls.client_ca or tls.client_ca_file):
        yield at("client_auth_type", "wants client_ca_file: every public authority would be trusted without")
    if tls.client_allowed_sans is not None:
        if tls.client_auth_type != "RequireAndVerifyClientCert":
            yield at("client_allowed_sans", "wants client_auth_type: RequireAndVerifyClientCert")
        elif not tls.client_allowed_sans:
            yield at("client_allowed_sans", "this is empty: nobody could connect", "leave the key out, or name one")
    if tls.min_version > tls.max_version:
        yield at("min_version", f"{tls.min_version} is newer than max_version {tls.max_version}")
    named = set(tls.cipher_suites) & set(SUITES_13)
    if named and tls.max_version == "TLS13" and named != set(SUITES_13):
        yield at("cipher_suites", "of TLS 1.3 all suites are on, and neither Go nor Python's ssl can choose among them",
                 "name none of them or all three")  # fmt: skip
    if set(tls.cipher_suites) & set(SUITES) and tls.min_version == "TLS13":
        yield at("cipher_suites", "has suites of TLS 1.2, and min_version: TLS13 uses none", "leave them out")
    if tls.cipher_suites and tls.min_version == "TLS12" and not set(tls.cipher_suites) & set(SUITES):
        yield at("cipher_suites", "has no suite of TLS 1.2", "add one, or write min_version: TLS13")
    if len(tls.curve_preferences) > 1:
        words = "Python's ssl can be given one curve or its own list"
        yield at("curve_preferences", words, "name one, or leave it out")


def _tls(found: TlsKeys, folder: Path, document: Document) -> tuple[Tls, list[Path]]:
    """The settings with all octets read, tried out once; and the files they came from."""
    files: list[Path] = []

    def octets(inline: str, file: str) -> bytes:
        text, name = getattr(found, inline), getattr(found, file)
        if not name:
            return str(text or "").encode()
        path = folder / str(name)
        files.append(path)
        try:
            with path.open("rb") as stream:
                return stream.read(_LARGEST)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            gone = isinstance(error, FileNotFoundError)
            why = f"there is no file {path}" if gone else f"cannot read {path}: {reason}"
            raise WebConfigInvalid(str(document.problem(("tls_server_config", file), why))) from None

    made = Tls(
        cert=octets("cert", "cert_file"),
        key=octets("key", "key_file"),
        client_auth=found.client_auth_type,
        client_ca=octets("client_ca", "client_ca_file"),
        allowed_sans=frozenset(found.client_allowed_sans) if found.client_allowed_sans is not None else None,
        min_version=found.min_version,
        max_version=found.max_version,
        suites=tuple(suite for suite in found.cipher_suites if suite in SUITES),
        prefer_server=found.prefer_server_cipher_suites,
        curve=found.curve_preferences[0] if found.curve_preferences else None,
    )
    try:
        context_of(made)
    except TlsUnusable as unusable:
        key = next((k for k in (f"{unusable.key}_file", unusable.key) if getattr(found, k, None)), unusable.key)
        raise WebConfigInvalid(str(document.problem(("tls_server_config", key), str(unusable)))) from None
    return made, files
