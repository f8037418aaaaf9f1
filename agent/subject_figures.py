"""What subjects and links are, as samples of the catalogue's metrics: for joins in dashboards and rules. Pure.

    of_subjects(estate, topology)     kind, name for people, site and council of all that stands or falls
    LinkFigures().facts(estate, latest)   supplier and circuit of each link, and the interface that it is seen by

A standing says `link:wallfields-a`. Which building that is, whose, and who supplies it is in the inventory; without
these series every dashboard would have to take names apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agent.inventory.model import Estate
from agent.latest import Recent
from agent.topology import Topology
from agent.web.names import name_of
from collectors.readings import Cadence, Labels

Fact = tuple[str, Labels, float]

SHARED = ""  # council of what serves more than one: `council=~"$council|"` finds it beside those of one council


def of_subjects(estate: Estate, topology: Topology) -> Iterator[Fact]:
    """One series for each subject, with labels that are empty where they say nothing."""
    for subject in sorted(topology.subjects):
        kind, _, name = subject.partition(":")
        site, device_class, title = _place(kind, name, estate)
        council = estate.sites[site].owner if site in estate.sites else SHARED
        if kind == "service" and name in estate.services and estate.services[name].owner in estate.councils:
            council = estate.services[name].owner
        yield "hartwatch_subject_info", (
            ("subject", subject), ("kind", kind), ("name", title or name_of(subject, estate).title), ("site", site),
            ("council", council), ("class", device_class),
        ), 1.0  # fmt: skip


def _place(kind: str, name: str, estate: Estate) -> tuple[str, str, str]:
    """Site, class of device, and title where `name_of` has none."""
    if kind == "device" and name in estate.devices:
        return estate.devices[name].site, estate.devices[name].class_, ""
    if kind == "site":
        return name, "", ""
    if kind == "link" and name in estate.links:
        return estate.links[name].site, "", ""
    if kind != "redundancy":
        return "", "", ""
    what, _, rest = name.partition("/")
    of, _, part = rest.partition("/")
    words = part.replace("_", " ")
    if what == "device" and of in estate.devices:
        device = estate.devices[of]
        return device.site, device.class_, f"{of}, {words}"
    if what == "site" and of in estate.sites:
        return of, "", f"{estate.sites[of].title}, what it needs" + (f" ({part})" if part else "")
    if what == "service" and of in estate.services:
        return "", "", f"{estate.services[of].title}, what it needs" + (f" ({part})" if part else "")
    if what == "links":
        sites = {link.site for link in estate.links.values() if link.redundancy == rest}
        return (sites.pop() if len(sites) == 1 else ""), "", f"links of {rest}"
    return "", "", "data centres" if rest == "data_centre" else name


class LinkFigures:
    """The links of the inventory. The names that devices give to their interfaces are kept for each health visit."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[object, dict[str, str]]] = {}  # device > visit, any name > ifName

    def facts(self, estate: Estate, recent_of: Callable[[str], Recent | None]) -> Iterator[Fact]:
        """A series for each interface by which a link is seen, `ifName` as the device says it; and the speeds.

        The inventory may say GigabitEthernet0/0/0 where the device's ifName is Gi0/0/0: a join needs the latter. Where
        the device was not heard yet, it is as the inventory says.
        """
        for name, link in estate.links.items():
            of = ("subject", f"link:{name}")
            site = estate.sites[link.site]
            for watch in link.watch:
                names = self._named(watch.device, recent_of(watch.device))
                yield "hartwatch_link_info", (
                    of, ("link", name), ("site", link.site), ("council", site.owner), ("supplier", link.supplier),
                    ("circuit", link.circuit or ""), ("redundancy", link.redundancy or ""), ("device", watch.device),
                    ("ifName", names.get(watch.interface.casefold(), watch.interface)),
                ), 1.0  # fmt: skip
            if link.speed_mbps:
                yield "hartwatch_link_speed_bits_per_second", (of,), link.speed_mbps * 1e6

    def _named(self, device: str, recent: Recent | None) -> dict[str, str]:
        visit = recent.visits.get(Cadence.HEALTH) if recent is not None else None
        if recent is None or visit is None:
            return {}
        known = self._names.get(device)
        if known is None or known[0] is not visit:
            names: dict[str, str] = {}
            for by in ("alias", "descr", "name"):  # what the interface is called wins over what somebody wrote on it
                for interface in recent.interfaces:
                    said = getattr(interface, by)
                    if said and interface.name:
                        names[said.casefold()] = interface.name
            known = self._names[device] = visit, names
        return known[1]
