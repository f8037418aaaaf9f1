"""The shape of inventory.yaml: strict pydantic models at the edge, one `Estate` inside.

Unknown keys are refused; every error is turned into file, line, column, key and a suggestion by `agent.inventory.load`.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def parse_duration(text: object) -> object:
    """'60s', '5m', '6h', '7d' to timedelta; anything else is left for pydantic to refuse."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    if isinstance(text, str) and text[-1:] in units and text[:-1].isdigit():
        return timedelta(seconds=int(text[:-1]) * units[text[-1]])
    if isinstance(text, timedelta):
        return text
    raise ValueError("a duration is a number with a unit: 60s, 5m, 6h, 7d")


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
DeviceClass = Literal[
    "firewall", "switch", "router", "wifi_controller", "wifi_ap", "ups", "pdu", "environment", "bmc", "storage",
    "hypervisor", "server", "load_balancer", "voice",
]  # fmt: skip


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Council(Model):
    title: str
    share: Decimal = Field(ge=0, le=1)  # of joint cost; all shares sum to 1


class Site(Model):
    title: str
    kind: Literal["data_centre", "office", "depot", "leisure", "theatre", "other"]
    owner: str  # a council
    address: str | None = None
    part_one_name: str | None = None  # what the public edition may call it


class Zone(Model):
    title: str
    restricted: bool = False


class Watch(Model):
    device: str
    interface: str


class Link(Model):
    site: str
    supplier: str
    circuit: str | None = None
    watch: list[Watch] = []
    redundancy: str | None = None  # links of one group stand in for each other
    speed_mbps: int | None = None


class Every(Model):
    pulse: Duration | None = None
    health: Duration | None = None
    inventory: Duration | None = None


class Expected(Model):
    ha_members: int | None = None
    access_points: int | None = None
    stack_members: int | None = None
    power_supplies: int | None = None
    vpn_tunnels: list[str] = []
    interfaces_up: list[str] = []


class Owned(Model):
    purchased: date | None = None
    installed: date | None = None
    support_until: date | None = None
    price: Decimal | None = None
    supplier: str | None = None
    shares: dict[str, Decimal] | None = None  # council -> share; default: the councils' own


class Defaults(Model):
    """What a device has if it does not say otherwise; by class and by site, nearest wins (device, site, class, all)."""

    snmp: str | None = None  # credential names
    ssh: str | None = None
    zone: str | None = None
    every: Every = Every()
    timeout: Duration | None = None
    retries: int | None = None
    deadline: Duration | None = None
    port: int | None = None
    probes: dict[str, dict[str, Any]] | None = None
    review_years: float | None = None
    replace_years: float | None = None


class Device(Model):
    name: str
    address: str
    class_: DeviceClass = Field(alias="class")
    site: str
    title: str | None = None
    zone: str | None = None
    snmp: str | None = None
    ssh: str | None = None
    ssh_platform: str | None = None
    port: int | None = None
    ssh_port: int | None = None
    profile: str | None = None
    engine: Literal["fast", "pysnmp"] = "fast"
    behind: list[str] = []  # devices or links this one is reached through
    expect: Expected = Expected()
    owned: Owned = Owned()
    every: Every = Every()
    timeout: Duration | None = None
    retries: int | None = None
    deadline: Duration | None = None
    probes: dict[str, dict[str, Any]] | None = None
    part_one_name: str | None = None


class Service(Model):
    title: str
    owner: str  # a council, or "both"
    needs: Any  # all / any / at_least expression over subjects
    fix_target: Duration = timedelta(hours=4)
    availability_target: float = 0.999


class Estate(Model):
    """The whole estate, checked: every name that is referred to exists."""

    councils: dict[str, Council] = {}
    zones: dict[str, Zone] = {}
    sites: dict[str, Site] = {}
    credentials: dict[str, Any] = {}  # refined by agent.inventory.credentials
    links: dict[str, Link] = {}
    services: dict[str, Service] = {}
    defaults: Defaults = Defaults()
    class_defaults: dict[DeviceClass, Defaults] = {}
    site_defaults: dict[str, Defaults] = {}
    devices: dict[str, Device] = {}  # by name; a list in the file
