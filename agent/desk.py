"""The one place where what pages and the API write becomes facts: checked, recorded with who wrote it, and awaited.

    outcome = await desk.write(who, "cause", "0190...", {"cause": "power"}, key)
    desk.note(who, "sign-in")                                 what changes nothing and is worth keeping

Readers get `desk.write` from the composition root and never the ledger. One is written after the other, each on what is
on record when its turn comes: two people who end one pause end it once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from agent.access.who import Who
from agent.answers import LedgerAnswers
from agent.deeds import DEEDS, LONGEST_KEY, Deed, Given, Mistakes, Outcome, Scene, audit_of
from agent.estates import Estates
from agent.facts import Audit, Facts
from agent.hostile import plain
from agent.ledger import Ledger, LedgerError
from agent.ledger.ids import uuid7

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds until the ledger must have written
MOST_WAITING = 32  # that wait for their turn
KEYS = 4096  # of forms that were sent, by which one that is sent twice is known
REFUSALS, REFUSAL_SECONDS = 60, 10.0  # entries of what was refused: so many at once, and then one in so many seconds

Key = tuple[str, str, str, str, str]


class Desk:
    """See the module's docstring. In the event loop only."""

    def __init__(
        self, ledger: Ledger, answers: LedgerAnswers, estates: Estates,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), steady: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self._ledger, self._answers, self._estates, self._clock = ledger, answers, estates, clock
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._patience = patience
        self._sent: OrderedDict[Key, asyncio.Future[Outcome]] = OrderedDict()
        self._steady, self._refusals, self._refused_at, self._left_out = steady, float(REFUSALS), steady(), 0

    async def write(self, who: Who, name: str, target: str, given: Given, key: str = "") -> Outcome:
        """What became of it. Never raises for what somebody wrote."""
        deed = DEEDS.get(name)
        if deed is None:
            return Outcome("missing", "there is nothing of that name to do")
        if not who.may(deed.role) or not who.user:
            self.note(who, deed.action, "refused", reference=target[:40])
            return Outcome("refused", f"this takes the role {deed.role}")
        if not key or len(key) > LONGEST_KEY:
            return await self._in_turn(who, deed, target, given)
        whole = (who.how, who.user, name, target, key)
        known = self._sent.get(whole)
        if known is not None:  # the same form again: the same answer, also while the first is being written
            return await asyncio.shield(known)
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._sent[whole] = answer
        while len(self._sent) > KEYS:
            self._sent.popitem(last=False)
        # A task of its own: a browser that goes away meanwhile must not leave the second one waiting for ever.
        task = asyncio.ensure_future(self._in_turn(who, deed, target, given))
        task.add_done_callback(lambda done: self._answer(whole, answer, done))
        return await asyncio.shield(answer)

    def _answer(self, key: Key, answer: asyncio.Future[Outcome], done: asyncio.Future[Outcome]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if failed or done.result().state not in ("done", "trouble"):
            self._sent.pop(key, None)  # nothing was written: it may be put right and sent again
        if answer.done():
            return
        if done.cancelled():
            answer.cancel()
        elif (problem := done.exception()) is not None:
            answer.set_exception(problem)
        else:
            answer.set_result(done.result())

    async def _in_turn(self, who: Who, deed: Deed, target: str, given: Given) -> Outcome:
        if self._waiting >= MOST_WAITING:
            return Outcome("trouble", "too many are writing just now: nothing was recorded, try again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._write(who, deed, target, given)
        finally:
            self._waiting -= 1

    async def _write(self, who: Who, deed: Deed, target: str, given: Given) -> Outcome:
        await self._answers.anew()
        scene = self._scene(who, deed, target)
        if scene is None:
            return Outcome("missing", f"there is no such {deed.subject}")
        assert who.role is not None  # noqa: S101 - it may, so it has one
        try:
            facts = deed.facts(scene, given, who.role)
        except Mistakes as wrong:
            return Outcome("mistakes", str(wrong), wrong.found)
        facts = replace(facts, audits=(audit_of(who, deed, scene, facts),))
        try:
            # Shielded: to give up waiting must not cancel what the writer is about to finish.
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._ledger.record(facts))), self._patience)
        except TimeoutError:
            words = f"the ledger has not written it within {self._patience:.0f} seconds: look before you try again"
            return Outcome("trouble", words)
        except LedgerError as problem:
            log.error("what %s wrote could not be recorded: %s", plain(who.user), problem)
            return Outcome("trouble", "the ledger cannot be written: nothing was recorded")
        await self._answers.anew()
        return Outcome("done", deed.done, id=facts.windows[0].id if facts.windows else None, facts=facts)

    def _scene(self, who: Who, deed: Deed, target: str) -> Scene | None:
        answers = self._answers
        scene = Scene(
            self._clock(), who.user, uuid7, answers.outages, answers.notes, self._estates.estate
        )  # fmt: skip
        if deed.about == "nothing":
            return scene
        try:
            id = UUID(target)
        except ValueError:
            return None
        if deed.about == "outage":
            outage = next((one for one in answers.outages if id in one.ids), None)
            return replace(scene, outage=outage) if outage is not None else None
        window = next((one for one in answers.windows if one.id == id), None)
        return replace(scene, window=window) if window is not None else None

    # ------------------------------------------------------------ what changes nothing
    def note(self, who: Who, action: str, outcome: str = "done", detail: str = "", reference: str = "") -> None:
        """Keep a sign-in, sign-out or refusal, without waiting for it. What is refused is kept within measure: nobody
        who guesses passwords may fill the ledger; how many were left out is said by the next one."""
        if outcome == "refused":
            now = self._steady()
            self._refusals = min(float(REFUSALS), self._refusals + (now - self._refused_at) / REFUSAL_SECONDS)
            self._refused_at = now
            if self._refusals < 1:
                self._left_out += 1
                return
            self._refusals -= 1
            if self._left_out:
                detail = f"{detail}; {self._left_out} more before it were not written down".removeprefix("; ")
                self._left_out = 0
        entry = Audit(
            self._clock(), who.user, who.how, who.role.value if who.role else "", plain(who.address, 60), action,
            "", plain(reference, 60), plain(detail, 300), outcome,
        )  # fmt: skip
        try:
            self._ledger.record(Facts(audits=(entry,)))
        except LedgerError as problem:
            log.error("%s of %s could not be recorded: %s", action, plain(who.user) or "nobody", problem)
