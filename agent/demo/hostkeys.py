"""The SSH host keys of simulated devices: one each, the same in every run with the same seed, so that a pin stays good.

Whoever knows the seed knows the keys: they are for loopback and for nothing else.
"""

from __future__ import annotations

import hmac
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@cache
def _key(seed: int, name: str) -> Ed25519PrivateKey:
    material = hmac.digest(f"hartwatch demo {seed}".encode(), name.encode(), "sha256")
    return Ed25519PrivateKey.from_private_bytes(material)


def host_key(seed: int, name: str) -> str:
    """The public host key of a simulated device, "ssh-ed25519 AAAA...", as known_hosts has it."""
    raw = _key(seed, name).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return raw.decode()


def private_key(seed: int, name: str) -> bytes:
    """The private host key of a simulated device, in OpenSSH's PEM form."""
    return _key(seed, name).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
