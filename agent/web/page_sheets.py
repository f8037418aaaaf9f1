"""The tables of the pages as sheets: the same rows as a page shows, all of them, with nothing cut.

devices_sheet(rows) and so on; `agent.web.tables` serves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.accounting.availability import Figures
from agent.facts import Outage
from agent.hardware.dossier import Dossier
from agent.hardware.register import Piece
from agent.hardware.table import COLUMNS, row_of
from agent.neighbours import neighbours
from agent.programme.tables import Table, items_table, lots_table, slip_table, tolls_table, years_table
from agent.programme.whole import Programme
from agent.sheets import Column, Sheet, columns
from agent.story import Notes
from agent.view import View
from agent.web.device import Device, Row
from agent.web.health import Health, Lacking
from agent.web.names import name_of, reason_of
from agent.web.outage import One, listed_of, running_and_ended
from agent.web.overview import Tally, alarms, overview, troubles
from agent.web.planned import Maintenance, Planned, maintenance_page
from collectors.readings import Cadence


def known(at: datetime) -> datetime | None:
    """None for the beginning of time, by which the board says that it never looked."""
    return at if at.year > 1970 else None


# ---------------------------------------------------------------- devices
DEVICES = columns(
    "device", "title", "standing", "since time", "reason", "cause", "flapping boolean", "in_maintenance boolean",
    "class", "site", "zone", "council", "address", "model", "serial", "last_answer_age_seconds seconds",
)  # fmt: skip


def devices_sheet(rows: Iterable[Row]) -> Sheet:
    def line(row: Row) -> Sequence[Any]:
        w, held = row.watched, row.held
        return (
            w.name, w.title, row.standing.value, known(held.since), held.reason, held.cause, row.flapping,
            row.in_maintenance, w.role, w.site, w.zone, w.council, w.address, row.model, row.serial, row.age,
        )  # fmt: skip

    return Sheet("devices", DEVICES, map(line, rows))


DEVICE_TABLES: Mapping[str, Sequence[Column]] = {
    "interfaces": columns(
        "index number", "name", "descr", "alias", "admin", "oper", "speed_bps number", "in_octets bytes",
        "out_octets bytes", "in_errors number", "out_errors number", "in_discards number", "out_discards number",
    ),
    "checks": columns("check", "subject", "state", "level"),
    "sensors": columns("name", "kind", "value number", "unit", "state", "level"),
    "usage": columns("kind", "name", "usage_ratio number", "used_bytes bytes", "total_bytes bytes"),
    "parts": columns(
        "part", "name", "model", "serial", "version", "manufactured date", "stage", "reason", "seen boolean"
    ),
    "failures": columns("stage", "kind", "asked", "detail"),
}  # fmt: skip


def device_sheets(name: str, device: Device) -> Mapping[str, Sheet]:
    """The tables of one device's page."""
    rows: Mapping[str, Iterable[Sequence[Any]]] = {
        "interfaces": (
            (i.index, i.name, i.descr, i.alias, i.admin, i.oper, i.speed_bps, i.in_octets, i.out_octets, i.in_errors,
             i.out_errors, i.in_discards, i.out_discards)
            for i in device.interfaces
        ),
        "checks": ((c.check, c.subject, c.state, c.level.value) for c in device.checks),
        "sensors": (
            (s.name, s.kind, s.value, s.unit, s.state, s.level.value if s.level else None) for s in device.sensors
        ),
        "usage": ((kind.lower(), u.name, u.usage_ratio, u.used_bytes, u.total_bytes) for kind, u in device.usage),
        "parts": (
            (p.part, p.name, p.model, p.serial, p.version, p.made, p.stage.name if p.stage else None, p.why, p.seen)
            for p in device.parts
        ),
        "failures": ((f.stage, f.kind, f.asked, f.detail) for f in device.failures),
    }  # fmt: skip
    return {table: Sheet(f"{name}-{table}", said, rows[table]) for table, said in DEVICE_TABLES.items()}


# ---------------------------------------------------------------- outages
# Those of `hartwatch outages --format csv` first, under the same keys.
OUTAGES = columns(
    "id", "subject", "began_at time", "ended_at time", "seconds seconds", "reason", "cause", "carried_by",
    "carried list", "flaps number", "planned_seconds seconds", "acknowledged_by", "tickets list", "corrected boolean",
    "what", "kind", "fix_state", "fix_target_seconds seconds", "fix_left_seconds seconds", "fix_due_at time",
)  # fmt: skip


def outages_sheet(view: View, outages: Iterable[Outage]) -> Sheet:
    def line(o: Any) -> Sequence[Any]:
        t, out = o.timing, o.outage
        return (
            str(out.id), out.subject, out.began_at, out.ended_at, o.lasted, out.reason, o.said.cause, out.cause,
            out.carried, out.flaps, o.planned, o.said.held_by.author if o.said.held_by else None, o.said.tickets,
            out.corrected, o.named.title, o.named.kind,
            *((t.state, t.target, t.left, t.deadline) if t else (None,) * 4),
        )  # fmt: skip

    return Sheet("outages", OUTAGES, map(line, listed_of(view, outages, Notes(view.notes))))


def outages_in(view: View, state: str = "", subject: str = "") -> list[Outage]:
    """In the order of the page, and all of them."""
    running, ended = running_and_ended(view)
    found = [*(running if state != "ended" else ()), *(ended if state != "open" else ())]
    return [o for o in found if not subject or o.subject == subject]


TIMELINE = columns("at time", "what", "text", "standing", "author")


def timeline_sheet(one: One) -> Sheet:
    return Sheet(
        f"outage-{one.short}", TIMELINE,
        ((e.at, e.what, e.text, e.standing.value if e.standing else None, e.author or None) for e in one.timeline),
    )  # fmt: skip


QUARTER = columns(
    "subject", "what", "from time", "until time", "achieved number", "lower number", "upper number", "target number",
    "decided boolean", "up_seconds seconds", "down_seconds seconds", "planned_seconds seconds",
    "blind_seconds seconds", "outages number", "fixed number", "within_target number", "mean_fix_seconds seconds",
)  # fmt: skip


def quarter_sheet(view: View, figures: Iterable[Figures]) -> Sheet:
    return Sheet(
        "quarter", QUARTER,
        (
            (f.subject, name_of(f.subject, view.estate).title, f.window.began_at, f.window.ended_at, f.achieved,
             f.lower, f.upper, f.terms.target, f.decided, f.up, f.down, f.planned, f.blind, f.outages, f.fixed,
             f.within_target, f.mean_fix)
            for f in figures
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- maintenance
TIMES = columns(
    "window", "subjects list", "covers list", "state", "from time", "until time", "lasts_seconds seconds", "reason",
    "owner", "repeat", "inventory", "after_the_fact boolean", "ended_by", "problem",
)  # fmt: skip


def maintenance_sheet(view: View, state: str = "") -> Sheet:
    """Times that are running, coming or over within two weeks, the next times of rules, and rules that cannot be read.

    With a `state` only its rows; those of a rule are "rule" and "unreadable".
    """
    page: Maintenance = maintenance_page(view, most=None)

    def line(planned: Planned, state: str) -> Sequence[Any]:
        w, p = planned.window, planned.period
        return (
            str(w.id), w.subjects, w.covers, state, p.began_at, p.ended_at, p.length, w.reason, w.owner,
            w.repeat or None, w.name or None, w.after_the_fact, w.ended_by or None, None,
        )  # fmt: skip

    rows = [line(planned, "running") for planned in page.running]
    rows += [line(planned, "coming") for planned in page.coming]
    for rule in page.rules:
        w = rule.window
        rows += [line(Planned(time, w, rule.subjects), "rule") for time in rule.times]
        if rule.problem:
            rows.append((str(w.id), w.subjects, w.covers, "unreadable", None, None, None, w.reason, w.owner, w.repeat,
                         w.name or None, w.after_the_fact, None, rule.problem))  # fmt: skip
    rows += [line(planned, "over") for planned in page.over]
    wanted = ("rule", "unreadable") if state == "rule" else (state,)
    return Sheet("maintenance", TIMES, [row for row in rows if not state or row[3] in wanted])


# ---------------------------------------------------------------- neighbours, hardware, programme
NEIGHBOURS = columns(
    "neighbour", "kind", "known_as", "seen_by", "port", "their_port", "by", "address", "chassis", "platform"
)


def neighbours_sheet(view: View, every: bool = False) -> Sheet:
    """Those that the inventory does not have; all with `every`."""
    found = neighbours(view.estate, view.latest.told(Cadence.INVENTORY, view.watched, view.now))
    return Sheet(
        "neighbours", NEIGHBOURS,
        (
            (one.name, one.kind.replace("_", " ") or None, one.known or None, seen.device, seen.port, seen.their_port,
             seen.by, seen.address, seen.chassis, seen.platform)
            for one in found if every or one.unknown for seen in one.seen
        ),
    )  # fmt: skip


REGISTER = tuple(Column(key, key.replace("_", " "), kind) for key, kind in COLUMNS)


def register_sheet(pieces: Iterable[Piece]) -> Sheet:
    """As `hartwatch register --format csv` has it."""
    return Sheet("register", REGISTER, map(row_of, pieces))


def piece_sheets(told: Dossier) -> Mapping[str, Sheet]:
    """The tables of the page of one piece of hardware."""
    return {
        "evidence": Sheet("evidence", columns("kind", "day date", "confidence", "source"),
                          ((r.kind, r.day, r.confidence, r.source) for r in told.rungs)),
        "reasons": Sheet("reasons", columns("kind", "on date", "text", "source"),
                         ((r.kind, r.on, r.text, r.source) for r in told.reasons)),
        "stays": Sheet("stays", columns("device", "from time", "until time", "outages number"),
                       ((s.device, s.began_at, s.ended_at, s.outages) for s in told.stays)),
        "history": Sheet("history", columns("at time", "kind", "where", "text", "author"),
                         ((e.at, e.kind, e.where, e.text, e.author or None) for e in told.history)),
    }  # fmt: skip


def programme_sheets(programme: Programme) -> Mapping[str, Sheet]:
    """As `hartwatch programme` has them."""
    tables: dict[str, Table] = {
        "items": items_table(programme), "years": years_table(programme), "tolls": tolls_table(programme),
        "no-price": lots_table(programme.unpriced), "no-date": lots_table(programme.undated_lots),
    }  # fmt: skip
    if programme.slip is not None:
        tables["slip"] = slip_table(programme)
    dates = ("due_on", "vendor_support_ends")
    money = {"cost", "price", "cost_now", "over_cap", "waiting_cost", *programme.councils}
    return {
        name: Sheet(
            f"programme-{name}",
            tuple(
                Column(key, key.replace("_", " "), "money" if key in money else "date" if key in dates else "text")
                for key in table.names
            ),
            table.rows,
        )
        for name, table in tables.items()
    }


# ---------------------------------------------------------------- the whole, and the agent
TALLIES = columns("what", "total number", "up number", "degraded number", "down number", "not_known number")


def _tallies(name: str, tallies: Iterable[Tally]) -> Sheet:
    return Sheet(
        name, TALLIES, ((t.named.title, t.total, t.up, t.degraded, t.down, t.blind) for t in tallies)
    )  # fmt: skip


def overview_sheets(view: View) -> Mapping[str, Sheet]:
    """What is wrong now, as the first page has it, and its other tables."""
    page = overview(view)
    return {
        "troubles": Sheet(
            "troubles",
            columns("subject", "what", "standing", "since time", "reason", "site", "affected list",
                    "flapping boolean", "planned boolean", "fix_left_seconds seconds", "held_by"),
            (
                (t.named.subject, t.named.title, t.standing.value, known(t.since), t.reason,
                 t.site.title if t.site else None, [a.title for a in t.affected], t.flapping, t.work is not None,
                 t.timing.left if t.timing else None, t.held_by.author if t.held_by else None)
                for t in troubles(view)
            ),
        ),
        "warnings": Sheet(
            "warnings", columns("device", "check", "subject", "state", "level", "age_seconds seconds"),
            ((a.device.title, a.check.check, a.check.subject, a.check.state, a.check.level.value, a.age)
             for a in alarms(view)),
        ),
        "services": Sheet(
            "services", columns("service", "title", "standing", "since time", "reason", "achieved number",
                                "target number"),
            ((s.named.subject.partition(":")[2], s.named.title, s.held.standing.value, known(s.held.since),
              reason_of(s.held.reason, view.estate), s.figures.achieved if s.figures else None,
              s.figures.terms.target if s.figures else None) for s in page.services),
        ),
        "links": Sheet(
            "links", columns("site", "link", "circuit", "supplier", "standing", "since time", "flapping boolean",
                             "in_maintenance boolean"),
            ((pair.site.title, leg.named.subject.partition(":")[2], leg.named.title, leg.supplier, leg.standing.value,
              known(leg.since), leg.flapping, leg.in_maintenance) for pair in page.pairs for leg in pair.legs),
        ),
        "classes": _tallies("classes", page.classes),
        "sites": _tallies("sites", [*(c.tally for c in page.centres), *page.sites]),
    }  # fmt: skip


def health_sheets(health: Health, lacking: Iterable[Lacking]) -> Mapping[str, Sheet]:
    """Looks that miss something, all of them; failures by stage and kind; what is said of the agent itself."""
    return {
        "lacking": Sheet(
            "lacking", columns("device", "failures number", "kinds"),
            [(one.device.title, one.failures, one.kinds) for one in lacking],
        ),
        "failures": Sheet("failures", columns("stage", "kind", "times number"), health.failures),
        "figures": Sheet(
            "figures", columns("group", "what", "now", "level", "in_words"),
            [(group, s.title, s.value, s.level.value if s.level else None, s.sentence)
             for group, lines in health.groups for s in lines],
        ),
    }  # fmt: skip
