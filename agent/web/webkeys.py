"""The keys of the web configuration file, each with what may stand there. Pure.

What a key may ask for and this server cannot do, or what is unsafe, is refused here in words that say what to write
instead. What takes more than one key to see is checked in `agent.web.webconfig`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from agent.inventory.values import go_seconds, refuse
from agent.web.suites import CURVES, SUITES, SUITES_13

# crypto/tls.InsecureCipherSuites of Go
_WEAK = re.compile(r"TLS_RSA_|TLS_ECDHE_\w+_(RC4_128_SHA|3DES_EDE_CBC_SHA|CBC_SHA256)$")


def _flag(value: object) -> object:
    if not isinstance(value, bool):
        refuse("true or false is wanted")
    return value


def _version(value: str) -> str:
    if value in ("TLS10", "TLS11"):
        refuse(f"{value} is not spoken here: it is broken and out of use (RFC 8996)", "TLS12 or TLS13")
    if value not in ("TLS12", "TLS13"):
        refuse(f"{value!r} is not a version of TLS", "TLS12 or TLS13")
    return value


def _suite(value: str) -> str:
    if value not in SUITES and value not in SUITES_13:
        why = "is not safe" if _WEAK.match(value) else "is not the name of a cipher suite in Go"
        refuse(f"{value!r} {why}", f"known here: {', '.join(SUITES)}")
    return value


def _curve(value: str) -> str:
    if value not in CURVES:
        refuse(f"{value!r} is not the name of a curve", f"one of {', '.join(CURVES)}")
    return value


def _go_duration(value: object) -> object:
    """Seconds, of a duration as Go writes it: "100ms", "1m30s", 0."""
    if value in (0, "0") and not isinstance(value, bool):
        return 0.0
    seconds = None if isinstance(value, bool | float | int) else go_seconds(str(value))
    if seconds is None:
        refuse("a duration with a unit is wanted", "100ms, 1s, 1m30s; 0 for no limit")
    return seconds


def _client_auth(value: str) -> str:
    """One of the five names, or the old one that the toolkit keeps."""
    if value in ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert"):
        refuse(
            f"{value} takes a certificate of anybody's making, which Python's ssl cannot and which proves nothing",
            "RequireAndVerifyClientCert, or VerifyClientCertIfGiven",
        )
    if value not in ("", "NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"):
        refuse(
            f"{value!r} is not a client_auth_type",
            "NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert",
        )
    return value or "NoClientCert"


def _no_http2(value: object) -> object:
    if _flag(value):
        refuse("this server speaks HTTP/1.1 and no HTTP/2", "write false, or leave the key out")
    return value


_Flag = Annotated[bool, BeforeValidator(_flag)]
_Version = Annotated[str, AfterValidator(_version)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TlsKeys(_Section):
    cert: str | None = None
    key: str | None = None
    client_ca: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    client_ca_file: str | None = None
    client_auth_type: Annotated[str, AfterValidator(_client_auth)] = "NoClientCert"
    client_allowed_sans: list[str] | None = None
    min_version: _Version = "TLS12"
    max_version: _Version = "TLS13"
    cipher_suites: list[Annotated[str, AfterValidator(_suite)]] = []
    prefer_server_cipher_suites: _Flag = True
    curve_preferences: list[Annotated[str, AfterValidator(_curve)]] = []


class HeaderKeys(_Section):
    """Those that the toolkit allows, and the values it allows of them."""

    csp: str | None = Field(None, alias="Content-Security-Policy")
    frames: Literal["deny", "sameorigin"] | None = Field(None, alias="X-Frame-Options")
    sniffing: Literal["nosniff"] | None = Field(None, alias="X-Content-Type-Options")
    xss: str | None = Field(None, alias="X-XSS-Protection")
    hsts: str | None = Field(None, alias="Strict-Transport-Security")


class HttpKeys(_Section):
    http2: Annotated[bool, BeforeValidator(_no_http2)] = False
    headers: HeaderKeys | None = None


class RateKeys(_Section):
    interval: Annotated[float, BeforeValidator(_go_duration)] = 0.0
    burst: int = 0


class FileKeys(_Section):
    tls_server_config: TlsKeys | None = None
    http_server_config: HttpKeys | None = None
    basic_auth_users: dict[str, str] | None = None
    rate_limit: RateKeys | None = None
