"""Names for people, and their pages, of all that stands or falls. Pure.

name_of("link:wf-a", estate)       Named: "Wallfields, Virgin Media", /sites/wallfields
reason_of("device:x is down", estate)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from agent.facts import Asset, Outage, Standing, is_group
from agent.health import Held
from agent.inventory.model import Estate
from agent.words import class_name

KINDS = ("service", "site", "link", "device")  # what more people feel first


@dataclass(frozen=True, slots=True)
class Named:
    """A subject with its name for people and its page, where it has one."""

    subject: str
    kind: str
    title: str
    url: str = ""


def name_of(subject: str, estate: Estate) -> Named:
    """Names for people of anything that stands or falls."""
    kind, _, name = subject.partition(":")
    if kind == "device" and name in estate.devices:
        return Named(subject, class_name(estate.devices[name].class_), name, f"/devices/{quote(name, safe='')}")
    if kind == "site" and name in estate.sites:
        return Named(subject, "site", estate.sites[name].title, f"/sites/{quote(name, safe='')}")
    if kind == "service" and name in estate.services:
        return Named(subject, "service", estate.services[name].title)
    if kind == "link" and name in estate.links:
        link = estate.links[name]
        title = f"{estate.sites[link.site].title}, {link.supplier}"
        return Named(subject, "link", title, f"/sites/{quote(link.site, safe='')}")
    return Named(subject, kind, name)


def names_of(subjects: Iterable[str], estate: Estate) -> tuple[Named, ...]:
    """Services first, then sites, links and devices; redundancy groups are left out."""
    named = [name_of(subject, estate) for subject in subjects if not is_group(subject)]
    return tuple(sorted(named, key=lambda n: (order_of(n.subject), n.title, n.subject)))


def order_of(subject: str) -> int:
    kind = subject.partition(":")[0]
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


_SUBJECT = re.compile(r"\b(?:device|link|site|service):[A-Za-z0-9._-]+")


def reason_of(reason: str, estate: Estate) -> str:
    """A reason with the names that people use, in place of subjects."""
    return _SUBJECT.sub(lambda found: name_of(found.group(), estate).title, reason)


_WORDS = re.compile(r"\b(device|link|site|service) ([A-Za-z0-9._-]+)")


def spoken(text: str, estate: Estate) -> str:
    """What accounting.redundancy says ("device hv-1, site town or link town-a") with the names that people use."""

    def named(found: re.Match[str]) -> str:
        kind, name = found.groups()
        if kind == "link":
            return f"link {name} ({estate.links[name].supplier})" if name in estate.links else found.group()
        return name_of(f"{kind}:{name}", estate).title

    return _WORDS.sub(named, text)


def site_of(subject: str, estate: Estate) -> str | None:
    kind, _, name = subject.partition(":")
    if kind == "device" and name in estate.devices:
        return estate.devices[name].site
    if kind == "link" and name in estate.links:
        return estate.links[name].site
    return None


def shown(held: Held) -> Standing:
    """How a subject is shown: what is carried down is down to those who use it."""
    return Standing.DOWN if held.out else held.standing


def outage_url(outage: Outage) -> str:
    return f"/outages/{outage.id}"


def piece_url(asset: Asset) -> str:
    """By its id: keys have slashes, and change when a piece shows its serial number late."""
    return f"/register/{asset.id}"
