"""What a request wants: gzip or not, and how soon; and the head of an answer."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from agent.exporter.text import Format

TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
LONGEST_SECONDS = 120.0
_OFFSET_SECONDS = 0.5  # of Prometheus' patience, for the way back: an answer that comes too late is none


def in_time(seconds: float) -> float:
    """How long a look may take for whoever waits so many seconds for the answer."""
    return min(max(seconds - _OFFSET_SECONDS, seconds / 2), LONGEST_SECONDS)


@lru_cache(maxsize=256)
def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def wants_gzip(client: str | None, accept_encoding: str) -> bool:
    """Whether to compress: asked for, and the page leaves this machine. On loopback it would only cost both ends."""
    if client is not None and _on_this_machine(client):
        return False
    for offer in accept_encoding.split(","):
        coding, _, quality = offer.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*") and quality not in ("0", "0.0", "0.00", "0.000"):
            return True
    return False


def heads() -> dict[tuple[Format, bool], list[tuple[bytes, bytes]]]:
    """Headers of a page as ASGI has them, by its form and whether it is compressed."""
    return {
        (form, packed): [
            (b"content-type", form.value.encode()),
            (b"vary", b"Accept, Accept-Encoding"),
            (b"cache-control", b"no-store"),
            *([(b"content-encoding", b"gzip")] if packed else []),
        ]
        for form in Format
        for packed in (False, True)
    }
