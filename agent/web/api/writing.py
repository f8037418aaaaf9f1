"""What may be written by the API: the same deeds as in the pages, as JSON. `POST`, and 201 once it is in the ledger.

An API token needs no more; what a browser sends along by itself wants the `X-CSRF-Token` of its pages as well. The same
`Idempotency-Key` of the same person for the same deed is written once.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError, create_model
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agent.access.who import Who
from agent.deeds import DEEDS, LONGEST_KEY, Deed, Write
from agent.deeds import Field as DeedField
from agent.deeds.deed import LONGEST_VALUE, MOST_SUBJECTS
from agent.hostile import plain
from agent.recurrence import instant, wall_of, wall_text
from agent.web.api.problems import Refused
from agent.web.forms import LARGEST, body_of
from agent.web.visitor import CSRF_HEADER, honest, visitor_of, who_of
from agent.web.visitor import Refused as NotYours

KEY_HEADER = "idempotency-key"
Keep = Callable[[Who, str, str, str], object]
"""keep(who, action, "refused", why): writes down that somebody was refused."""

_TIME = "ISO 8601 with a zone, such as 2026-12-05T08:00:00Z, or as the clock in London shows it: 2026-12-05 08:00."
_LENGTH = "Such as 30m, 4h or 1d."
Text = Annotated[StrictStr, Field(max_length=LONGEST_VALUE)]
Subjects = Annotated[list[Annotated[StrictStr, Field(max_length=200)]], Field(max_length=MOST_SUBJECTS)]


class Written(BaseModel):
    """What was recorded."""

    model_config = ConfigDict(extra="forbid", title="Written")

    done: str = Field(description="A line for people.")
    address: str = Field(description="Of what was written about.")
    maintenance: str | None = Field(description="The id of the planned work that was made; null for anything else.")


@dataclass(frozen=True)
class Writing:
    """One deed and its address."""

    deed: Deed
    path: str

    @property
    def summary(self) -> str:
        return self.deed.title

    @cached_property
    def model(self) -> type[BaseModel]:
        """What a body may have. Whether it makes sense the deed says, as it does of forms and commands."""
        fields: dict[str, Any] = {}
        for one in self.deed.fields:
            said = " ".join(filter(None, (_stop(one.label), _hint(one), "Admins only." if one.admin else "")))
            wanted = _type(one) if one.required else _type(one) | None
            default = ... if one.required else None
            fields[f"{one.name}_"] = (wanted, Field(default, alias=one.name, description=said))
        name = "".join(part.title() for part in self.deed.name.split("-"))
        config = ConfigDict(extra="forbid", validate_by_alias=True, title=name)
        made: type[BaseModel] = create_model(name, __config__=config, **fields)
        return made


WRITINGS = (
    *(Writing(deed, f"outages/{{id}}/{deed.name}") for deed in DEEDS.values() if deed.about == "outage"),
    Writing(DEEDS["plan"], "maintenance"),
    Writing(DEEDS["end"], "maintenance/{id}/end"),
)


def _stop(words: str) -> str:
    return f"{words.rstrip('.')}."


def _hint(one: DeedField) -> str:
    return {"moment": _TIME, "length": _LENGTH}.get(one.kind, one.hint)


def _type(one: DeedField) -> Any:
    if one.kind == "choice":
        return Literal[one.choices]
    if one.kind == "flag":
        return StrictBool
    return Subjects if one.kind == "subjects" else Text


# ---------------------------------------------------------------- a request
def writer_of(writing: Writing, write: Write | None, keep: Keep) -> Callable[[Request], Awaitable[Mapping[str, Any]]]:
    """Answers a POST with the object of `Written`; Refused where nothing was recorded, or nobody knows."""
    deed = writing.deed

    async def post(request: Request) -> Mapping[str, Any]:
        who = who_of(request)
        if write is None or not visitor_of(request).can_sign_in:
            raise Refused("forbidden", "this agent has no users file: everybody who may read may only read")
        if not who.is_known:
            raise Refused("unauthorised", f"this takes an API token of somebody with the role {deed.role}")
        try:
            honest(request, request.headers.get(CSRF_HEADER, ""))
        except NotYours as problem:
            keep(who, deed.action, "refused", str(problem.detail))
            raise Refused("forbidden", str(problem.detail)) from None
        key = request.headers.get(KEY_HEADER, "")
        if len(key) > LONGEST_KEY:  # as none it would be written again and again, and whoever sent it relies on once
            wrong = f"{LONGEST_KEY} characters are the most"
            raise Refused("invalid-parameters", f"{KEY_HEADER}: {wrong}", {KEY_HEADER: wrong})
        given = await _given(request, writing)
        target = request.path_params.get("id", "")
        outcome = await write(who, deed.name, target, given, key)
        if outcome.state == "mistakes":
            errors: dict[str, str] = {}
            for one in outcome.mistakes:
                errors[one.field] = f"{errors[one.field]}; {one.text}" if one.field in errors else one.text
            raise Refused("invalid-parameters", outcome.words, errors)
        if outcome.state != "done":
            kinds = {"missing": "not-found", "refused": "forbidden", "trouble": "not-recorded"}
            raise Refused(kinds[outcome.state], outcome.words)
        address = f"/api/v1/outages/{target}" if deed.about == "outage" else "/api/v1/maintenance"
        return Written(
            done=outcome.words, address=address, maintenance=str(outcome.id) if outcome.id else None
        ).model_dump()

    return post


async def _given(request: Request, writing: Writing) -> dict[str, str]:
    """The body, as the text by field that deeds read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused("unsupported-media-type", "send the fields as application/json")
    try:
        body = await body_of(request, LARGEST)
    except HTTPException as problem:
        names = {408: "timed-out", 413: "too-large"}
        raise Refused(names.get(problem.status_code, "malformed"), str(problem.detail)) from None
    try:
        said = json.loads(body.decode("utf-8"), object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused("malformed", "the body is no JSON object with each field once")
    try:
        writing.model.model_validate(said)
    except ValidationError as problem:
        wrong = {plain(".".join(map(str, e["loc"])), 100): e["msg"] for e in problem.errors()}
        raise Refused("invalid-parameters", f"{', '.join(wrong)}: cannot be", wrong) from None
    kinds = {one.name: one.kind for one in writing.deed.fields}
    return {name: _as_written(name, kinds[name], value) for name, value in said.items() if value is not None}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)


def _as_written(name: str, kind: str, value: Any) -> str:
    if kind == "flag":
        return "yes" if value else ""
    if kind == "subjects":
        return "\n".join(value)
    if kind == "moment":
        return _wall(name, value)
    return str(value)


def _wall(name: str, text: str) -> str:
    """A time with a zone as the clock in London shows it; anything else as it is, for the deed to read."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if at.tzinfo is None:
        return text
    at = at.replace(microsecond=0)
    wall = wall_of(at)
    if instant(wall) == at:
        return wall_text(wall)
    wrong = "the clock in London shows this time twice that night, and it is the second one: take another"
    raise Refused("invalid-parameters", f"{name}: {wrong}", {name: wrong})
