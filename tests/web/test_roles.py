"""Who may do what: every writing route by everybody who may come, in every way to come."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import httpx
import pytest

from agent.access import Role
from agent.deeds import DEEDS
from tests.web.composed import HASHES, OURS, PASSWORDS, TOKENS, App, form, send, sign_in

FILLED = {
    "acknowledge": {"for": "4h"}, "hand-back": {"note": ""}, "cause": {"cause": "power"}, "note": {"text": "a word"},
    "statement": {"text": "The telephones did not work."}, "ticket": {"reference": "INC0012345"},
    "pause": {"reason": "waiting for the customer"}, "resume": {"at": ""},
    "correct": {"ended": "2026-05-13 11:00", "reason": "the log of the switch"},
    "plan": {"subjects": "sw-wf-1", "from": "2027-01-05T22:00", "for": "4h", "reason": "firmware"},
    "end": {"reason": "finished early"},
    "void": {"reason": "a test"},  # last: there is nothing to say of it any more
}  # fmt: skip


OF_OPEN = ("acknowledge", "hand-back", "pause", "resume")


def test_every_deed_is_filled_in_here() -> None:
    assert set(FILLED) == set(DEEDS)


def address(app: App, name: str) -> str:
    deed = DEEDS[name]
    if deed.about == "nothing":
        return "/maintenance/plan"
    if deed.about == "window":
        return f"/maintenance/{app.answers.windows[0].id}/end"
    return f"/outages/{app.outage('site:wallfields' if name in OF_OPEN else 'device:sw-wf-1').id}/{name}"


async def planned(app: App) -> None:
    """Something that can be ended, handed back and resumed."""
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        for name in ("plan", "acknowledge", "pause"):
            answer = await send(browser, address(app, name), **FILLED[name])
            assert answer.status_code == 303, name


async def test_who_may_not_do_it_writes_nothing(app: App) -> None:
    """One after the other on one ledger: to sign in costs fifty milliseconds of a core each time."""
    await planned(app)
    before = app.entries()
    async with app.browser() as stranger:
        for name, fields in FILLED.items():
            path = address(app, name)
            assert (await stranger.post(path, data=fields, headers=OURS)).status_code == 401, name
            assert (await stranger.get(path)).headers["location"] == f"/login?next={path}"
    assert app.entries() == before
    refusals = 0
    for user in ("vera", "eddie"):
        async with app.browser() as browser:
            await sign_in(browser, user)
            before = app.entries()
            # The token that their other forms have: it is right in every way but for their role.
            found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', (await browser.get("/")).text)
            assert found is not None
            for name, fields in FILLED.items():
                if user == "eddie" and DEEDS[name].role is not Role.ADMIN:
                    continue
                path, data = address(app, name), {"csrf_token": found[1], "once": name, **fields}
                answer = await browser.post(path, data=data, headers=OURS)
                assert answer.status_code == 403, (user, name)
                assert f"takes the role {DEEDS[name].role}" in answer.text
                assert (await browser.get(path)).status_code == 403, (user, name)
                said = app.audits()[-1]
                assert (said.who, said.outcome, said.action.split()[-1]) == (user, "refused", name)
                before, refusals = before + 1, refusals + 1
                assert app.entries() == before, "the refusal alone is written down"
    assert refusals == len(DEEDS) + sum(deed.role is Role.ADMIN for deed in DEEDS.values())
    notes, windows = app.ledger.notes(), app.ledger.windows()
    async with app.browser() as program:
        for token in ("reader", "desk"):
            bearer = {"authorization": f"Bearer {TOKENS[token]}"}
            for name, fields in FILLED.items():
                if token == "reader" or DEEDS[name].role is Role.ADMIN:
                    assert (await program.post(address(app, name), data=fields, headers=bearer)).status_code == 403
    assert (app.ledger.notes(), app.ledger.windows()) == (notes, windows)


async def test_who_may_do_it_writes_once_under_their_name_with_an_entry_of_who_it_was(app: App) -> None:
    await planned(app)
    async with app.browser() as editor, app.browser() as admin:
        await sign_in(editor, "eddie")
        await sign_in(admin, "ada")
        for name, fields in FILLED.items():
            path, deed = address(app, name), DEEDS[name]
            user, browser = ("ada", admin) if deed.role is Role.ADMIN else ("eddie", editor)
            before = app.entries()
            answer = await send(browser, path, **fields)
            assert answer.status_code == 303, name
            after = answer.headers["location"]
            assert after.startswith("/outages/" if deed.about == "outage" else "/maintenance?said=")
            shown = await browser.get(after)
            # What was no outage has no page of its own any more, and says so where it was.
            assert shown.status_code == (404 if name == "void" else 200), name
            assert deed.done in shown.text, name
            assert deed.done not in (await browser.get(after)).text, "it is said once"
            assert app.entries() == before + 2, "the fact and who wrote it"
            said = app.audits()[-1]
            kind = "outage" if deed.about == "outage" else "maintenance"
            assert (said.who, said.role, said.how, said.address) == (user, deed.role, "session", "127.0.0.1")
            assert (said.action, said.outcome) == (f"{kind} {name}", "done")
            assert said.subject
            assert said.reference
            if deed.about == "outage":
                note = app.ledger.notes()[-1]
                assert (note.author, note.subject) == (user, said.subject)
    assert app.ledger.verify().problems == ()


async def test_a_token_with_the_role_writes_without_a_page_and_under_its_own_name(app: App) -> None:
    await planned(app)
    async with app.browser() as program:
        for name, fields in FILLED.items():
            token = "root" if DEEDS[name].role is Role.ADMIN else "desk"
            bearer = {"authorization": f"Bearer {TOKENS[token]}"}
            answer = await program.post(address(app, name), data=fields, headers=bearer)
            assert answer.status_code == 303, name
            assert "set-cookie" not in answer.headers
            said = app.audits()[-1]
            assert (said.who, said.how, said.outcome) == (token, "token", "done")


async def test_maintenance_after_the_fact_is_for_admins(app: App) -> None:
    late = {"subjects": "sw-wf-1", "from": "2026-05-13T09:00", "for": "4h", "reason": "x", "after_the_fact": "yes"}
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        assert "after_the_fact" not in (await browser.get("/maintenance/plan")).text
        answer = await send(browser, "/maintenance/plan", **late)
        assert answer.status_code == 422
        assert "takes the role admin" in answer.text
        assert app.ledger.windows() == []
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        assert (await send(browser, "/maintenance/plan", **late)).status_code == 303
    assert app.ledger.windows()[0].after_the_fact


async def test_the_page_of_who_did_what_is_for_admins_and_has_no_secret(app: App) -> None:
    for user, status in (("vera", 403), ("eddie", 403), ("ada", 200)):
        async with app.browser() as browser:
            await sign_in(browser, user)
            page = await browser.get("/audit")
            assert page.status_code == status, user
            assert ("/audit" in (await browser.get("/")).text) is (user == "ada")
    assert "vera" in page.text
    for secret in (*PASSWORDS.values(), *HASHES.values(), *TOKENS.values()):
        assert secret not in page.text
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        assert "vera" not in (await browser.get("/audit?user=eddie")).text.split("<tbody>")[1]
        assert (await browser.get("/audit?since=yesterday")).status_code == 422
        assert (await browser.get("/audit?since=2099-01-01")).text.count("<td") == 0


@pytest.mark.parametrize("path", ["/", "/devices", "/outages", "/maintenance", "/register", "/papers", "/health"])
async def test_with_a_users_file_nothing_is_shown_to_nobody(app: App, path: str) -> None:
    async with app.browser() as browser:
        assert (await browser.get(path)).headers["location"] == f"/login?next={path}"
    async with app.browser(accept="*/*") as program:
        answer = await program.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "sw-wf-1" not in answer.text


async def test_everybody_may_read_where_the_file_says_so_and_nobody_may_write(make: Callable[..., App]) -> None:
    from tests.web.composed import users_text

    app = make(users_text(anonymous="viewer"))
    async with app.browser() as browser:
        assert (await browser.get("/outages")).status_code == 200
        assert "/login" in (await browser.get("/")).text
        path = f"/outages/{app.outage().id}/note"
        assert (await browser.get(path)).headers["location"] == f"/login?next={path}"
        assert (await browser.post(path, data={"text": "x"}, headers=OURS)).status_code == 401
    assert app.audits() == []
    async with app.browser(host="evil.example") as rebound:
        assert (await rebound.get("/")).status_code == 421, "a page that gave itself our address may not read either"


async def test_without_a_users_file_everything_is_read_only_as_before(make: Callable[..., App]) -> None:
    app = make(None)
    async with app.browser() as browser:
        assert (await browser.get("/")).status_code == 200
        assert "Sign in" not in (await browser.get("/")).text
        path = f"/outages/{app.outage().id}/note"
        assert path not in (await browser.get(f"/outages/{app.outage().id}")).text
        assert (await browser.get(path)).status_code == 403
        assert (await browser.post(path, data={"text": "x"}, headers=OURS)).status_code == 403
        assert (await browser.get("/login")).status_code == 404
        assert (await browser.post("/login", data={"user": "eddie", "password": "x"}, headers=OURS)).status_code == 404
        bearer = {"authorization": f"Bearer {TOKENS['root']}"}
        assert (await browser.post(path, data={"text": "x"}, headers=bearer)).status_code == 403
    assert app.audits() == []


# ---------------------------------------------------------------- the web configuration's users
def basic(user: str, password: str | None = None) -> dict[str, str]:
    pair = f"{user}:{PASSWORDS[user] if password is None else password}".encode()
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}


async def test_users_of_the_web_configuration_are_viewers_unless_the_file_has_a_role_for_them(
    make: Callable[..., App],
) -> None:
    app = make(basic={"web-only": "", "web-editor": ""})
    path = f"/outages/{app.outage().id}/note"
    async with app.browser() as browser:
        answer = await browser.get("/", headers={"accept": "*/*"})
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert (await browser.get("/", headers=basic("web-only"))).status_code == 200
        assert (await browser.get(path, headers=basic("web-only"))).status_code == 403
        assert (await browser.get("/", headers=basic("web-only", "wrong"))).status_code == 401
        assert (await browser.get("/", headers=basic("eddie"))).status_code == 401, "the file's users sign in, no more"
    async with app.browser(**basic("web-editor")) as browser:
        fields = await form(browser, path)
        unsigned = await browser.post(path, data={"once": "k", "text": "x"}, headers=OURS)
        assert unsigned.status_code == 403, "a browser sends the password along by itself: it wants the form's token"
        foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=foreign)).status_code == 403
        assert app.ledger.notes() == []
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=OURS)).status_code == 303
    assert [note.author for note in app.ledger.notes()] == ["web-editor"]
    assert app.audits()[-1].how == "basic"


async def test_without_the_file_they_may_read_only(make: Callable[..., App]) -> None:
    app = make(None, basic={"web-editor": ""})
    async with app.browser(**basic("web-editor")) as browser:
        path = f"/outages/{app.outage().id}/note"
        assert (await browser.get("/")).status_code == 200
        assert (await browser.post(path, data={"text": "x"}, headers=OURS)).status_code == 403


# ---------------------------------------------------------------- tokens
async def test_a_wrong_or_expired_token_is_not_made_good_by_a_session(app: App) -> None:
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        assert (await browser.get("/")).status_code == 200
        for token in (TOKENS["old"], "hwt_" + "y" * 43, "", "hwt_", TOKENS["desk"] + "x", TOKENS["desk"].upper()):
            answer = await browser.get("/", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 401, token
        assert (await browser.get("/", headers={"authorization": "Digest x"})).status_code == 401


async def test_a_token_counts_and_no_session_where_both_are_there(app: App) -> None:
    async with app.browser() as browser:
        await sign_in(browser, "ada")
        answer = await browser.get("/audit", headers={"authorization": f"Bearer {TOKENS['reader']}"})
        assert answer.status_code == 403, "an admin's session lends nothing to a viewer's token"
        two = [("authorization", f"Bearer {TOKENS['desk']}"), ("authorization", f"Bearer {TOKENS['root']}")]
        twice = await browser.get("/", headers=httpx.Headers(two))
        assert twice.status_code == 401


@pytest.mark.parametrize("query", ["token={}", "access_token={}", "q=Bearer%20{}", "x=1&said={}"])
async def test_a_token_in_an_address_is_refused_even_where_it_is_right(app: App, query: str) -> None:
    async with app.browser() as program:
        address = f"/?{query.format(TOKENS['root'])}"
        answer = await program.get(address)
        assert answer.status_code == 400
        assert TOKENS["root"] not in answer.text
        bearer = {"authorization": f"Bearer {TOKENS['root']}"}
        assert (await program.get(address, headers=bearer)).status_code == 400


async def test_a_token_in_a_cookie_is_none(app: App) -> None:
    for name in ("hartwatch", "__Host-hartwatch", "token"):
        async with app.browser(cookie=f"{name}={TOKENS['root']}", accept="*/*") as program:
            assert (await program.get("/")).status_code == 401


async def test_whoever_is_taken_out_of_the_file_may_do_nothing_from_the_next_look_on(app: App) -> None:
    from tests.web.composed import users_text

    path = f"/outages/{app.outage().id}/note"
    bearer = {"authorization": f"Bearer {TOKENS['desk']}"}
    async with app.browser() as browser, app.browser() as program:
        await sign_in(browser, "eddie")
        fields = await form(browser, path)
        assert (await program.get("/", headers=bearer)).status_code == 200
        lines = users_text().splitlines(keepends=True)
        file = app.folder / "users.yaml"
        file.write_text("".join(line for line in lines if not line.startswith(("  eddie:", "  desk:"))))
        await app.renewal.look()
        assert (await program.get("/", headers=bearer)).status_code == 401
        assert (await browser.post(path, data={**fields, "text": "x"}, headers=OURS)).status_code == 401
        assert app.ledger.notes() == []
        file.write_text(users_text().replace("eddie: {role: editor", "eddie: {role: viewer"))
        await app.renewal.look()
        await sign_in(browser, "eddie")
        assert (await browser.get(path)).status_code == 403, "the role is looked at with every request"


async def test_an_invalid_file_leaves_the_one_before_in_force(app: App) -> None:
    file = app.folder / "users.yaml"
    async with app.browser() as browser:
        await sign_in(browser, "eddie")
        for text in ("users: {eddie: {role: king}}", "users: [", "anonymous: admin", "\x00"):
            file.write_text(text)
            await app.renewal.look()
            assert app.renewal.problem.startswith(f"{file}:"), app.renewal.problem
            assert (await browser.get("/")).status_code == 200
        file.unlink()
        await app.renewal.look()
        assert "no such file" in app.renewal.problem
        assert (await browser.get("/")).status_code == 200
        file.write_text("users: {}\n")
        await app.renewal.look()
        assert app.renewal.problem == ""
        assert (await browser.get("/", headers={"accept": "*/*"})).status_code == 401
