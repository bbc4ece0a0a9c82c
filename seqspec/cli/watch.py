"""Checking again whenever a document changes, for `seqspec check --watch`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable

import click

_INTERVAL = 0.3
_SHARE = 0.05
"""At most this share of the time goes into looking."""

State = dict[str, tuple[int, int, int] | None]
"""What a file's change shows in: its time, size and number; None where there is not such a file."""


Files = Callable[[], Iterable[str]]


def watch(
    files: Files,
    run: Callable[[], int],
    *,
    interval: float = _INTERVAL,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Runs at once and after every change, until Ctrl-C; returns the status of the last run that came to its end.

    Args:
        files: The files to look at, listed again at every look, so that new ones are found. It may name files that do
            not exist: that they appear is a change.
        run: Checks, prints and returns the exit status. What it raises as `click.ClickException` is shown, and watching
            goes on.
        interval: Seconds between two looks; more where the looks themselves take long.
        sleep: Waits.
    """
    # Stopped before the first run has ended, as a shell reports it.
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
        # A wrong configuration has been reported; anything else is the end.
        if error.code != 2:
            raise
        status = 2
    sys.stdout.flush()
    return status


def _wait(files: Files, seen: State, interval: float, sleep: Callable[[float], None]) -> None:
    """Returns once something is other than it was seen, and has stayed so for one look: an editor has finished."""
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
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
