"""Which addresses are to be asked: networks, addresses, spans and files of them, less what is left out. Pure.

    seeds = read_seeds(["10.0.0.0/24", "2001:db8::/120", "10.1.2.3-10.1.2.9"], exclude=["10.0.0.5"])
    for address in seeds: ...

Networks are never spread out in memory: a /8 is one pair of numbers until somebody asks for its addresses.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.inventory.values import check_address

MOST = 16_384  # addresses (a /18) that are asked without being told that it is meant
MOST_AT_ALL = 1_048_576  # a /12: at 50 a second six hours
MOST_SEEDS = 100_000  # lines of a file
LONGEST_LINE = 300
FILES = (".txt", ".csv", ".lst", ".list", ".hosts", ".yaml", ".yml")  # what is named so is a file, not a host


class SeedRefused(Exception):
    """A text that is no address, network or span, or too much of them; says where and what to do."""


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses from `first` to `last`, both included, of one version."""

    version: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many; `len()` cannot say it of an IPv6 network."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Seeds:
    """What is to be asked, in the order it was given, each address once. `names`: host names among them."""

    spans: tuple[Span, ...]
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(span.count for span in self.spans) + len(self.names)

    def __iter__(self) -> Iterator[str]:
        for span in self.spans:
            for number in range(span.first, span.last + 1):
                yield str((ipaddress.IPv6Address if span.version == 6 else ipaddress.IPv4Address)(number))
        yield from self.names


def read_seeds(
    given: Sequence[str],
    exclude: Sequence[str] = (),
    *,
    large: bool = False,
    lines_of: Callable[[str], Sequence[str] | None] = lambda _: None,
) -> Seeds:
    """The addresses of texts. `lines_of`: the lines of a file of that name, None where there is none.

    A network's own address and its broadcast address are left out (IPv4 up to /30); SeedRefused for what is no
    address and for more addresses than MOST (with `large`: MOST_AT_ALL).
    """
    spans: list[Span] = []
    names: dict[str, None] = {}
    out = [one for text in exclude for one in _read(text, "--exclude", lines_of, whole=True)]
    for text in given:
        for one in _read(text, "", lines_of):
            if isinstance(one, Span):
                spans.append(one)
            else:
                names[one] = None
    left = _less(spans, [one for one in out if isinstance(one, Span)])
    without = {one for one in out if isinstance(one, str)}
    seeds = Seeds(tuple(left), tuple(name for name in names if name not in without))
    most = MOST_AT_ALL if large else MOST
    if seeds.count > most:
        advice = "ask for less" if large else f"ask for less, or add --large (up to {MOST_AT_ALL:,})"
        if any(span.version == 6 for span in left):
            advice += "; IPv6 networks are too large to go through: name addresses, or a /114 at most"
        raise SeedRefused(f"{seeds.count:,} addresses are more than {most:,}: {advice}")
    return seeds


def _read(
    text: str, place: str, lines_of: Callable[[str], Sequence[str] | None], whole: bool = False
) -> Iterator[Span | str]:
    lines = lines_of(text) if not _looks_like_address(text) else None
    if lines is None:
        yield _one(text.strip(), place, whole)
        return
    if len(lines) > MOST_SEEDS:
        raise SeedRefused(f"{text}: more than {MOST_SEEDS:,} lines")
    for number, line in enumerate(lines, 1):
        said = line.partition("#")[0].strip()
        for word in said[:LONGEST_LINE].replace(",", " ").split():
            yield _one(word, f"{text}:{number}", whole)


def _looks_like_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return True


def _one(text: str, place: str, whole: bool) -> Span | str:
    where = f"{place}: " if place else ""
    if "%" in text:
        raise SeedRefused(f"{where}{text!r}: an address with a zone (%...) means something on this machine only")
    first, dash, last = text.partition("-")
    if dash and (between := _between(first.strip(), last.strip())) is not None:
        if between.last < between.first:
            raise SeedRefused(f"{where}{text!r} ends before it begins")
        return between
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        pass
    else:
        return _hosts(network, whole)
    if "/" in text or ":" in text or text.replace(".", "").isdigit():
        raise SeedRefused(f"{where}{text!r} is no address and no network; write for example 10.0.0.0/24")
    try:
        if text.lower().endswith(FILES):
            raise ValueError
        return check_address(text)
    except ValueError:
        raise SeedRefused(
            f"{where}{text!r} is no address, network, span (10.0.0.1-10.0.0.9), host name or file that is there"
        ) from None


def _between(first: str, last: str) -> Span | None:
    try:
        begin = ipaddress.ip_address(first)
        end = ipaddress.ip_address(last if not last.isdigit() else first.rpartition(".")[0] + f".{last}")
    except ValueError:
        return None
    return Span(begin.version, int(begin), int(end)) if begin.version == end.version else None


def _hosts(network: ipaddress.IPv4Network | ipaddress.IPv6Network, whole: bool) -> Span:
    if network.is_multicast:
        raise SeedRefused(f"{network} is multicast: it is many devices at once")
    first, last = int(network.network_address), int(network.broadcast_address)
    if not whole and network.version == 4 and network.prefixlen <= 30:  # /31 and /32 have neither (RFC 3021)
        first, last = first + 1, last - 1
    return Span(network.version, first, last)


def _less(spans: Sequence[Span], out: Sequence[Span]) -> list[Span]:
    """The spans without `out`, and without what an earlier span has already; in their order."""
    taken = {4: _Taken(), 6: _Taken()}
    for gone in out:
        taken[gone.version].add(gone.first, gone.last)
    return [Span(span.version, *piece) for span in spans for piece in taken[span.version].add(span.first, span.last)]


class _Taken:
    """Numbers that are taken, as spans in order that do not touch each other's numbers."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []

    def add(self, first: int, last: int) -> list[tuple[int, int]]:
        """Take the numbers, and give those that were not taken before."""
        new = []
        at = max(bisect_right(self._first, first) - 1, 0)
        while at < len(self._first) and self._first[at] <= last:
            if self._last[at] >= first:
                if self._first[at] > first:
                    new.append((first, self._first[at] - 1))
                first = self._last[at] + 1
            at += 1
        if first <= last:
            new.append((first, last))
        for begin, end in new:
            place = bisect_right(self._first, begin)
            self._first.insert(place, begin)
            self._last.insert(place, end)
        return new
