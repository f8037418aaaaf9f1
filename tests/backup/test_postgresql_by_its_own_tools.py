"""What docs/how-to/back-up-and-restore.md says of PostgreSQL, typed as it is written there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from agent.facts import Facts, Note
from agent.ledger import Ledger
from tests.ledgers import postgres

__all__ = ["postgres"]


def commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    section = text[text.index("## A ledger in PostgreSQL") :]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


def test_a_ledger_that_was_dumped_is_restored_to_the_last_entry(postgres: str, root: Path, tmp_path: Path) -> None:
    typed = commands(root / "docs" / "how-to" / "back-up-and-restore.md")
    assert [line.split()[0] for line in typed] == [
        "pg_dump", "createdb", "pg_restore", "HARTWATCH_LEDGER=postgresql+psycopg:///hartwatch",
    ]  # fmt: skip
    address = urlsplit(postgres)
    programs = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    environment = {
        **os.environ, "PGHOST": parse_qs(address.query)["host"][0], "PGUSER": "hartwatch",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), *programs, os.environ["PATH"]]),
        "HARTWATCH_STATE_DIRECTORY": str(tmp_path / "state"),
    }  # fmt: skip
    if shutil.which("pg_dump", path=environment["PATH"]) is None:
        pytest.skip("pg_dump is not installed (`make servers` as root on Debian or Ubuntu)")

    def type_in(line: str, database: str = "hartwatch") -> str:
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path,
            env={**environment, "PGDATABASE": database}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout

    type_in("createdb hartwatch", "postgres")
    ledger = Ledger.open(f"postgresql:///hartwatch?host={environment['PGHOST']}&user=hartwatch", "agent-1")
    now = datetime(2026, 11, 28, 21, 30, tzinfo=UTC)
    for number in range(20):
        note = Note("device:sw-1", now, "jo", "note", f"remark {number}")
        ledger.record(Facts(notes=(note,))).result(10)
    heads = ledger.heads()
    ledger.close()
    type_in(typed[0])
    type_in("dropdb hartwatch", "postgres")
    said = [type_in(line, "postgres") for line in typed[1:]]
    number, digest = heads["agent-1"]
    assert f"head of agent-1: {number} {digest}" in said[-1]
    assert "The ledger is as it was written." in said[-1]
    type_in("dropdb hartwatch", "postgres")
