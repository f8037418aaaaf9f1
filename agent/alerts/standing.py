"""Which alerts stand, from what people were told: messages are events, Alertmanager wants states. Pure.

    standing = Standing(hardware_stands)
    standing.take(message)                  every message in the order it was recorded, from the first on
    standing.alerts(now, keep_ended)        what stands, and what ended so recently that it is still to be said
    posted(alert, places, page, holds, now) one object for POST /api/v2/alerts

Alertmanager knows an alert by its labels: the same labels are the same alert, however often they are sent, and cause
one notification. So labels hold what an alert is about and nothing that changes while it stands; words are annotations.

- A subject's alerts stand until it is told to be well again, and then all of them end.
- The fix clock is one alert at half of the time, and another, graver and to be escalated, from three quarters on: when
  all of the time is used its words change, and nobody is paged a third time for one clock.
- Reminders are no alerts: Alertmanager repeats what stands by itself. A paper that was written is none either.
- What is told of hardware is never told to be over. Each message is an alert of its own and stands for a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from agent.facts import TOPICS, Message, MessageKind
from agent.hostile import plain
from agent.placing import Place

SOURCE = "hartwatch"
LONGEST = 4000  # characters of an annotation
ESCALATED = ("75%", "100%")  # marks of the fix clock, as their keys end
NAMES: dict[MessageKind, str] = {
    "outage": "HartwatchOutage", "degraded": "HartwatchDegraded", "flapping": "HartwatchFlapping",
    "redundancy": "HartwatchRedundancyLost", "fix_clock": "HartwatchFixClock", "full_service": "HartwatchFullService",
    "hardware": "HartwatchHardware",
}  # fmt: skip
# Who acts, as the alert rules for Prometheus have it.
TEAMS: dict[MessageKind, str] = {
    "outage": "service-desk", "fix_clock": "service-desk", "full_service": "service-desk",
}  # fmt: skip
OTHERS = "infrastructure"
# The pages of the rules that say the same thing.
RUNBOOKS: dict[MessageKind, str] = {
    "outage": "outage-open.md", "degraded": "hartwatch-degraded.md", "flapping": "flapping.md",
    "redundancy": "redundancy-lost.md", "full_service": "full-service-at-risk.md", "hardware": "README.md",
}  # fmt: skip
FIX_CLOCK = {
    "50%": "outage-half-of-fix-target.md", "75%": "outage-three-quarters-of-fix-target.md",
    "100%": "outage-past-fix-target.md",
}  # fmt: skip
HARDWARE = {
    "stage/review_due": "hardware-review-due.md", "stage/refresh_due": "hardware-refresh-due.md",
    "stage/overdue": "hardware-overdue.md", "stage/unsupported": "hardware-unsupported.md",
    "support_180": "hardware-support-ends-soon.md", "support_30": "hardware-support-ends-very-soon.md",
    "software/review_due": "software-unsupported.md", "software/unsupported": "software-unsupported.md",
}  # fmt: skip

_NOWHERE = Place("")  # of a subject that the inventory no longer has

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `labels` are those that its message alone gives; `ended_at` None: it stands."""

    labels: Labels
    subject: str
    kind: MessageKind
    title: str
    text: str
    began_at: datetime
    ended_at: datetime | None = None
    key: str | None = None


def labels_of(message: Message) -> Labels:
    """What tells an alert from every other; where its subject belongs comes with it when it is sent."""
    kind = message.kind
    severity, more = message.level, {}
    if kind == "fix_clock" and (message.key or "").endswith(ESCALATED):
        severity, more = "critical", {"escalate": "yes"}
    if kind == "full_service" and (message.key or "").endswith("100%"):
        more = {"escalate": "yes"}
    if kind == "hardware":
        # Two messages of one sort tell of different pieces: the second one is news.
        more = {"message": sha256((message.key or message.title).encode()).hexdigest()[:12]}
    found = {
        "alertname": NAMES[kind], "source": SOURCE, "subject": message.subject, "severity": severity,
        "team": TEAMS.get(kind, OTHERS), "topic": TOPICS[kind], **more,
    }  # fmt: skip
    return tuple(sorted(found.items()))


class Standing:
    """See the module's docstring. Of one channel; not safe between threads."""

    def __init__(self, hardware_stands: timedelta = timedelta(days=7)) -> None:
        self._hardware_stands = hardware_stands
        self._alerts: dict[Labels, Alert] = {}

    def take(self, message: Message) -> None:
        """One message more."""
        if message.level == "recovered":
            for labels, alert in self._alerts.items():
                if alert.subject == message.subject and alert.ended_at is None:
                    self._alerts[labels] = replace(alert, ended_at=max(message.at, alert.began_at))
            return
        if message.kind in ("reminder", "paper"):
            return
        labels = labels_of(message)
        before = self._alerts.get(labels)
        stands = before is not None and before.ended_at is None
        # A mark of the fix clock is told as of the beginning of the outage, as everything else is.
        began = min(before.began_at, message.at) if before is not None and stands else message.at
        ends = message.at + self._hardware_stands if message.kind == "hardware" else None
        self._alerts[labels] = Alert(
            labels, message.subject, message.kind, message.title, message.text, began, ends, message.key
        )

    def alerts(self, now: datetime, keep_ended: timedelta) -> list[Alert]:
        """What stands, and what ended less than `keep_ended` ago; what ended before that is forgotten."""
        for labels in [k for k, a in self._alerts.items() if a.ended_at is not None and a.ended_at <= now - keep_ended]:
            del self._alerts[labels]
        return list(self._alerts.values())

    def of(self, subject: str) -> list[Alert]:
        return [alert for alert in self._alerts.values() if alert.subject == subject]

    def number(self, now: datetime) -> int:
        """How many stand."""
        return sum(alert.ended_at is None or alert.ended_at > now for alert in self._alerts.values())


def posted(
    alert: Alert, places: Mapping[str, Place], page: str, holds: timedelta, now: datetime
) -> dict[str, Any]:  # fmt: skip
    """An alert as Alertmanager's API has it (PostableAlert). What stands ends in `holds`, if nobody sends it again."""
    where = places.get(alert.subject, _NOWHERE)
    placed = {"device": where.device, "site": where.site, "class": where.role, "council": where.council}
    ends = alert.ended_at if alert.ended_at is not None and alert.kind != "hardware" else now + holds
    if alert.kind == "hardware" and alert.ended_at is not None:
        ends = min(ends, alert.ended_at)
    # A recovery in the instant of the beginning is no alert that Alertmanager would take.
    ends = max(ends, alert.began_at + timedelta(milliseconds=1))
    return {
        "labels": {name: plain(value, LONGEST) for name, value in (*alert.labels, *placed.items()) if value},
        "annotations": {
            "summary": plain(alert.title, LONGEST),
            "description": plain(alert.text, LONGEST),
            "runbook": f"docs/runbooks/{runbook_of(alert)}",
        },
        "startsAt": _time(alert.began_at),
        "endsAt": _time(ends),
        "generatorURL": page + page_of(alert),
    }


def runbook_of(alert: Alert) -> str:
    """The file under docs/runbooks."""
    if alert.kind == "fix_clock":
        return FIX_CLOCK.get((alert.key or "").rpartition("/")[2], FIX_CLOCK["50%"])
    if alert.kind == "hardware":
        what = alert.subject.partition(":")[2]
        return "hardware-exception-expired.md" if what.startswith("exception") else HARDWARE.get(what, "README.md")
    return RUNBOOKS[alert.kind]


def page_of(alert: Alert) -> str:
    """The agent's page of what an alert is about."""
    kind, _, name = alert.subject.partition(":")
    if alert.kind == "fix_clock" and alert.key:
        return f"/outages/{alert.key.split('/')[1]}"
    if alert.kind == "hardware":
        return "/register"
    return f"/devices/{name}" if kind == "device" else f"/sites/{name}" if kind == "site" else "/outages"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def takes(least: str, topics: Iterable[str], councils: Iterable[str], council_of: Any) -> Any:
    """Whether a channel takes a message: by level, by what it is about, and by whose subject it is.

    `council_of(subject)` gives a council, "both", or "" where it is of nobody in particular.
    """
    wanted, whose = frozenset(topics), frozenset(councils)

    def decide(message: Message) -> bool:
        if least == "critical" and message.level != "critical":
            return False
        if wanted and TOPICS[message.kind] not in wanted:
            return False
        return not whose or council_of(message.subject) in whose | {"both", ""}

    return decide
