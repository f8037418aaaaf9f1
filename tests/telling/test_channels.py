"""`channels:` in the settings, `hartwatch channels`, and an agent that tells over them."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from agent import config
from agent.channel_settings import ChannelSettings
from agent.channels import ChannelsInvalid, Telling
from agent.cli import channels as command
from agent.cli import configure
from agent.config import SettingsInvalid, load_settings, schema_text, shown
from agent.credentials import Secrets
from agent.estates import Estates
from agent.facts import Facts, Message
from agent.ledger import Ledger
from agent.maintenance import Plan
from tests.telling.conftest import Server, Sink

SECRET = "s3cretpassw0rd"
PAGER = "channels:\n  pager: {kind: alertmanager, urls: %s}\n"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(config.PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOOK", f"json://jo:{SECRET}@127.0.0.1:1/hook")
    monkeypatch.setattr(config, "FILES", (Path("hartwatch.yaml"),))
    monkeypatch.chdir(tmp_path)


def write(settings: str, inventory: str = "councils: {SBC: {title: Stevenage, share: 1}}\n") -> None:
    Path("inventory.yaml").write_text(inventory)
    Path("hartwatch.yaml").write_text(settings)


def lines(text: str) -> list[str]:
    Path("hartwatch.yaml").write_text(text)
    with pytest.raises(SettingsInvalid) as problem:
        load_settings()
    assert SECRET not in f"{problem.value} {problem.value!r}"
    return str(problem.value).splitlines()


# ---------------------------------------------------------------- settings
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'a: {{kind: apprise, urls: "mailtos://u:{SECRET}@x"}}', r"channels.a.urls: an address with a password"),
        (f"a: {{kind: alertmanager, urls: 'http://u:{SECRET}@x'}}", r"channels.a.urls: an address with a pass"),
        ("a: {kind: alertmanager, urls: am-1}", r"channels.a.urls: this is no address of an Alertmanager"),
        ("a: {kind: mail, urls: env:X}", r"channels.a.kind: 'mail' is not one of alertmanager, apprise, webhook"),
        ("a: {kind: webhook, url: env:X}", r"channels.a.url: unknown key \(did you mean 'urls'\?\)"),
        ("a: {kind: webhook}", r"channels.a.urls: this key is required and missing"),
        ("a: {kind: webhook, urls: env:X, holds: 5m}", r"channels.a: holds is for channels of kind alertmanager"),
        ("a: {kind: alertmanager, urls: env:X, holds: 1s}", r"channels.a.holds: from 4s to 1d is wanted"),
        (f"a: {{kind: webhook, urls: {{x: {SECRET}}}}}", r"channels.a.urls: an address or a list of addresses"),
        ("a: {kind: webhook, urls: env:X, topics: [outages]}", r"channels.a.topics\[0\]: 'outages' is not one of"),
        (f"a: mailto://{SECRET}", r"channels: channel 'a' wants keys of its own"),
        ("log: {kind: webhook, urls: env:X}", r"channels: 'log' is the log"),
        ('"a b": {kind: webhook, urls: env:X}', r"channels.a b: 'a b' does not do as a name"),
    ],
)  # fmt: skip
def test_a_channel_that_cannot_be_is_told_by_line_and_key_and_never_by_its_secret(text: str, line: str) -> None:
    found = lines(f"channels:\n  {text}\n")
    assert any(re.match(rf"hartwatch\.yaml:2:\d+: {line}", one) for one in found), found


def test_what_the_environment_says_of_channels_is_json_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARTWATCH_CHANNELS", '{"a": {"kind": "webhook", "urls": "env:X"}}')
    assert load_settings().channels == {"a": ChannelSettings(kind="webhook", urls=("env:X",))}
    monkeypatch.setenv("HARTWATCH_CHANNELS", f'{{"a": {SECRET}')
    with pytest.raises(SettingsInvalid, match="HARTWATCH_CHANNELS: JSON is wanted") as problem:
        load_settings()
    assert SECRET not in str(problem.value)


def test_the_schema_and_what_is_shown_know_channels() -> None:
    Path("hartwatch.yaml").write_text(PAGER % "[http://am-1.example:9093, cred:am-2]")
    assert shown(load_settings(), "channels") == "pager (alertmanager)"
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert validator.is_valid(yaml.safe_load(PAGER % "env:X"))
    assert not validator.is_valid(yaml.safe_load(PAGER % "{}"))
    assert not validator.is_valid(yaml.safe_load("channels: {a: {kind: mail, urls: env:X}}"))


# ---------------------------------------------------------------- the commands
def run(*words: str) -> Result:
    app = typer.Typer()
    command.register(app)
    configure.register(app)
    result = CliRunner().invoke(app, words)
    assert SECRET not in result.output
    return result


def test_the_list_names_addresses_by_reference() -> None:
    Path("hartwatch.yaml").write_text("channels:\n  chat: {kind: apprise, urls: env:HOOK, topics: [fix-clock]}\n")
    rows = json.loads(run("channels", "--format", "json").stdout)
    assert [(row["channel"], row["addresses"], row["topics"]) for row in rows] == [
        ("log", "", "all"), ("chat", "env:HOOK", "fix-clock"),
    ]  # fmt: skip


async def test_a_test_message_says_what_became_of_it(
    alertmanager: Server, sink: Sink, monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]
) -> None:
    monkeypatch.setenv("HOOK", f"json://jo:{SECRET}@127.0.0.1:{sink.port}/hook")
    away = f"http://127.0.0.1:{free_port()}"
    write((PAGER % f"[{alertmanager.url}, {away}]") + "  chat: {kind: apprise, urls: env:HOOK}\n")
    result = await asyncio.to_thread(run, "channels", "test", "pager")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"pager: {alertmanager.url[7:]}: taken",
        f"pager: {away[7:]}: not told: no answer from {away[7:]}: ConnectError",
    ]
    assert [alert["labels"]["alertname"] for alert in alertmanager.alerts()] == ["HartwatchTest"]
    chat = await asyncio.to_thread(run, "channels", "test", "chat")
    assert (chat.exit_code, chat.stdout) == (0, "chat: apprise: taken\n")
    assert any(body.get("title") == "Hartwatch can tell you" for body in sink.bodies)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chta", "there is no channel 'chta', did you mean 'chat'?"),
        ("gone", "channels.gone.urls: env:NOT_SET: the environment has no NOT_SET"),
        ("strange", "channels.strange.urls: address 1 is none that Apprise knows"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_channel_that_cannot_be_made_is_one_line(name: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRANGE", SECRET)
    Path("hartwatch.yaml").write_text(
        "channels:\n  chat: {kind: apprise, urls: env:HOOK}\n  gone: {kind: webhook, urls: env:NOT_SET}\n"
        "  strange: {kind: apprise, urls: env:STRANGE}\n"
    )
    result = run("channels", "test", name)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_check_before_a_start_makes_the_channels() -> None:
    Path("inventory.yaml").write_text("councils: {SBC: {title: Stevenage, share: 1}}\n")
    Path("hartwatch.yaml").write_text(
        "channels:\n  chat: {kind: apprise, urls: env:HOOK}\n  gone: {kind: webhook, urls: env:NOT_SET}\n"
        "  other: {kind: webhook, urls: env:HOOK, councils: [EHDC]}\nstate_directory: state\n"
    )
    said = [line.split(None, 2) for line in run("config", "check").stdout.splitlines()]
    assert [(level, text.partition(": ")[0]) for level, about, text in said if about == "channels"] == [
        ("ok", "chat"), ("error", "channels.gone.urls"), ("error", "channels.other.councils"),
    ]  # fmt: skip


# ---------------------------------------------------------------- made for an agent
def test_an_agent_has_the_log_and_the_channels_and_each_hears_what_it_takes(
    tmp_path: Path, opened: Callable[..., Ledger]
) -> None:
    Path("inventory.yaml").write_text("councils: {SBC: {title: Stevenage, share: 1}}\n")
    Path("hartwatch.yaml").write_text(
        (PAGER % "http://127.0.0.1:9") + "  hook: {kind: webhook, urls: env:HOOK, least: critical}\n"
    )
    settings, estates = load_settings(), Estates()
    estates.take(settings, *estates.read(settings))
    ledger = opened(tmp_path / "ledger.db")
    telling = Telling.of(settings, Secrets(), ledger, estates, lambda: Plan.of(()), "http://agent.example:9640")
    assert list(telling.channels) == ["log", "pager", "hook"]
    assert list(telling.refreshed) == ["pager"]
    warning = Message("", "device:a", "warning", "t", "x", datetime.now(UTC))
    assert {name: takes(warning) for name, takes in telling.takes.items()} == {"pager": True, "hook": False}
    assert SECRET not in repr(telling)
    Path("hartwatch.yaml").write_text("channels:\n  hook: {kind: webhook, urls: env:HOOK, councils: [EHDC]}\n")
    with pytest.raises(ChannelsInvalid, match=r"channels\.hook\.councils: the inventory has no council 'EHDC'"):
        Telling.of(load_settings(), Secrets(), ledger, estates, lambda: Plan.of(()), "")


async def test_an_outage_from_before_the_channel_was_there_is_an_alert_all_the_same(
    tmp_path: Path, opened: Callable[..., Ledger], alertmanager: Server
) -> None:
    write(PAGER % alertmanager.url)
    settings, estates = load_settings(), Estates()
    estates.take(settings, *estates.read(settings))
    ledger = opened(tmp_path / "ledger.db")
    began = datetime.now(UTC) - timedelta(days=2)
    ledger.record(Facts(messages=(Message("log", "device:a", "critical", "a is down", "x", began),))).result(20)
    telling = Telling.of(settings, Secrets(), ledger, estates, lambda: Plan.of(()), "")
    await telling.refresh()
    assert [alert["labels"]["subject"] for alert in alertmanager.alerts()] == ["device:a"]
