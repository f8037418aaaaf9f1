"""Logs: one line for each event, whatever a device says."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from agent import logs

HOSTILE = "x\r\n2026-05-13T12:00:00.000Z info agent.app all is well\x1b[2J\u202e"


@pytest.fixture
def lines() -> Iterator[Callable[[Literal["text", "json"]], io.StringIO]]:
    root = logging.getLogger()
    before = list(root.handlers), root.level

    def set_up(form: Literal["text", "json"]) -> io.StringIO:
        stream = io.StringIO()
        logs.set_up(form, "info", stream)
        return stream

    yield set_up
    root.handlers[:] = before[0]
    root.setLevel(before[1])


Lines = Callable[[Literal["text", "json"]], io.StringIO]


def test_a_device_cannot_write_a_line_of_its_own(lines: Lines) -> None:
    stream = lines("text")
    logging.getLogger("agent.test").warning("says %s", HOSTILE, extra={"device": HOSTILE})
    written = stream.getvalue()
    assert written.count("\n") == 1
    assert not any(ord(c) < 32 for c in written[:-1])
    assert "\u202e" not in written


def test_json_lines_are_objects_and_their_own_keys_win(lines: Lines) -> None:
    stream = lines("json")
    logging.getLogger("agent.test").error("says %s", HOSTILE, extra={"device": "sw-1", "level": "forged"})
    (line,) = stream.getvalue().splitlines()
    said = json.loads(line)
    assert (said["level"], said["logger"], said["device"]) == ("error", "agent.test", "sw-1")
    assert said["at"].endswith("Z")
    assert "\x1b" not in said["message"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_keeps_to_the_form(lines: Lines, form: Literal["text", "json"]) -> None:
    stream = lines(form)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logging.getLogger("agent.test").exception("failed")
    written = stream.getvalue()
    assert "ValueError" in written
    assert "\x1b" not in written
    first, *rest = written.splitlines()
    if form == "json":
        assert not rest
        json.loads(first)
    else:
        assert all(line.startswith("    ") for line in rest)


def test_libraries_are_heard_from_warnings_on(lines: Lines) -> None:
    stream = lines("text")
    logging.getLogger("apscheduler").info("job ran")
    logging.getLogger("agent.test").info("ours")
    assert "job ran" not in stream.getvalue()
    assert "ours" in stream.getvalue()
