"""What a device shows against what the inventory expects of it. Pure.

Absence is no row: an access point that is lost leaves the controller's table, and no table says how many members a
cluster should have. And presence is no fault: of 77 tunnels 37 may be down for good reasons that no monitor knows. So
tunnels are judged only where they are expected, and what is expected is missed where it is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from collectors.readings import Check, Interface, Level, Part
from collectors.target import Expect

OPTIONAL = frozenset({"vpn_tunnel"})  # checks that accuse only what is expected
_GOOD = (Level.OK, Level.WARNING)


def judged(checks: Iterable[Check], expect: Expect) -> list[Check]:
    """The checks, with tunnels that nobody expects taken at their word: the state is told, the level is ok."""
    return [
        replace(check, level=Level.OK)
        if check.check in OPTIONAL
        and check.level is not Level.UNKNOWN
        and not _is_one_of(check.subject, expect.vpn_tunnels)
        else check
        for check in checks
    ]


def missing(
    expect: Expect,
    checks: Sequence[Check],
    interfaces: Sequence[Interface],
    wireless: Mapping[str, float],
    parts: Sequence[Part] | None,
) -> list[Check]:
    """One check for each expectation that these findings can answer; `parts` None: they were not asked this time."""
    out: list[Check] = []
    tunnels = [c.subject for c in checks if c.check == "vpn_tunnel"]
    if tunnels:
        out += [
            Check("vpn_tunnel", name, "missing", Level.CRITICAL)
            for name in expect.vpn_tunnels
            if not any(_is_one_of(subject, (name,)) for subject in tunnels)
        ]
    if interfaces:
        out += [_interface(name, interfaces) for name in expect.interfaces_up]
    points = wireless.get("access_points_up")
    if points is None:
        named = [c for c in checks if c.check == "access_point"]
        points = sum(c.level in _GOOD for c in named) if named else wireless.get("access_points")
    for what, wanted, found in (
        ("access_points_expected", expect.access_points, points),
        ("power_supplies_expected", expect.power_supplies, _good(checks, "power_supply")),
        ("ha_members_expected", expect.ha_members, _ha_members(checks, parts)),
        ("stack_members_expected", expect.stack_members, _members(checks, parts, "stack_member")),
    ):
        if wanted is not None and found is not None:
            level = Level.OK if found >= wanted else (Level.CRITICAL if found == 0 else Level.WARNING)
            out.append(Check(what, "", f"{found:g} of {wanted}", level))
    return out


def _interface(name: str, interfaces: Sequence[Interface]) -> Check:
    found = next((i for i in interfaces if name in (i.name, i.descr, i.alias)), None)
    if found is None:
        return Check("interface_expected", name, "missing", Level.CRITICAL)
    return Check(
        "interface_expected", name, found.oper or "unknown", Level.OK if found.oper == "up" else Level.CRITICAL
    )


def _good(checks: Sequence[Check], name: str) -> int | None:
    """How many of the things a check looks at are well; None where it was not made."""
    found = [c for c in checks if c.check == name]
    return sum(c.level in _GOOD for c in found) if found else None


# Checks that judge one unit of a pair each, its own or its peer's.
_UNITS = frozenset({"ha_state", "ha_peer_state", "ha_peer", "redundancy_unit", "redundancy_peer"})


def _ha_members(checks: Sequence[Check], parts: Sequence[Part] | None) -> int | None:
    """Units of a cluster that are well: by checks of both units, else by a check or a part for each member."""
    units = [c for c in checks if c.check in _UNITS]
    if len(units) > 1:
        return sum(c.level in _GOOD for c in units)
    synchronised = _good(checks, "ha_sync")
    return synchronised if synchronised is not None else _members(checks, parts, "ha_member")


def _members(checks: Sequence[Check], parts: Sequence[Part] | None, part: str) -> int | None:
    """Members by the check that judges each of them, else by the parts that were found."""
    good = _good(checks, part)
    if good is not None:
        return good
    found = sum(p.part == part for p in parts) if parts is not None else 0
    return found or None


def _is_one_of(subject: str, names: Iterable[str]) -> bool:
    """True where the whole subject or a word of it is one of the names; a trailing * matches any ending."""
    words = (subject, *subject.split())
    return any(w.startswith(n[:-1]) if n.endswith("*") else w == n for n in names for w in words)
