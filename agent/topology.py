"""What stands behind what, and what needs what: the inventory as judgement reads it. Pure.

Topology.of(estate)                made once when the inventory is loaded
topology.behind["device:sw-wf-1"]  subjects it is reached through; it is cut off when all of them are down
topology.front["device:core-1"]    subjects that are reached through it
topology.watched["rt-wf-1"]        ((link subject, interface name), ...) that a visit to this device judges
topology.needs["service:network"]  the expression a site or service stands on
topology.dependents["link:wf-a"]   sites and services to judge again when it changes
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.inventory.model import Estate
from agent.inventory.needs import AllOf, AnyOf, Needs, Subject, subjects

Names = Mapping[str, tuple[str, ...]]


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
        return cls(
            devices=frozenset(estate.devices),
            behind=behind,
            front=_grouped((other, subject) for subject, others in behind.items() for other in others),
            watched={device: tuple(links) for device, links in watched.items()},
            watchers={link: tuple(dict.fromkeys(devices)) for link, devices in watchers.items()},
            needs=needs,
            dependents=_grouped(pairs),
        )


def _needs_of_site(links: Sequence[Needs], devices: Sequence[Needs]) -> Needs | None:
    """What a site stands on unless the inventory says so itself: one of its links, and one of its devices."""
    parts = tuple(AnyOf(tuple(members)) for members in (links, devices) if members)
    return AllOf(parts) if parts else None


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for key, value in pairs:
        groups[key][value] = None
    return {key: tuple(values) for key, values in groups.items()}
