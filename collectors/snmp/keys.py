"""The keys and ciphers of SNMPv3's user-based security model (RFC 3414, 3826, 7860). Pure.

MD5, SHA-1 and DES are weak, and are here because equipment in service offers nothing else; which protocol to use is the
inventory's word. AES-192 and AES-256 were never standardised: the plain names lengthen keys as
draft-blumenthal-aes-usm-04, the -CISCO ones as draft-reeder-snmpv3-usm-3desede.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from collectors.errors import Malformed
from collectors.target import AuthProtocol, PrivProtocol, SnmpAccess

try:  # the library moves what is weak or rare to a package of its own, version by version
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:
    from cryptography.hazmat.primitives.ciphers.modes import CFB

HASHES: Final[dict[AuthProtocol, tuple[str, int]]] = {
    "MD5": ("md5", 12),
    "SHA": ("sha1", 12),
    "SHA-224": ("sha224", 16),
    "SHA-256": ("sha256", 24),
    "SHA-384": ("sha384", 32),
    "SHA-512": ("sha512", 48),
}
"""Name of the hash, and how many octets of the HMAC are sent (RFC 3414 section 6, RFC 7860 section 4)."""

_KEY_OCTETS: Final[dict[PrivProtocol, int]] = {
    "DES": 16,  # 8 of key, 8 of pre-IV
    "AES-128": 16,
    "AES-192": 24,
    "AES-256": 32,
    "AES-192-CISCO": 24,
    "AES-256-CISCO": 32,
}

_STRETCHED_OCTETS = 1 << 20


def password_to_key(hash_name: str, secret: bytes) -> bytes:
    """The user's key: the hash of a megabyte of the secret repeated (RFC 3414 appendix A.2). Some 2 ms."""
    repeats = _STRETCHED_OCTETS // len(secret) + 1
    return hashlib.new(hash_name, (secret * repeats)[:_STRETCHED_OCTETS]).digest()


def localise(hash_name: str, key: bytes, engine_id: bytes) -> bytes:
    """The user's key at one engine (RFC 3414 section 2.6)."""
    return hashlib.new(hash_name, key + engine_id + key).digest()


def _lengthen(protocol: PrivProtocol, hash_name: str, key: bytes, engine_id: bytes) -> bytes:
    """A localised key made as long as the cipher wants it."""
    wanted = _KEY_OCTETS[protocol]
    last = key
    while len(key) < wanted:
        if protocol.endswith("-CISCO"):
            last = localise(hash_name, password_to_key(hash_name, last), engine_id)
            key += last
        else:
            key += hashlib.new(hash_name, key).digest()
    return key[:wanted]


@dataclass(frozen=True, slots=True)
class Keys:
    """One user's localised keys at one engine, with what they are used for."""

    auth: AuthProtocol | None
    priv: PrivProtocol | None
    auth_key: bytes = field(default=b"", repr=False)
    priv_key: bytes = field(default=b"", repr=False)

    # ------------------------------------------------------------ authentication
    @property
    def mac_octets(self) -> int:
        return HASHES[self.auth][1] if self.auth else 0

    def mac(self, message: bytes) -> bytes:
        """The authentication code of a message whose msgAuthenticationParameters are zeros."""
        if self.auth is None:
            return b""
        name, octets = HASHES[self.auth]
        return hmac.digest(self.auth_key, message, name)[:octets]

    # ------------------------------------------------------------ privacy
    def encrypt(self, plain: bytes, boots: int, time: int, salt: bytes) -> bytes:
        if self.priv == "DES":
            plain += b"\0" * (-len(plain) % 8)
        context = self._cipher(boots, time, salt).encryptor()
        return context.update(plain) + context.finalize()

    def decrypt(self, secret: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """The plain octets; DES leaves its padding at their end."""
        if len(salt) != 8:
            raise Malformed("msgPrivacyParameters are not of 8 octets")
        if self.priv == "DES" and (not secret or len(secret) % 8):
            raise Malformed("what DES encrypted comes in blocks of 8 octets")
        context = self._cipher(boots, time, salt).decryptor()
        return context.update(secret) + context.finalize()

    def _cipher(self, boots: int, time: int, salt: bytes) -> Cipher[CBC] | Cipher[CFB]:
        if self.priv == "DES":
            iv = bytes(a ^ b for a, b in zip(self.priv_key[8:16], salt, strict=True))
            # DES is 3DES whose three keys are one; the library has no other. Its use is the inventory's decision.
            return Cipher(TripleDES(self.priv_key[:8] * 3), CBC(iv))
        return Cipher(AES(self.priv_key), CFB(boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt))


class KeyRing:
    """Users' keys before localisation, kept because making one costs a thousand times its use."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], bytes] = {}

    def keys(self, access: SnmpAccess, engine_id: bytes) -> Keys:
        """The user's keys at an engine."""
        if access.auth is None:
            return Keys(None, None)
        name = HASHES[access.auth][0]
        auth_key = localise(name, self._key(name, access.auth_secret), engine_id)
        if access.priv is None:
            return Keys(access.auth, None, auth_key)
        priv_key = localise(name, self._key(name, access.priv_secret), engine_id)
        return Keys(access.auth, access.priv, auth_key, _lengthen(access.priv, name, priv_key, engine_id))

    def _key(self, hash_name: str, secret: str) -> bytes:
        found = self._keys.get((hash_name, secret))
        if found is None:
            found = self._keys[hash_name, secret] = password_to_key(hash_name, secret.encode())
        return found
