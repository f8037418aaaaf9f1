"""Talking to a running demo: where its control socket is, and one question with one answer. Light to import."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

PREFIX = "hartwatch-demo-"
CONTROL = "control.sock"
SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 108 octets on Linux


class DemoUnreachable(Exception):
    """No running demo answers; the text says where we looked."""


def ask(path: Path, request: dict[str, Any], timeout: float = 5.0) -> dict[str, Any]:
    """Ask a running demo; DemoUnreachable where none listens at `path`."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(timeout)
            client.connect(str(path))
            client.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(client.makefile("rb").readline() or b"{}")
    except (OSError, ValueError) as problem:
        raise DemoUnreachable(f"no demo answers at {path}: {problem}") from None
    return answer if isinstance(answer, dict) else {}


def running_demos() -> list[Path]:
    """Control sockets of the demos that seem to run on this machine as this user, the newest first."""
    found = []
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{CONTROL}"):
        with contextlib.suppress(OSError):
            status = place.stat()
            if status.st_uid == os.getuid():
                found.append((status.st_mtime, place))
    return [place for _, place in sorted(found, reverse=True)]
