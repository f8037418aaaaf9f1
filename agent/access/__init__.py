"""Who may read and who may write: roles, the file of users and tokens, sessions, and the brake on guessed passwords."""

from __future__ import annotations

from agent.access.who import AMBIENT, How, Role, Who

__all__ = ["AMBIENT", "How", "Role", "Who"]
