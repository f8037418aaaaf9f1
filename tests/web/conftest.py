"""What tests of signing in and writing have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.composed import App, compose, users_text


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Puts the HTTP side together; everything is closed afterwards."""
    made: list[App] = []

    def one(text: str | None = "", **given: Any) -> App:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(compose(folder, users_text() if text == "" else text, **given))
        return made[-1]

    yield one
    for app in made:
        app.ledger.close()


@pytest.fixture
def app(make: Callable[..., App]) -> App:
    return make()
