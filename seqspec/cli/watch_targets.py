"""Which files a check depends on: documents, configurations, what these name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from seqspec.config.config_layer import ConfigurationError
from seqspec.config.configuration import Configurations
from seqspec.config.discovery import NothingMatches, discover
from seqspec.config.settings import CONFIG_NAMES
from seqspec.syntax.source import read_source


class Watched:
    """The files to look at for `seqspec check --watch`, found again at every call.

    Attributes:
        configured: What the last check read of its configurations; None as long as they cannot be used.
    """

    def __init__(self, paths: Sequence[str], named: Iterable[str | None]) -> None:
        """`paths` are those of the command line, `named` the files that its options name."""
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
                for settings in {id(found): found for found in map(self.configured.of_file, files)}.values():
                    yield from settings.all_files()
            except NothingMatches:
                pass
            except ConfigurationError as error:
                yield from error.files()
        for file in files:
            yield from self._chain(file)
        yield from _configurations({os.getcwd(), *(os.path.dirname(os.path.abspath(file)) for file in files)})

    def _chain(self, file: str | None) -> Iterator[str]:
        """A document and those that it extends, also where the last of them does not exist."""
        seen: set[str] = set()
        while file is not None and file not in seen:
            seen.add(file)
            yield file
            file = self._base(file)

    def _base(self, file: str) -> str | None:
        try:
            found = os.stat(file)
        except (OSError, ValueError):
            return None
        state = found.st_mtime_ns, found.st_size
        known = self._bases.get(file)
        if known is None or known[0] != state:
            known = self._bases[file] = state, _extended(file)
        return known[1]


def _extended(file: str) -> str | None:
    """The file that a document names with `extends`."""
    base = read_source(file).tree.get("extends")
    return os.path.normpath(os.path.join(os.path.dirname(file), base)) if isinstance(base, str) else None


def _configurations(folders: Iterable[str]) -> Iterator[str]:
    """Every place of a configuration for the folders, also even if it does not exist yet."""
    seen: set[str] = set()
    for folder in folders:
        while folder not in seen:
            seen.add(folder)
            yield from (os.path.join(folder, name) for name in CONFIG_NAMES)
            folder = os.path.dirname(folder)
