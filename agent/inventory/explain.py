"""From pydantic's errors to problems: the place in the file, plain words, and what was probably meant. Pure."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from agent.inventory.assemble import Assembly, Source
from agent.inventory.document import Steps
from agent.inventory.model import Estate
from agent.inventory.problems import Problem, did_you_mean

# Words that people bring from other tools, where spelling alone would not lead them to ours.
SYNONYMS = {
    "ip": "address", "ip_address": "address", "host": "address", "hostname": "name", "role": "class", "type": "class",
    "device_class": "class", "location": "site", "parent": "behind", "parents": "behind", "depends_on": "behind",
    "community": "snmp", "credentials": "snmp", "access": "snmp", "interval": "every", "bought": "owned.purchased",
    "purchase_date": "owned.purchased", "warranty": "owned.support_until", "refresh_years": "replace_years",
    "platform": "ssh_platform", "username": "user", "auth_protocol": "auth", "priv_protocol": "priv",
    "auth_password": "auth_secret", "priv_password": "priv_secret", "provider": "supplier", "carrier": "supplier",
    "name": "title", "requires": "needs", "depends": "needs", "from": "begins", "start": "begins", "starts": "begins",
    "until": "ends", "end": "ends", "to": "ends", "duration": "lasts", "for": "lasts", "rrule": "repeat",
    "cron": "repeat", "subject": "subjects", "why": "reason", "description": "reason",
}  # fmt: skip


def problems_of(errors: Sequence[ErrorDetails], assembly: Assembly) -> Iterator[Problem]:
    """Every pydantic error of an `Estate` as a problem in the file it stands in."""
    told: set[tuple[int, Steps]] = set()
    for error in errors:
        loc = error["loc"]
        source, rest, model = _trace(loc, assembly)
        if source is None:
            continue
        if error["type"] == "needs":
            for flaw in error["ctx"]["flaws"]:
                yield source.problem((*rest, *flaw.path), flaw.message, flaw.suggestion)
            continue
        at = (*rest, "kind") if error["type"].startswith("union_tag") else rest
        # Every branch of a union complains about the same value: one problem is enough.
        if (id(source), at) in told:
            continue
        told.add((id(source), at))
        written = source.document.written((*source.steps, *rest))
        message, suggestion = words_of(error, model, written)
        yield source.problem(at, message, suggestion, of_key=error["type"] == "extra_forbidden" or loc[-1] == "[key]")


def _trace(loc: Sequence[str | int], assembly: Assembly) -> tuple[Source | None, Steps, type[BaseModel] | None]:
    """The entry an error belongs to, the way from there in the file, and the innermost model on the way.

    pydantic puts branches of unions and "[key]" into the way; the file has no such steps, so they are left out.
    """
    section, name = str(loc[0]), str(loc[1]) if len(loc) > 1 else ""
    source = assembly.sources.get((section, name))
    annotation: Any = Estate
    steps: list[str | int] = []
    model: type[BaseModel] | None = None
    for number, step in enumerate(loc):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
        annotation, there = _inner(annotation, step)
        if there and number >= 2:
            steps.append(step)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        model = annotation
    return source, tuple(steps), model


def _bare(annotation: Any) -> Any:
    """Without Annotated and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _bare(members[0])
    return annotation


def _inner(annotation: Any, step: str | int) -> tuple[Any, bool]:
    """What stands at a step below a type, and whether the step is one in the file."""
    annotation = _bare(annotation)
    if step == "[key]":
        return annotation, False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field_name, info in annotation.model_fields.items():
            if step in (info.alias, field_name):
                return _bare(info.annotation), True
        return None, True
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        for member in args:
            kind = getattr(_bare(member), "model_fields", {}).get("kind")
            if kind is not None and step in get_args(kind.annotation):
                return _bare(member), False
        return annotation, False
    if origin is dict:
        return _bare(args[1]), True
    if origin is list:
        return _bare(args[0]), True
    return None, annotation is not None and isinstance(step, int)


# ---------------------------------------------------------------- words
_WANTED = {
    "string": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "dict": "a mapping", "model": "a mapping", "list": "a list", "date": "a date", "path": "a path",
}  # fmt: skip


def words_of(error: ErrorDetails, model: type[BaseModel] | None, written: str | None = None) -> tuple[str, str]:
    """Message and suggestion for one pydantic error; `written` is the value as it stands in the file."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "refused":
        return str(context["message"]), str(context["suggestion"])
    if kind == "extra_forbidden":
        return "unknown key", _key_meant(str(error["loc"][-1]), model)
    if kind == "missing":
        return "this key is required and missing", ""
    if kind == "literal_error" and value is not None and not isinstance(value, str):
        return _not_text(value, written)
    if kind == "literal_error":
        allowed = list(_choices(str(context["expected"])))
        if value is None:
            return "this is empty", f"one of {', '.join(allowed)}"
        return f"{_shown(value)} is not one of {', '.join(allowed)}", did_you_mean(value, allowed)
    if kind == "union_tag_not_found":
        return "this key is required and missing", f"one of {_tags(context)}"
    if kind == "union_tag_invalid":
        tags = list(_choices(str(context["expected_tags"])))
        return f"{_shown(context['tag'])} is not one of {', '.join(tags)}", did_you_mean(context["tag"], tags)
    wanted = _WANTED.get(kind.removesuffix("_type").removesuffix("_parsing"))
    if value is None and wanted:
        return f"{wanted} is wanted, and this is empty", ""
    if kind == "string_type":
        return _not_text(value, written)
    if wanted:
        suggestion = f"write [{value}]" if wanted == "a list" and isinstance(value, str | int | float) else ""
        return f"{wanted} is wanted, not {_kind_of(value)}", suggestion
    limits = {
        "greater_than_equal": ("ge", "at least"),
        "less_than_equal": ("le", "at most"),
        "greater_than": ("gt", "more than"),
    }
    if kind in limits:
        key, words = limits[kind]
        return f"{_shown(value)} is out of range: {words} {context[key]} is wanted", ""
    message = error["msg"]
    return message[:1].lower() + message[1:], ""


def _choices(expected: str) -> Iterator[str]:
    """pydantic's "'a', 'b' or 'c'" taken apart."""
    for part in expected.replace(" or ", ", ").split(", "):
        yield part.strip("'")


def _tags(context: Mapping[str, Any]) -> str:
    return str(context.get("expected_tags", "snmp_v3, snmp_v2c, snmp_v1, ssh")).replace("'", "")


def _not_text(value: object, written: str | None) -> tuple[str, str]:
    if isinstance(value, dict | list):
        return f"text is wanted, not {_kind_of(value)}", ""
    text = written if written is not None else str(value)
    read = "true" if value is True else "false" if value is False else _kind_of(value)
    return f"text is wanted, and YAML reads {text} as {read}", f'put it in quotes: "{text}"'


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return f"{str(value).lower()} (yes, no, on and off are that in YAML)"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    if isinstance(value, date):
        return "a date"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _key_meant(key: str, model: type[BaseModel] | None) -> str:
    """What an unknown key was probably meant to be: a key here, or one of a group of keys below."""
    if model is None:
        return ""
    known: dict[str, str] = {}
    for name, info in model.model_fields.items():
        annotation = _bare(info.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for below, inner in annotation.model_fields.items():
                known.setdefault(inner.alias or below, f"{info.alias or name}.{inner.alias or below}")
    known |= {info.alias or name: info.alias or name for name, info in model.model_fields.items()}
    meant = SYNONYMS.get(key.casefold().replace("-", "_"), "")
    if meant in known.values():
        return f"did you mean {meant!r}?"
    near = did_you_mean(key, known)
    for word, path in known.items():
        if near == f"did you mean {word!r}?":
            return f"did you mean {path!r}?"
    return f"known here: {', '.join(info.alias or name for name, info in model.model_fields.items())}"
