"""TLS, client certificates and users of the running agent, and how changed files are taken on while clients talk."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent import web
from agent.config import Settings
from agent.web.renewal import RESTLESS_LOOKS
from tests.readers.authority import Authority, hashed
from tests.readers.test_app import estate as estate
from tests.readers.test_app import metric, running, until

Estate = Callable[..., Settings]
MUTUAL = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"


class Served:
    """A web configuration in a folder of its own, with an authority beside it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.file = folder, folder / "web.yml"
        self.authority = Authority(folder)
        assert self.authority.ca.is_file()
        self.authority.sign("server")

    def write(self, more: str = "", users: dict[str, str] | None = None, rest: str = "") -> None:
        text = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n" + more
        if users:
            text += "basic_auth_users:\n" + "".join(f"  {user}: {hashed(word)!r}\n" for user, word in users.items())
        self.file.write_text(text + rest)


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path / "web")


async def status(base: httpx.URL, context: ssl.SSLContext, **more: Any) -> int:
    """What a new client is answered; 0 where there is no conversation."""
    try:
        async with httpx.AsyncClient(base_url=base, verify=context) as client:
            return (await client.get("/agent/metrics", **more)).status_code
    except (httpx.TransportError, ssl.SSLError):
        return 0


async def serial(base: httpx.URL, context: ssl.SSLContext) -> str:
    """The serial number of the certificate that a new connection is shown."""
    reader, writer = await asyncio.open_connection(base.host, base.port, ssl=context)
    try:
        return str(writer.get_extra_info("peercert")["serialNumber"])
    finally:
        writer.close()
        del reader


# ---------------------------------------------------------------- who may connect
async def test_mutual_tls_lets_in_clients_of_the_authority_and_no_others(
    estate: Estate, served: Served, tmp_path: Path
) -> None:
    served.write(MUTUAL)
    other = Authority(tmp_path, "other")
    stranger = served.authority.client()
    stranger.load_cert_chain(*other.sign("stranger"))
    async with running(estate(web_config=served.file), trusted=served.authority.client("prom")) as (client, _, _task):
        assert (await client.get("/metrics")).status_code == 200
        assert await status(client.base_url, served.authority.client()) == 0
        assert await status(client.base_url, stranger) == 0
        assert await status(client.base_url, served.authority.client("prom", ssl.TLSVersion.TLSv1_2)) == 200
        untrusting = ssl.create_default_context()
        assert await status(client.base_url, untrusting) == 0, "nobody but those who trust our authority"
        assert await status(client.base_url.copy_with(scheme="http"), stranger) == 0


async def test_of_the_authoritys_clients_only_those_with_an_allowed_name_are_let_in(
    estate: Estate, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.write(MUTUAL + "  client_allowed_sans: [prom.example, '127.0.0.9']\n")
    async with running(estate(web_config=served.file), trusted=served.authority.client("prom.example")) as (
        client, _, _task,
    ):  # fmt: skip
        assert (await client.get("/metrics")).status_code == 200
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            assert await status(client.base_url, served.authority.client("printer.example", newest)) == 0
        assert await metric(client, "hartwatch_web_refusals_total", reason="certificate") == 2
        told = [r.getMessage() for r in caplog.records if r.name == "agent.web.listening"]
        assert told == [
            "a client at 127.0.0.1 with a certificate for 127.0.0.1, printer.example is not let in: "
            "client_allowed_sans has none of its names"
        ], "once, however many come"


async def test_a_certificate_that_may_be_given_is_verified_when_it_is(
    estate: Estate, served: Served, tmp_path: Path
) -> None:
    served.write(MUTUAL.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven"), {"a": "right"})
    stranger = served.authority.client()
    stranger.load_cert_chain(*Authority(tmp_path, "other").sign("stranger"))
    async with running(estate(web_config=served.file), trusted=served.authority.client()) as (client, _, _task):
        assert (await client.get("/metrics", auth=("a", "right"))).status_code == 200
        assert (await client.get("/metrics", auth=("a", "wrong"))).status_code == 401
        assert await status(client.base_url, served.authority.client("prom")) == 401, "it stands for no user"
        assert await status(client.base_url, served.authority.client("prom"), auth=("a", "right")) == 200
        assert await status(client.base_url, stranger, auth=("a", "right")) == 0


async def test_with_users_and_certificates_both_are_wanted(estate: Estate, served: Served) -> None:
    served.write(MUTUAL, {"a": "right"})
    async with running(estate(web_config=served.file), trusted=served.authority.client("prom")) as (client, _, _task):
        assert (await client.get("/metrics", auth=("a", "right"))).status_code == 200
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/-/healthy")).status_code == 200
        assert await status(client.base_url, served.authority.client(), auth=("a", "right")) == 0


async def test_versions_suites_and_curves_are_as_written(estate: Estate, served: Served) -> None:
    served.write("  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]\n")
    async with running(estate(web_config=served.file), trusted=served.authority.client()) as (client, _, _task):
        _, writer = await asyncio.open_connection(
            client.base_url.host, client.base_url.port, ssl=served.authority.client()
        )
        assert writer.get_extra_info("cipher")[:2] == ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2")
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() is None
        writer.close()
        newest_only = served.authority.client()
        newest_only.minimum_version = ssl.TLSVersion.TLSv1_3
        assert await status(client.base_url, newest_only) == 0
        served.write("  min_version: TLS13\n  curve_preferences: [CurveP384]\n")

        async def newest() -> bool:
            return await status(client.base_url, newest_only) == 200

        await until(newest)
        assert await status(client.base_url, served.authority.client(newest=ssl.TLSVersion.TLSv1_2)) == 0
        for curve, answered in (("prime256v1", 0), ("secp384r1", 200)):
            newest_only.set_ecdh_curve(curve)
            assert await status(client.base_url, newest_only) == answered, curve


async def test_headers_are_sent_in_place_of_our_own_and_the_rate_is_kept(estate: Estate, served: Served) -> None:
    served.write(
        rest="http_server_config:\n  headers: {Strict-Transport-Security: max-age=600, X-Frame-Options: sameorigin}\n"
        "rate_limit: {interval: 1h, burst: 3}\n"
    )
    async with running(estate(web_config=served.file), trusted=served.authority.client()) as (client, _, _task):
        answers = [await client.get("/") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[3].headers["retry-after"]
        for answer in answers:
            assert answer.headers["strict-transport-security"] == "max-age=600"
            assert answer.headers["x-frame-options"] == "sameorigin"
            assert answer.headers["x-content-type-options"] == "nosniff", "what is not named stays"
        assert (await client.get("/-/healthy")).status_code == 200, "the service manager is no flood"


# ---------------------------------------------------------------- changed files
async def test_changed_users_count_from_the_next_request_on_also_on_an_open_connection(
    estate: Estate, served: Served
) -> None:
    served.write(users={"old": "right", "stays": "right"})
    async with running(estate(web_config=served.file), trusted=served.authority.client()) as (client, _, _task):

        async def asks(user: str, word: str) -> int:
            return (await client.get("/agent/metrics", auth=(user, word))).status_code

        async with client.stream("GET", "/agent/metrics", auth=("old", "right")) as first:
            stream = first.extensions["network_stream"]
            await first.aread()
        served.write(users={"stays": "changed", "new": "right"})
        await until(lambda: _is(asks("new", "right"), 200))
        assert await asks("old", "right") == 401
        assert await asks("stays", "right") == 401
        assert await asks("stays", "changed") == 200
        async with client.stream("GET", "/agent/metrics", auth=("new", "right")) as last:
            assert last.extensions["network_stream"] is stream, "it is still the same connection"


async def _is(asked: Any, wanted: int) -> bool:
    return bool(await asked == wanted)


async def test_a_changed_certificate_is_shown_to_new_connections_and_open_ones_go_on(
    estate: Estate, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agent.web.renewal")
    served.write()
    trusted = served.authority.client()
    async with running(estate(web_config=served.file), trusted=trusted) as (client, _, _task):
        ends = await metric(client, "hartwatch_web_certificate_expiry_timestamp_seconds")
        async with client.stream("GET", "/agent/metrics") as first:
            stream = first.extensions["network_stream"]
            await first.aread()
        before = await serial(client.base_url, trusted)
        served.authority.sign("server", days=20)

        async def changed() -> bool:
            return await serial(client.base_url, trusted) != before

        await until(changed)
        async with client.stream("GET", "/agent/metrics") as last:
            assert last.extensions["network_stream"] is stream
            await last.aread()
        later = await metric(client, "hartwatch_web_certificate_expiry_timestamp_seconds")
        assert later is not None
        assert ends is not None
        assert round((later - ends) / 86_400) == 10
        assert "web configuration taken on: TLS" in caplog.text


async def test_a_signal_takes_the_files_on_without_waiting_for_them_to_stand_still(
    estate: Estate, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.web.LOOK_SECONDS", 3600.0)
    served.write()
    trusted = served.authority.client()
    async with running(estate(web_config=served.file), trusted=trusted) as (client, _, _task):
        before = await serial(client.base_url, trusted)
        served.authority.sign("server")
        os.kill(os.getpid(), signal.SIGHUP)

        async def changed() -> bool:
            return await serial(client.base_url, trusted) != before

        await until(changed)


async def test_an_invalid_file_leaves_the_old_in_force_and_is_said_until_it_is_put_right(
    estate: Estate, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.write(users={"a": "right"})
    trusted = served.authority.client()
    async with running(estate(web_config=served.file), trusted=trusted) as (client, _, _task):
        client.auth = httpx.BasicAuth("a", "right")
        before = await serial(client.base_url, trusted)

        async def invalid(wanted: float) -> bool:
            return await metric(client, "hartwatch_web_config_invalid") == wanted

        assert await invalid(0)
        good = served.file.read_text()
        served.file.write_text(good.replace("cert_file", "cert_fiel"))
        await until(lambda: invalid(1))
        assert await serial(client.base_url, trusted) == before
        assert "web.yml:2:3: tls_server_config.cert_fiel: unknown key" in caplog.text
        assert "the one loaded before stays in force" in caplog.text
        assert "tls_server_config.cert_fiel" in (await client.get("/")).text, "every page says so"
        said = len(caplog.records)
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0.2)
        assert len([r for r in caplog.records[said:] if r.name == "agent.web.renewal"]) == 0, "it is said once"
        served.file.write_text(good)
        await until(lambda: invalid(0))

        (served.folder / "server.key").write_text("half written")
        await until(lambda: invalid(1))
        assert "belong together" in caplog.text
        assert (await client.get("/agent/metrics")).status_code == 200
        served.file.unlink()
        served.authority.sign("server")
        await until(lambda: _is_in(caplog, "cannot read the web configuration"))
        served.file.write_text(good)
        await until(lambda: invalid(0))
        assert await serial(client.base_url, trusted) != before


async def _is_in(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return words in caplog.text


async def test_when_other_clients_are_let_in_the_connections_of_those_before_end(
    estate: Estate, served: Served, tmp_path: Path
) -> None:
    served.write(MUTUAL)
    other = Authority(tmp_path, "other")
    theirs = served.authority.client()
    theirs.load_cert_chain(*other.sign("theirs"))
    ours = served.authority.client("ours")
    async with running(estate(web_config=served.file), trusted=ours) as (client, _, _task):
        async with client.stream("GET", "/agent/metrics") as first:
            stream = first.extensions["network_stream"]
            session = stream.get_extra_info("ssl_object").session
            await first.aread()
        shutil.copy(other.ca, served.folder / "ca.crt")

        async def changed() -> bool:
            return await status(client.base_url, theirs) == 200

        await until(changed)
        with pytest.raises(httpx.TransportError):
            await client.get("/agent/metrics")
        assert session is not None
        assert await status(client.base_url, ours) == 0, "nor does an old session help"
        client._transport = httpx.AsyncHTTPTransport(verify=theirs)  # the agent must still end cleanly
        assert await metric(client, "hartwatch_web_config_invalid") == 0


async def test_a_file_that_never_stands_still_is_taken_on_all_the_same(served: Served) -> None:
    served.write(users={"a": "right"})
    config = web.read_web_config(served.file)

    async def page(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody asks")

    guard = web.Guard(page, config, None)
    renewal = web.Renewal(served.file, config, guard, web.server(page, config.tls), "127.0.0.1")
    served.write(users={"b": "right"})
    for n in range(RESTLESS_LOOKS):
        assert list(guard.config.users) == ["a"], "it is let stand still first"
        os.utime(served.file, (n, n))
        await renewal.look()
    assert list(guard.config.users) == ["b"]


async def test_what_is_written_again_without_a_change_is_no_event(
    estate: Estate, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agent.web.renewal")
    served.write(users={"a": "right"})
    async with running(estate(web_config=served.file), trusted=served.authority.client()) as (client, _, _task):
        client.auth = httpx.BasicAuth("a", "right")
        loaded = await metric(client, "hartwatch_web_config_loaded_timestamp_seconds")
        served.file.write_text(served.file.read_text())

        async def later() -> bool:
            return await metric(client, "hartwatch_web_config_loaded_timestamp_seconds") != loaded

        await until(later)
        assert not [record for record in caplog.records if record.name == "agent.web.renewal"]


async def test_beyond_loopback_a_file_without_users_is_not_taken_on(served: Served) -> None:
    served.write(users={"a": "right"})
    config = web.read_web_config(served.file)

    async def page(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody asks")

    guard = web.Guard(page, config, None)
    renewal = web.Renewal(served.file, config, guard, web.server(page, config.tls), "192.0.2.1")
    served.write()
    await renewal.reload()
    assert "will not listen on 192.0.2.1 without users" in renewal.problem
    assert guard.config.users
    assert dict.fromkeys(name for name, _, _ in renewal.figures())
    served.write(MUTUAL)
    await renewal.reload()
    assert renewal.problem == ""
    assert guard.config.who == "certificates"
