"""One piece of hardware: which one people mean by what they type, where it was, what happened to it in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from agent.answers import LedgerAnswers
from agent.facts import Asset, Facts, Milestone, Outage, Purchase, Sighting
from agent.hardware.dossier import Dossier, Past, PieceUnknown, dossier, which
from agent.hardware.register import Piece, pieces_of
from agent.inventory.model import Estate
from agent.ledger import Ledger, LedgerError
from agent.lifecycle.roll import Event, Roll, events_of

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = date(2026, 11, 22)


def estate(*names: str) -> Estate:
    sites = {"depot": {"title": "Depot", "kind": "depot", "owner": "sbc"}}
    devices = {name: {"name": name, "address": "192.0.2.1", "class": "switch", "site": "depot"} for name in names}
    return Estate.model_validate(
        {"councils": {"sbc": {"title": "Stevenage", "share": "1"}}, "sites": sites, "devices": devices}
    )


def seen(
    device: str = "sw-1", serial: str | None = "FCW2140L0AB", ago: int = 0, part: str = "chassis", place: str = "",
    **changes: str,
) -> Sighting:  # fmt: skip
    made = Sighting(device, part, place or device, place, "Cisco", "C9300", serial, "17.9", NOON - ago * DAY)
    return replace(made, **changes)  # type: ignore[arg-type]


def register(*sightings: Sighting) -> list[Piece]:
    roll = Roll()
    for one in sightings:
        roll.sight(one)
    devices = {one.device for one in sightings if not one.device.startswith("ups")}
    return pieces_of(roll.assets(), estate(*devices), TODAY)


def bought(serial: str = "FCW2140L0AB", ago: int = 0, **changes: object) -> Purchase:
    made = Purchase(serial, NOON - ago * DAY, "jo", "purchases.csv:2", purchased="2019-04-01", price_pence=123450)
    return replace(made, **changes)  # type: ignore[arg-type]


def outage(subject: str, began: int, ended: int | None) -> Outage:
    """Days ago."""
    until = None if ended is None else NOON - ended * DAY
    return Outage(UUID(int=began * 1000 + (ended or 0)), subject, NOON - began * DAY, until, "no answer")


# ---------------------------------------------------------------- which one
STACK = (
    seen("sw-1", "FCW2140L0AB"), seen("sw-2", "FOC1111X0AA", part="stack_member", place="1"),
    seen("sw-2", "FOC2222X0AA", part="stack_member", place="2"), seen("sw-1", None, part="fan", place="Fan 1"),
    seen("ups-1", "AS0001", part="battery", place="1"), seen("ups-1", None, part="fan", place="1"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "serial"),
    [
        ("FCW2140L0AB", "FCW2140L0AB"), ("fcw 2140 l0ab", "FCW2140L0AB"), ("sw-1", "FCW2140L0AB"),
        ("serial:cisco/FOC1111X0AA", "FOC1111X0AA"), ("2222", "FOC2222X0AA"), ("foc11", "FOC1111X0AA"),
        ("ups-1", "AS0001"), ("place:sw-1/fan/Fan 1", None),
    ],
)  # fmt: skip
def test_a_piece_is_found_by_what_people_have_at_hand(asked: str, serial: str | None) -> None:
    assert which(register(*STACK), asked).asset.serial == serial


def test_a_piece_is_found_by_its_id_as_its_page_has_it() -> None:
    (piece,) = register(seen())
    assert which([piece], str(piece.asset.id)) is piece


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("sw-2", "could be 2 pieces: FOC1111X0AA (stack member of sw-2), FOC2222X0AA"),
        ("X0AA", "could be 2 pieces"),
        ("FCW2140L0AC", "did you mean 'FCW2140L0AB'?"),
        ("sw-9", "did you mean"),
        ("AB", "no piece 'AB'"),
        (" ", "say which piece"),
        ("czj928abcd", "was not seen yet; purchases.csv:2 says: purchased 2019-04-01, price £1,234.50"),
    ],
)
def test_what_cannot_be_found_is_said_in_one_line(asked: str, says: str) -> None:
    with pytest.raises(PieceUnknown) as unknown:
        which(register(*STACK), asked, [bought("CZJ928ABCD")])
    assert says in str(unknown.value)
    assert len(str(unknown.value).splitlines()) == 1


def test_what_is_there_comes_before_what_is_gone() -> None:
    old, new = register(seen("sw-1", "FCW2140L0AB"), seen("sw-2", "FCW2140L0AC"))
    gone = replace(old, presence="gone", asset=replace(old.asset, gone_at=NOON))
    assert which([gone, new], "FCW2140").asset.device == "sw-2"
    assert which([gone], "FCW2140") is gone


# ---------------------------------------------------------------- all of it
def told(
    *sightings: Sighting, purchases: Sequence[Purchase] = (), milestones: Sequence[Milestone] = (),
    outages: Sequence[Outage] = (), events: Sequence[Event] | None = None,
) -> Dossier:  # fmt: skip
    piece = which(register(*sightings), "FCW2140L0AB")
    happened = events_of(piece.asset.key, sightings) if events is None else events
    return dossier(piece, Past(happened, purchases, milestones), outages)


def test_what_happened_stands_in_the_order_of_time_with_who_said_it() -> None:
    milestone = Milestone("serial:cisco/FCW2140L0AB", "stage", "review_due", "2026-11-17", NOON - 5 * DAY, "4 years")
    others = Milestone("serial:cisco/OTHER", "stage", "review_due", "2026-11-17", NOON - 5 * DAY, "4 years")
    first, second = bought(ago=8), bought(ago=3, author="sam", origin="more.csv:9", price_pence=99)
    found = told(
        seen(ago=9),
        seen(ago=7, version="17.12"),
        purchases=[first, bought("OTHER", ago=4), second],
        milestones=[milestone, others],
    )
    assert [(one.kind, one.author) for one in found.history] == [
        ("first_seen", ""), ("purchase_record", "jo"), ("version_changed", ""), ("milestone", ""),
        ("purchase_record", "sam"),
    ]  # fmt: skip
    assert found.history[1].text == "purchases.csv:2: purchased 2019-04-01, price £1,234.50"
    assert found.history[3].text == "review due, 2026-11-17: 4 years"
    assert found.history[4].text == "more.csv:9: price was £1,234.50, now £0.99"


def test_outages_count_for_the_time_it_was_at_the_device() -> None:
    # It is in sw-1 for ten days, another takes its place, and two days later it shows in sw-2.
    sightings = (seen(ago=20), seen(serial="FCW2140L0AC", ago=10), seen("sw-2", ago=8))
    found = told(
        *sightings,
        outages=[
            outage("device:sw-1", 30, 25), outage("device:sw-1", 21, 19), outage("device:sw-1", 15, 14),
            outage("device:sw-1", 5, 4), outage("device:sw-2", 9, 8), outage("device:sw-2", 9, 7),
            outage("device:sw-2", 1, None), outage("site:depot", 15, 14),
        ],
    )  # fmt: skip
    assert [(one.device, one.outages) for one in found.stays] == [("sw-1", 2), ("sw-2", 2)]
    assert found.stays[0].ended_at == found.stays[1].began_at - 2 * DAY == NOON - 10 * DAY
    assert found.stays[1].ended_at is None


def test_a_piece_that_its_peer_showed_first_is_at_home_from_when_it_was_seen_there() -> None:
    found = told(seen("fw-2", part="ha_member", place="1", ago=9), seen("fw-1", ago=5))
    assert [(one.device, one.began_at) for one in found.stays] == [("fw-2", NOON - 9 * DAY), ("fw-1", NOON - 5 * DAY)]


def test_hardware_of_which_nothing_is_recorded_is_where_the_register_has_it() -> None:
    found = told(seen(ago=9), events=())
    assert [(one.device, one.began_at, one.ended_at) for one in found.stays] == [("sw-1", NOON - 9 * DAY, None)]
    assert found.history == ()


def test_hardware_that_only_the_inventory_knows_was_seen_nowhere() -> None:
    (piece,) = register(seen())
    never = datetime(1970, 1, 1, tzinfo=UTC)
    listed = replace(piece, asset=replace(piece.asset, device="", name="cold spare", first_seen_at=never))
    assert which([listed], "cold spare") is listed
    found = dossier(listed, Past(), ())
    assert found.stays == ()
    assert "never: the inventory says that it is there" in dict(dict(found.facts)["Where"]).values()


def test_facts_that_are_not_known_are_left_out() -> None:
    found = told(seen())
    by_heading = {heading: dict(rows) for heading, rows in found.facts}
    assert by_heading["Identity"]["Serial number"] == "FCW2140L0AB"
    assert by_heading["Where"]["Presence"] == "it is there"
    assert by_heading["Where"]["Last seen"] == "22 November 2026, 12:00:00 GMT"
    assert "Purchase" not in by_heading
    assert all(value for rows in by_heading.values() for value in rows.values())


def test_the_ladder_is_whole_and_its_first_rung_is_what_holds() -> None:
    found = told(seen(ago=9))
    assert [one.kind for one in found.rungs] == ["serial", "first_seen"]
    assert found.rungs[0].day == found.piece.life.evidence.since


def test_an_asset_of_the_ledger_needs_no_serial_number() -> None:
    (piece,) = register(seen(serial=None))
    assert isinstance(piece.asset, Asset)
    assert dossier(piece, Past(purchases=[bought("")]), ()).history == ()


# ---------------------------------------------------------------- for the pages
async def test_pages_get_what_happened_and_purchases_as_soon_as_they_are_imported(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite3", "agent-1")
    beside = Ledger.open(tmp_path / "ledger.sqlite3", "agent-1-command", watch=False)
    estates: Any = SimpleNamespace(estate=estate("sw-1"), loaded_at=NOON)
    answers = LedgerAnswers(ledger, estates, lambda: NOON)
    try:
        ledger.record(Facts(sightings=(seen(ago=9),))).result(10)
        await asyncio.to_thread(answers._read_register)
        assert [piece.evidence for piece in answers.pieces] == ["serial"]
        beside.record(Facts(purchases=(bought(),))).result(10)
        await asyncio.to_thread(answers._read_register)
        (piece,) = answers.pieces
        assert (piece.evidence, piece.owned.price_pence) == ("purchased", 123450)
        past = await answers.past(piece.asset.key)
        assert [event.kind for event in past.events] == ["first_seen"]
        assert [record.serial for record in past.purchases] == ["FCW2140L0AB"]
    finally:
        beside.close()
        ledger.close()


async def test_a_ledger_in_trouble_costs_the_page_only_its_history(caplog: pytest.LogCaptureFixture) -> None:
    def trouble(_: str) -> None:
        raise LedgerError("the disk is full")

    broken: Any = SimpleNamespace(hardware=trouble)
    estates: Any = SimpleNamespace(estate=estate(), loaded_at=NOON)
    assert await LedgerAnswers(broken, estates).past("k") == Past()
    assert "the disk is full" in caplog.text
