"""Searches folders for documents, which are detected by their names, or else by the top-level key `seqspec`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from seqspec.core.config.configuration import Configurations
from seqspec.core.config.patterns import GitIgnore, repository
from seqspec.core.config.settings import CONFIG_NAMES, Settings
from seqspec.core.frontends.registry import entry_of, is_checked_with_folder
from seqspec.core.syntax.detection import DOCUMENT_ENDINGS, has_key
from seqspec.core.syntax.limits import is_outside
from seqspec.core.syntax.source import detect_format

_HEAD = 1 << 16
_RESULTS = ({"run.json", "expanded.json"}, {"search.json", "journal.log"})
"""The files that a folder of a run or of a search has, whose documents are copies."""


def is_named_document(name: str) -> bool:
    """Whether a file has the name of a document."""
    return name.lower().endswith(DOCUMENT_ENDINGS) and name not in CONFIG_NAMES


def is_document(file: str) -> bool:
    """Whether a file is a document, if the configuration does not list the documents."""
    name = os.path.basename(file)
    if name in CONFIG_NAMES:
        return False
    if is_named_document(name):
        return True
    ending = os.path.splitext(name)[1].lower()
    if ending not in (".toml", ".json"):
        return False
    return has_key(_head(file), ending[1:])


def _head(file: str) -> bytes:
    """The beginning of a file; empty if it cannot be read."""
    try:
        with open(file, "rb") as stream:
            return stream.read(_HEAD)
    except OSError:
        return b""


class UnreadablePath(NamedTuple):
    """A folder or file that could not be read: its path, the reason and a help."""

    name: str
    why: str
    help: str


def walk(
    start: str, configurations: Configurations, unreadable: list[UnreadablePath], *, programs: bool = False
) -> Iterator[str]:
    """The documents of a folder and its subfolders, by name; the closest configuration applies to each folder.

    Links to folders are not followed, which prevents endless loops. `exclude` does not apply to the given folder
    itself. The folders of runs and searches below it are skipped. A folder that cannot be listed is added to
    `unreadable`. With `programs`, Python files and notebooks that mention Keras are included.
    """
    top = os.path.abspath(start)
    folder_settings = configurations.of_folder(top)
    exclude_top = () if folder_settings.force_exclude else folder_settings.exclude
    inapplicable = [patterns for patterns in exclude_top if patterns.matches(top, folder=True)]
    ignore = GitIgnore(top)
    project = project_root(top, folder_settings)
    pending = [(start, top)]
    while pending:
        shown, folder = pending.pop()
        settings = configurations.of_folder(folder)
        below = []
        entries = _entries(shown, unreadable)
        if folder != top and any(files <= {entry.name for entry in entries} for files in _RESULTS):
            continue
        for entry in entries:
            path = os.path.join(folder, entry.name)
            is_folder = entry.is_dir(follow_symlinks=False)
            exclude = (patterns for patterns in settings.exclude if patterns not in inapplicable)
            if any(patterns.matches(path, is_folder) for patterns in exclude):
                continue
            if settings.respect_gitignore and ignore.ignores(path, is_folder):
                continue
            name = entry.name if shown == os.curdir else os.path.join(shown, entry.name)
            if is_folder:
                below.append((name, path))
            elif entry.is_symlink() and is_outside(path, project):
                if _is_wanted(entry.name, path, settings):
                    unreadable.append(outside(name))
            elif _is_selected(entry, path, settings, programs):
                if (entry.is_symlink() or settings.include is not None) and is_foreign(path):
                    unreadable.append(foreign(name))
                else:
                    yield name
        pending += reversed(below)


def project_root(folder: str, settings: Settings) -> str:
    """The folder that links may not leave: that of the repository or configuration, or else the given one."""
    return repository(folder) or (os.path.dirname(settings.file) if settings.file is not None else folder)


def outside(name: str) -> UnreadablePath:
    """A link that leads out of the project, which the caller has not asked to read."""
    return UnreadablePath(
        name, "the link points outside the project and is not followed", "pass the file itself to read it"
    )


def is_foreign(file: str) -> bool:
    """Whether a file that a link or `include` selects is neither a spec nor a file of another front end.

    A link is resolved. What a pull request adds can select any file of the project, such as one with a password, whose
    text would be quoted.
    """
    real, entry = os.path.realpath(file), entry_of(file)
    if entry is not None:
        return entry_of(real) != entry
    if not os.path.isfile(real) or is_document(real):
        return False
    head = _head(real)
    return not has_key(head, detect_format(head.decode("utf-8", "replace")))


def foreign(name: str) -> UnreadablePath:
    """A file that is not a spec, which the caller has not asked to read."""
    return UnreadablePath(name, "the file is not a spec", "pass the file itself to check it")


def _is_wanted(name: str, path: str, settings: Settings) -> bool:
    return settings.include.matches(path) if settings.include is not None else is_named_document(name)


def is_left_out(file: str, settings: Settings, *, gitignore: bool = False) -> bool:
    """Whether a search from the top of the project would exclude a file."""
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
    """The folders between a file and `top`, which is not included."""
    folder = os.path.dirname(path)
    while len(folder) > len(top) and folder.startswith(top):
        yield folder
        folder = os.path.dirname(folder)


def _entries(folder: str, unreadable: list[UnreadablePath]) -> list[os.DirEntry[str]]:
    """Files before folders, each by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        why = f"the folder cannot be read: {error.strerror or error}"
        unreadable.append(UnreadablePath(folder, why, "check its permissions"))
        return []


def _is_selected(entry: os.DirEntry[str], path: str, settings: Settings, programs: bool) -> bool:
    if entry.name in CONFIG_NAMES:
        return False
    try:
        regular = entry.is_file()
    except OSError:  # a circular link
        regular = False
    if settings.include is not None:
        is_included = settings.include.matches(path)
    elif regular:
        is_included = is_document(path) or (programs and is_checked_with_folder(path))
    else:
        is_included = is_named_document(entry.name)
    # A dangling link is reported as an unreadable document; pipes and devices are skipped.
    return is_included and (regular or (entry.is_symlink() and not os.path.exists(path)))
