"""Whether the parts of an estate fit together: every name exists, nothing goes in circles, shares sum to 1. Pure.

It looks at everything that is valid by itself, also when something else is not, so that all problems are told at once.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase

from agent.inventory.assemble import Assembly
from agent.inventory.credentials import SnmpCommunity, Ssh
from agent.inventory.document import Steps
from agent.inventory.model import (
    NO_CREDENTIAL,
    PARTS,
    PROBE_KINDS,
    SINGLE,
    Cost,
    Defaults,
    Device,
    Estate,
    Hardware,
    KeepUntil,
    Maintenance,
    Owned,
    ProbeOptions,
    Service,
    Site,
)
from agent.inventory.needs import Needs, Subject, SubjectKind, parse_subject, placed, subjects
from agent.inventory.problems import Problem, did_you_mean
from agent.inventory.resolve import InForce, probe_of
from agent.lifecycle.same import serial_key
from agent.recurrence import Rule, TimesInvalid, check_times
from collectors.target import Probe

PLACES: Mapping[SubjectKind, str] = {"device": "devices", "link": "links", "site": "sites", "service": "services"}
# Where entries that are invalid for another reason still have a name in them that can be looked up.
REFERENCES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "sites": (("owner", "councils", "council"),),
    "links": (("site", "sites", "site"),),
    "services": (("owner", "councils", "council"),),
    "maintenance": (),
    "hardware": (("site", "sites", "site"), ("device", "devices", "device")),
    "devices": (
        ("site", "sites", "site"),
        ("zone", "zones", "zone"),
        ("snmp", "credentials", "credential"),
        ("ssh", "credentials", "credential"),
    ),
}
SHOWN_IN_CIRCLE = 6
Edges = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the collectors can do, as far as an inventory may ask it of them."""

    platforms: tuple[str, ...]  # command lines that SSH knows
    probe_problems: Callable[[Probe], list[str]]  # what is wrong with a probe's options
    profiles: Callable[[], Collection[str]] | None = None  # names of device families, fetched when one is named
    today: date | None = None  # None: what has expired is not asked


class CrossCheck:
    """One pass over an estate. `known` has every name that is written, also of entries that are themselves invalid."""

    def __init__(self, estate: Estate, assembly: Assembly, rules: Rules) -> None:
        self.estate, self.assembly, self.rules = estate, assembly, rules
        self.known = {section: [n for n in names if n[:1] != "\0"] for section, names in assembly.data.items()}
        self._sets = {section: frozenset(names) for section, names in self.known.items()}
        settings = InForce(estate)
        self.settings = {name: settings.of(device) for name, device in estate.devices.items()}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def run(self) -> None:
        """Fill `problems` and `warnings`."""
        self._shares({name: council.share for name, council in self.estate.councils.items()}, "councils", None)
        for name, site in self.estate.sites.items():
            self._exists("sites", name, ("owner",), "councils", site.owner, "council")
            self._needs("sites", name, site)
        for name, link in self.estate.links.items():
            self._exists("links", name, ("site",), "sites", link.site, "site")
            for index, watch in enumerate(link.watch):
                self._exists("links", name, ("watch", index, "device"), "devices", watch.device, "device")
            if not link.watch:
                self._warn(
                    "links", name, (), "no interface is watched, so how this link stands is not known", "add watch:"
                )
        for name, service in self.estate.services.items():
            if service.owner != "both":
                self._exists("services", name, ("owner",), "councils", service.owner, "council", ("both",))
            self._needs("services", name, service)
        for name, maintenance in self.estate.maintenance.items():
            self._maintenance(name, maintenance)
        self._hardware()
        for name, exception in self.estate.exceptions.items():
            self._exception(name, exception)
        self._costs()
        self._defaults()
        for name, device in self.estate.devices.items():
            self._device(name, device)
        self._doubles()
        self._of_invalid_entries()
        self._circles()
        self._plain_text_protocols()

    # ------------------------------------------------------------ telling
    def _tell(
        self, section: str, name: str, rest: Steps, message: str, suggestion: str = "", of_key: bool = False
    ) -> None:
        if section in SINGLE:  # its fields are what names are to other sections: each may come from another file
            name, rest = str(rest[0]), rest[1:]
        self.problems.append(self.assembly.sources[section, name].problem(rest, message, suggestion, of_key))

    def _warn(self, section: str, name: str, rest: Steps, message: str, suggestion: str = "") -> None:
        self.warnings.append(self.assembly.sources[section, name].problem(rest, message, suggestion))

    def _exists(
        self, section: str, name: str, rest: Steps, among: str, wanted: str, what: str, also: tuple[str, ...] = ()
    ) -> bool:
        if wanted in self._sets.get(among, ()) or wanted in also:
            return True
        if among in self.assembly.unreadable:
            return False
        known = (*self.known.get(among, ()), *also)
        suggestion = did_you_mean(wanted, known)
        if not suggestion and len(known) <= 12:
            suggestion = f"known: {', '.join(known)}" if known else f"there are no {among} at all"
        self._tell(section, name, rest, f"there is no {what} {wanted!r}", suggestion)
        return False

    # ------------------------------------------------------------ shares
    def _shares(self, shares: Mapping[str, Decimal], section: str, name: str | None, rest: Steps = ()) -> None:
        """Exact, because money is divided by it: 0.333 three times loses a penny in a thousand pounds."""
        complete = name is not None or len(shares) == len(self.known.get("councils", ()))
        total = sum(shares.values(), Decimal(0))
        if not shares or not complete or total == 1:
            return
        difference = 1 - total
        words = f"shares sum to {total}, not to 1"
        suggestion = f"{abs(difference)} {'is missing' if difference > 0 else 'is too much'}"
        if name is None:
            source = self.assembly.sources["councils", next(iter(shares))]
            self.problems.append(source.document.problem(("councils",), words, suggestion, of_key=True))
        else:
            self._tell(section, name, rest, words, suggestion)

    # ------------------------------------------------------------ defaults and devices
    def _defaults(self) -> None:
        self._settings("defaults", "", self.estate.defaults)
        for class_, level in self.estate.class_defaults.items():
            self._settings("class_defaults", class_, level)
        for site, level in self.estate.site_defaults.items():
            self._settings("site_defaults", site, level)
            if site not in self._sets.get("sites", ()) and "sites" not in self.assembly.unreadable:
                suggestion = did_you_mean(site, self.known.get("sites", ()))
                self._tell("site_defaults", site, (), f"there is no site {site!r}", suggestion, of_key=True)

    def _settings(self, section: str, name: str, level: Defaults | Device) -> None:
        """The settings a device and its defaults have in common."""
        for field, kinds in (("snmp", ("snmp_v3", "snmp_v2c", "snmp_v1")), ("ssh", ("ssh",))):
            wanted = getattr(level, field)
            if wanted in (None, NO_CREDENTIAL):
                continue
            if not self._exists(section, name, (field,), "credentials", wanted, "credential", (NO_CREDENTIAL,)):
                continue
            credential = self.estate.credentials.get(wanted)
            if credential is not None and credential.kind not in kinds:
                of_kind = [n for n, c in self.estate.credentials.items() if c.kind in kinds]
                suggestion = f"{field}: {' or '.join(of_kind)}" if of_kind else ""
                self._tell(section, name, (field,), f"credential {wanted!r} is for {credential.kind}", suggestion)
        if level.zone is not None:
            self._exists(section, name, ("zone",), "zones", level.zone, "zone")
        if level.ssh_platform is not None and level.ssh_platform not in self.rules.platforms:
            words = f"there is no platform {level.ssh_platform!r}"
            known = f"known: {', '.join(self.rules.platforms)}"
            self._tell(
                section, name, ("ssh_platform",), words, did_you_mean(level.ssh_platform, self.rules.platforms) or known
            )
        for probe, options in (level.probes or {}).items():
            if options is not None:
                self._probe(section, name, probe, options)
        self._years(section, name, level)

    def _years(self, section: str, name: str, level: Defaults | Device | Hardware) -> None:
        review, replace = level.review_years, level.replace_years
        if review and replace and review > replace:
            words = "hardware is reviewed before it is replaced, not after"
            self._tell(section, name, ("review_years",), words)

    def _owned(self, section: str, name: str, owned: Owned) -> None:
        if owned.shares is not None:
            for council in owned.shares:
                self._exists(section, name, ("owned", "shares", council), "councils", council, "council")
            self._shares(owned.shares, section, name, ("owned", "shares"))
        purchased, installed = owned.purchased, owned.installed
        if purchased and installed and installed < purchased:
            self._warn(section, name, ("owned", "installed"), f"installed before it was purchased ({purchased})")

    def _probe(self, section: str, name: str, probe: str, options: ProbeOptions) -> None:
        if options.kind is None and probe not in PROBE_KINDS:
            words = f"which kind of probe {probe!r} is does not show from its name"
            self._tell(section, name, ("probes", probe), words, f"add kind: {', '.join(PROBE_KINDS)}")
            return
        for words in self.rules.probe_problems(probe_of(probe, options)):
            about = re.search(r"option '(\w+)'", words)
            inside = about is not None and about[1] in (options.__pydantic_extra__ or {})
            rest: Steps = ("probes", probe, about[1]) if about is not None and inside else ("probes", probe)
            self._tell(section, name, rest, words, of_key=words.startswith("unknown"))

    def _device(self, name: str, device: Device) -> None:
        self._exists("devices", name, ("site",), "sites", device.site, "site")
        self._settings("devices", name, device)
        for index, front in enumerate(device.behind):
            self._behind(name, index, front)
        if device.profile is not None and self.rules.profiles is not None:
            known = self.rules.profiles()
            if device.profile not in known:
                words = f"there is no device family {device.profile!r}"
                suggestion = did_you_mean(device.profile, known) or "leave it out to have it found from sysObjectID"
                self._tell("devices", name, ("profile",), words, suggestion)
        self._owned("devices", name, device.owned)
        if device.ssh not in (None, NO_CREDENTIAL) and self.settings[name].ssh_platform is None:
            words = "SSH wants to know the platform it meets"
            self._tell("devices", name, ("ssh",), words, "add ssh_platform: cisco_ios, fortinet, linux ... or auto")

    def _behind(self, name: str, index: int, front: str) -> None:
        kind, colon, bare = front.rpartition(":")
        rest: Steps = ("behind", index)
        if colon and kind not in ("device", "link"):
            self._tell("devices", name, rest, f"a device is behind devices and links, not behind {front!r}")
            return
        among = (kind,) if colon else ("device", "link")
        if any(bare in self._sets.get(PLACES[k], ()) for k in ("device", "link") if k in among):
            return
        if any(PLACES[k] in self.assembly.unreadable for k in ("device", "link")):
            return
        known = [n for k in ("device", "link") if k in among for n in self.known.get(PLACES[k], ()) if n != name]
        self._tell("devices", name, rest, f"there is no {' or '.join(among)} {bare!r}", did_you_mean(bare, known))

    def _of_invalid_entries(self) -> None:
        """Names in entries that did not pass by themselves: whoever mends the one mistake should not meet the next."""
        for section, references in REFERENCES.items():
            valid = getattr(self.estate, section)
            for name, entry in self.assembly.data.get(section, {}).items():
                if name in valid or not isinstance(entry, dict):
                    continue
                for field, among, what in references:
                    also = ("both",) if section == "services" else (NO_CREDENTIAL,) if what == "credential" else ()
                    if isinstance(entry.get(field), str) and entry[field].strip():
                        self._exists(section, name, (field,), among, entry[field], what, also)
                if section == "maintenance":
                    self._maintained(name, entry.get("subjects"))
                behind = entry.get("behind") if section == "devices" else None
                for index, front in enumerate(behind if isinstance(behind, list) else ()):
                    if isinstance(front, str):
                        self._behind(name, index, front)

    # ------------------------------------------------------------ needs
    def kind_of(self, name: str) -> SubjectKind | None:
        """The kind of the one thing that bears a name; None for none or several."""
        kinds = [kind for kind, section in PLACES.items() if name in self._sets.get(section, ())]
        return kinds[0] if len(kinds) == 1 else None

    def _needs(self, section: str, name: str, entry: Site | Service) -> None:
        if entry.needs is not None:
            self._subjects(section, name, placed(entry.needs, ("needs",)))

    def _subjects(self, section: str, name: str, named: Iterable[tuple[Steps, Subject]]) -> None:
        for path, subject in named:
            kinds = [k for k in PLACES if subject.name in self._sets.get(PLACES[k], ())]
            if (subject.kind is None and len(kinds) == 1) or subject.kind in kinds:
                continue
            if subject.kind is None and kinds:
                which = " or ".join(f"{kind}:{subject.name}" for kind in kinds)
                self._tell(section, name, path, f"{subject.name!r} is the name of several things", f"write {which}")
                continue
            among = [subject.kind] if subject.kind else list(PLACES)
            if any(PLACES[kind] in self.assembly.unreadable for kind in among):
                continue
            words = f"there is no {' or '.join(among)} {subject.name!r}"
            if subject.kind and kinds:
                suggestion = f"did you mean {f'{kinds[0]}:{subject.name}'!r}?"
            else:
                suggestion = did_you_mean(subject.name, (n for k in among for n in self.known.get(PLACES[k], ())))
            self._tell(section, name, path, words, suggestion)

    # ------------------------------------------------------------ maintenance
    def _maintenance(self, name: str, entry: Maintenance) -> None:
        self._maintained(name, entry.subjects)
        if entry.lasts is None and entry.ends is None:
            self._tell("maintenance", name, (), "when it ends is missing", "add lasts: 4h, or ends:")
            return
        if entry.lasts is not None and entry.ends is not None:
            self._tell(
                "maintenance", name, ("lasts",), "lasts: and ends: both say when it ends", "leave one of them out"
            )
            return
        length = entry.lasts if entry.lasts is not None else (entry.ends or entry.begins) - entry.begins
        try:
            check_times(entry.begins, length, Rule.parse(entry.repeat) if entry.repeat else None)
        except TimesInvalid as problem:
            of_length = "lasts" if entry.lasts is not None else "ends"
            key = of_length if problem.about == "length" else problem.about
            self._tell("maintenance", name, (key,), problem.message, problem.suggestion)

    def _maintained(self, name: str, written: object) -> None:
        named: list[tuple[Steps, Subject]] = []
        for index, text in enumerate(written if isinstance(written, list) else ()):
            if isinstance(text, str) and text.strip():
                try:
                    named.append((("subjects", index), parse_subject(text)))
                except ValueError as problem:
                    self._tell("maintenance", name, ("subjects", index), str(problem))
        self._subjects("maintenance", name, named)

    # ------------------------------------------------------------ hardware, exceptions, programme
    def _hardware(self) -> None:
        first: dict[str, str] = {}
        for name, entry in self.estate.hardware.items():
            if entry.device is not None:
                self._exists("hardware", name, ("device",), "devices", entry.device, "device")
                for key, value in (("class", entry.class_), ("site", entry.site)):
                    if value is not None:
                        self._tell("hardware", name, (key,), f"the device gives the {key}", "leave one of them out")
            else:
                for key, value in (("class", entry.class_), ("site", entry.site)):
                    if value is None:
                        self._tell("hardware", name, (), f"{key} is missing", f"add {key}:, or device:")
                if entry.site is not None:
                    self._exists("hardware", name, ("site",), "sites", entry.site, "site")
            self._part("hardware", name, ("part",), entry.part)
            self._years("hardware", name, entry)
            self._owned("hardware", name, entry.owned)
            if entry.serial is None:
                continue
            other = first.setdefault(serial_key(entry.serial), name)
            if other != name:
                where = self.assembly.sources["hardware", other].document
                line, _ = where.place(("hardware", other, "serial"))
                words = f"{entry.serial} is the serial number of {other} too ({where.file}:{line})"
                self._tell("hardware", name, ("serial",), words, "a serial number is one piece of hardware")

    def _part(self, section: str, name: str, rest: Steps, part: str) -> None:
        if part not in PARTS:
            words = f"no device family that is shipped tells of a part {part!r}"
            self._warn(section, name, rest, words, did_you_mean(part, PARTS) or f"known: {', '.join(PARTS)}")

    def _exception(self, name: str, entry: KeepUntil) -> None:
        for key, among, what in (
            ("devices", "devices", "device"), ("hardware", "hardware", "hardware"), ("sites", "sites", "site"),
        ):  # fmt: skip
            for index, wanted in enumerate(getattr(entry, key)):
                self._exists("exceptions", name, (key, index), among, wanted, what)
        for index, part in enumerate(entry.parts):
            self._part("exceptions", name, ("parts", index), part)
        chosen = ("serials", "devices", "hardware", "classes", "sites", "models", "parts")
        if not any(getattr(entry, key) for key in chosen):
            words = "it does not say what is kept, which would be everything"
            self._tell("exceptions", name, (), words, f"give one of {', '.join(chosen)}")
        if self.rules.today is not None and entry.until <= self.rules.today:
            words = f"this exception has expired on {entry.until} and no longer counts"
            self._warn("exceptions", name, ("until",), words, f"{entry.owner} decides anew, or it is taken out")

    def _costs(self) -> None:
        costs = self.estate.programme.costs
        seen: list[tuple[int, Cost]] = []
        for index, cost in enumerate(costs):
            if not cost.rank:
                words = "it does not say what it is the price of"
                self._tell("programme", "", ("costs", index), words, "give models, part or class")
                continue
            if cost.part is not None:
                self._part_of_cost(index, cost.part)
            for other, before in seen:
                if _same(cost, before):
                    source = self.assembly.sources["programme", "costs"]
                    line, _ = source.document.place((*source.steps, other))
                    words = f"costs[{other}] (line {line}) fits the same hardware, and neither is more specific"
                    self._tell("programme", "", ("costs", index), words, "leave one of them out, or say more in one")
                    break
            seen.append((index, cost))

    def _part_of_cost(self, index: int, part: str) -> None:
        if part not in PARTS:
            words = f"no device family that is shipped tells of a part {part!r}"
            source = self.assembly.sources["programme", "costs"]
            suggestion = did_you_mean(part, PARTS) or f"known: {', '.join(PARTS)}"
            self.warnings.append(source.problem((index, "part"), words, suggestion))

    # ------------------------------------------------------------ circles
    def _circles(self) -> None:
        behind = {
            name: tuple(b for b in (front.rpartition(":")[2] for front in device.behind) if b in self.estate.devices)
            for name, device in self.estate.devices.items()
        }
        for circle in circles(behind):
            index = [front.rpartition(":")[2] for front in self.estate.devices[circle[0]].behind].index(circle[1])
            self._tell("devices", circle[0], ("behind", index), f"devices behind each other: {_shown(circle)}")
        needing: dict[str, Needs] = {f"site:{n}": site.needs for n, site in self.estate.sites.items() if site.needs}
        needing |= {f"service:{n}": service.needs for n, service in self.estate.services.items()}
        edges = {
            subject: tuple(self._full(s.name, s.kind) for s in subjects(needs)) for subject, needs in needing.items()
        }
        for circle in circles({a: tuple(b for b in bs if b in needing) for a, bs in edges.items()}):
            kind, _, name = circle[0].partition(":")
            section = "sites" if kind == "site" else "services"
            self._tell(section, name, ("needs",), f"needs go in a circle: {_shown(circle)}")

    def _full(self, name: str, kind: SubjectKind | None) -> str:
        return f"{kind or self.kind_of(name)}:{name}"

    # ------------------------------------------------------------ doubles and warnings
    def _doubles(self) -> None:
        for name in self._sets.get("links", frozenset()) & self._sets.get("devices", frozenset()):
            device = self.assembly.sources["devices", name]
            self._tell(
                "links",
                name,
                (),
                f"a link may not bear the name of a device ({device})",
                "name it by site and supplier",
            )
        at: dict[tuple[str, int], list[str]] = defaultdict(list)
        for name, wanted in self.estate.devices.items():
            at[wanted.address, self.settings[name].port].append(name)
        for (address, _), names in at.items():
            for name in names[1:]:
                first = self.assembly.sources["devices", names[0]]
                self._warn("devices", name, ("address",), f"{address} is the address of {names[0]} too ({first})")

    def _plain_text_protocols(self) -> None:
        used: Counter[str] = Counter()
        for name, settings in self.settings.items():
            if settings.snmp is None and settings.ssh is None and not settings.probes:
                self._warn("devices", name, (), "nothing is asked of this device", "give it snmp:, ssh: or probes:")
            used.update(c for c in (settings.snmp, settings.ssh) if c)
            zone = self.estate.zones.get(settings.zone or "")
            if zone is not None and zone.restricted and self._in_plain(settings.snmp):
                words = (
                    f"in the restricted network {settings.zone!r} SNMP by {settings.snmp!r} sends its community string "
                    "and every answer in plain text"
                )
                self._warn("devices", name, (), words, "use SNMPv3 with auth and priv before this is accredited")
        for name, credential in self.estate.credentials.items():
            if not used[name]:
                self._warn("credentials", name, (), "no device uses this credential")
            elif isinstance(credential, SnmpCommunity):
                devices = "1 device" if used[name] == 1 else f"{used[name]} devices"
                words = f"{credential.kind} sends its community string in plain text ({devices})"
                self._warn("credentials", name, ("kind",), words, "use snmp_v3 with auth and priv where the device can")
            elif isinstance(credential, Ssh) and credential.legacy_algorithms:
                words = "offers SSH algorithms that are known to be weak"
                self._warn("credentials", name, ("legacy_algorithms",), words, "keep it to the devices that need it")

    def _in_plain(self, credential: str | None) -> bool:
        return credential is not None and isinstance(self.estate.credentials.get(credential), SnmpCommunity)


def _same(cost: Cost, other: Cost) -> bool:
    """Whether two costs are equally specific and surely fit the same hardware."""
    if (cost.rank, cost.part, cost.class_) != (other.rank, other.part, other.class_):
        return False
    pairs = ((one.casefold(), two.casefold()) for one in cost.models for two in other.models)
    return not cost.models or any(fnmatchcase(one, two) or fnmatchcase(two, one) for one, two in pairs)


def circles(edges: Edges) -> Iterator[tuple[str, ...]]:
    """Each way round in a graph, once, first name repeated at the end. Iterative: a chain may be thousands long."""
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        way: list[str] = [start]
        on_way = {start: 0}
        ahead: list[Iterator[str]] = [iter(edges[start])]
        while way:
            following = next(ahead[-1], None)
            if following is None:
                ahead.pop()
                last = way.pop()
                del on_way[last]
                done.add(last)
            elif following in on_way:
                yield (*way[on_way[following] :], following)
            elif following not in done and following in edges:
                on_way[following] = len(way)
                way.append(following)
                ahead.append(iter(edges[following]))


def _shown(circle: Iterable[str]) -> str:
    names = list(circle)
    if len(names) > SHOWN_IN_CIRCLE:
        names = [*names[: SHOWN_IN_CIRCLE - 2], "...", names[-1]]
    return " > ".join(names)
