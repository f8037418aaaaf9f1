"""The facts the agent records: frozen values, written once, never edited. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from agent.record import record


class Standing(StrEnum):
    """How a subject stands. BLIND is no data: neither up nor down (docs/design.md section 4)."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    BLIND = "blind"


GROUP = "redundancy:"  # how subjects begin that are redundancy groups


def is_group(subject: str) -> bool:
    """Whether it is a redundancy group: it has losses and no outages, and stands beside what people know by name."""
    return subject.startswith(GROUP)


def is_whole(subject: str) -> bool:
    """Whether it is a site or service, which people use, and which falls because something in it fell."""
    return subject.startswith(("site:", "service:"))


HARDWARE = "hardware:"  # how subjects of messages begin that tell of the life of hardware
PAPER = "paper:"  # and of a paper that was written: paper:2026-Q3


def has_standing(subject: str) -> bool:
    """Whether it can be up or down. That hardware grows old or a paper is there is told, and never that it is over."""
    return not subject.startswith((HARDWARE, PAPER))


LEFT_THE_INVENTORY = "no longer in the inventory"  # reason of the BLIND that ends an outage nobody will look at again


@dataclass(frozen=True, slots=True)
class Change:
    """A flip as judgement finds it; the ledger gives it id, source, sequence and the time it was recorded.

    `at` may lie before the change that came last for the same subject: what is known later holds from `at` on
    (a device that failed a moment before the switch in front of it is carried down, not accused).
    """

    subject: str
    before: Standing
    after: Standing
    at: datetime
    reason: str
    cause: str | None = None
    looks: tuple[datetime, ...] = ()  # that were needed to tell, the first ones; empty where one look said it


@dataclass(frozen=True, slots=True)
class Flip:
    """One change of standing of one subject. Appended, never edited; outages are read from flips.

    `at` is when it became true (the first failed or first good look), `recorded_at` when we knew. `source` and
    `sequence` say which agent wrote it and as its how-many-th event, so that a central ledger can find gaps.
    """

    id: UUID  # time-ordered (RFC 9562 version 7), so that it sorts as it happened
    source: str
    sequence: int
    subject: str  # "device:sw-wf-1", "link:wallfields-a", "site:wallfields", "service:telephony"
    before: Standing
    after: Standing
    at: datetime
    recorded_at: datetime
    reason: str  # one line, plain words
    cause: str | None = None  # the subject this one is carried down by
    looks: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One piece of hardware seen in one place at one time; the register is read from sightings."""

    device: str
    part: str
    name: str
    place: str
    vendor: str | None
    model: str | None
    serial: str | None
    version: str | None
    seen_at: datetime
    manufactured: str | None = None  # ISO date
    installed: str | None = None
    replace_by: str | None = None
    family: str | None = None  # the device family it was read by: what a rule for a product line goes by


@dataclass(frozen=True, slots=True)
class Absence:
    """One piece of hardware is not where it was: visits that saw everything else there no longer saw it.

    A piece that comes back is sighted again. `last_seen_at`: the last visit that saw it; `noticed_at`: when it was
    held to be gone.
    """

    key: str  # of the asset
    device: str
    part: str
    name: str
    place: str
    serial: str | None
    last_seen_at: datetime
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a purchase record says of the hardware with a serial number. Appended; the last one of a serial holds.

    `shares`: council and its share of the cost as a decimal number; empty: as the councils share everything.
    """

    serial: str
    at: datetime
    author: str
    origin: str  # file and line
    vendor: str | None = None
    model: str | None = None
    purchased: str | None = None  # ISO date
    installed: str | None = None
    support_until: str | None = None
    price_pence: int | None = None
    supplier: str | None = None
    shares: tuple[tuple[str, str], ...] = ()


MilestoneKind = Literal["stage", "support_180", "support_30", "software", "exception_expired"]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A piece of hardware came to a point in its life that people are told of once. Appended.

    `kind`, `what` and `on` (the day that decides) together are once for each asset: another day is another milestone.
    `what`: the stage that was entered, or what ends or has expired.
    """

    asset: str  # key
    kind: MilestoneKind
    what: str
    on: str  # ISO date
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Outage:
    """A time a subject was DOWN, read from flips. `ended_at` None: still open. `carried`: subjects it took down.

    `breaks`: where it was flapping, the times in between in which it answered (from, until); they are no down time.
    `parts`: ids of the later outages it is made of then, under which notes may have been written before it was one.
    `corrected`: a person said from when until when it was. `planned`: what of it lies in planned maintenance.
    """

    id: UUID  # of the flip that began it
    subject: str
    began_at: datetime
    ended_at: datetime | None
    reason: str
    cause: str | None = None
    carried: tuple[str, ...] = field(default=())
    breaks: tuple[tuple[datetime, datetime], ...] = field(default=())
    parts: tuple[UUID, ...] = field(default=())
    corrected: bool = False
    planned: tuple[tuple[datetime, datetime], ...] = field(default=())

    @property
    def ids(self) -> frozenset[UUID]:
        """Every id by which notes may name it."""
        return frozenset((self.id, *self.parts))

    @property
    def flaps(self) -> int:
        """How many times it went down again; 0 where it was not flapping."""
        return len(self.breaks)


NoteKind = Literal[
    "note", "cause", "ticket", "acknowledgement", "pause", "resume", "correction", "void", "statement"
]  # fmt: skip

# Fixed lists in plain words (docs/accounting.md sections 7 and 8): what can be counted over years and said in public.
CAUSES = (
    "power", "supplier circuit", "hardware failure", "configuration change", "software", "cyber",
    "planned work overran", "unknown",
)  # fmt: skip
PAUSE_REASONS = (
    "waiting for access to the building", "waiting for the customer", "waiting for the supplier's engineer",
    "waiting for a replacement part", "agreed with the service owner",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """What a person said about a subject or one of its outages. Appended; a correction is another note.

    By kind: "note" free text. "cause" one of CAUSES. "ticket" a reference. "acknowledgement" by `author`, who has it;
    `until_at` is when it expires. "pause" of the fix clock from `from_at`, `text` one of PAUSE_REASONS; "resume" from
    `from_at` on. "correction": the outage was from `from_at` until `until_at` (each None: as recorded), `text` says
    why. "void": it was no outage, `text` says why. The last correction or void of an outage holds. "statement": what
    the public is told of it, the only free text that is ever printed in public; the last one holds, an empty one takes
    it back.
    """

    subject: str
    at: datetime
    author: str
    kind: NoteKind
    text: str
    outage: UUID | None = None  # id of the flip that began it
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Planned maintenance: once, or again and again. Appended; `ended_at` comes from a WindowEnd.

    It counts from `recorded_at` on, because planned is what was written down beforehand, unless it was entered
    `after_the_fact`, which is shown wherever it counts.
    """

    id: UUID
    subjects: tuple[str, ...]  # as people said it: device:, link:, site: or service:
    covers: tuple[str, ...]  # every subject it is for: those of a site with the site
    begins_at: datetime  # of the first time
    ends_at: datetime
    owner: str
    reason: str
    repeat: str = ""  # "" once; RRULE (RFC 5545) or five cron fields, wall clock of Europe/London
    name: str = ""  # key in the inventory of a window that is kept there; "" for one that was added by command
    after_the_fact: bool = False
    recorded_at: datetime | None = None  # given by the ledger
    ended_at: datetime | None = None  # no further times begin, and a running one is over, from then on
    ended_by: str = ""
    source: str = ""  # the agent, or the command beside it, that entered it; given by the ledger


@dataclass(frozen=True, slots=True)
class WindowEnd:
    """A window that was ended before its time, or will not come again."""

    window: UUID
    at: datetime
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A period whose figures are frozen. `head`: source > number of the last entry that was known; `figures`: JSON."""

    period: str  # "2026-Q3"
    at: datetime
    author: str
    head: tuple[tuple[str, int], ...]
    figures: str


MessageKind = Literal[
    "outage", "degraded", "flapping", "redundancy", "fix_clock", "reminder", "full_service", "hardware", "paper"
]  # fmt: skip

Topic = Literal["outage", "redundancy", "fix-clock", "service", "hardware", "papers"]
TOPICS: dict[MessageKind, Topic] = {
    "outage": "outage", "degraded": "outage", "flapping": "outage", "reminder": "outage", "redundancy": "redundancy",
    "fix_clock": "fix-clock", "full_service": "service", "hardware": "hardware",
    "paper": "papers",
}  # fmt: skip
"""What messages are about, as channels choose by it and alerts are labelled with it."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell people, put into the outbox in the transaction that records what it tells of.

    With a `key`, a channel gets only the first message that has it: neither a restart nor a second thought tells twice.
    `kind` is what it is about; that something is well again is about whatever was told of it.
    """

    channel: str
    subject: str
    level: Literal["critical", "warning", "recovered"]
    title: str  # one line
    text: str
    at: datetime  # since when it is true
    key: str | None = None
    kind: MessageKind = "outage"


@dataclass(frozen=True, slots=True)
class Audit:
    """Who did what: every change that a person or program made, and every sign-in. Appended. Never a secret in it.

    `who` is empty where nobody knows (a sign-in that failed under a name that nobody has: people type passwords there).
    `how`: as `agent.access.How` has it. `address`: where from. `action`: "outage cause", "sign-in" ... `subject`: what
    it was about, `reference` its id. `outcome`: "done", or "refused".
    """

    at: datetime
    who: str
    how: str
    role: str
    address: str
    action: str
    subject: str = ""
    reference: str = ""
    detail: str = ""
    outcome: str = "done"


@dataclass(frozen=True, slots=True)
class Telling:
    """Something that was handed over to be told at `at`. `sent_at`: when the channel took it on, if it has and if that
    is known; `given_up_at`: when it was given up."""

    at: datetime
    message: Message
    sent_at: datetime | None = None
    given_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A time the agent `source` was running, from heartbeats. What lies outside every Watch was not looked at."""

    source: str
    began_at: datetime
    until_at: datetime


@record
class Asset:
    """One piece of hardware in the register, as it was last seen.

    `key` is `serial:...` where it has a usable serial number, so that hardware keeps its history when it moves, and
    `place:device/part/place` where it has none.
    """

    id: UUID
    key: str
    device: str
    part: str
    name: str
    place: str
    vendor: str | None
    model: str | None
    serial: str | None
    version: str | None
    manufactured: str | None
    installed: str | None
    replace_by: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    family: str | None = None
    version_seen_at: datetime | None = None  # when the version it has was first seen
    gone_at: datetime | None = None  # since when it is not there; None: it is
    also_at: tuple[str, ...] = ()  # device/part/place of others who show it too, as the peer of a pair does


@dataclass(frozen=True, slots=True)
class Facts:
    """What one hand-over to the ledger writes, in one transaction; empty Facts write nothing."""

    changes: tuple[Change, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    absences: tuple[Absence, ...] = ()
    purchases: tuple[Purchase, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    seen: tuple[tuple[str, datetime], ...] = ()  # asset key, last seen: many at once, now and then
    notes: tuple[Note, ...] = ()
    messages: tuple[Message, ...] = ()
    windows: tuple[Window, ...] = ()
    window_ends: tuple[WindowEnd, ...] = ()
    closings: tuple[Closing, ...] = ()
    audits: tuple[Audit, ...] = ()
    heartbeat_at: datetime | None = None
    watched: tuple[tuple[datetime, datetime], ...] = ()  # times taken over from elsewhere: from, until

    def __bool__(self) -> bool:
        return bool(
            self.changes or self.sightings or self.absences or self.purchases or self.milestones or self.seen
            or self.notes or self.messages or self.watched or self.audits
            or self.windows or self.window_ends or self.closings or self.heartbeat_at is not None
        )  # fmt: skip
