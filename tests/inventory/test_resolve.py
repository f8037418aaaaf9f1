"""What holds for one device: nearest wins, one setting at a time; and the target a visit gets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.credentials import SecretMissing, Secrets
from agent.inventory import Estate, KnownHosts, effective, read, target
from agent.inventory.model import Council, Defaults, Device, Site
from agent.inventory.resolve import BUILT_IN, INTERVALS
from collectors.readings import Cadence
from collectors.target import Probe

LEVELS = ("device", "site_defaults.s", "class_defaults.switch", "defaults")
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "port": st.integers(1, 65535),
    "retries": st.integers(0, 9),
    "timeout": st.integers(1, 99).map(lambda n: timedelta(seconds=n)),
    "deadline": st.integers(1, 99).map(lambda n: timedelta(seconds=n)),
    "ssh_port": st.integers(1, 65535),
    "review_years": st.integers(1, 50).map(float),
    "replace_years": st.integers(1, 50).map(float),
    "zone": st.sampled_from(["z1", "z2"]),
    "snmp": st.sampled_from(["c1", "c2"]),
    "ssh_platform": st.sampled_from(["linux", "cisco_ios"]),
}
A_LEVEL = st.fixed_dictionaries({}, optional=SETTINGS)
EVERY = st.fixed_dictionaries({}, optional={c.value: st.integers(1, 9999).map(lambda n: f"{n}s") for c in Cadence})
PROBES = st.dictionaries(
    st.sampled_from(["icmp", "tcp", "web"]), st.sampled_from([None, {"kind": "tcp", "port": 1}, {"kind": "http"}])
)


def build(levels: list[dict[str, Any]]) -> tuple[Estate, Device]:
    """One device and its three levels of defaults, nearest first."""
    device = Device(**{"name": "d", "address": "192.0.2.1", "class": "switch", "site": "s", **levels[0]})
    estate = Estate(
        sites={"s": Site(title="S", kind="office", owner="a")},
        councils={"a": Council(title="A", share=1)},  # type: ignore[arg-type]
        site_defaults={"s": Defaults(**levels[1])},
        class_defaults={"switch": Defaults(**levels[2])},
        defaults=Defaults(**levels[3]),
        devices={"d": device},
    )
    return estate, device


@given(st.lists(A_LEVEL, min_size=4, max_size=4))
def test_each_setting_comes_from_the_nearest_level_that_has_it(levels: list[dict[str, Any]]) -> None:
    found = effective(*build(levels))
    for name in SETTINGS:
        having = [(origin, level[name]) for origin, level in zip(LEVELS, levels, strict=True) if name in level]
        origin, value = having[0] if having else ("built in", BUILT_IN.get(name))
        assert getattr(found, name) == value
        if value is not None:
            assert found.origins[name] == origin


@given(st.lists(EVERY, min_size=4, max_size=4))
def test_each_cadence_is_looked_for_by_itself(everies: list[dict[str, str]]) -> None:
    found = effective(*build([{"every": every} for every in everies]))
    for cadence in Cadence:
        having = [int(every[cadence.value][:-1]) for every in everies if cadence.value in every]
        wanted = timedelta(seconds=having[0]) if having else INTERVALS[cadence]
        assert found.every[cadence] == wanted


@given(st.lists(PROBES, min_size=4, max_size=4))
def test_each_probe_is_looked_for_by_itself_and_null_takes_it_away(probes: list[dict[str, Any]]) -> None:
    found = effective(*build([{"probes": each} for each in probes]))
    wanted = {}
    for each in reversed(probes):
        wanted |= each
    assert [probe.name for probe in found.probes] == sorted(n for n, options in wanted.items() if options is not None)


def test_the_agents_own_intervals_are_the_widest_level() -> None:
    estate, device = build([{}, {}, {"every": {"health": "10m"}}, {}])
    found = effective(estate, device, {c: timedelta(seconds=7) for c in Cadence})
    assert [interval.total_seconds() for interval in found.every.values()] == [7, 600, 7]
    assert found.origins["every.pulse"] == "settings"


def test_none_turns_off_what_a_default_gives() -> None:
    assert effective(*build([{"snmp": "none"}, {}, {}, {"snmp": "c1"}])).snmp is None


def test_inherited_ssh_without_a_platform_is_left_out() -> None:
    assert effective(*build([{}, {"ssh": "c1"}, {}, {}])).ssh is None
    assert effective(*build([{}, {"ssh": "c1"}, {"ssh_platform": "linux"}, {}])).ssh == "c1"


INVENTORY = """\
councils: {a: {title: A, share: 1}}
sites: {s: {title: S, kind: office, owner: a}}
zones: {general: {title: G}, psn: {title: P, restricted: true}}
credentials:
  v3: {kind: snmp_v3, user: watcher, auth: SHA-256, auth_secret: env:AUTH,
       priv: AES-256, priv_secret: env:PRIV, context: c}
  v2: {kind: snmp_v2c, community: env:COMMUNITY}
  v1: {kind: snmp_v1, community: env:COMMUNITY}
  key: {kind: ssh, user: reader, key_file: /etc/key, key_passphrase: env:PRIV, enable_secret: env:AUTH}
defaults: {zone: general, snmp: v3}
devices:
  - name: one
    address: 192.0.2.1
    class: firewall
    site: s
    port: 1161
    ssh: key
    ssh_platform: fortinet
    ssh_port: 2222
    profile: fortigate
    engine: pysnmp
    timeout: 500ms
    retries: 1
    deadline: 10s
    expect: {ha_members: 2, vpn_tunnels: [a*], interfaces_up: [port1]}
    probes: {icmp: {count: 3}, web: {kind: http, path: /login, verify: false}}
  - {name: two, address: 192.0.2.2, class: ups, site: s, snmp: v2}
  - {name: three, address: 192.0.2.3, class: ups, site: s, snmp: v1}
"""
SECRETS = {"AUTH": "auth-secret", "PRIV": "priv-secret", "COMMUNITY": "community-secret"}


def test_a_target_has_all_that_a_visit_needs(estate_of: Callable[[str], Estate]) -> None:
    estate = estate_of(INVENTORY)
    pinned = KnownHosts({"[192.0.2.1]:2222": ("ssh-ed25519 AAAA",)})
    made = target(estate, estate.devices["one"], Secrets(SECRETS), pinned)
    assert (made.name, made.address, made.port, made.device_class) == ("one", "192.0.2.1", 1161, "firewall")
    assert (made.profile, made.engine, made.timeout_seconds, made.retries) == ("fortigate", "pysnmp", 0.5, 1)
    assert made.deadline_seconds == 10
    assert made.snmp is not None
    assert (made.snmp.version, made.snmp.user, made.snmp.context) == ("3", "watcher", "c")
    assert (made.snmp.auth, made.snmp.auth_secret) == ("SHA-256", "auth-secret")
    assert (made.snmp.priv, made.snmp.priv_secret) == ("AES-256", "priv-secret")
    assert made.ssh is not None
    assert (made.ssh.platform, made.ssh.user, made.ssh.port) == ("fortinet", "reader", 2222)
    assert (made.ssh.key_file, made.ssh.key_passphrase, made.ssh.enable_secret) == (
        "/etc/key",
        "priv-secret",
        "auth-secret",
    )
    assert made.ssh.host_keys == ("ssh-ed25519 AAAA",)
    assert made.expect.ha_members == 2
    assert made.expect.vpn_tunnels == ("a*",)
    assert made.probes == (
        Probe("icmp", "icmp", (("count", 3),)),
        Probe("http", "web", (("path", "/login"), ("verify", False))),
    )


def test_communities_are_versions_one_and_two(estate_of: Callable[[str], Estate]) -> None:
    estate = estate_of(INVENTORY)
    made = {n: target(estate, d, Secrets(SECRETS), KnownHosts({})).snmp for n, d in estate.devices.items()}
    assert [(s.version, s.community) for s in made.values() if s is not None][1:] == [
        ("2c", "community-secret"),
        ("1", "community-secret"),
    ]


def test_no_secret_shows_in_the_repr_of_a_target(estate_of: Callable[[str], Estate]) -> None:
    estate = estate_of(INVENTORY)
    for device in estate.devices.values():
        shown = repr(target(estate, device, Secrets(SECRETS), KnownHosts({})))
        assert not any(secret in shown for secret in SECRETS.values())


def test_a_missing_secret_is_told_by_its_reference(estate_of: Callable[[str], Estate]) -> None:
    estate = estate_of(INVENTORY)
    with pytest.raises(SecretMissing, match=r"^env:AUTH: the environment has no AUTH; set it for the service$"):
        target(estate, estate.devices["one"], Secrets({}), KnownHosts({}))


def warnings_of(text: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "inventory.yaml"
    path.write_text(text)
    return [str(problem).removeprefix(f"{path}:") for problem in read(path).warnings]


def test_version_2c_earns_a_warning_and_in_a_restricted_network_a_stronger_one(tmp_path: Path) -> None:
    warnings = warnings_of(
        INVENTORY.replace("class: ups, site: s, snmp: v2}", "class: ups, site: s, snmp: v2, zone: psn}"), tmp_path
    )
    assert warnings == [
        "27:5: devices[1]: in the restricted network 'psn' SNMP by 'v2' sends its community string and every answer in "
        "plain text (use SNMPv3 with auth and priv before this is accredited)",
        "7:14: credentials.v2.kind: snmp_v2c sends its community string in plain text (1 device) "
        "(use snmp_v3 with auth and priv where the device can)",
        "8:14: credentials.v1.kind: snmp_v1 sends its community string in plain text (1 device) "
        "(use snmp_v3 with auth and priv where the device can)",
    ]


def test_two_devices_at_one_address_are_a_warning_unless_their_ports_differ(tmp_path: Path) -> None:
    twin = INVENTORY.replace("address: 192.0.2.3", "address: 192.0.2.2")
    assert [w for w in warnings_of(twin, tmp_path) if "is the address of two too" in w]
    assert not [
        w for w in warnings_of(twin.replace("snmp: v1}", "snmp: v1, port: 1162}"), tmp_path) if "is the address of" in w
    ]


def test_a_device_that_is_asked_nothing_is_a_warning(tmp_path: Path) -> None:
    text = INVENTORY.replace("snmp: v1}", "snmp: none}")
    assert "28:5: devices[2]: nothing is asked of this device (give it snmp:, ssh: or probes:)" in warnings_of(
        text, tmp_path
    )
    assert any("credentials.v1: no device uses this credential" in w for w in warnings_of(text, tmp_path))


def test_a_prefix_in_behind_is_taken_off_once_it_has_done_its_work(
    sound: str, estate_of: Callable[[str], Estate]
) -> None:
    estate = estate_of(sound.replace("class: switch,", "class: switch, behind: ['link:wallfields-a'],"))
    assert estate.devices["sw-wf-1"].behind == ["wallfields-a"]
