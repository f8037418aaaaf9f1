"""What people write for the public: the only free text in Part I."""

from __future__ import annotations

import pytest

from agent import saying
from agent.calendar_uk import Quarter
from agent.reports import Edition, edition_of, files
from tests.papers.world import HOUR, World, at, rows

Q1 = Quarter(2026, 1)
LINE = "A power cut at the data centre; telephones were down."


@pytest.fixture
def told(place: World) -> World:
    place.watched(Q1.began_at, Q1.ends_at)
    place.up(Q1.began_at)
    place.down("device:pbx-1", at("2026-05-13T09:00"), 2 * HOUR, "service:phones", "site:wallfields")
    return place


def test_a_statement_stands_in_the_public_table_as_it_was_written_and_a_remark_does_not(told: World) -> None:
    outage = told.outage("device:pbx-1")
    told.say(saying.remark(outage, "ring Bob on 0117 496 0000", "jo", told.now))
    told.say(saying.statement(outage, LINE, "jo", told.now))
    public = edition_of(told.paper(Q1), Edition.PUBLIC)
    assert rows(public, "service-outages")[0]["Statement"] == LINE
    assert rows(public, "building-outages")[0] == {
        "Building": "Main office", "Day": "13 May 2026", "Lasted": "2 hours", "In service hours": "2 hours",
        "Cause": "not yet recorded", "Statement": LINE,
    }  # fmt: skip
    content = b"".join(content for _, content in files(told.paper(Q1), "q", Edition.PUBLIC))
    assert LINE.encode() in content
    assert b"0117 496 0000" not in content


def test_what_is_said_of_a_service_itself_stands_before_what_is_said_of_what_took_it_down(told: World) -> None:
    told.say(saying.statement(told.outage("device:pbx-1"), LINE, "jo", told.now))
    told.say(saying.statement(told.outage("service:phones"), "Telephones only.", "jo", told.now))
    told.say(saying.cause(told.outage("device:pbx-1"), "power", "jo", told.now))
    (row,) = rows(told.paper(Q1), "service-outages")
    assert (row["Statement"], row["Cause"]) == ("Telephones only.", "power")


def test_a_statement_that_was_taken_back_is_in_no_edition(told: World) -> None:
    outage = told.outage("service:phones")
    told.say(saying.statement(outage, LINE, "jo", told.now))
    told.say(saying.statement(outage, "", "jo", told.now + HOUR))
    assert rows(told.paper(Q1), "service-outages")[0]["Statement"] == ""


def test_a_statement_is_recorded_by_command_and_one_line_long(told: World) -> None:
    id_ = str(told.outage("service:phones").id)
    done = told.command("outages", "statement", id_, LINE, "--as", "jo")
    assert done.exit_code == 0, done.output
    assert f"service:phones: statement by jo: {LINE}" in done.stdout
    assert rows(told.paper(Q1), "service-outages")[0]["Statement"] == LINE
    assert told.command("outages", "statement", id_, "--withdraw", "--as", "jo").exit_code == 0
    assert rows(told.paper(Q1), "service-outages")[0]["Statement"] == ""
    for wrong, says in ((("a\nb",), "one line"), (("x" * 501,), "500 are the most"), ((), "--withdraw")):
        done = told.command("outages", "statement", id_, *wrong, "--as", "jo")
        assert done.exit_code == 2
        assert says in done.stderr
