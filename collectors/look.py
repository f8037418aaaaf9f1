"""The SNMP part of a visit: who is it, what rows has it, what does it say now."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from collectors import decode as decoding
from collectors import quick as quickly
from collectors.decode import identity as who
from collectors.decode import interfaces
from collectors.decode.book import Book
from collectors.decode.entity import entities
from collectors.decode.values import raw_number, text
from collectors.errors import BadAnswer, Unreachable
from collectors.plan import (
    ENGINE_TIME,
    IF_NUMBER,
    IF_TABLE_LAST_CHANGE,
    PULSE,
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UPTIME,
    WHO,
    Plan,
    plan,
)
from collectors.profiles import GENERIC, Profile, Profiles, candidates, choose, device_class, questions, relocated
from collectors.quick import Quick
from collectors.readings import Block, Cadence, Failure, Findings, Identity
from collectors.session import Cells, SnmpSession, Value
from collectors.sessions import Opener
from collectors.target import Memory, SnmpAccess, Target

_WHO = Cells((*WHO, ENGINE_TIME))
_WRAP_MARGIN = 8_640_000  # a day before sysUpTime's wrap at 2^32 hundredths: going back from there is no restart


@dataclass(slots=True)
class Learnt:
    """What is known of one device's SNMP side between visits."""

    profile: Profile
    quick: Quick
    static: Book
    health: Cells
    identity: Identity
    device_class: str | None
    uptime: int | None
    marks: tuple[Value, ...]  # ifNumber, ifTableLastChange


@dataclass(slots=True)
class Look:
    """What the SNMP part of a visit gave."""

    answered: bool
    cadence: Cadence
    findings: Findings = field(default_factory=Findings)
    identity: Identity = field(default_factory=Identity)
    profile: str | None = None
    device_class: str | None = None
    requests: int = 0
    retries: int = 0


async def look(
    target: Target,
    access: SnmpAccess,
    cadence: Cadence,
    sessions: Opener,
    memory: Memory,
    profiles: Profiles,
    until: float,
) -> Look:
    """Ask what the cadence wants. What was learnt before is used; what has changed is learnt anew first."""
    session = sessions.snmp(target, access, memory)
    try:
        learnt = cast("Learnt | None", memory.learnt.get("snmp"))
        if learnt is not None and cadence is not Cadence.INVENTORY:
            done = await _known(session, learnt, target, cadence, until)
            if done is not None:
                done.requests, done.retries = session.requests, session.retries
                return done
        done = await _learn(session, target, memory, profiles, until)
        done.requests, done.retries = session.requests, session.retries
        return done
    finally:
        await session.close()


# ---------------------------------------------------------------- known devices
async def _known(session: SnmpSession, learnt: Learnt, target: Target, cadence: Cadence, until: float) -> Look | None:
    """A pulse or health look at a device whose rows are known; None where they must be learnt anew first."""
    answers = await session.get(learnt.quick.cells, until)
    values = answers.values
    if isinstance(answers.problem, Unreachable) and not any(v is not None for v in values):
        return Look(
            False, cadence, Findings(failures=(Failure.of("snmp", "known cells", answers.problem),)), learnt.identity
        )
    ticks, *marks = (values[at] for at in range(len(PULSE)))
    if answers.problem is None and (_restarted(learnt.uptime, ticks) or tuple(marks) != learnt.marks):
        return None
    if answers.problem is None and quickly.missing(learnt.quick, values):
        return None
    learnt.uptime = ticks if isinstance(ticks, int) else learnt.uptime
    block = quickly.block(learnt.quick, values)
    failures = [Failure.of("snmp", "known cells", answers.problem)] if answers.problem else []
    book = Book(cells={SYS_UPTIME: ticks})
    result = Findings()
    if cadence is Cadence.HEALTH:
        problems = await _ask_health(session, learnt, book, values, until)
        failures += problems
        result = decoding.decode(learnt.profile, book, cadence.includes, quickly.tables_of(learnt.profile))
    else:
        scalars = Book(cells=dict(zip(learnt.quick.cells.oids[: learnt.quick.lead], values, strict=False)))
        result = decoding.decode(learnt.profile, scalars, cadence.includes, learnt.profile.tables)
        if target.watch:
            seen = quickly.watched(learnt.quick, values, learnt.static, target.watch)
            result = replace(result, interfaces=tuple(interfaces.interfaces(seen)))
    identity = _at(learnt.identity, who.uptime(book))
    return Look(
        answered=True,
        cadence=cadence,
        findings=_with(result, block, failures),
        identity=identity,
        profile=learnt.profile.profile,
        device_class=learnt.device_class,
    )


async def _ask_health(
    session: SnmpSession, learnt: Learnt, book: Book, pulse: list[Value], until: float
) -> list[Failure]:
    """Fill the book: names from memory, this pulse's cells, the health cells, and the tables whose rows move."""
    made = plan(learnt.profile)
    book.columns |= learnt.static.columns
    _fill(book, learnt.quick.cells.oids, pulse, made)
    failures = []
    if len(learnt.health):
        answers = await session.get(learnt.health, until)
        _fill(book, learnt.health.oids, answers.values, made)
        if answers.problem:
            failures.append(Failure.of("snmp", "health cells", answers.problem))
    moving = [column for column, at in made.moving.items() if at is not Cadence.INVENTORY]
    failures += await _walk(session, made, moving, book, until)
    return failures


def _fill(book: Book, oids: tuple[str, ...], values: list[Value], made: Plan) -> None:
    """Cells into scalars and columns. Columns are fresh dictionaries: the static ones are shared between visits."""
    fresh: dict[str, dict[str, Value]] = {}
    for oid, value in zip(oids, values, strict=True):
        if oid in made.scalars:
            book.cells[oid] = (
                value  # and it may be a cell of a column as well: one row's size that others are held against
            )
        column = _column_of(oid, made.live)
        if column is not None:
            fresh.setdefault(column, {})[oid[len(column) + 1 :]] = value
    for column, rows in fresh.items():
        book.columns[column] = rows


def _column_of(oid: str, columns: Container[str]) -> str | None:
    """The column a cell belongs to: row suffixes may have several parts, so the longest known prefix counts."""
    at = oid.rfind(".")
    while at > 0:
        if oid[:at] in columns:
            return oid[:at]
        at = oid.rfind(".", 0, at)
    return None


def _restarted(before: int | None, now: Value) -> bool:
    """True when sysUpTime went back, and not because it wrapped after 497 days."""
    return isinstance(now, int) and before is not None and now < before and before < 2**32 - _WRAP_MARGIN


# ---------------------------------------------------------------- first look, and learning anew
async def _learn(session: SnmpSession, target: Target, memory: Memory, profiles: Profiles, until: float) -> Look:
    """Who is it, everything it says, and what to ask from now on."""
    answers = await session.get(_WHO, until)
    if answers.problem is not None and not any(v is not None for v in answers.values):
        heard = isinstance(answers.problem, BadAnswer)  # nonsense is a sign of life, silence and a refusal are not
        return Look(heard, Cadence.INVENTORY, Findings(failures=(Failure.of("snmp", "system group", answers.problem),)))
    book = Book(cells=dict(zip(_WHO.oids, answers.values, strict=True)))
    failures = [Failure.of("snmp", "system group", answers.problem)] if answers.problem else []
    profile = await _choose(session, target, book, profiles, until)
    made = plan(profile)
    scalars = [oid for oid in (*made.scalars, IF_NUMBER, IF_TABLE_LAST_CHANGE) if oid not in book.cells]
    cells = quickly.shared(scalars)
    got = await session.get(cells, until)
    book.cells |= dict(zip(cells.oids, got.values, strict=True))
    if got.problem:
        failures.append(Failure.of("snmp", "scalars", got.problem))
    failures += await _walk(session, made, made.every_column, book, until)
    table = entities(book)
    identity = who.identity(profile, book, table)
    kind = device_class(profile, identity.sys_object_id, identity.sys_descr, identity.model)
    learnt = _remember(profile, made, book, identity, kind)
    # Without the rows there is nothing to learn from: a walk that broke off is tried in full again next time.
    if not failures or any(book.columns.values()):
        memory.learnt["snmp"] = learnt
    memory.profile = profile.profile
    found = decoding.decode(profile, book, Cadence.INVENTORY.includes, quickly.tables_of(profile))
    block = _first_block(learnt.quick, book)
    return Look(
        answered=True,
        cadence=Cadence.INVENTORY,
        findings=_with(found, block, failures),
        identity=identity,
        profile=profile.profile,
        device_class=kind,
    )


async def _choose(session: SnmpSession, target: Target, book: Book, profiles: Profiles, until: float) -> Profile:
    """The inventory's profile, else the best match; a few more cells are asked where only they can tell."""
    oid, descr = who.object_id(book.cell(SYS_OBJECT_ID)), text(book.cell(SYS_DESCR))
    if target.profile is not None and target.profile in profiles:
        return relocated(profiles[target.profile], oid or "")
    found = candidates(profiles, oid, descr)
    asked = questions(found)
    answers: dict[str, str | None] = {}
    if asked:
        got = await session.get(quickly.shared(asked), until)
        answers = {o: text(v) for o, v in zip(asked, got.values, strict=True)}
    return choose(profiles, found, answers) if found else profiles[GENERIC]


async def _walk(session: SnmpSession, made: Plan, columns: Iterable[str], book: Book, until: float) -> list[Failure]:
    """Walk columns, one walk for each table, into the book; what broke off is said and what came is kept."""
    failures = []
    for group in made.tables(columns):
        walked = await session.walk(group, until)
        book.columns |= walked.columns
        if walked.problem:
            failures.append(Failure.of("snmp", group[0].rpartition(".")[0], walked.problem))
    return failures


def _remember(profile: Profile, made: Plan, book: Book, identity: Identity, kind: str | None) -> Learnt:
    pulse = [
        oid
        for oid, at in made.scalars.items()
        if at is Cadence.PULSE and oid not in PULSE and book.cells.get(oid) is not None
    ]
    quick = quickly.learn(profile, book, (*PULSE, *pulse))
    known = set(quick.places)
    health = [oid for oid, at in made.scalars.items() if at is Cadence.HEALTH and book.cells.get(oid) is not None]
    for column, at in made.live.items():
        if at is Cadence.HEALTH:
            health += [f"{column}.{row}" for row, value in book.column(column).items() if value is not None]
    static = Book(columns={c: book.columns[c] for c in made.static if book.columns.get(c)})
    return Learnt(
        profile=profile,
        quick=quick,
        static=static,
        health=quickly.shared([oid for oid in health if oid not in known]),
        identity=identity,
        device_class=kind,
        uptime=int(ticks) if (ticks := raw_number(book.cell(SYS_UPTIME))) is not None else None,
        marks=(book.cells.get(IF_NUMBER), book.cells.get(IF_TABLE_LAST_CHANGE)),
    )


def _first_block(quick: Quick, book: Book) -> Block | None:
    """The quick block of a first look, from the walk instead of a GET."""
    values: list[Value] = [book.cells.get(oid) for oid in quick.cells.oids[: quick.lead]]
    values += [_cell(book, oid) for oid in quick.cells.oids[quick.lead :]]
    return quickly.block(quick, values)


def _cell(book: Book, oid: str) -> Value:
    column = _column_of(oid, book.columns)
    return book.columns[column].get(oid[len(column) + 1 :]) if column is not None else None


def _at(identity: Identity, uptime: float | None) -> Identity:
    """The identity of the last inventory with this visit's uptime."""
    return replace(identity, uptime_seconds=uptime)


def _with(findings: Findings, block: Block | None, failures: Iterable[Failure]) -> Findings:
    """The findings with the quick block first and further failures last."""
    return replace(
        findings,
        blocks=(block, *findings.blocks) if block else findings.blocks,
        failures=(*findings.failures, *failures),
    )
