"""Files of a paper: the same bytes wherever and whenever they are made, the forms asked for, safely written."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.reports import ALL, Edition, Form, FormError, files, write
from tests.papers.conftest import Made
from tests.papers.making import whole_paper

AGAIN = """
import hashlib
from agent.reports import Edition, files
from tests.papers.making import whole_paper
for edition in Edition:
    for name, content in files(whole_paper(), "q", edition):
        print(hashlib.sha256(content).hexdigest(), name)
"""


def test_the_same_paper_is_the_same_bytes_in_another_process_at_another_time(root: Path, quarter: Made) -> None:
    """With another seed of hashes, another zone, another language and another folder."""
    environment = os.environ | {
        "PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONPATH": str(root),
        "SOURCE_DATE_EPOCH": "1",
    }  # fmt: skip
    again = subprocess.run(
        [sys.executable, "-c", AGAIN], cwd="/", env=environment, capture_output=True, text=True, check=True, timeout=100
    )
    here = [
        f"{hashlib.sha256(content).hexdigest()} q-{edition}{name}"
        for edition in Edition
        for name, content in quarter[edition].items()
    ]
    assert again.stdout.splitlines() == here
    assert len(here) > 40


@pytest.mark.parametrize("form", Form)
def test_only_the_forms_that_are_asked_for_are_made(form: Form) -> None:
    names = [name for name, _ in files(whole_paper(), "q", Edition.PUBLIC, [form])]
    assert {Path(name).suffix for name in names} == {f".{form}"}
    assert (len(names) > 5) if form is Form.CSV else (len(names) == 1)


def test_all_forms_are_made_unless_one_says_which() -> None:
    assert {Path(name).suffix for name, _ in files(whole_paper(), "q", Edition.PUBLIC)} == {f".{form}" for form in ALL}


def test_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    written = write(whole_paper(), "q", Edition.PUBLIC, tmp_path / "a" / "b", [Form.HTML, Form.XLSX])
    assert [path.name for path in written] == ["q-public.html", "q-public.xlsx"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["q-public.html", "q-public.xlsx"]


def test_a_full_disk_is_an_error_and_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "q-public.html").write_text("the one before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        write(whole_paper(), "q", Edition.PUBLIC, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["q-public.html"]
    assert (tmp_path / "q-public.html").read_text() == "the one before"


def test_nothing_is_written_when_one_form_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.reports import writing

    def broken(_: Any) -> bytes:
        raise FormError("no")

    monkeypatch.setitem(writing.MAKERS, Form.XLSX, broken)
    with pytest.raises(FormError):
        write(whole_paper(), "q", Edition.PUBLIC, tmp_path)
    assert list(tmp_path.iterdir()) == []
