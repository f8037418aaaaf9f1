"""`hartwatch inventory`: data on standard output, problems on standard error, status 2 where it cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agent.cli import estate

SECRET = "Tr0ub4dor&3"


@pytest.fixture
def inventory_file(tmp_path: Path, sound: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHELL_PASSWORD", SECRET)
    path = Path("inventory.yaml")
    path.write_text(sound)
    return path


def run(*words: str) -> Result:
    app = typer.Typer()
    estate.register(app)
    return CliRunner().invoke(app, ["inventory", *words])


def test_a_sound_inventory_is_counted(inventory_file: Path) -> None:
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "inventory.yaml: 1 device, 1 site, 1 link, 0 services\n"


def test_each_problem_is_one_line_on_standard_error(inventory_file: Path) -> None:
    inventory_file.write_text(inventory_file.read_text().replace("class: switch", "class: swich, retries: many"))
    result = run("check", "inventory.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("inventory.yaml:16:") for line in lines)


def test_a_file_that_cannot_be_read_is_one_line(inventory_file: Path) -> None:
    result = run("check", "gone.yaml")
    assert result.exit_code == 2
    assert result.stderr == "gone.yaml: cannot read the inventory: No such file or directory\n"


def test_warnings_are_printed_and_do_not_stop(inventory_file: Path) -> None:
    text = inventory_file.read_text().replace(
        "{kind: snmp_v3, user: u, auth: SHA-256, auth_secret: env:AUTH, priv: AES-256, priv_secret: env:PRIV}",
        "{kind: snmp_v2c, community: env:C}",
    )
    inventory_file.write_text(text)
    result = run("check")
    assert result.exit_code == 0
    assert result.stderr.startswith("inventory.yaml:8:14: credentials.v3.kind: snmp_v2c sends its community string")
    assert result.stderr.endswith("[warning]\n")
    assert result.stdout.endswith("; 1 warning\n")


def test_a_device_family_that_nobody_has_is_told_with_its_line(inventory_file: Path) -> None:
    inventory_file.write_text(inventory_file.read_text().replace("class: switch,", "class: switch, profile: fortgate,"))
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr == (
        "inventory.yaml:16:65: devices[0].profile: there is no device family 'fortgate' (did you mean 'fortigate'?)\n"
    )
    inventory_file.write_text(inventory_file.read_text().replace("fortgate", "fortigate"))
    assert run("check").exit_code == 0


def test_settings_that_cannot_be_used_are_one_line(inventory_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARTWATCH_LISTEN_PORT", "many")
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr == "HARTWATCH_LISTEN_PORT: a whole number is wanted, not the text 'many'\n"


def test_the_schema_is_json_that_knows_every_section(inventory_file: Path) -> None:
    schema = json.loads(run("schema").stdout)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) >= {"councils", "sites", "devices", "include", "services"}
    assert schema["properties"]["devices"]["type"] == "array"


def test_a_difference_is_listed_and_counted(inventory_file: Path) -> None:
    text = inventory_file.read_text()
    Path("new.yaml").write_text(
        text.replace("class: switch,", "class: switch, port: 1161,").replace("supplier: Virgin Media", "supplier: BT")
        + "  - {name: sw-wf-2, address: 192.0.2.2, class: switch, site: wallfields}\n"
    )
    result = run("diff", "inventory.yaml", "new.yaml")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "+ sw-wf-2",
        "~ sw-wf-1: port",
        "~ links.wallfields-a changed: supplier",
        "1 added, 0 removed, 1 changed, 0 unchanged devices, 1 other entries changed",
    ]
    assert run("diff", "new.yaml", "inventory.yaml").stdout.splitlines()[0] == "- sw-wf-2"
    data = json.loads(run("diff", "inventory.yaml", "new.yaml", "--json").stdout)
    assert (data["added"], data["changed"]) == (["sw-wf-2"], {"sw-wf-1": ["port"]})


def test_a_device_is_shown_with_the_origin_of_each_setting(inventory_file: Path) -> None:
    lines = {line.split()[0]: line.split()[1:] for line in run("show", "sw-wf-1").stdout.splitlines()}
    assert lines["snmp"] == ["v3", "defaults"]
    assert lines["ssh"] == ["shell", "device"]
    assert lines["port"] == ["161", "built", "in"]
    assert lines["every.pulse"] == ["1m", "settings"]
    assert lines["site"] == ["wallfields", "(Wallfields)"]
    facts = json.loads(run("show", "sw-wf-1", "--json", "-i", "inventory.yaml").stdout)
    assert facts["settings"]["zone"] == {"value": "general", "from": "defaults"}


def test_no_secret_is_shown_even_when_it_can_be_had(inventory_file: Path) -> None:
    for words in (("show", "sw-wf-1"), ("show", "sw-wf-1", "--json"), ("check",)):
        result = run(*words)
        assert result.exit_code == 0
        assert SECRET not in result.output


def test_an_unknown_device_is_one_line_with_the_nearest_name(inventory_file: Path) -> None:
    result = run("show", "sw-wf-2")
    assert result.exit_code == 2
    assert result.stderr == "inventory.yaml: there is no device 'sw-wf-2' (did you mean 'sw-wf-1'?)\n"


def test_the_reference_page_is_printed(inventory_file: Path) -> None:
    assert run("reference").stdout.startswith("# Inventory\n")
