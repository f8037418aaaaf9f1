"""Replacing a file so that nobody ever reads half of it, and so that a fault leaves the old one."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, text: str, keep: Path | None = None) -> None:
    """Write `text` under another name beside it, force it to the disk, and rename it over. OSError leaves the old one.

    A link is followed, so that the file it leads to is replaced and not the link; mode and owner stay where they can.
    `keep`: the old file is copied there first.
    """
    real = path.resolve()
    old = real.stat() if real.exists() else None
    if keep is not None and old is not None:
        shutil.copy2(real, keep)
    number, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if old is not None:
                os.fchmod(file.fileno(), old.st_mode & 0o7777)
                with suppress(PermissionError):  # only root may give files away
                    os.fchown(file.fileno(), old.st_uid, old.st_gid)
            else:
                os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(name).replace(real)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(real.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
