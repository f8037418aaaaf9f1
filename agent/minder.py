"""Minding what time brings: alerts that are due, and planned maintenance of the inventory into the ledger.

minder = Minder(answers, pipeline, ledger, estates, remind_every, agent="agent-1")
minder.adopt()                 after the inventory was taken on: its windows are written down
await minder.mind()            every few seconds: tell what is due (agent.alerts.due)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agent.accounting.readiness import readiness_of
from agent.alerts import due
from agent.answers import LedgerAnswers
from agent.estates import Estates
from agent.facts import Facts, Standing
from agent.health import Board
from agent.inventory import Estate
from agent.ledger import Ledger, LedgerError
from agent.ledger.ids import uuid7
from agent.maintenance import plan_changes
from agent.pipeline import Pipeline

log = logging.getLogger(__name__)


class Minder:
    """See the module's docstring."""

    def __init__(
        self, answers: LedgerAnswers, pipeline: Pipeline, ledger: Ledger, estates: Estates, remind_every: timedelta,
        agent: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._answers, self._pipeline, self._ledger, self._estates = answers, pipeline, ledger, estates
        self.remind_every, self._agent, self._clock = remind_every, agent, clock
        self._told = ledger.told_keys()

    def adopt(self) -> None:
        """Write down the windows that the inventory has, and end those that it has no longer. Blocking."""
        now = self._clock()
        own = [window for window in self._ledger.windows() if window.source == self._agent]  # others have inventories
        windows, ends = plan_changes(own, self._estates.estate, now=now, author=self._agent, new_id=uuid7)
        try:
            self._ledger.record(Facts(windows=windows, window_ends=ends))
        except LedgerError as problem:
            log.error("the inventory's planned maintenance is not in the ledger: %s", problem)
            return
        for window in windows:
            log.info("planned maintenance taken on from the inventory: %s", window.name)
        for end in ends:
            log.info("planned maintenance ended: %s", end.reason)

    async def mind(self) -> None:
        """Tell what has become due."""
        await self._answers.fresh()
        now = self._clock()
        board, topology = self._pipeline.board, self._pipeline.topology
        messages = due(
            board, self._answers.running(now), self._pipeline.mind, self._told, now, self.remind_every,
            readiness_of(self._estates.estate, topology, board) if _lost_a_centre(self._estates.estate, board) else (),
        )  # fmt: skip
        if self._pipeline.tell(messages):
            self._told.update(message.key for message in messages if message.key is not None)


def _lost_a_centre(estate: Estate, board: Board) -> bool:
    """Readiness is worked out only when it can be told of: at four hundred sites it takes a while."""
    return any(
        site.kind == "data_centre" and f"site:{name}" in board and board[f"site:{name}"].standing is Standing.DOWN
        for name, site in estate.sites.items()
    )
