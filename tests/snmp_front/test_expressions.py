"""Go's regular expressions, templates and numbers in Python, and that no text keeps the matcher for ever."""

from __future__ import annotations

import re
from re import _parser as parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.exporter.snmp.expressions import LONGEST, ExpressionInvalid, compiled, expanded, go_number
from agent.exporter.snmp.linear import Groups, Linear

PIECES = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", r"\s", r"\b", "(?:ab|a)", "(a|b)", "(a*)", "(b+?)", "a?", "b??",
     "a{2}", "b{1,3}", "(?:a|b)*", "(?:a*b)*", "^", "(?i:A)", "(a)?", "[a-c0-9]", r"\D", r"[^\w]"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=6).map("".join), st.text("abAB1 \n", max_size=12))
def test_the_linear_matcher_finds_what_pythons_own_finds(expression: str, text: str) -> None:
    own = re.compile(expression, re.ASCII)
    ours = Linear(parser.parse(expression, re.ASCII))
    assert ours.anywhere(text) is (own.search(text) is not None)
    whole, theirs = ours.whole(text), own.fullmatch(text)
    assert (whole is None) is (theirs is None)
    if whole is not None and theirs is not None and "*)" not in expression and ")*" not in expression:
        # Where a repeat may match nothing, which of the empty ways the groups tell of is each engine's own affair.
        assert whole.texts[1:] == theirs.groups()


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)(.*)x", "(?:a?){30}a{30}", "(a*)*b"])
def test_expressions_that_run_away_elsewhere_come_to_an_end_here(expression: str) -> None:
    made = compiled(expression)
    assert isinstance(made.pattern, Linear)
    text = "a" * (LONGEST + 50) + "!"
    assert made.whole(text[-40:]) is None
    made.whole(text)  # a million steps at most: a test that hangs fails
    made.anywhere(text)


def test_simple_expressions_are_left_to_pythons_engine() -> None:
    assert isinstance(compiled(".*Version ([0-9.]+)").pattern, re.Pattern)


@pytest.mark.parametrize(
    ("expression", "text", "groups"),
    [
        (r"(?i)up", "UP", ()),
        (r"(?s)a.b", "a\nb", ()),
        (r"a.b", "a\nb", None),
        (r"([[:digit:]]+)[[:alpha:]]", "42V", ("42",)),
        (r"\Q1.5(x)\E(.)", "1.5(x)7", ("7",)),
        (r"(?P<n>\d)x", "7x", ("7",)),
        (r"(?<n>\d)x", "7x", ("7",)),
        (r"on$", "on", ()),
        (r"on$", "on\n", None),
        (r"\d+", "\u0663", None),  # an Arabic digit: RE2's \d is ASCII
        (r"[]a]+", "]a", ()),
        (r"[^]]+", "ab", ()),
        (r"(?:a|ab)(c|bcd)(d*)", "abcd", ("bcd", "")),
        (r"a\z", "a", ()),
        (r"(?m)(a)$\n^b", "a\nb", ("a",)),
    ],
)
def test_what_re2_writes_otherwise_is_understood(expression: str, text: str, groups: tuple[str, ...] | None) -> None:
    found = compiled(expression).whole(text)
    assert (None if found is None else found.texts[1:]) == groups


@pytest.mark.parametrize(
    "expression",
    ["(", "a{2", "(?=a)", "(?<!a)b", r"(a)\1", r"\pL", "(?U)a*", "a(?i)b", "[[:^digit:]]", "a*+", "x" * 2000, "[b-a]",
     "(?:(?:a{100}){100}){100}b*b*b*"],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_when_the_file_is_read(expression: str) -> None:
    if expression == "a{2":  # RE2 and Python both take it for the characters themselves
        assert compiled(expression).whole("a{2") is not None
        return
    with pytest.raises(ExpressionInvalid):
        compiled(expression)


@pytest.mark.parametrize(
    ("template", "text"),
    [("$1", "15"), ("${1}0", "150"), ("$10", ""), ("$1x", ""), ("$n.$2", "15.2"), ("$$1", "$1"), ("$9", ""), ("$", "$"),
     ("0$1", "015"), ("$3", "")],
)  # fmt: skip
def test_templates_are_filled_as_go_fills_them(template: str, text: str) -> None:
    assert expanded(Groups(("15.2", "15", "2", None), {"n": 1}), template) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), ("-1.5e3", -1500.0), (".5", 0.5), ("5.", 5.0), ("0x1p-2", 0.25), ("+Inf", float("inf")), (" 1", None),
     ("1_0", None), ("", None), ("1e400", None), ("0x10", None), ("1,5", None), ("\u0661", None), ("9" * 2000, None),
     ("0x1p99999", None)],
)  # fmt: skip
def test_numbers_are_read_as_go_reads_them(text: str, number: float | None) -> None:
    assert go_number(text) == number
