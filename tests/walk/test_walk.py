"""The walk, from the wheel in a fresh environment: `python -m tests.walk` is the same by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.walk.places import environment
from tests.walk.steps import PROGRAMS, Walk


@pytest.mark.timeout(900)
def test_install_start_scrape_fault_alert_silence_upgrade_back_up_restore_and_remove(
    server: Callable[[str], Path], root: Path, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    programs = {name: server(name) for name in PROGRAMS}
    pytest.importorskip("asyncssh", reason="the simulated devices want asyncssh: pip install 'hartwatch[demo]'")
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    said: list[str] = []
    with environment(root, tmp_path) as place:
        Walk(place, programs, tmp_path, root, said.append).go()
    record_property("summary", said)
    steps = " ".join(said)
    for step in ("installed", "upgraded", "scraped", "fault", "alert", "silence", "maintenance", "backup", "downgrade",
                 "restored", "goes on"):  # fmt: skip
        assert step in steps
