"""Keys and ciphers against the RFC's own examples and pysnmp."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.type.univ import OctetString
from pysnmp.proto.secmod.eso.priv.aes192 import Aes192, AesBlumenthal192
from pysnmp.proto.secmod.eso.priv.aes256 import Aes256, AesBlumenthal256
from pysnmp.proto.secmod.rfc3414.localkey import hash_passphrase
from pysnmp.proto.secmod.rfc3414.priv.des import Des
from pysnmp.proto.secmod.rfc3826.priv.aes import Aes

from collectors.errors import Malformed
from collectors.snmp.keys import HASHES, KeyRing, Keys, localise, password_to_key
from collectors.snmp.reference import _AUTH
from collectors.target import AuthProtocol, PrivProtocol, SnmpAccess

ENGINE_ID = bytes.fromhex("000000000000000000000002")
CIPHERS: dict[PrivProtocol, Any] = {
    "DES": Des(),
    "AES-128": Aes(),
    "AES-192": AesBlumenthal192(),
    "AES-256": AesBlumenthal256(),
    "AES-192-CISCO": Aes192(),
    "AES-256-CISCO": Aes256(),
}


@pytest.mark.parametrize(
    ("name", "key", "localised"),
    [
        ("md5", "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        ("sha1", "9fb5cc0381497b3793528939ff788d5d79145211", "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_keys_are_those_of_rfc_3414_appendix_a_3(name: str, key: str, localised: str) -> None:
    assert password_to_key(name, b"maplesyrup").hex() == key
    assert localise(name, bytes.fromhex(key), ENGINE_ID).hex() == localised


@pytest.mark.parametrize("auth", list(HASHES))
@pytest.mark.parametrize("priv", list(CIPHERS))
def test_keys_and_ciphers_agree_with_pysnmp(auth: AuthProtocol, priv: PrivProtocol) -> None:
    access = SnmpAccess("3", user="u", auth=auth, auth_secret="maplesyrup auth", priv=priv, priv_secret="a secret")
    keys = KeyRing().keys(access, ENGINE_ID)
    cipher = CIPHERS[priv]
    user_key = hash_passphrase(b"a secret", getattr(hashlib, HASHES[auth][0]))
    key = cipher.localize_key(_AUTH[auth], user_key, OctetString(ENGINE_ID))
    wanted = bytes(key)[: 16 if priv in ("DES", "AES-128") else None]
    assert keys.priv_key == wanted
    secret, salt = cipher.encrypt_data(key, (7, 99, OctetString(b"")), b"sixteen octets.." * 4)
    boots = int.from_bytes(bytes(salt)[:4], "big") if priv == "DES" else 7
    assert keys.decrypt(bytes(secret), boots, 99, bytes(salt))[:64] == b"sixteen octets.." * 4


@given(st.binary(min_size=1, max_size=200), st.sampled_from(list(CIPHERS)), st.binary(min_size=8, max_size=8))
def test_what_is_encrypted_can_be_decrypted(plain: bytes, priv: PrivProtocol, salt: bytes) -> None:
    octets = {"DES": 16, "AES-128": 16, "AES-192": 24, "AES-192-CISCO": 24}.get(priv, 32)
    keys = Keys("SHA-512", priv, b"a" * 64, bytes(range(octets)))
    secret = keys.encrypt(plain, 3, 4, salt)
    assert keys.decrypt(secret, 3, 4, salt)[: len(plain)] == plain
    assert priv == "DES" or len(secret) == len(plain)


@pytest.mark.parametrize(("secret", "salt"), [(b"", b"12345678"), (b"seven..", b"12345678"), (b"8 octets", b"short")])
def test_what_cannot_be_encrypted_data_is_malformed(secret: bytes, salt: bytes) -> None:
    with pytest.raises(Malformed):
        Keys("SHA", "DES", b"a" * 20, b"p" * 16).decrypt(secret, 1, 1, salt)


@pytest.mark.parametrize("auth", list(HASHES))
def test_authentication_codes_are_as_long_as_the_rfc_wants(auth: AuthProtocol) -> None:
    keys = Keys(auth, None, b"k" * 64)
    assert len(keys.mac(b"message")) == keys.mac_octets == HASHES[auth][1]
    assert keys.mac(b"message") != keys.mac(b"massage")


def test_keys_show_no_secret() -> None:
    assert "6b6b" not in repr(Keys("SHA", "DES", b"kk", b"kk"))
    assert "kk" not in repr(Keys("SHA", "DES", b"kk", b"kk"))
