"""Pinned SSH host keys, as OpenSSH's own tools write them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inventory import KnownHosts, read_known_hosts

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIWA0xfYPPdzNvN9wyVpzMK1wNvJMWGGuoHWMrAjqGvs"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBo2BFHkOS3xLYSPV2zVSbuvXhJLGsc+wdjBT6OOqiHx"


def store(folder: Path, *lines: str) -> KnownHosts:
    path = folder / "ssh_known_hosts"
    path.write_text("\n".join(lines) + "\n")
    return read_known_hosts(path)


def test_a_store_that_is_not_there_yet_pins_nothing(tmp_path: Path) -> None:
    assert read_known_hosts(tmp_path / "none").keys("192.0.2.1", 22) == ()


def test_a_key_is_found_by_address_and_port(tmp_path: Path) -> None:
    keys = store(tmp_path, f"[192.0.2.1]:2222 {ED25519} sw-1", f"192.0.2.2 {OTHER}")
    assert keys.keys("192.0.2.1", 2222) == (ED25519,)
    assert keys.keys("192.0.2.1", 22) == ()
    assert keys.keys("192.0.2.2", 22) == (OTHER,)
    assert keys.keys("192.0.2.2", 2222) == ()


def test_a_device_may_have_several_keys_and_a_line_several_names(tmp_path: Path) -> None:
    keys = store(tmp_path, f"sw-1.example.org,192.0.2.1 {ED25519}", f"192.0.2.1 {OTHER}", f"192.0.2.1 {OTHER}")
    assert keys.keys("192.0.2.1") == (ED25519, OTHER)
    assert keys.keys("SW-1.example.org") == (ED25519,)


def test_a_revoked_key_is_never_given(tmp_path: Path) -> None:
    keys = store(tmp_path, f"192.0.2.1 {ED25519}", f"@revoked * {ED25519}", f"192.0.2.1 {OTHER}")
    assert keys.keys("192.0.2.1") == (OTHER,)


def test_certificate_authorities_comments_and_damaged_lines_pin_nothing(tmp_path: Path) -> None:
    keys = store(
        tmp_path, f"@cert-authority 192.0.2.1 {ED25519}", "# 192.0.2.1 x y", "192.0.2.1 ssh-ed25519", "|1|!|! a b", ""
    )
    assert keys.keys("192.0.2.1") == ()


def test_hashed_names_are_found(tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    path = tmp_path / "ssh_known_hosts"
    path.write_text(f"192.0.2.1 {ED25519}\n[192.0.2.2]:2222 {OTHER}\n")
    subprocess.run(["ssh-keygen", "-H", "-f", path], check=True, capture_output=True)
    assert "192.0.2.1" not in path.read_text()
    keys = read_known_hosts(path)
    assert keys.keys("192.0.2.1") == (ED25519,)
    assert keys.keys("192.0.2.2", 2222) == (OTHER,)
    assert keys.keys("192.0.2.3") == ()


@given(st.text())
def test_no_text_breaks_the_reader_or_lets_a_stranger_in(text: str) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        assert read_known_hosts(Path(file.name)).keys("192.0.2.77", 2277) == ()
