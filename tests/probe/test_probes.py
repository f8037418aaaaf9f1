"""Looks from outside, at real servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from collectors.probe import ProbeResult, probe, problems
from collectors.probe.http import look as look_at_page
from collectors.probe.results import layout
from collectors.readings import Check, Level
from collectors.target import Probe
from tests.probe.certificates import DAY, certificate

NOW = datetime.now(UTC).replace(microsecond=0)


def of(kind: str, **options: str | int | float | bool) -> Probe:
    return Probe(kind, "front-door", tuple(options.items()))  # type: ignore[arg-type]


async def look(wanted: Probe, address: str = "127.0.0.1", seconds: float = 10.0) -> ProbeResult:
    return await probe(address, wanted, time.monotonic() + seconds)


def values(result: ProbeResult) -> dict[str, float | None]:
    [block] = result.findings.blocks
    return {series.metric.name: value for series, value in zip(block.layout.series, block.values, strict=True)}


def state(result: ProbeResult, check: str = "probe") -> tuple[str, Level]:
    return next((c.state, c.level) for c in result.findings.checks if c.check == check)


def kinds(result: ProbeResult) -> list[str]:
    return [failure.kind for failure in result.findings.failures]


# ---------------------------------------------------------------- tcp
@contextlib.asynccontextmanager
async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            await answer(reader, writer)  # type: ignore[misc]
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return None


async def test_an_open_port_is_a_success_with_its_time() -> None:
    async with listening(nothing) as port:
        result = await look(of("tcp", port=port))
    assert (result.answered, state(result)) == (True, ("open", Level.OK))
    measured = values(result)
    assert measured["hartwatch_probe_success"] == 1
    assert 0 < measured["hartwatch_probe_duration_seconds"] < 5  # type: ignore[operator]


async def test_a_closed_port_is_no_answer_of_a_service(free_port: Callable[[], int]) -> None:
    result = await look(of("tcp", port=free_port()))
    assert (result.answered, state(result), kinds(result)) == (False, ("refused", Level.CRITICAL), ["refused"])
    assert values(result) == {"hartwatch_probe_success": 0, "hartwatch_probe_duration_seconds": None}


async def test_a_name_that_does_not_exist_is_unroutable() -> None:
    result = await look(of("tcp", port=80), "no-such-host.invalid")
    assert (result.answered, kinds(result)) == (False, ["unroutable"])


async def test_the_visits_deadline_beats_every_option() -> None:
    result = await look(of("tcp", port=9), seconds=-1.0)
    assert (result.answered, kinds(result)) == (False, ["out_of_time"])


# ---------------------------------------------------------------- http
def page(status: str = "200 OK", body: bytes = b"Welcome to the theatre", headers: str = ""):  # type: ignore[no-untyped-def]
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{headers}\r\n".encode() + body)

    return answer


async def test_a_page_with_the_right_status_and_text_is_served() -> None:
    async with listening(page()) as port:
        result = await look(of("http", tls=False, port=port, contains="theatre"))
    assert (result.answered, state(result)) == (True, ("served", Level.OK))
    assert values(result)["hartwatch_http_status_code"] == 200
    assert values(result)["hartwatch_certificate_expiry_timestamp_seconds"] is None


@pytest.mark.parametrize(
    ("status", "right", "want"),
    [("503 Sorry", "200-399", "status_503"), ("401 Who", "200,401", "served"), ("200 OK", "204", "status_200")],
)
async def test_the_status_is_judged_by_what_is_right_for_this_page(status: str, right: str, want: str) -> None:
    async with listening(page(status)) as port:
        result = await look(of("http", tls=False, port=port, status=right))
    assert result.answered is True
    assert state(result)[0] == want
    assert values(result)["hartwatch_http_status_code"] == int(status[:3])


async def test_a_page_without_its_text_is_critical() -> None:
    async with listening(page(body=b"Apache2 Debian Default Page")) as port:
        result = await look(of("http", tls=False, port=port, contains="Council Tax"))
    assert state(result) == ("wrong_content", Level.CRITICAL)


async def test_redirects_are_followed_on_the_same_host_and_counted() -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        asked.append(path)
        onward = b"/loop" if path != b"/end" else b""
        if path == b"/":
            onward = b"/end"
        head = b"HTTP/1.1 302 Found\r\nlocation: " + onward if onward else b"HTTP/1.1 200 OK"
        writer.write(head + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    async with listening(answer) as port:
        good = await look(of("http", tls=False, port=port, status="200"))
        assert state(good) == ("served", Level.OK)
        assert asked == [b"/", b"/end"]
        asked.clear()
        loop = await look(of("http", tls=False, port=port, path="/loop", status="200", redirects=2))
        assert state(loop) == ("status_302", Level.CRITICAL)
        assert asked == [b"/loop"] * 3


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    """The guard of this test-suite would see any attempt to reach it."""
    async with listening(page("302 Found", headers="location: http://192.0.2.66/steal\r\n")) as port:
        result = await look(of("http", tls=False, port=port))
    assert state(result) == ("served", Level.OK)  # a redirect is an answer; 200-399 is right by default
    assert values(result)["hartwatch_http_status_code"] == 302


async def test_of_an_endless_page_only_the_beginning_is_read() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"all work and no play " * 1000)
            await writer.drain()

    async with listening(endless) as port:
        result = await look(of("http", tls=False, port=port, contains="play", max_body_kb=64))
    assert state(result) == ("served", Level.OK)


async def test_a_server_that_says_nothing_is_silent_at_the_deadline() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port:
        started = time.monotonic()
        result = await look(of("http", tls=False, port=port, timeout=0.5))
        assert time.monotonic() - started < 3
    assert (result.answered, kinds(result)) == (False, ["no_answer"])


@pytest.mark.parametrize("junk", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\xff" * 500, b"HTTP/1.1 200", b""])
async def test_what_is_not_http_is_a_fault_and_no_crash(junk: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(junk)

    async with listening(answer) as port:
        result = await look(of("http", tls=False, port=port))
    assert kinds(result) == ["malformed"]
    assert state(result) == ("malformed", Level.CRITICAL)


async def test_tls_where_there_is_none_is_a_fault_and_no_crash() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(plain) as port:
        result = await look(of("http", port=port))
    assert (result.answered, kinds(result)) == (True, ["malformed"])


# ---------------------------------------------------------------- certificates
async def at_tls(
    tmp_path: Path, begins: timedelta, ends: timedelta, *, signed: bool = True, authority_ends: timedelta = 900 * DAY,
    trusted: bool = True, name: str = "127.0.0.1", addresses: tuple[str, ...] = ("127.0.0.1",),
    **options: str | int | float | bool,
) -> ProbeResult:  # fmt: skip
    """One look at a TLS server whose certificate has these dates, as seen from NOW."""
    authority = certificate("Test authority", NOW - 900 * DAY, NOW + authority_ends, authority=True)
    own = certificate(name, NOW + begins, NOW + ends, by=authority if signed else None, addresses=addresses)
    context = own.context(tmp_path, *([authority] if signed else []))
    if trusted and signed:
        options["ca_file"] = authority.pem(tmp_path)
    async with listening(page(), context) as port:
        return await look_at_page("127.0.0.1", of("http", port=port, **options), time.monotonic() + 10)


@pytest.mark.parametrize(
    ("days", "want"),
    [
        (400, ("valid", Level.OK)),
        (30.5, ("valid", Level.OK)),
        (29.5, ("expires_soon", Level.WARNING)),
        (6.5, ("expires_soon", Level.CRITICAL)),
    ],
)
async def test_a_certificate_is_judged_by_the_days_it_has_left(
    tmp_path: Path, days: float, want: tuple[str, Level]
) -> None:
    result = await at_tls(tmp_path, -9 * DAY, days * DAY)
    assert state(result, "certificate") == want
    assert state(result) == ("served", Level.OK), "the page is served all the same"
    assert values(result)["hartwatch_certificate_expiry_timestamp_seconds"] == (NOW + days * DAY).timestamp()


async def test_the_first_certificate_of_the_chain_to_end_counts(tmp_path: Path) -> None:
    result = await at_tls(tmp_path, -9 * DAY, 400 * DAY, authority_ends=5 * DAY)
    assert state(result, "certificate") == ("expires_soon", Level.CRITICAL)
    assert values(result)["hartwatch_certificate_expiry_timestamp_seconds"] == (NOW + 5 * DAY).timestamp()


async def test_an_expired_certificate_is_judged_and_the_page_still_looked_at(tmp_path: Path) -> None:
    result = await at_tls(tmp_path, -90 * DAY, -1 * DAY)
    assert result.answered is True
    assert state(result, "certificate") == ("expired", Level.CRITICAL)
    assert state(result) == ("bad_certificate", Level.CRITICAL)
    measured = values(result)
    assert measured["hartwatch_http_status_code"] == 200
    assert measured["hartwatch_certificate_expiry_timestamp_seconds"] == (NOW - DAY).timestamp()


@pytest.mark.parametrize(
    ("case", "want"),
    [
        ({"signed": False}, "self_signed"),
        ({"trusted": False}, "untrusted"),
        ({"addresses": ("192.0.2.1",)}, "wrong_name"),
        ({"begins": DAY}, "not_yet_valid"),
    ],
    ids=["signed by itself", "signed by somebody unknown", "for another address", "not valid yet"],
)
async def test_a_certificate_nobody_vouches_for_says_why(tmp_path: Path, case: dict[str, object], want: str) -> None:
    result = await at_tls(tmp_path, **({"begins": -9 * DAY, "ends": 400 * DAY} | case))  # type: ignore[arg-type]
    assert state(result, "certificate") == (want, Level.CRITICAL)
    assert values(result)["hartwatch_probe_success"] == 0


async def test_without_verify_a_self_signed_certificate_is_judged_by_its_dates_only(tmp_path: Path) -> None:
    result = await at_tls(tmp_path, -9 * DAY, 400 * DAY, signed=False, verify=False)
    assert state(result, "certificate") == ("valid", Level.OK)
    assert state(result) == ("served", Level.OK)
    old = await at_tls(tmp_path, -9 * DAY, -1 * DAY, signed=False, verify=False)
    assert state(old, "certificate") == ("expired", Level.CRITICAL)
    assert state(old) == ("bad_certificate", Level.CRITICAL)


async def test_a_page_is_asked_for_by_its_own_name(tmp_path: Path) -> None:
    result = await at_tls(
        tmp_path, -9 * DAY, 400 * DAY, name="www.theatre.example", addresses=(), host="www.theatre.example"
    )
    assert state(result, "certificate") == ("valid", Level.OK)
    assert state(result) == ("served", Level.OK)


# ---------------------------------------------------------------- dns
class Names(asyncio.DatagramProtocol):
    """A name server: address records for the names it knows."""

    def __init__(self, answer: Callable[[dns.message.Message], bytes | None]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        found = self._answer(dns.message.from_wire(data))
        if found is not None:
            self.transport.sendto(found, peer)  # type: ignore[attr-defined]


def known(query: dns.message.Message) -> bytes:
    reply = dns.message.make_response(query)
    name = query.question[0].name
    if name.to_text() == "www.theatre.example.":
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.80", "192.0.2.81"))
    elif name.to_text() != "empty.theatre.example.":
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@contextlib.asynccontextmanager
async def name_server(answer: Callable[[dns.message.Message], bytes | None] = known) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Names(answer), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({"name": "www.theatre.example"}, ("resolves", Level.OK)),
        ({"name": "www.theatre.example", "expect": "192.0.2.81, 192.0.2.80"}, ("resolves", Level.OK)),
        ({"name": "www.theatre.example", "expect": "192.0.2.99"}, ("wrong_answer", Level.CRITICAL)),
        ({"name": "gone.theatre.example"}, ("nxdomain", Level.CRITICAL)),
        ({"name": "empty.theatre.example"}, ("no_records", Level.CRITICAL)),
    ],
)
async def test_a_name_server_is_judged_by_what_it_answers(options: dict[str, str], want: tuple[str, Level]) -> None:
    async with name_server() as port:
        result = await look(of("dns", port=port, **options))
    assert result.answered is True
    assert state(result) == want
    assert values(result)["hartwatch_probe_success"] == float(want[1] is Level.OK)


async def test_a_silent_name_server_is_silent_at_its_timeout() -> None:
    async with name_server(lambda query: None) as port:
        result = await look(of("dns", port=port, name="www.theatre.example", timeout=0.3))
    assert (result.answered, kinds(result)) == (False, ["no_answer"])


async def test_an_answer_to_another_question_is_no_answer() -> None:
    def wrong(query: dns.message.Message) -> bytes:
        return known(dns.message.make_query("www.theatre.example", "A"))  # another id

    async with name_server(wrong) as port:
        result = await look(of("dns", port=port, name="www.theatre.example", timeout=0.3))
    assert state(result)[1] is Level.CRITICAL
    assert kinds(result)


async def test_an_answer_cut_for_udp_is_asked_for_again_over_tcp() -> None:
    def cut(query: dns.message.Message) -> bytes:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.TC
        return reply.to_wire()

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        found = known(dns.message.from_wire(await reader.readexactly(length)))
        writer.write(len(found).to_bytes(2, "big") + found)

    async with listening(whole) as port:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Names(cut), local_addr=("127.0.0.1", port))
        result = await look(of("dns", port=port, name="www.theatre.example"))
        transport.close()
    assert state(result) == ("resolves", Level.OK)


# ---------------------------------------------------------------- icmp
async def test_a_ping_of_this_machine_is_answered() -> None:
    result = await look(of("icmp", count=2, interval=0.05))
    if result.answered is None:
        assert kinds(result) == ["not_allowed"]
        pytest.skip(f"no ping here: {result.findings.failures[0].detail}")
    assert state(result) == ("answers", Level.OK)
    measured = values(result)
    assert measured["hartwatch_probe_loss_ratio"] == 0
    assert 0 < measured["hartwatch_probe_duration_seconds"] < 1  # type: ignore[operator]


async def test_a_process_that_may_not_ping_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's refusal, as icmplib tells it, for both kinds of socket."""
    import icmplib

    from collectors.probe import icmp

    async def refused(*args: object, privileged: bool, **rest: object) -> None:
        raise icmplib.SocketPermissionError(privileged)

    monkeypatch.setattr(icmp.icmplib, "async_ping", refused)
    result = await look(of("icmp"))
    assert (result.answered, kinds(result), result.findings.blocks) == (None, ["not_allowed"], ())
    assert "ping_group_range" in result.findings.failures[0].detail


@pytest.mark.parametrize(
    ("answered", "want", "loss"),
    [(3, ("answers", Level.OK), 0.0), (2, ("loss", Level.WARNING), 1 / 3), (0, ("no_answer", Level.CRITICAL), 1.0)],
)
async def test_loss_is_judged_by_its_share(
    monkeypatch: pytest.MonkeyPatch, answered: int, want: tuple[str, Level], loss: float
) -> None:
    import icmplib

    from collectors.probe import icmp

    async def ping(address: str, **rest: object) -> icmplib.Host:
        return icmplib.Host(address, 3, [10.0] * answered)

    monkeypatch.setattr(icmp.icmplib, "async_ping", ping)
    result = await look(of("icmp", warn_loss=0.3))
    assert state(result) == want
    assert values(result)["hartwatch_probe_loss_ratio"] == pytest.approx(loss, abs=0.01)
    assert result.answered is (answered > 0)


# ---------------------------------------------------------------- options and layouts
@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (of("tcp"), "'port' is missing"),
        (of("tcp", port=0), "between 1 and 65535"),
        (of("tcp", port="22"), "a whole number"),
        (of("http", verify="no"), "true or false"),
        (of("http", status="2xx"), "codes or ranges"),
        (of("http", method="DELETE"), "changes nothing"),
        (of("http", url="http://192.0.2.1"), "unknown option 'url'"),
        (of("http", path="/\r\nX: y"), "control characters"),
        (of("dns"), "'name' is missing"),
        (of("icmp", count=10_000), "between 1 and 20"),
    ],
)
async def test_an_option_that_cannot_be_is_said_and_nothing_is_asked(wanted: Probe, says: str) -> None:
    [said] = problems(wanted)
    assert says in said
    result = await look(wanted)
    assert result.answered is None
    assert result.findings.checks == ()
    assert says in result.findings.failures[0].detail


def test_good_options_have_no_problems() -> None:
    for good in (of("tcp", port=22), of("http", status=200), of("dns", name="a.example"), of("icmp")):
        assert problems(good) == []


def test_a_layout_is_made_once_for_all_devices_and_looks() -> None:
    assert layout("http", "front-door") is layout("http", "front-door")
    assert layout("http", "front-door") is not layout("http", "back-door")
    [labels] = {series.labels for series in layout("icmp", "front-door").series}
    assert dict(labels) == {"probe": "front-door", "kind": "icmp"}


def test_a_probes_check_is_named_by_the_probe() -> None:
    assert Check("probe", "front-door", "open", Level.OK) == Check("probe", "front-door", "open", Level("ok"))
