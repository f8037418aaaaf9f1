"""One file with everything that is the agent's own: ledger, the rest of the state directory, inventory and settings.

    made = back_up(settings, file)                   while the agent runs
    contents = examine(file)                         every digest looked at, nothing written
    restored = restore(file, settings, config=...)   not while the agent runs

The file is a ZIP archive, so that any machine can look into it:

    manifest.json              form, when and by what it was made, and each file's name, octets and SHA-256
    state/ledger.sqlite3       a consistent copy; or state/ledger.jsonl, the same as lines, of a ledger in PostgreSQL
    state/...                  pinned host keys, imported notices, papers: what else is in the state directory
    config/...                 the inventory with what it includes, and hartwatch.yaml

No secret from outside of the state directory is in it: the inventory only names them, and a settings file that holds a
password is left out and said to be. SHA-256 finds damage, not forgery: whoever can write to the archive can write a
manifest that fits, so keep it where only administrators can.
"""

from __future__ import annotations

from agent.backup.archive import ArchiveInvalid, Contents, examine
from agent.backup.make import BackedUp, back_up
from agent.backup.restore import CannotRestore, Restored, restore

__all__ = [
    "ArchiveInvalid",
    "BackedUp",
    "CannotRestore",
    "Contents",
    "Restored",
    "back_up",
    "examine",
    "restore",
]
