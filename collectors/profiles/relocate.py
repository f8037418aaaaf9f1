"""Profiles of vendors that give every product a tree of its own: the same objects, below the product's number. Pure."""

from __future__ import annotations

import json
import re

from collectors.profiles.model import Profile

_moved: dict[tuple[int, tuple[str, ...]], tuple[Profile, Profile]] = {}


def relocated(profile: Profile, sys_object_id: str) -> Profile:
    """The profile with its placeholder OIDs (`relocate`) below the device's own number; itself where nothing moves.

    The same product always gets the same object, so that plans and layouts are shared between devices.
    """
    if not profile.relocate:
        return profile
    places = tuple(_place(r.match, r.to, sys_object_id) for r in profile.relocate)
    key = (id(profile), places)
    held = _moved.get(key)
    if held is None or held[0] is not profile:
        text = profile.model_dump_json(by_alias=True)
        for rule, place in zip(profile.relocate, places, strict=True):
            if place:
                # An OID stands alone as a string, or inside a name as {OID} or {OID|OID}.
                text = re.sub(rf'(?<=["{{|]){re.escape(rule.below)}(?=[."}}|])', place, text)
        held = (profile, Profile.model_validate(json.loads(text) | {"relocate": []}))
        _moved[key] = held
    return held[1]


def _place(pattern: str, to: str, sys_object_id: str) -> str:
    """Where a relocation leads for this device; empty where it does not apply."""
    hit = re.match(pattern, sys_object_id)
    return hit.expand(to) if hit else ""
