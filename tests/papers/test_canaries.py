"""No form of the public edition holds a value of a class that is not public, in any of its parts."""

from __future__ import annotations

from collections import defaultdict

import pytest

from agent.reports import Edition
from agent.reports.editions import PUBLIC, Field
from tests.papers.conftest import Made
from tests.papers.making import CANARIES, canary_of, everything_in, squeezed, text_of_pdf

FORMS = (".html", ".pdf", ".docx", ".xlsx")


def found_in(made: dict[str, bytes], words: list[str]) -> dict[str, list[str]]:
    """By word, the parts of files that hold it."""
    places: dict[str, list[str]] = defaultdict(list)
    wanted = {word: squeezed(word) for word in words}
    for name, content in made.items():
        for part, inside in everything_in(name, content):
            said = squeezed(inside)
            for word, small in wanted.items():
                if small in said:
                    places[word].append(part)
    return places


def test_no_canary_of_the_estate_is_in_any_part_of_a_public_file(quarter: Made) -> None:
    assert {".html", ".pdf", ".docx", ".xlsx", "-services.csv"} <= quarter[Edition.PUBLIC].keys()
    assert found_in(quarter[Edition.PUBLIC], ["canary", *CANARIES.values(), "98,765", "98765", "123,456"]) == {}
    assert "£" not in quarter[Edition.PUBLIC][".html"].decode() + text_of_pdf(quarter[Edition.PUBLIC][".pdf"])


def test_the_same_canaries_are_in_the_exempt_edition_in_every_form(quarter: Made) -> None:
    """So that the test above can fail: these are what a leak would look like, in the parts where it would be."""
    words = ("device", "serial", "model", "version", "site", "supplier", "circuit", "reason", "exception", "keeper",
             "kept", "product", "owner", "work", "why")  # fmt: skip
    for form in FORMS:
        places = found_in({form: quarter[Edition.EXEMPT][form]}, [*(CANARIES[word] for word in words), "98,765.43"])
        for word in words:
            assert places[CANARIES[word]], f"{word} is not in {form}"
        assert places["98,765.43"] or form == ".xlsx", "Excel has it as a number"


@pytest.mark.parametrize("field", Field, ids=lambda field: field.name)
def test_a_value_of_each_class_is_public_or_in_no_part_of_any_form(field: Field, canaries: Made, parts: Parts) -> None:
    """In sentences, cells, notes, and the names, values, words and targets of charts."""
    word = squeezed(canary_of(field))
    public = {part for part, said in parts[Edition.PUBLIC] if word in said}
    exempt = {part for part, said in parts[Edition.EXEMPT] if word in said}
    for form in FORMS:
        assert any(part.startswith(form) for part in exempt), f"{form} of the exempt edition has no {field}"
        assert any(part.startswith(form) for part in public) is (field in PUBLIC), form
    assert bool(public) is (field in PUBLIC)
    assert any(part.endswith(".csv") for part in exempt)


Parts = dict[Edition, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def parts(canaries: Made) -> Parts:
    """(part of a file, all that it says), taken apart once for all classes."""
    return {
        edition: [
            (part, squeezed(inside)) for name, content in made.items() for part, inside in everything_in(name, content)
        ]
        for edition, made in canaries.items()
    }


def test_the_places_in_which_the_exempt_edition_has_canaries_are_the_hidden_ones_too(parts: Parts) -> None:
    """Alternative texts, titles of pictures, properties of tables: the search would find a leak there."""
    word = squeezed(canary_of(Field.SERIAL))
    places = {part for part, said in parts[Edition.EXEMPT] if word in said}
    alternative = squeezed(f"A chart. {canary_of(Field.SERIAL)}-G")
    hidden = {part for part, said in parts[Edition.EXEMPT] if alternative in said}
    assert ".docx/word/document.xml" in hidden
    assert any(part.startswith(".xlsx/xl/drawings/") for part in hidden)
    assert any(part.startswith(".pdf: object") for part in hidden)
    assert ".pdf: text" in places
    svg = squeezed(f"<desc id='chart-serial-2-desc'>{canary_of(Field.SERIAL)}-G".replace("'", '"'))
    assert any(svg in said for part, said in parts[Edition.EXEMPT] if part == ".html")


def test_exempt_parts_say_under_which_paragraph_in_every_form_and_public_ones_say_nothing(quarter: Made) -> None:
    for form in FORMS:
        exempt = {".": quarter[Edition.EXEMPT][form]}
        words = ["paragraph 7 (prevention of crime)", "paragraph 3 (financial or business affairs)",
                 "This table is exempt under Schedule 12A", "Local Government Act 1972"]  # fmt: skip
        places = found_in({form: exempt["."]}, words)
        assert set(places) == set(words), form
        assert found_in({form: quarter[Edition.PUBLIC][form]}, ["Schedule 12A", "exempt under"]) == {}, form
    assert found_in({".html": quarter[Edition.EXEMPT][".html"]}, ["These columns are exempt"]), "of a mixed table"


def test_every_form_says_which_edition_it_is(quarter: Made) -> None:
    for edition, made in quarter.items():
        other = next(one for one in Edition if one is not edition)
        for form in FORMS:
            assert found_in({form: made[form]}, [edition.part]), form
            assert not found_in({form: made[form]}, [other.part]), form
