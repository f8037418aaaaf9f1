"""Indexes and values as labels and numbers: taken apart octet by octet, whatever a device sends."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.exporter.snmp.numbers import bit, date_and_time, ntp_time, number_of, parsed_date
from agent.exporter.snmp.texts import LONGEST, fit, hinted, text_of, text_of_parts
from collectors.session import Ip, Oid, Value

ARCS = st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1)), max_size=40)
STRINGS = ["OctetString", "DisplayString", "PhysAddress48", "InetAddress", "InetAddressIPv4", "InetAddressIPv6",
           "InetAddressMissingSize", "LldpPortId", "IpAddr"]  # fmt: skip
KINDS = st.sampled_from(["gauge", "counter", "Integer", "Integer32", "EnumAsInfo", *STRINGS])


@given(ARCS, KINDS, st.integers(0, 128), st.booleans())
def test_any_index_is_taken_apart_without_failing_and_what_is_left_is_its_end(
    arcs: list[int], kind: str, fixed: int, implied: bool
) -> None:
    text, used, rest = text_of_parts(arcs, kind, fixed, implied, {1: "one"})
    assert not rest or arcs[-len(rest) :] == rest
    assert len(used) + len(rest) >= len(arcs)
    assert used[: len(arcs)] == arcs[: len(used)]
    assert set(used[len(arcs) :]) <= {0}
    assert len(text) <= 4 * 512 + 2
    text.encode()


@given(st.text(max_size=60), st.binary(min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_an_index_written_by_the_rules_is_read_back(text: str, code: bytes, number: int) -> None:
    octets = text.encode()
    read, _, rest = text_of_parts([len(octets), *octets, *code, number], "DisplayString")
    assert read == text
    read, _, rest = text_of_parts(rest, "OctetString", fixed_size=3)
    assert read == f"0x{code.hex().upper()}"
    assert text_of_parts(rest, "gauge") == (str(number), [number], [])
    assert text_of_parts(list(octets), "DisplayString", implied=True)[0] == text


def test_a_length_that_only_a_device_believes_in_costs_no_memory() -> None:
    text, _, rest = text_of_parts([4_000_000_000, 65, 66], "DisplayString")
    assert text.rstrip("\0") == "AB"
    assert len(text) <= 128
    assert rest == []


@given(st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(), st.binary(max_size=300), st.none()), KINDS)
def test_any_value_becomes_a_label_and_a_number_or_none(value: Value, kind: str) -> None:
    shown = fit(text_of(value, kind))
    shown.encode()
    assert not set(shown) & {"\x00", "\x1b", "\u202e"}
    number = number_of(value)
    assert (number is None) is (value is None or isinstance(value, bytes))
    if isinstance(value, int):
        assert number is not None
        assert number < 2**53
        assert (number - value) % 2**53 == 0


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (b"", "OctetString", ""),
        (b"\x00\xff", "", "0x00FF"),
        (b"a\xff\xfeb", "DisplayString", "a\ufffdb"),
        (Oid("1.3.6.1"), "OctetString", "1.3.6.1"),
        (Ip("192.0.2.1"), "InetAddressIPv4", "192.0.2.1"),
        (b"\x05Gi", "gauge", "5"),
        (0.1, "gauge", "0.1"),
        (struct.unpack(">f", struct.pack(">f", 23.4))[0], "gauge", "23.4"),
        (1e21, "gauge", "1000000000000000000000"),
        (1e-7, "gauge", "0.0000001"),
        (5.0, "gauge", "5"),
        (float("inf"), "gauge", "+Inf"),
        (-7, "DisplayString", "-7"),
        (None, "DisplayString", ""),
        (b"\x01\x04\x0a\x00\x00\x01", "InetAddress", "10.0.0.1"),
    ],
)
def test_values_are_written_as_snmp_exporter_writes_them(value: Value, kind: str, text: str) -> None:
    assert text_of(value, kind) == text


def test_text_that_may_not_be_shown_is_taken_out_and_the_rest_is_bounded() -> None:
    assert fit("a\x1b[31mb\u202ec\td\ne") == "a[31mbc\td\ne"
    assert len(fit("x" * 1_000_000)) == LONGEST


@pytest.mark.parametrize(
    ("hint", "octets", "text"),
    [
        ("1d.1d.1d.1d", bytes([192, 0, 2, 1]), "192.0.2.1"),
        ("1x:", bytes.fromhex("001a2b"), "00:1A:2B"),
        ("255a", b"Hello", "Hello"),
        ("255t", "\u00e9t\u00e9".encode(), "\u00e9t\u00e9"),
        ("2d-1d-1d,1d:1d:1d.1d", bytes([7, 234, 5, 13, 12, 30, 59, 9]), "2026-5-13,12:30:59.9"),
        ("*1x:/1x:", bytes([2, 0x10, 0x20, 0x30, 0x40]), "10:20/30:40"),
        ("1o", bytes([8]), "10"),
        ("0a", b"x", None),
        ("9d", bytes(9), None),
        ("1q", b"x", None),
        ("", b"x", None),
        ("1d", b"", None),
    ],
)
def test_display_hints_are_followed(hint: str, octets: bytes, text: str | None) -> None:
    assert hinted(hint, octets) == text


@given(st.text("*0123456789dxoat:./- ", max_size=12), st.binary(max_size=40))
def test_any_display_hint_comes_to_an_end(hint: str, octets: bytes) -> None:
    shown = hinted(hint, octets)
    assert shown is None or len(shown) <= 40 * 22 * 2


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is put in below
    st.integers(-12 * 60, 14 * 60),
)
def test_a_moment_is_read_as_python_reads_it(moment: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    at = moment.replace(microsecond=0, tzinfo=zone)
    octets = at.year.to_bytes(2, "big") + bytes([at.month, at.day, at.hour, at.minute, at.second, 0])
    sign = b"+" if minutes >= 0 else b"-"
    wanted = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert date_and_time(octets + sign + bytes(divmod(abs(minutes), 60))) == wanted
    assert date_and_time(octets) == wanted + minutes * 60


@given(st.binary(max_size=12))
def test_any_octets_are_a_moment_or_none(octets: bytes) -> None:
    assert (date_and_time(octets) is None) or len(octets) in (8, 11)


def test_dates_by_pattern_and_ntp_times() -> None:
    wanted = int(datetime(2026, 5, 13, 8, 9, 10, tzinfo=UTC).timestamp())
    assert parsed_date("Wed May 13 08:09:10 2026", "%a %b %d %H:%M:%S %Y") == wanted
    assert parsed_date("2026-05-13 08:09:10", "%F %T") == wanted
    assert parsed_date("2026-05-13T10:09:10+0200", "%Y-%m-%dT%H:%M:%S%z") == wanted
    assert parsed_date("soon", "%F %T") is None
    assert parsed_date("2026", "%Q") is None
    assert ntp_time((wanted + 2_208_988_800).to_bytes(4, "big") + b"\x80\0\0\0") == wanted
    assert ntp_time(b"short") is None
    assert ntp_time(5) is None


def test_the_first_bit_is_the_highest_of_the_first_octet() -> None:
    assert [bit(b"\x81\x40", n) for n in (0, 1, 7, 8, 9, 16)] == [1, 0, 1, 0, 1, 0]
