"""`hartwatch try`, `record`, `lint` and `coverage`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agent.cli import application

RECORDING = Path(__file__).resolve().parents[1] / "recordings" / "generic" / "no-family.snmprec"


def typed(*words: str) -> Result:
    return CliRunner().invoke(application("look"), list(words))


def test_try_prints_one_json_object_for_each_address() -> None:
    done = typed("try", "--format", "jsonl", str(RECORDING), str(RECORDING))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [(r["address"], r["reached"], r["identity"]["model"]) for r in rows] == [
        (str(RECORDING), True, "WX-200")
    ] * 2
    assert rows[0]["interfaces"][1]["oper"] == "lowerLayerDown"
    assert rows[0]["sensors"][0]["oid"] == "1.3.6.1.2.1.99.1.1.1.4.10"


def test_try_shows_a_device_as_tables_and_says_where_no_family_knows_it() -> None:
    done = typed("try", str(RECORDING))
    assert "no profile: read by the standard MIBs" in done.stdout
    assert "18,446,744,073,709,551,615" in done.stdout


def test_try_cleans_what_a_device_says_before_it_reaches_the_terminal(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.snmprec"
    hostile.write_text("1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999\n1.3.6.1.2.1.1.5.0|4x|1b5b324a5b7265645d\n")
    done = typed("try", str(hostile))
    assert "\x1b" not in done.stdout
    assert "[2J[red]" in done.stdout


def test_try_quotes_what_a_device_says_in_place_of_a_serial_number_and_marks_it(tmp_path: Path) -> None:
    entity = "1.3.6.1.2.1.47.1.1.1.1"
    lines = ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.318.1.3.27", "1.3.6.1.4.1.318.1.1.1.1.2.3.0|4|FFFFFFFFFFFF"]
    lines += [f"{entity}.5.{row}|2|{kind}" for row, kind in ((2, 7), (3, 9))]
    lines += [f"{entity}.11.{row}|4|{serial}" for row, serial in ((2, "N/A"), (3, ""))]
    lines += [f"{entity}.13.2|4|FAN-7", f"{entity}.13.3|4|LC-8"]
    said = tmp_path / "placeholders.snmprec"
    said.write_text("\n".join(lines) + "\n")
    row = json.loads(typed("try", "--format", "jsonl", str(said)).stdout)
    parts = {(p["model"], p["serial"]): p.get("serial_is_placeholder") for p in row["parts"]}
    assert parts["FAN-7", "N/A"] is True
    assert parts["LC-8", None] is None
    assert (row["identity"]["serial"], row["identity"]["serial_is_placeholder"]) == ("FFFFFFFFFFFF", True)
    assert "(N/A)" in typed("try", str(said)).stdout


def test_try_has_status_one_where_a_device_was_not_reached() -> None:
    done = typed("try", "--format", "json", "--timeout", "0.1", "--retries", "0", "--port", "9", "127.0.0.254")
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["failures"][0]["stage"] == "snmp"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("try", "127.0.0.1", "--profile", "nope"), "--profile nope: there is no such profile"),
        (("try", "127.0.0.1", "--snmp", "3"), "--snmp 3 needs --user"),
        (("try", "127.0.0.1", "--snmp", "3", "--user", "u", "--auth", "SHA-1"), "--auth SHA-1: there are MD5, SHA,"),
        (("try", "127.0.0.1", "--snmp", "3", "--user", "u", "--priv", "DES"), "--priv needs --auth"),
        (("try", "127.0.0.1", "--snmp", "3", "--user", "u", "--auth", "SHA"), "as HARTWATCH_AUTH"),
        (("lint", "/no/such/folder"), "/no/such/folder: there is no such folder"),
        (("coverage", "/no/such/folder"), "/no/such/folder: there is no such folder"),
    ],
)
def test_wrong_words_are_answered_in_one_line_with_status_two(
    words: tuple[str, ...], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARTWATCH_AUTH", raising=False)
    done = typed(*words)
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_lint_names_every_mistake_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("profile: mine\ntitle: t\nscalar: 1\n")
    done = typed("lint", str(tmp_path))
    assert done.exit_code == 1
    assert "mine.yaml:3: scalar: unknown key (did you mean 'scalars'?)" in done.stderr
    assert typed("lint").exit_code == 0


def test_coverage_counts_what_recordings_answered() -> None:
    done = typed("coverage", str(RECORDING.parent), "--format", "json")
    rows = {row["family"]: row for row in json.loads(done.stdout)}
    assert rows["generic"]["recordings"] == 2
    assert 20 < rows["generic"]["answered"] <= rows["generic"]["asked"]
    assert "1.3.6.1.4.1.2021.11.11.0" in rows["generic"]["never"]
    assert rows["apc_ups"]["recordings"] == 0


def test_a_recording_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.snmprec"
    broken.write_text("rubbish\n")
    done = typed("try", str(broken))
    assert done.exit_code == 2
    assert "broken.snmprec:1: not OID|TAG|VALUE" in done.stderr
    gone = typed("try", str(tmp_path / "gone.snmprec"))
    assert (gone.exit_code, "gone.snmprec" in gone.stderr) == (2, True)
