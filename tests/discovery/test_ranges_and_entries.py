"""Which addresses are asked, which answers are one device, and what is proposed of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.entries import Sites, SiteTableRefused, base_name, entries, review_file, site_table
from agent.discovery.heard import Heard
from agent.discovery.judge import Index, one_each
from agent.discovery.progress import Progress, ProgressUnusable, read
from agent.discovery.ranges import SeedRefused, read_seeds
from agent.inventory import load
from agent.inventory.document import Document
from agent.inventory.values import check_name
from tests.discovery.network import inventory

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8)


@given(SPANS, SPANS)
def test_each_address_is_asked_once_in_its_order_and_none_that_is_excluded(
    wanted: list[tuple[int, int]], out: list[tuple[int, int]]
) -> None:
    def texts(spans: list[tuple[int, int]]) -> list[str]:
        return [f"10.0.0.{first}-{first + more}" for first, more in spans]

    gone = {first + at for first, more in out for at in range(more + 1)}
    every = dict.fromkeys(first + at for first, more in wanted for at in range(more + 1))
    seeds = read_seeds(texts(wanted), texts(out))
    assert list(seeds) == [f"10.0.0.{number}" for number in every if number not in gone]
    assert seeds.count == len(list(seeds))


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("10.0.0.0/24", "10.0.0.1", "10.0.0.254", 254),
        ("10.0.0.77/24", "10.0.0.1", "10.0.0.254", 254),  # an address with its prefix length
        ("10.0.0.0/31", "10.0.0.0", "10.0.0.1", 2),
        ("10.0.0.9", "10.0.0.9", "10.0.0.9", 1),
        ("2001:db8::/126", "2001:db8::", "2001:db8::3", 4),
        ("sw-1.example.org", "sw-1.example.org", "sw-1.example.org", 1),
    ],
)
def test_networks_lose_their_own_and_their_broadcast_address(text: str, first: str, last: str, count: int) -> None:
    seeds = list(read_seeds([text]))
    assert (seeds[0], seeds[-1], len(seeds)) == (first, last, count)


def test_a_file_of_a_hundred_thousand_addresses_is_read_at_once_and_told_where_it_is_wrong() -> None:
    lines = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(100_000)]
    assert read_seeds(["hosts"], large=True, lines_of=lambda name: lines if name == "hosts" else None).count == 100_000
    lines[41] = "10.0.0.1/99"
    with pytest.raises(SeedRefused, match=r"hosts:42: '10.0.0.1/99' is no address"):
        read_seeds(["hosts"], large=True, lines_of=lambda name: lines if name == "hosts" else None)


# ---------------------------------------------------------------- one device
ONE = Heard("10.0.0.1", "found", "v3", name="sw-1", vendor="Cisco", model="C9300-48P", serial="FOC1111ABCD",
            object_id="1.3.6.1.4.1.9.1.1", descr="IOS", engine_id="80000009030000000001", booted=1000.0,
            device_class="switch")  # fmt: skip
SAME = [
    ("its serial number", ONE, replace(ONE, engine_id=None, booted=None)),
    ("the engine and the name", replace(ONE, serial=None), replace(ONE, serial=None, booted=9_000.0)),
    ("the name and the moment it started", replace(ONE, serial=None, engine_id=None),
     replace(ONE, serial=None, engine_id=None, booted=1004.0)),
    ("a placeholder is no serial number", replace(ONE, serial="N/A"), replace(ONE, serial="To be filled by O.E.M.")),
]  # fmt: skip
OTHER = [
    ("another serial number, all else cloned", ONE, replace(ONE, serial="FOC2222ABCD")),
    ("a serial number of two models", ONE, replace(ONE, model="Smart-UPS 3000")),
    ("a default name", replace(ONE, serial=None, engine_id=None, name="Switch"),
     replace(ONE, serial=None, engine_id=None, name="Switch", booted=9_000.0)),
    ("one image copied: engine alone", replace(ONE, serial=None), replace(ONE, serial=None, name="b", booted=9e9)),
    ("a placeholder that both say", replace(ONE, serial="N/A", engine_id=None),
     replace(ONE, serial="N/A", engine_id=None, name="b", booted=9e9)),
]  # fmt: skip


@pytest.mark.parametrize(("why", "one", "two"), SAME)
def test_answers_are_of_one_device(why: str, one: Heard, two: Heard) -> None:
    (found,) = one_each([one, replace(two, address="10.0.0.2")])
    assert found.addresses == ("10.0.0.1", "10.0.0.2")
    (found,) = one_each([one, replace(two, address="10.0.0.2")], first=["10.0.0.2"])
    assert found.addresses == ("10.0.0.2", "10.0.0.1")


@pytest.mark.parametrize(("why", "one", "two"), OTHER)
def test_answers_are_of_two_devices(why: str, one: Heard, two: Heard) -> None:
    assert len(one_each([one, replace(two, address="10.0.0.2")])) == 2


def test_a_known_name_with_another_serial_number_is_a_doubt_that_is_told(tmp_path: Path) -> None:
    index = Index(load(inventory(tmp_path, 161)), {"FOC9999ABCD": "core-1"})
    (found,) = one_each([replace(ONE, name="CORE-1.example.org")])
    known = index.known(found)
    assert known is not None
    assert (known.name, known.by, known.new_address) == ("core-1", "name", True)
    assert known.doubt == "another serial number than FOC9999ABCD: replaced, or another device of this name?"


# ---------------------------------------------------------------- what is proposed
@given(st.text(max_size=80))
def test_any_sysname_becomes_a_name_that_the_inventory_takes_or_none(said: str) -> None:
    name = base_name(said)
    assert name == "" or check_name(name) == name


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_devices_say_the_file_reads_back_as_it_was_meant(name: str, model: str, location: str) -> None:
    hostile = replace(ONE, name=name, model=model, serial=location, location=location, device_class=None)
    other = replace(hostile, address="10.0.0.2", object_id="1.2")
    made = entries(one_each([hostile, other]), ["taken"], Sites(_estate(), None))
    text = review_file(made, "found.yaml")  # raises where it does not
    data = Document("found.yaml", text).data["devices"]
    assert [one["class"] for one in data] == ["?"] * len(made)
    assert len({one["name"].casefold() for one in data}) == len(made)


def _estate():  # type: ignore[no-untyped-def]
    from agent.inventory.model import Estate

    return Estate()


def test_the_site_is_the_longest_network_of_the_table_and_a_guess_says_from_what(tmp_path: Path) -> None:
    estate = load(inventory(tmp_path, 161))
    table = site_table("10.0.0.0/8 wallfields  # all of it\n10.0.0.0/16, daneshill\n", "sites.txt", estate.sites)
    (found,) = one_each([ONE])
    assert Sites(estate, None, table).of(found) == ("daneshill", "")
    near = one_each([replace(ONE, address="127.41.0.99")])[0]
    assert Sites(estate, None).of(near) == (
        "daneshill", "guessed, as core-1 stands there and is in 127.41.0.0/24 too")  # fmt: skip
    said = one_each([replace(ONE, location="Wallfields, rack 4")])[0]
    assert Sites(estate, None).of(said)[0] == "wallfields"
    with pytest.raises(SiteTableRefused, match=r"sites.txt:2: there is no site 'nowhere'"):
        site_table("\n10.0.0.0/8 nowhere\n", "sites.txt", estate.sites)


def test_a_taken_name_gets_a_number_and_a_question() -> None:
    two = replace(ONE, address="10.0.0.2", serial="FOC2222ABCD")
    made = entries(one_each([ONE, two, replace(ONE, address="10.0.0.3", serial="FOC3", name=None)]), ["SW-1"],
                   Sites(_estate(), None))  # fmt: skip
    assert [one.name for one in made] == ["sw-1-2", "sw-1-3", "switch-10-0-0-3"]
    assert "sw-1 is taken" in made[0].notes["name"]


# ---------------------------------------------------------------- progress
def test_progress_that_is_damaged_gives_what_is_whole_and_that_of_another_sweep_is_refused(tmp_path: Path) -> None:
    file, purpose = tmp_path / "kept.jsonl", {"port": 161, "spans": [[4, "1", "2"]]}
    with Progress(file, purpose, resume=False) as kept:
        kept.heard(ONE)
        kept.heard(Heard("10.0.0.2", "silent", asks=1))
    with file.open("a") as torn:
        torn.write('[1]\n{"address": 3}\n{"address": "x", "outcome": "eaten"}\n\x00\n{"address": "10.0')
    assert read(file, purpose) == [ONE, Heard("10.0.0.2", "silent", asks=1)]
    with pytest.raises(ProgressUnusable, match="of a sweep with other port"):
        read(file, purpose | {"port": 1161})
    (tmp_path / "other").write_text(json.dumps({"form": 9}) + "\n")
    with pytest.raises(ProgressUnusable, match="no progress of a sweep"):
        read(tmp_path / "other", purpose)
