"""The users and communities that the tests' snmpd knows."""

from __future__ import annotations

from collectors.target import AuthProtocol, PrivProtocol, SnmpAccess

AUTH_SECRET = "maplesyrup auth"
PRIV_SECRET = "maplesyrup priv"
COMMUNITY = "hart-read"

AUTHS: tuple[AuthProtocol, ...] = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
PRIVS: tuple[PrivProtocol, ...] = ("DES", "AES-128", "AES-192", "AES-256")
NET_SNMP = {"DES": "DES", "AES-128": "AES", "AES-192": "AES-192", "AES-256": "AES-256"}


def user_of(auth: AuthProtocol | None, priv: PrivProtocol | None) -> SnmpAccess:
    """The credentials snmpd was given for this pair of protocols."""
    return SnmpAccess(
        version="3",
        user=f"u-{auth or 'none'}-{priv or 'none'}".lower(),
        auth=auth,
        auth_secret=AUTH_SECRET if auth else "",
        priv=priv,
        priv_secret=PRIV_SECRET if priv else "",
    )


PAIRS: tuple[tuple[AuthProtocol | None, PrivProtocol | None], ...] = (
    (None, None),
    *((auth, None) for auth in AUTHS),
    *((auth, priv) for auth in AUTHS for priv in PRIVS),
)
