"""A small valid inventory that tests spoil on purpose, and a way to see what is told about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from agent.inventory import Estate, InventoryInvalid, load

SOUND = """\
councils:
  stevenage: {title: Stevenage Borough Council, share: 0.55}
  east-herts: {title: East Herts District Council, share: 0.45}
zones:
  general: {title: General}
  restricted: {title: Restricted, restricted: true}
credentials:
  v3: {kind: snmp_v3, user: u, auth: SHA-256, auth_secret: env:AUTH, priv: AES-256, priv_secret: env:PRIV}
  shell: {kind: ssh, user: u, password: env:SHELL_PASSWORD}
sites:
  wallfields: {title: Wallfields, kind: office, owner: east-herts}
links:
  wallfields-a: {site: wallfields, supplier: Virgin Media, watch: [{device: sw-wf-1, interface: Gi1/0/49}]}
defaults: {zone: general, snmp: v3}
devices:
  - {name: sw-wf-1, address: 192.0.2.1, class: switch, site: wallfields, ssh: shell, ssh_platform: cisco_ios}
"""


@pytest.fixture
def sound() -> str:
    return SOUND


@pytest.fixture
def estate_of(tmp_path: Path) -> Callable[[str], Estate]:
    """Load a text as an inventory."""

    def loaded(text: str) -> Estate:
        path = tmp_path / "inventory.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return loaded


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The lines that are told about an inventory, with file names as someone in its folder sees them."""
    monkeypatch.chdir(tmp_path)

    def lines(text: str | bytes, **files: str) -> list[str]:
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(content), encoding="utf-8")
        octets = text if isinstance(text, bytes) else text.encode("utf-8")
        (tmp_path / "inventory.yaml").write_bytes(octets)
        try:
            load("inventory.yaml")
        except InventoryInvalid as error:
            return str(error).splitlines()
        return []

    return lines
