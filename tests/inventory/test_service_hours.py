"""When a service is meant to be there, and the clock its fix target is measured on, as the inventory says them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.inventory import Estate

SERVICES = """
services:
  telephony:
    title: Telephony
    owner: both
    needs: sw-wf-1
    %s
"""


def test_a_service_has_office_hours_and_the_elapsed_clock_unless_it_says_otherwise(
    sound: str, estate_of: Callable[[str], Estate]
) -> None:
    service = estate_of(sound + SERVICES % "").services["telephony"]
    assert (service.service_hours, service.fix_clock) == ("Mon-Fri 08:00-18:00", "elapsed")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Mon-Sat 07:30-22:00, bank holidays too", "Mon-Sat 07:30-22:00, bank holidays too"),
        ("always", "always"),
        ('"mon-sun 08:00 - 24:00"', "Mon-Sun 08:00-24:00"),
    ],
)
def test_service_hours_are_kept_as_they_are_printed(
    written: str, kept: str, sound: str, estate_of: Callable[[str], Estate]
) -> None:
    text = sound + SERVICES % f"service_hours: {written}\n    fix_clock: service_hours"
    service = estate_of(text).services["telephony"]
    assert (service.service_hours, service.fix_clock) == (kept, "service_hours")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "service_hours: nine to five",
            "service_hours: 'nine to five' are no service hours: write days and times such as Mon-Fri 08:00-18:00, "
            'with ", bank holidays too" behind it where they count, or always',
        ),
        (
            "service_hours: Mon-Fri 18:00-08:00",
            "service_hours: service hours close after they open, on the same day: 18:00-08:00 does not "
            "(24:00 is the end of the day)",
        ),
        ("service_hours: Mon-Fry 08:00-18:00", "service_hours: 'Fry' is no day of the week: write Mon, Tue"),
        ("fix_clock: working_hours", "fix_clock: 'working_hours' is not one of elapsed, service_hours"),
    ],
)
def test_other_words_are_refused_with_their_place(
    line: str, words: str, sound: str, told: Callable[..., list[str]]
) -> None:
    (problem,) = told(sound + SERVICES % line)
    row = sound.count("\n") + 7
    assert problem.startswith(f"inventory.yaml:{row}:{5 + len(line.partition(':')[0]) + 2}: services.telephony.{words}")
