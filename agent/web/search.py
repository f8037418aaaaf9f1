"""Search across the estate: devices, sites, services, links, hardware and outages, by whatever is known of them. Pure
but for the answer to the browser.

    found = search(view, "wallfields 6300")          Found, with as many of each kind as a page takes
    only(view, "sw-wf-1")                            the one device that this is the name, address or serial of, or None
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.facts import Standing
from agent.health import UNKNOWN
from agent.view import View
from agent.web.names import Named, name_of, outage_url, piece_url, shown
from agent.web.rendering import Pages
from agent.words import full
from collectors.readings import Identity

MOST = 25  # of one kind
MOST_ASKED = 200  # characters
SHORTEST_ID = 6  # characters of an outage's id; fewer fit by chance
_HEX = frozenset("0123456789abcdef-")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that fits. `said`: what is known of it beside its name; `standing` None where it has none."""

    title: str
    url: str
    said: str
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """What fits of one kind; `more` are not shown."""

    title: str
    hits: Sequence[Hit]
    more: int


@dataclass(frozen=True, slots=True)
class Found:
    asked: str
    kinds: Sequence[Hits]

    @property
    def total(self) -> int:
        return sum(len(kind.hits) + kind.more for kind in self.kinds)


def search(view: View, asked: str) -> Found:
    """All words have to be somewhere in what is known of a thing; what is called so comes before what is said so."""
    asked = asked.strip()[:MOST_ASKED]
    words = asked.casefold().split()
    if not words:
        return Found(asked, ())
    kinds = (
        ("Devices", _devices(view)), ("Sites", _sites(view)), ("Services", _services(view)), ("Links", _links(view)),
        ("Hardware", _pieces(view)), ("Outages", _outages(view, asked)),
    )  # fmt: skip
    found = [_fitting(title, words, known) for title, known in kinds]
    return Found(asked, [kind for kind in found if kind.hits])


def only(view: View, asked: str) -> str | None:
    """The name of the one device that is called exactly that, or has exactly this address or serial number."""
    wanted = asked.strip().casefold()
    if not wanted:
        return None
    fits = []
    for watched in view.watched.values():
        serial = _identity(view, watched.name).serial or ""
        if wanted in (watched.name.casefold(), watched.address.casefold(), serial.casefold()):
            fits.append(watched.name)
    return fits[0] if len(fits) == 1 else None


def _fitting(title: str, words: Sequence[str], known: Iterable[tuple[str, Hit]]) -> Hits:
    """`known`: everything that is known of a thing, in one text, and the thing."""
    fits = []
    for text, hit in known:
        folded = text.casefold()
        if all(word in folded for word in words):
            called = hit.title.casefold()
            rank = 0 if called == words[0] else 1 if called.startswith(words[0]) else 2 if words[0] in called else 3
            fits.append((rank, called, hit))
    fits.sort(key=lambda fit: fit[:2])
    return Hits(title, [hit for _, _, hit in fits[:MOST]], max(0, len(fits) - MOST))


def _identity(view: View, device: str) -> Identity:
    recent = view.latest.of(device)
    return recent.identity if recent is not None else Identity()


def _devices(view: View) -> Iterator[tuple[str, Hit]]:
    for watched in view.watched.values():
        identity = _identity(view, watched.name)
        site = view.estate.sites.get(watched.site)
        where = site.title if site else watched.site
        model = " ".join(word for word in (identity.vendor, identity.model) if word)
        facts = [watched.title, where, model, watched.address, identity.serial]
        said = ", ".join(fact for fact in facts if fact)
        standing = shown(view.board.get(f"device:{watched.name}", UNKNOWN))
        named = name_of(f"device:{watched.name}", view.estate)
        text = f"{watched.name} {said} {named.kind} {watched.site} {identity.name or ''}"
        yield text, Hit(watched.name, f"/devices/{quote(watched.name, safe='')}", said, standing)


def _standing(view: View, named: Named) -> Standing | None:
    held = view.board.get(named.subject)
    return shown(held) if held is not None else None


def _sites(view: View) -> Iterator[tuple[str, Hit]]:
    for name, site in view.estate.sites.items():
        named = name_of(f"site:{name}", view.estate)
        council = view.estate.councils.get(site.owner)
        facts = [site.kind.replace("_", " "), council.title if council else "", site.address]
        said = ", ".join(fact for fact in facts if fact)
        yield f"{name} {site.title} {said}", Hit(site.title, named.url, said, _standing(view, named))


def _services(view: View) -> Iterator[tuple[str, Hit]]:
    for name, service in view.estate.services.items():
        named = name_of(f"service:{name}", view.estate)
        said = f"target {100 * service.availability_target:g} %"
        url = named.url or f"/availability#service-{quote(name, safe='')}"
        yield f"{name} {service.title}", Hit(service.title, url, said, _standing(view, named))


def _links(view: View) -> Iterator[tuple[str, Hit]]:
    for name, link in view.estate.links.items():
        named = name_of(f"link:{name}", view.estate)
        said = ", ".join(
            fact for fact in (link.circuit, f"{link.speed_mbps} Mbit/s" if link.speed_mbps else "") if fact
        )
        yield f"{name} {named.title} {said} {link.site}", Hit(named.title, named.url, said, _standing(view, named))


def _pieces(view: View) -> Iterator[tuple[str, Hit]]:
    for piece in view.pieces:
        asset = piece.asset
        facts = (asset.part.replace("_", " "), asset.vendor, asset.model, asset.serial, f"in {asset.device}")
        said = ", ".join(fact for fact in facts if fact)
        text = f"{asset.name} {said} {asset.part}"
        yield text, Hit(asset.name or asset.model or asset.part, piece_url(asset), said)


def _outages(view: View, asked: str) -> Iterator[tuple[str, Hit]]:
    """By the end of their id, as messages and papers have it, or by what was down."""
    given = asked.casefold()
    by_id = len(given) >= SHORTEST_ID and _HEX.issuperset(given)
    for outage in view.outages:
        named = name_of(outage.subject, view.estate)
        known = f"{named.title} {outage.subject} {named.kind}"
        if by_id:
            known += "".join(f" {id}" for id in (outage.id, *outage.ids))
        standing = Standing.DOWN if outage.ended_at is None else None
        when = f"since {full(outage.began_at)}" if outage.ended_at is None else f"began {full(outage.began_at)}"
        yield known, Hit(f"Outage of {named.title}", outage_url(outage), when, standing)


def routes(pages: Pages) -> list[Route]:
    async def searched(request: Request) -> Response:
        view = await pages.look()
        asked = request.query_params.get("q", "")[:MOST_ASKED]
        # Eleven thousand devices and their hardware are gone through beside the loop.
        one = await asyncio.to_thread(only, view, asked)
        if one is not None:
            return RedirectResponse(f"/devices/{quote(one, safe='')}", 302, headers={"Cache-Control": "no-store"})
        found = await asyncio.to_thread(search, view, asked)
        return pages.page(view, "search.html", "", found=found, q=found.asked)

    return [Route("/search", searched)]
