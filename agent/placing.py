"""Where each subject belongs: its device, site, class and council, as samples of `hartwatch_subject_info`. Pure.

    placed(estate, topology) > {"device:sw-wf-1": Place(...), "link:wf-a": ..., "redundancy:links/wf": ...}
    of_places(placed, title) > samples for the exporter; `title` gives a subject's name for people

Metrics of standings have the subject alone, so that a device that moves goes on as the same series. Alert rules join
the rest from here; without it nothing could be routed by council or held back by site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agent.inventory.model import Estate
from agent.topology import Topology
from collectors.readings import Labels

Fact = tuple[str, Labels, float]

BOTH = "both"  # how the inventory says that something is of all councils
NOWHERE = ""


@dataclass(frozen=True, slots=True)
class Place:
    """`kind`: device, link, site, service or redundancy. What does not apply, or is more than one, is empty; but a
    council is `both` where something is of more than one."""

    kind: str
    device: str = NOWHERE
    site: str = NOWHERE
    role: str = NOWHERE  # the class of the device
    council: str = NOWHERE


def placed(estate: Estate, topology: Topology) -> dict[str, Place]:
    """Every subject that stands or falls, in the order of its name."""
    found: dict[str, Place] = {}
    groups: list[str] = []
    for subject in sorted(topology.subjects):
        kind, _, name = subject.partition(":")
        if kind == "redundancy":
            groups.append(subject)
        else:
            found[subject] = _plain(estate, kind, name)
    for group in groups:
        found[group] = _group(estate, topology, group, found)
    return dict(sorted(found.items()))


def _plain(estate: Estate, kind: str, name: str) -> Place:
    if kind == "service":
        return Place(kind, council=str(estate.services[name].owner))
    if kind == "device":
        device = estate.devices[name]
        return Place(kind, name, device.site, device.class_, _owner(estate, device.site))
    site = str(estate.links[name].site) if kind == "link" else name
    return Place(kind, site=site, council=_owner(estate, site))


def _owner(estate: Estate, site: str) -> str:
    return str(estate.sites[site].owner)


def _group(estate: Estate, topology: Topology, group: str, known: Mapping[str, Place]) -> Place:
    """A group of a device's own parts is where the device is, that of a site's or service's needs where those are."""
    kind, _, name = group.removeprefix("redundancy:").partition("/")
    if kind == "device":
        at = known[f"device:{name.rpartition('/')[0]}"]
        return Place("redundancy", at.device, at.site, at.role, at.council)
    if kind in ("site", "service"):
        whole = _plain(estate, kind, name.partition("/")[0])
        return Place("redundancy", site=whole.site, council=whole.council)
    legs = [known[part] for part in topology.groups[group].parts if part in known]
    return Place("redundancy", site=_common((leg.site for leg in legs), NOWHERE),
                 council=_common((leg.council for leg in legs), BOTH))  # fmt: skip


def _common(values: Iterable[str], several: str) -> str:
    """What all of them are, or `several`."""
    found = set(values)
    return found.pop() if len(found) == 1 else several if found else NOWHERE


def of_places(places: Mapping[str, Place], title: Callable[[str], str]) -> Iterator[Fact]:
    for subject, place in places.items():
        labels = (
            ("subject", subject),
            ("kind", place.kind),
            ("name", title(subject)),
            ("device", place.device),
            ("site", place.site),
            ("class", place.role),
            ("council", place.council),
        )
        yield "hartwatch_subject_info", labels, 1.0
