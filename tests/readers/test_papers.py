"""The quarter's paper: its figures, its words, and that the public edition holds nothing that is not public."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.availability import Book, Terms
from agent.accounting.periods import Period
from agent.accounting.redundancy import losses_of
from agent.accounting.restating import Restatement
from agent.calendar_uk import FinancialYear, Quarter
from agent.facts import Asset, Flip, Note, Standing, Watch, Window
from agent.hardware.register import Piece, pieces_of
from agent.inventory.model import Estate
from agent.lifecycle import Software
from agent.maintenance import Plan
from agent.programme import Programme, programme_of, terms_from
from agent.reports import Edition, Form, Sources, edition_of, files, quarter_paper
from agent.reports.editions import PUBLIC, Column, Field, Paper, Said, Section, Table, said
from agent.reports.quarter_restated import Restated
from agent.reports.writing import html, table_csv
from agent.words import long_span, percent, some, spelt

QUARTER = Quarter(2026, 1)
LATER = QUARTER.ends_at + timedelta(days=3)
BUSY = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)  # Wednesday, 10:00 in London
HOUR = timedelta(hours=1)
TEXTS = (Form.HTML, Form.CSV)  # files that can be read as they are; tests/papers looks into the others
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
    "group": "canary-group",
    "owner": "canary owner of a window",
    "work": "canary reason of a window",
    "why": "canary why of a restatement",
    "exception": "canary-exception",
    "keeper": "canary owner of an exception",
    "kept": "canary reason of an exception",
    "product": "canary operating system",
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
            "exceptions": {
                c["exception"]: {
                    "devices": [c["device"]], "until": date(2026, 6, 1), "owner": c["keeper"], "reason": c["kept"],
                }
            },
            "programme": {"cap": "123456.78", "uplift": "0.031", "costs": [{"class": "switch", "price": c["price"]}]},
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


def sources(
    scribe: Scribe, notes: Sequence[Note] = (), watches: Sequence[Watch] = WHOLE, windows: Sequence[Window] = (),
    **more: Any,
) -> Sources:  # fmt: skip
    c = CANARIES
    asset = Asset(
        UUID(int=99), "k", c["device"], "chassis", c["part"], c["place"], "Cisco", c["model"], c["serial"],
        c["version"], None, None, None, QUARTER.began_at, QUARTER.began_at,
    )  # fmt: skip
    found = estate()
    plan = Plan.of(windows)
    quarter = Period(QUARTER.began_at, QUARTER.ends_at)
    pieces = [without_support(piece) for piece in pieces_of([asset], found, QUARTER.ends_on)]
    pieces = more.pop("pieces", pieces)
    return Sources(
        found,
        Book.of(scribe.flips, watches, notes, plan.planned),
        notes,
        pieces,
        plan,
        losses_of(scribe.flips, found, quarter, QUARTER.ends_at),
        programme=planned(pieces, found),
        **more,
    )


def without_support(piece: Piece) -> Piece:
    """Its software is out of support."""
    ended = date(2026, 2, 3)
    software = Software("unsupported", CANARIES["reason"], CANARIES["product"], None, ended)
    return replace(piece, life=replace(piece.life, software=software))


def planned(pieces: Sequence[Piece], found: Estate) -> Programme:
    terms = terms_from(found, FinancialYear.of(QUARTER.ends_at), 3)
    titles = {name: council.title for name, council in found.councils.items()}
    return programme_of(pieces, terms, (), QUARTER.ends_at, titles, slip=False)


def paper(scribe: Scribe, **changes: Any) -> Paper:
    return quarter_paper(sources(scribe, **changes), QUARTER, LATER)


def busy() -> Scribe:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    at = BUSY
    device = f"device:{CANARIES['device']}"
    scribe.outage(device, at, timedelta(hours=5))
    scribe.outage("service:phones", at, timedelta(hours=5), device)
    scribe.outage(f"link:{CANARIES['link']}", at + timedelta(days=3), timedelta(minutes=30))
    return scribe


def lose_redundancy(scribe: Scribe, at: datetime) -> None:
    """One of two links goes for an hour; the other carries."""
    group, link = f"redundancy:links/{CANARIES['group']}", f"link:{CANARIES['link']}"
    scribe.flip(group, "blind", "up", QUARTER.began_at - timedelta(days=1))
    scribe.flip(group, "up", "degraded", at, link)
    scribe.flip(group, "degraded", "up", at + HOUR)


def maintenance(
    subject: str, begins: datetime, lasts: timedelta, *, after_the_fact: bool = False, recorded: datetime | None = None
) -> Window:
    told = QUARTER.began_at if recorded is None else recorded
    return Window(UUID(int=70), (subject,), (subject,), begins, begins + lasts, CANARIES["owner"], CANARIES["work"],
                  after_the_fact=after_the_fact, recorded_at=told)  # fmt: skip


def table(of: Paper, key: str) -> list[dict[str, str]]:
    found = next(t for section in of.sections for t in section.tables if t.key == key)
    return [dict(zip((c.title for c in found.columns), row, strict=True)) for row in found.rows]


def summary(of: Paper) -> str:
    return section(of, "Summary")


def section(of: Paper, title: str) -> str:
    (found,) = (one for one in of.sections if one.title == title)
    return " ".join("".join(part.text for part in sentence) for sentence in found.sentences)


# ---------------------------------------------------------------- editions
def test_no_canary_is_in_any_byte_of_any_public_file() -> None:
    scribe = busy()
    notes = [
        Note("service:phones", LATER, CANARIES["author"], "note", CANARIES["note"], scribe.flips[0].id),
        Note("service:phones", LATER, CANARIES["author"], "cause", CANARIES["note"], UUID(int=9)),
        Note("service:phones", LATER, CANARIES["author"], "ticket", CANARIES["note"], UUID(int=9)),
        Note("service:phones", LATER, CANARIES["author"], "pause", CANARIES["note"], UUID(int=9), BUSY, BUSY + HOUR),
        Note(f"device:{CANARIES['device']}", LATER, CANARIES["author"], "correction", CANARIES["note"], UUID(int=7),
             BUSY - HOUR),
    ]  # fmt: skip
    lose_redundancy(scribe, BUSY)
    scribe.outage("site:dh", BUSY + timedelta(days=4), HOUR, f"device:{CANARIES['device']}")
    scribe.outage(f"link:{CANARIES['link']}", BUSY + timedelta(days=9), HOUR)
    windows = [maintenance(f"link:{CANARIES['link']}", BUSY + timedelta(days=9), 2 * HOUR, after_the_fact=True)]
    changes = [
        Restatement(subject, figure, CANARIES["note"], "power", CANARIES["why"])
        for subject in SUBJECTS
        for figure in ("cause",)
    ]
    restated = [Restated("2026-Q1", tuple(changes))]
    found = paper(scribe, notes=notes, windows=windows, restated=restated, closed_at=LATER)
    for key in ("outages", "planned-work", "maintenance", "redundancy", "redundancy-minutes", "restatements-all",
                "hardware", "hardware-programme", "hardware-exceptions", "hardware-software"):  # fmt: skip
        assert table(found, key), f"the exempt edition has {key}, so that it can leak at all"
    written = list(files(found, "ict-quarter-2026-Q1", Edition.PUBLIC, TEXTS))
    assert len(written) > 5
    for name, content in written:
        for kind, canary in CANARIES.items():
            assert canary.casefold().encode() not in content.lower(), f"{kind} is in {name}"
        assert b"canary" not in content.lower(), name
        assert "£".encode() not in content, name


def test_the_exempt_edition_has_what_the_public_one_leaves_out_and_says_why_it_is_exempt() -> None:
    content = b"".join(content for _, content in files(paper(busy()), "q", Edition.EXEMPT, TEXTS)).decode()
    for kind in ("device", "serial", "model", "version", "site", "supplier", "circuit", "reason", "exception", "keeper",
                 "kept", "product"):  # fmt: skip
        assert CANARIES[kind] in content, kind
    assert "Schedule 12A" in content
    assert "paragraph 7" in content
    assert "paragraph 3" in content
    for money in ("£98,765.43", "£123,456.78"):
        assert money in content, money
    assert "Schedule 12A" not in html(edition_of(paper(busy()), Edition.PUBLIC))


@given(st.sampled_from(Field))
def test_every_class_that_is_not_on_the_list_is_left_out(field: Field) -> None:
    columns = (Column("What", Field.WORDS), Column("Value", field))
    rows = Table("t", "T", columns, (("row", "VALUE-IN-TABLE"),), "empty", (said(Said("VALUE-IN-NOTE", field)),))
    headed = Table("h", "H", (Column("Value", field),), (("VALUE-AS-HEADER",),), "empty")
    one = Paper(
        "t", "s", Edition.EXEMPT, (Section("S", (said("a ", Said("VALUE-IN-SENTENCE", field), " b"),), (rows, headed)),)
    )
    made = b"".join(content for _, content in files(one, "q", Edition.PUBLIC, TEXTS)).decode()
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
    assert "It was not fixed within the target. It is still open." in summary(found)


def test_what_is_carried_down_is_not_an_outage_of_its_own() -> None:
    found = paper(busy())
    assert [row["Outages"] for row in table(found, "outage-kinds")] == ["1", "1"]
    assert "There were two outages of equipment or circuits." in summary(found)
    assert "One was fixed within the target, one took longer." in summary(found)


def test_fix_times_are_given_in_elapsed_time_and_in_service_hours() -> None:
    (phones,) = table(paper(busy()), "service-outages")  # Wednesday 10:00 to 15:00 in London
    assert (phones["Lasted"], phones["In service hours"], phones["Fixed within target"]) == (
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


# ---------------------------------------------------------------- planned work, corrections, clocks
def test_an_outage_in_planned_maintenance_only_is_planned_work_and_no_outage() -> None:
    device = f"device:{CANARIES['device']}"
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage(device, BUSY, HOUR)
    scribe.outage("service:phones", BUSY, HOUR, device)
    found = paper(scribe, windows=[maintenance(device, BUSY - HOUR, 3 * HOUR)])
    assert table(found, "outages") == []
    assert table(found, "service-outages") == []
    (work,) = table(found, "planned-work")
    assert (work["What"], work["Lasted"]) == (CANARIES["device"], "1 hour")
    assert table(found, "planned-kinds") == [{"Kind": "switch", "Times down": "1", "Together": "1 hour"}]
    (phones, _) = table(found, "services")
    assert (phones["Availability"], phones["Down"], phones["Planned"]) == ("100.00 %", "none", "1 hour")
    assert phones["Outages"] == "0"
    (planned,) = table(found, "maintenance")
    assert (planned["What for"], planned["Entered"]) == (CANARIES["work"], "beforehand")
    assert "One time something was down in planned maintenance only." in summary(found)


def test_what_runs_over_the_end_of_planned_maintenance_is_an_outage_and_counts_from_there() -> None:
    device = f"device:{CANARIES['device']}"
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage(device, BUSY, 6 * HOUR)
    found = paper(scribe, windows=[maintenance(device, BUSY - HOUR, 4 * HOUR, after_the_fact=True)])
    (outage,) = table(found, "outages")
    assert (outage["Lasted"], outage["Fix clock"], outage["Fixed within target"]) == (
        "6 hours", "3 hours of 4 hours", "yes",
    )  # fmt: skip
    assert outage["To be noted"] == "3 hours planned"
    assert table(found, "planned-work") == []
    assert "One time of planned maintenance was entered after the fact." in section(found, "Outages")


def test_maintenance_that_was_written_down_too_late_excuses_nothing() -> None:
    device = f"device:{CANARIES['device']}"
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage(device, BUSY, HOUR)
    found = paper(scribe, windows=[maintenance(device, BUSY - HOUR, 3 * HOUR, recorded=BUSY + 2 * HOUR)])
    assert len(table(found, "outages")) == 1
    assert table(found, "planned-work") == []


def test_a_correction_counts_and_is_marked() -> None:
    scribe = busy()
    device = next(f for f in scribe.flips if f.subject.startswith("device:") and f.after is Standing.DOWN)
    corrected = Note(device.subject, LATER, "x", "correction", "seen on site", device.id, None, BUSY + HOUR)
    found = paper(scribe, notes=[corrected])
    assert [(row["Lasted"], row["To be noted"]) for row in table(found, "outages")] == [
        ("1 hour", "corrected"), ("30 minutes", ""),
    ]  # fmt: skip
    assert "One outage was corrected by hand and was marked so." in section(found, "Outages")


def test_a_flapping_link_is_one_outage_with_a_count() -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    for n in range(4):
        scribe.outage(f"link:{CANARIES['link']}", BUSY + timedelta(minutes=9 * n), timedelta(minutes=4))
    found = paper(scribe)
    (row,) = table(found, "outages")
    assert (row["Lasted"], row["To be noted"]) == ("31 minutes", "flapping, four times down")
    assert table(found, "outage-kinds")[0]["Flaps"] == "3"


def test_a_pause_stops_the_clock_and_is_said_without_its_reason() -> None:
    scribe = busy()
    device = next(f for f in scribe.flips if f.subject.startswith("device:") and f.after is Standing.DOWN)
    pause = Note(
        device.subject, LATER, "x", "pause", "waiting for a replacement part", device.id, BUSY, BUSY + 2 * HOUR
    )
    (row, _) = table(paper(scribe, notes=[pause]), "outages")
    assert (row["Fix clock"], row["Fixed within target"]) == ("3 hours of 4 hours", "yes")
    assert row["To be noted"] == "clock paused 2 hours"


def test_each_outage_is_held_to_the_target_and_the_clock_that_were_agreed() -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage("service:phones", BUSY + 8 * HOUR, 15 * HOUR)  # from 18:00 to 09:00
    agreed = {"service:phones": Terms(0.9, fix_target=2 * HOUR, fix_clock="service_hours")}
    found = paper(scribe, closed_at=LATER, closed_terms=agreed)
    (outage,) = table(found, "service-outages")
    assert (outage["Fix clock"], outage["Fixed within target"]) == ("1 hour of 2 hours", "yes")
    (fixes, _) = table(found, "services-fixes")
    assert (fixes["Fixed"], fixes["Within target"], fixes["Mean time to fix"]) == (
        "1",
        "1 (100.00 %)",
        "1 hour",
    )
    assert (fixes["To be fixed within"], fixes["Counted in"]) == ("2 hours", "service hours")
    (hours, _) = table(found, "services-hours")
    assert (hours["Down"], hours["Service hours"]) == ("1 hour", "Mon-Fri 08:00-18:00")


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(1, 30)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 60)), max_size=3),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 60)), max_size=3),
    st.booleans(),
)
def test_the_outages_that_are_listed_are_those_that_the_figures_count(
    outages: list[tuple[int, int]], works: list[tuple[int, int]], unseen: list[tuple[int, int]], stays: bool
) -> None:
    """Hours: up and down in turns from a week before the quarter, work and gaps of the monitor wherever they fall."""
    scribe = Scribe()
    at = QUARTER.began_at - timedelta(days=7)
    scribe.flip("service:phones", "blind", "up", at)
    for number, (up, down) in enumerate(outages):
        at += up * HOUR
        last = number == len(outages) - 1
        scribe.outage("service:phones", at, None if stays and last else down * HOUR)
        at += down * HOUR
    began = QUARTER.began_at - timedelta(days=7)
    windows = [
        replace(maintenance("service:phones", began + a * HOUR, b * HOUR, recorded=began), id=UUID(int=n))
        for n, (a, b) in enumerate(works)
    ]
    edges = sorted({began, LATER, *(began + (a + more) * HOUR for a, b in unseen for more in (0, b))})
    gaps = [(began + a * HOUR, began + (a + b) * HOUR) for a, b in unseen]
    watches = [Watch("a", a, b) for a, b in pairwise(edges) if not any(c <= a and b <= d for c, d in gaps)]
    found = paper(scribe, watches=watches, windows=windows)
    (figures, _), (fixes, _) = table(found, "services"), table(found, "services-fixes")
    rows = table(found, "service-outages")
    assert figures["Outages"] == fixes["Outages"] == str(len(rows))
    within = int(fixes["Within target"].partition(" ")[0] or 0)
    assert within >= sum(row["Fixed within target"] == "yes" for row in rows)


def test_an_outage_that_ended_after_the_quarter_is_open_in_its_paper_whenever_that_is_made() -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage(f"device:{CANARIES['device']}", QUARTER.ends_at - HOUR, 3 * HOUR)
    (row,) = table(paper(scribe), "outages")
    assert (row["Ended"], row["Lasted"], row["Fixed within target"]) == ("still open", "1 hour", "open")


# ---------------------------------------------------------------- redundancy, data centres, restatements
def test_lost_redundancy_has_its_minutes_and_is_no_outage() -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage(f"link:{CANARIES['link']}", BUSY, HOUR)
    lose_redundancy(scribe, BUSY)
    found = paper(scribe)
    (kind,) = table(found, "redundancy-kinds")
    assert (kind["Kind"], kind["Times"], kind["Minutes"]) == ("links of a building", "1", "60")
    assert table(found, "redundancy-buildings") == [{"Kind": "offices", "Minutes": "60"}]
    (minutes,) = table(found, "redundancy-minutes")
    assert (minutes["Building"], minutes["Supplier"], minutes["Minutes"]) == (
        "canary-wallfields", CANARIES["supplier"], "60",
    )  # fmt: skip
    (loss,) = table(found, "redundancy")
    assert (loss["What was out"], loss["Carried"]) == (CANARIES["link"], "yes")
    assert len(table(found, "outages")) == 1
    assert "There was one loss of redundancy." in summary(found)


@pytest.mark.parametrize(
    ("fell_for", "words"),
    [(None, ("0", "at once", "yes")), (HOUR, ("1", "1 hour", "yes")), (5 * HOUR, ("1", "5 hours", "no"))],
)
def test_a_lost_data_centre_says_when_the_other_carried_everything(
    fell_for: timedelta | None, words: tuple[str, str, str]
) -> None:
    scribe = Scribe()
    scribe.up(*SUBJECTS)
    scribe.outage("site:dh", BUSY, 6 * HOUR)
    if fell_for is not None:
        scribe.outage("service:mail", BUSY, fell_for)
    found = paper(scribe)
    (row,) = table(found, "data-centres")
    assert (row["Data centre"], row["Lasted"]) == (CANARIES["site"], "6 hours")
    assert (row["Services that fell"], row["Full service after"], row["Within 4 hours"]) == words
    (public,) = table(edition_of(found, Edition.PUBLIC), "data-centres")
    assert public["Day"] == "13 May 2026"
    assert "Data centre" not in public


def test_a_restatement_shows_was_now_and_why_and_the_public_sees_services_without_the_why() -> None:
    changes = (
        Restatement("service:phones", "time down", "5 hours", "1 hour", CANARIES["why"]),
        Restatement(f"device:{CANARIES['device']}", "time down", "5 hours", "1 hour", CANARIES["why"]),
    )
    found = paper(busy(), restated=[Restated("2025-Q4", changes)])
    assert "Two figures were restated in quarters closed before." in summary(found)
    assert [row["Why"] for row in table(found, "restatements-all")] == [CANARIES["why"]] * 2
    public = edition_of(found, Edition.PUBLIC)
    assert table(public, "restatements") == [
        {"Service": "Telephony", "Quarter": "2025-Q4", "Figure": "time down", "Was": "5 hours", "Now": "1 hour"}
    ]


def test_a_paper_says_whether_its_quarter_is_closed() -> None:
    assert "is not closed: its figures may still change" in paper(busy()).subtitle
    assert "Closed on 4 July 2026: the figures are those it was closed with." in paper(busy(), closed_at=LATER).subtitle
    since = paper(busy(), closed_at=LATER, known_since=True).subtitle
    assert "those it was closed with. Something else is known since: the next paper has it." in since


# ---------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("outages", "words"),
    [
        ([], "There were no outages of equipment or circuits."),
        ([1], "There was one outage of equipment or circuits. It was fixed within the target."),
        ([5], "There was one outage of equipment or circuits. It was not fixed within the target."),
        ([1, 1], "There were two outages of equipment or circuits. All were fixed within the target."),
        ([5, 6], "There were two outages of equipment or circuits. None was fixed within the target, two took longer."),
        (
            [1, 5, 1],
            "There were three outages of equipment or circuits. Two were fixed within the target, one took longer.",
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
