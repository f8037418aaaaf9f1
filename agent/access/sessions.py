"""Who is signed in: kept here and nowhere else, under the hash of an id that only the browser has.

An id is 256 bits of chance and is never taken from outside: what a browser brings and is not here counts for nothing,
so nobody can be made to sign in to a session that somebody else knows. Sessions end when they are idle, when they are
old, when the agent restarts, and when the user's password or name is changed in the users file.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

MOST = 1000  # sessions at once; the one that was used longest ago makes room
MOST_OF_ONE = 20  # of one user


@dataclass(slots=True)
class Session:
    """`stamp`: of the password by which it began; `digest`: of its id."""

    user: str
    stamp: bytes
    digest: bytes
    begun: float
    seen: float


class Sessions:
    """All of them. In the event loop only: nothing is locked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[bytes, Session] = OrderedDict()  # the one used longest ago first

    def __len__(self) -> int:
        return len(self._held)

    def begin(self, user: str, stamp: bytes) -> str:
        """A new session; answers its id, of which no copy is kept."""
        own = [digest for digest, session in self._held.items() if session.user == user]
        for digest in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
            del self._held[digest]
        while len(self._held) >= MOST:
            self._held.popitem(last=False)
        id, now = secrets.token_urlsafe(32), self._clock()
        digest = _digest(id)
        self._held[digest] = Session(user, stamp, digest, now, now)
        return id

    def find(self, id: str, idle: float, longest: float) -> Session | None:
        """The session with an id, which is used by this. `idle` and `longest`: seconds after which one ends."""
        if not id or len(id) > 100:
            return None
        digest, now = _digest(id), self._clock()
        session = self._held.get(digest)
        if session is None:
            return None
        if now - session.seen > idle or now - session.begun > longest:
            del self._held[digest]
            return None
        session.seen = now
        self._held.move_to_end(digest)
        return session

    def end(self, session: Session) -> None:
        self._held.pop(session.digest, None)


def _digest(id: str) -> bytes:
    return sha256(id.encode("utf-8", "surrogatepass")).digest()
