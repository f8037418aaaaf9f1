"""What tests of papers have in common: estates to write of, and the whole paper in all forms, made once for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.reports import Edition, files
from agent.reports.editions import Paper
from tests.papers.making import planted, whole_paper
from tests.papers.world import World, at, world

Made = dict[Edition, dict[str, bytes]]  # name of the file without its stem -> content


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """An estate that nobody has watched yet, on the day after quarter 1 of 2026/27 ended."""
    with world(tmp_path, at("2026-07-02T09:00")) as made:
        yield made


def _made(paper: Paper) -> Made:
    return {
        edition: {name.removeprefix(f"q-{edition}"): content for name, content in files(paper, "q", edition)}
        for edition in Edition
    }


@pytest.fixture(scope="session")
def quarter() -> Made:
    return _made(whole_paper())


@pytest.fixture(scope="session")
def canaries() -> Made:
    return _made(planted())
