"""The shape of inventory.yaml: strict pydantic models at the edge, one `Estate` inside.

Unknown keys are refused; every error is turned into file, line, column, key and a suggestion by `agent.inventory.load`.
The descriptions here are the reference that docs/reference/inventory.md and the JSON Schema are generated from.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Literal, get_args

from pydantic import ConfigDict, Field

from agent.inventory.credentials import Credential, Model
from agent.inventory.needs import NeedsField
from agent.inventory.values import (
    Address,
    Count,
    Day,
    Duration,
    FinancialYear,
    Flag,
    HoursText,
    MaintainedSubjects,
    Money,
    Name,
    Number,
    Port,
    Reference,
    Repeat,
    SerialNumber,
    Share,
    Text,
    WallTime,
    Years,
)

DeviceClass = Literal[
    "firewall", "switch", "router", "wifi_controller", "wifi_ap", "ups", "pdu", "environment", "bmc", "storage",
    "hypervisor", "server", "load_balancer", "voice",
]  # fmt: skip
DEVICE_CLASSES: tuple[str, ...] = get_args(DeviceClass)
ProbeKind = Literal["icmp", "tcp", "http", "dns"]
PROBE_KINDS: tuple[str, ...] = get_args(ProbeKind)
# Parts that device families tell of. A family of one's own may tell of others, so they are not the only ones.
PARTS = (
    "chassis", "stack_member", "ha_member", "cluster_node", "access_point", "battery", "battery_pack", "power_supply",
    "fan", "line_card", "module", "management_card", "memory_module", "disk", "storage_controller", "controller",
    "optic", "pdu_unit", "pdu_branch", "sensor_unit", "enclosure", "server", "air_conditioner", "modem", "licence",
    "part", "stack", "container", "backplane", "sensor", "cpu",
)  # fmt: skip
SINGLE = ("defaults", "programme")  # sections whose fields are keys, not names of entries
NO_CREDENTIAL = "none"  # `ssh: none` turns off what a default would give


class Council(Model):
    """A partner of the service."""

    title: Text = Field(description="Full name, as papers print it.")
    share: Share = Field(description="Share of joint cost, 0 to 1; the shares of all councils sum to exactly 1.")


class Site(Model):
    """A building or data centre."""

    title: Text = Field(description="Name of the building, as people say it.")
    kind: Literal["data_centre", "office", "depot", "leisure", "theatre", "other"] = Field(
        description="What it is; the public edition counts sites by it."
    )
    owner: Reference = Field(description="The council it belongs to.")
    address: Text | None = Field(default=None, description="Postal address, for people.")
    part_one_name: Text | None = Field(default=None, description="What the public edition (Part I) may call it.")
    needs: NeedsField | None = Field(
        default=None, description="What the site needs to count as up: an expression over subjects, as for a service."
    )


class Zone(Model):
    """A network that is kept apart from others."""

    title: Text = Field(description="Name of the network.")
    restricted: Flag = Field(
        default=False, description="A restricted (PSN, formerly IL3) network: plain-text protocols are warned of twice."
    )


class Watch(Model):
    """The interface at our end of a link."""

    device: Reference = Field(description="The device the link is plugged into.")
    interface: Text = Field(description="ifName, ifDescr or ifAlias of the interface, whole.")


class Link(Model):
    """A circuit bought from a supplier."""

    site: Reference = Field(description="Where it enters.")
    supplier: Text = Field(description="Who is to be rung when it fails.")
    circuit: Text | None = Field(default=None, description="The supplier's reference for the circuit.")
    watch: list[Watch] = Field(default=[], description="The interfaces by which we know how it stands.")
    redundancy: Text | None = Field(default=None, description="Links of one group stand in for each other.")
    speed_mbps: Count | None = Field(default=None, description="Speed that is paid for, in Mbit/s.")


class Every(Model):
    """How often to look; what is left out comes from the next wider level."""

    pulse: Duration | None = Field(
        default=None, description="Reachability, uptime, interface counters and states (60s)."
    )
    health: Duration | None = Field(default=None, description="Sensors, checks, usage (5m).")
    inventory: Duration | None = Field(default=None, description="Identity, parts, labels, which rows there are (6h).")


class Expected(Model):
    """What a device should show. Absence is no row in a table, so it has to be written down to be noticed."""

    ha_members: Count | None = Field(default=None, description="Members of the high-availability group.")
    access_points: Count | None = Field(default=None, description="Access points joined to the controller.")
    stack_members: Count | None = Field(default=None, description="Members of the switch stack.")
    power_supplies: Count | None = Field(default=None, description="Power supplies fitted and working.")
    vpn_tunnels: list[Text] = Field(default=[], description="Tunnels that must be up; a trailing * matches any ending.")
    interfaces_up: list[Text] = Field(
        default=[], description="Interfaces that must be up; a trailing * matches any ending."
    )


class Owned(Model):
    """Purchase facts, for the hardware register and the refresh programme."""

    purchased: Day | None = Field(default=None, description="Date of the order or invoice: the best evidence of age.")
    installed: Day | None = Field(default=None, description="Date it went into service.")
    support_until: Day | None = Field(default=None, description="End of the support contract that is paid for.")
    price: Money | None = Field(default=None, description="Price paid, in pounds, without VAT.")
    supplier: Text | None = Field(default=None, description="Who sold it.")
    shares: dict[Reference, Share] | None = Field(
        default=None, description="Council to share of the cost, if not the councils' own shares; sums to exactly 1."
    )


class ProbeOptions(Model):
    """A look from outside, named by its key. Options beyond `kind` are those of the probe's kind."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | int | float | bool] = Field(init=False)

    kind: ProbeKind | None = Field(
        default=None, description="icmp, tcp, http or dns; may be left out when the probe's name says it."
    )


class Defaults(Model):
    """What a device has if it does not say otherwise. Nearest wins: device, site, class, all."""

    snmp: Reference | None = Field(default=None, description="Name of an SNMP credential; `none` turns SNMP off.")
    ssh: Reference | None = Field(default=None, description="Name of an SSH credential; `none` turns SSH off.")
    ssh_platform: Text | None = Field(
        default=None, description="Which platform's commands and prompts SSH meets; auto: as the device's family says."
    )
    zone: Reference | None = Field(default=None, description="The network it is in.")
    every: Every = Field(default_factory=Every, description="How often to look.")
    timeout: Duration | None = Field(default=None, description="How long to wait for one answer (2s).")
    retries: Count | None = Field(default=None, description="How often to ask again after silence (2).")
    deadline: Duration | None = Field(default=None, description="After how long a whole visit is cut off (30s).")
    port: Port | None = Field(default=None, description="SNMP port (161).")
    ssh_port: Port | None = Field(default=None, description="SSH port (22).")
    probes: dict[Name, ProbeOptions | None] | None = Field(
        default=None, description="Looks from outside, by name; null takes one away that a wider level gives."
    )
    review_years: Years | None = Field(default=None, description="Age at which the hardware is reviewed.")
    replace_years: Years | None = Field(default=None, description="Age by which the hardware is replaced.")
    battery_years: Years | None = Field(default=None, description="Age by which batteries are replaced (4).")
    software_review_years: Years | None = Field(default=None, description="Age at which software is reviewed (3).")


class Device(Model):
    """One device to watch."""

    name: Name = Field(description="Unique in the estate; the `device` label of every metric.")
    address: Address = Field(description="IPv4 or IPv6 address, or a host name.")
    class_: DeviceClass = Field(alias="class", description="What it is; decides class defaults and refresh policy.")
    site: Reference = Field(description="Where it stands.")
    title: Text | None = Field(default=None, description="What people call it.")
    zone: Reference | None = Field(default=None, description="The network it is in.")
    snmp: Reference | None = Field(default=None, description="Name of an SNMP credential; `none` turns SNMP off.")
    ssh: Reference | None = Field(default=None, description="Name of an SSH credential; `none` turns SSH off.")
    ssh_platform: Text | None = Field(
        default=None, description="Which platform's commands and prompts SSH meets; auto: as the device's family says."
    )
    port: Port | None = Field(default=None, description="SNMP port (161).")
    ssh_port: Port | None = Field(default=None, description="SSH port (22).")
    profile: Text | None = Field(
        default=None, description="Device family to use, instead of finding it from sysObjectID."
    )
    engine: Literal["fast", "pysnmp"] = Field(default="fast", description="SNMP engine; pysnmp is the slower fallback.")
    behind: list[Reference] = Field(
        default=[], description="Devices or links it is reached through; with several, any one of them will do."
    )
    expect: Expected = Field(default_factory=Expected, description="What it should show.")
    owned: Owned = Field(default_factory=Owned, description="Purchase facts.")
    every: Every = Field(default_factory=Every, description="How often to look.")
    timeout: Duration | None = Field(default=None, description="How long to wait for one answer (2s).")
    retries: Count | None = Field(default=None, description="How often to ask again after silence (2).")
    deadline: Duration | None = Field(default=None, description="After how long a whole visit is cut off (30s).")
    probes: dict[Name, ProbeOptions | None] | None = Field(
        default=None, description="Looks from outside, by name; null takes one away that a wider level gives."
    )
    review_years: Years | None = Field(default=None, description="Age at which the hardware is reviewed.")
    replace_years: Years | None = Field(default=None, description="Age by which the hardware is replaced.")
    battery_years: Years | None = Field(default=None, description="Age by which batteries are replaced (4).")
    software_review_years: Years | None = Field(default=None, description="Age at which software is reviewed (3).")
    part_one_name: Text | None = Field(default=None, description="What the public edition (Part I) may call it.")


class Service(Model):
    """Something people use; what the committee's figures are about."""

    title: Text = Field(description="What people call it.")
    owner: Reference = Field(description="The council it serves, or `both` for all of them.")
    needs: NeedsField = Field(description="What it needs to stand: all, any or at_least over subjects.")
    fix_target: Duration = Field(
        default=timedelta(hours=4), description="Time within which an incident is to be fixed."
    )
    fix_clock: Literal["elapsed", "service_hours"] = Field(
        default="elapsed", description="The clock that the fix target is measured on; both are kept and printed."
    )
    service_hours: HoursText = Field(
        default="Mon-Fri 08:00-18:00",
        description="When it is meant to be there, by the clock in London: days and times without the bank holidays of "
        "England, or with `, bank holidays too` behind them; `always` for every hour of the year.",
    )
    availability_target: Number = Field(default=0.999, gt=0, le=1, description="Share of the time it is to be up.")


class Maintenance(Model):
    """Planned maintenance, once or again and again. Times are those of the clock in London."""

    subjects: MaintainedSubjects = Field(description="What it is for; a site stands for its devices and links as well.")
    begins: WallTime = Field(description="When it begins, of the first time.")
    ends: WallTime | None = Field(default=None, description="When it ends, of the first time; or `lasts`.")
    lasts: Duration | None = Field(default=None, description="How long it lasts each time, 31 days at most; or `ends`.")
    repeat: Repeat | None = Field(default=None, description="When it comes again: an RRULE or five cron fields.")
    owner: Text = Field(description="Who answers for it.")
    reason: Text = Field(description="What is done, in one line.")


class Hardware(Model):
    """Hardware that cannot be polled, or is fitted in a device that does not tell of it: a spare, a dumb UPS, a board.

    It says the class and the site, or the device it is in, which has both.
    """

    class_: DeviceClass | None = Field(default=None, alias="class", description="What it is; or `device`.")
    site: Reference | None = Field(default=None, description="Where it stands; or `device`.")
    device: Reference | None = Field(default=None, description="The device it is in, which gives class and site.")
    part: Name = Field(default="chassis", description="Which part it is: chassis, battery, power_supply ...")
    title: Text | None = Field(default=None, description="What people call it.")
    vendor: Text | None = Field(default=None, description="Who made it.")
    model: Text | None = Field(default=None, description="The model, as the vendor's notices write it.")
    serial: SerialNumber | None = Field(default=None, description="Serial number, once in the inventory.")
    version: Text | None = Field(default=None, description="Version of the software on it.")
    manufactured: Day | None = Field(default=None, description="Date of manufacture, as its label says.")
    owned: Owned = Field(default_factory=Owned, description="Purchase facts.")
    review_years: Years | None = Field(default=None, description="Age at which the hardware is reviewed.")
    replace_years: Years | None = Field(default=None, description="Age by which the hardware is replaced.")
    battery_years: Years | None = Field(default=None, description="Age by which batteries are replaced (4).")
    software_review_years: Years | None = Field(default=None, description="Age at which software is reviewed (3).")


class KeepUntil(Model):
    """Hardware that is kept for longer than the policy has it, as somebody decided, until a day.

    All that is given must fit, and at least one thing is given. It puts off what age asks for; it does not hide that
    the vendor's support ends. From its day on it no longer counts, and people are told.
    """

    serials: list[Text] = Field(default=[], description="Serial numbers.")
    devices: list[Reference] = Field(default=[], description="Devices, with everything in them.")
    hardware: list[Reference] = Field(default=[], description="Entries of `hardware`.")
    classes: list[DeviceClass] = Field(default=[], description="Classes of device.")
    sites: list[Reference] = Field(default=[], description="Sites.")
    models: list[Text] = Field(default=[], description="Models; `*` and `?` stand for any characters, case is one.")
    parts: list[Name] = Field(default=[], description="Parts: chassis, battery, power_supply ...")
    until: Day = Field(description="The day from which it no longer counts.")
    owner: Text = Field(description="Who decided it and answers for it.")
    reason: Text = Field(description="Why, in one line.")


class Cost(Model):
    """What replacing one piece of hardware costs. Of several that fit, the most specific holds.

    A model goes before a part, a part of a class before a part, and a part before a class.
    """

    models: list[Text] = Field(default=[], description="Models; `*` and `?` stand for any characters, case is one.")
    part: Name | None = Field(default=None, description="The part: chassis, battery, access_point ...")
    class_: DeviceClass | None = Field(default=None, alias="class", description="Class of the device it is or is in.")
    price: Money = Field(description="Price of one, in pounds, without VAT.")
    title: Text | None = Field(default=None, description="What is bought.")

    @property
    def rank(self) -> int:
        """How specific it is; the highest that fits holds."""
        return 4 * bool(self.models) + 2 * (self.part is not None) + (self.class_ is not None)


class Programme(Model):
    """What the refresh programme reckons with. Money is in pounds, without VAT."""

    prices_of: FinancialYear | None = Field(default=None, description="The financial year whose prices `costs` has.")
    uplift: Share = Field(default=Decimal(0), description="By what share prices rise each year.")
    cap: Money | None = Field(default=None, description="The most that is spent in a year; left out: no cap.")
    costs: list[Cost] = Field(default=[], description="What replacing hardware costs.")


class Sections(Model):
    """What a file and the whole estate have in common."""

    councils: dict[Name, Council] = Field(default={}, description="The partners, and how they share cost.")
    zones: dict[Name, Zone] = Field(default={}, description="Networks that are kept apart.")
    sites: dict[Name, Site] = Field(default={}, description="Buildings and data centres.")
    credentials: dict[Name, Credential] = Field(
        default={}, description="Who we are to devices; secrets by reference only."
    )
    links: dict[Name, Link] = Field(default={}, description="Circuits bought from suppliers.")
    services: dict[Name, Service] = Field(default={}, description="What people use, and what it needs to stand.")
    maintenance: dict[Name, Maintenance] = Field(default={}, description="Work that is planned beforehand.")
    hardware: dict[Name, Hardware] = Field(
        default={}, description="Hardware that cannot be polled, or that its device does not tell of."
    )
    exceptions: dict[Name, KeepUntil] = Field(default={}, description="Hardware that is kept for longer than policy.")
    programme: Programme = Field(default=Programme(), description="What the refresh programme reckons with.")
    defaults: Defaults = Field(
        default=Defaults(), description="What every device has if nothing nearer says otherwise."
    )
    class_defaults: dict[DeviceClass, Defaults] = Field(default={}, description="What every device of a class has.")
    site_defaults: dict[Reference, Defaults] = Field(default={}, description="What every device at a site has.")


class Estate(Sections):
    """The whole estate, checked: every name that is referred to exists, bare names in `needs` have their kind."""

    devices: dict[str, Device] = Field(default={}, description="By name; a list in the file.")


class InventoryFile(Sections):
    """One file as it is written: the source of the JSON Schema and the reference page."""

    include: list[Text] = Field(
        default=[], description="Further files or globs, relative to this file; sections are merged."
    )
    devices: list[Device] = Field(default=[], description="Everything that is watched.")
