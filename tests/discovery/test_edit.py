"""Changing an inventory's text: what is meant changes, and nothing else."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from agent.importing.edit import EditImpossible, Editor
from agent.inventory.document import Document
from tests.conftest import ROOT

TEXT = """\
# The estate. \u00a3 and \U0001f50c before the places that are counted
sites:   # buildings
  hall: {title: "Town hall", kind: office, owner: sbc}

x-common: &common {snmp: strong}

devices:
  # the core, bought with care
  - name: core-1          # hand-made order
    address: 192.0.2.1    # keep: the management address, whatever others say
    class: 'switch'
    site: "hall"
    owned: {price: 690.00, purchased: 2020-04-01}
  - {name: core-2, address: 192.0.2.2, class: switch,
     site: hall, title: "Second, in the cellar", <<: *common}
  - name: ups-1   # keep
    address: 192.0.2.3
    class: ups
    site: hall
    title: >
      Under
      the stairs
# the end of it
"""


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_value_is_changed_in_its_quotes_and_every_other_octet_stays(newline: str) -> None:
    text = TEXT.replace("\n", newline)
    editor = Editor("inventory.yaml", text)
    editor.set(("devices", 0, "class"), "router")
    editor.set(("devices", 0, "site"), "annexe")
    editor.set(("devices", 1, "address"), "2001:db8::2")
    editor.set(("devices", 0, "owned", "price"), 700)
    after = editor.result()
    assert changed(text, after) == [
        "-    class: 'switch'",
        '-    site: "hall"',
        "-    owned: {price: 690.00, purchased: 2020-04-01}",
        "-  - {name: core-2, address: 192.0.2.2, class: switch,",
        "+    class: 'router'",
        '+    site: "annexe"',
        "+    owned: {price: 700, purchased: 2020-04-01}",
        '+  - {name: core-2, address: "2001:db8::2", class: switch,',
    ]
    assert after.count("\r") == (after.count("\n") if newline == "\r\n" else 0)


def test_keys_and_entries_are_added_the_way_their_neighbours_are_written() -> None:
    editor = Editor("inventory.yaml", TEXT)
    editor.set(("devices", 0, "zone"), "general")
    editor.set(("devices", 1, "owned", "supplier"), "Bechtle, Chippenham")
    editor.set(("devices", 2, "owned", "price"), 12)
    editor.append_device({"name": "sw-9", "address": "192.0.2.9", "class": "switch", "site": "hall"})
    editor.append_hardware("sw-9", {"device": "sw-9", "serial": "0123", "model": "X: 1"})
    after = editor.result()
    assert changed(TEXT, after) == [
        "+    zone: general",
        '-     site: hall, title: "Second, in the cellar", <<: *common}',
        '+     site: hall, owned: {supplier: "Bechtle, Chippenham"}, title: "Second, in the cellar", <<: *common}',
        "+    owned: {price: 12}",
        "+  - name: sw-9",
        "+    address: 192.0.2.9",
        "+    class: switch",
        "+    site: hall",
        "+",
        "+hardware:",
        '+  sw-9: {device: sw-9, serial: "0123", model: "X: 1"}',
    ]
    assert Document("", after).data["devices"][2]["title"] == "Under the stairs\n"


def test_an_entry_among_flow_entries_is_a_flow_entry_and_the_first_of_a_section_begins_it() -> None:
    text = "devices:\n  - {name: a, address: 192.0.2.1}  # one\nhardware: {}\n"
    editor = Editor("f", text)
    editor.append_device({"name": "b"})
    editor.append_hardware("b", {"device": "b"})
    editor.append_hardware("a", {"device": "a"})
    assert editor.result() == (
        "devices:\n  - {name: a, address: 192.0.2.1}  # one\n  - {name: b}\n"
        "hardware:\n  b: {device: b}\n  a: {device: a}\n"
    )
    for empty in ("devices: []\n", "devices:\n", "devices: # none yet\n", "sites: {}\n", "sites: {}"):
        editor = Editor("f", empty)
        editor.append_device({"name": "b", "address": "192.0.2.2"})
        editor.append_device({"name": "c", "address": "192.0.2.3"})
        assert [one["name"] for one in Document("", editor.result()).data["devices"]] == ["b", "c"]


def test_a_line_that_says_keep_keeps_its_value_and_an_entry_that_says_it_first_all_of_them() -> None:
    editor = Editor("inventory.yaml", TEXT)
    assert editor.keeps(("devices", 0, "address"))
    assert not editor.keeps(("devices", 0, "class"))
    assert not editor.keeps(("devices", 1, "address"))
    assert editor.keeps(("devices", 2, "site"))
    assert editor.keeps(("devices", 2, "zone"))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("x-a: &a 192.0.2.1\ndevices:\n  - {name: a, address: *a}\n", ("devices", 0, "address")),
        ("devices:\n  - {name: a, address: &a 192.0.2.1}\n  - {name: b, address: *a}\n", ("devices", 0, "address")),
        ("devices:\n  - {name: a, address: !!str 192.0.2.1}\n", ("devices", 0, "address")),
        ("devices:\n  - name: a\n    address: >\n      192.0.2.1\n", ("devices", 0, "address")),
        ("x-a: &a {name: a}\ndevices:\n  - *a\n", ("devices", 0, "address")),
        ("x-a: &o {price: 1}\ndevices:\n  - {name: a, owned: *o}\n", ("devices", 0, "owned", "supplier")),
    ],
)
def test_what_cannot_be_changed_by_itself_is_said_with_its_line(text: str, steps: tuple[str | int, ...]) -> None:
    with pytest.raises(EditImpossible, match=r"inventory.yaml:\d+: devices\[0\].*; change it by hand"):
        edited(text, steps)


def edited(text: str, steps: tuple[str | int, ...]) -> str:
    editor = Editor("inventory.yaml", text)
    editor.set(steps, "192.0.2.9")
    return editor.result()


def test_every_address_of_the_shipped_inventory_can_be_changed_by_itself() -> None:
    text = Path(ROOT / "inventory.yaml").read_text("utf-8")
    devices = Document("", text).data["devices"]
    editor = Editor("inventory.yaml", text)
    for number in range(len(devices)):
        editor.set(("devices", number, "address"), f"198.51.100.{number}")
        if number % 2 and "owned" not in devices[number]:
            editor.set(("devices", number, "owned", "supplier"), "A supplier")
    after = editor.result()
    assert [one["address"] for one in Document("", after).data["devices"]] == [
        f"198.51.100.{number}" for number in range(len(devices))
    ]
    assert [line.partition("#")[2] for line in after.splitlines()] == [
        line.partition("#")[2] for line in text.splitlines()
    ]
