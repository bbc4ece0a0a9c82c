"""The files that a check depends on: documents, configurations, and the files that these refer to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from seqspec.core.config.configuration import Configurations
from seqspec.core.config.discovery import NothingMatches, discover
from seqspec.core.config.settings import CONFIG_NAMES, ConfigurationError
from seqspec.core.syntax.source import read_source


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
        while file is not None and file not in seen:
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
    return os.path.normpath(os.path.join(os.path.dirname(file), base)) if isinstance(base, str) else None


def _configurations(folders: Iterable[str]) -> Iterator[str]:
    """All paths where a configuration of the folders can be, including files that do not exist yet."""
    seen: set[str] = set()
    for folder in folders:
        while folder not in seen:
            seen.add(folder)
            yield from (os.path.join(folder, name) for name in CONFIG_NAMES)
            folder = os.path.dirname(folder)
