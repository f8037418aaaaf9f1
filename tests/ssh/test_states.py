"""What all platforms tell under the same names: days, reasons, how bad a licence is."""

from __future__ import annotations

from datetime import date

import pytest

from collectors.errors import Unparsed
from collectors.plugins.states import clock, day, licence, licence_part, ntp_peers, reload_reason
from collectors.plugins.text import check, total
from collectors.readings import Findings, Level


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2026-02-01 00:00:00 UTC", date(2026, 2, 1)),
        ("January 13, 2026", date(2026, 1, 13)),
        ("Mar 03 09:06:10 2026 GMT", date(2026, 3, 3)),
        ("Feb 29 2024 13:21:17 UTC", date(2024, 2, 29)),
        ("24Mar2026", date(2026, 3, 24)),
        ("3 Apr 2026", date(2026, 4, 3)),
        ("13:40:18 UTC Tue Sep 2 2025", date(2025, 9, 2)),
        ("Never", None),
        ("permanent", None),
        ("01/02/2026", None),
        ("February 30, 2026", None),
        ("Foo 12, 2026", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_is_read_in_every_vendors_words_and_never_guessed(text: str | None, want: date | None) -> None:
    assert day(text) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Reload Command at 22:09:11 NZST Wed May 1 2019", "reload_command"),
        ("power-on", "power_on"),
        ("error - a Software forced crash at 04:39:28 GMT Wed Nov 22 2023", "error_a_software_forced_crash"),
        ("Reset Requested by CLI command reload", "reset_requested_by_cli_command_reload"),
    ],
)  # fmt: skip
def test_a_reason_to_start_again_is_a_state_without_its_time_and_no_fault(text: str, want: str) -> None:
    (found,) = reload_reason(text)
    assert (found.check, found.state, found.level) == ("reload_reason", want, Level.OK)


@pytest.mark.parametrize("text", [None, "", "Unknown", "n/a", "-"])
def test_no_reason_is_no_check(text: str | None) -> None:
    assert reload_reason(text) == ()


@pytest.mark.parametrize(
    ("state", "want"),
    [
        ("AUTHORIZED", Level.OK),
        ("In use", Level.OK),
        ("Active, Not in Use", Level.OK),
        ("OUT OF COMPLIANCE", Level.CRITICAL),
        ("UNREGISTERED", Level.WARNING),
        ("EVAL EXPIRED", Level.CRITICAL),
        ("EVAL MODE", Level.WARNING),
        ("Demo", Level.WARNING),
        ("something new", Level.UNKNOWN),
    ],
)
def test_a_licence_is_as_bad_as_its_state_says(state: str, want: Level) -> None:
    assert licence("any", state).level is want


def test_only_a_licence_with_a_last_day_is_a_part_of_the_register() -> None:
    assert licence_part("IPS", None) == ()
    (part,) = licence_part("IPS", date(2026, 3, 31))
    assert (part.part, part.name, part.replace_by) == ("licence", "IPS", date(2026, 3, 31))


def test_a_clock_without_ntp_is_no_check_and_other_text_is_not_understood() -> None:
    assert clock("% NTP is not enabled.", "is synchronized", "is unsynchronized").checks == ()
    with pytest.raises(Unparsed):
        clock("no clock here", "is synchronized", "is unsynchronized")


def test_a_table_of_servers_says_by_its_star_whether_one_is_followed() -> None:
    heading = "remote  refid  st\n"
    assert [c.state for c in ntp_peers(heading + "*192.0.2.1 x\n+ntp.example.org x\n", "remote").checks] == [
        "synchronised"
    ]
    assert [c.state for c in ntp_peers(heading + " 2001:db8::1 x\n", "remote").checks] == ["unsynchronised"]
    assert ntp_peers(heading, "remote").checks == ()


def test_what_one_command_has_said_of_a_subject_is_not_said_again_by_a_later_one() -> None:
    first = Findings(checks=(check("fan", "fan 1", "normal"), check("fan", "fan 1", "failed")))
    later = Findings(checks=(check("fan", "fan 1", "supply"), check("fan", "fan 2", "normal")))
    found = [(c.subject, c.state) for c in total([first, later]).checks]
    assert found == [("fan 1", "normal"), ("fan 1", "failed"), ("fan 2", "normal")]
