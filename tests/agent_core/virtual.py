"""An event loop whose time passes only when nothing is left to do, and a wall clock beside it that can be set.

APScheduler asks `datetime.now` for the wall clock, so its `datetime` is replaced by one that asks ours.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):  # type: ignore[valid-type, misc]
    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing is left to wait for")
        if not ready and timeout:
            self.loop.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self.now = 1000.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now


class Clock:
    """The wall clock: the loop's time and an offset."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.offset = 1_790_000_000.0

    def wall(self) -> float:
        return self.loop.now + self.offset

    def stall(self, seconds: float) -> None:
        """The whole process stands still."""
        self.loop.now += seconds

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            return runner.run(coroutine)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()

    class WallClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(made.wall(), tz or UTC)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", WallClock)
    yield made
    made.loop.close()
