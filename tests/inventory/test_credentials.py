"""Secrets: fetched from where they live, once, and never shown."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from agent.credentials import SecretMissing, Secrets

SECRET = "Tr0ub4dor&3"


def secret_file(folder: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_environment_is_asked_by_name() -> None:
    assert Secrets({"A": SECRET}).resolve("env:A").get_secret_value() == SECRET


@pytest.mark.parametrize("written", [SECRET, SECRET + "\n", SECRET + "\r\n"])
def test_a_file_may_end_in_one_newline(written: str, tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    path.write_bytes(written.encode())
    assert Secrets({}).resolve(f"file:{path}").get_secret_value() == SECRET


def test_white_space_inside_a_secret_is_kept(tmp_path: Path) -> None:
    path = secret_file(tmp_path, " a b \n\n")
    assert Secrets({}).resolve(f"file:{path}").get_secret_value() == " a b \n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = secret_file(tmp_path, mode=mode)
    with pytest.raises(SecretMissing, match=rf"^file:{path}: others may read it \(mode {mode:o}\); chmod 600 it$"):
        Secrets({}).resolve(f"file:{path}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize(
    ("owner", "mode", "taken"),
    [((0, 10640), 0o440, True), ((0, 10640), 0o640, True), ((0, 10641), 0o640, False), ((0, 10640), 0o660, False),
     ((0, 10640), 0o644, False), ((10640, 10640), 0o640, False)],
)  # fmt: skip
def test_a_file_of_root_may_be_read_by_the_agent_s_own_group(
    owner: tuple[int, int], mode: int, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Kubernetes mounts secrets for a user who is not root."""
    path = secret_file(tmp_path)
    os.chown(path, *owner)
    path.chmod(mode)
    monkeypatch.setattr(os, "getegid", lambda: 10640)
    if taken:
        assert Secrets({}).resolve(f"file:{path}").get_secret_value() == SECRET
        return
    with pytest.raises(SecretMissing, match="others may read it"):
        Secrets({}).resolve(f"file:{path}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    os.chown(path, 12345, 12345)
    with pytest.raises(SecretMissing, match="it belongs to another user"):
        Secrets({}).resolve(f"file:{path}")


@pytest.mark.parametrize(
    ("text", "words"), [("", "it is empty"), ("\n", "it is empty"), ("x" * 70_000, "larger than 64 KiB")]
)
def test_a_file_that_holds_no_secret_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match=words):
        Secrets({}).resolve(f"file:{secret_file(tmp_path, text)}")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match="cannot read it: No such file or directory"):
        Secrets({}).resolve(f"file:{tmp_path / 'gone'}")
    with pytest.raises(SecretMissing, match="cannot read it: Is a directory"):
        Secrets({}).resolve(f"file:{tmp_path}")


def test_a_device_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "zero"
    path.symlink_to("/dev/zero")
    with pytest.raises(SecretMissing, match="not a regular file"):
        Secrets({}).resolve(f"file:{path}")


def test_the_service_managers_credentials_are_found_by_name(tmp_path: Path) -> None:
    secret_file(tmp_path, mode=0o400)
    assert Secrets({"CREDENTIALS_DIRECTORY": str(tmp_path)}).resolve("cred:secret").get_secret_value() == SECRET
    with pytest.raises(SecretMissing, match=r"^cred:secret: not started by systemd with LoadCredential=secret:PATH$"):
        Secrets({}).resolve("cred:secret")


def test_a_secret_is_fetched_once_until_it_is_forgotten() -> None:
    environment = {"A": "one"}
    secrets = Secrets(environment)
    assert secrets.resolve("env:A").get_secret_value() == "one"
    environment["A"] = "two"
    assert secrets.resolve("env:A").get_secret_value() == "one"
    secrets.forget()
    assert secrets.resolve("env:A").get_secret_value() == "two"


def test_no_secret_is_in_a_repr_or_an_error() -> None:
    secrets = Secrets({"A": SECRET})
    assert SECRET not in repr(secrets.resolve("env:A"))
    assert SECRET not in str(secrets.resolve("env:A"))
    with pytest.raises(SecretMissing) as caught:
        secrets.resolve(SECRET)  # somebody got it in as a reference
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)


def test_vault_is_asked_by_path_and_field() -> None:
    asked = []

    def vault(path: str, key: str) -> str:
        asked.append((path, key))
        return {"auth": SECRET}[key]

    secrets = Secrets({}, vault)
    assert secrets.resolve("vault:secret/hartwatch/snmp#auth").get_secret_value() == SECRET
    assert asked == [("secret/hartwatch/snmp", "auth")]
    with pytest.raises(SecretMissing, match="Vault has no field 'priv' there"):
        secrets.resolve("vault:secret/hartwatch/snmp#priv")


def test_vault_without_an_address_or_the_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SecretMissing, match="VAULT_ADDR and VAULT_TOKEN are not set"):
        Secrets({}).resolve("vault:secret/a#b")
    monkeypatch.setitem(sys.modules, "hvac", None)
    with pytest.raises(SecretMissing, match=r"Vault needs an extra library: pip install 'hartwatch\[vault\]'"):
        Secrets({"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "t"}).resolve("vault:secret/a#b")


class StandInVault(BaseHTTPRequestHandler):
    """Vault's answers for reading a key-value version 2 secret."""

    def do_GET(self) -> None:
        if self.headers.get("X-Vault-Token") != "token":
            status, body = 403, {"errors": ["permission denied"]}
        elif self.path == "/v1/secret/data/hartwatch/snmp":
            status, body = 200, {"data": {"data": {"auth": SECRET}, "metadata": {"version": 1}}}  # type: ignore[dict-item]
        else:
            status, body = 404, {"errors": []}
        octets = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def vault_address() -> Iterator[str]:
    pytest.importorskip("hvac", reason="the vault extra is not installed")
    server = HTTPServer(("127.0.0.1", 0), StandInVault)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_secret_is_read_from_vault_over_http(vault_address: str) -> None:
    secrets = Secrets({"VAULT_ADDR": vault_address, "VAULT_TOKEN": "token"})
    assert secrets.resolve("vault:secret/hartwatch/snmp#auth").get_secret_value() == SECRET
    with pytest.raises(SecretMissing, match=r"Vault refused or is away \(InvalidPath\)"):
        secrets.resolve("vault:secret/hartwatch/nothing#auth")


def test_a_vault_that_refuses_or_is_away_is_one_line(vault_address: str) -> None:
    with pytest.raises(SecretMissing, match=r"Vault refused or is away \(Forbidden\)"):
        Secrets({"VAULT_ADDR": vault_address, "VAULT_TOKEN": "other"}).resolve("vault:secret/hartwatch/snmp#auth")
    with pytest.raises(SecretMissing, match=r"Vault refused or is away \(ConnectionError\)"):
        Secrets({"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "token"}).resolve("vault:secret/a#b")
