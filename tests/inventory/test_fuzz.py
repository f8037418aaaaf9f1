"""Whatever is done to an inventory, it is taken or refused in words: never a traceback, never a silent loss."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.inventory import InventoryInvalid, read

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^[^\n]*inventory\.yaml(:\d+:\d+)?: \S[^\n]*$")
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    float("inf"),
    "",
    " ",
    "x",
    "off",
    "a: b",
    [],
    {},
    [None],
    [[]],
    {"a": None},
    {"": 1},
    "\u0000x",
    "é" * 70,
]


def verdict(folder: Path, text: str) -> str:
    """ "taken", or every line of the refusal, each of which must be one line with a place."""
    path = folder / "inventory.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        read(path)
    except InventoryInvalid as error:
        lines = str(error).splitlines()
        assert lines
        assert all(LINE.match(line) for line in lines), lines
        return "refused"
    return "taken"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@settings(max_examples=100)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_text_that_is_cut_doubled_or_exchanged(
    folder: Path, sound_text: str, chance: random.Random, times: int
) -> None:
    text = sound_text
    for _ in range(times):
        at, length = chance.randrange(len(text)), chance.randrange(1, 20)
        piece = chance.choice(
            [
                "",
                text[at : at + length] * 2,
                "\t",
                "\n",
                ": ",
                "&a ",
                "*a",
                "[",
                "}",
                "'",
                '"',
                "<<: ",
                "!!x ",
                "\x00",
                "\ud7ff",
            ]
        )
        text = text[:at] + piece + text[at + length :] or "x"
    verdict(folder, text)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything inside a value."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths(inner, (*path, index))
    return found


@settings(max_examples=150)
@given(st.data())
def test_values_that_are_something_odd(folder: Path, sound_text: str, data: st.DataObject) -> None:
    tree = yaml.safe_load(sound_text)
    for path in data.draw(st.lists(st.sampled_from(paths(tree)), min_size=1, max_size=3)):
        inside = tree
        try:
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = data.draw(st.sampled_from(ODD))
        except (TypeError, KeyError, IndexError):
            continue  # an earlier exchange took the way there
    verdict(folder, yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


@settings(max_examples=40)
@given(st.data())
def test_a_key_that_nobody_knows_is_refused_wherever_it_stands(
    folder: Path, sound_text: str, data: st.DataObject
) -> None:
    tree = yaml.safe_load(sound_text)
    free = ("councils", "zones", "sites", "credentials", "links", "services")  # their keys are names
    ways = [path for path in paths(tree) if path[0] != "services" and path[-1] not in free]
    inside = tree
    for step in data.draw(st.sampled_from(ways)):
        inside = inside[step]
    if not isinstance(inside, dict):
        return
    inside["no_such_key"] = 1
    assert verdict(folder, yaml.safe_dump(tree, sort_keys=False)) == "refused"


@pytest.fixture(scope="module")
def sound_text() -> str:
    """A small inventory in which nearly every kind of key occurs."""
    return """\
councils: {a: {title: A, share: 0.5}, b: {title: B, share: 0.5}}
zones: {general: {title: General}, psn: {title: PSN, restricted: true}}
credentials:
  v3: {kind: snmp_v3, user: u, auth: SHA-256, auth_secret: env:AUTH, priv: AES-256, priv_secret: env:PRIV}
  v2: {kind: snmp_v2c, community: env:COMMUNITY}
  shell: {kind: ssh, user: u, password: env:SHELL, enable_secret: env:ENABLE}
sites:
  one: {title: One, kind: office, owner: a, needs: {any: [link-a, device:sw-1]}}
  two: {title: Two, kind: depot, owner: b}
links:
  link-a: {site: one, supplier: Virgin Media, circuit: X1, watch: [{device: sw-1, interface: Gi1}], speed_mbps: 100}
services:
  files: {title: Files, owner: both, needs: {all: [site:one, {at_least: 1, of: [sw-1, sw-2]}]}, fix_target: 4h}
  mail: {title: Mail, owner: a, needs: service:files, availability_target: 0.99}
defaults: {zone: general, snmp: v3, every: {pulse: 60s}, retries: 2, probes: {icmp: {count: 2}}}
class_defaults: {switch: {ssh: shell, ssh_platform: cisco_ios, replace_years: 7}}
site_defaults: {two: {timeout: 4s, port: 1161}}
devices:
  - {name: sw-1, address: 192.0.2.1, class: switch, site: one, behind: [link-a], expect: {stack_members: 2}}
  - name: sw-2
    address: 192.0.2.2
    class: switch
    site: two
    behind: [device:sw-1]
    owned: {purchased: 2019-04-01, price: 12.50, shares: {a: 1}}
    every: {health: 2m}
    probes: {web: {kind: http, path: /}, icmp: null}
    expect: {interfaces_up: [Gi1], vpn_tunnels: [x*]}
"""


def test_the_inventory_that_is_spoilt_here_is_sound(folder: Path, sound_text: str) -> None:
    assert verdict(folder, sound_text) == "taken"
