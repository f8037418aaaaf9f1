"""`hartwatch config`: all that a start needs is looked at, nothing is made, and each setting says where it is from."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from pathlib import Path

import jsonschema
import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from agent import config
from agent.cli import configure
from agent.config import Settings, schema_text
from agent.ledger import Ledger, LedgerUnusable
from agent.ledger.state import ledger_state
from agent.ledger.store import schemas

SECRET = "Tr0ub4dor&3"


@pytest.fixture
def place(tmp_path: Path, sound: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an inventory and settings that a start would take, on a port that is free."""
    for name in list(os.environ):
        if name.startswith(config.PREFIX) or name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
            monkeypatch.delenv(name)
    for name in ("AUTH", "PRIV", "SHELL_PASSWORD"):
        monkeypatch.setenv(name, SECRET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "FILES", (Path("hartwatch.yaml"),))
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    Path("inventory.yaml").write_text(sound)
    Path("hartwatch.yaml").write_text(
        f"state_directory: state\nlisten_port: {port}\nself_check_addresses: [192.0.2.1]\n"
    )
    return tmp_path


def run(*words: str) -> Result:
    app = typer.Typer()
    configure.register(app)
    return CliRunner().invoke(app, ["config", *words])


def lines(result: Result) -> dict[str, list[str]]:
    """What was said, by what it is about."""
    found: dict[str, list[str]] = {}
    for line in result.stdout.splitlines():
        level, about, text = line.split(None, 2)
        found.setdefault(about, []).append(f"{level} {text}")
    return found


def test_a_sound_place_is_ready_and_is_left_as_it_was(place: Path) -> None:
    before = sorted(place.rglob("*"))
    result = run("check")
    assert result.exit_code == 0, result.stdout
    said = lines(result)
    assert said["settings"] == ["ok 3 from hartwatch.yaml, the others as they come"]
    assert said["inventory"] == ["ok inventory.yaml: 1 device"]
    assert said["secrets"] == ["ok 3 references followed"]
    assert said["state"] == ["ok state will be made"]
    assert said["ledger"][0].endswith("state/ledger.sqlite3 will be made")
    assert said["ssh"] == ["warning no host key is pinned for sw-wf-1: see `hartwatch ssh trust`"]
    assert sorted(place.rglob("*")) == before


def test_every_step_is_looked_at_though_others_fail(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUTH")
    with Path("hartwatch.yaml").open("a") as settings:
        settings.write("listen_address: 0.0.0.0\nfamilies: [mine]\n")
    Path("mine").mkdir()
    Path("mine/odd.yaml").write_text("profile: odd\nclas: switch\n")
    Path("state").write_text("no folder")
    named = Path("inventory.yaml").read_text().replace("class: switch", "class: switch, profile: cisco_ios")
    Path("inventory.yaml").write_text(named)  # only an inventory that names a family needs to know them
    result = run("check")
    assert result.exit_code == 2
    said = lines(result)
    assert any("mine/odd.yaml" in line and line.startswith("error") for line in said["families"])
    assert said["inventory"] == ["error inventory.yaml is not looked at while the families are invalid"]
    assert said["web"][0].startswith("error will not listen on 0.0.0.0 without TLS and users")
    assert said["state"][0].startswith("error state cannot be written")
    Path("mine/odd.yaml").unlink()
    said = lines(run("check"))
    assert said["secrets"] == [
        "error credentials.v3.auth_secret: env:AUTH: the environment has no AUTH; set it for the service",
        "ok 2 references followed",
    ]


def test_the_users_file_is_read_too(place: Path) -> None:
    with Path("hartwatch.yaml").open("a") as settings:
        settings.write("users_file: users.yaml\n")
    Path("users.yaml").write_text("users:\n  jo: {role: editor}\n")
    assert lines(run("check"))["users"] == ["ok users.yaml: 1 user, 0 tokens"]
    Path("users.yaml").write_text("users:\n  jo: {role: editer}\n")
    result = run("check")
    assert result.exit_code == 2
    (line,) = lines(result)["users"]
    assert line.startswith("error users.yaml:2:")
    assert "role" in line


def test_mistakes_in_the_settings_are_told_with_their_place_and_nothing_else(place: Path) -> None:
    Path("hartwatch.yaml").write_text("listen_prt: 80\n")
    result = run("check")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "hartwatch: hartwatch.yaml:1:1: listen_prt: unknown key (did you mean 'listen_port'?)\n"


def test_an_invalid_inventory_is_told_line_by_line(place: Path) -> None:
    Path("inventory.yaml").write_text(Path("inventory.yaml").read_text().replace("class: switch", "class: swich"))
    said = lines(run("check"))
    assert len(said["inventory"]) == 1
    assert "did you mean 'switch'?" in said["inventory"][0]


def test_a_port_that_is_taken_is_a_warning_because_the_agent_itself_may_have_it(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        Path("hartwatch.yaml").write_text(f"state_directory: state\nlisten_port: {held.getsockname()[1]}\n")
        result = run("check")
    assert result.exit_code == 0
    assert lines(result)["web"][0].endswith("is taken, by the agent itself if it is running")
    assert lines(result)["self-check"][0].startswith("warning no self_check_addresses are set")


def test_the_ledger_is_looked_at_and_neither_made_nor_migrated(place: Path) -> None:
    Path("state").mkdir()
    file = Path("state/ledger.sqlite3")
    opened = Ledger.open(str(file), "agent-1")
    assert ledger_state(file).schema == schemas()[-1], "also beside an agent that has it open"
    opened.close()
    assert "schema" in lines(run("check"))["ledger"][0]
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    before = sorted(path.name for path in Path("state").iterdir())
    (said,) = lines(run("check"))["ledger"]
    assert said.startswith("warning")
    assert f"has schema 0001; a start brings it forward to {schemas()[-1]}" in said
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    result = run("check")
    assert result.exit_code == 2
    assert "was written by a newer hartwatch (schema 9999" in lines(result)["ledger"][0]
    assert sorted(path.name for path in Path("state").iterdir()) == before
    file.write_text("this is no ledger, and long enough not to be taken for an empty file " * 20)
    with pytest.raises(LedgerUnusable, match="it is not a ledger"):
        ledger_state(file)


def test_programs_get_the_same_as_json(place: Path) -> None:
    result = run("check", "--json")
    found = json.loads(result.stdout)
    assert {"about": "inventory", "level": "ok", "text": "inventory.yaml: 1 device"} in found


def test_each_setting_says_where_it_is_from(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARTWATCH_PULSE_INTERVAL", "30s")
    monkeypatch.setenv("HARTWATCH_LEDGER", f"postgresql://watcher:{SECRET}@db.example/hartwatch")
    result = run("show", "--state", "elsewhere", "--format", "json")
    rows = {row["setting"]: (row["value"], row["from"]) for row in json.loads(result.stdout)}
    assert list(rows) == list(Settings.model_fields)
    assert rows["state_directory"] == ("elsewhere", "--state")
    assert rows["pulse_interval"] == ("30s", "HARTWATCH_PULSE_INTERVAL")
    assert rows["self_check_addresses"] == ("192.0.2.1", "hartwatch.yaml:3")
    assert rows["log_level"] == ("info", "default")
    assert rows["ledger"] == ("postgresql://watcher:***@db.example/hartwatch", "HARTWATCH_LEDGER")
    assert SECRET not in result.output


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("listen_port: 9641\npulse_interval: 30s\nself_check_addresses: [192.0.2.1]\nlog_level: debug\n", True),
        ("listen_prt: 9641\n", False),
        ("pulse_interval: fast\n", False),
        ("log_level: loud\n", False),
        ("listen_port: 70000\n", False),
    ],
)
def test_the_schema_takes_what_the_agent_takes_and_refuses_what_it_refuses(text: str, fits: bool) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert validator.is_valid(yaml.safe_load(text)) is fits


def test_what_a_reload_takes_on_are_settings_that_there_are() -> None:
    assert set(Settings.model_fields) >= Settings.RELOADED
