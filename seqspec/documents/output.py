"""Writing a file piece by piece, and whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress


def write_pieces(file: str, pieces: Iterable[str]) -> None:
    """Writes a file beside its place and renames it, so that a good file is never replaced by half of one.

    A link stays one: what it leads to is written. Permissions stay as they are. A device or pipe is written directly.
    Raises `OSError` where it cannot be written, and whatever `pieces` raise; the file is then as it was before.
    """
    place = os.path.realpath(file)
    try:
        before = os.stat(place)
    except FileNotFoundError:
        before = None
    if before is not None and not stat.S_ISREG(before.st_mode):
        with open(place, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pieces)
        return
    if before is not None and (not stat.S_IMODE(before.st_mode) & 0o222 or not os.access(place, os.W_OK)):
        raise PermissionError(13, "the file may not be written", file)
    folder, name = os.path.split(place)
    partial = os.path.join(folder, f".{name[:100]}.{os.getpid()}.tmp")
    try:
        with open(partial, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            if before is not None:
                os.chmod(partial, stat.S_IMODE(before.st_mode))
            stream.writelines(pieces)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, place)
    finally:
        with suppress(OSError):
            os.unlink(partial)
