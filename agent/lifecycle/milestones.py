"""What has come about in the life of hardware, for people to be told of once. Pure: the day is given.

    reached(pieces, known, today) -> tuple[Milestone, ...]           what is not among those that are recorded already
    messages_of(milestones, pieces, channels, now) -> tuple[Message, ...]    few: one for each (kind, what)

Both belong into one transaction, Facts(milestones=..., messages=...): what is recorded is told, what is told recorded.

Rules:

- Only hardware that is present comes to anything.
- A milestone is its asset, kind, what and day (`identity`). It comes about on its day, whenever somebody looks: days
  on which nobody looked change when people are told, and not what is recorded.
- A piece is in a stage since the first of its reasons asked for it. What came about before it was first seen is history
  and no milestone, but for what still held then.
- To improve is no milestone: a stage that holds since a day on which a graver one was told already is what remains
  after a purchase record or a notice put things right. What time brings afterwards has a later day and is told again.
- What is so since a day that nobody knows is a milestone of the day the piece, or the version on it, was first seen:
  the day on which the notice was fetched is another one with every new file of notices.
- What has been overtaken (a stage by a graver one, 180 days by 30, 30 days by the end itself) is recorded, not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Literal, Protocol

from agent.facts import HARDWARE, Asset, Message, Milestone, MilestoneKind
from agent.hostile import plain
from agent.lifecycle.stages import Life
from agent.lifecycle.words import MAIN
from agent.words import LONDON, class_name, count, day

NAMED = 10  # pieces in a message, and how many more
NAMED_OF_MANY = 3  # of each group, where one message is for all of them
EXPLAINED = 3  # pieces whose reason is given too
SUPPORT: tuple[tuple[MilestoneKind, int], ...] = (("support_180", 180), ("support_30", 30))
VENDOR_SUPPORT = "vendor support"
GRAVITY = {stage: n for n, stage in enumerate(("in_life", "review_due", "refresh_due", "overdue", "unsupported"))}

Identity = tuple[str, MilestoneKind, str, str]


class Held(Protocol):
    """What is asked of a piece of the register (agent.hardware.register.Piece, which is made of this package)."""

    @property
    def asset(self) -> Asset: ...
    @property
    def life(self) -> Life: ...
    @property
    def presence(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def unit(self) -> bool: ...
    @property
    def firewall(self) -> bool: ...


def identity(milestone: Milestone) -> Identity:
    """What is once: the same asset may enter the same stage again, because of another day."""
    return milestone.asset, milestone.kind, milestone.what, milestone.on


# ---------------------------------------------------------------- what has come about
def reached(
    pieces: Iterable[Held], known: Iterable[Milestone], today: date, at: datetime | None = None
) -> tuple[Milestone, ...]:
    """What has come about by `today` and is not `known`. `at`: when it was found out; the day's beginning by itself."""
    found_at = at or datetime.combine(today, time(), LONDON).astimezone(UTC)
    recorded = set[Identity]()
    told = dict[tuple[str, MilestoneKind], list[tuple[int, date]]]()  # how grave, and when that was known
    for one in known:
        recorded.add(identity(one))
        if one.what in GRAVITY:
            known_on = one.at.astimezone(LONDON).date()
            told.setdefault((one.asset, one.kind), []).append((GRAVITY[one.what], known_on))
    found = []
    for piece in pieces:
        if piece.presence != "present":
            continue
        key = piece.asset.key
        for kind, what, on, reason in _come_about(piece, today):
            own = key, kind, what, on.isoformat()
            if any((known_as, *own[1:]) in recorded for known_as in (key, *_before_its_serial(piece.asset))):
                continue
            graver = (when for grave, when in told.get((key, kind), ()) if grave > GRAVITY.get(what, 9))
            if any(on <= when for when in graver):
                continue
            recorded.add(own)
            found.append(Milestone(*own, found_at, reason))
    return tuple(found)


def _before_its_serial(asset: Asset) -> Iterator[str]:
    """Keys it had for as long as it showed no serial number, or no visit had seen more of its device than that it is in
    the inventory: people are not told again because it now shows one."""
    yield f"place:{asset.device}/{asset.part}/{asset.place or asset.name}"
    if asset.part in MAIN:
        yield f"place:{asset.device}/chassis/"


ComeAbout = tuple[MilestoneKind, str, date, str]  # kind, what, on, reason


def _come_about(piece: Held, today: date) -> Iterator[ComeAbout]:
    """Everything that had come about by `today` since the piece was first seen."""
    asset, life = piece.asset, piece.life
    seen = _day(asset.first_seen_at)
    for stage, on, reason in _since(seen, _entries(life, seen, today)):
        yield "stage", stage, on, reason
    ends = life.support_ends_on
    if ends is not None and ends >= seen:
        for kind, days in SUPPORT:
            if ends - timedelta(days=days) <= today:
                yield kind, VENDOR_SUPPORT, ends, f"vendor support ends on {ends.isoformat()}"
    for stage, on, reason in _since(max(seen, _version_seen(asset)), _software_entries(asset, life, today)):
        yield "software", stage, on, reason
    keep = life.keep
    if keep is not None and keep.over(today):
        reason = f"{keep.owner} had it kept until {keep.until.isoformat()}: {keep.reason}"
        yield "exception_expired", keep.name, keep.until, reason


def _entries(life: Life, seen: date, today: date) -> list[tuple[str, date, str]]:
    """Each time it came into a graver stage, by the reasons it has now: stage, day, reason."""
    steps = sorted(
        ((on if reason.day_known else min(on, seen), stage, reason.text)
         for reason in life.reasons for on, stage in reason.steps if on <= today and stage in GRAVITY),
        key=lambda step: (step[0], -GRAVITY[step[1]]),
    )  # fmt: skip
    entries: list[tuple[str, date, str]] = []
    worst = 0
    for on, stage, text in steps:
        if GRAVITY[stage] > worst:
            worst = GRAVITY[stage]
            entries.append((stage, on, text))
    return entries


def _software_entries(asset: Asset, life: Life, today: date) -> list[tuple[str, date, str]]:
    software = life.software
    if software.stage not in ("review_due", "unsupported"):
        return []
    since = _version_seen(asset)
    reviewed, ended = (day if day is not None and day <= today else None for day in (
        software.review_on, software.support_ends_on,
    ))  # fmt: skip
    if software.stage == "review_due":
        return [("review_due", reviewed or since, software.reason)]
    entries = [("unsupported", ended or since, software.reason)]
    if reviewed is not None and reviewed < (ended or since):
        entries.insert(0, ("review_due", reviewed, software.reason))
    return entries


def _since(first: date, entries: Sequence[tuple[str, date, str]]) -> Sequence[tuple[str, date, str]]:
    """Those that came about after the first day, and the one that held on it; later ones are graver."""
    before = sum(on <= first for _, on, _ in entries)
    return entries[max(before - 1, 0) :]


def _version_seen(asset: Asset) -> date:
    return _day(asset.version_seen_at or asset.first_seen_at)


def _day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


# ---------------------------------------------------------------- what is told of it
@dataclass(frozen=True, slots=True)
class _Group:
    kind: MilestoneKind
    what: str
    rows: tuple[tuple[Milestone, Held], ...]

    @property
    def level(self) -> Literal["critical", "warning"]:
        grave = (self.kind, self.what) == ("stage", "unsupported") and any(p.firewall for _, p in self.rows)
        return "critical" if grave else "warning"


def messages_of(
    milestones: Sequence[Milestone], pieces: Iterable[Held], channels: Sequence[str], now: datetime,
    *, first: bool = False,
) -> tuple[Message, ...]:  # fmt: skip
    """One message for each (kind, what), or one for all of them where it is the `first` time that anything is told."""
    wanted = {milestone.asset for milestone in milestones}
    by_key = {piece.asset.key: piece for piece in pieces if piece.asset.key in wanted}
    groups = _groups(milestones, by_key, _day(now))
    if first and len(groups) > 1:
        told = [_summary(groups, milestones, now)]
    else:
        told = [_message(group, now) for group in groups]
    return tuple(
        Message(channel, subject, level, title, text, now, key, "hardware")
        for subject, level, title, text, key in told
        for channel in channels
    )


_Told = tuple[str, Literal["critical", "warning"], str, str, str]  # subject, level, title, text, key


def _groups(milestones: Sequence[Milestone], pieces: dict[str, Held], today: date) -> list[_Group]:
    """What is to be told, the gravest first; without what has been overtaken."""
    last: dict[tuple[str, str, str], Milestone] = {}
    for one in milestones:
        if one.kind in ("support_180", "support_30"):
            if date.fromisoformat(one.on) <= today:
                continue  # it has ended meanwhile, and that is told
            of = one.asset, "support", ""
            if of not in last or one.kind == "support_30":
                last[of] = one
            continue
        of = one.asset, one.kind, one.what if one.kind == "exception_expired" else ""
        if of not in last or _rank(last[of]) < _rank(one):
            last[of] = one
    grouped: dict[tuple[MilestoneKind, str], list[tuple[Milestone, Held]]] = {}
    for one in last.values():
        if one.asset in pieces:
            grouped.setdefault((one.kind, one.what), []).append((one, pieces[one.asset]))
    found = [_Group(kind, what, tuple(sorted(rows, key=_by_place))) for (kind, what), rows in grouped.items()]
    return sorted(found, key=lambda group: (-_weight(group), group.kind, group.what))


def _rank(milestone: Milestone) -> tuple[int, str]:
    return GRAVITY.get(milestone.what, 0), milestone.on


def _weight(group: _Group) -> int:
    if group.kind == "stage":
        return 10 + GRAVITY[group.what]
    return {"support_30": 9, "software": 6 + GRAVITY.get(group.what, 0) // 4, "exception_expired": 5}.get(group.kind, 4)


def _by_place(row: tuple[Milestone, Held]) -> tuple[bool, bool, str, str, str, str]:
    """Firewalls first, because only ten are named; then what is bought by itself; then by where it is."""
    _, piece = row
    asset = piece.asset
    return not piece.firewall, not piece.unit, asset.device, asset.part, asset.place, asset.key


def _message(group: _Group, now: datetime) -> _Told:
    title = f"{_counted(group)} {_verb(group)}"
    text = _listing(group, NAMED, explained=len(group.rows) <= EXPLAINED)
    what = f"/{group.what}" if group.kind != "support_180" and group.kind != "support_30" else ""
    key = _key(f"{group.kind}{what}", (milestone for milestone, _ in group.rows))
    return f"{HARDWARE}{group.kind}{what}", group.level, title, text, key


def _summary(groups: Sequence[_Group], milestones: Sequence[Milestone], now: datetime) -> _Told:
    """So that the first reading of an estate of ten years is one message and not a dozen."""
    stages = [group for group in groups if group.kind == "stage"]
    headline = "; ".join(f"{_counted(group)} {_verb(group)}" for group in stages or groups)
    text = " ".join(
        (
            "This is told once for everything that the hardware register has found so far; from now on each is told "
            "when it comes about.",
            *(f"{_counted(group)} {_verb(group)}: {_listing(group, NAMED_OF_MANY)}" for group in groups),
        )
    )
    level: Literal["critical", "warning"] = "critical" if any(g.level == "critical" for g in groups) else "warning"
    return f"{HARDWARE}register", level, f"Hardware register: {headline}", text, _key("register", milestones)


def _key(kind: str, milestones: Iterable[Milestone]) -> str:
    """The same milestones make the same key, whichever agent finds them, and in whatever order."""
    identities = sorted("\0".join(identity(milestone)) for milestone in milestones)
    return f"hardware/{kind}/{sha256(chr(10).join(identities).encode()).hexdigest()[:32]}"


# ---------------------------------------------------------------- words
def _counted(group: _Group) -> str:
    """ "3 firewalls", "1 battery", "15 pieces of hardware, 3 firewalls among them,"."""
    nouns = Counter(_noun(piece) for _, piece in group.rows)
    number = len(group.rows)
    if len(nouns) == 1:
        ((one, many),) = nouns
        return count(number, one, many)
    firewalls = sum(piece.firewall for _, piece in group.rows)
    among = f", {count(firewalls, *_plurals('firewall'))} among them," if firewalls else ""
    return f"{count(number, 'piece of hardware', 'pieces of hardware')}{among}"


_NOUNS = {
    "battery": ("battery", "batteries"), "battery_pack": ("battery", "batteries"),
    "access_point": ("access point", "access points"),
}  # fmt: skip


def _noun(piece: Held) -> tuple[str, str]:
    part = piece.asset.part
    if part in _NOUNS:  # an access point is in the register under the controller that tells of it
        return _NOUNS[part]
    if piece.unit and piece.role:
        return _plurals(piece.role)
    return ("piece of hardware", "pieces of hardware")


def _plurals(role: str) -> tuple[str, str]:
    return class_name(role, 1), class_name(role, 2)


def _verb(group: _Group) -> str:
    one = len(group.rows) == 1
    be, lose, run = ("is", "loses", "runs") if one else ("are", "lose", "run")
    match group.kind, group.what:
        case "stage", "unsupported":
            return f"{be} no longer supported"
        case "stage", "overdue":
            return f"{be} overdue for replacement"
        case "stage", "refresh_due":
            return f"{be} due for replacement"
        case "stage", _:
            return f"{be} due for review"
        case "support_180", _:
            return f"{lose} vendor support within 180 days"
        case "support_30", _:
            return f"{lose} vendor support within 30 days"
        case "software", "unsupported":
            return f"{run} software that is past support"
        case "software", _:
            return f"{run} software that is due for review"
        case _:
            return f"{be} kept no longer: the exception {plain(group.what, 60)} has expired"


def _listing(group: _Group, most: int, *, explained: bool = False) -> str:
    lines = []
    for milestone, piece in group.rows[:most]:
        words = _described(piece)
        if group.kind in ("support_180", "support_30"):
            words += f", until {day(date.fromisoformat(milestone.on))}"
        elif explained and milestone.reason:
            words += f": {plain(milestone.reason)}"
        lines.append(words)
    more = len(group.rows) - most
    lists = f"`hartwatch register --stage {group.what}`" if group.kind == "stage" else "`hartwatch register`"
    ending = f"; and {more:,} more; {lists} lists them." if more > 0 else f". {lists} has the day of each."
    return "; ".join(lines) + ending


def _described(piece: Held) -> str:
    """ "fw-wf-1 (FortiGate 100F, chassis 1, wallfields)"."""
    asset = piece.asset
    where = f"{asset.part.replace('_', ' ')} {asset.place}".strip()
    said = (plain(text, 60) for text in (asset.model or "", where, piece.site) if text)
    return f"{plain(asset.device or asset.name, 80)} ({', '.join(said)})"
