"""What vendors have announced: when a model is no longer sold and supported, or a release no longer mended. Pure.

    index = Notices(notices)
    index.hardware("Cisco", "C9300-48P", "cisco_ios") -> Notice | None
    index.software("Fortinet", "FortiGate 60F", "fortigate", "v7.2.8 build1639") -> Notice | None
    index.fitting(...) -> list[Notice]       all that fit, the one in force first

Notices are never mixed: one notice speaks for a model or a release, whole. Imported ones come before shipped ones, then
the longest release, the most specific pattern, the one named for the device family, the one that was fetched last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Notice:
    """One announcement, for hardware (`version` is None) or for a release of software.

    `models`: patterns as of fnmatch, without case, of which one must fit the model; empty: any model of the vendor or
    `families`, for software only: what fits any hardware would fit every power supply and transceiver in it.
    `version`: a release, "7.2" or "17.9", which fits 7.2 and 7.2.8 and not 7.20. A date that the source leaves open is
    None. Dates are the last day on which it still holds.
    """

    vendor: str
    models: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    product: str = ""  # of software: FortiOS, PAN-OS
    version: str | None = None
    released_on: date | None = None
    end_of_sale: date | None = None
    end_of_software_maintenance: date | None = None
    end_of_security_support: date | None = None
    end_of_support: date | None = None
    ended: tuple[str, ...] = ()  # fields that a source says are over without saying when
    source: str = ""
    fetched_on: date | None = None
    label: str = ""  # the source's own words for the date that was taken
    where: str = ""  # file and line
    except_models: tuple[str, ...] = ()  # what `models` would take in that the vendor did not mean
    imported: bool = False  # by somebody here; it comes before what the project ships


ENDS = ("end_of_sale", "end_of_software_maintenance", "end_of_security_support", "end_of_support")  # as they follow


# ---------------------------------------------------------------- vendors and models
# Other spellings that devices, purchase records and vendors themselves use for one vendor. A brand within a vendor is
# that vendor here, because nobody keeps them apart: an Aruba 2530 says that it is an HPE, and its notice says Aruba.
# That mixes nothing up: a notice is for models, or for releases of what device families run.
_ALIASES = {
    "cisco": ("cisco systems", "cisco meraki", "meraki"),
    "hpe": ("hewlett packard enterprise", "hewlett-packard enterprise", "hewlett packard", "hewlett-packard", "hp",
            "hpe aruba", "aruba", "aruba networks", "hpe aruba networking", "hpe networking", "hpe aruba silver peak"),
    "palo alto networks": ("palo alto", "paloalto", "paloaltonetworks"),
    "juniper": ("juniper networks", "hpe juniper networking"),
    "fortinet": ("fortinet inc",),
    "extreme networks": ("extreme", "enterasys", "enterasys networks"),
    "dell": ("dell inc", "dell emc", "dell technologies"),
    "apc": ("apc by schneider electric", "american power conversion", "schneider electric"),
    "check point": ("checkpoint", "check point software", "check point software technologies"),
    "f5": ("f5 networks", "f5 inc"),
    "citrix": ("netscaler", "citrix systems"),
    "vmware": ("vmware by broadcom", "broadcom vmware"),
    "microsoft": ("microsoft corporation",),
    "netgate": ("pfsense", "rubicon communications"),
    "ixsystems": ("truenas", "freenas"),
    "synology": ("synology inc",),
    "arista": ("arista networks",),
    "mikrotik": ("mikrotikls", "routerboard"),
    "ruckus": ("ruckus wireless", "ruckus networks", "commscope ruckus"),
    "ubiquiti": ("ubiquiti networks", "ubnt"),
    "sonicwall": ("sonicwall inc", "dell sonicwall"),
    "huawei": ("huawei technologies",),
    "nutanix": ("nutanix inc",),
}  # fmt: skip
_CANONICAL = {alias: vendor for vendor, aliases in _ALIASES.items() for alias in aliases}
_SUFFIX = re.compile(r"\s+(?:\(.*\)|inc|ltd|llc|corp|corporation|gmbh|limited)$")


@lru_cache(maxsize=4096)
def vendor_key(vendor: str | None) -> str:
    """One spelling for one vendor: casefolded, without Inc. and Ltd. and what is in brackets, aliases resolved."""
    text = " ".join((vendor or "").casefold().replace(",", " ").split()).rstrip(".")
    text = _SUFFIX.sub("", text)
    return _CANONICAL.get(text, text)


_SEPARATORS = re.compile(r"[\s_-]+")


def model_key(model: str) -> str:
    """A model for comparing: without case, and with one kind of separator: FGT_60F, FGT-60F and fgt 60f are one."""
    return _SEPARATORS.sub("-", model.strip().casefold())


@lru_cache(maxsize=4096)
def _prefixes(vendor: str) -> tuple[str, ...]:
    """How a model begins that has its vendor's name before it."""
    return tuple(f"{model_key(name)}-" for name in (vendor, *_ALIASES.get(vendor, ())) if name)


def _spellings(vendor: str, model: str) -> tuple[str, ...]:
    """The model as it is, and without the vendor's name before it: "Juniper EX3400-48T" is an EX3400-48T."""
    key = model_key(model)
    return (key, *(key.removeprefix(prefix) for prefix in _prefixes(vendor) if key.startswith(prefix)))


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(model_key(pattern)))


_CLASS = re.compile(r"\[[^\]]+\]")


@lru_cache(maxsize=8192)
def precision(pattern: str) -> int:
    """How specific a pattern is: its own characters, wildcards taken off; a whole model beats any pattern of it."""
    plain = _CLASS.sub("?", model_key(pattern))
    wild = plain.count("*") + plain.count("?")
    return 2 * (len(plain) - wild) + (1 if not wild else 0) + plain.count("?")


def flaw_of_pattern(pattern: str) -> str:
    """What is wrong with a pattern for models, in words; "" where it will do."""
    if not pattern.strip():
        return "a pattern is text such as WS-C2960X-*"
    if pattern != pattern.strip():
        return "a pattern neither begins nor ends with a space"
    if pattern.count("[") != pattern.count("]"):
        return "a [ without its ]: write [[] for the character itself"
    own = len(_CLASS.sub("", model_key(pattern)).replace("*", "").replace("?", "").replace("-", ""))
    if own < 2:
        return f"{pattern!r} would fit nearly everything: at least two characters of the model are wanted"
    return ""


# ---------------------------------------------------------------- versions
_TOKEN = re.compile(r"\d+|[a-z]+")
_DOTTED = re.compile(r"(?<!\d)(?<!\d\.)\d+(?:\.\d+)+")
_NUMBER = re.compile(r"(?<![\w.])(?:v|r|ns)?(\d+)")
_RELEASE = re.compile(r"(?:v|r|ns)?\d+(?:[.(]\d+)*.*", re.DOTALL)

Tokens = tuple[int | str, ...]


def _tokens(text: str) -> Tokens:
    return tuple(int(t) if t.isdecimal() else t for t in _TOKEN.findall(text))


@lru_cache(maxsize=8192)
def release_key(release: str) -> Tokens:
    """The components of a release as a notice names it: "17.9.4a" is 17, 9, 4, a; "2012 R2" is 2012, r, 2."""
    tokens = _tokens(_ascii(release))
    while tokens and not isinstance(tokens[0], int):
        tokens = tokens[1:]
    return tokens


def _ascii(text: str) -> str:
    """Without case and without digits of other scripts, which int() would read and the pattern would not."""
    return text.casefold().encode("ascii", "replace").decode("ascii")


@lru_cache(maxsize=65536)
def version_keys(version: str) -> tuple[Tokens, Tokens]:
    """The components from the first dotted number on, and from the first number that stands by itself on.

    Devices write other things before and after their version: "CAT9K_IOSXE 17.15.2", "FL.10.10.1030",
    "v7.2.8 build1639", "Server 2012 R2 (NT 6.3)". Releases of several components begin with a dotted number.
    """
    text = _ascii(version)
    dotted, number = _DOTTED.search(text), _NUMBER.search(text)
    from_dotted = _tokens(text[dotted.start() :]) if dotted else ()
    return from_dotted, _tokens(text[number.start(1) :]) if number else from_dotted


def is_release_of(release: str, version: str) -> bool:
    """Whether a version is of a release: 7.2 fits 7.2.8 and "v7.2.8 build1639", and neither 7.20 nor 6.7.2."""
    wanted = release_key(release)
    if not wanted:
        return False
    dotted, number = version_keys(version)
    several = len(wanted) > 1 and isinstance(wanted[1], int)
    given = dotted if several else number
    return given[: len(wanted)] == wanted


# ---------------------------------------------------------------- the index
class Notices:
    """Notices by vendor, looked up by model or by version. What was asked once is remembered.

    `problems`: what could not be read, in words; what stands in other files is in force.
    """

    def __init__(self, notices: Iterable[Notice] = (), problems: Iterable[str] = ()) -> None:
        self.all: tuple[Notice, ...] = tuple(notices)
        self.problems: tuple[str, ...] = tuple(problems)
        self._hardware: dict[str, list[Notice]] = {}
        self._software: dict[tuple[str, int | str], list[Notice]] = {}  # by the first component of the release too
        for notice in self.all:
            vendor = vendor_key(notice.vendor)
            if notice.version is None:
                self._hardware.setdefault(vendor, []).append(notice)
            elif release_key(notice.version):
                self._software.setdefault((vendor, release_key(notice.version)[0]), []).append(notice)
        # Most models have no notice: one expression for each vendor says so at once.
        self._any = {
            vendor: re.compile("|".join(translate(model_key(p)) for notice in kept for p in notice.models) or r"(?!)")
            for vendor, kept in self._hardware.items()
        }
        self._hardware_of = lru_cache(maxsize=65536)(self._find_hardware)
        self._software_of = lru_cache(maxsize=65536)(self._find_software)

    def __len__(self) -> int:
        return len(self.all)

    def hardware(self, vendor: str | None, model: str | None, family: str | None = None) -> Notice | None:
        """What the vendor has announced about a model of hardware."""
        return self._hardware_of(vendor, model, family) if model else None

    def software(self, vendor: str | None, model: str | None, family: str | None, version: str | None) -> Notice | None:
        """What the vendor has announced about the release that a version is of."""
        return self._software_of(vendor, model, family, version) if version else None

    def _find_hardware(self, vendor: str | None, model: str | None, family: str | None) -> Notice | None:
        return next(iter(self.fitting(vendor, model, family)), None)

    def _find_software(
        self, vendor: str | None, model: str | None, family: str | None, version: str | None
    ) -> Notice | None:
        return next(iter(self.fitting(vendor, model, family, version)), None)

    def fitting(
        self, vendor: str | None, model: str | None, family: str | None, version: str | None = None,
        any_family: bool = False,
    ) -> list[Notice]:  # fmt: skip
        """All notices that fit, the one in force first: for hardware without `version`, for software with it."""
        key = vendor_key(vendor)
        spellings = _spellings(key, model) if model and model.strip() else ()
        ranked: list[tuple[tuple[bool, int, int, bool, date], int, Notice]] = []
        for number, notice in enumerate(self._candidates(key, spellings, version)):
            fits = _fits(notice, spellings, family, any_family)
            if fits is None:
                continue
            long = len(release_key(notice.version)) if notice.version else 0
            rank = (notice.imported, long, fits, bool(notice.families), notice.fetched_on or date.min)
            ranked.append((rank, -number, notice))
        ranked.sort(key=lambda one: one[:2], reverse=True)
        return [notice for _, _, notice in ranked]

    def _candidates(self, vendor: str, spellings: Sequence[str], version: str | None) -> Sequence[Notice]:
        """The notices of a vendor that may fit: whose release the version is of, or one of whose models fits."""
        if version is None:
            some = self._any.get(vendor)
            fits = some is not None and any(some.match(one) for one in spellings)
            return self._hardware[vendor] if fits else ()
        firsts = {tokens[0] for tokens in version_keys(version) if tokens}
        found = [notice for first in firsts for notice in self._software.get((vendor, first), ())]
        return [notice for notice in found if notice.version and is_release_of(notice.version, version)]


def _fits(notice: Notice, spellings: Sequence[str], family: str | None, any_family: bool) -> int | None:
    """How specifically a notice fits a model of a family; None where it does not."""
    if notice.families and not any_family and family not in notice.families:
        return None
    if not notice.models:
        return 0 if notice.version is not None and (notice.families or notice.product) else None
    if any(_compiled(pattern).match(one) for pattern in notice.except_models for one in spellings):
        return None
    found = [precision(p) for p in notice.models if any(_compiled(p).match(one) for one in spellings)]
    return max(found, default=None)
