"""The SNMP part of a visit: who is it, what rows has it, what does it say now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import cast

from collectors import decode as decoding
from collectors import quick as quickly
from collectors.decode import identity as who
from collectors.decode import interfaces
from collectors.decode.book import Book, Pressed
from collectors.decode.entity import entities
from collectors.decode.identity import ENGINE_TIME, SYS_DESCR, SYS_OBJECT_ID, SYS_UPTIME
from collectors.decode.values import raw_number, text
from collectors.errors import BadAnswer, Unreachable
from collectors.plan import ENT_LAST_CHANGE, MARKS, WHO, Plan, plan
from collectors.profiles import GENERIC, Profile, Profiles, candidates, choose, device_class, questions, relocated
from collectors.quick import Filling, Quick, Seen
from collectors.readings import Block, Cadence, Failure, Findings, Identity
from collectors.session import Cells, SnmpSession, Value
from collectors.sessions import Opener
from collectors.target import Memory, SnmpAccess, Target

_WHO = Cells((*WHO, ENGINE_TIME))
RESTLESS = 3  # changes of entLastChangeTime in a row after which it says nothing: some agents set it all the time
_WRAP_MARGIN = 8_640_000  # a day before sysUpTime's wrap at 2^32 hundredths: going back from there is no restart


@dataclass(slots=True)
class Learnt:
    """What is known of one device's SNMP side between visits."""

    profile: Profile
    quick: Quick
    static: Pressed
    health: Cells
    identity: Identity
    device_class: str | None
    uptime: int | None
    marks: tuple[Value, ...]  # of MARKS those the device has; asked right after sysUpTime
    entity_changed: Value  # entLastChangeTime, where the device has it
    entity_changes: int  # how many health visits in a row it had changed, up to this one
    seen: tuple[tuple[str, ...], Seen] | None = None  # names of interfaces that links watch, and where they are


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
    ticks, marks = values[0], tuple(values[1 : 1 + len(learnt.marks)])
    if answers.problem is None and (_restarted(learnt.uptime, ticks) or marks != learnt.marks):
        return None
    if answers.problem is None and quickly.missing(learnt.quick, values):
        return None
    learnt.uptime = ticks if isinstance(ticks, int) else learnt.uptime
    block = quickly.block(learnt.quick, values)
    failures = [Failure.of("snmp", "known cells", answers.problem)] if answers.problem else []
    book = Book(cells={SYS_UPTIME: ticks}, day=today())
    result = Findings()
    if cadence is Cadence.HEALTH:
        failures += await _ask_health(session, learnt, book, values, until)
        if _parts_moved(learnt, book.cells.get(ENT_LAST_CHANGE)):
            return None
        result = decoding.decode(learnt.profile, book, cadence.includes, quickly.tables_of(learnt.profile))
    else:
        scalars = Book(cells=dict(zip(learnt.quick.cells.oids[: learnt.quick.lead], values, strict=False)))
        result = decoding.decode(learnt.profile, scalars, cadence.includes, learnt.profile.tables)
        if target.watch:
            if learnt.seen is None or learnt.seen[0] != target.watch:
                learnt.seen = target.watch, Seen.of(learnt.quick, learnt.static.columns, target.watch)
            result = replace(result, interfaces=tuple(interfaces.interfaces(learnt.seen[1].book(values))))
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
    Filling.of(learnt.quick.cells, made).fill(book, pulse)
    failures = []
    if len(learnt.health):
        answers = await session.get(learnt.health, until)
        Filling.of(learnt.health, made).fill(book, answers.values)
        if answers.problem:
            failures.append(Failure.of("snmp", "health cells", answers.problem))
    moving = [column for column, at in made.moving.items() if at is not Cadence.INVENTORY]
    failures += await walk(session, made, moving, book, until)
    return failures


def _parts_moved(learnt: Learnt, now: Value) -> bool:
    """True when ENTITY-MIB has changed since it was walked, unless it does so at every look."""
    if now is None or now == learnt.entity_changed:
        learnt.entity_changes = 0
        return False
    learnt.entity_changes += 1
    learnt.entity_changed = now
    return learnt.entity_changes <= RESTLESS


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
    book = Book(cells=dict(zip(_WHO.oids, answers.values, strict=True)), day=today())
    failures = [Failure.of("snmp", "system group", answers.problem)] if answers.problem else []
    profile = await choose_profile(session, target, book, profiles, until)
    made = plan(profile)
    scalars = [oid for oid in (*made.scalars, *MARKS, ENT_LAST_CHANGE) if oid not in book.cells]
    cells = quickly.shared(scalars)
    got = await session.get(cells, until)
    book.cells |= dict(zip(cells.oids, got.values, strict=True))
    if got.problem:
        failures.append(Failure.of("snmp", "scalars", got.problem))
    failures += await walk(session, made, made.every_column, book, until)
    table = entities(book)
    identity = who.identity(profile, book, table)
    kind = device_class(profile, identity.sys_object_id, identity.sys_descr, identity.model)
    kind = kind or who.likely_class(identity.sys_object_id, book)
    before = cast("Learnt | None", memory.learnt.get("snmp"))
    learnt = _remember(profile, made, book, identity, kind, before.entity_changes if before else 0)
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


async def choose_profile(session: SnmpSession, target: Target, book: Book, profiles: Profiles, until: float) -> Profile:
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


async def walk(session: SnmpSession, made: Plan, columns: Iterable[str], book: Book, until: float) -> list[Failure]:
    """Walk columns, one walk for each table, into the book; what broke off is said and what came is kept."""
    failures = []
    for group in made.tables(columns):
        if made.unwanted(group, book.columns):
            continue
        walked = await session.walk(group, until)
        book.columns |= walked.columns
        if walked.problem:
            failures.append(Failure.of("snmp", group[0].rpartition(".")[0], walked.problem))
    return failures


def _remember(
    profile: Profile, made: Plan, book: Book, identity: Identity, kind: str | None, entity_changes: int
) -> Learnt:
    # What the device does not have is not asked again: version 1 would refuse the whole request each time.
    marks = [oid for oid in MARKS if book.cells.get(oid) is not None]
    pulse = [
        oid
        for oid, at in made.scalars.items()
        if at is Cadence.PULSE and oid not in (SYS_UPTIME, *marks) and book.cells.get(oid) is not None
    ]
    quick = quickly.learn(profile, book, (SYS_UPTIME, *marks, *pulse))
    known = set(quick.cells.oids)
    health = [oid for oid, at in made.scalars.items() if at is Cadence.HEALTH and book.cells.get(oid) is not None]
    for column, at in made.live.items():
        if at is Cadence.HEALTH:
            health += [f"{column}.{row}" for row, value in book.column(column).items() if value is not None]
    entity_changed = book.cells.get(ENT_LAST_CHANGE)
    if entity_changed is not None:
        health.append(ENT_LAST_CHANGE)
    static = Pressed({c: book.columns[c] for c in made.static if book.columns.get(c)})
    return Learnt(
        profile=profile,
        quick=quick,
        static=static,
        health=quickly.shared([oid for oid in health if oid not in known]),
        identity=identity,
        device_class=kind,
        uptime=int(ticks) if (ticks := raw_number(book.cell(SYS_UPTIME))) is not None else None,
        marks=tuple(book.cells[oid] for oid in marks),
        entity_changed=entity_changed,
        entity_changes=entity_changes,
    )


def _first_block(quick: Quick, book: Book) -> Block | None:
    """The quick block of a first look, from the walk instead of a GET."""
    values: list[Value] = [book.cells.get(oid) for oid in quick.cells.oids[: quick.lead]]
    values += [_cell(book, oid) for oid in quick.cells.oids[quick.lead :]]
    return quickly.block(quick, values)


def _cell(book: Book, oid: str) -> Value:
    column = quickly.column_of(oid, book.columns)
    return book.columns[column].get(oid[len(column) + 1 :]) if column is not None else None


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


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
