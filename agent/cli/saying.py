"""`hartwatch outages ack`, `note`, `cause` and so on: what people know of an outage, each one a note in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import ledger_of, length_of, login, write
from agent.cli.serve import SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.accounting.availability import Book
    from agent.facts import Note, Outage
    from agent.ledger import Ledger

OutageId = Annotated[
    str, typer.Argument(metavar="ID", help="As `outages` shows it: the end of its id, or the beginning of all of it.")
]
Author = Annotated[str | None, typer.Option("--as", help="Who says so.", show_default="login name")]
Moment = typer.Option(metavar="TIME", help='"2026-12-05 22:00:00", as the clock in London shows it.')


def register(group: typer.Typer) -> None:
    for name, command in (
        ("ack", ack), ("note", note), ("cause", cause), ("statement", statement), ("link-ticket", link_ticket),
        ("pause", pause), ("resume", resume), ("correct", correct), ("void", void),
    ):  # fmt: skip
        group.command(name)(command)


def ack(
    id: OutageId,
    lasts: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="Until it expires: 4h, 1d.")] = None,
    text: Annotated[str, typer.Option("--note", help="What is being done.")] = "",
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say who has it. Reminders rest until the acknowledgement expires; the fix clock does not."""
    from agent import saying

    length = length_of(lasts, "--for")

    def say(outage: Outage, now: datetime, who: str, *_: Any) -> Note:
        return saying.acknowledge(outage, who, now, now + length if length else None, text)

    _say(id, say, author, state, settings)


def note(
    id: OutageId,
    text: Annotated[str, typer.Argument(help="What there is to say. It never enters what is public.")],
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Add a remark."""
    from agent import saying

    _say(id, lambda outage, now, who, *_: saying.remark(outage, text, who, now), author, state, settings)


def cause(
    id: OutageId,
    text: Annotated[str, typer.Argument(metavar="CAUSE", help="One of the fixed list; a wrong one shows it.")],
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Give its cause, in the words of the fixed list: power, supplier circuit, hardware failure ..."""
    from agent import saying

    _say(id, lambda outage, now, who, *_: saying.cause(outage, text, who, now), author, state, settings)


def statement(
    id: OutageId,
    text: Annotated[str, typer.Argument(help="One line for the public. It is printed in the public paper.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what was said before.")] = False,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say what the public is told of it: no names of equipment, addresses, suppliers or people."""
    from agent import saying

    if withdraw is bool(text.strip()):
        fail("give either a statement for the public, or --withdraw", 2)
    _say(id, lambda outage, now, who, *_: saying.statement(outage, text, who, now), author, state, settings)


def link_ticket(
    id: OutageId,
    reference: Annotated[str, typer.Argument(help="For example INC0012345.")],
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Add the reference of a ticket."""
    from agent import saying

    _say(id, lambda outage, now, who, *_: saying.ticket(outage, reference, who, now), author, state, settings)


def pause(
    id: OutageId,
    reason: Annotated[str, typer.Argument(help="One of the fixed list; a wrong one shows it.")],
    since: Annotated[str | None, Moment] = None,
    until: Annotated[str | None, Moment] = None,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Let its fix clock stand still, from now or `--since` on, until `resume`."""
    from agent import saying

    a, b = _moment(since, "--since"), _moment(until, "--until")
    _say(id, lambda outage, now, who, *_: saying.pause(outage, reason, who, now, a, b), author, state, settings)


def resume(
    id: OutageId,
    at: Annotated[str | None, Moment] = None,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Let its fix clock run again, from now or `--at` on."""
    from agent import saying

    moment = _moment(at, "--at")

    def say(outage: Outage, now: datetime, who: str, notes: Sequence[Note], _: Sequence[Outage]) -> Note:
        return saying.resume(outage, notes, who, now, moment)

    _say(id, say, author, state, settings)


def correct(
    id: OutageId,
    reason: Annotated[str, typer.Option(help="Why it is known better now.")],
    began: Annotated[str | None, Moment] = None,
    ended: Annotated[str | None, Moment] = None,
    also_carried: Annotated[
        bool, typer.Option("--also-carried", help="Correct what it took down in the same way.")
    ] = False,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say that it began or ended at another time. The record stays; a closed quarter shows it as a restatement."""
    from agent import saying

    a, b = _moment(began, "--began"), _moment(ended, "--ended")

    def say(outage: Outage, now: datetime, who: str, _: Sequence[Note], others: Sequence[Outage]) -> Note:
        return saying.correct(outage, others, reason, who, now, a, b)

    _say(id, say, author, state, settings, also_carried=also_carried)


def void(
    id: OutageId,
    reason: Annotated[str, typer.Option(help="Why it was no outage.")],
    also_carried: Annotated[bool, typer.Option("--also-carried", help="Say the same of what it took down.")] = False,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say that it was no outage. The record stays; figures count the time as up."""
    from agent import saying

    def say(outage: Outage, now: datetime, who: str, *_: Any) -> Note:
        return saying.void(outage, reason, who, now)

    _say(id, say, author, state, settings, also_carried=also_carried)


# ---------------------------------------------------------------- pieces
Say = Callable[["Outage", datetime, str, "Sequence[Note]", "Sequence[Outage]"], "Note"]


def _say(id: str, say: Say, author: str | None, state: Any, settings: Any, *, also_carried: bool = False) -> None:
    """Find the outage, write the note, say what was written."""
    from agent.facts import Facts
    from agent.saying import SaidInvalid, short_id

    now, who = datetime.now(UTC), author or login("--as")
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        book, notes = read(ledger)
        outage = find(book, id, now)
        everything = book.outages(now=now)
        meant = [outage]
        if also_carried:
            ended = outage.ended_at or now
            meant += [
                o for o in everything
                if o.cause == outage.subject and o.began_at < ended and (o.ended_at or now) > outage.began_at
            ]  # fmt: skip
        try:
            said = tuple(say(one, now, who, notes, everything) for one in meant)
        except SaidInvalid as problem:
            fail(str(problem), 2)
        write(ledger, Facts(notes=said))
    for one, what in zip(meant, said, strict=True):
        print(f"{short_id(one)} {one.subject}: {what.kind} by {who}" + (f": {what.text}" if what.text else ""))


def _moment(text: str | None, option: str) -> datetime | None:
    from agent.recurrence import TimesInvalid, instant, parse_wall

    try:
        return None if text is None else instant(parse_wall(text))
    except TimesInvalid as problem:
        return fail(f"{option}: {problem.message}" + (f"; {problem.suggestion}" if problem.suggestion else ""), 2)  # type: ignore[no-any-return]


def read(ledger: Ledger) -> tuple[Book, list[Note]]:
    from agent.accounting.books import open_book

    return open_book(ledger), ledger.notes()


def find(book: Book, text: str, now: datetime) -> Outage:
    from agent.saying import SaidInvalid, which

    try:
        return which(book.outages(now=now), text)
    except SaidInvalid as problem:
        return fail(str(problem), 2)  # type: ignore[no-any-return]
