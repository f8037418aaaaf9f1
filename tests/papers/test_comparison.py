"""A quarter beside those before it, and what became known of them: in words, in tables, and each restatement once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from agent import saying
from agent.accounting import restating
from agent.accounting.availability import Book, Terms, Times
from agent.accounting.closing import differences, frozen_of
from agent.accounting.periods import Period
from agent.accounting.told import Line
from agent.calendar_uk import Quarter
from agent.facts import Change, Standing
from agent.reports import Edition, edition_of
from agent.reports.quarter_compared import Before, change, compared_sentences
from tests.papers.world import HOUR, SUBJECTS, World, at, rows, text, words

Q1, Q2 = Quarter(2026, 1), Quarter(2026, 2)
DAY = timedelta(days=1)
WHOLE = timedelta(days=91)


def amount(down: timedelta, blind: timedelta = timedelta(), target: float | None = 0.999) -> Line:
    times = Times(WHOLE - down - blind, down, timedelta(), blind, timedelta())
    return Line("", Terms(target=target), times, times, int(bool(down)), 0, 0, None, 0)


@pytest.mark.parametrize(
    ("now", "then", "is_"),
    [
        (amount(HOUR), amount(2 * HOUR), "better"),
        (amount(2 * HOUR), amount(HOUR), "worse"),
        (amount(HOUR), amount(HOUR), "the same"),
        (amount(HOUR), amount(HOUR / 2, blind=3 * HOUR), "too close to say"),
        (amount(HOUR), amount(5 * HOUR, blind=HOUR), "better"),
        (amount(HOUR), None, "not watched then"),
        (amount(HOUR), amount(timedelta(), blind=WHOLE), "not watched then"),
        (amount(timedelta(), blind=WHOLE), amount(HOUR), "not watched now"),
    ],
)
def test_better_is_only_what_is_better_whatever_happened_in_blind_time(now: Line, then: Line | None, is_: str) -> None:
    assert change(now, then) == is_


def sentences(place: World, now: Mapping[str, Line], then: Mapping[str, Line]) -> str:
    before = Before(Q1, "the quarter before", then)
    return " ".join(text(s) for s in compared_sentences(place.estate, now, [before]))


@pytest.mark.parametrize(
    ("phones", "mail", "says"),
    [
        ("better", "worse", "availability was better for Telephony, worse for E-mail."),
        ("better", "better", "availability was better for Telephony and E-mail."),
        ("the same", "worse", "availability was worse for E-mail, the same for Telephony."),
        ("blind", "worse",
         "availability was worse for E-mail. Blind time leaves open whether Telephony was better or worse than in the "
         "quarter before."),
        ("blind", "blind", "Blind time leaves open whether either service was better or worse than in the quarter "
         "before."),
        ("none", "worse", "worse for E-mail. Telephony was not watched in the quarter before and cannot be compared "
         "with it."),
        ("none", "none", "No service was watched in the quarter before, so there is nothing to compare with it."),
    ],
)  # fmt: skip
def test_the_summary_says_what_got_better_what_got_worse_and_what_cannot_be_compared(
    place: World, phones: str, mail: str, says: str
) -> None:
    was = {"better": amount(2 * HOUR), "worse": amount(timedelta()), "the same": amount(HOUR),
           "blind": amount(HOUR, blind=DAY)}  # fmt: skip
    then = {f"service:{n}": was[w] for n, w in (("phones", phones), ("mail", mail)) if w != "none"}
    told = sentences(place, {"service:phones": amount(HOUR), "service:mail": amount(HOUR)}, then)
    assert told.endswith(says)


def watch(place: World, quarter: Quarter) -> None:
    place.watched(quarter.began_at, quarter.ends_at)


def years_of(place: World) -> None:
    """Telephony: two hours down in spring 2026, one in the quarter before, five a year before."""
    for quarter, hours in ((Quarter(2025, 1), 5), (Quarter(2025, 4), 1), (Q1, 2)):
        watch(place, quarter)
        if hours == 5:
            place.up(quarter.began_at)
        place.down("device:pbx-1", quarter.began_at + 30 * DAY, hours * HOUR, "service:phones")


def test_services_stand_beside_the_quarter_before_and_the_same_quarter_last_year(place: World) -> None:
    years_of(place)
    paper = place.paper(Q1)
    phones, mail = rows(paper, "services-compared")
    assert (phones["Against the quarter before"], phones["Against the same quarter last year"]) == (
        "worse by 0.045 points", "better by 0.137 points",
    )  # fmt: skip
    assert (mail["This quarter"], mail["Against the quarter before"]) == ("100.00 %", "the same")
    assert [r["Quarter"] for r in rows(paper, "services-quarters")[:3]] == ["2026-Q1", "2025-Q4", "2025-Q1"]
    assert [r["Down"] for r in rows(paper, "services-quarters")[:3]] == ["2 hours", "1 hour", "5 hours"]
    said = words(paper)
    assert "Compared with the quarter before, availability was worse for Telephony, the same for E-mail." in said
    assert "Compared with the same quarter last year, availability was better for Telephony, the same" in said
    assert rows(edition_of(paper, Edition.PUBLIC), "services-compared") == rows(paper, "services-compared")


def test_the_first_quarter_ever_has_nothing_to_compare_with_and_no_figure_is_made_up(place: World) -> None:
    watch(place, Q1)
    place.up(Q1.began_at)
    paper = place.paper(Q1)
    for row in rows(paper, "services-compared"):
        assert (row["The quarter before"], row["The same quarter last year"]) == ("not watched", "not watched")
        assert row["Against the quarter before"] == row["Against the same quarter last year"] == "not watched then"
    assert rows(paper, "services-quarters")[1]["Availability"] == "not watched then"
    assert "No service was watched in the quarter before, so there is nothing to compare with it." in words(paper)


def test_a_closed_quarter_is_compared_as_it_was_closed(place: World) -> None:
    years_of(place)
    place.close(Quarter(2025, 4), at("2026-04-06T09:00"))
    place.now = at("2026-07-02T09:00")
    outage = place.outage("service:phones", 1)
    place.say(saying.correct(outage, [], "seen late", "jo", place.now, ended=outage.began_at + 10 * HOUR))
    paper = place.paper(Q1)
    assert rows(paper, "services-quarters")[1]["Down"] == "1 hour"
    assert [r["Now"] for r in rows(paper, "restatements") if r["Figure"] == "time down"] == ["10 hours"]


@pytest.mark.parametrize("quarter", [Quarter(2025, 2), Quarter(2025, 4), Quarter(2027, 4)])
def test_times_add_up_to_the_quarter_where_the_clocks_change_and_in_leap_years(place: World, quarter: Quarter) -> None:
    """Quarter 4 of 2027/28 holds 29 February 2028 and the night of 26 March; quarter 2 none of both."""
    for one in (quarter.previous, quarter):
        watch(place, one)
    place.up(quarter.previous.began_at)
    place.down("device:pbx-1", quarter.began_at - 2 * HOUR, 3 * HOUR, "service:phones")  # over midnight in London
    place.now = quarter.ends_at + DAY
    this, before, _ = rows(place.paper(quarter), "services-quarters")[:3]
    assert (this["Down"], before["Down"]) == ("1 hour", "2 hours")
    closing = place.close(quarter, place.now)
    found = frozen_of(closing)["service:phones"].all_hours
    assert found.whole == quarter.ends_at - quarter.began_at


# ---------------------------------------------------------------- restatements
def correct(place: World, when: datetime, number: int = 0, hours: int = 3) -> None:
    place.now = when
    outage = place.outage("service:phones", number)
    place.say(saying.correct(outage, [], f"seen on {when:%d %B}", "jo", when, ended=outage.began_at + hours * HOUR))


def told_in(place: World, quarter: Quarter) -> list[tuple[str, str, str]]:
    found = rows(place.paper(quarter), "restatements")
    return [(r["Quarter"], r["Was"], r["Now"]) for r in found if r["Figure"] == "time down"]


def test_a_restatement_is_told_once_in_the_next_paper_after_it_became_known(place: World) -> None:
    q3 = Q2.next
    for quarter in (Q1, Q2, q3):
        watch(place, quarter)
    place.up(Q1.began_at)
    place.down("device:pbx-1", Q1.began_at + 30 * DAY, 2 * HOUR, "service:phones")
    place.close(Q1)
    correct(place, at("2026-08-01T09:00"))
    place.now = Q2.ends_at + DAY
    assert told_in(place, Q2) == [("2026-Q1", "2 hours", "3 hours")]
    place.close(Q2)
    assert told_in(place, Q2) == [("2026-Q1", "2 hours", "3 hours")]
    assert told_in(place, Q1) == []
    place.now = q3.ends_at + DAY
    assert told_in(place, q3) == []
    correct(place, q3.ends_at + 2 * DAY, hours=4)
    assert told_in(place, q3) == [("2026-Q1", "3 hours", "4 hours")]
    assert "seen on 03 January" in rows(place.paper(q3), "restatements-all")[0]["Why"]
    assert "seen on 01 August" not in rows(place.paper(q3), "restatements-all")[0]["Why"]
    place.close(q3)
    assert told_in(place, Q2) == [("2026-Q1", "2 hours", "3 hours")]
    assert told_in(place, q3) == [("2026-Q1", "3 hours", "4 hours")]
    assert differences(place.ledger, place.ledger.closings()) == []


def test_the_paper_of_a_closed_quarter_does_not_change_with_what_is_learnt_later(place: World) -> None:
    watch(place, Q1)
    place.up(Q1.began_at)
    place.down("device:pbx-1", Q1.began_at + 30 * DAY, 2 * HOUR, "service:phones")
    place.close(Q1)
    before = place.paper(Q1)
    correct(place, at("2026-08-01T09:00"))
    outage = place.outage("service:phones")
    place.say(saying.cause(outage, "power", "jo", place.now))
    after = place.paper(Q1)
    assert after.sections == before.sections
    assert "Something else is known since" in after.subtitle
    place.now = at("2026-10-02T09:00")
    watch(place, Q2)
    assert "was restated" in words(place.paper(Q2)) or "were restated" in words(place.paper(Q2))


def test_what_was_watched_is_told_of_when_it_became_known_late(place: World) -> None:
    place.watched(Q1.began_at, Q1.ends_at - 10 * DAY)
    place.up(Q1.began_at)
    place.close(Q1)
    place.watched(Q1.ends_at - 10 * DAY, Q1.ends_at)
    watch(place, Q2)
    place.now = Q2.ends_at + DAY
    found = {(r["Service"], r["Figure"]): (r["Was"], r["Now"]) for r in rows(place.paper(Q2), "restatements")}
    assert found["Telephony", "blind time"] == ("10 days", "0 seconds")


def test_a_paper_reads_the_flips_once_for_however_many_closed_quarters(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarter = Quarter(2024, 1)
    place.up(quarter.began_at)
    for _ in range(6):
        watch(place, quarter)
        place.close(quarter)
        quarter = quarter.next
    watch(place, quarter)
    place.now = quarter.ends_at + DAY
    read: list[object] = []
    books: list[object] = []
    flips, of = place.ledger.flips, Book.of
    monkeypatch.setattr(place.ledger, "flips", lambda **more: read.append(more) or flips(**more))
    monkeypatch.setattr(restating.Book, "of", lambda *given: books.append(given) or of(*given))
    place.paper(quarter)
    assert len(read) == 1
    assert len(books) == 2  # what is known now, and what the last paper knew


def test_a_book_that_was_watched_otherwise_gives_the_figures_of_one_read_anew(place: World) -> None:
    watch(place, Q1)
    place.up(Q1.began_at - DAY)
    place.down("device:pbx-1", Q1.began_at - HOUR, 3 * HOUR, "service:phones")
    known = restating.known_at(place.ledger)
    window = Period(Q1.began_at, Q1.ends_at)
    known.book.figures("service:phones", window)
    from agent.accounting.books import open_book
    from agent.accounting.closing import watched_in

    half = watched_in(place.ledger.watches(), Period(Q1.began_at, Q1.began_at + 40 * DAY))
    shared, fresh = known.book.as_watched(half), open_book(place.ledger, watched=half)
    for subject in SUBJECTS:
        assert shared.figures(subject, window) == fresh.figures(subject, window)
    assert shared.outages(window) == fresh.outages(window)


# ---------------------------------------------------------------- readiness
def test_the_paper_says_whether_each_data_centre_could_have_carried_everything(place: World) -> None:
    from tests.papers.world import INVENTORY, world

    two = INVENTORY.replace(
        "devices:\n", "  cavendish: {title: Cavendish Road, kind: data_centre, owner: sbc}\ndevices:\n"
    )
    (place.state / "two").mkdir()
    with world(place.state / "two", place.now, two) as other:
        watch(other, Q1)
        other.up(Q1.began_at)
        other.record(changes=(Change("site:cavendish", Standing.BLIND, Standing.UP, Q1.began_at, "answers"),))
        paper = other.paper(Q1)
    told = {r["Data centre"]: r for r in rows(paper, "readiness")}
    assert told["Cavendish Road"]["Would fall"] == "Telephony"  # its server stands at the other one
    assert told["Daneshill House"]["Services it would carry"] == "2 of 2"
    public = edition_of(paper, Edition.PUBLIC)
    assert "one of the two data centres could have carried every service alone" in words(public, "Data centres")
    assert "readiness" not in {t.key for s in public.sections for t in s.tables}
