"""Names, labels and numbers as Prometheus reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from agent.exporter.text import Format, number, series_text
from agent.hostile import LONGEST, plain

HOSTILE = st.text(st.characters(), max_size=400)


@given(HOSTILE)
def test_any_label_a_device_may_send_comes_back_from_the_parser_as_its_plain_text(said: str) -> None:
    line = series_text("x", (("ifAlias", said),))
    (family,) = text_families(f"# TYPE x gauge\n{line} 1\n")
    assert family.samples[0].labels == {"ifAlias": plain(said)}


@given(HOSTILE)
def test_the_openmetrics_parser_gives_the_same_label(said: str) -> None:
    line = series_text("x", (("ifAlias", said),))
    (family,) = open_families(f"# TYPE x gauge\n{line} 1\n# EOF\n")
    assert family.samples[0].labels == {"ifAlias": plain(said)}


@given(HOSTILE)
def test_plain_text_is_one_bounded_printable_line(said: str) -> None:
    result = plain(said)
    assert len(result) <= LONGEST
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in result)
    result.encode("utf-8")  # no half surrogates
    assert "\u202e" not in result
    assert plain(result) == result


def test_terminal_escapes_and_direction_overrides_are_taken_out_and_words_stay_apart() -> None:
    assert plain("uplink\r\n\x1b[31mred\u202eevil\x00") == "uplink [31mredevil"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert plain("a" * 5000) == "a" * (LONGEST - 1) + "…"


@given(st.one_of(st.integers(-(2**63), 2**64), st.floats(allow_nan=False)))
def test_numbers_come_back_unchanged(value: float) -> None:
    (family,) = text_families(f"# TYPE x gauge\nx {number(value)}\n")
    assert float(family.samples[0].value) == float(value)


def test_numbers_that_are_none_are_written_as_prometheus_spells_them() -> None:
    assert [number(float(v)) for v in ("nan", "inf", "-inf")] == ["NaN", "+Inf", "-Inf"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Format.TEXT),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", Format.OPEN),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.8", Format.TEXT),
        ("application/openmetrics-text;q=nonsense", Format.TEXT),
        ("application/openmetrics-text;q=0", Format.TEXT),
    ],
)
def test_the_format_follows_the_accept_header(accept: str, form: Format) -> None:
    assert Format.wanted(accept) is form
