"""What tests of papers have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.papers.world import World, at, world


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """An estate that nobody has watched yet, on the day after quarter 1 of 2026/27 ended."""
    with world(tmp_path, at("2026-07-02T09:00")) as made:
        yield made
