"""Logging: one line for each event, as text or JSON, on standard error.

Device text reaches logs, so control characters are taken out of every line: a device cannot forge a line of its own or
move the cursor of who reads them. Secrets never come here: types that hold one keep it out of `repr` and `str`.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from agent.hostile import plain

LogFormat = Literal["text", "json"]
LONGEST = 4000  # characters of one line; a traceback has more, and its end matters most

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    """What was given as `extra=`: the fields of a structured line."""
    return {k: v for k, v in vars(record).items() if k not in _USUAL and not k.startswith("_")}


class Text(logging.Formatter):
    """`2026-05-13T12:00:00.000Z warning agent.app inventory is invalid file=inventory.yaml`."""

    def format(self, record: logging.LogRecord) -> str:
        said = plain(record.getMessage(), LONGEST)
        fields = "".join(f" {key}={_quoted(value)}" for key, value in _extras(record).items())
        line = f"{_when(record)} {record.levelname.lower()} {record.name} {said}{fields}"
        if record.exc_info:
            trace = self.formatException(record.exc_info)
            line += "".join(f"\n    {plain(part, LONGEST)}" for part in trace.splitlines()[-60:])
        return line


class Json(logging.Formatter):
    """One JSON object a line: at, level, logger, message, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            key: plain(value, LONGEST) if isinstance(value, str) else value for key, value in _extras(record).items()
        }
        line: dict[str, Any] = {
            **fields,
            "at": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": plain(record.getMessage(), LONGEST),
        }
        if record.exc_info:
            line["traceback"] = [
                plain(part, LONGEST) for part in self.formatException(record.exc_info).splitlines()[-60:]
            ]
        return json.dumps(line, ensure_ascii=False, default=lambda value: plain(value, LONGEST))


def _quoted(value: object) -> str:
    said = plain(value, LONGEST)
    return json.dumps(said, ensure_ascii=False) if not said or " " in said or '"' in said else said


def set_up(form: LogFormat = "text", level: str = "info", stream: TextIO | None = None) -> None:
    """Send the log of this process to `stream` (standard error). Libraries are heard from warnings on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    set_level(level)
    # paramiko logs a traceback for every dead device, and users' names with failed logins; the visit's Failure says it.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)


def set_level(level: str) -> None:
    """The least that is logged of ourselves."""
    for ours in ("agent", "collectors"):
        logging.getLogger(ours).setLevel(level.upper())
