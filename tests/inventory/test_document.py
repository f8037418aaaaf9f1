"""One YAML file: the same values as PyYAML where YAML is unambiguous, and places that are really there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.inventory.document import Document

PLAIN_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff")
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(allow_nan=False), PLAIN_TEXT, st.dates()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(PLAIN_TEXT, inner, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(PLAIN_TEXT, VALUES, max_size=5), st.booleans())
def test_what_yaml_writes_is_read_back_the_same(value: dict[str, Any], flow: bool) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow)
    document = Document("f.yaml", text)
    assert document.problems == []
    assert document.data == value


@given(st.dictionaries(PLAIN_TEXT, VALUES, min_size=1, max_size=5), st.data())
def test_every_place_is_where_the_value_begins(value: dict[str, Any], data: st.DataObject) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=False)
    document = Document("f.yaml", text)
    key = data.draw(st.sampled_from(sorted(value)))
    line, column = document.place((key,), of_key=True)
    node = yaml.compose(text, Loader=yaml.SafeLoader)  # the pure Python parser: another implementation
    marks = {k.value: k.start_mark for k, _ in node.value if k.tag.endswith(":str")}
    assert (line, column) == (marks[key].line + 1, marks[key].column + 1)


@pytest.mark.parametrize("text", ["010", "-010", "0_7", "1:30", "1:30:15", "1:30.5", "0x1F", "0b11", "1_000"])
def test_numbers_that_readers_disagree_about_are_refused(text: str) -> None:
    (problem,) = Document("f.yaml", f"a: {text}").problems
    assert (problem.line, problem.column, problem.key) == (1, 4, "a")
    assert text in problem.message
    assert Document("f.yaml", f'a: "{text}"').data == {"a": text}


@pytest.mark.parametrize("text", ["yes", "No", "ON", "off", "true"])
def test_a_boolean_key_is_refused_and_a_quoted_one_is_text(text: str) -> None:
    (problem,) = Document("f.yaml", f"{text}: 1").problems
    assert problem.suggestion == f'put it in quotes: "{text}"'
    assert Document("f.yaml", f'"{text}": 1').data == {text: 1}


def test_a_day_is_a_date_and_one_that_never_was_is_refused() -> None:
    assert Document("f.yaml", "a: 2016-04-01").data == {"a": date(2016, 4, 1)}
    assert [p.message for p in Document("f.yaml", "a: 2016-02-30").problems] == ["there is no day 2016-02-30"]


MERGES = """\
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one:
  <<: *base
  b: 9
two:
  <<: [*base, *more]
"""


def test_merge_keys_work_and_what_is_written_beside_them_wins() -> None:
    document = Document("f.yaml", MERGES)
    assert document.problems == []
    assert document.data["one"] == {"a": 1, "b": 9}
    assert document.data["two"] == {"a": 1, "b": 2, "c": 4}  # the earlier of a list wins (YAML merge key, 2005)
    assert document.data == yaml.safe_load(MERGES)


def test_a_merged_value_has_its_place_at_the_anchor() -> None:
    document = Document("f.yaml", MERGES)
    assert document.place(("one", "a")) == (1, 17)
    assert document.place(("one", "b")) == (5, 6)
    assert document.place(("two", "c")) == (2, 23)


def test_a_key_twice_names_both_lines_and_keeps_the_first() -> None:
    document = Document("f.yaml", "a: 1\nb: 2\na: 3\n")
    assert [str(p) for p in document.problems] == [
        "f.yaml:3:1: a: this key stands twice; the first is at line 1 (remove one of them)"
    ]
    assert document.data == {"a": 1, "b": 2}


def test_a_place_that_is_not_there_is_the_nearest_that_is() -> None:
    document = Document("f.yaml", "a:\n  b: [1, 2]\n")
    assert document.place(("a", "b", 7)) == document.place(("a", "b")) == (2, 6)
    assert document.place(("nothing",)) == (1, 1)


def test_a_byte_order_mark_is_no_character(tmp_path: Any) -> None:
    from agent.inventory.document import read_document

    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    document = read_document(path, "bom.yaml")
    assert document.data == {"a": 1}
    assert document.place(("a",), of_key=True) == (1, 1)
