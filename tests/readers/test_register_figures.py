"""The hardware register as metrics, which the alert rules of hardware are written on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from agent.catalogue import find
from agent.figures import of_register
from agent.lifecycle import Keep, Software
from tests.hardware.making import life, piece, replace_by, support

TODAY = date(2026, 11, 2)
KEEP = Keep("until-the-move", date(2027, 7, 1), "Jo", "the data centre moves")


def samples() -> list[tuple[str, dict[str, str], float]]:
    one = life([replace_by(TODAY)], TODAY, ends=date(2027, 1, 31), keep=KEEP, software=Software("unsupported"))
    one = replace(one, evidence=replace(one.evidence, conflicts=("its serial number says 2011",)))
    pieces = [
        piece("sw-1", one),
        piece("sw-2", life([replace_by(TODAY)], TODAY)),
        piece("fw-1", life([support(TODAY)], TODAY), role="firewall"),
        piece("sw-3", life([support(TODAY)], TODAY), presence="gone"),
        replace(piece("sw-4", life([support(TODAY)], TODAY), presence="withdrawn"), site=""),
    ]
    return [(name, dict(labels), value) for name, labels, value in of_register(pieces)]


def test_every_sample_has_the_labels_that_the_catalogue_promises() -> None:
    for name, labels, _ in samples():
        entry = find(name)
        assert entry is not None, name
        assert set(labels) == set(entry.labels), name


def test_only_what_is_present_is_counted_by_stage_class_site_and_council() -> None:
    counted = {
        (labels["stage"], labels["class"], labels["site"], labels["council"]): value
        for name, labels, value in samples()
        if name == "hartwatch_assets"
    }
    assert counted == {
        ("overdue", "switch", "wallfields", "east_herts"): 2,
        ("unsupported", "firewall", "wallfields", "east_herts"): 1,
    }
    assert {labels["device"] for _, labels, _ in samples() if "device" in labels} == {"sw-1", "sw-2", "fw-1"}


def test_what_does_not_hold_of_a_piece_has_no_sample() -> None:
    rare = ("end_of_support_timestamp_seconds", "kept_until_timestamp_seconds", "software_stage", "conflicts")
    for ending in rare:
        of = [labels["device"] for name, labels, _ in samples() if name == f"hartwatch_asset_{ending}"]
        assert of == ["sw-1"], ending


def test_a_day_begins_in_london() -> None:
    (kept,) = [
        (labels["exception"], value)
        for name, labels, value in samples()
        if name == "hartwatch_asset_kept_until_timestamp_seconds"
    ]
    assert kept == ("until-the-move", datetime(2027, 6, 30, 23, tzinfo=UTC).timestamp())
