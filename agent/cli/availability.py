"""`hartwatch availability`, `period`, `redundancy` and `readiness`: figures, closed quarters, what else would hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, login, many, moment, show, write
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.accounting.availability import Figures
    from agent.calendar_uk import NamedPeriod

PeriodName = Annotated[
    str, typer.Option(metavar="PERIOD", help="A quarter 2026-Q3, a month 2026-11, a financial year 2026-27.")
]


def register(app: typer.Typer) -> None:
    app.command()(availability)
    period = typer.Typer(help="Close quarters, and see what was restated since.", no_args_is_help=True)
    period.command()(close)
    period.command("list")(list_)
    period.command("restatements")(restated)
    app.add_typer(period, name="period")
    app.command()(redundancy)
    app.command()(readiness)


def availability(
    period: PeriodName,
    subject: Annotated[
        list[str] | None, typer.Option(help="May be given again.", show_default="every service and site")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every subject that something was recorded of.")] = False,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """What a period amounts to: up, down, planned and blind time, bounds, outages and fix times."""
    from agent.accounting.availability import terms_of
    from agent.accounting.books import open_book

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    wanted, now = _period(period), datetime.now(UTC)
    if wanted.began_at > now:
        fail(f"{wanted} has not begun: it begins on {wanted.begins_on:%d %B %Y}", 2)
    estate = estate_of(found)
    with ledger_of(found) as ledger:
        book = open_book(ledger)
        closed = {c.period: c for c in ledger.closings()}.get(str(wanted))
    known = [*(f"service:{n}" for n in estate.services), *(f"site:{n}" for n in estate.sites)]
    recorded = book.subjects()
    subjects = subject or (recorded if everything else known)
    for one in subjects:
        if one not in recorded and one not in known:
            from agent.inventory.problems import did_you_mean

            fail(f"nothing was recorded of {one!r}; {did_you_mean(one, recorded) or 'write kind:name'}", 2)
    figures = [book.figures(one, wanted.window, terms_of(estate, one), now) for one in subjects]
    if form is Format.TABLE:
        print(wanted.title + (f", closed on {closed.at:%d %B %Y}" if closed else ""))
        if now < wanted.ends_at:
            print(f"It is not over: figures are up to {now:%d %B %Y %H:%M} UTC.")
        show(_TABLE, [_row(one) for one in figures], form, "Nothing to show.")
        if any(one.decided is False for one in figures):
            print("* blind time leaves open whether the target was met")
        return
    show(_COLUMNS, [_values(one, str(wanted)) for one in figures], form, "Nothing to show.")


_TABLE = ("subject", "achieved", "at least", "at most", "down", "planned", "blind", "outages", "mean fix", "in target")
_COLUMNS = (
    "period", "subject", "from", "until", "achieved", "lower", "upper", "target", "decided", "up_seconds",
    "down_seconds", "planned_seconds", "blind_seconds", "degraded_seconds", "service_achieved", "service_lower",
    "service_upper", "service_up_seconds", "service_down_seconds", "service_planned_seconds", "service_blind_seconds",
    "outages", "began", "fixed", "within_target", "share_within", "mean_fix_seconds", "median_fix_seconds",
    "between_failures_seconds", "flaps",
)  # fmt: skip


def _row(figures: Figures) -> tuple[Any, ...]:
    from agent.words import percent, span

    def share(value: float | None) -> str:
        return "not known" if value is None else percent(value)

    fixed = f"{figures.within_target} of {figures.fixed}" if figures.fixed else ""
    return (
        figures.subject,
        share(figures.achieved) + ("*" if figures.decided is False else ""),
        share(figures.lower),
        share(figures.upper),
        span(figures.down),
        span(figures.planned) if figures.planned else "",
        span(figures.blind) if figures.blind else "",
        figures.outages,
        span(figures.mean_fix) if figures.mean_fix is not None else "",
        fixed,
    )


def _values(figures: Figures, period: str) -> tuple[Any, ...]:
    whole, hours = figures.all_hours, figures.service_hours
    return (
        period, figures.subject, figures.window.began_at.isoformat(), figures.window.ended_at.isoformat(),
        figures.achieved, figures.lower, figures.upper, figures.terms.target, figures.decided, _seconds(whole.up),
        _seconds(whole.down), _seconds(whole.planned), _seconds(whole.blind), _seconds(whole.degraded),
        hours.achieved, hours.lower, hours.upper, _seconds(hours.up), _seconds(hours.down), _seconds(hours.planned),
        _seconds(hours.blind), figures.outages, figures.began, figures.fixed, figures.within_target,
        figures.share_within, _seconds(figures.mean_fix), _seconds(figures.median_fix),
        _seconds(figures.between_failures), figures.flaps,
    )  # fmt: skip


# ---------------------------------------------------------------- closing
def close(
    period: Annotated[str, typer.Argument(metavar="QUARTER", help="For example 2026-Q3: October to December 2026.")],
    author: Annotated[str | None, typer.Option("--as", help="Who closes it.", show_default="login name")] = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Freeze the figures of a quarter that is over. What is entered later shows as a restatement."""
    from agent.accounting.closing import CannotClose, closing_of
    from agent.calendar_uk import Quarter
    from agent.facts import Facts

    try:
        quarter = Quarter.parse(period)
    except ValueError as problem:
        fail(str(problem), 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    who = author or login("--as")
    with ledger_of(found) as ledger:
        try:
            closing = closing_of(ledger, estate, quarter, who, datetime.now(UTC))
        except CannotClose as problem:
            fail(str(problem), 1)
        write(ledger, Facts(closings=(closing,)))
        number, digest = ledger.heads()[f"{found.agent_name}-command"]
    print(f"{quarter} is closed. Entry {number} of {found.agent_name}-command, {digest}")


def list_(form: AnyFormat = Format.TABLE, state: StateDirectory = None, settings: SettingsFile = None) -> None:
    """The quarters that are closed."""
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        closings = ledger.closings()
    rows = [(c.period, moment(c.at, form), c.author) for c in closings]
    show(("period", "closed_at", "closed_by"), rows, form, "No quarter is closed.")


def restated(
    period: Annotated[str, typer.Argument(metavar="QUARTER", help="A closed quarter.")],
    form: AnyFormat = Format.TABLE,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """What is known otherwise now than when the quarter was closed: was, now and why."""
    from agent.accounting.restating import restatements

    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        closed = {c.period: c for c in ledger.closings()}
        if period not in closed:
            fail(f"{period} is not closed" + (f"; closed: {', '.join(closed)}" if closed else ""), 1)
        found = restatements(ledger, closed[period])
    rows = [(r.subject, r.figure, r.was, r.now, r.why) for r in found]
    show(("subject", "figure", "was", "now", "why"), rows, form, "Nothing was restated.")


# ---------------------------------------------------------------- redundancy
def redundancy(
    period: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="As for `availability`.", show_default="what is lost now")
    ] = None,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Where one of two links, members, power supplies or data centres was lost while the other carried."""
    from agent.accounting.outages import Period
    from agent.accounting.redundancy import losses_of
    from agent.words import span

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    now = datetime.now(UTC)
    window = _period(period).window if period is not None else Period(now - timedelta(seconds=1), now)
    estate = estate_of(found)
    with ledger_of(found) as ledger:
        losses = losses_of(ledger.flips(), estate, window, now)
    if period is None:
        losses = [loss for loss in losses if loss.ended_at is None]
    table = form is Format.TABLE
    rows = [
        (
            loss.title,
            moment(loss.began_at, form),
            moment(loss.ended_at, form),
            span((loss.ended_at or now) - loss.began_at)
            if table
            else round(((loss.ended_at or now) - loss.began_at).total_seconds(), 3),
            many(loss.legs, form),
            many(loss.sites, form),
            many(loss.suppliers, form),
            loss.cause or "",
        )
        for loss in losses
    ]
    lasted = "lasted" if table else "seconds"
    names = ("what", "began_at", "ended_at", lasted, "lost", "buildings", "suppliers", "cause")
    show(names, rows, form, "No redundancy was lost." if period else "No redundancy is lost now.")


def readiness(
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Whether each data centre could carry every service alone, as everything stood when it was last looked at."""
    from agent.accounting.readiness import readiness_of
    from agent.health import board_of
    from agent.topology import Topology

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    with ledger_of(found) as ledger:
        board = board_of(ledger.standings())
    table = form is Format.TABLE
    rows = []
    for one in readiness_of(estate, Topology.of(estate), board):
        services = len(one.holds) + len(one.fails) + len(one.unknown)
        without: dict[str, list[str]] = {}  # services that miss the same are told together
        for verdict in (*one.fails, *one.unknown):
            without.setdefault(", ".join(verdict.missing), []).append(verdict.service)
        missing = tuple(f"{', '.join(services)} without {parts}" for parts, services in without.items())
        rows.append(
            (
                one.title if table else one.site,
                f"{len(one.holds)} of {services}" if table else one.ratio,
                many(missing, form),
                many(tuple(f"{stock.kind} {stock}" for stock in one.legs), form),
                f"{one.clock.lost} is down: due {moment(one.clock.deadline, form)}" if one.clock else "",
            )
        )
    names = ("data_centre", "services" if table else "ratio", "would_not_hold", "stands", "clock")
    show(names, rows, form, "There is no data centre in the inventory.")


# ---------------------------------------------------------------- pieces
def _period(label: str) -> NamedPeriod:
    from agent.calendar_uk import named_period

    try:
        return named_period(label)
    except ValueError as problem:
        return fail(str(problem), 2)  # type: ignore[no-any-return]


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 6)
