"""What a form of a page sends: read within bounds, and nothing else taken for it."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

LARGEST = 64 * 1024  # octets: a note of 2,000 characters takes 18,000 at the very most
MOST_FIELDS = 40
SECONDS = 15.0  # a form is sent at once: whoever sends an octet a minute is none


async def form_of(request: Request) -> dict[str, str]:
    """Field > text; HTTPException (400, 408, 413, 415) where it is no form of ours."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "a form is wanted: application/x-www-form-urlencoded")
    length = request.headers.get("content-length", "")
    if length and (not (length.isascii() and length.isdigit()) or int(length[:12]) > LARGEST):
        raise HTTPException(413, f"the form is larger than {LARGEST // 1024} KiB")
    body = await body_of(request)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )  # fmt: skip
    except ValueError:  # UnicodeDecodeError among them
        raise HTTPException(400, "the form cannot be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise HTTPException(400, "a field of the form is there twice")
    return fields


async def body_of(request: Request, largest: int = LARGEST) -> bytes:
    """The body of a request, of which no more than `largest` octets are ever held; HTTPException 413, 408."""
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    raise HTTPException(413, f"larger than {largest // 1024} KiB")
    except TimeoutError:
        raise HTTPException(408, "it was not sent in time") from None
    except ClientDisconnect:
        raise HTTPException(400, "it was not sent whole") from None
    return bytes(body)
