"""The store of pinned SSH host keys: OpenSSH's known_hosts format (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT), read only.

`hartwatch ssh trust DEVICE` writes it. This is a snapshot of it with one look-up per device, because eleven thousand
devices are resolved in one go when an inventory is loaded. Patterns (`*`, `?`, `!`), which we do not write, and lines
that cannot be read pin nothing: a damaged line refuses a device and never lets one in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """Pinned keys by `host` (port 22) or `[host]:port`; revoked keys are never given."""

    pinned: dict[str, tuple[str, ...]]
    hashed: tuple[tuple[bytes, bytes, str], ...] = ()  # salt, HMAC-SHA1 of the name, key
    revoked: frozenset[str] = frozenset()

    def keys(self, address: str, port: int = 22) -> tuple[str, ...]:
        """The keys pinned for an address, as "ssh-ed25519 AAAA..."; empty where none is."""
        names = [f"[{address}]:{port}".lower()] + ([address.lower()] if port == 22 else [])
        found = [key for name in names for key in self.pinned.get(name, ())]
        for name in names:
            for salt, digest, key in self.hashed:
                made = hmac.new(salt, name.encode(), hashlib.sha1).digest()
                if hmac.compare_digest(made, digest):
                    found.append(key)
        return tuple(key for key in dict.fromkeys(found) if key not in self.revoked)


def read_known_hosts(path: Path) -> KnownHosts:
    """The store at `path`; empty where there is none yet. OSError where it is there and cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return KnownHosts({})
    keys: dict[str, tuple[str, ...]] = {}
    hashed: list[tuple[bytes, bytes, str]] = []
    revoked: set[str] = set()
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        marker = words.pop(0) if words[0].startswith("@") else ""
        if len(words) < 3 or marker not in ("", "@revoked"):  # @cert-authority: certificates are not used
            continue
        names, key = words[0], f"{words[1]} {words[2]}"
        if marker:
            revoked.add(key)
        elif names.startswith("|1|"):
            try:
                salt, digest = (base64.b64decode(part, validate=True) for part in names[3:].split("|"))
            except (ValueError, binascii.Error):
                continue
            hashed.append((salt, digest, key))
        else:
            for name in names.lower().split(","):
                keys[name] = (*keys.get(name, ()), key)
    return KnownHosts(keys, tuple(hashed), frozenset(revoked))
