"""Resolves the paths on the command line to documents, in a stable order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.config.configuration import Configurations

if TYPE_CHECKING:
    from seqspec.core.config.walk import UnreadablePath

STDIN = "-"
_MAGIC = frozenset("*?[")


class NothingMatches(Exception):
    """No file matches a pattern of the command line."""


class DiscoveredFiles(NamedTuple):
    """The documents of a run.

    Attributes:
        files: Their paths as a user would write them; `-` is standard input.
        unreadable: Folders that could not be listed and links that lead out of the project, with the reason.
        empty: The given folders that contain no document.
        searched: The files that were found in folders.
    """

    files: list[str]
    unreadable: list[UnreadablePath]
    empty: list[str]
    searched: set[str]


def discover(arguments: Sequence[str], configurations: Configurations, *, programs: bool = False) -> DiscoveredFiles:
    """The documents that files, folders and patterns refer to; by default those of the current folder.

    A given file is a document whatever its name, even if it is excluded, unless `force-exclude` is set. A pattern
    selects the matching files that are not excluded. A folder is searched. A file is selected once. With `programs`,
    Python files and notebooks in a folder that mention Keras are selected too.

    Raises:
        NothingMatches: A pattern has no match.
    """
    discovered = DiscoveredFiles([], [], [], set())
    seen: set[str] = set()
    for argument in arguments or (os.curdir,):
        for file in _named(argument, configurations, discovered, programs):
            # A link is the same file as its target.
            real = file if file == STDIN else os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                discovered.files.append(file)
    return discovered


def _named(argument: str, configurations: Configurations, discovered: DiscoveredFiles, programs: bool) -> Iterator[str]:
    if argument != STDIN and os.path.isdir(argument):
        yield from _folder(argument, configurations, discovered, programs)
    elif _MAGIC.isdisjoint(argument) or os.path.lexists(argument):
        if argument == STDIN or not _refused(argument, configurations):
            yield argument
    else:
        yield from _pattern(argument, configurations, discovered)


def _folder(folder: str, configurations: Configurations, discovered: DiscoveredFiles, programs: bool) -> Iterator[str]:
    from seqspec.core.config.walk import walk

    empty = True
    for file in walk(os.path.normpath(folder), configurations, discovered.unreadable, programs=programs):
        empty = False
        discovered.searched.add(file)
        yield file
    if empty:
        discovered.empty.append(folder)


def _refused(file: str, configurations: Configurations) -> bool:
    settings = configurations.of_file(file)
    if not settings.force_exclude:
        return False
    from seqspec.core.config.walk import is_left_out

    return is_left_out(file, settings)


def _pattern(pattern: str, configurations: Configurations, discovered: DiscoveredFiles) -> Iterator[str]:
    from glob import glob

    from seqspec.core.config.walk import foreign, is_foreign, is_left_out, outside, project_root
    from seqspec.core.syntax.limits import is_outside

    matches = sorted(glob(pattern, recursive=True, include_hidden=True))
    left_out = 0
    empty = True
    for match in matches:
        if not os.path.isfile(match):
            continue
        if is_left_out(match, configurations.of_file(match), gitignore=True):
            left_out += 1
            continue
        empty = False
        folder = os.path.dirname(os.path.abspath(match))
        if is_outside(match, project_root(os.getcwd(), configurations.of_folder(folder))):
            discovered.unreadable.append(outside(match))
            continue
        if os.path.islink(match) and is_foreign(match):
            discovered.unreadable.append(foreign(match))
            continue
        yield match
    if empty:
        why = f"matches {left_out}, all excluded or ignored" if left_out else "no file matches"
        raise NothingMatches(f"{pattern}: {why}")
