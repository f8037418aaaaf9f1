"""Asks one device what a module wants, over the collectors' own engine.

All subtrees are walked side by side, which takes a fraction of the requests that one after the other takes; the walk
never minds identifiers that do not increase (`allow_nonincreasing_oids`), and ends where they repeat. A device that is
silent, refuses us or goes round in circles fails the scrape, as for snmp_exporter. An error that the device reports for
one subtree ends that subtree, and what came is kept, also as for snmp_exporter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.exporter.snmp.modules import Filter, Module
from agent.exporter.snmp.texts import text_of
from collectors.errors import Capped, DeviceFault, ErrorStatus, TooBig
from collectors.session import Cells, SnmpSession, Value

ROWS_AT_MOST = 200_000  # objects of one device and module; the engine also stops at 32 MiB of answers


class Failing(Exception):
    """The scrape fails. `str()` is one line that holds no secret."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a device answered."""

    found: dict[str, Value]
    objects: int
    packets: int
    retries: int


async def ask(session: SnmpSession, module: Module, target: str, until: float) -> Asked:
    """Everything the module wants; `Failing` where there is not all of it. `until` is of time.monotonic()."""
    requests, retries = session.requests, session.retries
    walk, cells = list(module.walk), module.get
    if module.filters:
        walk, cells = await _filtered(session, module, until)
    found: dict[str, Value] = {}
    await _get(session, cells, module, target, until, found)
    if walk:
        await _walk(session, walk, module, target, until, found)
    return Asked(found, len(found), session.requests - requests, session.retries - retries)


async def _get(
    session: SnmpSession, cells: Cells, module: Module, target: str, until: float, found: dict[str, Value]
) -> None:
    for part in _parts(cells, module.most):
        answers = await session.get(part, until)
        if answers.problem is not None:
            raise Failing(f"error getting target {target}: {answers.problem}")
        found.update((oid, value) for oid, value in zip(part.oids, answers.values, strict=True) if value is not None)


async def _walk(
    session: SnmpSession, roots: Sequence[str], module: Module, target: str, until: float, found: dict[str, Value]
) -> None:
    walked = await session.walk(roots, until, ROWS_AT_MOST, module.most)
    problem: DeviceFault | None = walked.problem
    if sum(map(len, walked.columns.values())) > ROWS_AT_MOST:
        problem = Capped(f"more than {ROWS_AT_MOST:,} objects")
    if problem is not None and not isinstance(problem, ErrorStatus | TooBig):
        raise Failing(f"error walking target {target}: {problem}")
    for root, rows in walked.columns.items():
        found.update((f"{root}.{row}", value) for row, value in rows.items() if value is not None)
    # Below an instance lies nothing: it may be the one that is meant.
    lone = [root for root, rows in walked.columns.items() if not rows]
    if lone:
        answers = await session.get(Cells(lone), until)
        if answers.problem is not None and not isinstance(answers.problem, ErrorStatus | TooBig):
            raise Failing(f"error walking target {target}: {answers.problem}")
        found.update((oid, value) for oid, value in zip(lone, answers.values, strict=True) if value is not None)


async def _filtered(session: SnmpSession, module: Module, until: float) -> tuple[list[str], Cells]:
    """What to walk and what to get once the filters have said which rows are wanted.

    Filters of the same target add up: only rows that all of them want are asked. One that cannot be asked is none.
    """
    walk, gets = list(module.walk), list(module.get.oids)
    wanted: dict[str, list[str]] = {}
    for one in module.filters:
        rows = await _rows(session, one, module, until)
        if rows is None:
            continue
        walk = [oid for oid in walk if oid not in one.targets]
        for target in one.targets:
            wanted[target] = [row for row in wanted[target] if row in rows] if target in wanted else list(rows)
    for target, chosen in wanted.items():
        gets = [oid for oid in gets if not oid.startswith(target)]
        gets += [f"{target}.{row}" for row in chosen]
    return walk, Cells(tuple(dict.fromkeys(gets))[:ROWS_AT_MOST])


async def _rows(session: SnmpSession, one: Filter, module: Module, until: float) -> dict[str, None] | None:
    """The rows (by the last number of their index, as snmp_exporter has it) that a filter wants; None: it failed."""
    walked = await session.walk([one.oid], until, ROWS_AT_MOST, module.most)
    if walked.problem is not None:
        return None
    return {
        row.rpartition(".")[2]: None
        for row, value in walked.columns[one.oid].items()
        if any(expression.anywhere(text_of(value, "DisplayString")) for expression in one.values)
    }


def _parts(cells: Cells, most: int | None) -> list[Cells]:
    if not cells.oids:
        return []
    if most is None or len(cells) <= most:
        return [cells]
    return [Cells(cells.oids[at : at + most]) for at in range(0, len(cells), most)]
