"""An authority of a test's own, the files it hands out, and the TLS clients that use them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import bcrypt
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.probe.certificates import DAY, Signed, certificate


def hashed(password: str, cost: int = 4) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def write(signed: Signed, folder: Path, name: str) -> tuple[Path, Path]:
    """NAME.crt and NAME.key."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    cert.write_bytes(signed.certificate.public_bytes(Encoding.PEM))
    key.write_bytes(signed.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert, key


def _authority() -> Signed:
    now = datetime.now(UTC)
    return certificate("Council CA", now - DAY, now + 30 * DAY, authority=True)


@dataclass
class Authority:
    """Signs servers and clients; `ca` is its own certificate's file."""

    folder: Path
    name: str = "ca"
    signed: Signed = field(default_factory=_authority)

    @property
    def ca(self) -> Path:
        file = self.folder / f"{self.name}.crt"
        return file if file.exists() else write(self.signed, self.folder, self.name)[0]

    def sign(self, name: str, days: int = 10) -> tuple[Path, Path]:
        now = datetime.now(UTC)
        return write(certificate(name, now - DAY, now + days * DAY, by=self.signed), self.folder, name)

    def client(self, name: str | None = None, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """What a client trusts, and with a name the certificate that it shows."""
        context = ssl.create_default_context(cafile=str(self.ca))
        if name is not None:
            context.load_cert_chain(*self.sign(name))
        if newest is not None:
            context.maximum_version = newest
        return context
