"""The report on one outage: what it took down, when that was known, who was told, and what may be published of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent import saying
from agent.facts import Change, Message, Standing
from agent.incident_sources import incident_of
from agent.reports import Edition, Form, Paper, edition_of, files
from agent.reports.incident import incident_paper
from agent.saying import SaidInvalid, short_id
from tests.papers.world import HOUR, World, at, rows, table, words

BEGAN = at("2026-05-13T15:00")  # Wednesday, 16:00 in London: two hours of service hours are left
CANARY = "canary free text of a person"
PBX = "device:pbx-1"


def report(place: World, text: str | None = None) -> Paper:
    return incident_paper(incident_of(place.ledger, place.estate, text or _id(place), place.now), place.now)


def _id(place: World) -> str:
    return short_id(place.outage(PBX))


@pytest.fixture
def hit(place: World) -> World:
    """The telephone server fell for five hours, and took the service and a building with it; it was known late."""
    place.watched(BEGAN - 5 * HOUR, at("2026-07-02T09:00"))
    place.now = BEGAN - 4 * HOUR
    place.up(BEGAN - 4 * HOUR)
    place.now = BEGAN + timedelta(minutes=7)
    carried = ("service:phones", "site:wallfields")
    place.record(
        changes=(
            Change(PBX, Standing.UP, Standing.DOWN, BEGAN, CANARY, looks=(BEGAN, BEGAN + timedelta(minutes=1))),
            *(Change(s, Standing.UP, Standing.DOWN, BEGAN, f"{PBX} is down", PBX) for s in carried),
        ),
        messages=(
            Message("pager", PBX, "critical", "pbx-1 is down", CANARY, BEGAN, "k1"),
            Message("mail", "service:phones", "critical", "Telephony is down", CANARY, BEGAN, "k2"),
            Message("mail", "site:daneshill", "critical", "something else", CANARY, BEGAN, "k3"),
        ),
    )
    return place


def mend(place: World, after: timedelta = 5 * HOUR) -> None:
    place.now = BEGAN + after
    subjects = (PBX, "service:phones", "site:wallfields")
    place.record(changes=tuple(Change(s, Standing.DOWN, Standing.UP, BEGAN + after, "answers") for s in subjects))


def send(place: World, channel: str, when: timedelta) -> None:
    (pending,) = place.ledger.outbox.claim(channel, BEGAN + when)[:1]
    place.ledger.outbox.sent(pending, BEGAN + when)


def test_an_outage_is_reported_with_all_that_it_carried_down_and_on_both_clocks(hit: World) -> None:
    mend(hit)
    hit.say(saying.cause(hit.outage(PBX), "power", "jo", hit.now))
    paper = report(hit)
    said = words(paper)
    assert "On 13 May 2026 a server went down. It lasted 5 hours." in said
    assert "Down with it: Telephony. One building was down. Cause: power." in said
    assert "It was fixed after 5 hours on the fix clock: the target of 4 hours was missed." in said
    assert rows(paper, "services") == [
        {"Service": "Telephony", "Day": "13 May 2026", "Minutes": "300", "In service hours": "120"}
    ]
    assert [(r["What"], r["Why"]) for r in rows(paper, "subjects")] == [
        ("pbx-1", "where it began"), ("Telephony", "carried down"), ("Wallfields", "carried down"),
    ]  # fmt: skip
    clock = rows(paper, "clock")
    assert (clock[0]["Time"], clock[0]["Target"], clock[0]["Target met"]) == ("5 hours", "4 hours", "missed")
    assert clock[1]["Time"] == "2 hours"


def test_what_stands_behind_it_and_could_not_be_reached_is_counted_and_for_the_exempt_edition_named(hit: World) -> None:
    assert "behind it" not in words(report(hit))
    behind = ("device:sw-wf-1", "redundancy:links/wf")
    hit.record(
        changes=tuple(
            Change(s, Standing.UP, Standing.BLIND, BEGAN, f"cannot be reached: {PBX} is down", PBX) for s in behind
        )
    )
    paper = report(hit)
    assert "One more thing behind it could not be reached meanwhile." in words(paper)
    assert rows(paper, "unreached") == [{"What": "sw-wf-1", "Kind": "switch"}]
    public = edition_of(paper, Edition.PUBLIC)
    assert rows(public, "unreached-kinds") == [{"Kind": "switch", "How many": "1"}]
    assert "sw-wf-1" not in b"".join(content for _, content in files(paper, "q", Edition.PUBLIC, [Form.HTML])).decode()


def test_what_was_known_late_is_said_and_does_not_move_the_outage(hit: World) -> None:
    mend(hit)
    paper = report(hit)
    assert "That it began was known 7 minutes later." in words(paper, "Detection")
    assert "Three changes were known 2 minutes or more after the fact." in words(paper, "Detection")
    began, ended = rows(paper, "detection")
    assert (began["Known after"], began["True at"], began["Known at"]) == (
        "7 minutes", "13 May 2026 16:00:00 BST", "13 May 2026 16:07:00 BST",
    )  # fmt: skip
    assert ended["Known after"] == "none"


def test_who_was_told_by_which_channel_and_when_it_was_taken_on(hit: World) -> None:
    send(hit, "pager", timedelta(minutes=8))
    mend(hit)
    told = {r["Channel"]: r for r in rows(report(hit), "told")}
    assert told["pager"]["Taken on"] == "13 May 2026 16:08:00 BST"
    assert told["mail"]["Taken on"] == "not yet"
    assert told["mail"]["What"] == "Telephony is down"  # what is told of what it took down belongs to it
    assert len(told) == 2
    assert "Two messages were sent to people about it, over two channels." in words(report(hit), "Who was told")


def test_the_timeline_has_flips_looks_messages_notes_and_pauses_in_order(hit: World) -> None:
    outage = hit.outage(PBX)
    hit.say(saying.acknowledge(outage, "jo", BEGAN + timedelta(minutes=12), text="on it"))
    hit.say(saying.pause(outage, "waiting for a replacement part", "jo", BEGAN + HOUR, until=BEGAN + 3 * HOUR))
    hit.say(saying.remark(outage, CANARY, "jo", BEGAN + 2 * HOUR))
    mend(hit)
    paper = report(hit)
    line = rows(paper, "timeline")
    kinds = [row["Kind"] for row in line]
    assert kinds[0] == "stands"
    assert {"stands", "told", "acknowledgement", "pause", "note"} <= set(kinds)
    assert "looked at 16:00:00 and 16:01:00; known 7 min later" in line[0]["Text"]
    pause = rows(paper, "pauses")
    assert (pause[0]["From"], pause[0]["Until"]) == ("13 May 2026 17:00:00 BST", "13 May 2026 19:00:00 BST")
    assert rows(paper, "clock")[3]["Time"] == "2 hours"
    assert "the target of 4 hours was met" in words(paper)
    assert "Somebody took it on 12 minutes after it began." in words(paper, "What was said")


def test_an_open_outage_gives_a_report_so_far(hit: World) -> None:
    hit.now = BEGAN + 3 * HOUR
    paper = report(hit)
    assert "So far: it was still open on 13 May 2026 19:00." in paper.subtitle
    assert "It has lasted so far 3 hours." in words(paper)
    assert "The fix clock stands at 3 hours, of a target of 4 hours." in words(paper)
    assert rows(paper, "services")[0]["Minutes"] == "180"
    assert [r["What"] for r in rows(paper, "detection")] == ["It began"]
    hit.now = BEGAN + 9 * HOUR
    assert "of a target of 4 hours, which is missed." in words(report(hit))


def test_what_was_carried_down_names_what_carried_it(hit: World) -> None:
    mend(hit)
    paper = report(hit, short_id(hit.outage("service:phones")))
    assert "It was carried down by another outage, and the cause lies there." in words(paper)
    assert "What carried it down: pbx-1." in words(paper)
    assert "Down: Telephony." in words(paper)
    assert "pbx-1" not in words(edition_of(paper, Edition.PUBLIC))


def test_nothing_of_devices_people_or_free_text_is_in_the_public_edition_but_the_statement(hit: World) -> None:
    outage = hit.outage(PBX)
    for note in (
        saying.remark(outage, CANARY, "canary.person", hit.now), saying.ticket(outage, "CANARY-1", "jo", hit.now),
        saying.statement(outage, "Telephones were down for an afternoon.", "jo", hit.now),
    ):  # fmt: skip
        hit.say(note)
    mend(hit)
    hit.say(saying.correct(hit.outage(PBX), [], CANARY, "canary.person", hit.now, ended=BEGAN + 4 * HOUR))
    paper = report(hit)
    assert CANARY in "".join(cell for row in table(paper, "notes").rows for cell in row)
    for name, content in files(paper, "ict-incident-x", Edition.PUBLIC):
        lower = content.lower()
        for hidden in (b"canary", b"pbx-1", b"wallfields", b"daneshill", b"pager"):
            assert hidden not in lower, (name, hidden)
    public = edition_of(paper, Edition.PUBLIC)
    assert words(public, "Statement") == "Telephones were down for an afternoon."
    assert {t.key for s in public.sections for t in s.tables} == {"services", "kinds", "clock", "detection"}


def test_an_outage_over_the_end_of_summer_time_has_its_true_length(place: World) -> None:
    began = at("2026-10-24T23:30")  # 00:30 in London; at 02:00 the clocks go back to 01:00
    place.watched(began - HOUR, began + 9 * HOUR)
    place.up(began - HOUR)
    place.down(PBX, began, 3 * HOUR, "service:phones")
    place.now = began + 9 * HOUR
    paper = report(place)
    assert rows(paper, "services")[0]["Minutes"] == "180"
    subject = rows(paper, "subjects")[0]
    assert (subject["Began"], subject["Ended"]) == ("25 October 2026 00:30:00 BST", "25 October 2026 02:30:00 GMT")


def test_no_outage_and_one_that_is_none_any_more_are_told_apart(hit: World) -> None:
    mend(hit)
    outage = hit.outage(PBX)
    with pytest.raises(SaidInvalid, match="there is no outage 'ffffffff'"):
        report(hit, "ffffffff")
    hit.say(saying.void(outage, "the probe was at fault", "jo", hit.now))
    with pytest.raises(SaidInvalid, match="was declared to be no outage by jo on 13 May 2026: the probe was at fault"):
        report(hit, short_id(outage))
