"""What a server's certificate is worth: dates, name, who signed it. Opens nothing: it reads what a connection has."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from collectors.readings import Check, Level

# OpenSSL's X509_V_ERR_* (x509_vfy.h) > what a person calls it.
_REASONS = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "untrusted",
    20: "untrusted",
    21: "untrusted",
    23: "revoked",
    62: "wrong_name",
    64: "wrong_name",
}
MAX_CHAIN = 10


def chain(connection: Any) -> list[x509.Certificate]:
    """The certificates a server sent, its own first. `connection` is an `ssl.SSLObject` or `ssl.SSLSocket`, or None."""
    if connection is None:
        return []
    found: list[x509.Certificate] = []
    for der in _sent(connection)[:MAX_CHAIN]:
        try:
            found.append(x509.load_der_x509_certificate(der))
        except ValueError:  # not X.509 after all, or a version nobody reads
            break
    return found


def _sent(connection: Any) -> list[bytes]:
    if hasattr(connection, "get_unverified_chain"):  # Python 3.13
        return list(connection.get_unverified_chain())
    inner = getattr(connection, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_unverified_chain() or ()]
    own = connection.getpeercert(binary_form=True)
    return [own] if own else []


def ends_at(certificates: list[x509.Certificate]) -> datetime | None:
    """When the first of them ends: the whole chain is worth nothing from then on."""
    return min((certificate.not_valid_after_utc for certificate in certificates), default=None)


def judge(
    name: str, certificates: list[x509.Certificate], refused: ssl.SSLCertVerificationError | None, now: datetime,
    warn_days: float, critical_days: float,
) -> Check:  # fmt: skip
    """One check for one probe: refused beats dates, dates beat all else."""
    end = ends_at(certificates)
    if end is not None and end <= now:
        return Check("certificate", name, "expired", Level.CRITICAL)
    if refused is not None:
        return Check("certificate", name, _REASONS.get(refused.verify_code, "untrusted"), Level.CRITICAL)
    if end is None:
        return Check("certificate", name, "unreadable", Level.UNKNOWN)
    if certificates[0].not_valid_before_utc > now.astimezone(UTC):
        return Check("certificate", name, "not_yet_valid", Level.CRITICAL)
    remaining = end - now
    if remaining <= timedelta(days=critical_days):
        return Check("certificate", name, "expires_soon", Level.CRITICAL)
    if remaining <= timedelta(days=warn_days):
        return Check("certificate", name, "expires_soon", Level.WARNING)
    return Check("certificate", name, "valid", Level.OK)
