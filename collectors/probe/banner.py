"""What a service says before anybody says anything to it: an SSH server's first line. Nobody logs in."""

from __future__ import annotations

import asyncio
import contextlib

LONGEST = 255  # octets of an identification string (RFC 4253 section 4.2)
LINES = 20  # a server may send other lines before it (ibid.); more than these are not waited for


async def banner(address: str, port: int, seconds: float) -> str | None:
    """The SSH identification string (`SSH-2.0-...`) of a port, "" where it is open and says none, None where not open.

    Nothing is sent, and the connection is closed at once. Never raises for what the other side does.
    """
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(address, port, limit=4096)
    except OSError:  # also TimeoutError
        return None
    try:
        async with asyncio.timeout(seconds):
            for _ in range(LINES):
                line = await reader.readline()
                if not line:
                    break
                if line.startswith(b"SSH-"):
                    return line[:LONGEST].decode("ascii", "replace").strip()
    except (OSError, ValueError, asyncio.IncompleteReadError):  # ValueError: a line beyond the limit
        pass
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return ""
