"""One archive with everything, and back: what is in it, what is not, and what is refused."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agent.backup import CannotRestore, back_up, restore
from agent.cli import backup as commands
from agent.cli import ledger as ledger_commands
from agent.config import Settings
from agent.facts import Facts, Note
from agent.ledger import Ledger
from tests.ledgers import opened, place, postgres
from tests.readers.commands import fill

__all__ = ["opened", "place", "postgres"]

NOW = datetime(2026, 11, 28, 21, 30, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory as an agent leaves it, beside an inventory of two files."""
    folder = tmp_path / "state"
    folder.mkdir()
    fill(folder)
    config = tmp_path / "etc"
    (config / "sites").mkdir(parents=True)
    text = (folder / "inventory.yaml").read_text()
    (folder / "inventory.yaml").unlink()
    devices = text[text.index("devices:") :]
    (config / "inventory.yaml").write_text("include: [sites/wallfields.yaml]\n" + text.replace(devices, ""))
    (config / "sites" / "wallfields.yaml").write_text(devices)
    (config / "hartwatch.yaml").write_text(f"inventory: {config}/inventory.yaml\nlisten_port: 9641\n")
    (folder / "ssh_known_hosts").write_text("192.0.2.1 ssh-ed25519 AAAA\n")
    (folder / "notices").mkdir()
    (folder / "notices" / "aruba.yaml").write_text("vendor: Aruba\n")
    (folder / "papers").mkdir()
    (folder / "papers" / "2026-Q1.html").write_text("<p>")
    (folder / "ledger.sqlite3.before-0003").write_text("a copy from the last upgrade")
    return folder


def command(*words: str | Path) -> Result:
    app = typer.Typer()
    commands.register(app)
    ledger_commands.register(app)
    return CliRunner().invoke(app, [str(word) for word in words])


def backed_up(state: Path, to: Path) -> Path:
    result = command("backup", to, "--state", state, "--settings", state.parent / "etc" / "hartwatch.yaml")
    assert result.exit_code == 0, result.output
    return Path(result.stdout.strip().splitlines()[-1])


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def reasons(state: Path) -> list[str]:
    ledger = Ledger.open(state / "ledger.sqlite3", "reader", watch=False)
    try:
        return [flip.reason for flip in ledger.flips()]
    finally:
        ledger.close()


def test_what_is_backed_up_is_what_is_restored(state: Path, tmp_path: Path) -> None:
    file = backed_up(state, tmp_path)
    assert file.name.startswith("hartwatch-")
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [
            "config/hartwatch.yaml", "config/inventory.yaml", "config/sites/wallfields.yaml", "manifest.json",
            "state/ledger.sqlite3", "state/notices/aruba.yaml", "state/papers/2026-Q1.html", "state/ssh_known_hosts",
        ]  # fmt: skip
    result = command("restore", file, "--state", tmp_path / "new", "--config", tmp_path / "new-etc")
    assert result.exit_code == 0, result.output
    assert "7 files of" in result.stdout
    assert reasons(tmp_path / "new") == reasons(state)
    assert files(tmp_path / "new-etc") == files(tmp_path / "etc")
    for name in ("ssh_known_hosts", "notices/aruba.yaml", "papers/2026-Q1.html"):
        assert (tmp_path / "new" / name).read_bytes() == (state / name).read_bytes()
        assert (tmp_path / "new" / name).stat().st_mode & 0o777 == 0o600
    verified = command("ledger", "verify", "--state", tmp_path / "new")
    assert verified.exit_code == 0, verified.output
    assert not list((tmp_path / "new").glob(".hartwatch-*"))


def test_a_backup_is_made_while_the_agent_runs_and_not_restored_under_it(state: Path, tmp_path: Path) -> None:
    running = Ledger.open(state / "ledger.sqlite3", "agent-1")
    try:
        file = backed_up(state, tmp_path)
        before = {name: text for name, text in files(state).items() if not name.endswith("-shm")}
        result = command("restore", file, "--state", state, "--replace")
        assert result.exit_code == 1
        assert "another agent is watching" in result.stderr
        assert "nothing is restored under a running agent" in result.stderr
        assert {name: text for name, text in files(state).items() if not name.endswith("-shm")} == before
    finally:
        running.close()


def test_what_is_there_is_kept_unless_told_and_then_moved_aside(state: Path, tmp_path: Path) -> None:
    file = backed_up(state, tmp_path)
    (state / "ssh_known_hosts").write_text("written since\n")
    refused = command("restore", file, "--state", state)
    assert refused.exit_code == 1
    assert "is not empty" in refused.stderr
    assert "--replace" in refused.stderr
    assert (state / "ssh_known_hosts").read_text() == "written since\n"
    replaced = command("restore", file, "--state", state, "--replace")
    assert replaced.exit_code == 0, replaced.output
    (aside,) = state.glob("before-restore-*")
    assert str(aside) in replaced.stdout
    assert (aside / "ssh_known_hosts").read_text() == "written since\n"
    assert reasons(aside) == reasons(state)
    assert (state / "ssh_known_hosts").read_text() == "192.0.2.1 ssh-ed25519 AAAA\n"
    again = backed_up(state, tmp_path / "again.zip")
    with zipfile.ZipFile(again) as archive:
        assert not [name for name in archive.namelist() if "before-restore" in name], "what is aside is not kept on"


def test_a_backup_in_the_state_directory_is_not_in_the_next_one(state: Path, tmp_path: Path) -> None:
    first = backed_up(state, state)
    assert first.parent == state
    same = state / "backup.zip"
    same.write_text("one of yesterday, under the name that this one gets")
    for to in (tmp_path / "next.zip", same):
        with zipfile.ZipFile(backed_up(state, to)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".zip")]
        assert names == ([] if to == same else ["state/backup.zip"])


def test_configuration_that_is_there_is_kept_unless_told(state: Path, tmp_path: Path) -> None:
    file = backed_up(state, tmp_path)
    etc = tmp_path / "etc"
    (etc / "inventory.yaml").write_text("mine\n")
    refused = command("restore", file, "--state", tmp_path / "new", "--config", etc)
    assert refused.exit_code == 1
    assert "etc is not empty (inventory.yaml)" in refused.stderr
    assert (etc / "inventory.yaml").read_text() == "mine\n"
    assert not (tmp_path / "new" / "ledger.sqlite3").exists()
    assert command("restore", file, "--state", tmp_path / "new", "--config", etc, "--replace").exit_code == 0
    assert (next(etc.glob("before-restore-*")) / "inventory.yaml").read_text() == "mine\n"


def test_no_secret_from_outside_of_the_state_directory_is_backed_up(state: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_text("a-secret-of-others")
    (state / "link").symlink_to(outside)
    (state / "folder").symlink_to(tmp_path)
    settings = tmp_path / "etc" / "hartwatch.yaml"
    settings.write_text(
        f"inventory: {tmp_path}/etc/inventory.yaml\nledger: postgresql+psycopg://hw:a-secret-pass@db/hartwatch\n"
    )
    found = Settings(inventory=tmp_path / "etc" / "inventory.yaml", state_directory=state,
                     ledger="postgresql+psycopg://hw:a-secret-pass@db/hartwatch")  # fmt: skip
    ledger = Ledger.open(state / "ledger.sqlite3", "command", watch=False)
    try:
        made = back_up(found, ledger, tmp_path / "out.zip", settings, NOW)
    finally:
        ledger.close()
    with zipfile.ZipFile(made.path) as archive:
        for name in archive.namelist():
            assert b"a-secret" not in archive.read(name), name
    said = "\n".join(made.left_out)
    for path in (state / "link", state / "folder", settings):
        assert str(path) in said


def test_an_inventory_that_is_not_valid_is_backed_up_all_the_same(state: Path, tmp_path: Path) -> None:
    (tmp_path / "etc" / "inventory.yaml").write_text("devices: [")
    result = command("backup", tmp_path, "--state", state, "-i", tmp_path / "etc" / "inventory.yaml")
    assert result.exit_code == 0
    assert "it is not valid" in result.stderr
    with zipfile.ZipFile(result.stdout.strip()) as archive:
        assert archive.read("config/inventory.yaml") == b"devices: ["


def test_where_nothing_can_be_written_nothing_is_left(state: Path, tmp_path: Path) -> None:
    result = command("backup", tmp_path / "nowhere" / "x.zip", "--state", state)
    assert result.exit_code == 1
    assert "cannot write a backup to" in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["etc", "state"]


def test_a_ledger_in_postgresql_comes_back_into_an_empty_database_or_a_file(
    state: Path, tmp_path: Path, postgres: str, opened: object
) -> None:
    import psycopg

    def schema(name: str) -> str:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE".encode())
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{postgres}&options=-csearch_path%3D{name}"

    one, two = schema("backup_one"), schema("backup_two")
    ledger = Ledger.open(one, "agent-1")
    ledger.record(Facts(notes=(Note("device:sw-1", NOW, "jo", "note", "seen to"),))).result(10)
    try:
        settings = Settings(state_directory=state, inventory=tmp_path / "etc" / "inventory.yaml", ledger=one)
        file = back_up(settings, ledger, tmp_path / "pg.zip", None, NOW).path
        heads = ledger.heads()
    finally:
        ledger.close()
    with pytest.raises(CannotRestore, match="is not empty: empty the database"):
        restore(file, Settings(state_directory=tmp_path / "a", ledger=one), NOW)
    restore(file, Settings(state_directory=tmp_path / "b", ledger=two), NOW)
    restore(file, Settings(state_directory=tmp_path / "c"), NOW)
    for where in (two, tmp_path / "c" / "ledger.sqlite3"):
        again = Ledger.open(where, "reader", watch=False)
        try:
            assert {name: head for name, head in again.heads().items() if name in heads} == heads
            assert [note.text for note in again.notes()] == ["seen to"]
            assert again.verify().problems == ()
        finally:
            again.close()
    assert not (tmp_path / "c" / "ledger.jsonl").exists()
    sqlite = backed_up(state, tmp_path / "sqlite.zip")
    with pytest.raises(CannotRestore, match="holds a ledger in SQLite"):
        restore(sqlite, Settings(state_directory=tmp_path / "d", ledger=schema("backup_three")), NOW)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root restores for another user")
def test_what_root_restores_belongs_to_the_agent(state: Path, tmp_path: Path) -> None:
    file = backed_up(state, tmp_path)
    new = tmp_path / "new"
    new.mkdir()
    os.chown(new, 1234, 1235)
    assert command("restore", file, "--state", new, "--config", tmp_path / "conf").exit_code == 0
    owners = {(p.stat().st_uid, p.stat().st_gid) for p in new.rglob("*")}
    assert owners == {(1234, 1235)}
    inventory = (tmp_path / "conf" / "inventory.yaml").stat()
    assert (inventory.st_uid, inventory.st_gid, inventory.st_mode & 0o777) == (0, 1235, 0o640)
