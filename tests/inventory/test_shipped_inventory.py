"""The inventory that is shipped is the service as it is: sound, of the real shape, and without anybody's address."""

from __future__ import annotations

import importlib.util
import ipaddress
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from agent.config import schema_text as settings_schema
from agent.config import settings_page
from agent.inventory import Estate, Loaded, effective, read
from agent.inventory.model import DEVICE_CLASSES
from agent.inventory.reference import inventory_page, schema_text
from agent.inventory.values import check_secret_reference

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTATION = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return read(ROOT / "inventory.yaml")


@pytest.fixture(scope="module")
def estate(loaded: Loaded) -> Estate:
    return loaded.estate


def test_its_only_warning_is_the_power_cards_that_know_no_snmpv3(loaded: Loaded) -> None:
    assert [problem.key for problem in loaded.warnings] == ["credentials.snmp-power.kind"]


def test_every_class_of_device_is_in_it(estate: Estate) -> None:
    assert {device.class_ for device in estate.devices.values()} == set(DEVICE_CLASSES)
    assert len(estate.devices) >= 60


def test_addresses_are_for_documentation_only(estate: Estate) -> None:
    for device in estate.devices.values():
        assert any(ipaddress.ip_address(device.address) in net for net in DOCUMENTATION), device.name
    assert len({device.address for device in estate.devices.values()}) == len(estate.devices)


def test_two_councils_share_the_cost_whole(estate: Estate) -> None:
    assert len(estate.councils) == 2
    assert sum(council.share for council in estate.councils.values()) == Decimal(1)


def test_every_east_herts_building_has_two_links_of_different_suppliers(estate: Estate) -> None:
    buildings = [name for name, site in estate.sites.items() if site.owner == "east-herts"]
    assert {"wallfields", "charringtons", "theatre"} <= set(buildings)
    for name in buildings:
        links = [link for link in estate.links.values() if link.site == name]
        assert sorted(link.supplier for link in links) == ["BT", "Virgin Media"], name
        assert len({link.redundancy for link in links}) == 1
        assert links[0].redundancy is not None


def test_telephony_enters_both_data_centres(estate: Estate) -> None:
    links = [link for link in estate.links.values() if link.redundancy == "telephony"]
    assert sorted(link.site for link in links) == ["cavendish", "daneshill"]


@pytest.mark.parametrize("centre", ["daneshill", "cavendish"])
def test_internet_and_telephony_survive_the_loss_of_a_data_centre(centre: str, estate: Estate) -> None:
    from agent.inventory.needs import Subject, holds

    def stands(subject: Subject) -> bool:
        if subject.kind == "device":
            return estate.devices[subject.name].site != centre
        if subject.kind == "link":
            return estate.links[subject.name].site != centre
        if subject.kind == "site":
            return subject.name != centre
        return bool(holds(estate.services[subject.name].needs, stands))

    for name in ("internet", "telephony", "psn"):
        assert holds(estate.services[name].needs, stands) is True, name


def test_firewalls_stand_in_pairs(estate: Estate) -> None:
    pairs = defaultdict(list)
    for device in estate.devices.values():
        if device.class_ == "firewall":
            assert device.expect.ha_members == 2
            pairs[(device.part_one_name, device.title.split(",")[1] if device.title else "")].append(device.name)
    assert [len(names) for names in pairs.values()] == [2, 2, 2]


def test_whatever_is_in_the_restricted_network_is_asked_with_privacy(estate: Estate) -> None:
    restricted = 0
    for device in estate.devices.values():
        settings = effective(estate, device)
        if settings.zone and estate.zones[settings.zone].restricted:
            restricted += 1
            credential = estate.credentials[settings.snmp or ""]
            assert credential.kind == "snmp_v3"
            assert (credential.auth, credential.priv) == ("SHA-256", "AES-256")
    assert restricted >= 3


def test_everything_outside_the_first_data_centre_is_behind_something(estate: Estate) -> None:
    bare = [d.name for d in estate.devices.values() if not d.behind]
    assert bare == ["sw-core-dh-1", "sw-core-dh-2"]


def test_every_link_is_watched_at_a_device_of_its_site(estate: Estate) -> None:
    for name, link in estate.links.items():
        assert link.watch, name
        assert {estate.devices[watch.device].site for watch in link.watch} == {link.site}, name


def test_purchases_are_spread_over_the_years(estate: Estate) -> None:
    years = {device.owned.purchased.year for device in estate.devices.values() if device.owned.purchased}
    assert min(years) == 2014
    assert max(years) == 2026
    assert len(years) >= 10


def test_secrets_are_references(estate: Estate) -> None:
    for credential in estate.credentials.values():
        for field in ("auth_secret", "priv_secret", "community", "password"):
            reference = getattr(credential, field, None)
            assert reference is None or check_secret_reference(reference) == reference


def test_its_planned_maintenance_is_on_first_sundays(estate: Estate) -> None:
    from agent.maintenance import covers

    (planned,) = estate.maintenance.values()
    assert planned.repeat == "FREQ=MONTHLY;BYDAY=1SU"
    assert (planned.begins.weekday(), planned.begins.day <= 7) == (6, True)
    assert covers(planned.subjects, estate) == tuple(sorted(planned.subjects))


def test_it_says_on_its_first_line_where_its_schema_is() -> None:
    first = (ROOT / "inventory.yaml").read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (ROOT / first.removeprefix(prefix)).is_file()


@pytest.mark.parametrize(
    ("page", "made", "command"),
    [
        ("inventory.md", inventory_page, "hartwatch inventory reference"),
        ("inventory.schema.json", schema_text, "hartwatch inventory schema"),
        ("settings.md", settings_page, "hartwatch config reference"),
        ("settings.schema.json", settings_schema, "hartwatch config schema"),
    ],
)
def test_the_committed_page_is_the_generated_one(page: str, made: object, command: str) -> None:
    assert callable(made)
    committed = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert committed == made(), f"run: {command} > docs/reference/{page}"


def test_the_inventories_in_the_documentation_are_sound(tmp_path: Path) -> None:
    found = 0
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for block in page.read_text(encoding="utf-8").split("```yaml\n")[1:]:
            text = block.split("```")[0]
            if not text.startswith("# inventory.yaml") or "devices:" not in text:
                continue
            found += 1
            path = tmp_path / "inventory.yaml"
            path.write_text(text)
            read(path)
    assert found >= 1


def test_the_benchmark_measures_a_sound_inventory(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("inventory_load", ROOT / "tests" / "benchmarks" / "inventory_load.py")
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    path = tmp_path / "inventory.yaml"
    path.write_text(benchmark.inventory(65))
    assert len(read(path).estate.devices) == 65
    assert yaml.safe_load(path.read_text())["devices"][64]["behind"] == ["sw-60"]
