"""`hartwatch maintenance`: plan work by command, list what is planned, end it. Times are London's."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import (
    AnyFormat,
    Format,
    estate_of,
    ledger_of,
    login,
    london,
    many,
    moment,
    show,
    write,
)
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.accounting.periods import Period
    from agent.facts import Window

SHORTEST = 8  # characters of an id that are shown at least
SHOWN_TIMES = 3


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Work that is planned: alerts are held, and it counts neither as up nor as down.",
                        no_args_is_help=True)  # fmt: skip
    group.command()(add)
    group.command("list")(list_)
    group.command()(end)
    app.add_typer(group, name="maintenance")


def add(
    subject: Annotated[list[str], typer.Option(help="device:x, link:x, site:x or service:x; may be given again.")],
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help='When it begins: "2026-12-05 22:00".')],
    reason: Annotated[str, typer.Option(help="What is done, in one line.")],
    until: Annotated[str | None, typer.Option(metavar="TIME", help="When it ends.")] = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="Or how long it lasts: 90m, 4h.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.", show_default="login name")] = None,
    repeat: Annotated[
        str,
        typer.Option(metavar="RULE", help='RRULE or cron: FREQ=MONTHLY;BYDAY=1SU, "0 2 * * 0".', show_default="once"),
    ] = "",
    after_the_fact: Annotated[
        bool, typer.Option("--after-the-fact", help="Counts from its beginning, though entered later; this is shown.")
    ] = False,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Plan work on devices, links, sites or services, once or again and again."""
    from agent.accounting.periods import Period
    from agent.cli.saying import by_command, told
    from agent.deeds import DEEDS, Mistakes, Scene
    from agent.ledger.ids import uuid7
    from agent.maintenance import times_of, upcoming

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    now = datetime.now(UTC)
    given = {
        "subjects": "\n".join(subject), "from": from_, "until": until, "for": lasts, "reason": reason, "repeat": repeat,
        "owner": login("--owner") if owner is None else owner, "after_the_fact": "yes" if after_the_fact else "",
    }  # fmt: skip
    scene = Scene(now, given["owner"] or "", uuid7, estate=estate_of(found))
    try:
        facts = DEEDS["plan"].facts(scene, {field: text for field, text in given.items() if text is not None})
    except Mistakes as wrong:
        fail("\n".join(map(told, wrong.found)), 2)
    (window,) = facts.windows
    with ledger_of(found) as ledger:
        write(ledger, by_command(scene.author, DEEDS["plan"], scene, facts))
    covered = len(window.covers)
    print(f"{window.id}: {', '.join(window.subjects)} ({covered} {'subject' if covered == 1 else 'subjects'})")
    whole = Period(window.begins_at, max(window.ends_at, now))
    times = upcoming(window, now, SHOWN_TIMES) or times_of(window, whole)[-1:]
    for time in times:
        print(f"  {london(time.began_at)} to {london(time.ended_at)}")
    if times and times[0].began_at < now < times[0].ended_at and not after_the_fact:
        print("hartwatch: it has begun: what lies before now does not count as planned", file=sys.stderr)


def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also what is over or was ended.")] = False,
    form: AnyFormat = Format.TABLE,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """List planned work: what runs now, and when it comes next."""
    from agent.maintenance import Plan, upcoming

    now = datetime.now(UTC)
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        windows = ledger.windows()
    plan = Plan.of(windows)
    unreadable = {window.id for window, _ in plan.unreadable}
    short = _short([str(window.id) for window in windows])
    table = form is Format.TABLE
    rows: list[tuple[tuple[int, datetime], tuple[Any, ...]]] = []
    for window in windows:
        times = [] if window.id in unreadable else upcoming(window, now, SHOWN_TIMES)
        stands = _state(window, times, now)
        if window.id in unreadable and stands == "over":
            stands = "rule not readable"
        if stands in ("ended", "over") and not everything:
            continue
        at = times[0].began_at if times else window.begins_at
        until = times[0].ended_at if times else window.ends_at
        row: tuple[Any, ...] = (
            short[str(window.id)] if table else str(window.id),
            stands,
            many(window.subjects, form),
            london(at) if table else at.isoformat(),
            london(until) if table else until.isoformat(),
            window.repeat,
            window.owner,
            window.reason + (" (entered after the fact)" if table and window.after_the_fact else ""),
            window.name,
        )
        if not table:
            later = [f"{time.began_at.isoformat()}/{time.ended_at.isoformat()}" for time in times[1:]]
            row += (
                many(later, form),
                many(window.covers, form),
                window.after_the_fact,
                moment(window.recorded_at, form),
                moment(window.ended_at, form),
                window.ended_by,
            )
        rows.append(((0 if times else 1, at), row))
    names: tuple[str, ...] = ("id", "state", "subjects", "from", "until", "repeat", "owner", "reason", "name")
    if not table:
        names += ("later", "covers", "after_the_fact", "recorded_at", "ended_at", "ended_by")
    rows.sort(key=lambda one: one[0])
    show(names, [row for _, row in rows], form, "Nothing is planned.")


def end(
    id: Annotated[
        str, typer.Argument(metavar="ID", help="As `list` shows it; the beginning will do where it is unique.")
    ],
    reason: Annotated[str, typer.Option(help="Why it ends, in one line.")],
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """End planned work from now on: what runs is over, and nothing more of it comes. What was stays as it was."""
    from agent.cli.saying import by_command, told
    from agent.deeds import DEEDS, Mistakes, Scene
    from agent.ledger.ids import uuid7

    now = datetime.now(UTC)
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        window = _named(id, ledger.windows())
        scene = Scene(now, login("--owner"), uuid7, window=window)
        try:
            facts = DEEDS["end"].facts(scene, {"reason": reason})
        except Mistakes as wrong:
            of_reason = any(one.field for one in wrong.found)
            lines = (told(one) if one.field else f"{window.id}: {told(one)}" for one in wrong.found)
            fail("\n".join(lines), 2 if of_reason or window.name else 1)
        write(ledger, by_command(scene.author, DEEDS["end"], scene, facts))
    print(f"{window.id} ended")


# ---------------------------------------------------------------- pieces
def _named(text: str, windows: Sequence[Window]) -> Window:
    """The one window whose id begins so."""
    wanted = text.strip().lower().replace("-", "")
    found = [window for window in windows if wanted and window.id.hex.startswith(wanted)]
    if not found:
        fail(f"there is no planned maintenance {text!r}: `hartwatch maintenance list --all` shows what there is", 2)
    if len(found) > 1:
        fail(f"{text!r} is the beginning of {len(found)} ids: {', '.join(str(w.id) for w in found[:4])}", 2)
    return found[0]


def _short(ids: Sequence[str]) -> dict[str, str]:
    """Each id as short as it may be and still be told from the others: those made in one minute begin alike."""
    short: dict[str, str] = {}
    ordered = sorted(ids)
    for place, one in enumerate(ordered):
        near = (ordered[place - 1] if place else "", ordered[place + 1] if place + 1 < len(ordered) else "")
        length = SHORTEST
        while length < len(one) and any(other.startswith(one[:length]) for other in near):
            length += 1
        short[one] = one[:length]
    return short


def _state(window: Window, times: Sequence[Period], now: datetime) -> str:
    if window.ended_at is not None and window.ended_at <= now:
        return "ended"
    if not times:
        return "over"
    return "running" if times[0].began_at <= now else "planned"
