"""Files that a source names: globs, folders, and what is close to a name that does not exist."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Iterator
from pathlib import Path

from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.sources import unreadable_data
from seqspec.training.data.samples import ReadContext
from seqspec.training.errors import DataError

_SPECIAL = "a device or a pipe, not a file"


def matching(context: ReadContext, pattern: str) -> list[Path]:
    """The files of a path or glob pattern, sorted; raises `DataError` if there are none."""
    full = os.path.join(context.base, os.path.expanduser(pattern))
    if os.path.isfile(full):
        return [Path(full)]
    if glob.has_magic(pattern):
        found = sorted(Path(name) for name in glob.glob(full, recursive=True) if os.path.isfile(name))
        if found:
            return found
        raise DataError([_no_match(context, pattern, full)])
    raise DataError([missing(context, pattern, full)])


def _no_match(context: ReadContext, pattern: str, full: str) -> Violation:
    """The violation for a pattern without matches, with the name closest to the first missing folder."""
    place = Path(full)
    while not place.parent.is_dir() and not glob.has_magic(str(place.parent)):
        place = place.parent
    meant = None
    if not glob.has_magic(place.name) and not place.exists() and place.parent.is_dir():
        meant = suggest(place.name, os.listdir(place.parent))
    return context.violation(
        "data-unreadable",
        f"no file matches {pattern}",
        "path",
        label=meant.label if meant is not None else None,
        help=None if meant is not None and meant.word else f"paths are relative to {context.base or '.'}",
    )


def folder(context: ReadContext, name: str) -> Path:
    """The path of a folder; raises `DataError` if it does not exist."""
    full = Path(context.base, os.path.expanduser(name))
    if not full.is_dir():
        raise DataError([missing(context, name, str(full))])
    return full


def missing(context: ReadContext, name: str, full: str) -> Violation:
    """The violation for a file that does not exist, with the closest name in its folder."""
    if os.path.exists(full):
        what = "a folder" if os.path.isdir(full) else "not a folder" if os.path.isfile(full) else _SPECIAL
        return context.violation("data-unreadable", f"{name} is {what}", "path")
    other = unreadable_data(name)
    if other is not None and "://" in name:
        return context.violation("data-unreadable", f"{name} is a URL", "path", help=other)
    parent, own = os.path.split(full)
    try:
        known = os.listdir(parent)
    except OSError:
        known = []
    meant = suggest(own, known)
    return context.violation(
        "data-unreadable",
        f"{name} does not exist",
        "path",
        label=meant.label,
        help=None if meant.word else f"paths are relative to {context.base or '.'}",
    )


def class_folders(context: ReadContext, name: str, suffixes: tuple[str, ...]) -> tuple[list[str], list[str] | None]:
    """The files of a folder with their classes (the names of the folders they are in); None without class folders.

    Files are strings, since `Path` objects would need more memory than small images.
    """
    root = str(folder(context, name))
    files: list[str] = []
    classes: list[str] = []
    with os.scandir(root) as entries:
        own = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    for each in own:
        try:
            inside = [file for file in _files_in(os.path.join(root, each)) if _suffix(file) in suffixes]
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise context.error("data-unreadable", f"{os.path.relpath(error.filename, root)}: {reason}", "path")
        # Sorts by folder first, even if a name contains characters that sort before the separator.
        inside.sort(key=lambda file: file.replace(os.sep, "\0"))
        files += inside
        classes += [each] * len(inside)
    if files:
        return files, classes
    with os.scandir(root) as entries:
        files = sorted(entry.path for entry in entries if entry.is_file() and _suffix(entry.name) in suffixes)
    if not files:
        kinds = ", ".join(suffixes)
        raise context.error("data-unreadable", f"{name} holds no files of the types {kinds}", "path")
    return files, None


def _files_in(folder: str) -> Iterator[str]:
    """The files in a folder and the folders in it.

    Raises:
        OSError: A folder cannot be read, or a file is a pipe or a device, which would block whoever opens it.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_in(entry.path)
            elif entry.is_file():
                yield entry.path
            elif _suffix(entry.name):
                os.stat(entry.path)
                raise OSError(errno.EINVAL, _SPECIAL, entry.path)


def _suffix(file: str) -> str:
    return os.path.splitext(file)[1].lower()
