"""The reference pages, from the models: what cannot drift from the code need not be kept in step by hand. Pure."""

from __future__ import annotations

import json
import types
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from agent.inventory import credentials, model, values

SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
_SECTIONS = (
    model.Council, model.Zone, model.Site, model.Link, model.Watch, model.Service, model.Maintenance,
    model.Hardware, model.KeepUntil, model.Programme, model.Cost, model.Device, model.Expected, model.Owned,
    model.Defaults, model.Every, model.ProbeOptions, credentials.SnmpV3, credentials.SnmpCommunity, credentials.Ssh,
)  # fmt: skip
_TITLES = {
    model.Council: "councils", model.Zone: "zones", model.Site: "sites", model.Link: "links",
    model.Watch: "links: watch", model.Service: "services", model.Maintenance: "maintenance",
    model.Hardware: "hardware", model.KeepUntil: "exceptions", model.Programme: "programme",
    model.Cost: "programme: costs", model.Device: "devices", model.Expected: "expect", model.Owned: "owned",
    model.Defaults: "defaults, class_defaults, site_defaults", model.Every: "every", model.ProbeOptions: "probes",
    credentials.SnmpV3: "credentials: snmp_v3", credentials.SnmpCommunity: "credentials: snmp_v2c, snmp_v1",
    credentials.Ssh: "credentials: ssh",
}  # fmt: skip

_INTRODUCTION = """\
# Inventory

*Generated from the models by `hartwatch inventory reference`; do not edit.*

The inventory is YAML: one file, or one that includes others. Unknown keys are refused, and every mistake is told with
file, line, column, key and what was probably meant, all of them at once: `hartwatch inventory check`. Editors that know
JSON Schema complete and check while you type; the first line of the file says where the schema is:

```yaml
# yaml-language-server: $schema=docs/reference/inventory.schema.json
```

How to go about it is in [How to write the inventory](../how-to/write-the-inventory.md).

## Words

- **Names** are letters, digits, `.`, `_` and `-`, beginning with a letter or digit, 63 characters at most: they become
  metric labels, page addresses and file names.
- **Durations** are a whole number with a unit: `500ms`, `60s`, `5m`, `6h`, `7d`.
- **Dates** are year-month-day: `2019-04-01`.
- **Text** that YAML would read as something else wants quotes: `"off"`, `"1:30"`, `"010"`, `"1.10"`.
- **Anchors** (`&name`, `*name`, `<<: *name`) work as in any YAML, within one file. Top-level keys that begin with `x-`
  are free for them.

## Nearest wins

A setting is looked for at the device, then in the defaults of its site, of its class, and of all. `every` and `probes`
are taken apart: each cadence and each probe is looked for by itself. `snmp: none` and `ssh: none` turn off what a
default would give; so does a probe that is set to null. SSH needs a credential and an `ssh_platform`; where a default
gives only the credential, SSH is not used. `hartwatch inventory show DEVICE` says what is in force and where it comes
from.
"""
_NEEDS = """\
## needs

What a service or site needs to stand is a subject, or an expression over subjects:

```yaml
needs: service:network
needs: {all: [service:network, {any: [link:wallfields-a, link:wallfields-b]}]}
needs: {at_least: 2, of: [device:hv-1, device:hv-2, device:hv-3]}
```

A subject is `device:NAME`, `link:NAME`, `site:NAME` or `service:NAME`; the name alone will do where only one thing
bears it. Needs must not go in a circle.
"""
_REPEAT = """\
## repeat

Maintenance that comes again has a rule, by the clock in London: an RRULE (RFC 5545) or five cron fields.

| rule | when |
| --- | --- |
| `FREQ=MONTHLY;BYDAY=1SU` | the first Sunday of each month |
| `FREQ=WEEKLY;INTERVAL=2` | every other week, on the weekday of `begins` |
| `FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1` | the last weekday of each month |
| `FREQ=WEEKLY;UNTIL=20270331` | weekly, for the last time by 31 March 2027 |
| `0 2 * * 0` | Sundays at 02:00 (0 and 7 are Sunday) |
| `"*/15 22-23 1 * *"` | what begins with `*` wants quotes in YAML |

`begins` is the first time, and one that the rule gives. Refused are rules that never come true, that give more than
10,000 times a year, whose times run into each other, and cron lines that limit both the day of the month and the day of
the week (cron takes either, people mean both). How the nights of March and October are counted is in
[How to plan maintenance](../how-to/plan-maintenance.md).
"""
_SECRETS = """\
## secrets

A secret never stands in the inventory; what stands there is where it lives. It is fetched when a device is about to be
visited, and read anew on a reload.

| reference | where the secret lives |
| --- | --- |
| `env:NAME` | an environment variable of the agent |
| `file:/PATH` | a file that belongs to the agent's user or root and that nobody else may read |
| `cred:NAME` | a systemd credential: `LoadCredential=NAME:/PATH` in the unit |
| `vault:MOUNT/PATH#FIELD` | HashiCorp Vault, key-value store version 2, at `VAULT_ADDR` with `VAULT_TOKEN` |

Files and credentials may end in one newline, which is left out. Vault needs an extra library:
`pip install 'hartwatch[vault]'`.
"""


def schema() -> dict[str, Any]:
    """The JSON Schema of one file (draft 2020-12), for editors. The agent itself checks more than a schema can say."""
    made = model.InventoryFile.model_json_schema(by_alias=True)
    made.pop("description", None)
    return {
        "$schema": SCHEMA_URL,
        **made,
        "title": "Hartwatch inventory",
        "patternProperties": {"^x-": {"description": "Free for anchors."}},
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def inventory_page() -> str:
    """docs/reference/inventory.md."""
    parts = [_INTRODUCTION, "## Sections\n\n" + table(model.InventoryFile.model_fields.items())]
    for shape in _SECTIONS:
        parts.append(f"## {_TITLES[shape]}\n\n{shape.__doc__}\n\n{table(shape.model_fields.items())}")
        if shape is model.Service:
            parts.append(_NEEDS)
        if shape is model.Maintenance:
            parts.append(_REPEAT)
    return "\n".join([*parts, _SECRETS])


def table(fields: Iterable[tuple[str, FieldInfo]]) -> str:
    """One Markdown row per field: key, what is wanted, default, meaning."""
    lines = ["| key | wanted | default | meaning |", "| --- | --- | --- | --- |"]
    for name, info in fields:
        cells = (f"`{info.alias or name}`", wanted(info), default(info), info.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def wanted(info: FieldInfo) -> str:
    """The type of a field in words."""
    annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return _type_words(annotation)


def default(info: FieldInfo) -> str:
    """The default of a field as it would be written."""
    if info.is_required():
        return "required"
    value = info.default
    if info.default_factory is not None or value is PydanticUndefined or value is None or value in ([], {}, (), ""):
        return ""
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, timedelta):
        return f"`{values.duration_text(value)}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type_words(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        said = [label.words for label in args[1:] if isinstance(label, values.Says)]
        return said[-1] if said else _type_words(args[0])
    if origin is Literal:
        return " | ".join(f"`{choice}`" for choice in args)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type_words(arg) for arg in args if arg is not type(None)))
    if origin in (list, tuple):
        return f"list of {_type_words(args[0])}"
    if origin is dict:
        key = "class" if args[0] == model.DeviceClass else _type_words(args[0])
        return f"{key} to {_type_words(args[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _link(annotation)
    return _PLAIN.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())


def _link(shape: type[BaseModel]) -> str:
    title = _TITLES.get(shape, shape.__name__.lower())
    anchor = "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
    return f"[{title}](#{anchor})"
