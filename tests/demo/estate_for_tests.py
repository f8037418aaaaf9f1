"""A small plan with one device of every model, for tests that do not need the real inventory."""

from __future__ import annotations

from datetime import date

from agent.demo.families import MODELS
from agent.demo.kit import Access, Circuit, Kit, Plan, UsmUser, WatchedPort

COMMUNITY = "demo-community"
USERS = (
    UsmUser("sha256-aes256", "SHA-256", "authentication", "AES-256", "private-matter"),
    UsmUser("sha512-aes192", "SHA-512", "authentication", "AES-192", "private-matter"),
    UsmUser("sha-aes128", "SHA", "authentication", "AES-128", "private-matter"),
    UsmUser("md5-des", "MD5", "authentication", "DES", "private-matter"),
    UsmUser("sha224-only", "SHA-224", "authentication"),
    UsmUser("nobody"),
)
ACCESS = Access((COMMUNITY,), USERS, "demo", "demo-password")
BOUGHT = date(2019, 5, 13)


def kit(model: str, number: int = 1, **more: object) -> Kit:
    """A device of this model at an address of its own."""
    known: dict[str, object] = {
        "name": f"{model}-{number}",
        "address": f"127.31.{number}.{1 + list(MODELS).index(model)}",
        "model": model,
        "device_class": MODELS[model].device_class,
        "site": "daneshill",
        "site_title": "Daneshill House data centre",
        "bought_on": BOUGHT,
        "ssh_platform": MODELS[model].ssh_platform,
    }
    return Kit(**{**known, **more})  # type: ignore[arg-type]


def one_of_each(**more: object) -> Plan:
    """Every model once, pairs and stacks where a model knows them."""
    kits = tuple(kit(model, stack_members=2, ha_members=2, access_points=12) for model in MODELS)
    return Plan(kits, (), ACCESS, **more)  # type: ignore[arg-type]


def building() -> Plan:
    """Two cores, a building on two circuits, a firewall pair, power: what faults need."""
    kits = (
        kit("aruba-6300m", 1, name="core-1"),
        kit("aruba-6300m", 2, name="core-2"),
        kit("c9300", 1, name="dist", behind=("core-1", "core-2"), stack_members=2),
        kit("linux", 1, name="srv-1", behind=("dist",)),
        kit("linux", 2, name="srv-2", behind=("dist",)),
        kit("fortigate-600f", 1, name="fw-1", peer="fw-2", ha_members=2, behind=("core-1", "core-2")),
        kit("fortigate-600f", 2, name="fw-2", peer="fw-1", leads=False, ha_members=2, behind=("core-1", "core-2")),
        kit("wlc-5520", 1, name="wlc", access_points=12, behind=("core-1", "core-2")),
        kit("smart-ups-3000", 1, name="ups", behind=("core-1", "core-2")),
        kit("netbotz-200", 1, name="env", behind=("core-1", "core-2")),
        kit("c9300", 2, name="town", site="town-hall", site_title="Town hall", behind=("town-a", "town-b"),
            links=(
                WatchedPort("GigabitEthernet1/0/50", "town-a", "Virgin Media"),
                WatchedPort("GigabitEthernet1/0/49", "town-b", "BT", 500),
            )),
        kit("linux", 3, name="till", site="town-hall", site_title="Town hall", behind=("town",)),
    )  # fmt: skip
    circuits = (
        Circuit("town-a", "town-hall", "Virgin Media", "town", (("town", "GigabitEthernet1/0/50"),)),
        Circuit("town-b", "town-hall", "BT", "town", (("town", "GigabitEthernet1/0/49"),)),
    )
    return Plan(kits, circuits, ACCESS)
