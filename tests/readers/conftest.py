"""What tests of readers have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.commands import fill


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a ledger: one outage that ended, one that is open, one piece of hardware."""
    return fill(tmp_path)
