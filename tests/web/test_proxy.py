"""A trusted proxy that says who asks: believed from its own addresses, and from nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.web.composed import BASE, OURS, TOKENS, App, form, sign_in, users_text

PROXY = (
    "{from: [127.0.0.1, 10.9.0.0/28], user_header: X-Forwarded-User, groups_header: X-Forwarded-Groups, "
    "groups: {ict: editor, leads: admin}, default: viewer}"
)
AS_ADA = {"x-forwarded-user": "ada", "x-forwarded-groups": "leads"}


@pytest.fixture
def app(make: Callable[..., App]) -> App:
    return make(users_text(proxy=PROXY))


async def shown(app: App, address: str, headers: list[tuple[str, str]] | dict[str, str]) -> httpx.Response:
    async with app.browser(address, accept="*/*") as browser:
        return await browser.get("/audit", headers=httpx.Headers(headers))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.9.0.1", "10.9.0.15", "::ffff:127.0.0.1"])
async def test_the_proxy_is_believed_from_its_own_addresses(app: App, address: str) -> None:
    assert (await shown(app, address, {"X-Forwarded-User": "ada"})).status_code == 200
    assert (await shown(app, address, {"X-FORWARDED-USER": "new", "X-Forwarded-Groups": "a, leads"})).status_code == 200
    for groups in ("ict", "leadsx", "", "LEADS"):
        answer = await shown(app, address, {"X-Forwarded-User": "new", "X-Forwarded-Groups": groups})
        assert answer.status_code == 403, groups


@pytest.mark.parametrize("address", ["192.0.2.1", "10.9.0.16", "::1", "127.0.0.2", "", "testclient"])
async def test_from_everywhere_else_the_header_counts_for_nothing(app: App, address: str) -> None:
    assert (await shown(app, address, AS_ADA)).status_code == 401
    said = {**AS_ADA, "x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1", "x-real-ip": "127.0.0.1"}
    assert (await shown(app, address, said)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        [("x-forwarded-user", "vera"), ("x-forwarded-user", "ada")],
        [("x-forwarded-user", "")],
        [("x-forwarded-user", "a:b")],
        [("x-forwarded-user", "a" * 200)],
        [("x_forwarded_user", "ada")],
        [("x-forwarded-groups", "leads")],
        [("x-forwarded-user ", "ada")],
    ],
)
async def test_what_is_there_twice_or_is_no_name_is_nobody(app: App, headers: list[tuple[str, str]]) -> None:
    assert (await shown(app, "127.0.0.1", headers)).status_code == 401


async def test_a_header_from_elsewhere_does_not_lend_a_session_more(app: App) -> None:
    async with app.browser("192.0.2.1") as browser:
        await sign_in(browser, "vera")
        assert (await browser.get("/", headers=AS_ADA)).status_code == 200
        assert (await browser.get("/audit", headers=AS_ADA)).status_code == 403


async def test_nothing_behind_the_gate_sees_the_headers(app: App) -> None:
    seen: list[list[bytes]] = []

    async def inner(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        seen.append([name for name, _ in scope["headers"]])

    app.guard.app = inner  # type: ignore[assignment]
    for address in ("127.0.0.1", "192.0.2.1"):
        scope = {
            "type": "http", "method": "GET", "path": "/login", "query_string": b"", "scheme": "http",
            "client": (address, 1), "headers": [(b"host", b"127.0.0.1:9640"), (b"X-Forwarded-User", b"ada"),
                                                (b"x-forwarded-groups", b"leads")],
        }  # fmt: skip
        await app.guard(scope, None, None)  # type: ignore[arg-type]
    assert seen == [[b"host"], [b"host"]]


async def test_who_comes_by_the_proxy_writes_with_a_token_in_the_form_and_under_their_name(app: App) -> None:
    path = f"/outages/{app.outage().id}/note"
    headers = {"x-forwarded-user": "new.person", "x-forwarded-groups": "ict", "x-forwarded-for": "6.6.6.6, 192.0.2.77"}
    async with app.browser("127.0.0.1", **headers) as browser:
        page = await browser.get(path)
        assert "Sign out" not in page.text, "there is nothing here to sign out of"
        assert (await browser.post(path, data={"text": "x", "once": "k"}, headers=OURS)).status_code == 403
        fields = await form(browser, path)
        foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=foreign)).status_code == 403
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=OURS)).status_code == 303
    assert [note.author for note in app.ledger.notes()] == ["new.person"]
    said = app.audits()[-1]
    assert (said.who, said.how, said.address) == ("new.person", "proxy", "192.0.2.77")
    async with app.browser("127.0.0.1", **{**headers, "x-forwarded-user": "another"}) as browser:
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=OURS)).status_code == 403


async def test_the_first_addresses_of_the_list_are_anybodys_writing(app: App) -> None:
    """Whoever is slowed by address must not get a new one by saying so."""
    for n in range(10):
        async with app.browser("127.0.0.1", **{"x-forwarded-for": f"10.0.0.{n}, 192.0.2.9"}) as browser:
            assert (await sign_in(browser, "eddie", f"guess {n}")).status_code == 422
    async with app.browser("127.0.0.1", **{"x-forwarded-for": "10.0.0.99, 192.0.2.9"}) as browser:
        assert (await sign_in(browser, "eddie")).status_code == 429
    async with app.browser("192.0.2.9", **{"x-forwarded-for": "203.0.113.1"}) as browser:
        assert (await sign_in(browser, "eddie")).status_code == 429, "from no proxy nothing of it counts"


async def test_a_proxy_that_speaks_tls_makes_cookies_for_tls(app: App) -> None:
    said = {"x-forwarded-proto": "https", "x-forwarded-host": "hartwatch.example"}
    data = {"user": "eddie", "password": "right for eddie"}
    origin = {"origin": "https://hartwatch.example"}
    async with app.browser("127.0.0.1", **said) as browser:
        answer = await browser.post("/login", data=data, headers=origin)
        assert answer.headers["set-cookie"].startswith("__Host-hartwatch=")
    async with app.browser("192.0.2.1", **said) as browser:
        assert (await browser.post("/login", data=data, headers=origin)).status_code == 403
        answer = await browser.post("/login", data=data, headers={"origin": BASE})
        assert answer.headers["set-cookie"].startswith("hartwatch=")


async def test_a_page_that_gave_itself_our_address_cannot_say_who_it_is(app: App) -> None:
    async with app.browser("127.0.0.1", host="evil.example", **AS_ADA) as rebound:
        assert (await rebound.get("/")).status_code == 421


async def test_a_token_comes_before_what_the_proxy_says(app: App) -> None:
    headers = {**AS_ADA, "authorization": f"Bearer {TOKENS['reader']}"}
    assert (await shown(app, "127.0.0.1", headers)).status_code == 403


async def test_who_has_no_role_is_told_so(make: Callable[..., App]) -> None:
    app = make(users_text(proxy="{from: [127.0.0.1], user_header: X-Forwarded-User}"))
    async with app.browser(**{"x-forwarded-user": "stranger"}) as browser:
        answer = await browser.get("/")
        assert (answer.status_code, answer.text) == (403, "stranger has no role here\n")
