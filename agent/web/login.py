"""Signing in and out on a page. docs/decisions/0025-who-may-write.md says what holds it together."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.access.sessions import Session
from agent.access.users import name_problem
from agent.access.who import Who
from agent.web.forms import form_of
from agent.web.gate import PLAIN_COOKIE, SECURE_COOKIE, Gate
from agent.web.rendering import environment
from agent.web.users import Found
from agent.web.visitor import CSRF_FIELD, Refused, foreign, honest, local_path, visitor_of

LONGEST_PASSWORD = 1000
Keep = Callable[[Who, str, str, str], None]
"""keep(who, action, "done" or "refused", detail): an entry in the ledger."""

WRONG = "The user or the password is not right."
SLOWED = "Too many passwords were wrong. Wait half a minute before you try again."
BUSY = "Too many passwords are being checked just now. Try again in a few seconds."
NONE = "This agent has no users file: there is nothing to sign in to, and nobody may write."


def login_routes(gate: Gate, keep: Keep) -> list[Route]:
    """Routes for the composition root."""
    env = environment()

    def page(request: Request, status: int = 200, problem: str = "", user: str = "", after: str = "/") -> Response:
        text = env.get_template("login.html").render(
            problem=problem, user=user, after=after, of=visitor_of(request), signs_in=gate.file is not None,
            out="out" in request.query_params,
        )  # fmt: skip
        headers = {"Cache-Control": "no-store"}
        if status in (429, 503):
            headers["Retry-After"] = "30"
        return HTMLResponse(text, status, headers)

    async def login(request: Request) -> Response:
        if gate.file is None:
            return page(request, 404, NONE)
        if request.method != "POST":
            return page(request, after=local_path(request.query_params.get("next", "/")))
        try:
            form = await form_of(request)
        except HTTPException as problem:
            return page(request, problem.status_code, str(problem.detail))
        after = local_path(form.get("next", "/"))
        if foreign(request) is not None:
            gate.refused["foreign"] += 1
            return page(request, 403, "This form was sent by a page elsewhere. Sign in here.", after=after)
        user, password = form.get("user", "").strip(), form.get("password", "")
        found, stamp = await check(request, user, password)
        here = visitor_of(request)
        if found is not Found.RIGHT:
            known = user if user in gate.passwords.hashes else ""  # another name may be a password in the wrong field
            asked = Who(known, None, "nobody", here.who.address)
            keep(asked, "sign-in", "refused", "" if known else "under a name that nobody has")
            gate.refused["slowed" if found is Found.SLOWED else "busy" if found is Found.BUSY else "users"] += 1
            status, words = {Found.SLOWED: (429, SLOWED), Found.BUSY: (503, BUSY)}.get(found, (422, WRONG))
            return page(request, status, words, user[:100], after)
        before: Session | None = getattr(request.state, "session", None)
        if before is not None:
            gate.sessions.end(before)
        id = gate.sessions.begin(user, stamp)
        keep(Who(user, gate.role_of(user), "session", here.who.address), "sign-in", "done", "")
        answer = RedirectResponse(after, 303, {"Cache-Control": "no-store"})
        # Lax and not Strict: the link in an alert has to find whoever is signed in. Nothing is changed by GET.
        answer.set_cookie(
            SECURE_COOKIE if here.secure else PLAIN_COOKIE, id, path="/", secure=here.secure, httponly=True,
            samesite="lax",
        )  # fmt: skip
        return answer

    async def check(request: Request, user: str, password: str) -> tuple[Found, bytes]:
        """Whether it is the password; and the stamp of the one it was checked against."""
        if name_problem(user) is not None or not password or len(password) > LONGEST_PASSWORD:
            return Found.WRONG, b""
        stamp = gate.stamp_of(user)
        try:
            given = password.encode()
        except UnicodeEncodeError:
            return Found.WRONG, b""
        found = await gate.passwords.check(user, given, gate.brake, visitor_of(request).who.address)
        if found is Found.RIGHT and gate.stamp_of(user) != stamp:  # it was changed meanwhile
            return Found.WRONG, b""
        return found, stamp

    async def logout(request: Request) -> Response:
        if gate.file is None:
            return page(request, 404, NONE)
        session: Session | None = getattr(request.state, "session", None)
        if session is not None:
            try:
                form = await form_of(request)
                honest(request, form.get(CSRF_FIELD, ""))
            except Refused as problem:
                gate.refused["foreign"] += 1
                return page(request, 403, f"You are still signed in: {problem.detail}.")
            except HTTPException as problem:
                return page(request, problem.status_code, str(problem.detail))
            gate.sessions.end(session)
            keep(visitor_of(request).who, "sign-out", "done", "")
        answer = RedirectResponse("/login?out", 303, {"Cache-Control": "no-store"})
        here = visitor_of(request)
        answer.delete_cookie(
            SECURE_COOKIE if here.secure else PLAIN_COOKIE, path="/", secure=here.secure, httponly=True, samesite="lax"
        )
        return answer

    return [Route("/login", login, methods=["GET", "POST"]), Route("/logout", logout, methods=["POST"])]
