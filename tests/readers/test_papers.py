"""The quarter's paper: its figures, its words, and that the public edition holds nothing that is not public."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calendar_uk import Quarter
from agent.facts import Asset, Flip, Note, Standing, Watch
from agent.inventory.model import Estate
from agent.reports import Edition, Sources, edition_of, files, quarter_paper
from agent.reports.editions import PUBLIC, Column, Field, Paper, Said, Section, Table, said
from agent.reports.writing import html, table_csv
from agent.view import pieces_of
from agent.words import long_span, percent, some, spelt

QUARTER = Quarter(2026, 1)
LATER = QUARTER.ends_at + timedelta(days=3)
WHOLE = (Watch("agent-1", QUARTER.began_at - timedelta(days=9), LATER),)
CANARIES = {
    "device": "canary-device-7",
    "address": "203.0.113.77",
    "serial": "FOC2041CANARY",
    "model": "Canary-9300",
    "version": "17.canary.4",
    "price": "98765.43",
    "supplier": "Canary Networks Ltd",
    "circuit": "CANARY-0099",
    "site": "Canary House data centre",
    "postal": "77 Canary Way",
    "title": "canary core switch",
    "place": "canary rack",
    "reason": "canary free text reason",
    "note": "canary note by a person",
    "author": "canary.person",
    "part": "canary blade",
    "link": "canary-link",
}


def estate() -> Estate:
    c = CANARIES
    return Estate.model_validate(
        {
            "councils": {"sbc": {"title": "Stevenage", "share": "0.5"}, "ehdc": {"title": "E Herts", "share": "0.5"}},
            "sites": {
                "dh": {"title": c["site"], "kind": "data_centre", "owner": "sbc", "address": c["postal"]},
                "wf": {"title": "canary-wallfields", "kind": "office", "owner": "ehdc"},
            },
            "links": {c["link"]: {"site": "wf", "supplier": c["supplier"], "circuit": c["circuit"]}},
            "services": {
                "phones": {"title": "Telephony", "owner": "both", "needs": f"device:{c['device']}"},
                "mail": {"title": "E-mail", "owner": "both", "needs": "site:dh"},
            },
            "devices": {
                c["device"]: {
                    "name": c["device"], "address": c["address"], "class": "switch", "site": "dh",
                    "title": c["title"],
                    "owned": {"purchased": date(2015, 1, 1), "price": c["price"], "supplier": c["supplier"]},
                }
            },
        }
    )  # fmt: skip


class Scribe:
    """Writes flips as an agent would."""

    def __init__(self) -> None:
        self.flips: list[Flip] = []

    def flip(self, subject: str, before: str, after: str, at: datetime, cause: str | None = None) -> UUID:
        number = len(self.flips) + 1
        self.flips.append(
            Flip(UUID(int=number), "agent-1", number, subject, Standing(before), Standing(after), at, at,
                 CANARIES["reason"], cause)
        )  # fmt: skip
        return UUID(int=number)

    def up(self, *subjects: str) -> None:
        for subject in subjects:
            self.flip(subject, "blind", "up", QUARTER.began_at - timedelta(days=1))

    def outage(self, subject: str, at: datetime, lasts: timedelta | None, cause: str | None = None) -> UUID:
        begun = self.flip(subject, "up", "down", at, cause)
        if lasts is not None:
            self.flip(subject, "down", "up", at + lasts)
        return begun


SUBJECTS = (
    "service:phones",
    "service:mail",
    "site:dh",
    "site:wf",
    f"device:{CANARIES['device']}",
    f"link:{CANARIES['link']}",
)


def sources(scribe: Scribe, notes: Sequence[Note] = (), watches: Sequence[Watch] = WHOLE) -> Sources:
    c = CANARIES
    asset = Asset(
        UUID(int=99), "k", c["device"], "chassis", c["part"], c["place"], "Cisco", c["model"], c["serial"],
        c["version"], None, None, None, QUARTER.began_at, QUARTER.began_at,
    )  # fmt: skip
    found = estate()
    return Sources(found, scribe.flips, watches, notes, pieces_of([asset], found, QUARTER.ends_on))


def paper(scribe: Scribe, **changes: Any) -> Paper:
    return quarter_paper(sources(scribe, **changes), QUARTER, LATER)


def busy() -> Scribe:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    at = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)
    device = f"device:{CANARIES['device']}"
    scribe.outage(device, at, timedelta(hours=5))
    scribe.outage("service:phones", at, timedelta(hours=5), device)
    scribe.outage(f"link:{CANARIES['link']}", at + timedelta(days=3), timedelta(minutes=30))
    return scribe


def table(of: Paper, key: str) -> list[dict[str, str]]:
    found = next(t for section in of.sections for t in section.tables if t.key == key)
    return [dict(zip((c.title for c in found.columns), row, strict=True)) for row in found.rows]


def summary(of: Paper) -> str:
    return " ".join("".join(part.text for part in sentence) for sentence in of.sections[0].sentences)


# ---------------------------------------------------------------- editions
def test_no_canary_is_in_any_byte_of_any_public_file() -> None:
    scribe = busy()
    notes = [
        Note("service:phones", LATER, CANARIES["author"], "note", CANARIES["note"], scribe.flips[0].id),
        Note("service:phones", LATER, CANARIES["author"], "cause", CANARIES["note"], UUID(int=9)),
    ]
    written = list(files(paper(scribe, notes=notes), "ict-quarter-2026-Q1", Edition.PUBLIC))
    assert len(written) > 5
    for name, content in written:
        for kind, canary in CANARIES.items():
            assert canary.casefold().encode() not in content.lower(), f"{kind} is in {name}"
        assert b"canary" not in content.lower(), name


def test_the_exempt_edition_has_what_the_public_one_leaves_out_and_says_why_it_is_exempt() -> None:
    content = b"".join(content for _, content in files(paper(busy()), "q", Edition.EXEMPT)).decode()
    for kind in ("device", "serial", "model", "version", "site", "supplier", "circuit", "reason"):
        assert CANARIES[kind] in content, kind
    assert "Schedule 12A" in content
    assert "paragraph 7" in content
    assert "Schedule 12A" not in html(edition_of(paper(busy()), Edition.PUBLIC))


@given(st.sampled_from(Field))
def test_every_class_that_is_not_on_the_list_is_left_out(field: Field) -> None:
    columns = (Column("What", Field.WORDS), Column("Value", field))
    rows = Table("t", "T", columns, (("row", "VALUE-IN-TABLE"),), "empty", (said(Said("VALUE-IN-NOTE", field)),))
    headed = Table("h", "H", (Column("Value", field),), (("VALUE-AS-HEADER",),), "empty")
    one = Paper(
        "t", "s", Edition.EXEMPT, (Section("S", (said("a ", Said("VALUE-IN-SENTENCE", field), " b"),), (rows, headed)),)
    )
    made = b"".join(content for _, content in files(one, "q", Edition.PUBLIC)).decode()
    for value in ("VALUE-IN-TABLE", "VALUE-IN-NOTE", "VALUE-AS-HEADER", "VALUE-IN-SENTENCE"):
        assert (value in made) is (field in PUBLIC)
    assert "row" in made


def test_names_numbers_and_free_text_are_not_on_the_list() -> None:
    for field in (Field.DEVICE, Field.SITE, Field.LINK, Field.ADDRESS, Field.MODEL, Field.VERSION, Field.SERIAL,
                  Field.SUPPLIER, Field.PRICE, Field.FREE_TEXT, Field.MOMENT):  # fmt: skip
        assert field not in PUBLIC


def test_a_cause_that_is_not_on_the_fixed_list_is_called_unknown_in_the_paper() -> None:
    scribe = busy()
    phones = next(f for f in scribe.flips if f.subject == "service:phones" and f.after is Standing.DOWN)
    free = [Note("service:phones", LATER, "x", "cause", "the plumber", phones.id)]
    fixed = [Note("service:phones", LATER, "x", "cause", "supplier circuit", phones.id)]
    assert table(paper(scribe), "service-outages")[0]["Cause"] == "not yet recorded"
    assert table(paper(scribe, notes=free), "service-outages")[0]["Cause"] == "unknown"
    assert table(paper(scribe, notes=fixed), "service-outages")[0]["Cause"] == "supplier circuit"


# ---------------------------------------------------------------- figures
def test_availability_is_time_up_over_time_watched_and_rounded_down() -> None:
    (phones, mail) = table(paper(busy()), "services")
    quarter = (QUARTER.ends_at - QUARTER.began_at).total_seconds()
    assert phones["Availability"] == percent(1 - 5 * 3600 / quarter)
    assert phones["Down"] == "5 hours"
    assert phones["Outages"] == "1"
    assert phones["Target met"] == "missed"
    assert mail["Availability"] == "100.00 %"
    assert mail["Target met"] == "met"


def test_time_nobody_watched_is_blind_never_a_hundred_percent_and_the_bounds_straddle_the_target() -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    half = QUARTER.began_at + (QUARTER.ends_at - QUARTER.began_at) / 2
    found = paper(scribe, watches=(Watch("agent-1", QUARTER.began_at, half),))
    (phones, _) = table(found, "services")
    assert phones["Availability"] == "no downtime seen"
    assert phones["Blind"].startswith("45 days")
    notes = [note for section in found.sections for t in section.tables if t.key == "services" for note in t.notes]
    assert any("Telephony was watched for 45 days" in "".join(part.text for part in note) for note in notes)
    assert phones["If all blind time was down"] == "50.00 %"
    assert phones["If all blind time was up"] == "100.00 %"
    assert phones["Target met"] == "cannot be said"
    assert "Whether the target was met cannot be said for Telephony and E-mail." in summary(found)
    assert "nothing was watched" in summary(found)


def test_a_quarter_without_any_watching_has_no_figures_and_says_so() -> None:
    found = paper(Scribe(), watches=())
    assert summary(found) == "Nothing was watched in this quarter: there are no figures."
    assert table(found, "services")[0]["Availability"] == "not watched"


def test_an_open_outage_counts_up_to_the_end_of_the_quarter() -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage("service:phones", QUARTER.ends_at - timedelta(hours=6), None)
    scribe.outage(f"device:{CANARIES['device']}", QUARTER.ends_at - timedelta(hours=6), None)
    found = paper(scribe)
    assert table(found, "services")[0]["Down"] == "6 hours"
    assert table(found, "service-outages")[0]["Lasted"] == "6 hours, still open"
    assert "It was not fixed within 4 hours. It is still open." in summary(found)


def test_what_is_carried_down_is_not_an_outage_of_its_own() -> None:
    found = paper(busy())
    assert [row["Outages"] for row in table(found, "outage-kinds")] == ["1", "1"]
    assert "There were two outages of equipment or circuits." in summary(found)
    assert "One was fixed within 4 hours, one took longer." in summary(found)


def test_fix_times_are_given_in_elapsed_time_and_in_service_hours() -> None:
    (phones,) = table(paper(busy()), "service-outages")  # Wednesday 10:00 to 15:00 in London
    assert (phones["Lasted"], phones["In service hours"], phones["Fixed within 4 hours"]) == (
        "5 hours",
        "5 hours",
        "no",
    )


def test_the_same_ledger_gives_the_same_bytes() -> None:
    once, again = (list(files(paper(busy()), "q", Edition.EXEMPT)) for _ in range(2))
    assert once == again
    later = quarter_paper(sources(busy()), QUARTER, LATER + timedelta(days=400))
    assert list(files(later, "q", Edition.EXEMPT)) == once


def test_a_quarter_that_is_not_over_says_up_to_when_it_counts() -> None:
    found = quarter_paper(sources(busy()), QUARTER, datetime(2026, 6, 1, 12, tzinfo=UTC))
    assert "up to 1 June 2026" in found.subtitle


# ---------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("outages", "words"),
    [
        ([], "There were no outages of equipment or circuits."),
        ([1], "There was one outage of equipment or circuits. It was fixed within 4 hours."),
        ([5], "There was one outage of equipment or circuits. It was not fixed within 4 hours."),
        ([1, 1], "There were two outages of equipment or circuits. All were fixed within 4 hours."),
        ([5, 6], "There were two outages of equipment or circuits. None was fixed within 4 hours, two took longer."),
        (
            [1, 5, 1],
            "There were three outages of equipment or circuits. Two were fixed within 4 hours, one took longer.",
        ),
    ],
)
def test_sentences_are_right_for_none_one_and_many(outages: list[int], words: str) -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    for number, hours in enumerate(outages):
        scribe.outage(
            f"device:{CANARIES['device']}", QUARTER.began_at + timedelta(days=number + 1), timedelta(hours=hours)
        )
    assert words in summary(paper(scribe))


@pytest.mark.parametrize(
    ("missed", "words"),
    [
        ((), "Both services met their target."),
        (("phones",), "One of two services met their target. Below target: Telephony."),
        (("phones", "mail"), "Neither service met its target. Below target: Telephony and E-mail."),
    ],
)
def test_services_are_counted_in_words(missed: tuple[str, ...], words: str) -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    for name in missed:
        scribe.outage(f"service:{name}", QUARTER.began_at + timedelta(days=2), timedelta(days=2))
    assert words in summary(paper(scribe))


def test_numbers_below_ten_are_words() -> None:
    assert [spelt(n, "outage") for n in (0, 1, 2, 10)] == ["no outages", "one outage", "two outages", "10 outages"]
    assert [some(n, "is", "are") for n in (0, 1, 2)] == ["none is", "one is", "two are"]
    assert long_span(timedelta(hours=4, minutes=10, seconds=59)) == "4 hours 10 minutes"
    assert long_span(timedelta(days=1, hours=1, minutes=1)) == "1 day 1 hour"


@given(st.floats(0, 1))
def test_a_percentage_is_never_rounded_up(share: float) -> None:
    printed = float(percent(share).removesuffix(" %"))
    assert printed <= 100 * share + 1e-4
    assert (printed == 100) is (share > 1 - 1e-10)


# ---------------------------------------------------------------- files
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=1, max_size=4))
def test_a_csv_cell_is_never_a_formula_and_comes_back(cells: list[str]) -> None:
    one = Table("t", "T", tuple(Column(f"c{n}", Field.WORDS) for n in range(len(cells))), (tuple(cells),), "")
    header, *rows = csv.reader(io.StringIO(table_csv(one), newline=""))
    assert len(header) == len(cells)
    for cell in rows[0] if rows else []:
        assert not cell.startswith(("=", "+", "-", "@"))


def test_markup_in_names_stays_text() -> None:
    one = paper(busy())
    hostile = replace(one, title="<script>alert(1)</script>\x1b")
    assert "<script" not in html(hostile)
    assert "\x1b" not in html(hostile)
