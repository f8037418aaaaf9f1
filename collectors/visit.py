"""One look at one device: choose, plan, ask, decode. The only orchestration in this package."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from collectors import expected
from collectors.errors import DeviceFault, OutOfTime
from collectors.join import joined, licences
from collectors.look import look
from collectors.profiles import Profiles, builtin
from collectors.readings import Answered, Cadence, Failure, Findings, Identity, Visit
from collectors.sessions import Opener
from collectors.target import AUTO, Memory, Target

_SUMS = [f.name for f in fields(Findings) if f.name not in ("identity", "wireless")]


async def collect(
    target: Target,
    cadence: Cadence,
    sessions: Opener,
    memory: Memory,
    profiles: Profiles | None = None,
) -> Visit:
    """Look once at a device and give everything that came by `target.deadline_seconds`.

    SNMP, SSH and the probes go side by side. A device's fault is a Failure in the Visit; this never raises one. A
    device that was never seen before is looked at in full, whatever `cadence` asks; the Visit says which it became.
    """
    started_at, began = datetime.now(UTC), time.monotonic()
    until = began + target.deadline_seconds
    known = profiles if profiles is not None else builtin()
    jobs: dict[str, Any] = {}
    if target.snmp is not None:
        jobs["snmp"] = look(target, target.snmp, cadence, sessions, memory, known, until)
    by_shell = _with_platform(target, memory, known)
    if by_shell is not None and cadence is not Cadence.PULSE:
        jobs["ssh"] = sessions.shell(by_shell, cadence, memory, until)
    for at, probe in enumerate(target.probes):
        jobs[f"probe {at}"] = sessions.probe(target, probe, until)
    if len(jobs) == 1:  # nearly every visit: no task for it
        done = {name: await _bounded(name, job, until) for name, job in jobs.items()}
    else:
        every = await asyncio.gather(*(_bounded(name, job, until) for name, job in jobs.items()))
        done = dict(zip(jobs, every, strict=True))

    snmp = done.get("snmp")
    cadence = snmp.cadence if snmp else cadence
    answered: dict[str, bool | None] = {}
    findings: list[Findings] = []
    for name, result in done.items():
        source = name.split()[0] if not name.startswith("probe") else target.probes[int(name.split()[1])].kind
        if result is None:  # out of time
            answered[source] = answered.get(source) or False
            late = OutOfTime(f"nothing by the deadline of {target.deadline_seconds:g} s")
            findings.append(Findings(failures=(Failure.of(source, name, late),)))
            continue
        if result.answered is not None:
            answered[source] = bool(answered.get(source)) or result.answered
        findings.append(result.findings)

    first, *others = findings or [Findings()]
    sums = {name: tuple(getattr(first, name)) for name in _SUMS}
    for finding in others:
        _add(sums, finding)
    sums["sensors"] += licences(sums["parts"], sums["sensors"])
    wireless = {k: v for f in reversed(findings) for k, v in f.wireless.items()}
    heard = Answered(**answered)
    checks = expected.judged(sums["checks"], target.expect)
    if (heard.snmp or heard.ssh) and cadence is not Cadence.PULSE:
        parts = sums["parts"] if cadence is Cadence.INVENTORY else None
        checks += expected.missing(target.expect, checks, sums["interfaces"], wireless, parts)
    sums["checks"] = tuple(checks)
    return Visit(
        device=target.name,
        cadence=cadence,
        started_at=started_at,
        seconds=time.monotonic() - began,
        reached=heard.any,
        answered=heard,
        profile=snmp.profile if snmp else None,
        device_class=target.device_class or (snmp.device_class if snmp else None),
        requests=snmp.requests if snmp else 0,
        retries=snmp.retries if snmp else 0,
        identity=_identity(findings, snmp.identity if snmp else Identity()),
        wireless=wireless,
        **_distinct(sums),
    )


def _with_platform(target: Target, memory: Memory, profiles: Profiles) -> Target | None:
    """The target with the platform its family names, where the inventory leaves it to that; None: no SSH (yet)."""
    if target.ssh is None or target.ssh.platform != AUTO:
        return target if target.ssh else None
    family = profiles.by_name.get(memory.profile or "")
    if family is None or family.ssh is None:
        return None
    return replace(target, ssh=replace(target.ssh, platform=family.ssh.platform))


async def _bounded(name: str, job: Any, until: float) -> Any:
    """The job's result, or None when the deadline comes first: the net below the sessions, which keep it themselves."""
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, until - time.monotonic()) + 0.5):
            return await job
    except TimeoutError:
        return None
    except DeviceFault as fault:  # pragma: no cover  (sessions give problems as values; a plug-in might not)
        raise AssertionError(f"{name} raised {fault!r} instead of giving it as a value") from fault


def _identity(findings: Sequence[Findings], first: Identity) -> Identity:
    """What SNMP says, and where it is silent what the others say."""
    values: dict[str, Any] = {f.name: getattr(first, f.name) for f in fields(Identity)}
    for finding in findings:
        for key, value in finding.identity.items():
            if key in values and values[key] is None:
                values[key] = value
    return Identity(**values)


def _add(sums: dict[str, tuple[Any, ...]], finding: Findings) -> None:
    """Add what another way to the device gave. What the first has told already is not told twice.

    SNMP and a command line name the same fan differently, so they are compared by what they measure: a kind of sensor
    or a check that SNMP has is not taken from the command line as well.
    """
    kinds = {s.kind for s in sums["sensors"]}
    names = {c.check for c in sums["checks"]}
    sums["sensors"] += tuple(s for s in finding.sensors if s.kind not in kinds)
    sums["checks"] += tuple(c for c in finding.checks if c.check not in names)
    for what in ("processors", "memory", "storage", "interfaces"):
        sums[what] = sums[what] or getattr(finding, what)
    for what in ("blocks", "failures", "placeholders"):
        sums[what] += getattr(finding, what)
    sums["parts"] = joined(sums["parts"], finding.parts)


def _distinct(sums: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Parts by serial number, the first wins; checks that share their name and subject are told apart by a number."""
    parts: dict[Any, Any] = {}
    for part in sums["parts"]:
        parts.setdefault(part.serial or (part.part, part.name, part.place, part.model), part)
    checks: dict[Any, Any] = {}
    for check in sums["checks"]:
        key, n = (check.check, check.subject), 1
        while key in checks and checks[key] != check and n < 10_000:
            n += 1
            key = (check.check, f"{check.subject} {n}")
        checks.setdefault(key, check)
    return sums | {"parts": tuple(parts.values()), "checks": tuple(checks.values())}
