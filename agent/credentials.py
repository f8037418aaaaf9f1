"""Secrets, fetched late from where they live: the environment, a file, the service manager, HashiCorp Vault.

References are checked when the inventory is loaded (agent.inventory.values); here they are followed. A secret is kept
in memory as a SecretStr and never reaches a log, a `repr` or an error: errors name the reference.
"""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

MAX_OCTETS = 64 * 1024
Lookup = Callable[[str, str], str]  # path in Vault, field > secret


class SecretMissing(Exception):
    """A secret cannot be had. `str()` names the reference and what to do, never the secret."""

    def __init__(self, reference: str, reason: str) -> None:
        self.reference = reference
        super().__init__(f"{reference}: {reason}")


class Secrets:
    """Follows references, each once: `forget` before a reload reads them anew.

    `environment` is os.environ unless given; `vault` is made from VAULT_ADDR and VAULT_TOKEN when first needed.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, vault: Lookup | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._vault = vault
        self._known: dict[str, SecretStr] = {}

    def resolve(self, reference: str) -> SecretStr:
        """The secret behind `env:NAME`, `file:/PATH`, `cred:NAME` or `vault:MOUNT/PATH#FIELD`; else SecretMissing."""
        known = self._known.get(reference)
        if known is None:
            source, _, rest = reference.partition(":")
            follow = {"env": self._env, "file": self._file, "cred": self._credential, "vault": self._from_vault}
            if source not in follow:
                # Whatever this is, it may be a secret somebody wrote in plain: it is not repeated.
                raise SecretMissing("a secret", "its reference is none of env:, file:, cred: and vault:")
            text = follow[source](reference, rest)
            if not text:
                raise SecretMissing(reference, "it is empty")
            known = self._known[reference] = SecretStr(text)
        return known

    def forget(self) -> None:
        """Read every secret anew when it is next asked for."""
        self._known.clear()

    def _env(self, reference: str, name: str) -> str:
        try:
            return self._environment[name]
        except KeyError:
            raise SecretMissing(reference, f"the environment has no {name}; set it for the service") from None

    def _file(self, reference: str, path: str) -> str:
        return _read(reference, Path(path))

    def _credential(self, reference: str, name: str) -> str:
        folder = self._environment.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise SecretMissing(reference, f"not started by systemd with LoadCredential={name}:PATH")
        return _read(reference, Path(folder) / name)

    def _from_vault(self, reference: str, rest: str) -> str:
        path, _, key = rest.partition("#")
        if self._vault is None:
            self._vault = _vault_reader(reference, self._environment)
        try:
            return self._vault(path, key)
        except KeyError:
            raise SecretMissing(reference, f"Vault has no field {key!r} there") from None


def _read(reference: str, path: Path) -> str:
    """A file nobody else can read. One newline at its end is an editor's, not the secret's."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())  # of what was opened: no gap between looking and reading
            octets = stream.read(MAX_OCTETS + 1)
    except OSError as error:
        raise SecretMissing(reference, f"cannot read it: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise SecretMissing(reference, "not a regular file")
    # root's file that our own group alone may read besides is ours: so does Kubernetes hand secrets over (fsGroup), and
    # so do Debian's services keep them.
    ours = status.st_uid == 0 and status.st_gid == os.getegid() != 0
    if status.st_mode & (0o037 if ours else 0o077):
        raise SecretMissing(reference, f"others may read it (mode {stat.S_IMODE(status.st_mode):03o}); chmod 600 it")
    if status.st_uid not in (os.geteuid(), 0):
        raise SecretMissing(reference, "it belongs to another user; chown it to the agent's")
    if len(octets) > MAX_OCTETS:
        raise SecretMissing(reference, f"larger than {MAX_OCTETS // 1024} KiB")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretMissing(reference, "not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


def _vault_reader(reference: str, environment: Mapping[str, str]) -> Lookup:
    """Reads Vault's key-value store (version 2) with hvac, an optional extra."""
    address, token = environment.get("VAULT_ADDR"), environment.get("VAULT_TOKEN")
    if not address or not token:
        raise SecretMissing(reference, "VAULT_ADDR and VAULT_TOKEN are not set")
    try:
        hvac = importlib.import_module("hvac")
    except ImportError:
        raise SecretMissing(reference, "Vault needs an extra library: pip install 'hartwatch[vault]'") from None
    client = hvac.Client(url=address, token=token, timeout=10)

    def read(path: str, key: str) -> str:
        mount, _, rest = path.partition("/")
        try:
            answer = client.secrets.kv.v2.read_secret_version(
                path=rest, mount_point=mount, raise_on_deleted_version=True
            )
        except (hvac.exceptions.VaultError, OSError) as error:
            # The library's own words may hold the request; its kind is enough to act on.
            raise SecretMissing(reference, f"Vault refused or is away ({type(error).__name__})") from None
        return str(answer["data"]["data"][key])

    return read
