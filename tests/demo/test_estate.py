"""The real inventory becomes a simulated estate, and an inventory that the agent can load."""

from __future__ import annotations

import re
import stat

import pytest

from agent.credentials import Secrets
from agent.demo.begin import read_plan, write_plan
from agent.demo.estate import ORDINARY, WORDS, simulate
from agent.demo.families import MODELS
from agent.inventory import load, read_known_hosts, target
from agent.inventory.model import DEVICE_CLASSES, Estate


@pytest.fixture(scope="module")
def estate(root) -> Estate:
    return load(root / "inventory.yaml")


@pytest.fixture(scope="module")
def demo(estate):
    return simulate(estate)


def test_at_least_sixty_devices_of_every_class_are_simulated(demo):
    assert len(demo.plan.kits) >= 60
    assert {kit.device_class for kit in demo.plan.kits} == set(DEVICE_CLASSES)


def test_every_device_has_an_address_of_its_own_on_loopback(demo):
    addresses = [kit.address for kit in demo.plan.kits]
    assert len(set(addresses)) == len(addresses)
    assert all(re.fullmatch(r"127\.20\.\d+\.\d+", address) for address in addresses)


def test_a_device_is_simulated_by_what_its_title_says(estate, demo):
    model = {kit.name: MODELS[kit.model].title for kit in demo.plan.kits}
    for name, device in estate.devices.items():
        number = re.search(r"\b(\d{4}[A-Z]{0,2}|600[EF]|PA-\d+|SRT 10000|R740)\b", device.title or "")
        if number and device.class_ in ("switch", "firewall", "wifi_controller", "router"):
            assert number[1] in model[name], (name, device.title, model[name])


def test_rules_and_defaults_name_models_of_their_own_class():
    for device_class, rules in WORDS.items():
        assert {MODELS[key].device_class for _, key in rules} == {device_class}
    assert {device_class: MODELS[key].device_class for device_class, key in ORDINARY.items()} == {
        device_class: device_class for device_class in DEVICE_CLASSES
    }


def test_what_the_inventory_expects_is_there(estate, demo):
    kits = {kit.name: kit for kit in demo.plan.kits}
    for name, device in estate.devices.items():
        assert kits[name].access_points == (device.expect.access_points or 0)
        assert kits[name].stack_members == (device.expect.stack_members or 1)
        assert kits[name].behind == tuple(device.behind)
    for link in estate.links.values():
        for watch in link.watch:
            assert watch.interface in {port.name for port in kits[watch.device].links}


def test_the_halves_of_a_pair_know_each_other(demo):
    peers = {kit.name: kit.peer for kit in demo.plan.kits if kit.peer}
    assert peers
    assert all(peers[peer] == name for name, peer in peers.items())
    leads = {kit.name: kit.leads for kit in demo.plan.kits}
    assert all(leads[name] != leads[peer] for name, peer in peers.items())


def test_no_two_access_points_share_a_name(demo):
    from agent.demo.curves import Clock
    from agent.demo.families.wireless import access_points
    from agent.demo.world import World

    world = World(demo.plan, Clock(1.7e9))
    names = [point.name for device in world.of_class("wifi_controller") for point in access_points(device)]
    assert len(set(names)) == len(names) > 60


def test_the_demos_inventory_is_valid_and_looks_nowhere_but_here(demo, tmp_path):
    secrets = tmp_path / "secrets"
    demo.write_secrets(secrets)
    file = tmp_path / "inventory.yaml"
    file.write_text(demo.inventory(16100, 2200, secrets))
    (tmp_path / "known_hosts").write_text(demo.known_hosts(2200))
    pins, loaded = read_known_hosts(tmp_path / "known_hosts"), load(file)
    versions = set()
    for device in loaded.devices.values():
        made = target(loaded, device, Secrets(), pins)
        assert made.address.startswith("127.20.")
        assert made.port == 16100
        assert made.probes == ()
        assert made.snmp is not None
        versions.add(made.snmp.version)
        if made.ssh is not None:
            assert made.ssh.port == 2200
            assert len(made.ssh.host_keys) == 1
    assert versions == {"2c", "3"}


def test_secrets_are_in_files_that_only_we_may_read_and_nowhere_else(demo, tmp_path):
    demo.write_secrets(tmp_path / "secrets")
    text = demo.inventory(1, 2, tmp_path / "secrets") + repr(demo) + repr(demo.plan)
    for name, secret in demo.secrets.items():
        assert secret not in text
        assert stat.S_IMODE((tmp_path / "secrets" / name).stat().st_mode) == 0o600
    write_plan(demo.plan, tmp_path)
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600


def test_secrets_are_new_in_every_run(estate, demo):
    assert not set(demo.secrets.values()) & set(simulate(estate).secrets.values())


def test_a_plan_survives_the_way_to_the_other_process(demo, tmp_path):
    write_plan(demo.plan, tmp_path)
    assert read_plan(tmp_path) == demo.plan


def test_an_inventory_without_devices_is_refused():
    with pytest.raises(ValueError, match="no devices"):
        simulate(Estate())
