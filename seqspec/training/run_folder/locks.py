"""The lock of a run folder, which the system releases when the process that holds it ends in any way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqspec.training.errors import RunError, unwritten

_NAME = ".lock"
_ATTEMPTS, _PAUSE = 5, 0.1


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a run folder; raises `RunError` if another process holds it."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        # Not "w", which would empty the file that a link leads to.
        file = open(folder / _NAME, "a")  # noqa: SIM115
    except OSError as error:
        raise unwritten(folder, error)
    with file:
        for left in reversed(range(_ATTEMPTS)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not left:
                    raise RunError(f"{folder} is in use by another process")
                # `is_locked` of another process holds the lock for a moment.
                time.sleep(_PAUSE)
        yield


def is_locked(folder: Path) -> bool:
    """Whether a process holds the lock; true where that cannot be found out."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        with open(folder / _NAME) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
