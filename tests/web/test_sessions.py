"""Signing in and out: what an attacker would try with sessions, passwords, other forms and addresses to go on to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from agent.access.brake import OF_ADDRESS, OF_PAIR, OF_USER, Brake
from agent.access.sessions import MOST, MOST_OF_ONE, Sessions
from agent.web.visitor import local_path
from tests.web.composed import BASE, OURS, PASSWORDS, App, Clock, form, hidden, send, sign_in, users_text

FOREIGN = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9640.evil.example"},
    {"origin": "https://127.0.0.1:9640"},
    {"origin": "http://127.0.0.1:9641"},
    {"origin": "http://127.0.0.1"},
    {"origin": BASE, "sec-fetch-site": "same-site"},
    {"origin": BASE, "sec-fetch-site": "none"},
    {"origin": BASE, "sec-fetch-site": "same-origin, cross-site"},
    {"sec-fetch-site": "cross-site"},
    {},
]


# ---------------------------------------------------------------- sessions
async def test_who_signs_in_gets_a_cookie_that_scripts_and_other_sites_do_not_have(app: App) -> None:
    async with app.browser() as browser:
        answer = await sign_in(browser, "eddie", next="/outages?x=1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/outages?x=1")
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("hartwatch=")
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/" in cookie
        assert "domain" not in cookie
        assert "secure" not in cookie, "a browser would not send it back over http"
        page = (await browser.get("/")).text
        assert "eddie" in page
        assert browser.cookies["hartwatch"] not in page
    assert [(one.who, one.action, one.outcome) for one in app.audits()] == [("eddie", "sign-in", "done")]


async def test_over_tls_the_cookie_is_bound_to_this_host_and_to_tls(app: App) -> None:
    base = "https://127.0.0.1"
    async with app.browser(base=base) as browser:
        data = {"user": "eddie", "password": PASSWORDS["eddie"]}
        answer = await browser.post("/login", data=data, headers={"origin": base})
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__host-hartwatch=")
        assert "secure" in cookie
        assert "domain" not in cookie
        assert (await browser.get("/")).status_code == 200
        id = browser.cookies["__Host-hartwatch"]
    async with app.browser(base=base, cookie=f"hartwatch={id}", accept="*/*") as tossed:
        assert (await tossed.get("/")).status_code == 401, "a cookie that anybody on http could set is no session here"


async def test_a_session_that_was_planted_is_not_taken_up(app: App) -> None:
    async with app.browser() as mallory, app.browser() as browser:
        await sign_in(mallory, "vera")
        planted = mallory.cookies["hartwatch"]
        for id in ("x" * 43, planted):
            browser.cookies.clear()
            browser.cookies.set("hartwatch", id, domain="127.0.0.1")
            await sign_in(browser, "ada")
            now = [cookie.value for cookie in browser.cookies.jar if cookie.name == "hartwatch"]
            assert now[-1] != id
        answer = await mallory.get("/", headers={"accept": "*/*"})
        assert answer.status_code == 401, "the session that was there ended, and ada is not in it"


async def test_what_is_no_id_of_ours_is_nobody(app: App) -> None:
    for value in ("", "x", "x" * 5000, "../../etc/passwd", "\u00ff" * 43, "a;b", '"', "%00"):
        async with app.browser(accept="*/*") as browser:
            header = b"hartwatch=" + value.encode("latin-1", "ignore")
            answer = await browser.get("/", headers=httpx.Headers([(b"cookie", header)]))
            assert answer.status_code == 401, value


async def test_signing_out_ends_the_session_on_the_server(app: App) -> None:
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        id = browser.cookies["hartwatch"]
        token = hidden((await browser.get("/")).text, "csrf_token")
        assert (await browser.get("/logout")).status_code == 405, "a picture on some page must not sign anybody out"
        for headers in FOREIGN:
            assert (await browser.post("/logout", data={"csrf_token": token}, headers=headers)).status_code == 403
        assert (await browser.post("/logout", data={"csrf_token": "x"}, headers=OURS)).status_code == 403
        assert (await browser.get("/")).status_code == 200
        answer = await browser.post("/logout", data={"csrf_token": token}, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?out")
        assert "signed out" in (await browser.get("/login?out")).text
    async with app.browser(cookie=f"hartwatch={id}", accept="*/*") as copy:
        assert (await copy.get("/")).status_code == 401
    assert [one.action for one in app.audits()] == ["sign-in", "sign-out"]


async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(make: Callable[..., App]) -> None:
    app = make(users_text(sessions="{idle: 10m, longest: 1h}"))
    async with app.browser(accept="*/*") as browser:
        await sign_in(browser, "eddie")
        app.clock.seconds += 601
        assert (await browser.get("/")).status_code == 401
        await sign_in(browser, "eddie")
        for _ in range(7):
            app.clock.seconds += 500
            assert (await browser.get("/")).status_code == 200
        app.clock.seconds += 500
        assert (await browser.get("/")).status_code == 401, "being used does not make it live for ever"


async def test_another_password_ends_the_sessions_of_the_old_one(app: App) -> None:
    async with app.browser(accept="*/*") as browser:
        await sign_in(browser, "eddie")
        text = (app.folder / "users.yaml").read_text()
        from tests.web.composed import HASHES

        (app.folder / "users.yaml").write_text(text.replace(HASHES["eddie"], HASHES["web-editor"]))
        await app.renewal.look()
        assert (await browser.get("/")).status_code == 401
        assert (await sign_in(browser, "eddie")).status_code == 422
        assert (await sign_in(browser, "eddie", PASSWORDS["web-editor"])).status_code == 303


def test_sessions_are_bounded_in_all_and_for_one_user() -> None:
    sessions = Sessions(Clock())
    first = sessions.begin("eddie", b"")
    for _ in range(MOST_OF_ONE):
        sessions.begin("eddie", b"")
    assert len(sessions) == MOST_OF_ONE
    assert sessions.find(first, 60, 60) is None
    for n in range(2 * MOST):
        sessions.begin(f"u{n}", b"")
    assert len(sessions) == MOST


def test_no_id_is_kept() -> None:
    sessions = Sessions(Clock())
    id = sessions.begin("eddie", b"")
    assert id.encode() not in repr(vars(sessions)).encode()
    assert id not in repr(sessions.find(id, 60, 60))


# ---------------------------------------------------------------- forms of others
@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_form_from_a_page_elsewhere_writes_nothing_and_signs_nobody_in(
    app: App, headers: dict[str, str]
) -> None:
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        fields = await form(browser, path)
        answer = await browser.post(path, data={**fields, "text": "x"}, headers=headers)
        assert answer.status_code == 403
        assert app.ledger.notes() == []
        assert app.audits()[-1].outcome == "refused"
        assert app.gate.refused["foreign"] == 1
    async with app.browser() as browser:
        data = {"user": "vera", "password": PASSWORDS["vera"]}
        answer = await browser.post("/login", data=data, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_the_token_of_the_form_is_wanted_and_belongs_to_one_session(app: App) -> None:
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser, app.browser() as other, app.browser() as again:
        await sign_in(browser, "eddie")
        await sign_in(other, "ada")
        await sign_in(again, "eddie")
        tokens = {
            "none": "", "wrong": "0" * 64, "of another user": (await form(other, path))["csrf_token"],
            "of another session of the same": (await form(again, path))["csrf_token"], "not ascii": "\u00e4" * 32,
        }  # fmt: skip
        for what, token in tokens.items():
            answer = await browser.post(path, data={"csrf_token": token, "once": "k", "text": "x"}, headers=OURS)
            assert answer.status_code == 403, what
        assert (await browser.post(path, data={"text": "x"}, headers=OURS)).status_code == 403
        assert app.ledger.notes() == []
        old = await form(browser, path)
        await sign_in(browser, "eddie")
        assert (await browser.post(path, data={**old, "text": "x"}, headers=OURS)).status_code == 403
        assert (await send(browser, path, text="x")).status_code == 303


async def test_one_of_both_signs_of_where_a_form_came_from_is_enough(app: App) -> None:
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        for headers in ({"origin": BASE}, {"sec-fetch-site": "same-origin"}):
            fields = await form(browser, path)
            answer = await browser.post(path, data={**fields, "text": "x"}, headers=headers)
            assert answer.status_code == 303, headers


async def test_behind_another_name_pages_of_the_advertised_address_may_send(make: Callable[..., App]) -> None:
    app = make(advertised="hartwatch.example:443")
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        fields = await form(browser, path)
        headers = {"origin": "https://hartwatch.example"}
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=headers)).status_code == 303


# ---------------------------------------------------------------- passwords
async def test_a_wrong_password_and_a_user_that_is_not_there_are_answered_alike(app: App) -> None:
    async with app.browser() as browser:
        there = await sign_in(browser, "eddie", "wrong")
        nobody = await sign_in(browser, "nobody", "wrong")
        only_a_role = await sign_in(browser, "web-editor", "wrong")
        # What was typed is kept for the next try, and is all that differs.
        bodies = {a.text.replace(f'value="{user}"', 'value=""') for a, user in
                  ((there, "eddie"), (nobody, "nobody"), (only_a_role, "web-editor"))}  # fmt: skip
        assert len(bodies) == 1
        assert {a.status_code for a in (there, nobody, only_a_role)} == {422}
        heads = [{k: v for k, v in a.headers.items() if k != "content-length"} for a in (there, nobody, only_a_role)]
        assert heads[0] == heads[1] == heads[2]
        assert "wrong" not in bodies.pop(), "no password is sent back"


async def test_each_wrong_password_costs_one_check_whoever_it_is_for(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bytes] = []

    def counted(password: bytes, hashed: bytes) -> bool:
        checked.append(hashed)
        return False

    monkeypatch.setattr("agent.web.users._matches", counted)
    async with app.browser() as browser:
        for user in ("eddie", "nobody", "web-editor"):
            before = len(checked)
            await sign_in(browser, user, "wrong")
            assert len(checked) == before + 1, user


async def test_failed_sign_ins_are_kept_without_what_may_be_a_password(app: App) -> None:
    async with app.browser("192.0.2.9") as browser:
        await sign_in(browser, "eddie", "wrong")
        await sign_in(browser, "hunter2 my password", "eddie")
    told = [(one.who, one.action, one.outcome, one.address) for one in app.audits()]
    assert told == [("eddie", "sign-in", "refused", "192.0.2.9"), ("", "sign-in", "refused", "192.0.2.9")]
    assert "hunter2" not in repr(app.audits())
    assert "wrong" not in repr(app.audits())


async def test_whoever_guesses_is_slowed_and_not_answered_even_when_right(app: App) -> None:
    async with app.browser("192.0.2.9") as browser:
        for n in range(OF_ADDRESS.burst):
            assert (await sign_in(browser, "eddie", f"guess {n}")).status_code == 422
        answer = await sign_in(browser, "eddie")
        assert answer.status_code == 429, "the right one tells nothing either"
        assert answer.headers["retry-after"]
        assert (await sign_in(browser, "ada")).status_code == 429, "the address has used up its guesses"
    async with app.browser("192.0.2.10") as elsewhere:
        assert (await sign_in(elsewhere, "ada")).status_code == 303
    app.clock.seconds += OF_ADDRESS.seconds
    async with app.browser("192.0.2.9") as browser:
        assert (await sign_in(browser, "eddie", "one more")).status_code == 422
        assert (await sign_in(browser, "eddie", "and another")).status_code == 429


def test_the_brake_measures_a_user_from_everywhere_and_not_where_they_are_known() -> None:
    clock = Clock()
    brake = Brake(clock)
    brake.take("eddie", "192.0.2.1")
    brake.right("eddie", "192.0.2.1")
    for n in range(OF_USER.burst):
        assert brake.wait("eddie", f"198.51.100.{n}") == 0
        brake.take("eddie", f"198.51.100.{n}")
    assert brake.wait("eddie", "203.0.113.5") == pytest.approx(OF_USER.seconds)
    assert brake.wait("eddie", "192.0.2.1") == 0, "nobody elsewhere can keep them out"
    for _ in range(OF_PAIR.burst):
        brake.take("eddie", "192.0.2.1")
    assert brake.wait("eddie", "192.0.2.1") > 0
    clock.seconds += OF_PAIR.seconds
    assert brake.wait("eddie", "192.0.2.1") == 0


def test_a_network_of_ipv6_is_one_address_and_what_is_kept_is_bounded() -> None:
    brake = Brake(Clock())
    for n in range(OF_ADDRESS.burst):
        brake.take(f"u{n}", f"2001:db8::{n:x}")
    assert brake.wait("somebody", "2001:db8::ffff") > 0
    assert brake.wait("somebody", "2001:db8:0:1::1") == 0
    assert brake.wait("somebody", "::ffff:192.0.2.1") == 0
    for n in range(30_000):
        brake.take(f"n{n}", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(brake._left) <= 10_000


async def test_many_at_once_get_no_more_guesses_than_one_after_the_other(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bytes] = []
    monkeypatch.setattr("agent.web.users._matches", lambda password, hashed: checked.append(password))
    async with app.browser("192.0.2.9") as browser:
        answers = await asyncio.gather(*(sign_in(browser, "eddie", f"guess {n}") for n in range(40)))
    assert len(checked) <= OF_ADDRESS.burst
    assert {answer.status_code for answer in answers} == {422, 429}


async def test_an_attack_does_not_fill_the_ledger(app: App) -> None:
    async with app.browser() as browser:
        before = app.entries()
        for n in range(100):
            await sign_in(browser, f"user {n}", "wrong")
        assert app.entries() - before <= 60
        app.clock.seconds += 60
        await sign_in(browser, "eddie", "wrong again")
    assert "more before it were not written down" in app.audits()[-1].detail


async def test_basic_authentication_is_slowed_by_the_same_brake(make: Callable[..., App]) -> None:
    from tests.web.test_roles import basic

    app = make(basic={"web-only": ""})
    async with app.browser("192.0.2.9", accept="*/*") as browser:
        for n in range(OF_ADDRESS.burst):
            assert (await browser.get("/", headers=basic("web-only", f"guess {n}"))).status_code == 401
        assert (await browser.get("/", headers=basic("web-only"))).status_code == 429
    async with app.browser("192.0.2.10", accept="*/*") as prometheus:
        for _ in range(30):
            assert (await prometheus.get("/", headers=basic("web-only"))).status_code == 200


# ---------------------------------------------------------------- where to go on to
ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "http:evil",
    "javascript:alert(1)", "/\n/evil.example", " //evil.example", "", "evil", "///evil.example", "/login",
    "/logout", "/" + "a" * 600, "/\u2028/evil", "/\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", ELSEWHERE)
async def test_nobody_is_sent_elsewhere_after_signing_in(app: App, text: str) -> None:
    assert local_path(text) == "/"
    async with app.browser() as browser:
        page = await browser.get("/login", params={"next": text})
        assert hidden(page.text, "next") == "/"
        assert (await sign_in(browser, "vera", next=text)).headers["location"] == "/"


def test_a_path_of_ours_is_gone_on_to() -> None:
    for text in ("/", "/outages", "/outages/1?x=y&z=%2F#a", "/a//b", "/@evil.example", "/%5cevil.example"):
        assert local_path(text) == text
