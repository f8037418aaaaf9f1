"""Writing in the pages: one form for each deed, the page of who did what. Works without scripts.

Every form is a page of its own with one thing on it, an error summary on top that leads to the fields, and what was
written kept after a mistake. After success the browser is sent on (303), so that nothing is sent again by going back,
and what was done is said once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.access.who import Role, Who
from agent.calendar_uk import london_midnight
from agent.deeds import DEEDS, Deed, Field, Mistake, Write
from agent.facts import Audit, Outage, Window
from agent.view import View
from agent.web.forms import form_of
from agent.web.gate import Gate
from agent.web.login import Keep
from agent.web.names import name_of, names_of
from agent.web.offered import scene_of
from agent.web.outage import find
from agent.web.rendering import Look, Pages
from agent.web.visitor import CSRF_FIELD, SAID, Refused, honest, needs, visitor_of, who_of

ONCE_FIELD = "once"
AUDIT_DAYS, AUDIT_MOST = 30, 500
Audits = Callable[[datetime, str | None, int], Awaitable[Sequence[Audit]]]
"""audits(since, of one user or None, at most so many): who did what, the oldest first."""


def writing_routes(look: Look, write: Write, audits: Audits, gate: Gate, keep: Keep) -> list[Route]:
    """Routes for the composition root. `write` is the only way by which anything is recorded."""
    page = Pages(look).page

    async def refused(request: Request, problem: HTTPException, action: str, here: str) -> Response:
        """Why not, on a page; who has not signed in is shown where."""
        who = who_of(request)
        if problem.status_code == 401 and visitor_of(request).can_sign_in and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/login?next={quote(request.url.path, safe='/')}", 303)
        if isinstance(problem, Refused):
            allowed = problem.status_code == 403 and _may(who, action)  # so it was the form, and not the role
            gate.refused["foreign" if allowed else "role"] += 1
            if who.is_known and request.method == "POST":
                keep(who, action, "refused", str(problem.detail))
        words = str(problem.detail)
        advice = f"{words[:1].upper()}{words[1:]}. Nothing was recorded."
        status = problem.status_code
        if gate.file is None:
            status = 403
            advice = "This agent has no users file: everybody who may read may only read."
        return page(await look(), "problem.html", here, status, problem="Not recorded", advice=advice)

    def form_route(deed: Deed, path: str, here: str) -> Route:
        async def answer(request: Request) -> Response:
            try:
                needs(request, deed.role)
                if request.method != "POST":
                    asked = {field.name: request.query_params.get(field.name, "")[:2000] for field in deed.fields}
                    return await shown(request, asked)
                return await sent(request)
            except HTTPException as problem:
                return await refused(request, problem, deed.action, here)

        async def sent(request: Request) -> Response:
            form = await form_of(request)
            honest(request, form.pop(CSRF_FIELD, ""))
            once, who = form.pop(ONCE_FIELD, ""), who_of(request)
            target = request.path_params.get("id", "")
            outcome = await write(who, deed.name, target, form, once)
            if outcome.state == "done":
                after = f"/outages/{target}" if deed.about == "outage" else "/maintenance"
                return RedirectResponse(
                    f"{after}?said={SAID.later(who, outcome.words)}", 303, {"Cache-Control": "no-store"}
                )
            if outcome.state == "mistakes":
                return await shown(request, form, outcome.mistakes, 422)
            if outcome.state == "trouble":
                return await shown(request, form, (Mistake("", outcome.words),), 503)
            status = 404 if outcome.state == "missing" else 403
            raise HTTPException(status, outcome.words)

        async def shown(
            request: Request, given: Mapping[str, str], mistakes: Sequence[Mistake] = (), status: int = 200
        ) -> Response:
            view = await look()
            outage, window = about(view, request.path_params.get("id", ""))
            if (deed.about == "outage" and outage is None) or (deed.about == "window" and window is None):
                what = "outage" if deed.about == "outage" else "planned maintenance"
                return page(view, "problem.html", here, 404, problem=f"No such {what}", advice="It may have ended.")
            who = who_of(request)
            of = name_of(outage.subject, view.estate).title if outage is not None else ""
            of = ", ".join(name.title for name in names_of(window.subjects, view.estate)) if window is not None else of
            fields = [field for field in deed.fields if not field.admin or who.may(Role.ADMIN)]
            return page(
                view, "form.html", here, status, deed=deed, fields=fields, given=given, of=of,
                mistakes=[(_anchor(one, fields), one) for one in mistakes],
                wrong={one.field: one.text for one in mistakes if one.field},
                back=f"/outages/{outage.id}" if outage is not None else "/maintenance",
                back_to=here.strip("/"),
                once=visitor_of(request).once(), offered_now=offered_now(view, outage, window),
            )  # fmt: skip

        def about(view: View, text: str) -> tuple[Outage | None, Window | None]:
            if deed.about == "outage":
                return find(view, text), None
            if deed.about == "window":
                windows = (*view.plan.windows, *(window for window, _ in view.plan.unreadable))
                return None, next((one for one in windows if str(one.id) == text), None)
            return None, None

        def offered_now(view: View, outage: Outage | None, window: Window | None) -> bool:
            return deed.about == "nothing" or deed.fits(scene_of(view, outage=outage, window=window))

        return Route(path, answer, methods=["GET", "POST"])

    async def audit(request: Request) -> Response:
        try:
            needs(request, Role.ADMIN)
        except Refused as problem:
            return await refused(request, problem, "audit", "/audit")
        view = await look()
        who = request.query_params.get("user", "").strip()[:100]
        since, wrong = _day(request.query_params.get("since", ""), view.now)
        entries = list(reversed(await audits(since, who or None, AUDIT_MOST)))
        return page(
            view, "audit.html", "/audit", 422 if wrong else 200, entries=entries, user=who, wrong=wrong,
            since_day=request.query_params.get("since", "")[:20], days=AUDIT_DAYS, most=AUDIT_MOST,
            known=_is_outage(view),
        )  # fmt: skip

    return [
        *(
            form_route(deed, f"/outages/{{id}}/{deed.name}", "/outages")
            for deed in DEEDS.values()
            if deed.about == "outage"
        ),
        form_route(DEEDS["plan"], "/maintenance/plan", "/maintenance"),
        form_route(DEEDS["end"], "/maintenance/{id}/end", "/maintenance"),
        Route("/audit", audit),
    ]


def _may(who: Who, action: str) -> bool:
    deed = DEEDS.get(action.partition(" ")[2])
    return deed is not None and who.may(deed.role)


def _anchor(mistake: Mistake, fields: Sequence[Field]) -> str:
    """Where in the page a mistake is put right: of a list of choices at the first one."""
    for field in fields:
        if field.name == mistake.field:
            return f"{field.name}-0" if field.kind == "choice" else field.name
    return ""


def _day(text: str, now: datetime) -> tuple[datetime, str]:
    """From when on, and what is wrong with what was asked for."""
    usual = now - timedelta(days=AUDIT_DAYS)
    if not text.strip():
        return usual, ""
    try:
        return london_midnight(datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()), ""
    except ValueError:
        return usual, "a day is written 2026-12-05"


def _is_outage(view: View) -> Callable[[str], bool]:
    """Whether a reference is the id of an outage that has a page."""

    def known(reference: str) -> bool:
        try:
            return find(view, str(UUID(reference))) is not None
        except ValueError:
            return False

    return known
