"""What the lists of devices and a device's own page say, worked out from a view. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from agent.facts import Standing
from agent.hardware.register import Piece
from agent.health import UNKNOWN, Held
from agent.latest import completed
from agent.lifecycle.evidence import iso_day
from agent.lifecycle.wording import STAGE_WORDS, Wording
from agent.traffic import key_of
from agent.view import View
from agent.watched import Watched
from agent.web.charts import Spark, spark
from agent.web.names import Named, name_of, piece_url, shown
from agent.web.outage import Listed, outages_of_subjects
from agent.web.planned import Planned, Under
from agent.words import count, full, span
from collectors.readings import Cadence, Check, Failure, Identity, Interface, Level, Part, Sensor, Usage, Visit

_WORST_FIRST = {Level.CRITICAL: 0, Level.WARNING: 1, Level.UNKNOWN: 2, Level.OK: 3}
_STANDING_ORDER = {Standing.DOWN: 0, Standing.DEGRADED: 1, Standing.BLIND: 2, Standing.UP: 3}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of devices. `age`: of its last answer."""

    watched: Watched
    held: Held
    standing: Standing
    site_title: str
    model: str
    serial: str
    age: timedelta | None
    flapping: bool = False
    in_maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hardware in a device: as its last visit has it, as the register has it, or both. `seen`: by that visit.

    `stage` and `why` are None and "" where the register does not have it yet.
    """

    part: str
    name: str
    model: str
    serial: str
    version: str
    made: date | None
    url: str = ""
    age: timedelta | None = None
    evidence: str = ""  # what the age is known by
    stage: Wording | None = None
    why: str = ""
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Device:
    """One device's page. `fresh`: its readings are not older than two and a half intervals."""

    fresh: bool
    identity: Sequence[tuple[str, str]]
    looks: Sequence[tuple[str, str]]
    behind: Sequence[Named]
    checks: Sequence[Check]
    usage: Sequence[tuple[str, Usage]]
    sensors: Sequence[Sensor]
    interfaces: Sequence[Interface]
    ports_up: int
    traffic: Mapping[str, Spark]  # by what agent.traffic.key_of says of an interface
    links: Mapping[str, str]  # the same > what the link is called that is watched there
    parts: Sequence[Fitted]
    failures: Sequence[Failure]
    work: Planned | None  # the planned maintenance that it is in
    outages: Sequence[Listed]


def rows_of(view: View, devices: Iterable[Watched]) -> list[Row]:
    """What is wrong first, then by name."""
    rows = []
    under = Under(view)
    for watched in devices:
        recent = view.latest.of(watched.name)
        identity = recent.identity if recent else Identity()
        held = view.board.get(f"device:{watched.name}", UNKNOWN)
        site = view.estate.sites.get(watched.site)
        rows.append(
            Row(
                watched=watched,
                held=held,
                standing=shown(held),
                site_title=site.title if site else watched.site,
                model=" ".join(word for word in (identity.vendor, identity.model) if word),
                serial=identity.serial or "",
                age=view.now - recent.last_success_at if recent and recent.last_success_at else None,
                flapping=held.flapping_at(view.now),
                in_maintenance=under.of(f"device:{watched.name}") is not None,
            )
        )
    return sorted(rows, key=lambda row: (_STANDING_ORDER[row.standing], row.watched.name))


def fits(row: Row, asked: Mapping[str, str]) -> bool:
    """Whether a row is what `q` (words), `class`, `standing` and `site` ask for; what is missing asks nothing."""
    if asked.get("class") and row.watched.role != asked["class"]:
        return False
    if asked.get("standing") and row.standing.value != asked["standing"]:
        return False
    if asked.get("site") and row.watched.site != asked["site"]:
        return False
    words = asked.get("q", "").casefold().split()
    if not words:
        return True
    said = f"{row.watched.name} {row.watched.title} {row.watched.address} {row.site_title} {row.model} {row.serial}"
    return all(word in said.casefold() for word in words)


def device_of(view: View, watched: Watched) -> Device:
    recent = view.latest.of(watched.name)
    visits = recent.visits if recent else {}
    pulse, health, inventory = (visits.get(cadence) for cadence in Cadence)
    health = completed(health, inventory) if health else None
    identity = inventory.identity if inventory else Identity()
    interfaces = _interfaces(pulse, recent.interfaces if recent else ())
    newest = recent.newest if recent else None
    at = view.now.timestamp()
    return Device(
        fresh=view.latest.fresh(watched.name, Cadence.PULSE, watched.intervals[Cadence.PULSE], view.now) is not None,
        identity=_identity(identity, newest),
        looks=_looks(view, watched, newest, recent.failures_in_a_row if recent else 0),
        behind=[name_of(s if ":" in s else _front(s, view), view.estate) for s in watched.behind],
        checks=sorted(health.checks, key=lambda c: (_WORST_FIRST[c.level], c.check, c.subject)) if health else (),
        usage=_usage(health),
        # States are shown as checks.
        sensors=sorted((s for s in health.sensors if s.kind != "state"), key=lambda s: (s.kind, s.name))
        if health
        else (),
        interfaces=interfaces,
        ports_up=sum(i.oper == "up" for i in interfaces),
        traffic={key: spark(history) for key, history in view.latest.traffic.of(watched.name, at).items()},
        links=_links(view, watched.name, interfaces),
        parts=_fitted(inventory.parts if inventory else (), [p for p in view.pieces if p.asset.device == watched.name]),
        failures=newest.failures if newest else (),
        work=Under(view).of(f"device:{watched.name}"),
        outages=outages_of_subjects(view, [f"device:{watched.name}"]),
    )


def _fitted(parts: Sequence[Part], pieces: Sequence[Piece]) -> list[Fitted]:
    """What the visit saw in its order, each with its piece of the register; then what else the register has here."""
    known: dict[str, Piece] = {}
    for piece in sorted(pieces, key=lambda piece: piece.presence == "present"):  # what is there goes before what was
        for mark in (piece.asset.serial, f"{piece.asset.part}/{piece.asset.name}"):
            if mark:
                known[mark] = piece
    found: list[Fitted] = []
    listed: set[str] = set()
    for part in parts:
        piece_of = known.get(part.serial or "") or known.get(f"{part.part}/{part.name}")
        fitted = Fitted(
            part.part, part.name, part.model or "", part.serial or "", part.version or "", part.manufactured
        )
        if piece_of is not None:
            listed.add(piece_of.asset.key)
            fitted = replace(
                fitted,
                url=piece_url(piece_of.asset),
                age=piece_of.age,
                evidence=piece_of.evidence,
                stage=STAGE_WORDS[piece_of.life.stage],
                why=piece_of.reason,
            )
        found.append(fitted)
    for piece in pieces:
        asset = piece.asset
        if piece.presence == "present" and asset.key not in listed:
            found.append(
                Fitted(
                    asset.part, asset.name, asset.model or "", asset.serial or "", asset.version or "",
                    iso_day(asset.manufactured), piece_url(asset), piece.age, piece.evidence,
                    STAGE_WORDS[piece.life.stage], piece.reason, False,
                )
            )  # fmt: skip
    return found


def _front(name: str, view: View) -> str:
    return f"link:{name}" if name in view.estate.links and name not in view.estate.devices else f"device:{name}"


def _interfaces(pulse: Visit | None, every: Sequence[Interface]) -> Sequence[Interface]:
    """All interfaces by the last health visit; of those that links watch, what the last pulse said."""
    newer = {i.index: i for i in pulse.interfaces} if pulse else {}
    return tuple(newer.get(i.index, i) for i in every) if every else tuple(newer.values())


def _links(view: View, device: str, interfaces: Sequence[Interface]) -> dict[str, str]:
    watched = {
        watch.interface: name_of(f"link:{name}", view.estate).title
        for name, link in view.estate.links.items()
        for watch in link.watch
        if watch.device == device
    }
    found = {}
    for one in interfaces:
        title = next((watched[said] for said in (one.name, one.descr, one.alias) if said in watched), None)
        if title is not None:
            found[key_of(one)] = title
    return found


def _usage(health: Visit | None) -> list[tuple[str, Usage]]:
    if health is None:
        return []
    kinds = (("Processor", health.processors), ("Memory", health.memory), ("Storage", health.storage))
    return [(kind, usage) for kind, usages in kinds for usage in usages]


def _identity(identity: Identity, newest: Visit | None) -> list[tuple[str, str]]:
    said = [
        ("Vendor", identity.vendor),
        ("Model", identity.model),
        ("Serial number", identity.serial),
        ("Version", identity.version),
        ("Calls itself", identity.name),
        ("Says it is at", identity.sys_location),
        ("Describes itself", identity.sys_descr),
    ]
    uptime = newest.identity.uptime_seconds if newest else None
    if uptime is not None:
        said.append(("Running for", span(timedelta(seconds=uptime))))
    return [(title, value) for title, value in said if value]


def _looks(view: View, watched: Watched, newest: Visit | None, silent: int) -> list[tuple[str, str]]:
    said = []
    if newest:
        answered = [s for s in ("snmp", "ssh", "icmp", "tcp", "http", "dns") if getattr(newest.answered, s)]
        quiet = [s for s in ("snmp", "ssh", "icmp", "tcp", "http", "dns") if getattr(newest.answered, s) is False]
        said += [
            ("Last answer", f"{full(newest.started_at)}, {span(view.now - newest.started_at)} ago"),
            ("Took", f"{newest.seconds:.2f} s, {count(newest.requests, 'request')}"),
            ("Answered", ", ".join(s.upper() for s in answered) or "nothing"),
        ]
        if quiet:
            said.append(("Stayed silent", ", ".join(s.upper() for s in quiet)))
        if newest.profile:
            said.append(("Read as", newest.profile))
    if silent:
        said.append(("Silent since", f"{count(silent, 'look')} in a row"))
    every = ", ".join(f"{cadence.value} {span(watched.intervals[cadence])}" for cadence in Cadence)
    return [*said, ("Looked at every", every)]
