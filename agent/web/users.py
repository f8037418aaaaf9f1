"""Users and passwords of the HTTP side: bcrypt hashes, as the exporter-toolkit reads them.

A check costs 50 ms and more on purpose, so what was found is kept for as long as the users stay the same, right and
wrong answers alike; only keyed digests are kept, of at most REMEMBERED pairs.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from enum import Enum

import bcrypt

from agent.access.brake import Brake

REMEMBERED = 128
MOST_WAITING = 16  # checks go one after the other: whoever guesses passwords may have one core and no more
LONGEST = 72  # octets of a password that bcrypt takes in; Go compares no more either, and refuses only to make a hash
_NOBODYS = b"$2b$12$PURFFS4SuCuYZcfdWN4TJeeeoIG6z3Yy6iHRB47BCmbyECWG1ZEuG"  # of no password: where nobody has one


class Found(Enum):
    """What became of the credentials of a request."""

    RIGHT = "right"
    WRONG = "wrong"
    BUSY = "busy"  # too many are being checked
    SLOWED = "slowed"  # too many were wrong: nothing was checked


class Lane:
    """Where checks wait for each other. Shared by all users of one agent, so that two kinds of them are one core."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0


class Users:
    """The users in force; a new object for changed ones, so that nothing remembered outlives its hash."""

    def __init__(self, hashes: Mapping[str, bytes], lane: Lane | None = None) -> None:
        self.hashes = dict(hashes)
        self._names = sorted(self.hashes)
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._lane = lane or Lane()

    async def find(self, authorization: str, brake: Brake | None = None, address: str = "") -> Found:
        """Whether this Authorization header is of a user."""
        pair = pair_of(authorization)
        return Found.WRONG if pair is None else await self.check(*pair, brake, address)

    async def check(self, user: str, password: bytes, brake: Brake | None = None, address: str = "") -> Found:
        """Whether this is the password of a user. `brake`: how often somebody at an address may be wrong.

        The brake is asked first, whatever is remembered: an answer to the right password alone would tell whoever
        guesses on when they have it. What was found to be wrong before costs nothing again, as it tells nothing new.
        """
        if brake is not None and brake.wait(user, address) > 0:
            return Found.SLOWED
        digest = hmac.digest(self._key, len(user).to_bytes(4) + user.encode() + password[:LONGEST], "sha256")
        right = self._known.get(digest)
        if right is None:
            if self._lane.waiting >= MOST_WAITING:
                return Found.BUSY
            self._lane.waiting += 1
            if brake is not None:
                brake.take(user, address)
            try:
                async with self._lane.turn:
                    right = self._known.get(digest)  # whoever waited before may have asked the same
                    if right is None:
                        hashed = self.hashes.get(user)
                        matches = await asyncio.to_thread(_matches, password, hashed or self._decoy(user))
                        right = matches and hashed is not None
            finally:
                self._lane.waiting -= 1
            if right and brake is not None:
                brake.right(user, address)
        self._known[digest] = right
        self._known.move_to_end(digest)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return Found.RIGHT if right else Found.WRONG

    def _decoy(self, user: str) -> bytes:
        """Some user's hash, always the same one for one unknown name.

        An unknown name has to cost what a known one costs, or names could be told by the clock; and where hashes differ
        in cost, no cost may stand for "unknown".
        """
        if not self._names:
            return _NOBODYS
        at = int.from_bytes(hmac.digest(self._key, user.encode(), "sha256")[:8]) % len(self._names)
        return self.hashes[self._names[at]]


def pair_of(authorization: str) -> tuple[str, bytes] | None:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(given.strip(), validate=True).partition(b":")
        return (user.decode(), password) if colon else None
    except (binascii.Error, ValueError):
        return None


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:LONGEST], hashed.replace(b"$2y$", b"$2b$", 1))
    except ValueError:
        return False
