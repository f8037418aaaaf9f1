"""What subjects and links are called, and by which interface a link is seen: for joins in dashboards and rules. Pure.

    title_of(subject, estate)             name for people of all that stands or falls, redundancy groups included
    LinkFigures().facts(estate, latest)   supplier and circuit of each link, and the interface that it is seen by

A standing says `link:wallfields-a`. Which building that is and who supplies it is in the inventory; without these
series every dashboard would have to take names apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agent.inventory.model import Estate
from agent.latest import Recent
from agent.web.names import name_of
from collectors.readings import Cadence, Labels

Fact = tuple[str, Labels, float]


def title_of(subject: str, estate: Estate) -> str:
    """Its name for people; of a redundancy group, what its legs are of."""
    kind, _, name = subject.partition(":")
    if kind != "redundancy":
        return name_of(subject, estate).title
    what, _, rest = name.partition("/")
    of, _, part = rest.partition("/")
    if what == "device" and of in estate.devices:
        return f"{of}, {part.replace('_', ' ')}"
    whole = estate.sites.get(of) if what == "site" else estate.services.get(of) if what == "service" else None
    if whole is not None:
        return f"{whole.title}, what it needs" + (f" ({part})" if part else "")
    if what == "links":
        return f"links of {rest}"
    return "data centres" if rest == "data_centre" else name


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
