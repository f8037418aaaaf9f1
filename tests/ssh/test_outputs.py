"""Parsers against made-up outputs, written from vendors' manuals for what no recording here shows.

Two files are one test: `outputs/PLATFORM/COMMAND[_case].txt` and `.expected.yaml`. `UPDATE_EXPECTED=1 pytest` writes
the second from what is read now, for a person to check as a difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.readings import Findings
from collectors.session import Output
from collectors.ssh import PLATFORMS, commands, read
from collectors.ssh.commands import MODULES
from tests.ssh.played import stem

OUTPUTS = Path(__file__).parent / "outputs"


def cases() -> list[tuple[str, str, Path]]:
    """(platform, command, file): of the commands whose name begins a file's, the longest."""
    found = []
    for file in sorted(OUTPUTS.glob("*/*.txt")):
        names = {stem(c.text): c.text for c in commands(file.parent.name)}
        fitting = [name for name in names if file.stem == name or file.stem.startswith(f"{name}_")]
        found.append((file.parent.name, names[max(fitting, key=len)], file))
    return found


def plain(found: Findings) -> dict[str, Any]:
    """Findings in a form that is read easily in a file."""
    shown: dict[str, Any] = {
        "identity": {name: str(value) for name, value in sorted(found.identity.items())},
        "checks": [f"{c.check} | {c.subject} | {c.state} | {c.level.value}" for c in found.checks],
        "sensors": [
            f"{s.kind} | {s.name} | {s.value} {s.unit} | {s.level.value if s.level else '-'}" for s in found.sensors
        ],
        "parts": [
            f"{p.part} | {p.name} | {p.model} | {p.serial}"
            + (f" | made {p.manufactured}" if p.manufactured else "")
            + (f" | until {p.replace_by}" if p.replace_by else "")
            for p in found.parts
        ],
        "usage": [
            f"{u.name} | {u.usage_ratio:.4f} | {u.total_bytes}"
            for u in (*found.processors, *found.memory, *found.storage)
            if u.usage_ratio is not None
        ],
        "wireless": dict(found.wireless),
        "failures": [f"{f.stage} | {f.kind} | {f.detail}" for f in found.failures],
    }
    return {name: value for name, value in shown.items() if value}


@pytest.mark.parametrize(
    ("platform", "command", "file"), cases(), ids=[f"{p}: {f.stem.replace('_', ' ')}" for p, _, f in cases()]
)
def test_a_made_up_output_is_read_as_expected(platform: str, command: str, file: Path) -> None:
    found = plain(read(platform, [Output(command, file.read_text(encoding="utf-8"))]))
    expected = file.with_suffix(".expected.yaml")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=200), encoding="utf-8")
    assert found == yaml.safe_load(expected.read_text(encoding="utf-8"))
    assert "failures" not in found


def test_every_command_has_a_recorded_or_a_made_up_output() -> None:
    """What was never tried against any text is not shipped."""
    shared = Path(__file__).resolve().parents[3] / "shared" / "cli"
    if not shared.is_dir():
        pytest.skip("the recorded outputs (../shared/cli) are not here")
    tried = {(platform, command) for platform, command, _ in cases()}
    for platform in PLATFORMS:
        if platform in MODULES:
            continue  # the commands and parsers of another platform
        for command in commands(platform):
            recorded = (shared / platform / command.text.replace(" ", "_")).is_dir()
            assert recorded or (platform, command.text) in tried, f"{platform}: {command.text}"
