"""Several files: sections merged, one name in one place, no circles, errors in the file they stand in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.inventory import read

Told = Callable[..., list[str]]

MAIN = """\
include: [sites/*.yaml]
councils: {a: {title: A, share: 1}}
x-credential: &v3 {kind: snmp_v3, user: u}
credentials: {v3: *v3}
defaults: {snmp: v3}
"""
NORTH = """\
sites: {north: {title: North, kind: office, owner: a}}
devices:
  - {name: sw-n, address: 192.0.2.1, class: switch, site: north}
"""
SOUTH = """\
sites: {south: {title: South, kind: depot, owner: a}}
devices:
  - {name: sw-s, address: 192.0.2.2, class: switch, site: south, behind: [sw-n]}
"""


def test_sections_of_all_files_are_one_estate(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "inventory.yaml").write_text(MAIN)
    (tmp_path / "sites" / "north.yaml").write_text(NORTH)
    (tmp_path / "sites" / "south.yaml").write_text(SOUTH)
    loaded = read(tmp_path / "inventory.yaml")
    assert list(loaded.estate.devices) == ["sw-n", "sw-s"]
    assert list(loaded.estate.sites) == ["north", "south"]
    assert [path.name for path in loaded.files] == ["inventory.yaml", "north.yaml", "south.yaml"]
    assert loaded.warnings == ()


def test_an_error_names_the_file_it_stands_in(told: Told) -> None:
    lines = told(MAIN, sites__north_yaml=NORTH, sites__south_yaml=SOUTH.replace("[sw-n]", "[sw-m]"))
    assert lines == [
        "sites/south.yaml:3:75: devices[0].behind[0]: there is no device or link 'sw-m' (did you mean 'sw-n'?)"
    ]


def test_the_same_name_in_two_files_is_refused_naming_both(told: Told) -> None:
    lines = told(MAIN, sites__north_yaml=NORTH, sites__south_yaml=SOUTH.replace("name: sw-s", "name: sw-n"))
    assert (
        "sites/south.yaml:3:12: devices[0].name: 'sw-n' is already taken at sites/north.yaml:3 (one name, one place)"
        in lines
    )
    lines = told(MAIN, sites__north_yaml=NORTH, sites__south_yaml=SOUTH.replace("south", "north"))
    assert (
        "sites/south.yaml:1:9: sites.north: 'north' is already taken at sites/north.yaml:1 (one name, one place)"
        in lines
    )


def test_a_default_is_set_in_one_file_only(told: Told) -> None:
    lines = told(MAIN, sites__north_yaml=NORTH + "defaults: {retries: 1, snmp: v3}\n")
    assert lines == [
        "sites/north.yaml:4:24: defaults.snmp: 'snmp' is already set at inventory.yaml:5 (one name, one place)"
    ]


def test_files_that_include_each_other_are_refused(told: Told) -> None:
    lines = told(
        MAIN.replace("sites/*.yaml", "one.yaml"), one_yaml="include: two.yaml\n", two_yaml="include: [inventory.yaml]\n"
    )
    assert lines == [
        "two.yaml:1:11: include[0]: files include each other in a circle: "
        "inventory.yaml > one.yaml > two.yaml > inventory.yaml"
    ]


def test_a_file_that_includes_itself_is_refused(told: Told) -> None:
    assert told(MAIN.replace("sites/*.yaml", "'*.yaml'")) == [
        "inventory.yaml:1:11: include[0]: inventory.yaml includes itself"
    ]


def test_a_pattern_without_quotes_is_told_to_want_them(told: Told) -> None:
    assert told(MAIN.replace("sites/*.yaml", "*.yaml")) == [
        "inventory.yaml:1:12: not YAML: * and & begin an alias or an anchor "
        '(put text that begins with one in quotes: "*.yaml")'
    ]


def test_a_file_that_is_included_twice_is_refused(told: Told) -> None:
    lines = told(MAIN.replace("[sites/*.yaml]", "[sites/*.yaml, sites/north.yaml]"), sites__north_yaml=NORTH)
    assert lines == ["inventory.yaml:1:25: include[1]: sites/north.yaml is already included at inventory.yaml:1"]


def test_a_missing_file_is_told_where_it_is_asked_for(told: Told) -> None:
    assert told(MAIN.replace("sites/*.yaml", "gone.yaml")) == [
        "inventory.yaml:1:11: include[0]: cannot read gone.yaml: No such file or directory"
    ]


def test_a_pattern_without_files_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(MAIN + "sites: {n: {title: N, kind: office, owner: a}}\n")
    loaded = read(tmp_path / "inventory.yaml")
    assert "include[0]: no file matches sites/*.yaml" in str(loaded.warnings[0])


def test_an_included_file_that_is_not_yaml_does_not_hide_the_others(told: Told) -> None:
    lines = told(MAIN, sites__north_yaml="sites: [\n", sites__south_yaml=SOUTH.replace("depot", "depo"))
    assert any(line.startswith("sites/north.yaml:2:1: not YAML") for line in lines)
    assert any(line.startswith("sites/south.yaml:1:37: sites.south.kind: 'depo' is not one of") for line in lines)


@pytest.mark.parametrize("value", ["3", "[3]", "['']", "{a: b}"])
def test_include_wants_names_of_files(value: str, told: Told) -> None:
    (line,) = told(MAIN.replace("[sites/*.yaml]", value))
    assert "the name of a file is wanted, or a pattern such as sites/*.yaml" in line


PLAN = """\
maintenance:
  patching: {subjects: [sw-n], begins: "2026-12-05 22:00", lasts: 4h, owner: x, reason: y}
"""


def test_maintenance_may_be_kept_in_a_file_of_its_own(tmp_path: Path, told: Told) -> None:
    main = MAIN.replace("[sites/*.yaml]", "[sites/*.yaml, plans.yaml]")
    assert told(main, sites__north_yaml=NORTH, plans_yaml=PLAN) == []
    planned = read(tmp_path / "inventory.yaml").estate.maintenance["patching"]
    assert planned.subjects == ["device:sw-n"]
    assert told(main, sites__north_yaml=NORTH + PLAN, plans_yaml=PLAN) == [
        "plans.yaml:2:3: maintenance.patching: 'patching' is already taken at sites/north.yaml:5 (one name, one place)"
    ]
    assert told(main, sites__north_yaml=NORTH, plans_yaml=PLAN.replace("sw-n", "sw-m")) == [
        "plans.yaml:2:25: maintenance.patching.subjects[0]: there is no device or link or site or service 'sw-m' "
        "(did you mean 'sw-n'?)"
    ]
