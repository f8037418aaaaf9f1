"""What stands behind what, and what needs what: the inventory as judgement reads it. Pure.

Topology.of(estate)                made once when the inventory is loaded
topology.behind["device:sw-wf-1"]  subjects it is reached through; it is cut off when all of them are down
topology.front["device:core-1"]    subjects that are reached through it
topology.watched["rt-wf-1"]        ((link subject, interface name), ...) that a visit to this device judges
topology.needs["service:network"]  the expression a site or service stands on
topology.dependents["link:wf-a"]   sites and services to judge again when it changes
topology.groups["redundancy:links/wf"]   what is to stand in for each other: Group(legs, count)
topology.grouped["link:wf-a"]      redundancy groups to judge again when it changes
topology.expected["sw-wf-1"]       ((check, redundancy subject), ...) that a visit to this device judges
topology.subjects                  all of them

Redundancy groups, each set of legs once, the first that names it:

- redundancy:links/NAME: links of one `redundancy:` that something watches;
- redundancy:sites/data_centre: the data centres, where there are two or more;
- redundancy:site/NAME and redundancy:service/NAME: every `any` of two or more and every `at_least` of more than it
  wants, in what a site or service needs; the second one in reading order is NAME/2. Of a site that does not say what it
  needs these are its links: that one of its devices is enough for it to count as up makes no device a spare of another;
- redundancy:device/NAME/power_supplies (ha_members, stack_members): where two or more are expected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.facts import Standing
from agent.inventory.model import Estate
from agent.inventory.needs import AllOf, AnyOf, AtLeast, Needs, Subject, subjects

Names = Mapping[str, tuple[str, ...]]


EXPECTED = ("power_supplies", "ha_members", "stack_members")  # keys of `expect:`; the checks are called NAME_expected


@dataclass(frozen=True, slots=True)
class Group:
    """What is to stand in for each other: `count` of the legs are enough."""

    legs: tuple[Needs, ...]
    count: int
    parts: tuple[str, ...]  # the subjects of the legs, in reading order, each once
    plain: bool  # every leg is one subject, and no two the same: `parts` are the legs

    @classmethod
    def of(cls, legs: Iterable[Needs], count: int = 1) -> Group:
        legs = tuple(legs)
        parts = tuple(dict.fromkeys(str(part) for leg in legs for part in subjects(leg)))
        plain = len(parts) == len(legs) and all(isinstance(leg, Subject) for leg in legs)
        return cls(legs, count, parts, plain)

    @property
    def needs(self) -> Needs:
        return AtLeast(self.count, self.legs)

    def standing(self, up: int, out: int) -> Standing:
        """How it stands when so many legs serve and so many are out, and of the others nothing is known."""
        legs = len(self.legs)
        if legs - out < self.count:
            return Standing.DOWN
        if up == legs:
            return Standing.UP
        return Standing.DEGRADED if out and up >= self.count else Standing.BLIND


@dataclass(frozen=True, slots=True)
class Topology:
    """All mappings are by subject ("device:x", "link:x", "site:x", "service:x"), but `watched` is by device name."""

    devices: frozenset[str] = frozenset()  # names, not subjects
    behind: Names = field(default_factory=dict)
    front: Names = field(default_factory=dict)
    watched: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    watchers: Names = field(default_factory=dict)  # link subject > device subjects that see it
    needs: Mapping[str, Needs] = field(default_factory=dict)
    dependents: Names = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)  # those with legs, not those a device tells of itself
    grouped: Names = field(default_factory=dict)  # subject > redundancy subjects, of either sort
    expected: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def subjects(self) -> frozenset[str]:
        """Everything that stands or falls."""
        told = (name for groups in self.expected.values() for _, name in groups)
        return frozenset(
            (*(f"device:{name}" for name in self.devices), *self.watchers, *self.needs, *self.groups, *told)
        )

    @classmethod
    def of(cls, estate: Estate) -> Topology:
        """Read the estate; names in it have been checked when it was loaded."""

        def subject_of(name: str) -> str:
            if ":" in name:
                return name
            return f"link:{name}" if name in estate.links and name not in estate.devices else f"device:{name}"

        behind = {
            f"device:{name}": tuple(subject_of(str(other)) for other in device.behind)
            for name, device in estate.devices.items()
            if device.behind
        }
        watched: dict[str, list[tuple[str, str]]] = defaultdict(list)
        watchers: dict[str, list[str]] = defaultdict(list)
        for name, link in estate.links.items():
            for watch in link.watch:
                watched[watch.device].append((f"link:{name}", watch.interface))
                watchers[f"link:{name}"].append(f"device:{watch.device}")
        # By site, once: to look through every device for every site takes a second at 400 sites.
        standing_at: dict[str, tuple[list[Needs], list[Needs]]] = defaultdict(lambda: ([], []))
        for name, link in estate.links.items():
            if link.watch:  # of links that nothing watches nobody would ever know whether they stand
                standing_at[link.site][0].append(Subject(name, "link"))
        for name, device in estate.devices.items():
            standing_at[device.site][1].append(Subject(name, "device"))
        needs: dict[str, Needs] = {}
        for name, site in estate.sites.items():
            own = site.needs or _needs_of_site(*standing_at[name])
            if own is not None:
                needs[f"site:{name}"] = own
        needs.update({f"service:{name}": service.needs for name, service in estate.services.items()})
        pairs = [(str(part), whole) for whole, expression in needs.items() for part in subjects(expression)]
        groups = _groups_of(estate, needs)
        expected = _expected_of(estate)
        grouped = [(part, name) for name, group in groups.items() for part in group.parts]
        grouped += [(f"device:{device}", name) for device, own in expected.items() for _, name in own]
        return cls(
            devices=frozenset(estate.devices),
            behind=behind,
            front=_grouped((other, subject) for subject, others in behind.items() for other in others),
            watched={device: tuple(links) for device, links in watched.items()},
            watchers={link: tuple(dict.fromkeys(devices)) for link, devices in watchers.items()},
            needs=needs,
            dependents=_grouped(pairs),
            groups=groups,
            grouped=_grouped(grouped),
            expected=expected,
        )


def _needs_of_site(links: Sequence[Needs], devices: Sequence[Needs]) -> Needs | None:
    """What a site stands on unless the inventory says so itself: one of its links, and one of its devices."""
    parts = tuple(AnyOf(tuple(members)) for members in (links, devices) if members)
    return AllOf(parts) if parts else None


def _groups_of(estate: Estate, needs: Mapping[str, Needs]) -> dict[str, Group]:
    """Every group by its name; of two with the same legs and count only the first."""
    groups: dict[str, Group] = {}
    known: set[tuple[frozenset[Needs], int]] = set()
    for name, group in _all_groups(estate, needs):
        key = frozenset(group.legs), group.count
        if len(group.legs) > 1 and key not in known:
            known.add(key)
            groups[name] = group
    return groups


def _all_groups(estate: Estate, needs: Mapping[str, Needs]) -> Iterator[tuple[str, Group]]:
    links: dict[str, list[Needs]] = defaultdict(list)
    for name, link in estate.links.items():
        if link.redundancy and link.watch:  # a leg that nothing watches would leave the group BLIND for ever
            links[link.redundancy].append(Subject(name, "link"))
    for name, legs in links.items():
        yield f"redundancy:links/{name}", Group.of(legs)
    centres = [n for n, site in estate.sites.items() if site.kind == "data_centre" and f"site:{n}" in needs]
    yield "redundancy:sites/data_centre", Group.of(Subject(name, "site") for name in centres)
    for whole, expression in needs.items():
        kind, _, name = whole.partition(":")
        if kind == "site" and estate.sites[name].needs is None:
            own = [part for part in subjects(expression) if part.kind == "link"]
            yield f"redundancy:{kind}/{name}", Group.of(own)
            continue
        for number, group in enumerate(_groups_in(expression), 1):
            yield f"redundancy:{kind}/{name}" + (f"/{number}" if number > 1 else ""), group


def _groups_in(needs: Needs) -> Iterator[Group]:
    """Those within an expression, in reading order."""
    if isinstance(needs, Subject):
        return
    if isinstance(needs, AnyOf) and len(legs := tuple(dict.fromkeys(needs.parts))) > 1:
        yield Group.of(legs)
    elif isinstance(needs, AtLeast) and needs.count < len(needs.parts):
        yield Group.of(needs.parts, needs.count)
    for part in needs.parts:
        yield from _groups_in(part)


def _expected_of(estate: Estate) -> dict[str, tuple[tuple[str, str], ...]]:
    """What a device tells of itself: where one is expected there is no redundancy to lose."""
    found = {
        name: tuple(
            (f"{what}_expected", f"redundancy:device/{name}/{what}")
            for what in EXPECTED
            if (getattr(device.expect, what) or 0) > 1
        )
        for name, device in estate.devices.items()
    }
    return {name: groups for name, groups in found.items() if groups}


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for key, value in pairs:
        groups[key][value] = None
    return {key: tuple(values) for key, values in groups.items()}
