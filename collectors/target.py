"""All that one visit needs to know about a device, and what visits have learnt about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

AUTO = "auto"
SnmpVersion = Literal["1", "2c", "3"]
AuthProtocol = Literal["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivProtocol = Literal["DES", "AES-128", "AES-192", "AES-256", "AES-192-CISCO", "AES-256-CISCO"]


@dataclass(frozen=True, slots=True)
class SnmpAccess:
    """Credentials for SNMP. Secrets are kept out of `repr`, so that no log or traceback shows them.

    AES-192 and AES-256 localise keys as draft-blumenthal-aes-usm-04 (net-snmp, most vendors); the `-CISCO` forms as
    draft-reeder-snmpv3-usm-3desede (Cisco IOS and a few others).
    """

    version: SnmpVersion = "2c"
    community: str = field(default="public", repr=False)
    user: str = ""
    auth: AuthProtocol | None = None
    auth_secret: str = field(default="", repr=False)
    priv: PrivProtocol | None = None
    priv_secret: str = field(default="", repr=False)
    context: str = ""
    context_engine: str = ""  # contextEngineID in hexadecimal (RFC 3411), for proxies; empty: the device's own


@dataclass(frozen=True, slots=True)
class SshAccess:
    """Credentials for SSH and the key the device must show.

    `platform` is netmiko's name for the device type, or AUTO: the one that the device's family names, once it is known.
    """

    platform: str
    user: str
    password: str = field(default="", repr=False)
    key_file: str = ""
    key_passphrase: str = field(default="", repr=False)
    enable_secret: str = field(default="", repr=False)
    port: int = 22
    host_keys: tuple[str, ...] = ()  # "ssh-ed25519 AAAA...", as in known_hosts; empty: refuse
    legacy_algorithms: bool = False  # SHA-1 key exchange, ssh-rsa signatures, CBC: for devices that know no better


@dataclass(frozen=True, slots=True)
class Probe:
    """A look from outside: `icmp`, `tcp`, `http`, `dns`. What each option means is in `collectors.probe`."""

    kind: Literal["icmp", "tcp", "http", "dns"]
    name: str
    options: tuple[tuple[str, str | int | float | bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Expect:
    """What this device should show; absence is judged against it, because absence is not a row.

    Names are matched whole; a trailing `*` matches any ending.
    """

    ha_members: int | None = None
    access_points: int | None = None
    stack_members: int | None = None
    power_supplies: int | None = None
    vpn_tunnels: tuple[str, ...] = ()
    interfaces_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One device to visit."""

    name: str
    address: str
    port: int = 161
    device_class: str | None = None
    profile: str | None = None  # beats detection
    snmp: SnmpAccess | None = None
    ssh: SshAccess | None = None
    probes: tuple[Probe, ...] = ()
    expect: Expect = Expect()
    watch: tuple[str, ...] = ()  # ifName or ifDescr of interfaces whose state is wanted at every pulse (links)
    engine: Literal["fast", "pysnmp"] = "fast"
    timeout_seconds: float = 2.0
    retries: int = 2
    deadline_seconds: float = 30.0


@dataclass(slots=True)
class Memory:
    """What visits have learnt about one device and need not ask again. Lost without harm: it is learnt anew.

    Kept by whoever calls `collect`, one per device, and changed by the visit only.
    """

    profile: str | None = None
    learnt: dict[str, Any] = field(default_factory=dict)  # plan.py: known rows, cells and layouts, by table
    limits: dict[str, Any] = field(default_factory=dict)  # snmp engines: max repetitions, cells per request, by engine
