"""The HTTP side as the composition root puts it together, on a real ledger, without devices and without waiting."""

from __future__ import annotations

import asyncio
import atexit
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

import bcrypt
import httpx
from starlette.applications import Starlette

from agent import web
from agent.access.brake import Brake
from agent.access.sessions import Sessions
from agent.access.users import digest_of, read_users
from agent.answers import LedgerAnswers
from agent.config import Settings
from agent.desk import Desk
from agent.estates import Estates
from agent.facts import Audit, Outage
from agent.latest import Latest
from agent.ledger import Ledger
from agent.view import AgentState, View
from tests.readers.commands import BEGAN, fill

BASE = "http://127.0.0.1:9640"
# Cheaper than a users file may have them (conftest.py lets it): a real one costs 50 ms at every sign-in.
PASSWORDS = {name: f"right for {name}" for name in ("vera", "eddie", "ada", "web-only", "web-editor")}
# One salt, for all and always: they stand in names of tests, and those are the same in every worker.
SALT = b"$2b$04$abcdefghijklmnopqrstuu"
HASHES = {name: bcrypt.hashpw(word.encode(), SALT).decode() for name, word in PASSWORDS.items()}
TOKENS = {name: f"hwt_{name:x<43}" for name in ("reader", "desk", "root", "old")}
ROLES = {"vera": "viewer", "eddie": "editor", "ada": "admin"}


def users_text(**more: str) -> str:
    """A users file: a viewer, an editor, an admin, tokens of each, a role for a user of the web configuration."""
    users = "".join(f'  {name}: {{role: {role}, password: "{HASHES[name]}"}}\n' for name, role in ROLES.items())
    roles = {"reader": "viewer", "desk": "editor", "root": "admin"}
    tokens = "".join(
        f"  {name}: {{role: {role}, sha256: {digest_of(TOKENS[name]).hex()}}}\n" for name, role in roles.items()
    )
    tokens += f"  old: {{role: admin, sha256: {digest_of(TOKENS['old']).hex()}, expires: 2026-01-31}}\n"
    text = f"users:\n{users}  web-editor: {{role: editor}}\ntokens:\n{tokens}"
    return text + "".join(f"{key}: {value}\n" for key, value in more.items())


@dataclass
class Clock:
    """Time that only moves when it is told to."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class App:
    """Everything of one test."""

    folder: Path
    ledger: Ledger
    answers: LedgerAnswers
    estates: Estates
    gate: web.Gate
    guard: web.Guard
    desk: Desk
    renewal: web.UsersRenewal
    clock: Clock
    paths: list[str] = field(default_factory=list)

    def browser(self, address: str = "127.0.0.1", base: str = BASE, **headers: str) -> httpx.AsyncClient:
        """A browser: keeps cookies, follows nothing by itself."""
        transport = httpx.ASGITransport(self.guard, client=(address, 40000))
        return httpx.AsyncClient(transport=transport, base_url=base, headers={"accept": "text/html", **headers})

    def audits(self) -> list[Audit]:
        assert self.ledger.settle()
        return self.ledger.audits()

    def outage(self, subject: str = "device:sw-wf-1") -> Outage:
        self.answers.read_outages()
        return next(one for one in self.answers.outages if one.subject == subject)

    def entries(self) -> int:
        """How many entries the ledger has: that nothing was written is that this did not grow."""
        assert self.ledger.settle()
        return sum(self.ledger.head().values())


@lru_cache(maxsize=1)
def _filled() -> Path:
    """A state directory with a ledger, made once: a copy is ten times quicker than the migrations."""
    made = Path(tempfile.mkdtemp(prefix="hartwatch-tests-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return fill(made)


def compose(folder: Path, text: str | None, basic: dict[str, str] | None = None, advertised: str | None = None) -> App:
    """`text`: of the users file; `basic`: names of the web configuration's users."""
    shutil.copytree(_filled(), folder, dirs_exist_ok=True)
    file = folder / "users.yaml"
    if text is not None:
        file.write_text(text)
    ledger = Ledger.open(folder / "ledger.sqlite3", "agent-2")
    settings = Settings(inventory=folder / "inventory.yaml", state_directory=folder)
    estates = Estates()
    estates.take(settings, *estates.read(settings))
    answers = LedgerAnswers(ledger, estates)
    clock = Clock()
    desk = Desk(ledger, answers, estates, steady=clock)
    gate = web.Gate(advertised=advertised, sessions=Sessions(clock), brake=Brake(clock))
    config = web.WebConfig(users={name: HASHES[name].encode() for name in basic or ()})
    gate.take(read_users(file) if text is not None else None, config.users)

    async def look() -> View:
        await answers.fresh()
        now = datetime.now(UTC)
        return View(
            now=now, estate=estates.estate, watched=estates.watched, latest=Latest(), board={},
            agent=AgentState("0.1.0", BEGAN), outages=answers.outages, book=answers.book,
            every_outage=answers.outages, notes=answers.notes, running=answers.running(now), plan=answers.plan,
            topology=estates.topology,
        )  # fmt: skip

    async def audits(since: datetime, who: str | None, most: int) -> list[Audit]:
        return await asyncio.to_thread(ledger.audits, since, who, most)

    routes = [
        *web.login_routes(gate, desk.note),
        *web.writing_routes(look, desk.write, audits, gate, desk.note),
        *web.routes(look, folder / "papers", lambda _: "2026-Q1", write=desk.write, keep=desk.note),
    ]
    hosts = frozenset({"127.0.0.1", "localhost"})
    guard = web.Guard(Starlette(routes=routes), config, hosts, gate)
    renewal = web.UsersRenewal(file if text is not None else None, guard, "127.0.0.1")
    return App(folder, ledger, answers, estates, gate, guard, desk, renewal, clock, [r.path for r in routes])


# ---------------------------------------------------------------- what a browser does
OURS = {"origin": BASE, "sec-fetch-site": "same-origin"}


async def sign_in(browser: httpx.AsyncClient, user: str, password: str | None = None, **more: Any) -> httpx.Response:
    data = {"user": user, "password": PASSWORDS[user] if password is None else password, **more}
    return await browser.post("/login", data=data, headers=OURS)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return unescape(found[1])


async def form(browser: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The hidden fields of a form, as a browser would send them."""
    page = (await browser.get(path)).text
    return {name: hidden(page, name) for name in ("csrf_token", "once")}


async def send(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Open a form, fill it in and send it."""
    return await browser.post(path, data={**await form(browser, path), **fields}, headers=OURS)
