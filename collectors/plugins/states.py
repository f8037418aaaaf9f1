"""States that every platform tells in its own words, under the same names for all: clock, licences, what is unsaved.

`ntp`, `configuration`, `reload_reason`, `failover_reason` and `licence` are the checks; an expiry date is that of a
part "licence", as SNMP's tables of contracts give it, so that days left are one metric for all vendors. Pure.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from datetime import date

from collectors.errors import Unparsed
from collectors.plugins.templates import said
from collectors.plugins.text import check, lines, part
from collectors.readings import Check, Findings, Level, Part

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"(?<!\d)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_NAMED = re.compile(r"(?i)\b([a-z]{3})[a-z]{0,6}\.? {1,3}(\d{1,2}),? {1,3}(?:\d\d:\d\d:\d\d {1,3})?(\d{4})\b")
_DAY_FIRST = re.compile(r"(?i)(?<!\d)(\d{1,2})[ -]{0,3}([a-z]{3})[a-z]{0,6}[ -]{0,3}(\d{4})\b")


def day(text: str | None) -> date | None:
    """The first day named in a text: "2025-08-01 00:00:00", "March 08, 2023", "Dec 03 16:37:44 2019 UTC", "24Mar2016".

    01/02/2023 is not read: nothing says which of the two is the month.
    """
    text = (text or "")[:200]
    if iso := _ISO.search(text):
        year, month, number = iso[1], int(iso[2]), iso[3]
    elif named := _NAMED.search(text):
        year, month, number = named[3], _month(named[1]), named[2]
    elif first := _DAY_FIRST.search(text):
        year, month, number = first[3], _month(first[2]), first[1]
    else:
        return None
    with contextlib.suppress(ValueError):
        return date(int(year), month, int(number))
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()) + 1 if name.lower() in _MONTHS else 0


def ntp(synchronised: bool) -> Check:
    """Whether the clock follows a server. One that does not makes logs and certificates wrong: a warning."""
    state, level = ("synchronised", Level.OK) if synchronised else ("unsynchronised", Level.WARNING)
    return check("ntp", "clock", state, level)


def clock(text: str, good: str, bad: str, off: str = r"NTP is not (?:enabled|configured|running)") -> Findings:
    """NTP by the words for a clock that follows a server and for one that does not; none where NTP is not in use."""
    head = text[:20_000]
    if re.search(bad, head, re.I | re.M):
        return Findings(checks=(ntp(False),))
    if re.search(good, head, re.I | re.M):
        return Findings(checks=(ntp(True),))
    if re.search(off, head, re.I):
        return Findings()
    raise Unparsed("not the state of NTP")


_PEER = re.compile(
    r"\s{0,3}([*+#.ox~=?-]{0,3}) {0,3}(?:\d{1,2} +)?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:]{2,38}|"
    r"[\w-]{1,60}(?:\.[\w-]{1,60}){1,6})\s"
)


def ntp_peers(text: str, heading: str) -> Findings:
    """A table of servers, one marked `*`: that the clock follows. No server at all: NTP is not in use."""
    if not re.search(heading, text[:4_000], re.I):
        raise Unparsed("not a table of NTP servers")
    rows = [row for line in lines(text) if (row := _PEER.match(line))]
    return Findings(checks=(ntp(any("*" in row[1] for row in rows)),) if rows else ())


def configuration(saved: bool, word: str = "unsaved") -> Check:
    """Whether what is in force is what the device starts with. What is not saved is lost at the next power cut."""
    return check("configuration", "running", "saved" if saved else word, Level.OK if saved else Level.WARNING)


_WHEN = re.compile(r"(?i)[, ]{0,3}\b(?:at|on|since) {0,3}(?:\d{1,2}:\d\d|[a-z]{3} [a-z]{3} |\d{4}[-/]).{0,80}$")


def reload_reason(reason: str | None, subject: str = "system") -> tuple[Check, ...]:
    """Why the device last started. Always OK: it is a story, not a state, and it stays true until the next restart.

    When it was is left out of the state: it would be a series of its own for each restart.
    """
    reason = said(_WHEN.sub("", reason or "").strip(" .\"'"))
    return (check("reload_reason", subject, reason, Level.OK),) if reason else ()


def failover_reason(reason: str | None, subject: str) -> tuple[Check, ...]:
    """Why the other unit last took over, or this one did; a story as well."""
    reason = said(_WHEN.sub("", reason or "").strip(" ."))
    return (check("failover_reason", subject, reason, Level.OK),) if reason else ()


_LICENCE = (
    (r"expired|violation|out.of.compliance|invalid|revoked|not.authorized", Level.CRITICAL),
    (r"unregistered|eval|demo|trial|grace|overuse|pending|about.to|emergency", Level.WARNING),
    (
        r"active|in.use|authorized|permanent|valid|registered|enabled|never|normal|completed?|licensed|unused|not.in.use"
        r"|disabled|not.applicable",
        Level.OK,
    ),
)


def licence_level(state: str) -> Level:
    """How bad the words for the state of a licence are; a licence that is not used hurts nobody."""
    for words, level in _LICENCE:
        if re.search(words, state, re.I):
            return level
    return Level.UNKNOWN


def licence(name: str, state: str, level: Level | None = None) -> Check:
    return check("licence", name, state, licence_level(state) if level is None else level)


def licence_part(name: str, expires: date | None) -> tuple[Part, ...]:
    """A licence with a day on which it ends; one without is no part of the register."""
    if expires is None:
        return ()
    return (replace(part("licence", name, place=name), replace_by=expires),)
