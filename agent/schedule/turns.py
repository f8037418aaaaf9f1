"""Turns by a steady clock, for APScheduler, which goes by the wall clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import floor

from apscheduler.triggers.base import BaseTrigger


class Turns(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """Fires at `offset + n * interval` seconds of a steady clock, told to APScheduler in wall-clock time.

    Each turn is worked out anew from the steady clock, so that a wall clock that drifts or is slewed moves nothing.
    """

    def __init__(self, steady: Callable[[], float], offset: float, interval: float) -> None:
        self._steady, self._offset, self._interval = steady, offset, interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        at = self._steady()
        early = min(0.5, self._interval / 4)  # a timer may wake a little early: that turn is this one, not another
        turn = floor((at + early - self._offset) / self._interval) + 1
        return now + timedelta(seconds=self._offset + turn * self._interval - at)
