"""Checking again whenever a file that a check depends on changes, for `seqspec check --watch`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import click

from seqspec.core.config.configuration import Configurations
from seqspec.core.config.discovery import NothingMatches, discover
from seqspec.core.config.settings import CONFIG_NAMES, ConfigurationError
from seqspec.core.syntax.limits import is_outside, project_folder
from seqspec.core.syntax.source import read_source

_INTERVAL = 0.3
_SHARE = 0.05
"""The maximum fraction of the time that is spent on polling."""

State = dict[str, tuple[int, int, int] | None]
"""The modification time, size and inode of a file; None if there is no such file."""


Files = Callable[[], Iterable[str]]


def watch(
    files: Files, run: Callable[[], int], *, interval: float = _INTERVAL, sleep: Callable[[float], None] = time.sleep
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


class Watched:
    """The files that `seqspec check --watch` watches, determined again at every call.

    Attributes:
        configured: The configurations of the last check; None while they are invalid.
    """

    def __init__(self, paths: Sequence[str], named: Iterable[str | None]) -> None:
        """`paths` are the paths on the command line, `named` the files in its options."""
        self.configured: Configurations | None = None
        self._paths = paths
        self._bases: dict[str, tuple[tuple[int, int], str | None]] = {}
        self._named = [file for file in named if file is not None]

    def __call__(self) -> Iterator[str]:
        yield from self._named
        files: list[str] = []
        if self.configured is not None:
            try:
                files = discover(self._paths, self.configured, programs=True).files
                for settings in {id(item): item for item in map(self.configured.of_file, files)}.values():
                    yield from settings.all_files()
            except NothingMatches:
                pass
            except ConfigurationError as error:
                yield from error.files()
        for file in files:
            yield from self._chain(file)
        yield from _configurations({os.getcwd(), *(os.path.dirname(os.path.abspath(file)) for file in files)})

    def _chain(self, file: str | None) -> Iterator[str]:
        """A document and those that it extends, even if the last one does not exist."""
        seen: set[str] = set()
        project = project_folder(os.path.dirname(file or ""))
        while file is not None and file not in seen:
            # A base outside of the project is not read; the file that was given is, wherever a link leads.
            if seen and is_outside(file, project):
                return
            seen.add(file)
            yield file
            file = self._base(file)

    def _base(self, file: str) -> str | None:
        try:
            status = os.stat(file)
        except (OSError, ValueError):
            return None
        state = status.st_mtime_ns, status.st_size
        cached = self._bases.get(file)
        if cached is None or cached[0] != state:
            cached = self._bases[file] = state, _extended(file)
        return cached[1]


def _extended(file: str) -> str | None:
    """The file that a document extends."""
    base = read_source(file).tree.get("extends")
    if not isinstance(base, str) or "\0" in base:
        return None
    return os.path.normpath(os.path.join(os.path.dirname(file), base))


def _configurations(folders: Iterable[str]) -> Iterator[str]:
    """All paths where a configuration of the folders can be, including files that do not exist yet."""
    seen: set[str] = set()
    for folder in folders:
        while folder not in seen:
            seen.add(folder)
            yield from (os.path.join(folder, name) for name in CONFIG_NAMES)
            folder = os.path.dirname(folder)
