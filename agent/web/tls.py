"""TLS of the HTTP side: from settings, with their octets already read, to a context of Python's ssl.

Certificate and key are handed over as octets and not as paths, so that what was checked is what is served, and a key
that stands in the configuration itself never lies on a disk by our doing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography import x509

from agent.web.suites import CURVES, SUITES

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_ASKED = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


class TlsUnusable(Exception):
    """These settings make no context. `key` is the setting that is to blame; `str()` says why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


@dataclass(frozen=True, slots=True)
class Tls:
    """What a TLS listener is made of. Keys are kept out of `repr`."""

    cert: bytes  # PEM: the certificate, and those between it and its authority
    key: bytes = field(repr=False)
    client_auth: str = "NoClientCert"
    client_ca: bytes = b""
    allowed_sans: frozenset[str] | None = None  # None: any client that the authority vouches for
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    suites: tuple[str, ...] = ()  # of TLS 1.2, by Go's names; none: OpenSSL's own choice
    prefer_server: bool = True
    curve: str | None = None

    @property
    def who(self) -> tuple[str, bytes, frozenset[str] | None]:
        """What decides which clients may connect."""
        return self.client_auth, self.client_ca, self.allowed_sans

    def ends_at(self) -> datetime:
        """When the server's certificate ends, in UTC."""
        return x509.load_pem_x509_certificate(self.cert).not_valid_after_utc


def context_of(tls: Tls) -> ssl.SSLContext:
    """A new context: sessions that clients kept of an older one are void with it. TlsUnusable says what is wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = _VERSIONS[tls.min_version], _VERSIONS[tls.max_version]
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    if not tls.prefer_server:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    if tls.suites:
        try:
            context.set_ciphers(":".join(SUITES[suite] for suite in tls.suites))
        except ssl.SSLError:
            raise TlsUnusable("cipher_suites", "this OpenSSL has none of these suites") from None
    if tls.curve is not None:
        try:
            context.set_ecdh_curve(CURVES[tls.curve])
        except (ValueError, ssl.SSLError):
            raise TlsUnusable("curve_preferences", f"this OpenSSL has no curve {tls.curve}") from None
    _load(context, tls)
    if tls.client_auth != "NoClientCert":
        try:
            context.load_verify_locations(cadata=tls.client_ca.decode("ascii"))
        except (ssl.SSLError, UnicodeDecodeError, ValueError):
            raise TlsUnusable("client_ca", "has no certificate of an authority in PEM") from None
        context.verify_mode = _ASKED[tls.client_auth]
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        x509.load_pem_x509_certificate(tls.cert)
    except ValueError:
        raise TlsUnusable("cert", "has no certificate in PEM") from None
    asked: list[bool] = []

    def password() -> str:
        asked.append(True)  # without this OpenSSL asks the terminal, and a service hangs
        return ""

    try:
        with _as_file(tls.cert) as cert, _as_file(tls.key) as key:
            context.load_cert_chain(cert, key, password)
    except (ssl.SSLError, OSError, ValueError) as error:
        if asked:
            raise TlsUnusable("key", "the key is encrypted: one without a passphrase is wanted") from None
        why = getattr(error, "reason", None) or "no key in PEM"
        raise TlsUnusable("key", f"certificate and key do not belong together ({why})") from None


@contextlib.contextmanager
def _as_file(octets: bytes) -> Iterator[str]:
    """A name under which OpenSSL can read these octets: in memory where the system can, else a file of our own."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("hartwatch-tls", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, octets)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(octets)
            file.flush()
            yield file.name


def names_in(certificate: Mapping[str, Any] | None) -> frozenset[str]:
    """Alternative names of a client's certificate as `SSLSocket.getpeercert` gives it: DNS, e-mail, IP address, URI."""
    found = set()
    for kind, value in (certificate or {}).get("subjectAltName", ()):
        if kind == "IP Address":
            with contextlib.suppress(ValueError):
                found.add(str(ipaddress.ip_address(value.strip())))  # OpenSSL writes IPv6 at full length
        elif kind in ("DNS", "email", "URI"):
            found.add(value)
    return frozenset(found)
