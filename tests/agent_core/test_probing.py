"""Looks on demand: who is looked at, who shares a look, and how many are made."""

from __future__ import annotations

import asyncio

import pytest

from agent.pipeline import Outcome
from agent.probing import AmbiguousTarget, Probes, TooMany, UnknownTarget
from agent.watched import Watched
from collectors.readings import Cadence

PULSE, HEALTH, INVENTORY = Cadence.PULSE, Cadence.HEALTH, Cadence.INVENTORY


class Looking:
    """Stands in for the schedule: every look waits until it is let go."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, Cadence]] = []
        self.go = asyncio.Event()
        self.outcome: Outcome | None = Outcome(reached=True)
        self.now = 100.0

    async def look(self, device: str, cadence: Cadence) -> Outcome | None:
        self.begun.append((device, cadence))
        await self.go.wait()
        return self.outcome

    def probes(self, *devices: Watched, at_once: int = 32) -> Probes:
        watched = {device.name: device for device in devices or (of("sw-1"),)}
        return Probes(self.look, lambda: watched, at_once=at_once, clock=lambda: self.now)


def of(name: str, address: str = "192.0.2.1") -> Watched:
    return Watched(name, "switch", "wallfields", address=address)


@pytest.fixture
def looking() -> Looking:
    return Looking()


def test_a_device_is_known_by_its_name_or_its_address_in_any_way_of_writing_it(looking: Looking) -> None:
    probes = looking.probes(of("sw-1"), of("sw-2", "2001:db8::1"), of("sw-3", "Core.Example"))
    for target, name in (
        ("sw-1", "sw-1"), ("192.0.2.1", "sw-1"), ("2001:DB8:0::1", "sw-2"), ("[2001:db8::1]", "sw-2"),
        ("core.example", "sw-3"),
    ):  # fmt: skip
        assert probes.device(target) == name


@pytest.mark.parametrize("target", ["", "192.0.2.2", "sw", "localhost", "169.254.169.254", "192.0.2.1:161", "\0", "%s"])
def test_nothing_that_the_inventory_does_not_name_is_looked_at(looking: Looking, target: str) -> None:
    with pytest.raises(UnknownTarget):
        looking.probes().device(target)
    assert looking.begun == []


def test_an_address_of_several_devices_says_their_names(looking: Looking) -> None:
    probes = looking.probes(*(of(f"sw-{n}") for n in range(5)))
    with pytest.raises(AmbiguousTarget, match="sw-0, sw-1, sw-2 and others"):
        probes.device("192.0.2.1")


def test_a_reloaded_inventory_counts_at_once(looking: Looking) -> None:
    watched = {"sw-1": of("sw-1")}
    probes = Probes(looking.look, lambda: watched)
    assert probes.device("192.0.2.1") == "sw-1"
    watched = {"sw-2": of("sw-2", "192.0.2.7")}
    assert probes.device("192.0.2.7") == "sw-2"
    with pytest.raises(UnknownTarget):
        probes.device("192.0.2.1")


async def begun(looking: Looking, count: int) -> None:
    """Until so many looks have begun."""
    async with asyncio.timeout(5):
        while len(looking.begun) < count:  # noqa: ASYNC110 - turns of the loop are what is waited for
            await asyncio.sleep(0)


async def test_simultaneous_askers_share_a_look_that_asks_as_much(looking: Looking) -> None:
    probes = looking.probes()
    asked = [asyncio.create_task(probes.probe("sw-1", cadence, 60)) for cadence in (HEALTH, HEALTH, PULSE)]
    await begun(looking, 1)
    asked.append(asyncio.create_task(probes.probe("sw-1", INVENTORY, 60)))
    await begun(looking, 2)
    looking.now += 3
    looking.go.set()
    found = await asyncio.gather(*asked)
    assert looking.begun == [("sw-1", HEALTH), ("sw-1", INVENTORY)]
    assert [(probed.success, probed.seconds) for probed in found] == [(True, 3.0)] * 4


async def test_whoever_asks_again_at_once_is_answered_by_the_last_look(looking: Looking) -> None:
    probes = looking.probes()
    looking.go.set()
    await probes.probe("sw-1", HEALTH, 60)
    looking.now += 9.9
    await probes.probe("sw-1", HEALTH, 60)
    assert len(looking.begun) == 1, "outsiders look no oftener than the agent does by itself"
    looking.now += 0.2
    await probes.probe("sw-1", HEALTH, 60)
    assert len(looking.begun) == 2


async def test_only_so_many_looks_are_made_at_once(looking: Looking) -> None:
    probes = looking.probes(*(of(f"sw-{n}", f"192.0.2.{n}") for n in range(3)), at_once=2)
    first = [asyncio.create_task(probes.probe(f"sw-{n}", HEALTH, 60)) for n in range(2)]
    await begun(looking, 2)
    with pytest.raises(TooMany):
        await probes.probe("sw-2", HEALTH, 60)
    shared = asyncio.create_task(probes.probe("sw-1", HEALTH, 60))
    await asyncio.sleep(0)
    looking.go.set()
    assert all(probed.success for probed in await asyncio.gather(*first, shared))
    assert (await probes.probe("sw-2", HEALTH, 60)).success
    assert dict((labels[0][1], value) for _, labels, value in probes.figures()) == {
        "reached": 4, "silent": 0, "late": 0, "refused": 1,
    }  # fmt: skip


async def test_an_asker_without_patience_is_told_so_and_the_look_goes_on_for_others(looking: Looking) -> None:
    probes = looking.probes()
    assert not (await probes.probe("sw-1", HEALTH, 0.01)).success
    assert probes.counted["late"] == 1
    looking.go.set()
    assert (await probes.probe("sw-1", HEALTH, 60)).success
    assert len(looking.begun) == 1


@pytest.mark.parametrize("outcome", [None, Outcome(reached=False)])
async def test_a_device_that_stays_silent_or_has_left_is_no_success(looking: Looking, outcome: Outcome | None) -> None:
    looking.outcome = outcome
    looking.go.set()
    assert not (await looking.probes().probe("sw-1", HEALTH, 60)).success
