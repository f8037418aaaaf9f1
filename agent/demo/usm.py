"""SNMPv3's User-based Security Model as an agent speaks it (RFC 3414, RFC 3826, RFC 7860). Pure but for the salts.

AES-192 and AES-256 extend the key as draft-blumenthal-aes-usm-04 says (net-snmp and most equipment); the `-CISCO` forms
as draft-reeder-snmpv3-usm-3desede.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import new as digest

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

# name > (hash, octets of the truncated code in the message)
AUTH = {
    "MD5": ("md5", 12),
    "SHA": ("sha1", 12),
    "SHA-224": ("sha224", 16),
    "SHA-256": ("sha256", 24),
    "SHA-384": ("sha384", 32),
    "SHA-512": ("sha512", 48),
}
PRIV = {"DES": 16, "AES-128": 16, "AES-192": 24, "AES-256": 32, "AES-192-CISCO": 24, "AES-256-CISCO": 32}  # key octets


@dataclass(frozen=True, slots=True)
class User:
    """One USM user. Without `auth` no authentication, without `priv` no privacy."""

    name: str
    auth: str | None = None
    auth_secret: str = field(default="", repr=False)
    priv: str | None = None
    priv_secret: str = field(default="", repr=False)


@lru_cache(maxsize=64)
def master_key(hash_name: str, secret: bytes) -> bytes:
    """Ku: the secret repeated to one mebioctet and hashed (RFC 3414 A.2). Two milliseconds, hence the cache."""
    repeats = -(-1_048_576 // len(secret))
    return digest(hash_name, (secret * repeats)[:1_048_576]).digest()


def localise(hash_name: str, key: bytes, engine_id: bytes) -> bytes:
    """Kul: the key of one user on one engine (RFC 3414 2.6)."""
    return digest(hash_name, key + engine_id + key).digest()


def priv_key(hash_name: str, secret: bytes, engine_id: bytes, priv: str) -> bytes:
    """The localised privacy key, extended to the cipher's length where the hash is shorter."""
    size = PRIV[priv]
    key = part = localise(hash_name, master_key(hash_name, secret), engine_id)
    while len(key) < size:
        if priv.endswith("-CISCO"):
            part = localise(hash_name, master_key(hash_name, part), engine_id)
            key += part
        else:
            key += digest(hash_name, key).digest()
    return key[:size]


class Keys:
    """One user's keys on one engine; made at the first message that needs them."""

    def __init__(self, user: User, engine_id: bytes) -> None:
        self.user = user
        self._salt = 0
        if user.auth is not None:
            self._hash, self.code_size = AUTH[user.auth]
            self._auth_key = localise(self._hash, master_key(self._hash, user.auth_secret.encode()), engine_id)
            if user.priv is not None:
                self._priv_key = priv_key(self._hash, user.priv_secret.encode(), engine_id, user.priv)

    def code(self, message: bytes) -> bytes:
        """The truncated HMAC over the whole message with zeros where the code will stand."""
        return hmac.digest(self._auth_key, message, self._hash)[: self.code_size]

    def _cipher(self, boots: int, time: int, salt: bytes) -> Cipher[CBC] | Cipher[CFB]:
        if self.user.priv == "DES":
            iv = bytes(a ^ b for a, b in zip(self._priv_key[8:16], salt, strict=True))
            return Cipher(TripleDES(self._priv_key[:8] * 3), CBC(iv))  # three times the same key is single DES
        return Cipher(AES(self._priv_key), CFB(boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt))

    def encrypt(self, plain: bytes, boots: int, time: int) -> tuple[bytes, bytes]:
        """Ciphertext and the salt to send beside it."""
        self._salt += 1
        salt = (boots & 0xFFFFFFFF).to_bytes(4, "big") + self._salt.to_bytes(4, "big")
        if self.user.priv == "DES":
            plain += bytes(-len(plain) % 8)
        worker = self._cipher(boots, time, salt).encryptor()
        return worker.update(plain) + worker.finalize(), salt

    def decrypt(self, secret: bytes, boots: int, time: int, salt: bytes) -> bytes:
        """Plaintext; rubbish, not an error, where the key was wrong. ValueError where the sizes cannot be."""
        worker = self._cipher(boots, time, salt).decryptor()
        return worker.update(secret) + worker.finalize()
