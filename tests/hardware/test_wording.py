"""The words for stages and reasons: every one has them, and a councillor can read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import get_args

import pytest

from agent.lifecycle import STAGES, Reason
from agent.lifecycle.reasons import ReasonKind
from agent.lifecycle.software import SoftwareStage
from agent.lifecycle.wording import (
    KNOWN_BY,
    SOFTWARE_WORDS,
    STAGE_WORDS,
    counted,
    label,
    sentence,
    software_sentence,
    why,
)
from agent.lifecycle.words import EVIDENCE

KINDS: tuple[ReasonKind, ...] = get_args(ReasonKind)
SOFTWARE: tuple[SoftwareStage, ...] = get_args(SoftwareStage)
DAY = date(2026, 3, 31)
JARGON = (
    "lifecycle", "end-of-life", "eol", "eos", "asset", "firmware", "vendor", "cve", "vulnerabilit", "patch", "refresh",
    "chassis", "snmp", "deploy", "legacy", "cisco", "fortinet", "aruba", "_",
)  # fmt: skip


def every_sentence() -> Iterator[str]:
    for number in (0, 1, 2, 9, 10, 1234):
        yield from (sentence(stage, number) for stage in STAGES)
        yield from (software_sentence(stage, number) for stage in SOFTWARE)
        yield from (counted(kind, number) for kind in KINDS)
    for kind in KINDS:
        for today in (date(2025, 1, 1), DAY, date(2027, 1, 1)):
            yield why(Reason(kind, DAY, (), ""), today)
        yield why(Reason(kind, DAY, (), "", postponed_from=date(2024, 2, 1)), DAY)


def test_every_stage_evidence_and_confidence_has_words() -> None:
    assert set(STAGE_WORDS) == set(STAGES)
    assert set(SOFTWARE_WORDS) == set(SOFTWARE)
    assert set(KNOWN_BY) == set(EVIDENCE)


def test_sentences_are_sentences_without_jargon() -> None:
    for text in every_sentence():
        assert re.fullmatch(r"[A-Z0-9].*[a-z0-9]\.", text), text
        assert not [word for word in JARGON if word in text.casefold()], text
        assert len(text.split()) < 40, text


def test_a_colour_is_never_alone() -> None:
    for words in (*STAGE_WORDS.values(), *SOFTWARE_WORDS.values()):
        assert words.label == f"{words.rating.colour}: {words.ask}"
        assert words.ask
    # Who sees no colours can tell them by word, by shape and by the character of it.
    ratings = {words.rating for words in STAGE_WORDS.values()}
    for what in ("colour", "shape", "level", "mark"):
        assert len({getattr(rating, what) for rating in ratings}) == len(ratings) == 4
    assert len({label(stage) for stage in STAGES}) == len(STAGES)


@pytest.mark.parametrize(
    ("number", "begins"),
    [(0, "No pieces of hardware are "), (1, "One piece of hardware is "), (2, "Two pieces of hardware are "),
     (1234, "1,234 pieces of hardware are ")],
)  # fmt: skip
def test_counts_agree_with_their_verbs(number: int, begins: str) -> None:
    assert sentence("overdue", number).startswith(begins)
    assert counted("end_of_support", number).startswith(begins)


@pytest.mark.parametrize(
    ("kind", "today", "wanted"),
    [
        ("contract", DAY, "The contract under which it is repaired ends on 31 March 2026 and is to be renewed."),
        ("contract", date(2026, 4, 1),
         "The contract under which it was repaired ended on 31 March 2026 and is to be renewed."),
        ("replace_age", date(2026, 3, 30), "Because of its age it is to be replaced by 31 March 2026."),
        ("replace_age", DAY, "Because of its age it was to be replaced by 31 March 2026."),
    ],
)  # fmt: skip
def test_a_reason_speaks_of_its_day_as_to_come_or_past(kind: ReasonKind, today: date, wanted: str) -> None:
    assert why(Reason(kind, DAY, (), ""), today) == wanted


def test_what_was_put_off_is_told() -> None:
    text = why(Reason("replace_age", DAY, (), "", postponed_from=date(2024, 2, 1)), date(2026, 1, 1))
    assert text.endswith("by 31 March 2026. It was agreed to keep it beyond 1 February 2024.")


def test_a_day_that_is_not_known_is_not_said() -> None:
    for kind in ("end_of_sale", "end_of_support", "end_of_security_support", "software_support",
                 "end_of_software_maintenance"):  # fmt: skip
        text = why(Reason(kind, DAY, (), "", day_known=False), DAY)  # type: ignore[arg-type]
        assert "2026" not in text
        assert "since when is not known" in text


def test_what_a_reason_says_holds_nothing_that_somebody_else_wrote() -> None:
    for kind in KINDS:
        assert "canary" not in why(Reason(kind, DAY, (), "canary", "canary"), DAY)
