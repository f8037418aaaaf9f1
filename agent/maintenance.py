"""Planned maintenance: when it is, what it is for, and what the ledger must be told of it. Pure.

    window = checked(id=..., subjects=("site:wallfields",), begins="2026-12-05 22:00", lasts=timedelta(hours=4), ...)
    times_of(window, within) -> list[Period]       its times, cut to the period that is asked about
    plan = Plan.of(ledger.windows())
    plan.planned("device:sw-wf-1", within)         merged, of all windows that cover the subject
    plan.covering("device:sw-wf-1", at)            the Window that runs then, or None
    plan.next_times(at, days)                      (Period, Window) of what runs or comes
    plan_changes(ledger.windows(), estate, ...)    windows to add and to end, so that the ledger has the inventory's

- Planned is what was written down beforehand: a window counts from `recorded_at` on, unless it was entered
  `after_the_fact`, and until `ended_at`. One that has no `recorded_at` has not been in a ledger yet, and counts whole.
- A window is for what it `covers`, as that was when it was written down: a device that joins a site later makes the
  inventory's windows for that site end and begin anew, and those that were added by command stay as they are.
- A rule that cannot be read (of a ledger that something else has written to) plans nothing, so that nothing is hidden
  by it; `plan.unreadable` has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from agent.accounting.periods import Period, merge
from agent.facts import Window, WindowEnd
from agent.inventory.model import Estate, Maintenance
from agent.inventory.needs import KINDS, parse_subject
from agent.inventory.problems import did_you_mean
from agent.recurrence import Rule, TimesInvalid, check_times, instant, parse_wall, stretch, wall_of

MARGIN = timedelta(days=1)  # more than any change of the clocks
CHUNK = timedelta(days=7)  # `covering` asks by the week, so that what it found serves again
BEGINNING = datetime(2000, 1, 3, tzinfo=UTC)
KEPT = 20_000  # answers that are remembered at most
K = TypeVar("K")
LATEST = wall_of(datetime(9998, 1, 1, tzinfo=UTC))  # short of the end of the calendar, which nothing can be added to
LONGEST_TEXT = 500


# ---------------------------------------------------------------- times
def times_of(window: Window, within: Period) -> list[Period]:
    """The times of a window that lie in a period or reach into it, cut to it; in order, not merged."""
    cut = (time.within(within) for time in _times(window, within))
    return sorted(time for time in cut if time is not None)


def upcoming(window: Window, at: datetime, most: int) -> list[Period]:
    """The next times of a window, whole, the one that runs first; fewer where fewer come within ten years."""
    found: list[Period] = []
    for days in (31, 400, 3660):  # an hourly rule is not worked out for years, nor is a yearly one missed
        found = sorted(_times(window, Period(at, at + timedelta(days=days))))
        if len(found) >= most:
            break
    return found[:most]


def _times(window: Window, within: Period) -> Iterator[Period]:
    """The times that touch a period, whole, but cut to what counts of them."""
    counts = _counts(window)
    if counts is None:
        return
    asked = counts.within(within)
    if asked is None:
        return
    for began, ended in _occurrences(window, asked):
        if began < ended:
            time = Period(began, ended).within(counts)
            if time is not None and time.within(within) is not None:
                yield time


def _counts(window: Window) -> Period | None:
    """From when until when a window counts at all."""
    since = BEGINNING if window.after_the_fact or window.recorded_at is None else window.recorded_at
    until = LATEST.replace(tzinfo=UTC) if window.ended_at is None else window.ended_at
    return Period(since, until) if since < until else None


def _occurrences(window: Window, asked: Period) -> Iterator[tuple[datetime, datetime]]:
    if not window.repeat:
        yield window.begins_at, window.ends_at
        return
    if window.begins_at >= asked.ended_at:
        return
    first = wall_of(window.begins_at)
    # By the clock on the wall; an hour that comes twice may make that less than nothing.
    length = wall_of(window.ends_at) - first
    if length <= timedelta(0):
        length = window.ends_at - window.begins_at
    since, until = wall_of(asked.began_at) - length - MARGIN, min(wall_of(asked.ended_at) + MARGIN, LATEST)
    for wall in Rule.parse(window.repeat).begins(first, since, until):
        yield stretch(wall, length)


# ---------------------------------------------------------------- all windows
class Plan:
    """All windows, by what they cover. Made anew when a window comes or ends; what was worked out is remembered."""

    def __init__(self, windows: Iterable[Window]) -> None:
        readable: list[Window] = []
        unreadable: list[tuple[Window, str]] = []
        for window in windows:
            try:
                if window.repeat:
                    Rule.parse(window.repeat)
                readable.append(window)
            except TimesInvalid as problem:
                unreadable.append((window, str(problem)))
        self.windows, self.unreadable = tuple(readable), tuple(unreadable)
        by_subject: dict[str, list[Window]] = defaultdict(list)
        for window in readable:
            for subject in dict.fromkeys(window.covers):
                by_subject[subject].append(window)
        # Subjects that the same windows cover, as those of one site are, share one group and what is found for it.
        groups: dict[tuple[UUID, ...], tuple[Window, ...]] = {}
        self._by_subject: Mapping[str, tuple[Window, ...]] = {
            subject: groups.setdefault(tuple(window.id for window in covering), tuple(covering))
            for subject, covering in by_subject.items()
        }
        self._kept: dict[tuple[UUID, Period], tuple[Period, ...]] = {}
        self._merged: dict[tuple[int, Period], tuple[Period, ...]] = {}

    @classmethod
    def of(cls, windows: Iterable[Window]) -> Plan:
        return cls(windows)

    def of_subject(self, subject: str) -> Sequence[Window]:
        """The windows that cover a subject, ended ones too, in the order they were given."""
        return self._by_subject.get(subject, ())

    def planned(self, subject: str, within: Period) -> list[Period]:
        """The planned times of a subject in a period, merged."""
        windows = self._by_subject.get(subject)
        if windows is None:
            return []
        key = id(windows), within  # the group lives as long as the plan does
        found = self._merged.get(key)
        if found is None:
            whole = (time.within(within) for window in windows for time in self._whole(window, within))
            found = tuple(merge(time for time in whole if time is not None))
            self._keep(self._merged, key, found)
        return list(found)

    def covering(self, subject: str, at: datetime) -> Window | None:
        """The window that runs for a subject at an instant; of several the one whose time ends last."""
        windows = self.of_subject(subject)
        if not windows:
            return None
        week = BEGINNING + (at - BEGINNING) // CHUNK * CHUNK
        within = Period(week, week + CHUNK)
        running = [
            (time.ended_at, time.began_at, str(window.id), window)
            for window in windows
            for time in self._whole(window, within)
            if time.began_at <= at < time.ended_at
        ]
        return max(running, key=lambda one: one[:3])[3] if running else None

    def next_times(self, at: datetime, days: float = 14) -> list[tuple[Period, Window]]:
        """What runs at an instant or begins within so many days after it, whole, the earliest first."""
        if days <= 0:
            return []
        within = Period(at, at + timedelta(days=days))
        found = [(time, window) for window in self.windows for time in _times(window, within)]
        return sorted(found, key=lambda one: (one[0], str(one[1].id)))

    def _whole(self, window: Window, within: Period) -> tuple[Period, ...]:
        key = window.id, within
        found = self._kept.get(key)
        if found is None:
            found = tuple(_times(window, within))
            self._keep(self._kept, key, found)
        return found

    @staticmethod
    def _keep(kept: dict[K, tuple[Period, ...]], key: K, found: tuple[Period, ...]) -> None:
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = found


# ---------------------------------------------------------------- what people write
class WindowInvalid(ValueError):
    """A window that cannot be; one line says why. `about`: what is wrong, as fields call it: "subjects", "from" ..."""

    def __init__(self, message: str, about: str = "subjects") -> None:
        super().__init__(message)
        self.about = about


def covers(subjects: Iterable[str], estate: Estate) -> tuple[str, ...]:
    """Every subject that maintenance of these is for: with a site its devices and links. In order of the alphabet.

    So that the order of the inventory does not matter: the same cover is the same window.
    """
    found = set(subjects)
    sites = {subject.removeprefix("site:") for subject in found if subject.startswith("site:")}
    if sites:
        found |= {f"device:{name}" for name, device in estate.devices.items() if device.site in sites}
        found |= {f"link:{name}" for name, link in estate.links.items() if link.site in sites}
    return tuple(sorted(found))


def maintained_with(subject: str) -> str:
    """Whose maintenance a subject shares: what a device says of its own power supplies, that of the device."""
    of_device = subject.startswith("redundancy:device/")
    return f"device:{subject.split('/')[1]}" if of_device else subject


def subject_named(text: str, estate: Estate) -> str:
    """`device:x` and so on from what a person wrote; a bare name will do where one thing bears it."""
    known: Mapping[str, Collection[str]] = {
        "device": estate.devices, "link": estate.links, "site": estate.sites, "service": estate.services,
    }  # fmt: skip
    try:
        subject = parse_subject(text.strip())
    except ValueError as problem:
        raise WindowInvalid(str(problem)) from None
    kinds = [kind for kind in KINDS if subject.name in known[kind]]
    if subject.kind in kinds or (subject.kind is None and len(kinds) == 1):
        return f"{subject.kind or kinds[0]}:{subject.name}"
    if subject.kind is None and kinds:
        which = " or ".join(f"{kind}:{subject.name}" for kind in kinds)
        raise WindowInvalid(f"{subject.name!r} is the name of several things: write {which}")
    if kinds:
        raise WindowInvalid(f"there is no {subject}, did you mean {f'{kinds[0]}:{subject.name}'!r}?")
    among = [subject.kind] if subject.kind else list(KINDS)
    hint = did_you_mean(subject.name, (name for kind in among for name in known[kind]))
    words = f"there is no {' or '.join(among)} {subject.name!r}"
    raise WindowInvalid(f"{words}, {hint}" if hint else words)


def checked(
    *,
    id: UUID,
    subjects: Sequence[str],
    begins: datetime | str,
    ends: datetime | str | None = None,
    lasts: timedelta | None = None,
    owner: str,
    reason: str,
    repeat: str = "",
    after_the_fact: bool = False,
    estate: Estate,
    now: datetime,
) -> Window:
    """A window from what a person wrote, times by the clock in London; WindowInvalid says in one line what is wrong."""
    if not subjects:
        raise WindowInvalid("it is for nothing: name a device, link, site or service")
    resolved = tuple(dict.fromkeys(subject_named(text, estate) for text in subjects))
    said = {"owner": owner.strip(), "reason": reason.strip()}
    for what, text in said.items():
        if not text:
            raise WindowInvalid(
                f"it has no {what}: say {'who answers for it' if what == 'owner' else 'what it is for'}", what
            )
        if len(text) > LONGEST_TEXT or not text.isprintable():
            raise WindowInvalid(f"the {what} is one line of at most {LONGEST_TEXT} characters", what)
    if (ends is None) == (lasts is None):
        raise WindowInvalid("say either when it ends or how long it lasts", "until")
    try:
        first = parse_wall(begins)
        length = lasts if lasts is not None else parse_wall(ends) - first
        rule = Rule.parse(repeat) if repeat.strip() else None
        check_times(first, length, rule)
    except TimesInvalid as problem:
        what = "the rule cannot be used: " if problem.about == "repeat" else ""
        about = {"begins": "from", "length": "for" if ends is None else "until"}.get(problem.about, problem.about)
        raise WindowInvalid(what + str(problem), about) from None
    _check_time_of_entry(first, length, rule, now, after_the_fact)
    began, ended = stretch(first, length)
    return Window(
        id=id,
        subjects=resolved,
        covers=covers(resolved, estate),
        begins_at=began,
        ends_at=ended,
        owner=said["owner"],
        reason=said["reason"],
        repeat=repeat.strip(),
        after_the_fact=after_the_fact,
    )


def _check_time_of_entry(
    first: datetime, length: timedelta, rule: Rule | None, now: datetime, after_the_fact: bool
) -> None:
    if after_the_fact:
        if instant(first) > now:
            raise WindowInvalid("it has not begun yet: it is not after the fact", "after_the_fact")
        return
    if stretch(first, length)[1] > now or (rule is not None and rule.is_endless):
        return
    since = wall_of(now) - length - MARGIN
    later = rule.begins(first, since, LATEST) if rule is not None else ()
    if not any(stretch(wall, length)[1] > now for wall in later):
        words = "it is over already, and planned is what was written down beforehand"
        raise WindowInvalid(f"{words}: enter it as after the fact, which is shown wherever it counts", "until")


# ---------------------------------------------------------------- the inventory's windows
def plan_changes(
    windows: Iterable[Window], estate: Estate, now: datetime, author: str, new_id: Callable[[], UUID]
) -> tuple[tuple[Window, ...], tuple[WindowEnd, ...]]:
    """What to append so that the ledger has the windows that the inventory has, and no others by name.

    Nothing if that is so already. Windows that were added by command have no name and are never touched.
    """
    held: dict[str, list[Window]] = defaultdict(list)
    for window in windows:
        if window.name and window.ended_at is None:
            held[window.name].append(window)
    added: list[Window] = []
    ends: list[WindowEnd] = []
    for name, entry in estate.maintenance.items():
        wanted = _of_entry(name, entry, estate, new_id)
        same: Window | None = None
        for window in held.pop(name, ()):
            if same is None and _says(window) == _says(wanted):
                same = window
                continue
            why = "changed in the inventory"
            if same is not None:
                why = "the inventory has it once"
            elif _says(window, with_covers=False) == _says(wanted, with_covers=False):
                why = "what it covers has changed"
            ends.append(WindowEnd(window.id, now, author, why))
        if same is None:
            added.append(wanted)
    gone = [window for windows_of_name in held.values() for window in windows_of_name]
    ends += [WindowEnd(window.id, now, author, "taken out of the inventory") for window in gone]
    return tuple(added), tuple(ends)


def _of_entry(name: str, entry: Maintenance, estate: Estate, new_id: Callable[[], UUID]) -> Window:
    length = entry.lasts if entry.lasts is not None else (entry.ends or entry.begins) - entry.begins
    began, ended = stretch(entry.begins, length)
    subjects = tuple(dict.fromkeys(entry.subjects))
    return Window(
        id=new_id(),
        subjects=subjects,
        covers=covers(subjects, estate),
        begins_at=began,
        ends_at=ended,
        owner=entry.owner,
        reason=entry.reason,
        repeat=entry.repeat or "",
        name=name,
    )


def _says(window: Window, with_covers: bool = True) -> tuple[object, ...]:
    """What makes one window another: all but what the ledger gives it."""
    covered = tuple(sorted(window.covers)) if with_covers else ()
    return (
        window.subjects, covered, window.begins_at, window.ends_at, window.owner, window.reason, window.repeat,
    )  # fmt: skip
