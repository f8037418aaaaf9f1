"""The whole paper in both editions and all forms, made once for all tests of this folder."""

from __future__ import annotations

import pytest

from agent.reports import Edition, files
from agent.reports.editions import Paper
from tests.papers.making import planted, whole_paper

Made = dict[Edition, dict[str, bytes]]  # name of the file without its stem -> content


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
