"""What people say of an outage: who has it, its cause, a ticket, pauses of the fix clock, corrections. Pure.

    outage = which(outages, "8f3a41c2")                     by the end or the beginning of its id
    note = acknowledge(outage, author, now, until=...)      and cause, remark, statement, ticket, pause, resume, ...
    said = said_of(outage, notes, now)                      what of it is in force

Every function gives a Note to be appended, or raises SaidInvalid with one line that says what is wrong. Nothing is ever
changed: a correction is one more note, and the last one holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.facts import CAUSES, PAUSE_REASONS, Note, NoteKind, Outage
from agent.inventory.problems import did_you_mean
from agent.words import LONDON, day

LONGEST_TEXT = 2000
LONGEST_STATEMENT = 500  # it stands in one cell of a table that is printed
LONGEST_WORD = 100  # of names and tickets
SHORT = 8  # characters of an id that people see: its end, because ids of one day begin alike
HANDED_BACK = "handed back"
AHEAD = timedelta(minutes=2)  # clocks of two machines may differ by so much


class SaidInvalid(ValueError):
    """What was said cannot be taken down; `str()` says why, and `about` names the argument that is wrong, if one is."""

    def __init__(self, message: str, about: str = "") -> None:
        super().__init__(message)
        self.about = about


@dataclass(frozen=True, slots=True)
class Said:
    """What is in force of all that was said of an outage."""

    cause: str | None = None
    tickets: tuple[str, ...] = ()
    held_by: Note | None = None  # the acknowledgement that has not expired
    remarks: tuple[Note, ...] = ()
    statement: str = ""  # what the public is told of it
    correction: Note | None = None  # the last one, if the outage is not as it was recorded


def said_of(outage: Outage, notes: Iterable[Note], now: datetime) -> Said:
    """`notes` in the order in which they were said."""
    own = [note for note in notes if note.outage in outage.ids]
    last = {note.kind: note for note in own}
    held = last.get("acknowledgement")
    changed = [note for note in own if note.kind in ("correction", "void")]
    return Said(
        cause=last["cause"].text if "cause" in last else None,
        tickets=tuple(dict.fromkeys(note.text for note in own if note.kind == "ticket")),
        held_by=held if held is not None and (held.until_at is None or held.until_at > now) else None,
        remarks=tuple(note for note in own if note.kind == "note"),
        statement=last["statement"].text if "statement" in last else "",
        correction=changed[-1] if changed else None,
    )


def short_id(outage: Outage) -> str:
    return str(outage.id)[-SHORT:]


def which(outages: Sequence[Outage], text: str) -> Outage:
    """The one outage whose id ends or begins so."""
    wanted = text.strip().lower().replace("-", "")
    if len(wanted) < 4:
        raise SaidInvalid(f"{text!r} is too short for an id: give at least four characters of it")
    ids = {id.hex: outage for outage in outages for id in outage.ids}
    found = {outage.id: outage for id, outage in ids.items() if id.endswith(wanted) or id.startswith(wanted)}
    if not found:
        raise SaidInvalid(f"there is no outage {text!r}: `hartwatch outages` lists them")
    if len(found) > 1:
        some = ", ".join(str(outage.id) for outage in list(found.values())[:4])
        raise SaidInvalid(f"{text!r} could be {len(found)} outages: {some}")
    return next(iter(found.values()))


# ---------------------------------------------------------------- notes
def acknowledge(outage: Outage, author: str, now: datetime, until: datetime | None = None, text: str = "") -> Note:
    """`author` has it. Reminders rest until it expires; the fix clock does not."""
    if outage.ended_at is not None:
        raise SaidInvalid(f"it is over since {_when(outage.ended_at)}: there is nothing left to acknowledge")
    if until is not None and until <= now:
        raise SaidInvalid(f"the acknowledgement would have expired already, {_when(until)}", "until")
    return _note(outage, "acknowledgement", text, author, now, until_at=until, may_be_empty=True)


def hand_back(outage: Outage, notes: Iterable[Note], author: str, now: datetime, text: str = "") -> Note:
    """Nobody has it any more: an acknowledgement that has expired as it is said. Reminders come again."""
    if said_of(outage, notes, now).held_by is None:
        raise SaidInvalid("nobody has it: there is nothing to hand back")
    return _note(outage, "acknowledgement", text or HANDED_BACK, author, now, until_at=now)


def cause(outage: Outage, text: str, author: str, now: datetime) -> Note:
    """One of the fixed list, because causes are counted over years and printed in public."""
    return _note(outage, "cause", _one_of(text, CAUSES, "cause"), author, now)


def remark(outage: Outage, text: str, author: str, now: datetime) -> Note:
    """Free text. It never enters what is public."""
    return _note(outage, "note", text, author, now)


def statement(outage: Outage, text: str, author: str, now: datetime) -> Note:
    """What the public is told of it: printed in the public edition as it is written. Empty takes the last one back.

    One line, because it stands in a table; what is said of it inside belongs into a remark.
    """
    if "\n" in text.strip():
        raise SaidInvalid("a statement is one line: it stands in a table of the public paper")
    return _note(outage, "statement", text, author, now, may_be_empty=True, longest=LONGEST_STATEMENT)


def ticket(outage: Outage, reference: str, author: str, now: datetime) -> Note:
    """The reference of a ticket in the service desk's own system."""
    if len(reference.split()) != 1:
        raise SaidInvalid(f"a ticket's reference is one word such as INC0012345, not {reference[:60]!r}")
    return _note(outage, "ticket", reference, author, now, longest=LONGEST_WORD)


def pause(
    outage: Outage, reason: str, author: str, now: datetime, since: datetime | None = None,
    until: datetime | None = None,
) -> Note:  # fmt: skip
    """The fix clock stands still from `since` (now) on, for a reason of the fixed list."""
    since, reason = now if since is None else since, _one_of(reason, PAUSE_REASONS, "reason")
    if until is not None and until <= since:
        raise SaidInvalid("a pause ends after it begins", "until")
    if since < outage.began_at or (outage.ended_at is not None and since >= outage.ended_at):
        raise SaidInvalid(f"the outage did not last then: {_lasted(outage)}", "since")
    _not_ahead(since, now, "a pause", "since")
    return _note(outage, "pause", reason, author, now, from_at=since, until_at=until)


def resume(
    outage: Outage, notes: Iterable[Note], author: str, now: datetime, at: datetime | None = None, text: str = ""
) -> Note:
    """The fix clock runs again from `at` (now) on."""
    at = now if at is None else at
    _not_ahead(at, now, "the end of a pause", "at")
    begun = [(n.from_at or n.at) for n in notes if n.kind == "pause" and n.outage in outage.ids]
    if not any(since <= at for since in begun):
        raise SaidInvalid("its fix clock was not paused then", "at")
    return _note(outage, "resume", text, author, now, from_at=at, may_be_empty=True)


def correct(
    outage: Outage, outages: Iterable[Outage], why: str, author: str, now: datetime, began: datetime | None = None,
    ended: datetime | None = None,
) -> Note:  # fmt: skip
    """It was from `began` until `ended`; what is not given stays as it was recorded."""
    if began is None and ended is None:
        raise SaidInvalid("say when it began, when it ended, or both", "began")
    if ended is not None and outage.ended_at is None:
        raise SaidInvalid("it is still open: when it ends is what the looks will say", "ended")
    since, until = began or outage.began_at, ended or outage.ended_at
    if until is not None and until <= since:
        raise SaidInvalid(
            f"it would end ({_when(until)}) before it begins ({_when(since)})", "began" if ended is None else "ended"
        )
    for about, at in (("began", began), ("ended", ended)):
        if at is not None:
            _not_ahead(at, now, "a correction", about)
    for other in outages:
        if other.subject != outage.subject or other.id == outage.id:
            continue
        if since < (other.ended_at or now) and other.began_at < (until or now):
            raise SaidInvalid(
                f"it would run into another outage of the same: {short_id(other)}, {_lasted(other)}", "began"
            )
    return _note(outage, "correction", why, author, now, from_at=began, until_at=ended)


def void(outage: Outage, why: str, author: str, now: datetime) -> Note:
    """It was no outage: for example, what looks at it was at fault."""
    if outage.ended_at is None:
        raise SaidInvalid("it is still open: what is down now cannot be declared to be up")
    return _note(outage, "void", why, author, now)


# ---------------------------------------------------------------- pieces
def _note(
    outage: Outage, kind: NoteKind, text: str, author: str, now: datetime, *, from_at: datetime | None = None,
    until_at: datetime | None = None, may_be_empty: bool = False, longest: int = LONGEST_TEXT,
) -> Note:  # fmt: skip
    text, author = _fit(text, "text", longest, may_be_empty=may_be_empty), _fit(author, "name", LONGEST_WORD)
    return Note(outage.subject, now, author, kind, text, outage.id, from_at, until_at)


def _fit(text: str, what: str, longest: int, *, may_be_empty: bool = False) -> str:
    text = text.strip()
    if not text and not may_be_empty:
        raise SaidInvalid(f"a {what} is wanted")
    if len(text) > longest:
        raise SaidInvalid(f"the {what} has {len(text):,} characters, {longest:,} are the most")
    if any(not c.isprintable() and c != "\n" for c in text):
        raise SaidInvalid(f"the {what} has characters in it that cannot be printed")
    return text


def _one_of(text: str, known: Sequence[str], what: str) -> str:
    wanted = " ".join(text.split()).casefold()
    if wanted in known:
        return wanted
    near = did_you_mean(wanted, known)
    raise SaidInvalid(f"{text!r} is no {what} of the list; {near or 'one of: ' + ', '.join(known)}")


def _not_ahead(at: datetime, now: datetime, what: str, about: str) -> None:
    if at > now + AHEAD:
        raise SaidInvalid(f"{what} cannot lie in the future ({_when(at)})", about)


def _when(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{day(local.date())} {local:%H:%M:%S}"


def _lasted(outage: Outage) -> str:
    return f"from {_when(outage.began_at)} " + (
        f"until {_when(outage.ended_at)}" if outage.ended_at else "on, still open"
    )
