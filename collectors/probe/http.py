"""Does a page come, with the right status, and for how long is its certificate good? By httpx; GET and HEAD only.

No proxy, no cookies, no credentials. Redirects are followed on the same host only: a device must not send us around
in other people's networks.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx
from cryptography import x509

from collectors.errors import BadAnswer, DeviceFault, Malformed
from collectors.probe import certificate
from collectors.probe.faults import fault_of, left
from collectors.probe.options import Http, Invalid, options
from collectors.probe.results import DURATION, EXPIRY, STATUS, ProbeResult, failed, result
from collectors.readings import Check, Level, Metric
from collectors.target import Probe

AGENT = "hartwatch (health check)"


@dataclass(slots=True)
class _Seen:
    """What one look at a page gave, as far as it got."""

    status: int | None = None
    body: bytes = b""
    seconds: float | None = None
    certificates: list[x509.Certificate] = field(default_factory=list)
    refused: ssl.SSLCertVerificationError | None = None
    fault: DeviceFault | None = None


async def look(address: str, probe: Probe, until: float, now: datetime | None = None) -> ProbeResult:
    """`now` is when certificates are judged; the present if not given."""
    chosen = options(probe, Http)
    seen = await _seen(address, chosen, until, verify=chosen.verify)
    if seen.refused is not None:
        # Nobody vouches for it: look again without asking who signed, to tell a bad certificate from a dead server.
        again = await _seen(address, chosen, until, verify=False)
        again.refused = seen.refused
        seen = again
    checks: tuple[Check, ...] = ()
    values: dict[Metric, float | None] = {DURATION: seen.seconds, STATUS: seen.status}
    if chosen.tls and (seen.certificates or seen.refused):
        moment = now or datetime.now(UTC)
        checks = (
            certificate.judge(
                probe.name, seen.certificates, seen.refused, moment, chosen.warn_days, chosen.critical_days
            ),
        )
        end = certificate.ends_at(seen.certificates)
        values[EXPIRY] = end.timestamp() if end else None
    if seen.fault is not None:
        return failed(probe, seen.fault, values, checks)
    return _judged(probe, chosen, seen, values, checks)


def _judged(
    probe: Probe, chosen: Http, seen: _Seen, values: dict[Metric, float | None], checks: tuple[Check, ...]
) -> ProbeResult:
    status = seen.status or 0
    if not any(low <= status <= high for low, high in chosen.statuses):
        return result(probe, True, f"status_{status}", Level.CRITICAL, values, None, checks)
    if chosen.contains and chosen.contains.encode() not in seen.body:
        return result(probe, True, "wrong_content", Level.CRITICAL, values, None, checks)
    if seen.refused is not None or any(c.state in ("expired", "not_yet_valid") for c in checks):
        return result(probe, True, "bad_certificate", Level.CRITICAL, values, None, checks)
    return result(probe, True, "served", Level.OK, values, None, checks)


async def _seen(address: str, chosen: Http, until: float, verify: bool) -> _Seen:
    seen = _Seen()
    started = time.monotonic()
    try:
        async with (
            asyncio.timeout(left(until, chosen.timeout)),
            httpx.AsyncClient(
                verify=_context(verify, chosen.ca_file) if chosen.tls else False,
                trust_env=False,
                follow_redirects=False,
                timeout=left(until, chosen.timeout),
                headers={"user-agent": AGENT, "accept": "*/*", "accept-encoding": "identity"},
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
            ) as client,
        ):
            await _follow(client, address, chosen, seen)
        seen.seconds = time.monotonic() - started
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError, ValueError) as error:
        seen.refused = _cause(error, ssl.SSLCertVerificationError)
        timed_out = isinstance(error, httpx.TimeoutException)
        seen.fault = fault_of(TimeoutError()) if timed_out else _protocol(error) or fault_of(error)
    return seen


async def _follow(client: httpx.AsyncClient, address: str, chosen: Http, seen: _Seen) -> None:
    url = _url(address, chosen)
    for _ in range(chosen.redirects + 1):
        request = client.build_request(
            chosen.method, url, headers={"host": _host(chosen, url)} if chosen.host else None
        )
        if chosen.host:
            request.extensions["sni_hostname"] = chosen.host
        answer = await client.send(request, stream=True)
        try:
            if not seen.certificates:
                stream = answer.extensions.get("network_stream")
                seen.certificates = certificate.chain(stream.get_extra_info("ssl_object") if stream else None)
            seen.status = answer.status_code
            seen.body = await _body(answer, chosen.max_body_kb * 1024)
        finally:
            await answer.aclose()
        onward = _onward(url, answer, chosen)
        if onward is None:
            return
        url = onward


async def _body(answer: httpx.Response, cap: int) -> bytes:
    """The first of the body; the rest is not read, and nothing is unpacked (a small answer may unpack to gigabytes)."""
    body = bytearray()
    async for piece in answer.aiter_raw(16_384):
        body += piece
        if len(body) >= cap:
            break
    return bytes(body[:cap])


def _url(address: str, chosen: Http) -> httpx.URL:
    host = address
    try:
        host = f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
    except ValueError:
        host = address
    port = chosen.port or (443 if chosen.tls else 80)
    path = chosen.path if chosen.path.startswith("/") else f"/{chosen.path}"
    return httpx.URL(f"{'https' if chosen.tls else 'http'}://{host}:{port}{path}")


def _host(chosen: Http, url: httpx.URL) -> str:
    usual = 443 if url.scheme == "https" else 80
    return chosen.host if (url.port or usual) == usual else f"{chosen.host}:{url.port}"


def _onward(url: httpx.URL, answer: httpx.Response, chosen: Http) -> httpx.URL | None:
    """Where a redirect leads, if we go there: the same host, by the address we know it under."""
    if not answer.is_redirect or not answer.headers.get("location"):
        return None
    try:
        there = url.join(answer.headers["location"][:2000])
    except (httpx.InvalidURL, ValueError):
        return None
    if there.scheme not in ("http", "https") or there.host.lower() not in (url.host.lower(), chosen.host.lower()):
        return None
    if url.scheme == "https" and there.scheme == "http":
        return None  # the certificate was checked for a reason
    return there.copy_with(host=url.host)


@lru_cache(maxsize=16)
def _context(verify: bool, ca_file: str) -> ssl.SSLContext:
    # Loading the system's certificates takes 30 ms: once, not for each look.
    try:
        context = ssl.create_default_context(cafile=None)
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"ca_file {ca_file!r} cannot be read: {error.strerror or 'not PEM'}") from None
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _cause(error: BaseException, kind: type[ssl.SSLCertVerificationError]) -> ssl.SSLCertVerificationError | None:
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None or isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _protocol(error: Any) -> DeviceFault | None:
    if isinstance(error, httpx.ProtocolError):
        return Malformed("the answer is not HTTP, or ended early")
    if isinstance(error, httpx.DecodingError):
        return BadAnswer("the body cannot be decoded")
    return None
