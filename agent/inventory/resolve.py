"""What holds for one device once its defaults are in: nearest wins, device before site before class before all.

`effective` is pure and knows no secret; `target` adds the secrets and the pinned SSH keys that a visit needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

from agent.credentials import Secrets
from agent.inventory.credentials import Credential, SnmpCommunity, SnmpV3, Ssh
from agent.inventory.model import NO_CREDENTIAL, Defaults, Device, DeviceClass, Estate, Hardware, ProbeOptions
from collectors.readings import Cadence
from collectors.target import Expect, Probe, SnmpAccess, SshAccess, Target

INTERVALS: Mapping[Cadence, timedelta] = {
    Cadence.PULSE: timedelta(seconds=60),
    Cadence.HEALTH: timedelta(minutes=5),
    Cadence.INVENTORY: timedelta(hours=6),
}
BUILT_IN: Mapping[str, Any] = {
    "port": 161,
    "ssh_port": 22,
    "timeout": timedelta(seconds=2),
    "retries": 2,
    "deadline": timedelta(seconds=30),
    "review_years": 4.0,
    "replace_years": 7.0,
    "battery_years": 4.0,
    "software_review_years": 3.0,
}
POLICY = ("review_years", "replace_years", "battery_years", "software_review_years")
INHERITED = (
    "zone", "snmp", "ssh", "ssh_platform", "port", "ssh_port", "timeout", "retries", "deadline",
    *POLICY,
)  # fmt: skip
VERSIONS: Mapping[str, Literal["1", "2c"]] = {"snmp_v1": "1", "snmp_v2c": "2c"}


@dataclass(frozen=True, slots=True)
class Effective:
    """The settings in force for one device. `origins` says for each where it comes from."""

    device: str
    zone: str | None
    snmp: str | None  # credential names; None: not used
    ssh: str | None
    ssh_platform: str | None
    port: int
    ssh_port: int
    every: Mapping[Cadence, timedelta]
    timeout: timedelta
    retries: int
    deadline: timedelta
    probes: tuple[Probe, ...]
    engine: Literal["fast", "pysnmp"]
    profile: str | None
    review_years: float
    replace_years: float
    battery_years: float
    software_review_years: float
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)


class HostKeys(Protocol):
    """Where pinned SSH host keys are looked up: `agent.inventory.read_known_hosts(path)`, or a stand-in."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """The keys pinned for an address, as "ssh-ed25519 AAAA..."; empty where none is."""
        ...


def wider(estate: Estate, class_: DeviceClass | None, site: str | None) -> Iterator[tuple[str, Defaults]]:
    """Where a setting is looked for beyond the device itself, nearest first."""
    if site is not None and site in estate.site_defaults:
        yield f"site_defaults.{site}", estate.site_defaults[site]
    if class_ is not None and class_ in estate.class_defaults:
        yield f"class_defaults.{class_}", estate.class_defaults[class_]
    yield "defaults", estate.defaults


def policy(
    estate: Estate, class_: DeviceClass | None, site: str | None, own: Sequence[Device | Hardware] = ()
) -> Mapping[str, tuple[float, str]]:
    """The keys of POLICY: the years in force and where they come from. `own`: entries of its own, nearest first.

    What `effective` says of a device, without the rest: tens of thousands are asked for at once.
    """
    entries = [("hardware" if isinstance(one, Hardware) else "device", one) for one in own]
    found: dict[str, tuple[float, str]] = {}
    for origin, level in (*entries, *wider(estate, class_, site)):
        for key in POLICY:
            value = getattr(level, key)
            if value is not None and key not in found:
                found[key] = value, origin
    return {key: found.get(key, (BUILT_IN[key], "built in")) for key in POLICY}


@dataclass(frozen=True, slots=True)
class _Wider:
    """What holds for the devices of a class at a site that say nothing themselves."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    every: Mapping[Cadence, timedelta]
    probes: Mapping[str, Probe | None]


class InForce:
    """The settings in force for the devices of an estate; what their classes and sites share is put together once.

    `intervals` are those of the agent's settings, wider than any default of the inventory.
    """

    def __init__(self, estate: Estate, intervals: Mapping[Cadence, timedelta] = INTERVALS) -> None:
        self._estate, self._intervals = estate, intervals
        self._wider: dict[tuple[str, str], _Wider] = {}

    def of(self, device: Device) -> Effective:
        """SSH inherited by a device whose platform nobody gives is left out: a default for a whole site should not
        reach into its UPS."""
        wider_ = self._wider.get((device.class_, device.site)) or self._of_place(device.class_, device.site)
        values, origins = dict(wider_.values), dict(wider_.origins)
        every, probes = dict(wider_.every), dict(wider_.probes)
        _lay("device", device, values, origins, every, probes)
        for name in ("snmp", "ssh"):
            if values[name] == NO_CREDENTIAL:
                values[name] = None
        if values["ssh_platform"] is None:
            values["ssh"] = None
        return Effective(
            device=device.name,
            every=every,
            probes=tuple(probe for _, probe in sorted(probes.items()) if probe is not None),
            engine=device.engine,
            profile=device.profile,
            origins=origins,
            **values,
        )

    def _of_place(self, class_: DeviceClass, site: str) -> _Wider:
        values: dict[str, Any] = dict.fromkeys(INHERITED) | dict(BUILT_IN)
        origins = dict.fromkeys(BUILT_IN, "built in")
        every = {cadence: self._intervals[cadence] for cadence in Cadence}
        origins |= {f"every.{cadence.value}": "settings" for cadence in Cadence}
        probes: dict[str, Probe | None] = {}
        for origin, level in reversed(list(wider(self._estate, class_, site))):
            _lay(origin, level, values, origins, every, probes)
        found = self._wider[class_, site] = _Wider(values, origins, every, probes)
        return found


def _lay(
    origin: str, level: Device | Defaults, values: dict[str, Any], origins: dict[str, str],
    every: dict[Cadence, timedelta], probes: dict[str, Probe | None],
) -> None:  # fmt: skip
    """What a level says, over what wider ones say."""
    for name in INHERITED:
        value = getattr(level, name)
        if value is not None:
            values[name], origins[name] = value, origin
    if level.every.model_fields_set:
        for cadence in Cadence:
            interval = getattr(level.every, cadence.value)
            if interval is not None:
                every[cadence], origins[f"every.{cadence.value}"] = interval, origin
    for name, options in (level.probes or {}).items():
        probes[name] = None if options is None else probe_of(name, options)
        origins[f"probes.{name}"] = origin


def effective(estate: Estate, device: Device, intervals: Mapping[Cadence, timedelta] = INTERVALS) -> Effective:
    """The settings in force for one device, as `InForce` has them for many."""
    return InForce(estate, intervals).of(device)


def probe_of(name: str, options: ProbeOptions) -> Probe:
    """A probe as collectors take it. Its name may say its kind; the cross-checks refuse any other name without one."""
    kind: Any = options.kind or name
    return Probe(kind=kind, name=name, options=tuple(sorted((options.__pydantic_extra__ or {}).items())))


def target(
    estate: Estate,
    device: Device,
    secrets: Secrets,
    known_hosts: HostKeys,
    intervals: Mapping[Cadence, timedelta] = INTERVALS,
    in_force: InForce | None = None,
) -> Target:
    """All one visit needs to know. `agent.credentials.SecretMissing` where a secret cannot be had."""
    settings = (in_force or InForce(estate, intervals)).of(device)
    expect = device.expect
    return Target(
        name=device.name,
        address=device.address,
        port=settings.port,
        device_class=device.class_,
        profile=settings.profile,
        snmp=snmp_access(estate, settings, secrets),
        ssh=ssh_access(estate, device, settings, secrets, known_hosts),
        probes=settings.probes,
        expect=Expect(
            ha_members=expect.ha_members,
            access_points=expect.access_points,
            stack_members=expect.stack_members,
            power_supplies=expect.power_supplies,
            vpn_tunnels=tuple(expect.vpn_tunnels),
            interfaces_up=tuple(expect.interfaces_up),
        ),
        engine=settings.engine,
        timeout_seconds=settings.timeout.total_seconds(),
        retries=settings.retries,
        deadline_seconds=settings.deadline.total_seconds(),
    )


def snmp_access(estate: Estate, settings: Effective, secrets: Secrets) -> SnmpAccess | None:
    """The SNMP credential in force, with its secrets."""
    return access_by(estate.credentials[settings.snmp], secrets) if settings.snmp else None


def access_by(credential: Credential, secrets: Secrets) -> SnmpAccess | None:
    """An SNMP credential with its secrets; None for one that is for something else."""
    if isinstance(credential, SnmpCommunity):
        community = secrets.resolve(credential.community).get_secret_value()
        return SnmpAccess(version=VERSIONS[credential.kind], community=community)
    if isinstance(credential, SnmpV3):
        return SnmpAccess(
            version="3",
            community="",
            user=credential.user,
            auth=credential.auth,
            auth_secret=_secret(secrets, credential.auth_secret),
            priv=credential.priv,
            priv_secret=_secret(secrets, credential.priv_secret),
            context=credential.context,
        )
    return None


def ssh_access(
    estate: Estate, device: Device, settings: Effective, secrets: Secrets, known_hosts: HostKeys
) -> SshAccess | None:
    """The SSH credential in force, with its secrets and the keys the device must show (none: it is refused)."""
    credential = estate.credentials[settings.ssh] if settings.ssh else None
    if not isinstance(credential, Ssh) or settings.ssh_platform is None:
        return None
    return SshAccess(
        platform=settings.ssh_platform,
        user=credential.user,
        password=_secret(secrets, credential.password),
        key_file=credential.key_file or "",
        key_passphrase=_secret(secrets, credential.key_passphrase),
        enable_secret=_secret(secrets, credential.enable_secret),
        port=settings.ssh_port,
        host_keys=known_hosts.keys(device.address, settings.ssh_port),
        legacy_algorithms=credential.legacy_algorithms,
    )


def _secret(secrets: Secrets, reference: str | None) -> str:
    return secrets.resolve(reference).get_secret_value() if reference else ""
