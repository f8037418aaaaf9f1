"""The web configuration file: what of the exporter-toolkit's format is taken, and what is refused in one line."""

from __future__ import annotations

import logging
import re
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import web
from agent.web import users as users_module
from agent.web.guard import Bucket
from agent.web.seldom import Seldom
from agent.web.suites import SUITES, SUITES_13
from agent.web.tls import context_of
from agent.web.users import REMEMBERED, Found, Users
from agent.web.webconfig import Rate
from tests.readers.authority import Authority, hashed
from tests.readers.test_exporter_http import basic

ALL = [*SUITES, *SUITES_13]

# A salt of its own each time would give the cases another name in each process of a test run.
X = "$2b$04$PURFFS4SuCuYZcfdWN4TJeeeoIG6z3Yy6iHRB47BCmbyECWG1ZEuG"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], web.WebConfig]:
    """Reads a configuration; server.crt, server.key and ca.crt lie beside it."""
    authority = Authority(tmp_path)
    authority.sign("server")
    assert authority.ca.is_file()

    def one(text: str) -> web.WebConfig:
        (tmp_path / "web.yml").write_text(text)
        return web.read_web_config(tmp_path / "web.yml")

    return one


TLS = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"


def test_every_key_of_the_format_is_known(read: Callable[[str], web.WebConfig]) -> None:
    config = read(
        TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
        f"  client_allowed_sans: [prometheus.example]\n  cipher_suites: {ALL}\n"
        "  prefer_server_cipher_suites: false\n  curve_preferences: [CurveP384]\n"
        "  min_version: TLS12\n  max_version: TLS13\n"
        "http_server_config:\n  http2: false\n  headers:\n    Content-Security-Policy: default-src 'self'\n"
        "    X-Frame-Options: sameorigin\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection: '0'\n"
        "    Strict-Transport-Security: max-age=600\n"
        f"basic_auth_users:\n  a: {hashed('b')!r}\n"
        "rate_limit:\n  interval: 1m30s\n  burst: 7\n"
    )
    assert config.tls is not None
    assert config.tls.allowed_sans == {"prometheus.example"}
    assert config.rate == Rate(90.0, 7)
    assert config.headers["Strict-Transport-Security"] == "max-age=600"
    assert len(config.headers) == 5
    assert config.who == "both"
    assert [path.name for path in config.files] == ["web.yml", "server.crt", "server.key", "ca.crt"]
    context = context_of(config.tls)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    named = {cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] == "TLSv1.2"}
    # What CBC suites go by in OpenSSL's own lists differs; those that are named are there, and no others.
    assert named <= set(SUITES.values())
    assert {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"} <= named


def test_certificate_key_and_authority_may_stand_in_the_file_itself(
    read: Callable[[str], web.WebConfig], tmp_path: Path
) -> None:
    def block(name: str) -> str:
        return "|\n" + "".join(f"    {line}\n" for line in (tmp_path / name).read_text().splitlines())

    config = read(
        f"tls_server_config:\n  cert: {block('server.crt')}  key: {block('server.key')}  client_ca: {block('ca.crt')}"
        "  client_auth_type: VerifyClientCertIfGiven\n"
    )
    assert config.tls is not None
    assert context_of(config.tls).verify_mode is ssl.CERT_OPTIONAL
    assert [path.name for path in config.files] == ["web.yml"]
    assert "PRIVATE KEY" not in repr(config)
    assert config.who is None, "a certificate that need not be shown tells nobody"


def test_an_empty_file_and_empty_sections_ask_for_nothing(read: Callable[[str], web.WebConfig]) -> None:
    for text in ("", "# nothing\n", "tls_server_config: {}\n", "basic_auth_users:\n", "rate_limit: {interval: 0}\n"):
        config = read(text)
        assert (config.tls, dict(config.users), config.rate) == (None, {}, None), text


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("tls_server_confg: {}", "1:1: tls_server_confg", "did you mean 'tls_server_config'?"),
        ("basic_auth_users: {a: secret-in-plain}", "1:23: basic_auth_users.a", "a bcrypt hash is wanted"),
        ("basic_auth_users: {a: 12345678}", "1:23: basic_auth_users.a", "text is wanted here"),
        ("basic_auth_users: {a: 0123}", "1:23: basic_auth_users.a", "text is wanted here"),
        ("basic_auth_users:\n  a: &x", "2:3: basic_auth_users.a", "text is wanted here"),
        (f"basic_auth_users: {{'a:b': '{X}'}}", "1:20: basic_auth_users.a:b", "no colon"),
        (f"basic_auth_users: {{a: '{X.replace('$04$', '$20$')}'}}", "1:23", "a bcrypt cost of 20"),
        ("tls_server_config: {cert_file: no.crt, key_file: server.key}", "tls_server_config.cert_file", "no file"),
        ("tls_server_config: {cert_file: server.crt}", "1:1: tls_server_config", "key or key_file is missing"),
        ("tls_server_config: {cert_file: ca.crt, key_file: server.key}", ".key_file", "belong together"),
        ("tls_server_config: {cert_file: server.key, key_file: server.key}", ".cert_file", "no certificate in PEM"),
        ("tls_server_config: {cert_file: server.crt, key_file: server.crt}", ".key_file", "belong together"),
        ("tls_server_config: {cert_file: ., key_file: server.crt}", ".cert_file", "cannot read"),
        (TLS + "  key: secret-in-plain", "4:8: tls_server_config.key", "stands beside key_file"),
        (TLS + "  key: [secret-in-plain]", "4:8: tls_server_config.key", "text is wanted here"),
        (TLS + "  min_version: TLS10", "4:16: tls_server_config.min_version", "RFC 8996"),
        (TLS + "  max_version: TLS11", "4:16: tls_server_config.max_version", "TLS12 or TLS13"),
        (TLS + "  min_version: SSL30", "4:16: tls_server_config.min_version", "not a version of TLS"),
        (TLS + "  min_version: TLS13\n  max_version: TLS12", "4:16: tls_server_config.min_version", "newer than"),
        (TLS + "  client_auth_type: RequireAnyClientCert", "4:21", "Python's ssl cannot"),
        (TLS + "  client_auth_type: RequestClientCert", "4:21", "Python's ssl cannot"),
        (TLS + "  client_auth_type: Always", "4:21", "is not a client_auth_type"),
        (TLS + "  client_auth_type: RequireAndVerifyClientCert", "4:21", "wants client_ca_file"),
        (TLS + "  client_ca_file: ca.crt", "4:19: tls_server_config.client_ca_file", "without a client_auth_type"),
        (TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: server.key", "5:19", "no certificate"),
        (TLS + "  client_allowed_sans: [a]", "4:24", "RequireAndVerifyClientCert"),
        (TLS + "  cipher_suites: [TLS_RSA_WITH_AES_128_GCM_SHA256]", "4:19", "is not safe"),
        (TLS + "  cipher_suites: [AES128]", "4:19: tls_server_config.cipher_suites[0]", "not the name of a cipher"),
        (TLS + "  cipher_suites: [TLS_AES_128_GCM_SHA256]", "4:18", "cannot"),
        (TLS + "  min_version: TLS13\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]", "5:18", "uses none"),
        (TLS + "  curve_preferences: [CurveP256, X25519]", "4:22", "one curve"),
        (TLS + "  curve_preferences: [Curve25519]", "4:23", "not the name of a curve"),
        (TLS + "  prefer_server_cipher_suites: 1", "4:32", "true or false"),
        ("http_server_config: {http2: true}", "1:29: http_server_config.http2", "HTTP/1.1 and no HTTP/2"),
        ("http_server_config: {headers: {X-Mine: a}}", "http_server_config.headers.X-Mine", "unknown key"),
        ("http_server_config: {headers: {X-Frame-Options: ALLOW}}", "X-Frame-Options", "deny, sameorigin"),
        ("http_server_config: {headers: {Content-Security-Policy: ''}}", "Security-Policy", "leave the key out"),
        ('http_server_config: {headers: {X-XSS-Protection: "a\\nb"}}', "X-XSS-Protection", "one line"),
        ("rate_limit: {interval: 1s}", "rate_limit", "every request is refused"),
        ("rate_limit: {interval: 5, burst: 1}", "1:24: rate_limit.interval", "a duration with a unit"),
        ("rate_limit: {interval: 1d, burst: 1}", "1:24: rate_limit.interval", "a duration with a unit"),
        ("a: [", "web.yml:2:1", "not YAML"),
        ("- a", "web.yml:1:1", "keys such as tls_server_config"),
        ("basic_auth_users: {a: *secret-in-plain}", "web.yml:1", "wants quotes"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_file_line_and_key_and_tells_no_secret(
    read: Callable[[str], web.WebConfig], text: str, place: str, says: str
) -> None:
    with pytest.raises(web.WebConfigInvalid) as caught:
        read(text)
    line = str(caught.value)
    assert re.search(r"web\.yml:\d+:\d+: ", line)
    assert place in line
    assert says in line
    assert "\n" not in line
    for secret in ("secret-in-plain", "12345678", "0123", "PRIVATE"):
        assert secret not in line


def test_a_file_that_is_not_there_and_an_encrypted_key_are_one_line(
    read: Callable[[str], web.WebConfig], tmp_path: Path
) -> None:
    with pytest.raises(web.WebConfigInvalid, match=r"cannot read the web configuration .*none\.yml: No such file"):
        web.read_web_config(tmp_path / "none.yml")
    key = tmp_path / "server.key"
    made = subprocess.run(
        ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:secret"], capture_output=True, check=True
    )
    key.write_bytes(made.stdout)
    with pytest.raises(web.WebConfigInvalid, match="the key is encrypted"):
        read(TLS)


def test_the_sample_is_taken_by_the_agent_and_by_promtool(
    root: Path, tmp_path: Path, server: Callable[[str], Path]
) -> None:
    sample = (root / "deploy" / "web-config.yml").read_text()
    authority = Authority(tmp_path, "client-ca")
    assert authority.ca.is_file()
    authority.sign("hartwatch")
    (tmp_path / "web-config.yml").write_text(sample)
    config = web.read_web_config(tmp_path / "web-config.yml")
    assert config.tls is not None
    assert config.users
    assert web.refusal("192.0.2.1", config) is None
    done = subprocess.run(
        [server("promtool"), "check", "web-config", tmp_path / "web-config.yml"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "SUCCESS" in done.stderr + done.stdout
    # What stands in comments is right, too.
    (tmp_path / "all.yml").write_text(re.sub(r"^( *)#:", r"\1", sample, flags=re.MULTILINE))
    everything = web.read_web_config(tmp_path / "all.yml")
    assert everything.who == "both"
    assert everything.rate is not None
    assert everything.tls is not None
    assert everything.tls.allowed_sans


# ---------------------------------------------------------------- users
async def found(users: Users, user: str, password: str) -> Found:
    return await users.find(basic(user, password)["authorization"])


async def test_of_a_long_password_72_octets_count_as_they_do_in_go() -> None:
    users = Users({"long": hashed("a" * 72).encode()})
    assert await found(users, "long", "a" * 72) is Found.RIGHT
    assert await found(users, "long", "a" * 72 + "anything") is Found.RIGHT
    assert await found(users, "long", "a" * 71) is Found.WRONG


async def test_hashes_of_htpasswd_and_passwords_with_colons_and_other_letters_are_taken() -> None:
    word = "p:\u00e4ss:\u00a3"
    users = Users({"a": hashed(word).replace("$2b$", "$2y$").encode()})
    assert await found(users, "a", word) is Found.RIGHT
    for header in ("", "Basic", "Basic %%%", "Basic YQ==", "Bearer YTpi", "Basic /w=="):
        assert await users.find(header) is Found.WRONG


async def test_an_unknown_user_costs_one_check_like_a_known_one_and_always_of_the_same_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[bytes] = []
    real = users_module.bcrypt.checkpw
    monkeypatch.setattr(
        users_module.bcrypt, "checkpw", lambda given, known: checked.append(known) or real(given, known)
    )
    hashes = {f"user-{n}": hashed("x", 4 + n % 2).encode() for n in range(6)}
    users = Users(hashes)
    for name in ("user-1", "nobody"):
        checked.clear()
        for attempt in range(3):
            assert await found(users, name, f"wrong-{attempt}") is Found.WRONG
        assert len(checked) == 3
        assert len(set(checked)) == 1
        assert checked[0] in hashes.values()
    checked.clear()
    for n in range(40):
        await found(users, f"nobody-{n}", "x")
    assert {known[:7] for known in checked} == {b"$2b$04$", b"$2b$05$"}, "no cost stands for unknown"


async def test_what_was_found_is_remembered_right_or_wrong_and_only_so_much_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = 0
    real = users_module.bcrypt.checkpw

    def counted(given: bytes, known: bytes) -> bool:
        nonlocal checks
        checks += 1
        return bool(real(given, known))

    monkeypatch.setattr(users_module.bcrypt, "checkpw", counted)
    users = Users({"a": hashed("right").encode()})
    for _ in range(5):
        assert await found(users, "a", "right") is Found.RIGHT
        assert await found(users, "a", "wrong") is Found.WRONG
        assert await found(users, "b", "right") is Found.WRONG
    assert checks == 3
    for n in range(REMEMBERED + 20):
        await found(users, "a", f"guess-{n}")
        assert await found(users, "a", "right") is Found.RIGHT
    assert checks == 3 + REMEMBERED + 20, "whoever asks often is not forgotten for those who guess"
    assert len(users._known) == REMEMBERED


def test_a_warning_that_many_cause_is_said_once_a_minute_with_how_many_there_were(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    seldom = Seldom(logging.getLogger("agent.web.guard"), lambda: now)
    for n in range(5):
        seldom.warn("from %s", n)
    now = 61.0
    seldom.warn("from %s", 6)
    now = 130.0
    seldom.warn("from %s", 7)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["from 0", "from 6 (4 more since the last time this was said)", "from 7"]


def test_a_rate_lets_a_burst_through_and_then_one_each_interval() -> None:
    now = 0.0
    bucket = Bucket(Rate(2.0, 3), lambda: now)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 1.9
    assert not bucket.take()
    now = 2.1
    assert bucket.take()
    assert not bucket.take()
    now = 1000.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
