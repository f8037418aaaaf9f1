"""Settings: flag before environment before file before default, and each error with the place it came from."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from agent import config
from agent.config import Settings, SettingsInvalid, load_settings
from collectors.readings import Cadence


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but those a test makes."""
    for name in list(os.environ):
        if name.startswith(config.PREFIX) or name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "FILES", (Path("hartwatch.yaml"),))


def lines_of(attempt: Callable[[], object]) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        attempt()
    return str(caught.value).splitlines()


def test_the_nearest_source_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().listen_port == 9640
    Path("hartwatch.yaml").write_text("listen_port: 1\nvisits_at_once: 5\n")
    assert load_settings().listen_port == 1
    monkeypatch.setenv("HARTWATCH_LISTEN_PORT", "2")
    assert load_settings().listen_port == 2
    assert load_settings({"listen_port": 3, "log_level": None}).listen_port == 3
    assert load_settings().visits_at_once == 5


def test_a_variable_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("hartwatch.yaml").write_text("listen_port: 1\n")
    monkeypatch.setenv("HARTWATCH_LISTEN_PORT", "")
    assert load_settings().listen_port == 1


def test_other_variables_of_ours_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARTWATCH_SNMP_AUTH", "a secret that the inventory names")
    assert load_settings().listen_port == 9640


def test_lists_have_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARTWATCH_SELF_CHECK_ADDRESSES", "192.0.2.1, 192.0.2.2:443")
    assert load_settings().self_check_addresses == ("192.0.2.1", "192.0.2.2:443")
    Path("hartwatch.yaml").write_text("families: [/etc/hartwatch/families]\n")
    assert load_settings().families == (Path("/etc/hartwatch/families"),)


def test_a_named_settings_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines_of(lambda: load_settings(file=Path("gone.yaml"))) == [
        "gone.yaml: cannot read the settings: No such file or directory"
    ]
    monkeypatch.setenv("HARTWATCH_SETTINGS", "away.yaml")
    assert lines_of(load_settings) == ["away.yaml: cannot read the settings: No such file or directory"]


def test_every_error_says_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("hartwatch.yaml").write_text(
        "listen_prt: 80\nlisten_port: abc\npulse_interval: 60\nlog_level: on\nself_check_addresses: [192.0.2.1, 3]\n"
        "listen_address: localhost\nledger: 010\n"
    )
    assert lines_of(load_settings) == [
        "hartwatch.yaml:7:9: ledger: YAML reads 010 as 8, in eights "
        '(put it in quotes: "010", or leave out the leading 0)'
    ]
    Path("hartwatch.yaml").write_text(Path("hartwatch.yaml").read_text().replace("ledger: 010\n", ""))
    monkeypatch.setenv("HARTWATCH_VISITS_AT_ONCE", "0")
    assert lines_of(lambda: load_settings({"log_format": "xml"})) == [
        "--log-format: 'xml' is not one of text, json",
        "HARTWATCH_VISITS_AT_ONCE: '0' is out of range: at least 1 is wanted",
        "hartwatch.yaml:1:1: listen_prt: unknown key (did you mean 'listen_port'?)",
        "hartwatch.yaml:2:14: listen_port: a whole number is wanted, not the text 'abc'",
        "hartwatch.yaml:3:17: pulse_interval: a duration is a whole number with a unit: 500ms, 60s, 5m, 6h, 7d; "
        "60 has no unit (write 60s for seconds)",
        'hartwatch.yaml:4:12: log_level: text is wanted, and YAML reads on as true (put it in quotes: "on")',
        "hartwatch.yaml:5:35: self_check_addresses[1]: text is wanted, and YAML reads 3 as the number 3 "
        '(put it in quotes: "3")',
        "hartwatch.yaml:6:17: listen_address: 'localhost' is not an IP address to listen on "
        "(127.0.0.1, or 0.0.0.0 for every interface)",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- a\n", "hartwatch.yaml:1:1: settings such as listen_port: 9640 are wanted, one a line"),
        ("a: [\n", "hartwatch.yaml:2:1: not YAML: no expected node content"),
    ],
)
def test_a_file_that_is_no_settings_file_is_one_line(text: str, line: str) -> None:
    Path("hartwatch.yaml").write_text(text)
    (told,) = lines_of(load_settings)
    assert told.startswith(line)


def test_a_file_with_everything_commented_out_sets_nothing() -> None:
    Path("hartwatch.yaml").write_text("# listen_port: 1\n")
    assert load_settings() == Settings()


def test_state_is_kept_where_the_service_manager_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/home/someone/state")
    assert load_settings().state_directory == Path("/home/someone/state/hartwatch")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/hartwatch:/var/lib/other")
    settings = load_settings()
    assert settings.state_directory == Path("/var/lib/hartwatch")
    assert settings.known_hosts == Path("/var/lib/hartwatch/ssh_known_hosts")
    assert settings.ledger_url == "sqlite:////var/lib/hartwatch/ledger.sqlite3"
    assert load_settings({"ledger": "postgresql+psycopg://db/x"}).ledger_url == "postgresql+psycopg://db/x"


def test_intervals_are_those_of_the_cadences() -> None:
    assert load_settings({"health_interval": "2m"}).intervals == {
        Cadence.PULSE: timedelta(seconds=60),
        Cadence.HEALTH: timedelta(minutes=2),
        Cadence.INVENTORY: timedelta(hours=6),
    }


def test_the_defaults_bind_to_loopback() -> None:
    assert load_settings().listen_address == "127.0.0.1"
