"""Who asks, and what they may do. Pure.

    who = Who("jo.smith", Role.EDITOR, "session", "192.0.2.7")
    who.may(Role.VIEWER)            True: an editor may all that a viewer may

The gate (`agent.web.gate`) finds out who it is, for every request; whatever answers the request only asks `may`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """What somebody may do. Each may all that those before it may."""

    VIEWER = "viewer"  # read
    EDITOR = "editor"  # say what is known of an outage, plan and end maintenance
    ADMIN = "admin"  # correct what was recorded, read who did what

    def covers(self, other: Role) -> bool:
        return _ORDER[self] >= _ORDER[other]


_ORDER = {role: place for place, role in enumerate(Role)}

How = Literal["nobody", "session", "token", "basic", "proxy", "command"]
"""How it was shown who it is: not at all, signed in on the page, by an API token, by the web configuration's basic
authentication, by a trusted proxy, at the command line of the machine itself."""

AMBIENT: frozenset[How] = frozenset(("session", "basic", "proxy"))
"""What a browser sends along by itself, also where a foreign page makes it ask: wants a token in the form as well."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, for the length of one request. `user` is empty where nobody has said; `role` None: may do nothing.

    `address` is where the request came from: of a trusted proxy, what that says of it. Of an API
    token `user` is the token's name.
    """

    user: str = ""
    role: Role | None = None
    how: How = "nobody"
    address: str = ""

    def may(self, role: Role) -> bool:
        return self.role is not None and self.role.covers(role)

    @property
    def is_known(self) -> bool:
        return self.how != "nobody"
