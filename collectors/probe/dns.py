"""Does a name server answer, and what it should? One question, without recursion by us, by dnspython."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time

import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from collectors.errors import Malformed, NoAnswer, OutOfTime
from collectors.probe.faults import fault_of, left
from collectors.probe.options import Dns, Invalid, options
from collectors.probe.results import DURATION, ProbeResult, failed, result
from collectors.readings import Level
from collectors.target import Probe

MAX_RECORDS = 500


async def look(address: str, probe: Probe, until: float) -> ProbeResult:
    chosen = options(probe, Dns)
    question = _question(chosen)
    started = time.monotonic()
    try:
        async with asyncio.timeout(left(until, chosen.timeout) + 0.1):
            server = await _numeric(address)
            wait = left(until, chosen.timeout)
            if chosen.tcp:
                answer = await dns.asyncquery.tcp(question, server, timeout=wait, port=chosen.port)
            else:
                # A cut answer is asked for again over TCP, as every resolver does.
                answer, _ = await dns.asyncquery.udp_with_fallback(question, server, timeout=wait, port=chosen.port)
    except dns.exception.Timeout:
        return failed(probe, NoAnswer("the name server does not answer"))
    except OSError as error:
        return failed(probe, error if isinstance(error, OutOfTime) else fault_of(error))
    except (dns.exception.DNSException, EOFError, ValueError):
        return failed(probe, Malformed("the answer is not one to our question, or not DNS"))
    values = {DURATION: time.monotonic() - started}
    code = dns.rcode.to_text(answer.rcode())
    if code != "NOERROR":
        return result(probe, True, code.lower(), Level.CRITICAL, values)  # type: ignore[arg-type]
    found = _texts(answer)
    missing = [text for text in _expected(chosen) if text not in found]
    if missing:
        return result(probe, True, "wrong_answer", Level.CRITICAL, values)  # type: ignore[arg-type]
    if not found:
        return result(probe, True, "no_records", Level.CRITICAL, values)  # type: ignore[arg-type]
    return result(probe, True, "resolves", Level.OK, values)  # type: ignore[arg-type]


def _question(chosen: Dns) -> dns.message.Message:
    try:
        return dns.message.make_query(chosen.name, dns.rdatatype.from_text(chosen.type))
    except (dns.exception.DNSException, dns.rdatatype.UnknownRdatatype, ValueError, UnicodeError):
        raise Invalid(f"cannot ask for {chosen.type!r} of {chosen.name!r}") from None


def _texts(answer: dns.message.Message) -> set[str]:
    texts: set[str] = set()
    for records in answer.answer:
        for record in records:
            if len(texts) >= MAX_RECORDS:
                return texts
            texts.add(_plain(record.to_text()))
    return texts


def _expected(chosen: Dns) -> list[str]:
    return [_plain(text) for text in chosen.expect.split(",") if text.strip()]


def _plain(text: str) -> str:
    return text.strip().strip('"').rstrip(".").lower()


async def _numeric(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(address, None, type=socket.SOCK_DGRAM)
        return str(found[0][4][0])
