"""Which files a check depends on: documents, configurations, what these name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from seqspec.project.configuration import ConfigurationError, Configurations
from seqspec.project.discovery import NothingMatches, discover
from seqspec.project.settings import CONFIG_NAMES

if TYPE_CHECKING:
    from seqspec.project.settings import Settings


class Watched:
    """The files to look at for `seqspec check --watch`, found anew at every call.

    Attributes:
        configured: What the last check read of its configurations; None as long as they cannot be used.
    """

    def __init__(self, paths: Sequence[str], named: Iterable[str | None]) -> None:
        """`paths` are those of the command line, `named` the files that its options name."""
        self.configured: Configurations | None = None
        self._paths = paths
        self._named = [file for file in named if file is not None]

    def __call__(self) -> Iterator[str]:
        yield from self._named
        files: list[str] = []
        if self.configured is not None:
            try:
                files = discover(self._paths, self.configured).files
                for settings in {id(found): found for found in map(self.configured.of_file, files)}.values():
                    yield from _named_by(settings)
            except NothingMatches:
                pass
            except ConfigurationError as error:
                yield from _wrong(error)
        yield from files
        yield from _configurations({os.getcwd(), *(os.path.dirname(os.path.abspath(file)) for file in files)})


def _named_by(settings: Settings) -> Iterator[str]:
    yield from (file for file in (settings.file, settings.policy, settings.baseline) if file is not None)


def _wrong(error: ConfigurationError) -> Iterator[str]:
    yield from (problem.at.document.file for problem in error.problems if problem.at and problem.at.document.file)


def _configurations(folders: Iterable[str]) -> Iterator[str]:
    """Every place of a configuration for the folders, also where there is none yet."""
    seen: set[str] = set()
    for folder in folders:
        while folder not in seen:
            seen.add(folder)
            yield from (os.path.join(folder, name) for name in CONFIG_NAMES)
            folder = os.path.dirname(folder)
