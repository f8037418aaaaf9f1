"""The HTTP server itself, spoken to by plain sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from agent.web.listening import HEAD_OCTETS, listen, server

HEAD = b"GET /page HTTP/1.1\r\nHost: here\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Says how many headers and octets of a body came."""
        octets, more = 0, True
        while more:
            message: Any = await receive()
            octets += len(message.get("body", b""))
            more = message.get("more_body", False)
        body = f"{len(scope['headers'])} headers, {octets} octets".encode()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    opened = listen("127.0.0.1", 0)
    serving = server(app, None, 1.0)
    task = asyncio.create_task(serving.serve([opened]))
    yield opened.getsockname()[1]
    serving.should_exit = True
    await task


async def say(port: int, *pieces: bytes, answers: int = 1) -> bytes:
    """What is answered to octets that come in these pieces, until it closes or has answered so often."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while heard.count(b" octets") < answers:
                some = await reader.read(65_536)
                if not some:
                    break
                heard += some
    except ConnectionError:
        pass
    writer.close()
    return heard


async def test_a_request_may_come_in_pieces_and_others_after_it(port: int) -> None:
    heard = await say(port, HEAD[:10], HEAD[10:], b"\r\n", HEAD + b"\r\n", answers=2)
    assert heard.count(b"1 headers, 0 octets") == 2


async def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(port: int) -> None:
    line = b"X-More: " + b"a" * 990 + b"\r\n"
    heard = await say(port, HEAD, *[line] * 17)
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert b"too long" in heard
    heard = await say(port, HEAD + b"X-One: " + b"a" * HEAD_OCTETS)
    assert heard.startswith(b"HTTP/1.1 400 ")


async def test_a_body_may_be_longer_than_a_head(port: int) -> None:
    body = b"b" * (3 * HEAD_OCTETS)
    head = b"POST /page HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b"2 headers, %d octets" % len(body) in await say(port, head + body)
    heard = await say(port, head + body, HEAD + b"\r\n", answers=2)
    assert b"1 headers, 0 octets" in heard


async def test_what_is_no_request_is_refused(port: int) -> None:
    assert (await say(port, b"\x16\x03\x01\x02\x00\x01\x00")).startswith(b"HTTP/1.1 400 ")
