"""SSH host keys in OpenSSH's known_hosts format: parse, look up, record, forget, fetch.

The file belongs to Hartwatch (`ssh_known_hosts` in its state directory); nobody's ~/.ssh is read or written. Lines are
those of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": hashed names, patterns, `!` and `@revoked` are understood.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import fnmatch
import hashlib
import hmac
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MAX_FILE_BYTES = 16_000_000  # 11,000 devices with three keys each are about 8 MB
KNOWN_TYPES = frozenset({"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"})


@dataclass(frozen=True, slots=True)
class HostKey:
    """One public key as a server shows it."""

    type: str
    blob: bytes

    @classmethod
    def parse(cls, text: str) -> HostKey:
        """`"ssh-ed25519 AAAA..."` (a comment may follow); ValueError when it is not a key."""
        words = text.split()
        if len(words) < 2:
            raise ValueError("a host key is a type and a base64 text, as in known_hosts")
        try:
            blob = base64.b64decode(words[1], validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("the host key is not base64") from None
        length = int.from_bytes(blob[:4], "big")
        if length > 64 or blob[4 : 4 + length] != words[0].encode():
            raise ValueError(f"the host key is not of the type it says ({words[0][:40]})")
        return cls(words[0], blob)

    @property
    def line(self) -> str:
        return f"{self.type} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """As OpenSSH prints it: SHA256:... (base64 without padding)."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a known_hosts file."""

    hosts: tuple[str, ...]
    key: HostKey
    comment: str = ""
    marker: str = ""  # "", "revoked" or "cert-authority"

    def matches(self, host: str) -> bool:
        """Whether this line is about `host` ("192.0.2.1" or "[192.0.2.1]:2222")."""
        found = False
        for pattern in self.hosts:
            if pattern.startswith("|1|"):
                found = found or _hashed_equals(pattern, host)
            elif pattern.startswith("!"):
                if fnmatch.fnmatchcase(host.lower(), _pattern(pattern[1:])):
                    return False
            elif fnmatch.fnmatchcase(host.lower(), _pattern(pattern)):
                found = True
        return found

    @property
    def line(self) -> str:
        words = [f"@{self.marker}"] if self.marker else []
        words += [",".join(self.hosts), self.key.line]
        return " ".join([*words, self.comment] if self.comment else words)


def _pattern(text: str) -> str:
    # known_hosts knows * and ? only; brackets are part of "[host]:port" and not a character class.
    return text.lower().replace("[", "[[]")


def _hashed_equals(pattern: str, host: str) -> bool:
    parts = pattern.split("|")
    if len(parts) != 4:
        return False
    try:
        salt, want = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, host.encode(), "sha1").digest(), want)


def host_name(address: str, port: int = 22) -> str:
    """The name known_hosts has for an address: bare on port 22, bracketed otherwise."""
    return address if port == 22 else f"[{address}]:{port}"


def parse(text: str) -> list[Entry]:
    """Every usable line; comments, blank and broken lines are passed over, as ssh does."""
    entries = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        marker = ""
        if line.startswith("@"):
            marker, _, line = line[1:].partition(" ")
            if marker not in ("revoked", "cert-authority"):
                continue
        hosts, _, rest = line.strip().partition(" ")
        words = rest.split(maxsplit=2)
        try:
            key = HostKey.parse(" ".join(words[:2]))
        except ValueError:
            continue
        entries.append(Entry(tuple(hosts.split(",")), key, words[2] if len(words) > 2 else "", marker))
    return entries


def keys_for(text: str, address: str, port: int = 22) -> tuple[str, ...]:
    """The keys pinned for an address, in the form of `SshAccess.host_keys`; a revoked key is never among them."""
    host = host_name(address, port)
    about = [entry for entry in parse(text) if entry.matches(host)]
    revoked = {entry.key for entry in about if entry.marker == "revoked"}
    keys = [entry.key.line for entry in about if not entry.marker and entry.key not in revoked]
    return tuple(dict.fromkeys(keys))


class KnownHosts:
    """The file of pinned keys."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _text(self) -> str:
        try:
            if self.path.stat().st_size > MAX_FILE_BYTES:
                raise ValueError(f"{self.path} is larger than {MAX_FILE_BYTES} bytes: not a file of host keys")
            return self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def entries(self) -> list[Entry]:
        return parse(self._text())

    def keys(self, address: str, port: int = 22) -> tuple[str, ...]:
        """The keys pinned for an address; empty where none is."""
        return keys_for(self._text(), address, port)

    def trust(self, address: str, port: int, keys: Iterable[HostKey], comment: str = "") -> None:
        """Pin these keys, and only these, for an address. OSError when the file cannot be written."""
        host = host_name(address, port)
        lines = self._lines_without(host)
        lines += [Entry((host,), key, " ".join(comment.split())).line for key in keys]
        self._write(lines)

    def forget(self, address: str, port: int = 22) -> int:
        """Unpin an address; gives how many keys were pinned."""
        before = len(self.keys(address, port))
        if before:
            self._write(self._lines_without(host_name(address, port)))
        return before

    def _lines_without(self, host: str) -> list[str]:
        kept = []
        for line in self._text().splitlines():
            entries = parse(line)
            # Only lines that name this host and no other are ours to drop: a pattern may serve other devices.
            if entries and entries[0].marker == "" and len(entries[0].hosts) == 1 and entries[0].matches(host):
                continue
            kept.append(line)
        return kept

    def _write(self, lines: list[str]) -> None:
        # Written beside and renamed, so that a reader never sees half a file and a full disk loses nothing.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".ssh_known_hosts.", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp made it 0600
                file.write("".join(line + "\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise


async def fetch(address: str, port: int = 22, seconds: float = 10.0, legacy: bool = False) -> tuple[HostKey, ...]:
    """The host keys a server shows, one per key type, without logging in. Raises a `DeviceFault` when it shows none."""
    from collectors.ssh.wire import show_host_key  # netmiko is slow to import; parsing files must not wait for it

    until = asyncio.get_running_loop().time() + seconds
    found: dict[HostKey, None] = {}
    problem: Exception | None = None
    types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512"]
    if legacy:
        types.append("ssh-rsa")
    for key_type in types:
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            break
        key, fault = await asyncio.to_thread(show_host_key, address, port, key_type, left, legacy)
        if key is not None:
            found[key] = None
        elif fault is not None:
            problem = problem or fault
            if fault.kind != "access_denied":  # not just "no such key type": the next would fail in the same way
                break
    if not found and problem is not None:
        raise problem
    return tuple(found)
