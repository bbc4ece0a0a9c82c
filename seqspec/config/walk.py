"""Walking a folder for documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from seqspec.config.configuration import Configurations
from seqspec.config.detect import is_document, is_named_document, is_program
from seqspec.config.gitignore import GitIgnore, repository
from seqspec.config.patterns import Patterns
from seqspec.config.settings import CONFIG_NAMES, Settings
from seqspec.syntax.read import leaves


class Unreadable(NamedTuple):
    """A folder or a file that a walk met and did not read: its name, why, and what to do."""

    name: str
    why: str
    help: str


def walk(
    start: str, configurations: Configurations, unreadable: list[Unreadable], *, programs: bool = False
) -> Iterator[str]:
    """The documents of a folder and of those below it, by name; each folder asks the configuration closest to it.

    Links to folders are not followed, so that no loop is endless. What `exclude` says of the walked folder itself does
    not count: it was named on purpose. A folder that cannot be listed is added to `unreadable`. With `programs`, Python
    files and notebooks that mention Keras are taken too.
    """
    top = os.path.abspath(start)
    own = configurations.of_folder(top)
    meant = [] if own.force_exclude else [patterns for patterns in own.exclude if patterns.matches(top, folder=True)]
    ignore = GitIgnore(top)
    project = project_of(top, own)
    pending = [(start, top)]
    while pending:
        shown, folder = pending.pop()
        settings = configurations.of_folder(folder)
        below = []
        for entry in _entries(shown, unreadable):
            path = os.path.join(folder, entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            if _leaves_out(path, is_folder, settings, meant) or (
                settings.respect_gitignore and ignore.ignores(path, is_folder)
            ):
                continue
            word = entry.name if shown == os.curdir else os.path.join(shown, entry.name)
            if is_folder:
                below.append((word, path))
            elif entry.is_symlink() and leaves(path, project):
                if _is_wanted(entry.name, path, settings):
                    unreadable.append(outside(word))
            elif _takes(entry, path, settings, programs):
                yield word
        pending += reversed(below)


def project_of(folder: str, settings: Settings) -> str:
    """The folder that links may not leave: the repository, else that of the configuration, else the walked one."""
    return repository(folder) or (os.path.dirname(settings.file) if settings.file is not None else folder)


def outside(name: str) -> Unreadable:
    """A link that leads out of the project, which whoever walks has not asked to read."""
    return Unreadable(
        name, "the link points outside the project and is not followed", "pass the file itself to read it"
    )


def _is_wanted(name: str, path: str, settings: Settings) -> bool:
    return settings.include.matches(path) if settings.include is not None else is_named_document(name)


def is_left_out(file: str, settings: Settings, *, gitignore: bool = False) -> bool:
    """Whether a walk from the project's top would leave out a file."""
    path = os.path.abspath(file)
    top = os.path.dirname(settings.file) if settings.file is not None else os.getcwd()
    if settings.excluded(path) or any(settings.excluded(folder, True) for folder in _folders(path, top)):
        return True
    if not (gitignore and settings.respect_gitignore):
        return False
    top = repository(top) or top
    ignore = GitIgnore(top)
    return ignore.ignores(path) or any(ignore.ignores(folder, True) for folder in _folders(path, top))


def _folders(path: str, top: str) -> Iterator[str]:
    """The folders between a file and the one above all of them, which is not among them."""
    folder = os.path.dirname(path)
    while len(folder) > len(top) and folder.startswith(top):
        yield folder
        folder = os.path.dirname(folder)


def _entries(folder: str, unreadable: list[Unreadable]) -> list[os.DirEntry[str]]:
    """Files before folders, each by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        why = f"the folder cannot be read: {error.strerror or error}"
        unreadable.append(Unreadable(folder, why, "check its permissions"))
        return []


def _leaves_out(path: str, is_folder: bool, settings: Settings, meant: list[Patterns]) -> bool:
    return any(patterns.matches(path, is_folder) for patterns in settings.exclude if patterns not in meant)


def _takes(entry: os.DirEntry[str], path: str, settings: Settings, programs: bool) -> bool:
    if entry.name in CONFIG_NAMES:
        return False
    try:
        regular = entry.is_file()
    except OSError:  # a link in a circle
        regular = False
    if settings.include is not None:
        wanted = settings.include.matches(path)
    else:
        wanted = is_document(path) or (programs and is_program(path)) if regular else is_named_document(entry.name)
    # A link that is dangling is reported, as a document that cannot be read; a pipe or a device is passed over.
    return wanted and (regular or (entry.is_symlink() and not os.path.exists(path)))
