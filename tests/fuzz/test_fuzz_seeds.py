"""The fuzz harnesses without a fuzzer: their seeds, seeded damage to them, and that each finds what is broken."""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from collectors.snmp import chunks, fetch, usm
from collectors.snmp.course import Course
from tests.fuzz import campaign

# How many damaged inputs: a second's worth of each harness.
DAMAGED = {"answers_v2c": 1500, "answers_v3": 700, "fetches": 900, "walks": 700}


def harness(name: str) -> Any:
    return importlib.import_module(f"tests.fuzz.{name}")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """One to three of: cut, an octet altered, two octets swapped, a span doubled."""
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        one, other = (chance.randrange(len(spoilt) + 1) for _ in range(2))
        kind = chance.choice(["cut", "alter", "alter", "swap", "double"])
        if kind == "cut":
            del spoilt[max(one, other) :]
        elif kind == "double":
            spoilt[one:one] = spoilt[one : one + chance.randint(1, 24)]
        elif max(one, other) < len(spoilt):
            if kind == "alter":
                spoilt[one] ^= chance.randint(1, 255)
            else:
                spoilt[one], spoilt[other] = spoilt[other], spoilt[one]
    return bytes(spoilt)


def inputs(name: str) -> Iterator[bytes]:
    """The seeds, then damaged ones: the same every time, so that a red run means a change."""
    seeds = list(harness(name).corpus())
    yield from seeds
    chance = random.Random(name)
    for _ in range(DAMAGED[name]):
        yield damaged(chance.choice(seeds), chance)


def test_every_harness_is_known_to_the_runner() -> None:
    folder = Path(__file__).parent
    with_a_check = {
        path.stem for path in folder.glob("*.py") if "\ndef check(data: bytes) -> None:\n" in path.read_text()
    }
    assert with_a_check == set(campaign.HARNESSES) == set(DAMAGED)


@pytest.mark.parametrize("name", campaign.HARNESSES)
def test_seeds_and_damaged_seeds_are_taken_or_refused_as_they_must_be(name: str) -> None:
    check = harness(name).check
    for data in inputs(name):
        try:
            check(data)
        except Exception as failure:
            failure.add_note(f"{name}.check(bytes.fromhex({data.hex()!r}))")
            raise


@pytest.mark.parametrize("name", campaign.HARNESSES)
def test_an_input_of_nothing_and_a_very_long_one_are_inputs_too(name: str) -> None:
    check = harness(name).check
    check(b"")
    check(bytes(5000))
    check(bytes(range(256)) * 8)


# ---------------------------------------------------------------- what is guarded can be broken
def _backwards(real: Callable[..., Any]) -> Callable[..., Any]:
    def broken(*arguments: Any) -> Any:
        values = real(*arguments)
        return values[::-1] if isinstance(values, list) else values

    return broken


def _by_place(chunk: chunks.Chunk, pdu: Any) -> Any:
    values = [value for _, _, value in pdu.binds][: len(chunk)]
    return values + [None] * (len(chunk) - len(values)), [], None


BREACHES: list[tuple[str, Any, str, Any]] = [
    ("answers_v2c", chunks, "_expected_values", _backwards(chunks._expected_values)),
    ("answers_v3", usm, "hmac", SimpleNamespace(compare_digest=lambda one, other: True)),
    ("answers_v3", usm.Clock, "allows", lambda clock, boots, seconds: True),
    ("answers_v3", usm.UsmEnvelope, "settle", lambda envelope: None),
    ("fetches", fetch, "values_by_name", _by_place),
    ("fetches", fetch.Fetch, "_note", lambda fetch, fault: None),
    ("walks", Course, "_admit", lambda course, column, oid, tag, cursor: True),
    ("walks", Course, "_note", lambda course, fault: None),
]


@pytest.mark.parametrize(("name", "where", "what", "broken"), BREACHES, ids=[f"{b[0]}-{b[2]}" for b in BREACHES])
def test_a_harness_finds_what_is_broken(
    name: str, where: Any, what: str, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = harness(name).check
    monkeypatch.setattr(where, what, broken)

    def go() -> None:
        for data in inputs(name):
            check(data)

    with pytest.raises(AssertionError):
        go()


# ---------------------------------------------------------------- the runner
def test_without_atheris_the_runner_says_how_to_have_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert campaign.main(["walks"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install" in line


def test_a_finding_is_told_with_its_input_and_the_status_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "crash-1"
    path.write_bytes(b"\x30\x00")
    output = " === Uncaught Python exception: ===\nAssertionError: other values\n==7== ERROR: libFuzzer\n"
    results = {
        "walks": campaign.Result("walks", 1200, [path], output, 77),
        "fetches": campaign.Result("fetches", 50, [], "", 0),
    }
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(campaign, "run", lambda name, seconds, folder: results[name])
    assert campaign.main(["fetches", "--corpus", str(tmp_path)]) == 0
    assert campaign.main(["walks", "fetches", "--corpus", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    for part in (
        "1,200 executions",
        "AssertionError: other values",
        str(path),
        "3000",
        "fetches: 50 executions, nothing",
    ):
        assert part in told


def test_the_runner_runs_where_atheris_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    result = campaign.run("fetches", 1, tmp_path)
    assert not result.failed, str(result)
    assert result.executions >= len(list(harness("fetches").corpus()))
    assert list((tmp_path / "fetches").iterdir())
