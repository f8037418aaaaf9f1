"""Inventory entries of what was found: names, classes, sites, and the file that a person reviews. Pure.

What is not known is written as `"?"` with a comment that begins with REVIEW. An inventory that includes the file as it
is refuses each of these by its line, so a half entry cannot get in unnoticed.
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from agent.discovery.judge import Found
from agent.hostile import plain
from agent.inventory.document import Document
from agent.inventory.model import DEVICE_CLASSES, Estate
from agent.inventory.writing import comment, scalar

REVIEW = "?"
LONGEST_NAME = 63
NEAR = {4: 24, 6: 64}  # devices in one network of this length stand at one site, if all that are known do
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
HEAD = """\
# Devices found by `hartwatch discover`, for review. Not part of the inventory until you include it:
#
#   include: [{file}]
#
# Each line with REVIEW wants an answer; the inventory refuses "?" with its line until it has one. What is guessed says
# from what. Check it with `hartwatch inventory check`, or move the entries to where you want them. No secret is in it.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A device as it is proposed. `notes`: field > why it says so, or what a person has to say."""

    name: str
    address: str
    class_: str
    site: str
    snmp: str
    port: int | None
    notes: Mapping[str, str]
    found: Found

    @property
    def complete(self) -> bool:
        return REVIEW not in (self.class_, self.site)


class Sites:
    """Where a device stands: as the command says, by a table of networks, by its sysLocation, by its neighbours."""

    def __init__(self, estate: Estate, fixed: str | None, table: Sequence[tuple[Network, str]] = ()) -> None:
        self._fixed, self._table = fixed, sorted(table, key=lambda row: -row[0].prefixlen)
        self._words = {
            name: [word.casefold() for word in (name, site.title) if len(word) > 3]
            for name, site in estate.sites.items()
        }
        near: dict[Network, set[str]] = defaultdict(set)
        examples: dict[Network, str] = {}
        for device in estate.devices.values():
            if (network := _near(device.address)) is not None:
                near[network].add(device.site)
                examples.setdefault(network, device.name)
        self._near = {network: (next(iter(sites)), examples[network]) for network, sites in near.items()
                      if len(sites) == 1}  # fmt: skip

    def of(self, found: Found) -> tuple[str, str]:
        """The site, and a note on how it is known; REVIEW and what to do where it is not."""
        if self._fixed is not None:
            return self._fixed, ""
        for address in found.addresses:
            for network, site in self._table:
                if _in(address, network):
                    return site, ""
        said = (found.heard.location or "").casefold()
        fits = [name for name, words in self._words.items() if any(_word_in(word, said) for word in words)]
        if len(fits) == 1:
            return fits[0], f"guessed from its location, {plain(found.heard.location, 80)!r}"
        for address in found.addresses:
            network_ = _near(address)
            if network_ in self._near:
                site, example = self._near[network_]
                return site, f"guessed, as {example} stands there and is in {network_} too"
        where = f" it says {plain(found.heard.location, 80)!r}" if found.heard.location else ""
        return REVIEW, f"REVIEW: which site is it at?{where}"


def _word_in(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _near(address: str) -> Network | None:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return ipaddress.ip_network(f"{ip}/{NEAR[ip.version]}", strict=False)


def _in(address: str, network: Network) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return ip.version == network.version and ip in network


class SiteTableRefused(Exception):
    """A line of the table of networks is not understood; says which."""


def site_table(text: str, file: str, sites: Collection[str]) -> list[tuple[Network, str]]:
    """Lines of `NETWORK SITE`, with blanks or a comma between; # begins a comment. The longest network wins."""
    table = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].replace(",", " ").split()
        if not words:
            continue
        try:
            network = ipaddress.ip_network(words[0], strict=False)
        except ValueError:
            raise SiteTableRefused(f"{file}:{number}: {plain(words[0], 60)!r} is no network") from None
        site = " ".join(words[1:])
        if site not in sites:
            raise SiteTableRefused(f"{file}:{number}: there is no site {plain(site, 60)!r} in the inventory")
        table.append((network, site))
    return table


# ---------------------------------------------------------------- entries
def entries(new: Sequence[Found], taken: Collection[str], sites: Sites, port: int | None = None) -> list[Entry]:
    """An entry for each, with a name that nobody else has. `port`: written where it is not None."""
    names = {name.casefold() for name in taken}
    made = []
    for found in new:
        said = found.heard
        notes: dict[str, str] = {}
        kind = said.device_class if said.device_class in DEVICE_CLASSES else None
        if kind is None:
            notes["class"] = f"REVIEW: what is it? one of {', '.join(DEVICE_CLASSES)}"
        base = base_name(said.name) or f"{kind or 'device'}-{re.sub('[^0-9A-Za-z]+', '-', said.address).strip('-')}"
        name, number = base, 1
        while name.casefold() in names:
            number += 1
            name = f"{base[: LONGEST_NAME - len(str(number)) - 1]}-{number}"
        names.add(name.casefold())
        if number > 1:
            notes["name"] = f"REVIEW: {base} is taken; is it the same one?"
        elif not said.name:
            notes["name"] = "REVIEW: it has no name of its own"
        site, why = sites.of(found)
        if why:
            notes["site"] = why
        made.append(Entry(name, said.address, kind or REVIEW, site, said.credential, port, notes, found))
    return made


def base_name(said: str | None) -> str:
    """The sysName without its domain, as a name of the inventory; "" where nothing is left of it."""
    text = (said or "").strip()
    try:
        ipaddress.ip_address(text)
    except ValueError:
        text = text.partition(".")[0]  # a domain; of an address that is a name, every part counts
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:LONGEST_NAME].strip("-._")


def review_file(made: Sequence[Entry], file: str) -> str:
    """The YAML of the entries, which reads back as what was meant (or AssertionError: nothing is written then)."""
    lines = [HEAD.format(file=scalar(plain(file))), "devices:" if made else "devices: []"]
    for entry in made:
        said = entry.found.heard
        who = " ".join(word for word in (said.vendor, said.model) if word)
        facts = [who, f"serial {said.serial}" if said.serial else "", f"version {said.version}" if said.version else "",
                 f"family {said.profile}" if said.profile else ""]  # fmt: skip
        lines.append(f"  {comment(', '.join(fact for fact in facts if fact) or 'an SNMP agent')}")
        if entry.found.others:
            others = [one.address for one in entry.found.others]
            more = f" and {len(others) - 12} more" if len(others) > 12 else ""
            lines.append(f"  {comment('also answers at ' + ', '.join(others[:12]) + more, 700)}")
        fields = {"name": entry.name, "address": entry.address, "class": entry.class_, "site": entry.site,
                  "snmp": entry.snmp} | ({"port": entry.port} if entry.port is not None else {})  # fmt: skip
        for number, (key, value) in enumerate(fields.items()):
            note = f"  {comment(entry.notes[key])}" if key in entry.notes else ""
            lines.append(f"{'    ' if number else '  - '}{key}: {scalar(value)}{note}")
    text = "\n".join(lines) + "\n"
    meant = [
        {"name": one.name, "address": one.address, "class": one.class_, "site": one.site, "snmp": one.snmp}
        | ({"port": one.port} if one.port is not None else {})
        for one in made
    ]
    document = Document(file, text)
    if document.problems or document.data != {"devices": meant}:
        raise AssertionError(f"the entries do not read back as they were meant: {document.problems[:1]}")
    return text
