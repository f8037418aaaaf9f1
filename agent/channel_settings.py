"""The `channels:` of the settings file: where people are told, and of what. Pure; agent.channels makes them.

Addresses of chat and e-mail services hold passwords and tokens, so they are references to secrets (env:, file:, cred:,
vault:) and never stand in the file. What is refused here is never repeated, because it may be a secret.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from agent.facts import Topic
from agent.inventory.credentials import Model
from agent.inventory.values import (
    SECRET_SOURCES,
    Duration,
    Flag,
    Name,
    Says,
    check_secret_reference,
    refuse,
)

MOST = 16  # channels, and addresses of one
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")
_OF_ALERTMANAGER = ("silences", "holds", "hardware_stands")
LOG = "log"  # the channel that is always there


def _list(value: object) -> object:
    """One address will do without the brackets of a list. What is neither is not shown: it may hold a password."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        refuse("an address or a list of addresses is wanted")
    return tuple(value)


Urls = Annotated[
    tuple[str, ...],
    BeforeValidator(_list),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST},
            ]
        }
    ),
    Says("address or list of addresses"),
]


class ChannelSettings(Model):
    """One way to tell people."""

    kind: Literal["alertmanager", "apprise", "webhook"] = Field(
        description="alertmanager: Prometheus Alertmanager, API v2. apprise: e-mail, Teams, Slack and many others, "
        "by addresses as Apprise has them. webhook: each message is posted as JSON."
    )
    urls: Urls = Field(
        description="Where to: references to secrets (`env:NAME`, `file:/PATH`, `cred:NAME`, "
        "`vault:MOUNT/PATH#FIELD`), because such addresses hold passwords; that of an Alertmanager without a password "
        "may be written out. "
        "Several Alertmanagers are one cluster, and each is told."
    )
    least: Literal["warning", "critical"] = Field(
        default="warning",
        description="The least that is told. That something is well again is told to whom it was told not to be.",
    )
    topics: tuple[Topic, ...] = Field(default=(), description="What is told; left out: everything.")
    councils: tuple[Name, ...] = Field(
        default=(),
        description="Whose subjects are told, with those of both and those of nobody in particular; left out: all.",
    )
    timeout: Duration = Field(default=timedelta(seconds=20), description="How long to wait for an answer.")
    silences: Flag = Field(
        default=True, description="Alertmanager: whether planned maintenance is mirrored as silences."
    )
    holds: Duration = Field(
        default=timedelta(minutes=15),
        description="Alertmanager: how long an alert stands that the agent no longer sends, because it has ended. Sent "
        "again four times in that time, once a minute at most.",
    )
    hardware_stands: Duration = Field(
        default=timedelta(days=7), description="Alertmanager: how long a message about hardware stands as an alert."
    )

    @field_validator("urls")
    @classmethod
    def _check_urls(cls, urls: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not urls or len(urls) > MOST:
            refuse(f"one address is wanted, and {MOST} at most")
        return tuple(_checked(url, info.data.get("kind")) for url in urls)

    @field_validator("holds")
    @classmethod
    def _check_holds(cls, holds: timedelta) -> timedelta:
        if not timedelta(seconds=4) <= holds <= timedelta(days=1):
            refuse("from 4s to 1d is wanted: an alert is sent again in time, and ends when nobody sends it")
        return holds

    @model_validator(mode="after")
    def _check_keys(self) -> ChannelSettings:
        if self.kind != "alertmanager" and (strange := [k for k in _OF_ALERTMANAGER if k in self.model_fields_set]):
            refuse(f"{strange[0]} is for channels of kind alertmanager", "take it out")
        return self


def _checked(url: str, kind: str | None) -> str:
    """A reference, or the plain address of an Alertmanager."""
    if url.partition(":")[0] in SECRET_SOURCES:
        return check_secret_reference(url)
    if kind == "alertmanager" and _PLAIN_URL.fullmatch(url):
        return url
    if kind == "alertmanager" and "@" not in url and "?" not in url:
        refuse(
            "this is no address of an Alertmanager", "http://alertmanager.example:9093, or a reference such as env:AM"
        )
    return refuse(
        "an address with a password or a token in it must not stand in the settings file; say where it lives: "
        "env:NAME, file:/PATH, cred:NAME (systemd) or vault:PATH#FIELD"
    )


def _named(value: object) -> object:
    """Channels by name; the environment has them as JSON. What cannot be read is not shown."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            refuse("JSON is wanted", '{"pager": {"kind": "alertmanager", "urls": "http://alertmanager.example:9093"}}')
    if not isinstance(value, dict):
        refuse("channels by name are wanted", "pager: {kind: alertmanager, urls: http://alertmanager.example:9093}")
    if LOG in value:
        refuse(f"{LOG!r} is the log, which is always told everything", "give the channel another name")
    if len(value) > MOST:
        refuse(f"{MOST} channels at most")
    for name, given in value.items():
        if not isinstance(given, dict | ChannelSettings):
            refuse(f"channel {str(name)[:63]!r} wants keys of its own", "{kind: ..., urls: ...}")
    return value


Channels = Annotated[dict[Name, ChannelSettings], BeforeValidator(_named), Says("[channels](#channels) by name")]
