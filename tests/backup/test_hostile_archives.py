"""An archive may come from anywhere: nothing leaves the folder, grows without bound, or is half taken."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.backup import ArchiveInvalid, CannotRestore, back_up, examine, restore
from agent.config import Settings
from agent.ledger import Ledger, schemas
from tests.readers.commands import fill

NOW = datetime(2026, 11, 28, 21, 30, tzinfo=UTC)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir()
    fill(state)
    (state / "ssh_known_hosts").write_text("a key\n")
    ledger = Ledger.open(state / "ledger.sqlite3", "command", watch=False)
    try:
        settings = Settings(state_directory=state, inventory=state / "inventory.yaml")
        return back_up(settings, ledger, tmp_path / "good.zip", None, NOW).path
    finally:
        ledger.close()


class Forged:
    """An archive in pieces, to be put together wrongly."""

    def __init__(self, good: Path) -> None:
        with zipfile.ZipFile(good) as archive:
            self.entries = [(archive.getinfo(name), archive.read(name)) for name in archive.namelist()]
        self.manifest: dict[str, Any] = json.loads(self.entries[0][1])

    def add(self, name: str, text: bytes, *, listed: bool = True, mode: int = stat.S_IFREG | 0o600) -> None:
        entry = zipfile.ZipInfo(name)
        entry.filename = name  # ZipInfo would make some names harmless
        entry.external_attr = mode << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.entries.append((entry, text))
        if listed:
            digest = hashlib.sha256(text).hexdigest()
            self.manifest["files"].append({"name": name, "octets": len(text), "sha256": digest})

    def write(self, to: Path) -> Path:
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, text in self.entries:
                archive.writestr(entry, json.dumps(self.manifest) if entry.filename == "manifest.json" else text)
        return to


@pytest.fixture
def refused(tmp_path: Path, good: Path) -> Callable[[Forged | bytes, str], None]:
    """A function: this archive is refused in these words, and nothing is anywhere afterwards."""

    def check(forged: Forged | bytes, words: str) -> None:
        file = tmp_path / "forged.zip"
        if isinstance(forged, bytes):
            file.write_bytes(forged)
        else:
            forged.write(file)
        before = sorted(p for p in tmp_path.rglob("*"))
        new = tmp_path / "deep" / "down" / "new"
        with pytest.raises((ArchiveInvalid, CannotRestore), match=words) as problem:
            restore(file, Settings(state_directory=new), NOW, config=tmp_path / "conf")
        assert "\n" not in str(problem.value)
        left = [p for p in sorted(tmp_path.rglob("*")) if p not in before and p.is_file() and p.suffix != ".lock"]
        assert left == []

    return check


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "state/../../evil", "/etc/evil", "state/..", "state/a/../../../evil", "state//evil", "state/./evil",
        "state\\..\\evil", "C:/evil", "state/C:evil", "other/evil", "state", "state/", "state/" + "x" * 500,
        "state/a\nb", "config/\x1b[2J",
    ],
)  # fmt: skip
def test_a_name_that_leads_out_is_refused(
    name: str, good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    forged = Forged(good)
    forged.add(name, b"evil")
    refused(forged, "leads out of the folder|no plain file|not in its manifest|is in its manifest")


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o700, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_plain_file_is_refused(
    mode: int, good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    forged = Forged(good)
    forged.add("state/link", b"/etc/passwd", mode=mode)
    refused(forged, "is no plain file")


def test_a_file_that_is_larger_than_announced_is_not_written_out(
    good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    forged = Forged(good)
    forged.add("state/bomb", b"\0" * 50_000_000)
    forged.manifest["files"][-1]["octets"] = 1000
    refused(forged, "state/bomb is damaged")


def test_more_than_the_disk_holds_is_refused_before_anything_is_written(
    good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    forged = Forged(good)
    forged.add("state/huge", b"x")
    forged.manifest["files"][-1]["octets"] = 10**18
    refused(forged, "octets are wanted below")


def test_a_damaged_file_a_missing_one_and_one_too_many_are_refused(
    good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    changed = Forged(good)
    at = next(i for i, (entry, _) in enumerate(changed.entries) if entry.filename == "state/ssh_known_hosts")
    changed.entries[at] = (changed.entries[at][0], b"a kez\n")
    refused(changed, "state/ssh_known_hosts is damaged")
    missing = Forged(good)
    del missing.entries[at]
    refused(missing, "'state/ssh_known_hosts' is in its manifest and not in it")
    more = Forged(good)
    more.add("state/more", b"x", listed=False)
    refused(more, "'state/more' is in it and not in its manifest")
    twice = Forged(good)
    twice.add("state/ssh_known_hosts", b"x", listed=False)
    with pytest.warns(UserWarning, match="Duplicate"):
        refused(twice, "a name is in it twice")


def test_a_newer_form_or_ledger_says_which_version_is_wanted(
    good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    newer = Forged(good)
    newer.manifest["form"] = "hartwatch backup 2"
    refused(newer, "use a newer hartwatch")
    ledger = Forged(good)
    ledger.manifest.update(schema="9999", version="9.1.0")
    refused(ledger, r"written by a newer hartwatch \(9.1.0, schema 9999; this one knows")


def test_a_ledger_that_is_none_is_refused_whatever_the_manifest_says(
    good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    forged = Forged(good)
    forged.entries = [(e, t) for e, t in forged.entries if e.filename != "state/ledger.sqlite3"]
    forged.manifest["files"] = [f for f in forged.manifest["files"] if f["name"] != "state/ledger.sqlite3"]
    refused(forged, "it holds no ledger")
    forged.add("state/ledger.sqlite3", b"this is no database at all, but it is as its digest says")
    refused(forged, "the ledger in it cannot be read")


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"[]", b"{}", b"[" * 100_000, b'{"form": 1}', b'{"form": "hartwatch backup 1"}',
        b'{"form": "hartwatch backup 1", "made_at": "2026-01-01T00:00:00", "files": []}',
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(
    manifest: bytes, tmp_path: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    file = tmp_path / "made.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("manifest.json", manifest)
    refused(file.read_bytes(), "manifest|no backup that hartwatch wrote")


def test_half_an_archive_and_none_at_all_are_refused(
    good: Path, refused: Callable[[Forged | bytes, str], None]
) -> None:
    text = good.read_bytes()
    for part in (b"", b"hello", text[: len(text) // 2], text[:-10]):
        refused(part, "no whole backup")
    flipped = bytearray(text)
    flipped[len(text) // 2] ^= 0xFF
    refused(bytes(flipped), "no whole backup|damaged")


def test_examining_writes_nothing_and_finds_what_is_damaged(good: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    contents = examine(good)
    assert (contents.schema, contents.ledger) == (schemas()[-1], "sqlite")
    assert "state/ledger.sqlite3" in contents.files
    forged = Forged(good)
    forged.manifest["files"][0]["sha256"] = "0" * 64
    with pytest.raises(ArchiveInvalid, match="is damaged"):
        examine(forged.write(tmp_path / "forged.zip"))
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "forged.zip"])
