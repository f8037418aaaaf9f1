"""Purchase records: what a file may look like, what is refused and in which words, what matches and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.facts import Asset, Purchase
from agent.hardware.register import pieces_of
from agent.inventory.model import Estate
from agent.lifecycle.same import serial_key
from agent.purchases import FileRefused, Reading, Report, last_of, matched, records_of, table_of
from agent.purchases.columns import mistyped
from agent.purchases.matching import KEPT
from agent.purchases.table import MOST_COLUMNS, MOST_OCTETS, MOST_ROWS

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COUNCILS = {"stevenage": "Stevenage Borough Council", "east-herts": "East Herts District Council"}
GOOD = "serial,purchased,price\nFCW2140L0AB,2019-04-01,1234.50\n"


def read(text: str | bytes, name: str = "purchases.csv") -> Reading:
    octets = text if isinstance(text, bytes) else text.encode()
    return records_of(table_of(octets, name), COUNCILS, TODAY)


def one(cell: str, header: str = "purchased") -> Reading:
    """A file with one row, in which one cell is to be looked at."""
    return read(f'serial;{header}\nFCW2140L0AB;"{cell}"\n')


def fact(cell: str, header: str, name: str = "") -> object:
    reading = one(cell, header)
    assert reading.faults == ()
    (record,) = reading.records
    return record.facts[name or header]


def fault(cell: str, header: str) -> str:
    reading = one(cell, header)
    assert reading.records == ()
    (found,) = reading.faults
    assert (found.file, found.line, found.column) == ("purchases.csv", 2, header)
    return found.said


def asset(serial: str | None = "FCW2140L0AB", number: int = 1, **changes: object) -> Asset:
    made = Asset(
        UUID(int=number), f"serial:cisco/{serial}", "sw-1", "chassis", "sw-1", "", "Cisco", "C9300-48P", serial, "17.9",
        None, None, None, NOW, NOW,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def match(text: str, assets: Sequence[Asset] = (), before: Sequence[Purchase] = ()) -> Report:
    return matched(read(text), assets, before, "jo", NOW)


# ---------------------------------------------------------------- the file
@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(GOOD.encode(), id="UTF-8"),
        pytest.param(GOOD.encode("utf-8-sig"), id="UTF-8 with a byte order mark, as Excel writes it"),
        pytest.param(GOOD.replace(",", ";").encode("cp1252"), id="semicolons"),
        pytest.param(GOOD.replace(",", "\t").encode(), id="tabs"),
        pytest.param(GOOD.replace("\n", "\r\n").encode(), id="line ends of Windows"),
        pytest.param(b"sep=,\r\n" + GOOD.encode(), id="the separator said by Excel"),
        pytest.param(b"\n\n" + GOOD.encode() + b"\n,,\n", id="empty rows"),
    ],
)
def test_a_file_is_read_however_it_was_saved(octets: bytes) -> None:
    reading = read(octets)
    assert reading.faults == ()
    assert reading.records[0].facts == {"purchased": "2019-04-01", "price_pence": 123450}


def test_pound_signs_and_accents_of_windows_are_read() -> None:
    text = "Serial No.,Unit Price,Supplier\nFCW2140L0AB,£99.00,Café Réseau\n"
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        (record,) = read(text.encode(encoding)).records
        assert record.facts == {"price_pence": 9900, "supplier": "Café Réseau"}


@pytest.mark.parametrize(
    ("octets", "name", "says"),
    [
        (b"", "purchases.csv", "it is empty"),
        (b"\n\n", "purchases.csv", "it is empty"),
        (b"PK\x03\x04....", "purchases.xlsx", "CSV UTF-8"),
        (b"PK\x03\x04....", "purchases.csv", "CSV UTF-8"),
        (b"anything", "purchases.XLSX", "CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1", "purchases.csv", "spreadsheet (.xls)"),
        ("serial,price\nA1,1".encode("utf-16"), "purchases.csv", "UTF-16"),
        (b"serial,price\nA1,\0", "purchases.csv", "bytes in it that no CSV file has"),
        (b"serial,price\nA1,\x81", "purchases.csv", "neither UTF-8 nor Windows-1252"),
        (b'serial,price\nA1,"12', "purchases.csv", "never closed"),
        (b"serial,price\nA1," + b"1" * 200_000, "purchases.csv", "far too long"),
        (b"a" * (MOST_OCTETS + 1), "purchases.csv", "larger than 20 MB"),
        (b"serial,price\n" + b"A1,1\n" * (MOST_ROWS + 1), "purchases.csv", "more than 100,000 rows"),
        (b"serial" + b"," * MOST_COLUMNS, "purchases.csv", "more than 200 columns"),
        (b"purchased,price\n2019-04-01,1", "purchases.csv", "no column with serial numbers"),
        (b"serial,model\nA1,C9300", "purchases.csv", "no column says anything of a purchase"),
    ],
)
def test_what_is_no_table_of_purchases_is_refused_as_a_whole_with_advice(octets: bytes, name: str, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(octets, name)
    assert says in str(refused.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_gives_records_or_words(text: str) -> None:
    faults = tried(("serial,purchased,price,council share\n" + text).encode())
    assert all(said.isprintable() for said in faults)


@given(st.binary(max_size=200))
def test_any_bytes_give_records_or_words(octets: bytes) -> None:
    assert all(said.isprintable() for said in tried(octets))


def tried(octets: bytes) -> list[str]:
    """What is said against a file, of a row or of all of it."""
    try:
        report = matched(read(octets), [asset()], [], "jo", NOW)
    except FileRefused as problem:
        return str(problem).splitlines()
    assert all(line.text for line in report.lines if line.outcome == "refused")
    return [str(fault) for fault in report.faults]


# ---------------------------------------------------------------- columns
@pytest.mark.parametrize(
    ("header", "cell", "name", "value"),
    [
        ("Order Date", "2019-04-01", "purchased", "2019-04-01"),
        ("INVOICE_DATE", "2019-04-01", "purchased", "2019-04-01"),
        ("in service", "2019-04-01", "installed", "2019-04-01"),
        ("Warranty End", "2031-04-01", "support_until", "2031-04-01"),
        ("Net Price (£)", "5", "price_pence", 500),
        ("vendor sold by", "Softcat", "supplier", "Softcat"),
    ],
)
def test_columns_go_by_many_names(header: str, cell: str, name: str, value: object) -> None:
    assert fact(cell, header, name) == value


def test_a_column_that_is_not_known_is_named_and_left_alone() -> None:
    reading = read("serial,price,Rack position,Host\nA1B2C3,5,U4,sw-1\n")
    assert [str(one) for one in reading.warnings] == [
        "purchases.csv:1: Rack position: the column is not known and is left alone",
        "purchases.csv:1: Host: the column is not known and is left alone",
    ]
    assert len(reading.records) == 1


def test_a_header_of_enormous_length_is_one_that_is_not_known() -> None:
    reading = read(f"serial,price,a{' ' * 100_000}x\nA1B2C3,5,x\n")
    assert len(reading.records) == 1
    assert len(str(reading.warnings[0])) < 200


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("serail", "did you mean 'serial'?"),
        ("purchsed", "did you mean 'purchased'?"),
        ("suport until", "did you mean 'support until'?"),
        ("Suplier", "did you mean 'supplier'?"),
        ("share:stevnage", "did you mean 'stevenage'?"),
        ("Cost", "it means the same as 'price'"),
    ],
)
def test_a_column_that_was_mistyped_is_refused(header: str, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(f"serial number,price,{header}\nA1B2C3,5,x\n")
    assert f"purchases.csv:1: {header}: " in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["host", "purchaseorder", "site", "name", "code", "ordernumber", "status", "asset"])
def test_other_words_are_not_taken_for_mistyped_ones(name: str) -> None:
    assert not any(mistyped(name, known) for known in ("cost", "purchasedate", "sn", "make", "serial", "orderdate"))


# ---------------------------------------------------------------- days
@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2019-04-01", "2019-04-01"), ("01/04/2019", "2019-04-01"), ("1/4/2019", "2019-04-01"),
        ("31.12.2019", "2019-12-31"), ("1 April 2019", "2019-04-01"), ("01-Apr-2019", "2019-04-01"),
        ("1-Sept-2019", "2019-09-01"), ("29/02/2020", "2020-02-29"), ("01/04/2019 00:00", "2019-04-01"),
        ("2019-04-01T00:00:00", "2019-04-01"), ("2026-11-22", "2026-11-22"),
    ],
)  # fmt: skip
def test_days_are_iso_or_british(cell: str, day: str) -> None:
    assert fact(cell, "purchased") == day


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("04/25/2019", "the day comes first"), ("25/13/2019", "no day 2019-13-25"), ("31/04/2019", "no day 2019-04-31"),
        ("29/02/2019", "no day 2019-02-29"), ("2026-11-23", "lies in the future"), ("1989-12-31", "before 1990"),
        ("01/01/1970", "before 1990"), ("01/04/19", "which century"), ("1-Apr-19", "which century"),
        ("43556", "keeps days"), ("April 2019", "a date is year-month-day"), ("1 Ju 2019", "year-month-day"),
        ("1 Xyz 2019", "no month"), ("yesterday", "year-month-day"), ("2019-04-01 09:30", "year-month-day"),
        ("#N/A", "could not work this cell out"), ("00/00/0000", "no day"), ("2019\n04", "do not show"),
    ],
)  # fmt: skip
def test_days_that_are_none_are_refused(cell: str, says: str) -> None:
    assert says in fault(cell, "purchased")


def test_support_may_end_in_the_future_but_not_beyond_thirty_years() -> None:
    assert fact("2031-03-31", "support until", "support_until") == "2031-03-31"
    assert "30 years ahead" in fault("2131-03-31", "support until")


# ---------------------------------------------------------------- money
@pytest.mark.parametrize(
    ("cell", "pence"),
    [
        ("£1,234.50", 123450), ("1234.5", 123450), ("1,234", 123400), ("£ 5", 500), ("GBP 10.00", 1000), ("0", 0),
        ("12 GBP", 1200), ("1,234,567.89", 123456789), ("12.3400", 1234), ("0.07", 7),
    ],
)  # fmt: skip
def test_money_is_whole_pence(cell: str, pence: int) -> None:
    assert fact(cell, "price", "price_pence") == pence


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("-5", "negative"), ("-£5", "negative"), ("£-5", "negative"), ("(5.00)", "negative"), ("\u22125", "negative"),
        ("$5", "not in pounds"), ("5 EUR", "not in pounds"), ("12.345", "no amount"), ("1.234,50", "no amount"),
        ("1,23", "no amount"), ("=1+1", "no amount"), ("ten", "no amount"), ("1e5", "no amount"), ("NaN", "no amount"),
        ("Infinity", "no amount"), ("99999999999", "thousand million"), ("1" * 100, "no amount"),
        ("\u0661\u0662", "no amount"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused(cell: str, says: str) -> None:
    assert says in fault(cell, "price")


# ---------------------------------------------------------------- shares
HALVES = (("stevenage", "0.55"), ("east-herts", "0.45"))


@pytest.mark.parametrize(
    ("cell", "shares"),
    [
        ("stevenage 55%, east-herts 45%", HALVES),
        ("East Herts District Council: 45% / Stevenage: 55%", HALVES),
        ("stevenage=0.55/east herts=0.45", HALVES),
        ("55% stevenage, 45% east-herts", HALVES),
        ("Stevenage", (("stevenage", "1"),)),
        ("stevenage 100%, east-herts 0%", (("stevenage", "1"),)),
        ("stevenage 33.333%, east-herts 66.667%", (("stevenage", "0.33333"), ("east-herts", "0.66667"))),
    ],
)
def test_shares_are_named(cell: str, shares: object) -> None:
    assert fact(cell, "council share", "shares") == shares


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("stevenage 55%, east-herts 44%", "sum to 0.99"), ("0.55/0.45", "does not say of which council"),
        ("stevenege 55%, east-herts 45%", "did you mean 'stevenage'?"), ("stevenage 55, east-herts 45", "write 55%"),
        ("stevenage 55%, stevenage 45%", "named twice"), ("London 100%", "no council 'London'"),
        ("stevenage 101%", "more than the whole"), ("half each", "no council with its share"),
        ("stevenage -5%, east-herts 105%", "more than the whole"), (",", "sum to 0"),
    ],
)  # fmt: skip
def test_shares_that_are_none_are_refused(cell: str, says: str) -> None:
    assert says in fault(cell, "council share")


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("share:stevenage;share:east-herts", "0.55;0.45"),
        ("Stevenage share;East Herts share", "55%;45%"),
        ("share: stevenage/east-herts", "0.55/0.45"),
    ],
)
def test_shares_stand_in_columns_of_their_own(header: str, cells: str) -> None:
    (record,) = read(f"serial;{header}\nA1B2C3;{cells}\n").records
    assert record.facts["shares"] == HALVES


def test_columns_of_shares_must_sum_as_well_and_a_blank_one_is_nothing() -> None:
    header = "serial;price;share:stevenage;share:east-herts"
    reading = read(f"{header}\nA1B2C3;1;0.55;0.44\nB1B2C3;1;100%;\nC1B2C3;1;;\n")
    assert [str(one) for one in reading.faults] == [
        "purchases.csv:2: share:stevenage, share:east-herts: the shares sum to 0.99, not to 1"
    ]
    assert [record.facts.get("shares") for record in reading.records] == [(("stevenage", "1"),), None]


@given(st.integers(0, 10_000))
def test_shares_that_are_taken_sum_to_exactly_one(part: int) -> None:
    cell = f"stevenage {part / 100:.2f}%, east-herts {(10_000 - part) / 100:.2f}%"
    shares = fact(cell, "share", "shares")
    assert isinstance(shares, tuple)
    assert sum(Decimal(share) for _, share in shares) == 1


# ---------------------------------------------------------------- rows
@pytest.mark.parametrize(
    ("serial", "says"),
    [
        ("", "it is empty"), ("To be filled by O.E.M.", "no serial number"), ("0000000", "no serial number"),
        ("1.23457E+11", "shortened the serial number"), ("FCW\u200b2140", "do not show"), ("A" * 121, "120 characters"),
        ("#REF!", "could not work this cell out"), ("A" * 300, "longer than 200"),
    ],
)  # fmt: skip
def test_serial_numbers_that_are_none_are_refused(serial: str, says: str) -> None:
    reading = read(f"serial,price\n{serial},5\n")
    assert reading.records == ()
    assert says in str(reading.faults[0])


def test_every_fault_of_a_row_is_named_with_its_line_and_column() -> None:
    reading = read('Serial No,Order date,Price,Supplier\n"A1",x,y,"two\nlines"\nB1B1,2019-04-01,5,BT\n')
    assert [(one.line, one.column) for one in reading.faults] == [(2, "Order date"), (2, "Price"), (2, "Supplier")]
    assert [record.line for record in reading.records] == [4]


def test_a_row_with_too_many_cells_or_nothing_to_say_is_refused() -> None:
    reading = read("serial,price,model\nA1B2,1,234,50\nC1B2,,C9300\n")
    assert [one.line for one in reading.faults] == [2, 3]
    assert "quotation marks" in str(reading.faults[0])
    assert "nothing of a purchase" in str(reading.faults[1])


# ---------------------------------------------------------------- matching
def test_the_facts_that_are_kept_are_all_there_are() -> None:
    assert set(KEPT) == {field.name for field in fields(Purchase)} - {"serial", "at", "author", "origin"}


def test_serial_numbers_match_whatever_their_case_and_blanks() -> None:
    report = match("serial,price\nfcw 2140 l0ab,5\n", [asset()])
    (line,) = report.lines
    assert (line.outcome, line.device, line.place, line.model) == ("matched", "sw-1", "chassis", "C9300-48P")
    (bought,) = report.purchases
    assert (bought.price_pence, bought.author, bought.origin, bought.at) == (500, "jo", "purchases.csv:2", NOW)
    assert bought.serial == "FCW2140L0AB"
    assert [one.serial for one in match("serial,price\nfcw 2140 l0ab,5\n").purchases] == ["fcw2140l0ab"]
    assert serial_key("fcw 2140 l0ab") == "FCW2140L0AB"


def test_records_of_what_was_not_seen_yet_are_kept_and_hint_at_what_looks_alike() -> None:
    report = match("serial,price\nFCW2140LOAB,5\nSFCW2140L0AB,6\nCZJ928ABCD,7\n", [asset()])
    assert [line.outcome for line in report.lines] == ["not_seen_yet"] * 3
    assert [bool(line.text) for line in report.lines] == [True, True, False]
    assert len(report.purchases) == 3
    assert report.faults == ()


def test_a_correction_says_what_was_and_what_is_and_keeps_what_it_leaves_blank() -> None:
    before = match("serial,purchased,price,supplier,share\nFCW2140L0AB,2019-04-01,5,BT,stevenage\n").purchases
    report = match("serial,price,supplier\nFCW2140L0AB,1234.5,\n", [asset()], before)
    (line,) = report.lines
    assert (line.outcome, line.text) == ("changed", "price was £5.00, now £1,234.50")
    (bought,) = report.purchases
    assert (bought.purchased, bought.supplier, bought.shares) == ("2019-04-01", "BT", (("stevenage", "1"),))


def test_the_word_none_takes_a_fact_away_once() -> None:
    before = match("serial,purchased,price\nFCW2140L0AB,2019-04-01,5\n").purchases
    taken = match("serial,price\nFCW2140L0AB,none\n", [asset()], before)
    assert taken.lines[0].text == "price was £5.00, now not known"
    assert taken.purchases[0].price_pence is None
    again = match("serial,price\nFCW2140L0AB,None\n", [asset()], taken.purchases)
    assert (again.lines[0].outcome, again.purchases) == ("unchanged", ())


def test_lines_that_contradict_each_other_are_both_named_and_those_that_agree_count_once() -> None:
    report = match("serial,price\nA1B2,5\na1b2,6\nC1C2,7\nC1 C2,7.00\n")
    assert [line.outcome for line in report.lines] == ["refused", "refused", "not_seen_yet", "unchanged"]
    assert "on line 3" in report.lines[0].text
    assert "on line 2" in report.lines[1].text
    assert report.lines[3].text == "the same as line 4"
    assert [bought.serial for bought in report.purchases] == ["C1C2"]


def test_a_serial_number_at_two_devices_is_refused_unless_the_maker_tells() -> None:
    two = [asset(), asset(number=2, device="sw-2", vendor="Juniper")]
    assert "at 2 devices: Cisco at sw-1, Juniper at sw-2" in match("serial,price\nFCW2140L0AB,5\n", two).lines[0].text
    named = match("serial,vendor,price\nFCW2140L0AB,Juniper Networks,5\n", two)
    assert [line.device for line in named.lines] == ["sw-2"]
    gone = [two[0], replace(two[1], gone_at=NOW)]
    assert [line.device for line in match("serial,price\nFCW2140L0AB,5\n", gone).lines] == ["sw-1"]


@pytest.mark.parametrize(
    ("part", "also", "outcome"),
    [
        pytest.param("chassis", "sw-2/chassis/", "refused", id="two devices call it their own"),
        pytest.param("chassis", "fw-2/ha_member/fw-1", "matched", id="the peer of a pair shows it too"),
        pytest.param("access_point", "wlc-2/access_point/ap-1", "matched", id="two controllers share it"),
        pytest.param("chassis", "sw-1/stack_member/1", "matched", id="shown twice by one device"),
    ],
)
def test_only_a_number_that_two_devices_call_their_own_is_doubtful(part: str, also: str, outcome: str) -> None:
    (line,) = match("serial,price\nFCW2140L0AB,5\n", [asset(part=part, also_at=(also,))]).lines
    assert line.outcome == outcome


@pytest.mark.parametrize(
    ("vendor", "model", "odd"),
    [
        ("Cisco Systems", "C9300-48P-E", False), ("cisco", "Catalyst 9300", False), ("Cisco", "C9200-48P", True),
        ("", "C9300-48P", False), ("", "", False),
    ],
)  # fmt: skip
def test_a_model_that_contradicts_what_is_seen_is_warned_of(vendor: str, model: str, odd: bool) -> None:
    report = match(f"serial,vendor,model,price\nFCW2140L0AB,{vendor},{model},5\n", [asset()])
    assert report.lines[0].outcome == "matched"
    assert bool(report.warnings) is odd
    assert bool(report.lines[0].text) is odd


def test_a_number_of_another_maker_is_taken_for_another_piece_as_the_register_has_it() -> None:
    report = match("serial,vendor,price\nFCW2140L0AB,Juniper,5\n", [asset()])
    (line,) = report.lines
    assert (line.outcome, line.device) == ("not_seen_yet", "")
    assert "the record is of Juniper, and Cisco C9300-48P at sw-1 has this number" in line.text
    estate = Estate.model_validate({})
    (piece,) = pieces_of([asset()], estate, TODAY, report.purchases)
    assert piece.evidence != "purchased"
    (piece,) = pieces_of(
        [asset()], estate, TODAY, match("serial,vendor,price\nfcw 2140l0ab,cisco systems,5\n", [asset()]).purchases
    )
    assert piece.owned.price_pence == 500


def test_days_in_an_odd_order_are_warned_of() -> None:
    report = match("serial,purchased,installed,support until\nA1B2,2020-01-02,2020-01-01,2019-12-31\n")
    assert len(report.warnings) == 2
    assert report.lines[0].outcome == "not_seen_yet"


_CELLS = st.tuples(
    st.sampled_from(["A1B2", "a1 b2", "C1C2", "D1D2", "0000", ""]),
    st.sampled_from(["", "2019-04-01", "01/05/2020", "2099-01-01", "none", "n/a"]),
    st.sampled_from(["", "5", "£1,234.50", "-1", "x", "None"]),
    st.sampled_from(["", "stevenage", "stevenage 55%; east-herts 45%", "stevenage 1%", "none"]),
)


@given(st.lists(_CELLS, max_size=8), st.lists(_CELLS, max_size=4))
def test_importing_twice_changes_nothing(first: list[tuple[str, ...]], second: list[tuple[str, ...]]) -> None:
    before: list[Purchase] = []
    for rows in (first, second):
        text = "serial,purchased,price,share\n" + "".join(",".join(row) + "\n" for row in rows)
        once = match(text, [asset("A1B2")], before)
        assert sum(once.counts.values()) == len(once.lines)
        before += once.purchases
        again = match(text, [asset("A1B2")], before)
        assert again.purchases == ()
        assert again.faults == once.faults
        assert again.counts["refused"] + again.counts["unchanged"] == len(again.lines)


@given(st.lists(_CELLS, min_size=1, max_size=8))
def test_good_rows_do_not_depend_on_bad_ones(rows: list[tuple[str, ...]]) -> None:
    header = "serial,purchased,price,share\n"
    report = match(header + "".join(",".join(row) + "\n" for row in rows))
    bad = {line.line for line in report.lines if line.outcome == "refused"}
    good = [",".join(row) for n, row in enumerate(rows) if n + 2 not in bad]
    alone = match(header + "".join(row + "\n" for row in good))
    assert alone.faults == ()
    assert [b.serial for b in alone.purchases] == [b.serial for b in report.purchases]


def test_the_last_record_of_a_serial_number_holds() -> None:
    records = [
        Purchase("A1B2", NOW, "jo", "a.csv:2", price_pence=1),
        Purchase("a1 b2", NOW, "jo", "b.csv:2", price_pence=2),
    ]
    assert [one.price_pence for one in last_of(records).values()] == [2]
