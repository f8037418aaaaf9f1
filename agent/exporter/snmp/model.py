"""The form of snmp_exporter's module definitions, as its --config.file has them: the edge where a file is checked.

Two forms, of which neither is ours: up to 0.22 the file maps names to modules, each with its `version` and `auth`;
from 0.23 on it has `auths` and `modules` side by side.
Source: https://github.com/prometheus/snmp_exporter, config and generator/FORMAT.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from agent.exporter.snmp.expressions import ExpressionInvalid, compiled
from agent.exporter.text import LABEL_NAME, METRIC_NAME
from agent.inventory.values import go_seconds

StringType = Literal[
    "OctetString", "DisplayString", "PhysAddress48", "InetAddress", "InetAddressIPv4", "InetAddressIPv6",
    "InetAddressMissingSize", "LldpPortId", "IpAddr",
]  # fmt: skip
MetricType = Literal[
    "gauge", "counter", "Float", "Double", "DateAndTime", "ParseDateAndTime", "NTPTimeStamp", "EnumAsInfo",
    "EnumAsStateSet", "Bits", StringType,
]  # fmt: skip
IndexType = Literal["gauge", "counter", "Integer", "Integer32", "EnumAsInfo", StringType]
LookupType = Literal["", "Integer", "Integer32", MetricType]
_OID = re.compile(r"\.?(?:0|[1-9][0-9]{0,9})(?:\.(?:0|[1-9][0-9]{0,9})){0,127}")


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{message}", {"message": message})


def _oid(value: str) -> str:
    if not _OID.fullmatch(value) or any(int(part) >> 32 for part in value.lstrip(".").split(".")):
        raise _refused("an object identifier of digits and dots is wanted, such as 1.3.6.1.2.1.2.2.1.10")
    return value.lstrip(".")


def _metric_name(value: str) -> str:
    if not METRIC_NAME.match(value):
        raise _refused("not the name of a metric: letters, digits, _ and :, not beginning with a digit")
    return value


def _label_name(value: str) -> str:
    if not LABEL_NAME.match(value):
        raise _refused("not the name of a label: letters, digits and _, not beginning with a digit or __")
    return value


def _expression(value: str) -> str:
    try:
        compiled(value)
    except ExpressionInvalid as problem:
        raise _refused(str(problem)) from None
    return value


def _duration(value: object) -> float:
    seconds = go_seconds(value) if isinstance(value, str) else None
    if seconds is None:
        raise _refused("a duration as Go writes it is wanted: 5s, 500ms, 1m30s")
    if not 0.001 <= seconds <= 3600:
        raise _refused("from 1ms to 1h is meant")
    return seconds


def _none_is_empty(value: object) -> object:
    return [] if value is None else value


Oid = Annotated[str, AfterValidator(_oid)]
Label = Annotated[str, AfterValidator(_label_name)]
Expression = Annotated[str, AfterValidator(_expression)]
Seconds = Annotated[float, BeforeValidator(_duration)]
Names = Annotated[dict[int, str], BeforeValidator(lambda value: {} if value is None else value)]
_EMPTY = BeforeValidator(_none_is_empty)


class _Edge(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class IndexForm(_Edge):
    labelname: Label
    type: IndexType
    fixed_size: int = Field(default=0, ge=0, le=128)
    implied: bool = False
    enum_values: Names = {}


class LookupForm(_Edge):
    labels: Annotated[list[Label], _EMPTY] = []
    labelname: Label
    oid: Oid | None = None
    type: LookupType = ""
    enum_values: Names = {}
    display_hint: str = ""

    @model_validator(mode="after")
    def _has_where(self) -> LookupForm:
        if self.labels and self.oid is None:
            raise _refused("a lookup by labels wants an oid to look under")
        return self


class ExtractForm(_Edge):
    regex: Expression
    value: str = "$1"


class MetricForm(_Edge):
    name: Annotated[str, AfterValidator(_metric_name)]
    oid: Oid
    type: MetricType
    help: Annotated[str, BeforeValidator(lambda value: "" if value is None else value)] = ""
    indexes: Annotated[list[IndexForm], _EMPTY] = []
    lookups: Annotated[list[LookupForm], _EMPTY] = []
    regex_extracts: dict[str, list[ExtractForm]] = {}
    enum_values: Names = {}
    offset: float = Field(default=0.0, allow_inf_nan=False)
    scale: float = Field(default=0.0, allow_inf_nan=False)
    datetime_pattern: str = ""
    display_hint: str = ""

    @model_validator(mode="after")
    def _whole(self) -> MetricForm:
        for ending in self.regex_extracts:
            _metric_name(self.name + ending)
        if self.type == "ParseDateAndTime" and not self.datetime_pattern:
            raise _refused("ParseDateAndTime wants a datetime_pattern, such as %b %d %Y")
        return self


class FilterForm(_Edge):
    oid: Oid
    targets: Annotated[list[Oid], _EMPTY] = []
    values: Annotated[list[Expression], _EMPTY] = []


class AuthForm(_Edge):
    """A named credential. It is written in plain in snmp_exporter's file; here it stays out of repr and of errors."""

    community: SecretStr = SecretStr("public")
    security_level: Literal["noAuthNoPriv", "authNoPriv", "authPriv"] = "noAuthNoPriv"
    username: str = ""
    password: SecretStr = SecretStr("")
    auth_protocol: Literal["MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"] = "MD5"
    priv_protocol: Literal["DES", "AES", "AES192", "AES192C", "AES256", "AES256C"] = "DES"
    priv_password: SecretStr = SecretStr("")
    context_name: str = ""

    def lacking(self) -> str | None:
        """What version 3 wants and this has not."""
        if not self.username:
            return "version 3 wants a username"
        if self.security_level != "noAuthNoPriv" and not self.password.get_secret_value():
            return f"{self.security_level} wants a password"
        if self.security_level == "authPriv" and not self.priv_password.get_secret_value():
            return "authPriv wants a priv_password"
        return None


class NamedAuthForm(AuthForm):
    """One of `auths`, from 0.23 on."""

    version: int = Field(default=2, ge=1, le=3)

    @model_validator(mode="after")
    def _complete(self) -> NamedAuthForm:
        lacking = self.lacking() if self.version == 3 else None
        if lacking:
            raise _refused(lacking)
        return self


class ModuleForm(_Edge):
    """A module, from 0.23 on."""

    walk: Annotated[list[Oid], _EMPTY] = []
    get: Annotated[list[Oid], _EMPTY] = []
    metrics: Annotated[list[MetricForm], _EMPTY] = []
    filters: Annotated[list[FilterForm], _EMPTY] = []
    max_repetitions: int | None = Field(default=None, ge=0, le=2**31 - 1)
    retries: int | None = Field(default=None, ge=0, le=100)
    timeout: Seconds | None = None
    use_unconnected_udp_socket: bool = False  # ours never are connected
    allow_nonincreasing_oids: bool = False  # ours always may; what repeats itself is stopped


class OldModuleForm(ModuleForm):
    """A module up to 0.22, with the credential it is asked by."""

    version: int = Field(default=2, ge=1, le=3)
    auth: AuthForm = AuthForm()

    @model_validator(mode="after")
    def _complete(self) -> OldModuleForm:
        lacking = self.auth.lacking() if self.version == 3 else None
        if lacking:
            raise _refused(lacking)
        return self
