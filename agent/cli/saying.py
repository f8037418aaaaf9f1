"""`hartwatch outages ack`, `note`, `cause` and so on: what people know of an outage, each one a note in the ledger."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import ledger_of, login, write
from agent.cli.serve import SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.accounting.availability import Book
    from agent.deeds import Deed, Mistake, Scene
    from agent.facts import Facts, Note, Outage
    from agent.ledger import Ledger

OutageId = Annotated[
    str, typer.Argument(metavar="ID", help="As `outages` shows it: the end of its id, or the beginning of all of it.")
]
Author = Annotated[str | None, typer.Option("--as", help="Who says so.", show_default="login name")]
Moment = typer.Option(metavar="TIME", help='"2026-12-05 22:00:00", as the clock in London shows it.')


def register(group: typer.Typer) -> None:
    for name, command in (
        ("ack", ack), ("hand-back", hand_back), ("note", note), ("cause", cause), ("statement", statement),
        ("link-ticket", link_ticket), ("pause", pause), ("resume", resume), ("correct", correct), ("void", void),
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
    _say(id, "acknowledge", {"for": lasts, "note": text}, author, state, settings)


def hand_back(
    id: OutageId,
    text: Annotated[str, typer.Option("--note", help="Why.")] = "",
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say that nobody has it any more. Reminders come again."""
    _say(id, "hand-back", {"note": text}, author, state, settings)


def note(
    id: OutageId,
    text: Annotated[str, typer.Argument(help="What there is to say. It never enters what is public.")],
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Add a remark."""
    _say(id, "note", {"text": text}, author, state, settings)


def cause(
    id: OutageId,
    text: Annotated[str, typer.Argument(metavar="CAUSE", help="One of the fixed list; a wrong one shows it.")],
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Give its cause, in the words of the fixed list: power, supplier circuit, hardware failure ..."""
    _say(id, "cause", {"cause": text}, author, state, settings)


def statement(
    id: OutageId,
    text: Annotated[str, typer.Argument(help="One line for the public. It is printed in the public paper.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what was said before.")] = False,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say what the public is told of it: no names of equipment, addresses, suppliers or people."""
    if withdraw is bool(text.strip()):
        fail("give either a statement for the public, or --withdraw", 2)
    _say(id, "statement", {"text": text}, author, state, settings)


def link_ticket(
    id: OutageId,
    reference: Annotated[str, typer.Argument(help="For example INC0012345.")],
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Add the reference of a ticket."""
    _say(id, "ticket", {"reference": reference}, author, state, settings)


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
    _say(id, "pause", {"reason": reason, "since": since, "until": until}, author, state, settings)


def resume(
    id: OutageId,
    at: Annotated[str | None, Moment] = None,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Let its fix clock run again, from now or `--at` on."""
    _say(id, "resume", {"at": at}, author, state, settings)


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
    given = {"began": began, "ended": ended, "reason": reason, "also_carried": "yes" if also_carried else ""}
    _say(id, "correct", given, author, state, settings)


def void(
    id: OutageId,
    reason: Annotated[str, typer.Option(help="Why it was no outage.")],
    also_carried: Annotated[bool, typer.Option("--also-carried", help="Say the same of what it took down.")] = False,
    author: Author = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say that it was no outage. The record stays; figures count the time as up."""
    _say(id, "void", {"reason": reason, "also_carried": "yes" if also_carried else ""}, author, state, settings)


# ---------------------------------------------------------------- pieces
def _say(id: str, name: str, given: Mapping[str, str | None], author: str | None, state: Any, settings: Any) -> None:
    """Find the outage, write the notes, say what was written."""
    from agent.deeds import DEEDS, Mistakes, Scene
    from agent.ledger.ids import uuid7
    from agent.saying import short_id

    now, who = datetime.now(UTC), author or login("--as")
    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        book, notes = read(ledger)
        everything = book.outages(now=now)
        scene = Scene(now, who, uuid7, everything, notes, outage=find(book, id, now))
        try:
            facts = DEEDS[name].facts(scene, {field: text for field, text in given.items() if text is not None})
        except Mistakes as wrong:
            fail("\n".join(told(one) for one in wrong.found), 2)
        write(ledger, by_command(who, DEEDS[name], scene, facts))
    of = {id: outage for outage in everything for id in outage.ids}
    for what in facts.notes:
        one = of[what.outage]  # type: ignore[index] # a note of a deed is of an outage
        print(f"{short_id(one)} {one.subject}: {what.kind} by {who}" + (f": {what.text}" if what.text else ""))


def by_command(who: str, deed: Deed, scene: Scene, facts: Facts) -> Facts:
    """With the entry that says who did it: the login where it has a name, whoever answers for it, and the machine."""
    import getpass
    import platform
    from dataclasses import replace

    from agent.access import Role, Who
    from agent.deeds import audit_of

    with contextlib.suppress(OSError, KeyError):  # a container whose user has no name
        login_name = getpass.getuser()
        who = who if who == login_name else f"{who} ({login_name})"
    return replace(facts, audits=(audit_of(Who(who, Role.ADMIN, "command", platform.node()), deed, scene, facts),))


def told(wrong: Mistake) -> str:
    """A mistake in what was written; of an option whose text means nothing, with its name."""
    return f"--{wrong.field}: {wrong.text}" if wrong.unreadable else wrong.text


def read(ledger: Ledger) -> tuple[Book, list[Note]]:
    from agent.accounting.books import open_book

    return open_book(ledger), ledger.notes()


def find(book: Book, text: str, now: datetime) -> Outage:
    from agent.saying import SaidInvalid, which

    try:
        return which(book.outages(now=now), text)
    except SaidInvalid as problem:
        return fail(str(problem), 2)  # type: ignore[no-any-return]
