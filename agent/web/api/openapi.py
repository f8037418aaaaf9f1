"""The API's description by OpenAPI 3.1, and the page for people made of it.

The models of what is asked and answered are the source; docs/reference/openapi.json and docs/reference/api.md are kept
copies:

    python -m agent.web.api openapi > docs/reference/openapi.json
    python -m agent.web.api page > docs/reference/api.md
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from agent.deeds import LONGEST_KEY
from agent.web.api.problems import MEDIA, TITLES, Problem
from agent.web.api.resources import LISTINGS, SINGLES, Listing
from agent.web.api.writing import WRITINGS, Writing, Written

BASE = "/api/v1"
WRITING_REFUSED = (400, 401, 403, 404, 405, 406, 408, 413, 415, 422, 500, 503)
REF = "#/components/schemas/{model}"


def envelope(listing: Listing) -> type[BaseModel]:
    """A page of a list."""
    item = listing.item
    made: type[BaseModel] = create_model(
        listing.name.title() + "Page",
        items=(list[item], Field(description="At most `limit` of them.")),  # type: ignore[valid-type]
        total=(int, Field(description="How many there are with these filters, at this moment.")),
        next=(str | None, Field(description="The address of the next page; null on the last one.")),
    )
    return made


@cache
def document() -> dict[str, Any]:
    pages = {one.name: envelope(one) for one in LISTINGS}
    things = {one.path: one.model for one in SINGLES}
    every: list[type[BaseModel]] = [*pages.values(), *things.values(), Problem, Written]
    models: list[tuple[type[BaseModel], Literal["serialization", "validation"]]] = [
        *((model, "serialization") for model in every), *((one.model, "validation") for one in WRITINGS)
    ]  # fmt: skip
    _, schemas = models_json_schema(models, ref_template=REF)
    paths: dict[str, Any] = {}
    for listing in LISTINGS:
        paths[f"{BASE}/{listing.name}"] = _path(
            f"list_{listing.name}", listing.summary, _parameters(listing), pages[listing.name].__name__, (405, 406, 422)
        )
    for single in SINGLES:
        named = single.path.partition("{")[2].rstrip("}")
        parameter = {"name": named, "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{BASE}/{single.path}"] = _path(
            f"get_{single.model_name.lower()}", single.summary, [parameter] if named else [],
            things[single.path].__name__, (404, 405, 406, 422) if named else (405, 406, 422),
        )  # fmt: skip
    for writing in WRITINGS:
        paths.setdefault(f"{BASE}/{writing.path}", {})["post"] = _post(writing)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hartwatch",
            "version": "1",
            "description": "What the agent's pages show and do, for programs. Times are ISO 8601 in UTC, lengths "
            "of time are seconds, ratios 0 to 1, money pounds; null is not known. Answers are not to be cached.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def _parameters(listing: Listing) -> list[dict[str, Any]]:
    schema = listing.asks.model_json_schema(mode="validation")
    found = []
    for name, own in schema["properties"].items():
        said = {key: value for key, value in own.items() if key not in ("title", "description", "default")}
        if own.get("default") not in (None, ""):
            said["default"] = own["default"]
        if "anyOf" in said:  # None only says that it was left out
            said = next(one for one in said["anyOf"] if one != {"type": "null"})
        found.append({"name": name, "in": "query", "description": own["description"], "schema": said})
    return found


def _path(name: str, summary: str, parameters: list[dict[str, Any]], model: str, refusals: tuple[int, ...]) -> Any:
    titles = {status: title for status, title in TITLES.values()}
    responses: dict[str, Any] = {
        "200": {
            "description": summary,
            "content": {"application/json": {"schema": {"$ref": REF.format(model=model)}}},
        }
    }
    for status in (*refusals, 500):
        responses[str(status)] = {
            "description": titles[status],
            "content": {MEDIA: {"schema": {"$ref": REF.format(model="Problem")}}},
        }
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": responses}}


def _post(writing: Writing) -> Any:
    titles = {status: title for status, title in TITLES.values()}
    about = "an outage" if writing.deed.about == "outage" else "planned work"
    parameters: list[dict[str, Any]] = [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": LONGEST_KEY},
         "description": "The same one of the same person is written once."},
    ]  # fmt: skip
    if "{id}" in writing.path:
        parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    problem = {MEDIA: {"schema": {"$ref": REF.format(model="Problem")}}}
    return {
        "operationId": writing.deed.action.replace(" ", "_"),
        "summary": f"{writing.summary}: {about}, as {writing.deed.role} or above",
        "description": writing.deed.explanation or writing.deed.done,
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF.format(model=writing.model.__name__)}}},
        },
        "responses": {
            "201": {
                "description": writing.deed.done,
                "content": {"application/json": {"schema": {"$ref": REF.format(model="Written")}}},
            },
            **{str(status): {"description": titles[status], "content": problem} for status in WRITING_REFUSED},
        },
    }


def page() -> str:
    """docs/reference/api.md."""
    lines = [
        "# The JSON API", "",
        "Made from the program by `python -m agent.web.api page`. The same for programs, by OpenAPI 3.1, is at",
        "`/api/v1/openapi.json` and in [openapi.json](openapi.json); "
        "[how to use the API](../how-to/use-the-api.md) has examples.", "",
        "It reads (GET and HEAD) whatever whoever asks may read on the pages. A list is an object with `items`,",
        "`total` and `next`, the address of the next page or null. It writes (POST) what the pages write, for whoever",
        "may: with an API token, or with the session of a browser and its `X-CSRF-Token`. Errors are",
        "`application/problem+json` (RFC 9457):", "",
        "| status | `type` | when |", "| --- | --- | --- |",
        *(f"| {status} | `urn:hartwatch:problem:{name}` | {title} |" for name, (status, title) in TITLES.items()), "",
        "What is refused before the API is asked (401, 421, 429, 503) is plain text, as for every address.", "",
    ]  # fmt: skip
    for address, path in document()["paths"].items():
        if "post" in path:
            lines += _posted(address, path["post"])
        if "get" not in path:
            continue
        told = path["get"]
        lines += [f"## `{address}`", "", f"{told['summary']}.", ""]
        query = [p for p in told["parameters"] if p["in"] == "query"]
        if query:
            lines += ["| parameter | values | meaning |", "| --- | --- | --- |"]
            lines += [f"| `{p['name']}` | {_values(p['schema'])} | {p['description']} |" for p in query] + [""]
        reference = told["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        lines += [*_fields(reference.rpartition("/")[2]), ""]
    return "\n".join(lines)


def _posted(address: str, told: dict[str, Any]) -> list[str]:
    schemas = document()["components"]["schemas"]
    body = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    wanted = schemas[body].get("required", ())
    lines = [f"## `POST {address}`", "", f"{told['summary']}. {told['description']}", "",
             "| field | values | meaning |", "| --- | --- | --- |"]  # fmt: skip
    for name, own in schemas[body]["properties"].items():
        kind = next((one for one in own.get("anyOf", ()) if one != {"type": "null"}), own)
        of = (
            "list of text" if kind.get("type") == "array" else "text" if kind.get("type") == "string" else "true, false"
        )
        values = ", ".join(f"`{one}`" for one in kind["enum"]) if "enum" in kind else of
        lines.append(f"| `{name}`{' (wanted)' if name in wanted else ''} | {values} | {own['description']} |")
    return [*lines, ""]


def _values(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    bounds = f" {schema['minimum']} to {schema['maximum']}" if "maximum" in schema else ""
    return str(schema.get("format", schema["type"])) + bounds


def _fields(model: str) -> list[str]:
    schemas = document()["components"]["schemas"]
    own = schemas[model]["properties"]
    if "items" in own and "next" in own:
        own = schemas[own["items"]["items"]["$ref"].rpartition("/")[2]]["properties"]
    lists = {
        name: said["items"]["$ref"].rpartition("/")[2] for name, said in own.items() if "$ref" in said.get("items", ())
    }
    lines = ["Fields: " + ", ".join(f"`{name}`" for name in own if name not in lists) + "."]
    for name, of in lists.items():
        lines += ["", f"`{name}`, a list of: " + ", ".join(f"`{field}`" for field in schemas[of]["properties"]) + "."]
    return lines
