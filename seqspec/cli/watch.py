"""Checking again whenever a document changes, for `seqspec check --watch`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable

import click

_INTERVAL = 0.3
_SHARE = 0.05
"""The maximum fraction of the time that is spent on polling."""

State = dict[str, tuple[int, int, int] | None]
"""The modification time, size and inode of a file; None if there is no such file."""


Files = Callable[[], Iterable[str]]


def watch(
    files: Files,
    run: Callable[[], int],
    *,
    interval: float = _INTERVAL,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Runs at once and after every change until Ctrl-C; returns the status of the last completed run.

    Args:
        files: Returns the files to watch; called for every poll. The files may not exist yet: creating one is a change.
        run: Checks, prints and returns the exit status. A `click.ClickException` is shown, and watching continues.
        interval: Seconds between two polls; longer if polling is slow.
        sleep: Waits.
    """
    # Interrupted before the first run completed: the status of a shell for SIGINT.
    status = 130
    try:
        while True:
            seen = _state(files)
            click.clear()
            status = _run(run)
            click.echo("\nwatching for changes; press Ctrl-C to stop", err=True)
            _wait(files, seen, interval, sleep)
    except KeyboardInterrupt:
        return status


def _run(run: Callable[[], int]) -> int:
    try:
        status = run()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except SystemExit as error:
        # An invalid configuration has been reported; anything else ends watching.
        if error.code != 2:
            raise
        status = 2
    sys.stdout.flush()
    return status


def _wait(files: Files, seen: State, interval: float, sleep: Callable[[float], None]) -> None:
    """Returns once a file has changed and stayed unchanged for one poll, when the editor has finished writing."""
    before = seen
    while True:
        start = time.monotonic()
        now = _state(files)
        if now == before and now != seen:
            return
        before = now
        sleep(max(interval, (time.monotonic() - start) / _SHARE))


def _state(files: Files) -> State:
    return {file: _stat(file) for file in files()}


def _stat(file: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(file)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
