"""Who is it? The few questions that tell what a device is, and none about how it is: for finding what is there.

A visit of the inventory cadence asks a large switch for ten thousand values; this asks the system group, what tells
families apart, and what the family's profile names as the device's identity.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from collectors.decode import identity as who
from collectors.decode.book import Book
from collectors.decode.entity import entities
from collectors.decode.identity import ENGINE_TIME, IF_DESCR, STP_TOP_CHANGES
from collectors.errors import BadAnswer
from collectors.look import choose_profile, today, walk
from collectors.plan import WHO, plan
from collectors.profiles import Profile, Profiles, builtin, device_class
from collectors.readings import Failure, Identity
from collectors.session import Cells, SnmpSession
from collectors.sessions import Opener
from collectors.target import Memory, SnmpAccess, Target

ENGINE_ID = "1.3.6.1.6.3.10.2.1.1.0"  # snmpEngineID (RFC 3411 section 5)
MIN_ENGINE_ID, MAX_ENGINE_ID = 5, 32  # octets (RFC 3411, SnmpEngineID)
_WHO = Cells((*WHO, ENGINE_TIME, ENGINE_ID))
# What says how a device is, and of what parts it is made: left out here.
_HOW = (
    "scalars", "tables", "sensors", "entity_sensors", "processors", "memory", "storage", "wireless", "checks",
    "components",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identified:
    """What a device says it is. `answered` False: silence or a refusal, and `failures` says which.

    `engine_id` is the octets of snmpEngineID in hexadecimal, None where there is none or it has no valid length.
    """

    answered: bool
    identity: Identity = field(default_factory=Identity)
    profile: str | None = None
    device_class: str | None = None
    engine_id: str | None = None
    failures: tuple[Failure, ...] = ()
    requests: int = 0


async def identify(
    target: Target, access: SnmpAccess, sessions: Opener, profiles: Profiles | None = None
) -> Identified:
    """Ask a device who it is, by `target.deadline_seconds` at the latest. A device's fault is a failure, not raised."""
    until = time.monotonic() + target.deadline_seconds
    session = sessions.snmp(target, access, Memory())
    try:
        answers = await session.get(_WHO, until)
        if not any(value is not None for value in answers.values):
            failures = (Failure.of("snmp", "system group", answers.problem),) if answers.problem else ()
            return Identified(isinstance(answers.problem, BadAnswer), failures=failures, requests=session.requests)
        book = Book(cells=dict(zip(_WHO.oids, answers.values, strict=True)), day=today())
        problems = [Failure.of("snmp", "system group", answers.problem)] if answers.problem else []
        known = profiles if profiles is not None else builtin()
        full = await choose_profile(session, target, book, known, until)
        profile = identity_only(full)
        made = plan(profile)
        cells = Cells([oid for oid in made.scalars if oid not in book.cells])
        if cells:
            got = await session.get(cells, until)
            book.cells |= dict(zip(cells.oids, got.values, strict=True))
            if got.problem:
                problems.append(Failure.of("snmp", "identity", got.problem))
        problems += await walk(session, made, made.every_column, book, until)
        identity = who.identity(profile, book, entities(book))
        kind = device_class(full, identity.sys_object_id, identity.sys_descr, identity.model)
        if kind is None:
            await _ask_kind(session, book, until)
            kind = who.likely_class(identity.sys_object_id, book)
        octets = book.cell(ENGINE_ID)
        valid = isinstance(octets, bytes) and MIN_ENGINE_ID <= len(octets) <= MAX_ENGINE_ID
        return Identified(
            answered=True,
            identity=identity,
            profile=full.profile,
            device_class=kind,
            engine_id=octets.hex() if valid and isinstance(octets, bytes) else None,
            failures=tuple(problems),
            requests=session.requests,
        )
    finally:
        await session.close()


async def _ask_kind(session: SnmpSession, book: Book, until: float) -> None:
    """What tells a switch that no family knows: a spanning tree and many ports."""
    got = await session.get(Cells([STP_TOP_CHANGES]), until)
    book.cells[STP_TOP_CHANGES] = got.values[0]
    if got.values[0] is not None:
        walked = await session.walk([IF_DESCR], until, max_rows=200)
        book.columns |= walked.columns


_slim: dict[int, tuple[Profile, Profile]] = {}


def identity_only(profile: Profile) -> Profile:
    """The profile with nothing but what tells who a device is; made once for each profile object."""
    held = _slim.get(id(profile))
    if held is None or held[0] is not profile:
        emptied: dict[str, object] = {name: [] for name in _HOW} | {"entity_parts": None}
        held = _slim[id(profile)] = (profile, profile.model_copy(update=emptied))
    return held[1]
