"""From the words of a command line to the documents that are meant, in an order that never changes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from seqspec.config.configuration import Configurations

if TYPE_CHECKING:
    from seqspec.config.walk import Unreadable

STDIN = "-"
_MAGIC = frozenset("*?[")


class NothingMatches(Exception):
    """A pattern of the command line that no file matches."""


class Found(NamedTuple):
    """The documents of a run.

    Attributes:
        files: Their names, as the user would write them; `-` is the standard input.
        unreadable: Folders that could not be listed and links that leave the project, and why.
        empty: The folders that were named and hold no document.
    """

    files: list[str]
    unreadable: list[Unreadable]
    empty: list[str]


def discover(words: Sequence[str], configurations: Configurations, *, programs: bool = False) -> Found:
    """The documents that files, folders and patterns name; without any, those of the current folder.

    A file that is named is a document whatever it is called, also where a walk would leave it out, but for
    `force-exclude`. A pattern takes every file that it matches and a walk would not leave out. A folder is walked.
    A file is taken once, where it is named first. With `programs`, a folder's Python files and notebooks that mention
    Keras are taken too.

    Raises:
        NothingMatches: At a pattern without a match.
    """
    found = Found([], [], [])
    seen: set[str] = set()
    for word in words or (os.curdir,):
        for file in _named(word, configurations, found, programs):
            # A link is the same file as what it leads to.
            real = file if file == STDIN else os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                found.files.append(file)
    return found


def _named(word: str, configurations: Configurations, found: Found, programs: bool) -> Iterator[str]:
    if word != STDIN and os.path.isdir(word):
        yield from _folder(word, configurations, found, programs)
    elif _MAGIC.isdisjoint(word) or os.path.lexists(word):
        if word == STDIN or not _refused(word, configurations):
            yield word
    else:
        yield from _pattern(word, configurations, found)


def _folder(folder: str, configurations: Configurations, found: Found, programs: bool) -> Iterator[str]:
    from seqspec.config.walk import walk

    empty = True
    for file in walk(os.path.normpath(folder), configurations, found.unreadable, programs=programs):
        empty = False
        yield file
    if empty:
        found.empty.append(folder)


def _refused(file: str, configurations: Configurations) -> bool:
    settings = configurations.of_file(file)
    if not settings.force_exclude:
        return False
    from seqspec.config.walk import is_left_out

    return is_left_out(file, settings)


def _pattern(pattern: str, configurations: Configurations, found: Found) -> Iterator[str]:
    from glob import glob

    from seqspec.config.walk import is_left_out, outside, project_of
    from seqspec.syntax.read import leaves

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
        if leaves(match, project_of(os.getcwd(), configurations.of_folder(folder))):
            found.unreadable.append(outside(match))
            continue
        yield match
    if empty:
        why = f"matches {left_out}, all excluded or ignored" if left_out else "no file matches"
        raise NothingMatches(f"{pattern}: {why}")
