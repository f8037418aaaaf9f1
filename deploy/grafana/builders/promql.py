"""Expressions that many panels share. Pure text.

Everything about a device is filtered by what the inventory knows of it (council, site, class), which stands on one
series for each device, so it is joined and not repeated on every sample. `max by` is around that series because a
device that was upgraded has two of them, with the old and the new version, for as long as Prometheus looks back:
a join with both would be refused.
"""

from __future__ import annotations

CHOSEN = 'council=~"$council", site=~"$site", role=~"$class", device=~"$device"'
PLACED = 'council=~"$council", site=~"$site"'


def devices(more: str = "", labels: str = "council, site, role") -> str:
    """One series for each device that the variables choose. `more`: further matchers, such as `role="ups"`."""
    matchers = f"{CHOSEN}, {more}" if more else CHOSEN
    return f"max by (device, {labels}) (hartwatch_device_info{{{matchers}}})"


def of_devices(expression: str, more: str = "", labels: str = "council, site, role") -> str:
    """Series with a label `device`, those of chosen devices only, with where they stand."""
    return f"({expression})\n* on (device) group_left ({labels}) {devices(more, labels)}"


def subjects(more: str = "", labels: str = "kind, name, council, site") -> str:
    """One series for each subject that the variables choose; what serves all councils belongs to each choice."""
    matchers = 'council=~"$council|both", site=~"$site"' + (f", {more}" if more else "")
    return f"max by (subject, {labels}) (hartwatch_subject_info{{{matchers}}})"


def of_subjects(expression: str, more: str = "", labels: str = "kind, name, council, site") -> str:
    """Series with a label `subject`, those of chosen subjects only, with their names for people."""
    return f"({expression})\n* on (subject) group_left ({labels}) {subjects(more, labels)}"


def standing(matchers: str = "") -> str:
    """How subjects stand as one number for each: 0 up, 1 degraded, 2 down, 3 blind."""
    of = {name: f'hartwatch_standing{{{matchers + ", " if matchers else ""}standing="{name}"}}'
          for name in ("degraded", "down", "blind")}  # fmt: skip
    return f"{of['degraded']} + ignoring (standing) 2 * {of['down']} + ignoring (standing) 3 * {of['blind']}"


STANDING = standing()


def links(labels: str = "subject, link, supplier, council, site") -> str:
    """One series for each interface that a chosen link is seen by."""
    return f"max by (device, ifName, {labels}) (hartwatch_link_info{{{PLACED}}})"


def of_links(rate: str) -> str:
    """A rate of interfaces as that of the links on them. The links are the many side: an interface may carry two."""
    return f"max by (device, ifName) ({rate})\n* on (device, ifName) group_right () {links()}"


def rate(metric: str, factor: str = "", matchers: str = 'device=~"$device"') -> str:
    where = f"{{{matchers}}}" if matchers else ""
    return f"rate({metric}{where}[$__rate_interval]){factor}"


ASSET = "device, part, place, serial"


def assets(matchers: str = "", labels: str = "class, site, council, model") -> str:
    """One series for each piece of hardware, with the stage it is in and what the register knows of it."""
    where = f"{{{matchers}}}" if matchers else ""
    return (
        f"(max by ({ASSET}, stage) (hartwatch_asset_stage{where}) == 1)\n* on ({ASSET}) group_left ({labels}) "
        f"max by ({ASSET}, {labels}) (hartwatch_asset_info{where})"
    )


def of_assets(metric: str, matchers: str = "", then: str = "") -> str:
    """Series of pieces of hardware with their stage and what is known of them."""
    where = f"{{{matchers}}}" if matchers else ""
    return f"(max by ({ASSET}) ({metric}{where}){then})\n* on ({ASSET}) group_right () ({assets(matchers)})"
