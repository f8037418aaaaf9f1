"""Needs: read from the file's form and written back, in words, and what holds when some subjects are not known."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from agent.inventory import Estate
from agent.inventory.needs import AllOf, AnyOf, AtLeast, Needs, Subject, holds, parse, plain, subjects

NAMES = st.sampled_from(["a", "b", "c", "d"])
SUBJECTS = st.builds(Subject, NAMES, st.sampled_from(["device", "link", "site", "service"]))


def compound(inner: st.SearchStrategy[Needs]) -> st.SearchStrategy[Needs]:
    parts = st.lists(inner, min_size=1, max_size=4).map(tuple)
    at_least = parts.flatmap(lambda p: st.integers(1, len(p)).map(lambda n: AtLeast(n, p)))
    return st.one_of(parts.map(AllOf), parts.map(AnyOf), at_least)


EXPRESSIONS: st.SearchStrategy[Needs] = st.recursive(SUBJECTS, compound, max_leaves=12)


@given(EXPRESSIONS)
def test_what_is_written_is_read_back_the_same(needs: Needs) -> None:
    assert parse(plain(needs)) == needs


@given(EXPRESSIONS, st.dictionaries(NAMES, st.sampled_from([True, False, None])))
def test_an_answer_stands_whatever_the_unknown_ones_turn_out_to_be(needs: Needs, known: dict[str, bool | None]) -> None:
    answer = holds(needs, lambda subject: known.get(subject.name))
    unknown = sorted({s.name for s in subjects(needs) if known.get(s.name) is None})
    outcomes = set()
    for values in itertools.product([True, False], repeat=len(unknown)):
        settled = {**known, **dict(zip(unknown, values, strict=True))}
        outcomes.add(holds(needs, lambda subject, now=settled: now[subject.name]))
    assert outcomes <= {True, False}
    # A name may stand several times in an expression, so "not known" may be too careful, and never the reverse.
    assert answer is None or outcomes == {answer}


def test_any_holds_as_soon_as_one_part_does() -> None:
    needs = parse({"any": ["link:a", "link:b"]})
    assert holds(needs, lambda s: {"a": True}.get(s.name)) is True
    assert holds(needs, lambda s: {"a": False}.get(s.name)) is None
    assert holds(needs, lambda s: False) is False


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("link:a", "link:a"),
        ({"all": ["a", {"any": ["link:b", "link:c"]}]}, "a and (link:b or link:c)"),
        ({"any": [{"all": ["a", "b"]}, {"all": ["c"]}]}, "(a and b) or c"),
        ({"all": [{"all": ["a", "b"]}, "c"]}, "a and b and c"),
        ({"at_least": 2, "of": ["a", "b", {"any": ["c", "d"]}]}, "at least 2 of (a, b, c or d)"),
    ],
)
def test_an_expression_is_put_into_words(value: object, words: str) -> None:
    assert str(parse(value)) == words


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (["a"], (), "a list does not say how many are needed"),
        (3, (), "a subject (device:x, link:x, site:x, service:x) or all:, any:, at_least: is wanted"),
        ({"all": []}, ("all",), "a list of at least one subject is wanted"),
        ({"all": ["a"], "any": ["b"]}, (), "one of all:, any: or at_least: with of: is wanted, not 'all', 'any'"),
        ({}, (), "one of all:, any: or at_least: with of: is wanted, not nothing"),
        ({"at_least": 2}, (), "at_least: and of: belong together"),
        ({"at_least": 3, "of": ["a", "b"]}, ("at_least",), "3 are needed and of: lists only 2"),
        ({"at_least": True, "of": ["a"]}, ("at_least",), "at_least: wants a whole number of 1 or more"),
        (
            {"all": ["a", {"any": ["router:b"]}]},
            ("all", 1, "any", 0),
            "'router' is no kind of subject: device:, link:, site:, service:",
        ),
        ("link:", (), "a subject has a name: device:x, link:x, site:x or service:x"),
    ],
)  # fmt: skip
def test_a_flaw_is_told_with_its_place(value: object, path: tuple[Any, ...], message: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse(value)
    (flaw,) = caught.value.context["flaws"]  # type: ignore[index]
    assert (flaw.path, flaw.message) == (path, message)


def test_all_flaws_of_an_expression_are_told() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse({"all": [1, {"any": [2, "x:y"]}]})
    assert [flaw.path for flaw in caught.value.context["flaws"]] == [  # type: ignore[index]
        ("all", 0),
        ("all", 1, "any", 0),
        ("all", 1, "any", 1),
    ]


def test_an_expression_without_end_is_refused() -> None:
    value: Any = "a"
    for _ in range(100):
        value = {"all": [value]}
    with pytest.raises(PydanticCustomError, match="more than 20 expressions inside each other"):
        parse(value)


SERVICES = """
services:
  one: {title: One, owner: both, needs: %s}
  two: {title: Two, owner: both, needs: {all: [one, sw-wf-1]}}
"""


def test_bare_names_are_given_their_kind_when_only_one_thing_bears_them(
    sound: str, estate_of: Callable[[str], Estate]
) -> None:
    estate = estate_of(sound + SERVICES % "{any: [wallfields-a, site:wallfields]}")
    assert str(estate.services["one"].needs) == "link:wallfields-a or site:wallfields"
    assert str(estate.services["two"].needs) == "service:one and device:sw-wf-1"


def test_a_name_that_several_things_bear_is_refused(sound: str, told: Callable[..., list[str]]) -> None:
    text = sound.replace("  wallfields-a: {", "  wallfields: {") + SERVICES % "wallfields"
    (line,) = told(text)
    assert line.endswith(
        "services.one.needs: 'wallfields' is the name of several things (write link:wallfields or site:wallfields)"
    )


def test_needs_in_a_circle_are_refused(sound: str, told: Callable[..., list[str]]) -> None:
    (line,) = told(sound + SERVICES % "{any: [two, sw-wf-1]}")
    assert line.endswith("services.one.needs: needs go in a circle: service:one > service:two > service:one")


def test_a_service_that_needs_a_site_that_needs_it_is_a_circle(sound: str, told: Callable[..., list[str]]) -> None:
    text = (
        sound.replace("owner: east-herts}\nlinks", "owner: east-herts, needs: two}\nlinks")
        + SERVICES % "site:wallfields"
    )
    assert any("needs go in a circle: " in line for line in told(text))
