"""From the real inventory to a simulated estate: which model stands for which device, where it is reached, who may ask.

    demo = simulate(estate)                 the plan for the simulator, and the demo's own credentials
    text = demo.inventory(snmp, ssh)        the inventory with addresses, ports and secrets of the demo in place

Pure but for `Demo.write_secrets`.
"""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from agent.demo.families import MODELS
from agent.demo.hostkeys import host_key
from agent.demo.kit import Access, Circuit, Kit, Plan, UsmUser, WatchedPort
from agent.inventory.credentials import SnmpCommunity, SnmpV3, Ssh
from agent.inventory.model import Device, Estate

# What a title, name, profile or platform says > the model. First match of the device's own class wins.
WORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "firewall": (
        (r"600f", "fortigate-600f"),
        (r"600e|forti", "fortigate-600e"),
        (r"pa-?850", "pa-850"),
        (r"palo|pan-?os|pa-\d", "pa-3220"),
    ),
    "switch": (
        (r"6300", "aruba-6300m"),
        (r"6200|aoscx", "aruba-6200f"),
        (r"2930", "aruba-2930f"),
        (r"2920|procurve", "procurve-2920"),
        (r"9300.*core|core.*9300", "c9300-core"),
        (r"9300", "c9300"),
        (r"9200", "c9200"),
        (r"3850", "c3850"),
        (r"2960", "c2960x"),
    ),
    "wifi_controller": (
        (r"7030", "aruba-7030"),
        (r"7210|aruba", "aruba-7210"),
        (r"5508", "wlc-5508"),
    ),
    "ups": ((r"srt", "smart-ups-srt-10k"), (r"riello", "riello-mst"), (r"eaton", "eaton-93pm")),
    "environment": ((r"akcp|sensorprobe", "akcp-sp2plus"), (r"inrow|cool", "inrow-rc")),
    "bmc": ((r"ilo|proliant|hpe", "ilo5"), (r"r640", "idrac9-r640")),
    "server": ((r"windows", "windows"),),
}
ORDINARY = {
    "firewall": "fortigate-600f",
    "switch": "c9300",
    "router": "isr4331",
    "wifi_controller": "wlc-5520",
    "wifi_ap": "iap-315",
    "ups": "smart-ups-3000",
    "pdu": "apc-ap8959",
    "environment": "netbotz-200",
    "bmc": "idrac9",
    "storage": "netapp-fas2750",
    "hypervisor": "esxi7",
    "server": "linux",
    "load_balancer": "f5-i2600",
    "voice": "isr4331-voice",
}
NOBODY_KNOWS = date(2019, 6, 3)  # purchase date of what the inventory has none for


def model_of(device: Device, platform: str | None) -> str:
    """The key of the model that stands for a device."""
    words = " ".join(filter(None, (device.title, device.name, device.profile, platform))).lower()
    for pattern, key in WORDS.get(device.class_, ()):
        if re.search(pattern, words):
            return key
    return ORDINARY[device.class_]


@dataclass(frozen=True, slots=True)
class Demo:
    """A simulated estate in the making."""

    estate: Estate
    plan: Plan
    secrets: dict[str, str] = field(repr=False)  # file name > secret

    def write_secrets(self, folder: Path) -> None:
        """One file each, for our eyes only."""
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, secret in self.secrets.items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(secret)

    def inventory(self, snmp_port: int, ssh_port: int, folder: Path) -> str:
        """The inventory of the demo: addresses on loopback, demo credentials by file, nothing that looks outside.

        Probes are left out: an ICMP echo to 127.0.0.0/8 is answered by our own kernel, also for devices that are down,
        and the others would leave the machine. Cadences are the settings' own, so that the demo can be quicker.
        """
        data: dict[str, Any] = self.estate.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        where = {kit.name: kit.address for kit in self.plan.kits}
        with_ssh = {kit.name for kit in self.plan.kits if kit.ssh_platform}
        data["credentials"] = _credentials(self.estate, folder)
        for block in (data.setdefault("defaults", {}), *_blocks(data, "class_defaults", "site_defaults")):
            for key in ("probes", "every", "port", "ssh_port", "timeout", "retries", "deadline"):
                block.pop(key, None)
        data["defaults"] |= {"port": snmp_port, "ssh_port": ssh_port}
        devices = []
        for name, device in data["devices"].items():
            for key in ("probes", "every", "port", "ssh_port", "timeout", "retries", "deadline", "engine", "profile"):
                device.pop(key, None)
            device["address"] = where[name]
            if name in with_ssh:
                device["ssh_platform"] = next(k.ssh_platform for k in self.plan.kits if k.name == name)
            else:
                device["ssh"] = "none"
            devices.append(device)
        data["devices"] = devices
        head = (
            "# Made by `hartwatch demo`: simulated devices on this machine's loopback addresses. Not the real estate.\n"
        )
        return head + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120)

    def known_hosts(self, ssh_port: int) -> str:
        """The pins of the simulated devices, in OpenSSH's known_hosts format."""
        lines = [
            f"[{kit.address}]:{ssh_port} {host_key(self.plan.seed, kit.name)}\n"
            for kit in self.plan.kits
            if kit.ssh_platform
        ]
        return "".join(lines)


def simulate(estate: Estate, *, seed: int = 1, speed: float = 1.0) -> Demo:
    """Decide for every device of an estate what stands for it. ValueError where the estate has no devices."""
    if not estate.devices:
        raise ValueError("the inventory has no devices to simulate")
    drawn, users, communities = _drawn(estate)
    user = next((c.user for c in estate.credentials.values() if isinstance(c, Ssh)), "hartwatch")
    access = Access(tuple(communities), tuple(users), user, drawn["ssh"])
    circuits = tuple(
        Circuit(name, link.site, link.supplier, link.redundancy, tuple((w.device, w.interface) for w in link.watch))
        for name, link in estate.links.items()
    )
    kits = _paired([_kit(estate, device, number) for number, device in enumerate(estate.devices.values())], estate)
    return Demo(estate, Plan(tuple(kits), circuits, access, seed, speed=speed), drawn)


def _drawn(estate: Estate) -> tuple[dict[str, str], list[UsmUser], list[str]]:
    """Fresh secrets for every credential of the inventory: file name > secret, and who the devices then know."""
    drawn: dict[str, str] = {"ssh": secrets.token_urlsafe(12)}
    users: list[UsmUser] = []
    communities: list[str] = []
    for name, credential in estate.credentials.items():
        if isinstance(credential, SnmpCommunity):
            drawn[f"{name}.community"] = secrets.token_urlsafe(9)
            communities.append(drawn[f"{name}.community"])
        elif isinstance(credential, SnmpV3):
            auth, priv = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
            drawn |= {f"{name}.auth": auth, f"{name}.priv": priv}
            users.append(UsmUser(credential.user, credential.auth, auth, credential.priv, priv))
    return drawn, users, communities


def _credentials(estate: Estate, folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, credential in estate.credentials.items():
        if isinstance(credential, SnmpCommunity):
            said[name] = {"kind": credential.kind, "community": f"file:{folder / f'{name}.community'}"}
        elif isinstance(credential, SnmpV3):
            said[name] = {"kind": "snmp_v3", "user": credential.user}
            if credential.auth:
                said[name] |= {"auth": credential.auth, "auth_secret": f"file:{folder / f'{name}.auth'}"}
            if credential.priv:
                said[name] |= {"priv": credential.priv, "priv_secret": f"file:{folder / f'{name}.priv'}"}
        else:
            user = next(c.user for c in estate.credentials.values() if isinstance(c, Ssh))
            said[name] = {"kind": "ssh", "user": user, "password": f"file:{folder / 'ssh'}"}
    return said


def _blocks(data: dict[str, Any], *sections: str) -> Iterable[dict[str, Any]]:
    for section in sections:
        yield from data.get(section, {}).values()


def _kit(estate: Estate, device: Device, number: int) -> Kit:
    default = estate.class_defaults.get(device.class_)
    platform = device.ssh_platform or (default.ssh_platform if default else None)
    key = model_of(device, platform)
    site, expect = estate.sites[device.site], device.expect
    zone = estate.zones.get(device.zone or estate.defaults.zone or "")
    links = [
        WatchedPort(watch.interface, name, link.supplier, link.speed_mbps or 1000)
        for name, link in estate.links.items()
        for watch in link.watch
        if watch.device == device.name
    ]
    model = MODELS[key]
    return Kit(
        name=device.name,
        address=f"127.20.{number // 250}.{number % 250 + 1}",
        model=key,
        device_class=device.class_,
        site=device.site,
        site_title=site.title,
        bought_on=_bought_on(estate, device),
        restricted=bool(zone and zone.restricted),
        behind=tuple(device.behind),
        beside=tuple(name for name in device.behind if name in estate.devices),
        leads=not re.search(r"passive|second|standby", (device.title or "").lower()),
        ha_members=expect.ha_members or 1,
        stack_members=expect.stack_members or 1,
        power_supplies=expect.power_supplies,
        access_points=expect.access_points or 0,
        vpn_tunnels=tuple(expect.vpn_tunnels),
        ports=tuple(expect.interfaces_up),
        links=tuple(links),
        ssh_platform=model.ssh_platform,
        expected_sites=_served(estate, device),
    )


def _bought_on(estate: Estate, device: Device) -> date:
    """The purchase date; of a service processor the one of the host in its title; else a date of its own."""
    if device.owned.purchased or device.owned.installed:
        return device.owned.purchased or device.owned.installed or NOBODY_KNOWS
    for word in (device.title or "").split():
        host = estate.devices.get(word)
        if host is not None and host.owned.purchased:
            return host.owned.purchased
    return NOBODY_KNOWS


def _served(estate: Estate, device: Device) -> tuple[tuple[str, str], ...]:
    """The sites whose access points a controller has: those in data centres share the offices, others have one site."""
    if device.class_ != "wifi_controller" or estate.sites[device.site].kind != "data_centre":
        return ()
    wireless = [d for d in estate.devices.values() if d.class_ in ("wifi_controller", "wifi_ap")]
    central = [d for d in wireless if d.class_ == "wifi_controller" and estate.sites[d.site].kind == "data_centre"]
    own = {d.site for d in wireless}
    shared = [key for key in estate.sites if key not in own]
    mine = {device.site, *shared[central.index(device) :: len(central)]}
    return tuple((key, site.title) for key, site in estate.sites.items() if key in mine)


def _paired(kits: list[Kit], estate: Estate) -> list[Kit]:
    """The two halves of redundant pairs, each told of the other: numbered at one site, or called active and passive."""
    groups: dict[tuple[str, ...], list[Kit]] = defaultdict(list)
    for kit in kits:
        title = (estate.devices[kit.name].title or "").lower()
        if kit.ha_members == 2 and kit.device_class in ("firewall", "load_balancer", "wifi_controller"):
            if re.search(r"active|passive", title):
                stem = re.sub(r"\b(active|passive)\b", "", title)
                groups[(kit.model, "roles", stem)].append(kit)
            else:
                groups[(kit.model, kit.site, re.sub(r"[-.]?\d+$", "", kit.name))].append(kit)
    peers: dict[str, Kit] = {}
    for members in groups.values():
        if len(members) == 2:
            first, second = sorted(members, key=lambda kit: not kit.leads)
            peers[first.name] = replace(first, peer=second.name, leads=True)
            peers[second.name] = replace(second, peer=first.name, leads=False)
    return [peers.get(kit.name, kit) for kit in kits]
