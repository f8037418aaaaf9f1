"""Credentials by name: who we are to a device. Secrets are references to where they live, never the secrets.

One `kind` for each form there is, so that each has exactly the keys that mean something for it.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agent.inventory.values import Says, SecretRef, Text, refuse
from collectors.target import AuthProtocol, PrivProtocol


class Model(BaseModel):
    """Unknown keys are refused; values are frozen; errors never repeat their input, which may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _whole_path(value: str) -> str:
    if not PurePath(value).is_absolute():
        refuse("the whole path is wanted, beginning with '/'")
    return value


FilePath = Annotated[str, AfterValidator(_whole_path), Says("path")]


class SnmpV3(Model):
    """SNMPv3 with the User-based Security Model (RFC 3414): authPriv if both `auth` and `priv` are given."""

    kind: Literal["snmp_v3"] = Field(description="SNMPv3, the default choice: authenticated and encrypted.")
    user: Text = Field(description="User name (usmUserSecurityName).")
    auth: AuthProtocol | None = Field(default=None, description="Authentication protocol; without it noAuthNoPriv.")
    auth_secret: SecretRef | None = Field(default=None, description="Where the authentication passphrase lives.")
    priv: PrivProtocol | None = Field(
        default=None,
        description="Privacy protocol; AES-192 and AES-256 localise keys as most vendors do, -CISCO as IOS.",
    )
    priv_secret: SecretRef | None = Field(default=None, description="Where the privacy passphrase lives.")
    context: str = Field(
        default="", description="Context name (RFC 3411 section 3.3.1), for the few devices that want one."
    )

    @model_validator(mode="after")
    def _pairs(self) -> SnmpV3:
        if (self.auth is None) != (self.auth_secret is None):
            refuse("auth: and auth_secret: belong together")
        if (self.priv is None) != (self.priv_secret is None):
            refuse("priv: and priv_secret: belong together")
        if self.priv and not self.auth:
            refuse("SNMPv3 has no privacy without authentication", "add auth: SHA-256 and auth_secret:")
        return self


class SnmpCommunity(Model):
    """SNMPv1 or v2c: the community string crosses the network in plain text. It earns a warning."""

    kind: Literal["snmp_v2c", "snmp_v1"] = Field(description="SNMPv2c, or SNMPv1 for devices that know no better.")
    community: SecretRef = Field(description="Where the community string lives.")


class Ssh(Model):
    """A read-only account for SSH, with a password, a key, or both."""

    kind: Literal["ssh"] = Field(description="A read-only account for SSH.")
    user: Text = Field(description="User name.")
    password: SecretRef | None = Field(default=None, description="Where the password lives.")
    key_file: FilePath | None = Field(default=None, description="Private key in OpenSSH form, whole path.")
    key_passphrase: SecretRef | None = Field(
        default=None, description="Where the key's passphrase lives, if it has one."
    )
    enable_secret: SecretRef | None = Field(
        default=None, description="Where the enable secret lives, for platforms that need it."
    )

    legacy_algorithms: bool = Field(
        default=False,
        description="Also offer SHA-1 and CBC algorithms, for old devices that know nothing else. It earns a warning.",
    )

    @model_validator(mode="after")
    def _way_in(self) -> Ssh:
        if self.password is None and self.key_file is None:
            refuse("an SSH account needs password: or key_file:")
        if self.key_passphrase and self.key_file is None:
            refuse("key_passphrase: is of no use without key_file:")
        return self


Credential = Annotated[SnmpV3 | SnmpCommunity | Ssh, Field(discriminator="kind")]
