"""Looks from outside: does it answer a ping, take a connection, serve its page, resolve a name?

    result = await probe("192.0.2.10", Probe("http", "web", (("path", "/login"), ("warn_days", 21))), until)

Options, by kind (`probes:` of a device in the inventory; what is not given has the value shown):

    icmp  count: 3            echo requests, sent one after the other
          interval: 0.2       seconds between them
          timeout: 1.0        seconds to wait for each answer
          warn_loss: 0.34     share of lost answers from which it is a warning; all lost is critical
    tcp   port                (required) the port that must take a connection
          timeout: 5.0        seconds
    http  tls: true           https, or http
          port: 443 (80)
          path: "/"
          host: ""            name for the Host header, for SNI and for the certificate; default: the address
          method: GET         or HEAD
          status: "200-399"   answers that are right: "200", "200,401", "200-299"
          contains: ""        text that must be in the first `max_body_kb` of the page
          verify: true        false: a certificate nobody signed will do (its dates are judged all the same)
          ca_file: ""         certificates to trust besides the system's (PEM)
          redirects: 3        how many to follow, on the same host only
          max_body_kb: 256
          warn_days: 30       days before a certificate ends, or one that signed it
          critical_days: 7
          timeout: 10.0       seconds for everything
    dns   name                (required) what to ask
          type: A             any record type: A, AAAA, MX, SRV, PTR, TXT ...
          expect: ""          texts that must all be among the answers, with commas: "192.0.2.1,192.0.2.2"
          port: 53
          tcp: false
          timeout: 3.0        seconds

Each gives a check (`probe`, and `certificate` for https) and metrics: success, duration, and by kind the loss, the
status code, the end of the certificate. `answered` is None where we could not ask at all; a closed port is silence.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from collectors.probe.options import Invalid, problems
from collectors.probe.results import ProbeResult, unasked
from collectors.target import Probe

__all__ = ["ProbeResult", "probe", "problems"]


async def probe(address: str, probe: Probe, until: float) -> ProbeResult:
    """Look once; done by `until`, a `time.monotonic()` instant. Never raises a `DeviceFault`."""
    try:
        return await _looker(probe.kind)(address, probe, until)
    except Invalid as invalid:
        return unasked(probe, "bad_option", str(invalid))


def _looker(kind: str) -> Callable[[str, Probe, float], Awaitable[ProbeResult]]:
    # Imported when used: httpx and dnspython take 0.3 s together, and most estates ping only.
    if kind == "icmp":
        from collectors.probe.icmp import look
    elif kind == "tcp":
        from collectors.probe.tcp import look
    elif kind == "http":
        from collectors.probe.http import look
    elif kind == "dns":
        from collectors.probe.dns import look
    else:
        raise Invalid(f"unknown kind of probe {kind!r}; known: icmp, tcp, http, dns")
    return look
