"""`hartwatch try`, `record`, `lint` and `coverage`: looking at devices that need not be in the inventory."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from collectors import (
    Cadence,
    Memory,
    ProfileInvalid,
    Recorder,
    RecordingInvalid,
    Replay,
    Sessions,
    SnmpAccess,
    Target,
    Visit,
    collect,
    families_page,
    load_profiles,
)
from collectors.readings import Part
from collectors.target import AuthProtocol, PrivProtocol

AT_ONCE = 64  # devices looked at side by side: enough to hide round trips, few enough not to flood a small link


class EngineName(StrEnum):
    FAST = "fast"
    PYSNMP = "pysnmp"


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class CoverageFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"


class Version(StrEnum):
    V1 = "1"
    V2C = "2c"
    V3 = "3"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("try")(try_)
    app.command("record")(record)
    app.command("lint")(lint)
    app.command("coverage")(coverage)


Community = Annotated[str, typer.Option(envvar="HARTWATCH_COMMUNITY", help="SNMP v1 or v2c community.")]
Port = Annotated[int, typer.Option(help="UDP port.", min=1, max=65535)]


def try_(
    addresses: Annotated[list[str], typer.Argument(help="Addresses, names, or .snmprec files.")],
    community: Community = "public",
    port: Port = 161,
    snmp: Annotated[Version, typer.Option(help="SNMP version.")] = Version.V2C,
    user: Annotated[str, typer.Option(help="SNMPv3 user; secrets from HARTWATCH_AUTH and HARTWATCH_PRIV.")] = "",
    auth: Annotated[str | None, typer.Option(help="SNMPv3 authentication: MD5, SHA, SHA-224 ... SHA-512.")] = None,
    priv: Annotated[str | None, typer.Option(help="SNMPv3 privacy: DES, AES-128, AES-192, AES-256.")] = None,
    profile: Annotated[str | None, typer.Option(help="Use this profile instead of choosing one.")] = None,
    engine: Annotated[EngineName, typer.Option(help="Which SNMP engine asks.")] = EngineName.FAST,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for one answer.", min=0.05, max=60)] = 2.0,
    retries: Annotated[int, typer.Option(min=0, max=10)] = 2,
    deadline: Annotated[float, typer.Option(help="Seconds for one device.", min=0.5, max=600)] = 60.0,
    families: Annotated[Path | None, typer.Option(help="A folder with further profiles.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Look once at devices and show everything that was read. Status 0: all were reached, 1: some were not."""
    access = _access(snmp, community, user, auth, priv)
    profiles = _profiles(families)
    if profile is not None and profile not in profiles:
        raise _usage(f"--profile {profile}: there is no such profile; `hartwatch coverage` lists them")
    targets = [
        Target(
            name=a,
            address=a,
            port=port,
            profile=profile,
            snmp=access,
            engine=engine.value,
            timeout_seconds=timeout,
            retries=retries,
            deadline_seconds=deadline,
        )
        for a in addresses
    ]
    try:
        reached = asyncio.run(_look_at(targets, profiles, form))
    except (RecordingInvalid, OSError) as problem:
        raise _usage(str(problem)) from None
    raise typer.Exit(0 if reached else 1)


async def _look_at(targets: list[Target], profiles: Any, form: Format) -> bool:
    """Visit all, a bounded number at once, and print each as it comes."""
    gate = asyncio.Semaphore(AT_ONCE)
    visits: list[Visit] = []

    async with Sessions() as sessions:

        async def one(target: Target) -> None:
            opener: Any = Replay() if target.address.endswith(".snmprec") else sessions
            async with gate:
                visit = await collect(target, Cadence.INVENTORY, opener, Memory(), profiles)
            visits.append(visit)
            if form is Format.JSONL:
                print(json.dumps(as_row(visit)), flush=True)

        await asyncio.gather(*(one(t) for t in targets))
    if form is Format.JSON:
        print(json.dumps([as_row(v) for v in visits], indent=2))
    elif form is Format.TABLE:
        from agent.cli.look_table import show

        for visit in visits:
            show(visit)
    return all(v.reached for v in visits)


def as_row(visit: Visit) -> dict[str, Any]:
    """A visit as the JSON object that `--format jsonl` prints; its keys are a promise to scripts.

    Here a device is quoted: what it says in place of a serial number is printed as it says it, and marked.
    """
    who = visit.identity
    instead = next((one.serial for one in visit.placeholders if one.part == "identity"), None)
    return {
        "address": visit.device,
        "reached": visit.reached,
        "class": visit.device_class,
        "profile": visit.profile,
        "identity": {
            "vendor": who.vendor,
            "model": who.model,
            "serial": who.serial or instead,
            "version": who.version,
            "name": who.name,
            "sysObjectID": who.sys_object_id,
            "sysDescr": who.sys_descr,
            "sysLocation": who.sys_location,
            "uptime_seconds": who.uptime_seconds,
            "manufactured": who.manufactured.isoformat() if who.manufactured else None,
            **({"serial_is_placeholder": True} if instead and not who.serial else {}),
        },
        "interfaces": [
            {
                "ifIndex": i.index,
                "ifName": i.name,
                "ifDescr": i.descr,
                "ifAlias": i.alias,
                "admin": i.admin,
                "oper": i.oper,
                "speed_bps": i.speed_bps,
                "in_octets": i.in_octets,
                "out_octets": i.out_octets,
                "in_errors": i.in_errors,
                "out_errors": i.out_errors,
                "in_discards": i.in_discards,
                "out_discards": i.out_discards,
            }
            for i in visit.interfaces
        ],
        "sensors": [
            {
                "kind": s.kind,
                "name": s.name,
                "value": s.value,
                "unit": s.unit,
                "oid": s.oid,
                "state": s.state,
                "level": s.level,
                "raw": s.raw,
            }
            for s in visit.sensors
        ],
        "processors": [{"name": u.name, "usage_ratio": u.usage_ratio} for u in visit.processors],
        **{
            what: [
                {
                    "name": u.name,
                    "used_bytes": u.used_bytes,
                    "total_bytes": u.total_bytes,
                    "usage_ratio": u.usage_ratio,
                }
                for u in getattr(visit, what)
            ]
            for what in ("memory", "storage")
        },
        "wireless": dict(visit.wireless),
        "parts": [
            {
                "part": p.part,
                "name": p.name,
                "model": p.model,
                "serial": p.serial or said,
                "version": p.version,
                "manufactured": p.manufactured.isoformat() if p.manufactured else None,
                "installed": p.installed.isoformat() if p.installed else None,
                "replace_by": p.replace_by.isoformat() if p.replace_by else None,
                **({"serial_is_placeholder": True} if said and not p.serial else {}),
            }
            for p, said in with_placeholders(visit)
        ],
        "checks": [{"check": c.check, "subject": c.subject, "state": c.state, "level": c.level} for c in visit.checks],
        "failures": [{"stage": f.stage, "kind": f.kind, "asked": f.asked, "detail": f.detail} for f in visit.failures],
        "readings": [
            {"metric": series.metric.name, "labels": dict(series.labels), "value": value}
            for block in visit.blocks
            for series, value in zip(block.layout.series, block.values, strict=True)
            if not series.metric.name.startswith("if")
        ],
        "seconds": round(visit.seconds, 3),
        "requests": visit.requests,
    }


def with_placeholders(visit: Visit) -> list[tuple[Part, str | None]]:
    """Every part, with what it says in place of a serial number; last those that say nothing else."""
    said = {(one.part, one.name, one.place): one for one in visit.placeholders if one.part != "identity"}
    found = [
        (part, one.serial if (one := said.pop((part.part, part.name, part.place), None)) else None)
        for part in visit.parts
    ]
    return found + [(replace(one, serial=None), one.serial) for one in said.values()]


def record(
    address: Annotated[str, typer.Argument(help="The device to record.")],
    community: Community = "public",
    port: Port = 161,
    snmp: Annotated[Version, typer.Option(help="SNMP version.")] = Version.V2C,
    user: Annotated[str, typer.Option(help="SNMPv3 user; secrets from HARTWATCH_AUTH and HARTWATCH_PRIV.")] = "",
    auth: Annotated[str | None, typer.Option(help="SNMPv3 authentication.")] = None,
    priv: Annotated[str | None, typer.Option(help="SNMPv3 privacy.")] = None,
    everything: Annotated[
        bool, typer.Option(help="Also what no profile asks, below 1.3.6.1.2.1 and 1.3.6.1.4.1.")
    ] = False,
    keep: Annotated[bool, typer.Option(help="Keep names, addresses and serial numbers as they are.")] = False,
    seconds: Annotated[float, typer.Option(help="Longest time it may take.", min=1, max=3600)] = 300.0,
) -> None:
    """Print a recording of a device: what its profile asks, names, addresses and serial numbers replaced."""
    from agent.cli.recording import take

    target = Target(name=address, address=address, port=port, snmp=_access(snmp, community, user, auth, priv))
    raise typer.Exit(asyncio.run(take(target, everything, keep, seconds)))


def lint(
    folders: Annotated[list[Path] | None, typer.Argument(help="Folders with further profiles.")] = None,
) -> None:
    """Check profiles: the form, the object identifiers, what they extend. Status 1 where something is wrong."""
    for folder in folders or ():
        if not folder.is_dir():
            raise _usage(f"{folder}: there is no such folder; name the folder that the profiles lie in")
    try:
        count = len(load_profiles(*(folders or ())))
    except ProfileInvalid as problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"{count} profiles, nothing wrong")


def coverage(
    folder: Annotated[Path, typer.Argument(help="Recordings: FOLDER/FAMILY/CASE.snmprec.")] = Path("tests/recordings"),
    form: Annotated[CoverageFormat, typer.Option("--format", help="markdown: the page docs/families.md.")] = (
        CoverageFormat.TABLE
    ),
) -> None:
    """For each family: how many of the objects it asks were answered by a recording, and which never were."""
    from agent.cli.recording import covered, tried

    if not folder.is_dir():
        raise _usage(f"{folder}: there is no such folder")
    found = asyncio.run(tried(list(folder.rglob("*.snmprec"))))
    if form is CoverageFormat.MARKDOWN:
        print(families_page(load_profiles(), Recorder.objects, found), end="")
        return
    rows = covered(found)
    if form is not CoverageFormat.TABLE:
        print(json.dumps(rows, indent=2 if form is CoverageFormat.JSON else None))
        return
    print(f"{'family':<28}{'recordings':>11}{'asked':>8}{'answered':>10}")
    for row in rows:
        print(f"{row['family']:<28}{row['recordings']:>11}{row['asked']:>8}{row['answered']:>10}")


def _access(snmp: Version, community: str, user: str, auth: str | None, priv: str | None) -> SnmpAccess:
    if snmp is not Version.V3:
        return SnmpAccess(version="1" if snmp is Version.V1 else "2c", community=community)
    if not user:
        raise _usage("--snmp 3 needs --user; secrets come from HARTWATCH_AUTH and HARTWATCH_PRIV")
    for given, known, option in ((auth, AuthProtocol, "--auth"), (priv, PrivProtocol, "--priv")):
        if given is not None and given not in get_args(known):
            raise _usage(f"{option} {given}: there are {', '.join(get_args(known))}")
    if priv and not auth:
        raise _usage("--priv needs --auth: SNMPv3 has no privacy without authentication")
    for given, variable in ((auth, "HARTWATCH_AUTH"), (priv, "HARTWATCH_PRIV")):
        if given and not os.environ.get(variable):
            raise _usage(f"the secret for {given} is expected in the environment as {variable}")
    return SnmpAccess(
        version="3",
        user=user,
        auth=cast("AuthProtocol | None", auth),
        auth_secret=os.environ.get("HARTWATCH_AUTH", ""),
        priv=cast("PrivProtocol | None", priv),
        priv_secret=os.environ.get("HARTWATCH_PRIV", ""),
    )


def _profiles(families: Path | None) -> Any:
    try:
        return load_profiles(*([families] if families else ()))
    except ProfileInvalid as problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(2) from None


def _usage(message: str) -> typer.Exit:
    print(f"hartwatch: {message}", file=sys.stderr)
    return typer.Exit(2)
