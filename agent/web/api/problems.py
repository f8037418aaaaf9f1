"""Errors of the API as application/problem+json (RFC 9457), with a `type` that never changes."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

MEDIA = "application/problem+json"
TITLES = {
    "malformed": (400, "The body cannot be read"),
    "unauthorised": (401, "Nobody has said who asks"),
    "forbidden": (403, "Whoever asks may not do this"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "The address does not take this method"),
    "not-acceptable": (406, "The API answers in JSON only"),
    "timed-out": (408, "The body did not come in time"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The API takes JSON only"),
    "invalid-parameters": (422, "A parameter or field makes no sense"),
    "internal": (500, "A mistake of the program"),
    "not-recorded": (503, "Nothing was recorded, or it is not known"),
}


class Mistake(BaseModel):
    """One parameter or field that cannot be."""

    parameter: str = Field(description="Its name; empty where it is about none alone.")
    problem: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="`urn:hartwatch:problem:` and a name that never changes; programs go by it.")
    title: str = Field(description="The same for every problem of the type.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What it is this time, for people.")
    errors: list[Mistake] = Field(default=[], description="Of invalid parameters or fields: each of them.")


class Refused(Exception):
    """An answer that is a problem; `name` is one of TITLES."""

    def __init__(self, name: str, detail: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.name, self.detail, self.errors = name, detail, errors or {}


def answer_of(refused: Refused, headers: Mapping[str, str]) -> Response:
    status, title = TITLES[refused.name]
    told = Problem(
        type=f"urn:hartwatch:problem:{refused.name}", title=title, status=status, detail=refused.detail,
        errors=[Mistake(parameter=name, problem=said) for name, said in refused.errors.items()],
    )  # fmt: skip
    return Response(told.model_dump_json(), status, {**headers, "Content-Type": MEDIA})
