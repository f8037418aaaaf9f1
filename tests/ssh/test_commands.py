"""The list of commands: read-only on every platform, and read by parsers that no text can break."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import OutOfTime, Unreachable, WrongCredentials
from collectors.plugins.templates import MAX_LINE, MAX_TEXT
from collectors.plugins.text import level_of, number, span_seconds
from collectors.readings import Cadence, Findings, Level
from collectors.session import Output
from collectors.ssh import PLATFORMS, commands, plan, read
from collectors.ssh.commands import refuse_unless_allowed
from tests.ssh.played import stem

EVERY = [(platform, command) for platform in sorted(PLATFORMS) for command in commands(platform)]
ids = [f"{platform}: {command.text}" for platform, command in EVERY]

# What a look may begin with. `get` is FortiOS's show; `cat`, `df`, `hostname`, `timedatectl` and dmidecode print and
# change nothing, as `cplic print` does; RouterOS names the menu first and the verb last.
LOOKS = re.compile(
    r"(?:admin )?(?:show|display|get) [a-z0-9 -]+|cat /(?:proc|etc)/[a-z/-]+|hostname|dmidecode -t system|df -P -k"
    r"|timedatectl|cplic print|sys atsh|system [a-z ]+ print"
)
# Looks that cannot be told from changes by their words; each was looked up in the vendor's manual. PAN-OS prints its
# licences at `request license info` and answers yes or no to `check pending-changes`. IOS gives the time of saving in
# two comments of its configuration only: the filter lets these pass, and no line that holds a secret.
LOOKED_UP = {
    "request license info",
    "check pending-changes",
    "show config status",
    "show reboot history",
    "show config-state",
    "show reload cause",
    "show running-config | include ^! (Last configuration|NVRAM config)",
}
CHANGES = re.compile(
    r"\b(?:conf\w*|set|write|wr|copy|erase|delete|del|reload|reboot|reset|clear|debug|test|request|execute|commit|edit|"
    r"no|enable|undo|save|load|install|format|rm|mv|dd|tee|sudo|shutdown|power-off|start|stop|kill|upgrade|tftp|scp)\b"
)
SESSION_ONLY = {
    "terminal length 0", "terminal width 511", "terminal pager 0", "no paging", "no page", "set cli pager off",
    "set cli terminal width 500", "set cli screen-length 0", "set cli screen-width 511", "set clienv rows 0",
    "screen-length disable", "screen-length 0 temporary", "terminal datadump", "skip-page-display",
    "terminal more disable", "term len 0", "paginate false",
}  # fmt: skip


@pytest.mark.parametrize(("platform", "command"), EVERY, ids=ids)
def test_every_command_only_looks(platform: str, command) -> None:  # type: ignore[no-untyped-def]
    if command.text in LOOKED_UP:
        return
    assert LOOKS.fullmatch(command.text), command.text
    assert not CHANGES.search(command.text), command.text
    assert not re.search(r"[;|&<>`$\\\n\r\x00]", command.text), command.text


def test_what_is_typed_at_log_in_lasts_for_the_session_only() -> None:
    typed = {command for platform in PLATFORMS.values() for command in platform.setup}
    assert typed == SESSION_ONLY


@given(st.sampled_from(sorted(PLATFORMS)), st.text(max_size=60))
def test_any_text_that_is_not_a_command_of_the_list_is_refused(platform: str, text: str) -> None:
    if text not in {command.text for command in commands(platform)}:
        with pytest.raises(ValueError, match="not on the list"):
            refuse_unless_allowed(platform, text)


@given(st.sampled_from(EVERY), st.sampled_from([" ", "\n", "; reload", "\nreload", " | redirect x", "\r", "\x00"]))
def test_a_command_with_something_added_is_refused(one, added: str) -> None:  # type: ignore[no-untyped-def]
    platform, command = one
    for text in (command.text + added, added + command.text):
        with pytest.raises(ValueError, match="not on the list"):
            refuse_unless_allowed(platform, text)


def test_an_unknown_platform_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="cisco_ios"):
        plan("cisco_crs", Cadence.HEALTH)


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_slower_visits_ask_all_that_quicker_ones_ask(platform: str) -> None:
    pulse, health, inventory = (plan(platform, cadence) for cadence in Cadence)
    assert pulse == ()
    assert health
    assert set(health) <= set(inventory)
    assert len(set(inventory)) == len(inventory)
    assert any(command.needed for command in commands(platform))


# ---------------------------------------------------------------- reading
@pytest.mark.parametrize(("platform", "command"), EVERY, ids=ids)
def test_text_that_is_something_else_is_a_failure_and_no_crash(platform: str, command) -> None:  # type: ignore[no-untyped-def]
    found = read(platform, [Output(command.text, "The quick brown fox\njumps over the lazy dog\n")])
    assert [(f.stage, f.kind, f.asked) for f in found.failures] == [("parse", "unparsed", command.text)]
    assert not found.parts
    assert not found.identity


@pytest.mark.parametrize(("platform", "command"), EVERY, ids=ids)
def test_a_command_the_device_does_not_have_is_a_failure_only_where_it_is_needed(platform: str, command) -> None:  # type: ignore[no-untyped-def]
    from tests.ssh.played import STYLES

    found = read(platform, [Output(command.text, STYLES[platform].unknown + "\n")])
    assert bool(found.failures) == command.needed
    assert found == Findings(failures=found.failures)


def test_one_broken_session_is_one_failure_and_what_came_before_is_kept() -> None:
    outputs = [
        Output("cat /proc/uptime", "9000.00 1.00\n"),
        *(Output(text, "", Unreachable("the device closed the session")) for text in ("cat /proc/meminfo", "df -P -k")),
    ]
    found = read("linux", outputs)
    assert found.identity == {"uptime_seconds": 9000.0}
    assert [(f.stage, f.kind, f.asked) for f in found.failures] == [("ssh", "unreachable", "cat /proc/meminfo")]


def test_faults_of_the_session_keep_their_kinds() -> None:
    for fault, kind in ((WrongCredentials("x"), "wrong_credentials"), (OutOfTime("y"), "out_of_time")):
        assert read("linux", [Output("hostname", "", fault)]).failures[0].kind == kind


OUTPUTS = Path(__file__).parent / "outputs"


def samples() -> list[tuple[str, str, str]]:
    """(platform, command, text) of our own made-up outputs."""
    return [
        (platform, command.text, file.read_text(encoding="utf-8"))
        for platform, command in EVERY
        for file in sorted(OUTPUTS.glob(f"{platform}/{stem(command.text)}*.txt"))
    ]


SAMPLES = samples()


@given(st.sampled_from(EVERY), st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_any_text_at_all_is_read_without_an_exception(one, text: str) -> None:  # type: ignore[no-untyped-def]
    platform, command = one
    read(platform, [Output(command.text, text)])


@given(st.data())
def test_real_text_that_is_cut_repeated_or_scrambled_is_read_without_an_exception(data: st.DataObject) -> None:
    platform, command, text = data.draw(st.sampled_from(SAMPLES))
    at = data.draw(st.integers(0, len(text)))
    upto = data.draw(st.integers(at, len(text)))
    piece = data.draw(st.sampled_from([text[at:upto], "", "\x00", "9" * 50, " " * 300, "\n" * 50, ":", "-" * 80]))
    read(platform, [Output(command, text[:at] + piece + text[upto:])])


# A third of the most that a parser is given; what was measured grows with the size and no faster.
HOSTILE = {
    "one endless line": "a" * 900_000,
    "blanks": " " * 150_000,
    "lines of blanks": (" " * 1_900 + "\n") * 80,
    "blanks between": ("x" + " " * 1_800 + "x\n") * 80,
    "many blanks between": (("x" + " " * 90) * 20 + "\n") * 80,
    "half a row, often": "1/1  " * 24_000,
    "words": "word " * 28_000,
    "rows of words": ("Power Supply 1   word " * 80 + "\n") * 80,
    "dots": ("Name" + "." * 1_900 + "\n") * 80,
    "dashes": ("-" * 1_900 + "\n") * 80,
    "numbers": ("1 1 1 1 " * 240 + "\n") * 80,
    "colons": ("a : b : c : " * 160 + "\n") * 80,
    "short rows": "1 Active 0 0\n" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_a_parser_long(name: str) -> None:
    """Measured on a slow machine: 0.15 s of CPU for the worst pair. The limit here leaves room for a busy one."""
    slow = []
    for platform, command in {command.parse: (platform, command) for platform, command in EVERY}.values():
        started = time.process_time()
        read(platform, [Output(command.text, HOSTILE[name])])
        seconds = time.process_time() - started
        if seconds > 1.5:
            slow.append((platform, command.text, seconds))
    assert not slow


# ---------------------------------------------------------------- small readings
@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            "2 years, 31 weeks, 6 days, 9 hours, 55 minutes",
            2 * 31_536_000 + 31 * 604_800 + 6 * 86_400 + 9 * 3600 + 55 * 60,
        ),
        ("109 days 16 hrs 33 mins 12 secs", 109 * 86_400 + 16 * 3600 + 33 * 60 + 12),
        ("454d 7h 42m", 454 * 86_400 + 7 * 3600 + 42 * 60),
        ("123 day(s), 5 hour(s), 15 minute(s), 19 second(s)", 123 * 86_400 + 5 * 3600 + 15 * 60 + 19),
        ("913 days 6:17:44", 913 * 86_400 + 6 * 3600 + 17 * 60 + 44),
        ("6w5d11h55m45s", 6 * 604_800 + 5 * 86_400 + 11 * 3600 + 55 * 60 + 45),
        ("22w0d 19:16", 22 * 604_800 + 19 * 3600 + 16 * 60),
        ("23 days, 1:31:39", 23 * 86_400 + 1 * 3600 + 31 * 60 + 39),
        ("", None),
        ("since Tuesday", None),
        ("999999999 years", None),
    ],
)
def test_spans_of_time_are_read_in_every_vendors_words(text: str, want: float | None) -> None:
    assert span_seconds(text) == want


@given(st.integers(0, 39), st.integers(0, 51), st.integers(0, 6), st.integers(0, 23), st.integers(0, 59))
def test_a_span_is_the_sum_of_its_parts(years: int, weeks: int, days: int, hours: int, minutes: int) -> None:
    want = years * 31_536_000 + weeks * 604_800 + days * 86_400 + hours * 3600 + minutes * 60
    text = f"{years} years, {weeks} weeks, {days} days, {hours} hours, {minutes} minutes"
    assert span_seconds(text) == (want if want <= 40 * 31_536_000 else None)


@given(st.integers(-(10**9), 10**9))
def test_a_number_is_read_with_and_without_its_commas(value: int) -> None:
    assert number(f"{value:,} bytes") == number(f"{value} kB") == value


@given(st.text(max_size=40))
def test_no_word_that_is_not_known_is_silently_good(text: str) -> None:
    if level_of(text) is Level.OK:
        assert re.search(
            r"(?i)ok|good|normal|green|up|ready|active|online|on|present|pass|fine|running|in-sync|operational", text
        )


@pytest.mark.parametrize("state", ["not ok", "NOT OK", "Faulty", "fail", "Down", "err-disable", "unresponsive", "RED"])
def test_bad_words_are_not_good(state: str) -> None:
    assert level_of(state) in (Level.CRITICAL, Level.WARNING)


def test_the_caps_leave_room_for_the_largest_real_answers() -> None:
    assert MAX_TEXT >= 250_000  # 1,500 access points
    assert MAX_LINE >= 511  # as wide as we ask terminals to be
