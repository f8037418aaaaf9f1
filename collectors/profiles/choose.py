"""Choose the family of a device from what it says of itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from collectors.profiles.load import Profiles
from collectors.profiles.model import Match, Profile
from collectors.profiles.relocate import relocated

GENERIC = "generic"
_compiled = lru_cache(maxsize=8192)(re.compile)


@lru_cache(maxsize=1024)  # three hundred families are gone through once for all devices of a model and version
def candidates(
    profiles: Profiles, sys_object_id: str | None, sys_descr: str | None
) -> tuple[tuple[float, Profile, Match], ...]:
    """Entries that may match, the most special first, before `has` and `answers` have been asked."""
    found = []
    for profile in profiles:
        for entry in profile.match:
            rank = _rank(entry, sys_object_id or "", sys_descr or "")
            if rank is not None:
                found.append((rank, relocated(profile, sys_object_id or ""), entry))
    found.sort(key=lambda f: (-f[0], f[1].profile))
    return tuple(found)


def questions(found: Iterable[tuple[float, Profile, Match]]) -> tuple[str, ...]:
    """The OIDs to GET before a choice can be made; none for most devices."""
    asked: dict[str, None] = {}
    for _, _, entry in found:
        if not (entry.has or entry.answers):
            break  # this one matches whatever the rest says
        asked |= dict.fromkeys((*entry.has, *entry.answers))
    return tuple(asked)


def choose(
    profiles: Profiles, found: Iterable[tuple[float, Profile, Match]], answers: Mapping[str, str | None]
) -> Profile:
    """The most special entry whose questions were answered as it wants; the generic profile if there is none."""
    for _, profile, entry in found:
        if entry.has and not any(answers.get(oid) is not None for oid in entry.has):
            continue
        if all(_compiled(want).search(answers.get(oid) or "") for oid, want in entry.answers.items()):
            return profile
    return profiles[GENERIC]


def device_class(profile: Profile, sys_object_id: str | None, sys_descr: str | None, model: str | None) -> str | None:
    """The class by the first rule of `class_by` that holds, else the profile's own."""
    for rule in profile.class_by:
        if rule.sys_object_id and not any(oid_matches(p, sys_object_id or "") for p in rule.sys_object_id):
            continue
        if rule.sys_descr and not _compiled(rule.sys_descr).search(sys_descr or ""):
            continue
        if rule.model and not _compiled(rule.model).search(model or ""):
            continue
        return rule.device_class
    return profile.device_class


def oid_matches(pattern: str, oid: str) -> bool:
    """`1.3.6.1.4.1.9.1.*` matches everything below 1.3.6.1.4.1.9.1 and itself; without the star only itself."""
    if pattern.endswith(".*"):
        stem = pattern[:-2]
        return oid == stem or oid.startswith(stem + ".")
    return oid == pattern


def _rank(entry: Match, sys_object_id: str, sys_descr: str) -> float | None:
    """How special a match is; None where it does not hold. Longest object id, then answers, then a description."""
    rank = 0.0
    if entry.sys_object_id:
        fits = [p for p in entry.sys_object_id if oid_matches(p, sys_object_id)]
        if not fits:
            return None
        rank += 10 * max(p.removesuffix(".*").count(".") + (0 if p.endswith(".*") else 0.5) for p in fits)
    hit: Callable[[str], re.Match[str] | None] = lambda p: _compiled(p).search(sys_descr)  # noqa: E731
    if entry.sys_descr:
        if not any(map(hit, entry.sys_descr)):
            return None
        rank += 8
    if any(map(hit, entry.not_sys_descr)):
        return None
    return rank + 9 * bool(entry.has) + 9 * bool(entry.answers)
