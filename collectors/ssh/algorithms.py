"""Which SSH algorithms are offered: today's by default, yesterday's only where a credential says so.

paramiko 5 has no SHA-1 left, and many devices in service have nothing else (AireOS, ProCurve and ASA of before about
2018 offer diffie-hellman-group14-sha1 with ssh-rsa host keys). `legacy_algorithms` brings them back for those devices:
RFC 4253 sections 8.1, 8.2 and 6.6, RFC 4419. The session is still encrypted and the host key still pinned; what is lost
is collision resistance of the exchange hash.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from hashlib import sha1
from typing import Any, ClassVar

import paramiko
from cryptography.hazmat.primitives import hashes
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.common import MSG_SERVICE_REQUEST, MSG_USERAUTH_REQUEST
from paramiko.kex_gex import KexGexSHA256
from paramiko.kex_group14 import KexGroup14SHA256
from paramiko.transport import ServiceRequestingTransport

MODERN_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
MODERN_MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
LEGACY_CIPHERS = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc")
LEGACY_MACS = ("hmac-sha1",)


class Group14Sha1(KexGroup14SHA256):
    name = "diffie-hellman-group14-sha1"
    hash_algo = sha1


class Group1Sha1(KexGroup14SHA256):
    """Oakley group 2 (RFC 2409 section 6.2): 1024 bits, the only one of the oldest devices. Offered last."""

    name = "diffie-hellman-group1-sha1"
    hash_algo = sha1
    P = int(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
        "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
        "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
        16,
    )


class GroupExchangeSha1(KexGexSHA256):
    name = "diffie-hellman-group-exchange-sha1"
    min_bits = 1024
    hash_algo = sha1


class Sha1RsaKey(paramiko.RSAKey):
    """An RSA host key whose signature is the one of RFC 4253, with SHA-1."""

    HASHES = {"ssh-rsa": hashes.SHA1}  # type: ignore[misc]  # noqa: RUF012  the stubs call it final


class _OneRequest(ServiceRequestingTransport):
    """Asks for the authentication service once.

    paramiko's plain Transport asks anew with each method, at which strict servers hang up; its
    ServiceRequestingTransport waits for the server's word for ever, also on a dead connection, and cannot send
    method `none`.
    """

    def ensure_session(self) -> None:
        it: Any = self  # the stubs know only the documented half of paramiko
        if not it.active or not it.initial_kex_done:
            raise paramiko.SSHException("No existing session")
        if it._service_userauth_accepted:
            return
        request = paramiko.Message()
        request.add_byte(bytes([MSG_SERVICE_REQUEST]))
        request.add_string("ssh-userauth")
        it._send_message(request)
        until = time.monotonic() + it.auth_timeout
        while not it._service_userauth_accepted:
            if not it.active or time.monotonic() > until:
                raise paramiko.SSHException("the authentication service was not granted")
            time.sleep(0.01)
        self.auth_handler = self.get_auth_handler()

    def get_auth_handler(self) -> AuthOnlyHandler:
        return _Listening(self)

    def auth_none(self, username: str) -> list[str]:
        self.ensure_session()
        handler: Any = self.auth_handler
        left: list[str] = handler.send_auth_request(username, "none")
        return left


class _Listening(AuthOnlyHandler):
    """Listens before it asks. paramiko's own sends first, and a quick server's answer is lost for ever: a log-in in a
    hundred on a LAN ended in "Authentication timeout", which looks like a refused password."""

    def send_auth_request(
        self, username: str, method: str, finish_message: Callable[[paramiko.Message], object] | None = None
    ) -> Any:
        it: Any = self
        it.auth_method, it.username = method, username
        request = paramiko.Message()
        request.add_byte(bytes([MSG_USERAUTH_REQUEST]))
        for text in (username, "ssh-connection", method):
            request.add_string(text)
        if finish_message is not None:
            finish_message(request)
        it.auth_event = threading.Event()
        with it.transport.lock:
            it.transport._send_message(request)
        return it.wait_for_response(it.auth_event)


_plain: Any = paramiko.Transport


class ModernTransport(_OneRequest):
    _preferred_ciphers = MODERN_CIPHERS
    _preferred_macs = MODERN_MACS


class LegacyTransport(_OneRequest):
    _preferred_ciphers = (*MODERN_CIPHERS, *LEGACY_CIPHERS)
    _preferred_macs = (*MODERN_MACS, *LEGACY_MACS)
    _preferred_keys = (*_plain._preferred_keys, "ssh-rsa")
    _preferred_kex = (
        *_plain._preferred_kex,
        Group14Sha1.name,
        GroupExchangeSha1.name,
        Group1Sha1.name,
    )
    _key_info: ClassVar = {**_plain._key_info, "ssh-rsa": Sha1RsaKey}
    _kex_info: ClassVar = {
        **_plain._kex_info,
        Group14Sha1.name: Group14Sha1,
        GroupExchangeSha1.name: GroupExchangeSha1,
        Group1Sha1.name: Group1Sha1,
    }


def transport_class(key_types: list[str], only: bool, legacy: bool) -> type[paramiko.Transport]:
    """The transport that asks for these host key types first (or for no others)."""
    return _transport_class(tuple(key_types), only, legacy)


@cache
def _transport_class(key_types: tuple[str, ...], only: bool, legacy: bool) -> type[paramiko.Transport]:
    base: Any = LegacyTransport if legacy else ModernTransport
    first = tuple(key for key in key_types if key in base._preferred_keys)
    others = () if only else tuple(key for key in base._preferred_keys if key not in first)
    # The types of the pinned keys first: a server that has a key of another type too would else show that one, and
    # a device that is quite all right would look like an impostor.
    return type(base.__name__, (base,), {"_preferred_keys": (*first, *others)})
