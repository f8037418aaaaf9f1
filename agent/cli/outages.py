"""`hartwatch outages`: list them, and show one with all that is known of it. Times are London's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import saying
from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, london, many, moment, show
from agent.cli.saying import OutageId, find, read
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.accounting.availability import Book
    from agent.facts import Note, Outage


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Outages: list and show them, acknowledge, give causes, correct.")
    group.callback(invoke_without_command=True)(outages)
    group.command("show")(show_one)
    saying.register(group)
    app.add_typer(group, name="outages")


# ---------------------------------------------------------------- reading
def outages(
    context: typer.Context,
    opened: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    subject: Annotated[str | None, typer.Option(help="For example device:sw-wf-1, link:wf-a, site:wallfields.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only those that end after this day begins.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only those that begin before this day ends.")
    ] = None,
    form: AnyFormat = Format.TABLE,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """List outages, the oldest first."""
    if context.invoked_subcommand is not None:
        return
    from agent.calendar_uk import london_midnight
    from agent.saying import said_of, short_id

    now = datetime.now(UTC)
    begin = london_midnight(since.date()) if since else None
    end = london_midnight(until.date() + timedelta(days=1)) if until else None
    if begin and end and end <= begin:
        fail("--until lies before --since", 2)
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        book, notes = read(ledger)
        _known(subject, book)
    found = [
        o
        for o in book.outages(now=now)
        if (subject is None or o.subject == subject)
        and not (opened and o.ended_at)
        and (begin is None or o.ended_at is None or o.ended_at > begin)
        and (end is None or o.began_at < end)
    ]
    table = form is Format.TABLE
    rows: list[tuple[Any, ...]] = []
    for o in found:
        said = said_of(o, notes, now)
        lasted = (o.ended_at or now) - o.began_at
        rows.append(
            (
                short_id(o) if table else str(o.id),
                o.subject,
                moment(o.began_at, form),
                moment(o.ended_at, form),
                _span(lasted) if table else _seconds(lasted),
                o.reason,
                said.cause or "",
                o.cause or "",
                len(o.carried) if table else many(o.carried, form),
                o.flaps,
                _seconds(_planned(o)) if not table else _span(_planned(o)) if o.planned else "",
                said.held_by.author if said.held_by else "",
                many(said.tickets, form),
                "corrected" if o.corrected else "",
            )
        )
    lasted_name, planned_name = ("lasted", "planned") if table else ("seconds", "planned_seconds")
    names: tuple[str, ...] = (
        "id", "subject", "began_at", "ended_at", lasted_name, "reason", "cause", "carried_by", "carried", "flaps",
        planned_name, "acknowledged_by", "tickets", "corrected",
    )  # fmt: skip
    if table:  # what is empty for all of them is not worth a column
        kept = [n for n, name in enumerate(names) if n < 6 or any(row[n] for row in rows)]
        names, rows = tuple(names[n] for n in kept), [tuple(row[n] for n in kept) for row in rows]
    show(names, rows, form, "No outages.")


def show_one(
    id: OutageId,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Everything about one: its timeline with the looks behind it, what it took down, what was said, its fix clock."""
    from agent.accounting.fix_clock import MARKS, clock_of
    from agent.accounting.outages import Period
    from agent.accounting.running import strictest
    from agent.saying import said_of

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    now = datetime.now(UTC)
    with ledger_of(found) as ledger:
        book, notes = read(ledger)
        outage = find(book, id, now)
        flips, told = ledger.flips(outage.subject), ledger.told(outage.subject)
    said = said_of(outage, notes, now)
    planned = [Period(a, b) for a, b in outage.planned]
    clock = clock_of(outage, notes, planned, strictest(outage, estate), now)
    until = outage.ended_at or now
    rows: list[tuple[datetime, str, str]] = []
    for flip in flips:
        if outage.began_at <= flip.at <= until:
            late = _seconds(flip.recorded_at - flip.at)
            known = f", known {late:,.0f} s later" if late >= 1 else ""
            cause = f", by {flip.cause}" if flip.cause else ""
            looks = f" (looked at {', '.join(_clock(look) for look in flip.looks)})" if flip.looks else ""
            rows.append((flip.at, "stands", f"{flip.after.value}: {flip.reason}{cause}{looks}{known}"))
    rows += [(n.from_at or n.at, n.kind, _said(n)) for n in notes if n.outage in outage.ids]
    rows += [(a, "maintenance", f"planned until {london(b)}") for a, b in outage.planned]
    rows += [(at, "told", f"{m.channel}: {m.title}") for at, m in told if outage.began_at <= m.at <= until]
    rows.sort(key=lambda row: row[0])
    facts = {
        "id": str(outage.id),
        "subject": outage.subject,
        "began_at": moment(outage.began_at, form),
        "ended_at": moment(outage.ended_at, form) or "still open",
        "lasted": _span(until - outage.began_at),
        "reason": outage.reason,
        "cause": said.cause or "not recorded",
        "carried_by": outage.cause or "",
        "carried": list(outage.carried),
        "flaps": outage.flaps,
        "planned": _span(_planned(outage)) if outage.planned else "",
        "acknowledged_by": said.held_by.author if said.held_by else "",
        "tickets": list(said.tickets),
        "corrected": said.correction.text if said.correction else "",
        "fix_clock": f"{clock.state}: {_span(clock.elapsed)} elapsed, {_span(clock.service_hours)} in service hours",
        "target": f"{_span(clock.target)}, {clock.used:.0%} used"
        + ("" if clock.within is None else ", kept" if clock.within else ", missed"),
    }
    if clock.state != "stopped":
        marks = ((mark, clock.runs_out_at(mark)) for mark in MARKS)
        facts["marks"] = "; ".join(f"{mark:.0%} at {moment(at, form)}" for mark, at in marks if at is not None)
    if form is not Format.TABLE:
        facts |= {"elapsed_seconds": _seconds(clock.elapsed), "service_seconds": _seconds(clock.service_hours)}
        facts |= {f"paused_{reason.replace(' ', '_')}_seconds": _seconds(length) for reason, length in clock.paused}
    if form is Format.JSON:
        timeline = [{"at": at.isoformat(), "what": what, "text": text} for at, what, text in rows]
        show((*facts, "timeline"), [(*facts.values(), timeline)], form, "")
        return
    shown = [
        (k.replace("_", " "), many(v, form) if isinstance(v, list) else v)
        for k, v in facts.items()
        if v not in ("", [], 0)
    ]
    show(("what", "value"), shown, form, "")
    print()
    show(("at", "what", "text"), [(moment(at, form), what, text) for at, what, text in rows], form, "")


# ---------------------------------------------------------------- pieces


def _known(subject: str | None, book: Book) -> None:
    if subject is not None and subject not in (known := book.subjects()):
        from agent.inventory.problems import did_you_mean

        fail(f"nothing was recorded of {subject!r}; {did_you_mean(subject, known) or 'write kind:name'}", 2)


def _said(note: Note) -> str:
    times = ""
    if note.kind == "correction":
        parts = (("began", note.from_at), ("ended", note.until_at))
        times = ", ".join(f"{word} {london(at)}" for word, at in parts if at is not None)
    elif note.until_at is not None:
        times = f"until {london(note.until_at)}"
    return f"{note.author}: {'; '.join(part for part in (times, note.text) if part)}".rstrip(": ")


def _planned(outage: Outage) -> timedelta:
    return sum((b - a for a, b in outage.planned), timedelta())


def _seconds(length: timedelta) -> float:
    return round(length.total_seconds(), 3)


def _span(length: timedelta) -> str:
    from agent.words import span

    return span(length)


def _clock(at: datetime) -> str:
    return london(at)[11:]
